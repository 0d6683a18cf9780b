//! Payment channels from outside: statements by the command line, webhooks signed by Stripe.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::harness::{Server, make_key, run, text, verify};

const CONFIG: &str = "
    [channels.bank.main]
    [channels.stripe.cards]
    secrets = ['whsec_of_the_process_test']
    allow = ['127.0.0.1']
";

fn fixture(name: &str) -> String {
    format!("{}/tests/it/fixtures/camt/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A data directory with one account in euros, its key, and a configuration with channels.
fn prepare(directory: &Path) -> (PathBuf, String, PathBuf) {
    let (data_dir, config) = (directory.join("data"), directory.join("sporran.toml"));
    std::fs::write(&config, CONFIG).unwrap();
    let key = make_key(&data_dir);
    let server = Server::start(&data_dir, &key);
    let mut client = server.client();
    assert_eq!(client.post("/v1/customers", &json!({"name": "Ann"})).status, 201);
    let opened = client.post("/v1/customers/cus_1/accounts", &json!({"currency": "EUR"}));
    assert_eq!(opened.body["number"], "100000017");
    server.kill();
    (data_dir, key, config)
}

#[test]
fn statements_are_imported_by_the_command_line_once_and_all_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let (data_dir, key, config) = prepare(directory.path());
    let place = ["--data-dir", text(&data_dir), "--config", text(&config)];
    let import = |arguments: &[&str]| {
        run(&[&["bank", "import", "--channel", "main"], arguments, &place].concat())
    };
    let (sound, other) = (fixture("edition-02.xml"), fixture("windows-1251.xml"));
    let broken = fixture("broken/missing-entry.xml");
    let (code, said) = import(&[&sound, &broken]);
    assert!(code == 1 && said.contains("nothing was imported"), "{code} {said}");
    assert!(said.contains("missing-entry.xml") && said.contains("line 16"), "{said}");
    let (code, said) = import(&[&sound, "--dry-run"]);
    assert!(code == 0 && said.contains("would become 2 credited, 33.00 EUR"), "{code} {said}");
    for words in [
        ["2 credited, 33.00 EUR", "unallocated (no_account_number) 10.00 EUR Inconnu"],
        ["5 known, 63.00 EUR", "1 left_out, -5.00 EUR"],
    ] {
        let (code, said) = import(&[&sound]);
        assert!(code == 0 && words.iter().all(|it| said.contains(it)), "{code} {said}");
        assert!(said.contains("left_out (debit) 5.00 EUR"), "{said}");
    }
    let (code, said) = import(&[&other, "--json"]);
    assert!(code == 0 && said.contains("\"outcome\":\"credited\""), "{code} {said}");
    let (code, said) =
        run(&[&["bank", "import", "--channel", "cards", &sound][..], &place].concat());
    assert!(code == 1 && said.contains("[channels.bank.cards]"), "{code} {said}");
    verify(&data_dir);
    let server = Server::start(&data_dir, &key);
    let account = server.client().get("/v1/accounts/acc_1").body;
    assert_eq!(account["balance"]["amount"], "43.00");
}

/// Prints the header that Stripe's own library signs a payload with.
const SIGN: &str = "
    const Stripe = require('stripe');
    const stripe = new Stripe('sk_test_of_nobody');
    const [payload, secret] = process.argv.slice(2);
    console.log(stripe.webhooks.generateTestHeaderString({ payload, secret }));
";

/// A script beside Stripe's npm package, which is installed once for all runs of the tests; an
/// error says why there is none.
fn signing_script() -> Result<PathBuf, String> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripe-npm");
    let script = place.join("sign.cjs");
    std::fs::create_dir_all(&place).map_err(|it| it.to_string())?;
    std::fs::write(&script, SIGN).map_err(|it| it.to_string())?;
    for program in ["npm", "node"] {
        let found = Command::new(program).arg("--version").output();
        found.map_err(|_| format!("{program} is not installed"))?;
    }
    if !place.join("node_modules/stripe/package.json").exists() {
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "stripe@23"];
        let output = Command::new("npm").args(install).arg("--prefix").arg(&place).output();
        let output = output.map_err(|it| it.to_string())?;
        if !output.status.success() {
            return Err(format!("npm: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    Ok(script)
}

#[test]
fn what_stripes_own_library_signs_is_believed() {
    let script = match signing_script() {
        Ok(script) => script,
        Err(why) => {
            eprintln!("SKIPPED, because Stripe's npm package is not to be had: {why}");
            return;
        }
    };
    let directory = tempfile::tempdir().unwrap();
    let (data_dir, key, config) = prepare(directory.path());
    let server = Server::start_with(&data_dir, &key, &[("SPORRAN_CONFIG", text(&config))]);
    let sign = |payload: &str, secret: &str| {
        let output = Command::new("node").arg(&script).args([payload, secret]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let post = |payload: &str, header: &str| {
        let mut client = server.client();
        let head = client.head("POST", "/channels/stripe/cards", payload.len());
        let request = format!("{head}Stripe-Signature: {header}\r\n\r\n{payload}");
        client.write(request.as_bytes()).unwrap();
        client.answer().unwrap()
    };
    let object = json!({"id": "pi_3Oé", "object": "payment_intent", "amount": 1250,
        "amount_received": 1250, "currency": "eur", "metadata": {"account": "1000 0001 7"}});
    let event = json!({"id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
        "data": {"object": object}});
    // As Stripe writes it: with blanks and line breaks, which the signature is over as well.
    let payload = serde_json::to_string_pretty(&event).unwrap();
    let header = sign(&payload, "whsec_of_the_process_test");
    for outcome in ["credited", "known"] {
        let answer = post(&payload, &header);
        assert_eq!((answer.status, &answer.body["outcome"]), (200, &json!(outcome)), "{answer:?}");
    }
    assert_eq!(post(&payload, &sign(&payload, "whsec_of_somebody_else")).status, 400);
    assert_eq!(post(&payload.replace("1250", "9250"), &header).status, 400);
    let account = server.client().get("/v1/accounts/acc_1").body;
    assert_eq!(account["balance"]["amount"], "12.50");
    server.kill();
    verify(&data_dir);
}
