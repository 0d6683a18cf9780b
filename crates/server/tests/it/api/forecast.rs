//! What will be if nothing is paid, what to pay, and what a payment would do.

use serde_json::{Value, json};

use super::shop::{
    DAY, act, forward, monthly, postpaid, sell, standing, subscribe, testing, turbo,
};
use super::world::{World, eur, text, with};

async fn forecast(world: &World, account: &str) -> Value {
    let path = format!("/v1/accounts/{account}/forecast");
    world.ask("reader", "GET", &path).send().await.json(200)
}

async fn effect(world: &World, account: &str, payment: &str) -> Value {
    let path = format!("/v1/accounts/{account}/forecast?payment={payment}");
    world.get(&path).await.json(200)["payment"].clone()
}

#[tokio::test]
async fn it_names_the_next_service_that_goes_off_and_what_keeps_it_on() {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    sell(&world, "tv", monthly("10.00")).await;
    let account = world.purse("115.00").await;
    let internet = subscribe(&world, &account, "internet", json!({"priority": 1})).await;
    let tv = subscribe(&world, &account, "tv", json!({"priority": 2})).await;
    // 75 are left: both in December, Internet once more in January and TV not.
    let shown = forecast(&world, &account).await;
    let off = json!({"at": "2027-01-02T10:00:00Z", "subscription": tv, "service": "tv",
        "why": "period_unpaid"});
    assert_eq!(shown["next_off"], off);
    assert_eq!(shown["recommended_payment"], eur("0.00"));
    assert_eq!(shown["lasts_until"], "2027-01-02T10:00:00Z");
    assert!(shown.get("payment").is_none(), "{shown}");
    let embedded = world.look(&account).await["forecast"].clone();
    assert_eq!(embedded, shown);
    // What is foretold happens, and paying what is recommended prevents it.
    forward(&world, 30 * DAY).await;
    let shown = forecast(&world, &account).await;
    assert_eq!(shown["next_off"], off);
    assert_eq!(shown["recommended_payment"], eur("5.00"));
    world.pay(&account, "4.99").await;
    assert_eq!(forecast(&world, &account).await["next_off"], off);
    world.pay(&account, "0.01").await;
    let later = forecast(&world, &account).await;
    assert_eq!(later["next_off"]["at"], "2027-02-02T10:00:00Z");
    forward(&world, 62 * DAY).await;
    let off = forecast(&world, &account).await;
    assert_eq!(standing(&world, &internet).await, "period_unpaid");
    assert!(off.get("next_off").is_none(), "all is off already: {off}");
    // Coming on, and one more period of each.
    assert_eq!(off["recommended_payment"], eur("40.00"), "{off}");
}

#[tokio::test]
async fn it_says_what_a_payment_would_bring_back() {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    sell(&world, "tv", monthly("10.00")).await;
    let account = world.account("EUR").await;
    let internet = subscribe(&world, &account, "internet", json!({"priority": 1})).await;
    let tv = subscribe(&world, &account, "tv", json!({"priority": 2})).await;
    let third = subscribe(&world, &account, "tv", json!({"priority": 3})).await;
    act(&world, &third, "suspend", json!({})).await.json(200);
    let before = world.head().await;
    let staff = json!({"subscription": third, "why": "suspended_by_staff"});
    let unpaid = |id: &str| json!({"subscription": id, "why": "period_unpaid"});
    let little = effect(&world, &account, "12").await;
    assert_eq!(little["comes_on"], json!([tv]));
    assert_eq!(little["stays_off"], json!([unpaid(&internet), staff]));
    assert_eq!((&little["amount"], &little["available"]), (&eur("12.00"), &eur("2.00")));
    let enough = effect(&world, &account, "40.00").await;
    assert_eq!(enough["comes_on"], json!([internet, tv]));
    assert_eq!(enough["stays_off"], json!([staff]));
    assert_eq!(enough["next_off"]["at"], "2026-12-02T10:00:00Z");
    let nothing = effect(&world, &account, "0").await;
    assert_eq!(nothing["comes_on"], json!([]));
    // Asking changes nothing, and what is told is what happens.
    assert_eq!(world.head().await, before);
    world.pay(&account, "12.00").await;
    assert_eq!(world.look(&account).await["available"], little["available"]);
    assert_eq!(standing(&world, &tv).await, "on");
    assert_eq!(standing(&world, &internet).await, "period_unpaid");
    for payment in ["x", "-1", "1.001", ""] {
        let path = format!("/v1/accounts/{account}/forecast?payment={payment}");
        world.get(&path).await.malformed("payment");
    }
    world.get(&format!("/v1/accounts/{account}/forecast?colour=red")).await.malformed("colour");
    world.get("/v1/accounts/acc_99/forecast").await.problem(404, "account_not_found");
}

#[tokio::test]
async fn a_postpaid_account_goes_off_at_its_limit_or_when_a_bill_is_not_paid() {
    let world = testing();
    let due = json!({"days": 10, "grace_days": 5});
    sell(&world, "internet", with(postpaid("30.00"), "due", due)).await;
    let limit = json!({"amount": "45.00", "currency": "EUR"});
    let account = world.account_with(json!({"currency": "EUR", "credit_limit": limit})).await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    let shown = forecast(&world, &account).await;
    let off = json!({"at": "2026-12-17T00:00:00Z", "subscription": id, "service": "internet",
        "why": "overdue"});
    assert_eq!(shown["next_off"], off);
    forward(&world, 45 * DAY).await;
    assert_eq!(standing(&world, &id).await, "overdue");
    let shown = forecast(&world, &account).await;
    // The bill, and the one of the period that runs.
    assert_eq!(shown["recommended_payment"], eur("60.00"), "{shown}");
    let paid = effect(&world, &account, "30.00").await;
    assert_eq!(paid["comes_on"], json!([id]));
}

#[tokio::test]
async fn what_was_bought_for_a_time_ends_without_alarm() {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    sell(&world, "turbo", turbo()).await;
    let account = world.purse("32.00").await;
    let base = subscribe(&world, &account, "internet", json!({})).await;
    let press = json!({"account": account, "service": "turbo", "base": base});
    world.post("/v1/purchases", press).await.json(201);
    let shown = forecast(&world, &account).await;
    assert_eq!(shown["next_off"]["subscription"], json!(base));
    assert_eq!(text(&shown["next_off"]["at"]), "2026-12-02T10:00:00Z");
    assert_eq!(shown["recommended_payment"], eur("30.00"));
    // An account without services has nothing to foretell.
    let purse = world.purse("1.00").await;
    assert!(world.look(&purse).await.get("forecast").is_none());
    assert_eq!(forecast(&world, &purse).await["recommended_payment"], eur("0.00"));
}
