//! `sporran rates load`

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use engine::{AddExchangeRates, Command, Currency, Name, Order, Origin, Rate, Timestamp};

use super::Place;
use crate::progress;
use crate::rate_files::{RateDay, RateFormat, read_rates};
use crate::serve::Running;
use crate::shard::{Operation, Outcome, Shard};

#[derive(Subcommand)]
pub enum Rates {
    /// Load exchange rates: the European Central Bank's XML or CSV, or plain
    /// `date,base,quote,rate`. The server must not be running on the directory.
    Load {
        file: PathBuf,
        /// What the rates are known to come from; `ecb` or `file` when not said.
        #[arg(long)]
        source: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// The European Central Bank publishes at about 16:00 in Frankfurt: its rates count from 15:00
/// UTC, by when they are out in winter and in summer.
const ECB_PUBLISHED_AT: i8 = 15;

pub fn run(command: Rates) -> anyhow::Result<()> {
    let Rates::Load { file, source, place } = command;
    let config = place.load()?;
    super::start_log(&config);
    let bytes =
        std::fs::read(&file).with_context(|| format!("failed to read {}", file.display()))?;
    let rates = read_rates(&bytes).with_context(|| format!("in {}", file.display()))?;
    let source = source.as_deref().unwrap_or(match rates.format {
        RateFormat::EcbXml | RateFormat::EcbCsv => "ecb",
        RateFormat::PlainCsv => "file",
    });
    let source = Name::new(source).map_err(|error| anyhow::anyhow!("--source: {error}"))?;
    let mut skipped = std::collections::BTreeSet::new();
    let commands = commands(&rates.days, rates.format, source, &mut skipped)?;
    let running = Running::open(config.storage(), config.shard_options())?;
    let loaded = load(&running.shard, &commands);
    running.close()?;
    let (days, count) = loaded?;
    println!("{count} rates of {days} days are loaded, source {source}.");
    if !skipped.is_empty() {
        let codes: Vec<String> = skipped.into_iter().collect();
        println!("Left out, because ISO 4217 no longer lists them: {}", codes.join(", "));
    }
    Ok(())
}

/// A command for each day and base. Currencies that are no more are left out and named.
pub fn commands(
    days: &[RateDay],
    format: RateFormat,
    source: Name,
    skipped: &mut std::collections::BTreeSet<String>,
) -> anyhow::Result<Vec<AddExchangeRates>> {
    let mut commands = Vec::with_capacity(days.len());
    for day in days {
        let Some(base) = Currency::from_code(&day.base) else {
            skipped.insert(day.base.clone());
            continue;
        };
        let mut rates = Vec::with_capacity(day.rates.len());
        for (quote, rate) in &day.rates {
            match (Currency::from_code(quote), Rate::new(*rate)) {
                (Some(quote), Some(rate)) => rates.push((quote, rate)),
                (None, _) => drop(skipped.insert(quote.clone())),
                (_, None) => {
                    anyhow::bail!("{}: the rate {rate} of {quote} is out of range", day.valid_from)
                }
            }
        }
        let hour = match format {
            RateFormat::EcbXml | RateFormat::EcbCsv => ECB_PUBLISHED_AT,
            RateFormat::PlainCsv => 0,
        };
        let at = day.valid_from.at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC)?;
        let valid_from = Timestamp(at.timestamp().as_microsecond());
        commands.push(AddExchangeRates { base, source, valid_from, rates });
    }
    Ok(commands)
}

/// Loads the rates; answers how many days and rates there were.
pub fn load(shard: &Shard, commands: &[AddExchangeRates]) -> anyhow::Result<(usize, usize)> {
    let actor = Name::new("rates-load").expect("well formed");
    let channel = Name::new("command-line").expect("well formed");
    let origin = Origin { actor, channel, reason: None };
    let bar = progress::bar(commands.len() as u64, "loading rates");
    for slice in commands.chunks(1_000) {
        let order = |it: &AddExchangeRates| {
            let command = Command::AddExchangeRates(Arc::new(it.clone()));
            Operation::new(Order { origin: origin.clone(), command })
        };
        let reply = shard.execute_all_blocking(slice.iter().map(order).collect());
        let reply = reply.map_err(|_| anyhow::anyhow!("the rates could not be written"))?;
        if let Some(Outcome::Refused(refusal)) =
            reply.outcome.iter().find(|it| matches!(it, Outcome::Refused(_)))
        {
            anyhow::bail!("the rates were refused: {}", refusal.code());
        }
        bar.inc(slice.len() as u64);
    }
    bar.finish_and_clear();
    Ok((commands.len(), commands.iter().map(|it| it.rates.len()).sum()))
}
