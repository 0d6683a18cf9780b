//! Money of one currency on an account of another.

use serde_json::{Value, json};

use super::world::{World, eur, payment, text};

async fn rate(world: &World, quote: &str, rate: &str, valid_from: Option<String>) -> Value {
    let mut body =
        json!({"base": "EUR", "source": "ecb", "rates": [{"quote": quote, "rate": rate}]});
    if let Some(valid_from) = valid_from {
        body["valid_from"] = json!(valid_from);
    }
    world.post("/v1/exchange-rates", body).await.json(201)
}

#[tokio::test]
async fn the_rate_stays_on_the_entry_and_comes_back_with_the_cancellation() {
    let world = World::new();
    let account = world.account("EUR").await;
    rate(&world, "USD", "1.25", None).await;
    let path = format!("/v1/accounts/{account}/payments");
    let paid = world.post(&path, payment("r", "10.00", "USD")).await.json(201);
    assert_eq!(paid["amount"], eur("8.00"));
    let conversion = &paid["conversion"];
    assert_eq!(conversion["original"], json!({"amount": "10.00", "currency": "USD"}));
    let used = json!([{"base": "EUR", "quote": "USD", "rate": "1.25",
        "valid_from": "2026-11-02T10:00:00Z", "source": "ecb"}]);
    assert_eq!(conversion["rates"], used);
    world.advance(60);
    rate(&world, "USD", "2", None).await;
    let cancel = format!("/v1/payments/{}/cancel", text(&paid["payment"]));
    let cancelled = world.post(&cancel, json!({"reason": "bounced"})).await.json(201);
    assert_eq!(cancelled["amount"], eur("-8.00"));
    assert_eq!(&cancelled["conversion"], conversion);
    assert_eq!(cancelled["balance"], eur("0.00"));
    let next = world.post(&path, payment("r2", "10.00", "USD")).await.json(201);
    assert_eq!(next["amount"], eur("5.00"));
}

#[tokio::test]
async fn a_charge_and_a_transfer_are_converted_at_the_moment() {
    let world = World::new();
    let euros = world.purse("100.00").await;
    let francs = world.account("XPF").await;
    rate(&world, "XPF", "119.33", None).await;
    let body = json!({"amount": "1000", "currency": "XPF"});
    let charged = world.post(&format!("/v1/accounts/{euros}/charges"), body).await.json(201);
    // 1000 / 119.33 = 8.380122…, kept as fine as use is.
    assert_eq!(charged["amount"], eur("-8.380122"));
    let body = json!({"from": euros, "to": francs, "amount": "10.00", "currency": "EUR"});
    let moved = world.post("/v1/transfers", body).await.json(201);
    assert_eq!(moved["out"]["amount"], eur("-10.00"));
    assert_eq!(moved["in"]["amount"], json!({"amount": "1193", "currency": "XPF"}));
    let balance = world.get("/v1/trial-balance").await.json(200);
    for currency in balance["currencies"].as_array().expect("currencies") {
        let sum = text(&currency["sum"]);
        assert!(sum.trim_matches(['0', '.']).is_empty(), "{currency}");
    }
}

#[tokio::test]
async fn currencies_are_crossed_through_the_pivot() {
    let world = World::new();
    let account = world.account("USD").await;
    rate(&world, "USD", "1.25", None).await;
    rate(&world, "XPF", "120", None).await;
    let path = format!("/v1/accounts/{account}/payments");
    let paid = world.post(&path, payment("r", "1200", "XPF")).await.json(201);
    assert_eq!(paid["amount"], json!({"amount": "12.50", "currency": "USD"}));
    assert_eq!(paid["conversion"]["rates"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_rate_counts_from_its_moment_and_until_it_is_too_old() {
    let world = World::with(|it| it.exchange.rate_age_days_max = 2);
    let account = world.purse("100.00").await;
    let charges = format!("/v1/accounts/{account}/charges");
    let usd = json!({"amount": "1.00", "currency": "USD"});
    rate(&world, "USD", "2", Some(world.moment(60))).await;
    world.post(&charges, usd.clone()).await.problem(422, "no_exchange_rate");
    world.advance(60);
    assert_eq!(world.post(&charges, usd.clone()).await.json(201)["amount"], eur("-0.50"));
    world.advance(2 * 86_400);
    world.post(&charges, usd.clone()).await.json(201);
    world.advance(1);
    let problem = world.post(&charges, usd).await.problem(422, "no_exchange_rate");
    assert_eq!(problem["from"], "USD");
    assert_eq!(problem["to"], "EUR");
}

#[tokio::test]
async fn rates_are_listed_as_they_were_at_a_moment() {
    let world = World::new();
    rate(&world, "USD", "1.11", None).await;
    let first = world.moment(0);
    world.advance(3600);
    rate(&world, "USD", "1.21", None).await;
    let listed = async |path: &str| {
        let rates = world.ask("reader", "GET", path).send().await.json(200);
        assert_eq!(rates["pivot"], "EUR");
        rates["rates"].as_array().expect("rates").iter().map(|it| text(&it["rate"])).collect()
    };
    let now: Vec<String> = listed("/v1/exchange-rates").await;
    assert_eq!(now, ["1.21"]);
    let then: Vec<String> = listed(&format!("/v1/exchange-rates?at={first}")).await;
    assert_eq!(then, ["1.11"]);
    let before: Vec<String> = listed("/v1/exchange-rates?at=2020-01-01T00:00:00Z").await;
    assert!(before.is_empty(), "{before:?}");
}
