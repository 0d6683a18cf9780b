//! `GET /v1/receivables/debtors`: who owes, the oldest debts or the largest first.
//!
//! There is no index of debtors. The accounts in memory are looked through, some at a time so that
//! no charge waits for it, and only the page's are kept; where the oldest debts come first, whole
//! pages of accounts who owe since later are passed over.

pub mod csv;
mod list;
mod owing;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use super::receivables::{Bands, Scope};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::wire::{WireLimit, WireMoney};
use list::{Place, Wanted};

pub use list::AskDebtors;
pub use owing::{AskOwing, Names, OwingAccount};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DebtorsQuery {
    #[serde(default)]
    pub currency: Option<String>,
    /// A group of customers; empty for those without one.
    #[serde(default)]
    pub group: Option<String>,
    /// Only those whose oldest debt is older than so many days.
    #[serde(default)]
    pub older_than_days: Option<u16>,
    /// `oldest` debt first when not said; `largest` needs a currency.
    #[serde(default)]
    #[param(inline)]
    pub sort: Sort,
    /// 1 to 200, 50 when not said; as CSV up to 100,000, and so many when not said.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Oldest,
    Largest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Csv,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct DebtorsPage {
    /// The moment that ages are counted to.
    pub as_of: String,
    pub debtors: Vec<Debtor>,
    /// For the next page, as `cursor`; absent on the last one.
    pub next: Option<String>,
}

/// An account on which something is owed.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct Debtor {
    #[schema(example = "acc_34")]
    pub account: String,
    pub number: String,
    #[schema(example = "cus_12")]
    pub customer: String,
    pub name: String,
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub group: Option<engine::Name>,
    pub owed: WireMoney,
    #[serde(flatten)]
    pub bands: Bands,
    /// The day since when the oldest debt is owed.
    #[schema(example = "2026-08-01")]
    pub owed_since: String,
    pub oldest_days: i32,
    /// Given up as lost and not recovered since, beside what is owed.
    pub written_off: Option<WireMoney>,
    /// The permanent limit.
    pub credit_limit: WireLimit,
    pub promise: Option<OpenPromise>,
    pub closed: bool,
}

/// A promised payment that runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenPromise {
    pub amount: WireMoney,
    /// Real payments since it was granted.
    pub paid: WireMoney,
    pub until: String,
}

/// Looking through all accounts keeps the deciding thread busy a little: one caller at a time.
static LOOKING_THROUGH: Semaphore = Semaphore::const_new(1);

const LIMIT_MAX: usize = 200;
const CSV_LIMIT_MAX: usize = 100_000;

/// Who owes: accounts with their debts by age, read from memory. A list is true for the moment at
/// which it is made; who pays between two pages is missing on the second.
#[utoipa::path(get, path = "/v1/receivables/debtors", tag = "reports", params(DebtorsQuery),
    responses((status = 200, content(
        (DebtorsPage = "application/json"), (String = "text/csv"))),
        (status = 400, body = Problem)))]
pub async fn list_debtors(
    State(app): State<App>,
    Query(query): Query<DebtorsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let wanted = query.wanted()?;
    let limit = query.limit()?;
    let _turn = LOOKING_THROUGH.acquire().await.map_err(|_| Problem::unavailable())?;
    let as_of = app.shard.read(None, |state, now: Timestamp| now.max(state.shared.last_at)).await?;
    let places = list::find(&app, wanted, limit, as_of).await?;
    let page = owing::describe(&app, places, as_of).await?;
    match query.format {
        Format::Json => Ok(Json(page).into_response()),
        Format::Csv => {
            let mut response = csv::write(&page)?.into_response();
            let headers = response.headers_mut();
            let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
            headers.insert(header::CONTENT_TYPE, kind);
            let name = HeaderValue::from_static("attachment; filename=\"debtors.csv\"");
            headers.insert(header::CONTENT_DISPOSITION, name);
            if let Some(next) = page.next.and_then(|it| HeaderValue::try_from(it).ok()) {
                headers.insert("sporran-next", next);
            }
            Ok(response)
        }
    }
}

/// The accounts on which something is owed for the longest, with what is known of each and of its
/// customer, and the cursor of the next page.
pub async fn oldest(
    app: &App,
    cursor: Option<&str>,
    limit: usize,
    as_of: Timestamp,
) -> Result<(Vec<(OwingAccount, Names)>, Option<String>), Problem> {
    let cursor = cursor.map(ToOwned::to_owned);
    let query = DebtorsQuery { cursor, ..DebtorsQuery::default() };
    let _turn = LOOKING_THROUGH.acquire().await.map_err(|_| Problem::unavailable())?;
    let (accounts, next) = list::find(app, query.wanted()?, limit, as_of).await?.accounts();
    Ok((owing::look_at(app, &accounts).await?, next))
}

/// The whole list, the oldest debts first, a piece at a time.
pub struct WholeList {
    app: App,
    as_of: Timestamp,
    /// What is found and not described yet.
    found: Option<list::Places>,
}

/// Debtors that are described at once.
const PIECE: usize = 1_000;

impl WholeList {
    /// As the list is now.
    pub async fn of(app: &App) -> Result<Self, Problem> {
        let look = |state: &engine::State, now: Timestamp| now.max(state.shared.last_at);
        let as_of = app.shard.read(None, look).await?;
        let found = look_through(app, None, as_of).await?;
        Ok(Self { app: app.clone(), as_of, found: Some(found) })
    }

    /// The next rows, and what comes after them.
    pub async fn next(self) -> Result<Option<(Vec<[String; csv::HEAD.len()]>, Self)>, Problem> {
        let Self { app, as_of, found } = self;
        let Some(found) = found else { return Ok(None) };
        let (piece, rest, next) = found.split(PIECE);
        let page = owing::describe(&app, piece, as_of).await?;
        let rows = page.debtors.iter().map(csv::row).collect();
        let found = match (rest, next) {
            (Some(rest), _) => Some(rest),
            (None, Some(next)) => Some(look_through(&app, Some(next), as_of).await?),
            (None, None) => None,
        };
        Ok(Some((rows, Self { app, as_of, found })))
    }
}

async fn look_through(
    app: &App,
    after: Option<Place>,
    as_of: Timestamp,
) -> Result<list::Places, Problem> {
    let wanted = Wanted { after, ..DebtorsQuery::default().wanted()? };
    let _turn = LOOKING_THROUGH.acquire().await.map_err(|_| Problem::unavailable())?;
    list::find(app, wanted, CSV_LIMIT_MAX, as_of).await
}

impl DebtorsQuery {
    fn wanted(&self) -> Result<Wanted, Problem> {
        let scope = Scope::read(self.currency.as_deref(), self.group.as_deref())?;
        if self.sort == Sort::Largest && scope.currency.is_none() {
            let why = "is needed to sort by amount: sums of two currencies have no order";
            return Err(Problem::malformed("currency", why));
        }
        let after = self.cursor.as_deref().map(|it| {
            Place::parse(it).ok_or_else(|| Problem::malformed("cursor", "is not from a page"))
        });
        Ok(Wanted {
            scope,
            sort: self.sort,
            older_than_days: self.older_than_days.map(i32::from),
            after: after.transpose()?,
        })
    }

    fn limit(&self) -> Result<usize, Problem> {
        let (usual, most) = match self.format {
            Format::Json => (50, LIMIT_MAX),
            Format::Csv => (CSV_LIMIT_MAX, CSV_LIMIT_MAX),
        };
        let limit = self.limit.unwrap_or(usual);
        match (1..=most).contains(&limit) {
            true => Ok(limit),
            false => Err(Problem::malformed("limit", format!("is not from 1 to {most}"))),
        }
    }
}
