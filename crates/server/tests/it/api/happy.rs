//! Every address, used as it is meant to be.

use serde_json::json;

use super::world::{World, eur, payment, text, with};

#[tokio::test]
async fn a_customer_is_created_changed_and_read() {
    let world = World::new();
    let body = json!({
        "name": "Amélie Tetuanui", "kind": "person", "phone": "+689 87 12 34 56",
        "email": "amelie@example.com", "group": "home", "language": "fr", "country": "PF",
    });
    let made = world.ask("agent", "POST", "/v1/customers").json(&body).send().await.json(201);
    assert_eq!(made["id"], "cus_1");
    assert_eq!(made["created_at"], "2026-11-02T10:00:00Z");
    for (field, value) in body.as_object().expect("an object") {
        assert_eq!(&made[field], value, "{field}");
    }
    world.advance(60);
    let changed = world.put("/v1/customers/cus_1", json!({"name": "Amélie T."})).await.json(200);
    assert_eq!(changed["name"], "Amélie T.");
    assert_eq!(changed["created_at"], "2026-11-02T10:00:00Z");
    assert_eq!(changed["updated_at"], "2026-11-02T10:01:00Z");
    assert!(changed.get("phone").is_none(), "{changed}");
    let read = world.ask("reader", "GET", "/v1/customers/cus_1").send().await.json(200);
    assert_eq!(read["name"], "Amélie T.");
    assert_eq!(read["accounts"], json!([]));
}

#[tokio::test]
async fn an_account_is_opened_named_and_closed() {
    let world = World::new();
    world.customer("Ann").await;
    let body = json!({
        "currency": "EUR", "name": "Internet", "number": "OLD/42",
        "credit_limit": eur("5.00"), "credit_ceiling": eur("20.00"),
    });
    let made = world.post("/v1/customers/cus_1/accounts", body).await.json(201);
    assert_eq!(made["id"], "acc_1");
    assert_eq!(made["number"], "OLD/42");
    assert_eq!(made["balance"], eur("0.00"));
    assert_eq!(made["credit"], eur("5.00"));
    assert_eq!(made["available"], eur("5.00"));
    let read = world.get("/v1/accounts/OLD%2F42").await.json(200);
    assert_eq!(read["id"], "acc_1");
    assert_eq!(read["credit_limit"], eur("5.00"));
    assert_eq!(read["credit_ceiling"], eur("20.00"));
    assert_eq!(read["temporary_limits"], json!([]));
    assert_eq!(read["reservations"], json!([]));
    world.put("/v1/accounts/acc_1/name", json!({"name": "Television"})).await.json(200);
    let listed = world.get("/v1/customers/cus_1").await.json(200);
    assert_eq!(listed["accounts"][0]["name"], "Television");
    let closed = world.ask("agent", "POST", "/v1/accounts/acc_1/close").send().await.json(200);
    assert_eq!(closed["closed"], true);
    assert_eq!(world.look("acc_1").await["closed"], true);
}

#[tokio::test]
async fn a_number_of_our_own_opens_the_account_as_its_id_does() {
    let world = World::new();
    let account = world.account("EUR").await;
    let number = text(&world.look(&account).await["number"]);
    assert_eq!(world.look(&number).await["id"], account.as_str());
}

#[tokio::test]
async fn a_payment_is_received_read_and_cancelled() {
    let world = World::new();
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/payments");
    let mut body = payment("receipt-1", "10.00", "EUR");
    body["paid_at"] = json!("2026-11-01T09:00:00Z");
    body["description"] = json!("at the kiosk");
    let paid = world.ask("gateway", "POST", &path).json(&body).send().await.json(201);
    assert_eq!(paid["kind"], "payment");
    assert_eq!(paid["amount"], eur("10.00"));
    assert_eq!(paid["balance"], eur("10.00"));
    assert_eq!(paid["contra"], "payments:cash");
    assert_eq!(paid["reference"], "receipt-1");
    assert_eq!(paid["paid_at"], "2026-11-01T09:00:00Z");
    assert_eq!(paid["actor"], "gateway");
    assert_eq!(paid["channel"], "api");
    let id = text(&paid["payment"]);
    let seen = async || world.get(&format!("/v1/payments/{id}")).await.json(200);
    let whole = with(with(paid, "reversed", eur("0.00")), "left", eur("10.00"));
    assert_eq!(seen().await, whole);
    let cancel = format!("/v1/payments/{id}/cancel");
    let cancelled = world.post(&cancel, json!({"reason": "paid twice"})).await.json(201);
    assert_eq!(cancelled["amount"], eur("-10.00"));
    assert_eq!(cancelled["payment"], id.as_str());
    let gone = with(with(whole, "reversed", eur("10.00")), "left", eur("0.00"));
    assert_eq!(seen().await, with(gone, "cancelled_by", cancelled["position"].clone()));
    assert_eq!(cancelled["balance"], eur("0.00"));
}

#[tokio::test]
async fn a_charge_an_adjustment_and_a_transfer_move_money() {
    let world = World::new();
    let (from, to) = (world.purse("10.00").await, world.account("EUR").await);
    let body = json!({
        "amount": "0.1166", "currency": "EUR", "service": "internet-100", "reference": "r-1",
        "description": "an hour",
    });
    let path = format!("/v1/accounts/{from}/charges");
    let charged = world.ask("gateway", "POST", &path).json(&body).send().await.json(201);
    assert_eq!(charged["amount"], eur("-0.1166"));
    assert_eq!(charged["balance"], eur("9.8834"));
    assert_eq!(charged["contra"], "revenue:internet-100");
    let body = json!({
        "amount": "-1.00", "currency": "EUR", "reason": "goodwill", "note": "sorry",
    });
    let path = format!("/v1/accounts/{from}/adjustments");
    let adjusted = world
        .ask("agent", "POST", &path)
        .header("sporran-channel", "call-centre")
        .header("sporran-reason", "as agreed by telephone")
        .json(&body)
        .send()
        .await
        .json(201);
    assert_eq!(adjusted["balance"], eur("8.8834"));
    assert_eq!(adjusted["channel"], "call-centre");
    assert_eq!(adjusted["reason"], "as agreed by telephone");
    let body = json!({"from": from, "to": to, "amount": "3.00", "currency": "EUR"});
    let moved = world.post("/v1/transfers", body).await.json(201);
    assert_eq!(moved["out"]["amount"], eur("-3.00"));
    assert_eq!(moved["in"]["amount"], eur("3.00"));
    assert_eq!(moved["out"]["other_account"], to.as_str());
    assert_eq!(world.look(&to).await["balance"], eur("3.00"));
}

#[tokio::test]
async fn use_after_the_fact_is_charged_into_debt() {
    let world = World::new();
    let account = world.purse("1.00").await;
    let body = json!({"amount": "3.00", "currency": "EUR", "after_use": true});
    let charged = world.post(&format!("/v1/accounts/{account}/charges"), body).await.json(201);
    assert_eq!(charged["balance"], eur("-2.00"));
    assert_eq!(charged["overrun"], eur("2.00"));
}

#[tokio::test]
async fn money_is_held_settled_and_released() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let ask = json!({
        "account": account, "session": "call-1", "service": "telephony", "amount": "4.00",
        "currency": "EUR", "expires_in": 60,
    });
    let granted =
        world.ask("gateway", "POST", "/v1/authorisations").json(&ask).send().await.json(200);
    assert_eq!(granted["granted"], true);
    assert_eq!(granted["amount"], eur("4.00"));
    assert_eq!(granted["expires_at"], "2026-11-02T10:01:00Z");
    assert_eq!(granted["available"], eur("6.00"));
    let reservation = text(&granted["reservation"]);
    let shown = world.look(&account).await;
    assert_eq!(shown["held"], eur("4.00"));
    assert_eq!(shown["reservations"][0]["id"], reservation.as_str());
    let next = json!({
        "amount": "1.50", "currency": "EUR", "next": {"amount": "2.00", "expires_in": 30},
    });
    let path = format!("/v1/reservations/{reservation}/settle");
    let settled = world.post(&path, next).await.json(200);
    assert_eq!(settled["charged"], eur("1.50"));
    assert_eq!(settled["next"]["granted"], true);
    assert_eq!(settled["next"]["amount"], eur("2.00"));
    let kept = world.post(&path, json!({"amount": "0.50", "currency": "EUR"})).await.json(200);
    assert_eq!(kept["held"], eur("1.50"));
    assert_eq!(kept["final"], false);
    let path = format!("/v1/reservations/{reservation}/release");
    let released = world.post(&path, json!({})).await.json(200);
    assert_eq!(released["final"], true);
    let shown = world.look(&account).await;
    assert_eq!(shown["held"], eur("0.00"));
    assert_eq!(shown["balance"], eur("8.00"));
    assert_eq!(shown["reservations"], json!([]));
}

#[tokio::test]
async fn the_books_balance_and_name_both_sides() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let body = json!({"amount": "4.00", "currency": "EUR", "service": "film"});
    world.post(&format!("/v1/accounts/{account}/charges"), body).await.json(201);
    let balance = world.ask("reader", "GET", "/v1/trial-balance").send().await.json(200);
    let euros = &balance["currencies"][0];
    assert_eq!(euros["currency"], "EUR");
    assert_eq!(euros["sum"], "0.00");
    let lines = euros["lines"].as_array().expect("lines");
    let line = |name: &str| lines.iter().find(|it| it["account"] == name).expect("the line");
    assert_eq!(line("accounts")["balance"], "6.00");
    assert_eq!(line("payments:cash")["balance"], "-10.00");
    assert_eq!(line("revenue:film")["balance"], "4.00");
}

#[tokio::test]
async fn health_metrics_and_the_page_to_try_need_no_key() {
    let world = World::new();
    for path in ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs/"] {
        let answer = world.ask("anonymous", "GET", path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    }
    let metrics = world.ask("anonymous", "GET", "/metrics").send().await.body;
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    assert!(metrics.contains("sporran_journal_position"), "{metrics}");
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let mut world = World::new();
    let account = world.purse("10.00").await;
    let before = world.look(&account).await;
    world.restart();
    assert_eq!(world.look(&account).await, before);
}
