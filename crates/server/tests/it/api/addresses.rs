//! Addresses, parameters and headers that are wrong: refused with their place.

use serde_json::json;

use super::books::Books;
use super::world::{World, eur, with};

#[tokio::test]
async fn an_id_of_another_kind_or_form_is_no_id() {
    let books = Books::new().await;
    let world = &books.world;
    let long = "1".repeat(5_000);
    let accounts = [
        "cus_1",
        "pay_1",
        "res_1-1",
        "acc_0",
        "acc_01",
        "acc_-1",
        "acc_",
        "acc_1x",
        "acc_1.0",
        "acc_4294967296",
        "ACC_1",
        "acc_1%20",
        "%00",
        "a%0Ab",
        "%E2%80%AEx",
        "%C3%A9",
        &long,
    ];
    for id in accounts {
        for rest in ["", "/entries"] {
            world.get(&format!("/v1/accounts/{id}{rest}")).await.malformed("account");
        }
        let path = format!("/v1/accounts/{id}/charges");
        world.post(&path, eur("1.00")).await.malformed("account");
    }
    for id in ["acc_1", "1", "cus_0", "cus_x", "cus_4294967296", "cus_1%2F"] {
        world.get(&format!("/v1/customers/{id}")).await.malformed("customer");
    }
    for id in ["acc_1", "1", "pay_0", "pay_x", "pay_18446744073709551616"] {
        world.get(&format!("/v1/payments/{id}")).await.malformed("payment");
    }
    world.get("/v1/payments/pay_18446744073709551615").await.problem(404, "payment_not_found");
    for id in ["acc_1", "res_1", "res_1-", "res_-1", "res_0-1", "res_1-0", "res_1-1-1"] {
        let path = format!("/v1/reservations/{id}/settle");
        world.post(&path, eur("1.00")).await.malformed("reservation");
    }
    for id in ["acc_1", "rfd_1", "rfd_1-x", "rfd_0-1"] {
        world.get(&format!("/v1/refunds/{id}")).await.malformed("refund");
        world.get(&format!("/v1/refunds?after={id}")).await.malformed("after");
    }
    world.get("/v1/unallocated-payments?after=acc_1").await.malformed("after");
    world.get("/v1/unallocated-payments?state=lost").await.malformed("state");
    for id in ["acc_1", "crd_1", "crd_1-x"] {
        let path = format!("/v1/accounts/{}/credits/{id}", books.account);
        world.ask("admin", "DELETE", &path).send().await.malformed("credit");
    }
    for field in ["from", "to"] {
        let body = json!({"from": "acc_1", "to": "acc_2", "amount": "1.00", "currency": "EUR"});
        let body = with(body, field, json!("cus_1"));
        world.post("/v1/transfers", body).await.malformed(field);
    }
    world.get("/v1/customers?after=acc_1").await.malformed("after");
    // Bytes that are no text at all.
    for path in ["/v1/accounts/%FF", "/v1/customers/%C3%28", "/v1/payments/%80/cancel"] {
        let method = if path.ends_with("cancel") { "POST" } else { "GET" };
        let answer = world.ask("admin", method, path).send().await;
        answer.problem(400, "malformed");
    }
}

#[tokio::test]
async fn a_header_is_checked_like_a_field() {
    let world = World::new();
    let account = world.purse("5.00").await;
    let before = world.head().await;
    let long = "a".repeat(300);
    let cases: [(&str, &[u8], &str); 9] = [
        ("idempotency-key", b"", "Idempotency-Key"),
        ("idempotency-key", b"  ", "Idempotency-Key"),
        ("idempotency-key", long.as_bytes(), "Idempotency-Key"),
        ("idempotency-key", b"\xff", "Idempotency-Key"),
        ("sporran-channel", b"Call Centre", "Sporran-Channel"),
        ("sporran-channel", b"", "Sporran-Channel"),
        ("sporran-channel", b"\xff", "sporran-channel"),
        ("sporran-reason", long.as_bytes(), "Sporran-Reason"),
        ("sporran-reason", "\u{202E}x".as_bytes(), "Sporran-Reason"),
    ];
    for (name, value, field) in cases {
        let path = format!("/v1/accounts/{account}/charges");
        let ask = world.ask("admin", "POST", &path).json(&eur("1.00")).header(name, value);
        ask.send().await.malformed(field);
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_query_parameter_is_known_and_has_its_form() {
    let world = World::new();
    let account = world.account("EUR").await;
    let cases = [
        ("/v1/customers?colour=red", "colour"),
        ("/v1/customers?limit=0", "limit"),
        ("/v1/customers?limit=201", "limit"),
        ("/v1/customers?limit=x", "limit"),
        ("/v1/customers?limit=1&limit=2", "limit"),
        ("/v1/accounts/ACC?colour=red", "colour"),
        ("/v1/accounts/ACC?at=yesterday", "at"),
        ("/v1/accounts/ACC?at=", "at"),
        ("/v1/accounts/ACC?at=2026-02-30T00:00:00Z", "at"),
        ("/v1/accounts/ACC?at=2026-11-02T10:00:00", "at"),
        ("/v1/accounts/ACC/entries?before=x", "before"),
        ("/v1/accounts/ACC/entries?before=-1", "before"),
        ("/v1/accounts/ACC/entries?at=x", "at"),
        ("/v1/accounts/ACC/entries?limit=9999999999999999999999", "limit"),
        ("/v1/exchange-rates?at=x", "at"),
        ("/v1/exchange-rates?base=EUR", "base"),
        ("/v1/events?colour=red", "colour"),
    ];
    for (path, field) in cases {
        world.get(&path.replace("ACC", &account)).await.malformed(field);
    }
}

#[tokio::test]
async fn an_address_or_method_that_is_none_is_a_problem_too() {
    let world = World::new();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/customer",
        "/v1/accounts",
        "/v1/accounts/",
        "/v2/events",
        "/v1/accounts/acc_1/",
        "/v1//customers",
        "/../etc/passwd",
        "/health",
    ] {
        for who in ["admin", "anonymous"] {
            world.ask(who, "GET", path).send().await.problem(404, "not_found");
        }
    }
    let wrong = [
        ("DELETE", "/v1/customers", "GET,HEAD,POST"),
        ("GET", "/v1/transfers", "POST"),
        ("PATCH", "/v1/accounts/acc_1", "GET,HEAD"),
        ("POST", "/v1/accounts/acc_1/credit-limit", "PUT"),
        ("GET", "/v1/accounts/acc_1/credits/crd_1-1", "DELETE"),
        ("POST", "/health/live", "GET,HEAD"),
        ("BREW", "/v1/customers", "GET,HEAD,POST"),
    ];
    for (method, path, allowed) in wrong {
        let answer = world.ask("admin", method, path).send().await;
        answer.problem(405, "method_not_allowed");
        let allow = answer.headers.get("allow").and_then(|it| it.to_str().ok());
        let mut allow: Vec<&str> = allow.unwrap_or_default().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{method} {path}");
    }
}
