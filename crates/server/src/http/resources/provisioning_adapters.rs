//! Adapters: how long their queues are, since when, and what ails them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::provisioning::Queue;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::wire;
use crate::provisioning::{Adapter, Means};
use crate::shards::Question;
use crate::webhooks::sign;

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvisioningAdapterView {
    /// Empty for commands that no adapter delivers.
    #[schema(example = "olt")]
    pub name: String,
    /// `webhook`, `program` or `manual`; `not_configured`, whose commands wait until it is; `none`.
    pub kind: &'static str,
    /// Commands that may be under way together.
    pub concurrency: Option<usize>,
    pub queued: u64,
    pub sending: u64,
    /// Taken by the adapter, and not acknowledged yet.
    pub accepted: u64,
    pub acknowledged: u64,
    pub overtaken: u64,
    /// When the oldest command was decided that is queued, being sent or accepted.
    pub oldest_waiting_at: Option<String>,
    pub last_error: Option<String>,
    pub last_error_at: Option<String>,
    /// The first failure after the last success.
    pub failing_since: Option<String>,
    pub last_success_at: Option<String>,
    /// Of a webhook: verifies signatures `v1a`.
    #[schema(example = "whpk_8vZTHp1lBsE6nzqAhFqUgQbHYIhHMoySCzS1UEsxeqM=")]
    pub public_key: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProvisioningAdapterList {
    pub adapters: Vec<ProvisioningAdapterView>,
}

impl ProvisioningAdapterView {
    fn new(queue: Queue, adapter: Option<&Adapter>) -> Self {
        let kind = match adapter {
            Some(adapter) => adapter.means.kind(),
            None if queue.adapter.is_empty() => "none",
            None => "not_configured",
        };
        let (last_error_at, last_error) = queue.last_error.unzip();
        let sending = adapter.filter(|it| it.sends());
        let public_key = sending.and_then(|it| match &it.means {
            Means::Webhook { secret, .. } => Some(sign::public_key(secret)),
            Means::Program(_) | Means::Manual => None,
        });
        Self {
            name: queue.adapter,
            kind,
            concurrency: sending.map(|it| it.concurrency),
            queued: queue.queued,
            sending: queue.sending,
            accepted: queue.accepted,
            acknowledged: queue.acknowledged,
            overtaken: queue.overtaken,
            oldest_waiting_at: queue.oldest_at.map(wire::time),
            last_error,
            last_error_at: last_error_at.map(wire::time),
            failing_since: queue.failing_since.map(wire::time),
            last_success_at: queue.last_success_at.map(wire::time),
            public_key,
        }
    }
}

/// Asks a shard how its queues stand.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AskQueues;

impl Question for AskQueues {
    const NAME: &'static str = "provisioning-queues";

    type Answer = Vec<Queue>;

    async fn answer(self, app: &App) -> Result<Vec<Queue>, Problem> {
        Ok(app.provisioning.store(|store| store.queues()).await?)
    }
}

/// How each adapter's queue stands, over all shards.
pub async fn queues(app: &App) -> Result<Vec<Queue>, Problem> {
    let mut by_name: BTreeMap<String, Queue> = BTreeMap::new();
    for queue in app.ask_all(AskQueues).await?.concat() {
        match by_name.entry(queue.adapter.clone()) {
            Entry::Vacant(place) => drop(place.insert(queue)),
            Entry::Occupied(mut place) => place.get_mut().add(queue),
        }
    }
    Ok(by_name.into_values().collect())
}

/// Every adapter that is configured or has commands, by name.
#[utoipa::path(get, path = "/v1/provisioning/adapters", tag = "provisioning",
    responses((status = 200, body = ProvisioningAdapterList)))]
pub async fn list_provisioning_adapters(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<ProvisioningAdapterList>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let mut queues = queues(&app).await?;
    for name in app.provisioning.adapters.keys() {
        if !queues.iter().any(|it| it.adapter == *name) {
            queues.push(Queue { adapter: name.clone(), ..Queue::default() });
        }
    }
    queues.sort_by(|a, b| a.adapter.cmp(&b.adapter));
    let view = |queue: Queue| {
        let adapter = app.provisioning.adapters.get(&queue.adapter).cloned();
        ProvisioningAdapterView::new(queue, adapter.as_deref())
    };
    Ok(Json(ProvisioningAdapterList { adapters: queues.into_iter().map(view).collect() }))
}
