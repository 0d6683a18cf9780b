//! Nodes and databases that are killed, stopped, cut off and sent home, by a schedule drawn from a
//! seed; and callers who keep books of their own.
//!
//! `SPORRAN_CHAOS_SECONDS` says for how long, `SPORRAN_CHAOS_SEED` with which seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::cluster::{Cluster, Standby, balance};
use super::harness::{Client, decimal, payment_body, wait_for};

const NODES: usize = 3;
const CALLERS: usize = 4;

/// Seconds, where nobody says how many.
const SECONDS: u64 = 10;

/// How long a caller waits for a node before it asks another: one that was stopped says nothing.
const HURRY: Duration = Duration::from_secs(2);

/// Where the callers find nodes now: addresses change when nodes are replaced.
type Addresses = Arc<Mutex<Vec<String>>>;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?} and not a number")))
}

/// One caller: does one thing after the other, each again and again until it is acknowledged.
struct Caller {
    name: usize,
    account: String,
    key: String,
    addresses: Addresses,
    connection: Option<Client>,
    random: fastrand::Rng,
    /// What the account has to have, in cents, by what was acknowledged to this caller.
    expected: i64,
    all: Arc<All>,
    done: u64,
    /// The longest that one thing took until it was acknowledged.
    longest: Duration,
}

/// The accounts of all callers, in any shard, and what others have transferred to each, in cents.
struct All {
    accounts: Vec<String>,
    came: Vec<AtomicI64>,
}

impl Caller {
    fn run(mut self, stop: &AtomicBool, total: &AtomicUsize) -> Self {
        while !stop.load(Ordering::Acquire) {
            self.act();
            total.fetch_add(1, Ordering::Relaxed);
        }
        self
    }

    fn act(&mut self) {
        let number = self.done;
        let key = format!("chaos-{}-{number}", self.name);
        let what = if self.expected < 100 { 0 } else { self.random.u8(0..5) };
        let change = self.random.i64(1..50);
        let (amount, currency) = (decimal(change), "EUR");
        let mut to = None;
        let (path, body, change) = match what {
            0..=2 => {
                let path = format!("/v1/accounts/{}/payments", self.account);
                (path, payment_body(&key, change), change)
            }
            3 => {
                let charge = json!({"amount": amount, "currency": currency, "reference": key});
                (format!("/v1/accounts/{}/charges", self.account), charge.to_string(), -change)
            }
            _ => {
                let other = (self.name + self.random.usize(1..CALLERS)) % CALLERS;
                to = Some((other, change));
                let (from, to) = (&self.account, &self.all.accounts[other]);
                let transfer =
                    json!({"from": from, "to": to, "amount": amount, "currency": currency});
                ("/v1/transfers".to_owned(), transfer.to_string(), -change)
            }
        };
        let began_at = Instant::now();
        while !self.ask(&path, &key, &body) {
            assert!(began_at.elapsed() < Duration::from_secs(60), "nobody answers: {path} {body}");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.longest = self.longest.max(began_at.elapsed());
        self.expected += change;
        if let Some((other, change)) = to {
            self.all.came[other].fetch_add(change, Ordering::Relaxed);
        }
        self.done += 1;
    }

    /// Whether it was acknowledged. Whatever else comes, it is asked again, elsewhere.
    fn ask(&mut self, path: &str, key: &str, body: &str) -> bool {
        let connected = self.connection.take().or_else(|| self.connect());
        let Some(mut client) = connected else { return false };
        match client.call("POST", path, Some(key), body) {
            Ok(answer) if answer.status == 201 => {
                self.connection = Some(client);
                true
            }
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{path} {body}: {answer:?}");
                false
            }
            Err(_) => false,
        }
    }

    fn connect(&mut self) -> Option<Client> {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let client = Client::connect(self.random.choice(&addresses)?, &self.key).ok()?;
        client.hurry(HURRY).ok()?;
        Some(client)
    }
}

/// What is done to them.
struct Schedule {
    cluster: Cluster,
    addresses: Addresses,
    random: fastrand::Rng,
}

impl Schedule {
    fn tell(&self) {
        let nodes = self.cluster.nodes.iter().flatten();
        let addresses = nodes.map(|it| it.address.clone()).collect();
        *self.addresses.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    fn any(&mut self) -> usize {
        let there = (0..self.cluster.nodes.len()).filter(|it| self.cluster.nodes[*it].is_some());
        let there: Vec<usize> = there.collect();
        // One that has a shard more often than the others.
        match self.cluster.owner().filter(|_| self.random.bool()) {
            Some(owner) => owner,
            None => *self.random.choice(&there).unwrap(),
        }
    }

    fn replace(&mut self) {
        self.cluster.add();
        self.tell();
    }

    fn strike(&mut self) -> String {
        match self.random.u8(0..4) {
            0 => {
                let node = self.any();
                self.cluster.nodes[node].take().unwrap().kill();
                self.replace();
                format!("killed node {node}")
            }
            1 => {
                let node = self.any();
                let seconds = self.random.u64(1..7);
                self.cluster.node(node).signal("-STOP");
                std::thread::sleep(Duration::from_secs(seconds));
                self.cluster.node(node).signal("-CONT");
                format!("stopped node {node} for {seconds} s")
            }
            2 => {
                let node = self.any();
                let mut leaving = self.cluster.nodes[node].take().unwrap();
                leaving.terminate();
                self.replace();
                wait_for("the end of a node", || leaving.ended());
                format!("asked node {node} to stop")
            }
            _ => {
                self.cluster.disconnect();
                "cut the connections to the database".to_owned()
            }
        }
    }
}

#[test]
fn what_was_acknowledged_is_there_once_whatever_happens() {
    let seconds = setting("SPORRAN_CHAOS_SECONDS").unwrap_or(SECONDS);
    let seed = setting("SPORRAN_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    let mut random = fastrand::Rng::with_seed(seed);
    let shards = random.u32(1..=3);
    println!("seed {seed}, {seconds} s, shards: {shards}");
    let cluster = Cluster::with_shards("chaos", shards, NODES, Standby::Synchronous);
    let Some(cluster) = cluster else { return };
    let mut first = cluster.node(0).client();
    // Customers of their own, so that there are some in every shard.
    let accounts: Vec<String> = (0..CALLERS).map(|_| first.open_accounts(1).remove(0)).collect();
    let came = accounts.iter().map(|_| AtomicI64::new(0)).collect();
    let all = Arc::new(All { accounts, came });
    let addresses = Addresses::default();
    let key = cluster.key.clone();
    let mut schedule = Schedule { cluster, addresses: addresses.clone(), random: random.fork() };
    schedule.tell();
    let (stop, total) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers = all.accounts.iter().enumerate().map(|(name, account)| {
        let caller = Caller {
            name,
            account: account.clone(),
            key: key.clone(),
            addresses: addresses.clone(),
            connection: None,
            random: random.fork(),
            expected: 0,
            all: Arc::clone(&all),
            done: 0,
            longest: Duration::ZERO,
        };
        let (stop, total) = (Arc::clone(&stop), Arc::clone(&total));
        std::thread::spawn(move || caller.run(&stop, &total))
    });
    let callers: Vec<_> = callers.collect();
    let began_at = Instant::now();
    let end = Duration::from_secs(seconds);
    while began_at.elapsed() < end {
        std::thread::sleep(Duration::from_millis(schedule.random.u64(500..4_000)));
        let struck = match began_at.elapsed() > end / 2 && schedule.cluster.fail_over() {
            true => "killed the primary and promoted the standby".to_owned(),
            false => schedule.strike(),
        };
        let (at, done) = (began_at.elapsed().as_secs(), total.load(Ordering::Relaxed));
        println!("{at:>5} s  {done:>8} acknowledged  {struck}");
    }
    stop.store(true, Ordering::Release);
    let callers: Vec<Caller> = callers.into_iter().map(|it| it.join().unwrap()).collect();
    schedule.cluster.wait_for_all_shards();
    let node = schedule.any();
    let mut client = schedule.cluster.node(node).client();
    for caller in &callers {
        let expected = caller.expected + all.came[caller.name].load(Ordering::Relaxed);
        // What was sent when its shard was away comes by itself.
        let arrived = Instant::now() + Duration::from_secs(20);
        let mut found = balance(&mut client, &caller.account);
        while found != expected && Instant::now() < arrived {
            std::thread::sleep(Duration::from_millis(50));
            found = balance(&mut client, &caller.account);
        }
        assert_eq!(found, expected, "account {} with seed {seed}", caller.account);
    }
    let done: u64 = callers.iter().map(|it| it.done).sum();
    let longest = callers.iter().map(|it| it.longest).max().unwrap();
    println!("{done} acknowledged, each once; the longest took {longest:?}");
    schedule.cluster.verify();
}
