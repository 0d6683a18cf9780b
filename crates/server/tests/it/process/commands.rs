//! The command line, as an operator meets it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::harness::{Client, Server, make_key, run, sporran, text, verify, wait_for};

#[test]
fn a_key_made_while_the_server_runs_works_within_two_seconds() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let server = Server::start(&data_dir, &make_key(&data_dir));
    assert_eq!(server.client().get("/v1/customers").status, 200);
    let mut stranger = Client::connect(&server.address, "spk_admin_0").unwrap();
    assert_eq!(stranger.get("/v1/customers").status, 401);
    let (code, said) = run(&[
        "key",
        "create",
        "--role",
        "read-only",
        "--name",
        "eve",
        "--data-dir",
        text(&data_dir),
    ]);
    assert_eq!(code, 0, "{said}");
    let made = Instant::now();
    let key = said.split_whitespace().last().unwrap();
    let mut client = Client::connect(&server.address, key).unwrap();
    wait_for("a key that works", || (client.get("/v1/customers").status == 200).then_some(()));
    assert!(made.elapsed() < Duration::from_secs(2), "{:?}", made.elapsed());
    let refused = client.post("/v1/customers", &json!({"name": "Ann"}));
    assert_eq!(refused.status, 403, "{refused:?}");
    let (code, said) = run(&[
        "key",
        "create",
        "--role",
        "read-only",
        "--name",
        "eve",
        "--data-dir",
        text(&data_dir),
    ]);
    assert!(code == 1 && said.contains("taken"), "{code} {said}");
    let (code, said) = run(&["key", "create", "--role", "king", "--data-dir", text(&data_dir)]);
    assert!(code == 1 && said.contains("king") && said.contains("gateway"), "{code} {said}");
}

#[test]
fn a_key_that_is_revoked_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let place = ["--data-dir", text(&data_dir)];
    let admin = make_key(&data_dir);
    let create = ["key", "create", "--role", "agent", "--name", "eve", place[0], place[1]];
    let (_, said) = run(&create);
    let key = said.split_whitespace().last().unwrap().to_owned();
    let server = Server::start(&data_dir, &admin);
    let mut client = Client::connect(&server.address, &key).unwrap();
    assert_eq!(client.get("/v1/customers").status, 200);
    let revoke = ["key", "revoke", "eve", place[0], place[1]];
    let (code, said) = run(&revoke);
    assert!(code == 0 && said.contains("eve"), "{code} {said}");
    wait_for("a key that is shut out", || {
        (client.get("/v1/customers").status == 401).then_some(())
    });
    let (code, said) = run(&revoke);
    assert!(code == 1 && said.contains("no key in use is named \"eve\""), "{code} {said}");
    let (code, said) = run(&["key", "list", place[0], place[1]]);
    let eve = said.lines().find(|it| it.starts_with("eve")).unwrap();
    assert!(code == 0 && eve.contains("agent") && eve.matches("20").count() >= 2, "{said}");
    assert!(!said.contains(&key), "a key is shown only once: {said}");
}

#[test]
fn rates_are_loaded_from_the_file_of_the_central_bank() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let key = make_key(&data_dir);
    for (name, word) in [("ecb-90-days.xml", "source ecb"), ("plain.csv", "source file")] {
        let file = format!("{}/fixtures/rates/{name}", env!("CARGO_MANIFEST_DIR"));
        let (code, said) = run(&["rates", "load", &file, "--data-dir", text(&data_dir)]);
        assert!(code == 0 && said.contains("are loaded") && said.contains(word), "{code} {said}");
    }
    verify(&data_dir);
    let server = Server::start(&data_dir, &key);
    let rates = server.client().get("/v1/exchange-rates").body.to_string();
    assert!(rates.contains("\"USD\""), "{rates}");
    let nonsense = directory.path().join("nonsense.csv");
    std::fs::write(&nonsense, "not,rates\n1,2\n").unwrap();
    let other = directory.path().join("other");
    let (code, said) = run(&["rates", "load", text(&nonsense), "--data-dir", text(&other)]);
    assert!(code == 1 && said.contains("nonsense.csv"), "{code} {said}");
}

#[test]
fn what_is_wrong_in_the_configuration_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sporran.toml");
    for (content, word) in [
        ("listn = \"127.0.0.1:1\"", "listn"),
        ("[sessions]\ngrant_secs = 5", "grant_secs"),
        ("listen = \"nowhere\"", "nowhere"),
        ("[exchange]\npivot = \"XYZ\"", "XYZ"),
        ("[sessions", "sporran.toml"),
    ] {
        std::fs::write(&file, content).unwrap();
        let (code, said) = run(&["config", "check", "--config", text(&file)]);
        assert!(code == 1 && said.contains(word), "{content}: {code} {said}");
    }
    std::fs::write(&file, "[sessions]\ngrant_seconds = 60\n").unwrap();
    let (code, said) = run(&["config", "check", "--config", text(&file)]);
    assert!(code == 0 && said.contains("grant_seconds = 60"), "{code} {said}");
    let output = sporran(&["config", "check"]).env("SPORRAN_LOG_LEVLE", "info").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("SPORRAN_LOG_LEVLE"), "{said}");
    let (code, said) = run(&["srve"]);
    assert!(code == 2 && said.contains("srve") && said.contains("serve"), "{code} {said}");
    let (code, said) = run(&["verify", "--data-dir", text(&directory.path().join("none"))]);
    assert!(code == 1 && said.contains("no database"), "{code} {said}");
}

#[test]
fn the_journal_of_version_0_1_is_served_and_holds() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    std::fs::create_dir_all(&data_dir).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/fixtures/journal-0.1.sql");
    let sql = std::fs::read_to_string(file).unwrap();
    rusqlite::Connection::open(data_dir.join("sporran.db")).unwrap().execute_batch(&sql).unwrap();
    verify(&data_dir);
    let server = Server::start(&data_dir, &make_key(&data_dir));
    let mut client = server.client();
    assert_eq!(client.get("/v1/accounts/acc_1").status, 200);
    let found = client.get("/v1/customers?q=customer").body;
    assert!(found["customers"].as_array().is_some_and(|it| it.len() > 3), "{found}");
    let charge = json!({"amount": "0.10", "currency": "EUR", "after_use": true});
    assert_eq!(client.post("/v1/accounts/acc_2/charges", &charge).status, 201);
    server.kill();
    verify(&data_dir);
}
