//! At most once: keys are looked up before anything is decided.

use engine::Timestamp;
use sha2::{Digest, Sha256};
use store::{Found, Kept, KeyIndex, Reader, StoreError};

/// A key under which an operation is done at most once, and a digest of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub key: u128,
    pub fingerprint: u64,
}

/// The digest that a key is known by: 128 bits of SHA-256 over its parts, so that nobody can
/// make two that collide.
pub fn key_digest(parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let (first, _) = digest.split_first_chunk::<16>().expect("SHA-256 has 32 bytes");
    u128::from_be_bytes(*first)
}

/// The keys of a shard, and the reader for what is on the disk only.
pub struct Door {
    keys: [KeyIndex; 2],
    reader: Box<dyn Reader>,
    key_memory: i64,
}

impl Door {
    pub fn new(keys: [KeyIndex; 2], reader: Box<dyn Reader>, key_memory: i64) -> Self {
        Self { keys, reader, key_memory }
    }

    pub fn reader(&self) -> &dyn Reader {
        self.reader.as_ref()
    }

    pub fn replace_keys(&mut self, keys: [KeyIndex; 2]) {
        self.keys = keys;
    }

    /// The sequence number under which `key` was used before.
    pub fn find(&self, kept: Kept, key: Key) -> Result<Option<u64>, StoreError> {
        match self.index(kept).find(key.key) {
            Found::New => Ok(None),
            Found::At(sequence) => Ok(Some(sequence)),
            Found::Maybe(runs) => self.reader.find_in_runs(kept, &runs, key.key),
        }
    }

    pub fn insert(&mut self, kept: Kept, key: Key, at: Timestamp) -> u64 {
        let [for_ever, for_a_day] = &mut self.keys;
        match kept {
            Kept::ForEver => for_ever.insert(key.key, at),
            Kept::ForADay => for_a_day.insert(key.key, at),
        }
    }

    /// Moves older keys towards the disk, and the oldest of those that expire off it.
    pub fn tidy(&mut self, batch: &mut store::Batch, now: Timestamp) {
        for index in &mut self.keys {
            batch.sealed.extend(index.next_slice());
        }
        let [_, for_a_day] = &mut self.keys;
        batch.forgotten.extend(for_a_day.forget(now.plus(-self.key_memory)));
    }

    fn index(&self, kept: Kept) -> &KeyIndex {
        let [for_ever, for_a_day] = &self.keys;
        match kept {
            Kept::ForEver => for_ever,
            Kept::ForADay => for_a_day,
        }
    }
}
