//! `sporran verify`: proves what must always hold, on any data directory.

use anyhow::Context;
use engine::ShardId;

use crate::data_dir::read_acknowledged;
use crate::progress;
use crate::storage::Storage;
use crate::verify::{Report, check_repetitions, check_transits, verify};

pub fn run(storage: &Storage) -> anyhow::Result<()> {
    storage.existing()?;
    let storage = &storage.sharing()?;
    let (occupied, mut faults) = occupied_shards(storage)?;
    // One that has nothing of anybody's has to hold, too.
    let shards = if occupied.is_empty() { vec![ShardId::FIRST] } else { occupied };
    for shard in &shards {
        if shards.len() > 1 {
            println!("Shard {}", shard.number());
        }
        faults += run_shard(storage, *shard, &shards)?;
    }
    anyhow::ensure!(faults == 0, "{faults} faults were found");
    println!("Everything holds.");
    Ok(())
}

/// The shards in which there is anything, of all databases; and how many faults were found and
/// printed: of a shard there is nothing but in its home.
fn occupied_shards(storage: &Storage) -> anyhow::Result<(Vec<ShardId>, usize)> {
    let Some(databases) = storage.on_server()? else {
        return Ok((storage.existing()?.occupied_shards()?, 0));
    };
    let count = databases.first().shards()?;
    let (mut occupied, mut faults) = (Vec::new(), 0);
    for (database, homes) in databases.all(count)? {
        for shard in database.occupied_shards()? {
            if homes.contains(&shard) {
                occupied.push(shard);
                continue;
            }
            faults += 1;
            let (number, address) = (shard.number(), database.address());
            println!("FAULT  {address} has entries of shard {number}, which is not at home there");
        }
    }
    occupied.sort_unstable();
    Ok((occupied, faults))
}

/// Answers how many faults were found and printed.
fn run_shard(whole: &Storage, shard: ShardId, all: &[ShardId]) -> anyhow::Result<usize> {
    let storage = whole.of_shard(shard);
    let database = storage.existing()?;
    // Read before the journal: a running server only moves both on.
    let acknowledged = read_acknowledged(&storage.data_dir)?;
    let reader = database.reader()?;
    let bar = progress::bar(0, "verifying");
    let report = verify(reader.as_ref(), acknowledged, &mut |at, head| {
        bar.set_length(head.0);
        bar.set_position(at.0);
    });
    bar.finish_and_clear();
    let mut report = report.with_context(|| format!("{} does not hold", storage.shown()))?;
    if shard != ShardId::FIRST {
        // Read after the shard itself: it may be behind, and never ahead.
        let first = whole.of_shard(ShardId::FIRST).existing()?.reader()?;
        check_repetitions(reader.as_ref(), first.as_ref(), &mut report)?;
    }
    if all.len() > 1 {
        let others = all.iter().filter(|it| **it != shard);
        let others: anyhow::Result<Vec<_>> =
            others.map(|it| Ok(whole.of_shard(*it).existing()?.reader()?)).collect();
        check_transits(reader.as_ref(), &others?, &mut report)?;
    }
    print(&report);
    Ok(report.faults.len())
}

pub(super) fn print(report: &Report) {
    for check in &report.checks {
        println!("{:>14}  {}", group(check.count), check.what);
    }
    for fault in &report.faults {
        println!("FAULT  {fault}");
    }
}

/// A count with its thousands apart.
fn group(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
