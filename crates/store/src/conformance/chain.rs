//! One account's entries, along its chain.

use std::ops::ControlFlow;

use engine::{AccountId, Entry, Position};

use super::{Fresh, History, append, debug};
use crate::{Reader, Store, StoreError};

/// A journal in which several accounts' entries lie between each other.
fn filled(fresh: Fresh<'_>) -> (Box<dyn Store>, Vec<Entry>) {
    let (mut store, mut history) = (fresh(), History::new(6));
    let entries = history.entries(400);
    append(store.as_mut(), entries.clone());
    (store, entries)
}

fn account_of(entry: &Entry) -> Option<AccountId> {
    entry.posting.map(|it| it.account)
}

fn accounts(entries: &[Entry]) -> std::collections::BTreeSet<AccountId> {
    entries.iter().filter_map(account_of).collect()
}

fn of(entries: &[Entry], account: AccountId) -> Vec<Entry> {
    entries.iter().rev().filter(|it| account_of(it) == Some(account)).cloned().collect()
}

fn read(reader: &dyn Reader, last: Position, limit: usize) -> Vec<Entry> {
    let mut found = Vec::new();
    let each = &mut |entry| {
        found.push(entry);
        if found.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    reader.account_entries(last, each).unwrap();
    found
}

pub fn an_account_is_read_along_its_chain(fresh: Fresh<'_>) {
    let (store, entries) = filled(fresh);
    let reader = store.reader().unwrap();
    assert!(accounts(&entries).len() > 3);
    for account in accounts(&entries) {
        let own = of(&entries, account);
        let whole = read(reader.as_ref(), own[0].position, usize::MAX);
        assert_eq!(debug(&whole), debug(&own), "{account:?}");
        let last = own.len() / 2;
        let some = read(reader.as_ref(), own[last].position, 3);
        let expected = &own[last..own.len().min(last + 3)];
        assert_eq!(debug(&some), debug(expected), "{account:?}");
    }
    assert_eq!(read(reader.as_ref(), Position::START, usize::MAX).len(), 0);
}

pub fn a_chain_is_found_from_any_place(fresh: Fresh<'_>) {
    let (store, entries) = filled(fresh);
    let reader = store.reader().unwrap();
    for account in accounts(&entries) {
        let own = of(&entries, account);
        for until in 0..=entries.len() as u64 + 1 {
            let expected = own.iter().map(|it| it.position).find(|it| it.0 <= until);
            let found = reader.account_position(own[0].position, Position(until)).unwrap();
            assert_eq!(found, expected.unwrap_or(Position::START), "{account:?} until {until}");
        }
    }
}

pub fn a_broken_chain_is_not_half_an_answer(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut entries = History::new(7).entries(60);
    let last = entries.iter().rposition(|it| it.posting.is_some()).unwrap();
    let position = entries[last].position;
    for prev in [position, position.plus(1), Position(10_000)] {
        entries[last].posting.as_mut().unwrap().prev = prev;
        let mut broken = fresh();
        append(broken.as_mut(), entries.clone());
        let reader = broken.reader().unwrap();
        let walked = reader.account_entries(position, &mut |_| ControlFlow::Continue(()));
        let found = reader.account_position(position, Position::START).map(|_| ());
        for error in [walked.unwrap_err(), found.unwrap_err()] {
            let StoreError::Damaged { place, .. } = error else { panic!("{error:?}") };
            assert_eq!(place, format!("journal position {}", position.0));
        }
    }
    append(store.as_mut(), History::new(7).entries(60));
    let reader = store.reader().unwrap();
    let beyond = Position(61);
    let error = reader.account_position(beyond, Position::START).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}
