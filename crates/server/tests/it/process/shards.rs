//! Many shards are one business: what lists, searches and sums up goes over all of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cluster::{Cluster, Standby};
use super::harness::{Client, payment_body, run};

const SHARDS: usize = 3;

/// A customer in each shard, with an account that owes as many euros as the customer's place in the
/// list, from one on, and has paid one.
struct Owing {
    customers: Vec<String>,
    accounts: Vec<String>,
}

impl Owing {
    fn make(client: &mut Client) -> Self {
        let mut made = Self { customers: Vec::new(), accounts: Vec::new() };
        for place in 1..=SHARDS {
            let fields =
                json!({"name": format!("Ann Number {place}"), "phone": "+689 87 12 34 56"});
            let customer = client.post("/v1/customers", &fields);
            let customer = customer.body["id"].as_str().unwrap().to_owned();
            let path = format!("/v1/customers/{customer}/accounts");
            let opened = client.post(&path, &json!({"currency": "EUR"}));
            let account = opened.body["id"].as_str().unwrap().to_owned();
            let of = |what: &str| format!("/v1/accounts/{account}/{what}");
            let limit = json!({"amount": "100.00", "currency": "EUR"}).to_string();
            let set = client.call("PUT", &of("credit-limit"), None, &limit).unwrap();
            assert_eq!(set.status, 200, "{set:?}");
            let charge = json!({"amount": format!("{}.00", place + 1), "currency": "EUR"});
            assert_eq!(client.post(&of("charges"), &charge).status, 201);
            let paid = client.call("POST", &of("payments"), None, &payment_body(&account, 100));
            assert_eq!(paid.unwrap().status, 201);
            made.customers.push(customer);
            made.accounts.push(account);
        }
        made
    }
}

/// The values of a field, of every page of a list.
fn listed(client: &mut Client, path: &str, list: &str, cursor: &str, field: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = String::new();
    loop {
        let page = client.get(&format!("{path}{next}")).body;
        for it in page[list].as_array().unwrap_or_else(|| panic!("{path}: {page}")) {
            all.push(it[field].as_str().map_or_else(|| it[field].to_string(), str::to_owned));
        }
        match &page["next"] {
            Value::Null => return all,
            Value::String(it) => next = format!("&{cursor}={it}"),
            it => next = format!("&{cursor}={it}"),
        }
    }
}

#[test]
fn lists_and_sums_are_of_all_shards() {
    let shards = u32::try_from(SHARDS).unwrap();
    let Some(cluster) = Cluster::with_shards("whole", shards, 2, Standby::Without) else { return };
    let owing = Owing::make(&mut cluster.node(0).client());
    let in_shards: BTreeSet<u32> = owing.accounts.iter().map(|it| shard_of(it)).collect();
    assert_eq!(in_shards.len(), SHARDS, "{:?}", owing.accounts);
    for node in 0..2 {
        let client = &mut cluster.node(node).client();
        let sums = client.get("/v1/receivables").body;
        assert_eq!(sums["currencies"][0]["owed"], "6.00", "{sums}");
        let balance = client.get("/v1/trial-balance").body;
        assert_eq!(balance["currencies"][0]["sum"], "0.00", "{balance}");
        let lines = balance["currencies"][0]["lines"].as_array().unwrap();
        let cash = lines.iter().find(|it| it["account"] == "payments:cash").unwrap();
        assert_eq!(cash["balance"], "-3.00", "{balance}");
        // Pages of one, each from another shard.
        let largest = "/v1/receivables/debtors?sort=largest&currency=EUR&limit=1";
        let owed = listed(client, largest, "debtors", "cursor", "account");
        assert_eq!(owed, owing.accounts.iter().rev().cloned().collect::<Vec<_>>());
        let names = listed(client, largest, "debtors", "cursor", "name");
        assert_eq!(names, ["Ann Number 3", "Ann Number 2", "Ann Number 1"]);
        let found = listed(client, "/v1/customers?q=ann&limit=1", "customers", "after", "id");
        let customers: BTreeSet<_> = found.iter().collect();
        assert_eq!(customers, owing.customers.iter().collect(), "{found:?}");
        assert_eq!(found.len(), SHARDS, "{found:?}");
        audit_is_whole(client, &owing);
    }
    cluster.verify();
}

#[test]
fn a_database_is_given_more_shards_while_nobody_has_it() {
    let Some(mut cluster) = Cluster::with_shards("more", 2, 1, Standby::Without) else { return };
    let owing = Owing::make(&mut cluster.node(0).client());
    let url = cluster.url().to_owned();
    let shards = |more: &[&str]| run(&[&["shards", "--store", &url], more].concat());
    let (code, said) = shards(&[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("has 2 shards") && said.contains("had by the node at"), "{said}");
    let (code, said) = shards(&["--count", "4"]);
    assert!(code != 0 && said.contains("stop all nodes"), "{said}");
    cluster.stop();
    for wrong in ["1", "65"] {
        let (code, said) = shards(&["--count", wrong]);
        assert!(code != 0 && said.contains("is not from 2"), "{said}");
    }
    let (code, said) = shards(&["--count", "4"]);
    assert!(code == 0 && said.contains("has 4 shards from now on"), "{said}");
    cluster.restart_with(4);
    // What was there is where it was, and those who come go to all four.
    let mut client = cluster.node(0).client();
    for account in &owing.accounts {
        assert_eq!(client.get(&format!("/v1/accounts/{account}")).status, 200, "{account}");
    }
    let new: BTreeSet<u32> = (0..4).map(|_| shard_of(&client.open_accounts(1)[0])).collect();
    assert_eq!(new, (0..4).collect());
    drop(client);
    cluster.verify();
}

fn shard_of(account: &str) -> u32 {
    account.strip_prefix("acc_").unwrap().parse::<u32>().unwrap() >> 26
}

/// What was written stands in the audit once, newest first, whatever the size of its pages.
fn audit_is_whole(client: &mut Client, owing: &Owing) {
    let whole = client.get("/v1/audit?limit=100").body;
    let entries = whole["entries"].as_array().unwrap();
    let moments: Vec<&str> = entries.iter().map(|it| it["at"].as_str().unwrap()).collect();
    assert!(moments.is_sorted_by(|a, b| a >= b), "{moments:?}");
    // Each customer made five entries: created, opened, a limit, a charge, a payment.
    assert_eq!(entries.len(), 5 * owing.customers.len());
    let positions: Vec<String> = entries.iter().map(|it| it["position"].to_string()).collect();
    for limit in [1, 2, 4] {
        let path = format!("/v1/audit?limit={limit}");
        assert_eq!(listed(client, &path, "entries", "cursor", "position"), positions, "{limit}");
    }
    let one_kind = listed(client, "/v1/audit?kind=payment&limit=2", "entries", "cursor", "kind");
    assert_eq!(one_kind, ["payment"; SHARDS]);
}
