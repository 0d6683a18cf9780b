//! One shard: a thread that decides, a thread that writes, and the way in.
//!
//! ```text
//!   callers ──jobs──▶ decider ──batches──▶ writer ──▶ store
//!      ▲              (state)                │
//!      └────────────── replies ◀─────────────┘ only when durable
//! ```
//!
//! **Invariant:** a reply leaves after the batch is durable that holds everything it could have
//! seen. While one batch is being written the next is decided, so the batch grows with the load.

mod decider;
mod door;
mod job;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use engine::{ExchangeRates, Position, Settings, State, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Kept, Progress, Store, StoreError};
use tokio::sync::{oneshot, watch};

pub use decider::FORWARD_MAX;
use door::Door;
pub use door::{Key, key_digest};
pub use job::{Answered, ClockSet, NotSet, Operation, Outcome, Reply, SetClock};

use crate::claims::Claims;
use crate::clock::Clock;
use job::{Job, Message, Query, Work};

/// Operations that may wait to be decided; beyond that callers are asked to come back.
const QUEUED_MAX: usize = 200_000;

/// Operations whose accounts are fetched from memory together.
pub const WARM: usize = 32;

/// How a shard is run.
#[derive(Clone, Debug)]
pub struct ShardOptions {
    pub settings: Settings,
    pub exchange: ExchangeRates,
    pub clock: Clock,
    /// How long idempotency keys are kept, in microseconds.
    pub key_memory: i64,
    /// Keys in a sorted run; smaller only in tests.
    pub run_keys: usize,
    /// Every page of accounts is saved once in so many entries: the most that a restart replays,
    /// nearly. Smaller only in tests.
    pub sweep_entries: usize,
}

impl Default for ShardOptions {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            exchange: ExchangeRates::default(),
            clock: Clock::System,
            key_memory: 48 * 3_600_000_000,
            run_keys: store::RUN_KEYS,
            sweep_entries: 1_000_000,
        }
    }
}

/// Why there is no answer: the shard is stopping, recovering, or has more than it can take.
///
/// What was asked may or may not have been done; asking again with the same key is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// The way into a shard; cheap to clone.
#[derive(Clone)]
pub struct Shard {
    messages: mpsc::Sender<Message>,
    gauges: Arc<Gauges>,
    durable: watch::Receiver<Position>,
    clock: Clock,
    /// With one shard there are none.
    claims: Option<Arc<Claims>>,
}

/// An answer that is on its way to a thread.
pub struct Waiting(oneshot::Receiver<Result<Reply<Vec<Outcome>>, Unavailable>>);

impl Waiting {
    pub fn wait(self) -> Result<Reply<Vec<Outcome>>, Unavailable> {
        self.0.blocking_recv().map_err(|_| Unavailable)?
    }
}

/// The threads of a shard, to be waited for.
pub struct ShardThreads {
    decider: JoinHandle<()>,
    writer: JoinHandle<()>,
    replier: JoinHandle<()>,
}

/// Figures of a running shard.
#[derive(Debug, Default)]
pub struct Gauges {
    pub queued: AtomicUsize,
    pub operations: AtomicU64,
    pub refused: AtomicU64,
    pub entries: AtomicU64,
    pub batches: AtomicU64,
    pub failures: AtomicU64,
    pub write_micros: AtomicU64,
    pub decide_micros: AtomicU64,
    pub accounts: AtomicU64,
    /// Whether writes are taken: not while recovering from a failure.
    pub writable: AtomicBool,
    /// Whether another process has taken the shard: nothing is written here any more.
    pub replaced: AtomicBool,
    /// Accounts on which deciding ended in a contradiction.
    pub stopped_accounts: AtomicU64,
    /// When the last deadline fired late, by how many microseconds.
    pub deadline_lag_micros: AtomicI64,
    /// How many operations were answered within so many microseconds: the first in one, each of the
    /// others in twice as many as the one before.
    pub answered_within: [AtomicU64; 24],
}

impl Gauges {
    fn note_answer(&self, took: std::time::Duration) {
        let micros = took.as_micros().max(1);
        let place = usize::try_from(micros.ilog2()).unwrap_or(usize::MAX);
        let place = place.min(self.answered_within.len() - 1);
        self.answered_within[place].fetch_add(1, Ordering::Relaxed);
    }

    /// How quickly operations were answered, all since the start.
    pub fn answered(&self) -> AnswerTimes {
        AnswerTimes(self.answered_within.iter().map(|it| it.load(Ordering::Relaxed)).collect())
    }
}

/// Operations by how long they took: of each place twice as long as of the one before, from one to
/// two microseconds on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AnswerTimes(Vec<u64>);

impl AnswerTimes {
    /// With those of another shard.
    pub fn with(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(count, more)| *count += more);
        self
    }

    /// Within how many microseconds so many of a hundred were answered; `None` before the first.
    pub fn within(&self, percent: u64) -> Option<u64> {
        let wanted = self.0.iter().sum::<u64>() * percent;
        let mut seen = 0;
        let place = self.0.iter().position(|it| {
            seen += it * 100;
            seen >= wanted && seen > 0
        });
        place.map(|it| 2_u64 << it)
    }
}

impl Shard {
    /// Recovers the state from `store` and starts the threads.
    pub fn start(
        store: Box<dyn Store>,
        options: ShardOptions,
        mut acknowledged: Box<dyn FnMut(Position) + Send>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Self, ShardThreads), StoreError> {
        let reader = store.reader()?;
        let recovered = store::recover(
            reader.as_ref(),
            options.settings.clone(),
            options.exchange.clone(),
            options.run_keys,
            progress,
        )?;
        let head = recovered.state.shared.head;
        // What was written just before a crash is acknowledged to whoever asks again.
        acknowledged(head);
        let gauges = Arc::new(Gauges::default());
        gauges.writable.store(true, Ordering::Release);
        let (messages, inbox) = mpsc::channel();
        let (batches, to_write) = mpsc::sync_channel(1);
        let (announce, durable) = watch::channel(head);
        let (replies, to_send) = mpsc::channel();
        let writer = writer::Writer {
            store,
            batches: to_write,
            decider: messages.clone(),
            durable: announce,
            acknowledged,
            gauges: Arc::clone(&gauges),
            replies,
        };
        let clock = options.clock.clone();
        let decider =
            decider::Decider::new(recovered, options, reader, inbox, batches, Arc::clone(&gauges));
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.into()).spawn(run)
        };
        let failed = |source: std::io::Error| StoreError::Failed {
            doing: "start the shard's threads",
            source: Box::new(source),
        };
        let replier = spawn("replier", Box::new(move || writer::send_replies(&to_send)));
        let replier = replier.map_err(failed)?;
        let writer = spawn("writer", Box::new(move || writer.run())).map_err(failed)?;
        let decider = spawn("decider", Box::new(move || decider.run())).map_err(failed)?;
        let shard = Self { messages, gauges, durable, clock, claims: None };
        Ok((shard, ShardThreads { decider, writer, replier }))
    }

    /// The same way, on which what an operation brings is claimed before it is decided.
    pub fn claiming(self, claims: Claims) -> Self {
        Self { claims: Some(Arc::new(claims)), ..self }
    }

    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_deref()
    }

    /// Decides one operation; answers when the decision is durable.
    pub async fn execute(&self, operation: Operation) -> Result<Reply<Outcome>, Unavailable> {
        let Some(claims) = &self.claims else { return self.decide(operation).await };
        let mut claimed = claims.claim(std::slice::from_ref(&operation)).await?;
        match claimed.elsewhere.pop().flatten() {
            Some(outcome) => Ok(Reply { batch: Arc::default(), outcome }),
            None => self.decide(operation).await,
        }
    }

    async fn decide(&self, operation: Operation) -> Result<Reply<Outcome>, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let started = std::time::Instant::now();
        self.submit(1, Work::One(operation, reply))?;
        let answer = answer.await.map_err(|_| Unavailable)?;
        self.gauges.note_answer(started.elapsed());
        answer
    }

    /// Decides many operations, in order, each on its own.
    pub async fn execute_all(
        &self,
        mut operations: Vec<Operation>,
    ) -> Result<Reply<Vec<Outcome>>, Unavailable> {
        let Some(claims) = &self.claims else { return self.decide_all(operations).await };
        let claimed = claims.claim(&operations).await?;
        let mut here = claimed.elsewhere.iter().map(Option::is_none);
        operations.retain(|_| here.next().unwrap_or_default());
        let mut reply = self.decide_all(operations).await?;
        let mut decided = std::mem::take(&mut reply.outcome).into_iter();
        let outcomes = claimed.elsewhere.iter().map(|it| it.clone().or_else(|| decided.next()));
        reply.outcome = outcomes.collect::<Option<_>>().ok_or(Unavailable)?;
        Ok(reply)
    }

    async fn decide_all(
        &self,
        operations: Vec<Operation>,
    ) -> Result<Reply<Vec<Outcome>>, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.submit(operations.len(), Work::Many(operations, reply))?;
        answer.await.map_err(|_| Unavailable)?
    }

    /// As [`Self::execute_all`], for callers that are threads. Nothing is claimed.
    pub fn execute_all_blocking(
        &self,
        operations: Vec<Operation>,
    ) -> Result<Reply<Vec<Outcome>>, Unavailable> {
        self.begin_all(operations)?.wait()
    }

    /// As [`Self::execute_all_blocking`], and the answer is waited for later. All of them are
    /// written in one transaction.
    pub fn begin_all(&self, operations: Vec<Operation>) -> Result<Waiting, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.submit(operations.len(), Work::Many(operations, reply))?;
        Ok(Waiting(answer))
    }

    /// Looks at the state, after what has fallen due on `account`; answers when everything that
    /// could be seen is durable.
    pub async fn read<T: Send + 'static>(
        &self,
        account: Option<engine::AccountRef>,
        look: impl FnOnce(&State, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.query(account, move |state, _, now| look(state, now)).await
    }

    /// Looks a key up that is kept for ever; answers its sequence number when the operation that
    /// used it is durable.
    pub async fn find(&self, key: u128) -> Result<Option<u64>, Unavailable> {
        self.find_kept(Kept::ForEver, Key { key, fingerprint: 0 }).await
    }

    /// As [`Self::find`], of a key that is kept for so long.
    pub async fn find_kept(&self, kept: Kept, key: Key) -> Result<Option<u64>, Unavailable> {
        let found = self.query(None, move |_, door, _| door.find(kept, key)).await?;
        found.map_err(|error| {
            tracing::error!(%error, "a key could not be looked up");
            Unavailable
        })
    }

    /// As [`Self::find`], for many keys, in their order.
    pub async fn find_all(&self, keys: Vec<u128>) -> Result<Vec<Option<u64>>, Unavailable> {
        let find = move |_: &State, door: &Door, _| {
            let find = |key| door.find(Kept::ForEver, Key { key, fingerprint: 0 });
            keys.into_iter().map(find).collect::<Result<Vec<_>, StoreError>>()
        };
        self.query(None, find).await?.map_err(|error| {
            tracing::error!(%error, "a key could not be looked up");
            Unavailable
        })
    }

    /// As [`Self::read`], with a way to look keys up that are kept for ever: by the key its
    /// sequence number.
    pub async fn read_with_keys<T: Send + 'static>(
        &self,
        look: impl FnOnce(&State, &dyn Fn(u128) -> Option<u64>, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let find = |door: &Door, key| {
            let found = door.find(Kept::ForEver, Key { key, fingerprint: 0 });
            found.unwrap_or_else(|error| {
                tracing::error!(%error, "a key could not be looked up");
                None
            })
        };
        self.query(None, move |state, door, now| look(state, &|key| find(door, key), now)).await
    }

    async fn query<T: Send + 'static>(
        &self,
        account: Option<engine::AccountRef>,
        look: impl FnOnce(&State, &Door, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let run =
            Box::new(move |state: &State, door: &Door, now| -> Box<dyn FnOnce(bool) + Send> {
                let seen = look(state, door, now);
                Box::new(move |durable| {
                    if durable {
                        // Whoever asked may have gone; then nobody needs the answer.
                        let _ = reply.send(seen);
                    }
                })
            });
        self.submit(1, Work::Query(Query { account, run }))?;
        answer.await.map_err(|_| Unavailable)
    }

    /// Sets the clock forward; answers when everything that falls due up to then is done and
    /// durable. The clock passes from deadline to deadline, between jobs as at any other time.
    pub async fn set_clock(&self, to: SetClock) -> Result<ClockSet, NotSet> {
        let (reply, answer) = oneshot::channel();
        let sent = self.messages.send(Message::SetClock(to, reply));
        sent.map_err(|_| NotSet::Unavailable)?;
        answer.await.unwrap_or(Err(NotSet::Unavailable))
    }

    /// The newest position that is durable, and every later one.
    pub fn durable(&self) -> watch::Receiver<Position> {
        self.durable.clone()
    }

    pub fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The time outside, which others go by: behind [`Self::now`] where the clock was set forward.
    pub fn machine_now(&self) -> Timestamp {
        self.clock.machine().now()
    }

    pub fn is_clock_settable(&self) -> bool {
        matches!(self.clock, Clock::Ahead(_))
    }

    /// Takes no more jobs, finishes what it has, saves everything, and ends the threads.
    pub fn stop(&self) {
        // A shard that is gone has stopped already.
        let _ = self.messages.send(Message::Stop);
    }

    fn submit(&self, operations: usize, work: Work) -> Result<(), Unavailable> {
        let queued = self.gauges.queued.fetch_add(operations, Ordering::Relaxed);
        // One job alone may be of any size that the caller allows.
        if queued > QUEUED_MAX {
            self.gauges.queued.fetch_sub(operations, Ordering::Relaxed);
            return Err(Unavailable);
        }
        self.messages.send(Message::Job(Job { operations, work })).map_err(|_| Unavailable)
    }
}

impl ShardThreads {
    /// Waits until all threads have ended; `false` when one of them panicked.
    pub fn join(self) -> bool {
        let decided = self.decider.join().is_ok();
        let written = self.writer.join().is_ok();
        self.replier.join().is_ok() && written && decided
    }
}

#[cfg(test)]
mod tests;
