//! Payments at a terminal that no account of ours takes: the money is received all the same.

use serde_json::{Value, json};

use super::kiosk::{call, element, number, pay, result, terminal, world, xml};
use super::world::{Answer, World, eur, text};

/// The lines of the trial balance in euros that are not zero, by name.
async fn books(world: &World) -> Value {
    let balance = world.get("/v1/trial-balance").await.json(200);
    let euros = balance["currencies"].as_array().unwrap().iter().find(|it| it["currency"] == "EUR");
    let lines = euros.map(|it| it["lines"].as_array().unwrap().clone()).unwrap_or_default();
    lines.into_iter().map(|it| (text(&it["account"]), it["balance"].clone())).collect()
}

/// Pays to a number that is nobody's.
async fn pay_to_nobody(world: &World, txn_id: u64) -> Answer {
    let paid = call(world, &pay(txn_id, "4711", "20.00")).await;
    result(&paid, 0);
    paid
}

#[tokio::test]
async fn a_payment_that_fits_no_account_is_received_and_answered_alike_for_ever() {
    let mut world = world();
    let [closed, locked, dollars] =
        [world.account("EUR").await, world.account("EUR").await, world.account("USD").await];
    world.post(&format!("/v1/accounts/{closed}/close"), json!({})).await.json(200);
    world.lock_payments(&locked).await;
    let mut asked = vec![(1, "4711".to_owned(), 5, "no account of this number")];
    for (txn_id, account, code, words) in
        [(2, &closed, 79, "is closed"), (3, &locked, 7, "no payments"), (4, &dollars, 8, "no rate")]
    {
        asked.push((txn_id, number(&world, account).await, code, words));
    }
    let mistyped = number(&world, &closed).await.replace('7', "8");
    asked.push((5, mistyped, 4, "no account of this number"));
    let mut answers = Vec::new();
    for (txn_id, number, code, words) in &asked {
        let check = format!("command=check&txn_id={txn_id}&account={number}&sum=20.00");
        let before = world.head().await;
        result(&call(&world, &check).await, *code);
        assert_eq!(world.head().await, before, "a check wrote something");
        let paid = call(&world, &pay(*txn_id, number, "20.00")).await;
        result(&paid, 0);
        assert_eq!(world.head().await, before + 1);
        assert!(!element(&paid, "comment").is_empty(), "{}", xml(&paid));
        let words = words.replace("no rate", "no exchange rate");
        assert!(element(&paid, "comment").contains(&words), "{}", xml(&paid));
        answers.push(paid);
    }
    assert_eq!(books(&world).await, json!({"payments:osmp": "-100.00", "unallocated": "100.00"}));
    world.restart();
    let before = world.head().await;
    for ((txn_id, number, ..), first) in asked.iter().zip(&answers) {
        assert_eq!(call(&world, &pay(*txn_id, number, "20.00")).await.body, first.body);
        result(&call(&world, &pay(*txn_id, number, "20.01")).await, 300);
        result(&call(&world, &pay(*txn_id, "4712", "20.00")).await, 300);
        let status = call(&world, &format!("command=status&txn_id={txn_id}")).await;
        result(&status, 0);
        assert_eq!(element(&status, "state"), "paid");
        assert!(element(&status, "comment").starts_with("waits"), "{}", xml(&status));
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_payment_that_waits_is_cancelled_by_sending_it_back_once() {
    let world = world();
    let paid = pay_to_nobody(&world, 7).await;
    let position = element(&paid, "prv_txn");
    let before = world.head().await;
    for wrong in ["sum=19.99", "prv_txn=99"] {
        result(&call(&world, &format!("command=cancel&txn_id=7&{wrong}")).await, 300);
    }
    assert_eq!(world.head().await, before);
    let query = format!("command=cancel&txn_id=7&prv_txn={position}&sum=20.00");
    let first = call(&world, &query).await;
    result(&first, 0);
    assert_eq!(element(&first, "prv_txn"), position);
    assert_eq!(call(&world, &query).await.body, first.body);
    assert_eq!(world.head().await, before + 1);
    assert_eq!(books(&world).await, json!({}));
    let status = call(&world, "command=status&txn_id=7").await;
    result(&status, 300);
    assert_eq!(
        (element(&status, "state").as_str(), element(&status, "comment").as_str()),
        ("cancelled", "the payment was sent back")
    );
    assert_eq!(call(&world, &pay(7, "4711", "20.00")).await.body, paid.body);
    assert_eq!(world.head().await, before + 1);
}

#[tokio::test]
async fn a_payment_that_found_its_account_is_cancelled_there() {
    let world = world();
    let account = world.account("EUR").await;
    let paid = pay_to_nobody(&world, 7).await;
    let position: u64 = element(&paid, "prv_txn").parse().expect("a position");
    world.allocate(position, &account).await;
    assert_eq!(world.look(&account).await["balance"], eur("20.00"));
    let status = call(&world, "command=status&txn_id=7").await;
    result(&status, 0);
    assert_eq!(element(&status, "comment"), "");
    let first = call(&world, "command=cancel&txn_id=7").await;
    result(&first, 0);
    assert_eq!(element(&first, "prv_txn"), position.to_string());
    assert_eq!(world.look(&account).await["balance"], eur("0.00"));
    let before = world.head().await;
    assert_eq!(call(&world, "command=cancel&txn_id=7").await.body, first.body);
    assert_eq!(world.head().await, before);
    let status = call(&world, "command=status&txn_id=7").await;
    result(&status, 300);
    assert_eq!(element(&status, "comment"), "the payment was cancelled");
}

#[tokio::test]
async fn payments_that_waited_are_in_the_registry_once() {
    let world = world();
    let account = world.account("EUR").await;
    let own = number(&world, &account).await;
    let mut positions = Vec::new();
    for (txn_id, number) in [(1, "4711"), (2, "4712"), (3, "4713"), (4, "4714"), (5, &*own)] {
        let paid = call(&world, &pay(txn_id, number, "20.00")).await;
        positions.push(element(&paid, "prv_txn"));
    }
    for allocated in [1, 3] {
        world.allocate(positions[allocated].parse().expect("a position"), &account).await;
    }
    for cancelled in [3, 4] {
        result(&call(&world, &format!("command=cancel&txn_id={cancelled}")).await, 0);
    }
    let path = "/channels/kiosk/osmp/registry?date=2026-11-02";
    let at = "2026-11-02 10:59:00";
    let [one, two, three, four, five] = positions.try_into().expect("five");
    let expected = format!(
        "txn_id,prv_txn,date,account,sum,cancelled\n\
         1,{one},{at},4711,20.00,\n\
         2,{two},{at},{own},20.00,\n\
         3,{three},{at},4713,20.00,yes\n\
         4,{four},{at},{own},20.00,yes\n\
         5,{five},{at},{own},20.00,\n\
         Total:,3,,,60.00,\n"
    );
    assert_eq!(xml(&terminal(&world, "GET", path).send().await), expected);
    let theirs = "txn_id;sum\n1;20.00\n2;20.00\n4;20.00\n5;20.00\nTotal:;4;80.00\n";
    let compared = terminal(&world, "POST", path).body(theirs).send().await.json(200);
    assert_eq!(compared["here"], json!({"count": 3, "sum": "60.00"}));
    let counts = ["missing_here", "missing_there", "sums_differ", "cancelled_here"];
    let counts = counts.map(|it| compared[it]["count"].as_u64().unwrap());
    assert_eq!(counts, [0, 0, 0, 1]);
}
