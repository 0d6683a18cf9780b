//! Policies for promised payments: setting, withdrawing, every version.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{Command, Currency, Entry, Fact, Name, PromisePolicy};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::charges::name;
use crate::http::app::App;
use crate::http::auth::{Caller, Permission};
use crate::http::call::{Call, answer};
use crate::http::error::Problem;
use crate::http::promise_rules::RulesBody;
use crate::http::query::Query;
use crate::http::wire;

/// The next version of the policy for a group of customers and a currency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRequest {
    /// For customers of this group; when not said, for all whose group has no policy of its own.
    #[serde(default)]
    pub group: Option<String>,
    #[schema(example = "EUR")]
    pub currency: String,
    pub rules: RulesBody,
}

/// A version of a policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    pub currency: String,
    /// Counts from 1 for each group and currency.
    pub version: u32,
    /// `null` where promised payments were withdrawn.
    pub rules: Option<RulesBody>,
    /// The entry that put it in force.
    pub position: u64,
    pub at: String,
    pub actor: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl PolicyView {
    fn new(entry: &Entry) -> Option<Self> {
        let Fact::PromisePolicySet(policy) = &entry.fact else {
            return None;
        };
        Some(Self {
            group: policy.group.map(|it| it.to_string()),
            currency: policy.currency.to_string(),
            version: policy.version,
            rules: policy.rules.as_ref().map(|it| RulesBody::new(it, policy.currency)),
            position: entry.position.0,
            at: wire::time(entry.at),
            actor: entry.origin.actor.as_str(),
            reason: entry.origin.reason.as_deref().map(Into::into),
        })
    }
}

/// Sets a policy. Promised payments that are open keep what they were granted under.
#[utoipa::path(put, path = "/v1/promised-payment-policies", tag = "promised payments",
    request_body = PolicyRequest,
    responses((status = 200, body = PolicyView), (status = 400, body = Problem)))]
pub async fn set_promise_policy(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let body = call.json::<PolicyRequest>()?;
    let currency = wire::currency("currency", &body.currency)?;
    let group = group(body.group.as_deref())?;
    let rules = Some(body.rules.read(currency)?);
    set(&app, &call, caller, PromisePolicy { group, currency, version: 0, rules }).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WithdrawQuery {
    #[serde(default)]
    pub group: Option<String>,
    pub currency: String,
}

/// Withdraws a policy: the group is offered no promised payments, not even those for all.
#[utoipa::path(delete, path = "/v1/promised-payment-policies", tag = "promised payments",
    params(WithdrawQuery),
    responses((status = 200, body = PolicyView), (status = 400, body = Problem)))]
pub async fn withdraw_promise_policy(
    State(app): State<App>,
    Query(query): Query<WithdrawQuery>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let currency = wire::currency("currency", &query.currency)?;
    let group = group(query.group.as_deref())?;
    set(&app, &call, caller, PromisePolicy { group, currency, version: 0, rules: None }).await
}

fn group(text: Option<&str>) -> Result<Option<Name>, Problem> {
    text.map(|it| name("group", it)).transpose()
}

async fn set(
    app: &App,
    call: &Call,
    caller: Caller,
    policy: PromisePolicy,
) -> Result<Response, Problem> {
    let command = Command::SetPromisePolicy(policy.into());
    let entries = app.submit(&call.writing(caller), command).await?;
    let view = PolicyView::new(entries.first()?).ok_or_else(Problem::internal)?;
    Ok(answer(StatusCode::OK, &entries, view))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PoliciesQuery {
    /// Every version that ever was, the newest first, instead of those in force.
    #[serde(default)]
    pub history: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyList {
    pub policies: Vec<PolicyView>,
}

/// The policies in force, by group and currency, or every version.
#[utoipa::path(get, path = "/v1/promised-payment-policies", tag = "promised payments",
    params(PoliciesQuery),
    responses((status = 200, body = PolicyList)))]
pub async fn list_promise_policies(
    State(app): State<App>,
    Query(query): Query<PoliciesQuery>,
    headers: HeaderMap,
) -> Result<Json<PolicyList>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    // What is decided by now is durable when this look is answered.
    let head = app.shard.read(None, |state, _| state.shared.head).await?;
    let entries = app.readers.read(move |it| it.promise_policies(head)).await?;
    let policies = match query.history {
        true => entries.iter().rev().filter_map(PolicyView::new).collect(),
        false => in_force(&entries).filter_map(PolicyView::new).collect(),
    };
    Ok(Json(PolicyList { policies }))
}

/// The newest of each group and currency that was not withdrawn.
fn in_force(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let mut newest: BTreeMap<(Option<Name>, Currency), &Entry> = BTreeMap::new();
    for entry in entries {
        if let Fact::PromisePolicySet(policy) = &entry.fact {
            newest.insert((policy.group, policy.currency), entry);
        }
    }
    let is_set =
        |it: &&Entry| matches!(&it.fact, Fact::PromisePolicySet(policy) if policy.rules.is_some());
    newest.into_values().filter(is_set)
}
