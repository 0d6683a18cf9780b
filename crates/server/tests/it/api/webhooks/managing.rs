use serde_json::{Value, json};

use super::super::world::{World, text, with};
use super::receiver::{Receiver, Says};
use super::{endpoint, world};

const ENDPOINTS: &str = "/v1/webhook-endpoints";

fn hook() -> Value {
    json!({"url": "https://hooks.example/in", "events": ["payment.received"], "description": "CRM"})
}

#[tokio::test]
async fn the_secret_is_shown_once() {
    let world = World::new();
    let made = world.post(ENDPOINTS, hook()).await.json(201);
    assert!(text(&made["secret"]).starts_with("whsec_"));
    assert!(text(&made["public_key"]).starts_with("whpk_"));
    let path = format!("{ENDPOINTS}/{}", text(&made["id"]));
    let listed = world.get(ENDPOINTS).await.json(200)["endpoints"][0].clone();
    let changed = world.put(&path, with(hook(), "description", json!("ERP"))).await.json(200);
    for view in [&listed, &changed, &world.get(&path).await.json(200)] {
        assert_eq!(view.get("secret"), None);
        assert_eq!(view["public_key"], made["public_key"]);
        assert_eq!((&view["url"], &view["events"]), (&hook()["url"], &hook()["events"]));
    }
    assert_eq!((&listed["description"], &changed["description"]), (&json!("CRM"), &json!("ERP")));
}

#[tokio::test]
async fn a_repeat_under_a_key_makes_nothing_twice() {
    let world = World::new();
    let ask = |body: &Value| world.ask("admin", "POST", ENDPOINTS).json(body).once("k1");
    let first = ask(&hook()).send().await;
    let again = ask(&hook()).send().await;
    assert_eq!(first.json(201), again.json(201));
    assert!(again.is_replayed() && !first.is_replayed());
    let other = with(hook(), "url", json!("https://other.example/"));
    ask(&other).send().await.problem(409, "idempotency_key_reused");
    let list = world.get(ENDPOINTS).await.json(200);
    assert_eq!(list["endpoints"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_cannot_be_an_endpoint_is_refused() {
    let world = World::new();
    let wrong = [
        ("url", json!("")),
        ("url", json!("hooks.example")),
        ("url", json!("ftp://hooks.example/")),
        ("url", json!("https://ann:secret@hooks.example/")),
        ("url", json!(format!("https://hooks.example/{}", "x".repeat(2_000)))),
        ("events", json!([])),
        ("events[1]", json!(["payment.received", "payment.lost"])),
        ("description", json!("")),
        ("from", json!("now")),
    ];
    for (field, value) in wrong {
        let name = field.trim_end_matches("[1]");
        world.post(ENDPOINTS, with(hook(), name, value)).await.malformed(field);
    }
    world.post(ENDPOINTS, with(hook(), "colour", json!("red"))).await.problem(400, "malformed");
    assert_eq!(world.get(ENDPOINTS).await.json(200)["endpoints"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let world = World::new();
    for (method, rest) in [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/rotate-secret"),
        ("POST", "/test"),
        ("POST", "/replay"),
        ("GET", "/deliveries"),
    ] {
        let body = if rest == "/replay" { json!({"from": 1}) } else { hook() };
        let path = format!("{ENDPOINTS}/whe_9{rest}");
        world.ask("admin", method, &path).json(&body).send().await.problem(404, "not_found");
        let path = format!("{ENDPOINTS}/9{rest}");
        world.ask("admin", method, &path).json(&body).send().await.malformed("endpoint");
    }
    world.get("/v1/webhook-deliveries/whd_9").await.problem(404, "not_found");
    world.post("/v1/webhook-deliveries/whd_9/retry", json!({})).await.problem(404, "not_found");
    world.get("/v1/webhook-deliveries/9").await.malformed("delivery");
}

#[tokio::test]
async fn deliveries_are_listed_page_by_page_with_every_attempt() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.then([Says(500, None)]);
    for name in ["Ann", "Bea", "Cat"] {
        world.customer(name).await;
        world.deliver().await;
    }
    let list = async |query: &str| world.get(&format!("{hooks}/deliveries{query}")).await;
    let first = list("?limit=2").await.json(200);
    let next = text(&first["next"]);
    let second = list(&format!("?limit=2&cursor={next}")).await.json(200);
    assert_eq!(second.get("next"), None);
    let both = [&first["deliveries"], &second["deliveries"]];
    let both: Vec<&Value> = both.iter().flat_map(|it| it.as_array().expect("a list")).collect();
    let subjects: Vec<&Value> = both.iter().map(|it| &it["subject"]).collect();
    assert_eq!(subjects, ["cus_3", "cus_2", "cus_1"]);
    let pending = list("?state=pending").await.json(200);
    let pending = &pending["deliveries"][0];
    assert_eq!(
        (&pending["subject"], &pending["type"]),
        (&json!("cus_1"), &json!("customer.created"))
    );
    let path = format!("/v1/webhook-deliveries/{}", text(&pending["id"]));
    let delivery = world.get(&path).await.json(200);
    assert_eq!(delivery["attempts"][0]["status"], 500);
    let body: Value = serde_json::from_str(&text(&delivery["body"])).expect("JSON");
    assert_eq!(body["data"]["fields"]["name"], "Ann");
    list("?state=lost").await.malformed("state");
    list("?cursor=7").await.malformed("cursor");
}

#[tokio::test]
async fn a_deleted_endpoint_is_told_nothing_more() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, Value::Null).await;
    receiver.then([Says(500, None)]);
    world.customer("Ann").await;
    world.deliver().await;
    world.ask("admin", "DELETE", &hooks).send().await.json(200);
    world.get(&hooks).await.problem(404, "not_found");
    world.customer("Bea").await;
    world.advance(86_400);
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    let metrics = world.get("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("sporran_webhook_endpoints 0"));
}
