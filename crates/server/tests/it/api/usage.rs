//! Use by units: calls, volumes, events, each priced from its total.

use serde_json::{Value, json};

use super::shop::{HOUR, act, forward, monthly, sell, subscribe, telephony, testing};
use super::world::{Answer, World, eur, text, with};

/// A world with telephony, and somebody with this much money who has it.
async fn calling(money: &str) -> (World, String, String) {
    let world = testing();
    sell(&world, "telephony", telephony()).await;
    let account = world.purse(money).await;
    let id = subscribe(&world, &account, "telephony", json!({"subjects": ["+6891"]})).await;
    (world, account, id)
}

async fn ask(world: &World, path: &str, body: &Value) -> Answer {
    world.ask("gateway", "POST", path).json(body).send().await
}

async fn authorise(world: &World, body: &Value) -> Value {
    ask(world, "/v1/authorisations", body).await.json(200)
}

/// A call of the subject to a number, asking for seconds.
fn call(session: &str, to: &str, seconds: u64) -> Value {
    json!({"subject": "+6891", "session": session, "destination": to, "quantity": seconds})
}

fn settle_path(granted: &Value) -> String {
    format!("/v1/reservations/{}/settle", text(&granted["reservation"]))
}

#[tokio::test]
async fn a_call_is_authorised_by_name_subscription_or_account() {
    let (world, account, id) = calling("10.00").await;
    for (place, (field, value)) in
        [("subject", "+6891"), ("subscription", id.as_str()), ("account", &account)]
            .into_iter()
            .enumerate()
    {
        let mut body = json!({"session": format!("s{place}"), "destination": "+689871",
            "quantity": 600, "expires_in": 60});
        body[field] = json!(value);
        if field == "account" {
            ask(&world, "/v1/authorisations", &body).await.malformed("service");
            body["service"] = json!("telephony");
        }
        let granted = authorise(&world, &body).await;
        assert_eq!(granted["granted"], true, "{granted}");
        let quantity = json!({"asked": 600, "granted": 600, "free": 0, "last": false});
        assert_eq!(granted["quantity"], quantity);
        assert_eq!(granted["amount"], eur("1.00"));
        assert_eq!(granted["expires_at"], "2026-11-02T10:01:00Z");
    }
    assert_eq!(world.look(&account).await["held"], eur("3.00"));
    let nobody = with(call("x", "+33", 1), "subject", json!("+6892"));
    ask(&world, "/v1/authorisations", &nobody).await.problem(404, "subscription_not_found");
    let other = json!({"account": account, "service": "tv", "session": "x", "quantity": 1});
    ask(&world, "/v1/authorisations", &other).await.problem(404, "subscription_not_found");
    let none = json!({"session": "x", "quantity": 1});
    ask(&world, "/v1/authorisations", &none).await.malformed("subject");
    let two = with(call("x", "+33", 1), "subscription", json!(id));
    ask(&world, "/v1/authorisations", &two).await.malformed("subject");
}

#[tokio::test]
async fn the_longest_prefix_says_what_a_call_costs() {
    let (world, _, _) = calling("100.00").await;
    for (to, amount) in [
        ("+33140205050", "0.10"),
        ("+33612345678", "0.20"),
        ("+689871", "0.10"),
        ("+3545551234", "0.30"),
    ] {
        let granted = authorise(&world, &call(to, to, 60)).await;
        assert_eq!(granted["amount"], eur(amount), "{to}: {granted}");
    }
    for to in ["+1555", "", "+3"] {
        let body = match to {
            "" => with(call("none", "", 60), "destination", Value::Null),
            to => call(to, to, 60),
        };
        let refused = authorise(&world, &body).await;
        assert_eq!(refused["granted"], false, "{refused}");
        assert_eq!(refused["refusal"]["code"], "destination_not_served");
        assert_eq!(refused["refusal"]["destination"], to);
    }
}

#[tokio::test]
async fn a_service_that_is_off_grants_nothing_and_says_why() {
    let (world, account, id) = calling("10.00").await;
    act(&world, &id, "suspend", json!({"by": "customer"})).await.json(200);
    for request in [0, 1] {
        let body = with(call(&format!("s{request}"), "+33", 60), "request", json!(request));
        let body = if request == 0 { with(body, "request", Value::Null) } else { body };
        let refused = authorise(&world, &body).await;
        assert_eq!(refused["granted"], false, "{refused}");
        let refusal = &refused["refusal"];
        assert_eq!(refusal["code"], "subscription_off");
        assert_eq!(
            (&refusal["subscription"], &refusal["why"]),
            (&json!(id), &json!("suspended_by_customer"))
        );
    }
    act(&world, &id, "resume", json!({})).await.json(200);
    let debt = json!({"amount": "-10.01", "currency": "EUR", "reason": "r", "note": "n"});
    world.post(&format!("/v1/accounts/{account}/adjustments"), debt).await.json(201);
    let refused = authorise(&world, &call("t", "+33", 60)).await;
    assert_eq!(refused["refusal"]["why"], "funds_low", "{refused}");
}

#[tokio::test]
async fn a_grant_is_cut_to_what_there_is_and_the_last_is_marked() {
    let (world, account, _) = calling("1.00").await;
    // 0.10 a minute: a euro is 600 seconds.
    let granted = authorise(&world, &call("a", "+33", 3_600)).await;
    let quantity = json!({"asked": 3_600, "granted": 600, "free": 0, "last": true});
    assert_eq!((&granted["quantity"], &granted["amount"]), (&quantity, &eur("1.00")));
    let refused = authorise(&world, &call("b", "+33", 60)).await;
    assert_eq!(refused["granted"], false);
    let refusal = &refused["refusal"];
    assert_eq!(refusal["code"], "insufficient_funds");
    assert_eq!(refusal["available"], eur("0.00"));
    let path = settle_path(&granted);
    ask(&world, &path, &json!({"used": 300, "final": true})).await.json(200);
    let least = with(call("c", "+33", 600), "minimum_quantity", json!(301));
    let refused = authorise(&world, &least).await;
    assert_eq!(refused["granted"], false, "{refused}");
    assert_eq!(refused["refusal"]["missing"], eur("0.001667"), "{refused}");
    let least = with(least, "minimum_quantity", json!(300));
    let granted = authorise(&world, &least).await;
    assert_eq!(granted["quantity"]["granted"], 300);
    assert_eq!(world.look(&account).await["available"], eur("0.00"));
}

#[tokio::test]
async fn what_is_used_is_charged_from_the_total_and_rounded_once() {
    let (world, account, _) = calling("10.00").await;
    for (place, report) in ["used", "total"].into_iter().enumerate() {
        let balance = world.look(&account).await["balance"].clone();
        let granted = authorise(&world, &call(&format!("s{place}"), "+33", 120)).await;
        let path = settle_path(&granted);
        let mut sum = 0;
        let mut charged = Vec::new();
        for (used, is_last) in [(10, false), (10, false), (50, true)] {
            sum += used;
            let mut body = json!({"final": is_last});
            body[report] = json!(if report == "used" { used } else { sum });
            let settled = ask(&world, &path, &body).await.json(200);
            assert_eq!(
                (&settled["used"]["total"], &settled["used"]["billed"]),
                (&json!(sum), &json!(sum))
            );
            assert_eq!(settled["final"], is_last);
            charged.push(text(&settled["charged"]["amount"]));
        }
        // A sixtieth of 0.10 each second: 0.016667, 0.033333, and 0.116667 in all.
        assert_eq!(charged, ["0.016667", "0.016666", "0.083334"]);
        let after = if report == "used" { "9.883333" } else { "9.766666" };
        let before = if report == "used" { "10.00" } else { "9.883333" };
        assert_eq!((balance, &world.look(&account).await["balance"]), (eur(before), &eur(after)));
    }
}

#[tokio::test]
async fn an_interim_settlement_asks_for_the_next_grant() {
    let (world, account, id) = calling("1.00").await;
    let granted = authorise(&world, &call("s", "+33", 300)).await;
    let path = settle_path(&granted);
    let next = |used: u64, more: u64| json!({"used": used, "next": {"quantity": more}});
    let settled = ask(&world, &path, &next(300, 240)).await.json(200);
    assert_eq!((&settled["charged"], &settled["next"]["amount"]), (&eur("0.50"), &eur("0.40")));
    let quantity = json!({"asked": 240, "granted": 240, "free": 0, "last": false});
    assert_eq!(settled["next"]["quantity"], quantity);
    let settled = ask(&world, &path, &next(240, 240)).await.json(200);
    let quantity = json!({"asked": 240, "granted": 60, "free": 0, "last": true});
    assert_eq!(settled["next"]["quantity"], quantity);
    // More than was granted has been used all the same.
    let settled = ask(&world, &path, &next(90, 60)).await.json(200);
    assert_eq!(settled["overrun"], eur("0.05"));
    assert_eq!(settled["balance"], eur("-0.05"));
    assert_eq!(settled["next"]["granted"], false, "{settled}");
    assert_eq!(settled["next"]["refusal"]["code"], "subscription_off");
    assert_eq!(settled["next"]["refusal"]["why"], "funds_low");
    world.pay(&account, "1.00").await;
    let settled = ask(&world, &path, &next(0, 60)).await.json(200);
    assert_eq!(settled["next"]["granted"], true, "{settled}");
    act(&world, &id, "close", json!({})).await.json(200);
    let settled = ask(&world, &path, &next(60, 60)).await.json(200);
    assert_eq!((&settled["charged"], &settled["next"]["granted"]), (&eur("0.10"), &json!(false)));
    assert_eq!(settled["next"]["refusal"]["code"], "subscription_not_found");
}

#[tokio::test]
async fn a_repeat_of_a_numbered_request_is_answered_from_memory() {
    let (mut world, account, _) = calling("10.00").await;
    let first = with(call("s", "+33", 120), "request", json!(1));
    let granted = ask(&world, "/v1/authorisations", &first).await;
    let path = settle_path(&granted.json(200));
    let second = json!({"used": 60, "request": 2, "next": {"quantity": 120}});
    let third = json!({"total": 100, "request": 3});
    let fifth = json!({"used": 20, "request": 5, "final": true});
    let mut asked = vec![("/v1/authorisations".to_owned(), first.clone(), granted)];
    for body in [&second, &third, &fifth] {
        asked.push((path.clone(), body.clone(), ask(&world, &path, body).await));
    }
    let balance = eur("9.80");
    assert_eq!(world.look(&account).await["balance"], balance);
    let differs = [
        ("/v1/authorisations", with(first.clone(), "quantity", json!(121)), "quantity"),
        ("/v1/authorisations", with(first.clone(), "destination", json!("+34")), "destination"),
        (&path, with(second.clone(), "used", json!(61)), "used"),
        (&path, with(second.clone(), "next", json!({"quantity": 121})), "next"),
        (&path, with(second, "next", Value::Null), "next"),
        (&path, with(third, "total", json!(101)), "total"),
        (&path, with(fifth.clone(), "used", json!(21)), "used"),
        (&path, with(fifth, "final", json!(false)), "next"),
        (&path, json!({"used": 1, "request": 1}), "kind"),
        (&path, json!({"amount": "0.10", "currency": "EUR", "request": 2}), "next"),
        ("/v1/authorisations", with(first, "request", json!(2)), "kind"),
    ];
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let before = world.head().await;
        for (path, body, answer) in asked.iter().chain(asked.iter().rev()) {
            let again = ask(&world, path, body).await;
            assert!(again.is_replayed(), "{again:?}");
            assert_eq!((again.status, &again.body), (answer.status, &answer.body), "{body}");
        }
        for (path, body, field) in &differs {
            let problem = ask(&world, path, body).await.problem(409, "request_reused");
            assert_eq!(problem["field"], *field, "{body}: {problem}");
        }
        let late = json!({"used": 1, "request": 4});
        ask(&world, &path, &late).await.problem(409, "request_out_of_order");
        assert_eq!(world.head().await, before);
        assert_eq!(world.look(&account).await["balance"], balance);
    }
}

#[tokio::test]
async fn a_number_stands_for_one_request_alone_also_when_it_was_refused() {
    let (world, account, _) = calling("1.00").await;
    let numbered = |body, request: u32| with(body, "request", json!(request));
    let asked = with(numbered(call("a", "+33", 600), 1), "minimum_quantity", json!(60));
    let first = authorise(&world, &asked).await;
    assert_eq!(authorise(&world, &asked).await, first);
    let path = settle_path(&first);
    let next = json!({"quantity": 600, "minimum_quantity": 300});
    let settled = json!({"used": 600, "request": 2, "next": next});
    let none = ask(&world, &path, &settled).await.json(200);
    assert_eq!(none["next"]["refusal"]["code"], "insufficient_funds", "{none}");
    assert_eq!(ask(&world, &path, &settled).await.json(200), none);
    let refused = with(numbered(call("b", "+33", 60), 1), "minimum_quantity", json!(30));
    let no = authorise(&world, &refused).await;
    assert_eq!(no["granted"], false, "{no}");
    world.pay(&account, "5.00").await;
    assert_eq!(authorise(&world, &refused).await, no);
    let least = "minimum_quantity";
    let without = |body: &Value, field: &str| with(body.clone(), field, Value::Null);
    for (path, body, field) in [
        ("/v1/authorisations", with(asked.clone(), "minimum_quantity", json!(61)), least),
        ("/v1/authorisations", without(&asked, "minimum_quantity"), least),
        ("/v1/authorisations", with(refused.clone(), "quantity", json!(61)), "quantity"),
        ("/v1/authorisations", without(&refused, "minimum_quantity"), least),
        ("/v1/authorisations", with(refused.clone(), "destination", json!("+336")), "destination"),
        (&path, with(settled.clone(), "next", json!({"quantity": 600})), "next"),
        (&path, with(settled.clone(), "next", json!({"quantity": 300})), "next"),
    ] {
        let problem = ask(&world, path, &body).await.problem(409, "request_reused");
        assert_eq!(problem["field"], field, "{body}: {problem}");
    }
}

#[tokio::test]
async fn reports_that_make_no_sense_get_an_exact_answer_and_charge_nothing() {
    let (world, account, _) = calling("10.00").await;
    let granted = authorise(&world, &call("s", "+33", 600)).await;
    let path = settle_path(&granted);
    ask(&world, &path, &json!({"total": 60})).await.json(200);
    let before = world.head().await;
    let problem = ask(&world, &path, &json!({"total": 59})).await.problem(422, "use_went_back");
    assert_eq!((&problem["before"], &problem["reported"]), (&json!(60), &json!(59)));
    let most = u64::try_from(i64::MAX).expect("it is positive");
    for (body, field) in [
        (json!({"used": most + 1}), "used"),
        (json!({"total": most + 1}), "total"),
        (json!({"total": u64::MAX}), "total"),
        (json!({"used": -1}), "used"),
        (json!({"used": 1.5}), "used"),
        (json!({"used": "1"}), "used"),
        (json!({"used": 1, "total": 61}), "total"),
        (json!({"used": 1, "amount": "0.10", "currency": "EUR"}), "amount"),
        (json!({"used": 1, "currency": "EUR"}), "currency"),
        (json!({"used": 1, "next": {"amount": "0.10"}}), "next.amount"),
        (json!({"used": 1, "next": {"quantity": 1, "minimum": "0.10"}}), "next.minimum"),
        (json!({"used": 1, "next": {}}), "next.quantity"),
        (json!({"used": 1, "next": {"quantity": 0}}), "next.quantity"),
        (json!({"used": 1, "next": {"quantity": most + 1}}), "next.quantity"),
        (
            json!({"used": 1, "next": {"quantity": 1, "minimum_quantity": 2}}),
            "next.minimum_quantity",
        ),
        (json!({"used": 1, "next": {"quantity": 1, "expires_in": 0}}), "next.expires_in"),
        (json!({"used": 1, "final": true, "next": {"quantity": 1}}), "next"),
        (json!({"amount": "0.10", "currency": "EUR", "next": {"quantity": 1}}), "next.quantity"),
        (json!({"final": true}), "amount"),
    ] {
        let shown = body.to_string();
        let problem = ask(&world, &path, &body).await.problem(400, "malformed");
        assert_eq!(problem["field"], field, "{shown}: {problem}");
    }
    // The sum of reports goes no further than a quantity may.
    let much = ask(&world, &path, &json!({"used": most})).await;
    much.problem(422, "amount_out_of_range");
    for (field, value) in [
        ("quantity", json!(most + 1)),
        ("quantity", json!(0)),
        ("quantity", json!(-1)),
        ("minimum_quantity", json!(601)),
        ("minimum_quantity", json!(u64::MAX)),
        ("amount", json!("0.10")),
        ("currency", json!("EUR")),
        ("minimum", json!("0.10")),
        ("expires_in", json!(0)),
        ("service", json!("no name")),
        ("subject", json!("")),
        ("destination", json!("")),
    ] {
        let body = with(call("t", "+33", 600), field, value);
        let shown = body.to_string();
        let problem = ask(&world, "/v1/authorisations", &body).await.problem(400, "malformed");
        assert_eq!(problem["field"], field, "{shown}: {problem}");
    }
    let money = json!({"account": account, "session": "t", "amount": "0.10", "currency": "EUR"});
    for (field, value) in
        [("subject", json!("+6891")), ("destination", json!("+33")), ("minimum_quantity", json!(1))]
    {
        let body = with(money.clone(), field, value);
        ask(&world, "/v1/authorisations", &body).await.malformed(field);
    }
    assert_eq!(world.head().await, before);
    assert_eq!(world.look(&account).await["balance"], eur("9.90"));
}

#[tokio::test]
async fn sessions_that_are_unknown_open_or_over_get_an_exact_answer() {
    let (world, account, _) = calling("10.00").await;
    let serial = account.replace("acc_", "res_");
    for unknown in [format!("{serial}-7"), "res_999-1".to_owned()] {
        let path = format!("/v1/reservations/{unknown}/settle");
        let answer = ask(&world, &path, &json!({"used": 1})).await;
        answer.problem(404, "reservation_not_found");
    }
    let body = with(call("s", "+33", 60), "request", json!(1));
    let granted = authorise(&world, &body).await;
    let path = settle_path(&granted);
    let open = ask(&world, "/v1/authorisations", &call("s", "+33", 60)).await;
    open.problem(409, "session_open");
    // A session that is settled by units takes no money, and the other way round.
    let money = json!({"amount": "0.10", "currency": "EUR"});
    ask(&world, &path, &money).await.problem(422, "service_unfit");
    ask(&world, &path, &json!({"used": 60, "request": 2, "final": true})).await.json(200);
    let late = ask(&world, &path, &json!({"used": 1, "request": 3})).await;
    late.problem(422, "session_ended");
    let again = with(call("s", "+33", 60), "request", json!(4));
    ask(&world, "/v1/authorisations", &again).await.problem(422, "session_ended");
    let by_money = json!({"account": account, "session": "m", "amount": "1.00", "currency": "EUR"});
    let path = settle_path(&authorise(&world, &by_money).await);
    ask(&world, &path, &json!({"used": 1})).await.problem(422, "service_unfit");
    // Use that is reported after its hold has expired has happened.
    let granted = authorise(&world, &call("late", "+33", 60)).await;
    forward(&world, HOUR).await;
    let settled = ask(&world, &settle_path(&granted), &json!({"used": 60, "final": true})).await;
    let settled = settled.json(200);
    assert_eq!((&settled["charged"], &settled["overrun"]), (&eur("0.10"), &eur("0.10")));
    let granted = authorise(&world, &call("back", "+33", 60)).await;
    let release = format!("/v1/reservations/{}/release", text(&granted["reservation"]));
    let released = ask(&world, &release, &json!({})).await.json(200);
    assert_eq!((&released["final"], &released["charged"]), (&json!(true), &eur("0.00")));
    assert_eq!(world.look(&account).await["held"], eur("0.00"));
}

#[tokio::test]
async fn the_allowance_is_used_before_money() {
    let world = testing();
    let mut mobile = monthly("10.00");
    mobile["usage"] = json!({"unit": "byte", "per": 1_000, "allowance": 5_000, "rates":
        [{"price": [{"from": 0, "price": "0.10"}, {"from": 8_000, "price": "0.01"}]}]});
    sell(&world, "mobile", mobile).await;
    let account = world.purse("11.00").await;
    let id = subscribe(&world, &account, "mobile", json!({})).await;
    let body = json!({"subscription": id, "session": "s", "quantity": 4_000});
    let granted = authorise(&world, &body).await;
    let quantity = json!({"asked": 4_000, "granted": 4_000, "free": 4_000, "last": false});
    assert_eq!((&granted["quantity"], &granted["amount"]), (&quantity, &eur("0.00")));
    let shown = world.get(&format!("/v1/subscriptions/{id}")).await.json(200);
    assert_eq!((&shown["allowance"], &shown["allowance_left"]), (&json!(5_000), &json!(1_000)));
    let path = settle_path(&granted);
    let settled = ask(&world, &path, &json!({"used": 10_000, "final": true})).await.json(200);
    // 5,000 free, 3,000 at 0.10 and 2,000 at 0.01 for a thousand.
    assert_eq!(settled["charged"], eur("0.32"));
    let part = |step: u16, quantity: u64| json!({"band": 0, "step": step, "quantity": quantity});
    let parts = json!([part(0, 3_000), part(1, 2_000)]);
    let used = json!({"total": 10_000, "billed": 10_000, "free": 5_000, "parts": parts});
    assert_eq!(settled["used"], used);
    let shown = world.get(&format!("/v1/subscriptions/{id}")).await.json(200);
    assert_eq!(shown["allowance_left"], 0);
    forward(&world, 30 * 24 * HOUR).await;
    world.pay(&account, "10.00").await;
    let shown = world.get(&format!("/v1/subscriptions/{id}")).await.json(200);
    assert_eq!((&shown["on"], &shown["allowance_left"]), (&json!(true), &json!(5_000)));
}

#[tokio::test]
async fn units_go_into_batches() {
    let (world, account, id) = calling("10.00").await;
    let reservation = format!("{}-1", account.replace("acc_", "res_"));
    let operations = json!([
        {"authorise": with(call("s", "+33", 600), "request", json!(1))},
        {"authorise": call("t", "+1", 60)},
        {"authorise": with(call("u", "+33", 60), "amount", json!("1.00"))},
        {"authorise": with(call("v", "+33", 60), "subject", json!("nobody"))},
        {"settle": {"reservation": reservation, "used": 60, "request": 2,
            "next": {"quantity": 60}}},
        {"settle": {"reservation": reservation, "total": 30}},
        {"settle": {"reservation": reservation, "used": 60, "total": 1}},
        {"settle": {"reservation": reservation, "used": 30, "request": 3, "final": true}},
    ]);
    let body = json!({"operations": operations});
    let answer = ask(&world, "/v1/batches", &body).await.json(200);
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results[0]["authorisation"]["quantity"]["granted"], 600, "{answer}");
    assert_eq!(results[1]["authorisation"]["refusal"]["code"], "destination_not_served");
    assert_eq!(results[2]["problem"]["field"], "amount");
    assert_eq!(results[3]["problem"]["code"], "subscription_not_found");
    assert_eq!(results[4]["settlement"]["charged"], eur("0.10"));
    assert_eq!(results[4]["settlement"]["next"]["quantity"]["granted"], 60);
    assert_eq!(results[5]["problem"]["code"], "use_went_back");
    assert_eq!(results[6]["problem"]["field"], "total");
    assert_eq!(results[7]["settlement"]["charged"], eur("0.05"));
    assert_eq!(world.look(&account).await["balance"], eur("9.85"));
    // Numbered operations are answered from memory here, too.
    let again = ask(&world, "/v1/batches", &body).await.json(200);
    for place in [0, 4, 7] {
        assert_eq!(again["results"][place], results[place]);
    }
    let other = json!({"settle": {"reservation": reservation, "used": 31, "request": 3,
        "final": true}});
    let answer = ask(&world, "/v1/batches", &json!({"operations": [other]})).await.json(200);
    assert_eq!(answer["results"][0]["problem"]["code"], "request_reused");
    assert_eq!(world.look(&account).await["balance"], eur("9.85"));
    act(&world, &id, "suspend", json!({})).await.json(200);
    let body = json!({"operations": [{"authorise": call("w", "+33", 60)}]});
    let answer = ask(&world, "/v1/batches", &body).await.json(200);
    assert_eq!(answer["results"][0]["authorisation"]["refusal"]["code"], "subscription_off");
}

#[tokio::test]
async fn a_session_is_shown_with_its_units() {
    let (world, account, id) = calling("10.00").await;
    let granted = authorise(&world, &with(call("s", "+336", 60), "request", json!(1))).await;
    let path = settle_path(&granted);
    let settle = json!({"used": 30, "request": 2, "next": {"quantity": 90}});
    ask(&world, &path, &settle).await.json(200);
    let entries = super::shop::shown_after(&world, &account, 0).await;
    let entry = |kind: &str| entries.iter().find(|it| it["kind"] == kind).expect(kind).clone();
    let authorised = entry("authorised");
    assert_eq!(
        (&authorised["subscription"], &authorised["service"]),
        (&json!(id), &json!("telephony"))
    );
    assert_eq!(authorised["destination"], "+336");
    let quantity = json!({"asked": 60, "granted": 60, "free": 0, "last": false});
    assert_eq!(authorised["quantity"], quantity);
    let settled = entry("settled");
    assert_eq!(settled["amount"], eur("-0.10"));
    let parts = json!([{"band": 0, "step": 0, "quantity": 30}]);
    let used = json!({"total": 30, "billed": 30, "free": 0, "parts": parts});
    assert_eq!(settled["used"], used);
    assert_eq!(settled["quantity"]["asked"], 90);
}
