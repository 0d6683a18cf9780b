//! A policy's rules in the reader's words, a line each.

use engine::{
    Amount, Balance, Bound, Cooldown, FeeRule, Name, PromiseAmount, PromiseDuration, PromisePolicy,
    PromiseRule, PromiseRules, StaffCap,
};
use pages::{Console, Message, Money, Say};

use crate::faces::words::{self, Titles};

/// In the order in which they are judged, with what a promise costs and whom they do not bind.
pub fn lines(policy: &PromisePolicy, titles: &Titles, say: Say) -> Vec<String> {
    let Some(rules) = &policy.rules else { return Vec::new() };
    let said = Said { policy, say, console: Console::of(say.language) };
    let mut lines = said.of_asking(rules, titles);
    lines.extend(said.of_before(rules));
    lines.extend(said.of_money(rules));
    lines
}

struct Said<'a> {
    policy: &'a PromisePolicy,
    say: Say,
    console: &'static Console,
}

impl Said<'_> {
    /// What is asked for, through which channel, and for which plan.
    fn of_asking(&self, rules: &PromiseRules, titles: &Titles) -> Vec<String> {
        let mut lines = vec![
            self.line(PromiseRule::Amount, self.promised(rules.amount)),
            self.line(PromiseRule::Duration, self.duration(&rules.duration)),
        ];
        if !rules.channels.is_empty() {
            let channel = |it: &Name| words::channel(*it, self.say.language);
            lines.push(self.line(PromiseRule::Channel, joined(&rules.channels, channel)));
        }
        if !rules.plans.is_empty() {
            let plans = joined(&rules.plans, |it| titles.service(*it));
            lines.push(self.line(PromiseRule::Plan, plans));
        }
        if rules.needs_acceptance {
            lines.push(self.name(PromiseRule::Acceptance));
        }
        if let Some((first, last)) = rules.month_days {
            lines.push(self.line(PromiseRule::MonthDays, format!("{first}–{last}")));
        }
        lines
    }

    /// What came before: other promises, and how long somebody is a customer.
    fn of_before(&self, rules: &PromiseRules) -> Vec<String> {
        let cooldown = rules.cooldown.map(|it| match it {
            Cooldown::DaysAfterGrant(days) => {
                self.form("after_grant").with("days", self.days(days))
            }
            Cooldown::DaysAfterEnd(days) => self.form("after_end").with("days", self.days(days)),
        });
        let window = rules.per_window.map(|it| {
            self.form("in_days").with("count", it.count).with("days", self.days(it.days))
        });
        let count = |it: Option<u32>| it.map(|it| it.to_string());
        let days = |it: Option<u32>| it.map(|it| self.days(it));
        let mut lines = vec![self.line(PromiseRule::OpenMax, rules.open_max)];
        if rules.bars_after_unkept {
            lines.push(self.name(PromiseRule::Unkept));
        }
        let others = [
            (PromiseRule::UnkeptMax, count(rules.unkept_max)),
            (PromiseRule::Cooldown, cooldown),
            (PromiseRule::PerWindow, window),
            (PromiseRule::PerMonth, count(rules.per_month)),
            (PromiseRule::Tenure, days(rules.tenure_days_min)),
            (PromiseRule::BlockedDays, days(rules.blocked_days_max)),
            (PromiseRule::DebtAge, days(rules.debt_age_days_max)),
        ];
        let said = others.into_iter().filter_map(|(rule, it)| Some(self.line(rule, it?)));
        lines.extend(said);
        lines
    }

    /// Sums of money, the fee, and how far staff may go.
    fn of_money(&self, rules: &PromiseRules) -> Vec<String> {
        let bound = |it: Option<Bound>| it.map(|it| self.bound(it));
        let repeat = rules.repeat_balance_min.map(|it| self.balance(it));
        let sums = [
            (PromiseRule::RepeatBalance, repeat),
            (PromiseRule::DebtMax, bound(rules.debt_max)),
            (PromiseRule::PaidMin, bound(rules.paid_min)),
            (PromiseRule::Needed, bound(rules.needed_below).map(|it| format!("< {it}"))),
        ];
        let sums = sums.into_iter().filter_map(|(rule, it)| Some(self.line(rule, it?)));
        let mut lines: Vec<String> = sums.collect();
        let fee = rules.fee.map(|it| format!("{}: {}", self.form("fee"), self.fee(it)));
        lines.extend(fee);
        if rules.holds_plan {
            lines.push(self.form("holds_plan").to_owned());
        }
        if !rules.overrides.is_empty() {
            let caps = rules.overrides.iter().map(|it| self.cap(it)).collect::<Vec<_>>();
            lines.push(format!("{}: {}", self.form("override"), caps.join("; ")));
        }
        lines
    }

    fn name(&self, rule: PromiseRule) -> String {
        let word = self.console.named("rule", rule.code());
        word.map_or_else(|| rule.code().replace('_', " "), str::to_owned)
    }

    fn line(&self, rule: PromiseRule, figure: impl std::fmt::Display) -> String {
        format!("{}: {figure}", self.name(rule))
    }

    fn form(&self, name: &str) -> &'static str {
        self.console.named("policy", name).unwrap_or_default()
    }

    fn promised(&self, amount: PromiseAmount) -> String {
        let (text, max) = match amount {
            PromiseAmount::Fixed(amount) => (self.amount(amount), None),
            PromiseAmount::Between { min, max } => {
                (format!("{} – {}", self.amount(min), self.amount(max)), None)
            }
            PromiseAmount::Shortfall { max } => (self.form("shortfall").to_owned(), max),
            PromiseAmount::ShortfallOfFee { max } => {
                (self.form("shortfall_of_fee").to_owned(), max)
            }
            PromiseAmount::FeePercent { percent, max } => {
                (self.form("fee_percent").with("percent", percent), max)
            }
        };
        match max {
            Some(max) => {
                format!("{text}, {}", self.form("at_most").with("money", self.amount(max)))
            }
            None => text,
        }
    }

    fn duration(&self, duration: &PromiseDuration) -> String {
        let mut said = vec![self.lasts(duration.hours)];
        said.extend(duration.choices.iter().map(|it| self.lasts(*it)));
        if let Some(max) = duration.hours_max {
            let form = self.console.named("remedy", "up_to").unwrap_or_default();
            said.push(form.with("duration", self.lasts(max)));
        }
        if duration.hours_per_year > 0 {
            let more = self.lasts(duration.hours_per_year);
            said.push(self.form("per_year").with("duration", more));
        }
        said.join(", ")
    }

    fn bound(&self, bound: Bound) -> String {
        match bound {
            Bound::Amount(amount) => self.amount(amount),
            Bound::FeePercent(percent) => self.form("fee_percent").with("percent", percent),
            Bound::FeeDays(days) => self.form("fee_days").with("days", self.days(days)),
        }
    }

    fn fee(&self, fee: FeeRule) -> String {
        let mut said = Vec::new();
        if !fee.amount.is_zero() || fee.percent == 0 {
            said.push(self.amount(fee.amount));
        }
        if fee.percent > 0 {
            said.push(self.form("percent").with("percent", fee.percent));
        }
        let waived = fee.waived_from.map(|it| self.form("waived").with("money", self.balance(it)));
        let waived = waived.map(|it| format!(", {it}")).unwrap_or_default();
        format!("{}{waived}", said.join(" + "))
    }

    fn cap(&self, cap: &StaffCap) -> String {
        let role = self.console.role(cap.role.as_str());
        let form = self.form("override_to").with("role", role);
        form.with("money", self.amount(cap.amount_max)).with("duration", self.lasts(cap.hours_max))
    }

    fn amount(&self, amount: Amount) -> String {
        self.money(amount.units().into())
    }

    fn balance(&self, balance: Balance) -> String {
        self.money(balance.units().into())
    }

    fn money(&self, units: i128) -> String {
        let currency = self.policy.currency;
        self.say.money_text(&Money::new(units, currency.code(), currency.exponent()))
    }

    fn lasts(&self, hours: u32) -> String {
        self.say.lasts(&(i64::from(hours) * 60))
    }

    fn days(&self, days: u32) -> String {
        let count = usize::try_from(days).unwrap_or(usize::MAX);
        self.console.days.of(count, self.say.language)
    }
}

fn joined(names: &[Name], word: impl Fn(&Name) -> String) -> String {
    names.iter().map(word).collect::<Vec<_>>().join(", ")
}
