//! `POST /channels/stripe/{channel}`: Stripe's webhooks.

mod back;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::{AccountRef, Command, Entry, Fact, Name, Order, Origin, ReceivePayment};
use serde::Serialize;
use utoipa::ToSchema;

use super::payments::{paid_money, payment_key};
use crate::channels::access::{ClientAddress, allows};
use crate::channels::bank::shorten;
use crate::channels::stripe::{self, Notice, Paid, Stripe};
use crate::http::app::{App, Entries};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::unallocated::allocation;
use crate::http::wire;
use crate::shard::{Key, Operation, key_digest};

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct StripeView {
    /// `credited`, `unallocated`, `allocated`, `refunded`, `charged_back`, `returned`, `known` or
    /// `ignored`.
    pub outcome: &'static str,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The entry that was written, or that was there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

impl StripeView {
    fn ignored(reason: &'static str) -> Self {
        Self { outcome: "ignored", reason: Some(reason), position: None }
    }

    fn of(outcome: &'static str, entries: &Entries) -> Result<Self, Problem> {
        let outcome = if entries.is_repeat() { "known" } else { outcome };
        Ok(Self { outcome, reason: None, position: Some(entries.first()?.position.0) })
    }
}

/// Takes an event from Stripe. The signature says that it is from there; 200 says that what it
/// caused is on the disk. Anything else makes Stripe send it again later.
#[utoipa::path(post, path = "/channels/stripe/{channel}", tag = "channels",
    params(("channel" = String, Path, description = "name in the configuration"),
        ("Stripe-Signature" = String, Header, description = "`t=…,v1=…`")),
    request_body(content = serde_json::Value, description = "an event of Stripe's"),
    security(()),
    responses((status = 200, body = StripeView), (status = 400, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem)))]
pub async fn receive_stripe_event(
    State(app): State<App>,
    Path(channel): Path<String>,
    ClientAddress(address): ClientAddress,
    call: Call,
) -> Result<Response, Problem> {
    let stripe = app.channels.stripe.get(&channel);
    let stripe = stripe.ok_or_else(|| Problem::not_found("Stripe channel of that name"))?;
    if !allows(&stripe.allow, address) {
        return Err(Problem::not_found("Stripe channel for calls from there"));
    }
    let header = call.headers.get("stripe-signature").and_then(|it| it.to_str().ok());
    let wrong = |why: &str| Problem::malformed("Stripe-Signature", why);
    let header = header.ok_or_else(|| wrong("is missing"))?;
    // Signed by Stripe's clock, which knows nothing of one that was set forward here.
    let now = app.shard.machine_now();
    stripe.check_signature(header, call.bytes(), now).map_err(wrong)?;
    let notice = stripe::read(call.bytes()).map_err(Problem::malformed_body)?;
    let view = match notice {
        Notice::Nothing(reason) => StripeView::ignored(reason),
        Notice::Paid(paid) => receive(&app, stripe, paid).await?,
        Notice::TakenBack(parts) => {
            let mut view = StripeView::ignored("nothing went back");
            for part in &parts {
                view = back::take_back(&app, stripe, part).await?;
            }
            view
        }
        Notice::RefundedUpTo(back) => back::refund_up_to(&app, stripe, &back).await?,
        Notice::CameBack(back) => back::receive_again(&app, stripe, back).await?,
    };
    Ok(Json(view).into_response())
}

fn origin(stripe: &Stripe, reason: Option<&str>) -> Origin {
    let actor = Name::new("stripe").expect("well formed");
    Origin { actor, channel: stripe.name, reason: reason.map(Into::into) }
}

async fn receive(app: &App, stripe: &Stripe, paid: Paid) -> Result<StripeView, Problem> {
    let account = paid.account.as_deref().and_then(|it| wire::parse_account("account", it).ok());
    let payment = ReceivePayment {
        account: account.clone(),
        source: stripe.name,
        reference: paid.reference.into(),
        money: paid.money,
        paid_at: paid.paid_at,
        // What names no account here may tell staff whose it is.
        note: paid.account.filter(|_| account.is_none()).map(|it| shorten(&it, 200).into()),
    };
    let (checkout, money) = (paid.checkout.as_deref(), paid.money);
    let entries = credit_of(app, stripe, payment, checkout).await?;
    let first = entries.first()?;
    // The account is not compared: staff may have moved the payment to another meanwhile.
    if entries.is_repeat() && paid_money(first).is_some_and(|it| it != money) {
        return Err(Problem::conflict(
            "reference_reused",
            "data.object.id",
            "this payment intent stands for another amount or currency",
        ));
    }
    match (&first.fact, account) {
        (Fact::PaymentUnallocated(_), Some(account)) if entries.is_repeat() => {
            allocate(app, stripe, first, account).await
        }
        (Fact::PaymentUnallocated(_), _) => StripeView::of("unallocated", &entries),
        _ => StripeView::of("credited", &entries),
    }
}

async fn credit(app: &App, stripe: &Stripe, payment: ReceivePayment) -> Result<Entries, Problem> {
    let key = payment_key(stripe.name.as_str(), &payment.reference);
    let command = Command::ReceivePayment(Box::new(payment));
    let mut operation = Operation::new(Order { origin: origin(stripe, None), command });
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    app.execute(operation).await
}

/// As [`credit`], of what was paid on a page that self-care had made: its reference finds the
/// payment for a day.
async fn credit_of(
    app: &App,
    stripe: &Stripe,
    payment: ReceivePayment,
    checkout: Option<&str>,
) -> Result<Entries, Problem> {
    let Some(checkout) = checkout else { return credit(app, stripe, payment).await };
    let key = payment_key(stripe.name.as_str(), &payment.reference);
    let command = Command::ReceivePayment(Box::new(payment.clone()));
    let mut operation = Operation::new(Order { origin: origin(stripe, None), command });
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    operation.idempotency_key = Some(checkout_key(stripe.name, checkout));
    // A form that was sent again after a day is a page of its own, and may be paid as well: what
    // makes a payment another one is its reference at Stripe's alone.
    if let Ok(entries) = app.execute(operation).await
        && reference(&entries.first()?.fact) == Some(&payment.reference)
    {
        return Ok(entries);
    }
    credit(app, stripe, payment).await
}

fn reference(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Payment(fact) => Some(&fact.reference),
        Fact::PaymentUnallocated(fact) => Some(&fact.reference),
        _ => None,
    }
}

/// Under which a payment is found by the page on which it was paid.
pub fn checkout_key(channel: Name, checkout: &str) -> Key {
    let key = key_digest(&[b"checkout", channel.as_str().as_bytes(), checkout.as_bytes()]);
    Key { key, fingerprint: 0 }
}

/// A later event names the account that an earlier one left open.
async fn allocate(
    app: &App,
    stripe: &Stripe,
    entry: &Entry,
    account: AccountRef,
) -> Result<StripeView, Problem> {
    let operation = allocation(origin(stripe, None), entry, account, None);
    match app.execute(operation.ok_or_else(Problem::internal)?).await {
        Ok(entries) => StripeView::of("allocated", &entries),
        // It waits still, and staff see to it; nothing that Stripe could send would help.
        Err(problem) if problem.status < 500 => {
            Ok(StripeView { outcome: "known", reason: None, position: Some(entry.position.0) })
        }
        Err(problem) => Err(problem),
    }
}
