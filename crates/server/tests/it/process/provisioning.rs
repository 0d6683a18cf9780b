//! Switches reach the network however the process ends, and the last word is the right one.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::harness::{Client, Server, make_key, verify, wait_for};

/// A program that notes what it is told and refuses to do it until a file is there. One runs at a
/// time, so that no two mix their lines.
fn configure(directory: &Path) -> String {
    let (log, go) = (directory.join("log"), directory.join("go"));
    let script = format!(
        "order=$(cat); test -e {} && word=done || word=refused; \
         printf '%s %s\\n' $word \"$order\" >> {}; test $word = done",
        go.display(),
        log.display()
    );
    let command = ["/bin/sh", "-c", &script];
    let adapter = json!({"kind": "program", "command": command, "concurrency": 1});
    let config = json!({"provisioning": {"adapters": {"shell": adapter}}});
    let path = directory.join("sporran.toml");
    std::fs::write(&path, toml::to_string(&config).unwrap()).unwrap();
    path.display().to_string()
}

/// What the program was told, oldest first, with whether it did so.
fn told(directory: &Path) -> Vec<(bool, Value)> {
    let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
    // The last line may not be whole yet.
    let whole = log.rfind('\n').map_or("", |end| &log[..end]);
    let lines = whole.lines().map(|it| it.split_once(' ').unwrap());
    // A server that was killed may have started it and not told it anything.
    let lines = lines.filter(|it| !it.1.is_empty());
    lines.map(|(word, order)| (word == "done", serde_json::from_str(order).unwrap())).collect()
}

fn charge(client: &mut Client, account: &str) {
    let body = json!({"amount": "9.00", "currency": "EUR", "after_use": true});
    let charged = client.post(&format!("/v1/accounts/{account}/charges"), &body);
    assert_eq!(charged.status, 201, "{charged:?}");
}

fn sell(client: &mut Client) {
    let service = json!({
        "title": "Internet", "currency": "EUR", "mode": "prepaid", "adapter": "shell",
        "recurring": {"price": "25.00", "every": {"count": 1, "unit": "month"}},
    });
    let sold = client.call("PUT", "/v1/services/internet", None, &service.to_string()).unwrap();
    assert_eq!(sold.status, 200, "{sold:?}");
}

fn waiting(client: &mut Client) -> u64 {
    let adapters = client.get("/v1/provisioning/adapters");
    let shell = &adapters.body["adapters"][0];
    ["queued", "sending", "accepted"].iter().map(|it| shell[it].as_u64().unwrap_or(0)).sum()
}

#[test]
fn a_switch_outlives_a_kill_and_the_newest_state_is_the_last() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let config = configure(directory.path());
    let key = make_key(&data_dir);
    let start = || Server::start_with(&data_dir, &key, &[("SPORRAN_CONFIG", &config)]);
    let server = start();
    let mut client = server.client();
    sell(&mut client);
    let accounts = client.open_accounts(8);
    for account in &accounts {
        assert_eq!(client.pay(account, account, 2_500).unwrap().status, 201);
        let body = json!({"account": account, "service": "internet", "subjects": [account]});
        assert_eq!(client.post("/v1/subscriptions", &body).status, 201);
    }
    wait_for("each to be tried", || (told(directory.path()).len() >= 8).then_some(()));
    // Half of them go off again before anybody has switched them on.
    accounts[..4].iter().for_each(|it| charge(&mut client, it));
    server.kill();
    assert!(told(directory.path()).iter().all(|it| !it.0), "nothing was done yet");
    std::fs::write(directory.path().join("go"), "").unwrap();
    let server = start();
    let mut client = server.client();
    wait_for("all to be acknowledged", || (waiting(&mut client) == 0).then_some(()));
    // Once more after the restart, while it works.
    charge(&mut client, &accounts[4]);
    let told = wait_for("the last", || {
        let told = told(directory.path());
        let last = told.iter().rfind(|it| it.1["account"] == accounts[4].as_str())?.clone();
        (last.1["on"] == false).then_some(told)
    });
    let last: BTreeMap<&str, bool> = told
        .iter()
        .filter(|it| it.0)
        .map(|it| (it.1["account"].as_str().unwrap(), it.1["on"].as_bool().unwrap()))
        .collect();
    for (place, account) in accounts.iter().enumerate() {
        assert_eq!(last[account.as_str()], place > 4, "{account}");
    }
    server.terminate();
    drop(server);
    verify(&data_dir);
}
