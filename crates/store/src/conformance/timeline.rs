//! Timelines: several accounts' entries in one walk.

use std::collections::BTreeMap;

use engine::{AccountId, Entry, Fact, Name, Position};

use super::{Fresh, History, append, debug, samples};
use crate::{STAFF_PREFIX, Show, StoreError, TimelineAccount, TimelineQuery};

/// Entries of each account, newest first.
type Chains = BTreeMap<AccountId, Vec<Entry>>;

fn chains(entries: &[Entry]) -> Chains {
    let mut chains = Chains::new();
    for entry in entries.iter().rev() {
        if let Some(posting) = entry.posting {
            chains.entry(posting.account).or_default().push(entry.clone());
        }
    }
    chains
}

fn query(chains: &Chains, session: Option<u32>) -> TimelineQuery {
    let account = |it: &Vec<Entry>| TimelineAccount { head: it[0].position, session };
    TimelineQuery {
        accounts: chains.values().map(account).collect(),
        show: Show::All,
        before: Position(u64::MAX),
        lines_max: 5,
        looked_at_max: 40,
        beyond: 3,
    }
}

/// What the walk comes to along one account.
fn expected(own: &[Entry], session: Option<u32>, query: &TimelineQuery) -> Vec<Entry> {
    let (mut looked_at, mut lines, mut beyond, mut session) = (0, 0, 0, session);
    let mut found = Vec::new();
    for entry in own {
        if looked_at >= query.looked_at_max || (beyond >= query.beyond && session.is_none()) {
            break;
        }
        let is_beyond = lines >= query.lines_max;
        if entry.position < query.before {
            looked_at += 1;
            lines += usize::from(query.show.takes(entry));
        }
        beyond += usize::from(is_beyond);
        let began = match &entry.fact {
            Fact::Authorised { serial, .. } => Some(*serial),
            _ => None,
        };
        session = session.filter(|it| began.is_none_or(|began| began > *it));
        if entry.position < query.before || began.is_some() {
            found.push(entry.clone());
        }
    }
    found
}

pub fn a_timeline_goes_as_far_as_a_page_of_each_account(fresh: Fresh<'_>) {
    let (mut store, mut history) = (fresh(), History::new(6));
    let entries = history.entries(900);
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let chains = chains(&entries);
    assert!(chains.len() > 3);
    for show in Show::ALL {
        for before in [Position(u64::MAX), Position(700), Position(300), Position(1)] {
            for session in [None, Some(1), Some(4)] {
                let query = TimelineQuery { show, before, ..query(&chains, session) };
                let found = reader.timeline(&query).unwrap();
                let expected: Vec<_> =
                    chains.values().map(|it| expected(it, session, &query)).collect();
                assert_eq!(debug(&found.concat()), debug(&expected.concat()), "{query:?}");
                assert_eq!(found.len(), chains.len());
            }
        }
    }
    let nobody = TimelineQuery { accounts: Vec::new(), ..query(&chains, None) };
    assert!(reader.timeline(&nobody).unwrap().is_empty());
    let account = TimelineAccount { head: Position::START, session: None };
    let unopened = TimelineQuery { accounts: vec![account], ..query(&chains, None) };
    assert_eq!(reader.timeline(&unopened).unwrap().concat().len(), 0);
}

/// What counts as a line in the database does so in the program, for every kind of entry.
pub fn every_kind_of_entry_is_a_line_or_none(fresh: Fresh<'_>) {
    let mut entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    let mut prev = Position::START;
    for entry in &mut entries {
        if entry.position.0.is_multiple_of(3) {
            entry.origin.actor = Name::new(&format!("{STAFF_PREFIX}ann")).unwrap();
        }
        if let Some(posting) = &mut entry.posting {
            (posting.account, posting.prev) = (samples::ACCOUNT, prev);
            prev = entry.position;
        }
    }
    let mut store = fresh();
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let chains = chains(&entries);
    let own = &chains[&samples::ACCOUNT];
    for show in Show::ALL {
        assert!(own.iter().any(|it| show.takes(it)) && !own.iter().all(|it| show.takes(it)));
        // Where the walk ends tells which entry was the last line.
        for lines_max in 1..own.len() {
            let looked_at_max = own.len();
            let query =
                TimelineQuery { show, lines_max, looked_at_max, beyond: 1, ..query(&chains, None) };
            let found = reader.timeline(&query).unwrap().concat();
            assert_eq!(debug(&found), debug(&expected(own, None, &query)), "{show:?} {lines_max}");
        }
    }
}

pub fn a_broken_chain_is_no_timeline(fresh: Fresh<'_>) {
    let mut entries = History::new(7).entries(60);
    let whole = chains(&entries);
    let last = entries.iter().rposition(|it| it.posting.is_some()).unwrap();
    let position = entries[last].position;
    for prev in [position, position.plus(1), Position(10_000)] {
        entries[last].posting.as_mut().unwrap().prev = prev;
        let mut broken = fresh();
        append(broken.as_mut(), entries.clone());
        let error = broken.reader().unwrap().timeline(&query(&whole, None)).unwrap_err();
        let StoreError::Damaged { place, .. } = error else { panic!("{error:?}") };
        assert_eq!(place, format!("journal position {}", position.0));
    }
    let mut store = fresh();
    append(store.as_mut(), History::new(7).entries(60));
    let account = TimelineAccount { head: Position(61), session: None };
    let beyond = TimelineQuery { accounts: vec![account], ..query(&whole, None) };
    let error = store.reader().unwrap().timeline(&beyond).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}
