//! A thread that knows how far the first shard has laid down what every other repeats, for all
//! shards of a process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use engine::{Position, ShardId};
use store::PostgresDatabase;
use tokio::sync::watch;

use crate::readers::Readers;

/// How often it is looked beside being told: nobody is told over a connection that was cut.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the first shard has laid down, as the others see it.
#[derive(Clone)]
pub struct Originals {
    /// What reads the first shard.
    pub first: Readers,
    /// Where the newest original is, as far as is known.
    pub newest: watch::Receiver<Position>,
}

impl Originals {
    /// Ends by itself when nobody wants to know any more.
    pub fn start(database: Arc<PostgresDatabase>, first: Readers) -> anyhow::Result<Self> {
        let looking = store::Originals::new(database);
        let (tell, newest) = watch::channel(ShardId::FIRST.start());
        let run = move || look(looking, &tell);
        let thread = std::thread::Builder::new().name("originals".into()).spawn(run);
        thread.context("failed to start a thread")?;
        Ok(Self { first, newest })
    }
}

fn look(mut originals: store::Originals, tell: &watch::Sender<Position>) {
    let mut is_failing = false;
    while !tell.is_closed() {
        match originals.newest() {
            Ok(newest) => {
                tell.send_if_modified(|it| std::mem::replace(it, newest) != newest);
                is_failing = false;
            }
            Err(error) if !is_failing => {
                tracing::warn!(%error, "nobody knows here what the first shard has laid down");
                is_failing = true;
            }
            Err(_) => {}
        }
        originals.wait(LOOK_EVERY);
    }
}
