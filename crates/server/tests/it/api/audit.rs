//! Who did what, through which channel and why.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::roles::table;
use super::world::{World, eur, text};

/// Every entry that the pages have together.
async fn walk(world: &World, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/v1/audit?{query}{cursor}")).await.json(200);
        all.extend(page["entries"].as_array().expect("entries").iter().cloned());
        match page.get("next") {
            None => return all,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

fn positions(entries: &[Value]) -> Vec<u64> {
    entries.iter().map(|it| it["position"].as_u64().expect("a position")).collect()
}

/// Addresses that change something and write no entry, each with the place that says who did it.
const BESIDE_THE_JOURNAL: [&str; 11] = [
    // Endpoints and deliveries say nothing about money: `changes` in webhooks.db.
    "POST /v1/webhook-endpoints",
    "PUT /v1/webhook-endpoints/{endpoint}",
    "DELETE /v1/webhook-endpoints/{endpoint}",
    "POST /v1/webhook-endpoints/{endpoint}/rotate-secret",
    "POST /v1/webhook-endpoints/{endpoint}/test",
    "POST /v1/webhook-endpoints/{endpoint}/replay",
    "POST /v1/webhook-deliveries/{delivery}/retry",
    // Nobody does business where the clock can be set: the log.
    "POST /v1/clock",
    // How far the network was told: `attempts` in provisioning.db.
    "POST /v1/provisioning/commands/{command}/acknowledge",
    "POST /v1/provisioning/commands/{command}/retry",
    "POST /v1/provisioning/reconciliation",
];

/// Addresses that nobody's key opens: the actor is the payment channel, by its own secret.
const BY_CHANNEL: [&str; 3] = [
    "POST /channels/kiosk/{channel}",
    "POST /channels/kiosk/{channel}/registry",
    "POST /channels/stripe/{channel}",
];

#[tokio::test]
async fn every_write_says_who_through_which_channel_and_why() {
    let world = World::with_test_clock(|_| {});
    let mut written = BTreeSet::new();
    let table = table(&world).await;
    let debtor = world.account("EUR").await;
    // More than the bank statement brings.
    world.post(&format!("/v1/accounts/{debtor}/opening-balance"), eur("-99.00")).await.json(201);
    for (method, documented, mut path, mut body, _) in table {
        let what = format!("{method} {documented}");
        if method == "GET" || BY_CHANNEL.contains(&&*what) {
            continue;
        }
        if documented == "/v1/accounts/{account}/close" {
            // Only what has no money on it can be closed.
            path = format!("/v1/accounts/{}/close", world.account("EUR").await);
        }
        if let Some((_, rest)) = documented.split_once("{account}/write-offs") {
            path = format!("/v1/accounts/{debtor}/write-offs{rest}");
        }
        let mut ask = world.ask("admin", method, &path);
        if documented == "/v1/batches" {
            let mut payment = super::world::payment("batch", "1.00", "EUR");
            payment["account"] = json!("acc_1");
            body = json!({"operations": [{"payment": payment}]});
        }
        if documented == "/v1/bank-statements" {
            ask = ask.header("content-type", "application/xml").body(STATEMENT);
        } else if !body.is_null() {
            ask = ask.json(&body);
        }
        let before = world.head().await;
        let ask = ask.header("sporran-channel", "walk").header("sporran-reason", &what);
        let answer = ask.send().await;
        assert!(answer.status < 300, "{what}: {} {:?}", answer.status, answer.body);
        let entries = walk(&world, "limit=200").await;
        let fresh = entries.iter().filter(|it| it["position"].as_u64() > Some(before));
        let mut count = 0;
        for entry in fresh {
            let origin = (&entry["actor"], &entry["channel"]);
            // A statement's payments came through the bank, whoever sends the file.
            let channel = if documented == "/v1/bank-statements" { "main" } else { "walk" };
            assert_eq!(origin, (&json!("admin"), &json!(channel)), "{what}: {entry}");
            // A reason in the body may take the place of the header's.
            let reason = [&json!(what), &body["reason"]];
            assert!(reason.contains(&&entry["reason"]), "{what}: {entry}");
            count += 1;
        }
        assert_eq!(count == 0, BESIDE_THE_JOURNAL.contains(&&*what), "{what}: {count} entries");
        written.insert(what);
    }
    assert!(written.len() > 20, "{written:?}");
}

/// Payments to accounts that are there, and to one that is not.
const STATEMENT: &str = include_str!("../fixtures/camt/edition-02.xml");

#[tokio::test]
async fn doings_are_found_by_person_account_kind_and_time() {
    let world = World::new();
    let (account, other) = (world.account("EUR").await, world.account("EUR").await);
    let rename = |who: &'static str, account: &str, name: &str| {
        let path = format!("/v1/accounts/{account}/name");
        world.ask(who, "PUT", &path).json(&json!({"name": name}))
    };
    let mut moments = Vec::new();
    for place in 0..6 {
        world.advance(60);
        moments.push(world.moment(0));
        let who = ["admin", "agent"][place % 2];
        let account = if place < 4 { &account } else { &other };
        rename(who, account, &format!("name {place}")).send().await.json(200);
        world
            .ask(who, "POST", &format!("/v1/accounts/{account}/payments"))
            .json(&super::world::payment(&format!("r{place}"), "1.00", "EUR"))
            .send()
            .await
            .json(201);
        world
            .ask(who, "POST", &format!("/v1/accounts/{account}/charges"))
            .json(&eur("0.10"))
            .send()
            .await
            .json(201);
    }
    let names =
        |entries: &[Value]| -> Vec<String> { entries.iter().map(|it| text(&it["name"])).collect() };
    let renamed = "kind=account_renamed&limit=2";
    let found = walk(&world, &format!("actor=agent&{renamed}")).await;
    assert_eq!(names(&found), ["name 5", "name 3", "name 1"]);
    let found = walk(&world, &format!("account={other}&{renamed}")).await;
    assert_eq!(names(&found), ["name 5", "name 4"]);
    let found = walk(&world, &format!("actor=admin&account={account}&{renamed}")).await;
    assert_eq!(names(&found), ["name 2", "name 0"]);
    let between = format!("from={}&to={}", moments[1], moments[4]);
    for whose in ["", "actor=admin&", "actor=agent&"] {
        let found = walk(&world, &format!("{whose}{between}&{renamed}")).await;
        let expected: &[&str] = match whose {
            "" => &["name 3", "name 2", "name 1"],
            "actor=admin&" => &["name 2"],
            _ => &["name 3", "name 1"],
        };
        assert_eq!(names(&found), expected, "{whose}");
    }
    let found = walk(&world, &format!("account={account}&{between}&limit=1")).await;
    assert_eq!(found.len(), 9);
    // Everything, once.
    let all = positions(&walk(&world, "limit=3").await);
    assert_eq!(all, (1..=world.head().await).rev().collect::<Vec<_>>());
    // By person the traffic is left out, and the answer says so; by name it is looked for.
    let page = world.get("/v1/audit?actor=agent&limit=200").await.json(200);
    let entries = page["entries"].as_array().expect("entries");
    assert!(!entries.is_empty() && entries.iter().all(|it| it["kind"] != "charge"), "{page}");
    assert!(page["left_out"].as_array().expect("kinds").contains(&json!("charge")), "{page}");
    let found = walk(&world, "actor=agent&kind=charge,account_renamed&limit=200").await;
    assert_eq!(found.len(), 6);
    let page = world.get(&format!("/v1/audit?actor=agent&account={account}")).await.json(200);
    assert_eq!(page.get("left_out"), None);
    assert_eq!(page["entries"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn an_audit_that_cannot_be_made_is_refused() {
    let world = World::new();
    for (query, field) in [
        ("kind=renamed", "kind"),
        ("kind=payment,", "kind"),
        ("from=yesterday", "from"),
        ("to=1", "to"),
        ("account=acc_x", "account"),
        ("cursor=-1", "cursor"),
        ("limit=0", "limit"),
    ] {
        world.get(&format!("/v1/audit?{query}")).await.malformed(field);
    }
    world.get("/v1/audit?account=acc_9").await.problem(404, "account_not_found");
    assert_eq!(world.get("/v1/audit?actor=nobody").await.json(200)["entries"], json!([]));
    world.ask("reader", "GET", "/v1/audit").send().await.problem(403, "forbidden");
}
