//! The command line.

mod bank;
mod bench;
mod copy;
mod demo;
mod export;
mod import;
mod keys;
mod rates;
mod shards;
mod users;
mod verify;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Flags, LogFormat};
use crate::data_dir::kind::make_test_directory;
use crate::serve;
pub(crate) use rates::commands as rate_commands;

/// Sporran, a real-time personal-account server.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server on a data directory.
    Serve {
        #[command(flatten)]
        place: Place,
        /// Address and port to listen on; 127.0.0.1:8080 when nothing says otherwise.
        #[arg(long)]
        listen: Option<String>,
        /// Port alone, on the address that is configured.
        #[arg(long)]
        port: Option<u16>,
        /// Make the directory one for tests, whose clock can be set forward by /v1/clock. Only a
        /// directory without an entry becomes one.
        #[arg(long)]
        test_clock: bool,
    },
    Demo(demo::Demo),
    /// Check everything that must always hold on a data directory, and say what was checked.
    Verify {
        #[command(flatten)]
        place: Place,
    },
    Copy(copy::Copy),
    Shards(shards::Shards),
    Import(import::Import),
    Export(export::Export),
    /// Measure how fast it is on this machine.
    Bench(bench::Bench),
    /// One load generator of a bench.
    #[command(hide = true)]
    BenchClient(crate::bench::ClientOptions),
    /// Bank statements.
    #[command(subcommand)]
    Bank(bank::BankCommand),
    /// Exchange rates.
    #[command(subcommand)]
    Rates(rates::Rates),
    /// API keys.
    #[command(subcommand)]
    Key(keys::Keys),
    /// Users of the console.
    #[command(subcommand)]
    User(users::UserCommand),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check the configuration, and print what is in force.
    Check {
        #[command(flatten)]
        place: Place,
    },
}

/// Where the data and the configuration are.
#[derive(Args, Clone, Default)]
struct Place {
    /// The data directory; `data` when nothing says otherwise.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
    /// A PostgreSQL database for the journal, such as postgres://sporran@db.example/sporran; a
    /// file in the data directory when nothing says otherwise.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

impl Place {
    fn load(&self) -> anyhow::Result<Config> {
        self.load_with(None, None)
    }

    fn load_with(&self, listen: Option<String>, port: Option<u16>) -> anyhow::Result<Config> {
        let Self { config, data_dir, store } = self.clone();
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Config::load(&Flags { config, data_dir, store, listen, port }, environment)
    }
}

/// Runs what the command line asks for.
pub fn run() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Serve { place, listen, port, test_clock } => {
            let config = place.load_with(listen, port)?;
            start_log(&config);
            if test_clock {
                make_test_directory(config.storage())?;
            }
            serve::runtime()?.block_on(serve::serve(&config))
        }
        Command::Demo(command) => demo::run(command),
        Command::Verify { place } => verify::run(&place.load()?.storage()),
        Command::Copy(command) => copy::run(command),
        Command::Shards(command) => shards::run(&command),
        Command::Import(command) => import::run(command),
        Command::Export(command) => export::run(command),
        Command::Bench(command) => bench::run(command),
        Command::BenchClient(options) => crate::bench::run_client(&options),
        Command::Bank(command) => bank::run(command),
        Command::Rates(command) => rates::run(command),
        Command::Key(command) => keys::run(command),
        Command::User(command) => users::run(command),
        Command::Config(ConfigCommand::Check { place }) => {
            let config = place.load()?;
            print!("{}", toml::to_string(&config)?);
            println!("# This configuration is sound.");
            Ok(())
        }
    }
}

/// Logs go to standard error: standard output is for what was asked for.
pub fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.level)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Only a test, which starts several in one process, has a log already.
    let _ = match config.log.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
