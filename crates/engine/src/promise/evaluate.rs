//! The one evaluator: the portal, the call centre and the dry run ask here, and hear every rule
//! that fails.

use serde::{Deserialize, Serialize};

use super::policy::{Bound, PromiseAmount, PromiseRule, PromiseRules};
use crate::time::{DAY, of_hours, same_month};
use crate::{Account, Amount, Balance, FINE_PER_MINOR, Name, Promise, Timestamp};

/// What a customer, or staff for them, asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromiseAsk {
    /// In the account's currency; absent is what the policy gives.
    pub amount: Option<Amount>,
    pub hours: Option<u32>,
    pub accepts_terms: bool,
}

/// What would be granted, and every rule that is in the way of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub amount: Amount,
    pub hours: u32,
    pub until: Timestamp,
    pub fee: Amount,
    pub failing: Vec<Failing>,
}

/// A rule that says no, both its figures, and what would make it a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub rule: PromiseRule,
    pub limit: Figure,
    pub actual: Figure,
    pub remedy: Remedy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    Nothing,
    Money(Balance),
    Count(u32),
    Days(u32),
    Hours(u32),
    Names(Vec<Name>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    PossibleFrom(Timestamp),
    /// A real payment of this much.
    Pay(Amount),
    AskBetween {
        min: Amount,
        max: Amount,
    },
    /// One of these durations, or any up to the last.
    AskHours {
        choices: Vec<u32>,
        up_to: Option<u32>,
    },
    AcceptTerms,
    UseChannel(Vec<Name>),
    /// It is not needed, or only staff can help.
    Nothing,
}

/// Judges what is asked for by the rules, as of `now`.
///
/// `since` is when the customer became one. Figures come from the account alone; `rules` are in
/// its currency.
pub fn evaluate(
    account: &Account,
    since: Timestamp,
    rules: &PromiseRules,
    ask: PromiseAsk,
    channel: Name,
    now: Timestamp,
) -> Offer {
    let subject = Subject { account, since, rules, ask, channel, now };
    let hours = subject.hours();
    let amount = subject.amount();
    let checks = [
        subject.channel(),
        subject.plan(),
        subject.acceptance(),
        subject.open_max(),
        subject.unkept(),
        subject.unkept_max(),
        subject.cooldown(),
        subject.per_window(),
        subject.per_month(),
        subject.repeat_balance(),
        subject.month_days(),
        subject.tenure(),
        subject.blocked_days(),
        subject.debt_max(),
        subject.debt_age(),
        subject.paid_min(),
        subject.needed(),
        subject.duration(hours),
        subject.amount_in_bounds(amount),
        subject.ceiling(amount),
    ];
    Offer {
        amount,
        hours,
        until: now.plus(of_hours(hours)),
        fee: subject.fee(amount),
        failing: checks.into_iter().flatten().collect(),
    }
}

pub(super) struct Subject<'a> {
    pub account: &'a Account,
    pub since: Timestamp,
    pub rules: &'a PromiseRules,
    pub ask: PromiseAsk,
    pub channel: Name,
    pub now: Timestamp,
}

/// What is judged: the amount, the duration, the fee.
impl Subject<'_> {
    /// What would be promised, in whole minor units.
    pub(super) fn amount(&self) -> Amount {
        let asked = |given: Amount| self.ask.amount.unwrap_or(given);
        match self.rules.amount {
            PromiseAmount::Fixed(amount) => asked(amount),
            PromiseAmount::Between { max, .. } => asked(max),
            PromiseAmount::Shortfall { .. } => asked(self.missing_to(Amount::ZERO)),
            PromiseAmount::ShortfallOfFee { .. } => asked(self.missing_to(self.monthly_fee())),
            PromiseAmount::FeePercent { percent, max } => {
                let share = self.fee_share(percent, 100);
                asked(max.map_or(share, |max| share.min(max)))
            }
        }
    }

    pub(super) fn hours(&self) -> u32 {
        let years = u32::try_from(self.days_since(self.since) / 365).unwrap_or(0);
        let extra = self.rules.duration.hours_per_year.checked_mul(years).unwrap_or(0);
        let given = self.ask.hours.unwrap_or(self.rules.duration.hours);
        given.checked_add(extra).unwrap_or(given)
    }

    pub(super) fn fee(&self, amount: Amount) -> Amount {
        let Some(fee) = self.rules.fee else {
            return Amount::ZERO;
        };
        if fee.waived_from.is_some_and(|it| self.account.balance >= it) {
            return Amount::ZERO;
        }
        fee.amount.add_capped(share(amount, fee.percent, 100))
    }

    pub(super) fn monthly_fee(&self) -> Amount {
        self.account.plan().map_or(Amount::ZERO, |it| it.monthly_fee)
    }

    pub(super) fn fee_share(&self, part: u32, whole: u32) -> Amount {
        share(self.monthly_fee(), part, whole)
    }

    pub(super) fn bound(&self, bound: Bound) -> Amount {
        match bound {
            Bound::Amount(amount) => amount,
            Bound::FeePercent(percent) => self.fee_share(percent, 100),
            Bound::FeeDays(days) => self.fee_share(days, 30),
        }
    }

    /// What a payment would have to be to bring available to `target`.
    pub(super) fn missing_to(&self, target: Amount) -> Amount {
        let Some(available) = self.account.available() else {
            return Amount::ZERO;
        };
        let missing = target.units() - available.units();
        round_up(Amount::from_units(missing.clamp(0, crate::UNITS_MAX)).expect("clamped"))
    }

    pub(super) fn days_since(&self, moment: Timestamp) -> i64 {
        self.now.since(moment).max(0) / DAY
    }

    /// Promises granted after `from`, oldest first.
    pub(super) fn granted_after(&self, from: Timestamp) -> Vec<&Promise> {
        self.account.promises().iter().filter(|it| it.granted_at > from).collect()
    }

    pub(super) fn granted_this_month(&self) -> Vec<&Promise> {
        let granted = self.account.promises().iter();
        granted.filter(|it| same_month(it.granted_at, self.now)).collect()
    }
}

/// `part / whole` of an amount, rounded up to whole minor units.
pub(super) fn share(amount: Amount, part: u32, whole: u32) -> Amount {
    let scaled = i128::from(amount.units()) * i128::from(part);
    let whole = i128::from(whole);
    let units = (scaled + whole - 1).div_euclid(whole);
    let units = i64::try_from(units).ok().and_then(Amount::from_units);
    round_up(units.unwrap_or(Amount::MAX))
}

/// Up to whole minor units: nobody pays a ten-thousandth of a cent.
pub(super) fn round_up(amount: Amount) -> Amount {
    let rest = amount.units().rem_euclid(FINE_PER_MINOR);
    match rest {
        0 => amount,
        rest => Amount::from_units(amount.units() + FINE_PER_MINOR - rest).unwrap_or(Amount::MAX),
    }
}
