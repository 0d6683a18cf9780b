//! Payments: receiving them with an account or without one, looking at them, cancelling them.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State as Handle;
use axum::response::Response;
use engine::{
    AccountNumber, AccountRef, CancelPayment, Command, Contra, Entry, Fact, Money, Note, Order,
    Origin, Position, Precision, ReceivePayment, Refusal, State, Timestamp,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::charges::{name, named_by_path, note};
use crate::http::app::{App, Entries, idempotency_key};
use crate::http::auth::{Permission, origin};
use crate::http::call::{Call, created};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::unallocated::{Standing, became};
use crate::http::{text, wire};
use crate::shard::{Key, Operation, key_digest};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest<'a> {
    /// Id or number, where no path names the account.
    #[serde(borrow, default)]
    pub account: Option<Cow<'a, str>>,
    /// Where the money came from.
    #[serde(borrow)]
    #[schema(example = "cash")]
    pub source: Cow<'a, str>,
    /// The source's own number for the payment: with `source` unique for ever.
    #[serde(borrow)]
    #[schema(example = "receipt-4711")]
    pub reference: Cow<'a, str>,
    /// Whole minor units. In another currency than the account's it is converted.
    #[serde(borrow)]
    #[schema(example = "10.00")]
    pub amount: Cow<'a, str>,
    #[serde(borrow)]
    #[schema(example = "EUR")]
    pub currency: Cow<'a, str>,
    /// When the customer paid, as the source says.
    #[serde(borrow, default)]
    pub paid_at: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub description: Option<Cow<'a, str>>,
}

impl PaymentRequest<'_> {
    /// The command, and the key that makes the payment unique for ever.
    pub fn command(&self, account: Option<AccountRef>) -> Result<(ReceivePayment, u128), Problem> {
        text::check("reference", &self.reference, 128)?;
        let paid_at = self.paid_at.as_deref().map(|it| wire::parse_time("paid_at", it));
        let payment = ReceivePayment {
            account,
            source: name("source", &self.source)?,
            reference: self.reference.as_ref().into(),
            money: wire::money(&self.amount, &self.currency, Precision::MinorUnits)?,
            paid_at: paid_at.transpose()?,
            note: note("description", self.description.as_deref())?,
        };
        let key = payment_key(&self.source, &self.reference);
        Ok((payment, key))
    }
}

pub fn payment_key(source: &str, reference: &str) -> u128 {
    key_digest(&[b"payment", source.as_bytes(), reference.as_bytes()])
}

/// A payment is cancelled once for ever.
pub fn cancellation_key(payment: Position) -> u128 {
    key_digest(&[b"cancellation", &payment.0.to_le_bytes()])
}

/// An unallocated payment finds its account or goes back: one of the two, and once for ever.
pub fn settlement_key(unallocated: Position) -> u128 {
    key_digest(&[b"settlement", &unallocated.0.to_le_bytes()])
}

/// A charge-back by the source's own number for it, once for ever.
pub fn charge_back_key(source: &str, reference: &str) -> u128 {
    key_digest(&[b"charge-back", source.as_bytes(), reference.as_bytes()])
}

/// As [`charge_back_key`], of money that was paid back.
pub fn refund_key(source: &str, reference: &str) -> u128 {
    key_digest(&[b"refund", source.as_bytes(), reference.as_bytes()])
}

/// Receives a payment. The same payment again gets the first answer.
#[utoipa::path(post, path = "/v1/accounts/{account}/payments", tag = "money",
    params(("account" = String, Path, description = "id or number")),
    request_body = PaymentRequest,
    responses((status = 201, body = EntryView), (status = 409, body = Problem)))]
pub async fn create_payment(
    Handle(app): Handle<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Payments).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<PaymentRequest>()?;
    named_by_path("account", body.account.as_deref())?;
    let (payment, _) = body.command(Some(account))?;
    let writing = call.writing(caller);
    let origin = origin(caller, &call.headers)?;
    created(&receive(&app, origin, idempotency_key(&writing)?, payment).await?)
}

/// Receives a payment as the payer meant it: with the account that was named, right or wrong, or
/// none.
///
/// It is never refused for our own state. What fits no account is kept as unallocated, and the
/// answer says why.
#[utoipa::path(post, path = "/v1/payments", tag = "payments",
    request_body = PaymentRequest,
    responses((status = 201, body = EntryView), (status = 409, body = Problem)))]
pub async fn receive_payment(Handle(app): Handle<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Payments).await?;
    let body = call.json::<PaymentRequest>()?;
    let (payment, _) = body.command(named(body.account.as_deref()))?;
    let writing = call.writing(caller);
    let origin = origin(caller, &call.headers)?;
    created(&receive(&app, origin, idempotency_key(&writing)?, payment).await?)
}

/// Whom a payer named. What cannot be anybody's id or number is looked for in vain like a number
/// that was never given out, and is kept as it was written.
fn named(written: Option<&str>) -> Option<AccountRef> {
    let written = written.map(str::trim).filter(|it| !it.is_empty())?;
    Some(wire::parse_account("account", written).unwrap_or_else(|_| {
        let shown = |it| if text::is_invisible(it) { char::REPLACEMENT_CHARACTER } else { it };
        let shown: String = written.chars().take(128).map(shown).collect();
        AccountRef::Number(AccountNumber::from(shown))
    }))
}

/// Has a payment decided, once for ever under its source and reference. The same again gets the
/// first answer; a reference that stands for another payment is a conflict.
pub async fn receive(
    app: &App,
    origin: Origin,
    idempotency_key: Option<Key>,
    payment: ReceivePayment,
) -> Result<Entries, Problem> {
    let (account, money) = (payment.account.clone(), payment.money);
    let key = payment_key(payment.source.as_str(), &payment.reference);
    let command = Command::ReceivePayment(Box::new(payment));
    let mut operation = Operation::new(Order { origin, command });
    operation.idempotency_key = idempotency_key;
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    let entries = app.execute(operation).await?;
    if let Entries::Found(found) = &entries {
        let first = found.first().ok_or_else(Problem::internal)?;
        check_same(app, first, account, money).await?;
    }
    Ok(entries)
}

/// What was paid, in the currency in which it was.
pub fn paid_money(entry: &Entry) -> Option<Money> {
    if let Fact::PaymentUnallocated(fact) = &entry.fact {
        return Some(Money { amount: fact.amount, currency: fact.currency });
    }
    let posting = entry.posting?;
    Some(match entry.fact.conversion() {
        Some(it) => Money { amount: it.original, currency: it.currency },
        None => Money { amount: posting.amount.magnitude(), currency: posting.currency },
    })
}

/// When the customer paid, if the source said so.
pub fn paid_at(entry: &Entry) -> Option<Timestamp> {
    match &entry.fact {
        Fact::Payment(fact) => fact.paid_at,
        Fact::PaymentUnallocated(fact) => fact.paid_at,
        _ => None,
    }
}

/// Refuses a reference that stands for another payment, and names what differs.
pub async fn check_same(
    app: &App,
    first: &Entry,
    account: Option<AccountRef>,
    money: Money,
) -> Result<(), Problem> {
    let original = paid_money(first).ok_or_else(Problem::internal)?;
    let is_same_account = match (&first.fact, first.posting) {
        (Fact::PaymentUnallocated(fact), _) => {
            let asked = account.as_ref().map(wire::account_ref);
            asked.as_deref() == fact.named.as_deref()
        }
        (_, Some(posting)) => {
            let find = move |it: &State| Some(it.resolve(&account?).ok()?.id);
            app.shard.read(None, move |it, _| find(it)).await? == Some(posting.account)
        }
        _ => return Err(Problem::internal()),
    };
    let differs = match () {
        () if !is_same_account => "account",
        () if original.currency != money.currency => "currency",
        () if original.amount != money.amount => "amount",
        () => return Ok(()),
    };
    let title = format!("this reference stands for another payment: its {differs} differs");
    Err(Problem::conflict("reference_reused", differs, title))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationRequest<'a> {
    /// Why, for people.
    #[serde(borrow)]
    #[schema(example = "paid to the wrong account")]
    pub reason: Cow<'a, str>,
}

/// Cancels a payment by a reversing entry, at the rate it came in at.
///
/// A payment is cancelled once: cancelling it again gets the first answer.
#[utoipa::path(post, path = "/v1/payments/{payment}/cancel", tag = "money",
    params(("payment" = String, Path, example = "pay_12")),
    request_body = CancellationRequest,
    responses((status = 201, body = EntryView), (status = 404, body = Problem)))]
pub async fn cancel_payment(
    Handle(app): Handle<App>,
    Path(payment): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Payments).await?;
    let body = call.json::<CancellationRequest>()?;
    let note = note("reason", Some(&body.reason))?;
    let entry = find_on_account(&app, &payment).await?;
    if let Some(answer) = app.answer_elsewhere(&call, &entry, "cancel").await {
        return Ok(answer);
    }
    let writing = call.writing(caller);
    let origin = origin(caller, &call.headers)?;
    created(&cancel(&app, origin, idempotency_key(&writing)?, &entry, note).await?)
}

/// Reverses the payment that `entry` received; asked again it is the first answer.
pub async fn cancel(
    app: &App,
    origin: Origin,
    idempotency_key: Option<Key>,
    entry: &Entry,
    note: Note,
) -> Result<Entries, Problem> {
    let original = original(entry, note).ok_or_else(|| {
        let payment = wire::payment_id(entry.position);
        Problem::refused(&Refusal::PaymentNotFound { payment })
            .hint("it stands on no account: an unallocated payment is returned")
    })?;
    let command = Command::CancelPayment(Box::new(original));
    let key = cancellation_key(entry.position);
    let mut operation = Operation::new(Order { origin, command });
    operation.idempotency_key = idempotency_key;
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    app.execute(operation).await
}

/// A payment as its reversal needs it; `None` when no account has it.
pub fn original(entry: &Entry, note: Note) -> Option<CancelPayment> {
    let posting = entry.posting?;
    let source = match (&entry.fact, posting.contra) {
        (Fact::Payment(_), Contra::Payments(source)) => source,
        (Fact::PaymentAllocated(fact), _) => fact.source,
        _ => return None,
    };
    Some(CancelPayment {
        payment: entry.position,
        account: posting.account,
        amount: posting.amount.magnitude(),
        source,
        conversion: entry.fact.conversion().cloned().map(Arc::new),
        note,
    })
}

pub async fn find(app: &App, payment: &str) -> Result<Entry, Problem> {
    let position = wire::parse_payment("payment", payment)?;
    let entry = app.readers.read(move |it| it.entry(position)).await?;
    let entry = entry
        .filter(|it| it.fact.is_real_payment() || matches!(it.fact, Fact::PaymentUnallocated(_)));
    entry.ok_or_else(|| Problem::refused(&Refusal::PaymentNotFound { payment: payment.into() }))
}

/// The entry by which a payment stands on its account: for one that was unallocated, the entry
/// that allocated it, which may be another shard's.
pub async fn find_on_account(app: &App, payment: &str) -> Result<Entry, Problem> {
    let received = find(app, payment).await?;
    if received.posting.is_some() {
        return Ok(received);
    }
    let missing = || Problem::refused(&Refusal::PaymentNotFound { payment: payment.into() });
    match became(app, &received).await? {
        Standing::OnAccount(entry) => Ok(entry),
        Standing::Sent(_) => Err(missing().hint("it is under way to its account: ask again")),
        Standing::Waiting(_) | Standing::Returned(_) => {
            Err(missing().hint("it stands on no account: an unallocated payment is returned"))
        }
    }
}
