//! What customers have: opening, changing, suspending, closing, and coming on again by a payment.

use serde_json::{Value, json};

use super::shop::{
    DAY, act, film, forward, kinds, monthly, sell, shown_after, standing, subscribe, subscription,
    testing, try_subscribe,
};
use super::world::{World, eur, text};

async fn selling() -> World {
    let world = testing();
    sell(&world, "internet", monthly("30.00")).await;
    sell(&world, "tv", monthly("10.00")).await;
    world
}

async fn change(world: &World, id: &str, body: Value) -> super::world::Answer {
    world.ask("agent", "PATCH", &format!("/v1/subscriptions/{id}")).json(&body).send().await
}

#[tokio::test]
async fn it_opens_on_when_its_first_period_can_be_paid() {
    let world = selling().await;
    let account = world.purse("50.00").await;
    let before = world.head().await;
    let more = json!({"priority": 7, "subjects": ["amelie", "+68987123456"]});
    let opened = try_subscribe(&world, &account, "internet", more).await.json(201);
    assert_eq!(opened["kind"], "subscription_opened");
    assert_eq!((&opened["service"], &opened["version"]), (&json!("internet"), &json!(1)));
    assert_eq!((&opened["on"], &opened["cause"]), (&json!(true), &json!("activated")));
    let period = json!({"from": "2026-11-02T10:00:00Z", "until": "2026-12-02T10:00:00Z"});
    assert_eq!(opened["period"], period);
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["subscription_opened", "period_started", "switched"]);
    assert_eq!(entries[0]["subjects"], json!(["amelie", "+68987123456"]));
    assert_eq!(entries[0]["priority"], 7);
    assert_eq!(entries[1]["amount"], eur("-30.00"));
    assert_eq!(
        (&entries[1]["contra"], &entries[1]["period"]),
        (&json!("revenue:internet"), &period)
    );
    assert_eq!((&entries[2]["on"], &entries[2]["actor"]), (&json!(true), &json!("agent")));
    assert!(entries.iter().all(|it| it["subscription"] == opened["subscription"]), "{entries:?}");
    let shown = subscription(&world, &text(&opened["subscription"])).await;
    let expected = json!({"id": opened["subscription"], "account": account,
        "customer": opened["customer"], "service": "internet", "title": "Internet 100",
        "version": 1, "on": true, "since": "2026-11-02T10:00:00Z", "priority": 7,
        "subjects": ["amelie", "+68987123456"], "opened_at": "2026-11-02T10:00:00Z",
        "period": period, "mode": "prepaid", "paid": eur("30.00"),
        "switched_by": format!("cmd_{}", entries[2]["position"])});
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn it_waits_and_comes_on_in_the_batch_of_the_payment() {
    let world = selling().await;
    let account = world.purse("29.99").await;
    let opened = try_subscribe(&world, &account, "internet", json!({})).await.json(201);
    assert!(opened.get("on").is_none() && opened.get("period").is_none(), "{opened}");
    let id = text(&opened["subscription"]);
    assert_eq!(standing(&world, &id).await, "period_unpaid");
    world.advance(60);
    let before = world.head().await;
    world.pay(&account, "0.01").await;
    assert_eq!(standing(&world, &id).await, "on");
    let entries = world.entries_after(before).await;
    let found: Vec<_> = entries.iter().map(|it| (it.fact.kind(), it.position.0)).collect();
    let expected =
        [("payment", before + 1), ("period_started", before + 2), ("switched", before + 3)];
    assert_eq!(found, expected);
    let first = &entries[0];
    let same = |it: &&engine::Entry| {
        (it.at, it.origin.actor, it.origin.channel)
            == (first.at, first.origin.actor, first.origin.channel)
    };
    assert_eq!(entries.iter().filter(same).count(), 3, "they are of one cause: {entries:?}");
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
}

#[tokio::test]
async fn what_matters_most_comes_on_first() {
    let world = selling().await;
    let account = world.account("EUR").await;
    let tv = subscribe(&world, &account, "tv", json!({"priority": 50})).await;
    let internet = subscribe(&world, &account, "internet", json!({"priority": 10})).await;
    let second = subscribe(&world, &account, "tv", json!({"priority": 20})).await;
    world.pay(&account, "45.00").await;
    for (id, expected) in [(&internet, "on"), (&second, "on"), (&tv, "period_unpaid")] {
        assert_eq!(standing(&world, id).await, expected);
    }
    // What matters less has what is left when the first cannot be paid.
    let other = world.account("EUR").await;
    let first = subscribe(&world, &other, "internet", json!({"priority": 1})).await;
    let last = subscribe(&world, &other, "tv", json!({})).await;
    world.pay(&other, "12.00").await;
    assert_eq!(standing(&world, &first).await, "period_unpaid");
    assert_eq!(standing(&world, &last).await, "on");
    assert_eq!(subscription(&world, &last).await["priority"], 100);
    let changed = change(&world, &first, json!({"priority": 200})).await.json(200);
    assert_eq!(
        (&changed["kind"], &changed["priority"]),
        (&json!("subscription_changed"), &json!(200))
    );
}

#[tokio::test]
async fn a_name_of_the_network_is_one_subscriptions_own() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let id = subscribe(&world, &account, "internet", json!({"subjects": ["amelie"]})).await;
    let more = json!({"subjects": ["bo", "amelie"]});
    let other = world.purse("100.00").await;
    let problem = try_subscribe(&world, &other, "tv", more).await.problem(409, "subject_taken");
    assert_eq!((&problem["subject"], &problem["subscription"]), (&json!("amelie"), &json!(id)));
    let twice = json!({"subjects": ["bo", "bo"]});
    try_subscribe(&world, &other, "tv", twice).await.problem(409, "subject_taken");
    let second = subscribe(&world, &other, "tv", json!({"subjects": ["bo"]})).await;
    let taken = json!({"subjects": ["amelie"]});
    change(&world, &second, taken.clone()).await.problem(409, "subject_taken");
    change(&world, &second, json!({"subjects": ["bo", "cy"]})).await.json(200);
    // The network is told by which names it knows the subscription now.
    let entries = shown_after(&world, &other, 0).await;
    let told = entries.last().expect("an entry");
    assert_eq!((&told["kind"], &told["cause"]), (&json!("switched"), &json!("changed")));
    assert_eq!(told["subjects"], json!(["bo", "cy"]));
    act(&world, &id, "close", json!({})).await.json(200);
    change(&world, &second, taken).await.json(200);
    let found = world.get("/v1/subscriptions?subject=amelie").await.json(200);
    assert_eq!(found["subscriptions"][0]["id"], json!(second), "{found}");
    let found = world.get("/v1/subscriptions?subject=bo").await.json(200);
    assert_eq!(found["subscriptions"], json!([]));
    for (subjects, field) in [(json!([""]), "subjects[0]"), (json!(["a", "b\n"]), "subjects[1]")] {
        let more = json!({"subjects": subjects});
        try_subscribe(&world, &other, "tv", more).await.malformed(field);
    }
    let many: Vec<String> = (0..17).map(|it| format!("s{it}")).collect();
    try_subscribe(&world, &other, "tv", json!({"subjects": many})).await.malformed("subjects");
}

#[tokio::test]
async fn an_own_price_is_charged_until_it_is_taken_away() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let id = subscribe(&world, &account, "internet", json!({"own_price": "19.90"})).await;
    assert_eq!(world.look(&account).await["balance"], eur("80.10"));
    assert_eq!(subscription(&world, &id).await["own_price"], "19.90");
    let changed = change(&world, &id, json!({"own_price": null})).await.json(200);
    assert_eq!(changed["kind"], "subscription_changed");
    assert!(subscription(&world, &id).await.get("own_price").is_none());
    assert_eq!(world.look(&account).await["balance"], eur("80.10"));
    forward(&world, 30 * DAY).await;
    assert_eq!(world.look(&account).await["balance"], eur("50.10"));
    for price in ["-1", "1.2345678901", "x", ""] {
        change(&world, &id, json!({"own_price": price})).await.malformed("own_price");
    }
    change(&world, &id, json!({})).await.problem(400, "malformed");
    change(&world, &id, json!({"colour": 1})).await.malformed("colour");
    change(&world, "sub_999-1", json!({"priority": 1}))
        .await
        .problem(404, "subscription_not_found");
}

#[tokio::test]
async fn customers_and_staff_suspend_and_resume() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    let by = |who: &str| json!({"by": who});
    let suspended = act(&world, &id, "suspend", by("customer")).await.json(200);
    assert_eq!(suspended["kind"], "subscription_suspended");
    assert_eq!((&suspended["suspended_by"], &suspended["on"]), (&json!("customer"), &json!(false)));
    assert_eq!(standing(&world, &id).await, "suspended_by_customer");
    let again = act(&world, &id, "suspend", by("customer")).await;
    again.problem(422, "subscription_suspended");
    // Staff may take over, and then the customer may not resume.
    act(&world, &id, "suspend", json!({})).await.json(200);
    assert_eq!(standing(&world, &id).await, "suspended_by_staff");
    act(&world, &id, "resume", by("customer")).await.problem(422, "suspended_by_staff");
    let resumed = act(&world, &id, "resume", json!({})).await.json(200);
    assert_eq!((&resumed["on"], &resumed["cause"]), (&json!(true), &json!("restored")));
    act(&world, &id, "resume", json!({})).await.problem(422, "subscription_suspended");
    let until = json!({"by": "customer", "until": world.moment(DAY)});
    act(&world, &id, "suspend", until).await.json(200);
    let shown = subscription(&world, &id).await;
    assert_eq!(shown["suspended"]["until"], "2026-11-03T10:00:00Z", "{shown}");
    forward(&world, DAY).await;
    assert_eq!(standing(&world, &id).await, "on");
    let past = json!({"until": world.moment(0)});
    act(&world, &id, "suspend", past).await.problem(422, "suspension_ends_in_past");
    act(&world, &id, "suspend", json!({"until": "soon"})).await.malformed("until");
    act(&world, &id, "suspend", json!({"by": "nobody"})).await.malformed("by");
    // A body may be left out.
    let path = format!("/v1/subscriptions/{id}/suspend");
    world.ask("agent", "POST", &path).send().await.json(200);
    world.ask("gateway", "POST", &path).send().await.problem(403, "forbidden");
    world.ask("reader", "POST", &path).send().await.problem(403, "forbidden");
}

#[tokio::test]
async fn closing_gives_back_what_was_not_used() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let one = subscribe(&world, &account, "internet", json!({"subjects": ["one"]})).await;
    let two = subscribe(&world, &account, "internet", json!({})).await;
    let close = format!("/v1/accounts/{account}/close");
    world.post(&close, json!({})).await.problem(422, "account_has_subscriptions");
    forward(&world, 10 * DAY).await;
    let closed = act(&world, &one, "close", json!({})).await.json(200);
    assert_eq!(
        (&closed["kind"], &closed["amount"]),
        (&json!("subscription_closed"), &eur("20.00"))
    );
    assert_eq!((&closed["on"], &closed["cause"]), (&json!(false), &json!("closed")));
    let closed = act(&world, &two, "close", json!({"refund_unused": false})).await.json(200);
    assert_eq!((&closed["amount"], &closed["balance"]), (&eur("0.00"), &eur("60.00")));
    act(&world, &one, "close", json!({})).await.problem(404, "subscription_not_found");
    world.get(&format!("/v1/subscriptions/{one}")).await.problem(404, "subscription_not_found");
    act(&world, "sub_1", "close", json!({})).await.malformed("subscription");
    let listed = world.get(&format!("/v1/subscriptions?account={account}")).await.json(200);
    assert_eq!(listed["subscriptions"], json!([]));
}

#[tokio::test]
async fn a_plan_changes_now_with_credit_for_the_unused_part() {
    let world = selling().await;
    sell(&world, "internet-500", monthly("60.00")).await;
    sell(&world, "film", film()).await;
    let account = world.purse("100.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    forward(&world, 15 * DAY).await;
    let before = world.head().await;
    let body = json!({"service": "internet-500"});
    let changed = act(&world, &id, "plan", body.clone()).await.json(200);
    assert_eq!((&changed["kind"], &changed["amount"]), (&json!("plan_changed"), &eur("15.00")));
    assert_eq!(
        (&changed["service"], &changed["new_service"]),
        (&json!("internet"), &json!("internet-500"))
    );
    let entries = shown_after(&world, &account, before).await;
    assert_eq!(kinds(&entries), ["plan_changed", "period_started", "switched"]);
    assert_eq!((&entries[2]["on"], &entries[2]["cause"]), (&json!(true), &json!("changed")));
    assert_eq!(world.look(&account).await["balance"], eur("25.00"));
    let shown = subscription(&world, &id).await;
    assert_eq!((&shown["service"], &shown["on"]), (&json!("internet-500"), &json!(true)));
    assert_eq!(shown["period"]["from"], "2026-11-17T10:00:00Z");
    // Nobody loses a service by wanting a dearer one.
    sell(&world, "internet-1000", monthly("90.00")).await;
    let dear = act(&world, &id, "plan", json!({"service": "internet-1000"})).await;
    let problem = dear.problem(422, "insufficient_funds");
    assert_eq!((&problem["available"], &problem["requested"]), (&eur("85.00"), &eur("90.00")));
    assert_eq!(standing(&world, &id).await, "on");
    act(&world, &id, "plan", json!({"service": "film"})).await.problem(422, "service_unfit");
    act(&world, &id, "plan", json!({"service": "x"})).await.problem(404, "service_not_found");
    act(&world, "sub_9-9", "plan", body).await.problem(404, "subscription_not_found");
}

#[tokio::test]
async fn a_plan_changes_when_the_period_ends() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let id = subscribe(&world, &account, "internet", json!({})).await;
    let body = json!({"service": "tv", "at_period_end": true, "own_price": "8.00"});
    let changed = act(&world, &id, "plan", body).await.json(200);
    assert_eq!((&changed["at_period_end"], &changed["amount"]), (&json!(true), &eur("0.00")));
    let shown = subscription(&world, &id).await;
    assert_eq!((&shown["service"], &shown["next_service"]), (&json!("internet"), &json!("tv")));
    forward(&world, 30 * DAY - 1).await;
    assert_eq!(subscription(&world, &id).await["service"], "internet");
    forward(&world, 1).await;
    let shown = subscription(&world, &id).await;
    assert_eq!((&shown["service"], &shown["own_price"]), (&json!("tv"), &json!("8.00")));
    assert!(shown.get("next_service").is_none() && shown["on"] == true, "{shown}");
    assert_eq!(world.look(&account).await["balance"], eur("62.00"));
}

#[tokio::test]
async fn what_modifies_another_is_off_with_it() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let other = world.purse("100.00").await;
    let base = subscribe(&world, &account, "internet", json!({})).await;
    let foreign = subscribe(&world, &other, "internet", json!({})).await;
    let more = |base: &str| json!({"base": base});
    try_subscribe(&world, &account, "tv", more(&foreign)).await.malformed("base");
    try_subscribe(&world, &account, "tv", more("x")).await.malformed("base");
    let unknown = base.replace("-1", "-9");
    let answer = try_subscribe(&world, &account, "tv", more(&unknown)).await;
    answer.problem(404, "subscription_not_found");
    let id = subscribe(&world, &account, "tv", more(&base)).await;
    assert_eq!(subscription(&world, &id).await["base"], json!(base));
    try_subscribe(&world, &account, "tv", more(&id)).await.problem(422, "service_unfit");
    act(&world, &base, "suspend", json!({})).await.json(200);
    assert_eq!(standing(&world, &id).await, "base_off");
    act(&world, &base, "resume", json!({})).await.json(200);
    assert_eq!(standing(&world, &id).await, "on");
}

#[tokio::test]
async fn subscriptions_are_found_by_account_customer_and_name() {
    let world = selling().await;
    let account = world.purse("100.00").await;
    let customer = text(&world.look(&account).await["customer"]);
    let path = format!("/v1/customers/{customer}/accounts");
    let second = world.post(&path, json!({"currency": "EUR"})).await.json(201);
    let second = text(&second["id"]);
    let internet = subscribe(&world, &account, "internet", json!({"subjects": ["amelie"]})).await;
    let tv = subscribe(&world, &second, "tv", json!({})).await;
    let number = text(&world.look(&account).await["number"]);
    let ids = |list: Value| -> Vec<String> {
        let list = list["subscriptions"].as_array().expect("a list").clone();
        list.iter().map(|it| text(&it["id"])).collect()
    };
    for (query, expected) in [
        (format!("account={account}"), vec![internet.clone()]),
        (format!("account={number}"), vec![internet.clone()]),
        (format!("customer={customer}"), vec![tv, internet.clone()]),
        ("subject=amelie".to_owned(), vec![internet]),
        ("subject=nobody".to_owned(), vec![]),
    ] {
        let ask = world.ask("reader", "GET", &format!("/v1/subscriptions?{query}"));
        assert_eq!(ids(ask.send().await.json(200)), expected, "{query}");
    }
    let get = |query: &str| world.ask("reader", "GET", &format!("/v1/subscriptions{query}")).send();
    get("?account=acc_99").await.problem(404, "account_not_found");
    get("?customer=cus_99").await.problem(404, "customer_not_found");
    get("").await.malformed("account");
    get("?account=acc_1&subject=amelie").await.malformed("account");
    get("?colour=red").await.malformed("colour");
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused() {
    let world = selling().await;
    sell(&world, "film", film()).await;
    let mut withdrawn = monthly("5.00");
    withdrawn["withdrawn"] = json!(true);
    sell(&world, "old", withdrawn).await;
    let mut abroad = monthly("5.00");
    abroad["currency"] = json!("USD");
    sell(&world, "abroad", abroad).await;
    let account = world.purse("100.00").await;
    for (account, service, status, code) in [
        (account.as_str(), "film", 422, "service_unfit"),
        (&account, "old", 422, "service_withdrawn"),
        (&account, "abroad", 422, "no_exchange_rate"),
        (&account, "nothing", 404, "service_not_found"),
        ("acc_99", "tv", 404, "account_not_found"),
    ] {
        try_subscribe(&world, account, service, json!({})).await.problem(status, code);
    }
    try_subscribe(&world, &account, "no name", json!({})).await.malformed("service");
    try_subscribe(&world, "nobody's", "tv", json!({})).await.malformed("account");
    try_subscribe(&world, &account, "tv", json!({"priority": 70_000})).await.malformed("priority");
    try_subscribe(&world, &account, "tv", json!({"colour": 1})).await.malformed("colour");
}
