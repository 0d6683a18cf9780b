//! Taking over from an older system: good files, broken ones, and an import that is killed.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::harness::{Server, make_key, run, sporran, text, verify, wait_for};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/import")
}

/// Imports a file, with its errors beside `data_dir`.
fn import(data_dir: &Path, what: &str, file: &Path, more: &[&str]) -> (i32, String) {
    let errors = data_dir.with_extension("errors.csv");
    let mut arguments = vec!["import", what, text(file), "--errors", text(&errors)];
    arguments.extend(["--data-dir", text(data_dir)]);
    arguments.extend(more);
    let (code, said) = run(&arguments);
    (code, said.replace(text(&errors), "ERRORS").replace(text(file), "FILE"))
}

/// Every good file, in the order that they need each other.
fn import_good(data_dir: &Path) -> String {
    let mut all = String::new();
    for what in ["customers", "accounts", "rates", "payments"] {
        let file = fixtures().join(format!("good/{what}.csv"));
        let (code, said) = import(data_dir, what, &file, &[]);
        assert_eq!(code, 0, "{what}: {said}");
        all += &said;
    }
    all
}

/// The position of the newest entry, and how many customers and accounts there are.
fn counts(data_dir: &Path) -> (i64, i64, i64) {
    let database = rusqlite::Connection::open(data_dir.join("sporran.db")).unwrap();
    let sql = "SELECT (SELECT coalesce(max(position), 0) FROM journal), \
               (SELECT count(*) FROM customers), (SELECT count(*) FROM accounts)";
    database.query_row(sql, [], |it| Ok((it.get(0)?, it.get(1)?, it.get(2)?))).unwrap()
}

#[test]
fn what_is_taken_over_is_there_and_comes_in_once() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let said = import_good(&data_dir);
    assert!(said.contains("12.503456  EUR in the file, 12.503456 in the books"), "{said}");
    assert!(said.contains("-1200  XPF in the file, -1200 in the books"), "{said}");
    let first = counts(&data_dir);
    let again = import_good(&data_dir);
    assert_eq!(counts(&data_dir), first, "{again}");
    assert!(again.contains("5  there already"), "{again}");
    verify(&data_dir);
    let server = Server::start(&data_dir, &make_key(&data_dir));
    let mut client = server.client();
    let account = client.get("/v1/accounts/4712").body;
    assert_eq!(account["balance"]["amount"], "15.503456", "{account}");
    assert_eq!(account["credit_limit"]["amount"], "20.00", "{account}");
    assert_eq!(account["credit_ceiling"]["amount"], "50.00", "{account}");
    assert_eq!(client.get("/v1/accounts/4711").body["balance"]["amount"], "300");
    assert_eq!(client.get("/v1/accounts/4713").body["closed"], true);
    let entries = client.get("/v1/accounts/4714/entries").body["entries"].clone();
    let kinds: Vec<_> = entries.as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["payments_locked", "plan_set", "opening_balance", "account_opened"]);
    assert_eq!(entries[2]["owed_since"], "2026-09-30T00:00:00Z", "{entries}");
    let found = client.get("/v1/customers?q=C-2").body;
    assert_eq!(found["customers"][0]["name"], "Smith, Sons & Co", "{found}");
    assert_eq!(found["customers"][0]["external_id"], "C-2", "{found}");
    let found = client.get("/v1/customers?q=tetuanui").body;
    assert_eq!(found["customers"][0]["phone"], "+689 87 12 34 56", "{found}");
    assert_eq!(found["customers"][0]["time_zone"], "Pacific/Tahiti", "{found}");
    let entries = client.get("/v1/accounts/4712/entries").body;
    let entries = entries["entries"].as_array().unwrap().iter().rev();
    let kinds: Vec<_> = entries.map(|it| it["kind"].as_str().unwrap().to_owned()).collect();
    let (last, opened) = (kinds.last().unwrap(), &kinds[0]);
    assert_eq!((opened.as_str(), last.as_str(), kinds.len()), ("account_opened", "payment", 5));
    // A running server has the directory for itself; a dry run only looks.
    let file = fixtures().join("good/customers.csv");
    let (code, said) = import(&data_dir, "customers", &file, &[]);
    assert!(code == 1 && said.contains("in use by another process"), "{said}");
    let (code, said) = import(&data_dir, "customers", &file, &["--dry-run"]);
    assert!(code == 0 && said.contains("3  there already"), "{said}");
}

#[test]
fn broken_files_are_refused_with_the_place_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    import_good(&data_dir);
    let before = counts(&data_dir);
    let mut found = String::new();
    for what in ["customers", "accounts", "payments", "rates"] {
        let folder = std::fs::read_dir(fixtures().join("broken").join(what)).unwrap();
        let mut files: Vec<_> = folder.map(|it| it.unwrap().path()).collect();
        files.sort();
        for file in files {
            let (code, said) = import(&data_dir, what, &file, &[]);
            assert_eq!(code, 1, "{}: {said}", file.display());
            assert_eq!(counts(&data_dir), before, "{}", file.display());
            let name = file.file_name().unwrap().to_str().unwrap();
            found += &format!("== {what}/{name}\n{said}");
            let errors = data_dir.with_extension("errors.csv");
            if said.contains("ERRORS") {
                found += &String::from_utf8(std::fs::read(&errors).unwrap()).unwrap();
                std::fs::remove_file(&errors).unwrap();
            }
            assert!(!errors.exists(), "{name} has errors that it did not speak of");
        }
    }
    let golden = fixtures().join("broken.expected.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&golden, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "UPDATE_EXPECT=1 rewrites {}", golden.display());
    verify(&data_dir);
}

#[test]
fn good_rows_come_in_without_the_bad_ones_when_asked_to() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    import_good(&data_dir);
    let (position, customers, accounts) = counts(&data_dir);
    let file = fixtures().join("broken/payments/duplicate.csv");
    let (code, said) = import(&data_dir, "payments", &file, &["--skip-bad"]);
    assert_eq!(code, 0, "{said}");
    for line in ["2  written", "3  left out, listed in ERRORS", "2.00  EUR in the file, 2.00"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let file = fixtures().join("broken/customers/windows-1251.csv");
    let (code, said) = import(&data_dir, "customers", &file, &["--encoding", "windows-1251"]);
    assert!(code == 0 && said.contains("2  written"), "{said}");
    assert_eq!(counts(&data_dir), (position + 4, customers + 2, accounts));
    verify(&data_dir);
    let server = Server::start(&data_dir, &make_key(&data_dir));
    let found = server.client().get("/v1/customers?q=C-7").body;
    let found = found["customers"].as_array().unwrap();
    assert!(found.iter().any(|it| it["name"] == "Иван Петров"), "{found:?}");
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    const ROWS: i64 = 6_000;
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let customers = fixtures().join("good/customers.csv");
    assert_eq!(import(&data_dir, "customers", &customers, &[]).0, 0);
    let file = directory.path().join("accounts.csv");
    let mut rows = String::from("customer,number,currency,opening_balance,credit_limit\n");
    for row in 0..ROWS {
        let balance = row * 7 % 1_000 - 300;
        rows += &format!("C-{},N{row},EUR,{balance}.25,{}\n", row % 3 + 1, row % 5);
    }
    std::fs::write(&file, rows).unwrap();
    let start = counts(&data_dir).0;
    let arguments = ["import", "accounts", text(&file), "--data-dir", text(&data_dir)];
    let mut killed_at = Vec::new();
    for round in 0..3 {
        let before = counts(&data_dir).2;
        let mut child = sporran(&arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        wait_for("an import that writes", || {
            (counts(&data_dir).2 > before || child.try_wait().unwrap().is_some()).then_some(())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        verify(&data_dir);
        killed_at.push(counts(&data_dir).2);
        if round == 0 {
            assert!(killed_at[0] < ROWS, "it was done before it was killed");
        }
    }
    let (code, said) = run(&arguments);
    assert_eq!(code, 0, "{said}");
    let there = killed_at.last().unwrap();
    assert!(said.contains(&format!("{there}  there already")), "{killed_at:?} {said}");
    let (end, _, accounts) = counts(&data_dir);
    assert_eq!(accounts, ROWS);
    // An opening, an opening balance, and a limit where there is one: once for each row.
    assert_eq!(end - start, ROWS * 2 + ROWS / 5 * 4);
    let sum: i64 = (0..ROWS).map(|row| row * 7 % 1_000 - 300).sum();
    let quarters: i64 = (0..ROWS).map(|row| if row * 7 % 1_000 < 300 { -25 } else { 25 }).sum();
    let cents = sum * 100 + quarters;
    let books = format!("EUR in the file, {}.{:02} in the books", cents / 100, cents % 100);
    assert!(said.contains(&books), "{books}: {said}");
    verify(&data_dir);
}

/// A directory with something of every kind that moves money, conversions among it.
fn busy_directory(data_dir: &Path) {
    import_good(data_dir);
    let server = Server::start(data_dir, &make_key(data_dir));
    let mut client = server.client();
    let money = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    let mut paid = money("20.00", "USD");
    (paid["source"], paid["reference"]) = (json!("card.eu_1"), json!("a;b \"c\" \\ | date:x"));
    let paid = client.post("/v1/accounts/4712/payments", &paid);
    let payment = paid.body["payment"].as_str().expect("an id").to_owned();
    let mut transfer = money("3.00", "EUR");
    (transfer["from"], transfer["to"]) = (json!("4712"), json!("4711"));
    let mut charge = money("0.123456", "EUR");
    charge["after_use"] = json!(true);
    charge["service"] = json!("roaming");
    let mut adjustment = money("-1.00", "USD");
    adjustment["reason"] = json!("goodwill");
    adjustment["note"] = json!("=1+1");
    // Nobody's, and of an account that takes none.
    let unallocated = |reference: &str| {
        let mut paid = money("7.00", "EUR");
        (paid["source"], paid["reference"]) = (json!("cash"), json!(reference));
        paid
    };
    for (path, body) in [
        ("/v1/accounts/99999/payments".to_owned(), unallocated("u; \"1\"")),
        ("/v1/accounts/4714/payments".to_owned(), unallocated("u2")),
        ("/v1/transfers".to_owned(), transfer),
        ("/v1/accounts/ES%2F001-x/adjustments".to_owned(), adjustment),
        ("/v1/accounts/4712/charges".to_owned(), charge),
        (format!("/v1/payments/{payment}/cancel"), json!({"reason": "twice"})),
    ] {
        let answer = client.post(&path, &body);
        assert_eq!(answer.status, 201, "{path}: {answer:?}");
    }
    server.terminate();
    let mut server = server;
    wait_for("an orderly stop", || server.ended());
}

/// Runs a program of somebody else's over the journal; `None` where it is not installed.
fn judge(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match std::process::Command::new(program).args(arguments).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
        Ok(it) => {
            let said = [it.stdout, it.stderr].concat();
            Some((it.status.success(), String::from_utf8_lossy(&said).into_owned()))
        }
    }
}

#[test]
fn hledger_and_beancount_agree_with_our_books() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    busy_directory(&data_dir);
    let programs = [("hledger", ["check", "-s", "-f"].as_slice()), ("beancount", &[])];
    for (format, arguments) in programs {
        let program = if format == "hledger" { "hledger" } else { "bean-check" };
        let file = directory.path().join(format);
        let (code, said) = run(&[
            "export",
            "--format",
            format,
            "--balances",
            "--output",
            text(&file),
            "--data-dir",
            text(&data_dir),
        ]);
        assert_eq!(code, 0, "{said}");
        let all = [arguments, &[text(&file)]].concat();
        let Some((passed, said)) = judge(program, &all) else { continue };
        assert!(passed, "{program}: {said}");
        // The least that there is, and they would notice.
        let journal = std::fs::read_to_string(&file).unwrap();
        let spoilt = journal.replacen("0.123456 EUR", "0.123457 EUR", 1);
        assert_ne!(journal, spoilt);
        std::fs::write(&file, spoilt).unwrap();
        let (passed, said) = judge(program, &all).unwrap();
        assert!(!passed, "{program}: {said}");
    }
    compare_sums(&data_dir, &directory.path().join("journal"));
}

/// What is owed by currency and day.
fn owed(data_dir: &Path) -> Vec<(String, i64, i64)> {
    let database = rusqlite::Connection::open(data_dir.join("sporran.db")).unwrap();
    let sql = "SELECT currency, day, owed FROM receivables AS it WHERE minute = (SELECT \
               max(minute) FROM receivables WHERE currency = it.currency AND \"group\" = \
               it.\"group\" AND day = it.day) AND owed <> '0' ORDER BY currency, day";
    let mut rows = database.prepare(sql).unwrap();
    let row = |it: &rusqlite::Row<'_>| {
        Ok((it.get(0)?, it.get(1)?, it.get::<_, String>(2)?.parse().unwrap()))
    };
    rows.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// What stands on all accounts together, by currency.
fn customers(data_dir: &Path) -> Vec<String> {
    let balance = trial_balance(data_dir);
    let accounts = |it: &serde_json::Value| {
        let line = it["lines"].as_array()?.iter().find(|it| it["account"] == "accounts")?;
        Some(format!("{} {}", it["currency"], line["balance"]))
    };
    balance["currencies"].as_array().unwrap().iter().filter_map(accounts).collect()
}

fn trial_balance(data_dir: &Path) -> serde_json::Value {
    let mut server = Server::start(data_dir, &make_another_key(data_dir));
    let balance = server.client().get("/v1/trial-balance").body;
    server.terminate();
    wait_for("an orderly stop", || server.ended());
    balance
}

/// The sums that hledger finds are those of our trial balance, with the accountant's sign.
fn compare_sums(data_dir: &Path, file: &Path) {
    let format = ["export", "--format", "hledger", "--output", text(file)];
    let (code, said) = run(&[format.as_slice(), &["--data-dir", text(data_dir)]].concat());
    assert_eq!(code, 0, "{said}");
    let arguments = ["balance", "-f", text(file), "--output-format", "csv", "--flat", "-E"];
    let layout = ["--layout", "bare", "--no-total"];
    let Some((passed, said)) = judge("hledger", &[arguments.as_slice(), &layout].concat()) else {
        return;
    };
    assert!(passed, "{said}");
    let mut theirs = std::collections::BTreeMap::new();
    for line in csv::Reader::from_reader(said.as_bytes()).records() {
        let line = line.unwrap();
        let (name, currency) = (line.get(0).unwrap(), line.get(1).unwrap().to_owned());
        let amount: rust_decimal::Decimal = line.get(2).unwrap().parse().unwrap();
        let (_, book) = name.split_once(':').unwrap();
        let book = if book.starts_with("accounts:") { "accounts" } else { book };
        *theirs.entry((currency, book.to_owned())).or_default() += -amount;
    }
    theirs.retain(|_, sum: &mut rust_decimal::Decimal| !sum.is_zero());
    let server = Server::start(data_dir, &make_another_key(data_dir));
    let balance = server.client().get("/v1/trial-balance").body;
    let mut ours = std::collections::BTreeMap::new();
    for currency in balance["currencies"].as_array().unwrap() {
        for line in currency["lines"].as_array().unwrap() {
            let of = |it: &serde_json::Value| it.as_str().unwrap().to_owned();
            let sum: rust_decimal::Decimal = of(&line["balance"]).parse().unwrap();
            ours.insert((of(&currency["currency"]), of(&line["account"])), sum);
        }
    }
    assert!(ours.len() > 8, "{ours:?}");
    assert_eq!(theirs, ours);
}

fn make_another_key(data_dir: &Path) -> String {
    let name = ["key", "create", "--role", "read-only", "--name", "eve"];
    let (code, said) = run(&[name.as_slice(), &["--data-dir", text(data_dir)]].concat());
    assert_eq!(code, 0, "{said}");
    said.split_whitespace().last().unwrap().to_owned()
}

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("from"), directory.path().join("to"));
    busy_directory(&from);
    let export = |data_dir: &Path, format: &str, folder: &str| {
        let folder = directory.path().join(folder);
        let format = ["export", "--format", format, "--output", text(&folder)];
        let (code, said) = run(&[format.as_slice(), &["--data-dir", text(data_dir)]].concat());
        assert_eq!(code, 0, "{said}");
        folder
    };
    let first = export(&from, "csv", "first");
    for what in ["customers", "accounts", "rates"] {
        let (code, said) = import(&to, what, &first.join(format!("{what}.csv")), &[]);
        assert_eq!(code, 0, "{what}: {said}");
    }
    verify(&to);
    let second = export(&to, "csv", "second");
    let read = |folder: &Path, name: &str, columns: &[usize]| -> Vec<String> {
        let mut file = csv::Reader::from_path(folder.join(name)).unwrap();
        let rows = file.records().map(|it| it.unwrap());
        rows.map(|row| columns.iter().map(|it| format!("{:?} ", &row[*it])).collect()).collect()
    };
    // Everything but when it was made.
    let accounts: Vec<usize> = (0..14).collect();
    for (name, columns) in [
        ("accounts.csv", accounts.as_slice()),
        ("customers.csv", &accounts[..11]),
        ("rates.csv", &accounts[..5]),
    ] {
        let rows = read(&first, name, columns);
        assert!(rows.len() >= 3, "{name}");
        assert_eq!(read(&second, name, columns), rows, "{name}");
    }
    // 2026-09-30, and what the adjustment left today.
    assert_eq!(owed(&from)[0], ("GBP".to_owned(), 20_726, 30_250_000));
    assert_eq!((owed(&to), owed(&from).len()), (owed(&from), 2));
    assert_eq!(customers(&to), customers(&from));
    let phones = std::fs::read_to_string(first.join("customers.csv")).unwrap();
    assert!(phones.contains(",'+689 87 12 34 56,"), "{phones}");
    assert!(phones.contains(",PF,Pacific/Tahiti,2019-04-01T00:00:00Z,"), "{phones}");
    // Payments are in the balances already, so their file is not taken.
    let (code, said) = import(&to, "payments", &first.join("payments.csv"), &[]);
    assert!(code == 1 && said.contains("cancelled"), "{said}");
    let lines = export(&from, "jsonl", "lines");
    let entries = std::fs::read_to_string(lines.join("entries.jsonl")).unwrap();
    let mut last = 0;
    for line in entries.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["position"], last + 1);
        last += 1;
    }
    assert_eq!(last, counts(&from).0);
    let payments = std::fs::read_to_string(lines.join("payments.jsonl")).unwrap();
    let mut lines = payments.lines().map(|it| serde_json::from_str(it).unwrap());
    let is_cancelled = |it: serde_json::Value| it["cancelled"] == "yes" && it["currency"] == "USD";
    assert!(lines.any(is_cancelled), "{payments}");
}
