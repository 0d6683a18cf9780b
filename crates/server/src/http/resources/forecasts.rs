//! `GET /v1/accounts/{account}/forecast`: what will be if nothing is paid, and what to pay.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use engine::{
    Account, AccountRef, Amount, Forecast, NextOff, PaymentEffect, Precision, State as Accounts,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::{IntoParams, ToSchema};

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire::{self, WireLimit, WireMoney};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ForecastQuery {
    /// A sum in the account's currency: what would paying it now do?
    #[serde(default)]
    pub payment: Option<String>,
}

/// What becomes of an account's services.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct ForecastView {
    /// The next service that goes off if nothing is paid.
    pub next_off: Option<NextOffView>,
    /// Up to here it was looked; without `next_off` nothing goes off before.
    pub seen_until: String,
    /// What to pay now so that everything comes on and stays on through its next period.
    pub recommended_payment: WireMoney,
    pub lasts_until: Option<String>,
    /// What the payment that was asked about would do.
    pub payment: Option<PaymentEffectView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NextOffView {
    pub at: String,
    #[schema(example = "sub_1-1")]
    pub subscription: String,
    #[schema(example = "internet-100")]
    pub service: &'static str,
    #[schema(example = "period_unpaid")]
    pub why: &'static str,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentEffectView {
    pub amount: WireMoney,
    /// Subscriptions that would come on at once.
    pub comes_on: Vec<String>,
    pub stays_off: Vec<StaysOffView>,
    pub available: WireLimit,
    pub next_off: Option<NextOffView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StaysOffView {
    pub subscription: String,
    #[schema(example = "suspended_by_staff")]
    pub why: &'static str,
}

impl ForecastView {
    pub fn new(account: &Account, forecast: &Forecast) -> Self {
        let money = |it| WireMoney::amount(it, account.currency, account.exponent);
        Self {
            next_off: forecast.next_off.map(|it| next_off(account, it)),
            seen_until: wire::time(forecast.seen_until),
            recommended_payment: money(forecast.recommended),
            lasts_until: forecast.lasts_until.map(wire::time),
            payment: None,
        }
    }

    /// That of an account that has services.
    pub fn of(state: &Accounts, account: &Account, now: Timestamp) -> Option<Self> {
        account.services.as_ref()?;
        state.forecast(account.id, now).map(|it| Self::new(account, &it))
    }
}

fn subscription(account: &Account, serial: u32) -> String {
    wire::subscription_id(account.subscription_id(serial))
}

fn next_off(account: &Account, off: NextOff) -> NextOffView {
    NextOffView {
        at: wire::time(off.at),
        subscription: subscription(account, off.subscription),
        service: off.service.as_str(),
        why: off.why.code(),
    }
}

fn effect(account: &Account, amount: Amount, effect: PaymentEffect) -> PaymentEffectView {
    let PaymentEffect { comes_on, stays_off, available, next_off: off } = effect;
    let stays = stays_off.into_iter();
    let stays = stays.map(|(serial, why)| StaysOffView {
        subscription: subscription(account, serial),
        why: why.code(),
    });
    PaymentEffectView {
        amount: WireMoney::amount(amount, account.currency, account.exponent),
        comes_on: comes_on.into_iter().map(|it| subscription(account, it)).collect(),
        stays_off: stays.collect(),
        available: WireLimit::available(available, account.currency, account.exponent),
        next_off: off.map(|it| next_off(account, it)),
    }
}

/// When the next service goes off if nothing is paid, and what to pay so that none does.
///
/// The functions that decide are asked, on a copy of the account whose time goes on.
#[utoipa::path(get, path = "/v1/accounts/{account}/forecast", tag = "services",
    params(("account" = String, Path, description = "id or number"), ForecastQuery),
    responses((status = 200, body = ForecastView), (status = 404, body = Problem)))]
pub async fn get_forecast(
    State(app): State<App>,
    Path(account): Path<String>,
    Query(query): Query<ForecastQuery>,
    headers: HeaderMap,
) -> Result<Json<ForecastView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let account = wire::parse_account("account", &account)?;
    let asked = account.clone();
    let look = move |state: &Accounts, now: Timestamp| look(state, &asked, &query, now);
    app.shard.read(Some(account), look).await?.map(Json)
}

fn look(
    state: &Accounts,
    account: &AccountRef,
    query: &ForecastQuery,
    now: Timestamp,
) -> Result<ForecastView, Problem> {
    let account = state.resolve(account).map_err(|it| Problem::refused(&it))?;
    let forecast = state.forecast(account.id, now).ok_or_else(Problem::internal)?;
    let mut view = ForecastView::new(account, &forecast);
    if let Some(payment) = &query.payment {
        let parsed = Amount::parse(payment, account.exponent, Precision::MinorUnits);
        let amount = parsed.map_err(|_| {
            let why = format!("is not an amount of {}, such as 12", account.currency);
            Problem::malformed("payment", why)
        })?;
        let found = state.effect_of_payment(account.id, amount, now);
        let found = found.ok_or_else(Problem::internal)?;
        view.payment = Some(effect(account, amount, found));
    }
    Ok(view)
}
