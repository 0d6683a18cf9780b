//! Who has which shard: one node at a time each.

use std::collections::BTreeMap;
use std::time::Instant;

use store::conformance::{History, batch_of};
use store::throwaway::Schema;
use store::{Durability, Holder, Holders, LEASE, Leases, Node, PostgresDatabase, Store, Taking};

use super::shard;

fn node(id: i64) -> Node {
    Node { id, address: format!("http://10.0.0.{id}:8080") }
}

fn leases(schema: &Schema, shards: u32, id: i64) -> Leases {
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    Leases::new(database, shards, node(id))
}

/// Keeps what it has and takes its share.
fn hold(leases: &mut Leases) -> Holders {
    leases.hold(Taking::AllBut(&[])).unwrap()
}

fn only(leases: &mut Leases) -> Holder {
    let Holders { of, .. } = hold(leases);
    let [only] = <[Holder; 1]>::try_from(of).unwrap();
    only
}

fn look(leases: &mut Leases) -> Holder {
    leases.hold(Taking::Nothing).unwrap().of.remove(0)
}

fn term(holder: &Holder) -> Option<i64> {
    match holder {
        Holder::Us { term, .. } => Some(*term),
        Holder::Another(_) | Holder::Nobody => None,
    }
}

/// The numbers of the shards that a node has.
fn had(holders: &Holders) -> Vec<usize> {
    let ours = holders.of.iter().enumerate().filter(|(_, it)| term(it).is_some());
    ours.map(|(number, _)| number).collect()
}

/// Ends all leases, as time does.
fn end(schema: &Schema) {
    schema.execute("UPDATE leases SET until = 1");
}

#[test]
fn one_node_has_a_shard_until_its_lease_ends_or_is_given_back() {
    let Some(schema) = Schema::make() else { return };
    let (mut first, mut second) = (leases(&schema, 1, 1), leases(&schema, 1, 2));
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    assert_eq!(look(&mut first), Holder::Nobody);
    assert_eq!(database.holder(shard(0)).unwrap(), None);
    let asked_at = Instant::now();
    let Holder::Us { term: 1, until } = only(&mut first) else { panic!("it was free") };
    // Over here before it is over there.
    assert!(until > asked_at && until <= Instant::now() + LEASE);
    assert_eq!(only(&mut second), Holder::Another(node(1)));
    assert_eq!(look(&mut second), Holder::Another(node(1)));
    assert_eq!(database.holder(shard(0)).unwrap(), Some(node(1)));
    assert_eq!(database.holder(shard(1)).unwrap(), None);
    assert_eq!(term(&only(&mut first)), Some(1), "renewing is no new term");
    end(&schema);
    assert_eq!(term(&only(&mut first)), Some(1), "nobody had it in between");
    end(&schema);
    assert_eq!(term(&only(&mut second)), Some(2));
    assert_eq!(only(&mut first), Holder::Another(node(2)));
    // What is not ours cannot be given back.
    first.give_back(shard(0)).unwrap();
    assert_eq!(term(&look(&mut second)), Some(2));
    second.give_back(shard(0)).unwrap();
    assert_eq!(term(&only(&mut first)), Some(3));
}

#[test]
fn nodes_take_an_even_share_and_all_of_it_when_the_others_are_gone() {
    let Some(schema) = Schema::make() else { return };
    let [mut one, mut two, mut three] = [1, 2, 3].map(|id| leases(&schema, 8, id));
    assert_eq!(had(&hold(&mut one)), (0..8).collect::<Vec<_>>(), "it is alone");
    // Another one is there, and nothing is free for it yet.
    let found = hold(&mut two);
    assert_eq!((had(&found), found.others), (vec![], vec![8]));
    assert_eq!(hold(&mut one).others, [0]);
    for number in [7, 1, 4] {
        one.give_back(shard(number)).unwrap();
    }
    assert_eq!(had(&hold(&mut one)), [0, 2, 3, 5, 6], "more than its share, and no more");
    assert_eq!(had(&two.hold(Taking::AllBut(&[shard(4)])).unwrap()), [1, 7]);
    // What one cannot open, the others take, whatever their share was.
    assert_eq!(hold(&mut one).others, Vec::<usize>::new());
    one.give_back(shard(4)).unwrap();
    assert_eq!(had(&hold(&mut two)), [1, 4, 7]);
    // Who is about to stop keeps what it has for as long as it needs, and counts no more.
    assert_eq!(had(&two.hold(Taking::Nothing).unwrap()), [1, 4, 7]);
    two.give_back(shard(1)).unwrap();
    assert_eq!(had(&hold(&mut one)), [0, 1, 2, 3, 5, 6]);
    assert_eq!(hold(&mut three).others, [6]);
    // All of a node's leases end with it.
    schema.execute("UPDATE leases SET until = 1; UPDATE nodes SET until = 1 WHERE node = 1");
    assert_eq!(had(&hold(&mut three)).len(), 8);
}

#[test]
fn of_many_that_ask_at_once_one_is_told_that_it_has_a_shard() {
    let Some(schema) = Schema::make() else { return };
    for _ in 0..20 {
        let asking = (1..=8).map(|id| leases(&schema, 3, id));
        let asking = asking.map(|mut it| std::thread::spawn(move || hold(&mut it)));
        let asking: Vec<_> = asking.collect();
        let told: Vec<Holders> = asking.into_iter().map(|it| it.join().unwrap()).collect();
        let mut had: Vec<usize> = told.iter().flat_map(had).collect();
        had.sort_unstable();
        // A node that was among the first to ask may have taken several.
        assert_eq!(had, [0, 1, 2], "{told:?}");
        end(&schema);
    }
}

#[test]
fn a_lease_whose_connection_was_lost_is_kept_over_another() {
    let Some(schema) = Schema::make() else { return };
    let name = format!("lost_{}", std::process::id());
    let url = format!("{}&application_name={name}", schema.url);
    let database = PostgresDatabase::open(&url, Durability::Demo).unwrap();
    let mut leases = Leases::new(database, 1, node(1));
    assert_eq!(term(&only(&mut leases)), Some(1));
    schema.execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = '{name}'"
    ));
    // The first to ask finds out, and the next asks over a new one.
    let mut again = || leases.hold(Taking::AllBut(&[]));
    let holders = again().or_else(|_| again()).unwrap();
    assert_eq!(term(&holders.of[0]), Some(1));
}

#[test]
fn shards_are_made_once_and_before_anybody_has_one() {
    let Some(schema) = Schema::make() else { return };
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    let make = |count| database.make_shards(count, &BTreeMap::new()).unwrap();
    assert_eq!(database.shards().unwrap(), 1);
    // Somebody has a lease, or writes: neither knows of more than one.
    let mut node = leases(&schema, 1, 1);
    hold(&mut node);
    assert_eq!(make(8), 1);
    end(&schema);
    let store = database.store(shard(0)).unwrap();
    assert_eq!(make(8), 1);
    drop(store);
    let writers = "SELECT 1 FROM pg_stat_activity JOIN shards ON pid = backend";
    while !schema.rows(writers).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(make(8), 8);
    assert_eq!((make(8), make(4)), (8, 8));
    assert_eq!(database.shards().unwrap(), 8);
    // What is in a journal was numbered for the shards that there were.
    schema.execute("DELETE FROM meta");
    let mut store = database.store(shard(0)).unwrap();
    store.append(&batch_of(History::new(1).entries(1))).unwrap();
    drop(store);
    assert_eq!(make(8), 1);
}
