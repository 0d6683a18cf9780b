//! What the ledger has seen of one account.

use std::collections::BTreeMap;

use engine::{Currency, Name, PaymentMode, Price, Suspender, SwitchCause};

use super::sessions::Call;

/// An account.
#[derive(Clone, Debug)]
pub struct Purse {
    pub customer: u32,
    pub currency: Currency,
    pub closed: bool,
    pub balance: i128,
    /// The permanent limit; `None` is without limit.
    pub limit: Option<i128>,
    pub ceiling: Option<i128>,
    pub credits: BTreeMap<u32, Credit>,
    /// By the day since when it is owed, oldest first.
    pub debts: Vec<(i64, i128)>,
    pub bills: Vec<Bill>,
    pub subscriptions: BTreeMap<u32, Sub>,
    pub opened: u32,
    pub calls: BTreeMap<u32, Call>,
}

#[derive(Clone, Copy, Debug)]
pub struct Credit {
    pub amount: i128,
    pub until: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill {
    pub day: i64,
    pub due_at: i64,
    pub block_at: i64,
    pub told: bool,
}

/// A subscription.
#[derive(Clone, Debug)]
pub struct Sub {
    pub service: Name,
    pub version: u32,
    pub priority: u16,
    pub own_price: Option<Price>,
    pub subjects: Vec<Box<str>>,
    pub base: Option<u32>,
    pub anchored_at: i64,
    /// When the last period ended that none followed.
    pub ran_until: Option<i64>,
    pub suspended: Option<(Suspender, Option<i64>)>,
    pub closed: bool,
    pub ends: bool,
    pub periodic: bool,
    pub fresh: bool,
    pub next_plan: Option<NewPlan>,
    pub period: Option<Run>,
    pub on: bool,
    /// What the network has heard last.
    pub told: Option<(Name, u32)>,
    pub stale: bool,
    /// The adapter before has heard that it is off, and the next one not yet that it is on.
    pub left: bool,
    /// Every change of on and off.
    pub switches: Vec<(i64, bool)>,
    pub allowance: i128,
    pub drawn: i128,
}

#[derive(Clone, Copy, Debug)]
pub struct NewPlan {
    pub service: Name,
    pub version: u32,
    pub periodic: bool,
    pub own_price: Option<Price>,
}

/// A period that is paid or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub from: i64,
    pub until: i64,
    pub mode: PaymentMode,
    pub paid: i128,
    /// The subscription's own price when it began.
    pub own_price: Option<Price>,
    pub part_of: Option<i64>,
    pub paused_at: Option<i64>,
    /// How long it stood still before.
    pub stood: i64,
    pub credited: bool,
}

impl Purse {
    /// How far below zero it may go; `None` is without limit.
    pub fn credit(&self) -> Option<i128> {
        let limits =
            self.limit.map(|it| it + self.credits.values().map(|it| it.amount).sum::<i128>());
        match (limits, self.ceiling) {
            (Some(limits), Some(ceiling)) => Some(limits.min(ceiling)),
            (limits, ceiling) => limits.or(ceiling),
        }
    }

    pub fn held(&self) -> i128 {
        self.calls.values().map(|it| it.held).sum()
    }

    pub fn available(&self) -> Option<i128> {
        self.credit().map(|it| self.balance + it - self.held())
    }

    pub fn is_short(&self) -> bool {
        self.available().is_some_and(|it| it < 0)
    }

    /// Whether it can pay so much now.
    pub fn covers(&self, fee: i128) -> bool {
        self.available().is_none_or(|it| it >= 0 && it >= fee)
    }

    /// Whether a bill that is still owed has passed its grace.
    pub fn is_overdue(&self, at: i64) -> bool {
        let oldest = self.debts.first().map(|it| it.0);
        let owed = |it: &Bill| oldest.is_some_and(|day| day <= it.day);
        self.bills.iter().any(|it| it.block_at <= at && owed(it))
    }

    /// Why a subscription is off at a moment; `None` when it is on.
    pub fn why_off(&self, sub: &Sub, at: i64) -> Option<SwitchCause> {
        if sub.closed {
            let over = |it: Run| it.paused_at.is_none() && it.until <= at;
            let ended = sub.ends && sub.period.is_none_or(over);
            return Some(if ended { SwitchCause::Ended } else { SwitchCause::Closed });
        }
        match sub.suspended {
            Some((Suspender::Staff, _)) => return Some(SwitchCause::SuspendedByStaff),
            Some((Suspender::Customer, _)) => return Some(SwitchCause::SuspendedByCustomer),
            None => {}
        }
        if self.is_overdue(at) {
            return Some(SwitchCause::Overdue);
        }
        if self.is_short() {
            return Some(SwitchCause::FundsLow);
        }
        let runs = |it: &Run| it.from <= at && (it.paused_at.is_some() || at < it.until);
        if sub.periodic && !sub.period.as_ref().is_some_and(runs) {
            return Some(SwitchCause::PeriodUnpaid);
        }
        match sub.base {
            Some(base) if !self.is_up(base, at) => Some(SwitchCause::BaseOff),
            _ => None,
        }
    }

    /// Whether the subscription of that number is there and nothing keeps it off.
    pub fn is_up(&self, serial: u32, at: i64) -> bool {
        self.subscriptions.get(&serial).is_some_and(|it| self.why_off(it, at).is_none())
    }

    /// Names by which the network knows it: those of what it modifies, when it has none.
    pub fn names(&self, sub: &Sub) -> Vec<Box<str>> {
        let base = sub.base.and_then(|it| self.subscriptions.get(&it));
        match base.filter(|_| sub.subjects.is_empty()) {
            Some(base) => base.subjects.clone(),
            None => sub.subjects.clone(),
        }
    }

    /// The earliest moment that has come by `at` and was not seen to. A session may have been
    /// granted something until a moment that was past already: that ends when it is looked for.
    pub fn missed(&self, at: i64) -> Option<i64> {
        let mut looked_for = self.clone();
        looked_for.calls.retain(|_, it| it.open_until.is_some_and(|until| until > it.granted_at));
        looked_for.next_moment().filter(|it| *it <= at)
    }

    /// The next moment at which something falls due.
    pub fn next_moment(&self) -> Option<i64> {
        let bills = self.bills.iter().filter(|it| !it.told).map(|it| it.block_at);
        let credits = self.credits.values().map(|it| it.until);
        let calls = self.calls.values().filter_map(|it| it.open_until);
        let subs = self.subscriptions.values().filter_map(Sub::moment);
        bills.chain(credits).chain(calls).chain(subs).min()
    }

    /// Units of the allowance that a call may have, those that it holds among them.
    pub fn free_for(&self, serial: u32, sub: u32, service: Name) -> i128 {
        let Some(sub_found) = self.subscriptions.get(&sub).filter(|it| it.service == service)
        else {
            return 0;
        };
        let others = self.calls.iter().filter(|(it, call)| {
            **it != serial && call.subscription() == Some(sub) && call.service == service
        });
        let held: i128 = others.map(|(_, it)| it.granted_free).sum();
        (sub_found.allowance - sub_found.drawn - held).max(0)
    }

    /// Folds what is owed: the oldest debt is paid first.
    pub fn owe(&mut self, before: i128, day: i64) {
        let more = (-self.balance).max(0) - (-before).max(0);
        if more > 0 {
            match self.debts.last_mut().filter(|it| it.0 == day) {
                Some(debt) => debt.1 += more,
                None => self.debts.push((day, more)),
            }
        }
        let mut paid = (-more).max(0);
        while let Some(debt) = self.debts.first_mut().filter(|_| paid > 0) {
            let part = paid.min(debt.1);
            (debt.1, paid) = (debt.1 - part, paid - part);
            if debt.1 == 0 {
                self.debts.remove(0);
            }
        }
        let oldest = self.debts.first().map(|it| it.0);
        self.bills.retain(|it| oldest.is_some_and(|day| day <= it.day));
    }
}

impl Sub {
    /// When something is to be done about it by itself.
    pub fn moment(&self) -> Option<i64> {
        if self.closed {
            return None;
        }
        let ends = self.period.filter(|it| it.paused_at.is_none()).map(|it| it.until);
        let resumes = self.suspended.and_then(|it| it.1);
        [ends, resumes].into_iter().flatten().min()
    }

    /// How long it was off between two moments.
    pub fn off_between(&self, from: i64, until: i64) -> i64 {
        let mut off = 0;
        let mut since = None;
        for &(at, on) in &self.switches {
            match (on, since) {
                (false, None) => since = Some(at),
                (true, Some(start)) => {
                    off += overlap((start, at), (from, until));
                    since = None;
                }
                _ => {}
            }
        }
        off + since.map_or(0, |it| overlap((it, i64::MAX), (from, until)))
    }

    pub fn become_plan(&mut self, plan: NewPlan, at: i64) {
        self.service = plan.service;
        self.version = plan.version;
        self.periodic = plan.periodic;
        self.own_price = plan.own_price;
        (self.next_plan, self.period, self.fresh) = (None, None, true);
        self.anchored_at = at;
        (self.allowance, self.drawn) = (0, 0);
    }
}

fn overlap(left: (i64, i64), right: (i64, i64)) -> i64 {
    (left.1.min(right.1) - left.0.max(right.0)).max(0)
}
