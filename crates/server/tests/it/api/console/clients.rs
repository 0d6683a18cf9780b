//! Customers and their accounts: made, changed, closed.

use serde_json::Value;

use super::acting::{Form, act, open, send};
use super::desk::{client, plain, provider, signed_in, token, value};
use crate::api::access::browser::Browser;
use crate::api::world::{World, text};

const NEW: &str = "/console/customers/new";

async fn begin(browser: &mut Browser) -> Form {
    let page = browser.get(NEW).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let (key, csrf) = (value(&page, "key").expect("a key").to_owned(), token(&page).to_owned());
    Form { path: NEW.to_owned(), key, csrf }
}

async fn found(world: &World, query: &str) -> Vec<Value> {
    let page = world.get(&format!("/v1/customers?q={query}")).await.json(200);
    page["customers"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_customer_is_made_with_an_account_at_once() {
    let world = provider();
    let mut browser = signed_in(&world, "ann").await;
    assert!(browser.get("/console").await.text.contains(NEW));
    let before = world.head().await;
    let form = begin(&mut browser).await;
    let fields = [
        ("name", "Réka Szabó"),
        ("organisation", "yes"),
        ("phone", "+36 30 555 01 02"),
        ("email", "reka@example.com"),
        ("language", "fr"),
        ("country", "hu"),
        ("time_zone", "Europe/Budapest"),
        ("group", "business"),
        ("external_id", "CRM-7"),
        ("first_currency", "EUR"),
        ("account_name", "Office"),
    ];
    let review = plain(&send(&mut browser, &form, &fields, "").await);
    for line in ["Name: Réka Szabó", "An organisation", "Account opened: EUR · Office"] {
        assert!(review.contains(line), "{line}: {review}");
    }
    assert!(review.contains("Nothing has happened yet."), "{review}");
    assert_eq!(world.head().await, before, "a review writes nothing");
    let mut paths = Vec::new();
    for _ in 0..2 {
        let done = send(&mut browser, &form, &fields, "do").await;
        assert_eq!(done.status, 303, "{}", plain(&done));
        paths.push(done.headers["location"].to_str().unwrap().to_owned());
    }
    assert_eq!(paths[0], paths[1]);
    assert_eq!(world.head().await, before + 2, "one customer, one account");
    let page = plain(&browser.get(&paths[0]).await);
    assert!(page.contains("Customer noted: Réka Szabó") && page.contains("Office"), "{page}");
    let found = found(&world, "reka@example.com").await;
    assert_eq!(found.len(), 1);
    let made = world.get(&format!("/v1/customers/{}", text(&found[0]["id"]))).await.json(200);
    for (field, value) in [
        ("kind", "organisation"),
        ("phone", "+36 30 555 01 02"),
        ("language", "fr"),
        ("country", "HU"),
        ("time_zone", "Europe/Budapest"),
        ("group", "business"),
        ("external_id", "CRM-7"),
    ] {
        assert_eq!(made[field], value, "{made}");
    }
    assert_eq!(made["accounts"][0]["currency"], "EUR");
    for entry in world.entries_after(before).await {
        assert_eq!(entry.origin.actor.as_str(), "user.ann");
        assert_eq!(entry.origin.channel.as_str(), "console");
    }
}

#[tokio::test]
async fn a_customer_may_begin_without_an_account() {
    let world = provider();
    let mut browser = signed_in(&world, "fia").await;
    let form = begin(&mut browser).await;
    let fields = [("name", "Ben Coe"), ("first_currency", "")];
    let review = plain(&send(&mut browser, &form, &fields, "").await);
    assert!(!review.contains("Account opened"), "{review}");
    // What was taken out stays out when one goes back.
    let again = send(&mut browser, &form, &fields, "change").await;
    assert!(!again.text.contains("<option value=\"EUR\" selected"), "{}", again.text);
    assert_eq!(send(&mut browser, &form, &fields, "do").await.status, 303);
    let made = &found(&world, "Coe").await[0];
    let made = world.get(&format!("/v1/customers/{}", text(&made["id"]))).await.json(200);
    assert_eq!(made["accounts"], serde_json::json!([]));
}

#[tokio::test]
async fn who_is_noted_already_is_named_before_it_is_done() {
    let world = provider();
    client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let said = "Amélie Tetuanui is noted already, with the same telephone or e-mail.";
    for (mark, value, is_same) in [
        ("phone", "+689 87123456", true),
        ("phone", "+689 87 12 34 57", false),
        ("email", "AMELIE@example.com", true),
        ("email", "amelie@example.org", false),
    ] {
        let form = begin(&mut browser).await;
        let fields = [("name", "A. Tetuanui"), (mark, value)];
        let review = plain(&send(&mut browser, &form, &fields, "").await);
        assert_eq!(review.contains(said), is_same, "{value}: {review}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_new_customer_stands_at_its_field() {
    let world = provider();
    let mut browser = signed_in(&world, "ann").await;
    let before = world.head().await;
    for (wrong, value, why) in [
        ("name", "", "Fill this in."),
        ("phone", "none", "A telephone number has digits."),
        ("email", "reka", "This is not an e-mail address."),
        ("country", "Hungary", "At most 2 characters."),
        ("country", "H1", "Two letters, such as PF."),
        ("time_zone", "Budapest", "This is not a time zone"),
        ("group", "Big Ones", "Small letters"),
        ("first_currency", "XXY", "This is not a currency"),
    ] {
        let form = begin(&mut browser).await;
        let kept = [("name", "Réka"), ("external_id", "CRM-7"), (wrong, value)];
        for step in ["", "do"] {
            let page = send(&mut browser, &form, &kept, step).await;
            let text = plain(&page);
            assert_eq!(page.status, 200, "{text}");
            assert!(text.contains("1 field is not right yet."), "{wrong}: {text}");
            assert!(text.contains(why), "{wrong}: {text}");
            assert!(page.text.contains("value=\"CRM-7\""), "{wrong}: {}", page.text);
        }
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_customers_fields_are_changed_and_what_nobody_types_stays() {
    let world = provider();
    let client = client(&world).await;
    let body = serde_json::json!({"name": "Amélie Tetuanui", "phone": "+689 87 12 34 56",
        "email": "amelie@example.com", "language": "de-CH", "since": "2021-05-01T00:00:00Z"});
    let path = format!("/v1/customers/{}", client.customer);
    world.put(&path, body).await.json(200);
    let mut browser = signed_in(&world, "ann").await;
    let form = open(&mut browser, &client, "edit-customer").await;
    let page = browser.get(&form.path).await;
    for known in ["Amélie Tetuanui", "+689 87 12 34 56", "amelie@example.com"] {
        assert!(page.text.contains(&format!("value=\"{known}\"")), "{known}: {}", page.text);
    }
    assert!(page.text.contains("<option value=\"de-CH\" selected"), "{}", page.text);
    let fields = [
        ("name", "Amélie Tetuanui"),
        ("phone", "+689 87 00 00 01"),
        ("email", ""),
        ("language", "de-CH"),
    ];
    let (review, page) = act(&mut browser, &client, "edit-customer", &fields).await;
    assert!(review.contains("Telephone: +689 87 12 34 56 → +689 87 00 00 01"), "{review}");
    assert!(review.contains("E-mail: amelie@example.com → –"), "{review}");
    assert!(!review.contains("Language:"), "{review}");
    assert!(page.contains("Customer changed") && page.contains("+689 87 00 00 01"), "{page}");
    let now = world.get(&path).await.json(200);
    assert_eq!(now["email"], Value::Null);
    assert_eq!(
        (&now["language"], &now["since"]),
        (&"de-CH".into(), &"2021-05-01T00:00:00Z".into())
    );
    // The same again is nothing new, and a field that was emptied stays empty.
    let review = plain(&send(&mut browser, &form, &fields, "").await);
    assert!(review.contains("Nothing would be different."), "{review}");
    let again = send(&mut browser, &form, &fields, "change").await;
    assert!(!again.text.contains("amelie@example.com\""), "{}", again.text);
}

#[tokio::test]
async fn an_account_is_closed_when_nothing_is_left_on_it() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let form = open(&mut browser, &client, "close-account").await;
    let before = world.head().await;
    let fields = [("account", client.account.as_str()), ("reason", "moves away")];
    for step in ["", "do"] {
        let page = send(&mut browser, &form, &fields, step).await;
        assert_eq!(page.status, 200, "{}", plain(&page));
        assert!(page.text.contains("value=\"moves away\""), "{}", page.text);
    }
    assert_eq!(world.head().await, before, "a service is open on it");
    let path = format!("/v1/customers/{}/accounts", client.customer);
    let body = serde_json::json!({"currency": "XPF", "name": "Films"});
    let other = text(&world.post(&path, body).await.json(201)["id"]);
    let fields = [("account", other.as_str()), ("reason", "never used")];
    let (review, page) = act(&mut browser, &client, "close-account", &fields).await;
    assert!(review.contains("Account closed") && review.contains("Films"), "{review}");
    assert!(page.contains("Account closed"), "{page}");
    assert_eq!(world.look(&other).await["closed"], true);
    let entries = world.entries_after(world.head().await - 1).await;
    assert_eq!(entries[0].origin.reason.as_deref(), Some("never used"));
}
