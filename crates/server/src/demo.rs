//! `sporran demo`: a provider with customers, sixty days of history, and traffic.
//!
//! Everything goes through the engine and the shard, as it would for any caller, so the demo's
//! books hold under `sporran verify` like any others.

mod catalogue;
mod history;
mod money;
pub(crate) mod people;
mod place;
mod promises;
mod provider;
pub(crate) mod random;
mod roster;
mod services;
mod sessions;
mod stories;
mod traffic;
mod welcome;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use engine::State;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::config::Codes;
use crate::clock::Clock;
use crate::config::Config;
use crate::provisioning::config::{AdapterConfig, ProgramConfig};
use crate::serve::{self, Running};
use crate::shard::ShardOptions;
use history::{Made, Span};
use place::{Found, Place};
use provider::{HISTORY_PACE, LIVE_PACE, Provider};
use roster::Roster;

/// The same customers and the same events every time.
const SEED: u64 = 1707;

const DAYS: i64 = 60;

/// What the command line asks for.
pub struct Demo {
    pub accounts: usize,
    /// Operations a second.
    pub rate: u32,
    pub data_dir: Option<PathBuf>,
    /// Whether the port was named, so that another one will not do.
    pub port_named: bool,
}

/// Runs the demo until it is asked to stop.
pub async fn run(demo: Demo, mut config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    let listener = listen(&config.listen, demo.port_named).await?;
    let place = Place::open(demo.data_dir.as_deref())?;
    config.data_dir.clone_from(&place.path);
    add_network(&mut config, &place.path);
    if matches!(config.self_care.codes, Codes::Off) {
        config.self_care.codes = Codes::Screen;
    }
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(stop_when_asked(stop.clone()));
    let (provider, made) = match place.look()? {
        Found::Demo { accounts } => {
            let seed = SEED ^ Clock::System.now().0.unsigned_abs();
            (Provider::new(seed, Roster::draw(SEED, accounts), LIVE_PACE), None)
        }
        Found::Nothing => {
            place.begin(demo.accounts)?;
            let mut provider = Provider::new(SEED, Roster::draw(SEED, demo.accounts), HISTORY_PACE);
            let span = Span { days: DAYS, until: Clock::System.now() };
            let stopped = || *stopping.borrow();
            let options = config.shard_options();
            let made = fill(&place.path, options, &mut provider, span, &stopped).await?;
            if stopped() {
                return Ok(());
            }
            place.finish()?;
            provider.pace = LIVE_PACE;
            (provider, Some(made))
        }
    };
    let running = Running::open(&place.path, config.shard_options())?;
    let welcome = welcome::text(&running, &place, listener.local_addr()?, made.as_ref()).await?;
    let app = serve::app(&running, &config, stopping)?;
    let seconds = started.elapsed().as_secs_f64();
    // Whoever started it may not be reading, and that is no failure.
    let _ = writeln!(std::io::stdout(), "Ready after {seconds:.1} s.\n\n{welcome}");
    let traffic = tokio::spawn(traffic::run(running.shard.clone(), provider, demo.rate));
    let served = serve::run(listener, app, stop).await;
    traffic.abort();
    let closed = tokio::task::spawn_blocking(move || running.close());
    closed.await.context("failed to close the shard")??;
    served
}

/// The demo's network is a file: every provisioning command is written to its end.
fn add_network(config: &mut Config, path: &Path) {
    let log = path.join("network.jsonl");
    let command = ["/usr/bin/tee", "-a"].map(str::to_owned).into_iter();
    let program = ProgramConfig {
        command: command.chain([log.display().to_string()]).collect(),
        timeout_seconds: 20,
        concurrency: 2,
        acknowledge_within_seconds: 300,
    };
    let adapters = &mut config.provisioning.adapters;
    adapters.entry(services::NETWORK.to_owned()).or_insert(AdapterConfig::Program(program));
}

/// Makes the history in an empty directory, and closes it again.
async fn fill(
    path: &Path,
    options: ShardOptions,
    provider: &mut Provider,
    span: Span,
    stopped: &(dyn Fn() -> bool + Sync),
) -> anyhow::Result<Made> {
    let mirror = State::new(options.settings.clone(), options.exchange.clone());
    let clock = Clock::set_at(span.midnight(0));
    let running = Running::open(path, ShardOptions { clock, ..options })?;
    let made = history::make(&running.shard, mirror, provider, span, stopped).await;
    let closed = tokio::task::spawn_blocking(move || running.close());
    closed.await.context("failed to close the shard")??;
    made
}

/// Listens at once, so that a port that is taken is known before anything is made. Only a port
/// that was named is insisted on.
async fn listen(address: &str, insist: bool) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && !insist => {
            let host = address.rsplit_once(':').map_or("127.0.0.1", |it| it.0);
            serve::bind(&format!("{host}:0")).await
        }
        Err(_) => serve::bind(address).await,
        Ok(listener) => Ok(listener),
    }
}

/// From the beginning on, so that stopping amid the history cleans up as well.
async fn stop_when_asked(stop: watch::Sender<bool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    stop.send_replace(true);
}

#[cfg(test)]
mod tests;
