//! A server whose clock is set forward, with the machine's own clock beneath it.

use serde_json::{Value, json};

use super::harness::{Server, make_key, run, text, verify};

const YEAR: i64 = 365 * 86_400;

fn now(clock: &Value) -> jiff::Timestamp {
    clock["now"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_year_goes_by_and_a_crash_does_not_take_it_back() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let key = make_key(&data_dir);
    let server = Server::start_with_test_clock(&data_dir, &key);
    let mut client = server.client();
    let began = now(&client.get("/v1/clock").body);
    let account = client.open_accounts(1).remove(0);
    let path = format!("/v1/accounts/{account}/credits");
    let until = began + jiff::SignedDuration::from_secs(YEAR / 2);
    let limit = json!({"amount": "5.00", "currency": "EUR", "until": until.to_string()});
    assert_eq!(client.post(&path, &limit).status, 201);
    let set = client.post("/v1/clock", &json!({"forward_seconds": YEAR}));
    assert_eq!((set.status, &set.body["ahead_seconds"]), (200, &json!(YEAR)), "{set:?}");
    // That it ends is told a day before.
    assert_eq!((&set.body["deadlines"], &set.body["entries"]), (&json!(2), &json!(2)));
    server.kill();
    // What the directory is for is known without being said again.
    let server = Server::start(&data_dir, &key);
    let mut client = server.client();
    let clock = client.get("/v1/clock").body;
    assert_eq!((&clock["settable"], &clock["ahead_seconds"]), (&json!(true), &json!(YEAR)));
    assert!(now(&clock) >= now(&set.body), "{clock}");
    assert_eq!(client.pay(&account, "later", 100).unwrap().status, 201);
    let page = client.get(&format!("/v1/accounts/{account}/entries")).body;
    let ended = &page["entries"][1];
    assert_eq!((&ended["kind"], &ended["at"]), (&json!("credit_ended"), &limit["until"]));
    drop(server);
    verify(&data_dir);
}

#[test]
fn a_directory_with_entries_does_not_become_one_for_tests() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let server = Server::start(&data_dir, &make_key(&data_dir));
    let mut client = server.client();
    client.open_accounts(1);
    let refused = client.post("/v1/clock", &json!({"forward_seconds": 1}));
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("clock_not_settable")));
    drop(server);
    let serve = ["serve", "--port", "0", "--test-clock", "--data-dir", text(&data_dir)];
    let (code, said) = run(&serve);
    assert!(code == 1 && said.contains("its clock cannot be set"), "{code} {said}");
    verify(&data_dir);
}
