//! `statement`: the statement of an account with ten thousand entries.

use std::time::{Duration, Instant};

use anyhow::ensure;
use engine::AccountId;

use super::BenchOptions;
use super::caller::Caller;
use super::prepare::{charge, operation, prepare, submit};
use super::result::{Measured, latencies};
use super::server::Server;
use crate::serve::Running;
use crate::shard::ShardOptions;

/// Entries that move money on the account that is asked for.
const ENTRIES: u32 = 10_000;

/// Charges between two of them on other accounts, so that they do not stand side by side.
const BETWEEN: u32 = 9;

/// Asks for the statement of one account as JSON, again and again.
pub fn run(options: &BenchOptions) -> anyhow::Result<Measured> {
    let prepared = prepare(options)?;
    let running = Running::open(&prepared.path, ShardOptions::default())?;
    let mut random = super::client::Random::new(7);
    let mut operations = Vec::new();
    for entry in 0..ENTRIES {
        operations.push(operation(charge(AccountId(1))));
        for _ in 0..BETWEEN.min(options.accounts - 1) {
            let other = AccountId(random.below(options.accounts - 1) + 2);
            operations.push(operation(charge(other)));
        }
        submit(&running.shard, &mut operations, entry + 1 == ENTRIES)?;
    }
    let entries = running.shard.durable().borrow().0;
    running.close()?;
    let server = Server::start(&prepared.path)?;
    let mut caller = Caller::connect(&server.address, &prepared.key)?;
    let mut times = latencies();
    let (mut count, began) = (0, Instant::now());
    while began.elapsed() < Duration::from_secs(options.seconds.into()) {
        let asked = Instant::now();
        let body = caller.get("/v1/accounts/acc_1/statement?format=json")?;
        times.saturating_record(asked.elapsed().as_micros() as u64);
        let lines = body.matches("\"balance\"").count();
        ensure!(lines >= ENTRIES as usize, "the statement has {lines} lines only");
        count += 1;
    }
    server.kill()?;
    let mut measured = Measured::new("statement", count, began.elapsed().as_secs_f64(), &times);
    measured.connections = 1;
    measured.accounts = options.accounts;
    measured.entries_before = entries;
    Ok(measured)
}
