//! Is it alive, is it ready, how is it doing.

use std::sync::atomic::Ordering::Relaxed;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Timestamp;
use serde::Serialize;
use store::provisioning::{CommandState, Queue};
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::error::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    #[schema(example = "ok")]
    pub status: &'static str,
    pub version: &'static str,
}

const OK: HealthView = HealthView { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// The process runs.
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, body = HealthView)))]
pub async fn get_live() -> Json<HealthView> {
    Json(OK)
}

/// Writes are taken and answered: 503 while the shard recovers or the disk is full.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = HealthView), (status = 503, body = Problem)))]
pub async fn get_ready(State(app): State<App>) -> Result<Json<HealthView>, Problem> {
    // Asking the shard shows that it answers, not only that it was started.
    app.shard.read(None, |_, _| ()).await?;
    match app.shard.gauges().writable.load(Relaxed) {
        true => Ok(Json(OK)),
        false => Err(Problem::unavailable()),
    }
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn get_metrics(State(app): State<App>) -> Response {
    let gauges = app.shard.gauges();
    let seconds = |micros: u64| micros as f64 / 1e6;
    let lag = gauges.deadline_lag_micros.load(Relaxed);
    metrics::gauge!("sporran_operations_queued").set(gauges.queued.load(Relaxed) as f64);
    metrics::counter!("sporran_operations_total").absolute(gauges.operations.load(Relaxed));
    metrics::counter!("sporran_refusals_total").absolute(gauges.refused.load(Relaxed));
    metrics::counter!("sporran_entries_total").absolute(gauges.entries.load(Relaxed));
    metrics::counter!("sporran_batches_total").absolute(gauges.batches.load(Relaxed));
    metrics::counter!("sporran_store_failures_total").absolute(gauges.failures.load(Relaxed));
    metrics::gauge!("sporran_store_write_seconds_total")
        .set(seconds(gauges.write_micros.load(Relaxed)));
    metrics::gauge!("sporran_decide_seconds_total")
        .set(seconds(gauges.decide_micros.load(Relaxed)));
    metrics::gauge!("sporran_accounts").set(gauges.accounts.load(Relaxed) as f64);
    metrics::gauge!("sporran_stopped_accounts").set(gauges.stopped_accounts.load(Relaxed) as f64);
    metrics::gauge!("sporran_writable").set(f64::from(u8::from(gauges.writable.load(Relaxed))));
    metrics::gauge!("sporran_deadline_lag_seconds").set(lag as f64 / 1e6);
    metrics::gauge!("sporran_journal_position").set(app.shard.durable().borrow().0 as f64);
    // A store that cannot be read now leaves its figures as they were.
    if let Ok(figures) = app.webhooks.store(|it| it.figures()).await {
        let age = figures.oldest_at.map_or(0, |it| (app.shard.now().0 - it.0).max(0));
        metrics::gauge!("sporran_webhook_deliveries_pending").set(figures.pending as f64);
        metrics::gauge!("sporran_webhook_oldest_pending_seconds").set(age as f64 / 1e6);
        metrics::gauge!("sporran_webhook_endpoints").set(figures.endpoints as f64);
        metrics::gauge!("sporran_webhook_endpoints_disabled").set(figures.disabled as f64);
    }
    if let Ok(queues) = app.provisioning.store(|it| it.queues()).await {
        queues.iter().for_each(|it| show_queue(it, app.shard.now()));
    }
    app.metrics.render().into_response()
}

fn show_queue(queue: &Queue, now: Timestamp) {
    for state in CommandState::ALL {
        metrics::gauge!("sporran_provisioning_commands",
            "adapter" => queue.adapter.clone(), "state" => state.name())
        .set(queue.count(state) as f64);
    }
    let age = queue.oldest_at.map_or(0, |it| (now.0 - it.0).max(0));
    metrics::gauge!("sporran_provisioning_oldest_waiting_seconds",
        "adapter" => queue.adapter.clone())
    .set(age as f64 / 1e6);
}
