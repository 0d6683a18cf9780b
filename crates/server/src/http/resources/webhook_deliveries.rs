//! Deliveries of events: looking at them, and having them made again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{Position, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_with::skip_serializing_none;
use store::webhooks::{
    Attempt, Delivery, DeliveryId, DeliveryState, EndpointId, NewEvent, WebhookStore,
};
use utoipa::{IntoParams, ToSchema};

use super::webhook_endpoints::{change, no_endpoint};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::once::once;
use crate::http::path::Path;
use crate::http::query::{Limit, Query};
use crate::http::wire;
use crate::webhooks::events;

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryView {
    #[schema(example = "whd_17")]
    pub id: String,
    #[schema(example = "whe_1")]
    pub endpoint: String,
    /// The header `webhook-id`.
    #[schema(example = "evt_1234")]
    pub event: String,
    #[serde(rename = "type")]
    #[schema(example = "payment.received")]
    pub event_type: String,
    /// Of the entry that it tells.
    pub position: Option<u64>,
    /// Whom it is about, and within whom deliveries are in order: an account, else a customer.
    #[schema(example = "acc_34")]
    pub subject: String,
    pub sequence: u64,
    pub at: String,
    /// `pending`, `delivered`, `failed` or `skipped`.
    pub state: &'static str,
    /// Attempts since it was made, retried or replayed.
    pub tries: u32,
    /// Absent while it waits for an earlier one of its subject.
    pub next_attempt_at: Option<String>,
    pub created_at: String,
    pub finished_at: Option<String>,
    /// The body as it is sent.
    pub body: Option<String>,
    pub attempts: Option<Vec<WebhookAttemptView>>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookAttemptView {
    pub at: String,
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    pub ms: u64,
    /// How the answer began.
    pub response: Option<String>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryPage {
    pub deliveries: Vec<WebhookDeliveryView>,
    /// For the next page, as `cursor`; absent on the last one.
    pub next: Option<String>,
}

impl WebhookDeliveryView {
    fn new(delivery: Delivery) -> Self {
        let Delivery { event, .. } = delivery;
        Self {
            id: wire::webhook_delivery_id(delivery.id),
            endpoint: wire::webhook_endpoint_id(delivery.endpoint),
            event: event.event,
            event_type: event.event_type,
            position: event.position.map(|it| it.0),
            subject: event.subject,
            sequence: delivery.sequence,
            at: wire::time(event.at),
            state: delivery.state.name(),
            tries: delivery.tries,
            next_attempt_at: delivery.next_at.map(wire::time),
            created_at: wire::time(delivery.created_at),
            finished_at: delivery.finished_at.map(wire::time),
            body: None,
            attempts: None,
        }
    }

    fn with_attempts((delivery, attempts): (Delivery, Vec<Attempt>)) -> Self {
        let body = Some(events::body(&delivery));
        let attempts = attempts.into_iter().map(WebhookAttemptView::new).collect();
        Self { body, attempts: Some(attempts), ..Self::new(delivery) }
    }
}

impl WebhookAttemptView {
    fn new(attempt: Attempt) -> Self {
        let Attempt { at, status, error, ms, response } = attempt;
        Self { at: wire::time(at), status, error, ms, response }
    }
}

fn no_delivery(id: u64) -> Problem {
    Problem::not_found(&format!("webhook delivery {}", wire::webhook_delivery_id(id)))
}

/// What is asked of an endpoint that takes nothing is refused, not kept for later.
fn check_enabled(store: &dyn WebhookStore, id: EndpointId) -> Result<(), Problem> {
    match store.endpoint(id)? {
        None => Err(no_endpoint(id)),
        Some(endpoint) if endpoint.disabled.is_some() => Err(Problem::conflict(
            "webhook_endpoint_disabled",
            "endpoint",
            format!("{} is disabled; enable it first", wire::webhook_endpoint_id(id)),
        )),
        Some(_) => Ok(()),
    }
}

/// Runs `work` on the store, and keeps its problem apart from the store's own.
async fn with_store<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&mut dyn WebhookStore) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    app.webhooks.store(move |store| Ok(work(store))).await?
}

/// Sends `test.ping`, whatever events the endpoint is for.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{endpoint}/test", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1")),
    responses((status = 202, body = WebhookDeliveryView), (status = 409, body = Problem)))]
pub async fn test_webhook_endpoint(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::ACCEPTED, async || {
        let (at, due_at) = (app.shard.now(), app.shard.machine_now());
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|_| Problem::internal())?;
        let ping = NewEvent {
            event: format!("evt_ping_{:016x}", u64::from_be_bytes(random)),
            event_type: events::PING.to_owned(),
            position: None,
            subject: "test".to_owned(),
            at,
            payload: json!({"endpoint": wire::webhook_endpoint_id(id)}).to_string(),
        };
        let work = move |store: &mut dyn WebhookStore| {
            check_enabled(store, id)?;
            let made = store.enqueue_extra(id, &ping, due_at)?;
            store.delivery(made)?.ok_or_else(Problem::internal)
        };
        with_store(&app, work).await.map(WebhookDeliveryView::with_attempts)
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// The first position, or moment.
    pub from: Place,
    /// The last one; the newest when not said.
    #[serde(default)]
    pub to: Option<Place>,
}

/// A position of the journal, or a moment as RFC 3339.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Place {
    Position(u64),
    Moment(String),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayView {
    /// Deliveries that are made again.
    pub replayed: u64,
    pub from: u64,
    pub to: u64,
}

impl Place {
    /// The first position there, or the last.
    async fn find(&self, app: &App, field: &str, bound: Bound) -> Result<Position, Problem> {
        let text = match self {
            Self::Position(position) => return Ok(Position(*position)),
            Self::Moment(text) => text,
        };
        let at = wire::parse_time(field, text)?;
        let before = match bound {
            Bound::First => Timestamp(at.0.saturating_sub(1)),
            Bound::Last => at,
        };
        let found = app.readers.read(move |it| it.position_at(before)).await?;
        Ok(match bound {
            Bound::First => Position(found.0 + 1),
            Bound::Last => found,
        })
    }
}

#[derive(Clone, Copy)]
enum Bound {
    First,
    Last,
}

/// Has every kept delivery of a range made again, with its id and number.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{endpoint}/replay", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1")),
    request_body = ReplayRequest,
    responses((status = 202, body = ReplayView), (status = 409, body = Problem)))]
pub async fn replay_webhook_deliveries(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    let request: ReplayRequest = call.json()?;
    let from = request.from.find(&app, "from", Bound::First).await?;
    let to = match &request.to {
        None => app.shard.read(None, |state, _| state.shared.head).await?,
        Some(to) => to.find(&app, "to", Bound::Last).await?,
    };
    let detail = format!("positions {} to {}", from.0, to.0);
    let asked = change(&app, &call, caller, "replayed", Some(detail))?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::ACCEPTED, async || {
        let work = move |store: &mut dyn WebhookStore| {
            check_enabled(store, id)?;
            Ok(store.replay(id, from, to, asked.at, &asked)?)
        };
        let replayed = with_store(&app, work).await?;
        Ok(ReplayView { replayed, from: from.0, to: to.0 })
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// `pending`, `delivered`, `failed` or `skipped`; all when not said.
    #[serde(default)]
    pub state: Option<String>,
    /// The cursor of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

/// An endpoint's deliveries, newest first.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{endpoint}/deliveries", tag = "webhooks",
    params(("endpoint" = String, Path, example = "whe_1"), DeliveryQuery),
    responses((status = 200, body = WebhookDeliveryPage), (status = 404, body = Problem)))]
pub async fn list_webhook_deliveries(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    Query(query): Query<DeliveryQuery>,
    headers: HeaderMap,
) -> Result<Json<WebhookDeliveryPage>, Problem> {
    app.authorise(&headers, Permission::Configure).await?;
    let id = wire::parse_webhook_endpoint("endpoint", &endpoint)?;
    let known = |name: &String| {
        DeliveryState::from_name(name).ok_or_else(|| {
            Problem::malformed("state", "is not pending, delivered, failed or skipped")
        })
    };
    let state = query.state.as_ref().map(known).transpose()?;
    let before = query.cursor.as_deref();
    let before = before.map(|it| wire::parse_webhook_delivery("cursor", it)).transpose()?;
    let limit = query.limit.get();
    let read = move |store: &mut dyn WebhookStore| {
        store.endpoint(id)?.ok_or_else(|| no_endpoint(id))?;
        Ok(store.deliveries(id, state, before, limit + 1)?)
    };
    let mut found = with_store(&app, read).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|it| wire::webhook_delivery_id(it.id));
    let deliveries = found.into_iter().map(WebhookDeliveryView::new).collect();
    Ok(Json(WebhookDeliveryPage { deliveries, next }))
}

/// A delivery with its body and every attempt.
#[utoipa::path(get, path = "/v1/webhook-deliveries/{delivery}", tag = "webhooks",
    params(("delivery" = String, Path, example = "whd_17")),
    responses((status = 200, body = WebhookDeliveryView), (status = 404, body = Problem)))]
pub async fn get_webhook_delivery(
    State(app): State<App>,
    Path(delivery): Path<String>,
    headers: HeaderMap,
) -> Result<Json<WebhookDeliveryView>, Problem> {
    app.authorise(&headers, Permission::Configure).await?;
    let id = wire::parse_webhook_delivery("delivery", &delivery)?;
    let found = app.webhooks.store(move |store| store.delivery(id)).await?;
    let found = found.ok_or_else(|| no_delivery(id))?;
    Ok(Json(WebhookDeliveryView::with_attempts(found)))
}

/// Has a delivery made again at once, and then by the whole schedule.
#[utoipa::path(post, path = "/v1/webhook-deliveries/{delivery}/retry", tag = "webhooks",
    params(("delivery" = String, Path, example = "whd_17")),
    responses((status = 202, body = WebhookDeliveryView), (status = 409, body = Problem)))]
pub async fn retry_webhook_delivery(
    State(app): State<App>,
    Path(delivery): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let id = wire::parse_webhook_delivery("delivery", &delivery)?;
    once(&app, &app.webhooks.lent, &call, caller, StatusCode::ACCEPTED, async || {
        send_again(&app, id).await.map(WebhookDeliveryView::with_attempts)
    })
    .await
}

/// Has a delivery made again, where its endpoint is in service. Whoever may is seen to before.
pub async fn send_again(app: &App, id: DeliveryId) -> Result<(Delivery, Vec<Attempt>), Problem> {
    let at = app.shard.machine_now();
    let work = move |store: &mut dyn WebhookStore| {
        let (found, _) = store.delivery(id)?.ok_or_else(|| no_delivery(id))?;
        check_enabled(store, found.endpoint)?;
        store.retry(id, at)?;
        store.delivery(id)?.ok_or_else(|| no_delivery(id))
    };
    with_store(app, work).await
}
