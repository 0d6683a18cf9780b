//! The least payment that brings everything on and keeps it on through its next period.

use super::{ENTRIES_MAX, Looking};
use crate::decide::opening;
use crate::{
    Account, Amount, Balance, Bill, BillFact, FINE_PER_MINOR, SwitchCause, Timestamp, UNITS_MAX,
    owed, standing,
};

/// How often a payment is raised to what was found missing, at most.
const ROUNDS_MAX: usize = 16;

/// What has to be paid, and until when that lasts; the debt alone where no money brings anything
/// on.
///
/// With more money than anything costs, what is spent shows how much is missing: the lowest that
/// available falls to, less that money. Where the answer depends on the payment itself (a bill
/// that is not made, a promise that is kept) it is tried out, and put right by what was missing.
pub(super) fn recommended(mut start: Looking) -> (Amount, Option<Timestamp>) {
    // What is paid to an account that is locked for payments is allocated by staff.
    start.state.account_mut(start.id).payments_locked = false;
    let plenty = Amount::from_units(UNITS_MAX / 4).expect("within bounds");
    let mut rich = start.clone();
    rich.pay(plenty);
    let wanted: Vec<u32> = rich.on().collect();
    if wanted.is_empty() {
        return (start.account().owed(), None);
    }
    let has_period = |serial: u32| {
        let before = start.account().subscription(serial);
        before.is_some_and(|it| it.period.is_some())
    };
    let running = periods(&rich, &wanted).filter(|(serial, _)| has_period(*serial));
    // Every period that runs is followed by one more. What has none is kept on without the credit
    // that it lives on.
    let credits = start.account().credits.iter().map(|it| it.until).max();
    let through = running.map(|(_, until)| until).max().or(credits).unwrap_or(start.now);
    let mut lowest = Lowest::of(rich.account());
    rich.follow(through, &mut lowest);
    let lasts_until = periods(&rich, &wanted).map(|(_, until)| until).min();
    let end = lasts_until.map_or(through, |it| it.plus(-1));
    rich.follow(end, &mut lowest);
    let short = lowest.available.map_or(Amount::ZERO, |it| plenty.excess_over(positive(it)));
    let first = up_to_minor(short.max(overdue_by(start.account(), end)));
    let amount = match is_intricate(&start) {
        true => {
            let without_debt = up_to_minor(plenty.excess_over(positive(lowest.balance)));
            tried(&start, (first, without_debt.max(first)), &wanted, end)
        }
        false => first,
    };
    (amount, lasts_until)
}

/// The periods of what is on and goes on, by subscription: when they end.
fn periods(looking: &Looking, wanted: &[u32]) -> impl Iterator<Item = (u32, Timestamp)> {
    let subscriptions = looking.account().subscriptions().iter();
    let goes_on = subscriptions.filter(|it| it.on && !it.ends && wanted.contains(&it.serial));
    goes_on.filter_map(|it| Some((it.serial, it.period?.until)))
}

/// Whether a payment changes more than what is available.
fn is_intricate(start: &Looking) -> bool {
    let account = start.account();
    let has_due = |it: &crate::Subscription| {
        let catalogue = start.state.catalogue();
        let running = catalogue.version(it.service, it.version);
        let next = it.next_plan.map_or(it.service, |plan| plan.service);
        let next = catalogue.newest(next);
        running.into_iter().chain(next).any(|it| it.service.due.is_some())
    };
    !account.bills().is_empty()
        || account.promises().iter().any(|it| it.is_open())
        || account.subscriptions().iter().any(has_due)
}

/// The payment found by trying: raised while something is missing, then lowered to what is enough.
/// Where that goes on for too long, each bill being followed by another, it is the one with which
/// nothing is ever owed.
fn tried(
    start: &Looking,
    (first, without_debt): (Amount, Amount),
    wanted: &[u32],
    end: Timestamp,
) -> Amount {
    let outcome = |amount| start.clone().outcome(amount, wanted, end);
    let raised = |from: Amount| {
        let mut amount = from;
        for _ in 0..ROUNDS_MAX {
            match outcome(amount) {
                Ok(_) => return amount,
                Err(missing) => amount = up_to_minor(amount.add_capped(missing)),
            }
        }
        amount.max(without_debt)
    };
    let amount = raised(first);
    // A promise that a little less does not keep goes on to help.
    match amount.checked_sub(minor_unit()).map(|it| (it, outcome(it))) {
        Some((less, Ok(spare))) => raised(up_to_minor(less.excess_over(spare))).min(less),
        _ => amount,
    }
}

/// The least that an account comes down to.
#[derive(Clone, Copy)]
struct Lowest {
    available: Option<Balance>,
    balance: Balance,
}

impl Lowest {
    fn of(account: &Account) -> Self {
        Self { available: account.available(), balance: account.balance }
    }
}

impl Looking {
    /// Goes on to `until`, and notes the least that it comes down to.
    fn follow(&mut self, until: Timestamp, lowest: &mut Lowest) {
        while self.entries.len() < ENTRIES_MAX && self.step(until).is_some() {
            let now = Lowest::of(self.account());
            lowest.available = lowest.available.min(now.available);
            lowest.balance = lowest.balance.min(now.balance);
        }
    }

    /// What is left over at least when `amount` is paid and all that is `wanted` is on to the
    /// `end`; else what is missing where it first is not.
    fn outcome(mut self, amount: Amount, wanted: &[u32], end: Timestamp) -> Result<Amount, Amount> {
        self.pay(amount);
        let mut spare = Amount::MAX;
        loop {
            if let Some(missing) = self.missing(wanted) {
                return Err(missing);
            }
            let available = self.account().available();
            spare = spare.min(available.map_or(Amount::ZERO, positive));
            if self.entries.len() >= ENTRIES_MAX || self.step(end).is_none() {
                return Ok(spare);
            }
        }
    }

    /// What would have had to be paid more for the first that is off for want of money.
    fn missing(&self, wanted: &[u32]) -> Option<Amount> {
        let account = self.account();
        let short = |needed: Amount| match account.available() {
            Some(it) if it.is_negative() => needed.add_capped(it.magnitude()),
            Some(it) => needed.excess_over(it.magnitude()),
            None => Amount::ZERO,
        };
        let off = account.subscriptions().iter().filter(|it| wanted.contains(&it.serial));
        off.filter(|it| !it.on).find_map(|it| {
            match standing(account, it, self.now) {
                Err(SwitchCause::FundsLow) => Some(short(Amount::ZERO)),
                Err(SwitchCause::Overdue) => Some(self.overdue()),
                Err(SwitchCause::PeriodUnpaid) => {
                    // Without an exchange rate no money helps.
                    let opening = opening(&self.state, account, it, self.now).ok()?;
                    Some(short(opening.fee()))
                }
                _ => None,
            }
            .filter(|it| !it.is_zero())
        })
    }

    /// What would have kept the bills that are overdue now from being so: their debts paid, or for
    /// those that were made meanwhile nothing owed when they were.
    fn overdue(&self) -> Amount {
        let account = self.account();
        let unpaid = |fact: &BillFact| {
            let same = |it: &Bill| (it.due_at, it.block_at) == (fact.due_at, fact.block_at);
            fact.block_at <= self.now && account.bills().iter().any(same)
        };
        let made = self.entries.iter().filter(|it| it.fact.bill().as_ref().is_some_and(unpaid));
        let made = made.filter_map(|it| Some(owed(it.posting?.balance))).max();
        let debts = overdue_by(account, self.now);
        made.map_or(debts, |it| it.min(debts))
    }
}

/// What is owed of bills for which services go off by `until`.
fn overdue_by(account: &Account, until: Timestamp) -> Amount {
    let bills = account.bills().iter().filter(|it| it.block_at <= until);
    let day = bills.map(|it| it.day).max();
    let debts = account.debts.iter().filter(|it| day.is_some_and(|day| it.day <= day));
    debts.fold(Amount::ZERO, |sum, it| sum.add_capped(it.amount))
}

fn positive(balance: Balance) -> Amount {
    match balance.is_negative() {
        true => Amount::ZERO,
        false => balance.magnitude(),
    }
}

fn minor_unit() -> Amount {
    Amount::from_units(FINE_PER_MINOR).expect("within bounds")
}

/// Nobody pays less than a minor unit.
fn up_to_minor(amount: Amount) -> Amount {
    let over = amount.units() % FINE_PER_MINOR;
    let missing = if over == 0 { 0 } else { FINE_PER_MINOR - over };
    Amount::from_units(amount.units() + missing).unwrap_or(amount)
}
