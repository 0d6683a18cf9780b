//! What the customer of an account pays for regularly, and when they want to be told.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Alerts, Balance, Command, Plan, Precision};
use serde::Deserialize;
use utoipa::ToSchema;

use super::charges::name;
use crate::http::app::App;
use crate::http::auth::{Caller, Permission};
use crate::http::call::{Call, answer};
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire;

/// Thresholds of one account, at most.
const THRESHOLDS_MAX: usize = 8;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    #[schema(example = "internet-100")]
    pub plan: String,
    #[schema(example = "25.00")]
    pub monthly_fee: String,
    #[schema(example = "EUR")]
    pub currency: String,
}

/// Says what the customer pays for regularly; promised payments and recommendations go by it.
#[utoipa::path(put, path = "/v1/accounts/{account}/plan", tag = "accounts",
    params(("account" = String, Path, description = "id or number")),
    request_body = PlanRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn set_plan(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let account = wire::parse_account("account", &account)?;
    let body = call.json::<PlanRequest>()?;
    let (fee, precision) = (&body.monthly_fee, Precision::MinorUnits);
    let fee = wire::money_or_zero("monthly_fee", fee, &body.currency, precision)?;
    let plan = Some(Plan { name: name("plan", &body.plan)?, monthly_fee: fee.amount });
    let command = Command::SetPlan { account, plan, currency: Some(fee.currency) };
    write(&app, &call, caller, command).await
}

/// Takes the plan away.
#[utoipa::path(delete, path = "/v1/accounts/{account}/plan", tag = "accounts",
    params(("account" = String, Path, description = "id or number")),
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn remove_plan(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let account = wire::parse_account("account", &account)?;
    write(&app, &call, caller, Command::SetPlan { account, plan: None, currency: None }).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertsRequest {
    /// Told whenever the balance falls below one of these; up to eight, none takes them away.
    #[schema(example = json!(["5.00", "0.00"]))]
    pub balance_below: Vec<String>,
    /// Told when more than this is owed.
    #[serde(default)]
    #[schema(example = "50.00")]
    pub owed_over: Option<String>,
    #[schema(example = "EUR")]
    pub currency: String,
}

impl AlertsRequest {
    fn alerts(&self) -> Result<(Alerts, engine::Currency), Problem> {
        let currency = wire::currency("currency", &self.currency)?;
        if self.balance_below.len() > THRESHOLDS_MAX {
            return Err(Problem::malformed("balance_below", "has more than 8 thresholds"));
        }
        let mut balance_below = Vec::with_capacity(self.balance_below.len());
        for (place, text) in self.balance_below.iter().enumerate() {
            let field = format!("balance_below[{place}]");
            let balance = Balance::parse(text, currency.exponent(), Precision::MinorUnits);
            let balance = balance.map_err(|error| wire::wrong_amount(&field, text, error))?;
            if balance_below.contains(&balance) {
                return Err(Problem::malformed(&field, "comes twice"));
            }
            balance_below.push(balance);
        }
        let (code, precision) = (&self.currency, Precision::MinorUnits);
        let owed_over = self.owed_over.as_deref();
        let owed_over = owed_over
            .map(|it| wire::money_or_zero("owed_over", it, code, precision))
            .transpose()?;
        Ok((Alerts { balance_below, owed_over: owed_over.map(|it| it.amount) }, currency))
    }
}

/// Replaces the moments at which somebody wants to be told.
#[utoipa::path(put, path = "/v1/accounts/{account}/alerts", tag = "accounts",
    params(("account" = String, Path, description = "id or number")),
    request_body = AlertsRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn set_alerts(
    State(app): State<App>,
    Path(account): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let account = wire::parse_account("account", &account)?;
    let (alerts, currency) = call.json::<AlertsRequest>()?.alerts()?;
    let command = Command::SetAlerts { account, alerts: alerts.into(), currency };
    write(&app, &call, caller, command).await
}

async fn write(
    app: &App,
    call: &Call,
    caller: Caller,
    command: Command,
) -> Result<Response, Problem> {
    let entries = app.submit(&call.writing(caller), command).await?;
    Ok(answer(StatusCode::OK, &entries, EntryView::new(entries.first()?)))
}
