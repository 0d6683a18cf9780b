//! Opens a shard when its lease is ours, and closes it when it is not.

use std::io::Write;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use engine::ShardId;
use store::Holder;
use tokio::sync::{OwnedRwLockReadGuard, RwLock, watch};

use crate::config::Config;
use crate::http::app::App;
use crate::http::routes;
use crate::serve::{self, Background, Running};
use crate::shards::Shards;
use crate::storage::{Storage, apart};
use crate::transit::Receiver;

use super::originals::Originals;
use super::renewer::{Known, Wish};
use super::repeater::Repeater;

/// How long what is under way may take when the shard is handed over.
const UNDER_WAY_MAX: Duration = Duration::from_secs(10);

/// A shard that is open here, as whoever answers requests sees it.
pub struct Own {
    /// The term of the lease under which it was opened.
    pub term: i64,
    app: App,
    router: Router,
    /// Whether no more may come in. Whoever is inside holds it for reading.
    gate: Arc<RwLock<bool>>,
}

/// Keeps the shard from being closed.
pub struct Inside(#[expect(dead_code, reason = "held until it goes")] OwnedRwLockReadGuard<bool>);

impl Own {
    /// `None` when the shard is about to be closed.
    pub fn enter(&self) -> Option<Inside> {
        let guard = Arc::clone(&self.gate).try_read_owned().ok()?;
        (!*guard).then(|| Inside(guard))
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

struct Open {
    own: Arc<Own>,
    running: Running,
    stop: watch::Sender<bool>,
    background: Background,
}

pub struct Keeper {
    config: Config,
    storage: Storage,
    own: watch::Sender<Option<Arc<Own>>>,
    known: Known,
    wishes: mpsc::Sender<Wish>,
    shards: Shards,
    /// What the shard repeats; `None` for the only one.
    originals: Option<Originals>,
}

impl Keeper {
    pub fn new(
        config: Config,
        storage: Storage,
        own: watch::Sender<Option<Arc<Own>>>,
        (known, wishes): (Known, mpsc::Sender<Wish>),
        shards: Shards,
    ) -> Self {
        Self { config, storage, own, known, wishes, shards, originals: None }
    }

    /// Has the shard repeat what the first one lays down, unless it is that one.
    pub fn repeating(self, originals: Option<Originals>) -> Self {
        let originals = originals.filter(|_| self.storage.shard != ShardId::FIRST);
        Self { originals, ..self }
    }

    /// Runs until nobody says any more who has the shard.
    pub async fn run(mut self) {
        let mut open: Option<Open> = None;
        loop {
            let lets_go = *self.known.let_go.borrow_and_update();
            let ours = match *self.known.holder.borrow_and_update() {
                Holder::Us { term, .. } => Some(term),
                Holder::Another(_) | Holder::Nobody => None,
            };
            let term = ours.filter(|_| !lets_go);
            match (open.take(), term) {
                (Some(it), Some(term)) if it.own.term == term && !it.running.is_replaced() => {
                    open = Some(it);
                }
                (Some(it), _) => {
                    self.close(it).await;
                    continue;
                }
                (None, Some(term)) => open = self.open(term).await,
                (None, None) if ours.is_some() => self.wish(Wish::GiveBack(self.storage.shard)),
                (None, None) => {}
            }
            tokio::select! {
                Ok(()) = self.known.holder.changed() => {}
                Ok(()) = self.known.let_go.changed() => {}
                // Nobody says anything any more: the process is ending.
                else => return,
            }
        }
    }

    fn wish(&self, wish: Wish) {
        // The other end is gone only when the process ends.
        let _ = self.wishes.send(wish);
    }

    async fn open(&self, term: i64) -> Option<Open> {
        let shard = self.storage.shard.number();
        match self.try_to_open(term).await {
            Ok(open) => {
                self.own.send_replace(Some(Arc::clone(&open.own)));
                tracing::info!(shard, term, "this node has the shard");
                Some(open)
            }
            Err(error) => {
                tracing::error!(shard, "the shard cannot be opened here: {error:#}");
                self.wish(Wish::Rest(self.storage.shard));
                None
            }
        }
    }

    async fn try_to_open(&self, term: i64) -> anyhow::Result<Open> {
        let (storage, options) = (self.storage.clone(), self.config.shard_options());
        let opened = tokio::task::spawn_blocking(move || Running::open(storage, options)).await;
        let running = opened.context("opening ended by a panic")??;
        let (stop, stopping) = watch::channel(false);
        // Keys are those of all shards, and one node has the first of them.
        let first_key = match self.storage.shard {
            ShardId::FIRST => apart(|| serve::make_first_key(running.database.as_ref()))?,
            _ => None,
        };
        let shards = self.shards.clone();
        let app = serve::app_of_many(&running, &self.config, shards, stopping)?;
        let read = app.keys.read_again().await;
        read.map_err(|it| anyhow::anyhow!("no key can be read: {}", it.title))?;
        let mut background = Background::start(&app);
        if let Some(originals) = self.originals.clone() {
            let (shard, readers) = (running.shard.clone(), running.readers.clone());
            let mut repeater = Repeater::new(self.storage.shard, shard, readers, originals);
            repeater.open().await;
            background.add(repeater.run(stop.subscribe()));
        }
        if let Some(receiver) = Receiver::new(&app) {
            background.add(receiver.run(stop.subscribe()));
        }
        let (router, gate) = (routes::router(app.clone()), Arc::default());
        if let Some(key) = first_key {
            // Whoever started it may not be listening, and that is no failure.
            let _ = std::io::stdout().write_all(serve::shown_once(&key).as_bytes());
        }
        Ok(Open { own: Arc::new(Own { term, app, router, gate }), running, stop, background })
    }

    /// Lets nobody in any more, waits for who is inside, and closes.
    async fn close(&self, open: Open) {
        let shard = self.storage.shard.number();
        self.own.send_replace(None);
        // Feeds end, which never would by themselves.
        open.stop.send_replace(true);
        let empty = async { *open.own.gate.write().await = true };
        if tokio::time::timeout(UNDER_WAY_MAX, empty).await.is_err() {
            tracing::warn!(
                shard,
                "what was under way takes too long; the shard is closed all the same"
            );
        }
        open.background.stop();
        let running = open.running;
        match tokio::task::spawn_blocking(move || running.close()).await {
            Ok(Ok(())) => tracing::info!(shard, "this node has let go of the shard"),
            Ok(Err(error)) => tracing::error!(shard, "the shard was not closed well: {error:#}"),
            Err(panic) => tracing::error!(%panic, shard, "closing the shard ended by a panic"),
        }
    }
}
