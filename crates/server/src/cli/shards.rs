//! `sporran shards`: into how many parts a database is divided, and who has them.

use anyhow::{Context, bail, ensure};
use clap::Args;
use engine::ShardId;
use store::{Database, PostgresShard};

use super::Place;
use crate::claims::claim_all;
use crate::databases::Databases;

/// Say how many shards a PostgreSQL database has, or give it more.
///
/// Each shard is decided for by a core of its own, on whichever node has it. What is there stays
/// where it is, with its ids and numbers; new customers go to every shard in turn. Where
/// nodes.databases names several databases, each shard is made in the one that it names.
#[derive(Args)]
pub struct Shards {
    /// How many there are to be: more than there are, and up to 64. No node may be running.
    #[arg(long)]
    count: Option<u32>,
    #[command(flatten)]
    place: Place,
}

pub fn run(command: &Shards) -> anyhow::Result<()> {
    let storage = command.place.load()?.storage();
    let Some(databases) = storage.on_server()? else {
        bail!("a data directory is one shard; name a PostgreSQL database with --store");
    };
    let known = databases.first().shards()?;
    let shards: Vec<ShardId> = (0..known).filter_map(ShardId::new).collect();
    let Some(count) = command.count else {
        println!("{} has {known} shard{}.", storage.shown(), if known == 1 { "" } else { "s" });
        return show_all(&databases, &shards);
    };
    ensure!(
        (known..=ShardId::COUNT_MAX).contains(&count),
        "--count: {count} is not from {known}, which there are, to {}; shards are never taken away",
        ShardId::COUNT_MAX
    );
    let shards =
        shards.iter().map(|it| databases.shard(*it)).collect::<anyhow::Result<Vec<_>>>()?;
    for it in &shards {
        if let Some(holder) = it.holder()? {
            bail!("the node at {} has shard {}; stop all nodes", holder.address, it.shard.number());
        }
        ensure!(
            !it.is_in_use()?,
            "shard {} is in use by another process; stop that one first",
            it.shard.number()
        );
    }
    if let ([first], 2..) = (&shards[..], count) {
        let grown = claim_all(first, count).context("nothing was changed")?;
        println!(
            "Claimed for the only shard so far: {} account numbers, {} subjects, {} references.",
            grown.numbers, grown.subjects, grown.references
        );
    }
    databases.add_shards(known, count)?;
    println!("{} has {count} shards from now on.", storage.shown());
    Ok(())
}

/// Says of each shard where it is, also when that does not answer.
fn show_all(databases: &Databases, shards: &[ShardId]) -> anyhow::Result<()> {
    let mut is_whole = true;
    for shard in shards {
        let shown = databases.shard(*shard).and_then(|it| show(&it));
        let shown = shown.unwrap_or_else(|error| {
            is_whole = false;
            format!("{error:#}")
        });
        println!("{:>4}  {shown}", shard.number());
    }
    ensure!(is_whole, "not every shard was found");
    Ok(())
}

fn show(it: &PostgresShard) -> anyhow::Result<String> {
    let reader = it.reader()?;
    let entries = reader.head()?.0 - it.shard.start().0;
    let by = match it.holder()? {
        Some(node) => format!("the node at {}", node.address),
        None if it.is_in_use()? => "a process alone".to_owned(),
        None => "nobody".to_owned(),
    };
    Ok(format!("{entries} entries, had by {by}, in {}", it.database.address()))
}
