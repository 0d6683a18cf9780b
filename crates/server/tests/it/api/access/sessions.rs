//! How long a session lasts, and what ends it.

use super::browser::{Browser, PASSWORD, give_password, provider};
use crate::api::world::World;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

async fn signed_in(world: &World) -> Browser {
    let mut browser = Browser::new(world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    browser
}

#[tokio::test]
async fn a_session_of_staff_ends_after_half_an_hour_without_a_visit() {
    let world = provider(|_| {});
    let mut browser = signed_in(&world).await;
    for _ in 0..3 {
        world.advance(29 * MINUTE);
        assert_eq!(browser.get("/console").await.status, 200);
    }
    world.advance(30 * MINUTE);
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn a_session_of_staff_ends_after_twelve_hours_whatever_is_done() {
    let world = provider(|_| {});
    let mut browser = signed_in(&world).await;
    for _ in 0..(12 * 3 - 1) {
        world.advance(20 * MINUTE);
        assert_eq!(browser.get("/console").await.status, 200);
    }
    world.advance(20 * MINUTE);
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn how_long_it_lasts_is_configured() {
    let world = provider(|config| {
        config.console.idle_minutes = 5;
        config.console.session_hours = 1;
    });
    let mut browser = signed_in(&world).await;
    world.advance(5 * MINUTE);
    assert_eq!(browser.get("/console").await.status, 303);
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    for _ in 0..14 {
        world.advance(4 * MINUTE);
        assert_eq!(browser.get("/console").await.status, 200);
    }
    world.advance(4 * MINUTE);
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn a_page_that_lies_open_is_no_visit() {
    let world = provider(|_| {});
    let mut browser = signed_in(&world).await;
    let feed = [("accept", "text/event-stream")];
    for _ in 0..2 {
        world.advance(14 * MINUTE);
        let page = browser.send("GET", "/console/feed", String::new(), &feed).await;
        assert_eq!(page.status, 200);
    }
    world.advance(2 * MINUTE);
    let page = browser.send("GET", "/console/feed", String::new(), &feed).await;
    assert_eq!(page.status, 401);
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_a_clock_that_is_set_forward() {
    let mut world = World::with_test_clock(|_| {});
    let made = super::browser::users(&world).create(
        "ann",
        "Ann Bäcker",
        server::http::auth::Role::Agent,
        PASSWORD,
    );
    made.unwrap();
    let cookies = signed_in(&world).await.cookies;
    let week = serde_json::json!({"forward_seconds": 7 * DAY});
    world.post("/v1/clock", week).await.json(200);
    world.restart();
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.cookies = cookies;
    assert_eq!(browser.get("/console").await.status, 200, "nobody waited for a week");
    world.advance(31 * MINUTE);
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn every_sign_in_has_a_token_of_its_own() {
    let world = provider(|_| {});
    let mut browser = signed_in(&world).await;
    let first = browser.cookies["__Host-sporran"].clone();
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    assert_ne!(browser.cookies["__Host-sporran"], first);
    assert_eq!(browser.get("/console").await.status, 200);
    // One that was put into the browser beforehand is nobody's, and the one before is over.
    browser.cookies.insert("__Host-sporran".into(), first);
    assert_eq!(browser.get("/console").await.status, 303);
    let planted = "A".repeat(43);
    browser.cookies.insert("__Host-sporran".into(), planted.clone());
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    assert_ne!(browser.cookies["__Host-sporran"], planted);
}

#[tokio::test]
async fn customers_and_staff_are_apart_in_one_browser() {
    let world = provider(|_| {});
    let customer = world.customer("Amélie Tetuanui").await;
    give_password(&world, &customer, "lagoon+8").await;
    let open = serde_json::json!({"currency": "EUR", "number": "OPT-1"});
    world.post(&format!("/v1/customers/{customer}/accounts"), open).await.json(201);
    let mut browser = signed_in(&world).await;
    browser.customer("OPT-1", "lagoon+8").await.says(200, "hello stranger");
    assert_eq!(browser.get("/console").await.status, 200);
    assert_eq!(browser.get("/my").await.status, 200);
    // The one's token opens nothing of the other.
    let own = browser.cookies["__Host-sporran-self-care"].clone();
    browser.cookies.insert("__Host-sporran".into(), own);
    assert_eq!(browser.get("/console").await.status, 303);
    browser.submit("/my", "/my/sign-out", &[]).await.says(200, "bye");
    assert_eq!(browser.get("/my").await.status, 303);
}

#[tokio::test]
async fn a_customer_sees_where_they_are_signed_in_and_ends_it() {
    let world = provider(|_| {});
    let customer = world.customer("Amélie Tetuanui").await;
    let accounts = format!("/v1/customers/{customer}/accounts");
    let open = serde_json::json!({"currency": "EUR", "number": "OPT-1"});
    world.post(&accounts, open).await.json(201);
    give_password(&world, &customer, "lagoon+8").await;
    let mut phone = Browser::new(&world, "192.0.2.7");
    phone.headers = vec![("user-agent", "Phone/1".into())];
    let mut desk = Browser::new(&world, "192.0.2.8");
    let mut lost = Browser::new(&world, "192.0.2.9");
    for browser in [&mut lost, &mut desk, &mut phone] {
        world.advance(1);
        browser.customer("OPT-1", "lagoon+8").await.says(200, "hello stranger");
    }
    let listed = phone.get("/my/sessions").await.text;
    let lines: Vec<&str> = listed.lines().collect();
    let [first, second, third] = lines[..] else { panic!("{listed}") };
    assert!(first.ends_with(" 192.0.2.7 Phone/1 here"), "{listed}");
    assert!(second.ends_with(" 192.0.2.8 Test/1"), "{listed}");
    let id = third.split(' ').next().unwrap();
    assert_eq!(phone.submit("/my", "/my/sessions", &[("session", id)]).await.text, "true");
    assert_eq!(lost.get("/my").await.status, 303);
    assert_eq!(desk.get("/my").await.status, 200);
    for other in [id, "999"] {
        let page = phone.submit("/my", "/my/sessions", &[("session", other)]).await;
        assert_eq!(page.text, "false");
    }
    // A month later they sign in again.
    world.advance(29 * DAY);
    assert_eq!(desk.get("/my").await.status, 200);
    phone.submit("/my", "/my/sign-out-everywhere", &[]).await.says(200, "bye");
    assert_eq!(desk.get("/my").await.status, 303);
    desk.customer("OPT-1", "lagoon+8").await.says(200, "hello stranger");
    world.advance(30 * DAY);
    assert_eq!(desk.get("/my").await.status, 303);
}
