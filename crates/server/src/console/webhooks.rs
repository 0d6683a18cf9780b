//! Webhooks: the endpoints that are told events, and the deliveries to them.

use axum::response::Response;
use pages::console::webhooks::{Delivery, Endpoint, Webhooks};
use pages::{Badge, Console, Link, Notice, Place, Tab, Tone};
use serde::Deserialize;
use store::webhooks::{DeliveryState, EndpointRecord, WebhookStore};

use super::Desk;
use super::desk::page;
use crate::faces::{Failed, notice, refused};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::webhook_deliveries::send_again;
use crate::http::wire;

const PLACE: &str = "/console/webhooks";

/// Deliveries of one endpoint that are shown.
const DELIVERIES_MAX: usize = 50;

#[derive(Deserialize)]
pub struct Looking {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    before: Option<u64>,
}

/// `GET /console/webhooks`
pub async fn show_webhooks(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    let state = looking.state.as_deref().and_then(DeliveryState::from_name);
    let asked = looking.endpoint.as_deref().filter(|it| !it.is_empty());
    let asked = asked.map(|it| wire::parse_webhook_endpoint("endpoint", it)).transpose()?;
    let read = move |store: &mut dyn WebhookStore| {
        let endpoints = store.endpoints()?;
        let waiting: Result<Vec<u64>, _> =
            endpoints.iter().map(|it| store.pending(it.id)).collect();
        let shown = asked.or(endpoints.first().map(|it| it.id));
        let mut deliveries = match shown {
            Some(id) => store.deliveries(id, state, looking.before, DELIVERIES_MAX + 1)?,
            None => Vec::new(),
        };
        let more = deliveries.len() > DELIVERIES_MAX;
        deliveries.truncate(DELIVERIES_MAX);
        let with_attempts: Result<Vec<_>, _> =
            deliveries.iter().map(|it| store.delivery(it.id)).collect();
        let found = with_attempts?.into_iter().flatten().collect::<Vec<_>>();
        Ok((endpoints, waiting?, shown, found, more))
    };
    let (endpoints, waiting, shown, found, more) = desk.app.webhooks.store(read).await?;
    let shown = shown.map(wire::webhook_endpoint_id).unwrap_or_default();
    let older = found.last().filter(|_| more).map(|(it, _)| it.id);
    let named = state.map(DeliveryState::name).unwrap_or_default();
    let older = older.map(|it| format!("{PLACE}?endpoint={shown}&state={named}&before={it}"));
    let tab = |it: DeliveryState| Tab {
        link: Link::new(
            Console::of(desk.language).named("delivery", it.name()).unwrap_or(it.name()),
            format!("{PLACE}?endpoint={shown}&state={}", it.name()),
        ),
        is_current: Some(it) == state,
    };
    let view = Webhooks {
        endpoints: endpoints
            .iter()
            .zip(waiting)
            .map(|(it, waiting)| endpoint(it, waiting))
            .collect(),
        filters: DeliveryState::ALL.into_iter().map(tab).collect(),
        deliveries: found.iter().map(|(it, attempts)| delivery(&desk, it, attempts)).collect(),
        older: older.unwrap_or_default(),
    };
    let head = *desk.app.shard.durable().borrow();
    Ok(page(view.to_html(&desk.live_shell(Some(Place::Webhooks), None, head))))
}

fn endpoint(record: &EndpointRecord, waiting: u64) -> Endpoint {
    let id = wire::webhook_endpoint_id(record.id);
    // Without its scheme, as people say it.
    let address = record.fields.url.split_once("://").map_or("", |it| it.1);
    Endpoint {
        address: address.to_owned(),
        href: format!("{PLACE}?endpoint={id}"),
        state: match (&record.disabled, record.failing_since) {
            (Some(_), _) => Badge::Off,
            (None, Some(_)) => Badge::Failed,
            (None, None) => Badge::On,
        },
        events: record.fields.events.as_ref().map_or_else(|| "*".into(), |it| it.join(", ")),
        waiting: usize::try_from(waiting).unwrap_or(usize::MAX),
        id,
    }
}

fn delivery(
    desk: &Desk,
    delivery: &store::webhooks::Delivery,
    attempts: &[store::webhooks::Attempt],
) -> Delivery {
    let id = wire::webhook_delivery_id(delivery.id);
    let endpoint = wire::webhook_endpoint_id(delivery.endpoint);
    let attempt = |it: &store::webhooks::Attempt| {
        let at = desk.say().moment_text(&desk.moment(it.at));
        let status = it.status.map(|it| it.to_string());
        let said = status.or_else(|| it.error.clone()).unwrap_or_default();
        format!("{at} {said}")
    };
    let may_retry = matches!(delivery.state, DeliveryState::Failed | DeliveryState::Pending);
    Delivery {
        event: delivery.event.event_type.to_string(),
        href: format!("{PLACE}?endpoint={endpoint}"),
        endpoint,
        state: match delivery.state {
            DeliveryState::Pending => Badge::Waiting,
            DeliveryState::Delivered => Badge::Done,
            DeliveryState::Failed => Badge::Failed,
            DeliveryState::Skipped => Badge::Closed,
        },
        at: desk.moment(delivery.created_at),
        attempts: attempts.iter().rev().map(attempt).collect(),
        retry_path: match may_retry {
            true => format!("{PLACE}/{id}/retry"),
            false => String::new(),
        },
        id,
    }
}

/// `POST /console/webhooks/{delivery}/retry`
pub async fn retry(desk: Desk, Path(delivery): Path<String>) -> Result<Response, Failed> {
    let id = wire::parse_webhook_delivery("delivery", &delivery)?;
    if let Err(problem) = send_again(&desk.app, id).await {
        return match problem.status {
            409 => Ok(notice::go_on(PLACE, &refused::notice(&problem, &desk))),
            _ => Err(problem.into()),
        };
    }
    desk.app.webhooks.lent.wake();
    let waiting = pages::Shared::of(desk.language).waiting;
    Ok(notice::go_on(PLACE, &Notice::new(Tone::Held, format!("{delivery}: {waiting}"))))
}
