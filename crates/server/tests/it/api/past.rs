//! Any past moment, and statements page by page.

use serde_json::{Value, json};

use super::world::{World, eur};

#[tokio::test]
async fn an_account_is_shown_as_it_stood_at_any_moment() {
    let mut world = World::new();
    let before = world.moment(-1);
    let account = world.account("EUR").await;
    let mut shown = vec![(world.moment(0), world.look(&account).await)];
    for amount in ["10.00", "5.00", "2.50"] {
        world.advance(100);
        world.pay(&account, amount).await;
        let body = json!({"account": account, "session": amount, "amount": "1.00",
            "currency": "EUR", "expires_in": 250});
        world.post("/v1/authorisations", body).await.json(200);
        shown.push((world.moment(0), world.look(&account).await));
    }
    world.advance(100);
    world.post(&format!("/v1/accounts/{account}/charges"), eur("3.00")).await.json(201);
    world.restart();
    for (at, then) in &shown {
        let path = format!("/v1/accounts/{account}?at={at}");
        let found = world.ask("reader", "GET", &path).send().await.json(200);
        for field in ["balance", "held", "credit", "available", "position"] {
            assert_eq!(found[field], then[field], "{field} at {at}");
        }
        assert_eq!(&found["as_of"], at);
    }
    let path = format!("/v1/accounts/{account}?at={before}");
    world.get(&path).await.problem(404, "not_found");
    // The first hold ended between two moments that anybody looked at.
    let path = format!("/v1/accounts/{account}?at=2026-11-02T10:05:49Z");
    assert_eq!(world.get(&path).await.json(200)["held"], eur("3.00"));
    let path = format!("/v1/accounts/{account}?at=2026-11-02T10:05:50Z");
    assert_eq!(world.get(&path).await.json(200)["held"], eur("2.00"));
}

#[tokio::test]
async fn nothing_is_said_of_the_future() {
    let world = World::new();
    let account = world.account("EUR").await;
    let body = json!({"amount": "5.00", "currency": "EUR", "until": world.moment(60)});
    world.post(&format!("/v1/accounts/{account}/credits"), body).await.json(201);
    let path = format!("/v1/accounts/{account}?at={}", world.moment(3600));
    let shown = world.get(&path).await.json(200);
    assert_eq!(shown["as_of"], world.moment(0));
    assert_eq!(shown["available"], eur("5.00"));
}

async fn walk(world: &World, account: &str, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/accounts/{account}/entries?{query}{cursor}");
        let page = world.get(&path).await.json(200);
        found.extend(page["entries"].as_array().expect("entries").iter().cloned());
        match page.get("next") {
            None => return found,
            Some(next) => cursor = format!("&before={next}"),
        }
    }
}

#[tokio::test]
async fn cursors_walk_every_entry_exactly_once() {
    let world = World::new();
    let (account, other) = (world.account("EUR").await, world.account("EUR").await);
    let mut middle = String::new();
    for place in 0..23 {
        world.advance(1);
        world.pay(&account, "1.00").await;
        world.pay(&other, "1.00").await;
        if place == 10 {
            middle = world.moment(0);
        }
    }
    // An account's first entry is its opening.
    let whole = walk(&world, &account, "limit=200").await;
    assert_eq!(whole.len(), 24);
    assert!(whole.iter().all(|it| it["account"] == account.as_str()));
    let positions =
        |it: &[Value]| -> Vec<u64> { it.iter().filter_map(|it| it["position"].as_u64()).collect() };
    assert!(positions(&whole).is_sorted_by(|a, b| a > b));
    for limit in [1, 2, 5, 23, 24, 25] {
        let paged = walk(&world, &account, &format!("limit={limit}")).await;
        assert_eq!(paged, whole, "limit {limit}");
    }
    let then = walk(&world, &account, &format!("at={middle}&limit=4")).await;
    assert_eq!(then.len(), 12);
    assert_eq!(then[0]["balance"], eur("11.00"));
    assert_eq!(then, whole[12..]);
    // A cursor from anywhere leads to the next entry of this account.
    for before in [0, 1, 2, 3, 7, 1_000_000, u64::MAX] {
        let path = format!("/v1/accounts/{account}/entries?limit=200&before={before}");
        let page = world.get(&path).await.json(200);
        let found = positions(page["entries"].as_array().expect("entries"));
        let expected: Vec<u64> = positions(&whole).into_iter().filter(|it| *it < before).collect();
        assert_eq!(found, expected, "before {before}");
    }
}

#[tokio::test]
async fn what_is_written_while_somebody_reads_disturbs_no_cursor() {
    let world = World::new();
    let account = world.account("EUR").await;
    for _ in 0..5 {
        world.pay(&account, "1.00").await;
    }
    let first = world.get(&format!("/v1/accounts/{account}/entries?limit=3")).await.json(200);
    world.pay(&account, "1.00").await;
    let path = format!("/v1/accounts/{account}/entries?before={}", first["next"]);
    let second = world.get(&path).await.json(200);
    let count = |page: &Value| page["entries"].as_array().map(Vec::len);
    assert_eq!((count(&first), count(&second)), (Some(3), Some(3)));
}

#[tokio::test]
async fn the_trial_balance_is_shown_as_it_stood_at_any_moment() {
    let world = World::new();
    let (account, other) = (world.account("EUR").await, world.account("XPF").await);
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let money = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    let rates = json!({"base": "EUR", "source": "ecb", "rates": [{"quote": "USD", "rate": "1.1"},
        {"quote": "XPF", "rate": "119.331742"}]});
    world.post("/v1/exchange-rates", rates).await.json(201);
    let dollars = super::world::payment("usd", "20.00", "USD");
    let paid = world.post(&a("payments"), dollars).await.json(201);
    let payment = paid["payment"].as_str().expect("an id");
    let mut transfer = money("3.00", "EUR");
    (transfer["from"], transfer["to"]) = (json!(account), json!(other));
    let mut charge = money("2.00", "USD");
    charge["service"] = json!("roaming");
    let mut adjustment = money("-1.00", "EUR");
    adjustment["reason"] = json!("goodwill");
    let cancel = format!("/v1/payments/{payment}/cancel");
    let steps = [
        ("/v1/transfers".to_owned(), transfer),
        (a("charges"), charge),
        (a("adjustments"), adjustment),
        (a("payments"), super::world::payment("eur", "50.00", "EUR")),
        (cancel, json!({"reason": "twice"})),
    ];
    let mut shown = Vec::new();
    for (path, body) in steps {
        shown.push((world.moment(0), world.get("/v1/trial-balance").await.json(200)));
        world.advance(60);
        world.post(&path, body).await.json(201);
    }
    world.advance(60);
    for (at, then) in &shown {
        let path = format!("/v1/trial-balance?at={at}");
        let found = world.ask("reader", "GET", &path).send().await.json(200);
        assert_eq!(&found, then);
        let currencies = found["currencies"].as_array().expect("currencies");
        let sums = currencies.iter().map(|it| it["sum"].as_str().expect("a sum"));
        assert!(sums.clone().all(|it| ["0", "0.00"].contains(&it)), "{found}");
        assert!(currencies.len() >= 2, "{found}");
    }
    let before = world.get("/v1/trial-balance?at=2020-01-01T00:00:00Z").await.json(200);
    assert_eq!((&before["currencies"], &before["position"]), (&json!([]), &json!(0)));
    let path = format!("/v1/trial-balance?at={}", world.moment(600));
    assert_eq!(world.get(&path).await.json(200)["at"], world.moment(0));
    world.get("/v1/trial-balance?at=yesterday").await.malformed("at");
}
