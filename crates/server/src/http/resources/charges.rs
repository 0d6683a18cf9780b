//! `POST /v1/accounts/{account}/charges`

use std::borrow::Cow;

use axum::extract::State;
use axum::response::Response;
use engine::{AccountRef, Charge, Command, Name, Precision, Timing};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, created};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::{text, wire};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeRequest<'a> {
    /// Id or number; in a batch only, where no path names the account.
    #[serde(borrow, default)]
    pub account: Option<Cow<'a, str>>,
    /// Up to four decimals more than the currency has. In another currency than the account's it
    /// is converted at the rate of this moment.
    #[serde(borrow)]
    #[schema(example = "0.1166")]
    pub amount: Cow<'a, str>,
    #[serde(borrow)]
    #[schema(example = "EUR")]
    pub currency: Cow<'a, str>,
    /// What is charged for; `other` when not said.
    #[serde(borrow, default)]
    #[schema(example = "internet-100")]
    pub service: Option<Cow<'a, str>>,
    /// The caller's own reference, for people; it makes nothing unique.
    #[serde(borrow, default)]
    pub reference: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub description: Option<Cow<'a, str>>,
    /// The use has happened already: charged even into debt, and marked as overrun.
    #[serde(default)]
    pub after_use: bool,
}

impl ChargeRequest<'_> {
    pub fn command(&self, account: AccountRef) -> Result<Command, Problem> {
        let service = self.service.as_deref().unwrap_or("other");
        Ok(Command::Charge(Charge {
            account,
            money: wire::money(&self.amount, &self.currency, Precision::Fine)?,
            service: name("service", service)?,
            timing: if self.after_use { Timing::AfterUse } else { Timing::BeforeUse },
            reference: note("reference", self.reference.as_deref())?,
            note: note("description", self.description.as_deref())?,
        }))
    }
}

/// Charges an account for a service.
#[utoipa::path(post, path = "/v1/accounts/{account}/charges", tag = "money",
    params(("account" = String, Path, description = "id or number")),
    request_body = ChargeRequest,
    responses((status = 201, body = EntryView), (status = 422, body = Problem)))]
pub async fn create_charge(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Use).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<ChargeRequest>()?;
    named_by_path("account", body.account.as_deref())?;
    let command = body.command(account)?;
    created(&app.submit(&call.writing(caller), command).await?)
}

pub fn name(field: &str, text: &str) -> Result<Name, Problem> {
    Name::new(text).map_err(|error| Problem::malformed(field, error))
}

/// Refuses a field that says again what the path says.
pub fn named_by_path(field: &str, value: Option<&str>) -> Result<(), Problem> {
    value.map_or(Ok(()), |_| Err(Problem::malformed(field, "is named by the path")))
}

/// What a path would name, in a batch.
pub fn named_in_batch<'a>(field: &str, value: Option<&'a str>) -> Result<&'a str, Problem> {
    value.ok_or_else(|| Problem::malformed(field, "is missing"))
}

/// Free text of up to 256 characters.
pub fn note(field: &str, note: Option<&str>) -> Result<engine::Note, Problem> {
    let Some(note) = note else { return Ok(None) };
    text::check(field, note, 256)?;
    Ok(Some(note.into()))
}
