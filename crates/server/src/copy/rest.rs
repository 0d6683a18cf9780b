//! What is beside the journal in its database: keys, the history of what is owed, saved pages,
//! API keys and facts. Each step goes on where it was, or writes again what it wrote before.

#[cfg(test)]
mod tests;

use engine::ReceivablePoint;
use store::{Batch, Checkpoint, Database, Kept, KeyIndex, KeyRecord, Reader, Store, StoreError};

use super::mark::is_of_its_place;

/// Rows that are written in one transaction.
const SLICE: usize = 10_000;

/// Account pages that are: each may be a hundred kilobytes.
const PAGES: usize = 64;

pub fn copy_facts(source: &dyn Reader, target: &dyn Database) -> Result<(), StoreError> {
    let facts = source.facts()?;
    let mut facts = facts.iter().filter(|it| !is_of_its_place(&it.0));
    facts.try_for_each(|(name, value)| target.set_meta(name, value))
}

/// Payment references and idempotency keys, with the runs in which they are found; answers how
/// many were written.
pub fn copy_keys(
    source: &dyn Reader,
    target: &mut dyn Store,
    run_keys: usize,
) -> Result<u64, StoreError> {
    let mut copied = 0;
    for kept in Kept::ALL {
        let mut keys = Keys { index: target.reader()?.keys(kept, run_keys)?, slice: Vec::new() };
        let mut is_begun = keys.index.next() > 1;
        source.scan_keys(kept, &mut |key| {
            if !is_begun {
                // Those before the first are forgotten, and the numbers go on.
                keys.index = KeyIndex::new(kept, Vec::new(), key.sequence - 1, run_keys);
                is_begun = true;
            }
            if key.sequence < keys.index.next() {
                return Ok(());
            }
            copied += 1;
            keys.push(key, target)
        })?;
        keys.write(target)?;
    }
    Ok(copied)
}

struct Keys {
    index: KeyIndex,
    slice: Vec<KeyRecord>,
}

impl Keys {
    fn push(&mut self, key: KeyRecord, target: &mut dyn Store) -> Result<(), StoreError> {
        let sequence = self.index.insert(key.key, key.at);
        if sequence != key.sequence {
            let why = format!("{} comes next: keys between them are gone", key.sequence);
            return Err(StoreError::damaged(format!("key {sequence}"), why));
        }
        self.slice.push(key);
        if self.slice.len() < SLICE { Ok(()) } else { self.write(target) }
    }

    /// Writes the keys that have come, and whatever of a run is complete with them.
    fn write(&mut self, target: &mut dyn Store) -> Result<(), StoreError> {
        let keys = std::mem::take(&mut self.slice);
        let sealed = std::iter::from_fn(|| self.index.next_slice()).collect();
        let batch = Batch { keys, sealed, ..Batch::default() };
        if batch.is_empty() { Ok(()) } else { target.append(&batch) }
    }
}

/// Every point in the history of what is owed; answers how many.
pub fn copy_receivables(source: &dyn Reader, target: &mut dyn Store) -> Result<u64, StoreError> {
    let mut copied = 0;
    let mut slice: Vec<ReceivablePoint> = Vec::new();
    let mut write = |slice: &mut Vec<ReceivablePoint>| {
        let batch = Batch { receivables: std::mem::take(slice), ..Batch::default() };
        if batch.is_empty() { Ok(()) } else { target.append(&batch) }
    };
    source.scan_receivables(&mut |point| {
        copied += 1;
        slice.push(point);
        if slice.len() < SLICE { Ok(()) } else { write(&mut slice) }
    })?;
    write(&mut slice)?;
    Ok(copied)
}

/// The saved pages of accounts, so that the first start need not replay everything; answers how
/// many. Only with the last of them the checkpoint is whole, and nobody reads it before.
pub fn copy_checkpoint(source: &dyn Reader, target: &mut dyn Store) -> Result<usize, StoreError> {
    let Some(checkpoint) = source.checkpoint()? else {
        return Ok(0);
    };
    let Checkpoint { pages, shared, position, replay_from } = checkpoint;
    let count = pages.len();
    let mut pages = pages.into_iter().peekable();
    loop {
        let pages_now = pages.by_ref().take(PAGES).collect();
        let shared = shared.clone();
        let checkpoint = Some(Checkpoint { pages: pages_now, shared, position, replay_from });
        target.append(&Batch { checkpoint, ..Batch::default() })?;
        if pages.peek().is_none() {
            return Ok(count);
        }
    }
}

/// Answers how many there are.
pub fn copy_api_keys(source: &dyn Reader, target: &dyn Database) -> Result<usize, StoreError> {
    let keys = source.api_keys()?;
    let there = target.reader()?.api_keys()?;
    for key in &keys {
        let found = there.iter().find(|it| it.name == key.name);
        if found.is_none() {
            target.add_api_key(&key.name, &key.role, &key.digest, key.created_at)?;
        }
        if let (None, Some(at)) = (found.and_then(|it| it.revoked_at), key.revoked_at) {
            target.revoke_api_key(&key.name, at)?;
        }
    }
    Ok(keys.len())
}
