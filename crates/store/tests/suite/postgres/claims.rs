//! What one shard alone may have.

use std::sync::Arc;
use std::time::Duration;

use store::{Claim, ClaimKind, Claimed, Durability, Leases, Node, PostgresDatabase, Taking};

use super::{made, shard};

fn claims(numbers: impl IntoIterator<Item = u128>) -> Vec<Claim> {
    let claim = |number: u128| Claim { digest: number << 64 | 7, kind: ClaimKind::Number };
    numbers.into_iter().map(claim).collect()
}

/// Whose each of them is, by the shards' numbers.
fn claimed(database: &PostgresDatabase, claims: &[Claim]) -> Vec<Option<u32>> {
    let found = database.claimed(claims).unwrap();
    found.into_iter().map(|it: Option<Claimed>| Some(it?.shard.number())).collect()
}

fn leased(database: &Arc<PostgresDatabase>, node: i64, shards: u32) -> Leases {
    let node = Node { id: node, address: format!("http://10.0.0.{node}:8080") };
    let mut leases = Leases::new(Arc::clone(database), shards, node);
    leases.hold(Taking::AllBut(&[])).unwrap();
    leases
}

#[test]
fn what_one_shard_has_claimed_no_other_gets() {
    let Some((schema, database)) = made() else { return };
    let [first, second] = [1, 2].map(shard);
    assert_eq!(claimed(&database, &claims(1..=4)), [None; 4]);
    assert_eq!(database.claim(first, &claims([1, 2])).unwrap(), [first; 2]);
    // In the order of the question, and each as often as it is asked for.
    let asked = claims([3, 2, 4, 3, 1]);
    let whose = [second, first, second, second, first];
    assert_eq!(database.claim(second, &asked).unwrap(), whose);
    assert_eq!(database.claim(second, &asked).unwrap(), whose, "it may be asked again");
    let found = [Some(2), Some(1), Some(2), Some(2), Some(1)];
    assert_eq!(claimed(&database, &asked), found);
    assert_eq!(claimed(&database, &claims([9, 1])), [None, Some(1)]);
    assert_eq!(database.claim(first, &[]).unwrap(), []);
    let subject = Claim { digest: 77, kind: ClaimKind::Subject };
    assert_eq!(database.claim(first, &[subject]).unwrap(), [first]);
    let kinds = schema.rows("SELECT kind, count(*) FROM claims GROUP BY kind ORDER BY kind");
    let kinds: Vec<_> = kinds.into_iter().flatten().flatten().collect();
    assert_eq!(kinds, ["number", "4", "subject", "1"]);
    schema.execute("UPDATE claims SET at = at - 60000");
    let since = database.claimed(&[subject]).unwrap()[0].unwrap().since;
    assert!((60..600).contains(&since.as_secs()), "{since:?}");
    // A server whose clock went back has no claims of the future.
    schema.execute("UPDATE claims SET at = at + 600000");
    assert_eq!(database.claimed(&[subject]).unwrap()[0].unwrap().since, Duration::ZERO);
}

#[test]
fn of_those_who_claim_at_once_one_gets_it() {
    let Some((schema, _)) = made() else { return };
    let forwards = claims(1..=300);
    let backwards: Vec<_> = forwards.iter().rev().copied().collect();
    let whose: Vec<Vec<_>> = std::thread::scope(|scope| {
        let claim = |number: u32| {
            let (url, claims) = (&schema.url, [&forwards, &backwards][number as usize % 2]);
            scope.spawn(move || {
                let database = PostgresDatabase::open(url, Durability::Demo).unwrap();
                let mut whose = database.claim(shard(number), claims).unwrap();
                if number % 2 == 1 {
                    whose.reverse();
                }
                whose
            })
        };
        let claiming: Vec<_> = (0..6).map(claim).collect();
        claiming.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(whose.iter().all(|it| it.len() == 300 && *it == whose[0]), "{whose:?}");
    assert_eq!(schema.rows("SELECT count(*) FROM claims"), [[Some("300".to_owned())]]);
}

#[test]
fn a_shards_claims_are_released_by_the_node_that_has_its_lease() {
    let Some((schema, database)) = made() else { return };
    let [first, second] = [0, 1].map(shard);
    let mut leases = leased(&database, 5, 2);
    let all = claims(1..=3);
    database.claim(first, &all[..2]).unwrap();
    database.claim(second, &all[2..]).unwrap();
    assert_eq!(database.release(first, &all, 6).unwrap(), 0, "another node has the lease");
    assert_eq!(database.release(second, &all[..2], 5).unwrap(), 0, "they are another shard's");
    assert_eq!(claimed(&database, &all), [Some(0), Some(0), Some(1)]);
    assert_eq!(database.release(first, &all[1..], 5).unwrap(), 1);
    assert_eq!(claimed(&database, &all), [Some(0), None, Some(1)]);
    assert_eq!(database.claim(second, &all).unwrap(), [first, second, second]);
    leases.give_back(first).unwrap();
    assert_eq!(database.release(first, &all, 5).unwrap(), 0, "nobody has the lease");
    leases.hold(Taking::AllBut(&[])).unwrap();
    schema.execute("UPDATE leases SET until = 1");
    assert_eq!(database.release(first, &all, 5).unwrap(), 0, "the lease is over");
    assert_eq!(claimed(&database, &all), [Some(0), Some(1), Some(1)]);
}

#[test]
fn a_claim_is_made_over_a_connection_that_had_ended() {
    let Some((schema, database)) = made() else { return };
    database.claim(shard(1), &claims([1])).unwrap();
    schema.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE pid <> pg_backend_pid() AND application_name = 'sporran' \
         AND query LIKE '%claims%'",
    );
    assert_eq!(database.claim(shard(2), &claims([1, 2])).unwrap(), [shard(1), shard(2)]);
}
