//! Who has a shard: one node at a time.

use std::time::{Duration, Instant};

use store::throwaway::Schema;
use store::{Durability, Holder, LEASE, Lease, Node, PostgresDatabase};

use super::shard;

fn node(id: i64) -> Node {
    Node { id, address: format!("http://10.0.0.{id}:8080") }
}

fn term(holder: &Holder) -> Option<i64> {
    match holder {
        Holder::Us { term, .. } => Some(*term),
        Holder::Another(_) | Holder::Nobody => None,
    }
}

/// Ends a lease, as time does.
fn end(schema: &Schema) {
    schema.execute("UPDATE leases SET until = 1");
}

#[test]
fn one_node_has_a_shard_until_its_lease_ends_or_is_given_back() {
    let Some(schema) = Schema::make() else { return };
    let database = || PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    let mut first = Lease::new(database(), shard(3), node(1));
    let mut second = Lease::new(database(), shard(3), node(2));
    assert_eq!(first.look().unwrap(), Holder::Nobody);
    let asked_at = Instant::now();
    let Holder::Us { term: 1, until } = first.hold().unwrap() else { panic!("it was free") };
    // Over here before it is over there.
    assert!(until >= asked_at + LEASE - Duration::from_millis(1));
    assert!(until <= Instant::now() + LEASE);
    assert_eq!(second.hold().unwrap(), Holder::Another(node(1)));
    assert_eq!(second.look().unwrap(), Holder::Another(node(1)));
    assert_eq!(database().holder(shard(3)).unwrap(), Some(node(1)));
    assert_eq!(database().holder(shard(4)).unwrap(), None);
    // Another shard is another matter, and renewing is no new term.
    assert_eq!(term(&Lease::new(database(), shard(4), node(2)).hold().unwrap()), Some(1));
    assert_eq!(term(&first.hold().unwrap()), Some(1));
    end(&schema);
    assert_eq!(first.look().unwrap(), Holder::Nobody);
    assert_eq!(term(&first.hold().unwrap()), Some(1), "nobody had it in between");
    end(&schema);
    assert_eq!(term(&second.hold().unwrap()), Some(2));
    assert_eq!(first.hold().unwrap(), Holder::Another(node(2)));
    // What is not ours cannot be given back.
    first.give_back().unwrap();
    assert_eq!(term(&second.look().unwrap()), Some(2));
    second.give_back().unwrap();
    assert_eq!(term(&first.hold().unwrap()), Some(3));
}

#[test]
fn of_many_that_ask_at_once_one_is_told_that_it_has_the_shard() {
    let Some(schema) = Schema::make() else { return };
    for _ in 0..20 {
        let leases = (1..=8).map(|id| {
            let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
            Lease::new(database, shard(0), node(id))
        });
        let asking = leases.map(|mut it| std::thread::spawn(move || it.hold().unwrap()));
        let asking: Vec<_> = asking.collect();
        let told: Vec<Holder> = asking.into_iter().map(|it| it.join().unwrap()).collect();
        assert_eq!(told.iter().filter_map(term).count(), 1, "{told:?}");
        end(&schema);
    }
}

#[test]
fn a_lease_whose_connection_was_lost_is_kept_over_another() {
    let Some(schema) = Schema::make() else { return };
    let name = format!("lost_{}", std::process::id());
    let url = format!("{}&application_name={name}", schema.url);
    let database = PostgresDatabase::open(&url, Durability::Demo).unwrap();
    let mut lease = Lease::new(database, shard(0), node(1));
    assert_eq!(term(&lease.hold().unwrap()), Some(1));
    schema.execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = '{name}'"
    ));
    // The first to ask finds out, and the next asks over a new one.
    let again = lease.hold().or_else(|_| lease.hold()).unwrap();
    assert_eq!(term(&again), Some(1));
}
