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

async fn send(world: &World, event: &Value) -> Answer {
    let body = event.to_string();
    let signature = sign("whsec_for_the_tests", START.0 / 1_000_000, &body);
    send_raw(world, &signature, &body).await
}

fn event(kind: &str, object: Value) -> Value {
    json!({"id": "evt_1", "object": "event", "type": kind, "data": {"object": object}})
}

fn intent(id: &str, amount: i64, account: &str) -> Value {
    event(
        "payment_intent.succeeded",
        json!({"id": id, "amount": amount, "amount_received": amount, "currency": "eur",
            "created": 1_793_613_000, "metadata": {"account": account}}),
    )
}

fn checkout(intent: &str, amount: i64, account: &str) -> Value {
    event(
        "checkout.session.completed",
        json!({"id": "cs_1", "payment_intent": intent, "payment_status": "paid",
            "amount_total": amount, "currency": "eur", "client_reference_id": account}),
    )
}

fn refunded(intent: &str, amount: i64) -> Value {
    let charge = json!({"id": "ch_1", "payment_intent": intent, "amount": 1250,
        "amount_refunded": amount, "currency": "eur"});
    event("charge.refunded", charge)
}

fn disputed(kind: &str, intent: &str, status: &str) -> Value {
    let dispute = json!({"id": "du_1", "payment_intent": intent, "amount": 1250,
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
    for (intent_id, back) in [
        ("pi_1", refunded("pi_1", 1250)),
        ("pi_2", disputed("charge.dispute.created", "pi_2", "needs_response")),
        ("pi_3", disputed("charge.dispute.funds_withdrawn", "pi_3", "needs_response")),
    ] {
        // Events come in any order: Stripe sends this one again later.
        let early = send(&world, &back).await;
        early.problem(503, "unavailable");
        send(&world, &intent(intent_id, 1250, &account)).await.json(200);
        let first = send(&world, &back).await.json(200);
        assert_eq!(first["outcome"], "cancelled");
        assert_eq!(world.look(&account).await["balance"], eur("0.00"));
        let again = send(&world, &back).await.json(200);
        assert_eq!((&again["outcome"], &again["position"]), (&json!("known"), &first["position"]));
        let later = send(&world, &intent(intent_id, 1250, &account)).await.json(200);
        assert_eq!(later["outcome"], "known", "an old event pays nothing again");
    }
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
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
        disputed("charge.dispute.created", "pi_1", "warning_needs_response"),
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
