//! Reading the rules of a policy; what cannot be meant is refused, and named.

use std::collections::BTreeSet;

use engine::{
    Amount, Balance, Bound, Cooldown, Currency, FeeRule, Name, PerWindow, Precision, PromiseAmount,
    PromiseDuration, PromiseRules, StaffCap,
};

use super::{
    AmountBody, BoundBody, CapBody, CooldownBody, DurationBody, FeeBody, MonthDaysBody, RulesBody,
    WindowBody,
};
use crate::http::auth::{Permission, Role};
use crate::http::error::Problem;
use crate::http::wire;

/// A leap year.
const HOURS_MAX: u32 = 366 * 24;
/// Ten years.
const DAYS_MAX: u32 = 3660;
/// An account remembers no more promises than this: a rule that counts further would never fail.
const COUNT_MAX: u32 = 64;
const PERCENT_MAX: u32 = 10_000;
const LIST_MAX: usize = 32;

impl RulesBody {
    /// The rules for a policy in `currency`.
    pub fn read(&self, currency: Currency) -> Result<PromiseRules, Problem> {
        let reader = RulesReader { currency };
        let bound = |field, it: &Option<BoundBody>| {
            it.as_ref().map(|it| reader.bound(field, it)).transpose()
        };
        let within = |field, number: Option<u32>, min, max| {
            number.map(|it| between(field, it, min, max)).transpose()
        };
        let days = |field, days, min| within(field, days, min, DAYS_MAX);
        let count = |field, count, min| within(field, count, min, COUNT_MAX);
        let repeat_balance_min = self.repeat_balance_min.as_deref();
        if repeat_balance_min.is_some() && self.per_window.is_none() && self.per_month.is_none() {
            let why = "needs per_window or per_month, which say what a repeat is";
            return Err(Problem::malformed("rules.repeat_balance_min", why));
        }
        Ok(PromiseRules {
            amount: reader.amount(&self.amount)?,
            duration: duration(&self.duration)?,
            channels: names("rules.channels", &self.channels)?,
            open_max: between("rules.open_max", self.open_max, 1, COUNT_MAX)?,
            cooldown: self.cooldown.map(cooldown).transpose()?,
            per_window: self.per_window.map(window).transpose()?,
            per_month: count("rules.per_month", self.per_month, 1)?,
            repeat_balance_min: repeat_balance_min
                .map(|it| reader.balance("rules.repeat_balance_min", it))
                .transpose()?,
            debt_max: bound("rules.debt_max", &self.debt_max)?,
            debt_age_days_max: days("rules.debt_age_days_max", self.debt_age_days_max, 0)?,
            tenure_days_min: days("rules.tenure_days_min", self.tenure_days_min, 1)?,
            blocked_days_max: days("rules.blocked_days_max", self.blocked_days_max, 0)?,
            bars_after_unkept: self.bars_after_unkept,
            unkept_max: count("rules.unkept_max", self.unkept_max, 0)?,
            paid_min: bound("rules.paid_min", &self.paid_min)?,
            needed_below: bound("rules.needed_below", &self.needed_below)?,
            month_days: self.month_days.map(month_days).transpose()?,
            plans: names("rules.plans", &self.plans)?,
            fee: self.fee.as_ref().map(|it| reader.fee(it)).transpose()?,
            needs_acceptance: self.needs_acceptance,
            holds_plan: self.holds_plan,
            overrides: reader.caps(&self.overrides)?,
        })
    }
}

/// Reads what is money: the currency says how many decimals it may have.
#[derive(Clone, Copy)]
struct RulesReader {
    currency: Currency,
}

impl RulesReader {
    fn amount(self, amount: &AmountBody) -> Result<PromiseAmount, Problem> {
        let max = |field, max: &Option<String>| {
            max.as_deref().map(|it| self.above_zero(field, it)).transpose()
        };
        Ok(match amount {
            AmountBody::Fixed(amount) => {
                PromiseAmount::Fixed(self.above_zero("rules.amount.fixed", amount)?)
            }
            AmountBody::Between { min, max } => {
                let min = self.above_zero("rules.amount.between.min", min)?;
                let max = self.above_zero("rules.amount.between.max", max)?;
                if max < min {
                    let why = "is less than min";
                    return Err(Problem::malformed("rules.amount.between.max", why));
                }
                PromiseAmount::Between { min, max }
            }
            AmountBody::Shortfall(it) => {
                PromiseAmount::Shortfall { max: max("rules.amount.shortfall.max", &it.max)? }
            }
            AmountBody::ShortfallOfFee(it) => PromiseAmount::ShortfallOfFee {
                max: max("rules.amount.shortfall_of_fee.max", &it.max)?,
            },
            AmountBody::FeePercent(it) => PromiseAmount::FeePercent {
                percent: percent("rules.amount.fee_percent.percent", it.percent)?,
                max: max("rules.amount.fee_percent.max", &it.max)?,
            },
        })
    }

    fn bound(self, field: &str, bound: &BoundBody) -> Result<Bound, Problem> {
        let field = |kind| format!("{field}.{kind}");
        Ok(match bound {
            BoundBody::Amount(amount) => {
                Bound::Amount(self.zero_or_more(&field("amount"), amount)?)
            }
            BoundBody::FeePercent(it) => Bound::FeePercent(percent(&field("fee_percent"), *it)?),
            BoundBody::FeeDays(days) => {
                Bound::FeeDays(between(&field("fee_days"), *days, 1, DAYS_MAX)?)
            }
        })
    }

    fn fee(self, fee: &FeeBody) -> Result<FeeRule, Problem> {
        let amount = fee.amount.as_deref();
        let amount = amount.map(|it| self.above_zero("rules.fee.amount", it)).transpose()?;
        if amount.is_none() && fee.percent == 0 {
            return Err(Problem::malformed("rules.fee", "needs an amount, a percent, or both"));
        }
        let waived_from = fee.waived_from.as_deref();
        let waived_from = waived_from.map(|it| self.balance("rules.fee.waived_from", it));
        Ok(FeeRule {
            amount: amount.unwrap_or(Amount::ZERO),
            percent: between("rules.fee.percent", fee.percent, 0, 100)?,
            waived_from: waived_from.transpose()?,
        })
    }

    fn caps(self, caps: &[CapBody]) -> Result<Vec<StaffCap>, Problem> {
        let mut roles = BTreeSet::new();
        let read = |(place, cap): (usize, &CapBody)| {
            let field = |name| format!("rules.overrides[{place}].{name}");
            let role = Role::from_name(&cap.role).filter(|it| it.may(Permission::Correct));
            if role.is_none() {
                let why = "is not a role that grants promised payments: admin or agent";
                return Err(Problem::malformed(&field("role"), why));
            }
            if !roles.insert(cap.role.clone()) {
                return Err(Problem::malformed(&field("role"), "comes twice"));
            }
            Ok(StaffCap {
                role: name(&field("role"), &cap.role)?,
                amount_max: self.above_zero(&field("amount_max"), &cap.amount_max)?,
                hours_max: between(&field("hours_max"), cap.hours_max, 1, HOURS_MAX)?,
            })
        };
        caps.iter().enumerate().map(read).collect()
    }

    fn zero_or_more(self, field: &str, text: &str) -> Result<Amount, Problem> {
        let amount = Amount::parse(text, self.currency.exponent(), Precision::MinorUnits);
        amount.map_err(|error| wire::wrong_amount(field, text, error))
    }

    fn above_zero(self, field: &str, text: &str) -> Result<Amount, Problem> {
        let amount = self.zero_or_more(field, text)?;
        match amount.is_zero() {
            true => Err(wire::wrong_amount(field, text, engine::MoneyError::Zero)),
            false => Ok(amount),
        }
    }

    fn balance(self, field: &str, text: &str) -> Result<Balance, Problem> {
        let balance = Balance::parse(text, self.currency.exponent(), Precision::MinorUnits);
        balance.map_err(|error| wire::wrong_amount(field, text, error))
    }
}

fn duration(duration: &DurationBody) -> Result<PromiseDuration, Problem> {
    let hours = |field: &str, hours| between(field, hours, 1, HOURS_MAX);
    if duration.choices.len() > LIST_MAX {
        return Err(Problem::malformed("rules.duration.choices", "has more than 32 durations"));
    }
    for (place, choice) in duration.choices.iter().enumerate() {
        hours(&format!("rules.duration.choices[{place}]"), *choice)?;
    }
    if duration.hours_max.is_some_and(|it| it < duration.hours) {
        return Err(Problem::malformed("rules.duration.hours_max", "is less than hours"));
    }
    let hours_max = duration.hours_max.map(|it| hours("rules.duration.hours_max", it));
    let per_year = duration.hours_per_year;
    Ok(PromiseDuration {
        hours: hours("rules.duration.hours", duration.hours)?,
        choices: duration.choices.clone(),
        hours_max: hours_max.transpose()?,
        hours_per_year: between("rules.duration.hours_per_year", per_year, 0, HOURS_MAX)?,
    })
}

fn cooldown(cooldown: CooldownBody) -> Result<Cooldown, Problem> {
    let days = |field, days| between(field, days, 1, DAYS_MAX);
    Ok(match cooldown {
        CooldownBody::DaysAfterGrant(it) => {
            Cooldown::DaysAfterGrant(days("rules.cooldown.days_after_grant", it)?)
        }
        CooldownBody::DaysAfterEnd(it) => {
            Cooldown::DaysAfterEnd(days("rules.cooldown.days_after_end", it)?)
        }
    })
}

fn window(window: WindowBody) -> Result<PerWindow, Problem> {
    Ok(PerWindow {
        count: between("rules.per_window.count", window.count, 1, COUNT_MAX)?,
        days: between("rules.per_window.days", window.days, 1, DAYS_MAX)?,
    })
}

fn month_days(days: MonthDaysBody) -> Result<(u8, u8), Problem> {
    between("rules.month_days.first", days.first.into(), 1, 31)?;
    between("rules.month_days.last", days.last.into(), 1, 31)?;
    match days.first <= days.last {
        true => Ok((days.first, days.last)),
        false => Err(Problem::malformed("rules.month_days.last", "is before first")),
    }
}

fn percent(field: &str, percent: u32) -> Result<u32, Problem> {
    between(field, percent, 1, PERCENT_MAX)
}

fn between(field: &str, number: u32, min: u32, max: u32) -> Result<u32, Problem> {
    match (min..=max).contains(&number) {
        true => Ok(number),
        false => Err(Problem::malformed(field, format!("is not from {min} to {max}"))),
    }
}

fn name(field: &str, text: &str) -> Result<Name, Problem> {
    Name::new(text).map_err(|error| Problem::malformed(field, error))
}

fn names(field: &str, texts: &[String]) -> Result<Vec<Name>, Problem> {
    if texts.len() > LIST_MAX {
        return Err(Problem::malformed(field, "has more than 32 names"));
    }
    let mut seen = BTreeSet::new();
    let read = |(place, text): (usize, &String)| {
        let field = format!("{field}[{place}]");
        match seen.insert(text.clone()) {
            true => name(&field, text),
            false => Err(Problem::malformed(&field, "comes twice")),
        }
    };
    texts.iter().enumerate().map(read).collect()
}
