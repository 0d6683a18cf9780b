//! `ledger`: the same mix, in process, through the shard, durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::{AccountId, Fact, ReservationId};

use super::BenchOptions;
use super::engine_alone::Mix;
use super::prepare::{operation, prepare};
use super::result::{Measured, latencies};
use crate::http::resources::payments::payment_key;
use crate::serve::Running;
use crate::shard::{Answered, Key, Shard, ShardOptions};

/// Submitters, each with one operation under way: what is merged is merged by the shard.
const SUBMITTERS: u32 = 8_192;

pub fn run(options: &BenchOptions) -> anyhow::Result<Measured> {
    let prepared = prepare(options)?;
    let running = Running::open(&prepared.storage, ShardOptions::default())?;
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let before = running.shard.gauges().batches.load(Ordering::Relaxed);
    let accounts = options.accounts;
    let (histogram, seconds) = crate::serve::runtime()?.block_on(async {
        let started = Instant::now();
        let submitters: Vec<_> = (0..SUBMITTERS)
            .map(|number| {
                let shard = running.shard.clone();
                let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
                tokio::spawn(submit(shard, number, accounts, stop, done))
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(options.seconds.into())).await;
        stop.store(true, Ordering::Relaxed);
        let seconds = started.elapsed().as_secs_f64();
        let mut all = latencies();
        for submitter in submitters {
            for latency in submitter.await?? {
                all.saturating_record(latency.into());
            }
        }
        anyhow::Ok((all, seconds))
    })?;
    let operations = done.load(Ordering::Relaxed);
    let batches = running.shard.gauges().batches.load(Ordering::Relaxed) - before;
    running.close()?;
    let mut measured = Measured::new("ledger", operations, seconds, &histogram);
    measured.batch = operations / batches.max(1);
    measured.connections = SUBMITTERS;
    measured.accounts = accounts;
    measured.entries_before = prepared.entries;
    prepared.describe(&mut measured)?;
    Ok(measured)
}

/// One caller: one operation after the other.
async fn submit(
    shard: Shard,
    number: u32,
    accounts: u32,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
) -> anyhow::Result<Vec<u32>> {
    // Another run on the same directory must not repeat this one's references and sessions.
    let run = shard.now().0.unsigned_abs();
    let mut mix = Mix::new(run ^ (u64::from(number) << 48), accounts);
    // A list each: so many histograms would not stay in the cache.
    let mut latencies = Vec::new();
    let first = AccountId(number % accounts + 1);
    let mut command = mix.authorise_on(first, shard.now());
    while !stop.load(Ordering::Relaxed) {
        let mut operation = operation(command);
        if let engine::Command::ReceivePayment(payment) = &operation.order.command {
            let key = payment_key(payment.source.as_str(), &payment.reference);
            operation.reference_key = Some(Key { key, fingerprint: 0 });
        }
        let started = Instant::now();
        let reply = shard.execute(operation).await;
        let reply = reply.map_err(|_| anyhow::anyhow!("the shard is not available"))?;
        latencies.push(started.elapsed().as_micros() as u32);
        done.fetch_add(1, Ordering::Relaxed);
        // Only what was written counts: a repeat or a refusal would be quicker.
        let written = reply.entries(&reply.outcome).first();
        let entry = written.ok_or_else(|| anyhow::anyhow!("not written: {:?}", reply.outcome))?;
        if let (Fact::Authorised { serial, .. }, Some(posting)) = (&entry.fact, entry.posting) {
            mix.opened(ReservationId { account: posting.account, serial: *serial });
        }
        command = mix.next(shard.now());
    }
    Ok(latencies)
}
