//! What the first shard lays down is known to whoever looks, and told to whoever listens.

use std::time::Duration;

use engine::{Entry, Position, ShardId};
use store::conformance::{batch_of, samples};
use store::{Originals, PostgresStore, Store};

use super::{made, shard};

/// Longer than it takes to be told; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Long enough for what would be told wrongly.
const A_MOMENT: Duration = Duration::from_millis(50);

/// Entries of every kind, then one that adds rates at each turn.
struct Journal {
    store: PostgresStore,
    last: Position,
}

impl Journal {
    fn append(&mut self, mut entries: Vec<Entry>) {
        for entry in &mut entries {
            self.last = self.last.plus(1);
            entry.position = self.last;
        }
        self.store.append(&batch_of(entries)).unwrap();
    }

    fn add_rates(&mut self) {
        self.append(vec![sample("exchange_rates_added")]);
    }
}

fn sample(kind: &str) -> Entry {
    let samples = samples::one_of_each();
    samples.into_iter().find(|it| it.0 == kind).unwrap().1
}

#[test]
fn whoever_listens_is_told_of_what_is_laid_down_and_of_nothing_else() {
    let Some((schema, database)) = made() else { return };
    schema.execute("INSERT INTO meta VALUES (0, 'shards', '3')");
    let mut originals = Originals::new(database.clone());
    assert_eq!(originals.newest().unwrap(), ShardId::FIRST.start());
    let store = database.store(ShardId::FIRST).unwrap();
    let mut journal = Journal { store, last: ShardId::FIRST.start() };
    for kind in ["service_set", "promise_policy_set", "exchange_rates_added"] {
        journal.append(vec![sample("customer_updated"), sample(kind)]);
        assert!(originals.wait(PATIENCE), "{kind}");
        assert_eq!(originals.newest().unwrap(), journal.last, "{kind}");
    }
    let newest = journal.last;
    journal.append(vec![sample("customer_updated")]);
    let mut other = Journal { store: database.store(shard(2)).unwrap(), last: shard(2).start() };
    other.add_rates();
    assert!(!originals.wait(A_MOMENT));
    assert_eq!(originals.newest().unwrap(), newest);
    // Rows of a batch that are copied are told of as well.
    let mut many: Vec<Entry> = (0..700).map(|_| sample("customer_updated")).collect();
    many.push(sample("exchange_rates_added"));
    journal.append(many);
    assert!(originals.wait(PATIENCE));
    assert_eq!(originals.newest().unwrap(), journal.last);
}

#[test]
fn what_nobody_told_is_there_all_the_same() {
    let Some((schema, database)) = made() else { return };
    let store = database.store(ShardId::FIRST).unwrap();
    let mut journal = Journal { store, last: ShardId::FIRST.start() };
    let mut originals = Originals::new(database.clone());
    originals.newest().unwrap();
    // With one shard nobody repeats anything, and nobody is told.
    journal.add_rates();
    assert!(!originals.wait(A_MOMENT));
    assert_eq!(originals.newest().unwrap(), journal.last);
    // A connection that ends ends the waiting; the next one finds what happened between them.
    schema.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%greatest%' \
         AND pid <> pg_backend_pid()",
    );
    assert!(originals.wait(PATIENCE));
    assert!(originals.newest().is_err());
    journal.add_rates();
    assert_eq!(originals.newest().unwrap(), journal.last);
}
