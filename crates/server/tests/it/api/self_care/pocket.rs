//! A customer's browser at the real self-care, and a provider whose payments are a demonstration's.

use serde_json::{Value, json};
use server::access::config::Codes;
use server::http::routes;

use crate::api::access::browser::{Browser, Page, give_password};
use crate::api::console::desk::{Client, client, submit};
use crate::api::world::{World, text, with};

pub const SECRET: &str = "lagoon+8";

pub fn provider() -> World {
    World::with_test_clock(|config| {
        config.provider.name = "Lagoon Telecom".into();
        config.self_care.codes = Codes::Screen;
    })
}

/// Nobody, at self-care.
pub fn nobody(world: &World) -> Browser {
    Browser::at(routes::router(world.app().clone()), "192.0.2.7")
}

/// Amélie, who has a password.
pub async fn amelie(world: &World) -> Client {
    let client = client(world).await;
    give_password(world, &client.customer, SECRET).await;
    client
}

/// Teva, who has the same service on an account of his own.
pub async fn teva(world: &World) -> Client {
    let fields = json!({"name": "Teva Maono", "email": "teva@example.com"});
    let customer = text(&world.post("/v1/customers", fields).await.json(201)["id"]);
    let path = format!("/v1/customers/{customer}/accounts");
    let opened = world.post(&path, json!({"currency": "EUR"})).await.json(201);
    let (account, number) = (text(&opened["id"]), text(&opened["number"]));
    let body = json!({"account": account, "service": "internet-100", "subjects": ["teva.m"]});
    let made = world.post("/v1/subscriptions", body).await.json(201);
    give_password(world, &customer, SECRET).await;
    Client { customer, account, number, subscription: text(&made["subscription"]) }
}

/// Another account of a customer's.
pub async fn second_account(world: &World, client: &Client) -> String {
    let path = format!("/v1/customers/{}/accounts", client.customer);
    text(&world.post(&path, json!({"currency": "EUR", "name": "Boat"})).await.json(201)["id"])
}

/// An account of a customer's in francs.
pub async fn francs(world: &World, client: &Client) -> String {
    let path = format!("/v1/customers/{}/accounts", client.customer);
    text(&world.post(&path, json!({"currency": "XPF", "name": "Reef"})).await.json(201)["id"])
}

/// What a euro costs.
pub async fn set_rate(world: &World, quote: &str, rate: &str) {
    let rates = json!([{"quote": quote, "rate": rate}]);
    let body = json!({"base": "EUR", "source": "ecb", "rates": rates});
    world.post("/v1/exchange-rates", body).await.json(201);
}

pub async fn signed_in(world: &World, client: &Client) -> Browser {
    let mut browser = nobody(world);
    let fields = [("name", client.number.as_str()), ("password", SECRET)];
    let page = submit(&mut browser, "/my/sign-in", "/my/sign-in", &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);
    browser
}

/// Twenty euros for three days, one at a time.
pub async fn offer_promises(world: &World) {
    put_policy(world, promises()).await;
}

/// As much as is wished between these, for three days.
pub async fn offer_promises_between(world: &World, min: &str, max: &str) {
    let amount = json!({"between": {"min": min, "max": max}});
    put_policy(world, with(promises(), "amount", amount)).await;
}

/// As [`offer_promises`], for whoever has been a customer for thirty days.
pub async fn offer_promises_to_old_customers(world: &World) {
    put_policy(world, with(promises(), "tenure_days_min", json!(30))).await;
}

/// As [`offer_promises`], for whoever has paid so much.
pub async fn offer_promises_to_those_who_paid(world: &World, euros: &str) {
    put_policy(world, with(promises(), "paid_min", json!({"amount": euros}))).await;
}

fn promises() -> Value {
    json!({"amount": {"fixed": "20.00"}, "duration": {"hours": 72}, "open_max": 1})
}

async fn put_policy(world: &World, rules: Value) {
    let body = json!({"currency": "EUR", "rules": rules});
    world.put("/v1/promised-payment-policies", body).await.json(200);
}

/// A turbo button for the internet.
pub async fn sell_turbo(world: &World) {
    let internet = json!({
        "title": "Internet 100", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": "19.90", "every": {"count": 1, "unit": "month"}, "anchor": "start"},
        "profile": {"down_kbit": "100000"},
    });
    world.put("/v1/services/internet-100", internet).await.json(200);
    let turbo = json!({
        "title": "Turbo 500", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "2.00", "duration_seconds": 7200},
        "profile": {"down_kbit": "500000"},
    });
    world.put("/v1/services/turbo-500", turbo).await.json(200);
    let film = json!({
        "title": "Film", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "4.90", "duration_seconds": 172_800},
    });
    world.put("/v1/services/film", film).await.json(200);
}

/// The fields that a form of the page carries along unseen.
pub fn hidden(page: &Page) -> Vec<(String, String)> {
    let inputs = page.text.split("<input type=\"hidden\" name=\"").skip(1);
    let pair = |it: &str| {
        let (name, rest) = it.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split('"').next()?.to_owned()))
    };
    inputs.filter_map(pair).collect()
}

/// Where the form of an account's alerts is sent to.
pub fn alerts_action(page: &Page) -> String {
    let at = page.text.split("action=\"/my/alerts/").nth(1).expect("a form");
    format!("/my/alerts/{}", at.split('"').next().expect("an address"))
}

/// Sends the form of a page with what it carries, and these beside.
pub async fn go_on(browser: &mut Browser, page: &Page, path: &str, more: &[(&str, &str)]) -> Page {
    let carried = hidden(page);
    let carried = carried.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // The first of the page's tokens will do; a name that is said anew stands for itself.
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for field in more.iter().copied().chain(carried) {
        if fields.iter().all(|it| it.0 != field.0) {
            fields.push(field);
        }
    }
    browser.post_bare(path, &fields).await
}
