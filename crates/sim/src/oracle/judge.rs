//! Whether a promise may be made: every rule that is in the way, one after the other.

use engine::{Bound, Cooldown, Name, PromiseAmount, PromiseAsk, PromiseRules};

use super::calendar::{date, next_day_of_month};
use super::purse::{DAY, Purse, Vow};
use super::{Bar, MOST};

const HOUR: i64 = DAY / 24;
const CENT: i128 = 10_000;

/// What would be promised, and why not.
pub struct Judged {
    pub amount: i128,
    pub hours: u32,
    pub until: i64,
    pub fee: i128,
    pub bars: Vec<Bar>,
}

/// Who asks for what, and when.
pub struct Case<'a> {
    pub purse: &'a Purse,
    pub since: i64,
    pub rules: &'a PromiseRules,
    pub ask: PromiseAsk,
    pub channel: Name,
    pub at: i64,
}

/// What the policy gives by itself, and the least and most that may be promised.
struct Range {
    given: i128,
    min: i128,
    max: i128,
}

impl Case<'_> {
    pub fn judge(&self) -> Judged {
        let range = self.range();
        let amount = self.ask.amount.map_or(range.given, |it| it.units().into());
        let years = u32::try_from(self.days_since(self.since) / 365).expect("a few years");
        let hours = self.ask.hours.unwrap_or(self.rules.duration.hours)
            + years * self.rules.duration.hours_per_year;
        let mut bars = Vec::new();
        self.by_whom(&mut bars);
        self.by_promises(&mut bars);
        self.by_counts(&mut bars);
        self.by_calendar(&mut bars);
        self.by_debts(&mut bars);
        self.by_need(&range, &mut bars);
        self.by_ask(amount, hours, &range, &mut bars);
        let until = self.at + i64::from(hours) * HOUR;
        Judged { amount, hours, until, fee: self.fee(amount), bars }
    }

    fn range(&self) -> Range {
        let exactly = |amount| Range { given: amount, min: amount, max: amount };
        let up_to = |missing: i128, max: Option<engine::Amount>| Range {
            given: missing,
            min: missing,
            max: max.map_or(missing, |it| missing.min(it.units().into())),
        };
        match self.rules.amount {
            PromiseAmount::Fixed(amount) => exactly(amount.units().into()),
            PromiseAmount::Between { min, max } => {
                let (min, max) = (min.units().into(), max.units().into());
                Range { given: max, min, max }
            }
            PromiseAmount::Shortfall { max } => up_to(self.missing_to(0), max),
            PromiseAmount::ShortfallOfFee { max } => {
                up_to(self.missing_to(self.monthly_fee()), max)
            }
            PromiseAmount::FeePercent { percent, max } => {
                let share = part_of(self.monthly_fee(), percent, 100);
                exactly(max.map_or(share, |max| share.min(max.units().into())))
            }
        }
    }

    fn fee(&self, amount: i128) -> i128 {
        let Some(fee) = self.rules.fee else { return 0 };
        let waived = fee.waived_from.is_some_and(|it| self.purse.balance >= it.units().into());
        match waived {
            true => 0,
            false => (i128::from(fee.amount.units()) + part_of(amount, fee.percent, 100)).min(MOST),
        }
    }

    fn monthly_fee(&self) -> i128 {
        self.purse.plan.map_or(0, |it| it.monthly_fee.units().into())
    }

    fn bound(&self, bound: Bound) -> i128 {
        match bound {
            Bound::Amount(amount) => amount.units().into(),
            Bound::FeePercent(percent) => part_of(self.monthly_fee(), percent, 100),
            Bound::FeeDays(days) => part_of(self.monthly_fee(), days, 30),
        }
    }

    /// The payment that brings what may be spent to `target`.
    fn missing_to(&self, target: i128) -> i128 {
        let missing = self.purse.available().map_or(0, |it| target - it);
        whole_cents(missing.clamp(0, MOST))
    }

    fn days_since(&self, moment: i64) -> i64 {
        (self.at - moment).max(0) / DAY
    }

    /// Channel, plan, terms.
    fn by_whom(&self, bars: &mut Vec<Bar>) {
        let rules = self.rules;
        if !rules.channels.is_empty() && !rules.channels.contains(&self.channel) {
            let names = names(&rules.channels);
            bars.push(bar("channel", &names, self.channel.as_str(), format!("through {names}")));
        }
        let by_fee = [rules.debt_max, rules.paid_min, rules.needed_below]
            .iter()
            .any(|it| matches!(it, Some(Bound::FeePercent(_) | Bound::FeeDays(_))))
            || matches!(
                rules.amount,
                PromiseAmount::FeePercent { .. } | PromiseAmount::ShortfallOfFee { .. }
            );
        let is_for = |plan: &Name| rules.plans.is_empty() || rules.plans.contains(plan);
        let plan = self.purse.plan.map(|it| it.name);
        let wrong = match plan {
            Some(plan) => !is_for(&plan),
            None => by_fee || !rules.plans.is_empty(),
        };
        if wrong {
            let plan = plan.map_or("-", Name::as_str);
            bars.push(bar("plan", names(&rules.plans), plan, "-"));
        }
        if rules.needs_acceptance && !self.ask.accepts_terms {
            bars.push(bar("acceptance", "-", "-", "accept"));
        }
    }

    /// Promises that are open, and those that were broken.
    fn by_promises(&self, bars: &mut Vec<Bar>) {
        let (purse, rules) = (self.purse, self.rules);
        let mut open: Vec<_> = purse.open_vows().map(|it| purse.missing_of(it)).collect();
        open.sort_unstable();
        let most = usize::try_from(rules.open_max).expect("a count");
        if open.len() >= most {
            // So many have to be kept that one fewer than the most is left.
            let last_kept = open.get(open.len() - most);
            let remedy = last_kept.map_or("-".into(), |it| format!("pay {it}"));
            let actual = format!("c{}", open.len());
            bars.push(bar("open_max", format!("c{most}"), actual, remedy));
        }
        let missing = purse.broken_vows().map(|it| purse.missing_of(it)).max();
        if let Some(missing) = missing.filter(|_| rules.bars_after_unkept) {
            bars.push(bar("unkept", "m0", format!("m{missing}"), format!("pay {missing}")));
        }
        if let Some(max) = rules.unkept_max {
            let mut in_a_row = 0;
            for vow in &purse.vows {
                match vow.ended {
                    Some((_, "repaid")) => in_a_row = 0,
                    Some((_, "expired" | "partly_repaid")) => in_a_row += 1,
                    _ => {}
                }
            }
            if in_a_row > max {
                bars.push(bar("unkept_max", format!("c{max}"), format!("c{in_a_row}"), "-"));
            }
        }
    }

    /// How often, and how soon again.
    fn by_counts(&self, bars: &mut Vec<Bar>) {
        let (at, rules, vows) = (self.at, self.rules, &self.purse.vows);
        let waits = rules.cooldown.and_then(|it| match it {
            Cooldown::DaysAfterGrant(days) => {
                Some((days, vows.iter().map(|it| it.granted_at).max()?))
            }
            Cooldown::DaysAfterEnd(days) => {
                Some((days, vows.iter().filter_map(|it| Some(it.ended?.0)).max()?))
            }
        });
        if let Some((days, last)) = waits.filter(|(days, last)| last + days_long(*days) > at) {
            let actual = format!("d{}", self.days_since(last));
            let from = format!("from {}", last + days_long(days));
            bars.push(bar("cooldown", format!("d{days}"), actual, from));
        }
        let within = |days| vows.iter().filter(move |it| at < it.granted_at + days_long(days));
        if let Some(window) = rules.per_window {
            let granted: Vec<&Vow> = within(window.days).collect();
            let most = usize::try_from(window.count).expect("a count");
            if granted.len() >= most {
                let leaves = granted.get(granted.len() - most);
                let from = leaves.map(|it| it.granted_at + days_long(window.days));
                let remedy = from.map_or("-".into(), |it| format!("from {it}"));
                let actual = format!("c{}", granted.len());
                bars.push(bar("per_window", format!("c{most}"), actual, remedy));
            }
        }
        let month = |it: i64| (date(it).0, date(it).1);
        let this_month = vows.iter().filter(|it| month(it.granted_at) == month(at)).count();
        if let Some(most) = rules.per_month
            && this_month >= usize::try_from(most).expect("a count")
        {
            let remedy = match most {
                0 => "-".into(),
                _ => format!("from {}", next_day_of_month(at, 1)),
            };
            let actual = format!("c{this_month}");
            bars.push(bar("per_month", format!("c{most}"), actual, remedy));
        }
        let again = rules.per_window.map_or(this_month, |it| within(it.days).count()) > 0;
        if let Some(min) = rules.repeat_balance_min.map(|it| i128::from(it.units())) {
            let balance = self.purse.balance;
            if again && balance < min {
                let missing = whole_cents((min - balance).min(MOST));
                let (min, balance) = (format!("m{min}"), format!("m{balance}"));
                bars.push(bar("repeat_balance", min, balance, format!("pay {missing}")));
            }
        }
    }

    fn by_calendar(&self, bars: &mut Vec<Bar>) {
        let (at, rules) = (self.at, self.rules);
        if let Some((first, last)) = rules.month_days {
            let today = date(at).2;
            if today < first.into() || today > last.into() {
                let from = format!("from {}", next_day_of_month(at, first));
                bars.push(bar("month_days", format!("c{first}"), format!("c{today}"), from));
            }
        }
        if let Some(min) = rules.tenure_days_min {
            let from = self.since + days_long(min);
            if at < from {
                let actual = format!("d{}", self.days_since(self.since));
                bars.push(bar("tenure", format!("d{min}"), actual, format!("from {from}")));
            }
        }
        let blocked = rules.blocked_days_max.zip(self.purse.short_since);
        if let Some((max, since)) = blocked.filter(|(max, since)| at - since > days_long(*max)) {
            let actual = format!("d{}", self.days_since(since));
            let remedy = format!("pay {}", self.missing_to(0));
            bars.push(bar("blocked_days", format!("d{max}"), actual, remedy));
        }
    }

    /// What is owed, for how long, and what was ever paid.
    fn by_debts(&self, bars: &mut Vec<Bar>) {
        let (purse, rules) = (self.purse, self.rules);
        if let Some(max) = rules.debt_max.map(|it| self.bound(it)) {
            let owed = purse.owed();
            if owed > max {
                let remedy = format!("pay {}", whole_cents(owed - max));
                bars.push(bar("debt_max", format!("m{max}"), format!("m{owed}"), remedy));
            }
        }
        if let Some(max) = rules.debt_age_days_max {
            let age = |day: &i64| self.at.div_euclid(DAY) - day;
            let debts = purse.debts();
            let old = debts.iter().filter(|it| age(it.0) > i64::from(max));
            let sum: i128 = old.clone().map(|it| it.1).sum();
            if let Some(oldest) = old.map(|it| age(it.0)).max() {
                let remedy = format!("pay {}", whole_cents(sum));
                bars.push(bar("debt_age", format!("d{max}"), format!("d{oldest}"), remedy));
            }
        }
        if let Some(min) = rules.paid_min.map(|it| self.bound(it)) {
            let paid = purse.paid();
            if paid < min {
                let remedy = format!("pay {}", whole_cents(min - paid));
                bars.push(bar("paid_min", format!("m{min}"), format!("m{paid}"), remedy));
            }
        }
    }

    /// Whether there is anything to be promised at all.
    fn by_need(&self, range: &Range, bars: &mut Vec<Bar>) {
        let target = match self.rules.amount {
            PromiseAmount::Shortfall { .. } => Some(0),
            PromiseAmount::ShortfallOfFee { .. } => Some(self.monthly_fee()),
            _ => None,
        };
        let available = self.purse.available();
        let below = self.rules.needed_below.map(|it| self.bound(it));
        let enough = below.is_some_and(|below| available.is_none_or(|it| it >= below));
        let nothing_missing = target.is_some() && range.given == 0;
        if enough || nothing_missing {
            let limit = below.filter(|_| enough).or(target).expect("one of the two says so");
            let actual = available.map_or("-".into(), |it| format!("m{it}"));
            bars.push(bar("needed", format!("m{limit}"), actual, "-"));
        }
    }

    /// What was asked for, against what may be.
    fn by_ask(&self, amount: i128, hours: u32, range: &Range, bars: &mut Vec<Bar>) {
        let duration = &self.rules.duration;
        if let Some(asked) = self.ask.hours {
            let mut choices = vec![duration.hours];
            choices.extend(&duration.choices);
            let most = duration.hours_max;
            if !choices.contains(&asked) && most.is_none_or(|it| asked > it) {
                let limit = format!("h{}", most.unwrap_or(duration.hours));
                let remedy = format!("hours {choices:?} up to {most:?}");
                bars.push(bar("duration", limit, format!("h{hours}"), remedy));
            }
        }
        let Range { min, max, .. } = *range;
        if amount < min || amount > max {
            let limit = if amount < min { min } else { max };
            let remedy = match max < min {
                // More is missing than may be promised.
                true => format!("pay {}", whole_cents(min - max)),
                false => format!("ask {min} to {max}"),
            };
            bars.push(bar("amount", format!("m{limit}"), format!("m{amount}"), remedy));
        }
        let limits = self.purse.limits.iter().map(|it| it.1);
        let limits: i128 = limits.chain(self.purse.open_vows().map(|it| it.amount)).sum();
        if let (Some(ceiling), Some(limit)) = (self.purse.ceiling, self.purse.limit) {
            let before = (limit + limits).min(MOST);
            let after = (before + amount).min(MOST);
            if after > ceiling {
                let remedy = format!("ask 0 to {}", (ceiling - before).max(0));
                bars.push(bar("ceiling", format!("m{ceiling}"), format!("m{after}"), remedy));
            }
        }
    }
}

fn bar(
    rule: &'static str,
    limit: impl Into<String>,
    actual: impl Into<String>,
    remedy: impl Into<String>,
) -> Bar {
    Bar { rule, limit: limit.into(), actual: actual.into(), remedy: remedy.into() }
}

pub fn names(names: &[Name]) -> String {
    names.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(",")
}

fn days_long(days: u32) -> i64 {
    i64::from(days) * DAY
}

/// The least number of whole minor units that is not less.
fn whole_cents(amount: i128) -> i128 {
    let cents = (amount + CENT - 1).div_euclid(CENT);
    (cents * CENT).min(MOST)
}

/// `part / whole` of an amount in whole minor units, at least that much.
fn part_of(amount: i128, part: u32, whole: u32) -> i128 {
    let (part, whole) = (i128::from(part), i128::from(whole) * CENT);
    let cents = (amount * part + whole - 1).div_euclid(whole);
    (cents * CENT).min(MOST)
}
