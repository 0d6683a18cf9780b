//! Permanent limits, temporary limits and the ceiling over both.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Command, Currency, Limit, Precision};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::{Caller, Permission};
use crate::http::call::{Call, answer, created};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire;

/// `{"amount":"50.00","currency":"EUR"}` or `{"unlimited":true}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRequest {
    /// Zero takes the limit away.
    #[serde(default)]
    #[schema(example = "50.00")]
    pub amount: Option<String>,
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// For a corporate account that is billed afterwards.
    #[serde(default)]
    pub unlimited: bool,
}

impl LimitRequest {
    pub fn limit(&self) -> Result<(Limit, Option<Currency>), Problem> {
        match (&self.amount, &self.currency, self.unlimited) {
            (None, None, true) => Ok((Limit::Unlimited, None)),
            (Some(amount), Some(currency), false) => {
                let money = wire::money_or_zero("amount", amount, currency, Precision::MinorUnits)?;
                Ok((Limit::Limited(money.amount), Some(money.currency)))
            }
            _ => {
                let why = "is either {\"amount\", \"currency\"} or {\"unlimited\": true}";
                Err(Problem::malformed("limit", why))
            }
        }
    }
}

/// Sets the permanent limit.
#[utoipa::path(put, path = "/v1/accounts/{account}/credit-limit", tag = "credit",
    params(("account" = String, Path, description = "id or number")),
    request_body = LimitRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn set_credit_limit(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let (limit, currency) = call.json::<LimitRequest>()?.limit()?;
    set(&app, &call, caller, Command::SetCreditLimit { account, limit, currency }).await
}

/// Sets the ceiling over all limits of the account together; unlimited takes it away.
#[utoipa::path(put, path = "/v1/accounts/{account}/credit-ceiling", tag = "credit",
    params(("account" = String, Path, description = "id or number")),
    request_body = LimitRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn set_credit_ceiling(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let (limit, currency) = call.json::<LimitRequest>()?.limit()?;
    let ceiling = match (limit, currency) {
        (Limit::Limited(amount), Some(currency)) => Some(engine::Money { amount, currency }),
        _ => None,
    };
    set(&app, &call, caller, Command::SetCreditCeiling { account, ceiling }).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRequest {
    #[schema(example = "20.00")]
    pub amount: String,
    #[schema(example = "EUR")]
    pub currency: String,
    /// The moment at which the limit ends.
    #[schema(example = "2026-12-24T18:00:00Z")]
    pub until: String,
    /// Why, for people.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Grants a temporary limit, which ends by itself at its moment.
#[utoipa::path(post, path = "/v1/accounts/{account}/credits", tag = "credit",
    params(("account" = String, Path, description = "id or number")),
    request_body = CreditRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn create_credit(
    State(app): State<App>,
    Path(account): Path<String>,
    mut call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<CreditRequest>()?;
    let money = wire::money(&body.amount, &body.currency, Precision::MinorUnits)?;
    let until = wire::parse_time("until", &body.until)?;
    let command = Command::GrantCredit { account, money, until };
    if let Some(reason) = &body.reason {
        crate::http::text::check("reason", reason, 256)?;
        call.give_reason(reason)?;
    }
    created(&app.submit(&call.writing(caller), command).await?)
}

/// Ends a temporary limit or a promised payment before its time.
#[utoipa::path(delete, path = "/v1/accounts/{account}/credits/{credit}", tag = "credit",
    params(("account" = String, Path), ("credit" = String, Path, example = "crd_1-1")),
    responses((status = 200, body = EntryView), (status = 404, body = Problem)))]
pub async fn revoke_credit(
    State(app): State<App>,
    Path((account, credit)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let id = wire::parse_credit("credit", &credit)?;
    let owner = app.shard.read(None, move |it, _| it.resolve(&account).map(|it| it.id)).await?;
    let owner = owner.map_err(|refusal| Problem::refused(&refusal))?;
    if owner != id.account {
        return Err(Problem::refused(&engine::Refusal::CreditNotFound { credit }));
    }
    set(&app, &call, caller, Command::RevokeCredit { credit: id }).await
}

async fn set(
    app: &App,
    call: &Call,
    caller: Caller,
    command: Command,
) -> Result<Response, Problem> {
    let entries = app.submit(&call.writing(caller), command).await?;
    let view = EntryView::new(entries.first()?);
    Ok(answer(StatusCode::OK, &entries, view))
}
