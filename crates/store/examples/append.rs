//! How many entries a second each engine makes durable, one batch after the other on one thread.
//!
//! `cargo run --release -p sporran-store --example append [SECONDS]` measures SQLite in a temporary
//! directory, and PostgreSQL on a server of its own beside it, both with every commit synced.

use std::path::Path;
use std::time::{Duration, Instant};

use engine::ShardId;
use engine::{AccountId, Balance, Contra, CustomerId, Entry, Fact, Limit, Name, Position, Posting};
use engine::{Amount, Currency, Origin, Timestamp};
use store::conformance::batch_of;
use store::throwaway::Server;
use store::{PostgresStore, SqliteStore, Store};

fn main() {
    let seconds = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(5);
    let span = Duration::from_secs(seconds);
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let server = Server::start(&directory.path().join("postgres"), &["max_wal_size=4GB"]);
    for (place, size) in (0..).zip([1, 100, 1_000, 4_000]) {
        let path = directory.path().join(format!("{size}.db"));
        measure("SQLite", size, span, &mut sqlite(&path));
        if let Some(server) = &server {
            let shard = ShardId::new(place).expect("there are few sizes");
            let store = PostgresStore::open(&server.url(), shard);
            measure("PostgreSQL", size, span, &mut store.expect("the server takes it"));
        }
    }
}

fn sqlite(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path).expect("the file can be made");
    let folder = store.folder().expect("the file can be opened again");
    // As the server does, beside the commits.
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(20));
            if folder.log_bytes() > 4 << 20 && folder.fold().is_err() {
                return;
            }
        }
    });
    store
}

fn measure(engine: &str, size: u64, span: Duration, store: &mut dyn Store) {
    let mut next = 1;
    let mut waits = Vec::new();
    let started = Instant::now();
    while started.elapsed() < span {
        let batch = batch_of((next..next + size).map(charge).collect());
        let begun = Instant::now();
        store.append(&batch).expect("the batch is appended");
        waits.push(begun.elapsed());
        next += size;
    }
    let spent: Duration = waits.iter().sum();
    waits.sort();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100].as_micros();
    let second = (next - 1) as f64 / spent.as_secs_f64();
    println!(
        "{engine:<10} {size:>5} entries a batch {second:>9.0} a second; a batch takes {} µs, at \
         the 99th of 100 {} µs",
        at(50),
        at(99)
    );
}

/// A charge on one of a million accounts.
fn charge(position: u64) -> Entry {
    let name = |it| Name::new(it).expect("it is a name");
    let account = u32::try_from(position * 7_919 % 1_000_000).expect("it is below a million");
    let amount = Balance::from_units(-125_000).expect("it is small");
    Entry {
        position: Position(position),
        at: Timestamp(1_800_000_000_000_000 + i64::try_from(position).expect("it is small")),
        origin: Origin { actor: name("gateway"), channel: name("api"), reason: None },
        customer: Some(CustomerId(account)),
        posting: Some(Posting {
            account: AccountId(account),
            currency: Currency::EUR,
            exponent: 2,
            prev: Position(position.saturating_sub(1_000_000)),
            amount,
            balance: amount,
            held: Amount::ZERO,
            credit: Limit::Limited(Amount::ZERO),
            contra: Contra::Revenue(name("internet")),
        }),
        fact: Fact::Charge(None),
    }
}
