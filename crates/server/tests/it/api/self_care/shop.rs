//! What is on offer, what it costs on the account that pays, and what is bought already.

use serde_json::json;

use super::pocket::{amelie, francs, provider, second_account, sell_turbo, set_rate, signed_in};
use super::stripe::Stripe;
use crate::api::console::desk::plain;
use crate::api::world::{World, text};

#[tokio::test]
async fn a_price_is_said_in_the_currency_that_pays_at_its_rate() {
    let world = provider();
    let client = amelie(&world).await;
    sell_turbo(&world).await;
    let path = format!("/v1/accounts/{}/close", client.account);
    let close = format!("/v1/subscriptions/{}/close", client.subscription);
    world.post(&close, json!({})).await.json(200);
    world.post(&path, json!({})).await.json(200);
    let account = francs(&world, &client).await;
    let mut browser = signed_in(&world, &client).await;
    let shown = plain(&browser.get("/my/films").await);
    assert!(shown.contains("No exchange rate is known now."), "{shown}");
    set_rate(&world, "XPF", "119.33").await;
    let shown = plain(&browser.get("/my/films").await);
    for said in ["Film 4.90 EUR", "2 d", "that is 585 XPF", "1 EUR = 119.33 XPF (ecb,"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(shown.contains("585 XPF missing"), "{shown}");
    let paid = json!({"source": "cash", "reference": "1", "amount": "600", "currency": "XPF"});
    world.post(&format!("/v1/accounts/{account}/payments"), paid).await.json(201);
    let shown = plain(&browser.get("/my/films").await);
    assert!(shown.contains("Get it Film") && !shown.contains("missing"), "{shown}");
}

#[tokio::test]
async fn a_film_is_called_by_its_title_for_as_long_as_it_may_be_watched() {
    let world = provider();
    let client = amelie(&world).await;
    sell_turbo(&world).await;
    let boat = second_account(&world, &client).await;
    world.pay(&boat, "20.00").await;
    let body = json!({"account": boat, "service": "film", "item": "The Third Man"});
    world.post("/v1/purchases", body).await.json(201);
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get("/my/films").await;
    let shown = plain(&page);
    assert!(shown.contains("The Third Man 4.90 EUR Film Yours until 4 Nov, 10:00"), "{shown}");
    assert!(!shown.contains("Get it"), "bought again, it only goes on longer: {shown}");
    assert!(!shown.contains("Watch"), "nobody knows where it is watched: {shown}");
    assert!(!plain(&browser.get("/my/films?q=lime").await).contains("Third Man"));
    assert!(plain(&browser.get("/my/films?q=third").await).contains("Third Man"));
    let body = json!({"account": boat, "service": "film"});
    world.post("/v1/purchases", body.clone()).await.json(201);
    let shown = plain(&browser.get("/my/films").await);
    assert!(shown.contains("The Third Man 4.90 EUR Film Yours until 6 Nov, 10:00"), "{shown}");
    world.advance(2 * 172_800);
    let shown = plain(&browser.get("/my/films").await);
    assert!(shown.contains("Get it Film") && !shown.contains("Yours"), "{shown}");
    world.post("/v1/purchases", body).await.json(201);
    let shown = plain(&browser.get("/my/films").await);
    assert!(shown.contains("Film 4.90 EUR Yours until 8 Nov, 10:00"), "{shown}");
}

#[tokio::test]
async fn a_turbo_button_says_what_it_changes_and_for_how_long() {
    let world = provider();
    let client = amelie(&world).await;
    sell_turbo(&world).await;
    world.pay(&client.account, "21.00").await;
    let mut browser = signed_in(&world, &client).await;
    let shown = plain(&browser.get("/my/turbo").await);
    assert!(shown.contains("Turbo 500 2.00 EUR Internet 100 · 2 h 0.90 EUR missing"), "{shown}");
}

#[tokio::test]
async fn what_arrives_is_said_before_anything_is_reviewed() {
    let world = provider();
    let client = amelie(&world).await;
    let account = francs(&world, &client).await;
    set_rate(&world, "XPF", "119.33").await;
    let mut browser = signed_in(&world, &client).await;
    let path = format!("/my/pay?account={account}");
    let form = plain(&browser.get(&path).await);
    assert!(form.contains("1 EUR = 119.33 XPF (ecb,") && !form.contains("Arrives"), "{form}");
    let path = format!("{path}&amount=10.00&amount_currency=EUR");
    let form = plain(&browser.get(&path).await);
    assert!(form.contains("Arrives 1,193 XPF"), "{form}");
}

#[tokio::test]
async fn what_should_be_paid_is_said_in_a_currency_that_can_be_paid_in() {
    let stripe = Stripe::start().await;
    let world = World::with(|config| {
        stripe.set_up(config);
        let stripe = config.self_care.stripe.as_mut().expect("it is set up");
        stripe.currencies.retain(|code, _| code == "EUR");
    });
    let client = amelie(&world).await;
    let account = francs(&world, &client).await;
    set_rate(&world, "XPF", "119.33").await;
    let body = json!({"account": account, "service": "internet-100", "subjects": ["reef.t"]});
    let made = world.post("/v1/subscriptions", body).await.json(201);
    assert!(text(&made["subscription"]).starts_with("sub_"));
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get(&format!("/my/pay?account={account}")).await;
    assert!(page.text.contains("value=\"19.90\""), "{}", page.text);
    let form = plain(&page);
    assert!(form.contains("19.90 EUR Arrives: 2,375 XPF · until"), "{form}");
    assert!(form.contains("Arrives 2,375 XPF"), "{form}");
}
