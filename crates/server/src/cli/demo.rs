//! `sporran demo`

use std::path::PathBuf;

use clap::Args;

use super::Place;
use crate::demo;

/// A filled provider on a port of this machine, to look at and to try.
#[derive(Args)]
pub struct Demo {
    /// Accounts that it has.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(20..=20_000))]
    accounts: u32,
    /// Operations per second that go on by themselves; 0 is none.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    rate: u32,
    /// Port to listen on; 8080, or any other when that is taken.
    #[arg(long)]
    port: Option<u16>,
    /// Keep the data here, and go on with it the next time.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

pub fn run(command: Demo) -> anyhow::Result<()> {
    let Demo { accounts, rate, port, data_dir } = command;
    let mut config = Place::default().load_with(None, port)?;
    if std::env::var_os("SPORRAN_LOG_LEVEL").is_none() {
        // What is printed is to be read.
        config.log.level = "warn".into();
    }
    super::start_log(&config);
    let demo =
        demo::Demo { accounts: accounts as usize, rate, data_dir, port_named: port.is_some() };
    crate::serve::runtime()?.block_on(demo::run(demo, config))
}
