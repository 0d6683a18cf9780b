//! Money that goes back to the payer: charge-backs, refunds, and the second person.
//!
//! Neither is done once by itself, because a payment may go back in parts. A `reference`, unique
//! for ever for the payment's source and the way it goes back, or an Idempotency-Key makes a
//! repeat harmless. Channels report under the same references, so that a charge-back that staff
//! have recorded and the channel tells of as well counts once.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{
    AccountId, Command, Entry, Fact, Money, Note, Order, Origin, Position, RefundPayment,
    RefundRequest, Refusal, ReversePart,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::{Matter, MatterRecord, Reader, StoreError};
use utoipa::{IntoParams, ToSchema};

use super::charges::note;
use super::payments::{
    CancellationRequest, charge_back_key, find_on_account, original, paid_money, refund_key,
};
use super::unallocated_payments::OpenOrAll;
use crate::http::app::{App, Entries};
use crate::http::auth::Permission;
use crate::http::call::{Call, answer, created};
use crate::http::entry_view::{ConversionView, EntryView};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::{Limit, Query};
use crate::http::text;
use crate::http::wire::{self, WireMoney};
use crate::shard::{Key, Operation, key_digest};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalRequest {
    /// Whole minor units, in the currency that was paid in; all that is left when neither amount
    /// nor currency is named.
    #[serde(default)]
    #[schema(example = "10.00")]
    pub amount: Option<String>,
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// Why, for people.
    #[schema(example = "paid twice")]
    pub reason: String,
    /// A number of its own, such as the bank's: what has it goes back once, for ever.
    #[serde(default)]
    #[schema(example = "CB-2026-0815")]
    pub reference: Option<String>,
}

impl ReversalRequest {
    fn part(&self) -> Result<Option<Money>, Problem> {
        wire::optional_money(self.amount.as_deref(), self.currency.as_deref())
    }

    /// The reason, and the reference that people look for.
    fn note(&self) -> Result<Note, Problem> {
        let Some(reference) = &self.reference else {
            return note("reason", Some(&self.reason));
        };
        text::check("reference", reference, 128)?;
        text::check("reason", &self.reason, 256)?;
        Ok(Some(format!("{} ({reference})", self.reason).into()))
    }

    /// Refuses a reference that stands for another payment or sum.
    fn check_same(&self, entries: &Entries, payment: Position) -> Result<(), Problem> {
        if !entries.is_repeat() {
            return Ok(());
        }
        let first = entries.first()?;
        let of = match &first.fact {
            Fact::RefundRequested(request) => Some(request.payment),
            fact => fact.reversed_payment(),
        };
        let (part, was) = (self.part()?, taken_back(first));
        let differs = match () {
            () if of != Some(payment) => "payment",
            () if part.is_some() && part != was => "amount",
            () => return Ok(()),
        };
        let title = format!("this reference stands for something else: its {differs} differs");
        Err(Problem::conflict("reference_reused", differs, title))
    }
}

/// What an entry took back, or asks to, in the currency that was paid in.
pub fn taken_back(entry: &Entry) -> Option<Money> {
    match &entry.fact {
        Fact::RefundRequested(request) => {
            let amount = request.conversion.as_ref().map_or(request.amount, |it| it.original);
            let currency = request.conversion.as_ref().map(|it| it.currency);
            Some(Money { amount, currency: currency.or(entry.posting.map(|it| it.currency))? })
        }
        _ => paid_money(entry),
    }
}

/// Takes back a payment, or a part of it, because the bank or the card scheme says so.
///
/// The account may go into debt by it, and a closed one takes it too.
#[utoipa::path(post, path = "/v1/payments/{payment}/charge-back", tag = "payments",
    params(("payment" = String, Path, example = "pay_12")),
    request_body = ReversalRequest,
    responses((status = 201, body = EntryView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn charge_back_payment(
    State(app): State<App>,
    Path(payment): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let body = call.json::<ReversalRequest>()?;
    let (part, note) = (body.part()?, body.note()?);
    let entry = find_on_account(&app, &payment).await?;
    if let Some(answer) = app.answer_elsewhere(&call, &entry, "charge-back").await {
        return Ok(answer);
    }
    let original = original(&entry, note).ok_or_else(Problem::internal)?;
    let source = original.source.as_str();
    let key = body.reference.as_deref().map(|it| charge_back_key(source, it));
    let command = Command::ChargeBackPayment(Box::new(ReversePart { original, part }));
    let entries = app.submit_once(&call.writing(caller), command, key).await?;
    body.check_same(&entries, entry.position)?;
    created(&entries)
}

/// Pays a payment, or a part of it, back.
///
/// Beyond what the caller's role may refund alone it waits for a second person: 202, and the
/// request's id in `refund`.
#[utoipa::path(post, path = "/v1/payments/{payment}/refund", tag = "payments",
    params(("payment" = String, Path, example = "pay_12")),
    request_body = ReversalRequest,
    responses((status = 201, body = EntryView), (status = 202, body = EntryView),
        (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn refund_payment(
    State(app): State<App>,
    Path(payment): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let body = call.json::<ReversalRequest>()?;
    let (part, note) = (body.part()?, body.note()?);
    let entry = find_on_account(&app, &payment).await?;
    if let Some(answer) = app.answer_elsewhere(&call, &entry, "refund").await {
        return Ok(answer);
    }
    let posting = entry.posting.ok_or_else(Problem::internal)?;
    let cap = app.options.refund_caps.cap(caller.role, posting.currency);
    let original = original(&entry, note).ok_or_else(Problem::internal)?;
    let source = original.source.as_str();
    let key = body.reference.as_deref().map(|it| refund_key(source, it));
    let refund = RefundPayment { reverse: ReversePart { original, part }, cap };
    let command = Command::RefundPayment(Box::new(refund));
    let entries = app.submit_once(&call.writing(caller), command, key).await?;
    body.check_same(&entries, entry.position)?;
    let first = entries.first()?;
    let status = match first.fact {
        Fact::RefundRequested(_) => StatusCode::ACCEPTED,
        _ => StatusCode::CREATED,
    };
    Ok(answer(status, &entries, EntryView::new(first)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RefundQuery {
    #[serde(default)]
    #[param(inline)]
    pub state: OpenOrAll,
    /// The cursor of the page before.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

/// A refund that waits, or waited, for a second person.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundView {
    #[schema(example = "rfd_34-5")]
    pub id: String,
    #[schema(example = "open")]
    pub state: &'static str,
    #[schema(example = "pay_12")]
    pub payment: String,
    #[schema(example = "acc_34")]
    pub account: String,
    #[schema(example = "cus_12")]
    pub customer: Option<String>,
    /// What goes back, in the account's currency.
    pub amount: WireMoney,
    /// What goes back, as it was paid in.
    pub conversion: Option<ConversionView>,
    pub note: Option<String>,
    pub requested_by: &'static str,
    pub requested_at: String,
    pub answered_by: Option<&'static str>,
    pub answered_at: Option<String>,
    /// The entry that refunded or rejected it.
    pub answer: Option<u64>,
    /// Why it was rejected.
    pub answer_note: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RefundPage {
    /// Oldest first.
    pub refunds: Vec<RefundView>,
    /// For the next page, as `after`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl RefundView {
    fn read(reader: &dyn Reader, record: MatterRecord) -> Result<Option<Self>, StoreError> {
        let answer = record.settled_by.map_or(Ok(None), |it| reader.entry(it))?;
        let request = reader.entry(record.began)?;
        Ok(request.and_then(|it| Self::new(&it, answer.as_ref())))
    }

    fn new(entry: &Entry, answer: Option<&Entry>) -> Option<Self> {
        let (Fact::RefundRequested(request), Some(posting)) = (&entry.fact, entry.posting) else {
            return None;
        };
        let RefundRequest { serial, payment, amount, conversion, note, .. } = &**request;
        let rejection = answer.and_then(|it| match &it.fact {
            Fact::RefundRejected(rejection) => Some(rejection),
            _ => None,
        });
        Some(Self {
            id: wire::refund_id(posting.account, *serial),
            state: match (answer, rejection) {
                (None, _) => "open",
                (Some(_), None) => "refunded",
                (Some(_), Some(_)) => "rejected",
            },
            payment: wire::payment_id(*payment),
            account: wire::account_id(posting.account),
            customer: entry.customer.map(wire::customer_id),
            amount: WireMoney::amount(*amount, posting.currency, posting.exponent),
            conversion: conversion.as_deref().map(ConversionView::new),
            note: note.as_deref().map(Into::into),
            requested_by: entry.origin.actor.as_str(),
            requested_at: wire::time(entry.at),
            answered_by: answer.map(|it| it.origin.actor.as_str()),
            answered_at: answer.map(|it| wire::time(it.at)),
            answer: answer.map(|it| it.position.0),
            answer_note: rejection.and_then(|it| it.note.as_deref().map(Into::into)),
        })
    }
}

/// Refunds that wait for a second person, oldest first.
#[utoipa::path(get, path = "/v1/refunds", tag = "payments", params(RefundQuery),
    responses((status = 200, body = RefundPage), (status = 404, body = Problem)))]
pub async fn list_refunds(
    State(app): State<App>,
    Query(query): Query<RefundQuery>,
    headers: HeaderMap,
) -> Result<Json<RefundPage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let after = match &query.after {
        None => Position::START,
        Some(after) => request(&app, "after", after).await?.1.began,
    };
    let (which, limit) = (query.state.into(), query.limit.get());
    let read = move |it: &dyn Reader, missing| {
        let records = it.matters(Matter::RefundRequest, which, after, missing)?;
        let refunds = records.into_iter().map(|record| RefundView::read(it, record));
        refunds.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
    };
    let mut refunds = app.shards.list(after.shard().unwrap_or_default(), limit + 1, read).await?;
    let more = refunds.len() > limit;
    refunds.truncate(limit);
    let next = refunds.last().filter(|_| more).map(|it| it.id.clone());
    Ok(Json(RefundPage { refunds, next }))
}

/// A refund that waits, or waited, for a second person.
#[utoipa::path(get, path = "/v1/refunds/{refund}", tag = "payments",
    params(("refund" = String, Path, example = "rfd_34-5")),
    responses((status = 200, body = RefundView), (status = 404, body = Problem)))]
pub async fn get_refund(
    State(app): State<App>,
    Path(refund): Path<String>,
    headers: HeaderMap,
) -> Result<Json<RefundView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let (_, record) = request(&app, "refund", &refund).await?;
    let view = app.readers.read(move |it| RefundView::read(it, record)).await?;
    view.map(Json).ok_or_else(Problem::internal)
}

/// Approves a refund, as the second person: it is paid back now.
///
/// The second person is another one than the first, and of a role that may approve; the bounds of
/// `[refunds]` are for refunding alone and do not bind here.
#[utoipa::path(post, path = "/v1/refunds/{refund}/approve", tag = "payments",
    params(("refund" = String, Path, example = "rfd_34-5")),
    responses((status = 201, body = EntryView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn approve_refund(
    State(app): State<App>,
    Path(refund): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let (of, _) = request(&app, "refund", &refund).await?;
    let (command, key) = (approving(of), Some(answer_key(of)));
    let entries = app.submit_once(&call.writing(caller), command, key).await?;
    check_answer(entries.first()?, true)?;
    created(&entries)
}

/// Rejects a refund that waits. Whoever asked for it may take it back so.
#[utoipa::path(post, path = "/v1/refunds/{refund}/reject", tag = "payments",
    params(("refund" = String, Path, example = "rfd_34-5")),
    request_body = CancellationRequest,
    responses((status = 201, body = EntryView), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn reject_refund(
    State(app): State<App>,
    Path(refund): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let body = call.json::<CancellationRequest>()?;
    let note = note("reason", Some(&body.reason))?;
    let (of, _) = request(&app, "refund", &refund).await?;
    let (command, key) = (rejecting(of, note), Some(answer_key(of)));
    let entries = app.submit_once(&call.writing(caller), command, key).await?;
    check_answer(entries.first()?, false)?;
    created(&entries)
}

/// A refund that waits, by its account and serial number.
type Waiting = (AccountId, u32);

fn approving((account, serial): Waiting) -> Command {
    Command::ApproveRefund { account, serial }
}

fn rejecting((account, serial): Waiting, note: Note) -> Command {
    Command::RejectRefund { account, serial, note }
}

/// As the API's approval; asked again, it gets the entry that answered first.
pub fn approval(origin: Origin, of: Waiting) -> Operation {
    answering(origin, of, approving(of))
}

/// As [`approval`], with a no.
pub fn rejection(origin: Origin, of: Waiting, note: Note) -> Operation {
    answering(origin, of, rejecting(of, note))
}

fn answering(origin: Origin, of: Waiting, command: Command) -> Operation {
    let mut operation = Operation::new(Order { origin, command });
    operation.reference_key = Some(Key { key: answer_key(of), fingerprint: 0 });
    operation
}

/// Whether the entry that answered says what was asked for.
pub fn check_answer(entry: &Entry, is_approved: bool) -> Result<(), Problem> {
    match &entry.fact {
        Fact::Refunded(_) if is_approved => Ok(()),
        Fact::RefundRejected(_) if !is_approved => Ok(()),
        _ => Err(already_answered(entry)),
    }
}

/// Approving and rejecting share it, so that exactly one of them ever happens.
fn answer_key((account, serial): Waiting) -> u128 {
    let (account, serial) = (account.0.to_le_bytes(), serial.to_le_bytes());
    key_digest(&[b"refund answer", &account, &serial])
}

fn already_answered(entry: &Entry) -> Problem {
    let what = match entry.fact {
        Fact::RefundRejected(_) => "rejected",
        _ => "approved",
    };
    let title = format!("the refund was {what}, by entry {}", entry.position.0);
    let mut problem = Problem::conflict("already_settled", "refund", title);
    problem.figures.insert("settled_by".into(), entry.position.0.into());
    problem
}

/// A refund that was asked for: whose it is, and where.
pub async fn request(
    app: &App,
    field: &str,
    refund: &str,
) -> Result<(Waiting, MatterRecord), Problem> {
    let (account, serial) = wire::parse_refund(field, refund)?;
    let record = app.readers.read(move |it| it.refund_request(account, serial)).await?;
    let missing = || Problem::refused(&Refusal::RefundNotFound { refund: refund.into() });
    Ok(((account, serial), record.ok_or_else(missing)?))
}
