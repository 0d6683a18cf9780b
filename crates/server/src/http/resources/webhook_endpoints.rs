//! Endpoints of the provider's own systems that events are delivered to.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::StoreError;
use store::webhooks::{Change, EndpointFields, EndpointId, EndpointRecord, Switch, WebhookStore};
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::{Caller, Permission, origin};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::once::once;
use crate::http::path::Path;
use crate::http::{text, wire};
use crate::webhooks::{events, sign};

/// How long an older secret signs beside a new one, in microseconds.
const OLD_SECRET: i64 = 24 * 3_600_000_000;

/// Changes that an endpoint's page shows.
const CHANGES: usize = 50;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointRequest {
    #[schema(example = "https://example.com/sporran")]
    pub url: String,
    /// Types of events; all of them when not said.
    #[serde(default)]
    #[schema(example = json!(["payment.received", "credit.ended"]))]
    pub events: Option<Vec<String>>,
    #[serde(default)]
    pub description: Option<String>,
    /// Whether events are delivered; a new endpoint is enabled, another stays as it is, when not
    /// said.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Where an endpoint goes on that is enabled again.
    #[serde(default)]
    pub from: Option<GoOn>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoOn {
    /// What happened meanwhile is left out, and so is what was pending.
    Now,
    WhereItStopped,
}

impl WebhookEndpointRequest {
    fn fields(&self, app: &App) -> Result<EndpointFields, Problem> {
        text::check("url", &self.url, 2_000)?;
        app.webhooks.check_url(&self.url).map_err(|why| Problem::malformed("url", why))?;
        if let Some(description) = &self.description {
            text::check("description", description, 256)?;
        }
        let mut events = self.events.clone();
        if let Some(events) = &mut events {
            let known = events::types();
            if events.is_empty() {
                return Err(Problem::malformed("events", "is empty; leave it out for all"));
            }
            for (place, it) in events.iter().enumerate() {
                if !known.contains(&it.as_str()) {
                    let shown: String = it.chars().take(40).collect();
                    let why = format!("{shown:?} is no event; there are {}", known.join(", "));
                    return Err(Problem::malformed(&format!("events[{place}]"), why));
                }
            }
            events.sort_unstable();
            events.dedup();
        }
        let (url, description) = (self.url.clone(), self.description.clone());
        Ok(EndpointFields { url, events, description })
    }
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEndpointView {
    #[schema(example = "whe_1")]
    pub id: String,
    pub url: String,
    /// Absent when all events are delivered.
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
    pub enabled: bool,
    pub disabled_at: Option<String>,
    pub disabled_reason: Option<String>,
    /// The first failure after the last success.
    pub failing_since: Option<String>,
    pub last_success_at: Option<String>,
    /// The position up to which the journal was read for it.
    pub position: u64,
    /// Deliveries that are neither made nor given up.
    pub pending: u64,
    /// Verifies signatures `v1a`.
    #[schema(example = "whpk_8vZTHp1lBsE6nzqAhFqUgQbHYIhHMoySCzS1UEsxeqM=")]
    pub public_key: String,
    /// Verifies signatures `v1`; shown once, when it is made.
    #[schema(example = "whsec_8vZTHp1lBsE6nzqAhFqUgQbHYIhHMoySCzS1UEsxeqM=")]
    pub secret: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    /// Who changed it, newest first.
    pub changes: Option<Vec<WebhookChangeView>>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookChangeView {
    pub at: String,
    #[schema(example = "changed")]
    pub action: String,
    pub actor: String,
    pub channel: String,
    pub reason: Option<String>,
    pub detail: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEndpointList {
    pub endpoints: Vec<WebhookEndpointView>,
}

impl WebhookEndpointView {
    fn new(record: EndpointRecord, pending: u64) -> Self {
        let (disabled_at, disabled_reason) = record.disabled.unzip();
        let public_key = record.secrets.first().map(sign::public_key).unwrap_or_default();
        Self {
            id: wire::webhook_endpoint_id(record.id),
            url: record.fields.url,
            events: record.fields.events,
            description: record.fields.description,
            enabled: disabled_at.is_none(),
            disabled_at: disabled_at.map(wire::time),
            disabled_reason,
            failing_since: record.failing_since.map(wire::time),
            last_success_at: record.last_success_at.map(wire::time),
            position: record.cursor.0,
            pending,
            public_key,
            secret: None,
            created_at: wire::time(record.created_at),
            updated_at: wire::time(record.updated_at),
            changes: None,
        }
    }

    /// As it is now; only right after a secret was made is that shown.
    fn read(store: &dyn WebhookStore, id: EndpointId) -> Result<Option<Self>, StoreError> {
        let Some(record) = store.endpoint(id)? else { return Ok(None) };
        Ok(Some(Self::new(record, store.pending(id)?)))
    }

    fn read_with_secret(
        store: &dyn WebhookStore,
        id: EndpointId,
    ) -> Result<Option<Self>, StoreError> {
        let Some(record) = store.endpoint(id)? else { return Ok(None) };
        let secret = record.secrets.first().map(sign::shared_key);
        Ok(Some(Self { secret, ..Self::new(record, store.pending(id)?) }))
    }
}

impl WebhookChangeView {
    fn new(change: Change) -> Self {
        let Change { at, action, actor, channel, reason, detail } = change;
        Self { at: wire::time(at), action, actor, channel, reason, detail }
    }
}

pub fn no_endpoint(id: EndpointId) -> Problem {
    Problem::not_found(&format!("webhook endpoint {}", wire::webhook_endpoint_id(id)))
}

/// Who does what to an endpoint, and when.
pub fn change(
    app: &App,
    call: &Call,
    caller: Caller,
    action: &str,
    detail: Option<String>,
) -> Result<Change, Problem> {
    let origin = origin(caller, &call.headers)?;
    Ok(Change {
        at: app.shard.machine_now(),
        action: action.to_owned(),
        actor: origin.actor.to_string(),
        channel: origin.channel.to_string(),
        reason: origin.reason.map(|it| it.to_string()),
        detail,
    })
}

/// Sets up an endpoint. It is told what happens from now on; the answer has its secret.
#[utoipa::path(post, path = "/v1/webhook-endpoints", tag = "webhooks",
    request_body = WebhookEndpointRequest,
    responses((status = 201, body = WebhookEndpointView), (status = 400, body = Problem)))]
pub async fn create_webhook_endpoint(
    State(app): State<App>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let request: WebhookEndpointRequest = call.json()?;
    if request.from.is_some() {
        return Err(Problem::malformed("from", "is for an endpoint that is enabled again"));
    }
    let fields = request.fields(&app)?;
    let made = change(&app, &call, caller, "created", Some(fields.url.clone()))?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::CREATED, async || {
        let secret = sign::draw_secret().map_err(|_| Problem::internal())?;
        let head = app.shard.read(None, |state, _| state.shared.head).await?;
        let work = move |store: &mut dyn WebhookStore| {
            let id = store.create_endpoint(&fields, &secret, head, &made)?;
            if request.enabled == Some(false) {
                let disabled = Change { action: "disabled".into(), ..made };
                store.update_endpoint(id, &fields, Switch::Disable, &disabled)?;
            }
            WebhookEndpointView::read_with_secret(store, id)
        };
        app.webhooks.store(work).await?.ok_or_else(Problem::internal)
    })
    .await
}

/// All endpoints.
#[utoipa::path(get, path = "/v1/webhook-endpoints", tag = "webhooks",
    responses((status = 200, body = WebhookEndpointList)))]
pub async fn list_webhook_endpoints(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<WebhookEndpointList>, Problem> {
    app.authorise(&headers, Permission::Configure).await?;
    let read = |store: &mut dyn WebhookStore| {
        let records = store.endpoints()?.into_iter();
        let view =
            |it: EndpointRecord| Ok(WebhookEndpointView::new(it.clone(), store.pending(it.id)?));
        records.map(view).collect::<Result<Vec<_>, StoreError>>()
    };
    Ok(Json(WebhookEndpointList { endpoints: app.webhooks.store(read).await? }))
}

/// An endpoint, and who changed it.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{endpoint}", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1")),
    responses((status = 200, body = WebhookEndpointView), (status = 404, body = Problem)))]
pub async fn get_webhook_endpoint(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    headers: HeaderMap,
) -> Result<Json<WebhookEndpointView>, Problem> {
    app.authorise(&headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    let read = move |store: &mut dyn WebhookStore| {
        let Some(view) = WebhookEndpointView::read(store, id)? else { return Ok(None) };
        let changes = store.changes(id, CHANGES)?.into_iter().map(WebhookChangeView::new);
        Ok(Some(WebhookEndpointView { changes: Some(changes.collect()), ..view }))
    };
    Ok(Json(app.webhooks.store(read).await?.ok_or_else(|| no_endpoint(id))?))
}

/// Replaces what is said of an endpoint, enables or disables it.
#[utoipa::path(put, path = "/v1/webhook-endpoints/{endpoint}", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1")),
    request_body = WebhookEndpointRequest,
    responses((status = 200, body = WebhookEndpointView), (status = 404, body = Problem)))]
pub async fn update_webhook_endpoint(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    let request: WebhookEndpointRequest = call.json()?;
    if request.from.is_some() && request.enabled != Some(true) {
        return Err(Problem::malformed("from", "goes with \"enabled\": true"));
    }
    let fields = request.fields(&app)?;
    let changed = change(&app, &call, caller, "changed", Some(fields.url.clone()))?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::OK, async || {
        let head = app.shard.read(None, |state, _| state.shared.head).await?;
        let work = move |store: &mut dyn WebhookStore| {
            let Some(found) = store.endpoint(id)? else { return Ok(None) };
            let (switch, action) = match (request.enabled, found.disabled.is_some()) {
                (Some(false), false) => (Switch::Disable, "disabled"),
                (Some(true), true) if request.from == Some(GoOn::Now) => {
                    (Switch::StartAt(head), "enabled from now")
                }
                (Some(true), true) => (Switch::Resume, "enabled where it stopped"),
                _ => (Switch::Stay, "changed"),
            };
            let changed = Change { action: action.to_owned(), ..changed };
            store.update_endpoint(id, &fields, switch, &changed)?;
            WebhookEndpointView::read(store, id)
        };
        app.webhooks.store(work).await?.ok_or_else(|| no_endpoint(id))
    })
    .await
}

/// Deletes an endpoint and its deliveries.
#[utoipa::path(delete, path = "/v1/webhook-endpoints/{endpoint}", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1")),
    responses((status = 200, body = WebhookEndpointView), (status = 404, body = Problem)))]
pub async fn delete_webhook_endpoint(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    let deleted = change(&app, &call, caller, "deleted", None)?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::OK, async || {
        let work = move |store: &mut dyn WebhookStore| {
            let view = WebhookEndpointView::read(store, id)?;
            store.delete_endpoint(id, &deleted)?;
            Ok(view)
        };
        app.webhooks.store(work).await?.ok_or_else(|| no_endpoint(id))
    })
    .await
}

/// Makes a new secret. The one before it signs beside it for 24 hours.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{endpoint}/rotate-secret", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1")),
    responses((status = 200, body = WebhookEndpointView), (status = 404, body = Problem)))]
pub async fn rotate_webhook_secret(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    let rotated = change(&app, &call, caller, "secret rotated", None)?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::OK, async || {
        let secret = sign::draw_secret().map_err(|_| Problem::internal())?;
        let work = move |store: &mut dyn WebhookStore| {
            let until = rotated.at.plus(OLD_SECRET);
            store.rotate_secret(id, &secret, until, &rotated)?;
            WebhookEndpointView::read_with_secret(store, id)
        };
        app.webhooks.store(work).await?.ok_or_else(|| no_endpoint(id))
    })
    .await
}
