use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::Position;
use ring::hmac;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use server::storage::apart;
use store::webhooks::{DeliveryStore, EndpointStore};

use super::super::world::{START, eur, payment, text};
use super::receiver::{Heard, Receiver, Says};
use super::{endpoint, states, world};

/// Whether one of the signatures is right by the endpoint's secret, and one by its public key.
fn verify(heard: &Heard, made: &Value) -> (bool, bool) {
    let key = |name: &str, prefix: &str| {
        let key = text(&made[name]);
        STANDARD.decode(key.strip_prefix(prefix).expect(prefix)).expect("base64")
    };
    let shared = hmac::Key::new(hmac::HMAC_SHA256, &key("secret", "whsec_"));
    let public = UnparsedPublicKey::new(&ED25519, key("public_key", "whpk_"));
    let signed = format!("{}.{}.{}", heard.id(), heard.header("webhook-timestamp"), heard.body);
    let signatures = heard.header("webhook-signature");
    let any = |version: &str, check: &dyn Fn(&[u8]) -> bool| {
        let mut of_version = signatures.split(' ').filter_map(|it| it.strip_prefix(version));
        of_version.any(|it| check(&STANDARD.decode(it).expect("base64")))
    };
    let symmetric = any("v1,", &|it| hmac::verify(&shared, signed.as_bytes(), it).is_ok());
    (symmetric, any("v1a,", &|it| public.verify(signed.as_bytes(), it).is_ok()))
}

#[tokio::test]
async fn a_payment_is_told_once_signed_and_numbered() {
    let (world, receiver) = (world(), Receiver::start().await);
    let account = world.purse("10.00").await;
    let (hooks, made) = endpoint(&world, &receiver, Value::Null).await;
    let payment = world.pay(&account, "5.00").await;
    let position = payment.strip_prefix("pay_").expect("an id").to_owned();
    world.advance(3);
    world.deliver().await;
    world.deliver().await;
    // What was before the endpoint is not told to it.
    let heard = receiver.heard();
    assert_eq!(heard.iter().map(Heard::id).collect::<Vec<_>>(), [format!("evt_{position}")]);
    let now = (START.0 / 1_000_000 + 3).to_string();
    assert_eq!(heard[0].header("webhook-timestamp"), now);
    assert_eq!(verify(&heard[0], &made), (true, true));
    let body = heard[0].json();
    assert_eq!(body["type"], "payment.received");
    assert_eq!(body["timestamp"], "2026-11-02T10:00:00Z");
    assert_eq!((&body["sequence"], &body["data"]["account"]), (&json!(1), &json!(account)));
    assert_eq!(
        (&body["data"]["balance"], &body["data"]["payment"]),
        (&eur("15.00"), &json!(payment))
    );
    assert_eq!(states(&world, &hooks).await, ["delivered"]);
}

#[tokio::test]
async fn only_events_that_were_asked_for_are_told_and_numbers_have_no_gap() {
    let (world, receiver) = (world(), Receiver::start().await);
    endpoint(&world, &receiver, json!(["payment.received", "account.closed"])).await;
    let account = world.purse("1.00").await;
    world.put(&format!("/v1/accounts/{account}/credit-limit"), eur("3.00")).await.json(200);
    world.post(&format!("/v1/accounts/{account}/charges"), eur("3.00")).await.json(201);
    world.pay(&account, "2.00").await;
    let other = world.purse("4.00").await;
    world.post(&format!("/v1/accounts/{account}/close"), json!({})).await.json(200);
    world.deliver().await;
    let mut told: Vec<(String, u64, String)> = receiver
        .heard()
        .iter()
        .map(|it| (text(&it.json()["data"]["account"]), it.sequence(), text(&it.json()["type"])))
        .collect();
    told.sort();
    let line = |account: &str, sequence, event: &str| (account.to_owned(), sequence, event.into());
    let expected = [
        line(&account, 1, "payment.received"),
        line(&account, 2, "payment.received"),
        line(&account, 3, "account.closed"),
        line(&other, 1, "payment.received"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn payments_of_nobody_are_told_in_an_order_of_their_own() {
    let (world, receiver) = (world(), Receiver::start().await);
    endpoint(&world, &receiver, Value::Null).await;
    let account = world.account("EUR").await;
    let mut waiting = Vec::new();
    for reference in ["R1", "R2"] {
        let body = payment(reference, "3.00", "EUR");
        let answer = world.post("/v1/accounts/4711/payments", body).await.json(201);
        waiting.push(answer["position"].as_u64().expect("a position"));
    }
    world.return_payment(waiting[0]).await;
    world.allocate(waiting[1], &account).await;
    let told = |receiver: &Receiver| -> Vec<(String, u64, Value)> {
        let heard = receiver.heard();
        let of = |it: &Heard| {
            (text(&it.json()["type"]), it.sequence(), it.json()["data"]["account"].clone())
        };
        let all = heard.iter().map(of).filter(|it| it.0.starts_with("payment."));
        all.collect()
    };
    receiver.about("\"R1\"", Says(500, None));
    world.deliver().await;
    // One that nobody hears holds up its own kind, and no account.
    let of_account = ("payment.allocated".to_owned(), 2, json!(account));
    let first = ("payment.unallocated".to_owned(), 1, Value::Null);
    let mut heard = told(&receiver);
    heard.sort_by_key(|it| it.0.clone());
    assert_eq!(heard, [of_account, first.clone()]);
    receiver.about("\"R1\"", Says(200, None));
    world.advance(60);
    world.deliver().await;
    let others: Vec<_> = told(&receiver).into_iter().filter(|it| it.2 == Value::Null).collect();
    let of = |event: &str, sequence| (event.to_owned(), sequence, Value::Null);
    assert_eq!(others, [first, of("payment.unallocated", 2), of("payment.returned", 3)]);
}

#[tokio::test]
async fn an_account_waits_for_its_first_event_and_others_do_not() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (one, other) = (world.purse("1.00").await, world.purse("1.00").await);
    endpoint(&world, &receiver, json!(["payment.received"])).await;
    receiver.about(&format!("\"{one}\""), Says(500, None));
    for account in [&one, &one, &other, &one, &other] {
        world.pay(account, "1.00").await;
    }
    world.deliver().await;
    let whose = |heard: &[Heard]| -> Vec<(String, u64)> {
        heard.iter().map(|it| (text(&it.json()["data"]["account"]), it.sequence())).collect()
    };
    let mut first = whose(&receiver.heard());
    first.sort();
    assert_eq!(first, [(one.clone(), 1), (other.clone(), 1), (other.clone(), 2)]);
    // It fails again, by the schedule, and nothing passes it.
    world.advance(6);
    world.pay(&one, "1.00").await;
    world.deliver().await;
    assert_eq!(whose(&receiver.heard()), [(one.clone(), 1)]);
    receiver.about_nothing();
    world.advance(6 * 60);
    world.deliver().await;
    let expected: Vec<_> = (1..=4).map(|it| (one.clone(), it)).collect();
    assert_eq!(whose(&receiver.heard()), expected);
}

#[tokio::test]
async fn what_happened_while_nobody_delivered_is_told_after_a_restart() {
    let (mut world, receiver) = (world(), Receiver::start().await);
    let account = world.purse("1.00").await;
    let (hooks, _) = endpoint(&world, &receiver, json!(["payment.received"])).await;
    let first = world.pay(&account, "1.00").await;
    receiver.then([Says(500, None)]);
    world.deliver().await;
    assert_eq!(receiver.ids().len(), 1);
    let second = world.pay(&account, "2.00").await;
    world.restart();
    let third = world.pay(&account, "3.00").await;
    world.advance(6);
    world.deliver().await;
    let expected = [first, second, third].map(|it| it.replace("pay_", "evt_"));
    let heard = receiver.heard();
    assert_eq!(heard.iter().map(Heard::id).collect::<Vec<_>>(), expected);
    assert_eq!(heard.iter().map(Heard::sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(states(&world, &hooks).await, ["delivered"; 3]);
}

#[tokio::test]
async fn an_endpoint_that_was_told_more_than_the_journal_has_goes_on_at_its_end() {
    let (mut world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    world.customer("Ann").await;
    world.deliver().await;
    receiver.heard();
    // As after a backup of the journal alone was put back.
    world.restart_after(|home| {
        let moved = apart(|| {
            let mut store = home.beside().webhooks().expect("a database");
            let cursor = store.endpoint(1).expect("a read").expect("an endpoint").cursor;
            store.enqueue(1, cursor, Position(1_000), &[], START).expect("a write")
        });
        assert!(moved);
    });
    world.deliver().await;
    assert_eq!(world.get(&hooks).await.json(200)["position"], world.head().await);
    let next = world.customer("Bea").await;
    world.deliver().await;
    let told = receiver.heard();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].json()["data"]["customer"], next.as_str());
}

#[tokio::test]
async fn a_long_journal_is_told_whole_and_in_order() {
    let (world, receiver) = (world(), Receiver::start().await);
    let accounts = [world.purse("1.00").await, world.purse("1.00").await];
    endpoint(&world, &receiver, json!(["payment.received"])).await;
    let operations: Vec<Value> = (0..1_300)
        .map(|it| {
            let account = &accounts[it % 2];
            let charge = json!({"charge": {"account": account, "amount": "0.01",
                "currency": "EUR", "after_use": true}});
            let payment = json!({"payment": {"account": account, "source": "cash",
                "reference": format!("b{it}"), "amount": "0.01", "currency": "EUR"}});
            if it % 10 < 8 { charge } else { payment }
        })
        .collect();
    world.post("/v1/batches", json!({"operations": operations})).await.json(200);
    world.deliver().await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 260);
    for account in &accounts {
        let of_account = heard.iter().filter(|it| it.json()["data"]["account"] == account.as_str());
        let numbers: Vec<u64> = of_account.map(Heard::sequence).collect();
        assert_eq!(numbers, (1..=130).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_replay_tells_a_range_again_as_it_was() {
    let (world, receiver) = (world(), Receiver::start().await);
    let account = world.purse("1.00").await;
    let (hooks, _) = endpoint(&world, &receiver, json!(["payment.received"])).await;
    let mut places = Vec::new();
    for _ in 0..4 {
        world.advance(60);
        let paid = world.pay(&account, "1.00").await;
        places.push(paid["pay_".len()..].parse::<u64>().expect("a position"));
    }
    world.deliver().await;
    let told = receiver.heard();
    assert_eq!(told.len(), 4);
    let replay = format!("{hooks}/replay");
    let again = async |body: Value| {
        let answer = world.post(&replay, body).await.json(202);
        world.deliver().await;
        let heard = receiver.heard();
        assert_eq!(answer["replayed"], heard.len());
        for it in &heard {
            let before = told.iter().find(|told| told.id() == it.id()).expect("told before");
            assert_eq!(it.body, before.body);
        }
        heard.iter().map(Heard::sequence).collect::<Vec<_>>()
    };
    assert_eq!(again(json!({"from": places[1], "to": places[2]})).await, [2, 3]);
    assert_eq!(again(json!({"from": places[2]})).await, [3, 4]);
    assert_eq!(again(json!({"from": world.moment(-120), "to": world.moment(-60)})).await, [2, 3]);
    assert!(again(json!({"from": 1, "to": 1})).await.is_empty());
    world.post(&replay, json!({"from": "yesterday"})).await.malformed("from");
    world.post(&replay, json!({"from": 1, "to": "x"})).await.malformed("to");
}

#[tokio::test]
async fn a_test_goes_out_whatever_an_endpoint_asked_for() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, made) = endpoint(&world, &receiver, json!(["account.closed"])).await;
    world.post(&format!("{hooks}/test"), json!({})).await.json(202);
    world.deliver().await;
    let heard = receiver.heard();
    assert_eq!(heard[0].json()["type"], "test.ping");
    assert_eq!(heard[0].json()["data"]["endpoint"], made["id"]);
    assert_eq!(verify(&heard[0], &made), (true, true));
}

#[tokio::test]
async fn both_secrets_sign_for_a_day() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, old) = endpoint(&world, &receiver, Value::Null).await;
    let new = world.post(&format!("{hooks}/rotate-secret"), json!({})).await.json(200);
    assert_ne!(new["secret"], old["secret"]);
    assert_ne!(new["public_key"], old["public_key"]);
    for (hours, old_is_right) in [(23, (true, true)), (2, (false, false))] {
        world.advance(hours * 3600);
        world.customer("Ann").await;
        world.deliver().await;
        let heard = receiver.heard().remove(0);
        assert_eq!(verify(&heard, &new), (true, true));
        assert_eq!(verify(&heard, &old), old_is_right, "after {hours} h more");
    }
}
