//! Dated exchange rates: adding and listing.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine::{AddExchangeRates, Command, Rate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::charges::name;
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, created};
use crate::http::entry_view::{EntryView, RateView};
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::wire;

/// Rates of one source against one base, valid from one moment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRatesRequest {
    #[schema(example = "EUR")]
    pub base: String,
    #[schema(example = "ecb")]
    pub source: String,
    /// Now, when not said.
    #[serde(default)]
    #[schema(example = "2026-11-20T15:00:00Z")]
    pub valid_from: Option<String>,
    pub rates: Vec<RateRequest>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateRequest {
    #[schema(example = "USD")]
    pub quote: String,
    /// Units of `quote` for one of the base, as a decimal number of at most 18 digits.
    #[schema(example = "1.1172")]
    pub rate: String,
}

impl ExchangeRatesRequest {
    fn command(&self, now: engine::Timestamp) -> Result<Command, Problem> {
        let base = wire::currency("base", &self.base)?;
        if self.rates.is_empty() || self.rates.len() > 200 {
            return Err(Problem::malformed("rates", "has to have 1 to 200 rates"));
        }
        let mut rates = Vec::with_capacity(self.rates.len());
        for (place, it) in self.rates.iter().enumerate() {
            let quote = wire::currency(&format!("rates[{place}].quote"), &it.quote)?;
            if quote == base || rates.iter().any(|(other, _)| *other == quote) {
                let why = format!("{quote} is the base, or comes twice");
                return Err(Problem::malformed(&format!("rates[{place}].quote"), why));
            }
            let rate = Rate::try_from(it.rate.clone())
                .map_err(|why| Problem::malformed(&format!("rates[{place}].rate"), why))?;
            rates.push((quote, rate));
        }
        let valid_from = match &self.valid_from {
            None => now,
            Some(text) => wire::parse_time("valid_from", text)?,
        };
        let source = name("source", &self.source)?;
        Ok(Command::AddExchangeRates(AddExchangeRates { base, source, valid_from, rates }.into()))
    }
}

/// Adds rates. What was converted before stays as it was.
#[utoipa::path(post, path = "/v1/exchange-rates", tag = "exchange",
    request_body = ExchangeRatesRequest,
    responses((status = 201, body = EntryView), (status = 400, body = Problem)))]
pub async fn create_exchange_rates(
    State(app): State<App>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let command = call.json::<ExchangeRatesRequest>()?.command(app.shard.now())?;
    created(&app.submit(&call.writing(caller), command).await?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRateQuery {
    /// A moment, as RFC 3339; now when not said.
    #[serde(default)]
    pub at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeRateList {
    pub at: String,
    /// The currency that others are crossed through.
    pub pivot: String,
    /// The newest rate of each pair at that moment.
    pub rates: Vec<RateView>,
}

/// The rates that are used at a moment.
#[utoipa::path(get, path = "/v1/exchange-rates", tag = "exchange", params(ExchangeRateQuery),
    responses((status = 200, body = ExchangeRateList)))]
pub async fn list_exchange_rates(
    State(app): State<App>,
    Query(query): Query<ExchangeRateQuery>,
    headers: HeaderMap,
) -> Result<Json<ExchangeRateList>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let at = query.at.as_deref().map(|it| wire::parse_time("at", it)).transpose()?;
    let look = move |state: &engine::State, now| {
        let at = at.unwrap_or(now);
        ExchangeRateList {
            at: wire::time(at),
            pivot: state.exchange.pivot.to_string(),
            rates: state.exchange.all_at(at).map(|it| RateView::new(&it)).collect(),
        }
    };
    Ok(Json(app.shard.read(None, look).await?))
}
