//! Customers: by which names they come in, and that they see what is theirs alone.

use serde_json::json;

use super::browser::{Browser, give_password, provider};
use crate::api::world::{World, text};

const SECRET: &str = "lagoon+8";

async fn customer(world: &World, phone: &str, email: &str, number: &str) -> (String, String) {
    let body = json!({"name": "Amélie Tetuanui", "phone": phone, "email": email});
    let id = text(&world.post("/v1/customers", body).await.json(201)["id"]);
    let body = json!({"currency": "EUR", "number": number});
    let path = format!("/v1/customers/{id}/accounts");
    let account = text(&world.post(&path, body).await.json(201)["id"]);
    give_password(world, &id, SECRET).await;
    (id, account)
}

#[tokio::test]
async fn a_customer_comes_in_by_account_number_telephone_or_mail() {
    let world = provider(|_| {});
    let (id, _) = customer(&world, "+689 87 12 34 56", "Amelie@Example.com", "OPT-1").await;
    let open = json!({"currency": "EUR"});
    let path = format!("/v1/customers/{id}/accounts");
    let number = text(&world.post(&path, open).await.json(201)["number"]);
    customer(&world, "+689 87 65 43 21", "teva@example.com", "OPT-2").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let spaced = format!(" {} {} ", &number[..4], &number[4..]);
    let names = ["OPT-1", &number, &spaced, "+689 87 12 34 56", "00689 87123456", "87.12.34.56"];
    for name in names.into_iter().chain(["amelie@example.com", " AMELIE@EXAMPLE.COM"]) {
        browser.customer(name, SECRET).await.says(200, "hello stranger");
        let page = browser.get("/my").await;
        assert!(page.text.ends_with(&format!(" {id}")), "{name}: {}", page.text);
    }
    let wrong = ["OPT-9", "opt", "amelie", "Amélie Tetuanui", "example.com", "12 34", "", "@"];
    for name in wrong.into_iter().chain([id.as_str(), "1 689 87 12 34 56"]) {
        browser.customer(name, SECRET).await.says(403, "that does not fit together");
        world.advance(60);
    }
}

#[tokio::test]
async fn who_shares_a_telephone_comes_in_by_account_number_alone() {
    let world = provider(|_| {});
    let (phone, email) = ("+689 87 12 34 56", "family@example.com");
    customer(&world, phone, email, "OPT-1").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.customer(phone, SECRET).await.says(200, "hello stranger");
    let (second, _) = customer(&world, phone, email, "OPT-2").await;
    for shared in [phone, email] {
        browser.customer(shared, SECRET).await.says(403, "that does not fit together");
    }
    browser.customer("OPT-2", SECRET).await.says(200, "hello stranger");
    assert!(browser.get("/my").await.text.ends_with(&format!(" {second}")));
}

#[tokio::test]
async fn a_customer_sees_and_touches_what_is_theirs_alone() {
    let world = provider(|_| {});
    let (first, ours) = customer(&world, "87123456", "a@example.com", "OPT-1").await;
    let (_, theirs) = customer(&world, "87654321", "b@example.com", "OPT-2").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.customer("OPT-1", SECRET).await.says(200, "hello stranger");
    for name in [&*ours, "OPT-1"] {
        browser.get(&format!("/my/accounts/{name}")).await.says(200, &ours);
    }
    let nothing = browser.get("/my/accounts/acc_999").await;
    assert_eq!(nothing.status, 404);
    for name in [&*theirs, "OPT-2"] {
        let page = browser.get(&format!("/my/accounts/{name}")).await;
        assert_eq!(page.status, 404, "{name}: {}", page.text);
        // But for the name that was asked for, nothing tells it from one that is not there.
        assert_eq!(page.text.replace(name, "acc_999"), nothing.text);
    }
    let renamed = format!("/my/accounts/{ours}/name/Holiday");
    let page = browser.submit("/my", &renamed, &[]).await;
    page.says(200, &format!("customer self-care {first}"));
    let renamed = format!("/my/accounts/{theirs}/name/Holiday");
    assert_eq!(browser.submit("/my", &renamed, &[]).await.status, 404);
}

#[tokio::test]
async fn a_customer_without_a_password_has_none_that_fits() {
    let world = provider(|_| {});
    world.account_with(json!({"currency": "EUR", "number": "OPT-1"})).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    for password in ["", "null", "lagoon+8"] {
        browser.customer("OPT-1", password).await.says(403, "that does not fit together");
    }
}

#[tokio::test]
async fn a_language_is_remembered() {
    let world = provider(|_| {});
    let (id, _) = customer(&world, "87123456", "a@example.com", "OPT-1").await;
    let id = server::http::wire::parse_customer("customer", &id).unwrap();
    let person = store::access::Person::Customer(id);
    let remember = world.app().access.store(move |it| it.set_language(&person, "ru"));
    remember.await.unwrap();
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.customer("OPT-1", SECRET).await.says(200, "hello ru");
}

#[tokio::test]
async fn a_customers_new_password_is_not_what_everybody_knows() {
    let world = provider(|_| {});
    customer(&world, "+689 87 12 34 56", "a@example.com", "OPT-4711").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.customer("OPT-4711", SECRET).await.says(200, "hello stranger");
    let faults = [
        ("opt 4711", "is the name"),
        ("+689 87 12 34 56", "is the name"),
        ("A@example.com", "is the name"),
        ("amélie tetuanui", "is the name"),
        ("lagoon8", "has fewer than 8 characters"),
        ("12345678", "is too easily guessed"),
    ];
    for (new, fault) in faults {
        browser.submit("/my", "/my/password", &[("new", new)]).await.says(400, fault);
    }
    browser.submit("/my", "/my/password", &[("new", "reef+and+sky")]).await.says(200, "set");
    assert_eq!(browser.get("/my").await.status, 200);
    browser.customer("OPT-4711", "reef+and+sky").await.says(200, "hello stranger");
}
