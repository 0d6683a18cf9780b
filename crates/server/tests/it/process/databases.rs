//! A business whose shards are in two databases, on two servers.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use store::throwaway;

use super::claims::{customers, open, opened};
use super::cluster::{Cluster, balance};
use super::harness::{Client, run, sporran, text, wait_for};

const SHARDS: usize = 4;

/// What the servers may not lose.
const SETTINGS: [&str; 1] = ["fsync=on"];

/// Two nodes over two databases: the second one has the shards 2 and 3, and those that come later.
struct Spread {
    cluster: Cluster,
    second: throwaway::Server,
    /// Accounts, by their shards.
    accounts: Vec<String>,
    /// What was paid to each of them, and acknowledged, less what was charged.
    paid: Vec<i64>,
    payments: usize,
}

impl Spread {
    /// `None` where PostgreSQL is not installed.
    fn start(name: &str) -> Option<Self> {
        let place = format!("sporran-{name}-{}-second", std::process::id());
        let second = throwaway::Server::start(&std::env::temp_dir().join(place), &SETTINGS)?;
        let config = map(&[("2-63", &second.url())]);
        let cluster = Cluster::configured(name, u32::try_from(SHARDS).unwrap(), 2, &config)?;
        let mut client = cluster.node(0).client();
        let customers = customers(&mut client, u32::try_from(SHARDS).unwrap());
        let accounts: Vec<String> =
            customers.iter().map(|it| opened(&open(&mut client, it, None))).collect();
        let (paid, payments) = (vec![0; SHARDS], 0);
        Some(Self { cluster, second, accounts, paid, payments })
    }

    /// Pays a euro to the account of a shard; answers the status.
    fn pay(&mut self, client: &mut Client, shard: usize) -> u16 {
        self.payments += 1;
        let reference = format!("P{}", self.payments);
        let status = client.pay(&self.accounts[shard], &reference, 100).unwrap().status;
        if status == 201 {
            self.paid[shard] += 100;
        }
        status
    }

    fn charge(&mut self, client: &mut Client, shard: usize) {
        let path = format!("/v1/accounts/{}/charges", self.accounts[shard]);
        let charged = client.post(&path, &json!({"amount": "0.10", "currency": "EUR"}));
        assert_eq!(charged.status, 201, "{charged:?}");
        self.paid[shard] -= 10;
    }

    /// Everything that was acknowledged is there, once, in each account and in the sums.
    fn check_sums(&self, client: &mut Client) {
        let balances: Vec<i64> = self.accounts.iter().map(|it| balance(client, it)).collect();
        assert_eq!(balances, self.paid);
        let books = client.get("/v1/trial-balance").body;
        assert_eq!(books["currencies"][0]["sum"], "0.00", "{books}");
        let found = client.get("/v1/customers?q=ann&limit=100").body;
        assert_eq!(found["customers"].as_array().unwrap().len(), SHARDS, "{found}");
    }
}

/// The configuration of a business whose shards are spread so.
fn map(entries: &[(&str, &str)]) -> String {
    let entry = |(shards, url): &(&str, &str)| {
        format!("[[nodes.databases]]\nshards = '{shards}'\nurl = '{url}'\n")
    };
    entries.iter().map(entry).collect()
}

fn written(directory: &Path, name: &str, config: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, config).unwrap();
    path
}

/// The single value of a query.
fn value(url: &str, sql: &str) -> String {
    throwaway::rows(url, sql)[0][0].clone().unwrap_or_default()
}

fn shards_in(url: &str, table: &str) -> String {
    value(url, &format!("SELECT string_agg(DISTINCT shard::text, ' ') FROM {table}"))
}

#[test]
fn what_is_of_a_shard_is_in_its_database_and_the_rest_in_the_first() {
    let Some(mut spread) = Spread::start("spread") else { return };
    let [mut here, mut there] = [0, 1].map(|it| spread.cluster.node(it).client());
    for shard in 0..SHARDS {
        for client in [&mut here, &mut there] {
            assert_eq!(spread.pay(client, shard), 201);
            spread.charge(client, shard);
        }
    }
    // Money goes from one database into the other.
    for (from, to) in [(0, 2), (3, 1)] {
        let [payer, payee] = [from, to].map(|it| &spread.accounts[it]);
        let body = json!({"from": payer, "to": payee, "amount": "0.50", "currency": "EUR"});
        let moved = here.post("/v1/transfers", &body);
        assert_eq!((moved.status, &moved.body["in"]["account"]), (201, &json!(payee)), "{moved:?}");
        spread.paid[from] -= 50;
        spread.paid[to] += 50;
    }
    spread.check_sums(&mut here);
    // Claims lead from one database into the other.
    let number = Some("KA-1");
    let customers: Vec<String> = {
        let found = here.get("/v1/customers?q=ann").body;
        let found = found["customers"].as_array().unwrap();
        found.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let account = opened(&open(&mut here, &customers[3], number));
    assert_eq!(there.get("/v1/accounts/KA-1").body["id"], json!(account));
    assert_eq!(open(&mut there, &customers[0], number).status, 409);
    assert_eq!(here.pay(&spread.accounts[1], "P1", 100).unwrap().status, 409);
    // What the first shard lays down is in force in those of the other database.
    let rates = json!({"base": "EUR", "source": "bank", "rates": [{"quote": "USD", "rate": "2"}]});
    assert_eq!(there.post("/v1/exchange-rates", &rates).status, 201);
    for account in &spread.accounts {
        let path = format!("/v1/accounts/{account}/charges");
        let dollars = json!({"amount": "0.20", "currency": "USD"});
        wait_for("the rate", || (here.post(&path, &dollars).status == 201).then_some(()));
    }
    spread.paid.iter_mut().for_each(|it| *it -= 10);
    spread.check_sums(&mut there);
    let (first, second) = (spread.cluster.url().to_owned(), spread.second.url());
    for table in ["journal", "commits", "keys", "shards", "provisioning_cursors"] {
        assert_eq!(shards_in(&first, table), "0 1", "{table}");
        assert_eq!(shards_in(&second, table), "2 3", "{table}");
    }
    assert_eq!(shards_in(&first, "leases"), "0 1 2 3");
    for table in ["leases", "nodes", "claims", "api_keys", "webhook_cursors", "meta", "homes"] {
        assert_eq!(value(&second, &format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
    assert_eq!(shards_in(&first, "homes"), "2 3");
    spread.cluster.verify();
}

#[test]
fn a_database_that_is_away_takes_away_only_its_own_shards() {
    let Some(mut spread) = Spread::start("away") else { return };
    let mut client = spread.cluster.node(0).client();
    for shard in 0..SHARDS {
        assert_eq!(spread.pay(&mut client, shard), 201);
    }
    // A node dies: the other one has the shards of both.
    spread.cluster.nodes[1].take().unwrap().kill();
    for shard in 0..SHARDS {
        wait_for("the shards of the node", || {
            (spread.pay(&mut client, shard) == 201).then_some(())
        });
    }
    spread.check_sums(&mut client);
    spread.second.stop();
    for shard in [0, 1] {
        for _ in 0..20 {
            assert_eq!(spread.pay(&mut client, shard), 201);
            spread.charge(&mut client, shard);
        }
    }
    for shard in [2, 3] {
        let status = spread.pay(&mut client, shard);
        assert_eq!(status, 503);
    }
    // There is no sum and no list without each shard's part; and the node is well.
    assert_eq!(client.get("/v1/customers?q=ann&limit=100").status, 503);
    assert_eq!(client.get("/health/ready").status, 200);
    // Whoever comes now has the first database's, too, and the others when they are there again.
    let new = spread.cluster.add();
    let mut other = spread.cluster.node(new).client();
    for shard in [0, 1] {
        assert_eq!(spread.pay(&mut other, shard), 201);
    }
    spread.cluster.nodes[0].take().unwrap().kill();
    for shard in [0, 1] {
        wait_for("the first database's shards", || {
            (spread.pay(&mut other, shard) == 201).then_some(())
        });
    }
    assert_eq!(other.get("/health/ready").status, 200);
    spread.second.restart(&SETTINGS);
    for shard in [2, 3] {
        wait_for("the second database's shards", || {
            (spread.pay(&mut other, shard) == 201).then_some(())
        });
    }
    spread.check_sums(&mut other);
    spread.cluster.verify();
}

#[test]
fn a_database_that_stands_still_keeps_nobody_else_waiting() {
    let Some(mut spread) = Spread::start("still") else { return };
    let mut client = spread.cluster.node(0).client();
    for shard in 0..SHARDS {
        assert_eq!(spread.pay(&mut client, shard), 201);
    }
    spread.second.freeze();
    // More than a node has threads that may wait.
    let mut waiting: Vec<Client> = (0..600)
        .map(|_| {
            let mut client = spread.cluster.node(0).client();
            let head = client.head("GET", "/v1/customers?q=ann&limit=100", 0);
            client.write(format!("{head}\r\n").as_bytes()).unwrap();
            client
        })
        .collect();
    waiting[0].hurry(Duration::from_millis(100)).unwrap();
    waiting[0].answer().expect_err("the second database has its part");
    for node in [0, 1] {
        let mut client = spread.cluster.node(node).client();
        for shard in [0, 1] {
            assert_eq!(spread.pay(&mut client, shard), 201);
            spread.charge(&mut client, shard);
            let entries = client.get(&format!("/v1/accounts/{}/entries", spread.accounts[shard]));
            assert_eq!(entries.status, 200, "{entries:?}");
        }
        assert_eq!(client.get("/health/ready").status, 200);
        assert!(client.text("/metrics").contains("sporran_shards_held"));
    }
    spread.second.thaw();
    drop(waiting);
    let mut client = spread.cluster.node(0).client();
    for shard in [2, 3] {
        wait_for("the second database", || (spread.pay(&mut client, shard) == 201).then_some(()));
    }
    spread.check_sums(&mut client);
    spread.cluster.verify();
}

/// What is said by a node that does not start, and by `verify`, with another map.
fn refused(spread: &Spread, directory: &Path, config: &str) -> [String; 2] {
    let config = written(directory, "wrong.toml", config);
    let data_dir = directory.join("wrong");
    let place = ["--data-dir", text(&data_dir), "--config", text(&config)];
    let place = [&place[..], &["--store", spread.cluster.url()]].concat();
    let (code, verified) = run(&[&["verify"], &place[..]].concat());
    assert_ne!(code, 0, "{verified}");
    let node = [("SPORRAN_NODES_ADDRESS", "http://127.0.0.1:9"), ("SPORRAN_NODES_SECRET", SECRET)];
    let mut serve = sporran(&[&["serve", "--port", "0"], &place[..]].concat());
    let log = directory.join("log");
    serve.envs(node).stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap());
    let mut serving = Serving(serve.spawn().unwrap());
    let ended = wait_for("the end of a node with a wrong map", || serving.0.try_wait().unwrap());
    assert!(!ended.success());
    [verified, std::fs::read_to_string(log).unwrap()]
}

/// A process that should end by itself, and does so here at the latest.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // Ended already, in a test that passes.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const SECRET: &str = super::cluster::SECRET;

#[test]
fn a_wrong_map_is_refused_and_begins_no_journal() {
    let Some(mut spread) = Spread::start("wrong") else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut client = spread.cluster.node(0).client();
    for shard in 0..SHARDS {
        assert_eq!(spread.pay(&mut client, shard), 201);
    }
    let (first, second) = (spread.cluster.url().to_owned(), spread.second.url());
    throwaway::execute(&second, "CREATE DATABASE third");
    let third = second.replace("/postgres?", "/third?");
    for (config, wrong) in [
        (String::new(), "no entry of nodes.databases names it"),
        (map(&[("3", &second)]), "shard 2 is at home in the database "),
        (map(&[("1-3", &second)]), "shard 1 is at home in the database "),
        (map(&[("2-3", &first)]), "nodes.databases[0] leads to "),
        (map(&[("2-3", &third)]), "/third ("),
    ] {
        for said in refused(&spread, directory.path(), &config) {
            assert!(said.contains(wrong) && said.contains("at home"), "{config}{said}");
        }
    }
    assert_eq!(value(&third, "SELECT count(*) FROM shards"), "0");
    // Nor is the second one taken for a first one, or given to another business.
    let (code, said) = run(&["verify", "--store", &second]);
    assert!(code != 0 && said.contains("has shards of a business whose first database"), "{said}");
    throwaway::execute(&first, "CREATE DATABASE other");
    let other = first.replace("/postgres?", "/other?");
    let config = written(directory.path(), "other.toml", &map(&[("1-3", &second)]));
    let of_other = ["shards", "--config", text(&config), "--store", &other, "--count", "4"];
    let (code, said) = run(&of_other);
    assert!(code != 0 && said.contains("has shards of another business"), "{said}");
    let config = written(directory.path(), "more.toml", &map(&[("1-3", &first)]));
    let of_other = ["shards", "--config", text(&config), "--store", &other, "--count", "4"];
    let (code, said) = run(&of_other);
    assert!(code != 0 && said.contains("has something in it"), "{said}");
    spread.check_sums(&mut client);
    spread.cluster.verify();
}

#[test]
fn shards_that_are_added_are_made_in_the_database_that_the_map_names() {
    let Some(mut spread) = Spread::start("added") else { return };
    let mut client = spread.cluster.node(0).client();
    for shard in 0..SHARDS {
        assert_eq!(spread.pay(&mut client, shard), 201);
    }
    drop(client);
    let place = spread.cluster.place();
    let shards = |more: &[&str]| {
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        run(&[&["shards"], &place[..], more].concat())
    };
    spread.cluster.stop();
    let (code, said) = shards(&["--count", "6"]);
    assert!(code == 0 && said.contains("has 6 shards from now on"), "{said}");
    let (code, said) = shards(&[]);
    assert_eq!(code, 0, "{said}");
    let address = |shard: usize| {
        let start = format!("{shard:>4}  ");
        let line = said.lines().find(|it| it.starts_with(&start)).unwrap();
        line.split_once(", in ").unwrap().1.to_owned()
    };
    let [first, second] = [address(0), address(2)];
    assert!(second.contains("-second:5432/postgres") && first != second, "{said}");
    assert!(!said.contains("sporran@"), "{said}");
    let all: Vec<String> = (0..6).map(address).collect();
    assert_eq!(all, [&first, &first, &second, &second, &second, &second].map(String::clone));
    spread.second.stop();
    let (code, said) = shards(&[]);
    assert!(code != 0 && said.contains("in the database of nodes.databases[0]"), "{said}");
    assert!(said.contains("   1  ") && said.contains("entries, had by nobody"), "{said}");
    spread.second.restart(&SETTINGS);
    spread.cluster.restart_with(6);
    let mut client = spread.cluster.node(0).client();
    let opened: Vec<Value> =
        (0..6).map(|_| client.post("/v1/customers", &json!({"name": "Bea"})).body).collect();
    assert!(opened.iter().all(|it| it["id"].is_string()), "{opened:?}");
    assert_eq!(shards_in(&spread.second.url(), "journal"), "2 3 4 5");
    spread.check_sums(&mut client);
    drop(client);
    spread.cluster.verify();
}
