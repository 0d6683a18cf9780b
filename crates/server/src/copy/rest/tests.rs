use engine::{Position, Timestamp};
use store::{Found, KeyAnswer, SqliteStore};

use super::*;

/// Keys of a run.
const RUN_KEYS: usize = 16;

fn digest(number: u64) -> u128 {
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    u128::from(spread) << 64 | u128::from(spread.rotate_left(31))
}

fn record(kept: Kept, sequence: u64) -> KeyRecord {
    let answer = KeyAnswer::Entries { first: Position(sequence), count: 1 };
    let at = Timestamp(sequence as i64);
    KeyRecord { kept, sequence, key: digest(sequence), fingerprint: sequence, at, answer }
}

/// Uses keys up to the one with this number, as a shard does: one in each batch.
fn use_keys(store: &mut dyn Store, index: &mut KeyIndex, kept: Kept, until: u64) {
    while index.next() <= until {
        let key = record(kept, index.next());
        index.insert(key.key, key.at);
        let sealed = index.next_slice().into_iter().collect();
        store.append(&Batch { keys: vec![key], sealed, ..Batch::default() }).unwrap();
    }
}

fn find(reader: &dyn Reader, kept: Kept, number: u64) -> Option<u64> {
    match reader.keys(kept, RUN_KEYS).unwrap().find(digest(number)) {
        Found::New => None,
        Found::At(sequence) => Some(sequence),
        Found::Maybe(runs) => reader.find_in_runs(kept, &runs, digest(number)).unwrap(),
    }
}

#[test]
fn copied_keys_are_found_and_their_numbers_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let [mut source, mut target] =
        ["source", "target"].map(|it| SqliteStore::open(&directory.path().join(it)).unwrap());
    let reader = source.reader().unwrap();
    let [mut for_ever, mut for_a_day] = Kept::ALL.map(|it| reader.keys(it, RUN_KEYS).unwrap());
    use_keys(&mut source, &mut for_ever, Kept::ForEver, 70);
    use_keys(&mut source, &mut for_a_day, Kept::ForADay, 100);
    // One run is forgotten, and another one half.
    for _ in 0..256 + 128 {
        let forgotten = for_a_day.forget(Timestamp(40)).into_iter().collect();
        source.append(&Batch { forgotten, ..Batch::default() }).unwrap();
    }
    let mut first = 0;
    let mut see_first = |key: KeyRecord| {
        first = if first == 0 { key.sequence } else { first };
        Ok(())
    };
    reader.scan_keys(Kept::ForADay, &mut see_first).unwrap();
    assert!((18..40).contains(&first), "{first}");
    let copied = copy_keys(reader.as_ref(), &mut target, RUN_KEYS).unwrap();
    assert_eq!(copied, 70 + 101 - first);
    assert_eq!(copy_keys(reader.as_ref(), &mut target, RUN_KEYS).unwrap(), 0);
    // A copy that was broken off goes on, in the middle of a run or between two.
    for until in [103, 112, 129, 200] {
        use_keys(&mut source, &mut for_ever, Kept::ForEver, until);
        use_keys(&mut source, &mut for_a_day, Kept::ForADay, until);
        copy_keys(reader.as_ref(), &mut target, RUN_KEYS).unwrap();
        let target = target.reader().unwrap();
        for (kept, from) in [(Kept::ForEver, 1), (Kept::ForADay, first)] {
            assert_eq!(target.keys(kept, RUN_KEYS).unwrap().next(), until + 1);
            for number in from..=until {
                assert_eq!(find(target.as_ref(), kept, number), Some(number), "{kept:?}");
                let copied = target.key(kept, number).unwrap();
                assert_eq!(copied, Some(record(kept, number)));
            }
            assert_eq!(find(target.as_ref(), kept, until + 1), None);
        }
        assert_eq!(find(target.as_ref(), Kept::ForADay, first - 1), None);
    }
}
