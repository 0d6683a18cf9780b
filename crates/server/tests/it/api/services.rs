//! The catalogue: services, their versions, and tariffs that make no sense.

use serde_json::{Value, json};

use super::shop::{film, monthly, sell, telephony};
use super::world::{World, with};

/// The service with something else at a place of its usage tariff.
fn usage(pointer: &str, value: Value) -> Value {
    let mut service = telephony();
    let pointer = format!("/usage{pointer}");
    match service.pointer_mut(&pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, name) = pointer.rsplit_once('/').expect("a path");
            service.pointer_mut(parent).expect("an object")[name] = value;
        }
    }
    service
}

/// A tariff with a day and a night, both between these minutes on every day of the week.
fn banded(day: (&str, &str), night: &[(&str, &str)]) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let time = |it: &(&str, &str)| json!({"days": days, "from": it.0, "until": it.1});
    let night: Vec<Value> = night.iter().map(time).collect();
    let service = usage(
        "/bands",
        json!([{"name": "day", "times": [time(&day)]}, {"name": "night", "times": night}]),
    );
    let rates = json!([{"price": {"day": "0.10", "night": "0.05"}}]);
    with(service.clone(), "usage", with(service["usage"].clone(), "rates", rates))
}

#[tokio::test]
async fn a_service_gets_versions_and_keeps_them() {
    let world = World::new();
    let first = sell(&world, "internet-100", monthly("25.00")).await;
    assert_eq!((&first["name"], &first["version"]), (&json!("internet-100"), &json!(1)));
    sell(&world, "film", film()).await;
    let dearer = sell(&world, "internet-100", monthly("27.50")).await;
    assert_eq!(dearer["version"], 2);
    let listed = world.ask("reader", "GET", "/v1/services").send().await.json(200);
    let lines = listed["services"].as_array().expect("services");
    let lines: Vec<_> =
        lines.iter().map(|it| (it["name"].clone(), it["version"].clone())).collect();
    assert_eq!(lines, [(json!("film"), json!(1)), (json!("internet-100"), json!(2))]);
    let path = "/v1/services/internet-100";
    let history = world.ask("gateway", "GET", path).send().await.json(200);
    let versions = history["versions"].as_array().expect("versions");
    let prices: Vec<_> = versions.iter().map(|it| it["recurring"]["price"].clone()).collect();
    assert_eq!(prices, ["27.50", "25.00"]);
    world.get("/v1/services/internet-200").await.problem(404, "service_not_found");
    world.get("/v1/services/no%20name").await.malformed("service");
}

#[tokio::test]
async fn what_is_set_is_shown_as_it_was_written_and_can_be_set_again() {
    let world = World::new();
    let night = [("00:00", "08:00"), ("20:00", "24:00")];
    for (name, service) in [
        ("internet", monthly("25")),
        ("telephony", telephony()),
        ("film", film()),
        ("night", banded(("08:00", "20:00"), &night)),
    ] {
        let shown = sell(&world, name, service.clone()).await;
        for (field, value) in service.as_object().expect("fields") {
            if field != "usage" {
                assert_eq!(shown[field], *value, "{name}");
            }
        }
        let mut again = shown.clone();
        let fields = again.as_object_mut().expect("fields");
        fields.remove("name");
        fields.remove("version");
        let second = sell(&world, name, again).await;
        assert_eq!(with(second, "version", json!(1)), shown, "{name}");
    }
}

#[tokio::test]
async fn only_who_configures_sets_services() {
    let world = World::new();
    for who in ["agent", "finance", "gateway", "reader"] {
        let ask = world.ask(who, "PUT", "/v1/services/film").json(&film());
        ask.send().await.problem(403, "forbidden");
    }
    let ask = world.ask("anonymous", "PUT", "/v1/services/film").json(&film());
    ask.send().await.problem(401, "unauthenticated");
    let listed = world.get("/v1/services").await.json(200);
    assert_eq!(listed["services"], json!([]));
}

#[tokio::test]
async fn a_tariff_that_makes_no_sense_is_refused_with_its_place() {
    let world = World::new();
    let before = world.head().await;
    let step = |from: u64| json!({"from": from, "price": "0.10"});
    let two = with(monthly("1.00"), "one_time", json!({"price": "1.00"}));
    let anchored = |anchor: Value| {
        let mut service = monthly("1.00");
        service["recurring"]["anchor"] = anchor;
        service
    };
    let cases = [
        (usage("/increment", json!(0)), "usage.increment"),
        (usage("/per", json!(0)), "usage.per"),
        (usage("/allowance", json!(100)), "usage.allowance"),
        (usage("/rates", json!([])), "usage.rates"),
        (usage("/rates/0/price", json!([step(60)])), "usage.rates[0].price[0].from"),
        (
            usage("/rates/1/price", json!([step(0), step(60), step(60)])),
            "usage.rates[1].price[2].from",
        ),
        (usage("/rates/1/prefixes", json!(["+33"])), "usage.rates[1].prefixes[0]"),
        (
            banded(("08:00", "20:00"), &[("00:00", "09:00"), ("20:00", "24:00")]),
            "usage.bands[0].times[0]",
        ),
        (banded(("08:00", "20:00"), &[("00:00", "08:00")]), "usage.bands"),
        (two, "one_time"),
        (json!({"title": "x", "currency": "EUR", "mode": "prepaid"}), "service"),
        (with(monthly("1.00"), "title", json!("")), "title"),
        (anchored(json!({"month_day": 29})), "recurring.anchor"),
        (with(monthly("1.00"), "due", json!({"days": 5, "grace_days": 5})), "due"),
        (
            with(film(), "one_time", json!({"price": "1", "duration_seconds": 0})),
            "one_time.duration_seconds",
        ),
    ];
    for (service, place) in cases {
        let problem = world.put("/v1/services/s", service).await.problem(400, "service_invalid");
        assert_eq!(problem["place"], place, "{problem}");
        assert!(problem["remedy"].as_str().is_some_and(|it| !it.is_empty()), "{problem}");
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_tariff_that_cannot_be_read_names_the_field() {
    let world = World::new();
    let within = |object: &str, field: &str, value: Value| {
        let mut service = if object == "one_time" { film() } else { monthly("1.00") };
        match object {
            "" => service[field] = value,
            object => service[object][field] = value,
        }
        service
    };
    let cases = [
        (within("", "currency", json!("EURO")), "currency"),
        (within("", "currency", json!("XYZ")), "currency"),
        (within("", "mode", json!("free")), "mode"),
        (within("", "colour", json!("red")), "colour"),
        (within("", "version", json!(7)), "version"),
        (within("recurring", "colour", json!("red")), "recurring.colour"),
        (within("recurring", "price", json!("-1.00")), "recurring.price"),
        (within("recurring", "price", json!("1.2345678901")), "recurring.price"),
        (within("recurring", "price", json!("12345678901234")), "recurring.price"),
        (within("recurring", "price", json!(1.5)), "recurring.price"),
        (within("recurring", "every", json!({"count": 1, "unit": "eon"})), "recurring.every.unit"),
        (
            within("recurring", "every", json!({"count": 1, "unit": "day", "at": 5})),
            "recurring.every.at",
        ),
        (within("one_time", "hours", json!(5)), "one_time.hours"),
        (within("", "due", json!({"days": 1, "grace_days": 1, "weeks": 1})), "due.weeks"),
        (within("", "adapter", json!("no name")), "adapter"),
        (usage("/colour", json!("red")), "usage.colour"),
        (usage("/unit", json!("mile")), "usage.unit"),
        (usage("/increment", json!(-1)), "usage.increment"),
        (usage("/rates/0/price", json!("0.1.0")), "usage.rates[0].price"),
        (usage("/rates/0/colour", json!("red")), "usage.rates[0].colour"),
    ];
    for (service, field) in cases {
        let shown = service.to_string();
        let answer = world.put("/v1/services/s", service).await;
        let problem = answer.problem(400, "malformed");
        assert_eq!(problem["field"], field, "{shown}: {problem}");
    }
    // A price for a band that there is not is found when the whole is read.
    let night = [("00:00", "08:00"), ("20:00", "24:00")];
    let mut service = banded(("08:00", "20:00"), &night);
    service["usage"]["rates"][0]["price"] = json!({"day": "0.10", "evening": "0.05"});
    let problem = world.put("/v1/services/s", service).await.problem(400, "malformed");
    assert_eq!(problem["field"], "usage", "{problem}");
    let title = problem["title"].as_str().unwrap_or_default();
    assert!(title.contains("rates[0].price") && title.contains("night"), "{problem}");
}

#[tokio::test]
async fn what_a_service_is_sold_as_never_changes() {
    let world = World::new();
    sell(&world, "internet", monthly("25.00")).await;
    let problem = world.put("/v1/services/internet", film()).await;
    let problem = problem.problem(400, "service_invalid");
    assert_eq!(problem["place"], "recurring", "{problem}");
}

#[tokio::test]
async fn a_service_is_set_once_under_a_key() {
    let mut world = World::new();
    let ask = |world: &World, price: &str| {
        world.ask("admin", "PUT", "/v1/services/internet").once("k").json(&monthly(price))
    };
    let first = ask(&world, "25.00").send().await;
    world.restart();
    let again = ask(&world, "25.00").send().await;
    assert!(again.is_replayed());
    assert_eq!(again.body, first.body);
    ask(&world, "26.00").send().await.problem(409, "idempotency_key_reused");
    let history = world.get("/v1/services/internet").await.json(200);
    assert_eq!(history["versions"].as_array().map(Vec::len), Some(1));
}
