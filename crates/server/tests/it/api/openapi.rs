//! The description of the API and the API are the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{World, text};

const ROUTES: &str = include_str!("routes.txt");

async fn description(world: &World) -> Value {
    world.ask("anonymous", "GET", "/openapi.json").send().await.json(200)
}

/// `POST /v1/transfers` and so on, sorted by path.
pub async fn documented(world: &World) -> Vec<String> {
    let api = description(world).await;
    let paths = api["paths"].as_object().expect("paths");
    let mut lines: Vec<(String, String)> = Vec::new();
    for (path, methods) in paths {
        for method in methods.as_object().expect("methods").keys() {
            lines.push((path.clone(), method.to_uppercase()));
        }
    }
    lines.sort();
    lines.into_iter().map(|(path, method)| format!("{method} {path}")).collect()
}

#[tokio::test]
async fn the_addresses_are_those_that_were_agreed_on() {
    let world = World::new();
    let found: String = documented(&world).await.iter().map(|it| format!("{it}\n")).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/api/routes.txt");
        std::fs::write(path, &found).expect("a file of ours");
        return;
    }
    assert_eq!(found, ROUTES, "UPDATE_EXPECT=1 takes the new ones over");
}

#[tokio::test]
async fn every_handler_of_the_router_is_documented() {
    let world = World::new();
    let api = description(&world).await;
    let operations: BTreeSet<String> = api["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|it| it.as_object().expect("methods").values())
        .map(|it| it["operationId"].as_str().expect("an id").to_owned())
        .collect();
    let source = include_str!("../../../src/http/routes.rs");
    // A route beside the documented ones would be added with `.route(` or `.nest(`.
    assert!(!source.contains(".route(") && !source.contains(".nest("));
    let handlers: BTreeSet<String> = source
        .split("routes!(")
        .skip(1)
        .filter_map(|it| it.split_once(')'))
        .flat_map(|(inside, _)| inside.split(','))
        .filter_map(|it| it.trim().rsplit("::").next())
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    assert_eq!(operations, handlers);
}

#[tokio::test]
async fn every_documented_address_is_there() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let payment = world.pay(&account, "1.00").await;
    let waiting = crate::api::world::payment("lost", "1.00", "EUR");
    let waiting = text(&world.post("/v1/payments", waiting).await.json(201)["payment"]);
    let refund = format!("/v1/payments/{payment}/refund");
    let refund = world.ask("agent", "POST", &refund).json(&json!({"reason": "x"}));
    let refund = text(&refund.send().await.json(202)["refund"]);
    let command = crate::api::provisioning::switch(&world, None, 1, true).await;
    let hooks = json!({"url": "http://hooks.example/"});
    for line in documented(&world).await {
        let (method, path) = line.split_once(' ').expect("method and path");
        // Each is there anew, because one of the addresses deletes it.
        let endpoint =
            text(&world.post("/v1/webhook-endpoints", hooks.clone()).await.json(201)["id"]);
        let test = format!("/v1/webhook-endpoints/{endpoint}/test");
        let delivery = text(&world.post(&test, json!({})).await.json(202)["id"]);
        let path = path
            .replace("{endpoint}", &endpoint)
            .replace("{delivery}", &delivery)
            .replace("{customer}", "cus_1")
            .replace("{account}", &account)
            .replace("unallocated-payments/{payment}", &format!("unallocated-payments/{waiting}"))
            .replace("{refund}", &refund)
            .replace("{payment}", &payment)
            .replace("{reservation}", "res_x")
            .replace("{credit}", "crd_x")
            .replace("{command}", &command)
            .replace("/kiosk/{channel}", "/kiosk/osmp")
            .replace("{channel}", "cards");
        let response = world.ask("admin", method, &path).address("192.0.2.7").open().await;
        let status = response.status().as_u16();
        assert!(!matches!(status, 404 | 405 | 500..), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn every_reference_in_the_description_leads_somewhere() {
    let world = World::new();
    let api = description(&world).await;
    let mut open = vec![&api];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = target.trim_start_matches('#');
                    assert!(api.pointer(pointer).is_some(), "{target} is nowhere");
                    seen += 1;
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(seen > 20, "{seen}");
}
