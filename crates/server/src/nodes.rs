//! Several processes over one database: one of them has the shard, the others pass on to it what
//! they are asked, and when it is gone another takes its place.
//!
//! **Invariant:** a node answers by itself only while its lease holds by its own clock; and what a
//! node writes that has lost the shard is refused by the database, whatever the node believes.

pub mod config;
mod front;
mod keeper;
mod pass;
mod proof;
mod renewer;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use store::{Holder, Lease, Node, PostgresDatabase};
use tokio::sync::watch;

use crate::access::tokens::Token;
use crate::config::Config;
use crate::serve::{asked_to_stop, bind, listen};
use crate::storage::{SHARD, Storage, apart};
use config::NodeOptions;
use front::Front;
use keeper::Keeper;
use renewer::Renewer;

/// How long a node that stops waits for another to take its place.
const HAND_OVER_WAIT: Duration = Duration::from_secs(6);

/// Runs one of several nodes until it is asked to stop.
pub async fn serve(config: &Config, options: NodeOptions) -> anyhow::Result<()> {
    let listener = bind(&config.listen).await?;
    let listens_on = listener.local_addr().context("failed to read the listener's address")?;
    let node = Node { id: draw()?, address: options.address.clone() };
    let storage = Storage { node: Some(node.id), ..config.storage() };
    let lease = apart(|| open_lease(&storage, node))?;
    let renewer = Renewer::start(lease)?;
    let (own, owned) = watch::channel(None);
    let (leave, leaving) = watch::channel(false);
    let keeper = Keeper::new(config.clone(), storage, own, &renewer, leaving.clone());
    let mut keeper = tokio::spawn(keeper.run());
    let body_bytes_max = config.limits.body_bytes_max;
    let front = Front::new(&options, renewer.known(), owned, leaving.clone(), body_bytes_max);
    greet(&listens_on, &options.address);
    let known = renewer.known();
    let handed_over = async move {
        asked_to_stop().await;
        tracing::info!("stopping; another node may take over");
        leave.send_replace(true);
        if let Err(panic) = (&mut keeper).await {
            tracing::error!(%panic, "the shard was not handed over");
        }
        wait_for_another(known).await;
    };
    let served = listen(listener, front.router(), handed_over).await;
    renewer.stop();
    served
}

fn open_lease(storage: &Storage, node: Node) -> anyhow::Result<Lease> {
    let url = storage.server.as_ref().context("several nodes share a PostgreSQL database")?;
    let database = PostgresDatabase::open(url.as_str(), storage.durability);
    let database: Arc<PostgresDatabase> = database.context("in the database that --store names")?;
    Ok(Lease::new(database, SHARD, node))
}

/// A number that no other node has.
fn draw() -> anyhow::Result<i64> {
    let drawn = Token::draw()?.digest();
    let bytes = drawn.first_chunk().context("a digest is long enough")?;
    Ok(i64::from_be_bytes(*bytes))
}

/// What is still asked here is passed on as soon as another node has the shard.
async fn wait_for_another(mut known: watch::Receiver<Holder>) {
    let deadline = Instant::now() + HAND_OVER_WAIT;
    let another = known.wait_for(|it| matches!(it, Holder::Another(_)));
    if tokio::time::timeout_at(deadline.into(), another).await.is_err() {
        tracing::warn!("no other node has taken over");
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
