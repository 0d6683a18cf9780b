//! The program on a PostgreSQL server of its own.

use std::path::Path;

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
fn what_one_machine_was_told_another_knows() {
    let directory = tempfile::tempdir().unwrap();
    let place = std::env::temp_dir().join(format!("sporran-machines-{}", std::process::id()));
    let Some(postgres) = throwaway::Server::start(&place, &["fsync=on"]) else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    let url = postgres.url();
    let [here, there] = ["here", "there"].map(|it| directory.path().join(it));
    let on =
        |command: &[&str]| run(&[command, &["--data-dir", text(&here), "--store", &url]].concat());
    let (code, said) = on(&["key", "create", "--role", "admin", "--name", "ann"]);
    assert_eq!(code, 0, "{said}");
    let key = said.split_whitespace().last().unwrap().to_owned();
    let (code, said) = on(&["user", "create", "--name", "teva", "--role", "agent"]);
    assert_eq!(code, 0, "{said}");
    let start = |data_dir: &Path| Server::start_with(data_dir, &key, &[("SPORRAN_STORE", &url)]);
    let server = start(&here);
    let mut client = server.client();
    // A second user, while the server runs.
    let (code, said) = on(&["user", "create", "--name", "hina", "--role", "finance"]);
    assert_eq!(code, 0, "{said}");
    let hook = json!({"url": "https://hooks.example.com/sporran", "events": ["payment.received"]});
    let made = client.post("/v1/webhook-endpoints", &hook);
    assert_eq!(made.status, 201, "{made:?}");
    let hook = format!("/v1/webhook-endpoints/{}", made.body["id"].as_str().unwrap());
    server.kill();
    let beside = ["access.db", "webhooks.db", "provisioning.db"].map(|it| here.join(it));
    assert!(beside.iter().all(|it| !it.exists()), "they are on the server");

    let server = start(&there);
    let mut client = server.client();
    let found = client.get(&hook);
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.body["url"], "https://hooks.example.com/sporran");
    let (code, said) = run(&["user", "list", "--data-dir", text(&there), "--store", &url]);
    assert!(code == 0 && said.contains("teva") && said.contains("hina"), "{said}");
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
