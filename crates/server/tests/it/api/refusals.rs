//! Every refusal over HTTP: its code, its status, both its numbers.

use std::collections::BTreeSet;

use engine::REFUSAL_CODES;
use serde_json::{Value, json};

use super::world::{World, eur, payment, text, with};

/// What is refused, and what has to stand in the answer.
struct Case {
    method: &'static str,
    path: String,
    body: Value,
    status: u16,
    code: &'static str,
    figures: Value,
    who: &'static str,
}

fn case(path: impl Into<String>, body: Value, status: u16, code: &'static str) -> Case {
    Case { method: "POST", path: path.into(), body, status, code, figures: json!({}), who: "admin" }
}

impl Case {
    fn by(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    fn asked_by(self, who: &'static str) -> Self {
        Self { who, ..self }
    }

    fn saying(self, figures: Value) -> Self {
        Self { figures, ..self }
    }
}

#[tokio::test]
async fn every_refusal_has_its_code_its_status_and_its_numbers() {
    let world = World::new();
    let cases = cases(&world).await;
    let mut seen = BTreeSet::new();
    for Case { method, path, body, status, code, figures, who } in cases {
        let before = world.head().await;
        let answer = world.ask(who, method, &path).json(&body).send().await;
        let problem = answer.problem(status, code);
        for (name, value) in figures.as_object().expect("figures") {
            assert_eq!(&problem[name], value, "{method} {path}: {name} in {problem}");
        }
        assert_eq!(world.head().await, before, "{method} {path} wrote");
        seen.insert(code);
    }
    // A "no" to authorise is an answer: these are looked at where they are asked for.
    seen.extend(["destination_not_served", "subscription_off"]);
    // It takes 67 million accounts to come to it.
    let within_reach = REFUSAL_CODES.into_iter().filter(|it| *it != "shard_full");
    assert_eq!(seen, within_reach.collect(), "each code has a case");
}

async fn cases(world: &World) -> Vec<Case> {
    let mut cases = missing();
    cases.extend(closed(world).await);
    cases.extend(unfit(world).await);
    cases.extend(sessions(world).await);
    cases.extend(money(world).await);
    cases.extend(promises(world).await);
    cases.extend(money_back(world).await);
    cases.extend(services(world).await);
    cases.extend(use_of_services(world).await);
    cases
}

/// What can be sold, to whom, and under which names.
async fn services(world: &World) -> Vec<Case> {
    let account = world.purse("50.00").await;
    let monthly = json!({"price": "1.00", "every": {"count": 1, "unit": "month"}});
    let plan = json!({"title": "Plan", "currency": "EUR", "mode": "prepaid", "recurring": monthly});
    let film = json!({"title": "Film", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "0.10"}});
    let set = async |name: &str, service: &Value| {
        let path = format!("/v1/services/{name}");
        world.ask("admin", "PUT", &path).json(service).send().await.json(200);
    };
    set("r-plan", &plan).await;
    set("r-film", &film).await;
    set("r-gone", &with(plan.clone(), "withdrawn", json!(true))).await;
    let open = |service: &str| json!({"account": account, "service": service});
    let named = with(open("r-plan"), "subjects", json!(["amelie"]));
    let opened = world.post("/v1/subscriptions", named.clone()).await.json(201);
    let id = text(&opened["subscription"]);
    let of = |rest: &str| format!("/v1/subscriptions/{id}/{rest}");
    let suspended = world.post("/v1/subscriptions", open("r-plan")).await.json(201);
    let by_staff = text(&suspended["subscription"]);
    let staff = |rest: &str| format!("/v1/subscriptions/{by_staff}/{rest}");
    world.post(&staff("suspend"), json!({})).await.json(200);
    let past = json!({"until": world.moment(-60)});
    let customer = json!({"by": "customer"});
    let subscriptions = "/v1/subscriptions";
    vec![
        case("/v1/services/none", json!({}), 404, "service_not_found").by("GET"),
        case(subscriptions, open("none"), 404, "service_not_found"),
        case("/v1/subscriptions/sub_1-999", json!({}), 404, "subscription_not_found").by("GET"),
        case("/v1/subscriptions/sub_1-999/close", json!({}), 404, "subscription_not_found"),
        case(format!("/v1/accounts/{account}/close"), json!({}), 422, "account_has_subscriptions")
            .saying(json!({"subscription": id})),
        case("/v1/services/r-film", plan, 400, "service_invalid")
            .by("PUT")
            .saying(json!({"place": "recurring"})),
        case(subscriptions, open("r-gone"), 422, "service_withdrawn"),
        case(subscriptions, open("r-film"), 422, "service_unfit")
            .saying(json!({"needed": "subscribable"})),
        case("/v1/purchases", open("r-plan"), 422, "service_unfit")
            .saying(json!({"needed": "one_time"})),
        case(subscriptions, named, 409, "subject_taken")
            .saying(json!({"subject": "amelie", "subscription": id})),
        case(of("resume"), json!({}), 422, "subscription_suspended")
            .saying(json!({"suspended": false})),
        case(staff("suspend"), json!({}), 422, "subscription_suspended")
            .saying(json!({"suspended": true})),
        case(staff("resume"), customer, 422, "suspended_by_staff"),
        case(of("suspend"), past, 422, "suspension_ends_in_past"),
    ]
}

/// Sessions of a tariff by the minute.
async fn use_of_services(world: &World) -> Vec<Case> {
    let account = world.purse("5.00").await;
    let usage = json!({"unit": "second", "per": 60, "rates": [
        {"title": "France", "prefixes": ["33"], "price": "0.10"}]});
    let calls = json!({"title": "Calls", "currency": "EUR", "mode": "prepaid", "usage": usage});
    world.ask("admin", "PUT", "/v1/services/r-calls").json(&calls).send().await.json(200);
    let open = json!({"account": account, "service": "r-calls", "subjects": ["33123"]});
    let opened = world.post("/v1/subscriptions", open).await.json(201);
    let ask = |session: &str, to: &str| {
        let minute = 60;
        json!({"subject": "33123", "session": session, "quantity": minute, "destination": to})
    };
    let granted = world.post("/v1/authorisations", ask("u1", "331")).await.json(200);
    let settle = format!("/v1/reservations/{}/settle", text(&granted["reservation"]));
    world.post(&settle, json!({"total": 30})).await.json(200);
    let elsewhere = world.post("/v1/authorisations", ask("u2", "49")).await.json(200);
    assert_eq!(elsewhere["refusal"]["code"], "destination_not_served", "{elsewhere}");
    let gone = format!("/v1/subscriptions/{}/suspend", text(&opened["subscription"]));
    world.post(&gone, json!({})).await.json(200);
    let off = world.post("/v1/authorisations", ask("u3", "331")).await.json(200);
    assert_eq!(off["refusal"]["code"], "subscription_off", "{off}");
    assert_eq!(off["refusal"]["why"], "suspended_by_staff", "{off}");
    vec![
        case(settle, json!({"total": 29}), 422, "use_went_back")
            .saying(json!({"before": 30, "reported": 29})),
    ]
}

fn missing() -> Vec<Case> {
    let name = json!({"name": "Ann"});
    let charge = eur("1.00");
    let wrong_digit = json!({"account": "100000018", "check_digit_wrong": true});
    let ask = json!({"account": "acc_999", "session": "s", "amount": "1.00", "currency": "EUR"});
    let transfer = json!({"from": "acc_998", "to": "acc_999", "amount": "1", "currency": "EUR"});
    let (reason, none) = (json!({"reason": "x"}), json!({}));
    let account_not_found = "account_not_found";
    vec![
        case("/v1/customers/cus_999", none.clone(), 404, "customer_not_found").by("GET"),
        case("/v1/customers/cus_999", name.clone(), 404, "customer_not_found").by("PUT"),
        case(
            "/v1/customers/cus_999/accounts",
            json!({"currency": "EUR"}),
            404,
            "customer_not_found",
        ),
        case("/v1/accounts/acc_999", none.clone(), 404, account_not_found).by("GET"),
        case("/v1/accounts/acc_999/entries", none.clone(), 404, account_not_found).by("GET"),
        case("/v1/events?account=acc_999", none.clone(), 404, account_not_found).by("GET"),
        case("/v1/accounts/acc_999/name", name, 404, account_not_found).by("PUT"),
        case("/v1/accounts/acc_999/close", none.clone(), 404, account_not_found),
        case("/v1/accounts/acc_999/credit-limit", charge.clone(), 404, account_not_found).by("PUT"),
        case("/v1/accounts/100000018/charges", charge.clone(), 404, account_not_found)
            .saying(wrong_digit),
        case("/v1/accounts/KIOSK-1/charges", charge, 404, account_not_found),
        case("/v1/authorisations", ask, 404, account_not_found),
        case("/v1/transfers", transfer, 404, account_not_found),
        case("/v1/payments/pay_999", none.clone(), 404, "payment_not_found").by("GET"),
        case("/v1/payments/pay_999/cancel", reason.clone(), 404, "payment_not_found"),
        // The journal's first entry is a customer.
        case("/v1/payments/pay_1/cancel", reason, 404, "payment_not_found"),
        case("/v1/reservations/res_1-99/settle", eur("1"), 404, "reservation_not_found"),
        case("/v1/reservations/res_999-1/settle", eur("1"), 404, "reservation_not_found"),
        case("/v1/reservations/res_1-99/release", none, 404, "reservation_not_found"),
    ]
}

async fn closed(world: &World) -> Vec<Case> {
    let account = world.account("EUR").await;
    world.post(&format!("/v1/accounts/{account}/close"), json!({})).await.json(200);
    let full = world.purse("5.00").await;
    let ask = json!({"account": full, "session": "s", "amount": "2.00", "currency": "EUR"});
    world.post("/v1/authorisations", ask.clone()).await.json(200);
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let credit = json!({"amount": "1.00", "currency": "EUR", "until": world.moment(60)});
    let not_empty = json!({"balance": eur("5.00"), "held": eur("2.00")});
    let code = "account_closed";
    vec![
        case(a("charges"), eur("1.00"), 422, code),
        case(a("adjustments"), with(eur("1.00"), "reason", json!("goodwill")), 422, code),
        case(a("credit-limit"), eur("1.00"), 422, code).by("PUT"),
        case(a("credit-ceiling"), eur("1.00"), 422, code).by("PUT"),
        case(a("credits"), credit, 422, code),
        case(a("name"), json!({"name": "x"}), 422, code).by("PUT"),
        case(a("close"), json!({}), 422, code),
        case("/v1/authorisations", with(ask, "account", json!(account)), 422, code),
        case(
            "/v1/transfers",
            json!({"from": full, "to": account, "amount": "1.00", "currency": "EUR"}),
            422,
            code,
        ),
        case(format!("/v1/accounts/{full}/close"), json!({}), 422, "account_not_empty")
            .saying(not_empty),
    ]
}

async fn unfit(world: &World) -> Vec<Case> {
    let account = world.purse("5.00").await;
    let other = world.account("EUR").await;
    let customer = text(&world.look(&account).await["customer"]);
    let number = text(&world.look(&account).await["number"]);
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let credit = json!({"amount": "1.00", "currency": "EUR", "until": world.moment(60)});
    let granted = world.post(&a("credits"), credit.clone()).await.json(201);
    let credit_id = text(&granted["temporary_limit"]);
    let past = with(credit.clone(), "until", json!(world.moment(-1)));
    let now = json!({"until": world.moment(-1), "now": world.moment(0)});
    let of_another = format!("/v1/accounts/{other}/credits/{credit_id}");
    let usd = json!({"amount": "1.00", "currency": "USD"});
    let currencies = json!({"expected": "EUR", "actual": "USD"});
    let same = json!({"from": account, "to": number, "amount": "1.00", "currency": "EUR"});
    let gbp = json!({"from": account, "to": other, "amount": "1.00", "currency": "GBP"});
    let ask = json!({"account": account, "session": "s", "amount": "1.00", "currency": "USD"});
    let taken = json!({"currency": "EUR", "number": number});
    let mismatch = "currency_mismatch";
    vec![
        case(of_another, json!({}), 404, "credit_not_found").by("DELETE"),
        case(a(&format!("credits/crd_{}-99", &account[4..])), json!({}), 404, "credit_not_found")
            .by("DELETE"),
        case(format!("/v1/customers/{customer}/accounts"), taken, 409, "account_number_taken")
            .saying(json!({"number": number})),
        case("/v1/transfers", same, 422, "same_account"),
        case("/v1/transfers", gbp, 422, mismatch),
        case(a("adjustments"), with(usd.clone(), "reason", json!("goodwill")), 422, mismatch)
            .saying(currencies.clone()),
        case(a("credit-limit"), usd.clone(), 422, mismatch).by("PUT").saying(currencies.clone()),
        case(a("credit-ceiling"), usd.clone(), 422, mismatch).by("PUT").saying(currencies.clone()),
        case(a("credits"), with(credit, "currency", json!("USD")), 422, mismatch)
            .saying(currencies.clone()),
        case("/v1/authorisations", ask, 422, mismatch).saying(currencies),
        case(a("credits"), past, 422, "credit_ends_in_past").saying(now),
        case(a("charges"), usd.clone(), 422, "no_exchange_rate")
            .saying(json!({"from": "USD", "to": "EUR", "at": world.moment(0)})),
    ]
}

async fn sessions(world: &World) -> Vec<Case> {
    let account = world.purse("50.00").await;
    let ask = |session: &str, request: Value| {
        json!({"account": account, "session": session, "amount": "2.00", "currency": "EUR",
            "request": request})
    };
    let authorise = async |body: Value| {
        text(&world.post("/v1/authorisations", body).await.json(200)["reservation"])
    };
    let open = authorise(ask("open", Value::Null)).await;
    let ended = authorise(ask("ended", json!(1))).await;
    let body = json!({"amount": "1.00", "currency": "EUR", "final": true, "request": 3});
    let settle_ended = format!("/v1/reservations/{ended}/settle");
    world.post(&settle_ended, body.clone()).await.json(200);
    let numbered = authorise(ask("numbered", json!(2))).await;
    let reused = with(ask("numbered", json!(2)), "amount", json!("2.50"));
    vec![
        case("/v1/authorisations", reused, 409, "request_reused")
            .saying(json!({"request": 2, "field": "amount"})),
        case("/v1/authorisations", ask("numbered", json!(1)), 409, "request_out_of_order")
            .saying(json!({"request": 1, "reservation": numbered})),
        case(&settle_ended, with(body.clone(), "request", json!(2)), 409, "request_out_of_order"),
        case(&settle_ended, with(body, "request", json!(4)), 422, "session_ended")
            .saying(json!({"reservation": ended})),
        case("/v1/authorisations", ask("ended", json!(4)), 422, "session_ended"),
        case(format!("/v1/reservations/{ended}/release"), json!({}), 422, "session_ended"),
        case("/v1/authorisations", ask("open", Value::Null), 409, "session_open")
            .saying(json!({"reservation": open})),
    ]
}

async fn money(world: &World) -> Vec<Case> {
    let account = world.purse("5.00").await;
    let other = world.account("EUR").await;
    let full = world.purse("2000000000000.00").await;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    world.put(&a("credit-ceiling"), eur("20.00")).await.json(200);
    world.put(&a("credit-limit"), eur("10.00")).await.json(200);
    let over = json!({"ceiling": eur("20.00"), "requested": eur("21.00")});
    let credit = json!({"amount": "11.00", "currency": "EUR", "until": world.moment(60)});
    let numbers = json!({
        "available": eur("15.00"), "requested": eur("16.00"), "missing": eur("1.00"),
    });
    let transfer = json!({"from": account, "to": other, "amount": "16.00", "currency": "EUR"});
    let adjust = with(eur("2000000000000.00"), "reason", json!("goodwill"));
    vec![
        case(format!("/v1/accounts/{full}/adjustments"), adjust, 422, "amount_out_of_range"),
        case(a("credits"), credit, 422, "credit_ceiling_exceeded").saying(over.clone()),
        case(a("credit-limit"), eur("21.00"), 422, "credit_ceiling_exceeded")
            .by("PUT")
            .saying(over),
        case(a("credit-limit"), json!({"unlimited": true}), 422, "credit_ceiling_exceeded")
            .by("PUT"),
        case(a("charges"), eur("16.00"), 422, "insufficient_funds").saying(numbers.clone()),
        case("/v1/transfers", transfer, 422, "insufficient_funds").saying(numbers),
    ]
}

async fn promises(world: &World) -> Vec<Case> {
    let (account, none) = (world.account("EUR").await, world.account("USD").await);
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let rules = json!({"amount": {"fixed": "10.00"}, "duration": {"hours": 1}, "holds_plan": true,
        "overrides": [{"role": "admin", "amount_max": "20.00", "hours_max": 2}]});
    let policy = json!({"currency": "EUR", "rules": rules});
    world.put("/v1/promised-payment-policies", policy).await.json(200);
    world.post(&a("promised-payment"), json!({})).await.json(201);
    let over = json!({"amount": "20.01", "currency": "EUR", "override": true, "reason": "x"});
    let beyond = json!({"role": "admin", "amount_max": eur("20.00"), "requested": eur("20.01"),
        "hours_max": 2, "hours": 1});
    let open = json!([{"rule": "open_max", "limit": {"count": 1}, "actual": {"count": 1},
        "remedy": {"pay": eur("10.00")}}]);
    let plan = json!({"plan": "tv", "monthly_fee": "1.00", "currency": "EUR"});
    let no_policy = json!({"group": null, "policy_currency": "USD"});
    let of_none = format!("/v1/accounts/{none}/promised-payment");
    vec![
        case(&of_none, json!({}), 422, "no_promise_policy").saying(no_policy.clone()),
        case(format!("{of_none}/offer"), json!({}), 422, "no_promise_policy")
            .by("GET")
            .saying(no_policy),
        case(a("plan"), plan, 422, "plan_held")
            .by("PUT")
            .saying(json!({"until": world.moment(3600)})),
        case(a("promised-payment"), over, 422, "override_not_allowed").saying(beyond),
        case(a("promised-payment"), json!({}), 422, "promise_not_possible")
            .saying(json!({"failing": open})),
    ]
}

async fn money_back(world: &World) -> Vec<Case> {
    let account = world.purse("5.00").await;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let paid = format!("/v1/payments/{}", world.pay(&account, "10.00").await);
    let p = |rest: &str| format!("{paid}/{rest}");
    let why = json!({"reason": "x"});
    let of = |body: Value| with(body, "reason", json!("x"));
    world.post(&p("charge-back"), of(eur("4.00"))).await.json(201);
    let ask = world.ask("finance", "POST", &p("refund")).json(&of(eur("1.00"))).send().await;
    let refund = format!("/v1/refunds/{}", text(&ask.json(202)["refund"]));
    let left = json!({"left": eur("5.00"), "requested": eur("5.01")});
    let lost = payment("lost", "3.00", "EUR");
    let lost = text(&world.post("/v1/payments", lost).await.json(201)["payment"]);
    let lost = format!("/v1/unallocated-payments/{lost}");
    let locked = world.account("EUR").await;
    let lock = json!({"locked": true, "reason": "x"});
    world.put(&format!("/v1/accounts/{locked}/payments-locked"), lock.clone()).await.json(200);
    let closed = world.account("EUR").await;
    world.post(&format!("/v1/accounts/{closed}/close"), json!({})).await.json(200);
    let dollars = world.account("USD").await;
    let to = |account: &str| json!({"account": account});
    world.post(&a("opening-balance"), eur("-20.00")).await.json(201);
    world.post(&a("write-offs"), of(eur("2.00"))).await.json(201);
    // 5 + 10 − 4 − 20 + 2 is owed, 2 are written off.
    let owed = json!({"owed": eur("7.00"), "requested": eur("7.01")});
    let lost_already = json!({"owed": eur("2.00"), "requested": eur("2.01")});
    let allocate = format!("{lost}/allocate");
    vec![
        case("/v1/payments/pay_999/charge-back", why.clone(), 404, "payment_not_found"),
        case("/v1/payments/pay_999/refund", why.clone(), 404, "payment_not_found"),
        case(lost.replace("unallocated-", "") + "/refund", why.clone(), 404, "payment_not_found"),
        case(lost.replace("unallocated-", "") + "/cancel", why.clone(), 404, "payment_not_found"),
        case("/v1/unallocated-payments/pay_999/return", why.clone(), 404, "payment_not_found"),
        case(
            p("return").replace("payments", "unallocated-payments"),
            why.clone(),
            404,
            "payment_not_found",
        ),
        case("/v1/refunds/rfd_1-99", json!({}), 404, "refund_not_found").by("GET"),
        case("/v1/refunds/rfd_1-99/approve", json!({}), 404, "refund_not_found"),
        case("/v1/refunds/rfd_999-1/reject", why.clone(), 404, "refund_not_found"),
        case(&allocate, to("acc_999"), 404, "account_not_found"),
        case(&allocate, to(&closed), 422, "account_closed"),
        case(&allocate, to(&locked), 422, "payments_locked"),
        case(&allocate, to(&dollars), 422, "no_exchange_rate"),
        case(format!("/v1/accounts/{closed}/payments-locked"), lock, 422, "account_closed")
            .by("PUT"),
        case(a("opening-balance"), eur("1.00"), 409, "opening_balance_set"),
        case(format!("{refund}/approve"), json!({}), 422, "second_person_needed")
            .asked_by("finance")
            .saying(json!({"requested_by": "finance"})),
        case(p("refund"), of(json!({"amount": "1", "currency": "USD"})), 422, "currency_mismatch"),
        case(p("refund"), of(eur("5.01")), 422, "payment_reversed").saying(left),
        // The bank takes what a person only asked for.
        case(p("charge-back"), of(eur("6.01")), 422, "payment_reversed")
            .saying(json!({"left": eur("6.00"), "requested": eur("6.01")})),
        case(p("cancel"), why, 422, "payment_reversed"),
        case(a("write-offs"), of(eur("7.01")), 422, "more_than_owed").saying(owed),
        case(a("write-offs/recover"), of(eur("2.01")), 422, "more_than_owed").saying(lost_already),
    ]
}

#[tokio::test]
async fn a_no_to_authorise_is_an_answer_with_both_numbers() {
    let world = World::new();
    let account = world.purse("5.00").await;
    for request in [Value::Null, json!(1)] {
        let ask = json!({"account": account, "session": "s", "amount": "7.00", "currency": "EUR",
            "request": request});
        let no = world.post("/v1/authorisations", ask).await.json(200);
        assert_eq!(no["granted"], false, "{no}");
        let refusal = &no["refusal"];
        assert_eq!(refusal["code"], "insufficient_funds");
        assert_eq!(refusal["available"], eur("5.00"));
        assert_eq!(refusal["requested"], eur("7.00"));
        assert_eq!(refusal["missing"], eur("2.00"));
    }
    assert_eq!(world.look(&account).await["held"], eur("0.00"));
}

#[tokio::test]
async fn what_is_there_is_granted_when_it_reaches_the_minimum() {
    let world = World::new();
    let account = world.purse("5.00").await;
    let ask = json!({"account": account, "session": "s", "amount": "7.00", "minimum": "4.00",
        "currency": "EUR"});
    let granted = world.post("/v1/authorisations", ask).await.json(200);
    assert_eq!(granted["granted"], true);
    assert_eq!(granted["amount"], eur("5.00"));
}

#[tokio::test]
async fn money_needed_in_debt_includes_the_debt() {
    let world = World::new();
    let account = world.purse("1.00").await;
    let body = with(eur("-3.00"), "reason", json!("fee"));
    world.post(&format!("/v1/accounts/{account}/adjustments"), body).await.json(201);
    let refused = world.post(&format!("/v1/accounts/{account}/charges"), eur("1.00")).await;
    let problem = refused.problem(422, "insufficient_funds");
    assert_eq!(problem["available"], eur("-2.00"));
    assert_eq!(problem["missing"], eur("3.00"));
}
