//! Films and turbo buttons: bought, on, longer, off at their end.

use serde_json::{Value, json};

use super::shop::{
    HOUR, act, film, forward, kinds, monthly, sell, shown_after, standing, subscribe, subscription,
    testing, turbo,
};
use super::world::{Answer, World, eur, text, with};

async fn selling() -> World {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    sell(&world, "turbo", turbo()).await;
    sell(&world, "film", film()).await;
    world
}

async fn buy(world: &World, body: Value) -> Answer {
    world.ask("gateway", "POST", "/v1/purchases").json(&body).send().await
}

#[tokio::test]
async fn a_turbo_button_is_on_until_its_end_and_longer_when_pressed_again() {
    let world = selling().await;
    let account = world.purse("36.00").await;
    let more = json!({"subjects": ["amelie"]});
    let base = subscribe(&world, &account, "internet", more).await;
    let before = world.head().await;
    let press = json!({"account": account, "service": "turbo", "base": base});
    let bought = buy(&world, press.clone()).await.json(201);
    assert_eq!((&bought["kind"], &bought["amount"]), (&json!("purchased"), &eur("-2.00")));
    assert_eq!((&bought["service"], &bought["base"]), (&json!("turbo"), &json!(base)));
    assert_eq!((&bought["until"], &bought["on"]), (&json!("2026-11-04T22:00:00Z"), &json!(true)));
    let id = text(&bought["subscription"]);
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["purchased", "switched"]);
    // The network knows it by the name of what it speeds up.
    assert_eq!(entries[1]["subjects"], json!(["amelie"]));
    let shown = subscription(&world, &id).await;
    assert_eq!((&shown["ends"], &shown["base"]), (&json!(true), &json!(base)));
    forward(&world, 50 * HOUR).await;
    let again = buy(&world, press.clone()).await.json(201);
    assert_eq!(again["subscription"], json!(id));
    assert_eq!(again["until"], "2026-11-07T10:00:00Z");
    forward(&world, 70 * HOUR - 1).await;
    assert_eq!(standing(&world, &id).await, "on");
    let before = world.head().await;
    forward(&world, 1).await;
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["subscription_closed", "switched"]);
    assert_eq!((&entries[1]["on"], &entries[1]["cause"]), (&json!(false), &json!("ended")));
    assert_eq!(entries[1]["at"], "2026-11-07T10:00:00Z");
    world.get(&format!("/v1/subscriptions/{id}")).await.problem(404, "subscription_not_found");
    let third = buy(&world, press).await.json(201);
    assert_ne!(third["subscription"], json!(id));
    assert_eq!(third["balance"], eur("0.00"));
}

#[tokio::test]
async fn a_film_is_charged_and_switches_nothing() {
    let world = selling().await;
    let account = world.purse("10.00").await;
    let before = world.head().await;
    let body = json!({"account": account, "service": "film", "item": "The Third Man"});
    let bought = buy(&world, body).await.json(201);
    assert_eq!((&bought["item"], &bought["amount"]), (&json!("The Third Man"), &eur("-3.50")));
    assert!(bought.get("subscription").is_none() && bought.get("until").is_none(), "{bought}");
    assert_eq!(kinds(&shown_after(&world, &account, before).await), ["purchased"]);
    let listed = world.get(&format!("/v1/subscriptions?account={account}")).await.json(200);
    assert_eq!(listed["subscriptions"], json!([]));
}

#[tokio::test]
async fn a_purchase_that_is_refused_says_what_is_missing() {
    let world = selling().await;
    let account = world.purse("31.00").await;
    let base = subscribe(&world, &account, "internet", json!({})).await;
    let press = json!({"account": account, "service": "turbo", "base": base});
    let before = world.head().await;
    let problem = buy(&world, press.clone()).await.problem(422, "insufficient_funds");
    assert_eq!((&problem["available"], &problem["requested"]), (&eur("1.00"), &eur("2.00")));
    assert_eq!(problem["missing"], eur("1.00"), "{problem}");
    assert_eq!(world.head().await, before);
    world.pay(&account, "10.00").await;
    act(&world, &base, "suspend", json!({})).await.json(200);
    let problem = buy(&world, press.clone()).await.problem(422, "subscription_off");
    assert_eq!(
        (&problem["subscription"], &problem["why"]),
        (&json!(base), &json!("suspended_by_staff"))
    );
    assert_eq!(world.look(&account).await["balance"], eur("11.00"));
    let other = world.purse("5.00").await;
    let foreign = json!({"account": other, "service": "turbo", "base": base});
    buy(&world, foreign).await.malformed("base");
    for (service, status, code) in
        [("internet", 422, "service_unfit"), ("nothing", 404, "service_not_found")]
    {
        let body = json!({"account": account, "service": service});
        buy(&world, body).await.problem(status, code);
    }
    let body = json!({"account": account, "service": "film", "item": "a\u{0}b"});
    buy(&world, body).await.malformed("item");
    let body = json!({"account": account, "service": "film", "colour": "red"});
    buy(&world, body).await.malformed("colour");
    let ask = world.ask("reader", "POST", "/v1/purchases").json(&press);
    ask.send().await.problem(403, "forbidden");
}

/// Every new write, once under a key.
#[tokio::test]
async fn every_write_about_services_is_done_once_under_a_key() {
    let mut world = selling().await;
    sell(&world, "tv", monthly("10.00")).await;
    let account = world.purse("200.00").await;
    let base = subscribe(&world, &account, "internet", json!({})).await;
    let a = |rest: &str| format!("/v1/subscriptions/{base}{rest}");
    let tv = json!({"account": account, "service": "tv"});
    let film = json!({"account": account, "service": "film"});
    let turbo = json!({"account": account, "service": "turbo", "base": base});
    // Each with what another request would say.
    let writes = [
        ("POST", "/v1/subscriptions".into(), tv, ("priority", json!(5))),
        ("POST", "/v1/purchases".into(), film, ("item", json!("M"))),
        ("POST", "/v1/purchases".into(), turbo, ("base", Value::Null)),
        ("PATCH", a(""), json!({"priority": 3}), ("priority", json!(4))),
        ("POST", a("/suspend"), json!({"by": "customer"}), ("by", json!("staff"))),
        ("POST", a("/resume"), json!({"by": "customer"}), ("by", json!("staff"))),
        ("POST", a("/plan"), json!({"service": "tv"}), ("service", json!("internet"))),
        ("POST", a("/close"), json!({"refund_unused": true}), ("refund_unused", json!(false))),
    ];
    let mut first = Vec::new();
    for (place, (method, path, body, _)) in writes.iter().enumerate() {
        let ask = world.ask("agent", method, path).json(body).once(&format!("k{place}"));
        let answer = ask.send().await;
        assert!(answer.status < 300 && !answer.is_replayed(), "{answer:?}");
        first.push(answer);
    }
    let before = world.head().await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        for (place, (method, path, body, other)) in writes.iter().enumerate() {
            let key = format!("k{place}");
            let again = world.ask("agent", method, path).json(body).once(&key).send().await;
            assert!(again.is_replayed(), "{again:?}");
            assert_eq!((again.status, &again.body), (first[place].status, &first[place].body));
            let other = with(body.clone(), other.0, other.1.clone());
            let ask = world.ask("agent", method, path).json(&other).once(&key);
            ask.send().await.problem(409, "idempotency_key_reused");
        }
    }
    assert_eq!(world.head().await, before);
}
