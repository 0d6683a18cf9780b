//! `GET /v1/accounts/{account}/statement`: what moved in a period, as JSON, CSV, HTML or PDF.

use std::sync::LazyLock;

use axum::extract;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use engine::{AccountRef, Refusal, State, Timestamp};
use jiff::tz::TimeZone;
use pages::Language;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::StoreError;
use utoipa::{IntoParams, ToSchema};

use crate::config::Provider;
use crate::faces::words::Titles;
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;
use crate::statement::json::StatementView;
use crate::statement::period::Bounds;
use crate::statement::{self, Asked, Period, Show, Statement, TooLong, view};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// The first day (2026-11-01) or moment (RFC 3339) that is in; the first of the month when
    /// not said.
    #[serde(default)]
    pub from: Option<String>,
    /// The first day or moment that is not in; now when not said.
    #[serde(default)]
    pub to: Option<String>,
    /// What the header `Accept` says when not said here.
    #[serde(default)]
    #[param(inline)]
    pub format: Option<Format>,
    /// `en`, `es`, `fr` or `ru`; the customer's when not said.
    #[serde(default)]
    pub lang: Option<String>,
    /// In which days begin, by the IANA database: `Europe/Madrid`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Entries too that moved no money.
    #[serde(default)]
    pub all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Json,
    Csv,
    Html,
    Pdf,
}

impl Format {
    const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Html, Self::Pdf];

    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Html => "text/html",
            Self::Pdf => "application/pdf",
        }
    }

    /// The one that the caller likes best; JSON where that is none of ours.
    fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
        let mut best = (Self::Json, 0.0_f32);
        for range in accept.unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next().unwrap_or_default();
            let quality = parts.find_map(|it| it.strip_prefix("q=")).map(str::parse);
            let quality = quality.and_then(Result::ok).unwrap_or(1.0);
            let format = match named {
                "*/*" | "application/*" => Some(Self::Json),
                _ => Self::ALL.into_iter().find(|it| it.media_type() == named),
            };
            if let Some(format) = format.filter(|_| quality > best.1) {
                best = (format, quality);
            }
        }
        best.0
    }
}

/// A statement: opening balance, every entry that moved money, closing balance.
#[utoipa::path(get, path = "/v1/accounts/{account}/statement", tag = "accounts",
    params(("account" = String, Path, description = "id or number"), StatementQuery),
    responses(
        (status = 200, content(
            (StatementView = "application/json"), (String = "text/csv"),
            (String = "text/html"), (Vec<u8> = "application/pdf"))),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn get_statement(
    extract::State(app): extract::State<App>,
    Path(account): Path<String>,
    Query(query): Query<StatementQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let account = wire::parse_account("account", &account)?;
    let time_zone = time_zone(query.time_zone.as_deref(), &app.options.time_zone)?;
    let language = query.lang.as_deref().map(language).transpose()?;
    let bounds = Bounds { from: query.from.as_deref(), to: query.to.as_deref() };
    let format = query.format.unwrap_or_else(|| Format::accepted(&headers));
    let show = if query.all { Show::All } else { Show::Money };
    export(&app, account, bounds, Export { time_zone, language, format, show }).await
}

/// How a statement is to be written.
pub struct Export {
    pub time_zone: TimeZone,
    /// The customer's when not said.
    pub language: Option<Language>,
    pub format: Format,
    pub show: Show,
}

/// A statement as a file or a page. Who may have it was seen to before.
pub async fn export(
    app: &App,
    account: AccountRef,
    bounds: Bounds<'_>,
    wanted: Export,
) -> Result<Response, Problem> {
    let Export { time_zone, language: asked, format, show } = wanted;
    // What cannot be read is said before anybody is looked for.
    Period::read(bounds, time_zone.clone(), Timestamp::NEVER)?;
    let whose = account.clone();
    let look = move |state: &State, now: Timestamp| {
        let account = state.resolve(&whose)?;
        let titles = Titles::of(state).with(account);
        Ok((account.clone(), titles, now.max(state.shared.last_at)))
    };
    let found: Result<_, Refusal> = app.shard.read(Some(account), look).await?;
    let (account, titles, as_of) = found.map_err(|refusal| Problem::refused(&refusal))?;
    let period = Period::read(bounds, time_zone, as_of)?;
    let entries_max = app.options.statement_entries_max;
    let asked_for = Asked { account, titles, period, as_of, show, entries_max };
    let provider = app.options.provider.clone();
    let read = move |reader: &dyn store::Reader| {
        let statement = match statement::gather(reader, asked_for)? {
            Ok(statement) => statement,
            Err(TooLong) => return Ok(Err(Problem::statement_too_long(entries_max))),
        };
        let own = statement.customer.fields.language.as_deref().and_then(Language::from_tag);
        let language = asked.or(own).unwrap_or(Language::English);
        write(&statement, &provider, language, format).map(Ok)
    };
    app.readers.read(read).await?
}

fn time_zone(asked: Option<&str>, configured: &TimeZone) -> Result<TimeZone, Problem> {
    let Some(name) = asked else { return Ok(configured.clone()) };
    TimeZone::get(name).map_err(|_| {
        let shown: String = name.chars().take(40).collect();
        Problem::malformed("time_zone", format!("{shown:?} is not a zone such as Europe/Madrid"))
    })
}

fn language(tag: &str) -> Result<Language, Problem> {
    Language::from_tag(tag).ok_or_else(|| {
        let shown: String = tag.chars().take(40).collect();
        let known = Language::ALL.map(Language::tag).join(", ");
        Problem::malformed("lang", format!("{shown:?} is none of {known}"))
    })
}

fn write(
    statement: &Statement,
    provider: &Provider,
    language: Language,
    format: Format,
) -> Result<Response, StoreError> {
    let page = || view::view(statement, provider, language);
    let failed = |doing, source: Box<dyn std::error::Error + Send + Sync>| StoreError::Failed {
        doing,
        source,
    };
    let (kind, name, body) = match format {
        Format::Json => {
            let view = StatementView::new(statement, provider, language);
            let body = serde_json::to_vec(&view);
            ("application/json", None, body.map_err(|it| failed("write JSON", it.into()))?)
        }
        Format::Csv => {
            let body = statement::csv::write(statement, language);
            let body = body.map_err(|it| failed("write CSV", it.into()))?;
            ("text/csv; charset=utf-8; header=present", Some("csv"), body)
        }
        Format::Html => ("text/html; charset=utf-8", None, page().to_html().into_bytes()),
        Format::Pdf => {
            let body = statement::pdf::write(&page());
            let body = body.map_err(|it| failed("write PDF", format!("{it:?}").into()))?;
            ("application/pdf", Some("pdf"), body)
        }
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if format == Format::Html {
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    }
    if let Some(extension) = name {
        let name = format!("attachment; filename=\"{}.{extension}\"", statement.file_name());
        let name = HeaderValue::try_from(name).expect("a file name is plain ASCII");
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// The page may show itself and its own style, known by its digest, and nothing else.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = Sha256::digest(pages::STYLE.as_bytes());
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is plain ASCII")
});
