//! What is made durable in one transaction.

use engine::{Entry, Position, ReceivablePoint, Refusal, Timestamp};

use crate::checksum::unseal;
use crate::keys::{ForgottenSlice, SealedSlice};
use crate::{CommitRecord, StoreError};

/// Entries and everything that stands or falls with them.
#[derive(Debug, Default)]
pub struct Batch {
    /// Where the first entry goes: the append is refused when the journal is elsewhere.
    pub expected: Position,
    pub entries: Vec<Entry>,
    /// Where entries are copied, the transactions that they were written in: those are kept apart,
    /// and an entry that is not what was written is refused as damage. Else empty: they are one.
    pub commits: Vec<CommitRecord>,
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

impl KeyAnswer {
    /// The position of the first entry and their count, or the refusal as JSON.
    pub(crate) fn columns(&self) -> (Option<i64>, Option<u32>, Option<String>) {
        match self {
            Self::Entries { first, count } => (Some(first.0 as i64), Some(*count), None),
            Self::Refused(refusal) => {
                let json = serde_json::to_string(refusal).expect("refusals are plain structs");
                (None, None, Some(json))
            }
        }
    }

    pub(crate) fn from_columns(
        sequence: u64,
        entries: Option<(i64, u32)>,
        refusal: Option<String>,
    ) -> Result<Self, StoreError> {
        let damaged = |why: &str| StoreError::damaged(format!("key {sequence}"), why);
        match (entries, refusal) {
            (Some((first, count)), None) => {
                Ok(Self::Entries { first: Position(first as u64), count })
            }
            (None, Some(refusal)) => serde_json::from_str(&refusal)
                .map(Self::Refused)
                .map_err(|error| damaged(&error.to_string())),
            _ => Err(damaged("it has no answer, or two")),
        }
    }
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

impl Checkpoint {
    /// The checkpoint, whose shared figures are sealed as yet, with its pages, in order and sealed,
    /// when all of it is what was written.
    pub(crate) fn unseal(mut self, pages: Vec<SavedPage>) -> Result<Self, StoreError> {
        // A page that is missing at the end is noticed by their number.
        let pages_count = pages.last().map_or(0, |it| i64::from(it.page) + 1);
        let beside = [self.position.0 as i64, self.replay_from.0 as i64, pages_count];
        self.shared = unseal(&beside, self.shared, || "the checkpoint".into())?;
        for page in pages {
            let beside = [page.page.into(), page.position.0 as i64];
            let place = || format!("account page {}", page.page);
            let accounts = unseal(&beside, page.accounts, place)?;
            self.pages.push(SavedPage { accounts, ..page });
        }
        Ok(self)
    }
}

/// One page of accounts and customers in postcard's encoding, true for `position`.
#[derive(Debug)]
pub struct SavedPage {
    pub page: u32,
    pub position: Position,
    pub accounts: Vec<u8>,
}
