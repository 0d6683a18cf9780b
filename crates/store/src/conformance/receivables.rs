//! What was owed at any minute of the past.

use std::collections::BTreeSet;

use engine::{Currency, Name, ReceivableKey, ReceivablePoint, State, Timestamp, minute_of};

use super::{Fresh, History, batch_of};
use crate::{Batch, Reader};

const MINUTE: i64 = 60_000_000;

/// What was owed by each key, in order.
type Owed = Vec<(ReceivableKey, i128)>;

pub(super) fn point(
    currency: &str,
    group: Option<&str>,
    day: i32,
    minute: i64,
    owed: i128,
) -> ReceivablePoint {
    let currency = Currency::from_code(currency).unwrap();
    let group = group.map(|it| Name::new(it).unwrap());
    let key = ReceivableKey { currency, group, day };
    ReceivablePoint { key, minute: Timestamp(minute * MINUTE), owed }
}

/// A journal that came about, with every batch's points; after each entry, what was owed.
fn grown(fresh: Fresh<'_>, seed: u64) -> (Box<dyn Reader>, Vec<(Timestamp, Owed)>) {
    let (mut store, mut history) = (fresh(), History::new(seed));
    let mut replica = State::default();
    let mut seen = Vec::new();
    for _ in 0..150 {
        let count = 1 + history.below(12) as usize;
        let mut batch = batch_of(history.entries(count));
        batch.receivables = history.state.receivables.take_history();
        store.append(&batch).unwrap();
        for entry in &batch.entries {
            replica.apply(entry);
            seen.push((entry.at, replica.receivables.sums().collect()));
        }
        // So that some minutes have many batches and some have none.
        if history.below(2) == 0 {
            history.now = history.now.plus(history.below(5) as i64 * MINUTE / 2);
        }
    }
    (store.reader().unwrap(), seen)
}

pub fn what_was_owed_is_known_for_every_minute(fresh: Fresh<'_>) {
    for seed in 3..6 {
        let (reader, seen) = grown(fresh, seed);
        // Nothing changes in a minute without entries: those beside one with entries are enough.
        let around = |at: Timestamp| (-1..=2).map(move |it| minute_of(at).plus(it * MINUTE));
        let minutes: BTreeSet<_> = seen.iter().flat_map(|it| around(it.0)).collect();
        let mut distinct = BTreeSet::new();
        for minute in minutes {
            let before = seen.partition_point(|it| it.0 < minute).checked_sub(1);
            let expected = before.map_or(Vec::new(), |it| seen[it].1.clone());
            let found = reader.receivables_at(minute).unwrap();
            assert_eq!(found, expected, "seed {seed}, minute {minute:?}");
            distinct.insert(format!("{found:?}"));
        }
        assert!(distinct.len() > 15, "{}", distinct.len());
        let keys = seen[seen.len() - 1].1.iter().map(|it| (it.0.currency, it.0.group));
        assert!(keys.collect::<BTreeSet<_>>().len() > 2);
    }
}

pub fn within_a_minute_the_last_point_counts(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    let mut add = |points: Vec<ReceivablePoint>| {
        store.append(&Batch { receivables: points, ..Batch::default() }).unwrap();
    };
    let huge = i128::from(i64::MAX) * 1_000_000;
    add(vec![point("EUR", None, 10, 5, 100), point("EUR", None, 10, 5, 150)]);
    add(vec![point("EUR", None, 10, 5, 200), point("EUR", Some("vip"), 9, 5, 7)]);
    add(vec![point("EUR", None, 10, 7, 0), point("XPF", None, -3, 8, huge)]);
    let at = |minute: i64| -> Vec<(String, Option<&str>, i32, i128)> {
        let found = reader.receivables_at(Timestamp(minute * MINUTE)).unwrap();
        let flat = |(key, owed): (ReceivableKey, i128)| {
            (key.currency.to_string(), key.group.map(Name::as_str), key.day, owed)
        };
        found.into_iter().map(flat).collect()
    };
    let (eur, vip) = (("EUR".to_owned(), None, 10, 200), ("EUR".to_owned(), Some("vip"), 9, 7));
    assert_eq!(at(5), []);
    assert_eq!(at(6), [eur.clone(), vip.clone()]);
    assert_eq!(at(7), [eur, vip.clone()]);
    assert_eq!(at(8), std::slice::from_ref(&vip));
    assert_eq!(at(9), [vip, ("XPF".to_owned(), None, -3, huge)]);
}
