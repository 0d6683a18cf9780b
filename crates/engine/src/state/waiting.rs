//! Accounts on which something waits for a period, and when they are looked at although nothing
//! has happened on them: a rate has come, a version of a service, a fee has fallen far enough.
//!
//! **Invariant:** derived. Whoever begins to wait, or is found waiting by a restart, is looked at
//! once; from then on each cause begins a round over all that wait, one account at a time, so
//! that a cause is noted at once, however many they are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use super::State;
use crate::decide::falling;
use crate::{Account, AccountId, CustomerId, Timestamp};

#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    accounts: BTreeMap<AccountId, Wait>,
    /// Those of them that nobody has looked at yet.
    unseen: BTreeSet<AccountId>,
    /// Rounds that are over.
    over: usize,
    /// When the cause of each round came that is not over, oldest first.
    rounds: VecDeque<Timestamp>,
    /// How many accounts have seen so many of them; one longer than `rounds`.
    seen: VecDeque<usize>,
    /// Whom the round that runs has come to.
    reached: Option<AccountId>,
    /// When a rate becomes valid, or too old, next; nobody has looked while it is `None`.
    rates_change_at: Option<Timestamp>,
}

/// What is known of an account that was looked at.
#[derive(Clone, Copy, Debug)]
struct Wait {
    /// Rounds that it has seen, since the first.
    rounds: usize,
    /// When a fee has fallen far enough.
    affordable_at: Timestamp,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.unseen.is_empty()
    }

    fn has(&self, id: AccountId) -> bool {
        self.unseen.contains(&id) || self.accounts.contains_key(&id)
    }

    fn begin(&mut self, id: AccountId) {
        if !self.accounts.contains_key(&id) {
            self.unseen.insert(id);
        }
    }

    pub(super) fn end(&mut self, id: AccountId) {
        if self.is_empty() {
            return;
        }
        self.unseen.remove(&id);
        if let Some(wait) = self.accounts.remove(&id) {
            self.leave(wait);
            self.end_rounds();
        }
    }

    /// Begins a round. Causes come in the order of their moments.
    fn cause(&mut self, at: Timestamp) {
        if !self.accounts.is_empty() {
            // A clock that was set back may have shown a later moment before.
            let last = self.rounds.back().copied();
            self.rounds.push_back(last.map_or(at, |it| it.max(at)));
            self.seen.resize(self.rounds.len() + 1, 0);
        }
    }

    /// Has been looked at, at a moment that is not before the causes up to `at`.
    fn see(&mut self, id: AccountId, at: Timestamp, affordable_at: Timestamp) {
        let seen = self.rounds.partition_point(|it| *it <= at);
        self.unseen.remove(&id);
        let before = self.accounts.get(&id).copied();
        before.into_iter().for_each(|it| self.leave(it));
        let seen = before.map_or(seen, |it| seen.max(it.rounds - self.over));
        self.accounts.insert(id, Wait { rounds: self.over + seen, affordable_at });
        self.seen.resize(self.rounds.len() + 1, 0);
        self.seen[seen] += 1;
        self.end_rounds();
    }

    /// Has to be looked at once more, because of something that concerns it alone.
    fn forget(&mut self, id: AccountId) {
        if let Some(wait) = self.accounts.remove(&id) {
            self.leave(wait);
            self.end_rounds();
            self.unseen.insert(id);
        }
    }

    fn leave(&mut self, wait: Wait) {
        self.seen[wait.rounds - self.over] -= 1;
    }

    /// A round is over when nobody is left who has not seen it.
    fn end_rounds(&mut self) {
        while !self.rounds.is_empty() && self.seen.front() == Some(&0) {
            self.rounds.pop_front();
            self.seen.pop_front();
            self.over += 1;
            self.reached = None;
        }
    }

    /// When a round, or a fee, has an account looked at next.
    fn due_at(&self, id: AccountId) -> Option<Timestamp> {
        let wait = self.accounts.get(&id)?;
        let round = self.rounds.get(wait.rounds - self.over).copied();
        Some(round.map_or(wait.affordable_at, |it| it.min(wait.affordable_at)))
    }

    /// The next account of the round that runs.
    fn next(&mut self) -> Option<AccountId> {
        if let Some(first) = self.unseen.first() {
            return Some(*first);
        }
        let reached = self.reached.map_or(Bound::Unbounded, Bound::Excluded);
        // Whoever came in behind it is found the second time round.
        self.reached = self.not_seen(reached).or_else(|| self.not_seen(Bound::Unbounded));
        self.reached
    }

    fn not_seen(&self, after: Bound<AccountId>) -> Option<AccountId> {
        let mut following = self.accounts.range((after, Bound::Unbounded));
        following.find(|(_, it)| it.rounds == self.over).map(|(id, _)| *id)
    }
}

/// Whether something of an account can begin when nothing but money or a rate is missing.
fn waits(account: &Account) -> bool {
    let subscriptions = account.subscriptions().iter();
    !account.closed && subscriptions.filter(|it| it.suspended.is_none()).any(|it| it.waits())
}

impl State {
    /// Notes, after an entry, whether anything of an account waits.
    pub(crate) fn note_waiting(&mut self, id: AccountId) {
        match self.account(id).is_some_and(waits) {
            true => self.waiting.begin(id),
            false => self.waiting.end(id),
        }
    }

    /// Something has changed that may concern everybody who waits.
    pub(crate) fn look_again(&mut self, at: Timestamp) {
        self.note_rates(at.plus(-1));
        self.waiting.cause(at);
        self.waiting.rates_change_at = Some(self.exchange.next_change(at));
    }

    /// The days of a customer begin at other moments from now on.
    pub(super) fn look_again_at(&mut self, customer: CustomerId) {
        if self.waiting.is_empty() {
            return;
        }
        let accounts: Vec<_> = self.accounts_of(customer).map(|it| it.id).collect();
        accounts.into_iter().for_each(|it| self.waiting.forget(it));
    }

    /// Begins the rounds for rates that have become valid, or too old, by `now`.
    pub(super) fn note_rates(&mut self, now: Timestamp) {
        let next = |at| self.exchange.next_change(at);
        let mut at = self.waiting.rates_change_at.unwrap_or_else(|| next(self.shared.last_at));
        while at <= now && at < Timestamp::NEVER {
            self.waiting.cause(at);
            at = next(at);
        }
        self.waiting.rates_change_at = Some(at);
    }

    /// An account was judged at `at`: finds out when it may be had without being touched.
    pub(super) fn note_judged(&mut self, id: AccountId, at: Timestamp) {
        if !self.waiting.has(id) {
            return;
        }
        self.note_rates(at);
        let affordable_at = falling::affordable_at(self, id, at);
        self.waiting.see(id, at, affordable_at);
        if affordable_at < Timestamp::NEVER {
            self.schedule(id, affordable_at);
        }
    }

    /// When an account is looked at next, by a deadline of its own or because it waits.
    pub(super) fn due_of(&self, id: AccountId) -> Timestamp {
        let own = self.account(id).map_or(Timestamp::NEVER, |it| it.due_at);
        if self.waiting.is_empty() {
            return own;
        }
        let unseen = self.waiting.unseen.contains(&id).then_some(self.shared.last_at);
        let waits = unseen.or_else(|| self.waiting.due_at(id));
        waits.map_or(own, |it| it.min(own))
    }

    /// Whether an account is to be looked at by `moment` because it waits. Its fee is found anew
    /// when that is done.
    pub(super) fn take_waiting(&mut self, id: AccountId, moment: Timestamp) -> bool {
        let due = self.waiting.due_at(id).is_some_and(|it| it <= moment);
        if let Some(wait) = self.waiting.accounts.get_mut(&id)
            && wait.affordable_at <= moment
        {
            wait.affordable_at = Timestamp::NEVER;
        }
        due || self.waiting.unseen.contains(&id)
    }

    /// When the fee of something that waits has fallen far enough.
    pub(super) fn affordable_at(&self, id: AccountId) -> Timestamp {
        self.waiting.accounts.get(&id).map_or(Timestamp::NEVER, |it| it.affordable_at)
    }

    /// When the next account of a round is to be looked at.
    pub(super) fn round_due(&self) -> Option<Timestamp> {
        let waiting = &self.waiting;
        if !waiting.unseen.is_empty() {
            return Some(self.shared.last_at);
        }
        let coming = waiting.rates_change_at.filter(|it| *it < Timestamp::NEVER);
        let coming = coming.filter(|_| !waiting.accounts.is_empty());
        waiting.rounds.front().copied().or(coming)
    }

    /// The next account of a round whose cause came by `at`.
    pub(super) fn next_of_round(&mut self, at: Timestamp) -> Option<AccountId> {
        self.note_rates(at);
        let begun = self.waiting.rounds.front().is_some_and(|it| *it <= at);
        if begun || !self.waiting.unseen.is_empty() { self.waiting.next() } else { None }
    }
}
