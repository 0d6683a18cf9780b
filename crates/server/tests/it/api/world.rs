//! A server of its own for each test: a data directory, a clock that is set, and people who call.
//!
//! People are `admin`, `agent`, `finance`, `gateway`, `reader`, each with a key of that role only,
//! and `anonymous` without one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, request};
use engine::{Command, Entry, Name, Order, Origin, Position, Timestamp};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::beside::Beside;
use server::channels::Channels;
use server::clock::Clock;
use server::config::Config;
use server::data_dir::kind::make_test_directory;
use server::http::app::App;
use server::http::auth::Role;
use server::http::{routes, unallocated, wire};
use server::provisioning;
use server::serve::{self, Running};
use server::shard::Operation;
use server::storage::{Storage, apart};
use server::webhooks::Dispatcher;
use store::Durability;
use store::throwaway::Schema;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

/// 2026-11-02T10:00:00Z, a Monday.
pub const START: Timestamp = Timestamp(1_793_613_600_000_000);

pub const PEOPLE: [&str; 6] = ["admin", "agent", "finance", "gateway", "reader", "anonymous"];

/// Names the engine that the servers of these tests are on: `postgres`, else it is SQLite.
const STORE: &str = "SPORRAN_TEST_STORE";

/// A place for a server's data, which goes with it.
pub struct Home {
    dir: TempDir,
    /// On a PostgreSQL server for tests, where that is asked for.
    schema: Option<Schema>,
}

pub struct World {
    home: Home,
    config: Config,
    clock: Clock,
    running: Option<Running>,
    app: App,
    router: Router,
    stop: watch::Sender<bool>,
    keys: BTreeMap<&'static str, String>,
    references: AtomicU32,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::at(Home::make(), change)
    }

    /// On a directory for tests: its clock can be set forward over the API. [`Self::advance`] lets
    /// the time go by on the machine.
    pub fn with_test_clock(change: impl FnOnce(&mut Config)) -> Self {
        let home = Home::make();
        make_test_directory(home.storage()).expect("it is new");
        Self::at(home, change)
    }

    fn at(home: Home, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { channels: channels(), ..Config::default() };
        change(&mut config);
        let clock = Clock::set_at(START);
        let (running, app, stop) = start(&home, &config, &clock);
        let router = routes::router(app.clone());
        let roles = [
            ("admin", Role::Admin),
            ("agent", Role::Agent),
            ("finance", Role::Finance),
            ("gateway", Role::Gateway),
            ("reader", Role::ReadOnly),
        ];
        let key =
            |(name, role)| (name, serve::make_key(home.storage(), name, role).expect("a key"));
        let keys = roles.into_iter().map(key).collect();
        let (running, references) = (Some(running), AtomicU32::default());
        Self { home, config, clock, running, app, router, stop, keys, references }
    }

    /// Closes the server and opens it again on the same directory.
    pub fn restart(&mut self) {
        self.restart_after(|_| {});
    }

    /// As [`Self::restart`]; meanwhile somebody changes what is there.
    pub fn restart_after(&mut self, change: impl FnOnce(&Home)) {
        self.close();
        change(&self.home);
        let (running, app, stop) = start(&self.home, &self.config, &self.clock);
        self.router = routes::router(app.clone());
        (self.running, self.app, self.stop) = (Some(running), app, stop);
    }

    /// Goes on as after a crash: on what the files were while the server ran.
    pub fn crash(&mut self) {
        let copy = tempfile::tempdir().expect("a place for files");
        for file in std::fs::read_dir(self.path()).expect("a directory of ours") {
            let file = file.expect("a file of ours");
            std::fs::copy(file.path(), copy.path().join(file.file_name())).expect("a copy");
        }
        if self.home.schema.is_some() {
            // Whoever takes the shard over keeps the one before out, as a crash would.
            let before = self.running.take();
            self.home.dir = copy;
            self.restart();
            let _ = before.map(Running::close);
            return;
        }
        self.close();
        self.home.dir = copy;
        self.restart();
    }

    /// Has a command decided that has no address of its own.
    pub async fn decide(&self, command: Command) {
        self.execute(Operation::new(Order { origin: staff(), command })).await;
    }

    pub fn now(&self) -> Timestamp {
        self.app.shard.now()
    }

    /// The journal after a position.
    pub async fn entries_after(&self, position: u64) -> Vec<Entry> {
        let after = Position(position);
        let read = self.app.readers.read(move |it| it.entries_after(after, 10_000)).await;
        read.expect("the store works")
    }

    /// Restarts with another configuration.
    pub fn change(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.restart();
    }

    /// Ends the shard; requests still come, and get no answer of its.
    pub fn close(&mut self) {
        if let Some(running) = self.running.take() {
            running.close().expect("an orderly end");
        }
    }

    /// Tells feeds to end, as a server does that stops.
    pub fn end_feeds(&self) {
        self.stop.send_replace(true);
    }

    /// Delivers every event that is due by the clock.
    pub async fn deliver(&self) {
        let (webhooks, readers) = (self.app.webhooks.clone(), self.app.readers.clone());
        // A reply leaves before everybody is told that its entry is durable.
        let head = self.head().await;
        let mut durable = self.app.shard.durable();
        durable.wait_for(|it| it.0 >= head).await.expect("the shard runs");
        let mut dispatcher = Dispatcher::new(webhooks, readers, &self.app.shard);
        dispatcher.run_until_idle().await.expect("the store works");
    }

    /// Has adapters deliver every command that is due by the clock.
    pub async fn provision(&self) {
        let head = self.head().await;
        let mut durable = self.app.shard.durable();
        durable.wait_for(|it| it.0 >= head).await.expect("the shard runs");
        let (provisioning, readers) = (self.app.provisioning.clone(), self.app.readers.clone());
        let mut dispatcher = provisioning::Dispatcher::new(provisioning, readers, &self.app.shard);
        dispatcher.run_until_idle().await.expect("the store works");
    }

    pub fn path(&self) -> &Path {
        self.home.dir.path()
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus(seconds * 1_000_000));
    }

    /// The moment so many seconds from now.
    pub fn moment(&self, seconds: i64) -> String {
        let at = self.now().plus(seconds * 1_000_000);
        jiff::Timestamp::from_microsecond(at.0).expect("a moment").to_string()
    }

    pub fn ask(&self, who: &str, method: &str, path: &str) -> Ask {
        let mut request = Request::builder().method(method).uri(path);
        if who != "anonymous" {
            let key = self.keys.get(who).unwrap_or_else(|| panic!("nobody is called {who}"));
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let what = format!("{who}: {method} {path}");
        Ask { router: self.router.clone(), request, body: Body::empty(), what }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("admin", "GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("admin", "POST", path).json(&body).send().await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask("admin", "PUT", path).json(&body).send().await
    }

    /// A new customer's id.
    pub async fn customer(&self, name: &str) -> String {
        let made = self.post("/v1/customers", json!({"name": name})).await.json(201);
        text(&made["id"])
    }

    /// The id of a new account of a new customer.
    pub async fn account(&self, currency: &str) -> String {
        self.account_with(json!({"currency": currency})).await
    }

    pub async fn account_with(&self, body: Value) -> String {
        let customer = self.customer("Amélie Tetuanui").await;
        let path = format!("/v1/customers/{customer}/accounts");
        text(&self.post(&path, body).await.json(201)["id"])
    }

    /// An account in euros with money on it.
    pub async fn purse(&self, amount: &str) -> String {
        let account = self.account("EUR").await;
        self.pay(&account, amount).await;
        account
    }

    /// Pays in euros, and returns the payment's id.
    pub async fn pay(&self, account: &str, amount: &str) -> String {
        let reference = format!("receipt-{}", self.references.fetch_add(1, Ordering::Relaxed));
        let body = payment(&reference, amount, "EUR");
        let paid = self.post(&format!("/v1/accounts/{account}/payments"), body).await.json(201);
        text(&paid["payment"])
    }

    /// Has an operation decided, and returns its first entry's position.
    pub async fn execute(&self, operation: Operation) -> u64 {
        let done = self.app.execute(operation).await;
        let done = done.unwrap_or_else(|it| panic!("{}", it.title));
        done.first().expect("an entry").position.0
    }

    pub async fn lock_payments(&self, account: &str) {
        let account = wire::parse_account("account", account).expect("an account");
        let command = Command::LockPayments { account, locked: true };
        self.execute(Operation::new(Order { origin: staff(), command })).await;
    }

    /// Brings a payment that fits no account to one.
    pub async fn allocate(&self, payment: u64, account: &str) -> u64 {
        let account = wire::parse_account("account", account).expect("an account");
        let entry = self.received(payment).await;
        let operation = unallocated::allocation(staff(), &entry, account, None);
        self.execute(operation.expect("it fits no account")).await
    }

    /// Sends a payment that fits no account back.
    pub async fn return_payment(&self, payment: u64) -> u64 {
        let operation = unallocated::returning(staff(), &self.received(payment).await, None);
        self.execute(operation.expect("it fits no account")).await
    }

    async fn received(&self, payment: u64) -> Entry {
        let found = self.app.readers.read(move |it| it.entry(Position(payment))).await;
        found.expect("the store works").expect("a payment")
    }

    pub async fn look(&self, account: &str) -> Value {
        self.get(&format!("/v1/accounts/{account}")).await.json(200)
    }

    /// The newest position of the journal.
    pub async fn head(&self) -> u64 {
        let balance = self.get("/v1/trial-balance").await.json(200);
        balance["position"].as_u64().expect("a position")
    }
}

fn staff() -> Origin {
    let name = |it| Name::new(it).expect("a name");
    Origin { actor: name("ann"), channel: name("console"), reason: None }
}

/// Channels of each kind, called from 192.0.2.0/24.
fn channels() -> Channels {
    let text = "
        [bank.main]
        [stripe.cards]
        secrets = ['whsec_for_the_tests', 'whsec_for_rotation']
        allow = ['192.0.2.0/24']
    ";
    toml::from_str(text).expect("sound channels")
}

impl Home {
    fn make() -> Self {
        let schema = match std::env::var(STORE).as_deref() {
            Ok("postgres") => Some(Schema::make().expect("PostgreSQL is installed")),
            _ => None,
        };
        Self { dir: tempfile::tempdir().expect("a place for files"), schema }
    }

    pub fn storage(&self) -> Storage {
        let server = self.schema.as_ref().map(|it| it.url.as_str().into());
        // A server for tests may lose everything.
        Storage { server, durability: Durability::Demo, ..Storage::from(self.dir.path()) }
    }

    /// What is beside the journal.
    pub fn beside(&self) -> Beside {
        apart(|| self.storage().beside()).expect("a place for what is beside the journal")
    }

    /// Everything that is kept of who may come in, as it lies there.
    pub fn kept_of_access(&self) -> Vec<u8> {
        let Some(schema) = &self.schema else {
            let files = ["access.db", "access.db-wal"].map(|it| self.dir.path().join(it));
            return files.iter().filter_map(|it| std::fs::read(it).ok()).flatten().collect();
        };
        let tables = "users customers sessions codes attempts sign_ins".split(' ');
        let rows =
            tables.flat_map(|it| schema.rows(&format!("SELECT it::text FROM access_{it} it")));
        rows.flatten().flatten().collect::<String>().into_bytes()
    }

    /// Takes away what is known of commands to the network.
    pub fn forget_commands(&self) {
        if let Some(schema) = &self.schema {
            schema.execute(
                "TRUNCATE provisioning_commands, provisioning_cursors, provisioning_attempts, \
                 provisioning_adapters, provisioning_tallies, provisioning_answers",
            );
        }
        for name in ["provisioning.db", "provisioning.db-wal", "provisioning.db-shm"] {
            // The last two are there only while it is open, and none is on a server.
            let _ = std::fs::remove_file(self.dir.path().join(name));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.close();
        }
    }
}

fn start(home: &Home, config: &Config, clock: &Clock) -> (Running, App, watch::Sender<bool>) {
    let mut options = config.shard_options();
    options.clock = clock.clone();
    let running = Running::open(home.storage(), options).expect("a server");
    let (stop, stopping) = watch::channel(false);
    let app = serve::app(&running, config, stopping).expect("an API");
    (running, app, stop)
}

/// A request that is being put together.
pub struct Ask {
    router: Router,
    request: request::Builder,
    body: Body,
    what: String,
}

impl Ask {
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn body(self, body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self { request: self.request.header(name, value.as_ref()), ..self }
    }

    /// Sends it from an address, as a connection would.
    pub fn address(self, address: &str) -> Self {
        let address: std::net::IpAddr = address.parse().expect("an address");
        let peer = std::net::SocketAddr::new(address, 40_000);
        Self { request: self.request.extension(ConnectInfo(peer)), ..self }
    }

    /// Sends it under an Idempotency-Key.
    pub fn once(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub async fn send(self) -> Answer {
        let what = self.what.clone();
        let (parts, body) = self.open().await.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { what, status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends it, and leaves the body of the answer to be read bit by bit.
    pub async fn open(self) -> axum::response::Response {
        let request = self.request.body(self.body).expect("a request");
        self.router.oneshot(request).await.expect("the router always answers")
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub what: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body, when the status is as expected.
    #[track_caller]
    pub fn json(&self, status: u16) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{} answered {text}", self.what);
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}: {text}", self.what))
    }

    /// The problem, when it is this one.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json(status);
        assert_eq!(problem["code"], code, "{} answered {problem}", self.what);
        assert_eq!(problem["status"], status, "{} answered {problem}", self.what);
        let kind = self.headers.get("content-type").and_then(|it| it.to_str().ok());
        assert_eq!(kind, Some("application/problem+json"), "{}", self.what);
        assert!(problem["title"].as_str().is_some_and(|it| !it.is_empty()), "{problem}");
        problem
    }

    /// The problem of a request that cannot be understood, when it names this field.
    #[track_caller]
    pub fn malformed(&self, field: &str) {
        let problem = self.problem(400, "malformed");
        assert_eq!(problem["field"], field, "{} answered {problem}", self.what);
    }

    /// Whether the answer says that it was given before.
    pub fn is_replayed(&self) -> bool {
        self.headers.contains_key("idempotent-replayed")
    }
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub fn eur(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

pub fn payment(reference: &str, amount: &str, currency: &str) -> Value {
    json!({"source": "cash", "reference": reference, "amount": amount, "currency": currency})
}

/// The body with one field set, or taken away by null.
pub fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}
