//! `restart`: killed under load, and started again.

use std::time::Instant;

use super::prepare::{prepare, resident_bytes};
use super::result::{Measured, latencies};
use super::server::Server;
use super::{BenchOptions, http};

pub fn run(options: &BenchOptions) -> anyhow::Result<Measured> {
    let prepared = prepare(options)?;
    let server = Server::start(&prepared.path)?;
    // Load until the moment of the kill: what the checkpoints have not saved is replayed.
    let before = http::drive_batches(options, &prepared, &server.address)?;
    server.kill()?;
    let started = Instant::now();
    let server = Server::start(&prepared.path)?;
    let ready = started.elapsed();
    let bytes = resident_bytes(server.id())?;
    server.kill()?;
    let mut once = latencies();
    once.saturating_record(ready.as_micros() as u64);
    let mut measured = Measured::new("restart", 1, ready.as_secs_f64(), &once);
    measured.accounts = options.accounts;
    measured.entries_before = prepared.entries + before;
    measured.ready_ms = Some(ready.as_millis() as u64);
    measured.bytes_per_account = Some(bytes / u64::from(options.accounts.max(1)));
    Ok(measured)
}
