//! `POST /v1/purchases`: a film, a turbo button.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Command, Purchase};
use serde::Deserialize;
use utoipa::ToSchema;

use super::charges::name;
use super::subscriptions::{base, with_standing};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, answer};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::{text, wire};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseRequest {
    /// Who pays: id or number.
    #[schema(example = "acc_1")]
    pub account: String,
    #[schema(example = "turbo-500")]
    pub service: String,
    /// The subscription that it modifies: the Internet access that a turbo button speeds up.
    #[serde(default)]
    #[schema(example = "sub_1-1")]
    pub base: Option<String>,
    /// What of the service is bought: a title, the provider's own number for it.
    #[serde(default)]
    #[schema(example = "The Third Man")]
    pub item: Option<String>,
}

/// Buys something once: it is charged now, on at once, and off at its end.
///
/// What lasts for a time is a subscription until then; bought again while it runs, it lasts
/// longer. Without enough money nothing happens, and the problem says how much is missing.
#[utoipa::path(post, path = "/v1/purchases", tag = "services",
    request_body = PurchaseRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn create_purchase(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Use).await?;
    let body = call.json::<PurchaseRequest>()?;
    if let Some(item) = &body.item {
        text::check("item", item, 128)?;
    }
    let account = wire::parse_account("account", &body.account)?;
    let purchase = Purchase {
        base: base(&app, &account, body.base.as_deref()).await?,
        account,
        service: name("service", &body.service)?,
        item: body.item.as_deref().map(Into::into),
    };
    let command = Command::Purchase(Box::new(purchase));
    let entries = app.submit(&call.writing(caller), command).await?;
    Ok(answer(StatusCode::CREATED, &entries, with_standing(&entries)?))
}
