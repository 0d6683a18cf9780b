//! Switches of subscriptions, found without reading what is between them.

use engine::{Entry, Fact, Position};

use super::{Fresh, History, append, debug};

pub fn switches_are_found_among_everything_else(fresh: Fresh<'_>) {
    let mut store = fresh();
    let entries = History::new(1).entries(900);
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let switches: Vec<Entry> =
        entries.into_iter().filter(|it| matches!(it.fact, Fact::Switched(_))).collect();
    assert!(switches.len() > 2, "{switches:?}");
    let after = |position: Position, limit| debug(&reader.switches_after(position, limit).unwrap());
    assert_eq!(after(Position::START, 1_000), debug(&switches));
    assert_eq!(after(Position::START, 2), debug(&switches[..2]));
    assert_eq!(after(switches[0].position, 1), debug(&switches[1..2]));
    assert_eq!(after(switches[switches.len() - 1].position, 100), debug(&[]));
}
