//! `GET /v1/audit`: who did what, through which channel and why.
//!
//! A journal of people's doings says as much of the staff as of the customers, so it is not for
//! everybody who may look at an account: whoever has [`Permission::Audit`] finds entries by person.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use engine::{AccountRef, Position, Timestamp};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::{AuditPage, AuditQuery, Reader, StoreError, TRAFFIC_KINDS};
use utoipa::{IntoParams, ToSchema};

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::query::{Limit, Query};
use crate::http::wire;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditParameters {
    /// A person or a program: the name of the key, or the payment channel.
    #[serde(default)]
    pub actor: Option<String>,
    /// Only entries of this account: id or number.
    #[serde(default)]
    pub account: Option<String>,
    /// Kinds of entries, separated by commas: `adjustment,written_off`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The first moment, as RFC 3339.
    #[serde(default)]
    pub from: Option<String>,
    /// The moment before which.
    #[serde(default)]
    pub to: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: Option<u64>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Newest first.
    pub entries: Vec<EntryView>,
    /// For the next page, as `cursor`; absent on the last one. A page may have few entries or none
    /// and a next one all the same: looking on takes another request.
    pub next: Option<u64>,
    /// Kinds that are not looked for by person alone, because they come with every call: name them
    /// in `kind`, or name the account.
    pub left_out: Option<[&'static str; 10]>,
}

/// Everything that was written, by person, account, kind and time. Entries say who, through which
/// channel and why. Keys and webhook endpoints are not in the journal: `sporran key create` is run
/// by whoever has the machine, and an endpoint's changes are kept beside it.
#[utoipa::path(get, path = "/v1/audit", tag = "reports", params(AuditParameters),
    responses((status = 200, body = AuditView), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub async fn list_audit(
    State(app): State<App>,
    Query(query): Query<AuditParameters>,
    headers: HeaderMap,
) -> Result<Json<AuditView>, Problem> {
    app.authorise(&headers, Permission::Audit).await?;
    let moment = |name: &str, text: &Option<String>| {
        text.as_deref().map(|it| wire::parse_time(name, it)).transpose()
    };
    let (from, to) = (moment("from", &query.from)?, moment("to", &query.to)?);
    let kinds = kinds(query.kind.as_deref())?;
    let along = match &query.account {
        None => None,
        Some(account) => Some(newest(&app, wire::parse_account("account", account)?).await?),
    };
    let wants_traffic = kinds.iter().any(|it| TRAFFIC_KINDS.contains(&it.as_str()));
    let by_person = query.actor.is_some() && along.is_none();
    let (actor, limit, cursor) = (query.actor, query.limit.get(), query.cursor.map(Position));
    let page = find(&app, Wanted { actor, along, kinds, from, to }, cursor, limit).await?;
    Ok(Json(AuditView {
        entries: page.entries.iter().map(EntryView::new).collect(),
        next: page.before.map(|it| it.0),
        left_out: (by_person && !wants_traffic).then_some(TRAFFIC_KINDS),
    }))
}

/// Which entries are looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub actor: Option<String>,
    /// Those of the account whose newest entry this is.
    pub along: Option<Position>,
    pub kinds: Vec<String>,
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// A page of what was written, newest first, over all shards.
pub async fn find(
    app: &App,
    wanted: Wanted,
    cursor: Option<Position>,
    limit: usize,
) -> Result<AuditPage, StoreError> {
    let only = wanted.along.and_then(|it| it.shard());
    let places = app.shards.all().zip(app.shards.before(cursor).await?);
    let places = places.filter(|(shard, _)| only.is_none_or(|it| it == *shard));
    let read = places.map(|(shard, before)| {
        let wanted = wanted.clone();
        app.shards.read(shard, move |it| look(it, wanted, before, limit).map(Some))
    });
    let mut pages: Vec<AuditPage> = try_join_all(read).await?.into_iter().flatten().collect();
    if pages.len() == 1 {
        return Ok(pages.pop().unwrap_or_default());
    }
    merge(app, pages, limit).await
}

/// The newest entries of all pages, as far as each shard was looked through.
async fn merge(app: &App, pages: Vec<AuditPage>, limit: usize) -> Result<AuditPage, StoreError> {
    let mut looked_to: Option<(Timestamp, Position)> = None;
    let mut entries = Vec::new();
    for page in pages {
        if let Some(before) = page.before {
            let shard = before.shard().unwrap_or_default();
            let entry = app.shards.read(shard, move |it| it.entry(before)).await?;
            looked_to = looked_to.max(entry.map(|it| (it.at, before)));
        }
        entries.extend(page.entries);
    }
    // What every shard repeats was set once.
    entries.retain(|it| !it.is_repetition());
    entries.retain(|it| looked_to.is_none_or(|end| (it.at, it.position) >= end));
    entries.sort_unstable_by_key(|it| std::cmp::Reverse((it.at, it.position)));
    let is_cut = entries.len() > limit;
    entries.truncate(limit);
    let before = match is_cut {
        true => entries.last().map(|it| it.position),
        false => looked_to.map(|it| it.1),
    };
    Ok(AuditPage { entries, before })
}

fn look(
    reader: &dyn Reader,
    wanted: Wanted,
    before: Position,
    limit: usize,
) -> Result<AuditPage, StoreError> {
    let after = |at: Timestamp| Ok::<_, StoreError>(reader.position_at(at.plus(-1))?.plus(1));
    let Wanted { actor, along, kinds, from, to } = wanted;
    let from = from.map(after).transpose()?.unwrap_or(Position::START);
    let to = to.map(after).transpose()?.unwrap_or(Position(u64::MAX));
    reader.audit(&AuditQuery { actor, along, kinds, from, before: before.min(to) }, limit)
}

/// Kinds as they stand in entries. One that no entry can have would find nothing, and nobody would
/// know why.
fn kinds(text: Option<&str>) -> Result<Vec<String>, Problem> {
    let Some(text) = text else { return Ok(Vec::new()) };
    text.split(',')
        .map(|it| match KINDS.contains(&it.trim()) {
            true => Ok(it.trim().to_owned()),
            false => {
                let shown: String = it.chars().take(40).collect();
                let known = KINDS.join(", ");
                let why = format!("{shown:?} is no kind of entry; there are {known}");
                Err(Problem::malformed("kind", why))
            }
        })
        .collect()
}

/// The newest entry of an account.
async fn newest(app: &App, account: AccountRef) -> Result<Position, Problem> {
    let look = move |it: &engine::State, _| it.resolve(&account).map(|it| it.head);
    app.shard.read(None, look).await?.map_err(|refusal| Problem::refused(&refusal))
}

/// Every kind that an entry can have.
pub const KINDS: [&str; 56] = [
    "customer_created",
    "customer_updated",
    "account_opened",
    "account_renamed",
    "account_closed",
    "payment",
    "payment_unallocated",
    "payment_allocated",
    "payment_returned",
    "payment_forwarded",
    "payment_cancelled",
    "payment_charged_back",
    "refund_requested",
    "refund_rejected",
    "refunded",
    "payments_locked",
    "payments_unlocked",
    "opening_balance",
    "written_off",
    "write_off_recovered",
    "charge",
    "adjustment",
    "transfer_out",
    "transfer_in",
    "credit_limit_set",
    "credit_ceiling_set",
    "credit_granted",
    "credit_ending",
    "credit_ended",
    "promise_policy_set",
    "promise_granted",
    "promise_ended",
    "plan_set",
    "alerts_set",
    "balance_low",
    "receivable_over_limit",
    "authorised",
    "settled_final",
    "settled",
    "released",
    "reservation_expired",
    "refused",
    "exchange_rates_added",
    "service_set",
    "subscription_opened",
    "subscription_changed",
    "subscription_suspended",
    "subscription_resumed",
    "subscription_closed",
    "plan_changed",
    "purchased",
    "period_started",
    "period_ended",
    "period_credited",
    "bill_overdue",
    "switched",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_asked_for() {
        for (name, entry) in store::conformance::samples::one_of_each() {
            assert!(KINDS.contains(&entry.fact.kind()), "{name}");
        }
        assert!(TRAFFIC_KINDS.iter().all(|it| KINDS.contains(it)));
    }
}
