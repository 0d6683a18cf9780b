//! `sporran export`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use engine::Timestamp;
use store::SqliteReader;

use super::Place;
use crate::data_dir::database;
use crate::export::{Dialect, LedgerOptions, Output, write_ledger};
use crate::progress;

/// Give everything back out. It may run beside a server: it shows the moment of its start.
#[derive(Args)]
pub struct Export {
    #[arg(long, value_enum)]
    format: Format,
    /// From this day or moment on; what stood before is brought forward.
    #[arg(long, value_parser = moment)]
    from: Option<Timestamp>,
    /// Up to this day or moment, which itself is left out.
    #[arg(long, value_parser = moment)]
    to: Option<Timestamp>,
    /// Assert every balance at the end of the journal, so that other tools check ours.
    #[arg(long)]
    balances: bool,
    /// Where it goes; standard output when not said.
    #[arg(long)]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The double-entry journal as hledger reads it.
    Hledger,
    /// The double-entry journal as beancount reads it.
    Beancount,
}

/// `2026-11-30`, which begins at midnight UTC, or `2026-11-30T12:00:00Z`.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day: Result<jiff::civil::Date, _> = text.parse();
    let at = match (text.contains('T'), day) {
        (false, Ok(day)) => day.to_zoned(jiff::tz::TimeZone::UTC).map(|it| it.timestamp()),
        _ => text.parse(),
    };
    let why = "is neither a day such as 2026-11-30 nor a moment such as 2026-11-30T12:00:00Z";
    at.map(|it| Timestamp(it.as_microsecond())).map_err(|_| why.to_owned())
}

pub fn run(command: Export) -> anyhow::Result<()> {
    let config = command.place.load()?;
    let reader = open(&config.data_dir)?;
    let dialect = match command.format {
        Format::Hledger => Dialect::Hledger,
        Format::Beancount => Dialect::Beancount,
    };
    let Export { from, to, balances, .. } = command;
    let mut output = Output::open(command.output.as_deref())?;
    let bar = progress::bar(0, "exporting");
    let options = LedgerOptions { dialect, from, to, balances };
    let written = write_ledger(&reader, options, &mut output, &mut |at, head| {
        bar.set_length(head.0);
        bar.set_position(at.0);
    });
    bar.finish_and_clear();
    let written = written.with_context(|| format!("in {}", config.data_dir.display()))?;
    output.finish()?;
    eprintln!("{written} transactions are exported.");
    Ok(())
}

fn open(data_dir: &Path) -> anyhow::Result<SqliteReader> {
    let database = database(data_dir);
    anyhow::ensure!(
        database.exists(),
        "there is no database in {}; name the data directory with --data-dir",
        data_dir.display()
    );
    Ok(SqliteReader::open(&database)?)
}
