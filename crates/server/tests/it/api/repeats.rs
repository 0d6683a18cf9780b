//! Asking again: the first answer, or a conflict; never twice.

use serde_json::{Value, json};

use super::world::{Answer, World, eur, payment, text, with};

/// The second answer is the first one, byte for byte, and says so.
#[track_caller]
fn assert_replayed(first: &Answer, again: &Answer) {
    assert_eq!(again.status, first.status, "{}", again.what);
    let text = |it: &Answer| String::from_utf8_lossy(&it.body).into_owned();
    assert_eq!(text(again), text(first), "{}", again.what);
    assert!(first.status >= 400 || again.is_replayed(), "{}", again.what);
}

/// A write of every kind that makes something.
async fn writes(world: &World) -> Vec<(&'static str, String, Value)> {
    let account = world.purse("50.00").await;
    let other = world.account("EUR").await;
    let payment_id = world.pay(&account, "1.00").await;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let until = world.moment(3600);
    let ask = json!({"account": account, "session": "s", "amount": "1.00", "currency": "EUR"});
    let rates = json!({"base": "EUR", "source": "ecb", "rates": [{"quote": "USD", "rate": "2"}]});
    let transfer = json!({"from": account, "to": other, "amount": "1.00", "currency": "EUR"});
    let held = world.post("/v1/authorisations", with(ask.clone(), "session", json!("h"))).await;
    let held = text(&held.json(200)["reservation"]);
    let credit = json!({"amount": "1.00", "currency": "EUR", "until": until});
    let to_revoke = world.post(&a("credits"), credit.clone()).await.json(201);
    let to_revoke = a(&format!("credits/{}", text(&to_revoke["temporary_limit"])));
    let batch = json!({"operations": [{"charge": {"account": account, "amount": "1.00",
        "currency": "EUR"}}]});
    vec![
        ("POST", "/v1/customers".into(), json!({"name": "Ann"})),
        ("PUT", "/v1/customers/cus_1".into(), json!({"name": "Ann"})),
        ("POST", "/v1/customers/cus_1/accounts".into(), json!({"currency": "EUR", "name": "x"})),
        ("PUT", a("name"), json!({"name": "Shop"})),
        ("POST", a("payments"), payment("once", "1.00", "EUR")),
        ("POST", format!("/v1/payments/{payment_id}/cancel"), json!({"reason": "twice"})),
        ("POST", a("charges"), eur("1.00")),
        ("POST", a("adjustments"), with(eur("1.00"), "reason", json!("goodwill"))),
        ("POST", "/v1/transfers".into(), transfer),
        ("PUT", a("credit-limit"), eur("5.00")),
        ("PUT", a("credit-ceiling"), eur("99.00")),
        ("POST", a("credits"), with(credit, "reason", json!("for a day"))),
        ("DELETE", to_revoke, json!({})),
        ("POST", "/v1/authorisations".into(), ask),
        ("POST", format!("/v1/reservations/{held}/settle"), eur("0.50")),
        ("POST", format!("/v1/reservations/{held}/release"), json!({})),
        ("POST", "/v1/batches".into(), batch),
        ("POST", "/v1/exchange-rates".into(), rates),
        ("POST", format!("/v1/accounts/{other}/charges"), eur("99.00")),
        ("POST", "/v1/accounts/acc_999/charges".into(), eur("1.00")),
    ]
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_for_every_write() {
    let mut world = World::new();
    let writes = writes(&world).await;
    let mut firsts = Vec::new();
    for (place, (method, path, body)) in writes.iter().enumerate() {
        let key = format!("key-{place}");
        let ask = || world.ask("admin", method, path).json(body).once(&key);
        let first = ask().send().await;
        assert!(!first.is_replayed() && first.status < 500, "{first:?}");
        firsts.push((method, path, body, key, first));
    }
    // What would be answered otherwise now: names, figures and funds are other ones.
    world.put("/v1/customers/cus_1", json!({"name": "Another"})).await.json(200);
    world.put("/v1/customers/cus_3", json!({"name": "Another"})).await.json(200);
    world.pay("acc_1", "500.00").await;
    world.pay("acc_2", "500.00").await;
    world.advance(30);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let before = world.head().await;
        for (method, path, body, key, first) in &firsts {
            let again = world.ask("admin", method, path).json(body).once(key).send().await;
            let batch = path.ends_with("/batches");
            match batch {
                true => assert_eq!(again.json(200), first.json(200)),
                false => assert_replayed(first, &again),
            }
        }
        assert_eq!(world.head().await, before, "nothing is written for a repeat");
    }
}

#[tokio::test]
async fn the_same_key_with_another_body_or_address_is_a_conflict() {
    let mut world = World::new();
    let account = world.purse("5.00").await;
    let path = format!("/v1/accounts/{account}/charges");
    let ask = |world: &World, path: &str, body: &Value| {
        world.ask("admin", "POST", path).json(body).once("k")
    };
    ask(&world, &path, &eur("1.00")).send().await.json(201);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let before = world.head().await;
        let other_body = ask(&world, &path, &eur("2.00")).send().await;
        let number = text(&world.look(&account).await["number"]);
        let other_path = format!("/v1/accounts/{number}/charges");
        let other_path = ask(&world, &other_path, &eur("1.00")).send().await;
        for answer in [other_body, other_path] {
            let problem = answer.problem(409, "idempotency_key_reused");
            assert_eq!(problem["field"], "Idempotency-Key");
        }
        assert_eq!(world.head().await, before);
    }
}

#[tokio::test]
async fn a_refusal_is_repeated_although_money_came_in() {
    let mut world = World::new();
    let account = world.purse("1.00").await;
    let path = format!("/v1/accounts/{account}/charges");
    let first = world.ask("admin", "POST", &path).json(&eur("2.00")).once("k").send().await;
    first.problem(422, "insufficient_funds");
    world.pay(&account, "100.00").await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let again = world.ask("admin", "POST", &path).json(&eur("2.00")).once("k").send().await;
        assert_replayed(&first, &again);
    }
    assert_eq!(world.look(&account).await["balance"], eur("101.00"));
}

#[tokio::test]
async fn a_key_belongs_to_whoever_used_it() {
    let world = World::new();
    let account = world.purse("5.00").await;
    let path = format!("/v1/accounts/{account}/charges");
    for who in ["admin", "agent", "gateway"] {
        let ask = world.ask(who, "POST", &path).json(&eur("1.00")).once("k");
        let answer = ask.send().await;
        assert!(!answer.is_replayed(), "{who}");
        assert_eq!(answer.json(201)["actor"], who);
    }
    assert_eq!(world.look(&account).await["balance"], eur("2.00"));
}

#[tokio::test]
async fn a_key_is_kept_for_a_day_at_least() {
    let mut world = World::new();
    let account = world.purse("5.00").await;
    let path = format!("/v1/accounts/{account}/charges");
    let ask = |world: &World| world.ask("admin", "POST", &path).json(&eur("1.00")).once("k").send();
    let first = ask(&world).await;
    world.advance(24 * 3600);
    assert_replayed(&first, &ask(&world).await);
    world.restart();
    assert_replayed(&first, &ask(&world).await);
}

#[tokio::test]
async fn the_same_key_at_the_same_time_counts_once() {
    let world = World::new();
    let account = world.purse("50.00").await;
    let path = format!("/v1/accounts/{account}/charges");
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let ask = world.ask("gateway", "POST", &path).json(&eur("1.00")).once("k");
        asked.spawn(ask.send());
    }
    let answers = asked.join_all().await;
    assert_eq!(answers.iter().filter(|it| !it.is_replayed()).count(), 1);
    assert!(answers.iter().all(|it| it.status == 201 && it.body == answers[0].body));
    assert_eq!(world.look(&account).await["balance"], eur("49.00"));
}

#[tokio::test]
async fn a_payment_counts_once_for_ever_whatever_its_key() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/payments");
    let body = payment("receipt-1", "10.00", "EUR");
    let first = world.ask("gateway", "POST", &path).json(&body).once("k1").send().await;
    first.json(201);
    world.post(&format!("/v1/accounts/{account}/charges"), eur("3.00")).await.json(201);
    for days in [0, 1, 400] {
        world.advance(days * 86_400);
        world.restart();
        let number = text(&world.look(&account).await["number"]);
        let by_number = format!("/v1/accounts/{number}/payments");
        let asks = [
            world.ask("gateway", "POST", &path).json(&body),
            world.ask("gateway", "POST", &path).json(&body).once(&format!("k-{days}")),
            world.ask("agent", "POST", &by_number).json(&body),
        ];
        for ask in asks {
            assert_replayed(&first, &ask.send().await);
        }
    }
    assert_eq!(world.look(&account).await["balance"], eur("7.00"));
}

#[tokio::test]
async fn a_key_that_came_with_a_known_payment_is_used_up() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/payments");
    let body = payment("receipt-1", "10.00", "EUR");
    let first = world.post(&path, body.clone()).await;
    let again = world.ask("gateway", "POST", &path).json(&body).once("k").send().await;
    assert_replayed(&first, &again);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let other = payment("receipt-2", "10.00", "EUR");
        let other = world.ask("gateway", "POST", &path).json(&other).once("k").send().await;
        other.problem(409, "idempotency_key_reused");
        let same = world.ask("gateway", "POST", &path).json(&body).once("k").send().await;
        assert_replayed(&first, &same);
    }
    assert_eq!(world.look(&account).await["balance"], eur("10.00"));
}

#[tokio::test]
async fn a_reference_used_for_another_payment_names_what_differs() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let other = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/payments");
    world.post(&path, payment("r", "10.00", "EUR")).await.json(201);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let before = world.head().await;
        let elsewhere = format!("/v1/accounts/{other}/payments");
        let nowhere = "/v1/accounts/acc_999/payments".to_owned();
        let cases = [
            (&path, payment("r", "10.01", "EUR"), "amount"),
            (&path, payment("r", "10.00", "USD"), "currency"),
            (&elsewhere, payment("r", "10.00", "EUR"), "account"),
            (&nowhere, payment("r", "10.00", "EUR"), "account"),
        ];
        for (path, body, field) in cases {
            let problem = world.post(path, body).await.problem(409, "reference_reused");
            assert_eq!(problem["field"], field, "{problem}");
        }
        assert_eq!(world.head().await, before);
    }
    // The same reference of another source is another payment.
    let body = with(payment("r", "10.00", "EUR"), "source", json!("bank"));
    world.post(&path, body).await.json(201);
}

#[tokio::test]
async fn a_payment_that_fits_no_account_is_kept_once() {
    let world = World::new();
    let account = world.account("EUR").await;
    let path = format!("/v1/accounts/{account}/payments");
    let body = payment("r", "10.00", "USD");
    let kept = world.post(&path, body.clone()).await;
    assert_eq!(kept.json(201)["kind"], "payment_unallocated");
    assert_eq!(kept.json(201)["why"], "no_exchange_rate");
    let rates = json!({"base": "EUR", "source": "ecb", "rates": [{"quote": "USD", "rate": "2"}]});
    world.post("/v1/exchange-rates", rates).await.json(201);
    assert_replayed(&kept, &world.post(&path, body).await);
    let other = world.post(&path, payment("r", "11.00", "USD")).await;
    other.problem(409, "reference_reused");
    let elsewhere = world.account("USD").await;
    let path = format!("/v1/accounts/{elsewhere}/payments");
    world.post(&path, payment("r", "10.00", "USD")).await.problem(409, "reference_reused");
    assert_eq!(world.look(&elsewhere).await["balance"]["amount"], "0.00");
}

#[tokio::test]
async fn cancelling_again_gets_the_first_answer() {
    let mut world = World::new();
    let account = world.account("EUR").await;
    let payment = world.pay(&account, "10.00").await;
    let path = format!("/v1/payments/{payment}/cancel");
    let first = world.post(&path, json!({"reason": "twice"})).await;
    assert_eq!(first.json(201)["balance"], eur("0.00"));
    world.pay(&account, "3.00").await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let plain = world.post(&path, json!({"reason": "another reason"})).await;
        let keyed = world.ask("agent", "POST", &path).json(&json!({"reason": "x"})).once("c");
        assert_replayed(&first, &plain);
        assert_replayed(&first, &keyed.send().await);
    }
    assert_eq!(world.look(&account).await["balance"], eur("3.00"));
}
