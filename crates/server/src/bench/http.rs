//! `http-batch`, `http-single`, `http-open`, `kiosk`: over HTTP, from processes of their own.

use std::process::{Child, Command, Stdio};

use anyhow::Context;
use hdrhistogram::Histogram;

use super::BenchOptions;
use super::client::{Report, Traffic};
use super::prepare::{Prepared, prepare};
use super::result::{Measured, latencies};
use super::server::Server;

/// Charges in one request of `http-batch`.
const BATCH: u32 = 8_000;

pub fn run_batch(options: &BenchOptions) -> anyhow::Result<Measured> {
    let options = BenchOptions { connections: 4, ..options.clone() };
    measure("http-batch", &options, BATCH, 0)
}

/// One charge in a request.
pub fn run_single(options: &BenchOptions) -> anyhow::Result<Measured> {
    measure("http-single", options, 1, 0)
}

pub fn run_open(options: &BenchOptions) -> anyhow::Result<Measured> {
    measure("http-open", options, 1, options.rate)
}

/// A payment is a check and the paying after it, as terminals do; it counts as one operation, and
/// its latency is that of both.
pub fn run_kiosk(options: &BenchOptions) -> anyhow::Result<Measured> {
    let prepared = prepare(options)?;
    let config = prepared.path.join("bench-kiosk.toml");
    let channel = format!(
        "[channels.kiosk.bench]\nsecret = \"{}\"\nallow = [\"127.0.0.1\"]\ncurrency = \"EUR\"\n",
        prepared.key
    );
    std::fs::write(&config, channel).context("failed to write the bench's configuration")?;
    let server = Server::start_with(&prepared.path, Some(&config))?;
    let load = Load { batch: 1, rate: 0, traffic: Traffic::Kiosk };
    let driven = drive(options, &prepared.key, &server.address, load);
    server.kill()?;
    measured("kiosk", options, &prepared, load, &driven?)
}

fn measure(name: &str, options: &BenchOptions, batch: u32, rate: u32) -> anyhow::Result<Measured> {
    let prepared = prepare(options)?;
    let server = Server::start(&prepared.storage)?;
    let load = Load { batch, rate, traffic: Traffic::Charges };
    let driven = drive(options, &prepared.key, &server.address, load)?;
    server.kill()?;
    measured(name, options, &prepared, load, &driven)
}

/// What the load generators send.
#[derive(Clone, Copy)]
pub struct Load {
    pub batch: u32,
    pub rate: u32,
    pub traffic: Traffic,
}

/// Latencies, operations and seconds.
pub type Driven = (Histogram<u64>, u64, f64);

fn measured(
    name: &str,
    options: &BenchOptions,
    prepared: &Prepared,
    load: Load,
    (histogram, operations, seconds): &Driven,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::new(name, *operations, *seconds, histogram);
    measured.batch = load.batch.into();
    measured.connections = options.connections;
    measured.processes = options.processes;
    measured.accounts = options.accounts;
    measured.entries_before = prepared.entries;
    prepared.describe(&mut measured)?;
    Ok(measured)
}

/// Sends batches for as long as `options` say; answers how many operations were answered.
pub fn drive_batches(
    options: &BenchOptions,
    prepared: &Prepared,
    address: &str,
) -> anyhow::Result<u64> {
    let options = BenchOptions { connections: 4, processes: 1, ..options.clone() };
    let load = Load { batch: BATCH, rate: 0, traffic: Traffic::Charges };
    drive(&options, &prepared.key, address, load).map(|it| it.1)
}

/// Has load generators send for as long as `options` say.
pub fn drive(
    options: &BenchOptions,
    key: &str,
    address: &str,
    load: Load,
) -> anyhow::Result<Driven> {
    let processes = options.processes.clamp(1, options.connections);
    let mut children: Vec<Child> = Vec::new();
    for number in 0..processes {
        let share = |it: u32| it / processes + u32::from(number < it % processes);
        let child = Command::new(std::env::current_exe()?)
            .arg("bench-client")
            .args(["--address", address, "--key", key])
            .args(["--connections", &share(options.connections).to_string()])
            .args(["--seconds", &options.seconds.to_string()])
            .args(["--accounts", &options.accounts.to_string()])
            .args(["--batch", &load.batch.to_string(), "--seed", &(number + 1).to_string()])
            .args(["--rate", &share(load.rate).to_string()])
            .args(["--traffic", load.traffic.name()])
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start a load generator")?;
        children.push(child);
    }
    let mut all = latencies();
    let (mut operations, mut seconds) = (0, 0_f64);
    for child in children {
        let output = child.wait_with_output().context("failed to wait for a load generator")?;
        anyhow::ensure!(output.status.success(), "a load generator failed");
        let report: Report = serde_json::from_slice(&output.stdout)?;
        operations += report.operations;
        seconds = seconds.max(report.seconds);
        for (value, count) in report.latencies {
            all.saturating_record_n(value, count);
        }
    }
    Ok((all, operations, seconds))
}
