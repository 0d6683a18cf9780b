//! An account as the oracle keeps it: lists of what has happened to it.

use std::collections::BTreeMap;

use engine::{Alerts, Currency, Name, OpenAccount, Plan};

use super::{MOST, More, Talk, credit};

pub const DAY: i64 = 86_400_000_000;

#[derive(Clone, Debug)]
pub(crate) struct Purse {
    pub customer: u32,
    pub number: String,
    pub currency: Currency,
    pub closed: bool,
    pub(super) locked: bool,
    pub(super) taken_over: bool,
    pub balance: i128,
    /// `None` is unlimited.
    pub(super) limit: Option<i128>,
    pub(super) ceiling: Option<i128>,
    /// Temporary limits that run: serial, amount, until.
    pub limits: Vec<(u32, i128, i64)>,
    /// Every promise that was ever given.
    pub vows: Vec<Vow>,
    /// Temporary limits and promises together.
    pub(super) limits_made: u32,
    /// Real payments, and less than nothing for what was taken back: of which payment, how much.
    pub(super) flows: Vec<(u64, i128)>,
    pub taken: Vec<Taken>,
    pub(super) refunds_asked: u32,
    /// Debits that nothing has paid yet: the day, and what is left of each.
    pub(super) unpaid: Vec<(i64, i128)>,
    pub written_off: i128,
    pub plan: Option<Plan>,
    pub alerts: Alerts,
    /// Since when available is below zero.
    pub(super) short_since: Option<i64>,
    pub talks: Vec<Talk>,
    pub(super) talks_made: u32,
    pub(super) last_entry: u64,
}

/// A promised payment.
#[derive(Clone, Debug)]
pub(crate) struct Vow {
    pub serial: u32,
    pub amount: i128,
    pub granted_at: i64,
    /// The position of its line.
    pub granted_by: u64,
    pub until: i64,
    pub holds_plan: bool,
    pub ended: Option<(i64, &'static str)>,
    /// How many flows there were when it was taken back: none after them count.
    pub counts_until: Option<usize>,
}

impl Vow {
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Real payments since the grant, up to the one that reached the amount.
    pub fn paid(&self, flows: &[(u64, i128)]) -> i128 {
        let mut sum = 0;
        for (payment, amount) in &flows[..self.counts_until.unwrap_or(flows.len())] {
            if sum >= self.amount {
                break;
            }
            if *payment > self.granted_by {
                sum += amount;
            }
        }
        sum.min(MOST)
    }
}

/// A part of a payment that was taken back, or is to be.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub payment: u64,
    pub amount: i128,
    pub original: Option<(i128, Currency)>,
    /// The whole payment, in both currencies.
    pub whole: (i128, Option<i128>),
    /// A refund that waits for a second person.
    pub pending: Option<Pending>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub serial: u32,
    pub asked_by: Name,
    pub source: Name,
}

impl Purse {
    pub(super) fn new(open: &OpenAccount, number: String) -> Self {
        Self {
            customer: open.customer.0,
            number,
            currency: open.currency,
            closed: false,
            locked: false,
            taken_over: false,
            balance: 0,
            limit: credit::limit_of(open.limit),
            ceiling: open.ceiling.map(|it| it.units().into()),
            limits: Vec::new(),
            vows: Vec::new(),
            limits_made: 0,
            flows: Vec::new(),
            taken: Vec::new(),
            refunds_asked: 0,
            unpaid: Vec::new(),
            written_off: 0,
            plan: None,
            alerts: Alerts::default(),
            short_since: None,
            talks: Vec::new(),
            talks_made: 0,
            last_entry: 0,
        }
    }

    pub(crate) fn owed(&self) -> i128 {
        (-self.balance).max(0)
    }

    /// Real payments so far, less what was taken back.
    pub(crate) fn paid(&self) -> i128 {
        self.flows.iter().fold(0, |sum: i128, it| (sum + it.1).clamp(0, MOST))
    }

    pub(super) fn open_vows(&self) -> impl Iterator<Item = &Vow> {
        self.vows.iter().filter(|it| it.is_open())
    }

    /// Promises that were broken and that nothing has made good since.
    pub(super) fn broken_vows(&self) -> impl Iterator<Item = &Vow> {
        let broken = |it: &&Vow| matches!(it.ended, Some((_, "expired" | "partly_repaid")));
        self.vows.iter().filter(broken).filter(|it| it.paid(&self.flows) < it.amount)
    }

    /// What is missing of a promise.
    pub(super) fn missing_of(&self, vow: &Vow) -> i128 {
        (vow.amount - vow.paid(&self.flows)).max(0)
    }

    /// Notes that the balance has moved on `day`: a debit waits to be paid, a credit pays what
    /// has waited longest.
    pub(super) fn keep_debts(&mut self, before: i128, day: i64) {
        let (was, is) = ((-before).max(0), self.owed());
        if is > was {
            self.unpaid.push((day, is - was));
        }
        let mut money = (was - is).max(0);
        self.unpaid.sort_by_key(|it| it.0);
        for debit in &mut self.unpaid {
            let pays = debit.1.min(money);
            debit.1 -= pays;
            money -= pays;
        }
        self.unpaid.retain(|it| it.1 > 0);
    }

    /// Figures that most accounts do not have.
    pub(super) fn more(&self) -> More {
        let mut reversals: BTreeMap<u64, (i128, Option<i128>)> = BTreeMap::new();
        for taken in self.taken.iter().filter(|it| it.pending.is_none()) {
            let sum = reversals.entry(taken.payment).or_default();
            sum.0 += taken.amount;
            sum.1 = taken.original.map(|it| sum.1.unwrap_or(0) + it.0);
        }
        let refunds =
            self.taken.iter().filter_map(|it| Some((it.pending.as_ref()?.serial, it.amount)));
        let vows = self.vows.iter();
        More {
            debts: self.debts().into_iter().collect(),
            promises: vows
                .map(|it| (it.serial, it.paid(&self.flows), it.ended.map(|it| it.1)))
                .collect(),
            paid: self.paid(),
            written_off: self.written_off,
            reversals: reversals.into_iter().map(|(payment, it)| (payment, it.0, it.1)).collect(),
            refunds: refunds.collect(),
            short_since: self.short_since,
        }
    }

    /// What is owed by day.
    pub(crate) fn debts(&self) -> BTreeMap<i64, i128> {
        let mut days = BTreeMap::new();
        for (day, amount) in &self.unpaid {
            *days.entry(*day).or_default() += amount;
        }
        days
    }
}
