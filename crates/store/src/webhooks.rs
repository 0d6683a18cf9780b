//! Deliveries of events to endpoints: what is to be told to whom, and how far that has come.
//!
//! **Invariant:** the journal is the outbox. An endpoint's deliveries and the cursor up to which
//! the journal was read for it change in one transaction, so no event is left out and none is
//! made twice, whenever the process ends.

pub mod conformance;
mod sql;

use engine::{Position, Timestamp};

use crate::{AnswerStore, StoreError};

pub use sql::SqlWebhooks;

pub type EndpointId = u64;
pub type DeliveryId = u64;

/// Everything the server asks of a place that keeps endpoints and deliveries. A new backend
/// implements all of it and passes [`conformance`].
pub trait WebhookStore: EndpointStore + DeliveryStore + AnswerStore + Send {}

impl<T: EndpointStore + DeliveryStore + AnswerStore + Send> WebhookStore for T {}

pub trait EndpointStore {
    fn create_endpoint(
        &mut self,
        fields: &EndpointFields,
        secret: &Secret,
        cursor: Position,
        change: &Change,
    ) -> Result<EndpointId, StoreError>;

    /// `false` when there is no such endpoint.
    fn update_endpoint(
        &mut self,
        endpoint: EndpointId,
        fields: &EndpointFields,
        switch: Switch,
        change: &Change,
    ) -> Result<bool, StoreError>;

    /// Adds a secret; those before it sign on until `until`, or their own end if that is sooner.
    fn rotate_secret(
        &mut self,
        endpoint: EndpointId,
        secret: &Secret,
        until: Timestamp,
        change: &Change,
    ) -> Result<bool, StoreError>;

    /// The endpoint and its secrets are gone at once; [`Self::prune`] takes away its deliveries.
    fn delete_endpoint(
        &mut self,
        endpoint: EndpointId,
        change: &Change,
    ) -> Result<bool, StoreError>;

    /// Takes an endpoint out of service; `false` when it is so already, or gone.
    fn disable(
        &mut self,
        endpoint: EndpointId,
        reason: &str,
        change: &Change,
    ) -> Result<bool, StoreError>;

    /// All endpoints with their secrets, by id.
    fn endpoints(&self) -> Result<Vec<EndpointRecord>, StoreError>;

    fn endpoint(&self, endpoint: EndpointId) -> Result<Option<EndpointRecord>, StoreError>;

    /// The newest changes of an endpoint, newest first.
    fn changes(&self, endpoint: EndpointId, limit: usize) -> Result<Vec<Change>, StoreError>;
}

pub trait DeliveryStore {
    /// Moves an endpoint's cursor from `expected` to `cursor` and adds the deliveries in between,
    /// numbered within their subjects.
    ///
    /// Writes nothing, and answers `false`, when the cursor is elsewhere or the endpoint is gone.
    fn enqueue(
        &mut self,
        endpoint: EndpointId,
        expected: Position,
        cursor: Position,
        events: &[NewEvent],
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Adds a delivery that no entry of the journal stands for.
    fn enqueue_extra(
        &mut self,
        endpoint: EndpointId,
        event: &NewEvent,
        now: Timestamp,
    ) -> Result<DeliveryId, StoreError>;

    /// Deliveries whose turn it is and whose moment has come, the longest due first.
    fn due(
        &self,
        endpoint: EndpointId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// The earliest moment at which a delivery to an enabled endpoint falls due.
    fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Notes how attempts went, whole or not at all, and lets the next of each subject go.
    fn record(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError>;

    /// Up to `limit` deliveries of an endpoint before `before`, newest first.
    fn deliveries(
        &self,
        endpoint: EndpointId,
        state: Option<DeliveryState>,
        before: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError>;

    fn delivery(&self, id: DeliveryId) -> Result<Option<(Delivery, Vec<Attempt>)>, StoreError>;

    /// Has a delivery made again, from the beginning of the schedule.
    fn retry(&mut self, id: DeliveryId, now: Timestamp) -> Result<bool, StoreError>;

    /// Has every kept delivery of entries in `from..=to` made again; answers how many.
    fn replay(
        &mut self,
        endpoint: EndpointId,
        from: Position,
        to: Position,
        now: Timestamp,
        change: &Change,
    ) -> Result<u64, StoreError>;

    /// Deletes up to `limit` deliveries that were finished before a moment or have no endpoint
    /// any more, and answers to requests as old; answers how many rows are gone.
    fn prune(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Deliveries of an endpoint that are neither made nor given up.
    fn pending(&self, endpoint: EndpointId) -> Result<u64, StoreError>;

    fn figures(&self) -> Result<Figures, StoreError>;
}

/// What people say of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointFields {
    pub url: String,
    /// Types of events; `None` is all.
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
}

/// Both keys that an endpoint's deliveries are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub shared: Vec<u8>,
    pub seed: Vec<u8>,
    /// Until when it signs; `None` for the newest.
    pub until: Option<Timestamp>,
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Secret {{ until: {:?}, .. }}", self.until)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRecord {
    pub id: EndpointId,
    pub fields: EndpointFields,
    pub cursor: Position,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Since when and why nothing is delivered; `None` is enabled.
    pub disabled: Option<(Timestamp, String)>,
    pub failing_since: Option<Timestamp>,
    pub last_success_at: Option<Timestamp>,
    /// Newest first.
    pub secrets: Vec<Secret>,
}

impl EndpointRecord {
    pub fn takes(&self, event_type: &str) -> bool {
        let events = self.fields.events.as_ref();
        events.is_none_or(|events| events.iter().any(|it| it == event_type))
    }
}

/// What an update does to an endpoint's deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Enabled or disabled, it stays so.
    Stay,
    Disable,
    /// Goes on where it stopped; what is pending starts its schedule again.
    Resume,
    /// Leaves out what happened meanwhile, up to this position.
    StartAt(Position),
}

/// Who changed an endpoint, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    pub action: String,
    pub actor: String,
    pub channel: String,
    pub reason: Option<String>,
    pub detail: Option<String>,
}

/// An event as it is to be delivered to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The header `webhook-id`: the same at every attempt and every replay.
    pub event: String,
    pub event_type: String,
    pub position: Option<Position>,
    pub subject: String,
    pub at: Timestamp,
    /// JSON.
    pub payload: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub endpoint: EndpointId,
    pub event: NewEvent,
    /// Counts from 1 within endpoint and subject, without a gap.
    pub sequence: u64,
    pub state: DeliveryState,
    /// Attempts since it was made, retried or replayed.
    pub tries: u32,
    pub next_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Pending,
    Delivered,
    Failed,
    Skipped,
}

impl DeliveryState {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Skipped];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub at: Timestamp,
    /// The answer's status; `None` when there was no answer.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub ms: u64,
    /// How the answer's body begins.
    pub response: Option<String>,
}

/// An attempt, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub delivery: DeliveryId,
    pub attempt: Attempt,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Delivered,
    Again(Timestamp),
    GiveUp,
}

/// How the queue stands, over all endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub endpoints: u64,
    pub disabled: u64,
    /// To enabled endpoints.
    pub pending: u64,
    pub oldest_at: Option<Timestamp>,
}
