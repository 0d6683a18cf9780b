//! Accounts: opening, looking at, naming, closing, and their statements.

use std::ops::ControlFlow;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{
    Account, AccountId, AccountNumber, AccountRef, Amount, Command, CreditId, CreditKind, Entry,
    OpenAccount, Phase, Position, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::{IntoParams, ToSchema};

use super::credit::LimitRequest;
use super::forecasts::ForecastView;
use crate::http::app::App;
use crate::http::auth::{Caller, Permission};
use crate::http::call::{Call, answer};
use crate::http::entry_view::{AlertsView, EntryView};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::{Limit, Query};
use crate::http::text;
use crate::http::wire::{self, WireLimit, WireMoney};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRequest {
    #[schema(example = "EUR")]
    pub currency: String,
    #[serde(default)]
    #[schema(example = "Internet")]
    pub name: Option<String>,
    /// A number taken over from an older system; else one with a check digit is given.
    #[serde(default)]
    pub number: Option<String>,
    /// The permanent limit; none when not said.
    #[serde(default)]
    pub credit_limit: Option<LimitRequest>,
    /// The most that all limits together may come to.
    #[serde(default)]
    pub credit_ceiling: Option<LimitRequest>,
}

impl AccountRequest {
    fn open(&self, customer: engine::CustomerId) -> Result<OpenAccount, Problem> {
        let currency = wire::currency("currency", &self.currency)?;
        let limit = |field: &str, limit: &Option<LimitRequest>| match limit {
            None => Ok(None),
            Some(limit) => match limit.limit()? {
                (_, Some(other)) if other != currency => Err(Problem::malformed(
                    field,
                    format!("is in {other}, the account in {currency}"),
                )),
                (limit, _) => Ok(Some(limit)),
            },
        };
        let ceiling = limit("credit_ceiling", &self.credit_ceiling)?;
        let number = self.number.as_deref().map(|it| {
            let why = "is not 1 to 32 letters, digits, dots, dashes or slashes";
            AccountNumber::parse(it).ok_or_else(|| Problem::malformed("number", why))
        });
        Ok(OpenAccount {
            customer,
            currency,
            name: account_name("name", self.name.as_deref())?.into(),
            number: number.transpose()?,
            limit: limit("credit_limit", &self.credit_limit)?.unwrap_or(engine::Limit::NONE),
            ceiling: ceiling.and_then(|it| match it {
                engine::Limit::Limited(amount) => Some(amount),
                engine::Limit::Unlimited => None,
            }),
        })
    }
}

pub fn account_name<'a>(field: &str, name: Option<&'a str>) -> Result<&'a str, Problem> {
    let Some(name) = name else { return Ok("") };
    text::check(field, name, 64)?;
    Ok(name)
}

/// An account at a moment.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    #[schema(example = "acc_34")]
    pub id: String,
    pub number: String,
    #[schema(example = "cus_12")]
    pub customer: String,
    pub currency: String,
    pub closed: bool,
    pub balance: WireMoney,
    pub held: WireMoney,
    pub credit: WireLimit,
    pub available: WireLimit,
    /// The moment that the figures are true for.
    pub as_of: String,
    /// The newest entry by then.
    pub position: u64,
    pub credit_limit: Option<WireLimit>,
    pub credit_ceiling: Option<WireMoney>,
    pub temporary_limits: Option<Vec<TemporaryLimitView>>,
    /// Promised payments that are open.
    pub promised_payments: Option<Vec<OpenPromiseView>>,
    pub reservations: Option<Vec<ReservationView>>,
    /// Real payments so far, less what was taken back of them.
    pub paid: Option<WireMoney>,
    /// The balance below zero, when it is.
    pub owed: Option<WireMoney>,
    /// Debts given up as lost, and not recovered since.
    pub written_off: Option<WireMoney>,
    /// Payments to the account wait unallocated.
    pub payments_locked: Option<bool>,
    pub plan: Option<PlanView>,
    pub alerts: Option<AlertsView>,
    /// What becomes of its services, when it has any.
    pub forecast: Option<ForecastView>,
}

/// A promised payment that has not ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenPromiseView {
    #[schema(example = "crd_34-1")]
    pub id: String,
    pub amount: WireMoney,
    pub granted_at: String,
    pub until: String,
    /// Real payments since it was granted: it is kept when they reach the amount.
    pub paid: WireMoney,
}

/// What the customer pays for regularly.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    #[schema(example = "internet-100")]
    pub name: &'static str,
    pub monthly_fee: WireMoney,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemporaryLimitView {
    #[schema(example = "crd_34-1")]
    pub id: String,
    pub amount: WireMoney,
    pub from: String,
    pub until: String,
}

/// Money that is held for a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReservationView {
    #[schema(example = "res_34-1")]
    pub id: String,
    pub service: &'static str,
    pub held: WireMoney,
    pub charged: WireMoney,
    pub expires_at: String,
}

impl AccountView {
    fn new(account: &Account, now: Timestamp) -> Self {
        let (currency, exponent) = (account.currency, account.exponent);
        let money = |it| WireMoney::amount(it, currency, exponent);
        let above_zero = |it: Amount| (!it.is_zero()).then(|| money(it));
        let temporary = account.credits.iter();
        let temporary = temporary.filter(|it| it.kind == CreditKind::Temporary);
        let temporary = temporary.map(|it| TemporaryLimitView {
            id: wire::credit_id(CreditId { account: account.id, serial: it.serial }),
            amount: money(it.amount),
            from: wire::time(it.from),
            until: wire::time(it.until),
        });
        let reservations = account.sessions.iter().filter_map(|it| match it.phase {
            Phase::Open { expires_at } => Some(ReservationView {
                id: wire::reservation_id(account.reservation(it.serial)),
                service: it.service.as_str(),
                held: money(it.held),
                charged: money(it.charged),
                expires_at: wire::time(expires_at),
            }),
            _ => None,
        });
        Self {
            id: wire::account_id(account.id),
            number: account.number.to_string(),
            customer: wire::customer_id(account.customer),
            currency: currency.to_string(),
            closed: account.closed,
            balance: WireMoney::balance(account.balance, currency, exponent),
            held: money(account.held),
            credit: WireLimit::limit(account.credit(), currency, exponent),
            available: WireLimit::available(account.available(), currency, exponent),
            as_of: wire::time(now),
            position: account.head.0,
            credit_limit: Some(WireLimit::limit(account.limit, currency, exponent)),
            credit_ceiling: account.ceiling.map(money),
            temporary_limits: Some(temporary.collect()),
            promised_payments: Some(open_promises(account)),
            reservations: Some(reservations.collect()),
            paid: above_zero(account.paid),
            owed: above_zero(account.owed()),
            written_off: above_zero(account.written_off()),
            payments_locked: account.payments_locked.then_some(true),
            plan: account
                .plan()
                .map(|it| PlanView { name: it.name.as_str(), monthly_fee: money(it.monthly_fee) }),
            alerts: AlertsView::of(account),
            forecast: None,
        }
    }

    /// As the account stood after `entry`, the last one of the moment asked for.
    fn past(account: &Account, entry: &Entry, at: Timestamp) -> Option<Self> {
        let posting = entry.posting?;
        let (currency, exponent) = (posting.currency, posting.exponent);
        Some(Self {
            closed: matches!(entry.fact, engine::Fact::AccountClosed),
            balance: WireMoney::balance(posting.balance, currency, exponent),
            held: WireMoney::amount(posting.held, currency, exponent),
            credit: WireLimit::limit(posting.credit, currency, exponent),
            available: WireLimit::available(posting.available(), currency, exponent),
            as_of: wire::time(at),
            position: entry.position.0,
            credit_limit: None,
            credit_ceiling: None,
            temporary_limits: None,
            promised_payments: None,
            reservations: None,
            paid: None,
            owed: None,
            written_off: None,
            payments_locked: None,
            plan: None,
            alerts: None,
            ..Self::new(account, at)
        })
    }
}

fn open_promises(account: &Account) -> Vec<OpenPromiseView> {
    let money = |it| WireMoney::amount(it, account.currency, account.exponent);
    let open = account.promises().iter().filter(|it| it.is_open()).map(|it| OpenPromiseView {
        id: wire::credit_id(CreditId { account: account.id, serial: it.credit }),
        amount: money(it.amount),
        granted_at: wire::time(it.granted_at),
        until: wire::time(it.until),
        paid: money(it.paid),
    });
    open.collect()
}

/// Opens an account for a customer.
#[utoipa::path(post, path = "/v1/customers/{customer}/accounts", tag = "accounts",
    params(("customer" = String, Path, example = "cus_12")),
    request_body = AccountRequest,
    responses((status = 201, body = AccountView), (status = 409, body = Problem)))]
pub async fn create_account(
    State(app): State<App>,
    Path(customer): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let customer = wire::parse_customer("customer", &customer)?;
    let open = call.json::<AccountRequest>()?.open(customer)?;
    write(&app, &call, caller, Command::OpenAccount(Box::new(open)), StatusCode::CREATED).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameRequest {
    #[schema(example = "Television")]
    pub name: String,
}

/// Gives an account another name.
#[utoipa::path(put, path = "/v1/accounts/{account}/name", tag = "accounts",
    params(("account" = String, Path, description = "id or number")),
    request_body = RenameRequest,
    responses((status = 200, body = AccountView), (status = 404, body = Problem)))]
pub async fn rename_account(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let account = wire::parse_account("account", &account)?;
    let name = account_name("name", Some(&call.json::<RenameRequest>()?.name))?.into();
    write(&app, &call, caller, Command::RenameAccount { account, name }, StatusCode::OK).await
}

/// Closes an account whose balance is zero, for good.
#[utoipa::path(post, path = "/v1/accounts/{account}/close", tag = "accounts",
    params(("account" = String, Path, description = "id or number")),
    responses((status = 200, body = AccountView), (status = 422, body = Problem)))]
pub async fn close_account(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let account = wire::parse_account("account", &account)?;
    write(&app, &call, caller, Command::CloseAccount { account }, StatusCode::OK).await
}

/// The answer to a write is the account as the entry left it, so that a repeat gets the same.
async fn write(
    app: &App,
    call: &Call,
    caller: Caller,
    command: Command,
    status: StatusCode,
) -> Result<Response, Problem> {
    let entries = app.submit(&call.writing(caller), command).await?;
    let entry = entries.first()?.clone();
    let id = entry.posting.ok_or_else(Problem::internal)?.account;
    let look =
        move |state: &engine::State, _| AccountView::past(state.account(id)?, &entry, entry.at);
    let view = app.shard.read(None, look).await?.ok_or_else(Problem::internal)?;
    Ok(answer(status, &entries, view))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// A moment, as RFC 3339: the account as it stood then.
    #[serde(default)]
    pub at: Option<String>,
}

/// An account's figures, now or at any past moment.
#[utoipa::path(get, path = "/v1/accounts/{account}", tag = "accounts",
    params(("account" = String, Path, description = "id or number"), AccountQuery),
    responses((status = 200, body = AccountView), (status = 404, body = Problem)))]
pub async fn get_account(
    State(app): State<App>,
    Path(account): Path<String>,
    Query(query): Query<AccountQuery>,
    headers: HeaderMap,
) -> Result<Json<AccountView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let account = wire::parse_account("account", &account)?;
    let Some(at) = query.at else {
        let whose = account.clone();
        let look = move |state: &engine::State, now: Timestamp| {
            let as_of = now.max(state.shared.last_at);
            let account = state.resolve(&whose)?;
            let forecast = ForecastView::of(state, account, as_of);
            Ok(AccountView { forecast, ..AccountView::new(account, as_of) })
        };
        let view = app.shard.read(Some(account), look).await?;
        return view.map(Json).map_err(|refusal: engine::Refusal| Problem::refused(&refusal));
    };
    let at = wire::parse_time("at", &at)?;
    let (found, now) = find(&app, account).await?;
    // Of the future nothing is known: who asks for it gets this moment, and is told so.
    let at = at.min(now);
    let head = found.head;
    let read = move |reader: &dyn store::Reader| {
        reader.entry(reader.account_position(head, reader.position_at(at)?)?)
    };
    let entry = app.readers.read(read).await?;
    let view = entry.and_then(|it| AccountView::past(&found, &it, at));
    view.map(Json).ok_or_else(|| {
        let mut problem = Problem::not_found("such account at that moment");
        problem.hint = Some("it was opened later".into());
        problem
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EntriesQuery {
    /// The cursor of the page before: entries before this position.
    #[serde(default)]
    pub before: Option<u64>,
    /// A moment, as RFC 3339: the statement as it was then.
    #[serde(default)]
    pub at: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EntriesPage {
    /// Newest first.
    pub entries: Vec<EntryView>,
    /// For the next page, as `before`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The statement: an account's entries, newest first.
#[utoipa::path(get, path = "/v1/accounts/{account}/entries", tag = "accounts",
    params(("account" = String, Path, description = "id or number"), EntriesQuery),
    responses((status = 200, body = EntriesPage), (status = 404, body = Problem)))]
pub async fn list_entries(
    State(app): State<App>,
    Path(account): Path<String>,
    Query(query): Query<EntriesQuery>,
    headers: HeaderMap,
) -> Result<Json<EntriesPage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let account = wire::parse_account("account", &account)?;
    let at = query.at.as_deref().map(|it| wire::parse_time("at", it)).transpose()?;
    let (found, _) = find(&app, account).await?;
    let limit = query.limit.get();
    let read = move |reader: &dyn store::Reader| {
        let until = match at {
            Some(at) => reader.position_at(at)?,
            None => found.head,
        };
        let before = query.before.map_or(until, |it| Position(it.saturating_sub(1)).min(until));
        let last = match own_position(reader, found.id, before)? {
            Some(own) => own,
            // From any other place the chain is found from its end.
            None => reader.account_position(found.head, before)?,
        };
        let (mut entries, mut next) = (Vec::new(), None);
        reader.account_entries(last, &mut |entry| {
            if entries.len() == limit {
                next = Some(entry.position.0 + 1);
                return ControlFlow::Break(());
            }
            entries.push(EntryView::new(&entry));
            ControlFlow::Continue(())
        })?;
        Ok((entries, next))
    };
    let (entries, next) = app.readers.read(read).await?;
    Ok(Json(EntriesPage { entries, next }))
}

/// The account as it is, and the moment that this is true for.
pub async fn find(app: &App, account: AccountRef) -> Result<(Account, Timestamp), Problem> {
    let whose = account.clone();
    let look = move |state: &engine::State, now: Timestamp| {
        let as_of = now.max(state.shared.last_at);
        state.resolve(&whose).map(|it| (it.clone(), as_of))
    };
    let found = app.shard.read(Some(account), look).await?;
    found.map_err(|refusal| Problem::refused(&refusal))
}

/// A cursor of our own is an entry of this account, and needs no walk from the end.
fn own_position(
    reader: &dyn store::Reader,
    account: AccountId,
    position: Position,
) -> Result<Option<Position>, store::StoreError> {
    let entry = reader.entry(position)?;
    let own = entry.filter(|it| it.posting.is_some_and(|it| it.account == account));
    Ok(own.map(|it| it.position))
}
