//! Writes down in a shard what the others have sent to its accounts.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::{Command, Entry, Position, ReceiveTransit, ShardId, State};
use store::{Reader, StoreError};
use tokio::sync::{mpsc, oneshot, watch};

use super::taken::{key_of, takes};
use crate::http::app::App;
use crate::nodes::follower::{Followed, Follower, Shown};

/// How often one other shard is looked at, each in its turn, beside being told: whoever sent
/// something may have died before it told.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What a shard has sent to accounts of this one.
#[derive(Clone, Copy)]
struct SentHere(ShardId);

impl Followed for SentHere {
    fn after(
        self,
        reader: &dyn Reader,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        reader.sent_after(self.0, after, limit)
    }

    fn before(
        self,
        reader: &dyn Reader,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        reader.sent_before(self.0, before, limit)
    }

    fn key(original: Position) -> u128 {
        key_of(original)
    }

    fn command(original: &Entry) -> Option<Command> {
        ReceiveTransit::of(original).map(|it| Command::ReceiveTransit(Box::new(it)))
    }

    /// What does not fit its account waits for staff.
    fn misfit(_: &State, _: &Entry) -> Option<String> {
        None
    }

    fn comes_of(done: &Entry, original: &Entry) -> bool {
        takes(done, original)
    }
}

/// Somebody waits until what this shard has sent is taken.
struct Arrival {
    from: ShardId,
    taken: oneshot::Sender<()>,
}

/// Tells the receiver of a shard that something is under way.
pub struct Arrivals {
    tell: mpsc::UnboundedSender<Arrival>,
    told: Mutex<Option<mpsc::UnboundedReceiver<Arrival>>>,
}

impl Default for Arrivals {
    fn default() -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        Self { tell, told: Mutex::new(Some(told)) }
    }
}

impl Arrivals {
    /// Waits until what `from` has sent so far is taken, or cannot be taken now.
    pub async fn take(&self, from: ShardId) {
        let (taken, is_taken) = oneshot::channel();
        if self.tell.send(Arrival { from, taken }).is_ok() {
            // An error says that it could not be taken, or that the shard is closing.
            let _ = is_taken.await;
        }
    }
}

pub struct Receiver {
    /// By the shards that are followed.
    followers: Vec<(ShardId, Follower<SentHere>)>,
    told: mpsc::UnboundedReceiver<Arrival>,
    shown: Shown,
    /// Whose turn it is.
    next: usize,
}

impl Receiver {
    /// Of the shard that `app` serves; `None` for the only one, or when there is one already.
    pub fn new(app: &App) -> Option<Self> {
        let told = app.arrivals.told.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let own = app.shards.own();
        let others = app.shards.all().filter(|it| *it != own);
        let follow = |it: ShardId| {
            let readers = app.shards.readers_of(it)?.clone();
            let here = (app.shard.clone(), app.readers.clone());
            Some((it, Follower::new(SentHere(own), here, (it, readers))))
        };
        let followers: Vec<_> = others.filter_map(follow).collect();
        let shown = Shown {
            shard: own,
            lag: "sporran_transit_lag_seconds",
            stopped: "sporran_transit_stopped",
            what: "money from another shard",
        };
        shown.lag(0);
        shown.stopped(false);
        (!followers.is_empty()).then_some(Self { followers, told, shown, next: 0 })
    }

    /// Takes what comes until the server stops. What is under way then is taken by whoever has the
    /// shard next.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let stopped = async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = self.turn() => {}
                () = &mut stopped => return,
            }
        }
    }

    async fn turn(&mut self) {
        match tokio::time::timeout(LOOK_EVERY, self.told.recv()).await {
            Ok(Some(arrival)) => self.take(arrival).await,
            // Nobody can tell any more: the server is ending.
            Ok(None) => std::future::pending().await,
            Err(_) => {
                let (from, _) = self.followers[self.next % self.followers.len()];
                self.next += 1;
                self.catch_up(from).await;
            }
        }
    }

    /// What many wait for is looked at once.
    async fn take(&mut self, first: Arrival) {
        let mut arrivals = vec![first];
        while let Ok(arrival) = self.told.try_recv() {
            arrivals.push(arrival);
        }
        let from: BTreeSet<ShardId> = arrivals.iter().map(|it| it.from).collect();
        for shard in from {
            let is_taken = self.catch_up(shard).await;
            let (of, rest): (Vec<_>, _) = arrivals.into_iter().partition(|it| it.from == shard);
            arrivals = rest;
            for arrival in of.into_iter().filter(|_| is_taken) {
                // Whoever waited may have gone.
                let _ = arrival.taken.send(());
            }
        }
    }

    async fn catch_up(&mut self, from: ShardId) -> bool {
        let follower = self.followers.iter_mut().find(|it| it.0 == from);
        let Some((_, follower)) = follower else { return false };
        let caught_up = follower.catch_up(&self.shown).await;
        let lags = self.followers.iter().map(|it| it.1.lag());
        self.shown.lag(lags.max().unwrap_or(0));
        match &caught_up {
            Ok(()) => self.shown.stopped(false),
            Err(halt) => self.shown.halt(halt),
        }
        caught_up.is_ok()
    }
}
