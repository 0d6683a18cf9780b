//! Several processes over one database: each shard is had by one of them, the others pass on to it
//! what they are asked, and when it is gone another takes its place.
//!
//! **Invariant:** a node answers by itself only while its lease holds by its own clock; and what a
//! node writes that has lost the shard is refused by the database, whatever the node believes.

pub mod config;
pub mod follower;
mod front;
mod keeper;
mod originals;
mod pass;
mod proof;
mod renewer;
mod repeater;
pub mod repetition;
mod route;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use engine::ShardId;
use store::{Holder, Leases, Node, StoreError};
use tokio::sync::watch;

use crate::access::tokens::Token;
use crate::claims::ClaimTable;
use crate::config::Config;
use crate::databases::Databases;
use crate::readers::Readers;
use crate::serve::{asked_to_stop, bind, listen};
use crate::shards::Shards;
use crate::storage::{Storage, apart};
use config::NodeOptions;
pub use front::Front;
use front::Way;
use keeper::Keeper;
use originals::Originals;
use renewer::{Known, Renewer, Wish};
pub use route::{Named, named_by};

/// How long a node that stops waits until its shards are closed: longer than a keeper does.
const CLOSE_WAIT: Duration = Duration::from_secs(15);

/// How long a node that stops waits for another to take its place.
const HAND_OVER_WAIT: Duration = Duration::from_secs(6);

/// How long a node answers after it has handed over: until every other has read who has what now,
/// and passes nothing on to it any more.
const LINGER: Duration = Duration::from_millis(1_500);

/// Runs one of several nodes until it is asked to stop.
pub async fn serve(config: &Config, options: NodeOptions) -> anyhow::Result<()> {
    let listener = bind(&config.listen).await?;
    let listens_on = listener.local_addr().context("failed to read the listener's address")?;
    let id = draw()?;
    let node = Node { id, address: options.address.clone() };
    let storage = Storage { node: Some(id), ..config.storage() };
    let storage = apart(|| storage.sharing())?;
    let databases = storage.shared.clone().context("several nodes share a PostgreSQL database")?;
    let shards = apart(|| shards_of(&databases, options.shards))?;
    apart(|| databases.check(&shards))?;
    let count = u32::try_from(shards.len())?;
    let database = databases.first();
    let renewer = Renewer::start(Leases::new(Arc::clone(database), count, node), &shards)?;
    let claims = (count > 1).then(|| ClaimTable::new(Arc::clone(database), id));
    let (own, owned): (Vec<_>, Vec<_>) = shards.iter().map(|_| watch::channel(None)).unzip();
    let known = renewer.shards().iter().map(|it| it.holder.clone());
    let ways = shards.iter().zip(known.zip(owned));
    let ways = ways
        .map(|(it, (known, own))| Way { known, own, is_in_first: databases.is_in_first(*it) })
        .collect();
    let (leave, leaving) = watch::channel(false);
    let front = Front::new(&options, (ways, claims), leaving, config.limits.body_bytes_max);
    let readers: Vec<Readers> = shards.iter().map(|it| readers_of(&storage, *it)).collect();
    let originals = match readers.as_slice() {
        [first, _, ..] => Some(Originals::start(Arc::clone(database), first.clone())?),
        _ => None,
    };
    for ((shard, known), own) in shards.iter().zip(renewer.shards()).zip(own) {
        let (storage, known) = (storage.of_shard(*shard), known.clone());
        let all = Shards::many(*shard, readers.clone(), front.clone());
        let (known, config) = ((known, renewer.wishes()), config.clone());
        let keeper = Keeper::new(config, storage, own, known, all);
        tokio::spawn(keeper.repeating(originals.clone()).run());
    }
    greet(&listens_on, &options.address);
    let (known, wishes) = (renewer.shards().to_vec(), renewer.wishes());
    let handed_over = async move {
        asked_to_stop().await;
        tracing::info!("stopping; other nodes may take over");
        leave.send_replace(true);
        // The other end is gone only when the process ends.
        let _ = wishes.send(Wish::Leave);
        hand_over(known).await;
        tokio::time::sleep(LINGER).await;
    };
    let served = listen(listener, front.router(), handed_over).await;
    renewer.stop();
    served
}

/// The shards of the business, which is made for so many as are `wanted` when it is new.
fn shards_of(databases: &Databases, wanted: Option<u32>) -> anyhow::Result<Vec<ShardId>> {
    let count = match wanted {
        None => databases.first().shards()?,
        Some(wanted) => {
            let count = databases.make_shards(wanted)?;
            ensure!(
                count == wanted,
                "nodes.shards: the database has {count}, and not {wanted}; `sporran shards` gives \
                 it more while nobody has it, and it never has fewer"
            );
            count
        }
    };
    Ok((0..count).filter_map(ShardId::new).collect())
}

fn readers_of(storage: &Storage, shard: ShardId) -> Readers {
    let storage = storage.of_shard(shard);
    let turns = storage.turns();
    let readers = Readers::new(move || {
        let database = storage.database().map_err(|error| StoreError::Failed {
            doing: "open the database",
            source: error.into(),
        })?;
        database.reader()
    });
    readers.taking(turns)
}

/// A number that no other node has.
fn draw() -> anyhow::Result<i64> {
    let drawn = Token::draw()?.digest();
    let bytes = drawn.first_chunk().context("a digest is long enough")?;
    Ok(i64::from_be_bytes(*bytes))
}

/// Waits until the shards are closed here, and, because what is still asked here is passed on then,
/// until other nodes have them.
async fn hand_over(known: Vec<Known>) {
    let deadline = Instant::now() + CLOSE_WAIT;
    for mut known in known.clone() {
        let closed = known.holder.wait_for(|it| !matches!(it, Holder::Us { .. }));
        if tokio::time::timeout_at(deadline.into(), closed).await.is_err() {
            tracing::error!("a shard was not closed, and not handed over");
        }
    }
    let deadline = Instant::now() + HAND_OVER_WAIT;
    for mut known in known {
        let another = known.holder.wait_for(|it| matches!(it, Holder::Another(_)));
        if tokio::time::timeout_at(deadline.into(), another).await.is_err() {
            tracing::warn!("no other node has taken over");
            return;
        }
    }
}

fn greet(listens_on: &SocketAddr, address: &str) {
    let text = format!(
        "Sporran listens on http://{listens_on}\n\
         The API is described and can be tried at http://{listens_on}/docs\n\
         Other nodes reach this one at {address}\n"
    );
    // Whoever started it may not be listening, and that is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
