//! Money between service commands: it comes in, goes out, is lent and promised.

use std::sync::Arc;

use engine::{
    AccountId, Balance, Charge, Command, CreditId, Currency, GrantPromise, Limit, Money,
    PromiseAmount, PromiseAsk, PromiseDuration, PromisePolicy, PromiseRules, ReceivePayment,
    Timestamp, Timing, Transfer,
};

use super::{DAY, Generator, HOUR};
use crate::services::ledger::{Ledger, Purse};

impl Generator {
    pub(super) fn money_command(&mut self, ledger: &Ledger) -> Command {
        match self.random.weighted(&[
            (26, 0),
            (3, 1),
            (7, 2),
            (7, 3),
            (4, 4),
            (5, 5),
            (4, 6),
            (2, 7),
            (4, 8),
            (1, 9),
        ]) {
            0 => self.pay(ledger),
            1 => self.cancel(ledger),
            2 => self.charge(ledger),
            3 => self.adjust(ledger),
            4 => self.transfer(ledger),
            5 => self.limit(ledger),
            6 => self.lend(ledger),
            7 => self.revoke(ledger),
            8 => self.promise(ledger),
            _ => self.ceiling(ledger),
        }
    }

    /// What is missing to the unit, or nearly, or a round sum.
    fn sum(&mut self, ledger: &Ledger, purse: &Purse) -> i128 {
        let missing = ledger.missing(purse, self.now);
        if let Some(missing) = self.random.pick(&missing).copied()
            && self.random.chance(50)
        {
            return (missing + 9_999) / 10_000 * 10_000;
        }
        let whole = i128::from(Self::whole(purse.currency));
        let short = -purse.available().unwrap_or(0);
        // What is paid in is whole minor units.
        let short = (short + 9_999).div_euclid(10_000) * 10_000;
        match self.random.below(8) {
            0 if short > 0 => short,
            1 if short > 10_000 => short - 10_000,
            2 => 10_000,
            3 => whole * i128::from(self.random.below(40)),
            4 => i128::from(self.random.below(2_000)) * 10_000,
            _ => whole * i128::from(self.random.below(12)) + 10_000,
        }
        .max(10_000)
    }

    fn pay(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        self.made += 1;
        let currency = match self.random.chance(10) {
            true => self.currency(),
            false => purse.currency,
        };
        Command::ReceivePayment(Box::new(ReceivePayment {
            account: Some(Self::account_ref(account)),
            source: self.name(&["cash", "bank"]),
            reference: format!("p{}", self.made).into(),
            money: Money { amount: Self::amount(self.sum(ledger, purse)), currency },
            paid_at: None,
            note: None,
        }))
    }

    fn cancel(&mut self, ledger: &Ledger) -> Command {
        match self.payments.is_empty() {
            true => self.pay(ledger),
            false => {
                let last = self.payments.len() - 1;
                let back = usize::try_from(self.random.below(4)).expect("small");
                let payment = self.payments.remove(last - back.min(last));
                Command::CancelPayment(Box::new(payment))
            }
        }
    }

    fn charge(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        let available = purse.available().unwrap_or(1_000_000).max(0);
        let amount = match self.random.below(4) {
            // To exactly zero, and one ten-thousandth of a minor unit beyond.
            0 => available,
            1 => available + 1,
            _ => i128::from(self.random.between(0, 4 * Self::whole(purse.currency))),
        };
        Command::Charge(Charge {
            account: Self::account_ref(account),
            money: Money { amount: Self::amount(amount), currency: purse.currency },
            service: self.name(&["other"]),
            timing: if self.random.chance(50) { Timing::BeforeUse } else { Timing::AfterUse },
            reference: None,
            note: None,
        })
    }

    fn adjust(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        let available = purse.available().unwrap_or(0);
        let units = match self.random.below(5) {
            0 => -available,
            1 => -available - 1,
            2 => -purse.balance,
            _ => i128::from(self.random.between(-4, 4) * Self::whole(purse.currency)),
        };
        let units = i64::try_from(units).expect("small");
        Command::Adjust {
            account: Self::account_ref(account),
            amount: Balance::from_units(units).expect("small"),
            currency: purse.currency,
            reason: self.name(&["goodwill"]),
            note: None,
        }
    }

    fn transfer(&mut self, ledger: &Ledger) -> Command {
        let ((from, purse), (to, _)) = (self.purse(ledger), self.purse(ledger));
        Command::Transfer(Box::new(Transfer {
            from: Self::account_ref(from),
            to: Self::account_ref(to),
            money: Money {
                amount: Self::amount(self.sum(ledger, purse)),
                currency: purse.currency,
            },
            note: None,
        }))
    }

    fn limit(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        let whole = Self::whole(purse.currency);
        let limit = match self.random.below(6) {
            0 => Limit::Unlimited,
            1 | 2 => Limit::NONE,
            _ => Limit::Limited(Self::amount((self.random.between(0, 25) * whole).into())),
        };
        Command::SetCreditLimit {
            account: Self::account_ref(account),
            limit,
            currency: matches!(limit, Limit::Limited(_)).then_some(purse.currency),
        }
    }

    fn ceiling(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        let amount =
            Self::amount((self.random.between(0, 30) * Self::whole(purse.currency)).into());
        let money = Money { amount, currency: purse.currency };
        let ceiling = self.random.chance(50).then_some(money);
        Command::SetCreditCeiling { account: Self::account_ref(account), ceiling }
    }

    fn lend(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        let amount =
            Self::amount((self.random.between(1, 15) * Self::whole(purse.currency)).into());
        let until = match self.random.chance(50) {
            true => self.now + self.random.between(1, 3 * HOUR),
            false => self.now + self.random.between(1, 12) * DAY,
        };
        Command::GrantCredit {
            account: Self::account_ref(account),
            money: Money { amount, currency: purse.currency },
            until: Timestamp(until),
        }
    }

    fn revoke(&mut self, ledger: &Ledger) -> Command {
        let mut credits = Vec::new();
        for (id, purse) in &ledger.purses {
            credits.extend(purse.credits.keys().map(|it| (*id, *it)));
        }
        let (account, serial) = *self.random.pick(&credits).unwrap_or(&(1, 999));
        Command::RevokeCredit { credit: CreditId { account: AccountId(account), serial } }
    }

    pub(super) fn policy(&mut self) -> Command {
        let rules = PromiseRules {
            amount: PromiseAmount::Fixed(Self::amount(5_000_000)),
            duration: PromiseDuration {
                hours: 50,
                choices: Vec::new(),
                hours_max: None,
                hours_per_year: 0,
            },
            channels: Vec::new(),
            open_max: 2,
            cooldown: None,
            per_window: None,
            per_month: None,
            repeat_balance_min: None,
            debt_max: None,
            debt_age_days_max: None,
            tenure_days_min: None,
            blocked_days_max: None,
            bars_after_unkept: false,
            unkept_max: None,
            paid_min: None,
            needed_below: None,
            month_days: None,
            plans: Vec::new(),
            fee: None,
            needs_acceptance: false,
            holds_plan: true,
            overrides: Vec::new(),
        };
        Command::SetPromisePolicy(Arc::new(PromisePolicy {
            group: None,
            currency: Currency::EUR,
            version: 0,
            rules: Some(rules),
        }))
    }

    fn promise(&mut self, ledger: &Ledger) -> Command {
        // Those of another currency have no policy, and are asked at times.
        let euro = ledger.purses.iter().filter(|it| it.1.currency == Currency::EUR);
        let euro: Vec<_> = euro.map(|it| *it.0).collect();
        let account = match self.random.pick(&euro) {
            Some(id) if self.random.chance(90) => *id,
            _ => self.purse(ledger).0,
        };
        Command::GrantPromise(GrantPromise {
            account: Self::account_ref(account),
            ask: PromiseAsk { amount: None, hours: None, accepts_terms: true },
            currency: None,
            overriding: None,
        })
    }
}
