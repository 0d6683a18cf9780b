//! A customer's page says what is on, until when, what is missing, and what happened.

use serde_json::json;

use super::desk::{client, plain, provider, signed_in};
use crate::api::shop::postpaid;
use crate::api::world::text;

#[tokio::test]
async fn the_customers_page_answers_whether_it_is_on_and_what_is_missing() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let path = format!("/console/customers/{}", client.customer);
    let text = plain(&browser.get(&path).await);
    assert!(text.contains("Amélie Tetuanui person · since 2026"), "{text}");
    assert!(
        text.contains(
            "Internet 100 amelie.t off since 2 Nov: 19.90 EUR missing the period is not paid"
        ),
        "{text}"
    );
    assert!(text.contains("What brings it on 19.90 EUR to Home"), "{text}");
    assert!(text.contains("Take a payment") && text.contains("Promised payment"), "{text}");
    world.pay(&client.account, "30.00").await;
    let text = plain(&browser.get(&path).await);
    assert!(text.contains("Internet 100 amelie.t on paid to 2 Dec"), "{text}");
    assert!(text.contains("10.10 to spend"), "{text}");
    assert!(text.contains("+30.00 EUR Payment · cash"), "{text}");
    assert!(text.contains("\u{2212}19.90 EUR Fee"), "{text}");
    assert!(text.contains("balance 10.10 EUR"), "{text}");
    let page = browser.get(&format!("{path}?show=services")).await;
    assert!(!plain(&page).contains("Payment · cash"), "{}", plain(&page));
    let page = browser.get(&format!("{path}?show=staff")).await;
    assert!(plain(&page).contains("Nothing of this kind"), "{}", plain(&page));
}

#[tokio::test]
async fn a_session_says_since_when_and_what_came_of_it_of_which_service() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "30.00").await;
    let ask = |session: &str| {
        json!({"account": client.account, "session": session, "service": "telephony",
            "amount": "2.00", "currency": "EUR", "expires_in": 3600})
    };
    let first = world.post("/v1/authorisations", ask("call-1")).await.json(200);
    world.advance(600);
    world.post("/v1/authorisations", ask("call-2")).await.json(200);
    let mut browser = signed_in(&world, "ann").await;
    let path = format!("/console/customers/{}", client.customer);
    let page = plain(&browser.get(&path).await);
    for said in ["since 10:00, 0.00 EUR 2.00 EUR", "since 10:10, 0.00 EUR 2.00 EUR"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let release = format!("/v1/reservations/{}/release", text(&first["reservation"]));
    world.post(&release, json!({})).await.json(200);
    // Long enough for the shard to have forgotten both.
    world.advance(30 * 86_400);
    world.pay(&client.account, "1.00").await;
    let mut browser = signed_in(&world, "ann").await;
    let page = plain(&browser.get(&format!("/console/accounts/{}", client.account)).await);
    for said in ["Reservation given back · telephony", "Reservation expired · telephony"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(plain(&browser.get(&path).await).contains("Reservation expired · telephony"));
}

#[tokio::test]
async fn what_happened_before_a_service_was_replaced_is_said_of_the_one_that_it_was() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "50.00").await;
    let fast = json!({
        "title": "Internet 300", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": "29.90", "every": {"count": 1, "unit": "month"}, "anchor": "start"},
    });
    world.put("/v1/services/internet-300", fast).await.json(200);
    let of_it = |what: &str| format!("/v1/subscriptions/{}/{what}", client.subscription);
    world.post(&of_it("suspend"), json!({"by": "staff"})).await.json(200);
    world.post(&of_it("resume"), json!({"by": "staff"})).await.json(200);
    world.post(&of_it("plan"), json!({"service": "internet-300"})).await.json(200);
    world.post(&of_it("suspend"), json!({"by": "staff"})).await.json(200);
    let mut browser = signed_in(&world, "ann").await;
    let page = plain(&browser.get(&format!("/console/customers/{}", client.customer)).await);
    let order = [
        "Service suspended · Internet 300",
        "Service replaced · Internet 100 → Internet 300",
        "Service resumed · Internet 100",
        "Service suspended · Internet 100",
    ];
    let mut rest = page.as_str();
    for said in order {
        let Some((_, after)) = rest.split_once(said) else { panic!("{said}: {page}") };
        rest = after;
    }
}

#[tokio::test]
async fn a_service_that_is_paid_afterwards_says_when_it_is_charged_next() {
    let world = provider();
    let client = client(&world).await;
    world.put("/v1/services/office", postpaid("10.00")).await.json(200);
    let path = format!("/v1/accounts/{}/credit-limit", client.account);
    world.put(&path, json!({"amount": "50.00", "currency": "EUR"})).await.json(200);
    let body = json!({"account": client.account, "service": "office", "subjects": ["office.b"]});
    world.post("/v1/subscriptions", body).await.json(201);
    let mut browser = signed_in(&world, "ann").await;
    let page = plain(&browser.get(&format!("/console/customers/{}", client.customer)).await);
    assert!(page.contains("office.b on next 2 Dec, 10:00: 10.00 EUR"), "{page}");
}

#[tokio::test]
async fn a_long_timeline_goes_on_where_the_page_before_ended() {
    let world = provider();
    let client = client(&world).await;
    for _ in 0..45 {
        world.pay(&client.account, "1.00").await;
    }
    let mut browser = signed_in(&world, "ann").await;
    let mut path = format!("/console/customers/{}?show=money", client.customer);
    let mut payments = 0;
    loop {
        let page = browser.get(&path).await;
        payments += plain(&page).matches("Payment · cash").count();
        let Some(older) = page.text.split("<p class=\"pages\">").nth(1) else { break };
        let href = older.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        path = href.replace("&#38;", "&");
    }
    assert_eq!(payments, 45);
}

#[tokio::test]
async fn who_is_not_there_is_a_page_that_is_not_there() {
    let world = provider();
    let mut browser = signed_in(&world, "ann").await;
    let paths = [
        ("/console/customers/cus_99", 404),
        ("/console/customers/99", 400),
        ("/console/customers/cus_99?show=all-of-it", 400),
        ("/console/nothing", 404),
    ];
    for (path, status) in paths {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains("This page does not exist"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn a_statement_has_its_last_day() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "30.00").await;
    let today = &world.moment(0)[..10];
    world.advance(86_400);
    let mut browser = signed_in(&world, "ann").await;
    let path = format!("/console/accounts/{}", client.account);
    let page = browser.get(&format!("{path}?from={today}&to={today}")).await;
    assert!(plain(&page).contains("Payment · cash"), "{}", plain(&page));
    let export = page.text.split("href=\"").find(|it| it.contains("format=csv")).expect("a link");
    let export = export.split('"').next().unwrap().replace("&#38;", "&");
    let csv = browser.get(&export).await;
    assert_eq!(csv.status, 200, "{export}: {}", csv.text);
    assert!(csv.text.contains("30.00"), "{}", csv.text);
    let page = plain(&browser.get(&format!("{path}?to=2026-01-01")).await);
    assert!(!page.contains("Payment · cash"), "{page}");
    // A moment is the end itself.
    let page = plain(&browser.get(&format!("{path}?to={today}T00:00:00Z")).await);
    assert!(!page.contains("Payment · cash"), "{page}");
}
