//! Writes down in a shard what the others have sent to its accounts.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::{Command, Entry, Position, ReceiveTransit, ShardId};
use store::{Reader, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::received::{key_of, receives};
use crate::http::app::App;
use crate::nodes::follower::{Followed, Follower, Halt, Shown, until};

/// How often one other shard is looked at, each in its turn, beside being told: whoever sent
/// something may have died before it told.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long one other shard is followed before the next may be: a database that hangs keeps nobody
/// else's money waiting.
const AT_ONCE_MAX: Duration = Duration::from_secs(5);

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

    fn comes_of(done: &Entry, original: &Entry) -> bool {
        receives(done, original)
    }
}

/// Somebody waits until what this shard has sent is received.
struct Arrival {
    from: ShardId,
    received: oneshot::Sender<()>,
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
    /// Waits until what `from` has sent so far is received, or cannot be now.
    pub async fn receive(&self, from: ShardId) {
        let (received, is_received) = oneshot::channel();
        if self.tell.send(Arrival { from, received }).is_ok() {
            // An error says that it could not be, or that the shard is closing.
            let _ = is_received.await;
        }
    }
}

pub struct Receiver {
    others: Vec<Other>,
    told: mpsc::UnboundedReceiver<Arrival>,
    shown: Shown,
    /// Whose turn it is to be looked at, and when.
    next: usize,
    next_at: Instant,
}

/// A shard that is followed.
struct Other {
    shard: ShardId,
    follower: Follower<SentHere>,
    /// Until when it is left alone after a failure.
    rests_until: Option<Instant>,
    /// Something that it has sent cannot be received.
    is_stopped: bool,
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
            let follower = Follower::new(SentHere(own), here, (it, readers));
            Some(Other { shard: it, follower, rests_until: None, is_stopped: false })
        };
        let others: Vec<_> = others.filter_map(follow).collect();
        let shown = Shown {
            shard: own,
            lag: "sporran_transit_lag_seconds",
            stopped: "sporran_transit_stopped",
            what: "money from another shard",
        };
        shown.lag(0);
        shown.stopped(false);
        let next_at = Instant::now();
        (!others.is_empty()).then_some(Self { others, told, shown, next: 0, next_at })
    }

    /// Receives what comes until the server stops; the rest is received by whoever has the shard
    /// next.
    pub async fn run(mut self, stopping: watch::Receiver<bool>) {
        let turns = async {
            loop {
                self.turn().await;
            }
        };
        until(stopping, turns).await;
    }

    async fn turn(&mut self) {
        // However much comes from one shard, the others are looked at.
        if Instant::now() >= self.next_at {
            let place = self.next % self.others.len();
            self.next += 1;
            self.catch_up(place).await;
            self.next_at = Instant::now() + LOOK_EVERY;
        }
        match tokio::time::timeout_at(self.next_at, self.told.recv()).await {
            Ok(Some(arrival)) => self.receive(arrival).await,
            // Nobody can tell any more: the server is ending.
            Ok(None) => std::future::pending().await,
            Err(_) => {}
        }
    }

    /// What many wait for is looked at once.
    async fn receive(&mut self, first: Arrival) {
        let mut arrivals = vec![first];
        while let Ok(arrival) = self.told.try_recv() {
            arrivals.push(arrival);
        }
        let from: BTreeSet<ShardId> = arrivals.iter().map(|it| it.from).collect();
        for shard in from {
            let place = self.others.iter().position(|it| it.shard == shard);
            let is_received = match place {
                Some(place) => self.catch_up(place).await,
                None => false,
            };
            let (of, rest): (Vec<_>, _) = arrivals.into_iter().partition(|it| it.from == shard);
            arrivals = rest;
            for arrival in of.into_iter().filter(|_| is_received) {
                // Whoever waited may have gone.
                let _ = arrival.received.send(());
            }
        }
    }

    /// Receives what a shard has sent; `false` when not all of it could be.
    async fn catch_up(&mut self, place: usize) -> bool {
        let other = &mut self.others[place];
        if other.rests_until.is_some_and(|it| Instant::now() < it) {
            return false;
        }
        // Cut off anywhere, it goes on from where it was.
        let caught_up = tokio::time::timeout(AT_ONCE_MAX, other.follower.catch_up(&self.shown));
        let caught_up =
            caught_up.await.unwrap_or_else(|_| Err(Halt::Failed("it takes long".into())));
        other.rests_until = caught_up.as_ref().err().map(|it| Instant::now() + it.rest());
        other.is_stopped = caught_up.as_ref().is_err_and(|it| it.is_stopped());
        if let Err(halt) = &caught_up {
            self.shown.halt(halt);
        }
        self.shown.stopped(self.others.iter().any(|it| it.is_stopped));
        let lags = self.others.iter().map(|it| it.follower.lag());
        self.shown.lag(lags.max().unwrap_or(0));
        caught_up.is_ok()
    }
}
