//! What staff may: grant, override within the cap of their role, revoke; and plans and alerts.

use serde_json::{Value, json};

use super::super::world::{World, eur, text, with};
use super::{DAY, grant, history, offer, plain, put_policy, rules_of};

fn capped() -> Value {
    let cap = json!([{"role": "agent", "amount_max": "25.00", "hours_max": 240}]);
    with(plain(), "overrides", cap)
}

#[tokio::test]
async fn staff_override_within_the_cap_of_their_role() {
    let world = World::new();
    put_policy(&world, "EUR", capped()).await;
    let account = world.account("EUR").await;
    let ask = json!({"amount": "25.00", "currency": "EUR", "hours": 240});
    let no = grant(&world, &account, ask.clone()).await.problem(422, "promise_not_possible");
    assert_eq!(rules_of(&no["failing"]), ["duration", "amount"]);
    let over = with(ask, "override", json!(true));
    grant(&world, &account, over.clone()).await.malformed("reason");
    let reasoned = with(over.clone(), "reason", json!("the storm cut the line"));
    let granted = grant(&world, &account, reasoned.clone()).await.json(201);
    assert_eq!(granted["overridden"], json!(["duration", "amount"]));
    assert_eq!(granted["reason"], "the storm cut the line");
    let kept = &history(&world, &account).await[0];
    assert_eq!((&kept["actor"], &kept["overridden"]), (&json!("agent"), &granted["overridden"]));
    // The reason may come in the header as well.
    let path = format!("/v1/accounts/{account}/promised-payment");
    let ask = world.ask("agent", "POST", &path).header("sporran-reason", "once more");
    let granted = ask.json(&over).send().await.json(201);
    assert_eq!(granted["overridden"], json!(["open_max", "duration", "amount"]));
}

#[tokio::test]
async fn beyond_the_cap_nobody_overrides() {
    let world = World::new();
    put_policy(&world, "EUR", capped()).await;
    let account = world.account("EUR").await;
    let body = json!({"amount": "25.01", "currency": "EUR", "hours": 241, "override": true,
        "reason": "asks nicely"});
    let no = grant(&world, &account, body.clone()).await.problem(422, "override_not_allowed");
    for (figure, value) in [
        ("role", json!("agent")),
        ("amount_max", eur("25.00")),
        ("requested", eur("25.01")),
        ("hours_max", json!(240)),
        ("hours", json!(241)),
    ] {
        assert_eq!(no[figure], value, "{no}");
    }
    let less = with(body.clone(), "amount", json!("25.00"));
    grant(&world, &account, less).await.problem(422, "override_not_allowed");
    // The policy names no cap for this role: it overrides nothing.
    let path = format!("/v1/accounts/{account}/promised-payment");
    let no = world.post(&path, body).await.problem(422, "override_not_allowed");
    assert_eq!((&no["role"], &no["amount_max"]), (&json!("admin"), &eur("0.00")));
}

#[tokio::test]
async fn only_staff_grant_and_only_admins_set_policies() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/promised-payment");
    let policy = json!({"currency": "EUR", "rules": plain()});
    for (who, may_grant, may_set) in
        [("gateway", false, false), ("reader", false, false), ("agent", true, false)]
    {
        let granted = world.ask(who, "POST", &path).json(&json!({})).send().await;
        assert_eq!(granted.status, if may_grant { 201 } else { 403 }, "{who}");
        let policies = "/v1/promised-payment-policies";
        let set = world.ask(who, "PUT", policies).json(&policy).send().await;
        assert_eq!(set.status, if may_set { 200 } else { 403 }, "{who}");
    }
}

#[tokio::test]
async fn a_promise_is_granted_once_under_a_key() {
    let mut world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/promised-payment");
    let ask = async |world: &World| {
        let ask = world.ask("agent", "POST", &path).once("k-1").json(&json!({}));
        ask.send().await
    };
    let first = ask(&world).await;
    world.restart();
    let again = ask(&world).await;
    assert!(again.is_replayed() && !first.is_replayed());
    assert_eq!(first.json(201), again.json(201));
    assert_eq!(history(&world, &account).await.len(), 1);
}

#[tokio::test]
async fn a_revoked_promise_bars_nothing() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.account("EUR").await;
    let granted = grant(&world, &account, json!({})).await.json(201);
    let path = format!("/v1/accounts/{account}/credits/{}", text(&granted["temporary_limit"]));
    let ask = world.ask("agent", "DELETE", &path).header("sporran-reason", "wrong customer");
    let ended = ask.send().await.json(200);
    assert_eq!((&ended["kind"], &ended["end"]), (&json!("promise_ended"), &json!("revoked")));
    assert_eq!(ended["available"], eur("0.00"));
    world.ask("agent", "DELETE", &path).send().await.problem(404, "credit_not_found");
    let kept = &history(&world, &account).await[0];
    assert_eq!((&kept["end"], &kept["ended_by"]), (&json!("revoked"), &json!("agent")));
    assert_eq!(kept["end_reason"], "wrong customer");
    grant(&world, &account, json!({})).await.json(201);
}

#[tokio::test]
async fn a_plan_is_held_while_a_promise_is_open() {
    let world = World::new();
    put_policy(&world, "EUR", with(plain(), "holds_plan", json!(true))).await;
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/plan");
    let plan = json!({"plan": "internet-100", "monthly_fee": "25.00", "currency": "EUR"});
    let set = world.ask("agent", "PUT", &path).json(&plan).send().await.json(200);
    assert_eq!((&set["plan"], &set["monthly_fee"]), (&json!("internet-100"), &eur("25.00")));
    grant(&world, &account, json!({})).await.json(201);
    let no = world.put(&path, plan.clone()).await.problem(422, "plan_held");
    assert_eq!(no["until"], "2026-11-05T10:00:00Z");
    world.ask("agent", "DELETE", &path).send().await.problem(422, "plan_held");
    let shown = world.look(&account).await;
    assert_eq!(shown["plan"], json!({"name": "internet-100", "monthly_fee": eur("25.00")}));
    world.advance(3 * DAY);
    world.ask("agent", "DELETE", &path).send().await.json(200);
    assert!(world.look(&account).await.get("plan").is_none());
    world
        .put(&path, with(plan.clone(), "currency", json!("USD")))
        .await
        .problem(422, "currency_mismatch");
    for (field, value) in [
        ("plan", json!("Internet 100")),
        ("monthly_fee", json!("-1.00")),
        ("monthly_fee", json!("1.001")),
        ("currency", json!("euro")),
        ("price", json!("1.00")),
    ] {
        world.put(&path, with(plan.clone(), field, value)).await.malformed(field);
    }
}

#[tokio::test]
async fn thresholds_tell_when_they_are_crossed() {
    let world = World::new();
    let account = world.purse("20.00").await;
    let path = format!("/v1/accounts/{account}/alerts");
    let alerts = json!({"balance_below": ["10.00", "0.00"], "owed_over": "5.00",
        "currency": "EUR"});
    world.ask("agent", "PUT", &path).json(&alerts).send().await.json(200);
    let shown = json!({"balance_below": [eur("10.00"), eur("0.00")], "owed_over": eur("5.00")});
    assert_eq!(world.look(&account).await["alerts"], shown);
    let charge = with(eur("30.00"), "after_use", json!(true));
    world.post(&format!("/v1/accounts/{account}/charges"), charge).await.json(201);
    let entries = world.get(&format!("/v1/accounts/{account}/entries?limit=4")).await.json(200);
    let told = entries["entries"].as_array().expect("entries").iter();
    let told: Vec<_> =
        told.map(|it| (text(&it["kind"]), it["threshold"].clone())).take(3).collect();
    let expected = [
        ("receivable_over_limit".to_owned(), eur("5.00")),
        ("balance_low".to_owned(), eur("0.00")),
        ("balance_low".to_owned(), eur("10.00")),
    ];
    assert_eq!(told, expected);
    world.put(&path, json!({"balance_below": [], "currency": "EUR"})).await.json(200);
    assert!(world.look(&account).await.get("alerts").is_none());
    let usd = with(alerts.clone(), "currency", json!("USD"));
    world.put(&path, usd).await.problem(422, "currency_mismatch");
    let many: Vec<String> = (0..9).map(|it| format!("{it}.00")).collect();
    for (field, value, place) in [
        ("balance_below", json!(many), "balance_below"),
        ("balance_below", json!(["1.00", "1.00"]), "balance_below[1]"),
        ("balance_below", json!(["1.00", "low"]), "balance_below[1]"),
        ("owed_over", json!("-1.00"), "owed_over"),
        ("currency", json!("euro"), "currency"),
        ("below", json!([]), "below"),
    ] {
        world.put(&path, with(alerts.clone(), field, value)).await.malformed(place);
    }
}

#[tokio::test]
async fn a_closed_account_is_offered_nothing() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.account("EUR").await;
    world.post(&format!("/v1/accounts/{account}/close"), json!({})).await.json(200);
    let path = format!("/v1/accounts/{account}/promised-payment");
    world.get(&format!("{path}/offer")).await.problem(422, "account_closed");
    grant(&world, &account, json!({})).await.problem(422, "account_closed");
    let other = world.account("EUR").await;
    let path = format!("/v1/accounts/{other}/promised-payment/offer?currency=USD");
    world.get(&path).await.problem(422, "currency_mismatch");
    let offered = offer(&world, &other, "currency=EUR&amount=10.00").await;
    assert_eq!(offered["possible"], true);
}
