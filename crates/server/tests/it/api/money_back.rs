//! Payments that fit no account, money that goes back, and debts that are given up.
//!
//! A person at the provider does each; the trial balance is looked at after every step.

use serde_json::{Value, json};

use super::world::{Answer, World, eur, payment, text, with};

const WAITING: &str = "/v1/unallocated-payments";

fn why() -> Value {
    json!({"reason": "the payer sent the receipt"})
}

fn part(amount: &str) -> Value {
    with(eur(amount), "reason", json!("paid twice"))
}

async fn send(world: &World, who: &str, path: &str, body: &Value) -> Answer {
    world.ask(who, "POST", path).json(body).send().await
}

/// A payment to somebody nobody knows; its id.
async fn lost(world: &World, reference: &str, money: Value) -> String {
    let body = json!({"account": "Madame Teuira, BP 7", "source": "bank-transfer",
        "reference": reference, "amount": money["amount"], "currency": money["currency"]});
    let kept = send(world, "gateway", "/v1/payments", &body).await.json(201);
    assert_eq!(kept["kind"], "payment_unallocated", "{kept}");
    text(&kept["payment"])
}

/// What one contra account comes to, when the books come to zero.
async fn standing(world: &World, account: &str, currency: &str) -> String {
    let balance = world.get("/v1/trial-balance").await.json(200);
    let mut found = "0.00".to_owned();
    for it in balance["currencies"].as_array().expect("currencies") {
        let total = text(&it["sum"]);
        assert!(total.chars().all(|it| matches!(it, '0' | '.')), "{balance}");
        for line in it["lines"].as_array().expect("lines") {
            if it["currency"] == currency && line["account"] == account {
                found = text(&line["balance"]);
            }
        }
    }
    found
}

#[tokio::test]
async fn what_the_payer_wrote_never_bounces_a_payment() {
    let world = World::new();
    let account = world.account("EUR").await;
    let number = text(&world.look(&account).await["number"]);
    let long = "9".repeat(300);
    let cases = [
        (json!(number), "payment", Value::Null),
        (json!(format!(" {account} ")), "payment", Value::Null),
        (json!("100000018"), "account_unknown", json!("100000018")),
        (json!("acc_01"), "account_unknown", json!("acc_01")),
        (json!("Mme Teuira, BP 7"), "account_unknown", json!("Mme Teuira, BP 7")),
        (json!("счёт №5"), "account_unknown", json!("счёт №5")),
        (json!("a\u{0}\u{202E}b"), "account_unknown", json!("a\u{FFFD}\u{FFFD}b")),
        (json!(long), "account_unknown", json!(long[..128])),
        (json!(""), "account_missing", Value::Null),
        (json!("  "), "account_missing", Value::Null),
        (Value::Null, "account_missing", Value::Null),
    ];
    for (place, (account, became, named)) in cases.into_iter().enumerate() {
        let body = with(payment(&format!("r{place}"), "1.00", "EUR"), "account", account);
        let first = send(&world, "gateway", "/v1/payments", &body).await.json(201);
        let kind = if became == "payment" { "payment" } else { "payment_unallocated" };
        assert_eq!(first["kind"], kind, "{body}: {first}");
        assert_eq!(first["named"], named, "{body}: {first}");
        assert!(first["why"].is_null() || first["why"] == became, "{first}");
        let again = send(&world, "gateway", "/v1/payments", &body).await;
        assert!(again.is_replayed());
        assert_eq!(again.json(201), first);
        let other = with(body, "account", json!("acc_777"));
        let conflict = send(&world, "gateway", "/v1/payments", &other).await;
        assert_eq!(conflict.problem(409, "reference_reused")["field"], "account");
    }
    assert_eq!(world.look(&account).await["balance"], eur("2.00"));
    assert_eq!(standing(&world, "unallocated", "EUR").await, "9.00");
}

#[tokio::test]
async fn staff_work_off_what_fits_no_account() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let lock = json!({"locked": true, "reason": "disputed"});
    world
        .ask("agent", "PUT", &format!("/v1/accounts/{account}/payments-locked"))
        .json(&lock)
        .send()
        .await
        .json(200);
    assert_eq!(world.look(&account).await["payments_locked"], true);
    let path = format!("/v1/accounts/{account}/payments");
    let locked = send(&world, "gateway", &path, &payment("k1", "3.00", "EUR")).await.json(201);
    assert_eq!(locked["why"], "payments_locked");
    let unknown = lost(&world, "b1", eur("4.00")).await;
    let dollars = payment("k2", "5.00", "USD");
    let dollars = with(dollars, "account", json!(account));
    let (locked, rateless) = (text(&locked["payment"]), {
        // An account that takes payments, of another currency, without a rate.
        let other = world.account("EUR").await;
        let body = with(dollars, "account", json!(other));
        let kept = send(&world, "gateway", "/v1/payments", &body).await.json(201);
        assert_eq!(kept["why"], "no_exchange_rate");
        text(&kept["payment"])
    });
    world.advance(3_600);
    let list = world.get(WAITING).await.json(200);
    let seen = list["payments"].as_array().expect("a list");
    let whys: Vec<&str> = seen.iter().filter_map(|it| it["why"].as_str()).collect();
    assert_eq!(whys, ["payments_locked", "account_unknown", "no_exchange_rate"]);
    assert_eq!(seen[1]["payment"], unknown);
    assert_eq!(seen[1]["named"], "Madame Teuira, BP 7");
    assert_eq!(seen[1]["received"], eur("4.00"));
    assert_eq!(seen[1]["age_seconds"], 3_600);
    let cash = world.get(&format!("{WAITING}?source=cash&limit=1")).await.json(200);
    assert_eq!(cash["payments"][0]["payment"], locked);
    let next = text(&cash["next"]);
    let cash = world.get(&format!("{WAITING}?source=cash&after={next}")).await.json(200);
    assert_eq!(cash["payments"][0]["payment"], rateless);
    assert!(cash["next"].is_null(), "{cash}");

    let to = json!({"account": account, "reason": "a letter came"});
    let allocate = format!("{WAITING}/{unknown}/allocate");
    send(&world, "finance", &allocate, &to).await.problem(422, "payments_locked");
    let lock = json!({"locked": false, "reason": "settled"});
    world.put(&format!("/v1/accounts/{account}/payments-locked"), lock).await.json(200);
    world.restart();
    let allocated = send(&world, "finance", &allocate, &to).await.json(201);
    assert_eq!((&allocated["amount"], &allocated["balance"]), (&eur("4.00"), &eur("4.00")));
    assert_eq!(standing(&world, "unallocated", "EUR").await, "3.00");
    let back = send(&world, "finance", &format!("{WAITING}/{locked}/return"), &why()).await;
    assert_eq!(back.json(201)["received"], eur("-3.00"));
    assert_eq!(standing(&world, "unallocated", "EUR").await, "0.00");
    assert_eq!(standing(&world, "payments:cash", "EUR").await, "0.00");

    world.restart();
    let open = world.get(WAITING).await.json(200);
    assert_eq!(open["payments"].as_array().map(Vec::len), Some(1), "{open}");
    let all = world.get(&format!("{WAITING}?state=all")).await.json(200);
    let states: Vec<&Value> =
        all["payments"].as_array().expect("a list").iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["returned", "allocated", "open"]);
    assert_eq!(all["payments"][1]["account"], account);
    assert_eq!(all["payments"][1]["allocated"], allocated["payment"]);
    assert_eq!(all["payments"][1]["settled_by"], "finance");
    let seen = world.get(&format!("/v1/payments/{unknown}")).await.json(200);
    assert_eq!(seen["allocated"], allocated["payment"]);
    let seen = world.get(&format!("/v1/payments/{locked}")).await.json(200);
    assert!(seen["returned"].is_u64(), "{seen}");
}

#[tokio::test]
async fn a_payment_is_settled_once() {
    let world = World::new();
    let (account, other) = (world.account("EUR").await, world.account("EUR").await);
    let (one, two) = (lost(&world, "1", eur("1.00")).await, lost(&world, "2", eur("2.00")).await);
    let allocate = format!("{WAITING}/{one}/allocate");
    let number = text(&world.look(&account).await["number"]);
    let first = send(&world, "finance", &allocate, &json!({"account": account})).await.json(201);
    let again = send(&world, "admin", &allocate, &json!({"account": number})).await;
    assert!(again.is_replayed());
    assert_eq!(again.json(201), first);
    let elsewhere = send(&world, "finance", &allocate, &json!({"account": other})).await;
    let problem = elsewhere.problem(409, "already_settled");
    assert_eq!(problem["settled_by"], first["position"]);
    assert!(text(&problem["title"]).contains(&account), "{problem}");
    let back = format!("{WAITING}/{one}/return");
    for _ in 0..2 {
        let ask = world.ask("finance", "POST", &back).json(&why()).once("back");
        ask.send().await.problem(409, "already_settled");
    }
    let back = format!("{WAITING}/{two}/return");
    let first = send(&world, "finance", &back, &why()).await.json(201);
    let again = send(&world, "finance", &back, &json!({"reason": "another word"})).await;
    assert_eq!(again.json(201), first);
    let allocate = format!("{WAITING}/{two}/allocate");
    let late = send(&world, "finance", &allocate, &json!({"account": other})).await;
    assert!(text(&late.problem(409, "already_settled")["title"]).contains("returned"));
    assert_eq!(standing(&world, "unallocated", "EUR").await, "0.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_settle_a_payment_at_once_one_does() {
    let world = World::new();
    let account = world.account("EUR").await;
    let mut allocated = 0;
    for round in 0..20 {
        let id = lost(&world, &format!("r{round}"), eur("1.00")).await;
        let mut tasks = Vec::new();
        for place in 0..12 {
            let (rest, body) = match (place + round) % 2 {
                0 => ("allocate", json!({"account": account})),
                _ => ("return", why()),
            };
            let ask = world.ask("finance", "POST", &format!("{WAITING}/{id}/{rest}")).json(&body);
            tasks.push(tokio::spawn(ask.send()));
        }
        let mut kinds = Vec::new();
        for task in tasks {
            let answer = task.await.expect("an answer");
            match answer.status {
                201 => kinds.push((text(&answer.json(201)["kind"]), answer.is_replayed())),
                _ => drop(answer.problem(409, "already_settled")),
            }
        }
        assert_eq!(kinds.len(), 6, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|it| !it.1).count(), 1, "{kinds:?}");
        assert!(kinds.iter().all(|it| it.0 == kinds[0].0), "{kinds:?}");
        allocated += u32::from(kinds[0].0 == "payment_allocated");
    }
    let balance = text(&world.look(&account).await["balance"]["amount"]);
    assert_eq!(balance, format!("{allocated}.00"));
    assert_eq!(standing(&world, "unallocated", "EUR").await, "0.00");
}

#[tokio::test]
async fn a_charge_back_may_take_an_account_into_debt_and_closed_ones_too() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let paid = world.pay(&account, "10.00").await;
    world.post(&format!("/v1/accounts/{account}/charges"), eur("8.00")).await.json(201);
    let path = format!("/v1/payments/{paid}/charge-back");
    let body = with(part("4.00"), "reference", json!("CB-1"));
    let first = send(&world, "finance", &path, &body).await.json(201);
    assert_eq!(first["balance"], eur("-2.00"));
    assert_eq!(first["note"], "paid twice (CB-1)");
    world.restart();
    let again = send(&world, "finance", &path, &body).await;
    assert!(again.is_replayed());
    assert_eq!(again.json(201), first);
    let second = world.pay(&account, "0.01").await;
    let elsewhere = format!("/v1/payments/{second}/charge-back");
    let elsewhere = send(&world, "finance", &elsewhere, &body).await;
    assert_eq!(elsewhere.problem(409, "reference_reused")["field"], "payment");
    world.post(&format!("/v1/payments/{second}/cancel"), why()).await.json(201);
    let other = send(&world, "finance", &path, &with(body, "amount", json!("5.00"))).await;
    assert_eq!(other.problem(409, "reference_reused")["field"], "amount");
    let seen = world.get(&format!("/v1/payments/{paid}")).await.json(200);
    assert_eq!((&seen["reversed"], &seen["left"]), (&eur("4.00"), &eur("6.00")));
    let rest = world.ask("finance", "POST", &path).json(&why()).once("k");
    assert_eq!(rest.send().await.json(201)["amount"], eur("-6.00"));
    let rest = world.ask("finance", "POST", &path).json(&why()).once("k");
    assert!(rest.send().await.is_replayed());
    assert_eq!(world.look(&account).await["balance"], eur("-8.00"));
    assert_eq!(standing(&world, "payments:cash", "EUR").await, "0.00");

    let settle = with(eur("8.00"), "reason", json!("goodwill"));
    world.post(&format!("/v1/accounts/{account}/adjustments"), settle).await.json(201);
    let paid = world.pay(&account, "1.00").await;
    world.post(&format!("/v1/accounts/{account}/charges"), eur("1.00")).await.json(201);
    world.post(&format!("/v1/accounts/{account}/close"), json!({})).await.json(200);
    let path = format!("/v1/payments/{paid}/charge-back");
    let gone = send(&world, "finance", &path, &why()).await.json(201);
    assert_eq!(gone["balance"], eur("-1.00"));
}

#[tokio::test]
async fn refunds_in_parts_of_what_was_converted_add_up() {
    let mut world = World::new();
    let rate = |rate: &str| {
        let rate = json!({"quote": "USD", "rate": rate});
        json!({"base": "EUR", "source": "ecb", "rates": [rate]})
    };
    world.post("/v1/exchange-rates", rate("3")).await.json(201);
    let account = world.account("EUR").await;
    let id = lost(&world, "usd", json!({"amount": "10.00", "currency": "USD"})).await;
    let allocate = format!("{WAITING}/{id}/allocate");
    let stands = send(&world, "finance", &allocate, &json!({"account": account})).await.json(201);
    assert_eq!(stands["amount"], eur("3.33"));
    world.advance(1);
    world.post("/v1/exchange-rates", rate("1")).await.json(201);
    // The id under which it came in does as well as the one under which it stands.
    let paths = [&id, &text(&stands["payment"])].map(|it| format!("/v1/payments/{it}/refund"));
    let dollars =
        |amount: &str| with(json!({"amount": amount, "currency": "USD"}), "reason", json!("x"));
    let mut sum = 0;
    for (path, amount, euros) in
        [(&paths[0], "3.33", "-1.11"), (&paths[1], "4.00", "-1.33"), (&paths[0], "2.66", "-0.89")]
    {
        let back = world.post(path, dollars(amount)).await.json(201);
        assert_eq!(back["amount"], eur(euros), "{back}");
        assert_eq!(back["conversion"]["original"]["currency"], "USD");
        sum += euros.replace(['-', '.'], "").parse::<i32>().expect("cents");
        world.restart();
    }
    let seen = world.get(&format!("/v1/payments/{}", text(&stands["payment"]))).await.json(200);
    assert_eq!(seen["left"], json!({"amount": "0.01", "currency": "USD"}));
    let last = world.post(&paths[1], why()).await.json(201);
    assert_eq!((sum, &last["amount"]), (333, &eur("0.00")), "{last}");
    world.post(&paths[0], why()).await.problem(422, "payment_reversed");
    assert_eq!(standing(&world, "payments:bank-transfer", "USD").await, "0.00");
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
}

#[tokio::test]
async fn a_refund_over_the_cap_waits_for_a_second_person() {
    let mut world = World::with(|it| {
        let agent = [("EUR".to_owned(), "50.00".to_owned())].into();
        it.refunds = [("agent".to_owned(), agent)].into();
    });
    let account = world.account("EUR").await;
    let paid = world.pay(&account, "100.00").await;
    let path = format!("/v1/payments/{paid}/refund");
    send(&world, "gateway", &path, &part("1.00")).await.problem(403, "forbidden");
    send(&world, "agent", &path, &eur("1.00")).await.malformed("reason");
    let small = send(&world, "agent", &path, &part("30.00")).await.json(201);
    assert_eq!((&small["kind"], &small["balance"]), (&json!("refunded"), &eur("70.00")));
    // Parts of a payment count together: the cap cannot be crept past.
    let body = with(part("20.01"), "reference", json!("R-1"));
    let waits = send(&world, "agent", &path, &body).await.json(202);
    assert_eq!((&waits["kind"], &waits["balance"]), (&json!("refund_requested"), &eur("70.00")));
    let again = send(&world, "agent", &path, &body).await;
    assert_eq!(again.json(202), waits);
    let none = send(&world, "finance", &path, &part("1.00")).await.json(202);
    let seen = world.get(&format!("/v1/payments/{paid}")).await.json(200);
    assert_eq!((&seen["waiting"], &seen["left"]), (&eur("21.01"), &eur("48.99")));
    send(&world, "agent", &path, &part("49.00")).await.problem(422, "payment_reversed");

    world.restart();
    let id = text(&waits["refund"]);
    let of = |rest: &str| format!("/v1/refunds/{id}{rest}");
    let open = world.get("/v1/refunds").await.json(200);
    let ids: Vec<&Value> =
        open["refunds"].as_array().expect("a list").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&waits["refund"], &none["refund"]]);
    assert_eq!(open["refunds"][0]["requested_by"], "agent");
    assert_eq!(open["refunds"][0]["amount"], eur("20.01"));
    let first = world.get("/v1/refunds?limit=1").await.json(200);
    let second = world.get(&format!("/v1/refunds?after={}", text(&first["next"]))).await.json(200);
    assert_eq!(second["refunds"][0]["id"], none["refund"]);
    send(&world, "agent", &of("/approve"), &json!({})).await.problem(403, "forbidden");
    let own = format!("/v1/refunds/{}/approve", text(&none["refund"]));
    send(&world, "finance", &own, &json!({})).await.problem(422, "second_person_needed");
    let approved = send(&world, "finance", &of("/approve"), &json!({})).await.json(201);
    assert_eq!(approved["balance"], eur("49.99"));
    assert_eq!(approved["requested_by"], "agent");
    let again = send(&world, "admin", &of("/approve"), &json!({})).await;
    assert!(again.is_replayed());
    let late = send(&world, "agent", &of("/reject"), &why()).await;
    late.problem(409, "already_settled");
    let taken = format!("/v1/refunds/{}/reject", text(&none["refund"]));
    send(&world, "finance", &taken, &why()).await.json(201);
    send(&world, "admin", &own, &json!({})).await.problem(409, "already_settled");
    let seen = world.get(&of("")).await.json(200);
    assert_eq!((&seen["state"], &seen["answered_by"]), (&json!("refunded"), &json!("finance")));
    let seen = world.get(&format!("/v1/refunds/{}", text(&none["refund"]))).await.json(200);
    assert_eq!(seen["state"], "rejected");
    assert_eq!(seen["answer_note"], why()["reason"]);
    assert_eq!(world.get("/v1/refunds").await.json(200)["refunds"], json!([]));
    // The administrator needs nobody, as long as no bound is configured.
    let rest = send(&world, "admin", &path, &why()).await.json(201);
    assert_eq!(rest["balance"], eur("0.00"));
    assert_eq!(standing(&world, "payments:cash", "EUR").await, "0.00");
}

#[tokio::test]
async fn what_was_written_off_stays_collectable() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let opening = with(eur("-30.00"), "owed_since", json!("2026-08-01T00:00:00Z"));
    let opened = send(&world, "finance", &a("opening-balance"), &opening).await.json(201);
    assert_eq!(opened["owed_since"], "2026-08-01T00:00:00Z");
    assert_eq!(standing(&world, "opening", "EUR").await, "30.00");
    let given_up = send(&world, "finance", &a("write-offs"), &part("10.00")).await.json(201);
    assert_eq!((&given_up["amount"], &given_up["contra"]), (&eur("10.00"), &json!("written_off")));
    let rest = send(&world, "finance", &a("write-offs"), &why()).await.json(201);
    assert_eq!(rest["balance"], eur("0.00"));
    world.restart();
    assert_eq!(world.look(&account).await["written_off"], eur("30.00"));
    assert_eq!(standing(&world, "written_off", "EUR").await, "-30.00");
    send(&world, "finance", &a("write-offs"), &why()).await.problem(422, "more_than_owed");
    let claimed = send(&world, "finance", &a("write-offs/recover"), &part("12.00")).await;
    assert_eq!(claimed.json(201)["balance"], eur("-12.00"));
    assert_eq!(world.look(&account).await["written_off"], eur("18.00"));
    world.pay(&account, "12.00").await;
    let rest = send(&world, "finance", &a("write-offs/recover"), &why()).await.json(201);
    assert_eq!(rest["balance"], eur("-18.00"));
    assert!(world.look(&account).await["written_off"].is_null());
    assert_eq!(standing(&world, "written_off", "EUR").await, "0.00");
}
