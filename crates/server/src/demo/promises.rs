//! Promised payments: the policies, and customers who keep their promise, or do not.

use std::sync::Arc;

use engine::{
    AccountRef, Alerts, Balance, Command, Cooldown, Currency, FeeRule, GrantPromise, Origin,
    PromiseAmount, PromiseAsk, PromiseDuration, PromisePolicy, PromiseRules, StaffCap, State,
    Timestamp,
};

use super::catalogue::{CURRENCIES, FILM, currency, top_up};
use super::provider::{Act, DAY, HOUR, Provider, account_id, name, operation, origin, staff};
use super::roster::{Habit, Line, Plan};
use super::stories::Story;
use crate::shard::Operation;

/// What becomes of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promised {
    /// Asked for in self-care, and paid within a day or two.
    Kept,
    Broken,
    /// Granted by staff for longer than the policy says, and open after history.
    Open,
}

/// The policy in each currency.
pub fn policies() -> Vec<Operation> {
    let set = |code: &&'static str| {
        let currency = currency(code);
        let policy = PromisePolicy { group: None, currency, version: 0, rules: rules(currency) };
        let reason = Some("as published on the web site".into());
        let by = Origin { reason, ..origin("gaelle", "back-office") };
        operation(by, Command::SetPromisePolicy(policy.into()))
    };
    CURRENCIES.iter().map(set).collect()
}

fn rules(currency: Currency) -> Option<PromiseRules> {
    let sum = |size| top_up(currency, size).amount;
    let cap =
        |role, size, hours_max| StaffCap { role: name(role), amount_max: sum(size), hours_max };
    Some(PromiseRules {
        amount: PromiseAmount::Between { min: sum(0), max: sum(3) },
        duration: PromiseDuration {
            hours: 72,
            choices: vec![240],
            hours_max: None,
            hours_per_year: 0,
        },
        channels: Vec::new(),
        open_max: 1,
        cooldown: Some(Cooldown::DaysAfterEnd(2)),
        per_window: None,
        per_month: None,
        repeat_balance_min: None,
        debt_max: None,
        debt_age_days_max: Some(60),
        tenure_days_min: None,
        blocked_days_max: Some(30),
        bars_after_unkept: true,
        unkept_max: Some(2),
        paid_min: None,
        needed_below: None,
        month_days: None,
        plans: Vec::new(),
        fee: Some(FeeRule {
            amount: engine::Amount::ZERO,
            percent: 5,
            waived_from: Some(Balance::credit(sum(0))),
        }),
        needs_acceptance: true,
        holds_plan: true,
        overrides: vec![cap("agent", 3, 336), cap("admin", 4, 720)],
    })
}

/// What the customer pays for each month, or when a mobile's balance is told to be low.
pub fn settings(line: usize, it: &Line) -> Operation {
    let account = AccountRef::Id(account_id(line));
    let Some(fee) = it.plan.fee() else {
        let low = Balance::credit(FILM.price(it.currency).amount);
        let alerts = Arc::new(Alerts { balance_below: vec![low], owed_over: None });
        let command = Command::SetAlerts { account, alerts, currency: it.currency };
        return operation(origin("self-care", "portal"), command);
    };
    let plan = engine::Plan { name: name(fee.service), monthly_fee: fee.price(it.currency).amount };
    let command = Command::SetPlan { account, plan: Some(plan), currency: Some(it.currency) };
    operation(staff(it.customer, None), command)
}

impl Provider {
    pub(super) fn promise(
        &mut self,
        end: Promised,
        state: &State,
        now: Timestamp,
    ) -> Option<Operation> {
        let (line, account) = self.find(state, |it, line, account| {
            let Line { plan, habit, .. } = it.roster.lines[line];
            let suits = match end {
                Promised::Kept => !matches!(plan, Plan::Office),
                Promised::Broken => plan.fee().is_some() && habit == Habit::Never,
                Promised::Open => matches!(plan, Plan::Internet(_) | Plan::Television(_)),
            };
            suits && account.ceiling.is_none() && account.promises().is_empty()
        })?;
        let size = if end == Promised::Kept { 1 } else { 3 };
        let money = top_up(account.currency, size);
        let hours = (end == Promised::Open).then_some(336);
        let ask = PromiseAsk { amount: Some(money.amount), hours, accepts_terms: true };
        let by = match end {
            Promised::Kept | Promised::Broken => origin("self-care", "portal"),
            Promised::Open => {
                let reason = Some("the salary comes in two weeks, as every month");
                staff(self.roster.lines[line].customer, reason)
            }
        };
        if end == Promised::Kept {
            let later = self.random.between(5 * HOUR, 2 * DAY);
            self.plan(now.plus(later), Act::Tell(Story::KeepPromise(line)));
        }
        Some(operation(
            by,
            Command::GrantPromise(GrantPromise {
                account: AccountRef::Id(account.id),
                ask,
                currency: Some(account.currency),
                overriding: (end == Promised::Open).then(|| name("agent")),
            }),
        ))
    }

    /// Pays what is left of an open promise.
    pub(super) fn keep_promise(
        &mut self,
        line: usize,
        state: &State,
        now: Timestamp,
    ) -> Option<Operation> {
        let account = self.account(line, state)?;
        let open = account.promises().iter().find(|it| it.is_open())?;
        let left = open.amount.excess_over(open.paid);
        let money = engine::Money { amount: left, currency: account.currency };
        Some(self.payment(line, money, 2, state, now))
    }
}
