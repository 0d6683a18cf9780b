//! Who did what, found by person, account, kind and place.

use std::collections::BTreeSet;

use engine::{AccountId, Entry, Name, Position};

use super::{Fresh, History, append, debug, samples};
use crate::{AuditQuery, Reader, TRAFFIC_KINDS};

/// A journal of three people's doings.
fn filled(fresh: Fresh<'_>) -> (Box<dyn Reader>, Vec<Entry>) {
    let (mut store, mut history) = (fresh(), History::new(21));
    let mut entries = history.entries(400);
    for entry in &mut entries {
        let actor = ["ann", "bob", "cy"][history.below(3) as usize];
        entry.origin.actor = Name::new(actor).unwrap();
    }
    append(store.as_mut(), entries.clone());
    (store.reader().unwrap(), entries)
}

fn account_of(entry: &Entry) -> Option<AccountId> {
    entry.posting.map(|it| it.account)
}

fn newest_of(entries: &[Entry], account: AccountId) -> Position {
    let own = |it: &&Entry| account_of(it) == Some(account);
    entries.iter().rfind(own).map_or(Position::START, |it| it.position)
}

fn is_traffic(entry: &Entry) -> bool {
    TRAFFIC_KINDS.contains(&entry.fact.kind())
}

/// Every entry that the pages have together.
fn walk(reader: &dyn Reader, query: &AuditQuery, limit: usize) -> Vec<Entry> {
    let (mut found, mut query) = (Vec::new(), query.clone());
    loop {
        let page = reader.audit(&query, limit).unwrap();
        assert!(page.entries.len() <= limit);
        found.extend(page.entries);
        match page.before {
            None => return found,
            Some(before) => {
                assert!(before < query.before, "a cursor leads on");
                query.before = before;
            }
        }
    }
}

pub fn an_audit_finds_every_entry_once_page_by_page(fresh: Fresh<'_>) {
    let (reader, entries) = filled(fresh);
    let account = entries.iter().rev().find_map(account_of).unwrap();
    let along = newest_of(&entries, account);
    let mut sizes = BTreeSet::new();
    for actor in [None, Some("ann"), Some("nobody")] {
        for of_account in [false, true] {
            for kinds in [&[][..], &["payment"], &["payment", "transfer_in", "charge"], &["x"]] {
                for (from, before) in [(0, u64::MAX), (80, 320), (1, 401), (200, 200)] {
                    let query = AuditQuery {
                        actor: actor.map(str::to_owned),
                        along: of_account.then_some(along),
                        kinds: kinds.iter().map(|it| (*it).to_owned()).collect(),
                        from: Position(from),
                        before: Position(before),
                    };
                    let by_person = actor.is_some() && !of_account && !kinds.contains(&"charge");
                    let wanted = |it: &&Entry| {
                        (from..before).contains(&it.position.0)
                            && actor.is_none_or(|actor| it.origin.actor.as_str() == actor)
                            && (!of_account || account_of(it) == Some(account))
                            && (kinds.is_empty() || kinds.contains(&it.fact.kind()))
                            && !(by_person && is_traffic(it))
                    };
                    let expected: Vec<Entry> =
                        entries.iter().rev().filter(wanted).cloned().collect();
                    for limit in [1, 50, 5_000] {
                        let found = walk(reader.as_ref(), &query, limit);
                        assert_eq!(debug(&found), debug(&expected), "{query:?} by {limit}");
                    }
                    sizes.insert(expected.len());
                }
            }
        }
    }
    assert!(sizes.len() > 8, "{sizes:?}");
}

pub fn an_audit_along_an_account_begins_anywhere(fresh: Fresh<'_>) {
    let (reader, entries) = filled(fresh);
    let accounts: BTreeSet<AccountId> = entries.iter().filter_map(account_of).collect();
    for account in accounts.into_iter().take(4) {
        let along = Some(newest_of(&entries, account));
        for before in (0..410).step_by(13) {
            let query = AuditQuery { along, before: Position(before), ..AuditQuery::everything() };
            let own = |it: &&Entry| account_of(it) == Some(account) && it.position.0 < before;
            let expected: Vec<Entry> = entries.iter().rev().filter(own).cloned().collect();
            let found = walk(reader.as_ref(), &query, 9);
            assert_eq!(debug(&found), debug(&expected), "{account:?} before {before}");
        }
    }
}

pub fn people_are_found_by_their_doings_and_traffic_by_reading_back(fresh: Fresh<'_>) {
    let mut store = fresh();
    let entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let kinds = |query: &AuditQuery| -> BTreeSet<&'static str> {
        walk(reader.as_ref(), query, 7).iter().map(|it| it.fact.kind()).collect()
    };
    let by_ann = AuditQuery { actor: Some("ann".into()), ..AuditQuery::everything() };
    let all: BTreeSet<&'static str> = entries.iter().map(|it| it.fact.kind()).collect();
    let traffic = BTreeSet::from(TRAFFIC_KINDS);
    assert_eq!(kinds(&AuditQuery::everything()), all);
    assert_eq!(kinds(&by_ann), all.difference(&traffic).copied().collect());
    for kind in TRAFFIC_KINDS {
        let query = AuditQuery { kinds: vec![kind.into()], ..by_ann.clone() };
        assert_eq!(kinds(&query), BTreeSet::from([kind]));
    }
}

pub fn an_audit_page_that_finds_nothing_says_where_to_look_on(fresh: Fresh<'_>) {
    let mut store = fresh();
    let charge = samples::one_of_each().into_iter().find(|it| it.0 == "charge");
    let charge = charge.expect("a sample").1;
    let at = |it| Entry { position: Position(it), ..charge.clone() };
    let mut entries: Vec<Entry> = (1..=45_000).map(at).collect();
    entries[2].origin.actor = Name::new("zed").unwrap();
    let sought = entries[2].clone();
    append(store.as_mut(), entries);
    let reader = store.reader().unwrap();
    // By kind the journal is read back, so many entries at a time.
    let mut query = AuditQuery { actor: Some("zed".into()), ..AuditQuery::everything() };
    query.kinds = vec!["charge".into()];
    let mut pages = 0;
    loop {
        let page = reader.audit(&query, 10).unwrap();
        pages += 1;
        if let Some(found) = page.entries.first() {
            assert_eq!(debug(std::slice::from_ref(found)), debug(&[sought]));
            break;
        }
        query.before = page.before.expect("it has not been found yet");
    }
    assert_eq!(pages, 3);
}
