//! Switches of subscriptions, found without reading what is between them.

use std::sync::Arc;

use engine::{Entry, Fact, Name, Position, SwitchCause, SwitchFact};

use super::{Fresh, History, append, debug};

/// A history in which charges are switches instead.
fn entries() -> Vec<Entry> {
    let mut entries = History::new(1).entries(500);
    let charges = entries.iter_mut().filter(|it| matches!(it.fact, Fact::Charge(_)));
    for (entry, subscription) in charges.zip(1..=3) {
        entry.fact = Fact::Switched(Arc::new(SwitchFact {
            subscription,
            service: Name::new("internet-100").unwrap(),
            version: 3,
            on: subscription % 2 == 0,
            cause: SwitchCause::FundsLow,
            pauses: false,
            until: None,
            adapter: Some(Name::new("olt").unwrap()),
            subjects: vec!["amelie@example.pf".into()],
            profile: [("down_kbit".into(), "100000".into())].into(),
        }));
    }
    entries
}

pub fn switches_are_found_among_everything_else(fresh: Fresh<'_>) {
    let mut store = fresh();
    let entries = entries();
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let switches: Vec<Entry> =
        entries.into_iter().filter(|it| matches!(it.fact, Fact::Switched(_))).collect();
    assert_eq!(switches.len(), 3);
    let after = |position: Position, limit| debug(&reader.switches_after(position, limit).unwrap());
    assert_eq!(after(Position::START, 100), debug(&switches));
    assert_eq!(after(Position::START, 2), debug(&switches[..2]));
    assert_eq!(after(switches[0].position, 1), debug(&switches[1..2]));
    assert_eq!(after(switches[2].position, 100), debug(&[]));
}
