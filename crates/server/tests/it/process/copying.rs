//! A business that moves from a directory into PostgreSQL, is cut off amid it, and comes back.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use store::throwaway;

use super::harness::{Client, Server, run, sporran, text, verify, wait_for};

/// The entry at which a copy is cut off.
const BRAKE_AT: u64 = 60;

/// A directory, a PostgreSQL server, and what is done with them.
struct Move {
    directory: tempfile::TempDir,
    _postgres: throwaway::Server,
    url: String,
    key: String,
}

impl Move {
    /// With nothing in it; `None` where PostgreSQL is not installed.
    fn new(name: &str) -> Option<Self> {
        let place = std::env::temp_dir().join(format!("sporran-{name}-{}", std::process::id()));
        let Some(postgres) = throwaway::Server::start(&place, &["fsync=on"]) else {
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let url = postgres.url();
        let mut this = Self { directory, _postgres: postgres, url, key: String::new() };
        this.key = this.make_key("ann");
        Some(this)
    }

    fn make_key(&self, name: &str) -> String {
        let data = self.data();
        let place = ["--role", "admin", "--name", name, "--data-dir", text(&data)];
        let (code, said) = run(&[&["key", "create"], &place[..]].concat());
        assert_eq!(code, 0, "{said}");
        said.split_whitespace().last().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn serve(&self) -> Server {
        Server::start(&self.data(), &self.key)
    }

    /// On the database, with a directory of its own.
    fn serve_copy(&self) -> Server {
        Server::start_with(&self.path("beside"), &self.key, &[("SPORRAN_STORE", &self.url)])
    }

    fn copy_over(&self, flags: &[&str]) -> (i32, String) {
        let data = self.data();
        run(&[&["copy", "--from", text(&data), "--to", &self.url], flags].concat())
    }

    fn copy_back(&self, to: &Path) -> (i32, String) {
        run(&["copy", "--from", &self.url, "--to", text(to)])
    }

    /// Has the database stand still when a copy writes its transaction at [`BRAKE_AT`].
    fn brake(&self) {
        let beside = self.path("beside");
        // Whoever looks at it makes the tables.
        let (code, said) = run(&["key", "list", "--data-dir", text(&beside), "--store", &self.url]);
        assert_eq!(code, 0, "{said}");
        throwaway::execute(
            &self.url,
            &format!(
                "CREATE TABLE brake (); INSERT INTO brake DEFAULT VALUES; \
                 CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF NEW.first = {BRAKE_AT} AND EXISTS (SELECT FROM brake) THEN \
                 PERFORM pg_sleep(600); END IF; RETURN NULL; END $$; \
                 CREATE TRIGGER brake AFTER INSERT ON commits \
                 FOR EACH ROW EXECUTE FUNCTION brake()"
            ),
        );
    }

    /// The move of what is there, killed half way and then finished; answers how many entries
    /// there are. Nobody serves the half.
    fn move_with_a_kill(&self, beside: &Path) -> u64 {
        let data = self.data();
        self.brake();
        // Small transactions, so that there is a middle to be killed in.
        let copy = ["copy", "--from", text(&data), "--to", &self.url, "--slice-entries", "1"];
        let mut copying = sporran(&copy).spawn().unwrap();
        wait_for("a copy that is half done", || {
            (self.count("SELECT count(*) FROM journal") == BRAKE_AT - 1).then_some(())
        });
        copying.kill().unwrap();
        copying.wait().unwrap();
        throwaway::execute(&self.url, "DELETE FROM brake");
        // Half a copy is not served, nor taken for something to be copied.
        let serve = ["serve", "--port", "0", "--data-dir", text(beside), "--store", &self.url];
        let (code, said) = run(&serve);
        assert!(code == 1 && said.contains("run the same `sporran copy` again"), "{code} {said}");
        let (code, said) = self.copy_back(&self.path("half"));
        assert!(code == 1 && said.contains("not finished"), "{code} {said}");
        let (code, said) = self.copy_over(&["--mark-moved"]);
        let goes_on = format!("broken off at position {} goes on", BRAKE_AT - 1);
        assert!(code == 0 && said.contains(&goes_on), "{code} {said}");
        assert!(said.contains("accounts have the same balance, held and credit"), "{said}");
        let all = self.count("SELECT count(*) FROM journal");
        assert!(all > BRAKE_AT, "{all} entries were there to be copied");
        let (code, said) = run(&["verify", "--data-dir", text(beside), "--store", &self.url]);
        assert!(code == 0 && said.contains("Everything holds."), "{said}");
        all
    }

    /// The number that a query on the database answers.
    fn count(&self, sql: &str) -> u64 {
        let rows = throwaway::rows(&self.url, sql);
        rows[0][0].as_ref().unwrap().parse().unwrap()
    }
}

/// Customers, accounts, money that came and went, sessions and keys of several kinds.
fn do_business(client: &mut Client) {
    let accounts = client.open_accounts(4);
    for (number, account) in accounts.iter().enumerate() {
        let limit = json!({"amount": format!("{number}.50"), "currency": "EUR"});
        let path = format!("/v1/accounts/{account}/credit-limit");
        let key = format!("limit {number}");
        let set = client.call("PUT", &path, Some(&key), &limit.to_string()).unwrap();
        assert_eq!(set.status, 200, "{set:?}");
        for payment in 0..25 {
            let reference = format!("R{number}-{payment}");
            assert_eq!(client.pay(account, &reference, 100 + payment).unwrap().status, 201);
        }
        let charge = json!({"amount": "28.10", "currency": "EUR", "after_use": true}).to_string();
        let path = format!("/v1/accounts/{account}/charges");
        let key = format!("charge {number}");
        assert_eq!(client.call("POST", &path, Some(&key), &charge).unwrap().status, 201);
        let ask = json!({
            "account": account, "session": format!("call {number}"), "service": "telephony",
            "amount": "0.40", "currency": "EUR", "expires_in": 80_000,
        });
        assert_eq!(client.post("/v1/authorisations", &ask).status, 200);
    }
    let lost = json!({
        "source": "cash", "reference": "lost", "amount": "3.00", "currency": "EUR",
        "account": "1234567897",
    });
    let found = client.post("/v1/payments", &lost);
    assert!(found.status < 300, "{found:?}");
    let refused = json!({"amount": "999.00", "currency": "EUR"}).to_string();
    let path = format!("/v1/accounts/{}/charges", accounts[0]);
    assert_eq!(client.call("POST", &path, Some("too much"), &refused).unwrap().status, 422);
}

/// What people would see, page by page.
fn look(client: &mut Client) -> Vec<Value> {
    let mut pages = Vec::new();
    for number in 1..=4 {
        let account = format!("/v1/accounts/acc_{number}");
        pages.push(client.get(&account).body);
        pages.push(client.get(&format!("{account}/entries?limit=200")).body);
        pages.push(
            client
                .get(&format!(
                    "{account}/statement?from=2020-01-01&to=2120-01-01&format=json&all=true"
                ))
                .body,
        );
    }
    for path in [
        "/v1/customers?q=ann",
        "/v1/receivables",
        "/v1/trial-balance",
        "/v1/unallocated-payments",
        "/v1/services",
        "/v1/exchange-rates",
    ] {
        pages.push(client.get(path).body);
    }
    for page in &mut pages {
        // Of an entry it is when it happened, of a page as a whole when it was made.
        page.as_object_mut().unwrap().remove("at");
        forget_now(page);
    }
    pages
}

/// When a page was made is not what it says of the business.
fn forget_now(page: &mut Value) {
    match page {
        Value::Object(fields) => {
            ["as_of", "age_seconds", "to"].iter().for_each(|it| _ = fields.remove(*it));
            fields.values_mut().for_each(forget_now);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_now),
        _ => {}
    }
}

/// Ids and addresses, which deliveries do not change.
fn endpoints_of(client: &mut Client) -> Vec<(Value, Value)> {
    let listed = client.get("/v1/webhook-endpoints").body;
    let endpoints = listed["endpoints"].as_array().unwrap_or_else(|| panic!("{listed}"));
    endpoints.iter().map(|it| (it["id"].clone(), it["url"].clone())).collect()
}

fn check_same(found: &[Value], before: &[Value]) {
    assert_eq!(found.len(), before.len());
    found.iter().zip(before).for_each(|(found, before)| assert_eq!(found, before));
}

/// The repeat of what was answered before is answered the same, and writes nothing.
fn repeat(client: &mut Client) -> Vec<Value> {
    let charge = json!({"amount": "28.10", "currency": "EUR", "after_use": true}).to_string();
    let again = client.call("POST", "/v1/accounts/acc_2/charges", Some("charge 1"), &charge);
    let paid = client.pay("acc_3", "R2-7", 107).unwrap();
    let refused = json!({"amount": "999.00", "currency": "EUR"}).to_string();
    let refused = client.call("POST", "/v1/accounts/acc_1/charges", Some("too much"), &refused);
    [again.unwrap(), paid, refused.unwrap()].map(|it| it.body).into()
}

#[test]
fn a_business_moves_over_with_a_kill_in_the_middle_and_comes_back() {
    let Some(it) = Move::new("copying") else { return };
    let server = it.serve();
    let mut client = server.client();
    do_business(&mut client);
    let hook = json!({"url": "https://hooks.example.com/sporran", "events": ["payment.received"]});
    let made = client.post("/v1/webhook-endpoints", &hook);
    assert_eq!(made.status, 201, "{made:?}");
    let data = it.data();
    let user = |command: &[&str], place: &[&str]| {
        let (code, said) = run(&[&["user"], command, place].concat());
        assert_eq!(code, 0, "{said}");
        said
    };
    let files = ["--data-dir", text(&data)];
    user(&["create", "--name", "eve", "--role", "agent"], &files);
    let (users, endpoints) = (user(&["list"], &files), endpoints_of(&mut client));
    assert!(users.contains("eve") && !endpoints.is_empty(), "{users} {endpoints:?}");
    let (before, answers) = (look(&mut client), repeat(&mut client));
    assert!(answers.iter().all(|it| it.is_object()), "{answers:?}");
    let (code, said) = it.copy_over(&[]);
    assert!(code == 1 && said.contains("in use by another process"), "{code} {said}");
    drop(server);
    let beside = it.path("beside");
    let all = it.move_with_a_kill(&beside);
    verify(&it.data());
    // What was left behind is not served.
    let (code, said) = run(&["serve", "--port", "0", "--data-dir", text(&data)]);
    assert!(code == 1 && said.contains("was moved to a PostgreSQL database"), "{code} {said}");
    let server = it.serve_copy();
    let mut client = server.client();
    check_same(&look(&mut client), &before);
    assert_eq!(repeat(&mut client), answers);
    assert_eq!(endpoints_of(&mut client), endpoints);
    let on_server = ["--data-dir", text(&beside), "--store", &it.url];
    assert_eq!(user(&["list"], &on_server), users);
    // The numbers of what comes go on.
    user(&["create", "--name", "joe", "--role", "agent"], &on_server);
    assert_eq!(client.post("/v1/webhook-endpoints", &hook).status, 201);
    let (users, endpoints) = (user(&["list"], &on_server), endpoints_of(&mut client));
    assert_eq!(endpoints.len(), 2, "{endpoints:?}");
    assert_eq!(it.count("SELECT count(*) FROM journal"), all, "a repeat was written");
    // The business goes on there, and back into another directory.
    let paid = client.pay("acc_1", "later", 700).unwrap();
    assert_eq!(paid.status, 201, "{paid:?}");
    let (code, said) = it.copy_back(&it.path("back"));
    assert!(code == 1 && said.contains("in use by another process"), "{code} {said}");
    let later = look(&mut client);
    server.kill();
    // How many shards there are is the database's, and not the business's.
    throwaway::execute(&it.url, "INSERT INTO meta VALUES (0, 'shards', '1')");
    let (code, said) = it.copy_back(&it.path("back"));
    assert_eq!(code, 0, "{said}");
    verify(&it.path("back"));
    assert_eq!(facts(&it.path("back"), "shards"), 0);
    let server = Server::start(&it.path("back"), &it.key);
    let mut client = server.client();
    check_same(&look(&mut client), &later);
    assert_eq!(repeat(&mut client), answers);
    assert_eq!(client.pay("acc_1", "later", 700).unwrap(), paid, "it counts once");
    assert_eq!(endpoints_of(&mut client), endpoints);
    assert_eq!(user(&["list"], &["--data-dir", text(&it.path("back"))]), users);
    // Whoever gives up the move serves what was there before it.
    let (code, said) = run(&["copy", "--unmark", text(&data)]);
    assert!(code == 0 && said.contains("may be served again"), "{code} {said}");
    let server = it.serve();
    check_same(&look(&mut server.client()), &before);
}

#[test]
fn nothing_of_anybody_elses_is_overwritten() {
    let Some(it) = Move::new("occupied") else { return };
    let (data, url) = (it.data(), it.url.as_str());
    do_business(&mut it.serve().client());
    let refused = |from: &str, to: &str, why: &str| {
        let (code, said) = run(&["copy", "--from", from, "--to", to]);
        assert!(code == 1 && said.contains(why), "{from} to {to}: {code} {said}");
    };
    refused(text(&it.path("none")), url, "no database");
    refused(text(&data), text(&it.path("new")), "one of --from and --to");
    refused(url, text(&it.path("new")), "no business");
    // A key alone is somebody's already.
    let beside = it.path("beside");
    let place = ["--name", "eve", "--data-dir", text(&beside), "--store", url];
    let (code, said) = run(&[&["key", "create", "--role", "agent"], &place[..]].concat());
    assert_eq!(code, 0, "{said}");
    refused(text(&data), url, "another business");
    throwaway::execute(url, "DELETE FROM api_keys");
    let (code, said) = it.copy_over(&[]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = it.copy_over(&[]);
    assert!(code == 0 && said.contains("finished already"), "{code} {said}");
    // Another business, in a directory and in a database.
    let other = Move { directory: tempfile::tempdir().unwrap(), url: it.url.clone(), ..it };
    let bob = other.make_key("bob");
    refused(url, text(&other.data()), "another business");
    Server::start(&other.data(), &bob).client().open_accounts(2);
    refused(text(&other.data()), url, "copy of another business");
    refused(url, text(&other.data()), "another business");
    let users = other.path("users");
    std::fs::create_dir_all(&users).unwrap();
    std::fs::write(users.join("access.db"), "").unwrap();
    refused(url, text(&users), "access.db is there already");
    // What has gone on is no copy any more.
    let server = Server::start_with(&beside, &other.key, &[("SPORRAN_STORE", url)]);
    assert_eq!(server.client().pay("acc_1", "more", 100).unwrap().status, 201);
    server.kill();
    refused(text(&data), url, "has gone on since");
}

/// A directory with every kind of entry in it, as a released version left it.
fn released(path: &Path) {
    std::fs::create_dir_all(path).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/fixtures/journal-0.1.sql");
    let sql = std::fs::read_to_string(file).unwrap();
    change(path, &sql);
}

/// How many facts of this name a directory has.
fn facts(data_dir: &Path, name: &str) -> i64 {
    let database = Connection::open(data_dir.join("sporran.db")).unwrap();
    let sql = "SELECT count(*) FROM meta WHERE name = ?1";
    database.query_row(sql, [name], |it| it.get(0)).unwrap()
}

fn change(data_dir: &Path, sql: &str) {
    Connection::open(data_dir.join("sporran.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_copy_that_is_not_what_was_copied_is_said_so_and_not_served() {
    let Some(it) = Move::new("differing") else { return };
    let released_dir = it.path("released");
    released(&released_dir);
    let copy = |to: &str| run(&["copy", "--from", text(&released_dir), "--to", to]);
    let beside = it.path("beside");
    let serve = ["serve", "--port", "0", "--data-dir", text(&beside), "--store", &it.url];
    // An amount that was changed on the disk is named and not carried on.
    let of = "(SELECT min(position) FROM journal WHERE position > 300 AND balance > 0)";
    let sql = format!("UPDATE journal SET held = held + 1 WHERE position = {of}");
    change(&released_dir, &sql);
    let (code, said) = copy(&it.url);
    assert!(code == 1 && said.contains("what is copied is not what was written"), "{said}");
    assert!(said.contains("journal positions"), "{said}");
    assert!(it.count("SELECT count(*) FROM journal") < 301);
    assert_eq!(run(&serve).0, 1);
    change(&released_dir, &sql.replace("held + 1", "held - 1"));
    let (code, said) = copy(&it.url);
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(&["verify", "--data-dir", text(&beside), "--store", &it.url]);
    assert!(code == 0 && said.contains("Everything holds."), "{said}");
    // Whatever differs afterwards is found, each by the comparison that is there for it.
    let head = it.count("SELECT max(position) FROM journal");
    for (there, back, fault) in [
        (
            "UPDATE customers SET name = 'Eve ' || name WHERE id = 2",
            "UPDATE customers SET name = substr(name, 5) WHERE id = 2",
            "customers differ",
        ),
        (
            "UPDATE accounts SET closed_at = coalesce(closed_at, 0) + 7 WHERE id = 1",
            "UPDATE accounts SET closed_at = nullif(closed_at - 7, 0) WHERE id = 1",
            "accounts in the directory differ",
        ),
        (
            "UPDATE keys SET fingerprint = fingerprint # 1 WHERE sequence = 100",
            "UPDATE keys SET fingerprint = fingerprint # 1 WHERE sequence = 100",
            "idempotency keys differ",
        ),
        (
            "UPDATE commits SET at = at + 1 WHERE first = 1",
            "UPDATE commits SET at = at - 1 WHERE first = 1",
            "the transaction at position 1 differs",
        ),
        (
            "UPDATE api_keys SET role = 'admin'",
            "UPDATE api_keys SET role = 'agent'",
            "API keys differ",
        ),
    ] {
        throwaway::execute(&it.url, there);
        let (code, said) = copy(&it.url);
        assert!(code == 1 && said.contains(fault), "{fault}: {said}");
        throwaway::execute(&it.url, back);
    }
    let (code, said) = copy(&it.url);
    assert_eq!(code, 0, "{said}");
    assert_eq!(it.count("SELECT max(position) FROM journal"), head);
    let (code, said) = it.copy_back(&it.path("back"));
    assert!(code == 0 && said.contains("with the same checksums"), "{said}");
    verify(&it.path("back"));
}
