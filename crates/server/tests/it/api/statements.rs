//! Statements: what is in them, where a period begins and ends, and their forms.

use serde_json::{Value, json};

use super::console::desk::client;
use super::world::{Answer, World, eur, payment, text};

async fn statement(world: &World, account: &str, query: &str) -> Value {
    let path = format!("/v1/accounts/{account}/statement?{query}");
    world.ask("reader", "GET", &path).send().await.json(200)
}

async fn in_format(world: &World, account: &str, query: &str) -> Answer {
    let path = format!("/v1/accounts/{account}/statement?{query}");
    let answer = world.get(&path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn body(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).expect("UTF-8")
}

/// The decimal number as units of a cent's ten-thousandth.
fn units(value: &Value) -> i64 {
    let text = text(value);
    let (whole, fraction) = text.split_once('.').expect("euros have cents");
    format!("{whole}{fraction:0<6}").parse().expect("digits")
}

/// Opening balance and lines add up to the closing balance, and so do the sums.
#[track_caller]
fn check_adds_up(found: &Value) {
    let mut balance = units(&found["opening_balance"]["amount"]);
    let closing = units(&found["closing_balance"]["amount"]);
    let mut sums = balance;
    for line in found["lines"].as_array().expect("lines") {
        balance += units(&line["amount"]);
        assert_eq!(units(&line["balance"]), balance, "{line}");
        if let Some(parts) = line["parts"].as_array() {
            let parts: i64 = parts.iter().map(|it| units(&it["amount"])).sum();
            assert_eq!(parts, units(&line["amount"]), "{line}");
        }
    }
    for sum in found["sums"].as_array().expect("sums") {
        sums += units(&sum["money_in"]) - units(&sum["money_out"]);
    }
    assert_eq!((balance, sums), (closing, closing), "{found}");
}

fn kinds(found: &Value) -> Vec<&str> {
    found["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect()
}

/// An account on which something of everything has happened, a minute apart.
async fn lived_in(world: &World) -> String {
    let rates = json!({"base": "EUR", "source": "ecb", "valid_from": world.moment(-60),
        "rates": [{"quote": "USD", "rate": "1.25"}]});
    world.post("/v1/exchange-rates", rates).await.json(201);
    let account = world.account_with(json!({"currency": "EUR", "name": "Internet"})).await;
    let other = world.account("EUR").await;
    let on = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    world.advance(60);
    world.post(&on("payments"), payment("R-1", "25.00", "USD")).await.json(201);
    world.advance(60);
    let charge = json!({"amount": "1.50", "currency": "EUR", "service": "internet",
        "reference": "=A1", "description": "first, \"day\""});
    world.post(&on("charges"), charge).await.json(201);
    world.advance(60);
    let ask = json!({"account": account, "session": "call-1", "service": "call",
        "amount": "3.00", "currency": "EUR"});
    let held = world.post("/v1/authorisations", ask).await.json(200);
    let held = format!("/v1/reservations/{}/settle", text(&held["reservation"]));
    world.post(&held, eur("0.40")).await.json(200);
    world.advance(60);
    world.pay(&account, "5.00").await;
    world.advance(60);
    let mut last = eur("0.25");
    last["final"] = json!(true);
    world.post(&held, last).await.json(200);
    world.advance(60);
    let sent = json!({"from": account, "to": other, "amount": "2.00", "currency": "EUR"});
    world.post("/v1/transfers", sent).await.json(201);
    account
}

#[tokio::test]
async fn a_statement_says_what_moved_and_adds_up() {
    let world = World::new();
    let account = lived_in(&world).await;
    let found = statement(&world, &account, "").await;
    check_adds_up(&found);
    assert_eq!(found["opening_balance"], eur("0.00"));
    assert_eq!(found["closing_balance"], eur("20.85"));
    assert_eq!(kinds(&found), ["payment", "charge", "payment", "session", "transfer_out"]);
    assert_eq!(found["from"], "2026-11-01T00:00:00Z");
    assert_eq!(found["to"], world.moment(0));
    assert_eq!(
        found["now"],
        json!({"held": eur("0.00"), "credit": eur("0.00"),
        "available": eur("20.85")})
    );
    assert_eq!(found["account_name"], "Internet");
    assert_eq!(found["customer_name"], "Amélie Tetuanui");
    let lines = &found["lines"];
    assert_eq!(lines[0]["description"], "Payment · cash");
    assert_eq!(lines[0]["conversion"]["original"], json!({"amount": "25.00", "currency": "USD"}));
    assert_eq!(lines[0]["conversion"]["rates"][0]["rate"], "1.25");
    assert_eq!(lines[0]["conversion"]["rates"][0]["source"], "ecb");
    assert_eq!(lines[3]["session"], "call-1");
    assert_eq!(lines[3]["parts"].as_array().map(Vec::len), Some(2));
    // The payment in the middle of the call: the line adds up, the part is the journal's.
    assert_eq!(lines[2]["balance"], "23.50");
    assert_eq!(lines[3]["parts"][0]["balance"], "18.10");
    assert_eq!(lines[4]["description"], "Transfer to account 100000025");
    let sums = found["sums"].as_array().unwrap();
    let session = json!({"kind": "session", "entries": 2, "money_in": "0.00", "money_out": "0.65"});
    assert!(sums.contains(&session), "{sums:?}");
    assert_eq!(sums[0]["kind"], "payment");
}

#[tokio::test]
async fn entries_that_move_nothing_are_shown_when_asked_for() {
    let world = World::new();
    let account = lived_in(&world).await;
    let found = statement(&world, &account, "all=true").await;
    check_adds_up(&found);
    let expected = ["account_opened", "payment", "charge", "payment", "session", "transfer_out"];
    assert_eq!(kinds(&found), expected);
    assert_eq!(found["lines"][4]["parts"][0]["kind"], "authorised");
}

#[tokio::test]
async fn the_beginning_is_in_the_period_and_the_end_is_not() {
    let world = World::new();
    let account = world.account("EUR").await;
    let mut moments = Vec::new();
    for _ in 0..4 {
        world.advance(3600);
        moments.push(world.moment(0));
        world.pay(&account, "1.00").await;
    }
    world.advance(60);
    let (from, to) = (&moments[1], &moments[3]);
    let found = statement(&world, &account, &format!("from={from}&to={to}")).await;
    check_adds_up(&found);
    assert_eq!(found["opening_balance"], eur("1.00"));
    assert_eq!(found["closing_balance"], eur("3.00"));
    let at: Vec<String> =
        found["lines"].as_array().unwrap().iter().map(|it| text(&it["at"])).collect();
    assert_eq!(at, moments[1..3]);
    assert!(found.get("now").is_none(), "{found}");
    // Nothing moved, and what stood before still stands.
    for (from, to) in [(&moments[2], &moments[2]), (&world.moment(-30), &world.moment(-10))] {
        let found = statement(&world, &account, &format!("from={from}&to={to}")).await;
        assert_eq!(found["lines"], json!([]));
        assert_eq!(found["opening_balance"], found["closing_balance"]);
    }
    let before = statement(&world, &account, "from=2025-01-01&to=2025-02-01").await;
    assert_eq!(before["closing_balance"], eur("0.00"));
    // Two periods that meet have each entry once.
    let first = statement(&world, &account, &format!("to={to}")).await;
    let second = statement(&world, &account, &format!("from={to}")).await;
    assert_eq!(first["closing_balance"], second["opening_balance"]);
    assert_eq!(kinds(&first).len() + kinds(&second).len(), 4);
}

#[tokio::test]
async fn days_begin_where_the_time_zone_says() {
    let world = World::with(|it| it.time_zone = "Pacific/Tahiti".into());
    let account = world.account("XPF").await;
    let found = statement(&world, &account, "from=2026-11-01&to=2026-11-02").await;
    assert_eq!(found["from"], "2026-11-01T10:00:00Z");
    assert_eq!(
        (&found["to"], &found["time_zone"]),
        (&json!("2026-11-02T10:00:00Z"), &json!("Pacific/Tahiti"))
    );
    // In Madrid the summer ended with a day of 25 hours.
    let asked = "from=2026-10-25&to=2026-10-26&time_zone=Europe/Madrid";
    let found = statement(&world, &account, asked).await;
    assert_eq!(found["from"], "2026-10-24T22:00:00Z");
    assert_eq!(found["to"], "2026-10-25T23:00:00Z");
    // A month that ends at its end is that month.
    let found = statement(&world, &account, "to=2026-11-01").await;
    assert_eq!(found["from"], "2026-10-01T10:00:00Z");
}

#[tokio::test]
async fn of_the_future_a_statement_has_what_there_is_now() {
    let world = World::new();
    let account = world.purse("7.00").await;
    let found = statement(&world, &account, "to=2026-12-01").await;
    assert_eq!(found["to"], world.moment(0));
    assert_eq!(found["closing_balance"], eur("7.00"));
    assert_eq!(found["now"]["available"], eur("7.00"));
}

#[tokio::test]
async fn what_cannot_be_understood_is_named() {
    let world = World::new();
    let account = world.purse("1.00").await;
    for (query, field) in [
        ("format=xls", "format"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-11-02T10:00", "from"),
        ("from=2027-01-01", "from"),
        ("from=2026-11-02&to=2026-11-01", "from"),
        ("to=", "to"),
        ("to=2026-13-01", "to"),
        ("time_zone=Mars/Olympus", "time_zone"),
        ("lang=tlh", "lang"),
        ("all=perhaps", "all"),
        ("until=2026-11-01", "until"),
    ] {
        let path = format!("/v1/accounts/{account}/statement?{query}");
        world.get(&path).await.malformed(field);
    }
    world.get("/v1/accounts/acc_999/statement").await.problem(404, "account_not_found");
}

#[tokio::test]
async fn a_period_with_too_many_entries_is_refused() {
    let world = World::with(|it| it.limits.statement_entries_max = 3);
    let account = world.purse("1.00").await;
    world.pay(&account, "1.00").await;
    assert_eq!(kinds(&statement(&world, &account, "").await).len(), 2);
    world.pay(&account, "1.00").await;
    let path = format!("/v1/accounts/{account}/statement");
    world.get(&path).await.problem(422, "statement_too_long");
}

#[tokio::test]
async fn comma_separated_values_have_every_entry_and_no_formula() {
    let world = World::new();
    let account = lived_in(&world).await;
    let answer = in_format(&world, &account, "format=csv").await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let file = "attachment; filename=\"statement-100000017-2026-11-01.csv\"";
    assert_eq!(answer.headers["content-disposition"], file);
    let expected = "\
position,at,kind,description,name,reference,note,session,reservation,amount,currency,balance,\
original_amount,original_currency,rate,rate_pair,rate_valid_from,rate_source
,2026-11-01T00:00:00Z,brought_forward,,,,,,,,EUR,0.00,,,,,,
6,2026-11-02T10:01:00Z,payment,Payment · cash,cash,R-1,,,,20.00,EUR,20.00,\
25.00,USD,1.25,EUR/USD,2026-11-02T09:59:00Z,ecb
7,2026-11-02T10:02:00Z,charge,Charge · internet,internet,'=A1,\"first, \"\"day\"\"\",,,-1.50,EUR,\
18.50,,,,,,
9,2026-11-02T10:03:00Z,settled,Use · call,call,,,call-1,res_1-1,-0.40,EUR,18.10,,,,,,
10,2026-11-02T10:04:00Z,payment,Payment · cash,cash,receipt-0,,,,5.00,EUR,23.10,,,,,,
11,2026-11-02T10:05:00Z,settled_final,\"Use, end · call\",call,,,call-1,res_1-1,-0.25,EUR,\
22.85,,,,,,
12,2026-11-02T10:06:00Z,transfer_out,Transfer to account 100000025,,,,,,-2.00,EUR,20.85,,,,,,
,2026-11-02T10:06:00Z,carried_forward,,,,,,,,EUR,20.85,,,,,,
";
    assert_eq!(body(&answer), expected.replace('\n', "\r\n"));
}

#[tokio::test]
async fn a_page_runs_nothing_and_a_document_is_one() {
    let world = World::with(|it| {
        it.provider.name = "Télé <Pacifique>".into();
        it.provider.address = "1 rue du Port\nPapeete".into();
    });
    let account = lived_in(&world).await;
    let page = in_format(&world, &account, "format=html&lang=fr").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let html = body(&page);
    for found in ["Relevé de compte", "Amélie Tetuanui", "Télé &#60;Pacifique&#62;", "Papeete"]
    {
        assert!(html.contains(found), "{found}: {html}");
    }
    let document = in_format(&world, &account, "format=pdf").await;
    assert_eq!(document.headers["content-type"], "application/pdf");
    assert!(document.body.starts_with(b"%PDF-"));
}

#[tokio::test]
async fn the_accept_header_chooses_where_the_query_does_not() {
    let world = World::new();
    let account = world.purse("1.00").await;
    let path = format!("/v1/accounts/{account}/statement");
    for (accept, kind) in [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/pdf;q=0.9, text/csv;q=0.5", "application/pdf"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("image/png", "application/json"),
    ] {
        let answer = world.ask("reader", "GET", &path).header("accept", accept).send().await;
        assert_eq!(answer.headers["content-type"], kind, "{accept}");
        assert_eq!(answer.headers["vary"], "accept");
    }
    let both = format!("{path}?format=json");
    world.ask("reader", "GET", &both).header("accept", "text/csv").send().await.json(200);
}

#[tokio::test]
async fn a_customer_reads_in_the_own_language() {
    let world = World::new();
    let customer = json!({"name": "Анна", "language": "ru-RU"});
    let customer = text(&world.post("/v1/customers", customer).await.json(201)["id"]);
    let path = format!("/v1/customers/{customer}/accounts");
    let account = text(&world.post(&path, json!({"currency": "EUR"})).await.json(201)["id"]);
    world.pay(&account, "1.00").await;
    let found = statement(&world, &account, "").await;
    assert_eq!(found["lines"][0]["description"], "Платёж · наличные");
    assert_eq!(found["lines"][0]["name"], "cash", "a program reads the same in every language");
    let found = statement(&world, &account, "lang=es-MX").await;
    assert_eq!(found["lines"][0]["description"], "Pago · efectivo");
}

#[tokio::test]
async fn a_service_is_called_by_its_title() {
    let world = World::new();
    let client = client(&world).await;
    world.pay(&client.account, "19.90").await;
    let found = statement(&world, &client.account, "").await;
    let fee = &found["lines"][1];
    assert_eq!(
        (&fee["description"], &fee["name"]),
        (&json!("Fee · Internet 100"), &json!("internet-100"))
    );
    let page = in_format(&world, &client.account, "format=html").await;
    assert!(body(&page).contains("Fee · Internet 100"), "{}", body(&page));
    assert!(!body(&page).contains("internet-100"), "{}", body(&page));
    // One that is no service of the account's any more, too.
    let path = format!("/v1/subscriptions/{}/close", client.subscription);
    world.post(&path, json!({})).await.json(200);
    let found = statement(&world, &client.account, "all=true").await;
    let lines = found["lines"].as_array().expect("lines");
    let told: Vec<_> = lines.iter().map(|it| text(&it["description"])).collect();
    assert!(told.contains(&"Service ended · Internet 100".to_owned()), "{told:?}");
}
