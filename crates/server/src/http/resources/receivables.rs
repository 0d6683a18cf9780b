//! `GET /v1/receivables`: what customers owe, by currency, group and age; from running sums.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use engine::{
    Ageing, Currency, Name, ReceivableKey, SumDecimals, Timestamp, age, day_of, minute_of,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::{IntoParams, ToSchema};

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::wire;
use crate::shards::Question;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReceivablesQuery {
    /// A past moment, `2026-11-30T00:00:00Z`; now when not said.
    #[serde(default)]
    pub at: Option<String>,
    #[serde(default)]
    pub currency: Option<String>,
    /// A group of customers; empty for those without one.
    #[serde(default)]
    pub group: Option<String>,
}

/// What customers owe. Nobody is netted: money on one account takes nothing off another's debt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivablesView {
    /// The moment that the figures are true for, and that ages are counted to: of the past, the
    /// beginning of the minute that was asked for.
    pub as_of: String,
    pub currencies: Vec<CurrencyReceivables>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CurrencyReceivables {
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    #[serde(flatten)]
    pub sums: ReceivableSums,
    pub groups: Vec<GroupReceivables>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupReceivables {
    /// Absent for customers without a group.
    #[schema(value_type = Option<String>, example = "residential")]
    pub group: Option<Name>,
    #[serde(flatten)]
    pub sums: ReceivableSums,
}

/// Sums in the currency that they stand under, by the age of the debts in days.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivableSums {
    #[schema(example = "125.00")]
    pub owed: String,
    #[serde(flatten)]
    pub bands: Bands,
    /// Given up as lost and not recovered since; known for now only.
    #[schema(example = "0.00")]
    pub written_off: Option<String>,
}

/// What is owed by the age of the debts: the oldest debts are paid first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Bands {
    #[schema(example = "100.00")]
    pub days_0_30: String,
    #[schema(example = "25.00")]
    pub days_31_60: String,
    #[schema(example = "0.00")]
    pub days_61_90: String,
    #[schema(example = "0.00")]
    pub days_over_90: String,
}

impl Bands {
    pub fn new(ageing: Ageing, exponent: u8) -> Self {
        let [first, second, third, last] =
            ageing.owed.map(|units| SumDecimals { units, exponent }.to_string());
        Self { days_0_30: first, days_31_60: second, days_61_90: third, days_over_90: last }
    }
}

/// What is asked for: everything, or one currency or group.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Scope {
    pub currency: Option<Currency>,
    /// `Some(None)`: customers without a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "serde_with::rust::double_option")]
    pub group: Option<Option<Name>>,
}

impl Scope {
    pub fn read(currency: Option<&str>, named_group: Option<&str>) -> Result<Self, Problem> {
        let group = |it: &str| match it {
            "" => Ok(None),
            it => Name::new(it).map(Some).map_err(|error| Problem::malformed("group", error)),
        };
        Ok(Self {
            currency: currency.map(|it| wire::currency("currency", it)).transpose()?,
            group: named_group.map(group).transpose()?,
        })
    }

    pub fn has(self, currency: Currency, group: Option<Name>) -> bool {
        self.currency.is_none_or(|it| it == currency) && self.group.is_none_or(|it| it == group)
    }
}

/// Units that were written off, by currency and group.
type WrittenOff = Vec<((Currency, Option<Name>), i128)>;

/// Asks a shard what its customers owe: at the beginning of a minute of the past, or now.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AskOwed {
    pub at: Option<Timestamp>,
}

/// What the customers of one shard owe, or of all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Owed {
    /// The moment that the figures are true for; of several shards the latest.
    pub as_of: Timestamp,
    /// Ten-thousandths of the minor unit. Of several shards a key may stand there several times.
    pub sums: Vec<(ReceivableKey, i128)>,
    /// In the same unit; known for now only.
    pub written_off: Option<WrittenOff>,
}

impl Question for AskOwed {
    const NAME: &'static str = "receivables";

    type Answer = Owed;

    async fn answer(self, app: &App) -> Result<Owed, Problem> {
        if let Some(as_of) = self.at {
            let sums = app.readers.read(move |it| it.receivables_at(as_of)).await?;
            return Ok(Owed { as_of, sums, written_off: None });
        }
        // The sums are copied where they are kept, and added up elsewhere: nobody's charge waits.
        let look = |state: &engine::State, now: Timestamp| Owed {
            as_of: now.max(state.shared.last_at),
            sums: state.receivables.sums().collect(),
            written_off: Some(state.receivables.written_off().collect()),
        };
        Ok(app.shard.read(None, look).await?)
    }
}

impl Owed {
    /// Of the whole business.
    pub async fn by_all(app: &App, at: Option<Timestamp>) -> Result<Self, Problem> {
        app.ask_for_sum(AskOwed { at }, Self::with).await
    }

    fn with(mut self, other: Self) -> Self {
        self.as_of = self.as_of.max(other.as_of);
        self.sums.extend(other.sums);
        if let (Some(lost), Some(more)) = (&mut self.written_off, other.written_off) {
            lost.extend(more);
        }
        self
    }
}

/// What is owed, now or at any minute of the past, by currency, customer group and age.
#[utoipa::path(get, path = "/v1/receivables", tag = "reports", params(ReceivablesQuery),
    responses((status = 200, body = ReceivablesView), (status = 400, body = Problem)))]
pub async fn get_receivables(
    State(app): State<App>,
    Query(query): Query<ReceivablesQuery>,
    headers: HeaderMap,
) -> Result<Json<ReceivablesView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let scope = Scope::read(query.currency.as_deref(), query.group.as_deref())?;
    let asked = query.at.as_deref().map(|it| wire::parse_time("at", it)).transpose()?;
    // A moment that has not come yet is now.
    let minute = asked.filter(|it| *it < app.shard.now()).map(minute_of);
    Ok(Json(view(scope, Owed::by_all(&app, minute).await?)))
}

fn view(scope: Scope, owed: Owed) -> ReceivablesView {
    let Owed { as_of, sums, written_off } = owed;
    let sums = sums.into_iter().filter(|(key, _)| scope.has(key.currency, key.group));
    let mut aged = age(sums, day_of(as_of));
    let is_now = written_off.is_some();
    let written_off = written_off.into_iter().flatten();
    let written_off = written_off.filter(|((currency, group), _)| scope.has(*currency, *group));
    let mut lost: BTreeMap<_, i128> = BTreeMap::new();
    written_off.for_each(|(key, units)| *lost.entry(key).or_default() += units);
    // Where all that was owed is given up, a line says so.
    for key in lost.keys() {
        aged.entry(*key).or_default();
    }
    let mut currencies: Vec<CurrencySums> = Vec::new();
    for ((currency, group), ageing) in aged {
        let lost = lost.get(&(currency, group)).copied().unwrap_or(0);
        match currencies.last_mut().filter(|it| it.currency == currency) {
            Some(last) => last.add(group, ageing, lost),
            None => {
                let mut first = CurrencySums { currency, groups: Vec::new() };
                first.add(group, ageing, lost);
                currencies.push(first);
            }
        }
    }
    let currencies = currencies.into_iter().map(|it| it.view(is_now)).collect();
    ReceivablesView { as_of: wire::time(as_of), currencies }
}

/// The sums of one currency, before they are written as text.
struct CurrencySums {
    currency: Currency,
    groups: Vec<(Option<Name>, Ageing, i128)>,
}

impl CurrencySums {
    fn add(&mut self, group: Option<Name>, ageing: Ageing, written_off: i128) {
        self.groups.push((group, ageing, written_off));
    }

    fn view(self, is_now: bool) -> CurrencyReceivables {
        let exponent = self.currency.exponent();
        let decimals = |units| SumDecimals { units, exponent }.to_string();
        let sums = |ageing: Ageing, written_off| ReceivableSums {
            owed: decimals(ageing.total()),
            bands: Bands::new(ageing, exponent),
            written_off: is_now.then(|| decimals(written_off)),
        };
        let mut total = Ageing::default();
        let mut lost = 0;
        for (_, ageing, written_off) in &self.groups {
            total.owed.iter_mut().zip(ageing.owed).for_each(|(sum, units)| *sum += units);
            lost += written_off;
        }
        let group = |(group, ageing, lost)| GroupReceivables { group, sums: sums(ageing, lost) };
        CurrencyReceivables {
            currency: self.currency,
            sums: sums(total, lost),
            groups: self.groups.into_iter().map(group).collect(),
        }
    }
}
