//! `GET /v1/trial-balance`: do the books balance?

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use engine::{Currency, SumDecimals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::wire;

/// The sums of every account and contra account, by currency. Each currency sums to zero.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBalanceView {
    pub at: String,
    pub position: u64,
    pub currencies: Vec<CurrencyBalance>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CurrencyBalance {
    pub currency: String,
    pub lines: Vec<TrialBalanceLine>,
    /// Zero, or something is very wrong.
    #[schema(example = "0.00")]
    pub sum: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBalanceLine {
    /// `accounts` is what stands on customers' accounts; others are the other sides of it.
    #[schema(example = "payments:cash")]
    pub account: String,
    #[schema(example = "-1250.00")]
    pub balance: String,
}

/// The trial balance at this moment, from running figures.
#[utoipa::path(get, path = "/v1/trial-balance", tag = "reports",
    responses((status = 200, body = TrialBalanceView)))]
pub async fn get_trial_balance(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<TrialBalanceView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let look = |state: &engine::State, now: engine::Timestamp| {
        let at = now.max(state.shared.last_at);
        (state.trial_balance(), at, state.shared.head)
    };
    let (lines, at, head) = app.shard.read(None, look).await?;
    let mut currencies: Vec<(Currency, i128, Vec<TrialBalanceLine>)> = Vec::new();
    for ((currency, account), units) in lines {
        let exponent = currency.exponent();
        let balance = SumDecimals { units, exponent }.to_string();
        let line = TrialBalanceLine { account, balance };
        match currencies.last_mut() {
            Some((last, sum, lines)) if *last == currency => {
                *sum += units;
                lines.push(line);
            }
            _ => currencies.push((currency, units, vec![line])),
        }
    }
    let currencies = currencies.into_iter().map(|(currency, units, lines)| CurrencyBalance {
        currency: currency.to_string(),
        lines,
        sum: SumDecimals { units, exponent: currency.exponent() }.to_string(),
    });
    let (at, position) = (wire::time(at), head.0);
    Ok(Json(TrialBalanceView { at, position, currencies: currencies.collect() }))
}
