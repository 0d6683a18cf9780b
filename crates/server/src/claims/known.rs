//! Claims that were found a while ago, and are found again without asking.

use std::time::{Duration, Instant};

use engine::ShardId;
use std::collections::HashMap;

/// For how long a claim is remembered.
const KEPT: Duration = Duration::from_secs(600);

/// Claims that are remembered, twice over: some 40 bytes each.
const COUNT_MAX: usize = 100_000;

/// What was asked for lately: when the younger half is full, the older one is forgotten.
#[derive(Debug, Default)]
pub struct Known {
    young: HashMap<u128, (ShardId, Instant)>,
    old: HashMap<u128, (ShardId, Instant)>,
}

impl Known {
    pub fn get(&mut self, digest: u128, now: Instant) -> Option<ShardId> {
        let found = self.young.get(&digest).copied();
        let found = match found.or_else(|| self.old.remove(&digest)) {
            Some(found) if now.duration_since(found.1) < KEPT => found,
            _ => return None,
        };
        self.insert(digest, found);
        Some(found.0)
    }

    pub fn remember(&mut self, digest: u128, shard: ShardId, now: Instant) {
        self.insert(digest, (shard, now));
    }

    pub fn forget(&mut self, digest: u128) {
        self.young.remove(&digest);
        self.old.remove(&digest);
    }

    fn insert(&mut self, digest: u128, found: (ShardId, Instant)) {
        if self.young.len() >= COUNT_MAX && !self.young.contains_key(&digest) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_remembered_for_a_while() {
        let (mut known, now) = (Known::default(), Instant::now());
        let shard = ShardId::new(5).unwrap();
        known.remember(1, shard, now);
        known.remember(2, shard, now);
        assert_eq!(known.get(1, now + KEPT / 2), Some(shard));
        // Asking does not make it younger: claims may move.
        assert_eq!(known.get(1, now + KEPT), None);
        known.forget(2);
        assert_eq!(known.get(2, now), None);
    }

    #[test]
    fn what_nobody_asks_for_goes_first_and_there_is_never_more_than_twice_so_much() {
        let (mut known, now) = (Known::default(), Instant::now());
        known.remember(0, ShardId::FIRST, now);
        for digest in 1..3 * COUNT_MAX as u128 {
            known.remember(digest, ShardId::FIRST, now);
            if digest % 1_000 == 0 {
                assert_eq!(known.get(0, now), Some(ShardId::FIRST), "{digest}");
            }
        }
        assert!(known.young.len() + known.old.len() <= 2 * COUNT_MAX);
        assert_eq!(known.get(1, now), None);
    }
}
