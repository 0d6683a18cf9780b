//! When something that waits can begin although nothing happens on its account.

use super::Ledger;
use super::periods::Opening;
use super::purse::{Purse, Sub};
use crate::services::days;

/// Nobody is waited for with less than a minor unit.
const MINOR: i128 = 10_000;

/// Pieces of time that are looked at, at most.
const PIECES_MAX: usize = 60;

/// What an account was last judged after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Entry,
    Rate,
    Version,
}

impl Ledger {
    /// Notes what an account, or every one, is looked at after.
    pub(super) fn look_again(&mut self, id: Option<u32>, at: i64, cause: Cause) {
        let mut ahead = self.ahead.borrow_mut();
        match id {
            Some(id) => {
                ahead.remove(&id);
                self.since.insert(id, (at, cause));
            }
            None => {
                ahead.clear();
                self.since.extend(self.purses.keys().map(|it| (*it, (at, cause))));
            }
        }
    }

    /// The first moment at which something that waits can begin, whatever else happens.
    pub fn begins_at(&self, id: u32) -> Option<i64> {
        let known = self.ahead.borrow().get(&id).copied();
        let found = match known {
            Some(known) => known,
            None => self.first_of(id, self.since.get(&id)?.0),
        };
        // What journal time has passed is looked at when it is seen to, and may be gone by then.
        let found = match found.filter(|it| *it < self.last_at) {
            Some(passed) => match self.first_of(id, self.last_at) {
                Some(now) if now == self.last_at => return Some(passed),
                later => later,
            },
            None => found,
        };
        self.ahead.borrow_mut().insert(id, found);
        found
    }

    fn first_of(&self, id: u32, since: i64) -> Option<i64> {
        let purse = &self.purses[&id];
        let waits = |it: &&Sub| it.periodic && it.period.is_none() && !it.ends && !it.closed;
        let waiting = purse.subscriptions.values().filter(waits);
        waiting.filter_map(|it| self.sub_begins_at(purse, it, since)).min()
    }

    fn sub_begins_at(&self, purse: &Purse, sub: &Sub, since: i64) -> Option<i64> {
        let can = |at| self.could_start(purse, sub, at).is_some();
        if can(since) {
            return Some(since);
        }
        let mut at = since;
        for _ in 0..PIECES_MAX {
            let change = self.aged.next_change(at);
            let own = purse.next_moment().filter(|it| *it > at);
            let last = change.into_iter().chain(own).min();
            let piece = self.piece(purse, sub, (at, last));
            match piece {
                Some(end) if purse.available().is_some_and(|it| it >= MINOR) => {
                    if let Some(found) = first(at + 1, end, can) {
                        return Some(found);
                    }
                    at = end;
                }
                _ => at = last?,
            }
            // What happens on the account comes first, and is looked at anew.
            if own == Some(at) {
                return None;
            }
            if (Some(at) == change || piece.is_some()) && can(at) {
                return Some(at);
            }
        }
        None
    }

    /// Up to when, `last` at the latest, the fee falls steadily from `at` on; `None` where it does
    /// not fall.
    fn piece(&self, purse: &Purse, sub: &Sub, (at, last): (i64, Option<i64>)) -> Option<i64> {
        let now: Opening = self.opening(purse, sub, at + 1)?;
        let zone = self.zone_of(purse, self.newest(sub.service)?);
        let end = now.until.min(days::next_month(at + 1, zone));
        let end = last.map_or(end, |it| it.min(end));
        (now.from == at + 1 && now.is_part()).then_some(end)
    }
}

/// The first of `from..until` that can, when all after it can.
fn first(mut from: i64, until: i64, can: impl Fn(i64) -> bool) -> Option<i64> {
    let mut to = until;
    while from < to {
        let middle = from + (to - from) / 2;
        match can(middle) {
            true => to = middle,
            false => from = middle + 1,
        }
    }
    (from < until).then_some(from)
}
