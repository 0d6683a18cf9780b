//! Entries of an account say why they come to what they do.

use serde_json::{Value, json};

use super::desk::{Client, client, plain, provider, signed_in};
use crate::api::access::browser::Browser;
use crate::api::shop::telephony;
use crate::api::world::{World, text};

async fn statement(browser: &mut Browser, client: &Client) -> String {
    let page = browser.get(&format!("/console/accounts/{}", client.account)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    plain(&page)
}

async fn gateway(world: &World, path: &str, body: Value) -> Value {
    world.ask("gateway", "POST", path).json(&body).send().await.json(200)
}

/// A call to Iceland that is settled twice, at 0.25 EUR a minute and 0.05 EUR at its beginning.
async fn call(world: &World, client: &Client) {
    world.put("/v1/services/telephony", telephony()).await.json(200);
    let body = json!({"account": client.account, "service": "telephony", "subjects": ["+6891"]});
    world.post("/v1/subscriptions", body).await.json(201);
    let body = json!({"subject": "+6891", "session": "call-1", "destination": "+3545551234",
        "quantity": 600});
    let granted = gateway(world, "/v1/authorisations", body).await;
    assert_eq!(granted["granted"], true, "{granted}");
    let path = format!("/v1/reservations/{}/settle", text(&granted["reservation"]));
    gateway(world, &path, json!({"used": 60, "final": false})).await;
    gateway(world, &path, json!({"used": 12, "final": true})).await;
}

#[tokio::test]
async fn use_says_by_whose_tariff_how_much_and_at_which_price() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "40.00").await;
    call(&world, &client).await;
    let mut browser = signed_in(&world, "ann").await;
    let page = statement(&mut browser, &client).await;
    let lines = "Tariff Telephony · version 1 Destination +3545551234 · Iceland Quantity 72 s \
        Price 72 s × 0.25 EUR / 60 s · Iceland Price 0.05 EUR once for each session \
        Session call-1";
    assert!(page.contains(lines), "{page}");
    // A page that begins after the authorisation finds it all the same.
    for _ in 0..49 {
        world.pay(&client.account, "1.00").await;
    }
    let page = statement(&mut browser, &client).await;
    // What is charged once was charged with the first minute.
    let lines = "Quantity 12 s Price 12 s × 0.25 EUR / 60 s · Iceland Session call-1";
    assert!(page.contains(lines), "{page}");
}

#[tokio::test]
async fn a_fee_says_its_tariff_and_period_and_a_purchase_what_was_bought() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "40.00").await;
    let film = json!({"title": "The Fall", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "3.50"}});
    world.put("/v1/services/the-fall", film).await.json(200);
    let body = json!({"account": client.account, "service": "the-fall", "item": "FALL-7"});
    world.post("/v1/purchases", body).await.json(201);
    let mut browser = signed_in(&world, "ann").await;
    let page = statement(&mut browser, &client).await;
    assert!(page.contains("Tariff Internet 100 · version 1 Period 10:00 – 2 Dec, 10:00"), "{page}");
    assert!(page.contains("Tariff The Fall · version 1 Reference FALL-7"), "{page}");
}

#[tokio::test]
async fn money_says_its_rate_and_its_date_who_and_why_and_the_other_side() {
    let world = provider();
    let client = client(&world).await;
    let rate = json!({"quote": "EUR", "rate": "0.80"});
    let rates = json!({"base": "USD", "source": "ecb", "rates": [rate],
        "valid_from": "2026-11-01T08:00:00Z"});
    world.post("/v1/exchange-rates", rates).await.json(201);
    let path = format!("/v1/accounts/{}/payments", client.account);
    let payment = json!({"source": "cash", "reference": "R-1", "amount": "50.00",
        "currency": "USD"});
    let paid = world.post(&path, payment).await.json(201);
    let payment = text(&paid["payment"]);
    let path = format!("/v1/payments/{payment}/charge-back");
    let body = json!({"reason": "disputed", "amount": "5.00", "currency": "USD"});
    world.post(&path, body).await.json(201);
    let path = format!("/v1/accounts/{}/adjustments", client.account);
    let body = json!({"amount": "2.00", "currency": "EUR", "reason": "goodwill",
        "note": "the line was down"});
    world.post(&path, body).await.json(201);
    let other = world.account("EUR").await;
    let body = json!({"from": client.account, "to": other, "amount": "1.00", "currency": "EUR"});
    world.post("/v1/transfers", body).await.json(201);
    let mut browser = signed_in(&world, "fia").await;
    let page = statement(&mut browser, &client).await;
    assert!(
        page.contains(
            "Original amount 50.00 USD Exchange rate 1 USD = 0.8 EUR · ecb · 1 Nov, 08:00"
        ),
        "{page}"
    );
    assert!(page.contains("Reference R-1 By admin Through API"), "{page}");
    assert!(page.contains(&format!("Payment {payment} By admin")), "{page}");
    assert!(page.contains("Reason the line was down Other side adjustments:goodwill"), "{page}");
    assert!(page.contains(&format!("Other account {other}")), "{page}");
    let page = browser.get(&format!("/console/accounts/{}", client.account)).await;
    for href in [
        "/console/audit?actor=admin".to_owned(),
        format!("/console/accounts/{other}"),
        "/console/catalogue?service=internet-100".to_owned(),
        "/console/rates?base=USD&#38;quote=EUR".to_owned(),
    ] {
        assert!(page.text.contains(&format!("href=\"{href}\"")), "{href}: {}", page.text);
    }
    // Whoever may not see the audit gets no door to it.
    let mut ann = signed_in(&world, "ann").await;
    let page = ann.get(&format!("/console/accounts/{}", client.account)).await;
    assert!(!page.text.contains("/console/audit"), "{}", page.text);
}
