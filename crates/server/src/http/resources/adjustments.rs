//! `POST /v1/accounts/{account}/adjustments` and `POST /v1/transfers`

use axum::extract::State;
use axum::response::Response;
use engine::{Command, Precision, Transfer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charges::{name, note};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, answer, created};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentRequest {
    /// Signed, whole minor units: `-5.00` takes money off the account.
    #[schema(example = "-5.00")]
    pub amount: String,
    #[schema(example = "EUR")]
    pub currency: String,
    /// A word of the provider's own, under which corrections are summed up.
    #[schema(example = "goodwill")]
    pub reason: String,
    /// The story behind it, for people.
    #[serde(default)]
    pub note: Option<String>,
}

/// Corrects a balance. It may go below zero.
#[utoipa::path(post, path = "/v1/accounts/{account}/adjustments", tag = "money",
    params(("account" = String, Path, description = "id or number")),
    request_body = AdjustmentRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn create_adjustment(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<AdjustmentRequest>()?;
    let (amount, currency) = wire::signed_money(&body.amount, &body.currency)?;
    let reason = name("reason", &body.reason)?;
    let note = note("note", body.note.as_deref())?;
    let command = Command::Adjust { account, amount, currency, reason, note };
    created(&app.submit(&call.writing(caller), command).await?)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The account that pays: id or number.
    #[schema(example = "acc_1")]
    pub from: String,
    #[schema(example = "acc_2")]
    pub to: String,
    /// Whole minor units, exact in the currency named.
    #[schema(example = "3.00")]
    pub amount: String,
    /// The currency of either account; the other side is converted.
    #[schema(example = "EUR")]
    pub currency: String,
    #[serde(default)]
    pub description: Option<String>,
}

/// Both sides of a transfer.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferView {
    pub out: EntryView,
    /// Absent as long as it is under way: the account is in another shard, which does not answer
    /// now. It comes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#in: Option<EntryView>,
}

/// Moves money from one account to another, whoever they belong to.
#[utoipa::path(post, path = "/v1/transfers", tag = "money",
    request_body = TransferRequest,
    responses((status = 201, body = TransferView), (status = 422, body = Problem)))]
pub async fn create_transfer(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Correct).await?;
    let body = call.json::<TransferRequest>()?;
    let command = Command::Transfer(Box::new(Transfer {
        from: wire::parse_account("from", &body.from)?,
        to: wire::parse_account("to", &body.to)?,
        money: wire::money(&body.amount, &body.currency, Precision::MinorUnits)?,
        note: note("description", body.description.as_deref())?,
    }));
    let writing = call.writing(caller);
    let entries = match app.towards(command).await {
        Ok(command) => app.submit(&writing, command).await?,
        // What was done before is answered as before, whatever the other shard says by now.
        Err(problem) => app.answered(&writing).await?.ok_or(problem)?,
    };
    let (out, r#in) = match entries.as_slice() {
        [out, r#in] => (out, Some(EntryView::new(r#in))),
        [out] => (out, app.received(out).await?.map(|it| EntryView::new(&it))),
        _ => return Err(Problem::internal()),
    };
    let view = TransferView { out: EntryView::new(out), r#in };
    Ok(answer(axum::http::StatusCode::CREATED, &entries, view))
}
