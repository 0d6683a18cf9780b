//! Limits: permanent, unlimited, temporary, and the ceiling over them.

use serde_json::{Value, json};

use super::world::{World, eur, text};

async fn credit(world: &World, account: &str, amount: &str, seconds: i64) -> Value {
    let body = json!({"amount": amount, "currency": "EUR", "until": world.moment(seconds)});
    world.post(&format!("/v1/accounts/{account}/credits"), body).await.json(201)
}

#[tokio::test]
async fn a_temporary_limit_ends_at_its_moment() {
    let world = World::new();
    let account = world.account("EUR").await;
    let granted = credit(&world, &account, "20.00", 60).await;
    assert_eq!(granted["credit"], eur("20.00"));
    assert_eq!(granted["until"], "2026-11-02T10:01:00Z");
    let charges = format!("/v1/accounts/{account}/charges");
    world.advance(59);
    world.post(&charges, eur("5.00")).await.json(201);
    world.advance(1);
    let problem = world.post(&charges, eur("5.00")).await.problem(422, "insufficient_funds");
    assert_eq!(problem["available"], eur("-5.00"));
    let shown = world.look(&account).await;
    assert_eq!(shown["credit"], eur("0.00"));
    assert_eq!(shown["temporary_limits"], json!([]));
    let entries = world.get(&format!("/v1/accounts/{account}/entries")).await.json(200);
    assert_eq!(entries["entries"][0]["end"], "expired");
    assert_eq!(entries["entries"][0]["at"], "2026-11-02T10:01:00Z");
}

#[tokio::test]
async fn a_temporary_limit_ends_while_the_server_is_down() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    credit(&world, &account, "20.00", 60).await;
    world.restart();
    assert_eq!(world.look(&account).await["credit"], eur("20.00"));
    world.advance(61);
    world.restart();
    assert_eq!(world.look(&account).await["credit"], eur("0.00"));
}

#[tokio::test]
async fn a_temporary_limit_can_be_revoked_once() {
    let world = World::new();
    let account = world.account("EUR").await;
    let granted = credit(&world, &account, "20.00", 60).await;
    let id = text(&granted["temporary_limit"]);
    let path = format!("/v1/accounts/{account}/credits/{id}");
    let ended = world.ask("agent", "DELETE", &path).send().await.json(200);
    assert_eq!(ended["end"], "revoked");
    assert_eq!(ended["credit"], eur("0.00"));
    world.ask("agent", "DELETE", &path).send().await.problem(404, "credit_not_found");
}

#[tokio::test]
async fn limits_add_up_to_the_ceiling() {
    let world = World::new();
    let account = world.account("EUR").await;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    world.put(&a("credit-ceiling"), eur("15.00")).await.json(200);
    world.put(&a("credit-limit"), eur("10.00")).await.json(200);
    credit(&world, &account, "5.00", 60).await;
    assert_eq!(world.look(&account).await["available"], eur("15.00"));
    let body = json!({"amount": "0.01", "currency": "EUR", "until": world.moment(60)});
    world.post(&a("credits"), body).await.problem(422, "credit_ceiling_exceeded");
    // A lower ceiling caps what runs already.
    world.put(&a("credit-ceiling"), eur("12.00")).await.json(200);
    assert_eq!(world.look(&account).await["available"], eur("12.00"));
    let lifted = world.put(&a("credit-ceiling"), json!({"unlimited": true})).await.json(200);
    assert!(lifted.get("ceiling").is_none(), "{lifted}");
    assert_eq!(world.look(&account).await["available"], eur("15.00"));
}

#[tokio::test]
async fn an_unlimited_account_spends_without_end() {
    let world = World::new();
    let account =
        world.account_with(json!({"currency": "EUR", "credit_limit": {"unlimited": true}})).await;
    let charged =
        world.post(&format!("/v1/accounts/{account}/charges"), eur("1000000.00")).await.json(201);
    assert_eq!(charged["balance"], eur("-1000000.00"));
    assert_eq!(charged["available"], json!({"unlimited": true}));
    let body = json!({"account": account, "session": "s", "amount": "9000.00", "currency": "EUR"});
    assert_eq!(world.post("/v1/authorisations", body).await.json(200)["granted"], true);
    let limit = format!("/v1/accounts/{account}/credit-limit");
    let set = world.put(&limit, eur("0.00")).await.json(200);
    assert_eq!(set["available"], eur("-1009000.00"));
}
