//! Several processes over one database: killed, stopped, woken and sent home.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::cluster::{Cluster, SECRET, Standby, balance, by_shard, metric};
use super::harness::{Client, Server, cents, payment_body, run, sporran, text, wait_for};

/// Payments of a cent each through one node, one after the other, until it is told to stop.
struct Payer {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Paid>,
}

#[derive(Default)]
struct Paid {
    /// References that were acknowledged.
    acknowledged: Vec<String>,
    /// What was said instead, where it was not.
    refused: Vec<String>,
    /// The longest that one took.
    longest: Duration,
}

impl Payer {
    /// With an Idempotency-Key, a request may be repeated by a node.
    fn start(node: &Server, account: &str, name: &str, with_key: bool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopping, mut client) = (Arc::clone(&stop), node.client());
        let path = format!("/v1/accounts/{account}/payments");
        let name = name.to_owned();
        let thread = std::thread::spawn(move || {
            let mut paid = Paid::default();
            for number in 0.. {
                if stopping.load(Ordering::Acquire) {
                    break;
                }
                let reference = format!("{name}-{number}");
                let key = with_key.then_some(reference.as_str());
                let asked_at = Instant::now();
                let answer = client.call("POST", &path, key, &payment_body(&reference, 1));
                paid.longest = paid.longest.max(asked_at.elapsed());
                match answer {
                    Ok(answer) if answer.status == 201 => paid.acknowledged.push(reference),
                    other => paid.refused.push(format!("{reference}: {other:?}")),
                }
            }
            paid
        });
        Self { stop, thread }
    }

    fn stop(self) -> Paid {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

#[test]
fn any_node_answers_and_a_command_beside_them_is_refused() {
    let Some(cluster) = Cluster::start("any", 2, Standby::Without) else { return };
    let (owner, other) = (cluster.owner().unwrap(), cluster.other());
    let mut there = cluster.node(owner).client();
    let mut here = cluster.node(other).client();
    let account = here.open_accounts(1).remove(0);
    assert_eq!(here.pay(&account, "R1", 150).unwrap().status, 201);
    assert_eq!(there.pay(&account, "R2", 50).unwrap().status, 201);
    assert_eq!((balance(&mut here, &account), balance(&mut there, &account)), (200, 200));
    // A reference that one of them took is known to the other.
    let again = here.pay(&account, "R2", 50).unwrap();
    assert_eq!((again.status, balance(&mut here, &account)), (201, 200), "{again:?}");
    for node in [owner, other] {
        assert_eq!(cluster.node(node).client().get("/health/ready").status, 200);
    }
    let mut stranger = Client::connect(&cluster.node(other).address, "spo_nobody").unwrap();
    assert_eq!(stranger.get(&format!("/v1/accounts/{account}")).status, 401);
    let url = cluster.url();
    let alone = cluster.data_dir(9);
    let (code, said) = run(&["serve", "--port", "0", "--data-dir", text(&alone), "--store", url]);
    assert!(code != 0 && said.contains("has the journal; stop all nodes first"), "{said}");
    assert_eq!(there.pay(&account, "R3", 1).unwrap().status, 201);
    cluster.verify();
}

#[test]
fn a_killed_nodes_place_is_taken_and_nothing_acknowledged_is_lost() {
    let Some(mut cluster) = Cluster::start("killed", 3, Standby::Without) else { return };
    let account = cluster.node(0).client().open_accounts(1).remove(0);
    for round in 0..2 {
        let (owner, other) = (cluster.owner().unwrap(), cluster.other());
        let before = balance(&mut cluster.node(other).client(), &account);
        let payer = Payer::start(cluster.node(other), &account, &format!("K{round}"), true);
        wait_for("some payments", || {
            (balance(&mut cluster.node(other).client(), &account) > before + 20).then_some(())
        });
        cluster.nodes[owner].take().unwrap().kill();
        wait_for("another node that has the shard", || cluster.owner());
        let found = balance(&mut cluster.node(other).client(), &account);
        wait_for("more payments", || {
            (balance(&mut cluster.node(other).client(), &account) > found + 20).then_some(())
        });
        let paid = payer.stop();
        assert_eq!(paid.refused, Vec::<String>::new());
        let count = i64::try_from(paid.acknowledged.len()).unwrap();
        let after = balance(&mut cluster.node(other).client(), &account);
        assert_eq!(after, before + count, "each once, and none is lost");
        println!("the longest payment took {:?}", paid.longest);
        cluster.add();
    }
    cluster.verify();
}

#[test]
fn a_node_that_was_stopped_finds_out_and_joins_again() {
    let Some(cluster) = Cluster::start("stopped", 2, Standby::Without) else { return };
    let (owner, other) = (cluster.owner().unwrap(), cluster.other());
    let account = cluster.node(owner).client().open_accounts(1).remove(0);
    let mut old = cluster.node(owner).client();
    assert_eq!(old.pay(&account, "R1", 100).unwrap().status, 201);
    cluster.node(owner).signal("-STOP");
    let mut new = cluster.node(other).client();
    // Without a key nobody repeats it: it was never given to the node that was stopped, or it is
    // not known what became of it.
    let answer = wait_for("a payment through the other node", || {
        Some(new.pay(&account, "R2", 10).unwrap()).filter(|it| it.status == 201)
    });
    assert_eq!(cents(&answer.body["balance"]), 110, "{answer:?}");
    assert_eq!(metric(cluster.node(other), "sporran_shards_held"), 1);
    // What it is asked while it sleeps it answers when it wakes, by what is true then.
    old.write(format!("{}\r\n", old.head("GET", &format!("/v1/accounts/{account}"), 0)).as_bytes())
        .unwrap();
    cluster.node(owner).signal("-CONT");
    let answer = old.answer().unwrap();
    assert_eq!((answer.status, cents(&answer.body["balance"])), (200, 110), "{answer:?}");
    let answer = old.pay(&account, "R3", 1).unwrap();
    assert_eq!((answer.status, cents(&answer.body["balance"])), (201, 111), "{answer:?}");
    assert_eq!(metric(cluster.node(owner), "sporran_shards_held"), 0);
    cluster.verify();
}

#[test]
fn a_node_that_is_asked_to_stop_hands_over_without_an_error() {
    let Some(mut cluster) = Cluster::start("handed", 2, Standby::Without) else { return };
    let account = cluster.node(0).client().open_accounts(1).remove(0);
    for round in 0..2 {
        let (owner, other) = (cluster.owner().unwrap(), cluster.other());
        let before = balance(&mut cluster.node(other).client(), &account);
        let payer = Payer::start(cluster.node(other), &account, &format!("H{round}"), false);
        let early = Payer::start(cluster.node(owner), &account, &format!("E{round}"), false);
        wait_for("some payments", || {
            (balance(&mut cluster.node(other).client(), &account) > before + 40).then_some(())
        });
        let mut leaving = cluster.nodes[owner].take().unwrap();
        leaving.terminate();
        wait_for("the other node to have the shard", || cluster.owner());
        let early = early.stop();
        assert_eq!(wait_for("the end of the node", || leaving.ended()), 0);
        let paid = payer.stop();
        assert_eq!(paid.refused, Vec::<String>::new());
        // Its own clients may find the connection closed, and nothing else.
        assert!(early.refused.iter().all(|it| it.contains("Err(")), "{:?}", early.refused);
        let count = i64::try_from(paid.acknowledged.len() + early.acknowledged.len()).unwrap();
        let after = balance(&mut cluster.node(other).client(), &account);
        assert!(after >= before + count, "{after} of {before} and {count}");
        assert!(after <= before + count + 1, "{after} of {before} and {count}");
        println!("the longest payment took {:?}", paid.longest);
        cluster.add();
    }
    cluster.verify();
}

/// Until the nodes have so many shards each, whichever has which.
fn wait_for_shares(cluster: &Cluster, shares: &[i64]) {
    wait_for(&format!("shares of {shares:?}"), || {
        let mut held = cluster.held();
        held.sort_unstable();
        (held == shares).then_some(())
    });
}

#[test]
fn many_shards_are_shared_evenly_and_taken_over_from_who_is_gone() {
    let Some(mut cluster) = Cluster::with_shards("many", 6, 2, Standby::Without) else { return };
    wait_for_shares(&cluster, &[3, 3]);
    // Six customers, who go to each shard in turn; all is found through either node.
    let mut client = cluster.node(0).client();
    let accounts: Vec<String> = (0..6).map(|_| client.open_accounts(1).remove(0)).collect();
    drop(client);
    let shards: BTreeSet<_> = accounts.iter().map(|it| id(it) >> 26).collect();
    assert_eq!(shards.len(), 6, "{accounts:?}");
    let payers: Vec<Payer> = accounts
        .iter()
        .enumerate()
        .map(|(at, account)| Payer::start(cluster.node(1), account, &format!("P{at}"), true))
        .collect();
    // One that comes is given its part, one that is killed loses it, and nobody hears of it.
    let third = cluster.add();
    wait_for_shares(&cluster, &[2, 2, 2]);
    cluster.nodes[third].take().unwrap().kill();
    wait_for_shares(&cluster, &[0, 3, 3]);
    let mut leaving = cluster.nodes[0].take().unwrap();
    leaving.terminate();
    assert_eq!(wait_for("the end of the node", || leaving.ended()), 0);
    wait_for_shares(&cluster, &[0, 0, 6]);
    let mut client = cluster.node(1).client();
    for (payer, account) in payers.into_iter().zip(&accounts) {
        let paid = payer.stop();
        assert!(paid.refused.is_empty(), "{:?}", paid.refused);
        assert_eq!(balance(&mut client, account), i64::try_from(paid.acknowledged.len()).unwrap());
        println!(
            "{account}: {} payments, the longest took {:?}",
            paid.acknowledged.len(),
            paid.longest
        );
    }
    drop(client);
    cluster.verify();
}

#[test]
fn each_node_shows_the_figures_of_the_shards_that_it_has() {
    let Some(mut cluster) = Cluster::with_shards("figures", 3, 2, Standby::Without) else { return };
    let mut client = cluster.node(0).client();
    (1..=3).for_each(|count| drop(client.open_accounts(count)));
    drop(client);
    let check = |cluster: &Cluster| {
        let there = cluster.nodes.iter().flatten();
        let mut shown: Vec<String> =
            there.flat_map(|it| by_shard(it, "sporran_accounts")).collect();
        shown.sort();
        let expected = [(0, 1), (1, 2), (2, 3)];
        let expected = expected
            .map(|(shard, accounts)| format!("sporran_accounts{{shard=\"{shard}\"}} {accounts}"));
        assert_eq!(shown, expected);
    };
    wait_for_shares(&cluster, &[1, 2]);
    check(&cluster);
    // Whoever has had a shard says nothing of it any more.
    let third = cluster.add();
    wait_for_shares(&cluster, &[1, 1, 1]);
    check(&cluster);
    cluster.nodes[third].take().unwrap().kill();
    wait_for_shares(&cluster, &[0, 1, 2]);
    check(&cluster);
    cluster.verify();
}

#[test]
fn a_database_keeps_the_shards_that_it_was_made_for() {
    let Some(cluster) = Cluster::with_shards("made", 3, 1, Standby::Without) else { return };
    let place = cluster.data_dir(9);
    let serve = ["serve", "--port", "0", "--data-dir", text(&place), "--store", cluster.url()];
    let (code, said) = run(&serve);
    assert!(code != 0 && said.contains("has 3 shards, which nodes share"), "{said}");
    let settings = [
        ("SPORRAN_NODES_ADDRESS", "http://127.0.0.1:9"),
        ("SPORRAN_NODES_SECRET", SECRET),
        ("SPORRAN_NODES_SHARDS", "8"),
    ];
    let ended = sporran(&serve).envs(settings).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("the database has 3"), "{said}");
    cluster.verify();
}

fn id(account: &str) -> u32 {
    account.strip_prefix("acc_").unwrap().parse().unwrap()
}
