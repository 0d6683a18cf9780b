//! `sporran bank import`

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use engine::{Name, Origin};

use super::Place;
use crate::channels::bank::{self, Import, Outcome, Prepared, shorten};
use crate::clock::Clock;
use crate::data_dir::kind;
use crate::http::resources::bank_statements::BankImportView;
use crate::serve::{self, Running};

#[derive(Subcommand)]
pub enum BankCommand {
    /// Import bank statements in ISO 20022 camt.053. The server must not be running on the
    /// directory; a running one takes them at /v1/bank-statements.
    Import {
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The bank's name in the configuration, `[channels.bank.NAME]`.
        #[arg(long)]
        channel: String,
        /// Say what would become of them, and write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print what became of them as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(command: BankCommand) -> anyhow::Result<()> {
    let BankCommand::Import { files, channel, dry_run, json, place } = command;
    let config = place.load()?;
    super::start_log(&config);
    let bank = config.channels.bank.get(&channel).with_context(|| {
        format!("there is no [channels.bank.{channel}] in the configuration; --config names it")
    })?;
    let bank = bank.open(&format!("channels.bank.{channel}"), &channel)?;
    let clock = kind::clock(config.storage(), Clock::System)?;
    let now = jiff::Timestamp::from_microsecond(clock.now().0)?;
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    // Nothing is written before every file is known to be sound.
    let mut prepared: Vec<(PathBuf, Prepared)> = Vec::with_capacity(files.len());
    for file in files {
        let bytes =
            std::fs::read(&file).with_context(|| format!("failed to read {}", file.display()))?;
        let one = bank
            .prepare(&bytes, today)
            .with_context(|| format!("nothing was imported: in {}", file.display()))?;
        prepared.push((file, one));
    }
    let running = Running::open(config.storage(), config.shard_options())?;
    let imported = serve::runtime()?.block_on(async {
        let mut imported = Vec::with_capacity(prepared.len());
        for (file, one) in prepared {
            let origin = (!dry_run).then(origin);
            // A database of several shards is not opened here.
            let (shard, readers) = (&running.shard, &running.readers);
            let books = bank::Books { shard, readers, others: None };
            let import = bank::import(books, &bank, one, origin).await;
            let import = import.map_err(|_| {
                anyhow::anyhow!(
                    "stopped in {}; import it again, and it is finished",
                    file.display()
                )
            })?;
            imported.push((file, import));
        }
        anyhow::Ok(imported)
    });
    running.close()?;
    let mut conflicts = 0;
    for (file, import) in imported? {
        conflicts += import.became.iter().filter(|it| it.outcome == Outcome::Conflict).count();
        match json {
            true => {
                let view = BankImportView::new(&channel, &import, dry_run);
                println!("{}", serde_json::to_string(&view)?);
            }
            false => print!("{}", describe(&file.display().to_string(), &import, dry_run)),
        }
    }
    anyhow::ensure!(conflicts == 0, "{conflicts} transactions stand for other payments; see above");
    Ok(())
}

fn origin() -> Origin {
    let actor = Name::new("bank-import").expect("well formed");
    let channel = Name::new("command-line").expect("well formed");
    Origin { actor, channel, reason: None }
}

/// What became of a file: what needs a look by lines, the rest as sums.
fn describe(file: &str, import: &Import, dry_run: bool) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let would = if dry_run { " would become" } else { "" };
    for statement in &import.prepared.document.statements {
        let checked = match statement.balances {
            Some(_) => "its balances hold",
            None => "without balances to hold it against",
        };
        let (id, account) = (&statement.id, &statement.account);
        let entries = statement.entries.len();
        let _ = writeln!(
            text,
            "{file}: statement {id} of {account}, {entries} entries, {checked}; {} not booked",
            statement.unbooked
        );
    }
    for (row, became) in import.prepared.rows.iter().zip(&import.became) {
        if matches!(became.outcome, Outcome::Credited | Outcome::Known) {
            continue;
        }
        let (line, code) = (row.line, became.outcome.code());
        let amount = row.transaction.money.amount.display(row.currency.exponent());
        let words = row.transaction.unstructured.join(" ");
        let _ = writeln!(
            text,
            "{file}:{line}: {code} ({}) {amount} {} {}: {}",
            became.reason.unwrap_or("no reason"),
            row.currency,
            shorten(row.transaction.party.as_deref().unwrap_or("?"), 40),
            shorten(&words, 60),
        );
    }
    let view = BankImportView::new("", import, dry_run);
    for sum in view.sums {
        let amount = serde_json::to_value(sum.amount).unwrap_or_default();
        let shown = |field: &str| amount[field].as_str().unwrap_or_default().to_owned();
        let _ = writeln!(
            text,
            "{file}:{would} {} {}, {} {}",
            sum.count,
            sum.outcome,
            shown("amount"),
            shown("currency")
        );
    }
    text
}
