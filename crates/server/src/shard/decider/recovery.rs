//! When a write fails, or deciding ends in a contradiction: the state is dropped, because it is
//! ahead of the disk, and read again from the journal.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use engine::Position;
use store::{Batch, StoreError};

use super::super::job::{ClockReply, Job, Message, NotSet, Pending};
use super::super::writer::Write;
use super::{Decider, Health};

/// How long between two looks whether a store that failed is well again.
pub const PROBE_EVERY: Duration = Duration::from_millis(250);

impl Decider {
    /// A batch was not written: what it decided is dropped.
    pub(super) fn after_failure(&mut self, error: &StoreError) {
        self.note_failure(error);
        self.start_again();
    }

    /// The store was asked whether it is well again, and where the journal ends.
    pub(super) fn after_probe(&mut self, probed: Result<Position, StoreError>) {
        match probed {
            Ok(head) if head == self.state.shared.head => {
                tracing::info!("the store is well again, writes are taken");
                self.health = Health::Well;
                self.deadlines.fell_behind();
                self.batch.clock_ahead = self.clock_ahead();
                self.gauges.writable.store(true, Ordering::Release);
            }
            // What was on its way has arrived after the journal was read again.
            Ok(_) => self.start_again(),
            Err(error) => {
                if let StoreError::Conflict { .. } = error {
                    self.note_failure(&error);
                }
                self.health = Health::ReadOnly { probe_at: Instant::now() + PROBE_EVERY };
            }
        }
    }

    fn note_failure(&mut self, error: &StoreError) {
        let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, cause, "a batch was not written, starting again from the journal");
        if let StoreError::Conflict { .. } = error {
            // Somebody else writes this journal now: this process never may again.
            tracing::error!("this process has been replaced, and stops");
            self.replaced = true;
            self.gauges.replaced.store(true, Ordering::Release);
            self.stopping = true;
        }
    }

    /// Drops the state, which is ahead of the disk, and reads it again from the journal. Writes are
    /// taken again when the store has shown by a probe that it is well.
    pub(super) fn start_again(&mut self) {
        self.gauges.writable.store(false, Ordering::Release);
        // What is on its way to the disk is not lost with the state: it is waited for.
        while self.writer_busy {
            match self.inbox.recv() {
                Ok(Message::Written(Err(error))) => {
                    self.writer_busy = false;
                    self.note_failure(&error);
                }
                Ok(Message::Written(Ok(())) | Message::Probed(_)) => self.writer_busy = false,
                Ok(Message::Job(job)) => self.waiting.push_back(job),
                Ok(Message::SetClock(_, reply)) => not_now(reply),
                Ok(Message::Stop) => self.stopping = true,
                Err(_) => return,
            }
        }
        std::mem::take(&mut self.pending).into_iter().for_each(Pending::fail);
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().for_each(|job| self.fail_job(job));
        self.deadlines.lose();
        self.batch = Batch::default();
        self.under_way = None;
        let recovered = loop {
            let recovered = store::recover(
                self.door.reader(),
                self.options.settings.clone(),
                self.options.exchange.clone(),
                self.options.run_keys,
                &mut |_| {},
            );
            match recovered {
                Ok(recovered) => break recovered,
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be read, trying again");
                    self.fail_what_has_come();
                    std::thread::sleep(PROBE_EVERY);
                }
            }
        };
        self.state = recovered.state;
        self.stopped.iter().for_each(|it| self.state.set_aside(*it));
        self.door.replace_keys(recovered.keys);
        self.begin_batch();
        self.sweep_credit = 0;
        self.health = Health::ReadOnly { probe_at: Instant::now() };
    }

    fn fail_job(&self, job: Job) {
        self.gauges.queued.fetch_sub(job.operations, Ordering::Relaxed);
        job.work.fail();
    }

    /// Without any state not even reads can be answered.
    fn fail_what_has_come(&mut self) {
        while let Ok(message) = self.inbox.try_recv() {
            match message {
                Message::Job(job) => self.fail_job(job),
                Message::SetClock(_, reply) => not_now(reply),
                Message::Stop => self.stopping = true,
                Message::Written(_) | Message::Probed(_) => {}
            }
        }
    }

    pub(super) fn probe_when_due(&mut self) {
        let Health::ReadOnly { probe_at } = self.health else {
            return;
        };
        if self.replaced {
            return;
        }
        if !self.writer_busy && Instant::now() >= probe_at && self.writer.send(Write::Probe).is_ok()
        {
            self.writer_busy = true;
        }
    }
}

/// Whoever asked may have gone.
fn not_now(reply: ClockReply) {
    let _ = reply.send(Err(NotSet::Unavailable));
}
