//! Money that goes back, debts, promises.

use std::sync::Arc;

use engine::{
    Alerts, Balance, Bound, Command, CreditId, FeeRule, GrantPromise, Money, Plan, Promise,
    PromiseAmount, PromiseAsk, PromiseDuration, PromisePolicy, PromiseRules, RefundPayment,
    ReversePart, StaffCap,
};

use super::{History, SECOND, name, units};

impl History {
    pub(super) fn finance(&mut self) -> Command {
        match self.below(15) {
            0..=2 => self.reverse(),
            3 | 4 => self.refund(),
            5 => self.answer_refund(),
            6 => Command::LockPayments { account: self.account(), locked: self.below(2) == 0 },
            7 => self.opening(),
            8 => {
                let account = self.account();
                let money = (self.below(3) == 0).then(|| self.money(1));
                Command::WriteOff { account, money, note: Some("gone abroad".into()) }
            }
            9 => Command::RecoverWriteOff { account: self.account(), money: None, note: None },
            10 => self.plan_or_alerts(),
            11 => self.policy(),
            12 => self.revoke_promise(),
            _ => self.promise(),
        }
    }

    fn part(&mut self) -> Option<ReversePart> {
        let original = self.payments.last().cloned()?;
        let own = self.state.account(original.account).map(|it| it.currency);
        let (whole, currency) = match &original.conversion {
            Some(conversion) => (conversion.original, conversion.currency),
            None => (original.amount, own.expect("a payment has an account")),
        };
        let cents = 1 + self.below((whole.units() / 20_000).max(1).unsigned_abs()) as i64;
        let part = Money { amount: units(10_000 * cents), currency };
        Some(ReversePart { original, part: (self.below(3) > 0).then_some(part) })
    }

    fn reverse(&mut self) -> Command {
        match self.part() {
            Some(part) => Command::ChargeBackPayment(Box::new(part)),
            None => self.payment(),
        }
    }

    fn refund(&mut self) -> Command {
        let cap = (self.below(3) > 0).then(|| units(100_000));
        match self.part() {
            Some(reverse) => Command::RefundPayment(Box::new(RefundPayment { reverse, cap })),
            None => self.payment(),
        }
    }

    /// Answers the oldest refund that waits; whoever asked may turn it down only.
    fn answer_refund(&mut self) -> Command {
        let accounts = self.state.accounts();
        let refunds = accounts.flat_map(|account| {
            let refunds = account.extra.as_deref().map_or(&[][..], |it| &it.refunds);
            refunds.iter().map(|it| (account.id, it.request.serial))
        });
        match refunds.min() {
            Some((account, serial)) if self.below(3) == 0 => {
                Command::RejectRefund { account, serial, note: None }
            }
            Some((account, serial)) => Command::ApproveRefund { account, serial },
            None => self.refund(),
        }
    }

    fn opening(&mut self) -> Command {
        let Money { amount, currency } = self.money(5);
        let days = self.below(100) as i64;
        Command::SetOpeningBalance {
            account: self.account(),
            amount: if self.below(3) == 0 {
                Balance::credit(amount)
            } else {
                Balance::debit(amount)
            },
            currency,
            owed_since: Some(self.now.plus(-days * 86_400 * SECOND)),
            note: None,
        }
    }

    fn plan_or_alerts(&mut self) -> Command {
        let account = self.account();
        let Money { amount, currency } = self.money(9);
        match self.below(3) {
            0 => {
                let plan = Some(Plan { name: name("basic"), monthly_fee: amount });
                Command::SetPlan { account, plan, currency: Some(currency) }
            }
            _ => {
                let balance_below = vec![Balance::debit(amount), Balance::ZERO];
                let owed_over = Some(self.money(2).amount);
                let alerts = Arc::new(Alerts { balance_below, owed_over });
                Command::SetAlerts { account, alerts, currency }
            }
        }
    }

    fn policy(&mut self) -> Command {
        let currency = self.money(1).currency;
        let min = units(10_000);
        let max = self.money(9).amount.add_capped(min);
        let rules = PromiseRules {
            amount: PromiseAmount::Between { min, max },
            duration: PromiseDuration {
                hours: 1 + self.below(60) as u32,
                choices: vec![5, 48],
                hours_max: None,
                hours_per_year: 0,
            },
            channels: Vec::new(),
            open_max: 2,
            cooldown: None,
            per_window: None,
            per_month: None,
            repeat_balance_min: None,
            debt_max: (self.below(3) == 0).then(|| Bound::Amount(self.money(5).amount)),
            debt_age_days_max: None,
            tenure_days_min: None,
            blocked_days_max: None,
            bars_after_unkept: self.below(2) == 0,
            unkept_max: None,
            paid_min: None,
            needed_below: None,
            month_days: None,
            plans: Vec::new(),
            fee: (self.below(2) == 0).then_some(FeeRule {
                amount: min,
                percent: 3,
                waived_from: None,
            }),
            needs_acceptance: false,
            holds_plan: true,
            overrides: vec![StaffCap { role: name("agent"), amount_max: max, hours_max: 90 }],
        };
        let group = (self.below(4) == 0).then(|| name("vip"));
        let rules = (self.below(9) > 0).then_some(rules);
        Command::SetPromisePolicy(Arc::new(PromisePolicy { group, currency, version: 0, rules }))
    }

    fn promise(&mut self) -> Command {
        Command::GrantPromise(GrantPromise {
            account: self.account(),
            ask: PromiseAsk { hours: (self.below(2) == 0).then_some(5), ..Default::default() },
            currency: None,
            overriding: (self.below(3) == 0).then(|| name("agent")),
        })
    }

    fn revoke_promise(&mut self) -> Command {
        let open = |it: &&Promise| it.is_open();
        let accounts = self.state.accounts();
        let found = accounts.filter_map(|it| Some((it.id, it.promises().iter().find(open)?)));
        let found = found.map(|(account, it)| CreditId { account, serial: it.credit }).next();
        match found {
            Some(credit) if self.below(2) == 0 => Command::RevokeCredit { credit },
            _ => self.promise(),
        }
    }
}
