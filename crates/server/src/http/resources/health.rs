//! Is it alive, is it ready, how is it doing.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Timestamp;
use serde::Serialize;
use store::provisioning::{CommandState, Queue};
use tokio::time::timeout;
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
    note_figures(&app).await;
    app.metrics.render().into_response()
}

/// How long is waited for figures that are in a database.
const FIGURES_MAX: Duration = Duration::from_secs(1);

type Labels = Vec<(&'static str, String)>;

/// Notes the figures of a server's shard for whoever renders them next; under the shard's number
/// where there are many.
pub async fn note_figures(app: &App) {
    let shard = app.shards.are_many().then(|| ("shard", app.shards.own().number().to_string()));
    let labels: Labels = shard.into_iter().collect();
    note_shard(app, &labels);
    // A store that cannot be read now, or not soon, leaves its figures as they were.
    if let Ok(Ok(figures)) = timeout(FIGURES_MAX, app.webhooks.store(|it| it.figures())).await {
        let age = figures.oldest_at.map_or(0, |it| (app.shard.now().0 - it.0).max(0));
        metrics::gauge!("sporran_webhook_deliveries_pending", &labels).set(figures.pending as f64);
        metrics::gauge!("sporran_webhook_oldest_pending_seconds", &labels).set(age as f64 / 1e6);
        // Endpoints are those of all shards.
        metrics::gauge!("sporran_webhook_endpoints").set(figures.endpoints as f64);
        metrics::gauge!("sporran_webhook_endpoints_disabled").set(figures.disabled as f64);
    }
    if let Ok(Ok(queues)) = timeout(FIGURES_MAX, app.provisioning.store(|it| it.queues())).await {
        queues.iter().for_each(|it| note_queue(it, app.shard.now(), &labels));
    }
}

fn note_shard(app: &App, labels: &Labels) {
    let gauges = app.shard.gauges();
    let seconds = |micros: u64| micros as f64 / 1e6;
    let lag = gauges.deadline_lag_micros.load(Relaxed);
    let figures = [
        ("sporran_operations_queued", gauges.queued.load(Relaxed) as f64),
        ("sporran_store_write_seconds_total", seconds(gauges.write_micros.load(Relaxed))),
        ("sporran_decide_seconds_total", seconds(gauges.decide_micros.load(Relaxed))),
        ("sporran_accounts", gauges.accounts.load(Relaxed) as f64),
        ("sporran_stopped_accounts", gauges.stopped_accounts.load(Relaxed) as f64),
        ("sporran_writable", f64::from(u8::from(gauges.writable.load(Relaxed)))),
        ("sporran_deadline_lag_seconds", lag as f64 / 1e6),
        ("sporran_journal_position", app.shard.durable().borrow().0 as f64),
    ];
    for (name, figure) in figures {
        metrics::gauge!(name, labels).set(figure);
    }
    let counts = [
        ("sporran_operations_total", &gauges.operations),
        ("sporran_refusals_total", &gauges.refused),
        ("sporran_entries_total", &gauges.entries),
        ("sporran_batches_total", &gauges.batches),
        ("sporran_store_failures_total", &gauges.failures),
    ];
    for (name, count) in counts {
        metrics::counter!(name, labels).absolute(count.load(Relaxed));
    }
}

fn note_queue(queue: &Queue, now: Timestamp, labels: &Labels) {
    let mut labels = labels.clone();
    labels.push(("adapter", queue.adapter.clone()));
    let age = queue.oldest_at.map_or(0, |it| (now.0 - it.0).max(0));
    metrics::gauge!("sporran_provisioning_oldest_waiting_seconds", &labels).set(age as f64 / 1e6);
    for state in CommandState::ALL {
        let mut labels = labels.clone();
        labels.push(("state", state.name().to_owned()));
        metrics::gauge!("sporran_provisioning_commands", &labels).set(queue.count(state) as f64);
    }
}
