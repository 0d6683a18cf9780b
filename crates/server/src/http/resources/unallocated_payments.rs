//! Payments that fit no account: the list that staff work off, allocating and returning.
//!
//! **Invariant:** allocating and returning share one key that is kept for ever, so that exactly
//! one of them ever happens to a payment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{
    AccountId, AccountRef, AllocatePayment, Command, Entry, Fact, Position, Refusal, ReturnPayment,
    Timestamp, UnallocatedFact,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::{Matter, Reader, StoreError, Which};
use utoipa::{IntoParams, ToSchema};

use super::charges::note;
use super::payments::{CancellationRequest, find, settlement_key};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, answer, created};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::{Limit, Query};
use crate::http::wire::{self, WireMoney};

/// Payments that one page looks at, at most, when it looks for those of one source.
const LOOKED_AT_MAX: usize = 5_000;

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OpenOrAll {
    /// What is still to be seen to.
    #[default]
    Open,
    All,
}

impl From<OpenOrAll> for Which {
    fn from(state: OpenOrAll) -> Self {
        match state {
            OpenOrAll::Open => Self::Open,
            OpenOrAll::All => Self::All,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UnallocatedQuery {
    #[serde(default)]
    #[param(inline)]
    pub state: OpenOrAll,
    /// Payments from this source only.
    #[serde(default)]
    pub source: Option<String>,
    /// The cursor of the page before.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

/// A payment that fitted no account when it came in.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct UnallocatedPaymentView {
    #[schema(example = "pay_12")]
    pub payment: String,
    #[schema(example = "open")]
    pub state: &'static str,
    /// Why it fits no account.
    #[schema(example = "account_unknown")]
    pub why: &'static str,
    pub received: WireMoney,
    pub source: &'static str,
    pub reference: String,
    /// Whom the payer named, as it was written.
    pub named: Option<String>,
    pub received_at: String,
    pub paid_at: Option<String>,
    pub note: Option<String>,
    /// Since it came in.
    pub age_seconds: i64,
    /// As what it stands on its account; of an account of another shard `GET /v1/payments/…` says
    /// it.
    #[schema(example = "pay_78")]
    pub allocated: Option<String>,
    /// The account that it was allocated to.
    #[schema(example = "acc_34")]
    pub account: Option<String>,
    /// The entry that sent it back.
    pub returned: Option<u64>,
    pub settled_at: Option<String>,
    pub settled_by: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UnallocatedPaymentPage {
    /// Oldest first.
    pub payments: Vec<UnallocatedPaymentView>,
    /// For the next page, as `after`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A payment's entry, and the one that settled it.
type Waiting = (Entry, Option<Entry>);

/// Payments that fit no account, those that wait longest first.
#[utoipa::path(get, path = "/v1/unallocated-payments", tag = "payments",
    params(UnallocatedQuery), responses((status = 200, body = UnallocatedPaymentPage)))]
pub async fn list_unallocated_payments(
    State(app): State<App>,
    Query(query): Query<UnallocatedQuery>,
    headers: HeaderMap,
) -> Result<Json<UnallocatedPaymentPage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let after = query.after.as_deref().map(|it| wire::parse_payment("after", it)).transpose()?;
    let (which, limit) = (query.state.into(), query.limit.get());
    let after = after.unwrap_or(Position::START);
    let (found, next) = gather(&app, which, query.source, after, limit).await?;
    let now = app.shard.now();
    let payments = found.iter().filter_map(|it| UnallocatedPaymentView::new(it, now)).collect();
    Ok(Json(UnallocatedPaymentPage { payments, next: next.map(wire::payment_id) }))
}

/// Up to `limit` payments after `after`, of one shard after the other, and where to go on.
async fn gather(
    app: &App,
    which: Which,
    source: Option<String>,
    after: Position,
    limit: usize,
) -> Result<(Vec<Waiting>, Option<Position>), Problem> {
    let mut found: Vec<Waiting> = Vec::new();
    for shard in app.shards.all().skip_while(|it| Some(*it) < after.shard()) {
        let after = found.last().map_or(after, |(entry, _)| entry.position);
        let (source, missing) = (source.clone(), limit - found.len());
        let read =
            move |it: &dyn Reader| look(it, which, source.as_deref(), after, missing).map(Some);
        let (more, next) = app.shards.read(shard, read).await?.unwrap_or_default();
        found.extend(more);
        if next.is_some() {
            return Ok((found, next));
        }
    }
    Ok((found, None))
}

/// Up to `limit` payments of a shard after `after`, and where to go on.
fn look(
    reader: &dyn Reader,
    which: Which,
    source: Option<&str>,
    after: Position,
    limit: usize,
) -> Result<(Vec<Waiting>, Option<Position>), StoreError> {
    let mut found = Vec::new();
    let looked = reader.matters(Matter::UnallocatedPayment, which, after, LOOKED_AT_MAX)?;
    let mut last = after;
    for record in &looked {
        if found.len() == limit {
            return Ok((found, Some(last)));
        }
        last = record.began;
        let Some(entry) = reader.entry(record.began)? else { continue };
        let Fact::PaymentUnallocated(fact) = &entry.fact else { continue };
        if source.is_none_or(|it| it == fact.source.as_str()) {
            let settled = record.settled_by.map_or(Ok(None), |it| reader.entry(it))?;
            found.push((entry, settled));
        }
    }
    Ok((found, (looked.len() == LOOKED_AT_MAX).then_some(last)))
}

impl UnallocatedPaymentView {
    fn new((entry, settled): &Waiting, now: Timestamp) -> Option<Self> {
        let Fact::PaymentUnallocated(fact) = &entry.fact else { return None };
        let account = settled.as_ref().and_then(allocated_to);
        let by = |returned| settled.as_ref().filter(|_| account.is_none() == returned);
        // What it is in another shard is known there.
        let is_here = |it: &&Entry| it.posting.is_some();
        Some(Self {
            payment: wire::payment_id(entry.position),
            state: match (settled, account) {
                (None, _) => "open",
                (Some(_), Some(_)) => "allocated",
                (Some(_), None) => "returned",
            },
            why: fact.why.code(),
            received: WireMoney::amount(fact.amount, fact.currency, fact.exponent),
            source: fact.source.as_str(),
            reference: fact.reference.to_string(),
            named: fact.named.as_deref().map(Into::into),
            received_at: wire::time(entry.at),
            paid_at: fact.paid_at.map(wire::time),
            note: fact.note.as_deref().map(Into::into),
            age_seconds: now.since(entry.at).max(0) / 1_000_000,
            allocated: by(false).filter(is_here).map(|it| wire::payment_id(it.position)),
            account: account.map(wire::account_id),
            returned: by(true).map(|it| it.position.0),
            settled_at: settled.as_ref().map(|it| wire::time(it.at)),
            settled_by: settled.as_ref().map(|it| it.origin.actor.as_str()),
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationRequest {
    /// Id or number.
    #[schema(example = "acc_34")]
    pub account: String,
    /// Why, for people.
    #[serde(default)]
    #[schema(example = "two digits were swapped; the payer sent the receipt")]
    pub reason: Option<String>,
}

/// Brings an unallocated payment to its account, at the rate of this moment.
///
/// The same again gets the first answer; a payment that was returned, or allocated to another
/// account, is a conflict.
#[utoipa::path(post, path = "/v1/unallocated-payments/{payment}/allocate", tag = "payments",
    params(("payment" = String, Path, example = "pay_12")),
    request_body = AllocationRequest,
    responses((status = 201, body = EntryView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn allocate_payment(
    State(app): State<App>,
    Path(payment): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let body = call.json::<AllocationRequest>()?;
    let account = wire::parse_account("account", &body.account)?;
    let note = note("reason", body.reason.as_deref())?;
    let (payment, received) = find_unallocated(&app, &payment).await?;
    let asked = account.clone();
    let allocate = AllocatePayment { payment, received, account, note };
    let command = Command::AllocatePayment(Box::new(allocate));
    let key = settlement_key(payment);
    // What was settled before is so whether or not the account would take it now.
    let command = match app.find_under(key).await? {
        Some(_) => command,
        None => app.towards(command).await?,
    };
    let entries = app.submit_once(&call.writing(caller), command, Some(key)).await?;
    let first = entries.first()?;
    if entries.is_repeat() && !is_allocated_to(&app, first, asked).await? {
        return Err(already_settled(first));
    }
    match app.received(first).await? {
        Some(received) => Ok(answer(StatusCode::CREATED, &entries, EntryView::new(&received))),
        None => created(&entries),
    }
}

/// Whether it is this account that a payment came to, or was sent to.
async fn is_allocated_to(app: &App, settled: &Entry, asked: AccountRef) -> Result<bool, Problem> {
    let Some(account) = allocated_to(settled) else { return Ok(false) };
    if asked == AccountRef::Id(account) {
        return Ok(true);
    }
    let AccountRef::Number(number) = asked else { return Ok(false) };
    let read = app.shards.read(account.shard(), move |it| it.account(account)).await?;
    Ok(read.is_some_and(|it| it.number == number.to_string()))
}

fn allocated_to(settled: &Entry) -> Option<AccountId> {
    settled.posting.map(|it| it.account).or_else(|| settled.fact.sent_to())
}

/// Sends an unallocated payment back to where it came from.
///
/// Doing so, by bank or in cash, is up to whoever asks; here the money leaves the books.
#[utoipa::path(post, path = "/v1/unallocated-payments/{payment}/return", tag = "payments",
    params(("payment" = String, Path, example = "pay_12")),
    request_body = CancellationRequest,
    responses((status = 201, body = EntryView), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn return_payment(
    State(app): State<App>,
    Path(payment): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let body = call.json::<CancellationRequest>()?;
    let note = note("reason", Some(&body.reason))?;
    let (payment, received) = find_unallocated(&app, &payment).await?;
    let command = Command::ReturnPayment(Box::new(ReturnPayment { payment, received, note }));
    let key = Some(settlement_key(payment));
    let entries = app.submit_once(&call.writing(caller), command, key).await?;
    let first = entries.first()?;
    if allocated_to(first).is_some() {
        return Err(already_settled(first));
    }
    created(&entries)
}

async fn find_unallocated(
    app: &App,
    payment: &str,
) -> Result<(Position, Arc<UnallocatedFact>), Problem> {
    let entry = find(app, payment).await?;
    match entry.fact {
        Fact::PaymentUnallocated(received) => Ok((entry.position, received)),
        _ => Err(Problem::refused(&Refusal::PaymentNotFound { payment: payment.into() })
            .hint("it stands on an account, and never was unallocated")),
    }
}

/// What happened to the payment instead of what is asked for now.
fn already_settled(entry: &Entry) -> Problem {
    let title = match (entry.posting, allocated_to(entry)) {
        (Some(posting), _) => {
            let (account, id) = (posting.account.0, entry.position.0);
            format!("the payment was allocated to acc_{account}, as pay_{id}")
        }
        (None, Some(account)) => format!("the payment was allocated to acc_{}", account.0),
        (None, None) => format!("the payment was returned, by entry {}", entry.position.0),
    };
    let mut problem = Problem::conflict("already_settled", "payment", title);
    problem.figures.insert("settled_by".into(), entry.position.0.into());
    problem
}
