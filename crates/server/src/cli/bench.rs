//! `sporran bench`

use std::path::PathBuf;

use clap::Args;

use crate::bench::{self, BENCHES, BenchOptions, Measured};

#[derive(Args)]
pub struct Bench {
    /// engine, ledger, http-batch, http-single, http-open, kiosk, restart, statement,
    /// receivables, midnight, sessions, forecast, pages, or all; with --store also peer, which is
    /// what one would write by hand for PostgreSQL, beside ours.
    name: String,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    #[arg(long, default_value_t = 1_000_000)]
    accounts: u32,
    /// Grow the data directory to so many entries first.
    #[arg(long, default_value_t = 0)]
    entries: u64,
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Load generators, each a process of its own.
    #[arg(long, default_value_t = 1)]
    processes: u32,
    /// Arrivals a second for http-open.
    #[arg(long, default_value_t = 10_000)]
    rate: u32,
    /// Measure on this directory and keep it; else on a temporary one.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Measure ledger, http-batch, http-single, http-open or peer on this PostgreSQL database: an
    /// empty one, or a bench's.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

pub fn run(command: Bench) -> anyhow::Result<()> {
    let options = BenchOptions {
        accounts: command.accounts.max(1),
        entries: command.entries,
        seconds: command.seconds.max(1),
        connections: command.connections.max(1),
        processes: command.processes.max(1),
        rate: command.rate.max(1),
        data_dir: command.data_dir,
        store: command.store.as_deref().map(Into::into),
    };
    let names: Vec<&str> = match command.name.as_str() {
        "all" => BENCHES.to_vec(),
        name => vec![name],
    };
    if !command.json {
        println!("{}", Measured::HEADING);
    }
    for name in names {
        for measured in bench::run(name, &options)? {
            match command.json {
                true => println!("{}", serde_json::to_string(&measured)?),
                false => println!("{}", measured.line()),
            }
        }
    }
    Ok(())
}
