//! What one shard alone may have of a business with several: numbers that were brought along, and
//! references of payments.

use std::collections::BTreeSet;

use engine::{AccountNumber, ShardId};
use serde_json::{Value as Json, json};
use server::claims::Value;
use server::http::resources::payments::payment_key;
use store::throwaway;

use super::cluster::{Cluster, Standby, balance};
use super::harness::{Answer, Client, cents, decimal, payment_body, run, wait_for};

const CONFIG: &str = "
    [channels.kiosk.osmp]
    secret = 'a secret of terminals'
    currency = 'EUR'
    time_zone = 'UTC'
    allow = ['127.0.0.1']
    secret_parameter = 'password'
";

/// A customer of each shard, in the order of the shards.
pub fn customers(client: &mut Client, shards: u32) -> Vec<String> {
    let mut customers: Vec<(u32, String)> = (0..shards)
        .map(|_| {
            let made = client.post("/v1/customers", &json!({"name": "Ann"}));
            assert_eq!(made.status, 201, "{made:?}");
            let id = made.body["id"].as_str().unwrap().to_owned();
            (id.strip_prefix("cus_").unwrap().parse::<u32>().unwrap() >> 26, id)
        })
        .collect();
    customers.sort();
    let of: Vec<u32> = customers.iter().map(|it| it.0).collect();
    assert_eq!(of, (0..shards).collect::<Vec<_>>(), "each new one goes to the next shard");
    customers.into_iter().map(|it| it.1).collect()
}

pub fn open(client: &mut Client, customer: &str, number: Option<&str>) -> Answer {
    let path = format!("/v1/customers/{customer}/accounts");
    client.post(&path, &json!({"currency": "EUR", "number": number}))
}

/// The account that was opened.
pub fn opened(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["id"].as_str().unwrap().to_owned()
}

/// Has two callers ask at the same moment, each through a node of its own.
fn at_once(cluster: &Cluster, asks: [&(dyn Fn(&mut Client) -> Answer + Sync); 2]) -> [Answer; 2] {
    let start = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let ask = |node: usize| {
            let (mut client, start, ask) = (cluster.node(node).client(), &start, asks[node]);
            scope.spawn(move || {
                start.wait();
                ask(&mut client)
            })
        };
        [ask(0), ask(1)].map(|it| it.join().unwrap())
    })
}

fn xml(client: &mut Client, query: &str) -> String {
    client.text(&format!("/channels/kiosk/osmp?password=a+secret+of+terminals&{query}"))
}

/// The shards that have claimed something, with how much each has.
fn claims(cluster: &Cluster) -> String {
    let sql = "SELECT coalesce(string_agg(shard || ':' || kind || ':' || count, ' '), '') FROM \
               (SELECT shard, kind, count(*) FROM claims GROUP BY 1, 2 ORDER BY 1, 2) AS it";
    throwaway::rows(cluster.url(), sql)[0][0].clone().unwrap()
}

#[test]
fn a_number_brought_along_is_given_once_and_leads_to_its_account() {
    let Some(cluster) = Cluster::configured("numbers", 3, 2, CONFIG) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let customers = customers(&mut here, 3);
    let mut given = BTreeSet::new();
    for round in 0..12 {
        let number = format!("KA-{round}");
        let [first, second] = [round % 3, (round + 1) % 3].map(|it| &customers[it]);
        let answers = at_once(
            &cluster,
            [&|client| open(client, first, Some(&number)), &|client| {
                open(client, second, Some(&number))
            }],
        );
        let (yes, no): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 201);
        assert!(yes.len() == 1 && no.len() == 1, "{answers:?}");
        assert_eq!((no[0].status, &no[0].body["code"]), (409, &json!("account_number_taken")));
        let account = opened(yes[0]);
        for client in [&mut here, &mut there] {
            let found = client.get(&format!("/v1/accounts/{number}"));
            assert_eq!((found.status, &found.body["id"]), (200, &json!(account)), "{found:?}");
        }
        given.insert(account);
    }
    assert_eq!(given.len(), 12);
    // In a path, in a body, and at a terminal.
    let elsewhere = opened(&open(&mut here, &customers[2], Some("0042/b")));
    assert_eq!(there.pay("0042%2Fb", "R1", 500).unwrap().status, 201);
    let session =
        json!({"account": "0042/b", "session": "s1", "amount": "1.00", "currency": "EUR"});
    let held = there.post("/v1/authorisations", &session);
    assert_eq!((held.status, &held.body["granted"]), (200, &json!(true)), "{held:?}");
    for (client, txn) in [(&mut here, 1), (&mut there, 2)] {
        let said = xml(client, "command=check&txn_id=9&account=0042/b");
        assert!(said.contains("<result>0</result>"), "{said}");
        // A number at the terminals' own end that looks like one of another shard's accounts.
        let paid = format!("txn_id=1{txn}0000000{txn}&sum=2.00");
        let said = xml(client, &format!("command=pay&account=0042/b&{paid}"));
        assert!(said.contains("<result>0</result>") && !said.contains("allocate"), "{said}");
        let said = xml(client, &format!("command=status&{paid}"));
        assert!(said.contains("<result>0</result>") && said.contains("paid"), "{said}");
    }
    assert_eq!(balance(&mut here, &elsewhere), 900);
    let said = xml(&mut here, "command=cancel&txn_id=1100000001");
    assert!(said.contains("<result>0</result>"), "{said}");
    assert_eq!(balance(&mut there, "0042%2Fb"), 700);
    let said = xml(&mut here, "command=check&txn_id=9&account=0043");
    assert!(said.contains("<result>5</result>"), "{said}");
    // One that another shard gives out is nobody else's, now and later.
    let own = AccountNumber::own(ShardId::new(2).unwrap(), 77).to_string();
    let refused = open(&mut here, &customers[1], Some(&own));
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("account_number_taken")));
    assert_eq!(open(&mut there, &customers[2], Some(&own)).status, 201);
    assert_eq!(there.get(&format!("/v1/accounts/{own}")).status, 200);
    cluster.verify();
}

#[test]
fn a_payments_reference_counts_once_in_all_shards() {
    let Some(cluster) = Cluster::with_shards("references", 3, 2, Standby::Without) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let customers = customers(&mut here, 3);
    let accounts: Vec<String> =
        customers.iter().map(|it| opened(&open(&mut here, it, None))).collect();
    for round in 0..12 {
        let reference = format!("R{round}");
        let [first, second] = [round % 3, (round + 1) % 3].map(|it| &accounts[it]);
        let answers = at_once(
            &cluster,
            [&|client| client.pay(first, &reference, 100).unwrap(), &|client| {
                client.pay(second, &reference, 100).unwrap()
            }],
        );
        let (yes, no): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 201);
        assert!(yes.len() == 1 && no.len() == 1, "{answers:?}");
        assert_eq!((no[0].status, &no[0].body["code"]), (409, &json!("reference_reused")));
        assert_eq!(no[0].body["field"], "account");
        // The same again gets the first answer, through either node.
        let account = if answers[0].status == 201 { first } else { second };
        for client in [&mut here, &mut there] {
            assert_eq!(client.pay(account, &reference, 100).unwrap().body, yes[0].body);
        }
    }
    let sum: i64 = accounts.iter().map(|it| balance(&mut here, it)).sum();
    assert_eq!(sum, 1_200);
    // Many at once, each on its own.
    let pay = |reference: &str, account: &str| {
        let payment: Json = serde_json::from_str(&payment_body(reference, 100)).unwrap();
        let mut payment = payment.as_object().unwrap().clone();
        payment.insert("account".into(), json!(account));
        json!({"payment": payment})
    };
    let before = balance(&mut here, &accounts[1]);
    assert_eq!(here.pay(&accounts[0], "B1", 100).unwrap().status, 201);
    let batch = ["B0", "B1", "B2", "B2"].map(|it| pay(it, &accounts[1]));
    let done = there.post("/v1/batches", &json!({"operations": batch}));
    assert_eq!(done.status, 200, "{done:?}");
    let codes: Vec<_> =
        (0..4).map(|it| done.body["results"][it]["problem"]["code"].clone()).collect();
    assert_eq!(codes, [Json::Null, json!("reference_reused"), Json::Null, Json::Null]);
    assert_eq!(done.body["results"][2]["position"], done.body["results"][3]["position"]);
    assert_eq!(balance(&mut here, &accounts[1]), before + 200);
    cluster.verify();
}

#[test]
fn a_payment_that_waited_is_the_same_wherever_it_is_sent_again() {
    let Some(cluster) = Cluster::with_shards("waited", 3, 2, Standby::Without) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let customers = customers(&mut here, 3);
    let pay = |client: &mut Client, reference: &str, account: Option<&str>| {
        let mut payment: Json = serde_json::from_str(&payment_body(reference, 100)).unwrap();
        payment["account"] = json!(account);
        client.post("/v1/payments", &payment)
    };
    let first = pay(&mut here, "W1", Some("KA-9"));
    assert_eq!(first.status, 201, "{first:?}");
    // Its number leads to another shard by now.
    let account = opened(&open(&mut there, &customers[2], Some("KA-9")));
    let again = pay(&mut there, "W1", Some("KA-9"));
    assert_eq!((again.status, &again.body), (201, &first.body), "{again:?}");
    assert_eq!(balance(&mut here, &account), 0);
    for other in [None, Some(&*account)] {
        let no = pay(&mut there, "W1", other);
        assert_eq!((no.status, &no.body["field"]), (409, &json!("account")), "{no:?}");
    }
    // And what is on an account is not received for nobody.
    assert_eq!(pay(&mut here, "W2", Some("KA-9")).status, 201);
    let no = pay(&mut there, "W2", None);
    assert_eq!((no.status, &no.body["field"]), (409, &json!("account")), "{no:?}");
    assert_eq!(balance(&mut here, &account), 100);
    cluster.verify();
}

fn set_telephony(client: &mut Client) {
    let telephony = json!({"title": "Telephony", "currency": "EUR", "mode": "prepaid",
        "usage": {"unit": "second", "per": 60, "rates": [
            {"title": "home", "prefixes": ["+33"], "price": "0.10"}]}});
    let set = client.call("PUT", "/v1/services/telephony", None, &telephony.to_string()).unwrap();
    assert_eq!(set.status, 200, "{set:?}");
}

/// A telephone of an account with money, known to the network by this name.
fn subscribe(client: &mut Client, account: &str, subject: &str) -> Answer {
    let body = json!({"account": account, "service": "telephony", "subjects": [subject]});
    client.post("/v1/subscriptions", &body)
}

fn call(client: &mut Client, subject: &str, session: &str) -> Answer {
    let body =
        json!({"subject": subject, "session": session, "destination": "+33", "quantity": 60});
    client.post("/v1/authorisations", &body)
}

#[test]
fn the_network_knows_one_subscription_by_a_name() {
    let Some(cluster) = Cluster::with_shards("names", 3, 2, Standby::Without) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    set_telephony(&mut here);
    let accounts: Vec<String> =
        customers(&mut here, 3).iter().map(|it| opened(&open(&mut here, it, None))).collect();
    for (place, account) in accounts.iter().enumerate() {
        assert_eq!(here.pay(account, &format!("P{place}"), 1_000).unwrap().status, 201);
        wait_for("the service in every shard", || {
            (subscribe(&mut here, account, &format!("at {place}")).status == 201).then_some(())
        });
    }
    for round in 0..6 {
        let subject = format!("+689 \"{round}\"");
        let [first, second] = [round % 3, (round + 1) % 3].map(|it| &accounts[it]);
        let answers = at_once(
            &cluster,
            [&|client| subscribe(client, first, &subject), &|client| {
                subscribe(client, second, &subject)
            }],
        );
        let (yes, no): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 201);
        assert!(yes.len() == 1 && no.len() == 1, "{answers:?}");
        assert_eq!((no[0].status, &no[0].body["code"]), (409, &json!("subject_taken")));
        assert_eq!(no[0].body["subscription"], yes[0].body["subscription"]);
    }
    // It leads to whoever has it, and remembering where it was before keeps nobody from it.
    let ann = subscribe(&mut here, &accounts[1], "ann");
    throwaway::execute(cluster.url(), "UPDATE claims SET at = 0");
    for (place, client) in [&mut here, &mut there].into_iter().enumerate() {
        let granted = call(client, "ann", &format!("s{place}"));
        assert_eq!((granted.status, &granted.body["granted"]), (200, &json!(true)), "{granted:?}");
        assert_eq!(call(client, "nobody", "s").status, 404);
    }
    let subscription = ann.body["subscription"].as_str().unwrap();
    let close = format!("/v1/subscriptions/{subscription}/close");
    assert_eq!(there.post(&close, &json!({})).status, 200);
    assert_eq!(call(&mut here, "ann", "s2").status, 404);
    let moved = subscribe(&mut there, &accounts[2], "ann");
    assert_eq!(moved.status, 201, "{moved:?}");
    for (place, client) in [&mut here, &mut there].into_iter().enumerate() {
        let granted = call(client, "ann", &format!("t{place}"));
        assert_eq!((granted.status, &granted.body["granted"]), (200, &json!(true)), "{granted:?}");
        let listed = client.get("/v1/subscriptions?subject=ann");
        assert_eq!(listed.body["subscriptions"][0]["id"], moved.body["subscription"], "{listed:?}");
    }
    cluster.verify();
}

#[test]
fn a_batch_is_done_by_the_shards_that_its_operations_belong_to() {
    let Some(cluster) = Cluster::with_shards("batches", 3, 2, Standby::Without) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let customers = customers(&mut here, 3);
    let mut accounts: Vec<String> =
        customers.iter().map(|it| opened(&open(&mut here, it, None))).collect();
    accounts.push(opened(&open(&mut here, &customers[2], Some("KA-1"))));
    for (place, account) in accounts.iter().enumerate() {
        assert_eq!(here.pay(account, &format!("P{place}"), 1_000).unwrap().status, 201);
    }
    let charge = |account: &str, cents: i64| {
        let amount = decimal(cents);
        json!({"charge": {"account": account, "amount": amount, "currency": "EUR"}})
    };
    let mut operations: Vec<Json> =
        (0..30).map(|it| charge([&*accounts[0], &accounts[1], "KA-1"][it % 3], 10)).collect();
    operations.push(charge("acc_1", 1_000_000));
    operations.push(charge("KA-none", 10));
    operations
        .push(json!({"settle": {"reservation": "nothing", "amount": "1.00", "currency": "EUR"}}));
    let body = json!({"operations": operations}).to_string();
    let done = there.call("POST", "/v1/batches", Some("B1"), &body).unwrap();
    assert_eq!(done.status, 200, "{done:?}");
    let results = done.body["results"].as_array().unwrap();
    assert_eq!(results.len(), 33);
    // In the order asked, each with the balance that its own account had then.
    for (place, result) in results[..30].iter().enumerate() {
        let left = 1_000 - 10 * i64::try_from(place / 3 + 1).unwrap();
        assert_eq!(cents(&result["balance"]), left, "{place}: {result}");
    }
    let codes = results[30..].iter().map(|it| it["problem"]["code"].as_str().unwrap());
    let codes: Vec<&str> = codes.collect();
    assert_eq!(codes, ["insufficient_funds", "account_not_found", "malformed"]);
    // The same again is the first answer, whoever is asked; something else under the key is not.
    assert_eq!(here.call("POST", "/v1/batches", Some("B1"), &body).unwrap().body, done.body);
    let other = body.replace("\"0.10\"", "\"0.20\"");
    let refused = here.call("POST", "/v1/batches", Some("B1"), &other).unwrap();
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("idempotency_key_reused")));
    // Without a key each time is another.
    let twice = json!({"operations": [charge(&accounts[0], 10), charge("KA-1", 10)]});
    for _ in 0..2 {
        assert_eq!(here.post("/v1/batches", &twice).status, 200);
    }
    let left: Vec<i64> = accounts.iter().map(|it| balance(&mut here, it)).collect();
    assert_eq!(left, [880, 900, 1_000, 880]);
    cluster.verify();
}

#[test]
fn a_claim_that_was_left_behind_keeps_nobody_from_it() {
    let Some(cluster) = Cluster::with_shards("stale", 3, 2, Standby::Without) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let customers = customers(&mut here, 3);
    let account = opened(&open(&mut here, &customers[1], None));
    let number = AccountNumber::parse("KA-5").unwrap();
    for value in [Value::Number(number), Value::Reference(payment_key("cash", "S1"))] {
        let claim = value.claim();
        // Long ago, so that it is one to be remembered.
        let sql = format!(
            "INSERT INTO claims VALUES ('\\x{:032x}', '{}', 2, 0)",
            claim.digest,
            claim.kind.code()
        );
        throwaway::execute(cluster.url(), &sql);
    }
    for client in [&mut here, &mut there] {
        assert_eq!(client.get("/v1/accounts/KA-5").status, 404);
    }
    let brought = opened(&open(&mut there, &customers[1], Some("KA-5")));
    assert_eq!(there.pay(&account, "S1", 100).unwrap().status, 201);
    assert_eq!(claims(&cluster), "1:number:1 1:reference:1");
    for client in [&mut here, &mut there] {
        let found = client.get("/v1/accounts/KA-5");
        assert_eq!((found.status, &found.body["id"]), (200, &json!(brought)), "{found:?}");
        assert_eq!(client.pay("KA-5", "S2", 100).unwrap().status, 201);
    }
    assert_eq!((balance(&mut here, &brought), balance(&mut here, &account)), (100, 100));
    cluster.verify();
}

#[test]
fn one_shard_claims_nothing() {
    let Some(cluster) = Cluster::start("alone", 2, Standby::Without) else { return };
    let mut client = cluster.node(1).client();
    let customers = customers(&mut client, 1);
    opened(&open(&mut client, &customers[0], Some("KA-1")));
    assert_eq!(open(&mut client, &customers[0], Some("KA-1")).status, 409);
    assert_eq!(client.pay("KA-1", "R1", 100).unwrap().status, 201);
    assert_eq!(claims(&cluster), "");
    cluster.verify();
}

#[test]
fn what_the_only_shard_has_is_claimed_when_others_come() {
    let Some(mut cluster) = Cluster::configured("grown", 1, 1, CONFIG) else { return };
    let mut client = cluster.node(0).client();
    let made = client.post("/v1/customers", &json!({"name": "Ann"}));
    let customer = made.body["id"].as_str().unwrap().to_owned();
    let own = opened(&open(&mut client, &customer, None));
    let brought = opened(&open(&mut client, &customer, Some("KA-7")));
    // A number that shard 5 would give out one day.
    let ahead = AccountNumber::own(ShardId::new(5).unwrap(), 77).to_string();
    assert_eq!(open(&mut client, &customer, Some(&ahead)).status, 201);
    assert_eq!(client.pay(&own, "R1", 500).unwrap().status, 201);
    assert_eq!(client.pay(&brought, "R2", 700).unwrap().status, 201);
    set_telephony(&mut client);
    assert_eq!(subscribe(&mut client, &brought, "ann").status, 201);
    let url = cluster.url().to_owned();
    drop(client);
    cluster.stop();
    let grow = |count: &str| run(&["shards", "--store", &url, "--count", count]);
    let (code, said) = grow("6");
    assert!(code != 0 && said.contains("there can be 5 shards") && said.contains(&ahead), "{said}");
    assert!(said.contains("nothing was changed"), "{said}");
    let (code, said) = grow("3");
    let claimed = "Claimed for the only shard so far: 2 account numbers, 1 subjects, 2 references.";
    assert!(code == 0 && said.contains(claimed), "{said}");
    assert_eq!(claims(&cluster), "0:number:2 0:reference:2 0:subject:1");
    cluster.restart_with(3);
    cluster.wait_for_all_shards();
    let mut client = cluster.node(0).client();
    let customers = customers(&mut client, 3);
    let other = opened(&open(&mut client, &customers[1], None));
    let refused = open(&mut client, &customers[2], Some("KA-7"));
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("account_number_taken")));
    assert_eq!(client.get("/v1/accounts/KA-7").body["id"], json!(brought));
    let again = client.pay(&own, "R1", 500).unwrap();
    assert_eq!(again.status, 201, "{again:?}");
    let reused = client.pay(&other, "R2", 700).unwrap();
    assert_eq!((reused.status, &reused.body["code"]), (409, &json!("reference_reused")));
    let refused = subscribe(&mut client, &other, "ann");
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("subject_taken")));
    assert_eq!(call(&mut client, "ann", "s1").status, 200);
    assert_eq!((balance(&mut client, &own), balance(&mut client, &other)), (500, 0));
    drop(client);
    cluster.verify();
}
