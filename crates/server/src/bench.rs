//! `sporran bench`: how fast, measured.
//!
//! Load comes from processes of their own, which know nothing of each other: what the server
//! merges into one batch, it merges by itself. Latency is counted from the sending, in `http-open`
//! from the moment at which sending was due.

mod caller;
mod client;
mod engine_alone;
mod forecast;
mod http;
mod ledger;
mod midnight;
mod pages;
mod peer;
mod prepare;
mod receivables;
mod restart;
mod result;
mod server;
mod sessions;
mod statement;

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::channels::access::Secret;
use crate::storage::Storage;

pub use client::{ClientOptions, run_client};
pub use prepare::{Prepared, prepare};
pub use result::Measured;

/// What to measure, and how hard.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    pub accounts: u32,
    /// Entries that the data directory is grown to before the measuring.
    pub entries: u64,
    pub seconds: u32,
    pub connections: u32,
    pub processes: u32,
    /// Arrivals a second for `http-open`.
    pub rate: u32,
    /// Kept and used again when it is named; else a temporary one.
    pub data_dir: Option<PathBuf>,
    /// A PostgreSQL database for the journal, which has nothing in it or what a bench left there.
    pub store: Option<Secret>,
}

impl BenchOptions {
    /// The journal's place, with a data directory for what is beside it.
    pub fn storage(&self, data_dir: &Path) -> Storage {
        Storage { server: self.store.clone(), ..Storage::from(data_dir) }
    }
}

/// Benches that can be run on PostgreSQL.
const ON_STORE: [&str; 5] = ["ledger", "http-batch", "http-single", "http-open", PEER];

/// What a provider would write by hand, beside ours.
const PEER: &str = "peer";

/// Every bench, in the order in which `all` runs them.
pub const BENCHES: [&str; 13] = [
    "engine",
    "ledger",
    "http-batch",
    "http-single",
    "http-open",
    "kiosk",
    "restart",
    "statement",
    RECEIVABLES,
    MIDNIGHT,
    "sessions",
    "forecast",
    PAGES,
];

const RECEIVABLES: &str = "receivables";
const MIDNIGHT: &str = "midnight";
const PAGES: &str = "pages";

/// Runs one bench, which may measure several things.
pub fn run(name: &str, options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    if options.store.is_some() && !ON_STORE.contains(&name) {
        bail!("{name} is not measured on PostgreSQL; these are: {}", ON_STORE.join(", "));
    }
    if name == PEER {
        return peer::run(options);
    }
    if name == RECEIVABLES {
        return receivables::run(options);
    }
    if name == MIDNIGHT {
        return midnight::run(options);
    }
    if name == PAGES {
        return pages::run(options);
    }
    let measured = match name {
        "engine" => engine_alone::run(options),
        "ledger" => ledger::run(options),
        "http-batch" => http::run_batch(options),
        "http-single" => http::run_single(options),
        "http-open" => http::run_open(options),
        "kiosk" => http::run_kiosk(options),
        "restart" => restart::run(options),
        "statement" => statement::run(options),
        "sessions" => sessions::run(options),
        "forecast" => forecast::run(options),
        other => {
            let known = BENCHES.join(", ");
            bail!("there is no bench {other:?}; there are {known}, and {PEER} with --store")
        }
    };
    Ok(vec![measured?])
}
