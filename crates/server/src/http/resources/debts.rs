//! What an account owes from before and what is given up of it, and whether it takes payments.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Command;
use serde::Deserialize;
use utoipa::ToSchema;

use super::charges::note;
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, answer, created};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::{text, wire};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentsLockedRequest {
    pub locked: bool,
    /// Why, for people.
    #[schema(example = "the owner has died; the heirs are being looked for")]
    pub reason: String,
}

/// Locks an account for payments, or unlocks it. What is paid to a locked account is kept as
/// unallocated.
#[utoipa::path(put, path = "/v1/accounts/{account}/payments-locked", tag = "accounts",
    params(("account" = String, Path, description = "id or number")),
    request_body = PaymentsLockedRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn lock_payments(
    State(app): State<App>,
    Path(account): Path<String>,
    mut call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<PaymentsLockedRequest>()?;
    text::check("reason", &body.reason, 256)?;
    call.give_reason(&body.reason)?;
    let command = Command::LockPayments { account, locked: body.locked };
    let entries = app.submit(&call.writing(caller), command).await?;
    let view = EntryView::new(entries.first()?);
    Ok(answer(StatusCode::OK, &entries, view))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningBalanceRequest {
    /// Signed, whole minor units: `-30.00` is a debt.
    #[schema(example = "-30.00")]
    pub amount: String,
    #[schema(example = "EUR")]
    pub currency: String,
    /// Of a debt: since when it is owed; now when not said.
    #[serde(default)]
    #[schema(example = "2026-08-01T00:00:00Z")]
    pub owed_since: Option<String>,
    /// Where it comes from, for people.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Brings in what stood on the account in an older system; once for each account.
#[utoipa::path(post, path = "/v1/accounts/{account}/opening-balance", tag = "debts",
    params(("account" = String, Path, description = "id or number")),
    request_body = OpeningBalanceRequest,
    responses((status = 201, body = EntryView), (status = 409, body = Problem)))]
pub async fn set_opening_balance(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<OpeningBalanceRequest>()?;
    let (amount, currency) = wire::signed_money(&body.amount, &body.currency)?;
    let owed_since = body.owed_since.as_deref().map(|it| wire::parse_time("owed_since", it));
    let owed_since = owed_since.transpose()?;
    if owed_since.is_some() && !amount.is_negative() {
        return Err(Problem::malformed("owed_since", "is for a debt: an amount below zero"));
    }
    let note = note("reason", body.reason.as_deref())?;
    let command = Command::SetOpeningBalance { account, amount, currency, owed_since, note };
    created(&app.submit(&call.writing(caller), command).await?)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteOffRequest {
    /// Whole minor units; all there is when neither amount nor currency is named.
    #[serde(default)]
    #[schema(example = "30.00")]
    pub amount: Option<String>,
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// Why, for people.
    #[schema(example = "moved abroad, three letters came back")]
    pub reason: String,
}

/// Gives up what is owed, or a part of it, as lost. What was written off stays known and can be
/// claimed again.
#[utoipa::path(post, path = "/v1/accounts/{account}/write-offs", tag = "debts",
    params(("account" = String, Path, description = "id or number")),
    request_body = WriteOffRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn write_off(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<WriteOffRequest>()?;
    let money = wire::optional_money(body.amount.as_deref(), body.currency.as_deref())?;
    let note = note("reason", Some(&body.reason))?;
    let command = Command::WriteOff { account, money, note };
    created(&app.submit(&call.writing(caller), command).await?)
}

/// Claims again what was written off, or a part of it: it is owed as of today.
#[utoipa::path(post, path = "/v1/accounts/{account}/write-offs/recover", tag = "debts",
    params(("account" = String, Path, description = "id or number")),
    request_body = WriteOffRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn recover_write_off(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Finance).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<WriteOffRequest>()?;
    let money = wire::optional_money(body.amount.as_deref(), body.currency.as_deref())?;
    let note = note("reason", Some(&body.reason))?;
    let command = Command::RecoverWriteOff { account, money, note };
    created(&app.submit(&call.writing(caller), command).await?)
}
