//! Deadlines: what falls due by itself, and a clock that is set forward from one to the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::{Entry, State, Timestamp};

use super::super::job::{ClockReply, ClockSet, NotSet, Pending, SetClock};
use super::{BATCH_ENTRIES, Decider, Health, IDLE, Undecided};
use crate::clock::{AheadClock, Clock};

/// Deadlines that are seen to between two jobs.
const SLICE: usize = 64;

/// Entries that deadlines add to a batch while the writer is busy: a call that comes meanwhile
/// waits for two such batches, and a million renewals still need few commits.
const BATCH_DEADLINE_ENTRIES: usize = 512;

/// The furthest that a clock is set forward at once, in microseconds: ten years, with three leap
/// days at most.
pub const FORWARD_MAX: i64 = 3_653 * 86_400_000_000;

pub struct Deadlines {
    /// Some fell due while nobody saw to them, and jobs wait until those are done.
    overdue: bool,
    setting: Option<Setting>,
    /// What they have added to the batch.
    in_batch: usize,
}

/// The clock is being set forward, and stands meanwhile, at the last deadline that was reached.
struct Setting {
    /// How far it will be ahead of the machine's.
    ahead: i64,
    /// What was done on the way: deadlines, and the entries that they wrote.
    deadlines: u64,
    entries: u64,
    replies: Vec<ClockReply>,
}

impl Deadlines {
    pub fn overdue() -> Self {
        Self { overdue: true, setting: None, in_batch: 0 }
    }

    pub fn are_overdue(&self) -> bool {
        self.overdue
    }

    /// Nobody saw to them for a while.
    pub fn fell_behind(&mut self) {
        self.overdue = true;
    }

    pub fn begin_batch(&mut self) {
        self.in_batch = 0;
    }

    fn ahead_of_machine(&self, clock: &AheadClock) -> i64 {
        self.setting.as_ref().map_or(clock.ahead(), |it| it.ahead)
    }

    /// The state was dropped, and what was done may be lost: whoever had the clock set hears that.
    /// The clock goes on to where it was to be set all the same, when the store is well again;
    /// until then reads are answered.
    pub fn lose(&mut self) {
        self.overdue = false;
        if let Some(setting) = &mut self.setting {
            setting.replies.clear();
        }
    }
}

impl Decider {
    /// How long to wait for a message: until the next deadline, or until it is time to tidy up.
    pub(super) fn patience(&self) -> Duration {
        if !self.sees_to_deadlines() || self.has_deadlines_enough() {
            // Only the writer can help now.
            return IDLE;
        }
        if self.deadlines.overdue || self.deadlines.setting.is_some() {
            return Duration::ZERO;
        }
        let due = self.state.next_due().map(|at| at.since(self.options.clock.now()));
        let due = due.map(|it| Duration::from_micros(u64::try_from(it).unwrap_or(0)));
        due.map_or(IDLE, |it| it.min(IDLE))
    }

    /// Whether the batch has its share of them. What jobs have added does not count: a batch that
    /// they have filled still takes deadlines, so neither keeps the other waiting.
    fn has_deadlines_enough(&self) -> bool {
        let most = if self.deadlines.overdue { BATCH_ENTRIES } else { BATCH_DEADLINE_ENTRIES };
        self.writer_busy && self.deadlines.in_batch >= most
    }

    /// A stopping shard leaves deadlines to the next start, save those that jobs wait for.
    fn sees_to_deadlines(&self) -> bool {
        self.health == Health::Well && (!self.stopping || self.deadlines.overdue)
    }

    /// Does what has fallen due, a slice between the jobs, so that a million deadlines at one
    /// moment never delay a call.
    pub(super) fn fire_deadlines(&mut self) {
        if !self.sees_to_deadlines() || self.has_deadlines_enough() {
            return;
        }
        let until = self.until();
        for _ in 0..SLICE {
            let Some(due) = self.state.next_due().filter(|it| *it <= until) else {
                self.none_is_due();
                return;
            };
            match (&self.options.clock, &self.deadlines.setting) {
                (Clock::Ahead(clock), Some(_)) => clock.stand_at(due.max(clock.now())),
                _ => self.gauges.deadline_lag_micros.store(until.since(due), Ordering::Relaxed),
            }
            let before = self.batch.entries.len();
            if self.fire_safely(|state, entries| state.fire_next(until, entries)).is_err() {
                return;
            }
            let written = self.batch.entries.len() - before;
            self.deadlines.in_batch += written;
            if let Some(setting) = &mut self.deadlines.setting {
                setting.deadlines += u64::from(written > 0);
                setting.entries += written as u64;
            }
            self.idle_swept = 0;
        }
    }

    /// Does what falls due, and stops the account on which that ends in a contradiction.
    pub(super) fn fire_safely<T>(
        &mut self,
        fire: impl FnOnce(&mut State, &mut Vec<Entry>) -> T,
    ) -> Result<T, Undecided> {
        let fire = AssertUnwindSafe(|| fire(&mut self.state, &mut self.batch.entries));
        catch_unwind(fire).map_err(|_| {
            let account = self.state.firing();
            self.stop_accounts(account.as_slice());
            Undecided
        })
    }

    /// Up to when deadlines are done: now, or the moment that the clock is being set to.
    fn until(&self) -> Timestamp {
        match (&self.options.clock, &self.deadlines.setting) {
            (Clock::Ahead(clock), Some(it)) => clock.machine_now().plus(it.ahead),
            (clock, _) => clock.now(),
        }
    }

    fn none_is_due(&mut self) {
        self.deadlines.overdue = false;
        let Some(setting) = self.deadlines.setting.take() else { return };
        let Clock::Ahead(clock) = &self.options.clock else { return };
        clock.go_on(setting.ahead);
        let Setting { deadlines, entries, replies, .. } = setting;
        let set = ClockSet { now: clock.now(), deadlines, entries };
        for reply in replies {
            // Answered when all of it is durable. Whoever asked may have gone.
            let seen = Box::new(move |durable: bool| {
                let _ = reply.send(if durable { Ok(set) } else { Err(NotSet::Unavailable) });
            });
            self.pending.push(Pending::Query(seen));
        }
    }

    pub(super) fn set_clock(&mut self, to: SetClock, reply: ClockReply) {
        match self.begin_setting(to) {
            Ok(setting) => setting.replies.push(reply),
            Err(error) => {
                // Whoever asked may have gone.
                let _ = reply.send(Err(error));
            }
        }
    }

    /// Lets the clock stand, and notes how far it will be ahead with the next batch, which comes
    /// before everything that is dated by it.
    fn begin_setting(&mut self, to: SetClock) -> Result<&mut Setting, NotSet> {
        let Clock::Ahead(clock) = &self.options.clock else {
            return Err(NotSet::NotSettable);
        };
        if self.health != Health::Well || self.stopping {
            return Err(NotSet::Unavailable);
        }
        let machine = clock.machine_now();
        let now = machine.plus(self.deadlines.ahead_of_machine(clock));
        let to = match to {
            SetClock::To(to) => to,
            SetClock::Forward(micros) => now.plus(micros),
        };
        match to.since(now) {
            ..0 => return Err(NotSet::Back { now }),
            0..=FORWARD_MAX => {}
            _ => return Err(NotSet::TooFar { now }),
        }
        let ahead = to.since(machine);
        clock.stand_at(clock.now());
        self.batch.clock_ahead = Some(ahead);
        let new = || Setting { ahead, deadlines: 0, entries: 0, replies: Vec::new() };
        let setting = self.deadlines.setting.get_or_insert_with(new);
        setting.ahead = ahead;
        Ok(setting)
    }

    /// How far the clock is, or is being set, ahead of the machine's.
    pub(super) fn clock_ahead(&self) -> Option<i64> {
        let Clock::Ahead(clock) = &self.options.clock else { return None };
        Some(self.deadlines.ahead_of_machine(clock))
    }
}
