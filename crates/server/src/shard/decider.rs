//! The deciding thread: jobs in, batches out, deadlines in between.
//!
//! **Invariant:** the state here may be ahead of the disk, but nobody hears of it before the disk
//! has it. When a write fails, the state is dropped and read again from the journal.

mod deadlines;
mod recovery;

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use engine::{AccountId, Answer, Entry, Refusal, State, Timestamp};
use store::{Batch, Checkpoint, Kept, KeyAnswer, KeyRecord, Recovered, SavedPage};

use super::door::Door;
use super::job::{Job, Message, Operation, Outcome, Pending, Query, Work};
use super::writer::Write;
use super::{Gauges, Key, ShardOptions, WARM};
use deadlines::Deadlines;
pub use deadlines::FORWARD_MAX;

/// Entries after which a batch takes no more jobs while the writer is busy.
const BATCH_ENTRIES: usize = 4_096;

/// Pages that are saved with one batch when there is nothing else to do.
const IDLE_PAGES: usize = 16;

/// How long the shard waits for a job before it tidies up.
const IDLE: Duration = Duration::from_millis(100);

pub struct Decider {
    state: State,
    door: Door,
    options: ShardOptions,
    inbox: Receiver<Message>,
    writer: SyncSender<Write>,
    gauges: Arc<Gauges>,
    /// What is being decided on, with the replies that wait for it.
    batch: Batch,
    pending: Vec<Pending>,
    /// Jobs that came while the batch was full.
    waiting: VecDeque<Job>,
    writer_busy: bool,
    /// The batch that is being written.
    under_way: Option<Arc<Batch>>,
    health: Health,
    deadlines: Deadlines,
    /// Where the sweep over the account pages stands, and how many pages it may save.
    sweep: usize,
    sweep_credit: usize,
    /// Whether the batch has all that is saved beside its entries.
    is_complete: bool,
    /// Pages swept since something was last decided.
    idle_swept: usize,
    stopping: bool,
    /// Another process writes the journal.
    replaced: bool,
    /// Accounts on which deciding ended in a contradiction: they are left alone until a restart.
    stopped: BTreeSet<AccountId>,
}

/// An operation was not decided: its key could not be looked up, or its account is stopped.
struct Undecided;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Well,
    /// The store failed: reads are answered, writes are not, until a probe succeeds.
    ReadOnly {
        probe_at: Instant,
    },
}

impl Decider {
    pub fn new(
        recovered: Recovered,
        options: ShardOptions,
        reader: Box<dyn store::Reader>,
        inbox: Receiver<Message>,
        writer: SyncSender<Write>,
        gauges: Arc<Gauges>,
    ) -> Self {
        let accounts = recovered.state.accounts_count() as u64;
        gauges.accounts.store(accounts, Ordering::Relaxed);
        let door = Door::new(recovered.keys, reader, options.key_memory);
        let mut decider = Self {
            state: recovered.state,
            door,
            options,
            inbox,
            writer,
            gauges,
            batch: Batch::default(),
            pending: Vec::new(),
            waiting: VecDeque::new(),
            writer_busy: false,
            under_way: None,
            health: Health::Well,
            deadlines: Deadlines::overdue(),
            sweep: 0,
            sweep_credit: 0,
            is_complete: false,
            idle_swept: 0,
            stopping: false,
            replaced: false,
            stopped: BTreeSet::new(),
        };
        decider.begin_batch();
        decider
    }

    pub fn run(mut self) {
        loop {
            match self.inbox.recv_timeout(self.patience()) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => self.save_when_idle(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.drain();
            self.fire_deadlines();
            self.probe_when_due();
            self.hand_over();
            if self.is_full() {
                self.complete_batch();
            }
            if self.stopping && !self.writer_busy && self.is_finished() {
                return;
            }
        }
    }

    /// Does what has come, a slice at a time, without waiting for more.
    fn drain(&mut self) {
        // What fell due while nobody was there comes before whatever is asked now, so that it is
        // dated at its own moment.
        while !self.is_full() && !self.deadlines.are_overdue() {
            while self.waiting.len() < WARM
                && let Ok(message) = self.inbox.try_recv()
            {
                self.take(message);
            }
            // The store may have turned out to be well again with one of these messages.
            if self.waiting.is_empty() || self.deadlines.are_overdue() {
                return;
            }
            self.do_slice();
            // A writer that waits is worth more than a larger batch.
            if !self.writer_busy && self.batch.entries.len() >= BATCH_ENTRIES / 4 {
                return;
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Job(job) => self.waiting.push_back(job),
            Message::Written(Ok(())) => {
                self.writer_busy = false;
                self.under_way = None;
            }
            Message::Written(Err(error)) => {
                self.writer_busy = false;
                self.after_failure(&error);
            }
            Message::Probed(probed) => {
                self.writer_busy = false;
                self.after_probe(probed);
            }
            Message::SetClock(to, reply) => self.set_clock(to, reply),
            Message::Stop => self.stopping = true,
        }
    }

    /// Does the next jobs, whose accounts are fetched from memory together.
    fn do_slice(&mut self) {
        let started = Instant::now();
        let slice = self.waiting.len().min(WARM);
        let commands = self.waiting.iter().take(slice).filter_map(|it| match &it.work {
            Work::One(operation, _) => Some(&operation.order.command),
            Work::Many(..) | Work::Query(_) => None,
        });
        std::hint::black_box(self.state.warm(commands));
        self.idle_swept = 0;
        let mut operations = 0;
        for _ in 0..slice {
            let Some(job) = self.waiting.pop_front() else { break };
            operations += job.operations;
            self.do_job(job);
        }
        self.gauges.queued.fetch_sub(operations, Ordering::Relaxed);
        self.gauges.operations.fetch_add(operations as u64, Ordering::Relaxed);
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.gauges.decide_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn do_job(&mut self, job: Job) {
        let now = self.options.clock.now();
        match job.work {
            Work::Query(query) => self.answer_query(query, now),
            work if self.health != Health::Well => work.fail(),
            Work::One(operation, reply) => match self.decide_safely(&operation, now) {
                Ok(outcome) => self.pending.push(Pending::One(outcome, reply)),
                Err(Undecided) => Work::One(operation, reply).fail(),
            },
            Work::Many(operations, reply) => match self.decide_all(&operations, now) {
                Ok(outcomes) => self.pending.push(Pending::Many(outcomes, reply)),
                Err(Undecided) => Work::Many(operations, reply).fail(),
            },
        }
    }

    fn decide_all(
        &mut self,
        operations: &[Operation],
        now: Timestamp,
    ) -> Result<Vec<Outcome>, Undecided> {
        let mut outcomes = Vec::with_capacity(operations.len());
        for slice in operations.chunks(WARM) {
            let commands = slice.iter().map(|it| &it.order.command);
            std::hint::black_box(self.state.warm(commands));
            for operation in slice {
                outcomes.push(self.decide_safely(operation, now)?);
            }
        }
        Ok(outcomes)
    }

    /// Decides, and stops the accounts on which deciding ends in a contradiction.
    fn decide_safely(
        &mut self,
        operation: &Operation,
        now: Timestamp,
    ) -> Result<Outcome, Undecided> {
        if !self.stopped.is_empty() {
            let accounts = operation.order.command.accounts().into_iter().flatten();
            let mut accounts = accounts.filter_map(|it| self.state.find(it));
            if accounts.any(|it| self.stopped.contains(&it)) {
                return Err(Undecided);
            }
        }
        let decide = AssertUnwindSafe(|| self.decide(operation, now));
        catch_unwind(decide).unwrap_or_else(|_| {
            let accounts = operation.order.command.accounts().into_iter().flatten();
            let accounts: Vec<_> = accounts.filter_map(|it| self.state.find(it)).collect();
            self.stop_accounts(&accounts);
            Err(Undecided)
        })
    }

    /// Deciding on these accounts has ended in a contradiction: they are left alone, and nobody
    /// else is kept waiting for them.
    fn stop_accounts(&mut self, accounts: &[AccountId]) {
        tracing::error!(?accounts, "a contradiction: these accounts are stopped");
        self.stopped.extend(accounts);
        self.gauges.stopped_accounts.store(self.stopped.len() as u64, Ordering::Relaxed);
        // The state may be half changed: what was decided since the last batch goes with it.
        self.start_again();
    }

    fn answer_query(&mut self, query: Query, now: Timestamp) {
        let account = query.account.as_ref().filter(|_| self.health == Health::Well);
        let found = account.and_then(|it| self.state.resolve(it).ok()).map(|it| it.id);
        if let Some(id) = found
            && self.fire_safely(|state, entries| state.fire_due(id, now, entries)).is_err()
        {
            // Dropping the query drops its reply, and the caller hears that.
            return;
        }
        // It only looks: what goes wrong in it is its caller's alone, and nothing is half done.
        let look = AssertUnwindSafe(|| (query.run)(&self.state, &self.door, now));
        match catch_unwind(look) {
            Ok(seen) => self.pending.push(Pending::Query(seen)),
            Err(_) => tracing::error!("a look at the accounts has ended in a contradiction"),
        }
    }

    /// Decides one operation. Fails only when a key cannot be looked up on the disk.
    fn decide(&mut self, operation: &Operation, now: Timestamp) -> Result<Outcome, Undecided> {
        let keys =
            [(Kept::ForADay, operation.idempotency_key), (Kept::ForEver, operation.reference_key)];
        for (kept, key) in keys {
            let Some(key) = key else { continue };
            let found = self.door.find(kept, key).map_err(|error| {
                tracing::error!(%error, "a key could not be looked up");
                Undecided
            })?;
            if let Some(sequence) = found {
                // The same payment under another idempotency key: that one is used up too.
                if let (Kept::ForEver, Some(other)) = (kept, operation.idempotency_key)
                    && let Some(answer) = self.answer_under(kept, sequence)
                {
                    self.insert_key(Kept::ForADay, other, answer, now);
                }
                return Ok(Outcome::Known { kept, sequence });
            }
        }
        let entries = &mut self.batch.entries;
        self.state.fire_due_before(&operation.order.command, now, entries);
        let first = entries.len();
        let answer = self.state.execute(&operation.order, now, entries);
        let outcome = match answer {
            Ok(Answer::Done) => Outcome::Entries { first, count: entries.len() - first },
            Ok(Answer::Repeat(position)) => Outcome::Repeat(position),
            Ok(Answer::EarlierRepeat { from, serial, request }) => {
                Outcome::EarlierRepeat { from, serial, request }
            }
            Err(refusal) => {
                self.gauges.refused.fetch_add(1, Ordering::Relaxed);
                Outcome::Refused(Box::new(refusal))
            }
        };
        for (kept, key) in keys {
            if let Some(key) = key {
                self.note_key(kept, key, &outcome, now);
            }
        }
        Ok(outcome)
    }

    /// Keeps the answer under its key. A payment's reference is used up by a payment only: one
    /// that was refused may come again.
    fn note_key(&mut self, kept: Kept, key: Key, outcome: &Outcome, at: Timestamp) {
        let answer = match outcome {
            Outcome::Entries { first, count } => {
                let Some(entry) = self.batch.entries.get(*first) else {
                    return;
                };
                let count = u32::try_from(*count).expect("an operation has few entries");
                KeyAnswer::Entries { first: entry.position, count }
            }
            Outcome::Refused(refusal) if kept == Kept::ForADay => {
                KeyAnswer::Refused(Box::new(Refusal::clone(refusal)))
            }
            Outcome::Repeat(position) => KeyAnswer::Entries { first: *position, count: 1 },
            _ => return,
        };
        self.insert_key(kept, key, answer, at);
    }

    fn insert_key(&mut self, kept: Kept, key: Key, answer: KeyAnswer, at: Timestamp) {
        let sequence = self.door.insert(kept, key, at);
        let Key { key, fingerprint } = key;
        self.batch.keys.push(KeyRecord { kept, sequence, key, fingerprint, at, answer });
    }

    /// The answer that was given under a key: in what is not durable yet, or in the store.
    fn answer_under(&self, kept: Kept, sequence: u64) -> Option<KeyAnswer> {
        let under_way = self.under_way.iter().flat_map(|it| &it.keys);
        let mut fresh = self.batch.keys.iter().chain(under_way);
        let fresh = fresh.find(|it| it.kept == kept && it.sequence == sequence);
        match fresh {
            Some(key) => Some(key.answer.clone()),
            None => Some(self.door.reader().key(kept, sequence).ok()??.answer),
        }
    }

    /// Gives the batch to the writer, if that is free and there is something to give.
    fn hand_over(&mut self) {
        if self.writer_busy || (self.batch.is_empty() && self.pending.is_empty()) {
            return;
        }
        self.complete_batch();
        // Last of all: a full batch is completed early, and a deadline may still have been added.
        self.batch.receivables = self.state.receivables.take_history();
        let batch = std::mem::take(&mut self.batch);
        // For the next batch to use: this one may have grown since it was completed.
        self.sweep_credit += batch.entries.len() * self.state.pages_count();
        let pending = std::mem::take(&mut self.pending);
        self.begin_batch();
        self.batch.entries.reserve(batch.entries.len().min(BATCH_ENTRIES));
        let accounts = self.state.accounts_count() as u64;
        self.gauges.accounts.store(accounts, Ordering::Relaxed);
        self.writer_busy = true;
        let batch = Arc::new(batch);
        self.under_way = Some(Arc::clone(&batch));
        if self.writer.send(Write::Batch(batch, pending)).is_err() {
            // The writer is gone: nothing more can become durable.
            self.stopping = true;
            self.writer_busy = false;
        }
    }

    fn begin_batch(&mut self) {
        self.batch.expected = self.state.shared.head.plus(1);
        self.is_complete = false;
        self.deadlines.begin_batch();
    }

    /// Adds to the batch what is saved beside its entries. A full batch is completed while the
    /// writer still works on the one before, so that the writer does not wait for it.
    fn complete_batch(&mut self) {
        if self.health != Health::Well || self.is_complete {
            return;
        }
        let pages = self.sweep_credit / self.options.sweep_entries;
        self.sweep_credit %= self.options.sweep_entries;
        self.save_pages(pages);
        self.door.tidy(&mut self.batch, self.options.clock.now());
        self.is_complete = true;
    }

    /// Adds up to `pages` changed pages, in turn, to the batch's checkpoint.
    fn save_pages(&mut self, pages: usize) {
        let count = self.state.pages_count();
        let mut saved = Vec::new();
        for _ in 0..pages.min(count) {
            self.sweep = (self.sweep + 1) % count;
            if !self.state.is_page_changed(self.sweep) {
                continue;
            }
            let Some(page) = self.state.page(self.sweep) else { continue };
            let accounts = postcard::to_stdvec(page).expect("accounts always serialise");
            let position = self.state.shared.head;
            let page = u32::try_from(self.sweep).expect("pages are fewer than accounts");
            saved.push(SavedPage { page, position, accounts });
            self.state.mark_page_saved(self.sweep);
        }
        if saved.is_empty() {
            return;
        }
        // A batch that was begun by saving pages, and has entries since, saves some more: the first
        // ones stay, unless they are saved anew.
        let before = self.batch.checkpoint.take().map_or_else(Vec::new, |it| it.pages);
        let is_stale = |it: &SavedPage| saved.iter().any(|new| new.page == it.page);
        let mut pages: Vec<_> = before.into_iter().filter(|it| !is_stale(it)).collect();
        pages.append(&mut saved);
        let shared = postcard::to_stdvec(&self.state.shared).expect("totals always serialise");
        self.batch.checkpoint = Some(Checkpoint {
            pages,
            shared,
            position: self.state.shared.head,
            replay_from: self.state.replay_from(),
        });
    }

    /// With nothing else to do, saves what has changed, so that a restart is quick.
    fn save_when_idle(&mut self) {
        let idle = self.health == Health::Well && !self.writer_busy && self.batch.is_empty();
        if idle && self.idle_swept < self.state.pages_count() {
            let pages = if self.stopping { self.state.pages_count() } else { IDLE_PAGES };
            self.save_pages(pages);
            self.idle_swept += pages;
        }
    }

    /// Whether a stopping shard has nothing left to do.
    fn is_finished(&mut self) -> bool {
        if !self.batch.is_empty() || !self.pending.is_empty() || !self.waiting.is_empty() {
            return false;
        }
        if self.health == Health::Well && self.idle_swept < self.state.pages_count() {
            self.save_when_idle();
            return self.batch.is_empty();
        }
        true
    }

    fn is_full(&self) -> bool {
        self.writer_busy && self.batch.entries.len() >= BATCH_ENTRIES
    }
}

/// Kept small: an entry is copied into the batch, and a batch has thousands.
const _: () = assert!(size_of::<Entry>() <= 256);
