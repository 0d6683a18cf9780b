//! `GET /v1/receivables`: what customers owe, by currency, group and age; from running sums.

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
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    pub currency: Option<Currency>,
    /// `Some(None)`: customers without a group.
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
    // The sums are copied where they are kept, and added up here: nobody's charge waits for it.
    let look = |state: &engine::State, now: Timestamp| {
        let sums: Vec<_> = state.receivables.sums().collect();
        let written_off: WrittenOff = state.receivables.written_off().collect();
        (sums, written_off, now.max(state.shared.last_at))
    };
    let (sums, written_off, now) = app.shard.read(None, look).await?;
    let Some(minute) = asked.filter(|it| *it < now).map(minute_of) else {
        return Ok(Json(view(scope, now, sums, Some(written_off))));
    };
    let sums = app.readers.read(move |it| it.receivables_at(minute)).await?;
    Ok(Json(view(scope, minute, sums, None)))
}

fn view(
    scope: Scope,
    as_of: Timestamp,
    sums: Vec<(ReceivableKey, i128)>,
    written_off: Option<WrittenOff>,
) -> ReceivablesView {
    let sums = sums.into_iter().filter(|(key, _)| scope.has(key.currency, key.group));
    let mut aged = age(sums, day_of(as_of));
    let is_now = written_off.is_some();
    let written_off = written_off.into_iter().flatten();
    let written_off = written_off.filter(|((currency, group), _)| scope.has(*currency, *group));
    let lost: std::collections::BTreeMap<_, _> = written_off.collect();
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
