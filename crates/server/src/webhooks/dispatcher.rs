//! Reads the journal, makes deliveries of it, and sends them.
//!
//! One task looks after all endpoints; each attempt is a task of its own. Without an endpoint it
//! only waits for one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Position, Timestamp};
use serde_json::json;
use store::StoreError;
use store::webhooks::{
    Attempt, Change, Delivery, DeliveryId, EndpointId, EndpointRecord, NewEvent, Outcome, Then,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::Answer;
use super::{Webhooks, events, schedule, sign};
use crate::clock::Clock;
use crate::http::wire;
use crate::readers::Readers;
use crate::shard::Shard;

/// Entries that are read at once.
const SLICE: usize = 500;

/// Deliveries of one endpoint that may be under way together.
const UNDER_WAY_MAX: usize = 32;

/// Deliveries of one endpoint that may wait. Beyond it the journal is not read for the endpoint:
/// the journal holds them as well.
const PENDING_MAX: u64 = 20_000;

/// Positions without an event after which an endpoint's cursor is kept nevertheless.
const CURSOR_EVERY: u64 = 10_000;

/// What is waited between two readings of the journal, so that a busy journal is read in slices
/// and not entry by entry.
const LINGER: Duration = Duration::from_millis(20);

/// How long to wait after the store has failed.
const REST: Duration = Duration::from_secs(1);

/// The longest that nothing is looked at: a clock that was set does not wake anybody.
const LOOK_EVERY: Duration = Duration::from_secs(60);

const PRUNE_EVERY: i64 = 3_600_000_000;
const PRUNE_AT_ONCE: usize = 1_000;

pub struct Dispatcher {
    webhooks: Arc<Webhooks>,
    readers: Readers,
    durable: watch::Receiver<Position>,
    /// The machine's: receivers know nothing of a clock that was set forward.
    clock: Clock,
    attempts: JoinSet<Tried>,
    under_way: HashMap<DeliveryId, EndpointId>,
    /// How far the journal was read for an endpoint beyond its cursor, and that cursor.
    read_to: HashMap<EndpointId, (Position, Position)>,
    pruned_at: Option<Timestamp>,
    /// Whether every cursor is known to be within the journal.
    checked: bool,
}

/// An attempt that has ended.
struct Tried {
    delivery: Delivery,
    attempt: Attempt,
    retry_after: Option<String>,
}

/// What a turn found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Something was done, and more may be at once.
    Busy,
    /// There are endpoints, and nothing to do for them now.
    Idle,
    /// No endpoint takes anything.
    Asleep,
}

impl Dispatcher {
    pub fn new(webhooks: Arc<Webhooks>, readers: Readers, shard: &Shard) -> Self {
        Self {
            webhooks,
            readers,
            durable: shard.durable(),
            clock: shard.clock().machine(),
            attempts: JoinSet::new(),
            under_way: HashMap::new(),
            read_to: HashMap::new(),
            pruned_at: None,
            checked: false,
        }
    }

    /// Delivers until the server stops. What is under way then is cut off, and sent again by the
    /// next start.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let stopped = async move {
            // Ends only with the server itself when nobody stops it.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        tokio::pin!(stopped);
        loop {
            let work = async {
                match self.turn().await {
                    Ok(turn) => self.wait(turn).await,
                    Err(error) => {
                        tracing::warn!(%error, "webhooks wait for the store");
                        tokio::time::sleep(REST).await;
                        Ok(())
                    }
                }
            };
            tokio::select! {
                ended = work => if let Err(error) = ended {
                    tracing::warn!(%error, "a webhook attempt was not noted, and comes again");
                },
                () = &mut stopped => return,
            }
        }
    }

    /// Delivers whatever is due by the clock as it stands, and returns when nothing is.
    pub async fn run_until_idle(&mut self) -> Result<(), StoreError> {
        loop {
            let turn = self.turn().await?;
            if !self.attempts.is_empty() {
                self.note_attempts().await?;
            } else if turn != Turn::Busy {
                return Ok(());
            }
        }
    }

    async fn turn(&mut self) -> Result<Turn, StoreError> {
        let head = *self.durable.borrow_and_update();
        let now = self.clock.now();
        self.note(Vec::new()).await?;
        let pruned = self.prune(now).await?;
        if !self.checked {
            self.check_cursors(now).await?;
            self.checked = true;
        }
        let read = self.webhooks.store(|store| {
            let enabled = store.endpoints()?.into_iter().filter(|it| it.disabled.is_none());
            enabled.map(|it| Ok((store.pending(it.id)?, it))).collect::<Result<Vec<_>, _>>()
        });
        let endpoints = read.await?;
        self.read_to.retain(|id, _| endpoints.iter().any(|it| it.1.id == *id));
        if endpoints.is_empty() {
            return Ok(if pruned { Turn::Busy } else { Turn::Asleep });
        }
        let read = self.read_journal(&endpoints, head, now).await?;
        let sent = self.send(endpoints, now).await?;
        Ok(if pruned || read || sent { Turn::Busy } else { Turn::Idle })
    }

    /// Waits until there may be something to do.
    async fn wait(&mut self, turn: Turn) -> Result<(), StoreError> {
        if turn == Turn::Busy {
            return Ok(());
        }
        if turn == Turn::Asleep && self.attempts.is_empty() {
            // Deliveries of endpoints that are gone or disabled grow old all the same.
            let an_hour = Duration::from_micros(PRUNE_EVERY.unsigned_abs());
            let _ = tokio::time::timeout(an_hour, self.webhooks.lent.woken()).await;
            return Ok(());
        }
        let due = self.webhooks.store(|store| store.next_due_at()).await?;
        let now = self.clock.now();
        // What is due and not under way by now has no room; it goes when an attempt has ended.
        let due = due.filter(|it| *it > now).map(|it| it.0 - now.0);
        let due = due.map(|micros| Duration::from_micros(micros.unsigned_abs()));
        let alarm = tokio::time::sleep(due.map_or(LOOK_EVERY, |it| it.min(LOOK_EVERY)));
        tokio::select! {
            tried = next_ended(&mut self.attempts) => self.note(vec![tried]).await?,
            changed = self.durable.changed() => match changed {
                Ok(()) => tokio::time::sleep(LINGER).await,
                // The shard has ended, and the server is about to.
                Err(_) => std::future::pending().await,
            },
            () = self.webhooks.lent.woken() => {}
            () = alarm => {}
        }
        Ok(())
    }

    /// Makes deliveries of a slice of the journal; answers whether there may be more.
    async fn read_journal(
        &mut self,
        endpoints: &[(u64, EndpointRecord)],
        head: Position,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // Endpoints that stand at the same place share the reading.
        let mut places: BTreeMap<Position, Vec<&EndpointRecord>> = BTreeMap::new();
        for (pending, endpoint) in endpoints {
            let read_to = self.read_to.get(&endpoint.id).filter(|it| it.0 == endpoint.cursor);
            let place = read_to.map_or(endpoint.cursor, |it| it.1);
            if place < head && *pending < PENDING_MAX {
                places.entry(place).or_default().push(endpoint);
            }
        }
        let busy = !places.is_empty();
        for (after, endpoints) in places {
            let read = self.readers.read(move |it| it.entries_after(after, SLICE));
            let entries = read.await?;
            let Some(to) = entries.last().map(|it| it.position) else { continue };
            let found: Vec<NewEvent> = entries.iter().filter_map(events::event_of).collect();
            for endpoint in endpoints {
                let (id, cursor) = (endpoint.id, endpoint.cursor);
                let taken = found.iter().filter(|it| endpoint.takes(&it.event_type));
                let taken: Vec<NewEvent> = taken.cloned().collect();
                if taken.is_empty() && to.0 - cursor.0 < CURSOR_EVERY {
                    self.read_to.insert(id, (cursor, to));
                    continue;
                }
                let add = move |store: &mut dyn store::webhooks::WebhookStore| {
                    store.enqueue(id, cursor, to, &taken, now)
                };
                self.webhooks.store(add).await?;
                self.read_to.remove(&id);
            }
        }
        Ok(busy)
    }

    /// After the journal was put back to an older one, its positions come again: an endpoint that
    /// was told more goes on at its end.
    async fn check_cursors(&self, now: Timestamp) -> Result<(), StoreError> {
        let endpoints = self.webhooks.store(|store| store.endpoints()).await?;
        // Read after the cursors, so that it cannot be behind one by chance.
        let head = self.readers.read(|it| it.head()).await?;
        for endpoint in endpoints.into_iter().filter(|it| it.cursor > head) {
            let (id, cursor) = (endpoint.id, endpoint.cursor);
            tracing::warn!(
                endpoint = wire::webhook_endpoint_id(id),
                told = cursor.0,
                journal = head.0,
                "the journal ends before what a webhook endpoint was told; it goes on at its end"
            );
            self.webhooks.store(move |store| store.enqueue(id, cursor, head, &[], now)).await?;
        }
        Ok(())
    }

    /// Starts attempts for what is due, as far as there is room.
    async fn send(
        &mut self,
        endpoints: Vec<(u64, EndpointRecord)>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut sent = false;
        for (_, endpoint) in endpoints {
            let id = endpoint.id;
            let under_way = self.under_way.values().filter(|it| **it == id).count();
            if under_way >= UNDER_WAY_MAX {
                continue;
            }
            // What is under way is due still; beyond it there is as much as there is room for.
            let due = self.webhooks.store(move |store| store.due(id, now, UNDER_WAY_MAX)).await?;
            let due = due.into_iter().filter(|it| !self.under_way.contains_key(&it.id));
            let due: Vec<Delivery> = due.take(UNDER_WAY_MAX - under_way).collect();
            let endpoint = Arc::new(endpoint);
            for delivery in due {
                self.under_way.insert(delivery.id, id);
                let (webhooks, clock) = (Arc::clone(&self.webhooks), self.clock.clone());
                let endpoint = Arc::clone(&endpoint);
                self.attempts.spawn(async move {
                    attempt(&webhooks, &endpoint, delivery, clock.now()).await
                });
                sent = true;
            }
        }
        Ok(sent)
    }

    /// Waits for all that is under way.
    async fn note_attempts(&mut self) -> Result<(), StoreError> {
        let mut ended = Vec::new();
        while let Some(tried) = self.attempts.join_next().await {
            ended.push(tried.expect("an attempt does not panic"));
        }
        self.note(ended).await
    }

    /// Notes what has ended, together with whatever else has by now, in one transaction.
    async fn note(&mut self, mut ended: Vec<Tried>) -> Result<(), StoreError> {
        while let Some(tried) = self.attempts.try_join_next() {
            ended.push(tried.expect("an attempt does not panic"));
        }
        if ended.is_empty() {
            return Ok(());
        }
        let mut outcomes = Vec::with_capacity(ended.len());
        let mut gone = Vec::new();
        let mut failed = Vec::new();
        for Tried { delivery, attempt, retry_after } in ended {
            self.under_way.remove(&delivery.id);
            let then = judge(&delivery, &attempt, retry_after.as_deref());
            count(&attempt, then);
            if then != Then::Delivered {
                failed.push(delivery.endpoint);
            }
            if attempt.status == Some(410) {
                gone.push(delivery.endpoint);
            }
            outcomes.push(Outcome { delivery: delivery.id, attempt, then });
        }
        self.webhooks.store(move |store| store.record(&outcomes)).await?;
        for endpoint in gone {
            self.disable(endpoint, "it answered 410 Gone").await?;
        }
        failed.sort_unstable();
        failed.dedup();
        for id in failed {
            let endpoint = self.webhooks.store(move |store| store.endpoint(id)).await?;
            let since = endpoint.and_then(|it| it.failing_since);
            if since.is_some_and(|since| self.clock.now().0 - since.0 >= schedule::FAILING_MAX) {
                self.disable(id, "nothing was delivered for three days").await?;
            }
        }
        Ok(())
    }

    /// Takes an endpoint out of service, and says so everywhere that somebody may look.
    async fn disable(&self, id: EndpointId, reason: &'static str) -> Result<(), StoreError> {
        let at = self.clock.now();
        let change = Change {
            at,
            action: "disabled".into(),
            actor: "sporran".into(),
            channel: "webhooks".into(),
            reason: Some(reason.into()),
            detail: None,
        };
        let disable = move |store: &mut dyn store::webhooks::WebhookStore| {
            let Some(endpoint) = store.endpoint(id)? else { return Ok(None) };
            if !store.disable(id, reason, &change)? {
                return Ok(None);
            }
            let notice = notice(&endpoint, reason, at);
            for other in store.endpoints()? {
                if other.disabled.is_none() && other.takes(events::DISABLED) {
                    store.enqueue_extra(other.id, &notice, at)?;
                }
            }
            Ok(Some(endpoint))
        };
        if let Some(endpoint) = self.webhooks.store(disable).await? {
            // The id alone: an address may carry a secret of the receiver's.
            let endpoint = wire::webhook_endpoint_id(endpoint.id);
            tracing::error!(endpoint, reason, "a webhook endpoint was disabled");
            metrics::counter!("sporran_webhook_endpoints_disabled_total").increment(1);
        }
        Ok(())
    }

    /// Deletes what was kept long enough, a slice at a time; answers whether there may be more.
    async fn prune(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        if self.pruned_at.is_some_and(|it| now.0 - it.0 < PRUNE_EVERY) {
            return Ok(false);
        }
        let before = Timestamp(now.0 - self.webhooks.kept);
        let prune =
            move |store: &mut dyn store::webhooks::WebhookStore| store.prune(before, PRUNE_AT_ONCE);
        let more = self.webhooks.store(prune).await? > 0;
        if !more {
            self.pruned_at = Some(now);
        }
        Ok(more)
    }
}

async fn next_ended(attempts: &mut JoinSet<Tried>) -> Tried {
    match attempts.join_next().await {
        Some(tried) => tried.expect("an attempt does not panic"),
        None => std::future::pending().await,
    }
}

async fn attempt(
    webhooks: &Webhooks,
    endpoint: &EndpointRecord,
    delivery: Delivery,
    at: Timestamp,
) -> Tried {
    let body = events::body(&delivery);
    let event = &delivery.event.event;
    let headers = [
        ("webhook-id", event.clone()),
        ("webhook-timestamp", sign::seconds(at).to_string()),
        ("webhook-signature", sign::signature(&endpoint.secrets, event, at, &body)),
    ];
    let started = Instant::now();
    let answer = webhooks.client.post(&endpoint.fields.url, &headers, body).await;
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (attempt, retry_after) = match answer {
        Ok(Answer { status, retry_after, body }) => (
            Attempt { at, status: Some(status), error: None, ms, response: Some(body) },
            retry_after,
        ),
        Err(why) => (Attempt { at, status: None, error: Some(why), ms, response: None }, None),
    };
    Tried { delivery, attempt, retry_after }
}

/// A redirect is a failure like any other answer that is no success.
fn judge(delivery: &Delivery, attempt: &Attempt, retry_after: Option<&str>) -> Then {
    match attempt.status {
        Some(200..=299) => Then::Delivered,
        _ => schedule::after_failure(delivery.id, delivery.tries + 1, retry_after, attempt.at),
    }
}

fn count(attempt: &Attempt, then: Then) {
    let result = match (attempt.status, then) {
        (_, Then::Delivered) => "delivered",
        (_, Then::GiveUp) => "given_up",
        (Some(_), Then::Again(_)) => "refused",
        (None, Then::Again(_)) => "unanswered",
    };
    metrics::counter!("sporran_webhook_attempts_total", "result" => result).increment(1);
}

/// What the other endpoints are told of one that was taken out of service.
fn notice(endpoint: &EndpointRecord, reason: &str, at: Timestamp) -> NewEvent {
    let id = wire::webhook_endpoint_id(endpoint.id);
    NewEvent {
        event: format!("evt_{id}_disabled_{}", at.0),
        event_type: events::DISABLED.to_owned(),
        position: None,
        payload: json!({
            "endpoint": id,
            "url": endpoint.fields.url,
            "reason": reason,
            "disabled_at": wire::time(at),
        })
        .to_string(),
        subject: id,
        at,
    }
}
