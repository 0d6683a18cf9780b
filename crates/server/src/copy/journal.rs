//! The journal, a slice of whole transactions at a time: one thread reads ahead, another writes.
//!
//! The store holds each transaction that is copied against its checksum, so what was changed on
//! the disk of the source is named and not carried on.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};

use engine::Position;
use store::{Batch, CommitRecord, Reader, Store, StoreError};

use crate::progress;

/// Slices that are read ahead of the one that is being written.
const AHEAD: usize = 2;

/// Transactions that are looked up at once.
const COMMITS: usize = 10_000;

/// Copies what comes after `after`, about `slice_entries` entries in each transaction.
pub fn copy(
    reader: Box<dyn Reader>,
    store: &mut dyn Store,
    after: Position,
    slice_entries: usize,
) -> Result<(), StoreError> {
    let bar = progress::bar(reader.head()?.0, "copying entries");
    bar.set_position(after.0);
    bar.reset_eta();
    let copied = std::thread::scope(|scope| {
        let (sender, slices) = sync_channel(AHEAD);
        let slice_entries = slice_entries as u64;
        scope.spawn(move || {
            let mut slices = Slices { reader, after, slice_entries, ahead: VecDeque::new() };
            slices.send_all(&sender);
        });
        for batch in slices {
            let batch: Batch = batch?;
            store.append(&batch)?;
            bar.inc(batch.entries.len() as u64);
        }
        Ok(())
    });
    bar.finish_and_clear();
    copied
}

struct Slices {
    reader: Box<dyn Reader>,
    after: Position,
    slice_entries: u64,
    /// Transactions that come next.
    ahead: VecDeque<CommitRecord>,
}

impl Slices {
    /// Ends with the journal, with an error, or when nobody takes any more.
    fn send_all(&mut self, sender: &SyncSender<Result<Batch, StoreError>>) {
        loop {
            let slice = self.next().transpose();
            let Some(slice) = slice else { return };
            let is_last = slice.is_err();
            if sender.send(slice).is_err() || is_last {
                return;
            }
        }
    }

    fn next(&mut self) -> Result<Option<Batch>, StoreError> {
        let mut commits = Vec::new();
        let mut last = self.after;
        let mut count = 0;
        while let Some(commit) = self.peek(last)? {
            if count > 0 && count + commit.entries > self.slice_entries {
                break;
            }
            count += commit.entries;
            last = commit.last();
            commits.push(commit);
            self.ahead.pop_front();
        }
        if commits.is_empty() {
            return self.check_end().map(|()| None);
        }
        let entries = self.reader.entries_after(self.after, count as usize)?;
        let expected = self.after.plus(1);
        self.after = last;
        Ok(Some(Batch { expected, entries, commits, ..Batch::default() }))
    }

    /// The transaction after `last`.
    fn peek(&mut self, last: Position) -> Result<Option<CommitRecord>, StoreError> {
        if self.ahead.is_empty() {
            self.ahead = self.reader.commits_after(last, COMMITS)?.into();
        }
        Ok(self.ahead.front().copied())
    }

    fn check_end(&self) -> Result<(), StoreError> {
        match self.reader.head()? > self.after {
            false => Ok(()),
            true => {
                let place = format!("journal position {}", self.after.plus(1).0);
                Err(StoreError::damaged(place, "it belongs to no transaction"))
            }
        }
    }
}
