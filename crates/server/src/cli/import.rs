//! `sporran import`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use engine::SumDecimals;
use store::Reader;

use super::Place;
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::kind::clock;
use crate::import::{
    Accounts, Customers, Kind, Options, Payments, Rates, Report, errors_path, run as import,
};
use crate::serve::Running;

/// Take customers, accounts, payments or rates over from CSV files of an older system.
///
/// The whole file is checked before anything is written. An import that was broken off is run
/// again: what is written already is not written twice. The server must not be running on the
/// directory, save for a dry run. docs/taking-over.md has the columns and an example.
#[derive(Args)]
pub struct Import {
    #[arg(value_enum)]
    what: What,
    file: PathBuf,
    /// Only check the file against the books.
    #[arg(long)]
    dry_run: bool,
    /// Leave out the rows that are wrong, and write the others.
    #[arg(long)]
    skip_bad: bool,
    /// Where everything that is wrong is listed; FILE.errors.csv when not said.
    #[arg(long)]
    errors: Option<PathBuf>,
    /// The file's encoding, such as windows-1251 or iso-8859-1; UTF-8 when not said.
    #[arg(long)]
    encoding: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Customers,
    Accounts,
    Payments,
    Rates,
}

pub fn run(command: Import) -> anyhow::Result<()> {
    let Import { what, file, dry_run, skip_bad, errors, encoding, place } = command;
    let config = place.load()?;
    super::start_log(&config);
    let errors = errors.unwrap_or_else(|| errors_path(&file));
    let options = Options { file, encoding, errors, skip_bad };
    let storage = config.storage();
    let report = match dry_run {
        true => {
            let reader = match storage.exists() {
                true => Some(storage.database()?.reader()?),
                false => None,
            };
            import(kind(what, reader.as_deref(), &config)?.as_mut(), &options, None)?
        }
        false => {
            let running = Running::open(&storage, config.shard_options())?;
            let reader = storage.database()?.reader()?;
            let reader = reader.as_ref();
            let written = kind(what, Some(reader), &config).and_then(|mut kind| {
                import(kind.as_mut(), &options, Some((&running.shard, reader)))
            });
            running.close()?;
            written?
        }
    };
    print(&report, &options, dry_run);
    anyhow::ensure!(
        dry_run || report.file == report.books,
        "the books do not have what the file has: look at the sums above. Rows that were there \
         before may have come with other figures"
    );
    Ok(())
}

fn kind<'a>(
    what: What,
    reader: Option<&'a dyn Reader>,
    config: &Config,
) -> anyhow::Result<Box<dyn Kind + 'a>> {
    let now = clock(config.storage(), Clock::System)?.now();
    Ok(match what {
        What::Customers => Box::new(Customers::new(reader, now)?),
        What::Accounts => Box::new(Accounts::new(reader, now)?),
        What::Payments => Box::new(Payments::new(reader, config.shard_options().exchange, now)?),
        What::Rates => Box::new(Rates::new(reader, now)?),
    })
}

fn print(report: &Report, options: &Options, dry_run: bool) {
    let Report { rows, written, known, left_out, file, books } = report;
    let verb = if dry_run { "would be written" } else { "written" };
    println!("{rows:>14}  rows in {}", options.file.display());
    println!("{written:>14}  {verb}");
    println!("{known:>14}  there already");
    println!(
        "{left_out:>14}  left out{}",
        match left_out {
            0 => String::new(),
            _ => format!(", listed in {}", options.errors.display()),
        }
    );
    for (currency, units) in file {
        let exponent = currency.exponent();
        let shown = |units: i128| SumDecimals { units, exponent }.to_string();
        print!("{:>14}  {currency} in the file", shown(*units));
        match dry_run {
            true => println!(),
            false => {
                println!(", {} in the books", shown(books.get(currency).copied().unwrap_or(0)))
            }
        }
    }
}
