//! What is made durable in one transaction.

use engine::{Entry, Position, ReceivablePoint, Refusal, Timestamp};

use crate::keys::{ForgottenSlice, SealedSlice};

/// Entries and everything that stands or falls with them.
#[derive(Debug, Default)]
pub struct Batch {
    /// Where the first entry goes: the append is refused when the journal is elsewhere.
    pub expected: Position,
    pub entries: Vec<Entry>,
    pub keys: Vec<KeyRecord>,
    pub checkpoint: Option<Checkpoint>,
    /// How what is owed has changed.
    pub receivables: Vec<ReceivablePoint>,
    /// Sorted keys that go from memory to the disk with this batch.
    pub sealed: Vec<SealedSlice>,
    /// Keys that nobody needs any more.
    pub forgotten: Vec<ForgottenSlice>,
    /// By how many microseconds the clock is ahead of the machine's from these entries on, in a
    /// directory whose clock can be set; noted as the fact [`CLOCK_AHEAD`].
    pub clock_ahead: Option<i64>,
}

/// The fact about the database that says how far its clock is ahead, in microseconds.
pub const CLOCK_AHEAD: &str = "clock-ahead-micros";

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.keys.is_empty()
            && self.checkpoint.is_none()
            && self.receivables.is_empty()
            && self.sealed.is_empty()
            && self.forgotten.is_empty()
            && self.clock_ahead.is_none()
    }
}

/// How long a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// Payment references, cancellations of payments.
    ForEver,
    /// Idempotency keys.
    ForADay,
}

impl Kept {
    pub const ALL: [Self; 2] = [Self::ForEver, Self::ForADay];

    pub(crate) fn code(self) -> i64 {
        match self {
            Self::ForEver => 0,
            Self::ForADay => 1,
        }
    }
}

/// A key that was used, what for, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub kept: Kept,
    /// Counts from 1 within `kept`, without a gap.
    pub sequence: u64,
    /// Digest of who used what key.
    pub key: u128,
    /// Digest of what was asked: the same key with another one is a conflict.
    pub fingerprint: u64,
    pub at: Timestamp,
    pub answer: KeyAnswer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAnswer {
    Entries { first: Position, count: u32 },
    Refused(Box<Refusal>),
}

/// A slice of the state, saved so that a restart has less to replay.
#[derive(Debug, Default)]
pub struct Checkpoint {
    pub pages: Vec<SavedPage>,
    /// [`engine::Shared`] in postcard's encoding, true for `position`.
    pub shared: Vec<u8>,
    pub position: Position,
    pub replay_from: Position,
}

/// One page of accounts and customers in postcard's encoding, true for `position`.
#[derive(Debug)]
pub struct SavedPage {
    pub page: u32,
    pub position: Position,
    pub accounts: Vec<u8>,
}
