//! How statements, the feed and webhooks tell of services.

use serde_json::{Value, json};

use super::shop::{
    DAY, act, film, forward, kinds, monthly, postpaid, sell, shown_after, subscribe, telephony,
    turbo,
};
use super::webhooks;
use super::world::{World, eur, text, with};

fn testing() -> World {
    World::with_test_clock(|config| {
        config.credit.notice_hours = 0;
        webhooks::allow_this_machine(config);
    })
}

/// An account on which everything has happened that services can do to it.
async fn lived(world: &World) -> String {
    sell(world, "internet", with(monthly("30.00"), "while_off", json!("credited"))).await;
    let faster = with(monthly("60.00"), "title", json!("Internet 500"));
    sell(world, "internet-500", faster).await;
    let due = json!({"days": 1, "grace_days": 1});
    let tv = with(postpaid("9.00"), "title", json!("Television"));
    sell(world, "tv", with(tv, "due", due)).await;
    sell(world, "telephony", telephony()).await;
    sell(world, "turbo", turbo()).await;
    sell(world, "film", film()).await;
    let limit = json!({"amount": "20.00", "currency": "EUR"});
    let account = world.account_with(json!({"currency": "EUR", "credit_limit": limit})).await;
    world.pay(&account, "110.00").await;
    let id = subscribe(world, &account, "internet", json!({"subjects": ["amelie"]})).await;
    let tv = subscribe(world, &account, "tv", json!({})).await;
    subscribe(world, &account, "telephony", json!({"subjects": ["+6891"]})).await;
    let body = json!({"account": account, "service": "film", "item": "The Third Man"});
    world.post("/v1/purchases", body).await.json(201);
    let body = json!({"account": account, "service": "turbo", "base": id});
    world.post("/v1/purchases", body).await.json(201);
    let call = json!({"subject": "+6891", "session": "s", "destination": "+33", "quantity": 60});
    let granted = world.post("/v1/authorisations", call).await.json(200);
    let settle = format!("/v1/reservations/{}/settle", text(&granted["reservation"]));
    world.post(&settle, json!({"used": 60, "final": true})).await.json(200);
    act(world, &id, "suspend", json!({"by": "customer"})).await.json(200);
    forward(world, 10 * DAY).await;
    act(world, &id, "resume", json!({"by": "customer"})).await.json(200);
    let path = format!("/v1/subscriptions/{id}");
    let body = json!({"priority": 5});
    world.ask("agent", "PATCH", &path).json(&body).send().await.json(200);
    forward(world, 20 * DAY).await;
    act(world, &id, "plan", json!({"service": "internet-500"})).await.json(200);
    forward(world, 2 * DAY).await;
    act(world, &tv, "close", json!({})).await.json(200);
    account
}

async fn statement(world: &World, account: &str, query: &str) -> super::world::Answer {
    let query = format!("from=2026-11-01&to=2027-01-01&{query}");
    world.get(&format!("/v1/accounts/{account}/statement?{query}")).await
}

#[tokio::test]
async fn a_statement_of_services_reads_well_and_adds_up() {
    let world = testing();
    let account = lived(&world).await;
    let found = statement(&world, &account, "lang=en").await.json(200);
    let lines = found["lines"].as_array().expect("lines");
    let told: Vec<_> = lines
        .iter()
        .map(|it| {
            format!("{} {} {}", text(&it["kind"]), text(&it["description"]), text(&it["amount"]))
        })
        .collect();
    let expected = [
        "payment Payment · cash 110.00",
        "period_started Fee · Internet 100 -30.00",
        "purchased Purchase · Film -3.50",
        "purchased Purchase · Turbo -2.00",
        "session Use · Telephony -0.10",
        "period_credited Credit for time off · Internet 100 10.00",
        "period_started Fee · Internet 100 -30.00",
        "period_started Fee · Television -9.00",
        "plan_changed Service replaced · Internet 100 → Internet 500 30.00",
        "period_started Fee · Internet 500 -60.00",
        "subscription_closed Service ended · Television -0.58",
    ];
    assert_eq!(told, expected);
    assert_eq!(lines[2]["note"], "The Third Man");
    let sums = found["sums"].as_array().expect("sums");
    let sums =
        sums.iter().map(|it| (text(&it["kind"]), text(&it["money_in"]), text(&it["money_out"])));
    let sum = |kind: &str, money_in: &str, money_out: &str| {
        (kind.to_owned(), money_in.to_owned(), money_out.to_owned())
    };
    let expected = [
        sum("payment", "110.00", "0.00"),
        sum("period_started", "0.00", "129.00"),
        sum("period_credited", "10.00", "0.00"),
        sum("plan_changed", "30.00", "0.00"),
        sum("subscription_closed", "0.00", "0.58"),
        sum("purchased", "0.00", "5.50"),
        sum("session", "0.00", "0.10"),
    ];
    assert_eq!(sums.collect::<Vec<_>>(), expected);
    assert_eq!(found["closing_balance"], eur("14.82"));
    let fees = [("fr", "Abonnement"), ("es", "Cuota"), ("ru", "Абонентская плата"), ("en", "Fee")];
    for (language, fee) in fees {
        let query = format!("lang={language}&format=html");
        let answer = statement(&world, &account, &query).await;
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(page.contains(fee) && !page.contains("period_started"), "{language}");
        assert!(page.contains("The Third Man"), "{language}");
        let query = format!("lang={language}&format=csv");
        let answer = statement(&world, &account, &query).await;
        let rows = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(rows.contains(&format!("{fee} · Internet 500")), "{rows}");
        let query = format!("lang={language}&format=pdf");
        let answer = statement(&world, &account, &query).await;
        assert!(answer.status == 200 && answer.body.starts_with(b"%PDF"), "{language}");
    }
}

#[tokio::test]
async fn everything_that_happened_can_be_shown_in_words() {
    let world = testing();
    let account = lived(&world).await;
    let found = statement(&world, &account, "lang=en&all=true").await.json(200);
    let lines = found["lines"].as_array().expect("lines").iter();
    let told: std::collections::BTreeSet<_> = lines.map(|it| text(&it["description"])).collect();
    for words in [
        "Service opened · Internet 100",
        "Service switched on · Internet 100",
        "Service switched off · Internet 100",
        "Service switched off · Turbo",
        "Service suspended · Internet 100",
        "Service resumed · Internet 100",
        "Service changed · Internet 100",
        "Service ended · Television",
    ] {
        assert!(told.contains(words), "{words}: {told:?}");
    }
}

#[tokio::test]
async fn receivers_hear_of_services_and_not_of_every_fee() {
    let world = testing();
    let receiver = webhooks::Receiver::start().await;
    webhooks::endpoint(&world, &receiver, Value::Null).await;
    let account = lived(&world).await;
    world.deliver().await;
    let of_services = |it: &String| {
        ["subscription.", "plan.", "purchase.", "bill."].iter().any(|kind| it.starts_with(kind))
    };
    let heard = receiver.heard();
    let types = heard.iter().map(|it| text(&it.json()["type"])).filter(of_services);
    let expected = [
        // Internet, TV and telephony.
        "subscription.opened",
        "subscription.switched_on",
        "subscription.opened",
        "subscription.switched_on",
        "subscription.opened",
        "subscription.switched_on",
        "purchase.made",
        "purchase.made",
        "subscription.switched_on",
        // Suspended, and the turbo button with it, which ends meanwhile.
        "subscription.suspended",
        "subscription.switched_off",
        "subscription.switched_off",
        "subscription.closed",
        "subscription.resumed",
        "subscription.switched_on",
        "plan.changed",
        "subscription.switched_on",
        "subscription.closed",
        "subscription.switched_off",
    ];
    assert_eq!(types.collect::<Vec<_>>(), expected);
    let plan = heard.iter().map(webhooks::Heard::json).find(|it| it["type"] == "plan.changed");
    let plan = plan.expect("it was told");
    assert_eq!(plan["data"]["account"], json!(account));
    assert_eq!(plan["data"]["new_service"], "internet-500");
    assert!(heard.iter().all(|it| it.json()["data"]["kind"] != "period_started"));
    // What was not paid in time.
    subscribe(&world, &account, "tv", json!({})).await;
    world.post(&format!("/v1/accounts/{account}/charges"), eur("34.00")).await.json(201);
    forward(&world, 35 * DAY).await;
    world.deliver().await;
    let told: Vec<_> = receiver.heard().iter().map(|it| text(&it.json()["type"])).collect();
    assert!(told.contains(&"bill.overdue".to_owned()), "{told:?}");
}

#[tokio::test]
async fn the_feed_shows_each_new_kind() {
    let world = testing();
    let account = lived(&world).await;
    let entries = shown_after(&world, &account, 0).await;
    let found: std::collections::BTreeSet<&str> = kinds(&entries).into_iter().collect();
    for kind in [
        "subscription_opened",
        "subscription_changed",
        "subscription_suspended",
        "subscription_resumed",
        "subscription_closed",
        "plan_changed",
        "purchased",
        "period_started",
        "period_credited",
        "switched",
    ] {
        assert!(found.contains(kind), "{kind}: {found:?}");
    }
    for entry in entries.iter().filter(|it| it["kind"] == "switched") {
        let named = ["subscription", "service", "version", "on", "cause"];
        assert!(named.iter().all(|it| entry.get(it).is_some()), "{entry}");
    }
    let set = world.entries_after(0).await;
    let set = set.iter().find(|it| it.fact.kind() == "service_set").expect("a service");
    let view = server::http::entry_view::EntryView::new(set);
    let view = serde_json::to_value(view).expect("JSON");
    assert_eq!((&view["service"], &view["version"]), (&json!("internet"), &json!(1)));
}

#[tokio::test]
async fn the_audit_finds_what_was_done_about_services() {
    let world = testing();
    lived(&world).await;
    for (kind, found) in [
        ("service_set", 6),
        ("subscription_opened", 3),
        ("subscription_changed", 1),
        ("subscription_suspended", 1),
        ("subscription_resumed", 1),
        ("subscription_closed", 2),
        ("plan_changed", 1),
        ("purchased", 2),
        ("period_credited", 1),
        ("period_started", 5),
    ] {
        let page = world.get(&format!("/v1/audit?kind={kind}&limit=50")).await.json(200);
        let entries = page["entries"].as_array().expect("entries");
        assert_eq!(entries.len(), found, "{kind}: {page}");
        assert!(entries.iter().all(|it| it["kind"] == kind), "{kind}: {page}");
    }
}
