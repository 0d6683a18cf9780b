//! Who may do what: every address times every person.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::openapi::documented;
use super::world::{PEOPLE, World, eur, payment, text};

const ALL: &str = "admin agent gateway reader anonymous";
const READ: &str = "admin agent gateway reader";
const DIRECTORY: &str = "admin agent";
const PAYMENTS: &str = "admin agent gateway";
const USE: &str = "admin agent gateway";
const CORRECT: &str = "admin agent";
const CONFIGURE: &str = "admin";

/// Method, address as it is documented, the same with ids that exist, a body, who may.
type Row = (&'static str, &'static str, String, Value, &'static str);

async fn table(world: &World) -> Vec<Row> {
    let account = world.purse("50.00").await;
    let other = world.account("EUR").await;
    let payment_id = world.pay(&account, "1.00").await;
    let until = world.moment(3600);
    let credit = json!({"amount": "1.00", "currency": "EUR", "until": until});
    let granted = world.post(&format!("/v1/accounts/{account}/credits"), credit.clone()).await;
    let credit_id = text(&granted.json(201)["temporary_limit"]);
    let ask = json!({"account": account, "session": "s", "amount": "1.00", "currency": "EUR"});
    let held = world.post("/v1/authorisations", ask).await.json(200);
    let held = text(&held["reservation"]);
    let a = |rest: &str| format!("/v1/accounts/{account}{rest}");
    let plain = str::to_owned;
    let name = json!({"name": "Ann"});
    let rates = json!({
        "base": "EUR", "source": "ecb", "rates": [{"quote": "USD", "rate": "1.1"}],
    });
    let ask = json!({"account": account, "session": "t", "amount": "0.01", "currency": "EUR"});
    let batch = json!({"operations": []});
    let transfer = json!({"from": account, "to": other, "amount": "0.01", "currency": "EUR"});
    let adjust = json!({"amount": "0.01", "currency": "EUR", "reason": "goodwill"});
    let revoke = a(&format!("/credits/{credit_id}"));
    let settle = json!({"amount": "0.01", "currency": "EUR"});
    let (none, reason) = (Value::Null, json!({"reason": "twice"}));
    #[rustfmt::skip]
    let rows = vec![
        ("POST", "/v1/customers", plain("/v1/customers"), name.clone(), DIRECTORY),
        ("GET", "/v1/customers", plain("/v1/customers"), none.clone(), READ),
        ("GET", "/v1/customers/{customer}", plain("/v1/customers/cus_1"), none.clone(), READ),
        ("PUT", "/v1/customers/{customer}", plain("/v1/customers/cus_1"), name.clone(), DIRECTORY),
        ("POST", "/v1/customers/{customer}/accounts", plain("/v1/customers/cus_1/accounts"), json!({"currency": "EUR"}), DIRECTORY),
        ("GET", "/v1/accounts/{account}", a(""), none.clone(), READ),
        ("GET", "/v1/accounts/{account}/entries", a("/entries"), none.clone(), READ),
        ("PUT", "/v1/accounts/{account}/name", a("/name"), name, DIRECTORY),
        ("POST", "/v1/accounts/{account}/close", a("/close"), none.clone(), DIRECTORY),
        ("POST", "/v1/accounts/{account}/payments", a("/payments"), payment("matrix", "1.00", "EUR"), PAYMENTS),
        ("GET", "/v1/payments/{payment}", format!("/v1/payments/{payment_id}"), none.clone(), READ),
        ("POST", "/v1/payments/{payment}/cancel", format!("/v1/payments/{payment_id}/cancel"), reason, PAYMENTS),
        ("POST", "/v1/accounts/{account}/charges", a("/charges"), eur("0.01"), USE),
        ("POST", "/v1/accounts/{account}/adjustments", a("/adjustments"), adjust, CORRECT),
        ("POST", "/v1/transfers", plain("/v1/transfers"), transfer, CORRECT),
        ("PUT", "/v1/accounts/{account}/credit-limit", a("/credit-limit"), eur("1.00"), CORRECT),
        ("PUT", "/v1/accounts/{account}/credit-ceiling", a("/credit-ceiling"), eur("99.00"), CORRECT),
        ("POST", "/v1/accounts/{account}/credits", a("/credits"), credit, CORRECT),
        ("DELETE", "/v1/accounts/{account}/credits/{credit}", revoke, none.clone(), CORRECT),
        ("POST", "/v1/authorisations", plain("/v1/authorisations"), ask, USE),
        ("POST", "/v1/reservations/{reservation}/settle", format!("/v1/reservations/{held}/settle"), settle, USE),
        ("POST", "/v1/reservations/{reservation}/release", format!("/v1/reservations/{held}/release"), json!({}), USE),
        ("POST", "/v1/batches", plain("/v1/batches"), batch, USE),
        ("POST", "/v1/exchange-rates", plain("/v1/exchange-rates"), rates, CONFIGURE),
        ("GET", "/v1/exchange-rates", plain("/v1/exchange-rates"), none.clone(), READ),
        ("GET", "/v1/trial-balance", plain("/v1/trial-balance"), none.clone(), READ),
        ("GET", "/v1/events", plain("/v1/events"), none.clone(), READ),
        ("GET", "/health/live", plain("/health/live"), none.clone(), ALL),
        ("GET", "/health/ready", plain("/health/ready"), none.clone(), ALL),
        ("GET", "/metrics", plain("/metrics"), none, ALL),
    ];
    rows
}

#[tokio::test]
async fn everybody_may_do_what_the_role_says_and_nothing_else() {
    let world = World::new();
    for (method, _, path, body, who_may) in table(&world).await {
        for who in PEOPLE {
            let before = world.head().await;
            let mut ask = world.ask(who, method, &path);
            if !body.is_null() {
                ask = ask.json(&body);
            }
            let response = ask.open().await;
            let (status, what) = (response.status().as_u16(), format!("{who} {method} {path}"));
            let may = who_may.split(' ').any(|it| it == who);
            match (may, who) {
                (true, _) => assert!(!matches!(status, 401 | 403 | 500..), "{what}: {status}"),
                (false, "anonymous") => assert_eq!(status, 401, "{what}"),
                (false, _) => assert_eq!(status, 403, "{what}"),
            }
            if !may {
                assert_eq!(world.head().await, before, "{what} wrote");
            }
        }
    }
}

#[tokio::test]
async fn rights_come_before_what_is_asked() {
    let world = World::new();
    for (method, _, path, _, who_may) in table(&world).await {
        if who_may == ALL {
            continue;
        }
        let missing = path.replace("acc_1", "acc_999").replace("cus_1", "cus_999");
        for path in [path, missing] {
            let answer = world.ask("anonymous", method, &path).body("{").send().await;
            answer.problem(401, "unauthenticated");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            if who_may != READ {
                let answer = world.ask("reader", method, &path).body("{").send().await;
                answer.problem(403, "forbidden");
            }
        }
    }
}

#[tokio::test]
async fn a_key_that_is_not_one_of_ours_opens_nothing() {
    let world = World::new();
    for key in ["", "Bearer", "Bearer ", "Bearer spk_admin_0", "Basic YTpi", "bearer x"] {
        let ask = world.ask("anonymous", "GET", "/v1/customers").header("authorization", key);
        ask.send().await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn the_table_of_rights_has_every_address() {
    let world = World::new();
    let rows = table(&world).await;
    let rows: BTreeSet<String> = rows.iter().map(|it| format!("{} {}", it.0, it.1)).collect();
    let documented: BTreeSet<String> = documented(&world).await.into_iter().collect();
    assert_eq!(rows, documented);
}
