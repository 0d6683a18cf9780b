//! Services as time passes: renewals, lapses, bills that fall due, and money that brings back.

use serde_json::{Value, json};

use super::shop::{
    DAY, HOUR, forward, kinds, monthly, postpaid, sell, shown_after, standing, subscribe,
    subscription, testing,
};
use super::world::{World, eur, with};

/// Kinds and moments.
fn at<'a>(entries: &'a [Value]) -> Vec<(&'a str, &'a str)> {
    let pair = |it: &'a Value| {
        (it["kind"].as_str().expect("a kind"), it["at"].as_str().expect("a moment"))
    };
    entries.iter().map(pair).collect()
}

#[tokio::test]
async fn a_month_of_renewals_each_at_its_own_moment() {
    let world = testing();
    let mut daily = monthly("1.00");
    daily["recurring"]["every"] = json!({"count": 1, "unit": "day"});
    sell(&world, "daily", daily).await;
    let account = world.purse("31.50").await;
    let id = subscribe(&world, &account, "daily", json!({})).await;
    let before = world.head().await;
    forward(&world, 32 * DAY).await;
    let entries = shown_after(&world, &account, before).await;
    // 30 renewals, then one that cannot be paid.
    let expected: Vec<_> =
        (0..30).map(|_| "period_started").chain(["period_ended", "switched"]).collect();
    assert_eq!(kinds(&entries), expected);
    let moments: Vec<_> = at(&entries).into_iter().map(|it| it.1).collect();
    assert_eq!((moments[0], moments[29]), ("2026-11-03T10:00:00Z", "2026-12-02T10:00:00Z"));
    assert_eq!((moments[30], moments[31]), ("2026-12-03T10:00:00Z", "2026-12-03T10:00:00Z"));
    assert_eq!(
        (&entries[31]["on"], &entries[31]["cause"]),
        (&json!(false), &json!("period_unpaid"))
    );
    assert!(entries.iter().all(|it| it["actor"] == "timer"), "{entries:?}");
    assert_eq!(world.look(&account).await["balance"], eur("0.50"));
    assert_eq!(standing(&world, &id).await, "period_unpaid");
}

#[tokio::test]
async fn a_new_price_counts_from_the_next_period_on() {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    let account = world.purse("100.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    sell(&world, "internet", monthly("35.00")).await;
    assert_eq!(subscription(&world, &id).await["version"], 1);
    assert_eq!(world.look(&account).await["balance"], eur("70.00"));
    let before = world.head().await;
    forward(&world, 30 * DAY).await;
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["period_started"]);
    assert_eq!((&entries[0]["version"], &entries[0]["amount"]), (&json!(2), &eur("-35.00")));
    assert_eq!(subscription(&world, &id).await["version"], 2);
}

#[tokio::test]
async fn a_lapsed_service_comes_back_with_the_money_and_its_old_boundaries() {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    let account = world.purse("30.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    forward(&world, 30 * DAY).await;
    assert_eq!(standing(&world, &id).await, "period_unpaid");
    forward(&world, 5 * DAY).await;
    world.pay(&account, "30.00").await;
    let shown = subscription(&world, &id).await;
    assert_eq!((&shown["on"], &shown["since"]), (&json!(true), &json!("2026-12-07T10:00:00Z")));
    assert_eq!(shown["period"]["until"], "2027-01-02T10:00:00Z", "{shown}");
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
}

#[tokio::test]
async fn a_charge_into_debt_switches_off_and_a_payment_on_again() {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    let account = world.purse("40.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    let path = format!("/v1/accounts/{account}/adjustments");
    let debt = json!({"amount": "-12.00", "currency": "EUR", "reason": "router", "note": "broken"});
    let before = world.head().await;
    world.post(&path, debt).await.json(201);
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["adjustment", "switched"]);
    assert_eq!(entries[1]["cause"], "funds_low");
    assert_eq!(standing(&world, &id).await, "funds_low");
    // Credit does it as well as money, for as long as it lasts.
    let limit = json!({"amount": "5.00", "currency": "EUR", "until": world.moment(HOUR)});
    world.post(&format!("/v1/accounts/{account}/credits"), limit).await.json(201);
    assert_eq!(standing(&world, &id).await, "on");
    forward(&world, HOUR).await;
    assert_eq!(standing(&world, &id).await, "funds_low");
    world.pay(&account, "2.00").await;
    assert_eq!(standing(&world, &id).await, "on");
    // The period was paid all the while.
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
}

#[tokio::test]
async fn a_postpaid_period_is_charged_at_its_end_and_has_to_be_paid_in_time() {
    let world = testing();
    let due = json!({"days": 10, "grace_days": 5});
    sell(&world, "internet", with(postpaid("30.00"), "due", due)).await;
    sell(&world, "tv", monthly("10.00")).await;
    let limit = json!({"amount": "100.00", "currency": "EUR"});
    let account = world.account_with(json!({"currency": "EUR", "credit_limit": limit})).await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    assert_eq!(standing(&world, &id).await, "on");
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
    let before = world.head().await;
    forward(&world, 30 * DAY).await;
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["period_started"]);
    assert_eq!(entries[0]["amount"], eur("-30.00"));
    assert_eq!(entries[0]["contra"], "revenue:internet");
    assert_eq!(entries[0]["due_at"], "2026-12-12T00:00:00Z", "{}", entries[0]);
    assert_eq!(entries[0]["block_at"], "2026-12-17T00:00:00Z", "{}", entries[0]);
    forward(&world, 14 * DAY + 14 * HOUR - 1).await;
    assert_eq!(standing(&world, &id).await, "on");
    let before = world.head().await;
    forward(&world, 1).await;
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["bill_overdue", "switched"]);
    assert_eq!(entries[0]["owed"], eur("30.00"));
    assert_eq!(entries[0]["due_at"], "2026-12-12T00:00:00Z");
    assert_eq!(entries[1]["cause"], "overdue");
    assert_eq!(standing(&world, &id).await, "overdue");
    world.pay(&account, "29.99").await;
    assert_eq!(standing(&world, &id).await, "overdue");
    world.pay(&account, "0.01").await;
    assert_eq!(standing(&world, &id).await, "on");
}

#[tokio::test]
async fn a_service_that_was_off_is_paused_or_credited_as_it_says() {
    let world = testing();
    for policy in ["runs_on", "pauses", "credited"] {
        sell(&world, policy, with(monthly("30.00"), "while_off", json!(policy))).await;
    }
    let account = world.purse("200.00").await;
    let mut ids = Vec::new();
    for policy in ["runs_on", "pauses", "credited"] {
        ids.push(subscribe(&world, &account, policy, json!({})).await);
    }
    for id in &ids {
        super::shop::act(&world, id, "suspend", json!({})).await.json(200);
    }
    forward(&world, 6 * DAY).await;
    for id in &ids {
        super::shop::act(&world, id, "resume", json!({})).await.json(200);
    }
    let until = |shown: &Value| shown["period"]["until"].clone();
    assert_eq!(until(&subscription(&world, &ids[0]).await), "2026-12-02T10:00:00Z");
    assert_eq!(until(&subscription(&world, &ids[1]).await), "2026-12-08T10:00:00Z");
    assert_eq!(until(&subscription(&world, &ids[2]).await), "2026-12-02T10:00:00Z");
    let before = world.head().await;
    forward(&world, 24 * DAY).await;
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["period_started", "period_credited", "period_started"]);
    assert_eq!(
        (&entries[1]["amount"], &entries[1]["off_seconds"]),
        (&eur("6.00"), &json!(6 * DAY))
    );
    assert_eq!(world.look(&account).await["balance"], eur("56.00"));
}

#[tokio::test]
async fn what_fell_due_while_nobody_was_there_is_done_at_its_own_moment() {
    let mut world = World::with(|config| config.credit.notice_hours = 0);
    sell(&world, "internet", monthly("30.00")).await;
    let account = world.purse("75.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    let before = world.head().await;
    world.close();
    world.advance(70 * DAY);
    world.crash();
    assert_eq!(standing(&world, &id).await, "period_unpaid");
    let entries = shown_after(&world, &account, before).await;
    let expected = [
        ("period_started", "2026-12-02T10:00:00Z"),
        ("period_ended", "2027-01-02T10:00:00Z"),
        ("switched", "2027-01-02T10:00:00Z"),
    ];
    assert_eq!(at(&entries), expected);
    assert_eq!(world.look(&account).await["balance"], eur("15.00"));
}
