//! Payment terminals: check, pay, cancel, status, and the registry of a day.

use std::collections::BTreeSet;

use serde_json::json;
use server::channels::KioskConfig;
use server::config::Config;

use super::world::{Answer, Ask, World, text};

/// A terminal's address, and the secret that goes with it.
const TERMINAL: &str = "91.232.230.7";
const BASIC: &str = "Basic b3NtcDpvcGVuIHNlc2FtZQ==";

fn kiosk(more: &str) -> KioskConfig {
    let text = format!(
        "secret = 'open sesame'\nallow = ['91.232.230.0/23']\ncurrency = 'EUR'\n\
         minimum = '1.00'\nmaximum = '500.00'\ntime_zone = 'Europe/Paris'\n{more}"
    );
    toml::from_str(&text).expect("a channel")
}

pub(super) fn world() -> World {
    World::with(with_kiosks)
}

fn with_kiosks(config: &mut Config) {
    config.channels.kiosk.insert("osmp".into(), kiosk(""));
    config.channels.kiosk.insert("other".into(), kiosk("secret_parameter = 'password'"));
    config.trusted_proxies = vec!["10.0.0.1".parse().expect("an address")];
}

pub(super) fn terminal(world: &World, method: &str, path: &str) -> Ask {
    world.ask("anonymous", method, path).address(TERMINAL).header("authorization", BASIC)
}

pub(super) async fn call(world: &World, query: &str) -> Answer {
    let answer = terminal(world, "GET", &format!("/channels/kiosk/osmp?{query}")).send().await;
    assert_eq!(answer.status, 200, "{} answered {}", answer.what, xml(&answer));
    assert_eq!(answer.headers["content-type"], "text/xml; charset=utf-8");
    answer
}

pub(super) fn xml(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).expect("UTF-8")
}

/// What stands in an element of the answer.
pub(super) fn element(answer: &Answer, name: &str) -> String {
    let xml = xml(answer);
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let found = xml.split_once(&open).and_then(|it| it.1.split_once(&close));
    found.map_or(String::new(), |it| it.0.to_owned())
}

#[track_caller]
pub(super) fn result(answer: &Answer, code: u16) {
    assert_eq!(element(answer, "result"), code.to_string(), "{} {}", answer.what, xml(answer));
}

pub(super) async fn number(world: &World, account: &str) -> String {
    text(&world.look(account).await["number"])
}

pub(super) fn pay(txn_id: u64, number: &str, sum: &str) -> String {
    format!("command=pay&txn_id={txn_id}&txn_date=20261102105900&account={number}&sum={sum}")
}

#[tokio::test]
async fn a_check_shows_whom_and_moves_nothing() {
    let world = world();
    let account = world.account("EUR").await;
    let charge = json!({"amount": "7.50", "currency": "EUR", "after_use": true});
    world.post(&format!("/v1/accounts/{account}/charges"), charge).await.json(201);
    let number = number(&world, &account).await;
    let before = world.head().await;
    let blanks = format!("{}+{}", &number[..3], &number[3..]);
    for number in [&number, &blanks] {
        let query = format!("command=check&txn_id=1&account={number}&sum=10.00");
        let answer = call(&world, &query).await;
        result(&answer, 0);
        assert_eq!(element(&answer, "osmp_txn_id"), "1");
        let fields = element(&answer, "fields");
        let expected = "<field1 name=\"name\">A*** T***</field1>\
            <field2 name=\"balance\">-7.50</field2><field3 name=\"currency\">EUR</field3>\
            <field4 name=\"recommended_sum\">7.50</field4>";
        assert_eq!(fields, expected);
    }
    let mistyped = format!("{}{}", &number[..8], (number[8..].parse::<u8>().unwrap() + 1) % 10);
    for (account, sum, code) in [
        (mistyped.as_str(), "10.00", 4),
        ("4711", "10.00", 5),
        ("ZZ-1", "10.00", 5),
        (&number, "0.99", 241),
        (&number, "500.01", 242),
    ] {
        let query = format!("command=check&txn_id=1&account={account}&sum={sum}");
        result(&call(&world, &query).await, code);
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_check_says_when_the_account_would_not_take_the_money() {
    let world = world();
    let (dollars, closed) = (world.account("USD").await, world.account("EUR").await);
    let (dollars_number, closed_number) =
        (number(&world, &dollars).await, number(&world, &closed).await);
    let check = |number: &str| format!("command=check&txn_id=1&account={number}&sum=10.00");
    world.post(&format!("/v1/accounts/{closed}/close"), json!({})).await.json(200);
    let before = world.head().await;
    result(&call(&world, &check(&dollars_number)).await, 8);
    result(&call(&world, &check(&closed_number)).await, 79);
    assert_eq!(world.head().await, before);
    let rate = json!({"quote": "USD", "rate": "1.1"});
    let rates = json!({"base": "EUR", "source": "ecb", "rates": [rate]});
    world.post("/v1/exchange-rates", rates).await.json(201);
    result(&call(&world, &check(&dollars_number)).await, 0);
    let paid = call(&world, &pay(1, &dollars_number, "10.00")).await;
    assert_eq!((element(&paid, "result"), element(&paid, "sum")), ("0".into(), "10.00".into()));
    assert_eq!(call(&world, &pay(1, &dollars_number, "10.00")).await.body, paid.body);
    assert_eq!(world.look(&dollars).await["balance"]["amount"], "11.00");
}

#[tokio::test]
async fn a_payment_is_taken_once_and_answered_alike_for_ever() {
    let mut world = world();
    let account = world.account("EUR").await;
    let number = number(&world, &account).await;
    let query = pay(123, &number, "10.50");
    let first = call(&world, &query).await;
    result(&first, 0);
    assert_eq!(element(&first, "osmp_txn_id"), "123");
    assert_eq!(element(&first, "sum"), "10.50");
    let payment = world.get(&format!("/v1/payments/pay_{}", element(&first, "prv_txn"))).await;
    let payment = payment.json(200);
    assert_eq!(
        (&payment["reference"], &payment["contra"]),
        (&json!("123"), &json!("payments:osmp"))
    );
    assert_eq!((&payment["actor"], &payment["channel"]), (&json!("osmp"), &json!("kiosk")));
    assert_eq!(payment["paid_at"], "2026-11-02T09:59:00Z");
    world.pay(&account, "1.00").await;
    world.advance(86_400);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let before = world.head().await;
        assert_eq!(call(&world, &query).await.body, first.body);
        // As a form it is the same request.
        let form = terminal(&world, "POST", "/channels/kiosk/osmp").body(query.clone());
        assert_eq!(form.send().await.body, first.body);
        let (other, other_sum) = (world.account("EUR").await, pay(123, &number, "10.51"));
        let other = pay(123, &self::number(&world, &other).await, "10.50");
        let head = world.head().await;
        for query in [other, other_sum] {
            let stable = call(&world, &query).await;
            result(&stable, 300);
            assert!(element(&stable, "comment").contains("differs"), "{}", xml(&stable));
            assert_eq!(call(&world, &query).await.body, stable.body);
        }
        assert_eq!(world.head().await, head);
        assert_eq!(head, before + 2, "only the other customer and account");
    }
    assert_eq!(world.look(&account).await["balance"]["amount"], "11.50");
}

#[tokio::test]
async fn a_payment_that_was_taken_keeps_its_answer_under_narrower_bounds() {
    let mut world = world();
    let account = world.account("EUR").await;
    let query = pay(5, &number(&world, &account).await, "400.00");
    let first = call(&world, &query).await;
    result(&first, 0);
    world.change(|it| {
        it.channels.kiosk.get_mut("osmp").expect("osmp").common.maximum = Some("100.00".into());
    });
    assert_eq!(call(&world, &query).await.body, first.body);
    result(&call(&world, &query.replace("txn_id=5", "txn_id=6")).await, 242);
}

#[tokio::test]
async fn fifty_at_once_are_one_payment() {
    let world = world();
    let account = world.account("EUR").await;
    let number = number(&world, &account).await;
    let before = world.head().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let query = format!("/channels/kiosk/osmp?{}", pay(9, &number, "3.00"));
        tasks.spawn(terminal(&world, "GET", &query).send());
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.len(), 50);
    result(&answers[0], 0);
    assert!(answers.iter().all(|it| it.body == answers[0].body));
    assert_eq!(world.head().await, before + 1);
    assert_eq!(world.look(&account).await["balance"]["amount"], "3.00");
}

#[tokio::test]
async fn a_payment_is_cancelled_whole_and_once() {
    let world = world();
    let account = world.account("EUR").await;
    let number = number(&world, &account).await;
    let unknown = call(&world, "command=status&txn_id=7").await;
    result(&unknown, 90);
    assert_eq!(element(&unknown, "state"), "unknown");
    result(&call(&world, "command=cancel&txn_id=7").await, 300);
    let paid = call(&world, &pay(7, &number, "20.00")).await;
    let position = element(&paid, "prv_txn");
    let status = call(&world, "command=status&txn_id=7").await;
    result(&status, 0);
    assert_eq!(
        (element(&status, "state"), element(&status, "prv_txn")),
        ("paid".into(), position.clone())
    );
    let before = world.head().await;
    let other: u64 = position.parse::<u64>().unwrap() + 1;
    for wrong in ["sum=19.99", &format!("prv_txn={other}"), "prv_txn=-1"] {
        result(&call(&world, &format!("command=cancel&txn_id=7&{wrong}")).await, 300);
    }
    assert_eq!(world.head().await, before);
    let query = format!("command=cancel&txn_id=7&prv_txn={position}&sum=20.00");
    let first = call(&world, &query).await;
    result(&first, 0);
    assert_eq!(element(&first, "prv_txn"), position);
    assert_eq!(call(&world, &query).await.body, first.body);
    assert_eq!(world.head().await, before + 1);
    assert_eq!(world.look(&account).await["balance"]["amount"], "0.00");
    let status = call(&world, "command=status&txn_id=7").await;
    result(&status, 300);
    assert_eq!(element(&status, "state"), "cancelled");
    // The payment was made, and asking for it again says so still.
    assert_eq!(call(&world, &pay(7, &number, "20.00")).await.body, paid.body);
    assert_eq!(world.head().await, before + 1);
}

#[tokio::test]
async fn only_whoever_knows_the_secret_gets_in_and_from_an_allowed_address() {
    let world = world();
    let account = world.account("EUR").await;
    let query = pay(1, &number(&world, &account).await, "2.00");
    let path = format!("/channels/kiosk/osmp?{query}");
    let before = world.head().await;
    let ask = |path: &str| world.ask("anonymous", "GET", path);
    let wrong = "Basic b3NtcDpvcGVuIHNlc2FtZWU=";
    for denied in [
        ask(&path).header("authorization", BASIC),
        ask(&path).header("authorization", BASIC).address("91.232.232.1"),
        ask(&path)
            .header("authorization", BASIC)
            .address("6.6.6.6")
            .header("x-forwarded-for", TERMINAL),
        ask(&path)
            .header("authorization", BASIC)
            .address("10.0.0.1")
            .header("x-forwarded-for", "91.232.230.7, 6.6.6.6"),
        ask(&path).address(TERMINAL),
        ask(&path).address(TERMINAL).header("authorization", wrong),
        ask(&path).address(TERMINAL).header("authorization", "Basic !"),
        ask(&path).address(TERMINAL).header("authorization", "Bearer open sesame"),
        ask(&format!("{path}&password=open+sesame")).address(TERMINAL),
        ask(&path.replace("osmp", "nobody")).header("authorization", BASIC).address(TERMINAL),
        ask(&path.replace("osmp", "other")).header("authorization", BASIC).address(TERMINAL),
        ask(&format!("/channels/kiosk/other?{query}&password=sesame")).address(TERMINAL),
        world.ask("admin", "GET", &path).address(TERMINAL),
        world.ask("admin", "POST", "/channels/kiosk/osmp").body(query.clone()).address("6.6.6.6"),
    ] {
        let answer = denied.send().await;
        assert_eq!(answer.status, 403, "{} {}", answer.what, xml(&answer));
        result(&answer, 8);
        assert!(!xml(&answer).contains("sesame"));
    }
    assert_eq!(world.head().await, before);
    let forwarded = ask(&path).header("authorization", BASIC).address("10.0.0.1");
    result(&forwarded.header("x-forwarded-for", TERMINAL).send().await, 0);
    let parameter = format!("/channels/kiosk/other?{query}&password=open+sesame");
    result(&ask(&parameter).address(TERMINAL).send().await, 0);
    assert_eq!(world.head().await, before + 2, "of two channels, the same number twice");
}

#[tokio::test]
async fn what_is_broken_gets_its_code_and_writes_nothing() {
    let world = world();
    let account = world.account("EUR").await;
    let number = number(&world, &account).await;
    let before = world.head().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/kiosk");
    let mut codes = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("a folder of ours") {
        let path = file.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".query") else { continue };
        let (code, rest) = name.split_once('.').expect("a code");
        let (place, _) = rest.split_once('.').expect("a parameter");
        let sample = std::fs::read_to_string(&path).expect("ASCII");
        let query = sample.replace("{account}", &number);
        let answer = call(&world, &query).await;
        result(&answer, code.parse().expect("a code"));
        let comment = element(&answer, "comment");
        assert!(comment.starts_with(place), "{name}: {comment}");
        let form = terminal(&world, "POST", "/channels/kiosk/osmp").body(query).send().await;
        assert_eq!(form.body, answer.body, "{name} as a form");
        codes.insert(code.to_owned());
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["241", "242", "300", "4"]);
    let huge = format!("{}&data1={}", pay(77, &number, "10.00"), "x".repeat(10 << 20));
    for body in [huge.into_bytes(), vec![0xFF; 1_000], b"\0\0\0\0".to_vec()] {
        let answer = terminal(&world, "POST", "/channels/kiosk/osmp").body(body).send().await;
        result(&answer, 300);
    }
    assert_eq!(world.head().await, before, "nothing is written");
    result(&call(&world, &pay(77, &number, "10.00")).await, 0);
}

#[tokio::test]
async fn a_server_that_cannot_answer_says_to_ask_again() {
    let mut world = world();
    let account = world.account("EUR").await;
    let number = number(&world, &account).await;
    world.close();
    let check = format!("command=check&txn_id=1&account={number}");
    for query in
        [&check, &pay(1, &number, "2.00"), "command=cancel&txn_id=1", "command=status&txn_id=1"]
    {
        let answer = call(&world, query).await;
        result(&answer, 1);
        assert_eq!(element(&answer, "osmp_txn_id"), "1");
    }
    world.restart();
    result(&call(&world, "command=status&txn_id=1").await, 90);
    result(&call(&world, &pay(1, &number, "2.00")).await, 0);
}

#[tokio::test]
async fn the_registry_of_a_day_lists_what_came_and_what_was_cancelled() {
    let world = world();
    let account = world.account("EUR").await;
    let number = number(&world, &account).await;
    let positions: Vec<String> = {
        let mut positions = Vec::new();
        for (txn_id, date, sum) in [
            (1, "20261101235959", "5.00"),
            (2, "20261102000000", "6.00"),
            (3, "20261102105900", "7.25"),
            (4, "20261102110000", "8.00"),
        ] {
            let query = pay(txn_id, &number, sum).replace("20261102105900", date);
            positions.push(element(&call(&world, &query).await, "prv_txn"));
        }
        positions
    };
    // Neither of another source nor of another channel.
    world.pay(&account, "100.00").await;
    let path = format!("/channels/kiosk/other?password=open+sesame&{}", pay(3, &number, "9.00"));
    result(&terminal(&world, "GET", &path).send().await, 0);
    result(&call(&world, "command=cancel&txn_id=4").await, 0);
    world.advance(86_400);
    // It comes a day late, and belongs to the day on which it was paid.
    let late = call(&world, &pay(5, &number, "1.00").replace("105900", "235959")).await;
    let late = element(&late, "prv_txn");
    let path = "/channels/kiosk/osmp/registry?date=2026-11-02";
    let answer = terminal(&world, "GET", path).send().await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (200, &"text/csv; charset=utf-8".parse().unwrap())
    );
    let expected = format!(
        "txn_id,prv_txn,date,account,sum,cancelled\n\
         2,{},2026-11-02 00:00:00,{number},6.00,\n\
         3,{},2026-11-02 10:59:00,{number},7.25,\n\
         4,{},2026-11-02 11:00:00,{number},8.00,yes\n\
         5,{late},2026-11-02 23:59:59,{number},1.00,\n\
         Total:,3,,,14.25,\n",
        positions[1], positions[2], positions[3]
    );
    assert_eq!(xml(&answer), expected);
    let empty = terminal(&world, "GET", &path.replace("11-02", "11-09")).send().await;
    assert_eq!(xml(&empty).lines().nth(1), Some("Total:,0,,,0.00,"));
    let theirs = "txn_id;sum\n2;6.00\n3;7.20\n4;8.00\n6;2.00\nTotal:;4;23.20\n";
    let compared = terminal(&world, "POST", path).body(theirs).send().await.json(200);
    assert_eq!(compared["here"], json!({"count": 3, "sum": "14.25"}));
    assert_eq!(compared["there"], json!({"count": 4, "sum": "23.20"}));
    let money = |it: &str| json!({"amount": it, "currency": "EUR"});
    let of = |txn_id: &str, position: &str| {
        let payment = format!("pay_{position}");
        json!({"txn_id": txn_id, "payment": payment, "account": number})
    };
    let with = super::world::with;
    let differs = with(with(of("3", &positions[2]), "here", money("7.25")), "there", money("7.20"));
    let cancelled =
        with(with(of("4", &positions[3]), "here", money("8.00")), "there", money("8.00"));
    for (kind, expected) in [
        ("missing_here", json!({"txn_id": "6", "there": money("2.00")})),
        ("missing_there", with(of("5", &late), "here", money("1.00"))),
        ("sums_differ", differs),
        ("cancelled_here", cancelled),
    ] {
        assert_eq!(compared[kind], json!({"count": 1, "listed": [expected]}), "{kind}");
    }
}

#[tokio::test]
async fn a_registry_is_for_whoever_may_call_and_asks_for_a_day() {
    let world = world();
    let path = "/channels/kiosk/osmp/registry";
    for method in ["GET", "POST"] {
        let dated = format!("{path}?date=2026-11-02");
        world.ask("admin", method, &dated).send().await.problem(403, "forbidden");
        world.ask("admin", method, &dated).address(TERMINAL).send().await.problem(403, "forbidden");
        for query in
            ["", "?date=", "?date=02.11.2026", "?date=2026-02-30", "?date=%FF", "?date=9999-12-31"]
        {
            terminal(&world, method, &format!("{path}{query}")).send().await.malformed("date");
        }
    }
    let broken = terminal(&world, "POST", &format!("{path}?date=2026-11-02"));
    broken.body("1;1.00\n2;x\n").send().await.malformed("line 2");
}

#[tokio::test]
async fn requests_are_counted_by_command_and_result() {
    let world = World::with(|it| {
        it.channels.kiosk.insert("counted".into(), kiosk(""));
    });
    for query in ["command=status&txn_id=1", "command=check&txn_id=1&account=5", "x=y"] {
        terminal(&world, "GET", &format!("/channels/kiosk/counted?{query}")).send().await;
    }
    let metrics = xml(&world.ask("anonymous", "GET", "/metrics").send().await);
    for (command, code) in [("status", 90), ("check", 5), ("unknown", 300)] {
        let line = format!(
            "sporran_kiosk_requests_total{{channel=\"counted\",command=\"{command}\",\
             result=\"{code}\"}} 1"
        );
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
    }
}
