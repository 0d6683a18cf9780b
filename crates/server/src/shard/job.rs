//! What goes into a shard, and what comes out.

use std::sync::Arc;

use engine::{AccountRef, Entry, Order, Position, Refusal, State, Timestamp};
use store::{Batch, Kept, StoreError};
use tokio::sync::oneshot;

use super::door::Door;
use super::{Key, Unavailable};

/// An order, and the keys under which it is done at most once.
#[derive(Clone, Debug)]
pub struct Operation {
    pub order: Order,
    pub idempotency_key: Option<Key>,
    /// For payments and cancellations: unique for ever.
    pub reference_key: Option<Key>,
}

impl Operation {
    pub fn new(order: Order) -> Self {
        Self { order, idempotency_key: None, reference_key: None }
    }
}

/// What came of one operation.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Done: these entries of the batch.
    Entries {
        first: usize,
        count: usize,
    },
    Refused(Box<Refusal>),
    /// The key was used before; the answer stands in the store under this sequence number.
    /// Whether the same was asked is for the caller to compare.
    Known {
        kept: Kept,
        sequence: u64,
    },
    /// The request was answered before, by this entry.
    Repeat(Position),
    /// The request was answered before; see [`engine::Answer::EarlierRepeat`].
    EarlierRepeat {
        from: Position,
        serial: u32,
        request: u32,
    },
    /// Another shard has the payment of this reference: these entries came of it there.
    Elsewhere(Arc<[Entry]>),
}

/// Outcomes, with the batch that holds their entries.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    pub batch: Arc<Batch>,
    pub outcome: T,
}

/// The entries of one outcome.
pub trait Answered {
    fn entries(&self, outcome: &Outcome) -> &[Entry];
}

impl<T> Answered for Reply<T> {
    fn entries(&self, outcome: &Outcome) -> &[Entry] {
        match outcome {
            Outcome::Entries { first, count } => {
                self.batch.entries.get(*first..first + count).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

#[expect(clippy::large_enum_variant, reason = "nearly every message is a job, and is moved once")]
pub enum Message {
    Job(Job),
    /// The writer is free again.
    Written(Result<(), StoreError>),
    Probed(Result<Position, StoreError>),
    SetClock(SetClock, ClockReply),
    Stop,
}

/// To when, or by how many microseconds, a clock is set forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetClock {
    To(Timestamp),
    Forward(i64),
}

/// The clock was set, and everything that fell due up to then is done and durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSet {
    pub now: Timestamp,
    /// Deadlines that fired on the way, and the entries that they wrote.
    pub deadlines: u64,
    pub entries: u64,
}

/// Why a clock was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSet {
    /// The directory is neither a demo's nor for tests.
    NotSettable,
    /// It would go back; or it is being set further at the moment, to `now`.
    Back {
        now: Timestamp,
    },
    TooFar {
        now: Timestamp,
    },
    /// As [`Unavailable`]: it may be set nevertheless.
    Unavailable,
}

pub type ClockReply = oneshot::Sender<Result<ClockSet, NotSet>>;

pub struct Job {
    pub operations: usize,
    pub work: Work,
}

#[expect(clippy::large_enum_variant, reason = "a box for each operation would cost more")]
pub enum Work {
    One(Operation, ReplyTo<Outcome>),
    Many(Vec<Operation>, ReplyTo<Vec<Outcome>>),
    Query(Query),
}

pub type ReplyTo<T> = oneshot::Sender<Result<Reply<T>, Unavailable>>;

pub struct Query {
    pub account: Option<AccountRef>,
    pub run: Box<Look>,
}

pub type Look = dyn FnOnce(&State, &Door, Timestamp) -> Seen + Send;

/// An answer to a query, to be sent when it may be: `true` when everything is durable.
pub type Seen = Box<dyn FnOnce(bool) + Send>;

/// A reply that waits for its batch.
pub enum Pending {
    One(Outcome, ReplyTo<Outcome>),
    Many(Vec<Outcome>, ReplyTo<Vec<Outcome>>),
    Query(Seen),
}

impl Pending {
    /// Whoever asked may have gone; then nobody needs the answer.
    pub fn send(self, batch: &Arc<Batch>) {
        let batch = Arc::clone(batch);
        match self {
            Self::One(outcome, reply) => {
                let _ = reply.send(Ok(Reply { batch, outcome }));
            }
            Self::Many(outcome, reply) => {
                let _ = reply.send(Ok(Reply { batch, outcome }));
            }
            Self::Query(seen) => seen(true),
        }
    }

    /// What was seen or decided has not become durable.
    pub fn fail(self) {
        match self {
            Self::One(_, reply) => {
                let _ = reply.send(Err(Unavailable));
            }
            Self::Many(_, reply) => {
                let _ = reply.send(Err(Unavailable));
            }
            Self::Query(seen) => seen(false),
        }
    }
}

impl Work {
    pub fn fail(self) {
        match self {
            Self::One(_, reply) => {
                let _ = reply.send(Err(Unavailable));
            }
            Self::Many(_, reply) => {
                let _ = reply.send(Err(Unavailable));
            }
            // Dropping the query drops its reply, and the caller hears that.
            Self::Query(_) => {}
        }
    }
}
