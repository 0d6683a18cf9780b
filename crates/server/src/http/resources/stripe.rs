//! `POST /channels/stripe/{channel}`: Stripe's webhooks.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::{Command, Entry, Name, Order, Origin, ReceivePayment, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use super::payments::{cancel, payment_key};
use crate::channels::access::{ClientAddress, allows};
use crate::channels::bank::received;
use crate::channels::stripe::{self, Back, Notice, Paid, Stripe};
use crate::http::app::{App, Entries};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire;
use crate::shard::{Key, Operation};

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct StripeView {
    /// `credited`, `known`, `cancelled` or `ignored`.
    pub outcome: &'static str,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The entry that was written, or that was there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

impl StripeView {
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
    stripe.check_signature(header, call.bytes(), app.shard.now()).map_err(wrong)?;
    let notice = stripe::read(call.bytes()).map_err(Problem::malformed_body)?;
    let view = match notice {
        Notice::Nothing(reason) => {
            StripeView { outcome: "ignored", reason: Some(reason), position: None }
        }
        Notice::Paid(paid) => receive(&app, stripe, paid).await?,
        Notice::TakenBack(back) => take_back(&app, stripe, &back).await?,
    };
    Ok(Json(view).into_response())
}

fn origin(stripe: &Stripe, reason: Option<&str>) -> Origin {
    let actor = Name::new("stripe").expect("well formed");
    Origin { actor, channel: stripe.name, reason: reason.map(Into::into) }
}

async fn receive(app: &App, stripe: &Stripe, paid: Paid) -> Result<StripeView, Problem> {
    let named = paid.account.as_deref();
    let account = named.and_then(|it| wire::parse_account("account", it).ok());
    let account = account.ok_or_else(|| not_allocated(named.unwrap_or_default()))?;
    let key = payment_key(stripe.name.as_str(), &paid.reference);
    let money = paid.money;
    let payment = ReceivePayment {
        account: Some(account),
        source: stripe.name,
        reference: paid.reference.into(),
        money,
        paid_at: paid.paid_at,
        note: None,
    };
    let command = Command::ReceivePayment(Box::new(payment));
    let mut operation = Operation::new(Order { origin: origin(stripe, None), command });
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    let entries = app.execute(operation).await?;
    // The account is not compared: staff may have moved the payment to another meanwhile.
    if entries.is_repeat() && received(entries.first()?).is_some_and(|it| it != money) {
        return Err(Problem::conflict(
            "reference_reused",
            "data.object.id",
            "this payment intent stands for another amount or currency",
        ));
    }
    StripeView::of("credited", &entries)
}

/// The payment names no account of ours: Stripe sends it again until it does, or staff see to it.
fn not_allocated(account: &str) -> Problem {
    let account = account.chars().take(40).collect();
    Problem::refused(&Refusal::AccountNotFound { account, check_digit_wrong: false })
}

/// Reverses a payment that went back as a whole.
async fn take_back(app: &App, stripe: &Stripe, back: &Back) -> Result<StripeView, Problem> {
    let found = app.find_payment(stripe.name, &back.reference).await?;
    // Events come in any order: the payment itself may be on its way.
    let entry = &found.ok_or_else(not_yet)?;
    if received(entry) != Some(back.money) {
        tracing::warn!(payment = entry.position.0, "a part of a payment went back");
        return Err(partly(entry));
    }
    let origin = origin(stripe, Some(back.why));
    let entries = cancel(app, origin, None, entry, Some(back.why.into())).await?;
    StripeView::of("cancelled", &entries)
}

fn not_yet() -> Problem {
    let mut problem = Problem::unavailable();
    "the payment that this is about is not known yet".clone_into(&mut problem.title);
    problem.hint = Some("send the event again later".into());
    problem
}

fn partly(entry: &Entry) -> Problem {
    let title = format!("only a part of pay_{} went back", entry.position.0);
    Problem::conflict("partly_taken_back", "data.object", title)
}
