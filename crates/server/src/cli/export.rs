//! `sporran export`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use engine::{Position, Timestamp};
use store::Reader;

use super::Place;
use crate::export::{
    Dialect, LedgerOptions, Output, Table, TableFormat, write_ledger, write_tables,
};
use crate::progress;

/// Give everything back out. It may run beside a server: it shows the moment of its start.
#[derive(Args)]
pub struct Export {
    /// What is exported as CSV or JSON lines; everything when not said. The other formats have
    /// the journal.
    #[arg(value_enum)]
    what: Option<What>,
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
    /// The file that it goes to, standard output when not said; for CSV and JSON lines the folder.
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
    /// A file of each kind, with a line of column names.
    Csv,
    /// A file of each kind, with a JSON object on each line.
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Customers,
    Accounts,
    Payments,
    Entries,
    Rates,
    All,
}

impl What {
    fn tables(self) -> Vec<Table> {
        match self {
            Self::Customers => vec![Table::Customers],
            Self::Accounts => vec![Table::Accounts],
            Self::Payments => vec![Table::Payments],
            Self::Entries => vec![Table::Entries],
            Self::Rates => vec![Table::Rates],
            Self::All => Table::ALL.to_vec(),
        }
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let why = "is neither a day such as 2026-11-30 nor a moment such as 2026-11-30T12:00:00Z";
    crate::import::table::moment(text).ok_or_else(|| why.to_owned())
}

pub fn run(command: Export) -> anyhow::Result<()> {
    let config = command.place.load()?;
    let storage = config.storage();
    let database = storage.existing()?;
    storage.check_only_shard(database.as_ref())?;
    let reader = database.reader()?;
    let reader = reader.as_ref();
    match command.format {
        Format::Hledger => ledger(&command, reader, Dialect::Hledger),
        Format::Beancount => ledger(&command, reader, Dialect::Beancount),
        Format::Csv => tables(&command, reader, TableFormat::Csv),
        Format::Jsonl => tables(&command, reader, TableFormat::JsonLines),
    }
    .with_context(|| format!("in {}", storage.shown()))
}

fn ledger(command: &Export, reader: &dyn Reader, dialect: Dialect) -> anyhow::Result<()> {
    let Export { what, from, to, balances, .. } = *command;
    anyhow::ensure!(
        what.is_none(),
        "this format has the journal; name --format csv or jsonl for one kind of records"
    );
    let mut output = Output::open(command.output.as_deref())?;
    let options = LedgerOptions { dialect, from, to, balances };
    let written = with_bar(|show| Ok(write_ledger(reader, options, &mut output, show)?))?;
    output.finish()?;
    eprintln!("{written} transactions are exported.");
    Ok(())
}

fn tables(command: &Export, reader: &dyn Reader, format: TableFormat) -> anyhow::Result<()> {
    let Some(to) = &command.output else {
        anyhow::bail!("name the folder that the files go to with --output DIR");
    };
    anyhow::ensure!(
        command.from.is_none() && command.to.is_none() && !command.balances,
        "--from, --to and --balances are for the journal of hledger and beancount"
    );
    let what = command.what.unwrap_or(What::All).tables();
    let written = with_bar(|show| write_tables(reader, &what, format, to, show))?;
    for (table, rows) in written {
        eprintln!("{rows:>14}  {}", table.name());
    }
    Ok(())
}

/// Shows how far a reading of the journal is.
fn with_bar<T>(
    run: impl FnOnce(&mut dyn FnMut(Position, Position)) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let bar = progress::bar(0, "exporting");
    let done = run(&mut |at, head| {
        bar.set_length(head.0);
        bar.set_position(at.0);
    });
    bar.finish_and_clear();
    done
}
