//! What a customer has of the catalogue: subscriptions, charged to one account.
//!
//! **Invariant:** a subscription's `on` is what its newest provisioning command says, and after
//! every batch it is what [`crate::standing`] says as well.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::{Amount, Name, PaymentMode, Position, Price, SubscriptionId, Timestamp};

/// What only accounts with services have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// Those that are not closed, by serial.
    pub subscriptions: Vec<Subscription>,
    /// Opened so far: the last serial number.
    pub subscriptions_count: u32,
    /// Postpaid periods that are not known to be paid, oldest first.
    pub bills: Vec<Bill>,
}

/// A service that a customer has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub serial: u32,
    pub service: Name,
    /// The version of the running period; while none runs, of the last one.
    pub version: u32,
    /// The lowest number is the most important: it is paid and comes back first.
    pub priority: u16,
    /// Instead of the catalogue's recurring price, in the currency of [`Self::version`].
    pub own_price: Option<Price>,
    /// What the network knows it by: login, telephone number, SIP address.
    pub subjects: Vec<Box<str>>,
    /// The subscription of the same account that it modifies, as a turbo button does.
    pub base: Option<u32>,
    pub opened_at: Timestamp,
    /// Where the boundaries of its periods are counted from.
    pub anchored_at: Timestamp,
    /// When the last period ended that no other one followed at once.
    pub ran_until: Timestamp,
    pub suspended: Option<Suspension>,
    pub closed: bool,
    pub period: Option<Period>,
    /// Whether it is on only while a period is paid or runs: not when use alone is charged.
    pub periodic: bool,
    /// It was bought for a time, and closes with its period.
    pub ends: bool,
    /// No period has begun since it was opened or its plan changed.
    pub fresh: bool,
    /// What it becomes when the running period ends.
    pub next_plan: Option<NextPlan>,
    /// What the network was told last; `None` before the first command.
    pub told: Option<Told>,
    /// The network is to be told again: the names are others.
    pub stale: bool,
    /// Whether it is on, as the network was told.
    pub on: bool,
    /// Since when it is as it is.
    pub switched_at: Timestamp,
    /// The last provisioning command.
    pub switched_by: Position,
    /// Units that are free in the running period, and how many of them are used.
    pub allowance: u64,
    pub allowance_used: u64,
}

/// What the last provisioning command was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub service: Name,
    pub version: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub by: Suspender,
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// Who suspended a subscription: a customer cannot resume what staff suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspender {
    Customer,
    Staff,
}

/// A period that is paid (prepaid) or runs (postpaid).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Timestamp,
    pub until: Timestamp,
    pub mode: PaymentMode,
    /// What was charged for it, in the account's currency; zero for postpaid.
    pub paid: Amount,
    /// The subscription's own price when it began.
    pub own_price: Option<Price>,
    /// When the whole period would have begun of which this is a part, and costs a part.
    pub part_of: Option<Timestamp>,
    /// Since when it stands still: it is off, and its service pauses.
    pub paused_at: Option<Timestamp>,
    /// Microseconds of it that the service was off, before the present state.
    pub off_micros: i64,
    /// Microseconds by which its end has moved, because it stood still.
    pub stood_micros: i64,
    /// The time off was credited.
    pub credited: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextPlan {
    pub service: Name,
    /// The newest when the change was asked for; a period begins with the newest of its moment.
    pub version: u32,
    pub periodic: bool,
    pub own_price: Option<Price>,
}

/// A postpaid period that has to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// What is owed since this day (from 1970-01-01 in UTC) or before belongs to it.
    pub day: i32,
    pub due_at: Timestamp,
    /// When the account's services are switched off if it is still owed.
    pub block_at: Timestamp,
    /// That moment has come.
    pub overdue: bool,
}

impl Subscription {
    /// Whether its present period is paid or runs at `at`.
    pub fn has_period(&self, at: Timestamp) -> bool {
        self.period.is_some_and(|it| it.from <= at && it.end(at) > at)
    }

    /// Whether it has no period and could have one.
    pub fn waits(&self) -> bool {
        self.periodic && self.period.is_none() && !self.ends && !self.closed
    }

    /// When something is to be done about it: its period ends, or its suspension.
    pub fn deadline(&self) -> Timestamp {
        // All that is left to do is to switch it off, and that is done at once.
        if self.closed {
            return Timestamp::NEVER;
        }
        // Asked of every subscription after each step of a forecast: nothing is copied for it.
        let period = match &self.period {
            Some(period) if period.paused_at.is_none() => period.until,
            _ => Timestamp::NEVER,
        };
        let resume = self.suspended.as_ref().and_then(|it| it.until);
        period.min(resume.unwrap_or(Timestamp::NEVER))
    }
}

impl Period {
    /// When it ends, seen from `at`: while it stands still, its end moves away.
    pub fn end(&self, at: Timestamp) -> Timestamp {
        match self.paused_at {
            Some(since) => self.until.plus(at.since(since).max(0)),
            None => self.until,
        }
    }
}

impl Account {
    /// Open subscriptions, by serial.
    pub fn subscriptions(&self) -> &[Subscription] {
        self.services.as_deref().map_or(&[], |it| &it.subscriptions)
    }

    pub fn subscription(&self, serial: u32) -> Option<&Subscription> {
        let subscriptions = self.subscriptions();
        let place = subscriptions.binary_search_by_key(&serial, |it| it.serial).ok()?;
        subscriptions.get(place)
    }

    pub(crate) fn subscription_mut(&mut self, serial: u32) -> Option<&mut Subscription> {
        let subscriptions = &mut self.services.as_deref_mut()?.subscriptions;
        let place = subscriptions.binary_search_by_key(&serial, |it| it.serial).ok()?;
        subscriptions.get_mut(place)
    }

    pub fn subscription_id(&self, serial: u32) -> SubscriptionId {
        SubscriptionId { account: self.id, serial }
    }

    /// Postpaid periods that are not known to be paid.
    pub fn bills(&self) -> &[Bill] {
        self.services.as_deref().map_or(&[], |it| &it.bills)
    }

    /// Bills are paid when nothing is owed any more since their day or before.
    pub(crate) fn forget_paid_bills(&mut self) {
        let owed_since = self.debts.first().map(|it| it.day);
        if let Some(services) = self.services.as_deref_mut() {
            services.bills.retain(|it| owed_since.is_some_and(|day| day <= it.day));
        }
    }

    /// Free units of a subscription's period that are neither used nor held, but by `session`.
    /// What a session was granted in an earlier period or plan it keeps.
    pub fn allowance_left(&self, subscription: &Subscription, session: Option<u32>) -> u64 {
        let of_plan = self.sessions.iter().filter(|it| it.service == subscription.service);
        let others = of_plan.filter(|it| Some(it.serial) != session);
        let usages = others.filter_map(|it| it.usage.as_deref());
        let held = usages.filter(|it| it.subscription == subscription.serial).map(|it| it.free);
        let mut left = subscription.allowance.checked_sub(subscription.allowance_used);
        for held in held {
            left = left.and_then(|it| it.checked_sub(held));
        }
        // A new period may be smaller than what sessions hold of the one before.
        left.unwrap_or_default()
    }

    /// Whether a bill was not paid within its grace days.
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        let owed_since = self.debts.first().map(|it| it.day);
        let unpaid = |it: &Bill| owed_since.is_some_and(|day| day <= it.day);
        self.bills().iter().any(|it| it.block_at <= at && unpaid(it))
    }
}
