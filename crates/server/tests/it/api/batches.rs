//! Many operations in one request, each answered on its own.

use serde_json::{Value, json};

use super::world::{World, eur, payment, with};

fn charge(account: &str, amount: &str) -> Value {
    json!({"charge": {"account": account, "amount": amount, "currency": "EUR"}})
}

#[tokio::test]
async fn each_operation_is_answered_on_its_own() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let ask = |session: &str, amount: &str| {
        json!({"authorise": {"account": account, "session": session, "amount": amount,
            "currency": "EUR"}})
    };
    let reservation = format!("res_{}-1", &account[4..]);
    let operations = json!([
        charge(&account, "1.00"),
        charge(&account, "100.00"),
        charge(&account, "-1.00"),
        charge("acc_999", "1.00"),
        {"charge": eur("1.00")},
        {"payment": with(payment("r", "5.00", "EUR"), "account", json!(account))},
        ask("s", "4.00"),
        ask("t", "40.00"),
        {"settle": {"reservation": reservation, "amount": "3.00", "currency": "EUR",
            "final": true}},
        {"settle": {"reservation": "res_1-77", "amount": "3.00", "currency": "EUR"}},
        {"settle": {"amount": "3.00", "currency": "EUR"}},
    ]);
    let ask = world.ask("gateway", "POST", "/v1/batches").json(&json!({"operations": operations}));
    let answer = ask.send().await.json(200);
    let results = answer["results"].as_array().expect("results");
    let code = |place: usize| results[place].pointer("/problem/code").cloned().unwrap_or_default();
    assert_eq!(results.len(), 11);
    assert_eq!(results[0]["balance"], eur("9.00"));
    assert_eq!(code(1), "insufficient_funds");
    assert_eq!(results[1]["problem"]["available"], eur("9.00"));
    assert_eq!(code(2), "malformed");
    assert_eq!(results[2]["problem"]["field"], "amount");
    assert_eq!(code(3), "account_not_found");
    assert_eq!(results[4]["problem"]["field"], "charge.account");
    assert_eq!(results[5]["balance"], eur("14.00"));
    assert_eq!(results[6]["authorisation"]["granted"], true);
    assert_eq!(results[7]["authorisation"]["granted"], false);
    assert_eq!(results[7]["authorisation"]["refusal"]["code"], "insufficient_funds");
    assert_eq!(results[8]["settlement"]["charged"], eur("3.00"));
    assert_eq!(code(9), "reservation_not_found");
    assert_eq!(results[10]["problem"]["field"], "settle.reservation");
    assert_eq!(world.look(&account).await["balance"], eur("11.00"));
}

#[tokio::test]
async fn a_no_to_authorise_is_an_answer_in_every_batch() {
    let world = World::new();
    let account = world.purse("1.00").await;
    let operation = json!({"authorise": {"account": account, "session": "s", "amount": "2.00",
        "currency": "EUR"}});
    let body = json!({"operations": [operation]});
    let answer = world.post("/v1/batches", body.clone()).await.json(200);
    assert_eq!(answer["results"][0]["authorisation"]["granted"], false, "{answer}");
    let ask = world.ask("admin", "POST", "/v1/batches").json(&body).once("k");
    let answer = ask.send().await.json(200);
    assert_eq!(answer["results"][0]["authorisation"]["granted"], false, "{answer}");
}

#[tokio::test]
async fn ten_thousand_operations_are_taken_and_one_more_is_not() {
    let world = World::new();
    let account = world.purse("10000.00").await;
    let body = |count: usize| {
        let operations: Vec<Value> = (0..count).map(|_| charge(&account, "0.01")).collect();
        json!({"operations": operations})
    };
    let before = world.head().await;
    world.post("/v1/batches", body(10_001)).await.malformed("operations");
    assert_eq!(world.head().await, before);
    let answer = world.post("/v1/batches", body(10_000)).await.json(200);
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(world.look(&account).await["balance"], eur("9900.00"));
    let answer = world.post("/v1/batches", body(0)).await.json(200);
    assert_eq!(answer["results"], json!([]));
}

#[tokio::test]
async fn a_batch_under_a_key_is_done_once() {
    let mut world = World::new();
    let account = world.purse("10.00").await;
    let operations = json!([
        charge(&account, "6.00"),
        charge(&account, "bad"),
        charge(&account, "6.00"),
        {"payment": with(payment("r", "1.00", "EUR"), "account", json!(account))},
        {"authorise": {"account": account, "session": "s", "amount": "50.00",
            "currency": "EUR"}},
    ]);
    let body = json!({"operations": operations});
    let first = world.ask("gateway", "POST", "/v1/batches").json(&body).once("k").send().await;
    world.pay(&account, "100.00").await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let again = world.ask("gateway", "POST", "/v1/batches").json(&body).once("k").send().await;
        assert_eq!(again.json(200), first.json(200));
    }
    assert_eq!(world.look(&account).await["balance"], eur("105.00"));
}

#[tokio::test]
async fn a_key_of_another_batch_is_a_conflict_and_nothing_is_done() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let send = |operations: Value| {
        let body = json!({"operations": operations});
        world.ask("gateway", "POST", "/v1/batches").json(&body).once("k").send()
    };
    send(json!([charge(&account, "1.00")])).await.json(200);
    let before = world.head().await;
    let others = [
        json!([charge(&account, "2.00")]),
        json!([charge(&account, "1.00"), charge(&account, "1.00")]),
        json!([charge(&account, "bad"), charge(&account, "1.00"), charge(&account, "2.00")]),
    ];
    for other in others {
        let problem = send(other).await.problem(409, "idempotency_key_reused");
        assert_eq!(problem["field"], "Idempotency-Key");
        assert_eq!(world.head().await, before);
    }
}

#[tokio::test]
async fn repeats_inside_batches_are_known_as_outside() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let pay = |amount: &str| {
        let payment = with(payment("r", amount, "EUR"), "account", json!(account));
        json!({"payment": payment})
    };
    let ask = |amount: &str| {
        json!({"authorise": {"account": account, "session": "s", "request": 1, "amount": amount,
            "currency": "EUR"}})
    };
    let operations =
        json!([pay("1.00"), pay("1.00"), pay("2.00"), ask("3.00"), ask("3.00"), ask("4.00")]);
    let answer = world.post("/v1/batches", json!({"operations": operations})).await.json(200);
    let results = &answer["results"];
    assert_eq!(results[1], results[0]);
    assert_eq!(results[2]["problem"]["code"], "reference_reused");
    assert_eq!(results[2]["problem"]["field"], "amount");
    assert_eq!(results[4], results[3]);
    assert_eq!(results[5]["problem"]["code"], "request_reused");
    assert_eq!(world.look(&account).await["balance"], eur("11.00"));
}

#[tokio::test]
async fn an_operation_that_is_none_refuses_the_whole_batch() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let before = world.head().await;
    let cases = [
        json!([charge(&account, "1.00"), {"refund": {}}]),
        json!([charge(&account, "1.00"), {"charge": {"account": account, "amount": 1,
            "currency": "EUR"}}]),
        json!([charge(&account, "1.00"), {}]),
        json!([charge(&account, "1.00"), {"charge": eur("1"), "payment": eur("1")}]),
        json!([null]),
        json!("all"),
    ];
    for operations in cases {
        let answer = world.post("/v1/batches", json!({"operations": operations})).await;
        let problem = answer.problem(400, "malformed");
        let field = problem["field"].as_str().unwrap_or_default();
        assert!(field.starts_with("operations"), "{problem}");
    }
    assert_eq!(world.head().await, before);
}
