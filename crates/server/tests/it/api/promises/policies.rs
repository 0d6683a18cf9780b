//! Policies: set, shown, replaced, withdrawn.

use serde_json::{Value, json};

use super::super::world::{World, text, with};
use super::{grant, history, offer, plain, put_policy, rules_of};

const POLICIES: &str = "/v1/promised-payment-policies";

async fn listed(world: &World, query: &str) -> Vec<Value> {
    let list = world.ask("reader", "GET", &format!("{POLICIES}{query}")).send().await.json(200);
    list["policies"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_was_set_is_what_is_shown() {
    let mut world = World::new();
    let rules = json!({
        "amount": {"between": {"min": "1.00", "max": "50.00"}},
        "duration": {"hours": 72, "choices": [240], "hours_max": 168, "hours_per_year": 24},
        "channels": ["self-care", "call-centre"], "open_max": 1,
        "cooldown": {"days_after_end": 10}, "per_window": {"count": 2, "days": 28},
        "per_month": 2, "repeat_balance_min": "0.01", "debt_max": {"fee_percent": 100},
        "debt_age_days_max": 60, "tenure_days_min": 30, "blocked_days_max": 30,
        "bars_after_unkept": true, "unkept_max": 3, "paid_min": {"amount": "5.00"},
        "needed_below": {"fee_days": 3}, "month_days": {"first": 1, "last": 5},
        "plans": ["internet-100"], "fee": {"amount": "0.50", "percent": 1, "waived_from": "5.00"},
        "needs_acceptance": true, "holds_plan": true,
        "overrides": [{"role": "agent", "amount_max": "50.00", "hours_max": 240}],
    });
    let body = json!({"group": "residential", "currency": "EUR", "rules": rules});
    let ask = world.ask("admin", "PUT", POLICIES).header("sporran-reason", "as published");
    let set = ask.json(&body).send().await.json(200);
    let position = world.head().await;
    let expected = json!({
        "group": "residential", "currency": "EUR", "version": 1, "rules": rules,
        "position": position, "at": "2026-11-02T10:00:00Z", "actor": "admin",
        "reason": "as published",
    });
    assert_eq!(set, expected);
    world.restart();
    assert_eq!(listed(&world, "").await, [expected]);
}

#[tokio::test]
async fn every_version_is_kept() {
    let mut world = World::new();
    put_policy(&world, "EUR", plain()).await;
    put_policy(&world, "USD", plain()).await;
    let account = world.account("EUR").await;
    let more = with(plain(), "amount", json!({"fixed": "20.00"}));
    assert_eq!(put_policy(&world, "EUR", more.clone()).await["version"], 2);
    grant(&world, &account, json!({})).await.json(201);
    assert_eq!(history(&world, &account).await[0]["policy"]["version"], 2);
    let withdraw = format!("{POLICIES}?currency=EUR");
    let withdrawn = world.ask("admin", "DELETE", &withdraw).send().await.json(200);
    assert_eq!((&withdrawn["version"], &withdrawn["rules"]), (&json!(3), &Value::Null));
    world.restart();
    let in_force = listed(&world, "").await;
    assert_eq!(in_force.len(), 1);
    assert_eq!(in_force[0]["currency"], "USD");
    let versions: Vec<_> = listed(&world, "?history=true").await;
    let versions: Vec<_> = versions
        .iter()
        .map(|it| format!("{} {} {}", it["currency"], it["version"], it["rules"].is_null()))
        .collect();
    let expected = ["\"EUR\" 3 true", "\"EUR\" 2 false", "\"USD\" 1 false", "\"EUR\" 1 false"];
    assert_eq!(versions, expected);
    // What is open stays as it was granted.
    assert_eq!(world.look(&account).await["promised_payments"][0]["id"], "crd_1-1");
    let no = grant(&world, &account, json!({})).await.problem(422, "no_promise_policy");
    assert_eq!(no["policy_currency"], "EUR");
}

#[tokio::test]
async fn a_group_has_its_own_policy_or_that_for_all() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let own = with(plain(), "amount", json!({"fixed": "99.00"}));
    let body = json!({"group": "business", "currency": "EUR", "rules": own});
    world.put(POLICIES, body.clone()).await.json(200);
    let mut accounts = Vec::new();
    for group in ["business", "residential"] {
        let ann = json!({"name": "Ann", "group": group});
        let customer = world.post("/v1/customers", ann).await;
        let path = format!("/v1/customers/{}/accounts", text(&customer.json(201)["id"]));
        let opened = world.post(&path, json!({"currency": "EUR"})).await.json(201);
        accounts.push(text(&opened["id"]));
    }
    let offered = offer(&world, &accounts[0], "").await;
    assert_eq!(offered["amount"]["amount"], "99.00");
    let policy = json!({"group": "business", "currency": "EUR", "version": 1});
    assert_eq!(offered["policy"], policy);
    assert_eq!(offer(&world, &accounts[1], "").await["amount"]["amount"], "10.00");
    // A group whose own policy was withdrawn is not offered that for all.
    let withdraw = format!("{POLICIES}?currency=EUR&group=business");
    world.ask("admin", "DELETE", &withdraw).send().await.json(200);
    let no = grant(&world, &accounts[0], json!({})).await.problem(422, "no_promise_policy");
    assert_eq!((&no["group"], &no["policy_currency"]), (&json!("business"), &json!("EUR")));
    let path = format!("/v1/accounts/{}/promised-payment/offer", accounts[0]);
    assert_eq!(world.get(&path).await.problem(422, "no_promise_policy"), no);
    grant(&world, &accounts[1], json!({})).await.json(201);
}

#[tokio::test]
async fn a_policy_that_cannot_be_meant_is_not_set() {
    let world = World::new();
    let rules = |field: &str, value: Value| {
        let rules = with(plain(), field, value);
        json!({"currency": "EUR", "rules": rules})
    };
    let before = world.head().await;
    for (body, field) in [
        (json!({"currency": "EUR"}), "rules"),
        (json!({"currency": "EUR", "rules": null}), "rules"),
        (json!({"currency": "euro", "rules": plain()}), "currency"),
        (json!({"group": "The Rich", "currency": "EUR", "rules": plain()}), "group"),
        (json!({"groups": [], "currency": "EUR", "rules": plain()}), "groups"),
        (rules("days", json!(3)), "rules.days"),
        (rules("duration", json!({"days": 3})), "rules.duration.days"),
        (rules("amount", json!({"fixed": 10})), "rules.amount.fixed"),
        (rules("amount", json!({"between": {"min": "2", "max": "1"}})), "rules.amount.between.max"),
        (rules("month_days", json!({"first": 4, "last": 3})), "rules.month_days.last"),
        (rules("open_max", json!(0)), "rules.open_max"),
    ] {
        let answer = world.put(POLICIES, body).await;
        answer.malformed(field);
    }
    world.ask("admin", "DELETE", POLICIES).send().await.malformed("currency");
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn money_of_a_policy_has_the_decimals_of_its_currency() {
    let world = World::new();
    let rules = |amount: &str| with(plain(), "amount", json!({"fixed": amount}));
    let body = json!({"currency": "XPF", "rules": rules("1000.50")});
    world.put(POLICIES, body).await.malformed("rules.amount.fixed");
    put_policy(&world, "XPF", rules("1000")).await;
    put_policy(&world, "KWD", rules("1.234")).await;
    for (currency, amount) in [("XPF", "1000"), ("KWD", "1.234")] {
        let account = world.account(currency).await;
        assert_eq!(offer(&world, &account, "").await["amount"]["amount"], amount);
    }
    let account = world.account("XPF").await;
    let asked = offer(&world, &account, "amount=999").await;
    assert_eq!(rules_of(&asked["failing"]), ["amount"]);
}
