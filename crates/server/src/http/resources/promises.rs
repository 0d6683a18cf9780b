//! Promised payments: what would be granted, granting, and looking back.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine::{
    Account, AccountRef, Amount, Command, Currency, GrantPromise, Name, Precision, PromiseAsk,
    Refusal, Timestamp, evaluate,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::Which;
use utoipa::{IntoParams, ToSchema};

use super::accounts;
use super::charges::name;
use crate::http::app::App;
use crate::http::auth::{Permission, origin};
use crate::http::call::{Call, created};
use crate::http::entry_view::{EntryView, PolicyName};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::promise_history::{self, PromiseView};
use crate::http::promise_view::OfferView;
use crate::http::query::{Limit, Query};
use crate::http::wire;

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OfferQuery {
    /// In the account's currency; what the policy gives when not said.
    #[serde(default)]
    pub amount: Option<String>,
    /// The account's when not said.
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub hours: Option<u32>,
    #[serde(default)]
    pub accept_terms: bool,
    /// Through which it would be asked for; that of `Sporran-Channel` when not said.
    #[serde(default)]
    pub channel: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfferReply {
    #[serde(flatten)]
    pub offer: OfferView,
    pub policy: PolicyName,
}

/// What would be granted, and every rule that is in the way. Nothing is written.
#[utoipa::path(get, path = "/v1/accounts/{account}/promised-payment/offer",
    tag = "promised payments",
    params(("account" = String, Path, description = "id or number"), OfferQuery),
    responses((status = 200, body = OfferReply), (status = 422, body = Problem)))]
pub async fn get_promise_offer(
    State(app): State<App>,
    Path(account): Path<String>,
    Query(query): Query<OfferQuery>,
    headers: HeaderMap,
) -> Result<Json<OfferReply>, Problem> {
    let caller = app.authorise(&headers, Permission::Read).await?;
    let account = wire::parse_account("account", &account)?;
    let channel = match &query.channel {
        Some(channel) => name("channel", channel)?,
        None => origin(caller, &headers)?.channel,
    };
    let whose = account.clone();
    let look = move |state: &engine::State, now: Timestamp| {
        let now = now.max(state.shared.last_at);
        offer(state, &whose, &query, channel, now)
    };
    app.shard.read(Some(account), look).await?.map(Json)
}

/// Refused where granting would be refused before the rules of the policy are asked.
fn offer(
    state: &engine::State,
    whose: &AccountRef,
    query: &OfferQuery,
    channel: Name,
    now: Timestamp,
) -> Result<OfferReply, Problem> {
    let account = open_account(state, whose).map_err(|it| Problem::refused(&it))?;
    let ask = PromiseAsk {
        amount: asked(account, query)?,
        hours: query.hours,
        accepts_terms: query.accept_terms,
    };
    let (policy, rules) = state.promise_rules(account).map_err(|it| Problem::refused(&it))?;
    let since = state.customer_since(account.customer);
    let offer = evaluate(account, since, rules, ask, channel, now);
    Ok(OfferReply {
        offer: OfferView::new(&offer, account.unit()),
        policy: PolicyName {
            group: policy.group.map(|it| it.to_string()),
            currency: policy.currency,
            version: policy.version,
        },
    })
}

fn open_account<'a>(state: &'a engine::State, whose: &AccountRef) -> Result<&'a Account, Refusal> {
    let account = state.resolve(whose)?;
    match account.closed {
        true => Err(Refusal::AccountClosed { account: account.id }),
        false => Ok(account),
    }
}

fn asked(account: &Account, query: &OfferQuery) -> Result<Option<Amount>, Problem> {
    let currency =
        query.currency.as_deref().map(|it| wire::currency("currency", it)).transpose()?;
    if let Some(actual) = currency.filter(|it| *it != account.currency) {
        let expected = account.currency;
        return Err(Problem::refused(&Refusal::CurrencyMismatch { expected, actual }));
    }
    let code = account.currency.to_string();
    let amount = query.amount.as_deref();
    let money = amount.map(|it| wire::money(it, &code, Precision::MinorUnits)).transpose()?;
    Ok(money.map(|it| it.amount))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseRequest {
    /// What the policy gives when not said.
    #[serde(default)]
    #[schema(example = "10.00")]
    pub amount: Option<String>,
    /// Needed beside an amount.
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// For how long; what the policy gives when not said.
    #[serde(default)]
    #[schema(example = 72)]
    pub hours: Option<u32>,
    /// That the customer accepts the terms, where the policy asks for it.
    #[serde(default)]
    pub accept_terms: bool,
    /// Staff grant it against the rules, within the cap of their role; needs a reason.
    #[serde(default, rename = "override")]
    pub overriding: bool,
    /// Why, for people; or the header `Sporran-Reason`.
    #[serde(default)]
    pub reason: Option<String>,
}

impl PromiseRequest {
    fn ask(&self) -> Result<(PromiseAsk, Option<Currency>), Problem> {
        let (amount, currency) = match (&self.amount, &self.currency) {
            (Some(amount), Some(currency)) => {
                let money = wire::money(amount, currency, Precision::MinorUnits)?;
                (Some(money.amount), Some(money.currency))
            }
            (Some(_), None) => {
                return Err(Problem::malformed("currency", "is missing beside an amount"));
            }
            (None, currency) => {
                let currency = currency.as_deref().map(|it| wire::currency("currency", it));
                (None, currency.transpose()?)
            }
        };
        Ok((PromiseAsk { amount, hours: self.hours, accepts_terms: self.accept_terms }, currency))
    }
}

/// Grants a promised payment: credit until real payments reach it, or its moment comes.
#[utoipa::path(post, path = "/v1/accounts/{account}/promised-payment", tag = "promised payments",
    params(("account" = String, Path, description = "id or number")),
    request_body = PromiseRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn grant_promise(
    State(app): State<App>,
    Path(account): Path<String>,
    mut call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<PromiseRequest>()?;
    if let Some(reason) = &body.reason {
        crate::http::text::check("reason", reason, 256)?;
        call.give_reason(reason)?;
    }
    let (ask, currency) = body.ask()?;
    let overriding = match body.overriding {
        false => None,
        true if origin(caller, &call.headers)?.reason.is_none() => {
            return Err(Problem::malformed("reason", "is missing: overriding rules needs one"));
        }
        true => Some(name("role", caller.role.name())?),
    };
    let grant = GrantPromise { account, ask, currency, overriding };
    created(&app.submit(&call.writing(caller), Command::GrantPromise(grant)).await?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PromisesOfQuery {
    /// The cursor of the page before: those granted before this position.
    #[serde(default)]
    pub before: Option<u64>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PromisesQuery {
    /// Only those that have not ended.
    #[serde(default)]
    pub open: bool,
    /// The cursor of the page before: those granted after this position.
    #[serde(default)]
    pub after: u64,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct PromisePage {
    pub promised_payments: Vec<PromiseView>,
    /// For the next page, as `before` or `after`; absent on the last one.
    pub next: Option<u64>,
}

/// The promised payments of an account, newest first: who granted them, how they ended and why.
#[utoipa::path(get, path = "/v1/accounts/{account}/promised-payments", tag = "promised payments",
    params(("account" = String, Path, description = "id or number"), PromisesOfQuery),
    responses((status = 200, body = PromisePage), (status = 404, body = Problem)))]
pub async fn list_promises_of(
    State(app): State<App>,
    Path(account): Path<String>,
    Query(query): Query<PromisesOfQuery>,
    headers: HeaderMap,
) -> Result<Json<PromisePage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let account = wire::parse_account("account", &account)?;
    let (found, _) = accounts::find(&app, account).await?;
    let limit = query.limit.get();
    let before = engine::Position(query.before.unwrap_or(u64::MAX));
    let read = move |reader: &dyn store::Reader| {
        promise_history::read(reader, reader.promises_of(found.id, before, limit + 1)?)
    };
    page(&app, app.readers.read(read).await?, limit).await
}

/// Promised payments over all accounts, oldest first.
#[utoipa::path(get, path = "/v1/promised-payments", tag = "promised payments",
    params(PromisesQuery),
    responses((status = 200, body = PromisePage)))]
pub async fn list_promises(
    State(app): State<App>,
    Query(query): Query<PromisesQuery>,
    headers: HeaderMap,
) -> Result<Json<PromisePage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let which = if query.open { Which::Open } else { Which::All };
    let (after, limit) = (engine::Position(query.after), query.limit.get());
    let read = move |reader: &dyn store::Reader, missing| {
        let matters = reader.matters(store::Matter::Promise, which, after, missing)?;
        promise_history::read(reader, matters)
    };
    page(&app, app.shards.list(after.shard().unwrap_or_default(), limit + 1, read).await?, limit)
        .await
}

/// One more than fits was read: it says that there is a next page.
async fn page(
    app: &App,
    mut records: Vec<promise_history::Record>,
    limit: usize,
) -> Result<Json<PromisePage>, Problem> {
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|it| it.granted.position.0);
    let known = promise_history::stand(app, records).await?;
    let promised_payments = known.iter().filter_map(PromiseView::new).collect();
    Ok(Json(PromisePage { promised_payments, next }))
}
