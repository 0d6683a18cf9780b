//! Promised payments as people meet them: asked for, granted, kept, broken, looked back at.

mod policies;
mod staff;

use serde_json::{Value, json};

use super::world::{Answer, World, eur, text, with};

/// Ten euros for three days, one at a time, not after one that was not kept.
fn plain() -> Value {
    json!({"amount": {"fixed": "10.00"}, "duration": {"hours": 72}, "open_max": 1,
        "bars_after_unkept": true})
}

async fn put_policy(world: &World, currency: &str, rules: Value) -> Value {
    let body = json!({"currency": currency, "rules": rules});
    world.put("/v1/promised-payment-policies", body).await.json(200)
}

async fn grant(world: &World, account: &str, body: Value) -> Answer {
    let path = format!("/v1/accounts/{account}/promised-payment");
    world.ask("agent", "POST", &path).json(&body).send().await
}

async fn offer(world: &World, account: &str, query: &str) -> Value {
    let path = format!("/v1/accounts/{account}/promised-payment/offer?{query}");
    world.ask("reader", "GET", &path).send().await.json(200)
}

async fn history(world: &World, account: &str) -> Vec<Value> {
    let path = format!("/v1/accounts/{account}/promised-payments");
    let page = world.ask("reader", "GET", &path).send().await.json(200);
    page["promised_payments"].as_array().expect("a list").clone()
}

fn rules_of(failing: &Value) -> Vec<&str> {
    let failing = failing.as_array().expect("a list");
    failing.iter().map(|it| it["rule"].as_str().expect("a code")).collect()
}

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_payment_keeps_a_promise_in_the_same_moment() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.purse("5.00").await;
    let granted = grant(&world, &account, json!({})).await.json(201);
    assert_eq!(granted["kind"], "promise_granted");
    assert_eq!(granted["available"], eur("15.00"));
    assert_eq!(granted["until"], "2026-11-05T10:00:00Z");
    assert_eq!(granted["policy"], json!({"currency": "EUR", "version": 1}));
    world.pay(&account, "4.00").await;
    let open = &world.look(&account).await["promised_payments"][0];
    assert_eq!((&open["amount"], &open["paid"]), (&eur("10.00"), &eur("4.00")));
    world.pay(&account, "6.00").await;
    let shown = world.look(&account).await;
    assert_eq!(shown["promised_payments"], json!([]));
    assert_eq!(shown["available"], eur("15.00"));
    assert_eq!(shown["paid"], eur("15.00"));
    let entries = world.get(&format!("/v1/accounts/{account}/entries")).await.json(200);
    let (ended, paid) = (&entries["entries"][0], &entries["entries"][1]);
    assert_eq!((&ended["kind"], &ended["end"]), (&json!("promise_ended"), &json!("repaid")));
    assert_eq!((&paid["kind"], &paid["at"]), (&json!("payment"), &ended["at"]));
}

#[tokio::test]
async fn a_promise_ends_at_its_moment_and_bars_the_next_until_it_is_repaid() {
    let mut world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.purse("5.00").await;
    grant(&world, &account, json!({})).await.json(201);
    world.pay(&account, "4.00").await;
    world.restart();
    world.advance(3 * DAY - 1);
    assert_eq!(world.look(&account).await["available"], eur("19.00"));
    world.advance(1);
    assert_eq!(world.look(&account).await["available"], eur("9.00"));
    world.restart();
    let broken = &history(&world, &account).await[0];
    assert_eq!(broken["end"], "partly_repaid");
    assert_eq!(broken["ended_at"], "2026-11-05T10:00:00Z");
    assert_eq!(broken["paid"], eur("4.00"));
    let no = grant(&world, &account, json!({})).await.problem(422, "promise_not_possible");
    let unkept = json!([{"rule": "unkept", "limit": eur("0.00"), "actual": eur("6.00"),
        "remedy": {"pay": eur("6.00")}}]);
    assert_eq!(no["failing"], unkept);
    world.pay(&account, "6.00").await;
    assert_eq!(history(&world, &account).await[0]["paid"], eur("10.00"));
    grant(&world, &account, json!({})).await.json(201);
}

#[tokio::test]
async fn a_promise_expires_while_the_server_is_down() {
    let mut world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.purse("5.00").await;
    grant(&world, &account, json!({})).await.json(201);
    world.advance(4 * DAY);
    world.restart();
    assert_eq!(world.look(&account).await["available"], eur("5.00"));
    let ended = &history(&world, &account).await[0];
    assert_eq!((&ended["end"], &ended["paid"]), (&json!("expired"), &eur("0.00")));
    assert_eq!(ended["ended_at"], "2026-11-05T10:00:00Z");
}

#[tokio::test]
async fn the_dry_run_says_what_the_grant_will_and_writes_nothing() {
    let world = World::new();
    let rules = json!({
        "amount": {"between": {"min": "5.00", "max": "20.00"}},
        "duration": {"hours": 24, "choices": [48], "hours_max": 36},
        "channels": ["self-care"], "open_max": 1, "per_month": 1, "tenure_days_min": 30,
        "paid_min": {"amount": "50.00"}, "needed_below": {"amount": "1.00"},
        "month_days": {"first": 21, "last": 24}, "needs_acceptance": true,
        "debt_max": {"amount": "0.00"},
    });
    put_policy(&world, "EUR", rules).await;
    let account = world.purse("5.00").await;
    let before = world.head().await;
    let offered = offer(&world, &account, "amount=30.00&hours=40").await;
    assert_eq!(world.head().await, before);
    assert_eq!(offered["possible"], false);
    assert_eq!(offered["policy"], json!({"currency": "EUR", "version": 1}));
    let body = json!({"amount": "30.00", "currency": "EUR", "hours": 40});
    let refused = grant(&world, &account, body).await.problem(422, "promise_not_possible");
    assert_eq!(world.head().await, before);
    assert_eq!(refused["failing"], offered["failing"]);
    let expected = json!([
        {"rule": "channel", "limit": {"names": ["self-care"]}, "actual": {"names": ["api"]},
            "remedy": {"use_channel": ["self-care"]}},
        {"rule": "acceptance", "remedy": {"accept_terms": true}},
        {"rule": "month_days", "limit": {"count": 21}, "actual": {"count": 2},
            "remedy": {"possible_from": "2026-11-21T00:00:00Z"}},
        {"rule": "tenure", "limit": {"days": 30}, "actual": {"days": 0},
            "remedy": {"possible_from": "2026-12-02T10:00:00Z"}},
        {"rule": "paid_min", "limit": eur("50.00"), "actual": eur("5.00"),
            "remedy": {"pay": eur("45.00")}},
        {"rule": "needed", "limit": eur("1.00"), "actual": eur("5.00")},
        {"rule": "duration", "limit": {"hours": 36}, "actual": {"hours": 40},
            "remedy": {"ask_hours": [24, 48], "ask_hours_max": 36}},
        {"rule": "amount", "limit": eur("20.00"), "actual": eur("30.00"),
            "remedy": {"ask_min": eur("5.00"), "ask_max": eur("20.00")}},
    ]);
    assert_eq!(offered["failing"], expected);
}

#[tokio::test]
async fn what_the_remedies_say_makes_it_possible() {
    let world = World::new();
    let rules = json!({
        "amount": {"between": {"min": "5.00", "max": "20.00"}},
        "duration": {"hours": 24}, "channels": ["self-care"], "open_max": 1,
        "cooldown": {"days_after_end": 10}, "needs_acceptance": true,
    });
    put_policy(&world, "EUR", rules).await;
    let account = world.purse("5.00").await;
    let path = format!("/v1/accounts/{account}/promised-payment");
    let body = json!({"amount": "7.00", "currency": "EUR", "accept_terms": true});
    let ask = async || {
        let ask = world.ask("agent", "POST", &path).header("sporran-channel", "self-care");
        ask.json(&body).send().await
    };
    let offered = offer(&world, &account, "amount=7.00&accept_terms=true&channel=self-care").await;
    assert_eq!((&offered["possible"], &offered["failing"]), (&json!(true), &json!([])));
    let granted = ask().await.json(201);
    assert_eq!((&granted["limit"], &granted["until"]), (&offered["amount"], &offered["until"]));
    let no = ask().await.problem(422, "promise_not_possible");
    assert_eq!(no["failing"][0]["rule"], "open_max");
    assert_eq!(no["failing"][0]["remedy"], json!({"pay": eur("7.00")}));
    world.pay(&account, "7.00").await;
    let no = ask().await.problem(422, "promise_not_possible");
    assert_eq!(rules_of(&no["failing"]), ["cooldown"]);
    let from = text(&no["failing"][0]["remedy"]["possible_from"]);
    assert_eq!(from, "2026-11-12T10:00:00Z");
    world.advance(10 * DAY - 1);
    ask().await.problem(422, "promise_not_possible");
    world.advance(1);
    ask().await.json(201);
}

/// The header says through which channel; the query wins over it.
#[tokio::test]
async fn a_dry_run_is_made_for_a_channel() {
    let world = World::new();
    put_policy(&world, "EUR", with(plain(), "channels", json!(["self-care"]))).await;
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/promised-payment/offer");
    for (query, header, possible) in [
        ("", "self-care", true),
        ("", "console", false),
        ("?channel=self-care", "console", true),
        ("?channel=console", "self-care", false),
    ] {
        let ask = world.ask("reader", "GET", &format!("{path}{query}"));
        let offered = ask.header("sporran-channel", header).send().await.json(200);
        assert_eq!(offered["possible"], possible, "{query} {header}");
    }
}

/// Ubilling's defaults: the first three days of a month, once a month, at a price, one fee of
/// the plan, the terms accepted, not after one that was not kept.
#[tokio::test]
async fn the_rules_of_a_provider_hold_over_http() {
    let world = World::new();
    let rules = json!({
        "amount": {"fee_percent": {"percent": 100}}, "duration": {"hours": 72}, "open_max": 1,
        "month_days": {"first": 1, "last": 3}, "per_month": 1, "fee": {"amount": "5.00"},
        "debt_max": {"fee_percent": 100}, "bars_after_unkept": true,
        "needed_below": {"amount": "0.00"}, "needs_acceptance": true,
    });
    put_policy(&world, "UAH", rules).await;
    let account = world.account("UAH").await;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let uah = |amount: &str| json!({"amount": amount, "currency": "UAH"});
    let unplanned = offer(&world, &account, "accept_terms=true").await;
    assert_eq!(rules_of(&unplanned["failing"]), ["plan", "needed"]);
    let plan = json!({"plan": "inet", "monthly_fee": "100.00", "currency": "UAH"});
    world.put(&a("plan"), plan).await.json(200);
    world.post(&a("charges"), with(uah("80.00"), "after_use", json!(true))).await.json(201);
    let offered = offer(&world, &account, "").await;
    assert_eq!(rules_of(&offered["failing"]), ["acceptance"]);
    assert_eq!((&offered["amount"], &offered["fee"]), (&uah("100.00"), &uah("5.00")));
    let granted = grant(&world, &account, json!({"accept_terms": true})).await.json(201);
    assert_eq!((&granted["limit"], &granted["fee"]), (&uah("100.00"), &uah("5.00")));
    let shown = world.look(&account).await;
    assert_eq!((&shown["balance"], &shown["available"]), (&uah("-85.00"), &uah("15.00")));
    assert_eq!(shown["owed"], uah("85.00"));
    assert_eq!(shown["plan"], json!({"name": "inet", "monthly_fee": uah("100.00")}));
    world.advance(3 * DAY);
    let offered = offer(&world, &account, "accept_terms=true").await;
    assert_eq!(rules_of(&offered["failing"]), ["unkept", "per_month", "month_days"]);
    let pay = json!({"source": "cash", "reference": "R1", "amount": "120.00", "currency": "UAH"});
    world.post(&a("payments"), pay).await.json(201);
    world.advance(28 * DAY);
    let offered = offer(&world, &account, "accept_terms=true").await;
    assert_eq!(rules_of(&offered["failing"]), ["needed"]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/promised-payment");
    let before = world.head().await;
    for (query, field) in [
        ("amount=0.00", "amount"),
        ("amount=1.001", "amount"),
        ("amount=ten", "amount"),
        ("currency=euro", "currency"),
        ("hours=-1", "hours"),
        ("accept_terms=yes", "accept_terms"),
        ("channel=Self%20care", "channel"),
        ("override=true", "override"),
    ] {
        world.get(&format!("{path}/offer?{query}")).await.malformed(field);
    }
    for (body, field) in [
        (json!({"amount": "10.00"}), "currency"),
        (json!({"amount": "0.00", "currency": "EUR"}), "amount"),
        (json!({"amount": "10.001", "currency": "EUR"}), "amount"),
        (json!({"currency": "euro"}), "currency"),
        (json!({"hours": -1}), "hours"),
        (json!({"hours": "72"}), "hours"),
        (json!({"accept_terms": "yes"}), "accept_terms"),
        (json!({"override": true}), "reason"),
        (json!({"override": true, "reason": " "}), "reason"),
        (json!({"days": 3}), "days"),
    ] {
        grant(&world, &account, body).await.malformed(field);
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn all_accounts_are_reported_page_by_page() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let group = json!({"name": "Ann", "group": "residential"});
    let ann = text(&world.post("/v1/customers", group).await.json(201)["id"]);
    let path = format!("/v1/customers/{ann}/accounts");
    let mut accounts = Vec::new();
    for _ in 0..3 {
        let opened = world.post(&path, json!({"currency": "EUR"})).await.json(201);
        let account = text(&opened["id"]);
        grant(&world, &account, json!({"reason": "asked by telephone"})).await.json(201);
        accounts.push(account);
    }
    world.pay(&accounts[1], "10.00").await;
    let page = async |query: &str| world.get(&format!("/v1/promised-payments?{query}")).await;
    let first = page("limit=2").await.json(200);
    let second = page(&format!("limit=2&after={}", first["next"])).await.json(200);
    assert!(second.get("next").is_none(), "{second}");
    let listed = |page: &Value| {
        let list = page["promised_payments"].as_array().expect("a list").clone();
        list.iter().map(|it| text(&it["account"])).collect::<Vec<_>>()
    };
    assert_eq!([listed(&first), listed(&second)].concat(), accounts);
    let open = page("open=true").await.json(200);
    assert_eq!(listed(&open), [accounts[0].clone(), accounts[2].clone()]);
    let kept = &first["promised_payments"][1];
    let number = &world.look(&accounts[1]).await["number"];
    let expected = json!({
        "id": format!("crd_{}-1", &accounts[1][4..]), "account": accounts[1], "number": number,
        "customer": ann, "group": "residential", "amount": eur("10.00"),
        "granted_at": "2026-11-02T10:00:00Z", "until": "2026-11-05T10:00:00Z",
        "actor": "agent", "channel": "api", "reason": "asked by telephone",
        "policy": {"currency": "EUR", "version": 1}, "paid": eur("10.00"),
        "ended_at": "2026-11-02T10:00:00Z", "end": "repaid", "ended_by": "admin",
    });
    assert_eq!(kept, &expected);
}

#[tokio::test]
async fn the_history_of_an_account_is_its_own_newest_first() {
    let world = World::new();
    put_policy(&world, "EUR", plain()).await;
    let (account, other) = (world.account("EUR").await, world.account("EUR").await);
    for _ in 0..3 {
        grant(&world, &account, json!({})).await.json(201);
        world.pay(&account, "10.00").await;
        world.advance(60);
    }
    grant(&world, &other, json!({})).await.json(201);
    let path = format!("/v1/accounts/{account}/promised-payments?limit=2");
    let first = world.get(&path).await.json(200);
    let ids = |page: &Value| {
        let list = page["promised_payments"].as_array().expect("a list").clone();
        list.iter().map(|it| text(&it["id"])).collect::<Vec<_>>()
    };
    let id = |serial: u32| format!("crd_{}-{serial}", &account[4..]);
    assert_eq!(ids(&first), [id(3), id(2)]);
    let second = world.get(&format!("{path}&before={}", first["next"])).await.json(200);
    assert_eq!(ids(&second), [id(1)]);
    assert!(second.get("next").is_none(), "{second}");
    world.get("/v1/accounts/acc_999/promised-payments").await.problem(404, "account_not_found");
}
