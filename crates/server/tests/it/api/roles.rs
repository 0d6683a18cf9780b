//! Who may do what: every address times every person.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::openapi::documented;
use super::provisioning;
use super::world::{PEOPLE, World, eur, payment, text};

const ALL: &str = "admin agent finance gateway reader anonymous";
const READ: &str = "admin agent finance gateway reader";
const DIRECTORY: &str = "admin agent finance";
const PAYMENTS: &str = "admin agent finance gateway";
const USE: &str = "admin agent finance gateway";
const CORRECT: &str = "admin agent finance";
const FINANCE: &str = "admin finance";
const PROVISION: &str = "admin agent finance gateway";
const CONFIGURE: &str = "admin";
/// A payment channel: no key opens it, only its own secret from an allowed address.
const CHANNEL: &str = "nobody";

/// Method, address as it is documented, the same with ids that exist, a body, who may.
pub type Row = (&'static str, String, String, Value, &'static str);

/// What the table works on: one of everything.
struct Ground {
    account: String,
    other: String,
    paid: String,
    credit: Value,
    revoke: String,
    settle: String,
    release: String,
    hook: String,
    told: String,
}

impl Ground {
    async fn new(world: &World) -> Self {
        let account = world.purse("50.00").await;
        let other = world.account("EUR").await;
        let paid = format!("/v1/payments/{}", world.pay(&account, "1.00").await);
        let credits = format!("/v1/accounts/{account}/credits");
        let credit = json!({"amount": "1.00", "currency": "EUR", "until": world.moment(3600)});
        let granted = world.post(&credits, credit.clone()).await.json(201);
        let revoke = format!("{credits}/{}", text(&granted["temporary_limit"]));
        let ask = json!({"account": account, "session": "s", "amount": "1.00", "currency": "EUR"});
        let held = world.post("/v1/authorisations", ask).await.json(200);
        let held = format!("/v1/reservations/{}", text(&held["reservation"]));
        let (settle, release) = (format!("{held}/settle"), format!("{held}/release"));
        let hook = json!({"url": "http://hooks.example/"});
        let hook = world.post("/v1/webhook-endpoints", hook).await.json(201);
        let hook = format!("/v1/webhook-endpoints/{}", text(&hook["id"]));
        let told = world.post(&format!("{hook}/test"), json!({})).await.json(202);
        let told = format!("/v1/webhook-deliveries/{}", text(&told["id"]));
        Self { account, other, paid, credit, revoke, settle, release, hook, told }
    }
}

pub async fn table(world: &World) -> Vec<Row> {
    let Ground { account, other, paid, credit, revoke, settle, release, hook, told } =
        Ground::new(world).await;
    let (none, empty) = (Value::Null, json!({}));
    let (name, open, twice) =
        (json!({"name": "Ann"}), json!({"currency": "EUR"}), json!({"reason": "twice"}));
    let rate = json!({"quote": "USD", "rate": "1.1"});
    let rates = json!({"base": "EUR", "source": "ecb", "rates": [rate]});
    let ask = json!({"account": account, "session": "t", "amount": "0.01", "currency": "EUR"});
    let transfer = json!({"from": account, "to": other, "amount": "0.01", "currency": "EUR"});
    let adjust = json!({"amount": "0.01", "currency": "EUR", "reason": "goodwill"});
    let row = |method, documented: &str, path: &str, body: &Value, who| -> Row {
        (method, documented.to_owned(), path.to_owned(), body.clone(), who)
    };
    let plain = |method, path: &str, body: &Value, who| row(method, path, path, body, who);
    let of_cus_1 = |method, rest: &str, body: &Value, who| {
        let documented = format!("/v1/customers/{{customer}}{rest}");
        row(method, &documented, &format!("/v1/customers/cus_1{rest}"), body, who)
    };
    let channel = |method, rest: &str| {
        let (documented, path) = ("/channels/kiosk/{channel}", "/channels/kiosk/osmp");
        let path = format!("{path}{rest}?date=2026-11-02");
        row(method, &format!("{documented}{rest}"), &path, &none, CHANNEL)
    };
    let on = |method, rest: &str, body: &Value, who| {
        let documented = format!("/v1/accounts/{{account}}{rest}");
        row(method, &documented, &format!("/v1/accounts/{account}{rest}"), body, who)
    };
    let rows = vec![
        plain("POST", "/v1/customers", &name, DIRECTORY),
        plain("GET", "/v1/customers", &none, READ),
        of_cus_1("GET", "", &none, READ),
        of_cus_1("PUT", "", &name, DIRECTORY),
        of_cus_1("POST", "/accounts", &open, DIRECTORY),
        on("GET", "", &none, READ),
        on("GET", "/entries", &none, READ),
        on("GET", "/statement", &none, READ),
        on("PUT", "/name", &name, DIRECTORY),
        on("POST", "/close", &none, DIRECTORY),
        on("POST", "/payments", &payment("matrix", "1.00", "EUR"), PAYMENTS),
        row("GET", "/v1/payments/{payment}", &paid, &none, READ),
        row("POST", "/v1/payments/{payment}/cancel", &format!("{paid}/cancel"), &twice, PAYMENTS),
        on("POST", "/charges", &eur("0.01"), USE),
        on("POST", "/adjustments", &adjust, CORRECT),
        plain("POST", "/v1/transfers", &transfer, CORRECT),
        on("PUT", "/credit-limit", &eur("1.00"), CORRECT),
        on("PUT", "/credit-ceiling", &eur("99.00"), CORRECT),
        on("POST", "/credits", &credit, CORRECT),
        row("DELETE", "/v1/accounts/{account}/credits/{credit}", &revoke, &none, CORRECT),
        plain("POST", "/v1/authorisations", &ask, USE),
        row("POST", "/v1/reservations/{reservation}/settle", &settle, &eur("0.01"), USE),
        row("POST", "/v1/reservations/{reservation}/release", &release, &empty, USE),
        plain("POST", "/v1/batches", &json!({"operations": []}), USE),
        row("POST", "/v1/bank-statements", "/v1/bank-statements?channel=main", &none, PAYMENTS),
        row("POST", "/channels/stripe/{channel}", "/channels/stripe/cards", &none, ALL),
        plain("POST", "/v1/exchange-rates", &rates, CONFIGURE),
        plain("GET", "/v1/exchange-rates", &none, READ),
        plain("GET", "/v1/events", &none, READ),
        channel("GET", ""),
        channel("POST", ""),
        channel("GET", "/registry"),
        channel("POST", "/registry"),
        plain("GET", "/health/live", &none, ALL),
        plain("GET", "/health/ready", &none, ALL),
        plain("GET", "/metrics", &none, ALL),
    ];
    let back = money_back_rows(world, &account).await;
    let fixed = [report_rows(), webhook_rows(&hook, &told), promise_rows(&account)];
    [rows, back, fixed.concat(), provisioning_rows(world).await, service_rows(world).await].concat()
}

/// Payments that wait, go back, or are given up.
async fn money_back_rows(world: &World, account: &str) -> Vec<Row> {
    let (none, why) = (Value::Null, json!({"reason": "x"}));
    let lost = async |reference: &str| {
        let body = payment(reference, "1.00", "EUR");
        text(&world.post("/v1/payments", body).await.json(201)["payment"])
    };
    let (waiting, other) = (lost("lost-1").await, lost("lost-2").await);
    let paid = world.pay(account, "9.00").await;
    let part = json!({"amount": "1.00", "currency": "EUR", "reason": "x"});
    let ask = async || {
        let ask = world.ask("agent", "POST", &format!("/v1/payments/{paid}/refund"));
        text(&ask.json(&part).send().await.json(202)["refund"])
    };
    let (approved, rejected) = (ask().await, ask().await);
    let row = |method, documented: &str, id: &str, body: &Value, who| -> Row {
        let path = match documented.split_once('{') {
            None => documented.to_owned(),
            Some((before, after)) => {
                format!("{before}{id}{}", after.split_once('}').expect("closed").1)
            }
        };
        (method, documented.to_owned(), path, body.clone(), who)
    };
    let waits = "/v1/unallocated-payments";
    let of_account = |method, rest: &str, body: &Value, who| {
        row(method, &format!("/v1/accounts/{{account}}{rest}"), account, body, who)
    };
    let (lock, allocate) = (json!({"locked": false, "reason": "x"}), json!({"account": account}));
    let opening = eur("-2.00");
    vec![
        row("POST", "/v1/payments", "", &payment("lost-3", "1.00", "EUR"), PAYMENTS),
        row("GET", waits, "", &none, READ),
        row("POST", &format!("{waits}/{{payment}}/allocate"), &waiting, &allocate, FINANCE),
        row("POST", &format!("{waits}/{{payment}}/return"), &other, &why, FINANCE),
        row("POST", "/v1/payments/{payment}/charge-back", &paid, &part, FINANCE),
        row("POST", "/v1/payments/{payment}/refund", &paid, &part, CORRECT),
        row("GET", "/v1/refunds", "", &none, READ),
        row("GET", "/v1/refunds/{refund}", &approved, &none, READ),
        row("POST", "/v1/refunds/{refund}/approve", &approved, &json!({}), FINANCE),
        row("POST", "/v1/refunds/{refund}/reject", &rejected, &why, CORRECT),
        of_account("PUT", "/payments-locked", &lock, CORRECT),
        of_account("POST", "/opening-balance", &opening, FINANCE),
        of_account("POST", "/write-offs", &why, FINANCE),
        of_account("POST", "/write-offs/recover", &why, FINANCE),
    ]
}

/// What is sold, who has it, and what becomes of it.
async fn service_rows(world: &World) -> Vec<Row> {
    let account = world.purse("50.00").await;
    let every = json!({"count": 1, "unit": "month"});
    let plan = json!({"title": "Plan", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": "1.00", "every": every}});
    let film = json!({"title": "Film", "currency": "EUR", "mode": "prepaid",
        "one_time": {"price": "0.10"}});
    for (name, service) in [("plan", &plan), ("other", &plan), ("film", &film)] {
        let path = format!("/v1/services/{name}");
        let set = world.ask("admin", "PUT", &path).json(service);
        set.send().await.json(200);
    }
    let open = json!({"account": account, "service": "plan"});
    let opened = world.post("/v1/subscriptions", open.clone()).await.json(201);
    let id = text(&opened["subscription"]);
    let row = |method, documented: &str, path: String, body: Value, who| -> Row {
        (method, documented.to_owned(), path, body, who)
    };
    let on = |method, rest: &str, body: Value, who| {
        let documented = format!("/v1/subscriptions/{{subscription}}{rest}");
        row(method, &documented, format!("/v1/subscriptions/{id}{rest}"), body, who)
    };
    let (none, empty) = (Value::Null, json!({}));
    let listed = format!("/v1/subscriptions?account={account}");
    let buy = json!({"account": account, "service": "film"});
    let service = "/v1/services/{service}";
    let ahead = format!("/v1/accounts/{account}/forecast");
    vec![
        row("GET", "/v1/services", "/v1/services".into(), none.clone(), READ),
        row("GET", service, "/v1/services/plan".into(), none.clone(), READ),
        row("PUT", service, "/v1/services/plan".into(), plan, CONFIGURE),
        row("POST", "/v1/subscriptions", "/v1/subscriptions".into(), open, DIRECTORY),
        row("GET", "/v1/subscriptions", listed, none.clone(), READ),
        on("GET", "", none.clone(), READ),
        on("PATCH", "", json!({"priority": 7}), DIRECTORY),
        on("POST", "/suspend", empty.clone(), DIRECTORY),
        on("POST", "/resume", empty.clone(), DIRECTORY),
        on("POST", "/plan", json!({"service": "other"}), DIRECTORY),
        on("POST", "/close", empty, DIRECTORY),
        row("POST", "/v1/purchases", "/v1/purchases".into(), buy, USE),
        row("GET", "/v1/accounts/{account}/forecast", ahead, none, READ),
    ]
}

/// Commands to the network; the one that is there waits for people.
async fn provisioning_rows(world: &World) -> Vec<Row> {
    let command = provisioning::switch(world, None, 1, true).await;
    let (commands, adapters) = ("/v1/provisioning/commands", "/v1/provisioning/adapters");
    let of_command = |method, rest: &str, body: Value, who| -> Row {
        let documented = format!("{commands}/{{command}}{rest}");
        (method, documented, format!("{commands}/{command}{rest}"), body, who)
    };
    let reconcile = "/v1/provisioning/reconciliation";
    let done = json!({"outcome": "done"});
    vec![
        ("GET", commands.to_owned(), commands.to_owned(), Value::Null, READ),
        ("GET", adapters.to_owned(), adapters.to_owned(), Value::Null, READ),
        of_command("GET", "", Value::Null, READ),
        of_command("POST", "/retry", json!({}), PROVISION),
        of_command("POST", "/acknowledge", done, PROVISION),
        ("POST", reconcile.to_owned(), reconcile.to_owned(), json!({"found": []}), PROVISION),
    ]
}

fn report_rows() -> Vec<Row> {
    let row =
        |path: &str, who| -> Row { ("GET", path.to_owned(), path.to_owned(), Value::Null, who) };
    vec![
        row("/v1/trial-balance", READ),
        row("/v1/receivables", READ),
        row("/v1/receivables/debtors", READ),
        row("/v1/audit", FINANCE),
        row("/v1/sign-ins", FINANCE),
        row("/v1/clock", READ),
        ("POST", "/v1/clock".into(), "/v1/clock".into(), json!({"forward_seconds": 1}), CONFIGURE),
    ]
}

/// Endpoints and deliveries; the endpoint is deleted last.
fn webhook_rows(hook: &str, told: &str) -> Vec<Row> {
    let (none, empty) = (Value::Null, json!({}));
    let hooks = json!({"url": "http://hooks.example/"});
    let row = |method, documented: &str, path: &str, body: &Value| -> Row {
        (method, documented.to_owned(), path.to_owned(), body.clone(), CONFIGURE)
    };
    let of_hook = |method, rest: &str, body: &Value| {
        let documented = format!("/v1/webhook-endpoints/{{endpoint}}{rest}");
        row(method, &documented, &format!("{hook}{rest}"), body)
    };
    let all = "/v1/webhook-endpoints";
    let (delivery, retry) =
        ("/v1/webhook-deliveries/{delivery}", "/v1/webhook-deliveries/{delivery}/retry");
    vec![
        row("GET", all, all, &none),
        row("POST", all, all, &hooks),
        of_hook("GET", "", &none),
        of_hook("PUT", "", &hooks),
        of_hook("POST", "/rotate-secret", &empty),
        of_hook("POST", "/test", &empty),
        of_hook("POST", "/replay", &json!({"from": 1})),
        of_hook("GET", "/deliveries", &none),
        row("GET", delivery, told, &none),
        row("POST", retry, &format!("{told}/retry"), &empty),
        of_hook("DELETE", "", &none),
    ]
}

/// Promised payments, plans and alerts; the policy is there before it is granted by, and withdrawn.
fn promise_rows(account: &str) -> Vec<Row> {
    let none = Value::Null;
    let row = |method, documented: &str, body: &Value, who| -> Row {
        let path = documented.replace("{account}", account);
        (method, documented.to_owned(), path, body.clone(), who)
    };
    let rules = json!({"amount": {"fixed": "1.00"}, "duration": {"hours": 1}});
    let policy = json!({"currency": "EUR", "rules": rules});
    let plan = json!({"plan": "tv", "monthly_fee": "1.00", "currency": "EUR"});
    let alerts = json!({"balance_below": ["1.00"], "currency": "EUR"});
    let policies = "/v1/promised-payment-policies";
    let withdraw = format!("{policies}?currency=EUR");
    vec![
        row("PUT", policies, &policy, CONFIGURE),
        row("GET", policies, &none, READ),
        row("GET", "/v1/accounts/{account}/promised-payment/offer", &none, READ),
        row("POST", "/v1/accounts/{account}/promised-payment", &json!({}), CORRECT),
        row("GET", "/v1/accounts/{account}/promised-payments", &none, READ),
        row("GET", "/v1/promised-payments", &none, READ),
        row("PUT", "/v1/accounts/{account}/plan", &plan, DIRECTORY),
        row("DELETE", "/v1/accounts/{account}/plan", &none, DIRECTORY),
        row("PUT", "/v1/accounts/{account}/alerts", &alerts, DIRECTORY),
        ("DELETE", policies.to_owned(), withdraw, none, CONFIGURE),
    ]
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
                (false, _) if who_may == CHANNEL => assert_eq!(status, 403, "{what}"),
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
        if who_may == ALL || who_may == CHANNEL {
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
