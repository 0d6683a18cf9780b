//! The list of sign-ins: who came, who tried, and who may read it.

use serde_json::{Value, json};
use server::access::config::Codes;

use super::browser::{Browser, PASSWORD, give_password, provider};
use crate::api::world::World;

async fn events(world: &World, query: &str) -> Vec<String> {
    let found = world.get(&format!("/v1/sign-ins{query}")).await.json(200);
    let all = found["sign_ins"].as_array().expect("a list");
    all.iter().map(|it| it["event"].as_str().expect("a word").to_owned()).collect()
}

#[tokio::test]
async fn whoever_comes_or_tries_is_noted() {
    let world = provider(|config| config.self_care.codes = Codes::Screen);
    let customer = world.customer("Amélie Tetuanui").await;
    let open = json!({"currency": "EUR", "number": "OPT-1"});
    world.post(&format!("/v1/customers/{customer}/accounts"), open).await.json(201);
    give_password(&world, &customer, "reef+and+sky").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("eve", PASSWORD).await;
    browser.staff("ann", "wrong+lagoon").await;
    browser.staff("ann", PASSWORD).await;
    browser.submit("/console", "/console/sign-out", &[]).await;
    let code = browser.ask_code("OPT-1").await.text.replace("10 ", "");
    browser.code("OPT-1", &code).await;
    browser.submit("/my", "/my/sign-out-everywhere", &[]).await;
    let all = events(&world, "").await;
    let expected = [
        "sessions_ended",
        "signed_in",
        "code_sent",
        "signed_out",
        "signed_in",
        "sign_in_failed",
        "sign_in_failed",
        "password_set",
        "user_created",
    ];
    assert_eq!(all, expected);
    let found = world.get("/v1/sign-ins").await.json(200);
    let line = |at: usize| found["sign_ins"][at].clone();
    let at = "2026-11-02T10:00:00Z";
    let of =
        |event: &str| json!({"at": at, "event": event, "address": "192.0.2.7", "agent": "Test/1"});
    let with = |mut line: Value, more: Value| {
        let more = more.as_object().expect("fields").clone();
        line.as_object_mut().expect("fields").extend(more);
        line
    };
    let by_code = json!({"customer": customer, "means": "code"});
    assert_eq!(line(1), with(of("signed_in"), by_code.clone()));
    assert_eq!(line(2), with(of("code_sent"), by_code));
    let by_password = json!({"user": "ann", "means": "password"});
    assert_eq!(line(4), with(of("signed_in"), by_password.clone()));
    assert_eq!(line(5), with(of("sign_in_failed"), by_password));
    // Whoever eve is: what was typed is not kept.
    assert_eq!(line(6), with(of("sign_in_failed"), json!({"means": "password"})));
    let set = json!({"at": at, "event": "password_set", "customer": customer, "by": "user.ann"});
    assert_eq!(line(7), set);
    assert_eq!(line(8)["by"], "command-line");
}

#[tokio::test]
async fn the_list_is_found_by_person_event_and_time_page_by_page() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    for _ in 0..3 {
        world.advance(60);
        browser.staff("ann", PASSWORD).await;
    }
    browser.staff("eve", PASSWORD).await;
    let count = async |query: &str| events(&world, query).await.len();
    assert_eq!(count("?user=ann&event=signed_in").await, 3);
    assert_eq!(count("?event=signed_out").await, 2);
    assert_eq!(count("?user=eve").await, 0);
    assert_eq!(count("?customer=cus_1").await, 0);
    let minute = "2026-11-02T10:02:00Z";
    assert_eq!(count(&format!("?event=signed_in&from={minute}")).await, 2);
    assert_eq!(count(&format!("?event=signed_in&to={minute}")).await, 1);
    let first = world.get("/v1/sign-ins?limit=4").await.json(200);
    let next = first["next"].as_u64().expect("more");
    let rest = events(&world, &format!("?limit=4&cursor={next}")).await;
    assert_eq!(rest, ["signed_out", "signed_in", "user_created"].map(str::to_owned));
    let all = events(&world, "").await;
    let pages = first["sign_ins"].as_array().unwrap().iter().map(|it| it["event"].clone());
    let pages: Vec<Value> = pages.chain(rest.into_iter().map(Value::from)).collect();
    assert_eq!(json!(pages), json!(all));
    for (query, field) in [
        ("?event=x", "event"),
        ("?customer=ann", "customer"),
        ("?user=a&customer=cus_1", "user"),
        ("?from=now", "from"),
    ] {
        world.get(&format!("/v1/sign-ins{query}")).await.malformed(field);
    }
}

#[tokio::test]
async fn what_is_over_is_deleted_and_the_list_is_kept_for_400_days() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    world.advance(399 * 86_400);
    let access = &world.app().access;
    access.tidy().await.unwrap();
    assert_eq!(events(&world, "?event=signed_in").await.len(), 1);
    world.advance(2 * 86_400);
    access.tidy().await.unwrap();
    assert_eq!(events(&world, "?event=signed_in").await.len(), 0);
    assert_eq!(access.tidy().await.unwrap(), 0);
}
