//! Services and limits: what a review says that will be, and what is then.

use serde_json::{Value, json};

use super::acting::{act, open, send};
use super::desk::{Client, client, plain, provider, signed_in};
use crate::api::world::World;

async fn offer(world: &World, name: &str, title: &str, price: &str) {
    let service = json!({
        "title": title, "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": price, "every": {"count": 1, "unit": "month"}, "anchor": "start"},
    });
    world.put(&format!("/v1/services/{name}"), service).await.json(200);
}

async fn subscriptions(world: &World, client: &Client) -> Vec<Value> {
    let path = format!("/v1/subscriptions?account={}", client.account);
    let page = world.get(&path).await.json(200);
    page["subscriptions"].as_array().unwrap().clone()
}

/// The one of this service.
async fn subscription(world: &World, client: &Client, service: &str) -> Value {
    let all = subscriptions(world, client).await;
    let found = all.iter().find(|it| it["service"] == service);
    found.unwrap_or_else(|| panic!("no {service}: {all:?}")).clone()
}

#[tokio::test]
async fn a_service_is_added_and_comes_on_at_once() {
    let world = provider();
    let client = client(&world).await;
    offer(&world, "tv", "TV Family", "9.00").await;
    world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, "ann").await;
    let fields = [
        ("account", client.account.as_str()),
        ("service", "tv"),
        ("subjects", "amelie.tv, box-77"),
    ];
    let (review, page) = act(&mut browser, &client, "add-service", &fields).await;
    assert!(review.contains("Service opened · TV Family"), "{review}");
    assert!(review.contains("TV Family will be switched on at once"), "{review}");
    assert!(review.contains("balance 10.10 EUR 1.10 EUR"), "{review}");
    assert!(page.contains("Service opened · TV Family"), "{page}");
    assert!(page.contains("Service switched on · TV Family"), "{page}");
    let made = subscription(&world, &client, "tv").await;
    assert_eq!((&made["on"], &made["subjects"]), (&json!(true), &json!(["amelie.tv", "box-77"])));
    let hit = plain(&browser.get("/console/find?q=box-77").await);
    assert!(hit.contains("Amélie Tetuanui"), "{hit}");
    // Without money it is there, and off.
    offer(&world, "phone", "Telephony", "20.00").await;
    let fields = [("account", client.account.as_str()), ("service", "phone")];
    let (review, page) = act(&mut browser, &client, "add-service", &fields).await;
    assert!(!review.contains("will be switched on"), "{review}");
    assert!(page.contains("the period is not paid"), "{page}");
    // A name of the network is one service's.
    let form = open(&mut browser, &client, "add-service").await;
    let twice = [("account", client.account.as_str()), ("service", "tv"), ("subjects", "box-77")];
    let before = world.head().await;
    for step in ["", "do"] {
        let page = send(&mut browser, &form, &twice, step).await;
        assert_eq!(page.status, 200, "{}", plain(&page));
        assert!(page.text.contains("value=\"box-77\""), "{}", page.text);
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_service_is_changed_at_once_or_when_its_period_ends() {
    let world = provider();
    let client = client(&world).await;
    offer(&world, "internet-300", "Internet 300", "29.90").await;
    offer(&world, "internet-50", "Internet 50", "9.90").await;
    world.pay(&client.account, "60.00").await;
    let mut browser = signed_in(&world, "ann").await;
    let service = client.subscription.as_str();
    let fields = [
        ("service", service),
        ("new_service", "internet-50"),
        ("at_period_end", "yes"),
        ("reason", "asked for less"),
    ];
    let (review, _) = act(&mut browser, &client, "change-plan", &fields).await;
    assert!(review.contains("Internet 100 · Amélie Tetuanui"), "{review}");
    assert!(
        review.contains("Internet 100 → Internet 50, only when the running period ends"),
        "{review}"
    );
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "40.10", "not yet");
    let now = subscription(&world, &client, "internet-100").await;
    assert_eq!(now["next_service"], "internet-50");
    let fields = [("service", service), ("new_service", "internet-300")];
    let (review, page) = act(&mut browser, &client, "change-plan", &fields).await;
    assert!(review.contains("Internet 100 → Internet 300"), "{review}");
    assert!(review.contains("balance 40.10 EUR 30.10 EUR"), "{review}");
    assert!(page.contains("Internet 300"), "{page}");
    assert_eq!(subscription(&world, &client, "internet-300").await["on"], true);
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "30.10");
}

#[tokio::test]
async fn a_turbo_button_is_sold_for_the_service_that_it_makes_faster() {
    let world = provider();
    let client = client(&world).await;
    let turbo = json!({
        "title": "Turbo 500", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "2.00", "duration_seconds": 7200},
    });
    world.put("/v1/services/turbo-500", turbo).await.json(200);
    world.pay(&client.account, "25.00").await;
    let mut browser = signed_in(&world, "ann").await;
    let other = world.account("EUR").await;
    let fields = |base: &str| {
        let pairs = [
            ("account", client.account.as_str()),
            ("service", "turbo-500"),
            ("base_service", base),
        ];
        pairs.map(|(name, value)| (name, value.to_owned()))
    };
    let wrong = fields(&format!("{}-1", other.replace("acc_", "sub_")));
    let wrong: Vec<_> = wrong.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let form = open(&mut browser, &client, "turbo").await;
    let page = send(&mut browser, &form, &wrong, "do").await;
    assert!(page.status == 200 && plain(&page).contains("by another account"), "{}", plain(&page));
    let right = fields(&client.subscription);
    let right: Vec<_> = right.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let (review, page) = act(&mut browser, &client, "turbo", &right).await;
    assert!(review.contains("Turbo 500 will be switched on at once"), "{review}");
    assert!(review.contains("balance 5.10 EUR 3.10 EUR"), "{review}");
    assert!(page.contains("Turbo 500"), "{page}");
    let made = subscription(&world, &client, "turbo-500").await;
    assert_eq!((&made["on"], &made["base"]), (&json!(true), &json!(client.subscription)));
    // Another one for the same money that is not there is refused, and nothing is charged.
    let body = json!({"amount": "-2.00", "currency": "EUR", "reason": "damage"});
    world.post(&format!("/v1/accounts/{}/adjustments", client.account), body).await.json(201);
    let form = open(&mut browser, &client, "turbo").await;
    let page = send(&mut browser, &form, &right, "").await;
    assert!(!plain(&page).contains("will be switched on"), "{}", plain(&page));
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "1.10");
}

#[tokio::test]
async fn a_service_is_ended_with_what_goes_back_said_before() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "19.90").await;
    let mut browser = signed_in(&world, "ann").await;
    let service = client.subscription.as_str();
    let form = open(&mut browser, &client, "close-service").await;
    let fields = |refund: &'static str| {
        [("service", service), ("refund_unused", refund), ("reason", "moves away")]
    };
    let review = plain(&send(&mut browser, &form, &fields("nothing"), "").await);
    assert!(review.contains("Internet 100 will be switched off at once"), "{review}");
    assert!(!review.contains("balance 0.00 EUR 19.90 EUR"), "{review}");
    let (review, page) = act(&mut browser, &client, "close-service", &fields("unused")).await;
    assert!(review.contains("Internet 100 · Amélie Tetuanui"), "{review}");
    assert!(review.contains("balance 0.00 EUR 19.90 EUR"), "{review}");
    assert!(page.contains("Service ended"), "{page}");
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "19.90");
    let page = plain(&browser.get(&form.path).await);
    assert!(page.contains("No service yet"), "{page}");
}

#[tokio::test]
async fn a_temporary_limit_is_ended_before_its_moment() {
    let world = provider();
    let client = client(&world).await;
    let path = format!("/v1/accounts/{}/credits", client.account);
    let body = json!({"amount": "20.00", "currency": "EUR", "until": "2026-12-20T00:00:00Z"});
    world.post(&path, body).await.json(201);
    let mut browser = signed_in(&world, "ann").await;
    let account = browser.get(&format!("/console/accounts/{}", client.account)).await;
    let link = format!("/console/customers/{}/end-credit?credit=", client.customer);
    assert!(account.text.contains(&link), "{}", account.text);
    let credit = account.text.split(&link).nth(1).and_then(|it| it.split('"').next()).unwrap();
    let page = browser.get(&format!("{link}{credit}")).await;
    assert!(page.text.contains(&format!("value=\"{credit}\" selected")), "{}", page.text);
    assert!(plain(&page).contains("20.00 EUR until 20 Dec"), "{}", plain(&page));
    let fields = [("credit", credit), ("reason", "was for the holidays")];
    let (review, page) = act(&mut browser, &client, "end-credit", &fields).await;
    assert!(review.contains("Temporary credit ended"), "{review}");
    assert!(review.contains("credit 20.00 EUR 0.00 EUR"), "{review}");
    assert!(review.contains("Internet 100 will be switched off at once"), "{review}");
    assert!(page.contains("Temporary credit ended"), "{page}");
    let form = open(&mut browser, &client, "end-credit").await;
    let again = send(&mut browser, &form, &fields, "do").await;
    assert_eq!(again.status, 200, "it has ended: {}", plain(&again));
    let other = [("credit", "crd_999-1"), ("reason", "x")];
    let page = plain(&send(&mut browser, &form, &other, "do").await);
    assert!(page.contains("Choose one of those that are offered."), "{page}");
}

#[tokio::test]
async fn a_permanent_limit_goes_back_to_none() {
    let world = provider();
    let client = client(&world).await;
    let path = format!("/v1/accounts/{}/credit-limit", client.account);
    world.put(&path, json!({"amount": "5.00", "currency": "EUR"})).await.json(200);
    let mut browser = signed_in(&world, "ann").await;
    let account = browser.get(&format!("/console/accounts/{}", client.account)).await;
    assert!(plain(&account).contains("permanent limit"), "{}", plain(&account));
    let link = format!(
        "/console/customers/{}/permanent-limit?account={}&#38;amount=0",
        client.customer, client.account
    );
    assert!(account.text.contains(&link), "{}", account.text);
    let page = browser.get(&link.replace("&#38;", "&")).await;
    assert!(page.text.contains("name=\"amount\" type=\"text\" value=\"0\""), "{}", page.text);
    let fields =
        [("account", client.account.as_str()), ("amount", "0"), ("reason", "paid too late")];
    let (review, page) = act(&mut browser, &client, "permanent-limit", &fields).await;
    assert!(review.contains("credit 5.00 EUR 0.00 EUR"), "{review}");
    assert!(!review.contains("without limit"), "{review}");
    assert!(page.contains("0.00 to spend"), "{page}");
    let page = plain(&browser.get(&format!("/console/accounts/{}", client.account)).await);
    assert!(page.contains("No credit beside the permanent limit."), "{page}");
}
