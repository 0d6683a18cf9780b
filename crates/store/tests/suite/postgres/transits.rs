//! What one shard sends is found by the one that it is for, and by no other.

use engine::{Entry, Position, ShardId};
use store::Store;
use store::conformance::{batch_of, samples};

use super::{made, shard};

#[test]
fn what_is_sent_is_found_by_the_shard_that_it_is_for() {
    let Some((_schema, database)) = made() else { return };
    let mut store = database.store(ShardId::FIRST).unwrap();
    let entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    store.append(&batch_of(entries.clone())).unwrap();
    let reader = store.reader().unwrap();
    let sent: Vec<&Entry> = entries.iter().filter(|it| it.fact.sent_to().is_some()).collect();
    let places: Vec<Position> = sent.iter().map(|it| it.position).collect();
    let [first, second] = *places else { panic!("a transfer and a payment: {places:?}") };
    let after = |to, after, limit| {
        let found = reader.sent_after(to, after, limit).unwrap();
        found.into_iter().map(|it| it.position).collect::<Vec<_>>()
    };
    assert_eq!(after(shard(1), Position::START, 9), places);
    assert_eq!(after(shard(1), Position::START, 1), [first]);
    assert_eq!(after(shard(1), first, 9), [second]);
    assert_eq!(after(shard(1), second, 9), []);
    assert_eq!(after(shard(2), Position::START, 9), []);
    let whole = reader.sent_after(shard(1), Position::START, 9).unwrap();
    assert_eq!(format!("{whole:?}"), format!("{sent:?}"));
    let before = |to, before, limit| reader.sent_before(to, before, limit).unwrap();
    assert_eq!(before(shard(1), Position(u64::MAX), 9), [second, first]);
    assert_eq!(before(shard(1), Position(u64::MAX), 1), [second]);
    assert_eq!(before(shard(1), second, 9), [first]);
    assert_eq!(before(shard(2), Position(u64::MAX), 9), []);
    // Of another shard's journal nothing is seen.
    let other = database.store(shard(1)).unwrap().reader().unwrap();
    assert!(other.sent_after(shard(1), Position::START, 9).unwrap().is_empty());
}
