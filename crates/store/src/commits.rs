//! The transactions that the journal was written in.

use engine::{Entry, Position, Timestamp};

use crate::checksum::Checksum;
use crate::{Batch, StoreError};

/// A transaction, as the journal remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitRecord {
    pub first: Position,
    /// How many entries it wrote.
    pub entries: u64,
    /// When the last of them happened.
    pub at: Timestamp,
    /// CRC-32 over the columns of its entries, as it stands in the table.
    pub checksum: i64,
}

impl CommitRecord {
    pub(crate) fn from_columns([first, entries, at, checksum]: [i64; 4]) -> Self {
        let (first, at) = (Position(first as u64), Timestamp(at));
        Self { first, entries: entries as u64, at, checksum }
    }

    pub(crate) fn columns(&self) -> [i64; 4] {
        [self.first.0 as i64, self.entries as i64, self.at.0, self.checksum]
    }

    /// The position of its last entry.
    pub fn last(&self) -> Position {
        Position(self.first.0 + self.entries - 1)
    }
}

/// Adds entries up to transactions while they are written: to one, or, where they are copied, to
/// those that they were written in before.
pub(crate) struct Commits<'a> {
    copied: &'a [CommitRecord],
    /// Takes the columns of the entry that is being written.
    pub sum: Checksum,
    open: Option<CommitRecord>,
    closed: Vec<CommitRecord>,
}

impl<'a> Commits<'a> {
    pub fn of(batch: &'a Batch) -> Self {
        let copied = &batch.commits;
        Self { copied, sum: Checksum::default(), open: None, closed: Vec::new() }
    }

    /// All columns of an entry are in the sum.
    pub fn wrote(&mut self, entry: &Entry) {
        let (first, at) = (entry.position, entry.at);
        let open = self.open.get_or_insert(CommitRecord { first, entries: 0, at, checksum: 0 });
        open.entries += 1;
        open.at = at;
        let entries = open.entries;
        if self.copied.get(self.closed.len()).is_some_and(|it| it.entries == entries) {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(done) = self.open.take() {
            self.closed.push(CommitRecord { checksum: self.sum.finish(), ..done });
        }
    }

    /// The transactions; an error where they are not those that are copied.
    pub fn finish(mut self) -> Result<Vec<CommitRecord>, StoreError> {
        self.close();
        if self.copied.is_empty() || self.copied == self.closed {
            return Ok(self.closed);
        }
        let mut pairs = self.copied.iter().zip(&self.closed);
        let place = match pairs.find(|(copied, written)| copied != written) {
            Some((it, _)) => format!("journal positions {} to {}", it.first.0, it.last().0),
            None => "the journal's transactions".to_owned(),
        };
        Err(StoreError::damaged(place, "what is copied is not what was written"))
    }
}
