//! `GET /v1/trial-balance`: do the books balance?

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use engine::{Currency, Position, SumDecimals, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use crate::books::{TrialBalance, trial_balance_at};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::wire;
use crate::shards::Question;

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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TrialBalanceQuery {
    /// A past moment, `2026-11-30T00:00:00Z`; now when not said.
    #[serde(default)]
    pub at: Option<String>,
}

/// Looking back reads the journal, so only one caller does it at a time.
static LOOKING_BACK: Semaphore = Semaphore::const_new(1);

/// The trial balance at this moment, from running figures; or at a past one, for which the entries
/// since then, or those before it when they are fewer, are read: a second for a million or so.
#[utoipa::path(get, path = "/v1/trial-balance", tag = "reports", params(TrialBalanceQuery),
    responses((status = 200, body = TrialBalanceView)))]
pub async fn get_trial_balance(
    State(app): State<App>,
    Query(query): Query<TrialBalanceQuery>,
    headers: HeaderMap,
) -> Result<Json<TrialBalanceView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let asked = query.at.as_deref().map(|it| wire::parse_time("at", it)).transpose()?;
    let at = asked.filter(|it| *it < app.shard.now());
    let all = app.ask_for_sum(AskBalance { at }, Balance::with).await?;
    Ok(Json(TrialBalanceView::new(all)))
}

/// Asks a shard for its trial balance: of a moment of the past, or now.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AskBalance {
    pub at: Option<Timestamp>,
}

/// The trial balance of one shard, or of all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Balance {
    /// Ten-thousandths of the minor unit, by currency and account of the books.
    lines: Vec<((Currency, String), i128)>,
    at: Timestamp,
    /// The last position that is in it; of several shards that of the first one.
    position: Position,
}

impl Question for AskBalance {
    const NAME: &'static str = "trial-balance";

    type Answer = Balance;

    async fn answer(self, app: &App) -> Result<Balance, Problem> {
        let look = |state: &engine::State, now: Timestamp| {
            let at = now.max(state.shared.last_at);
            (state.trial_balance(), at, state.shared.head)
        };
        let (lines, now, head) = app.shard.read(None, look).await?;
        let Some(at) = self.at.filter(|it| *it < now) else {
            return Ok(Balance { lines: lines.into_iter().collect(), at: now, position: head });
        };
        let _turn = LOOKING_BACK.acquire().await.map_err(|_| Problem::unavailable())?;
        let read = move |reader: &dyn store::Reader| {
            let until = reader.position_at(at)?;
            Ok((trial_balance_at(reader, until, (head, lines))?, until))
        };
        let (lines, position) = app.readers.read(read).await?;
        Ok(Balance { lines: lines.into_iter().collect(), at, position })
    }
}

impl Balance {
    fn with(mut self, other: Self) -> Self {
        let mut lines: TrialBalance = self.lines.into_iter().collect();
        for (line, units) in other.lines {
            *lines.entry(line).or_default() += units;
        }
        lines.retain(|_, sum| *sum != 0);
        self.lines = lines.into_iter().collect();
        self.at = self.at.max(other.at);
        self
    }
}

impl TrialBalanceView {
    fn new(Balance { lines, at, position }: Balance) -> Self {
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
        let view = |(currency, units, lines): (Currency, i128, Vec<TrialBalanceLine>)| {
            let sum = SumDecimals { units, exponent: currency.exponent() }.to_string();
            CurrencyBalance { currency: currency.to_string(), lines, sum }
        };
        let currencies = currencies.into_iter().map(view).collect();
        Self { at: wire::time(at), position: position.0, currencies }
    }
}
