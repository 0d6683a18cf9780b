//! What tests of services have in common: a catalogue, customers who subscribe, and time.

use serde_json::{Value, json};

use super::world::{Answer, World, text, with};

pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 24 * HOUR;

/// A world whose time can be set forward, where what falls due falls due.
pub fn testing() -> World {
    World::with_test_clock(|config| config.credit.notice_hours = 0)
}

pub async fn forward(world: &World, seconds: i64) -> Value {
    world.post("/v1/clock", json!({"forward_seconds": seconds})).await.json(200)
}

/// An Internet access for a fee a month.
pub fn monthly(price: &str) -> Value {
    json!({"title": "Internet 100", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": price, "every": {"count": 1, "unit": "month"},
            "anchor": "start"},
        "refunds_unused": true, "profile": {"down_kbit": "100000"}})
}

/// The same, charged at the end of each month.
pub fn postpaid(price: &str) -> Value {
    with(monthly(price), "mode", json!("postpaid"))
}

/// Calls at prices a minute: 0.10 at home, 0.25 and a set-up fee abroad; some numbers are not
/// served.
pub fn telephony() -> Value {
    json!({"title": "Telephony", "currency": "EUR", "mode": "prepaid",
        "usage": {"unit": "second", "per": 60, "rates": [
            {"title": "home", "prefixes": ["+33", "+689"], "price": "0.10"},
            {"title": "mobiles", "prefixes": ["+336", "+337"], "price": "0.20"},
            {"title": "Iceland", "prefixes": ["+354"], "price": "0.25", "set_up": "0.05"}]}})
}

/// Two days and a half of speed.
pub fn turbo() -> Value {
    json!({"title": "Turbo", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "2.00", "duration_seconds": 60 * HOUR},
        "profile": {"down_kbit": "500000"}})
}

pub fn film() -> Value {
    json!({"title": "Film", "currency": "EUR", "mode": "prepaid", "one_time": {"price": "3.50"}})
}

pub async fn sell(world: &World, name: &str, service: Value) -> Value {
    world.put(&format!("/v1/services/{name}"), service).await.json(200)
}

/// The id of a new subscription, with more fields than account and service.
pub async fn subscribe(world: &World, account: &str, service: &str, more: Value) -> String {
    text(&try_subscribe(world, account, service, more).await.json(201)["subscription"])
}

pub async fn try_subscribe(world: &World, account: &str, service: &str, more: Value) -> Answer {
    let mut body = json!({"account": account, "service": service});
    for (field, value) in more.as_object().expect("fields") {
        body = with(body, field, value.clone());
    }
    world.ask("agent", "POST", "/v1/subscriptions").json(&body).send().await
}

pub async fn subscription(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/subscriptions/{id}")).await.json(200)
}

/// Whether it is on, and else what for it is off.
pub async fn standing(world: &World, id: &str) -> String {
    let shown = subscription(world, id).await;
    match (shown["on"].as_bool(), shown.get("why").and_then(Value::as_str)) {
        (Some(true), None) => "on".to_owned(),
        (Some(false), Some(why)) => why.to_owned(),
        _ => panic!("it contradicts itself: {shown}"),
    }
}

/// What an agent does with a subscription.
pub async fn act(world: &World, id: &str, what: &str, body: Value) -> Answer {
    let path = format!("/v1/subscriptions/{id}/{what}");
    world.ask("agent", "POST", &path).json(&body).send().await
}

/// Entries as they are shown, after a position, oldest first.
pub async fn shown_after(world: &World, account: &str, position: u64) -> Vec<Value> {
    let path = format!("/v1/accounts/{account}/entries?limit=200");
    let page = world.get(&path).await.json(200);
    let entries = page["entries"].as_array().expect("entries").iter().rev();
    entries.filter(|it| it["position"].as_u64() > Some(position)).cloned().collect()
}

pub fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|it| it["kind"].as_str().expect("a kind")).collect()
}
