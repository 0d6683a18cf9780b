//! Stripe's webhooks, signed and not.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::world::{Answer, START, World, eur};

const ADDRESS: &str = "/channels/stripe/cards";

fn sign(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(format!("{seconds}.{body}").as_bytes());
    let digest = mac.finalize().into_bytes();
    let digits: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    format!("t={seconds},v1={digits}")
}

async fn send_raw(world: &World, signature: &str, body: &str) -> Answer {
    let ask = world.ask("anonymous", "POST", ADDRESS).address("192.0.2.7");
    ask.header("stripe-signature", signature).body(body.to_owned()).send().await
}

pub async fn send(world: &World, event: &Value) -> Answer {
    let body = event.to_string();
    let signature = sign("whsec_for_the_tests", START.0 / 1_000_000, &body);
    send_raw(world, &signature, &body).await
}

pub fn event(kind: &str, object: Value) -> Value {
    json!({"id": "evt_1", "object": "event", "type": kind, "data": {"object": object}})
}

pub fn intent(id: &str, amount: i64, account: &str) -> Value {
    event(
        "payment_intent.succeeded",
        json!({"id": id, "amount": amount, "amount_received": amount, "currency": "eur",
            "created": 1_793_613_000, "metadata": {"account": account}}),
    )
}

pub fn checkout(intent: &str, amount: i64, account: &str) -> Value {
    event(
        "checkout.session.completed",
        json!({"id": "cs_1", "payment_intent": intent, "payment_status": "paid",
            "amount_total": amount, "currency": "eur", "client_reference_id": account}),
    )
}

/// What a charge says once so much of it is refunded; which refunds those were, it does not.
fn refunded(intent: &str, amount: i64) -> Value {
    let charge = json!({"id": format!("ch_{intent}"), "payment_intent": intent, "amount": 1250,
        "amount_refunded": amount, "currency": "eur"});
    event("charge.refunded", charge)
}

fn refund(kind: &str, id: &str, intent: &str, amount: i64, status: &str) -> Value {
    let refund = json!({"id": id, "payment_intent": intent, "amount": amount, "currency": "eur",
        "status": status});
    event(kind, refund)
}

fn disputed(kind: &str, intent: &str, amount: i64, status: &str) -> Value {
    let dispute = json!({"id": format!("du_{intent}"), "payment_intent": intent, "amount": amount,
        "currency": "eur", "status": status});
    event(kind, dispute)
}

#[tokio::test]
async fn a_payment_is_credited_once_whatever_says_it_and_how_often() {
    let world = World::new();
    let account = world.account("EUR").await;
    let number = world.look(&account).await["number"].as_str().unwrap().to_owned();
    let first = send(&world, &intent("pi_1", 1250, &account)).await.json(200);
    assert_eq!(first["outcome"], "credited");
    for again in [intent("pi_1", 1250, &account), checkout("pi_1", 1250, &number)] {
        let answer = send(&world, &again).await.json(200);
        assert_eq!(
            (&answer["outcome"], &answer["position"]),
            (&json!("known"), &first["position"])
        );
    }
    assert_eq!(world.look(&account).await["balance"], eur("12.50"));
    let other = send(&world, &checkout("pi_2", 500, &number)).await.json(200);
    assert_eq!(other["outcome"], "credited");
    let path = format!("/v1/payments/pay_{}", first["position"]);
    let payment = world.get(&path).await.json(200);
    assert_eq!(
        (&payment["contra"], &payment["reference"]),
        (&json!("payments:cards"), &json!("pi_1"))
    );
    assert_eq!(payment["paid_at"], "2026-11-02T09:50:00Z");
    let conflict = send(&world, &intent("pi_1", 1251, &account)).await;
    conflict.problem(409, "reference_reused");
    assert_eq!(world.look(&account).await["balance"], eur("17.50"));
}

#[tokio::test]
async fn only_a_fresh_signature_by_the_secret_is_believed() {
    let world = World::new();
    let account = world.account("EUR").await;
    let before = world.head().await;
    let body = intent("pi_1", 1250, &account).to_string();
    let now = START.0 / 1_000_000;
    let good = sign("whsec_for_the_tests", now, &body);
    for (signature, body) in [
        (sign("whsec_of_another", now, &body), body.clone()),
        (sign("whsec_for_the_tests", now - 301, &body), body.clone()),
        (good.clone(), body.replace("1250", "9250")),
        (good.replace("v1=", "v0="), body.clone()),
        ("".into(), body.clone()),
    ] {
        send_raw(&world, &signature, &body).await.malformed("Stripe-Signature");
    }
    let ask = world.ask("anonymous", "POST", ADDRESS).address("192.0.2.7").body(body.clone());
    ask.send().await.malformed("Stripe-Signature");
    let ask = world.ask("anonymous", "POST", ADDRESS).address("198.51.100.1");
    let ask = ask.header("stripe-signature", &good).body(body.clone());
    ask.send().await.problem(404, "not_found");
    let ask = world.ask("anonymous", "POST", ADDRESS).header("stripe-signature", &good);
    ask.body(body.clone()).send().await.problem(404, "not_found");
    assert_eq!(world.head().await, before);
    let rotated = sign("whsec_for_rotation", now, &body);
    assert_eq!(send_raw(&world, &rotated, &body).await.json(200)["outcome"], "credited");
}

#[tokio::test]
async fn a_refund_or_a_dispute_takes_the_payment_back_once() {
    let world = World::new();
    let account = world.account("EUR").await;
    for (intent_id, back, outcome) in [
        ("pi_1", refunded("pi_1", 1250), "refunded"),
        ("pi_2", disputed("charge.dispute.created", "pi_2", 1250, "lost"), "charged_back"),
        ("pi_3", disputed("charge.dispute.funds_withdrawn", "pi_3", 1250, ""), "charged_back"),
        ("pi_4", refund("refund.created", "re_4", "pi_4", 1250, "succeeded"), "refunded"),
    ] {
        // Events come in any order: Stripe sends this one again later.
        let early = send(&world, &back).await;
        early.problem(503, "unavailable");
        send(&world, &intent(intent_id, 1250, &account)).await.json(200);
        let first = send(&world, &back).await.json(200);
        assert_eq!(first["outcome"], outcome);
        assert_eq!(world.look(&account).await["balance"], eur("0.00"));
        let before = world.head().await;
        let again = send(&world, &back).await.json(200);
        assert!(again["outcome"] == "known" || again["outcome"] == "ignored", "{again}");
        let later = send(&world, &intent(intent_id, 1250, &account)).await.json(200);
        assert_eq!(later["outcome"], "known", "an old event pays nothing again");
        assert_eq!(world.head().await, before);
    }
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
}

#[tokio::test]
async fn refunds_of_parts_count_each_once_in_any_order() {
    let world = World::new();
    let account = world.account("EUR").await;
    let one = refund("refund.created", "re_1", "pi_1", 500, "succeeded");
    let two = refund("refund.created", "re_2", "pi_1", 750, "succeeded");
    let same = refund("charge.refund.updated", "re_1", "pi_1", 500, "succeeded");
    let pending = refund("refund.created", "re_1", "pi_1", 500, "pending");
    let listed = |amount: i64, ids: &[(&str, i64)]| {
        let mut event = refunded("pi_1", amount);
        let refunds: Vec<Value> = ids.iter().map(|(id, amount)| {
            json!({"id": id, "amount": amount, "currency": "eur", "status": "succeeded"})
        }).collect();
        event["data"]["object"]["refunds"] = json!({"object": "list", "data": refunds});
        event
    };
    send(&world, &intent("pi_1", 1250, &account)).await.json(200);
    assert_eq!(send(&world, &pending).await.json(200)["outcome"], "ignored");
    // A charge alone does not say which refunds it was: it comes again until they are known.
    send(&world, &refunded("pi_1", 500)).await.problem(409, "partly_taken_back");
    for (event, outcome, balance) in [
        (&one, "refunded", "7.50"),
        (&same, "known", "7.50"),
        (&refunded("pi_1", 500), "ignored", "7.50"),
        (&listed(500, &[("re_1", 500)]), "known", "7.50"),
        (&listed(1250, &[("re_2", 750), ("re_1", 500)]), "known", "0.00"),
        (&two, "known", "0.00"),
        (&refunded("pi_1", 1250), "ignored", "0.00"),
        (&refund("refund.created", "re_3", "pi_1", 100, "succeeded"), "ignored", "0.00"),
    ] {
        let answer = send(&world, event).await.json(200);
        assert_eq!(answer["outcome"], outcome, "{event}");
        assert_eq!(world.look(&account).await["balance"], eur(balance), "{event}");
    }
    // The whole charge first, and its parts after it.
    send(&world, &intent("pi_2", 1250, &account)).await.json(200);
    let of_two = |id, amount| refund("refund.updated", id, "pi_2", amount, "succeeded");
    for (event, outcome, balance) in [
        (of_two("re_5", 500), "refunded", "7.50"),
        (refunded("pi_2", 1250), "refunded", "0.00"),
        (of_two("re_6", 750), "ignored", "0.00"),
        (of_two("re_5", 500), "known", "0.00"),
    ] {
        let answer = send(&world, &event).await.json(200);
        assert_eq!(answer["outcome"], outcome, "{event}");
        assert_eq!(world.look(&account).await["balance"], eur(balance), "{event}");
    }
    let kinds = world.get(&format!("/v1/accounts/{account}/entries")).await.json(200);
    let kinds = kinds["entries"].as_array().unwrap().iter().filter(|it| it["kind"] == "refunded");
    assert_eq!(kinds.count(), 4);
}

#[tokio::test]
async fn money_that_comes_back_is_a_payment_of_its_own() {
    let world = World::new();
    let account = world.account("EUR").await;
    let won = disputed("charge.dispute.funds_reinstated", "pi_1", 500, "won");
    send(&world, &intent("pi_1", 1250, &account)).await.json(200);
    send(&world, &won).await.problem(503, "unavailable");
    let lost = disputed("charge.dispute.created", "pi_1", 500, "needs_response");
    assert_eq!(send(&world, &lost).await.json(200)["outcome"], "charged_back");
    assert_eq!(world.look(&account).await["balance"], eur("7.50"));
    for outcome in ["credited", "known"] {
        assert_eq!(send(&world, &won).await.json(200)["outcome"], outcome);
        assert_eq!(world.look(&account).await["balance"], eur("12.50"));
    }
    let failed = refund("refund.failed", "re_1", "pi_1", 250, "failed");
    assert_eq!(send(&world, &failed).await.json(200)["outcome"], "ignored");
    send(&world, &refund("refund.created", "re_1", "pi_1", 250, "succeeded")).await.json(200);
    assert_eq!(world.look(&account).await["balance"], eur("10.00"));
    for outcome in ["credited", "known"] {
        assert_eq!(send(&world, &failed).await.json(200)["outcome"], outcome);
        assert_eq!(world.look(&account).await["balance"], eur("12.50"));
    }
    let entries = world.get(&format!("/v1/accounts/{account}/entries")).await.json(200);
    let references: Vec<&Value> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["kind"] == "payment")
        .map(|it| &it["reference"])
        .collect();
    assert_eq!(references, ["re_1", "du_pi_1", "pi_1"]);
}

#[tokio::test]
async fn a_payment_without_an_account_waits_until_an_event_names_it() {
    let world = World::new();
    let account = world.account("EUR").await;
    let mut nameless = intent("pi_1", 1250, &account);
    nameless["data"]["object"]["metadata"] = json!({});
    for outcome in ["unallocated", "known"] {
        assert_eq!(send(&world, &nameless).await.json(200)["outcome"], outcome);
    }
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
    assert_eq!(send(&world, &checkout("pi_1", 1250, "acc_99")).await.json(200)["outcome"], "known");
    send(&world, &checkout("pi_1", 1251, &account)).await.problem(409, "reference_reused");
    for outcome in ["allocated", "known"] {
        let answer = send(&world, &checkout("pi_1", 1250, &account)).await.json(200);
        assert_eq!(answer["outcome"], outcome);
        assert_eq!(world.look(&account).await["balance"], eur("12.50"));
    }
    let back = refund("refund.created", "re_1", "pi_1", 1250, "succeeded");
    assert_eq!(send(&world, &back).await.json(200)["outcome"], "refunded");
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
    for unknown in ["acc_99", "4711", "Ann, flat 3"] {
        let answer = send(&world, &intent(&format!("pi_{unknown}"), 1250, unknown)).await.json(200);
        assert_eq!(answer["outcome"], "unallocated", "{unknown}");
    }
}

#[tokio::test]
async fn what_goes_back_of_a_payment_that_waits_is_returned_whole_and_once() {
    let world = World::new();
    let account = world.account("EUR").await;
    for (intent_id, back) in [
        ("pi_1", refunded("pi_1", 1250)),
        ("pi_2", disputed("charge.dispute.created", "pi_2", 1250, "lost")),
        ("pi_3", refund("refund.created", "re_3", "pi_3", 1250, "succeeded")),
    ] {
        send(&world, &intent(intent_id, 1250, "acc_99")).await.json(200);
        let part = refund("refund.created", "re_part", intent_id, 100, "succeeded");
        send(&world, &part).await.problem(409, "partly_taken_back");
        for outcome in ["returned", "known"] {
            assert_eq!(send(&world, &back).await.json(200)["outcome"], outcome, "{back}");
        }
        // It is gone: an account that is named now does not get it.
        let late = send(&world, &checkout(intent_id, 1250, &account)).await.json(200);
        assert_eq!(late["outcome"], "known");
    }
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
    let won = disputed("charge.dispute.funds_reinstated", "pi_2", 1250, "won");
    assert_eq!(send(&world, &won).await.json(200)["outcome"], "unallocated");
}

#[tokio::test]
async fn what_moves_no_money_is_answered_and_ignored() {
    let world = World::new();
    let account = world.account("EUR").await;
    let before = world.head().await;
    let unpaid = json!({"id": "cs_1", "payment_intent": "pi_1", "payment_status": "unpaid"});
    let subscription = json!({"id": "cs_2", "payment_intent": null, "payment_status": "paid",
        "amount_total": 1000, "currency": "eur", "client_reference_id": account});
    for ignored in [
        event("customer.created", json!({"id": "cus_1"})),
        event("checkout.session.completed", unpaid),
        event("checkout.session.completed", subscription),
        disputed("charge.dispute.created", "pi_1", 1250, "warning_needs_response"),
        intent("pi_0", 0, &account),
    ] {
        let answer = send(&world, &ignored).await.json(200);
        assert_eq!(answer["outcome"], "ignored", "{ignored}");
    }
    assert_eq!(world.head().await, before);
}

/// What is said about each broken event, one a line.
const EXPECTED: &str = include_str!("../fixtures/stripe/broken/expected.txt");

#[tokio::test]
async fn a_broken_event_is_refused_and_its_field_named() {
    let world = World::new();
    world.account("EUR").await;
    let before = world.head().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/stripe/broken");
    let mut said = std::collections::BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the folder of broken events") {
        let path = file.expect("a file").path();
        let name = path.file_name().and_then(|it| it.to_str()).expect("a name").to_owned();
        if name == "expected.txt" {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_for_the_tests").expect("a key");
        let seconds = START.0 / 1_000_000;
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(&bytes);
        let digest = mac.finalize().into_bytes();
        let digits: String = digest.iter().map(|it| format!("{it:02x}")).collect();
        let ask = world.ask("anonymous", "POST", ADDRESS).address("192.0.2.7").body(bytes);
        let ask = ask.header("stripe-signature", format!("t={seconds},v1={digits}"));
        let problem = ask.send().await.problem(400, "malformed");
        said.insert(name, problem["title"].as_str().expect("a title").to_owned());
    }
    assert_eq!(world.head().await, before, "a broken event wrote");
    let said: String = said.iter().map(|(name, title)| format!("{name}: {title}\n")).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(format!("{folder}/expected.txt"), &said).expect("a file of ours");
        return;
    }
    assert_eq!(said, EXPECTED, "UPDATE_EXPECT=1 takes the new ones over");
}
