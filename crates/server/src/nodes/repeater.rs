//! Repeats in a shard what the first one has laid down: versions of services and of policies for
//! promised payments, and exchange rates.

use std::sync::Arc;
use std::time::Duration;

use engine::{Command, Entry, Fact, Position, ShardId, State};
use store::{Reader, StoreError};
use tokio::sync::watch;

use super::follower::{Followed, Follower, Halt, Shown, until};
use super::originals::Originals;
use super::repetition::{key_of, told};
use crate::readers::Readers;
use crate::shard::Shard;

/// How long a shard that opens is kept from answering until it has what was laid down meanwhile.
const OPENING_MAX: Duration = Duration::from_secs(1);

/// What the first shard has laid down.
#[derive(Clone, Copy)]
struct LaidDown;

impl Followed for LaidDown {
    fn after(
        self,
        reader: &dyn Reader,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        reader.laid_down_after(after, limit)
    }

    fn before(
        self,
        reader: &dyn Reader,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        reader.laid_down_before(before, limit)
    }

    fn key(original: Position) -> u128 {
        key_of(original)
    }

    /// What lays the same down again.
    fn command(original: &Entry) -> Option<Command> {
        match &original.fact {
            Fact::ServiceSet(service) => Some(Command::SetService(Arc::clone(service))),
            Fact::PromisePolicySet(policy) => Some(Command::SetPromisePolicy(Arc::clone(policy))),
            Fact::ExchangeRatesAdded(added) => Some(Command::AddExchangeRates(Arc::clone(added))),
            _ => None,
        }
    }

    /// A version that would get another number here.
    fn misfit(state: &State, original: &Entry) -> Option<String> {
        let (version, newest) = match &original.fact {
            Fact::ServiceSet(service) => {
                let newest = state.catalogue().newest(service.name);
                (service.version, newest.map_or(0, |it| it.service.version))
            }
            Fact::PromisePolicySet(policy) => {
                let newest = state.promise_policy_exactly(policy.group, policy.currency);
                (policy.version, newest.map_or(0, |it| it.version))
            }
            // Rates have their own moments, and no versions.
            _ => return None,
        };
        (version != newest + 1).then(|| format!("this shard's newest version is {newest}"))
    }

    fn comes_of(done: &Entry, original: &Entry) -> bool {
        told(&done.fact) == told(&original.fact)
    }
}

pub struct Repeater {
    follower: Follower<LaidDown>,
    newest: watch::Receiver<Position>,
    shown: Shown,
}

impl Repeater {
    pub fn new(number: ShardId, shard: Shard, readers: Readers, originals: Originals) -> Self {
        let shown = Shown {
            shard: number,
            lag: "sporran_repetition_lag_seconds",
            stopped: "sporran_repetition_stopped",
            what: "what the first shard has laid down",
        };
        shown.lag(0);
        shown.stopped(false);
        let first = (ShardId::FIRST, originals.first);
        let follower = Follower::new(LaidDown, (shard, readers), first);
        Self { follower, newest: originals.newest, shown }
    }

    /// Repeats what was laid down while the shard was closed, before it answers anybody: as much as
    /// can be soon.
    pub async fn open(&mut self) {
        if let Ok(Err(halt)) = tokio::time::timeout(OPENING_MAX, self.catch_up()).await {
            self.shown.halt(&halt);
            self.shown.stopped(halt.is_stopped());
        }
    }

    /// Repeats until the server stops.
    pub async fn run(mut self, stopping: watch::Receiver<bool>) {
        let turns = async {
            loop {
                self.turn().await;
            }
        };
        until(stopping, turns).await;
    }

    /// Repeats what there is, and waits for more.
    async fn turn(&mut self) {
        // What is laid down from here on is a change, if it is not found already.
        self.newest.borrow_and_update();
        match self.catch_up().await {
            Ok(()) => {
                self.shown.stopped(false);
                if self.newest.changed().await.is_err() {
                    // Nobody looks any more: the process is ending.
                    std::future::pending::<()>().await;
                }
            }
            Err(halt) => {
                self.shown.halt(&halt);
                self.shown.stopped(halt.is_stopped());
                tokio::time::sleep(halt.rest()).await;
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), Halt> {
        let caught_up = self.follower.catch_up(&self.shown).await;
        self.shown.lag(self.follower.lag());
        caught_up
    }
}
