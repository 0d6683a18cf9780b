//! Money between accounts of two shards: it leaves once and arrives once, whoever dies in between.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::{Value as Json, json};

use super::claims::customers;
use super::cluster::{Cluster, Standby, balance, by_shard};
use super::harness::{Answer, Client, wait_for};

const CONFIG: &str = "
    [channels.bank.main]
    [channels.kiosk.osmp]
    secret = 'a secret of terminals'
    currency = 'EUR'
    time_zone = 'UTC'
    allow = ['127.0.0.1']
    secret_parameter = 'password'
";

/// Transfers of each payer.
const TURNS: usize = 60;

/// An account of each shard, in the order of the shards.
fn accounts(client: &mut Client, shards: u32, currency: &str) -> Vec<Json> {
    let customers = customers(client, shards);
    let open = |customer: String| {
        let path = format!("/v1/customers/{customer}/accounts");
        let opened = client.post(&path, &json!({"currency": currency}));
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.body
    };
    customers.into_iter().map(open).collect()
}

fn id(account: &Json) -> &str {
    account["id"].as_str().unwrap()
}

fn transfer(client: &mut Client, from: &str, to: &str, amount: &str, currency: &str) -> Answer {
    let body = json!({"from": from, "to": to, "amount": amount, "currency": currency});
    client.post("/v1/transfers", &body)
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{answer:?}");
}

/// What the books of all shards have under a name, by currency.
fn books(client: &mut Client, book: &str) -> BTreeMap<String, String> {
    let found = client.get("/v1/trial-balance");
    assert_eq!(found.status, 200, "{found:?}");
    let text = |it: &Json, name: &str| it[name].as_str().unwrap().to_owned();
    let mut lines = BTreeMap::new();
    for currency in found.body["currencies"].as_array().unwrap() {
        let of = currency["lines"].as_array().unwrap().iter().filter(|it| it["account"] == book);
        lines.extend(of.map(|it| (text(currency, "currency"), text(it, "balance"))));
    }
    lines
}

#[test]
fn a_transfer_goes_from_shard_to_shard_and_says_both_sides() {
    let Some(cluster) = Cluster::configured("transfers", 3, 2, CONFIG) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let all = accounts(&mut here, 3, "EUR");
    let [a, b, c] = [id(&all[0]), id(&all[1]), id(&all[2])];
    assert_eq!(here.pay(a, "R1", 1_000).unwrap().status, 201);
    let moved = transfer(&mut there, a, all[1]["number"].as_str().unwrap(), "3.00", "EUR");
    assert_eq!(moved.status, 201, "{moved:?}");
    assert_eq!(moved.body["out"]["other_account"], json!(b));
    assert_eq!(
        (&moved.body["in"]["other_account"], &moved.body["in"]["account"]),
        (&json!(a), &json!(b))
    );
    assert_eq!((balance(&mut here, a), balance(&mut there, b)), (700, 300));
    // A chain of them, and back.
    for (from, to) in [(b, c), (c, a), (a, c), (c, b)] {
        let moved = transfer(&mut here, from, to, "2.50", "EUR");
        assert_eq!(moved.status, 201, "{moved:?}");
        assert_eq!(moved.body["in"]["amount"]["amount"], json!("2.50"), "{moved:?}");
    }
    assert_eq!(
        (balance(&mut here, a), balance(&mut here, b), balance(&mut here, c)),
        (700, 300, 0)
    );
    assert_eq!(books(&mut here, "transfers"), BTreeMap::new());
    // The same request gets the same answer, also when the account has closed since.
    let asked = json!({"from": a, "to": c, "amount": "1.00", "currency": "EUR"}).to_string();
    let first = here.call("POST", "/v1/transfers", Some("t1"), &asked).unwrap();
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(transfer(&mut here, c, a, "1.00", "EUR").status, 201);
    let closed = here.post(&format!("/v1/accounts/{c}/close"), &json!({}));
    assert_eq!(closed.status, 200, "{closed:?}");
    let again = there.call("POST", "/v1/transfers", Some("t1"), &asked).unwrap();
    assert_eq!((again.status, &again.body), (201, &first.body), "{again:?}");
    // What the other shard would not take does not leave.
    refused(&transfer(&mut here, a, c, "1.00", "EUR"), 422, "account_closed");
    refused(&transfer(&mut here, a, "acc_67108999", "1.00", "EUR"), 404, "account_not_found");
    refused(&transfer(&mut here, a, b, "99.00", "EUR"), 422, "insufficient_funds");
    refused(&transfer(&mut here, a, b, "1.00", "USD"), 422, "no_exchange_rate");
    assert_eq!((balance(&mut here, a), balance(&mut here, b)), (700, 300));
    cluster.verify();
}

#[test]
fn a_payment_that_waits_finds_its_account_in_another_shard() {
    let Some(cluster) = Cluster::configured("forwarded", 2, 2, CONFIG) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let all = accounts(&mut here, 2, "EUR");
    let far = id(&all[1]);
    let kiosk = |client: &mut Client, query: &str| {
        let secret = "password=a+secret+of+terminals";
        client.text(&format!("/channels/kiosk/osmp?{secret}&{query}"))
    };
    let paid = "txn_id=77&account=4711&sum=5.00";
    assert!(kiosk(&mut here, &format!("command=pay&{paid}")).contains("<result>0</result>"));
    let waiting = here.get("/v1/unallocated-payments").body;
    let payment = waiting["payments"][0]["payment"].as_str().unwrap().to_owned();
    let path = format!("/v1/unallocated-payments/{payment}/allocate");
    refused(&here.post(&path, &json!({"account": "acc_67108999"})), 404, "account_not_found");
    let allocated = there.post(&path, &json!({"account": far}));
    assert_eq!((allocated.status, &allocated.body["account"]), (201, &json!(far)), "{allocated:?}");
    assert_eq!(balance(&mut there, far), 500);
    // The same again is the same; anything else comes too late.
    let again = here.post(&path, &json!({"account": all[1]["number"]}));
    assert_eq!((again.status, &again.body), (201, &allocated.body), "{again:?}");
    refused(&here.post(&path, &json!({"account": id(&all[0])})), 409, "already_settled");
    let back = format!("/v1/unallocated-payments/{payment}/return");
    refused(&here.post(&back, &json!({"reason": "no"})), 409, "already_settled");
    let stands_as = here.get(&format!("/v1/payments/{payment}")).body["allocated"].clone();
    assert_eq!(stands_as, allocated.body["payment"], "{allocated:?}");
    let listed = here.get("/v1/unallocated-payments?state=all").body["payments"][0].clone();
    assert_eq!((&listed["state"], &listed["account"]), (&json!("allocated"), &json!(far)));
    // By the id under which it came in, and by the terminal's own.
    let refund = here.post(
        &format!("/v1/payments/{payment}/refund"),
        &json!({"amount": "1.00", "currency": "EUR", "reason": "a gift"}),
    );
    assert_eq!(refund.status, 201, "{refund:?}");
    assert_eq!(balance(&mut here, far), 400);
    assert!(kiosk(&mut there, &format!("command=status&{paid}")).contains("paid"));
    let paid = "txn_id=78&account=4711&sum=6.00";
    assert!(kiosk(&mut there, &format!("command=pay&{paid}")).contains("<result>0</result>"));
    let waiting = here.get("/v1/unallocated-payments").body;
    let second = waiting["payments"][0]["payment"].as_str().unwrap();
    let path = format!("/v1/unallocated-payments/{second}/allocate");
    assert_eq!(here.post(&path, &json!({"account": far})).status, 201);
    assert_eq!(balance(&mut here, far), 1_000);
    assert!(kiosk(&mut here, "command=cancel&txn_id=78").contains("<result>0</result>"));
    assert_eq!(balance(&mut there, far), 400);
    assert!(kiosk(&mut there, &format!("command=status&{paid}")).contains("cancelled"));
    assert_eq!(books(&mut here, "transfers"), BTreeMap::new());
    cluster.verify();
}

#[test]
fn what_was_sent_arrives_once_whoever_dies() {
    let Some(mut cluster) = Cluster::with_shards("under-way", 2, 3, Standby::Without) else {
        return;
    };
    let mut client = cluster.node(2).client();
    let all = accounts(&mut client, 2, "EUR");
    let [a, b] = [id(&all[0]).to_owned(), id(&all[1]).to_owned()];
    for account in [&a, &b] {
        assert_eq!(client.pay(account, &format!("R{account}"), 50_000).unwrap().status, 201);
    }
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (payer, from, to) in [("p", &a, &b), ("q", &b, &a)] {
            let (mut client, done) = (cluster.node(2).client(), &done);
            scope.spawn(move || {
                for turn in 0..TURNS {
                    let body = json!({"from": from, "to": to, "amount": "1.00", "currency": "EUR"});
                    let (body, key) = (body.to_string(), format!("{payer}{turn}"));
                    let moved = wait_for("a transfer", || {
                        let answer = client.call("POST", "/v1/transfers", Some(&key), &body);
                        answer.ok().filter(|it| it.status != 503)
                    });
                    assert_eq!(moved.status, 201, "{moved:?}");
                    done.fetch_add(1, Relaxed);
                }
            });
        }
        for (victim, after) in [(0, TURNS / 2), (1, TURNS)] {
            wait_for("some transfers", || (done.load(Relaxed) > after).then_some(()));
            cluster.nodes[victim].take().unwrap().kill();
        }
    });
    assert_eq!(done.load(Relaxed), 2 * TURNS);
    // Each has paid and been paid as much.
    wait_for("everything to arrive", || {
        let balances = (balance(&mut client, &a), balance(&mut client, &b));
        (balances == (50_000, 50_000)).then_some(())
    });
    for (account, other) in [(&a, &b), (&b, &a)] {
        let path = format!("/v1/accounts/{account}/entries?limit=200");
        let entries = client.get(&path).body["entries"].clone();
        let of = |kind: &str| {
            let all = entries.as_array().unwrap().iter();
            all.filter(|it| it["kind"] == kind && it["other_account"] == json!(other)).count()
        };
        assert_eq!((of("transfer_out"), of("transfer_in")), (TURNS, TURNS));
    }
    assert_eq!(books(&mut client, "transfers"), BTreeMap::new());
    for gauge in ["sporran_transit_lag_seconds", "sporran_transit_stopped"] {
        let shown = by_shard(cluster.node(2), gauge);
        assert_eq!(shown, [0, 1].map(|it| format!("{gauge}{{shard=\"{it}\"}} 0")));
    }
    let said = cluster.end_and_verify();
    assert!(
        said.contains(&format!("{TURNS}  what other shards have sent was received once")),
        "{said}"
    );
}

#[test]
fn a_banks_statement_pays_accounts_of_all_shards_once() {
    let Some(cluster) = Cluster::configured("statement", 3, 2, CONFIG) else { return };
    let (mut here, mut there) = (cluster.node(0).client(), cluster.node(1).client());
    let customers = customers(&mut here, 3);
    let mut open = |customer: &str, number: Option<&str>| {
        let path = format!("/v1/customers/{customer}/accounts");
        let opened = here.post(&path, &json!({"currency": "EUR", "number": number}));
        assert_eq!(opened.status, 201, "{opened:?}");
        let text = |name: &str| opened.body[name].as_str().unwrap().to_owned();
        (text("id"), text("number"))
    };
    let (own, own_number) = open(&customers[0], None);
    let (far, far_number) = open(&customers[1], None);
    let (brought, brought_number) = open(&customers[2], Some("7712345"));
    // What stands for the first account there is taken back in the same file.
    let statement = include_str!("../fixtures/camt/edition-08-prefix.xml")
        .replace("RF74100000017", &far_number)
        .replace("100000025", &brought_number)
        .replace("100000033", &own_number);
    let send = |client: &mut Client, address: &str| {
        let sent = client.call("POST", address, None, &statement).unwrap();
        assert_eq!(sent.status, 200, "{sent:?}");
        let sums = sent.body["sums"].as_array().unwrap().iter();
        let sums = sums.map(|it| (it["outcome"].as_str().unwrap().to_owned(), it["count"].clone()));
        (sums.collect::<BTreeMap<_, _>>(), sent.body)
    };
    let counts = |pairs: &[(&str, u64)]| -> BTreeMap<String, Json> {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect()
    };
    let address = "/v1/bank-statements?channel=main";
    let expected = counts(&[("credited", 3), ("charged_back", 1), ("left_out", 1)]);
    assert_eq!(send(&mut here, &format!("{address}&dry_run=true")).0, expected);
    let (became, view) = send(&mut there, address);
    assert_eq!(became, expected, "{view}");
    let accounts: Vec<&Json> =
        view["transactions"].as_array().unwrap().iter().map(|it| &it["account"]).take(3).collect();
    assert_eq!(accounts, [&json!(far), &json!(brought), &json!(own)]);
    for client in [&mut here, &mut there] {
        let again = send(client, address);
        assert_eq!(again.0, counts(&[("known", 4), ("left_out", 1)]), "{}", again.1);
    }
    let balances = [&far, &brought, &own].map(|it| balance(&mut here, it));
    assert_eq!(balances, [0, 1_250, 1_750]);
    let open = here.get("/v1/unallocated-payments").body;
    assert_eq!(open["payments"], json!([]), "{open}");
    assert_eq!(books(&mut here, "transfers"), BTreeMap::new());
    cluster.verify();
}
