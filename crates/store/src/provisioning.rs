//! Provisioning commands: what the network is to switch, and how far that has come.
//!
//! **Invariant:** the journal is the outbox. Commands and the cursor up to which the journal was
//! read change in one transaction, so none is left out and none is made twice, whenever the
//! process ends. Within a subscription and an adapter the newest command alone is ever waiting to
//! be sent, and never while an older one is being sent. A subscription's new adapter waits for the
//! one before, a minute at most.

pub mod conformance;
mod sql;

use engine::{AccountId, Position, SubscriptionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AnswerStore, StoreError};

pub use sql::SqlProvisioning;

/// Everything the server asks of a place that keeps commands. A new backend implements it and
/// passes [`conformance`].
pub trait ProvisioningStore: AnswerStore + Send {
    /// The position up to which commands were made of the journal.
    fn cursor(&self) -> Result<Position, StoreError>;

    /// Moves the cursor from `expected` to `cursor` and adds the commands in between, by
    /// position. What is older of their subscriptions, at the same adapter and not acknowledged is
    /// overtaken.
    ///
    /// Writes nothing, and answers `false`, when the cursor is elsewhere.
    fn enqueue(
        &mut self,
        expected: Position,
        cursor: Position,
        commands: &[NewCommand],
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Has what was being sent when a process ended, or when the word of a claim was lost, sent
    /// again: all that is being sent but for what is `under_way`; answers how many.
    fn resume(&mut self, under_way: &[Position], now: Timestamp) -> Result<u64, StoreError>;

    /// Forgets every command after `head`, for a journal that was put back to an older one, and
    /// has the newest one left of each such subscription sent again; answers how many are gone.
    fn put_back(&mut self, head: Position, now: Timestamp) -> Result<u64, StoreError>;

    /// Takes up to `limit` commands of an adapter whose moment has come, the longest due first:
    /// they are being sent from now on.
    fn claim(
        &mut self,
        adapter: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError>;

    /// The earliest moment at which a command of one of these adapters falls due.
    fn next_due_at(&self, adapters: &[&str]) -> Result<Option<Timestamp>, StoreError>;

    /// Notes how attempts went, whole or not at all, and lets newer commands go that waited.
    fn record(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError>;

    /// Notes what the network says of a command; `None` when there is no such command.
    ///
    /// The same said twice, with nothing in between, is noted once.
    fn acknowledge(
        &mut self,
        command: Position,
        said: &Acknowledgement,
    ) -> Result<Option<Command>, StoreError>;

    /// Has the newest command of a subscription sent, whatever became of it.
    fn retry(
        &mut self,
        command: Position,
        now: Timestamp,
        actor: &str,
    ) -> Result<Retried, StoreError>;

    /// Has the newest command of each of these subscriptions sent, if there is one; answers
    /// which.
    fn repair(
        &mut self,
        subscriptions: &[SubscriptionId],
        now: Timestamp,
        actor: &str,
    ) -> Result<Vec<Option<Position>>, StoreError>;

    /// Up to `limit` commands before `before`, newest first.
    fn commands(
        &self,
        which: &Which,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError>;

    /// A command and what happened to it, oldest first.
    fn command(&self, id: Position) -> Result<Option<(Command, Vec<Attempt>)>, StoreError>;

    /// The newest command of a subscription.
    fn newest(&self, subscription: SubscriptionId) -> Result<Option<Command>, StoreError>;

    /// Subscriptions whose newest command goes to this adapter and orders them to be on.
    fn ordered_on(&self, adapter: &str) -> Result<Vec<SubscriptionId>, StoreError>;

    /// How each adapter's queue stands, by name; the empty name is that of no adapter.
    fn queues(&self) -> Result<Vec<Queue>, StoreError>;

    /// Deletes up to `limit` commands that were finished before a moment and are not the newest
    /// of their subscription, and answers to requests as old; answers how many rows are gone.
    fn prune(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;
}

/// A command as an entry of the journal says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCommand {
    /// Of the entry: the command's number.
    pub position: Position,
    pub at: Timestamp,
    pub subscription: SubscriptionId,
    /// Who delivers it; without one it waits to be acknowledged.
    pub adapter: Option<String>,
    /// Desired state.
    pub on: bool,
    /// JSON.
    pub payload: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub order: NewCommand,
    pub state: CommandState,
    /// How often it was sent.
    pub sent: u32,
    /// Failures since it was made, or since somebody had it sent again.
    pub failures: u32,
    /// When it is sent, or sent again; `None` while it waits for an older one or is finished.
    pub next_at: Option<Timestamp>,
    /// The next command of its subscription.
    pub newer: Option<Position>,
    pub finished_at: Option<Timestamp>,
    /// What came of the last attempt that failed, until one succeeds.
    pub last_error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CommandState {
    Queued,
    Sending,
    /// The adapter has it and will acknowledge it later.
    Accepted,
    Acknowledged,
    /// There is a newer one, and it was not acknowledged before that.
    Overtaken,
}

impl CommandState {
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Sending, Self::Accepted, Self::Acknowledged, Self::Overtaken];

    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Acknowledged => "acknowledged",
            Self::Overtaken => "overtaken",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub fn is_finished(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Overtaken)
    }
}

/// Something that happened to a command: it was sent, or somebody said something of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub event: AttemptEvent,
    /// Status of the answer over HTTP, or the program's exit code.
    pub code: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    pub ms: u64,
    /// How the answer or the program's output begins, or what was said with it.
    pub answer: Option<String>,
    /// Who said it; absent for what we sent.
    pub actor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptEvent {
    /// Sent, and acknowledged by the answer.
    Acknowledged,
    /// Sent, and taken to be acknowledged later.
    Accepted,
    /// Sent, and the answer was no success.
    Refused,
    /// Sent, without an answer.
    Unanswered,
    /// Being sent when our process ended.
    Interrupted,
    /// Somebody said that it is done.
    Done,
    /// Somebody said that it failed.
    Failed,
    /// Somebody had it sent again.
    Retried,
    /// It was sent again because the network was found different.
    Repaired,
}

impl AttemptEvent {
    pub const ALL: [Self; 9] = [
        Self::Acknowledged,
        Self::Accepted,
        Self::Refused,
        Self::Unanswered,
        Self::Interrupted,
        Self::Done,
        Self::Failed,
        Self::Retried,
        Self::Repaired,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::Repaired => "repaired",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// An attempt, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub command: Position,
    /// Which sending of the command it was, by [`Command::sent`]: what a later one decided stays.
    pub sending: u32,
    pub attempt: Attempt,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Acknowledged,
    /// Sent again at this moment unless it is acknowledged before.
    Accepted(Timestamp),
    Again(Timestamp),
}

/// What the network says of a command, not as the answer to a sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub at: Timestamp,
    pub said: Said,
    pub message: Option<String>,
    pub actor: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Done,
    /// It is sent again at this moment.
    Failed(Timestamp),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    Unknown,
    /// A newer command decides what its subscription is to be.
    Overtaken(Command),
    /// It is sent as soon as there is room, or is being sent.
    Queued(Command),
}

/// Which commands to list; what is `None` is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    pub state: Option<CommandState>,
    pub account: Option<AccountId>,
    /// Serial number on the account.
    pub subscription: Option<u32>,
    /// The empty name is that of no adapter.
    pub adapter: Option<String>,
}

/// How an adapter's commands stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    pub adapter: String,
    pub queued: u64,
    pub sending: u64,
    pub accepted: u64,
    pub acknowledged: u64,
    pub overtaken: u64,
    /// When the oldest was decided that is not finished.
    pub oldest_at: Option<Timestamp>,
    pub last_error: Option<(Timestamp, String)>,
    /// The first failure after the last success.
    pub failing_since: Option<Timestamp>,
    pub last_success_at: Option<Timestamp>,
}

impl Queue {
    /// With the same adapter's commands of another shard.
    pub fn add(&mut self, other: Self) {
        self.queued += other.queued;
        self.sending += other.sending;
        self.accepted += other.accepted;
        self.acknowledged += other.acknowledged;
        self.overtaken += other.overtaken;
        let earlier = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).min();
        self.oldest_at = earlier(self.oldest_at, other.oldest_at);
        self.failing_since = earlier(self.failing_since, other.failing_since);
        self.last_success_at = self.last_success_at.max(other.last_success_at);
        if other.last_error > self.last_error {
            self.last_error = other.last_error;
        }
    }

    pub fn count(&self, state: CommandState) -> u64 {
        match state {
            CommandState::Queued => self.queued,
            CommandState::Sending => self.sending,
            CommandState::Accepted => self.accepted,
            CommandState::Acknowledged => self.acknowledged,
            CommandState::Overtaken => self.overtaken,
        }
    }

    /// Commands that are neither acknowledged nor overtaken.
    pub fn waiting(&self) -> u64 {
        self.queued + self.sending + self.accepted
    }
}
