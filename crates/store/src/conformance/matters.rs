//! What one entry began and another settles; and the policies for promised payments.

use engine::{Entry, Fact, Position};

use super::{Fresh, append, debug, samples};
use crate::{Matter, MatterRecord, Reader, Which};

/// The beginnings and the endings of a matter, among the samples.
const STORIES: [(Matter, &str, &str); 5] = [
    (Matter::UnallocatedPayment, "payment_unallocated", "payment_allocated"),
    (Matter::UnallocatedPayment, "payment_unallocated", "payment_returned"),
    (Matter::UnallocatedPayment, "payment_unallocated", "payment_forwarded"),
    (Matter::RefundRequest, "refund_requested", "refund_rejected"),
    (Matter::Promise, "promise_granted", "promise_ended"),
];

/// Entries of the samples, at positions of their own, each about its own beginning.
fn story(begins: &str, ends: &str) -> Vec<Entry> {
    let samples = samples::one_of_each();
    let sample = |name: &str| samples.iter().find(|it| it.0 == name).unwrap().1.clone();
    let mut entries = Vec::new();
    for place in 0..6_u64 {
        let mut entry = sample(begins);
        entry.position = Position(place + 1);
        number(&mut entry, place as u32 + 1, Position(0));
        entries.push(entry);
    }
    // The second and the fifth are settled.
    for (place, began) in [(6, 2), (7, 5)] {
        let mut entry = sample(ends);
        entry.position = Position(place + 1);
        number(&mut entry, began, Position(began.into()));
        entries.push(entry);
    }
    entries
}

/// Says which matter an entry is about: by its serial on the account, or by its position.
fn number(entry: &mut Entry, serial: u32, began: Position) {
    match &mut entry.fact {
        Fact::PaymentAllocated(it) => std::sync::Arc::make_mut(it).payment = began,
        Fact::PaymentReturned(it) => std::sync::Arc::make_mut(it).payment = began,
        Fact::PaymentForwarded(it) => std::sync::Arc::make_mut(it).payment = began,
        Fact::RefundRequested(it) => std::sync::Arc::make_mut(it).serial = serial,
        Fact::RefundRejected(it) => std::sync::Arc::make_mut(it).serial = serial,
        Fact::PromiseGranted(it) => std::sync::Arc::make_mut(it).credit = serial,
        Fact::PromiseEnded(it) => std::sync::Arc::make_mut(it).credit = serial,
        _ => {}
    }
}

fn list(reader: &dyn Reader, kind: Matter, which: Which, limit: usize) -> Vec<MatterRecord> {
    let (mut found, mut after) = (Vec::new(), Position::START);
    loop {
        let page = reader.matters(kind, which, after, limit).unwrap();
        let Some(last) = page.last() else { return found };
        after = last.began;
        found.extend(page);
    }
}

pub fn matters_are_open_until_they_are_settled(fresh: Fresh<'_>) {
    for (kind, begins, ends) in STORIES {
        let mut store = fresh();
        let entries = story(begins, ends);
        let settled = |began: u64| match began {
            2 => Some(Position(7)),
            5 => Some(Position(8)),
            _ => None,
        };
        append(store.as_mut(), entries[..6].to_vec());
        let reader = store.reader().unwrap();
        check(reader.as_ref(), kind, &|_| None);
        append(store.as_mut(), entries[6..].to_vec());
        check(reader.as_ref(), kind, &settled);
        for other in [Matter::UnallocatedPayment, Matter::RefundRequest, Matter::Promise] {
            let count = list(reader.as_ref(), other, Which::All, 9).len();
            assert_eq!(count, if other == kind { 6 } else { 0 }, "{begins}: {other:?}");
        }
    }
}

fn check(reader: &dyn Reader, kind: Matter, settled: &dyn Fn(u64) -> Option<Position>) {
    let record = |it| MatterRecord { began: Position(it), settled_by: settled(it) };
    let all: Vec<MatterRecord> = (1..=6).map(record).collect();
    let open: Vec<_> = all.iter().filter(|it| it.settled_by.is_none()).copied().collect();
    for limit in [1, 4, 100] {
        assert_eq!(list(reader, kind, Which::All, limit), all, "{kind:?}");
        assert_eq!(list(reader, kind, Which::Open, limit), open, "{kind:?}");
    }
    for began in 0..=9 {
        let expected = all.iter().find(|it| it.began.0 == began).copied();
        assert_eq!(reader.matter(kind, Position(began)).unwrap(), expected, "{kind:?} {began}");
    }
}

pub fn policies_are_read_back_up_to_a_position(fresh: Fresh<'_>) {
    let is_policy = |it: &Fact| matches!(it, Fact::PromisePolicySet(_));
    check_read_back(fresh, is_policy, |reader, until| reader.promise_policies(until).unwrap());
}

pub fn services_are_read_back_up_to_a_position(fresh: Fresh<'_>) {
    let is_service = |it: &Fact| matches!(it, Fact::ServiceSet(_));
    check_read_back(fresh, is_service, |reader, until| reader.services(until).unwrap());
}

fn check_read_back(
    fresh: Fresh<'_>,
    is_meant: impl Fn(&Fact) -> bool,
    read: impl Fn(&dyn Reader, Position) -> Vec<Entry>,
) {
    let mut store = fresh();
    let entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let meant: Vec<Entry> = entries.iter().filter(|it| is_meant(&it.fact)).cloned().collect();
    assert_eq!(meant.len(), 2);
    for until in 0..=entries.len() as u64 + 1 {
        let before = meant.iter().filter(|it| it.position.0 <= until);
        let expected: Vec<Entry> = before.cloned().collect();
        let found = read(reader.as_ref(), Position(until));
        assert_eq!(debug(&found), debug(&expected), "until {until}");
    }
}

pub fn what_is_laid_down_is_found_among_everything_else(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    entries.retain(|it| it.fact.is_laid_down());
    assert_eq!(entries.len(), 5, "two services, two policies, and rates of several currencies");
    let places: Vec<Position> = entries.iter().map(|it| it.position).collect();
    let (first, last) = (places[0], places[places.len() - 1]);
    for limit in [1, 3, 9] {
        for after in first.0 - 1..=last.0 + 1 {
            let found = reader.laid_down_after(Position(after), limit).unwrap();
            let expected = entries.iter().filter(|it| it.position.0 > after).take(limit);
            let expected: Vec<Entry> = expected.cloned().collect();
            assert_eq!(debug(&found), debug(&expected), "{limit} after {after}");
            let found = reader.laid_down_before(Position(after), limit).unwrap();
            let expected = places.iter().rev().filter(|it| it.0 < after).take(limit);
            let expected: Vec<Position> = expected.copied().collect();
            assert_eq!(found, expected, "{limit} before {after}");
        }
    }
    let all = reader.laid_down_before(Position(u64::MAX), 9).unwrap();
    assert_eq!(all, places.into_iter().rev().collect::<Vec<_>>());
}
