//! What the first shard lays down and the others repeat, over several nodes.

use std::time::Instant;

use serde_json::{Value, json};
use store::throwaway;

use super::cluster::{Cluster, Standby, by_shard};
use super::harness::{Answer, Client, Server, wait_for};

const SHARDS: u32 = 3;

/// An account with money in each shard.
fn accounts(cluster: &Cluster) -> Vec<String> {
    let mut client = cluster.node(0).client();
    let accounts: Vec<String> = (0..SHARDS).map(|_| client.open_accounts(1).remove(0)).collect();
    for account in &accounts {
        assert_eq!(client.pay(account, account, 100_000).unwrap().status, 201);
    }
    let shards = accounts.iter().map(|it| it.strip_prefix("acc_").unwrap());
    let shards: Vec<u32> = shards.map(|it| it.parse::<u32>().unwrap() >> 26).collect();
    assert_eq!(shards.iter().sum::<u32>(), 3, "{shards:?}");
    accounts
}

fn put(client: &mut Client, path: &str, body: &Value) -> u64 {
    let set = client.call("PUT", path, None, &body.to_string()).unwrap();
    assert_eq!(set.status, 200, "{set:?}");
    set.body["version"].as_u64().unwrap()
}

/// A film at a price in dollars; answers the version.
fn set_film(client: &mut Client, price: &str) -> u64 {
    let film = json!({
        "title": "Film", "currency": "USD", "mode": "prepaid", "one_time": {"price": price},
    });
    put(client, "/v1/services/film", &film)
}

fn set_policy(client: &mut Client, amount: &str) -> u64 {
    let rules = json!({"amount": {"fixed": amount}, "duration": {"hours": 72}, "open_max": 1});
    put(client, "/v1/promised-payment-policies", &json!({"currency": "EUR", "rules": rules}))
}

fn add_rate(client: &mut Client, rate: &str) {
    let rates = json!({
        "base": "EUR", "source": "bank", "rates": [{"quote": "USD", "rate": rate}],
    });
    let added = client.post("/v1/exchange-rates", &rates);
    assert_eq!(added.status, 201, "{added:?}");
}

fn buy(client: &mut Client, account: &str) -> Answer {
    client.post("/v1/purchases", &json!({"account": account, "service": "film"}))
}

/// Until a customer buys this version at this rate; answers the position of the purchase.
fn wait_for_purchase(client: &mut Client, account: &str, version: u64, rate: &str) {
    wait_for(&format!("version {version} for {account}"), || {
        let bought = buy(client, account);
        let rates = &bought.body["conversion"]["rates"];
        (bought.body["version"] == version && rates[0]["rate"] == rate).then_some(())
    });
}

/// Services, policies and rates of a shard as its tables have them, in order.
fn laid_down(cluster: &Cluster, shard: u32) -> Vec<Vec<Option<String>>> {
    let sql = format!(
        "SELECT name, version::text, NULL, NULL FROM (SELECT * FROM services \
         WHERE shard = {shard} ORDER BY position) AS services UNION ALL \
         SELECT \"group\", currency, version::text, NULL FROM (SELECT * FROM promise_policies \
         WHERE shard = {shard} ORDER BY position) AS policies UNION ALL \
         SELECT base, quote, rate, valid_from::text FROM (SELECT * FROM exchange_rates \
         WHERE shard = {shard} ORDER BY position) AS rates"
    );
    throwaway::rows(cluster.url(), &sql)
}

fn wait_until_all_have_the_same(cluster: &Cluster, count: usize) {
    assert_eq!(laid_down(cluster, 0).len(), count);
    for shard in 1..SHARDS {
        wait_for(&format!("shard {shard} to have repeated everything"), || {
            (laid_down(cluster, shard) == laid_down(cluster, 0)).then_some(())
        });
    }
}

#[test]
fn what_one_shard_lays_down_is_in_force_in_all() {
    let Some(cluster) = Cluster::with_shards("repeated", SHARDS, 2, Standby::Without) else {
        return;
    };
    let accounts = accounts(&cluster);
    let mut clients = [cluster.node(0).client(), cluster.node(1).client()];
    for (version, price, rate) in [(1, "5.00", "1.25"), (2, "7.00", "1.75")] {
        let [here, there] = &mut clients;
        assert_eq!(set_film(here, price), version);
        add_rate(there, rate);
        assert_eq!(set_policy(here, price), version);
        for account in &accounts {
            wait_for_purchase(there, account, version, rate);
            wait_for_purchase(here, account, version, rate);
        }
    }
    wait_until_all_have_the_same(&cluster, 6);
    for version in 3..13 {
        let asked_at = Instant::now();
        assert_eq!(set_film(&mut clients[0], "7.00"), version);
        let set_at = Instant::now();
        wait_until_all_have_the_same(&cluster, 4 + version as usize);
        println!("set in {:?}, in force after {:?}", set_at - asked_at, set_at.elapsed());
    }
    let [here, there] = &mut clients;
    for account in &accounts {
        let promised = here.post(&format!("/v1/accounts/{account}/promised-payment"), &json!({}));
        assert_eq!(promised.body["policy"]["version"], 2, "{promised:?}");
    }
    // A withdrawal is a version like any other.
    let path = "/v1/promised-payment-policies?currency=EUR";
    let withdrawn = there.call("DELETE", path, None, "").unwrap();
    assert_eq!(withdrawn.body["version"], 3, "{withdrawn:?}");
    wait_until_all_have_the_same(&cluster, 17);
    let mut lags = by_shard(cluster.node(0), "sporran_repetition_lag_seconds");
    lags.extend(by_shard(cluster.node(1), "sporran_repetition_lag_seconds"));
    assert!(lags.len() >= 2 && lags.iter().all(|it| it.ends_with(" 0")), "{lags:?}");
    cluster.verify();
}

#[test]
fn a_shard_that_was_away_repeats_every_version() {
    let Some(mut cluster) = Cluster::with_shards("away", SHARDS, 2, Standby::Without) else {
        return;
    };
    let accounts = accounts(&cluster);
    let sql = "SELECT address FROM leases WHERE shard = 0";
    let first = throwaway::rows(cluster.url(), sql)[0][0].clone().unwrap();
    let first = (0..2).find(|it| first.ends_with(&cluster.node(*it).address)).unwrap();
    cluster.nodes[1 - first].take().unwrap().kill();
    let mut client = cluster.node(first).client();
    add_rate(&mut client, "1.25");
    for version in 1..=5 {
        assert_eq!(set_film(&mut client, &format!("{version}.00")), version);
    }
    cluster.wait_for_all_shards();
    for account in &accounts {
        wait_for_purchase(&mut client, account, 5, "1.25");
    }
    wait_until_all_have_the_same(&cluster, 6);
    // A node that comes and is given a shard finds where that stands.
    let third = cluster.add();
    wait_for("a shard for the new node", || (cluster.held()[third] > 0).then_some(()));
    assert_eq!(set_film(&mut client, "6.00"), 6);
    let mut client = cluster.node(third).client();
    for account in &accounts {
        wait_for_purchase(&mut client, account, 6, "1.25");
    }
    wait_until_all_have_the_same(&cluster, 7);
    cluster.verify();
}

#[test]
fn what_nobody_is_told_of_is_repeated_all_the_same() {
    let Some(cluster) = Cluster::with_shards("untold", SHARDS, 2, Standby::Without) else {
        return;
    };
    // From here on a notification goes nowhere.
    throwaway::execute(
        cluster.url(),
        "ALTER FUNCTION pg_catalog.pg_notify(text, text) RENAME TO silenced; \
         CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE sql AS ''",
    );
    let accounts = accounts(&cluster);
    let mut client = cluster.node(0).client();
    add_rate(&mut client, "1.25");
    for version in 1..=2 {
        assert_eq!(set_film(&mut client, "5.00"), version);
        for account in &accounts {
            wait_for_purchase(&mut client, account, version, "1.25");
        }
    }
    wait_until_all_have_the_same(&cluster, 3);
    cluster.verify();
}

#[test]
fn what_cannot_be_repeated_is_not_skipped_and_is_told_of() {
    let Some(mut cluster) = Cluster::with_shards("stuck", SHARDS, 2, Standby::Without) else {
        return;
    };
    assert_eq!(set_film(&mut cluster.node(0).client(), "5.00"), 1);
    wait_until_all_have_the_same(&cluster, 1);
    // Without its key nothing says of a version that it repeats one of the first shard's.
    cluster.nodes.drain(..).flatten().for_each(Server::kill);
    throwaway::execute(cluster.url(), "DELETE FROM keys WHERE shard = 1");
    cluster.add();
    cluster.wait_for_all_shards();
    let mut client = cluster.node(0).client();
    assert_eq!(set_film(&mut client, "6.00"), 2);
    wait_for("shard 2 to have repeated it", || {
        (laid_down(&cluster, 2) == laid_down(&cluster, 0)).then_some(())
    });
    assert_eq!(laid_down(&cluster, 1).len(), 1);
    let stopped = by_shard(cluster.node(0), "sporran_repetition_stopped");
    let expected = ["{shard=\"1\"} 1", "{shard=\"2\"} 0"];
    assert_eq!(stopped, expected.map(|it| format!("sporran_repetition_stopped{it}")));
    let said = cluster.end_and_verify();
    assert!(said.contains("no key says that it repeats 1\n"), "{said}");
    assert!(said.contains("1 faults were found"), "{said}");
}
