//! Which keys were used before: found in memory, without a random index on any disk.
//!
//! New keys are in a map. When there are [`RUN_KEYS`] of them they are sorted and go to the disk
//! as a run, a slice with each batch, and from then on a filter in memory tells whether it is
//! worth looking there. Two bytes a key stay in memory, three in all.
//!
//! **Invariant:** a key is in the map, or in the run that is being written (and then still in
//! memory, until its last part is durable), or in a written run and its filter. So "new" is
//! never said of a key that was used.

use std::sync::Arc;

use engine::Timestamp;
use rustc_hash::FxHashMap;

use crate::{Kept, StoreError, checksum::unseal, filter::Filter};

/// Keys in a run.
pub const RUN_KEYS: usize = 262_144;

/// Keys of a run that go to the disk with one batch, at most.
const SLICE_KEYS: usize = 4_096;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was never used.
    New,
    /// It was used, as the key of this sequence number.
    At(u64),
    /// It may be in one of these runs; only the disk knows.
    Maybe(Vec<u64>),
}

/// The keys of one [`Kept`].
#[derive(Debug)]
pub struct KeyIndex {
    kept: Kept,
    run_keys: usize,
    next: u64,
    recent: FxHashMap<u128, u64>,
    recent_last_at: Timestamp,
    sealing: Option<Sealing>,
    runs: Vec<Run>,
    runs_count: u64,
    forgetting: Option<(Run, u8)>,
}

#[derive(Debug)]
struct Sealing {
    run: u64,
    keys: FxHashMap<u128, u64>,
    sorted: Vec<(u128, u64)>,
    written: usize,
    last_at: Timestamp,
    filter: Arc<Filter>,
}

/// A run on the disk.
#[derive(Debug)]
pub struct Run {
    pub run: u64,
    /// Sequence numbers of its keys.
    pub first: u64,
    pub last: u64,
    pub last_at: Timestamp,
    pub filter: Arc<Filter>,
}

/// A 256th of a run whose keys are too old to be kept: to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForgottenSlice {
    pub kept: Kept,
    pub run: u64,
    /// The first byte of the keys that go.
    pub first_byte: u8,
    /// Arrivals up to this sequence number go too.
    pub arrivals_until: u64,
}

/// Part of a run on its way to the disk; the last part brings the filter.
#[derive(Clone, Debug)]
pub struct SealedSlice {
    pub kept: Kept,
    pub run: u64,
    pub keys: Vec<(u128, u64)>,
    pub finished: Option<FinishedRun>,
}

#[derive(Clone, Debug)]
pub struct FinishedRun {
    pub first: u64,
    pub last: u64,
    pub last_at: Timestamp,
    pub filter: Arc<Filter>,
}

impl Sealing {
    /// The first and the last of the keys' sequence numbers.
    fn bounds(&self) -> (u64, u64) {
        let sequences = self.sorted.iter().map(|it| it.1);
        (sequences.clone().min().unwrap_or(0), sequences.max().unwrap_or(0))
    }
}

/// A run, as its row among the filters says.
pub struct RunRow {
    pub run: i64,
    pub first: i64,
    pub last: i64,
    pub last_at: i64,
    pub filter: Vec<u8>,
}

/// The runs of one kind, in order: each as it was written, none of them missing.
pub fn restore_runs(kept: Kept, rows: Vec<RunRow>) -> Result<Vec<Run>, StoreError> {
    let mut runs = Vec::new();
    for row in rows {
        let RunRow { run, first, last, last_at, filter } = row;
        let damaged = |why: &str| StoreError::damaged(format!("key filter {run}"), why);
        let beside = [kept.code(), run, first, last, last_at];
        let filter = unseal(&beside, filter, || format!("key filter {run}"))?;
        let filter = Filter::from_bytes(&filter)
            .ok_or_else(|| damaged("its length is not of whole lines"))?;
        let (run, first, last) = (run as u64, first as u64, last as u64);
        let before = runs.last().map(|it: &Run| (it.run + 1, it.last + 1));
        // Runs for a day are forgotten from the front; for ever means from the first key.
        let begins = before.or((kept == Kept::ForEver).then_some((0, 1)));
        if begins.is_some_and(|it| it != (run, first)) {
            return Err(damaged("the run before it is missing"));
        }
        runs.push(Run { run, first, last, last_at: Timestamp(last_at), filter: filter.into() });
    }
    Ok(runs)
}

/// The index over runs, with the keys that came after them.
pub fn restore_index(
    mut index: KeyIndex,
    recent: Vec<(u128, i64, Timestamp)>,
) -> Result<KeyIndex, StoreError> {
    for (key, sequence, at) in recent {
        let place = index.insert(key, at);
        if place != sequence as u64 {
            return Err(StoreError::damaged(format!("key {place}"), format!("found {sequence}")));
        }
    }
    Ok(index)
}

impl KeyIndex {
    /// An index over the runs on the disk, whose last key is `last`.
    pub fn new(kept: Kept, runs: Vec<Run>, last: u64, run_keys: usize) -> Self {
        let runs_count = runs.last().map_or(0, |it| it.run + 1);
        Self {
            kept,
            run_keys,
            next: last + 1,
            recent: FxHashMap::default(),
            recent_last_at: Timestamp::MIN,
            sealing: None,
            runs,
            runs_count,
            forgetting: None,
        }
    }

    /// The sequence number of the key that comes next.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn find(&self, key: u128) -> Found {
        let sealing = self.sealing.as_ref();
        let known = self.recent.get(&key).or_else(|| sealing.and_then(|it| it.keys.get(&key)));
        if let Some(sequence) = known {
            return Found::At(*sequence);
        }
        let maybe = self.runs.iter().filter(|it| it.filter.may_contain(key));
        let maybe: Vec<u64> = maybe.map(|it| it.run).collect();
        if maybe.is_empty() { Found::New } else { Found::Maybe(maybe) }
    }

    /// Notes that `key` was used at `at`; answers its sequence number.
    pub fn insert(&mut self, key: u128, at: Timestamp) -> u64 {
        let sequence = self.next;
        self.next += 1;
        self.recent.insert(key, sequence);
        self.recent_last_at = self.recent_last_at.max(at);
        sequence
    }

    /// What goes to the disk with the next batch; `None` while the map is small.
    ///
    /// Asked for once a batch, when the batch before is durable.
    pub fn next_slice(&mut self) -> Option<SealedSlice> {
        if self.sealing.as_ref().is_some_and(|it| it.written == it.sorted.len()) {
            self.finish_run();
        }
        if self.sealing.is_none() && self.recent.len() >= self.run_keys {
            self.begin_run();
        }
        let sealing = self.sealing.as_mut()?;
        let until = (sealing.written + SLICE_KEYS).min(sealing.sorted.len());
        let keys = sealing.sorted[sealing.written..until].to_vec();
        sealing.written = until;
        let mut slice = SealedSlice { kept: self.kept, run: sealing.run, keys, finished: None };
        if until == sealing.sorted.len() {
            // The keys stay in memory until the batch that brings this part to the disk is
            // durable: whoever repeats a key meanwhile would not find it there.
            let (first, last) = sealing.bounds();
            let (last_at, filter) = (sealing.last_at, Arc::clone(&sealing.filter));
            slice.finished = Some(FinishedRun { first, last, last_at, filter });
        }
        Some(slice)
    }

    /// Lets go of a run whose keys are all older than `before`, a slice at each call.
    pub fn forget(&mut self, before: Timestamp) -> Option<ForgottenSlice> {
        if self.forgetting.is_none() {
            let old = self.runs.first().is_some_and(|it| it.last_at < before);
            self.forgetting = old.then(|| (self.runs.remove(0), 0));
        }
        let (run, first_byte) = self.forgetting.as_mut()?;
        let share = (run.last - run.first) * (u64::from(*first_byte) + 1) / 256;
        let slice = ForgottenSlice {
            kept: self.kept,
            run: run.run,
            first_byte: *first_byte,
            arrivals_until: run.first + share,
        };
        match first_byte.checked_add(1) {
            Some(next) => *first_byte = next,
            None => self.forgetting = None,
        }
        Some(slice)
    }

    fn finish_run(&mut self) {
        let done = self.sealing.take().expect("a run is being written");
        let (first, last) = done.bounds();
        let Sealing { run, last_at, filter, .. } = done;
        self.runs.push(Run { run, first, last, last_at, filter });
    }

    fn begin_run(&mut self) {
        let keys = std::mem::take(&mut self.recent);
        let mut sorted: Vec<(u128, u64)> = keys.iter().map(|(key, it)| (*key, *it)).collect();
        sorted.sort_unstable();
        let mut filter = Filter::with_capacity(sorted.len());
        sorted.iter().for_each(|(key, _)| filter.insert(*key));
        self.sealing = Some(Sealing {
            run: self.runs_count,
            keys,
            sorted,
            written: 0,
            last_at: self.recent_last_at,
            filter: Arc::new(filter),
        });
        self.runs_count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_key_is_found_while_its_run_goes_to_the_disk() {
        let mut index = KeyIndex::new(Kept::ForEver, Vec::new(), 0, 10_000);
        let key = |it: u64| u128::from(it.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 64 | 7;
        let mut slices = Vec::new();
        for number in 0..20_000 {
            assert!(!matches!(index.find(key(number)), Found::At(_)), "{number} was never used");
            assert_eq!(index.insert(key(number), Timestamp(5)), number + 1);
            if number % 1_000 == 0 {
                slices.extend(index.next_slice());
            }
            assert_ne!(index.find(key(number / 2)), Found::New);
        }
        assert!(matches!(index.find(key(5)), Found::Maybe(ref it) if *it == [0]));
        assert_eq!(index.find(key(19_999)), Found::At(20_000));
        let first = slices.iter().filter(|it| it.run == 0);
        assert_eq!(first.map(|it| it.keys.len()).sum::<usize>(), 10_001);
    }

    #[test]
    fn only_runs_that_are_old_in_every_key_are_forgotten() {
        let mut index = KeyIndex::new(Kept::ForADay, Vec::new(), 0, 2);
        for (key, at) in [(1, 10), (2, 20), (3, 30), (4, 40)] {
            index.insert(key << 64, Timestamp(at));
            let _ = index.next_slice();
        }
        assert_eq!(index.forget(Timestamp(20)), None);
        let slices: Vec<_> = std::iter::from_fn(|| index.forget(Timestamp(21))).collect();
        assert_eq!(slices.len(), 256);
        assert!(slices.iter().all(|it| it.run == 0), "{slices:?}");
        assert_eq!(slices.last().map(|it| (it.first_byte, it.arrivals_until)), Some((255, 2)));
        assert_eq!(index.find(1 << 64), Found::New);
        assert_ne!(index.find(3 << 64), Found::New);
    }
}
