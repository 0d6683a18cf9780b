//! An orderly end, and keeping others out.

use std::time::Instant;

use serde_json::json;
use store::SqliteReader;

use super::harness::{Client, Server, make_key, run, text, verify, wait_for};

#[test]
fn a_second_process_is_kept_out_and_told_why() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let key = make_key(&data_dir);
    let server = Server::start(&data_dir, &key);
    let (code, said) = run(&["serve", "--port", "0", "--data-dir", text(&data_dir)]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("in use by another process"), "{said}");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rates/plain.csv");
    let (code, said) = run(&["rates", "load", file, "--data-dir", text(&data_dir)]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("in use by another process"), "{said}");
    assert_eq!(server.client().get("/health/ready").status, 200);
    // A dead process keeps nobody out.
    server.kill();
    let server = Server::start(&data_dir, &key);
    assert_eq!(server.client().get("/health/ready").status, 200);
}

#[test]
fn a_server_that_is_asked_to_stop_answers_what_is_under_way_and_saves_everything() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let key = make_key(&data_dir);
    let mut server = Server::start(&data_dir, &key);
    let mut client = server.client();
    let accounts = client.open_accounts(1);
    let mut feed = server.client();
    let head = feed.head("GET", "/v1/events?after=0", 0);
    feed.write(format!("{head}\r\n").as_bytes()).unwrap();
    assert_eq!(feed.answer_head().unwrap().0, 200);
    while !feed.line().unwrap().contains("account_opened") {}
    // A request of which all but the last byte has come, and which the server waits for: one that
    // it had not looked at yet it may turn away.
    let charge = json!({"account": accounts[0], "amount": "0.01", "currency": "EUR",
        "after_use": true});
    let operation = json!({"charge": charge});
    let body = json!({"operations": vec![operation; 200]}).to_string();
    let mut slow = server.client();
    let head = slow.head("POST", "/v1/batches", body.len());
    slow.write(format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).unwrap();
    assert!(slow.line().unwrap().contains("100"));
    assert_eq!(slow.line().unwrap().trim(), "");
    slow.write(&body.as_bytes()[..body.len() - 1]).unwrap();
    let started = Instant::now();
    server.terminate();
    let address = server.address.clone();
    wait_for("a closed door", || Client::connect(&address, "").err());
    slow.write(&body.as_bytes()[body.len() - 1..]).unwrap();
    let answer = slow.answer().unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["results"].as_array().map(Vec::len), Some(200), "{answer:?}");
    while feed.line().is_ok() {}
    assert_eq!(wait_for("its end", || server.ended()), 0);
    // Well before the ten seconds after which it would go without its callers.
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    verify(&data_dir);
    let reader = SqliteReader::open(&data_dir.join("sporran.db")).unwrap();
    let (settings, exchange) = Default::default();
    let recovered = store::recover(&reader, settings, exchange, 100, &mut |_| {}).unwrap();
    assert_eq!(recovered.replayed, 0);
    let server = Server::start(&data_dir, &key);
    let view = server.client().get(&format!("/v1/accounts/{}", accounts[0])).body;
    assert_eq!(view["balance"]["amount"], "-2.00", "{view}");
}
