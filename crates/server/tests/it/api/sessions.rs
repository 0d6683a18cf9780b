//! Sessions: numbered requests, holds that are never doubled, holds that end by themselves.

use serde_json::{Value, json};

use super::world::{Answer, World, eur, text, with};

struct Asked {
    path: String,
    body: Value,
    answer: Answer,
}

async fn ask(world: &World, path: &str, body: Value) -> Asked {
    let answer = world.ask("gateway", "POST", path).json(&body).send().await;
    answer.json(200);
    Asked { path: path.to_owned(), body, answer }
}

/// A session that has lived through every kind of request, with the answers it got.
async fn lived(world: &World, account: &str) -> Vec<Asked> {
    let authorise = |request: u32, amount: &str| {
        json!({"account": account, "session": "call-1", "request": request, "amount": amount,
            "currency": "EUR", "service": "telephony", "minimum": "1.00"})
    };
    let mut asked = vec![ask(world, "/v1/authorisations", authorise(1, "4.00")).await];
    let reservation = text(&asked[0].answer.json(200)["reservation"]);
    let settle = format!("/v1/reservations/{reservation}/settle");
    let used = |request: u32, amount: &str, next: Option<&str>| {
        let body = json!({"request": request, "amount": amount, "currency": "EUR"});
        match next {
            Some(next) => with(body, "next", json!({"amount": next, "minimum": "0.50"})),
            None => body,
        }
    };
    asked.push(ask(world, &settle, used(2, "2.00", Some("6.00"))).await);
    asked.push(ask(world, &settle, used(4, "1.00", None)).await);
    // More than was held: charged all the same, and the next grant is cut to what there is.
    asked.push(ask(world, &settle, used(5, "6.25", Some("3.00"))).await);
    asked.push(ask(world, &settle, used(6, "0.75", Some("3.00"))).await);
    asked.push(ask(world, "/v1/authorisations", authorise(7, "2.00")).await);
    let release = format!("/v1/reservations/{reservation}/release");
    asked.push(ask(world, &release, json!({"request": 8})).await);
    let kinds: Vec<Value> = asked
        .iter()
        .map(|it| it.answer.json(200))
        .map(|it| it.pointer("/next/granted").or(it.get("granted")).cloned().unwrap_or_default())
        .collect();
    assert_eq!(json!(kinds), json!([true, true, null, true, false, false, null]));
    asked
}

#[tokio::test]
async fn every_repeat_gets_its_first_answer_byte_for_byte() {
    let mut world = World::new();
    let account = world.purse("10.00").await;
    let asked = lived(&world, &account).await;
    let balance = world.look(&account).await["balance"].clone();
    assert_eq!(balance, eur("0.00"));
    world.pay(&account, "100.00").await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        world.advance(10);
        let before = world.head().await;
        for it in asked.iter().chain(asked.iter().rev()) {
            let again = world.ask("gateway", "POST", &it.path).json(&it.body).send().await;
            assert_eq!(again.status, 200, "{again:?}");
            let text = |it: &Answer| String::from_utf8_lossy(&it.body).into_owned();
            assert_eq!(text(&again), text(&it.answer), "{}", it.body);
            assert!(again.is_replayed(), "{again:?}");
        }
        assert_eq!(world.head().await, before);
        // A caller may number and send an Idempotency-Key of its own.
        for (place, it) in asked.iter().enumerate() {
            let key = format!("{restarted}-{place}");
            let ask = world.ask("gateway", "POST", &it.path).json(&it.body).once(&key);
            assert_eq!(ask.send().await.body, it.answer.body, "{}", it.body);
        }
    }
}

#[tokio::test]
async fn a_number_used_for_something_else_names_what_differs() {
    let mut world = World::new();
    let account = world.purse("10.00").await;
    let asked = lived(&world, &account).await;
    world.pay(&account, "100.00").await;
    let [first, second, fourth, .., seventh, eighth] = asked.as_slice() else {
        panic!("seven requests");
    };
    let change = |it: &Asked, field: &str, value: Value| {
        (it.path.clone(), with(it.body.clone(), field, value))
    };
    let settle = second.path.clone();
    let as_settle = |request: u32| {
        (settle.clone(), json!({"request": request, "amount": "1.00", "currency": "EUR"}))
    };
    let cases = [
        (change(first, "amount", json!("4.01")), "amount"),
        (change(first, "minimum", json!("2.00")), "minimum"),
        (change(first, "service", json!("film")), "service"),
        (change(first, "currency", json!("USD")), "currency"),
        (as_settle(1), "kind"),
        (change(second, "amount", json!("2.50")), "amount"),
        (change(second, "currency", json!("USD")), "currency"),
        (change(second, "next", json!({"amount": "5.00"})), "next"),
        (change(second, "next", Value::Null), "next"),
        (change(fourth, "final", json!(true)), "next"),
        (change(fourth, "next", json!({"amount": "1.00"})), "next"),
        (change(first, "request", json!(2)), "kind"),
        (change(eighth, "request", json!(4)), "kind"),
        (change(eighth, "request", json!(7)), "kind"),
        (change(seventh, "amount", json!("2.01")), "amount"),
        (as_settle(8), "kind"),
    ];
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let before = world.head().await;
        for ((path, body), field) in &cases {
            let answer = world.ask("gateway", "POST", path).json(body).send().await;
            let problem = answer.problem(409, "request_reused");
            assert_eq!(problem["field"], *field, "{body}: {problem}");
        }
        assert_eq!(world.head().await, before);
    }
}

#[tokio::test]
async fn a_number_that_was_left_out_is_out_of_order_later() {
    let mut world = World::new();
    let account = world.purse("10.00").await;
    let asked = lived(&world, &account).await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let settle = &asked[1];
        let body = with(settle.body.clone(), "request", json!(3));
        let problem = world.post(&settle.path, body).await.problem(409, "request_out_of_order");
        assert_eq!(problem["request"], 3);
    }
}

#[tokio::test]
async fn forty_at_once_hold_no_more_than_there_is() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let mut asked = tokio::task::JoinSet::new();
    for place in 0..40 {
        let body = json!({"account": account, "session": format!("s-{place}"), "request": 1,
            "amount": "1.00", "currency": "EUR"});
        asked.spawn(world.ask("gateway", "POST", "/v1/authorisations").json(&body).send());
    }
    let answers = asked.join_all().await;
    let granted = answers.iter().filter(|it| it.json(200)["granted"] == true).count();
    assert_eq!(granted, 10);
    let shown = world.look(&account).await;
    assert_eq!(shown["held"], eur("10.00"));
    assert_eq!(shown["available"], eur("0.00"));
}

#[tokio::test]
async fn a_hold_ends_by_itself_at_its_moment() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let body = json!({"account": account, "session": "s", "amount": "4.00", "currency": "EUR",
        "expires_in": 60});
    let granted = world.post("/v1/authorisations", body).await.json(200);
    let reservation = text(&granted["reservation"]);
    world.advance(59);
    assert_eq!(world.look(&account).await["held"], eur("4.00"));
    world.advance(1);
    let shown = world.look(&account).await;
    assert_eq!(shown["held"], eur("0.00"));
    assert_eq!(shown["available"], eur("10.00"));
    assert_eq!(shown["reservations"], json!([]));
    let entries = world.get(&format!("/v1/accounts/{account}/entries")).await.json(200);
    let newest = &entries["entries"][0];
    assert_eq!(newest["kind"], "reservation_expired");
    assert_eq!(newest["at"], granted["expires_at"]);
    assert_eq!(newest["actor"], "timer");
    // Use that is reported late has happened: it is charged, and is an overrun.
    let path = format!("/v1/reservations/{reservation}/settle");
    let late = json!({"amount": "1.00", "currency": "EUR", "final": true});
    let settled = world.post(&path, late).await.json(200);
    assert_eq!(settled["overrun"], eur("1.00"));
    assert_eq!(settled["balance"], eur("9.00"));
}

#[tokio::test]
async fn use_beyond_the_hold_is_charged_into_debt() {
    let world = World::new();
    let account = world.purse("2.00").await;
    let body = json!({"account": account, "session": "s", "amount": "2.00", "currency": "EUR"});
    let granted = world.post("/v1/authorisations", body).await.json(200);
    let path = format!("/v1/reservations/{}/settle", text(&granted["reservation"]));
    let settled =
        world.post(&path, json!({"amount": "5.00", "currency": "EUR", "final": true})).await;
    let settled = settled.json(200);
    assert_eq!(settled["charged"], eur("5.00"));
    assert_eq!(settled["overrun"], eur("3.00"));
    assert_eq!(settled["balance"], eur("-3.00"));
    assert_eq!(settled["available"], eur("-3.00"));
}

#[tokio::test]
async fn money_that_comes_in_is_seen_at_the_next_ask() {
    let world = World::new();
    let account = world.purse("1.00").await;
    let body = json!({"account": account, "session": "s", "amount": "1.00", "currency": "EUR"});
    let granted = world.post("/v1/authorisations", body).await.json(200);
    let path = format!("/v1/reservations/{}/settle", text(&granted["reservation"]));
    let settle =
        |used: &str| json!({"amount": used, "currency": "EUR", "next": {"amount": "1.00"}});
    let refused = world.post(&path, settle("1.00")).await.json(200);
    assert_eq!(refused["next"]["granted"], false);
    assert_eq!(refused["next"]["refusal"]["available"], eur("0.00"));
    world.pay(&account, "5.00").await;
    assert_eq!(world.post(&path, settle("0.00")).await.json(200)["next"]["granted"], true);
}
