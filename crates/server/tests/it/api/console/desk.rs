//! A browser at the real console, and a provider with a customer to look at.

use server::config::Config;
use server::http::auth::Role;
use server::http::routes;

use crate::api::access::browser::{Browser, PASSWORD, Page, users};
use crate::api::world::{World, text};
use serde_json::json;

/// A user of each role, by the name of the role's first letters.
pub const STAFF: [(&str, Role); 4] =
    [("ada", Role::Admin), ("ann", Role::Agent), ("fia", Role::Finance), ("rea", Role::ReadOnly)];

pub fn provider() -> World {
    provider_with(|_| {})
}

/// As [`provider`], with more in its configuration.
pub fn provider_with(change: impl FnOnce(&mut Config)) -> World {
    let world = World::with(|config| {
        config.provider.name = "Lagoon Telecom".into();
        change(config);
    });
    for (name, role) in STAFF {
        users(&world).create(name, &format!("{name} B."), role, PASSWORD).expect("a user");
    }
    world
}

/// Nobody, at the console.
pub fn nobody(world: &World) -> Browser {
    Browser::at(routes::router(world.app().clone()), "192.0.2.7")
}

/// A user who is signed in.
pub async fn signed_in(world: &World, name: &str) -> Browser {
    let mut browser = nobody(world);
    let page = sign_in(&mut browser, name, PASSWORD, "").await;
    assert_eq!(page.status, 303, "{}", page.text);
    browser
}

pub async fn sign_in(browser: &mut Browser, name: &str, password: &str, next: &str) -> Page {
    let fields = [("login", name), ("password", password), ("next", next)];
    submit(browser, "/console/sign-in", "/console/sign-in", &fields).await
}

/// Sends a form of the page at `from`, with its token.
pub async fn submit(browser: &mut Browser, from: &str, to: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(from).await;
    assert_eq!(page.status, 200, "{from}: {}", page.text);
    let token = token(&page).to_owned();
    let fields: Vec<_> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
    browser.post_bare(to, &fields).await
}

/// The token of a page's forms.
#[track_caller]
pub fn token(page: &Page) -> &str {
    value(page, "csrf").expect("a form with a token")
}

/// The value of a hidden field.
pub fn value<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    let at = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
    at.split('"').next()
}

/// What stands in the page, without its tags.
pub fn plain(page: &Page) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    // An amount is one word, whatever its minor unit looks like.
    let lengths = 0..10;
    let text = lengths.fold(page.text.clone(), |text, length| {
        text.replace(&format!("<span class=\"fraction f{length}\">"), "")
    });
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                out.push(' ');
            }
            _ if in_tag => {}
            '\u{A0}' => out.push(' '),
            other => out.push(other),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#39;", "'")
}

pub struct Client {
    /// `cus_1`
    pub customer: String,
    pub account: String,
    pub number: String,
    pub subscription: String,
}

/// Amélie has an account in euros, and the internet at 19.90 a month, which is not paid.
pub async fn client(world: &World) -> Client {
    let fields = json!({
        "name": "Amélie Tetuanui", "phone": "+689 87 12 34 56", "email": "amelie@example.com",
    });
    let made = world.post("/v1/customers", fields).await.json(201);
    let customer = text(&made["id"]);
    let path = format!("/v1/customers/{customer}/accounts");
    let opened = world.post(&path, json!({"currency": "EUR", "name": "Home"})).await.json(201);
    let account = text(&opened["id"]);
    let service = json!({
        "title": "Internet 100", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": "19.90", "every": {"count": 1, "unit": "month"}, "anchor": "start"},
    });
    world.put("/v1/services/internet-100", service).await.json(200);
    let body = json!({"account": account, "service": "internet-100", "subjects": ["amelie.t"]});
    let made = world.post("/v1/subscriptions", body).await.json(201);
    let subscription = text(&made["subscription"]);
    Client { customer, account, number: text(&opened["number"]), subscription }
}
