//! The program on a PostgreSQL server of its own.

use serde_json::json;
use store::throwaway;

use super::harness::{Server, run, text};

#[test]
fn what_was_acknowledged_on_postgresql_is_there_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let place = std::env::temp_dir().join(format!("sporran-server-{}", std::process::id()));
    let Some(postgres) = throwaway::Server::start(&place, &["fsync=on"]) else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    let url = postgres.url();
    let data_dir = directory.path().join("data");
    let on = |command: &[&str]| {
        run(&[command, &["--data-dir", text(&data_dir), "--store", &url]].concat())
    };
    let (code, said) = on(&["key", "create", "--role", "admin", "--name", "ann"]);
    assert_eq!(code, 0, "{said}");
    let key = said.split_whitespace().last().unwrap().to_owned();
    assert!(on(&["key", "list"]).1.contains("ann"));
    let start = || Server::start_with(&data_dir, &key, &[("SPORRAN_STORE", &url)]);
    let server = start();
    let mut client = server.client();
    let customer = client.post("/v1/customers", &json!({"name": "Amélie"})).body;
    let path = format!("/v1/customers/{}/accounts", customer["id"].as_str().unwrap());
    let account = client.post(&path, &json!({"currency": "EUR"})).body;
    let account = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
    for number in 0..20 {
        let payment = json!({
            "source": "cash", "reference": format!("R{number}"), "amount": "1.50",
            "currency": "EUR",
        });
        assert_eq!(client.post(&format!("{account}/payments"), &payment).status, 201);
    }
    server.kill();
    postgres.restart(&["fsync=on"]);
    assert!(!data_dir.join("sporran.db").exists(), "the journal is not in a file");
    let server = start();
    let found = server.client().get(&account).body;
    assert_eq!(found["balance"]["amount"], "30.00", "{found}");
    server.kill();
    let (code, said) = on(&["verify"]);
    assert!(code == 0 && said.contains("Everything holds."), "{said}");
    let (code, said) = run(&["config", "check", "--store", &url]);
    assert!(code == 0 && said.contains("store = \"(hidden)\"") && !said.contains(&url), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let url = "postgres://ann:seven-secret-birds@127.0.0.1:1/none?connect_timeout=2";
    let (code, said) =
        run(&["serve", "--port", "0", "--data-dir", text(directory.path()), "--store", url]);
    assert_ne!(code, 0);
    assert!(said.contains("--store names") && said.contains("connect"), "{said}");
    assert!(!said.contains("seven-secret-birds"), "{said}");
}
