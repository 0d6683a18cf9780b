//! `sporran shards`: into how many parts a database is divided, and who has them.

use anyhow::{Context, bail, ensure};
use clap::Args;
use engine::ShardId;
use store::{Database, PostgresDatabase, PostgresShard};

use super::Place;

/// Say how many shards a PostgreSQL database has, or give it more.
///
/// Each shard is decided for by a core of its own, on whichever node has it. What is there stays
/// where it is, with its ids and numbers; new customers go to every shard in turn.
#[derive(Args)]
pub struct Shards {
    /// How many there are to be: more than there are, and up to 64. No node may be running.
    #[arg(long)]
    count: Option<u32>,
    #[command(flatten)]
    place: Place,
}

pub fn run(command: &Shards) -> anyhow::Result<()> {
    let config = command.place.load()?;
    let storage = config.storage();
    let Some(url) = &storage.server else {
        bail!("a data directory is one shard; name a PostgreSQL database with --store");
    };
    let database = PostgresDatabase::open(url.as_str(), storage.durability);
    let database = database.with_context(|| format!("in {}", storage.shown()))?;
    let known = database.shards()?;
    let shards: Vec<PostgresShard> = (0..known)
        .filter_map(ShardId::new)
        .map(|shard| PostgresShard { database: database.clone(), shard })
        .collect();
    let Some(count) = command.count else {
        println!("{} has {known} shard{}.", storage.shown(), if known == 1 { "" } else { "s" });
        return shards.iter().try_for_each(show);
    };
    ensure!(
        (known..=ShardId::COUNT_MAX).contains(&count),
        "--count: {count} is not from {known}, which there are, to {}; shards are never taken away",
        ShardId::COUNT_MAX
    );
    ensure!(
        known > 1 || count == 1 || is_new(&shards)?,
        "{} has entries in its only shard; what one shard alone may have was not claimed while \
         they were made, so that others could be given the same",
        storage.shown()
    );
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
    database.set_meta(ShardId::FIRST, "shards", &count.to_string())?;
    println!("{} has {count} shards from now on.", storage.shown());
    Ok(())
}

/// Whether nothing was written to any of them: keys and users may be there already.
fn is_new(shards: &[PostgresShard]) -> anyhow::Result<bool> {
    for it in shards {
        if it.reader()?.head()? != it.shard.start() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn show(it: &PostgresShard) -> anyhow::Result<()> {
    let reader = it.reader()?;
    let entries = reader.head()?.0 - it.shard.start().0;
    let by = match it.holder()? {
        Some(node) => format!("the node at {}", node.address),
        None if it.is_in_use()? => "a process alone".to_owned(),
        None => "nobody".to_owned(),
    };
    println!("{:>4}  {entries} entries, had by {by}", it.shard.number());
    Ok(())
}
