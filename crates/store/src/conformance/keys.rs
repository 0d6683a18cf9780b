//! Keys: in the order of their arrival, in runs, and gone when nobody needs them any more.

use engine::{Position, Refusal, Timestamp};

use super::{Fresh, keys_of};
use crate::{Batch, Found, Kept, KeyAnswer, KeyIndex, KeyRecord, Reader};

const DAY: i64 = 86_400_000_000;

pub fn keys_are_kept_in_the_order_of_their_arrival(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut all = Vec::new();
    for number in 1..=40 {
        let mut key = record(Kept::ForADay, number, number as i64);
        if number % 3 == 0 {
            let account = "acc_7".to_owned();
            let refusal = Refusal::AccountNotFound { account, check_digit_wrong: true };
            key.answer = KeyAnswer::Refused(Box::new(refusal));
        }
        store.append(&Batch { keys: vec![key.clone()], ..Batch::default() }).unwrap();
        all.push(key);
    }
    assert_eq!(keys_of(store.as_ref(), Kept::ForADay), all);
    assert!(keys_of(store.as_ref(), Kept::ForEver).is_empty());
    let reader = store.reader().unwrap();
    for key in &all {
        assert_eq!(reader.key(Kept::ForADay, key.sequence).unwrap().as_ref(), Some(key));
        assert_eq!(reader.key(Kept::ForEver, key.sequence).unwrap(), None);
    }
    assert_eq!(reader.key(Kept::ForADay, 41).unwrap(), None);
}

pub fn a_key_is_found_wherever_it_has_moved(fresh: Fresh<'_>) {
    for run_keys in [1, 2, 7, 64] {
        let mut store = fresh();
        let reader = store.reader().unwrap();
        let mut keys = Keys::new(reader.as_ref(), Kept::ForEver, run_keys);
        for number in 1..=130 {
            keys.insert(number, number as i64);
            let batch = keys.batch();
            // Looked for while the batch is on its way, and when it is there.
            keys.check(reader.as_ref(), number);
            store.append(&batch).unwrap();
            keys.check(reader.as_ref(), number);
            if number % 9 == 0 {
                keys = Keys::new(reader.as_ref(), Kept::ForEver, run_keys);
                keys.check(reader.as_ref(), number);
            }
        }
    }
}

pub fn a_run_that_was_half_written_is_written_again(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    let mut keys = Keys::new(reader.as_ref(), Kept::ForEver, 10_000);
    for number in 1..=10_000 {
        keys.insert(number, 1);
    }
    // One of three parts reaches the disk, then the process ends.
    store.append(&keys.batch()).unwrap();
    let mut keys = Keys::new(reader.as_ref(), Kept::ForEver, 10_000);
    for number in 10_001..=10_010 {
        keys.insert(number, 2);
        store.append(&keys.batch()).unwrap();
    }
    let keys = Keys::new(reader.as_ref(), Kept::ForEver, 10_000);
    assert!(matches!(keys.index.find(digest(77)), Found::Maybe(_)), "no run was finished");
    keys.check(reader.as_ref(), 10_010);
}

pub fn keys_for_a_day_are_forgotten_and_deleted(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    let mut keys = Keys::new(reader.as_ref(), Kept::ForADay, 5);
    for number in 1..=22 {
        keys.insert(number, number as i64 * DAY);
        store.append(&keys.batch()).unwrap();
    }
    // Runs of 1–5, 6–10, 11–15 and 16–20: only the first two are old in every key.
    for _ in 0..700 {
        let mut batch = Batch::default();
        batch.forgotten.extend(keys.index.forget(Timestamp(12 * DAY)));
        store.append(&batch).unwrap();
    }
    let left: Vec<u64> =
        keys_of(store.as_ref(), Kept::ForADay).iter().map(|it| it.sequence).collect();
    assert_eq!(left, (11..=22).collect::<Vec<_>>());
    for number in 1..=10 {
        let found = reader.find_in_runs(Kept::ForADay, &[0, 1, 2, 3], digest(number)).unwrap();
        assert_eq!(found, None, "{number}");
    }
    let restarted = Keys::new(reader.as_ref(), Kept::ForADay, 5);
    for keys in [&keys, &restarted] {
        (1..=10).for_each(|it| assert_eq!(keys.find(reader.as_ref(), it), None, "{it}"));
        (11..=22).for_each(|it| assert_eq!(keys.find(reader.as_ref(), it), Some(it)));
    }
}

pub fn numbers_go_on_when_every_run_is_forgotten(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    let mut keys = Keys::new(reader.as_ref(), Kept::ForADay, 5);
    for number in 1..=7 {
        keys.insert(number, number as i64);
        store.append(&keys.batch()).unwrap();
    }
    while let Some(slice) = keys.index.forget(Timestamp(DAY)) {
        store.append(&Batch { forgotten: vec![slice], ..Batch::default() }).unwrap();
    }
    let mut keys = Keys::new(reader.as_ref(), Kept::ForADay, 5);
    assert_eq!(keys.find(reader.as_ref(), 5), None);
    assert_eq!(keys.find(reader.as_ref(), 6), Some(6));
    for number in 8..=20 {
        keys.insert(number, number as i64);
        store.append(&keys.batch()).unwrap();
    }
    let keys = Keys::new(reader.as_ref(), Kept::ForADay, 5);
    (6..=20).for_each(|it| assert_eq!(keys.find(reader.as_ref(), it), Some(it)));
}

/// The index as a shard keeps it, and what has yet to go to the disk.
struct Keys {
    kept: Kept,
    index: KeyIndex,
    fresh: Vec<KeyRecord>,
}

impl Keys {
    fn new(reader: &dyn Reader, kept: Kept, run_keys: usize) -> Self {
        Self { kept, index: reader.keys(kept, run_keys).unwrap(), fresh: Vec::new() }
    }

    fn insert(&mut self, number: u64, at: i64) {
        let sequence = self.index.insert(digest(number), Timestamp(at));
        assert_eq!(sequence, number, "numbers have no gap");
        self.fresh.push(record(self.kept, number, at));
    }

    fn batch(&mut self) -> Batch {
        let keys = std::mem::take(&mut self.fresh);
        Batch { keys, sealed: self.index.next_slice().into_iter().collect(), ..Batch::default() }
    }

    fn find(&self, reader: &dyn Reader, number: u64) -> Option<u64> {
        match self.index.find(digest(number)) {
            Found::New => None,
            Found::At(sequence) => Some(sequence),
            Found::Maybe(runs) => reader.find_in_runs(self.kept, &runs, digest(number)).unwrap(),
        }
    }

    fn check(&self, reader: &dyn Reader, last: u64) {
        for number in 1..=last {
            assert_eq!(self.find(reader, number), Some(number), "of {last}");
        }
        assert_eq!(self.find(reader, last + 1), None);
    }
}

fn record(kept: Kept, number: u64, at: i64) -> KeyRecord {
    KeyRecord {
        kept,
        sequence: number,
        key: digest(number),
        fingerprint: number ^ 0xFEED,
        at: Timestamp(at),
        answer: KeyAnswer::Entries { first: Position(number), count: 2 },
    }
}

/// As evenly spread as the digests that come here.
fn digest(number: u64) -> u128 {
    let spread = |it: u64| {
        it.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    };
    u128::from(spread(number)) << 64 | u128::from(spread(!number))
}
