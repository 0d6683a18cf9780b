//! What only some accounts have: promises, a plan, alerts, reversals.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::time::DAY;
use crate::{Amount, Balance, Name, Position, PromiseEnd, RefundRequest, Timestamp};

/// Ended promises that an account remembers, at most: policies look no further back.
const PROMISES_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Since when available is below zero.
    pub short_since: Option<Timestamp>,
    /// Promised payments, open and ended, oldest first.
    pub promises: Vec<Promise>,
    pub plan: Option<Plan>,
    pub alerts: Alerts,
    /// Payments that were taken back, whole or in part.
    pub reversals: Vec<Reversal>,
    /// Refunds that wait for a second person.
    pub refunds: Vec<PendingRefund>,
    pub refunds_count: u32,
    /// Debts given up as lost and not recovered since.
    pub written_off: Amount,
}

/// A promised payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Its limit's serial number.
    pub credit: u32,
    pub amount: Amount,
    pub granted_at: Timestamp,
    /// The entry that granted it: payments after it count.
    pub granted_by: Position,
    pub until: Timestamp,
    pub holds_plan: bool,
    /// Real payments since the grant, while it was open and, if it was not kept, afterwards.
    pub paid: Amount,
    pub ended: Option<(Timestamp, PromiseEnd)>,
}

impl Promise {
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// It ended without being kept, and real payments have not reached its amount since.
    pub fn is_unkept(&self) -> bool {
        let broken = |it: PromiseEnd| matches!(it, PromiseEnd::Expired | PromiseEnd::PartlyRepaid);
        self.ended.is_some_and(|(_, end)| broken(end)) && self.paid < self.amount
    }

    fn counts_payments(&self) -> bool {
        self.is_open() || self.is_unkept()
    }
}

/// What the customer pays for regularly, as the provider's other systems know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub name: Name,
    pub monthly_fee: Amount,
}

/// Moments at which somebody wants to be told.
///
/// No field is left out when it is written: a checkpoint's encoding has no names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alerts {
    /// Thresholds of the customer's choice: told when the balance falls below one.
    pub balance_below: Vec<Balance>,
    /// Told when more than this is owed.
    pub owed_over: Option<Amount>,
}

/// How much of a payment was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    pub payment: Position,
    /// In the account's currency.
    pub amount: Amount,
    /// In the currency that was paid in, when that is another one.
    pub original: Option<Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRefund {
    pub request: RefundRequest,
    pub requested_by: Name,
    pub requested_at: Timestamp,
}

/// The day of a moment, from 1970-01-01 in UTC.
pub fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.0.div_euclid(DAY)).expect("journal time is within millions of years")
}

impl Account {
    pub fn promises(&self) -> &[Promise] {
        self.extra.as_deref().map_or(&[], |it| &it.promises)
    }

    pub fn plan(&self) -> Option<Plan> {
        self.extra.as_deref().and_then(|it| it.plan)
    }

    pub fn written_off(&self) -> Amount {
        self.extra.as_deref().map_or(Amount::ZERO, |it| it.written_off)
    }

    /// What is owed: the balance below zero.
    pub fn owed(&self) -> Amount {
        owed(self.balance)
    }

    /// How much of a payment was taken back so far.
    pub fn reversed(&self, payment: Position) -> Option<Reversal> {
        let reversals = self.extra.as_deref().map_or(&[][..], |it| &it.reversals);
        reversals.iter().find(|it| it.payment == payment).copied()
    }

    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Gives the memory back when there is nothing extra any more.
    pub(crate) fn shed_extra(&mut self) {
        let may_be_empty = |it: &Extra| it.short_since.is_none() && it.promises.is_empty();
        if self.extra.as_deref().is_some_and(|it| may_be_empty(it) && *it == Extra::default()) {
            self.extra = None;
        }
    }
}

/// The part of a balance that is below zero.
pub fn owed(balance: Balance) -> Amount {
    match balance.is_negative() {
        true => balance.magnitude(),
        false => Amount::ZERO,
    }
}

/// How the fold keeps what an account has extra.
impl Extra {
    /// A real payment counts for every promise that waits for one.
    pub(crate) fn count_payment(&mut self, amount: Amount) {
        for promise in self.promises.iter_mut().filter(|it| it.counts_payments()) {
            promise.paid = promise.paid.add_capped(amount);
        }
    }

    /// A payment that was taken back no longer counts.
    pub(crate) fn discount_payment(&mut self, payment: Position, amount: Amount) {
        let counted = |it: &&mut Promise| it.counts_payments() && it.granted_by < payment;
        for promise in self.promises.iter_mut().filter(counted) {
            promise.paid = promise.paid.excess_over(amount);
        }
    }

    pub(crate) fn remember_reversal(&mut self, reversal: Reversal) {
        match self.reversals.iter_mut().find(|it| it.payment == reversal.payment) {
            Some(known) => {
                known.amount = add(known.amount, reversal.amount);
                known.original = match (known.original, reversal.original) {
                    (Some(left), Some(right)) => Some(add(left, right)),
                    (one, other) => one.or(other),
                };
            }
            None => self.reversals.push(reversal),
        }
    }

    pub(crate) fn add_promise(&mut self, promise: Promise) {
        self.promises.push(promise);
        if self.promises.len() > PROMISES_MAX {
            let settled = self.promises.iter().position(|it| !it.counts_payments());
            let oldest = settled.or_else(|| self.promises.iter().position(|it| !it.is_open()));
            if let Some(oldest) = oldest {
                self.promises.remove(oldest);
            }
        }
    }

    pub(crate) fn end_promise(&mut self, credit: u32, at: Timestamp, end: PromiseEnd) {
        let promise = self.promises.iter_mut().find(|it| it.credit == credit);
        promise.expect("decide found the promise").ended = Some((at, end));
    }
}

fn add(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).expect("parts of one sum stay in bounds")
}
