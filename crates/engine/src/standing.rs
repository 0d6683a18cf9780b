//! Whether a subscription is on: one pure function of account, subscription and moment.
//!
//! **Invariant:** nothing else decides that. Every change of its answer becomes a provisioning
//! command in the batch of its cause.

use crate::{Account, Balance, Subscription, Suspender, SwitchCause, Timestamp};

/// Whether a subscription is on at `at`, or what it is off for.
///
/// It is on exactly when it is active, its account's available is not negative and nothing on it
/// is overdue, its period is paid or runs where it has periods, and what it modifies is on.
pub fn standing(
    account: &Account,
    subscription: &Subscription,
    at: Timestamp,
) -> Result<(), SwitchCause> {
    Means::of(account, at).standing(subscription)
}

/// What an account's subscriptions have in common at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    account: &'a Account,
    at: Timestamp,
    overdue: bool,
    short: bool,
}

impl<'a> Means<'a> {
    pub fn of(account: &'a Account, at: Timestamp) -> Self {
        Self::with(account, at, account.available())
    }

    /// As [`Self::of`], with what will be available once an entry is folded.
    pub fn with(account: &'a Account, at: Timestamp, available: Option<Balance>) -> Self {
        let overdue = account.is_overdue(at);
        let short = available.is_some_and(|it| it.is_negative());
        Self { account, at, overdue, short }
    }

    /// Whether money keeps everything on this account off.
    pub fn blocked(&self) -> Option<SwitchCause> {
        match (self.overdue, self.short) {
            (true, _) => Some(SwitchCause::Overdue),
            (false, true) => Some(SwitchCause::FundsLow),
            (false, false) => None,
        }
    }

    pub fn standing(&self, subscription: &Subscription) -> Result<(), SwitchCause> {
        if subscription.closed {
            // What was bought for a time may be closed before that is over.
            return Err(match subscription.ends && !subscription.has_period(self.at) {
                true => SwitchCause::Ended,
                false => SwitchCause::Closed,
            });
        }
        if let Some(suspension) = subscription.suspended {
            return Err(match suspension.by {
                Suspender::Customer => SwitchCause::SuspendedByCustomer,
                Suspender::Staff => SwitchCause::SuspendedByStaff,
            });
        }
        if let Some(cause) = self.blocked() {
            return Err(cause);
        }
        if subscription.periodic && !subscription.has_period(self.at) {
            return Err(SwitchCause::PeriodUnpaid);
        }
        let Some(base) = subscription.base else {
            return Ok(());
        };
        // What it modifies modifies nothing itself: this goes one step down.
        let base = self.account.subscription(base);
        match base.is_some_and(|it| self.standing(it).is_ok()) {
            true => Ok(()),
            false => Err(SwitchCause::BaseOff),
        }
    }
}
