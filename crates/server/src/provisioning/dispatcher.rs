//! Reads the journal, makes commands of it, and has adapters deliver them.
//!
//! One task looks after all adapters; each attempt is a task of its own, and each adapter has
//! room for so many, so that one that hangs keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Position, Timestamp};
use store::StoreError;
use store::provisioning::{AttemptEvent, Command, Outcome, ProvisioningStore, Then};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::adapter::{Adapter, Sent};
use super::{Provisioning, schedule};
use crate::clock::Clock;
use crate::readers::Readers;
use crate::shard::Shard;

/// Commands that are read at once.
const SLICE: usize = 1_000;

/// What is waited between two readings of the journal, so that a busy journal is read in slices
/// and not entry by entry.
const LINGER: Duration = Duration::from_millis(10);

/// How long to wait after the store has failed.
const REST: Duration = Duration::from_secs(1);

/// The longest that nothing is looked at: a clock that was set does not wake anybody.
const LOOK_EVERY: Duration = Duration::from_secs(60);

const PRUNE_EVERY: i64 = 3_600_000_000;
const PRUNE_AT_ONCE: usize = 1_000;

pub struct Dispatcher {
    provisioning: Arc<Provisioning>,
    readers: Readers,
    durable: watch::Receiver<Position>,
    /// The machine's: the network knows nothing of a clock that was set forward.
    clock: Clock,
    attempts: JoinSet<Tried>,
    /// The adapters of commands that are under way, by which sending of which command it is.
    under_way: HashMap<(Position, u32), String>,
    /// What has ended and is not noted yet: it stays here until the store has taken it.
    ended: Vec<Outcome>,
    /// How far the journal was read; `None` before the first look.
    read_to: Option<Position>,
    read_at: Option<Instant>,
    pruned_at: Option<Timestamp>,
}

/// An attempt that has ended.
struct Tried {
    adapter: Arc<Adapter>,
    command: Command,
    sent: Sent,
}

impl Dispatcher {
    pub fn new(provisioning: Arc<Provisioning>, readers: Readers, shard: &Shard) -> Self {
        Self {
            provisioning,
            readers,
            durable: shard.durable(),
            clock: shard.clock().machine(),
            attempts: JoinSet::new(),
            under_way: HashMap::new(),
            ended: Vec::new(),
            read_to: None,
            read_at: None,
            pruned_at: None,
        }
    }

    /// Delivers until the server stops. What is under way then is cut off, and sent again by the
    /// next start.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let stopped = async move {
            // Ends only with the server itself when nobody stops it.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        tokio::pin!(stopped);
        loop {
            let work = async {
                let worked = match self.turn().await {
                    Ok(true) => Ok(()),
                    Ok(false) => self.wait().await,
                    Err(error) => Err(error),
                };
                if let Err(error) = worked {
                    tracing::warn!(%error, "provisioning waits for the store");
                    // A server may have done what its word was lost of: made commands, or let us
                    // have some that nobody sends now.
                    self.read_to = None;
                    tokio::time::sleep(REST).await;
                }
            };
            tokio::select! {
                () = work => {}
                () = &mut stopped => return,
            }
        }
    }

    /// Delivers whatever is due by the clock as it stands, and returns when nothing is.
    pub async fn run_until_idle(&mut self) -> Result<(), StoreError> {
        loop {
            let busy = self.turn().await?;
            match self.attempts.join_next().await {
                Some(tried) => self.take(tried.expect("an attempt does not panic")),
                None if busy => {}
                None => return Ok(()),
            }
        }
    }

    /// Does what there is to do now; answers whether there may be more at once.
    async fn turn(&mut self) -> Result<bool, StoreError> {
        let head = *self.durable.borrow_and_update();
        let now = self.clock.now();
        self.note().await?;
        let read_to = match self.read_to {
            Some(read_to) => read_to,
            None => self.begin(now).await?,
        };
        let pruned = self.prune(now).await?;
        let read = read_to < head && self.read_journal(read_to, head, now).await?;
        let sent = self.send(now).await?;
        Ok(pruned || read || sent)
    }

    /// Takes up what an earlier process left, or we when the store failed, and finds out how far
    /// was read.
    async fn begin(&mut self, now: Timestamp) -> Result<Position, StoreError> {
        let sent = self.under_way.keys().map(|it| it.0);
        let under_way: Vec<_> = sent.chain(self.ended.iter().map(|it| it.command)).collect();
        let resume = move |store: &mut dyn ProvisioningStore| {
            store.resume(&under_way, now)?;
            store.cursor()
        };
        let mut cursor = self.provisioning.store(resume).await?;
        // Read after the cursor, so that it cannot be behind it by chance.
        let head = self.readers.read(|it| it.head()).await?;
        if cursor > head {
            let gone = self.provisioning.store(move |store| store.put_back(head, now)).await?;
            tracing::warn!(
                commands = gone,
                journal = head.0,
                "the journal ends before what the network was told; the last commands that it \
                 knows are sent again, and a reconciliation finds what else differs"
            );
            cursor = head;
        }
        self.read_to = Some(cursor);
        Ok(cursor)
    }

    /// Waits until there may be something to do.
    async fn wait(&mut self) -> Result<(), StoreError> {
        let sending = self.provisioning.adapters.values();
        let free = sending.filter(|it| it.sends() && self.room(it) > 0);
        let free: Vec<String> = free.map(|it| it.name.clone()).collect();
        let next = move |store: &mut dyn ProvisioningStore| {
            store.next_due_at(&free.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let due = self.provisioning.store(next).await?;
        let now = self.clock.now();
        let due = due.map(|it| Duration::from_micros((it.0 - now.0).max(0).unsigned_abs()));
        let alarm = tokio::time::sleep(due.map_or(LOOK_EVERY, |it| it.min(LOOK_EVERY)));
        let lingered = self.read_at.map_or(LINGER, |it| it.elapsed());
        tokio::select! {
            Some(tried) = self.attempts.join_next() => {
                self.take(tried.expect("an attempt does not panic"));
            }
            changed = self.durable.changed() => match changed {
                Ok(()) => tokio::time::sleep(LINGER.saturating_sub(lingered)).await,
                // The shard has ended, and the server is about to.
                Err(_) => std::future::pending().await,
            },
            () = self.provisioning.lent.woken() => {}
            () = alarm => {}
        }
        Ok(())
    }

    /// Makes commands of a slice of the journal; answers whether there may be more.
    async fn read_journal(
        &mut self,
        after: Position,
        head: Position,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read_at = Some(Instant::now());
        let entries = self.readers.read(move |it| it.switches_after(after, SLICE)).await?;
        let more = entries.len() == SLICE;
        let Some(last) = entries.last().map(|it| it.position) else {
            self.read_to = Some(head);
            return Ok(false);
        };
        let commands: Vec<_> = entries.iter().filter_map(super::order::order_of).collect();
        let add = move |store: &mut dyn ProvisioningStore| {
            let cursor = store.cursor()?;
            store.enqueue(cursor, last, &commands, now)
        };
        self.provisioning.store(add).await?;
        self.read_to = Some(if more { last } else { last.max(head) });
        Ok(more)
    }

    fn room(&self, adapter: &Adapter) -> usize {
        adapter.concurrency - self.under_way.values().filter(|it| **it == adapter.name).count()
    }

    /// Starts attempts for what is due, as far as each adapter has room.
    async fn send(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let mut sent = false;
        for adapter in self.provisioning.adapters.clone().into_values() {
            let room = self.room(&adapter);
            if room == 0 || !adapter.sends() {
                continue;
            }
            let name = adapter.name.clone();
            let claim = move |store: &mut dyn ProvisioningStore| store.claim(&name, now, room);
            for command in self.provisioning.store(claim).await? {
                let sending = (command.order.position, command.sent);
                self.under_way.insert(sending, adapter.name.clone());
                let (adapter, at) = (Arc::clone(&adapter), self.clock.now());
                self.attempts.spawn(async move {
                    let sent = adapter.send(&command, at).await;
                    Tried { adapter, command, sent }
                });
                sent = true;
            }
        }
        Ok(sent)
    }

    /// Judges an attempt that has ended, and gives its room back.
    fn take(&mut self, tried: Tried) {
        let Tried { adapter, command, sent } = tried;
        self.under_way.remove(&(command.order.position, command.sent));
        let Sent { attempt, retry_after } = sent;
        metrics::counter!("sporran_provisioning_attempts_total",
            "adapter" => adapter.name.clone(), "outcome" => attempt.event.name())
        .increment(1);
        // What is waited counts from the end of an attempt that may have taken long.
        let now = self.clock.now();
        let id = command.order.position;
        let then = match attempt.event {
            AttemptEvent::Acknowledged => Then::Acknowledged,
            AttemptEvent::Accepted => Then::Accepted(now.plus(adapter.acknowledge_within)),
            _ => {
                let failures = command.failures.saturating_add(1);
                Then::Again(schedule::again_at(id, failures, retry_after.as_deref(), now))
            }
        };
        self.ended.push(Outcome { command: id, sending: command.sent, attempt, then });
    }

    /// Notes whatever has ended by now, in one transaction.
    async fn note(&mut self) -> Result<(), StoreError> {
        while let Some(tried) = self.attempts.try_join_next() {
            self.take(tried.expect("an attempt does not panic"));
        }
        if self.ended.is_empty() {
            return Ok(());
        }
        let ended = self.ended.clone();
        self.provisioning.store(move |store| store.record(&ended)).await?;
        self.ended.clear();
        Ok(())
    }

    /// Deletes what was kept long enough, a slice at a time; answers whether there may be more.
    async fn prune(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        if self.pruned_at.is_some_and(|it| now.0 - it.0 < PRUNE_EVERY) {
            return Ok(false);
        }
        let before = Timestamp(now.0 - self.provisioning.kept);
        let prune = move |store: &mut dyn ProvisioningStore| store.prune(before, PRUNE_AT_ONCE);
        let more = self.provisioning.store(prune).await? > 0;
        if !more {
            self.pruned_at = Some(now);
        }
        Ok(more)
    }
}
