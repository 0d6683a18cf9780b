//! Open pages are told of what touches them, until their session ends.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use server::http::routes;
use tower::ServiceExt;

use super::desk::{client, provider, signed_in, submit, value};
use crate::api::access::browser::Browser;
use crate::api::world::World;

/// The feed that a page listens to.
pub async fn listen(world: &World, browser: &Browser, path: &str) -> BodyDataStream {
    let request = Request::builder().uri(path).header("accept", "text/event-stream");
    let request = browser.cookies.iter().fold(request, |request, (name, value)| {
        request.header("cookie", format!("{name}={value}"))
    });
    let request = request.body(Body::empty()).unwrap();
    let response = routes::router(world.app().clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// What comes next; `None` when the feed has ended.
pub async fn next(feed: &mut BodyDataStream) -> Option<String> {
    let next = tokio::time::timeout(Duration::from_secs(60), feed.next()).await;
    let bytes = next.expect("the feed says something or ends")?.expect("a body");
    let event = String::from_utf8(bytes.to_vec()).expect("text");
    assert!(event.lines().any(|it| it.starts_with("data:")), "no browser is told: {event:?}");
    Some(event)
}

pub fn live_path(text: &str) -> String {
    let at = text.split("data-live=\"").nth(1).expect("a page that listens");
    at.split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn a_page_is_told_of_a_payment_of_its_customer_and_of_nobody_elses() {
    let world = provider();
    let client = client(&world).await;
    let other = world.purse("5.00").await;
    let mut browser = signed_in(&world, "ann").await;
    let page = browser.get(&format!("/console/customers/{}", client.customer)).await;
    let path = live_path(&page.text);
    assert!(path.contains(&format!("customer={}", client.customer)), "{path}");
    let mut feed = listen(&world, &browser, &path).await;
    // Of somebody else: were it told, it would come before the next one, and end the count.
    let mut everything = listen(&world, &browser, "/console/live").await;
    world.pay(&other, "1.00").await;
    assert!(next(&mut everything).await.unwrap().contains("event: changed"));
    world.pay(&client.account, "1.00").await;
    assert!(next(&mut feed).await.unwrap().contains("event: changed"));
    world.end_feeds();
    assert_eq!(next(&mut feed).await, None);
}

#[tokio::test]
async fn what_came_between_page_and_feed_is_told_at_once() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let page = browser.get(&format!("/console/customers/{}", client.customer)).await;
    world.pay(&client.account, "1.00").await;
    let mut feed = listen(&world, &browser, &live_path(&page.text)).await;
    assert!(next(&mut feed).await.unwrap().contains("event: changed"));
}

#[tokio::test]
async fn a_feed_ends_with_its_session() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let page = browser.get(&format!("/console/customers/{}", client.customer)).await;
    assert!(value(&page, "csrf").is_some());
    let mut feed = listen(&world, &browser, &live_path(&page.text)).await;
    let out = submit(&mut browser, "/console", "/console/sign-out", &[]).await;
    assert_eq!(out.status, 303);
    world.pay(&client.account, "1.00").await;
    assert_eq!(next(&mut feed).await, None);
}

#[tokio::test]
async fn pages_that_look_through_everything_do_not_listen() {
    let world = provider();
    client(&world).await;
    let mut browser = signed_in(&world, "ada").await;
    for (place, listens) in [
        ("receivables", false),
        ("catalogue", false),
        ("provisioning", false),
        ("dashboard", true),
        ("unallocated", true),
    ] {
        let page = browser.get(&format!("/console/{place}")).await;
        assert_eq!(page.status, 200, "{place}");
        assert_eq!(page.text.contains("data-live=\"/console/live"), listens, "{place}");
    }
}

#[tokio::test]
async fn a_page_that_is_shown_anew_by_itself_is_no_visit() {
    const MINUTE: i64 = 60;
    let world = provider();
    let mut browser = signed_in(&world, "ann").await;
    let get = async |browser: &mut Browser, part: &str| {
        let headers = [("sporran-part", part)];
        browser.send("GET", "/console/dashboard", String::new(), &headers).await.status
    };
    // Somebody who types is there.
    for part in ["find", "find", "live", "live"] {
        world.advance(14 * MINUTE);
        assert_eq!(get(&mut browser, part).await, 200, "{part}");
    }
    world.advance(3 * MINUTE);
    assert_eq!(get(&mut browser, "live").await, 303);
    assert_eq!(browser.get("/console/dashboard").await.status, 303);
}
