//! Promised payments, what they are judged by, and who wants to hear of debts.

use std::sync::Arc;

use engine::{
    AccountId, AccountRef, Alerts, Amount, Balance, Bound, Command, Cooldown, FeeRule,
    GrantPromise, Money, Name, PerWindow, Plan, PromiseAmount, PromiseAsk, PromiseDuration,
    PromisePolicy, PromiseRules, StaffCap, Timestamp,
};

use super::{Generator, SECOND};
use crate::Oracle;
use crate::oracle::Purse;

const DAY: i64 = 86_400 * SECOND;
const ROLES: [&str; 2] = ["agent", "manager"];
const PLANS: [&str; 3] = ["basic", "gold", "free"];

/// Promises on one account, at most: the engine forgets the oldest of more than 64.
const PROMISES_MAX: usize = 56;

impl Generator {
    pub(super) fn group(&mut self) -> Option<Name> {
        match self.random.chance(40) {
            true => None,
            false => Some(self.name(&["vip", "village", "staff"])),
        }
    }

    /// A small sum in half units: sums that meet each other.
    fn small(&mut self, least: i64, most: i64) -> Amount {
        let units = self.random.between(least, most) * SECOND / 2;
        Amount::from_units(units).expect("in bounds")
    }

    pub(super) fn plan(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let plan = self.random.chance(85).then(|| {
            let name = self.name(&PLANS);
            // Half of them in odd ten-thousandths, so that shares have to be rounded.
            let odd = self.random.between(0, 1) * self.random.between(1, 20_000);
            let fee = self.small(1, 20).units() + odd;
            Plan { name, monthly_fee: Amount::from_units(fee).expect("in bounds") }
        });
        let purse = self.purse(oracle, &account);
        let currency = plan.map(|_| self.currency_for(purse, 3));
        Command::SetPlan { account, plan, currency }
    }

    pub(super) fn alerts(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        let balance = |it: i64| Balance::from_units(it * SECOND / 2).expect("in bounds");
        let count = self.random.below(3);
        let balance_below = (0..count).map(|_| balance(self.random.between(-8, 12))).collect();
        let owed_over = self.random.chance(60).then(|| self.small(0, 12));
        let alerts = Arc::new(Alerts { balance_below, owed_over });
        Command::SetAlerts { currency: self.currency_for(purse, 3), account, alerts }
    }

    pub(super) fn take_over(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        let amount = self.correction(-3_000_000);
        let ago = self.random.between(-1, 100) * DAY;
        Command::SetOpeningBalance {
            currency: self.currency_for(purse, 3),
            account,
            amount,
            owed_since: self.random.chance(60).then(|| Timestamp(self.now - ago)),
            note: None,
        }
    }

    /// All, or some of it, or a little too much.
    fn some_of(&mut self, whole: i128, purse: Option<&Purse>) -> Option<Money> {
        let whole = i64::try_from(whole).expect("in bounds");
        let units = match self.random.below(4) {
            0 => return None,
            1 => whole.saturating_add(1),
            _ => self.random.between(0, whole),
        };
        let amount = Amount::from_units(units).unwrap_or(Amount::MAX);
        Some(Money { amount, currency: self.currency_for(purse, 3) })
    }

    pub(super) fn write_off(&mut self, oracle: &Oracle) -> Command {
        let account = self.account_where(oracle, |it| it.balance < 0);
        let purse = oracle.purse(account.0);
        let money = self.some_of(purse.map_or(0, Purse::owed), purse);
        Command::WriteOff { account: AccountRef::Id(account), money, note: None }
    }

    pub(super) fn recover(&mut self, oracle: &Oracle) -> Command {
        let account = self.account_where(oracle, |it| it.written_off > 0);
        let purse = oracle.purse(account.0);
        let money = self.some_of(purse.map_or(0, |it| it.written_off), purse);
        Command::RecoverWriteOff { account: AccountRef::Id(account), money, note: None }
    }

    fn account_where(&mut self, oracle: &Oracle, fits: fn(&Purse) -> bool) -> AccountId {
        let all = 1..=oracle.accounts_count();
        let fitting: Vec<_> = all.filter(|it| oracle.purse(*it).is_some_and(fits)).collect();
        match self.random.pick(&fitting) {
            Some(id) if self.random.chance(85) => AccountId(*id),
            _ => self.account_id(oracle),
        }
    }

    pub(super) fn promise(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let Some(purse) = self.purse(oracle, &account).filter(|it| it.vows.len() < PROMISES_MAX)
        else {
            return self.pay(oracle);
        };
        let amount = match self.random.weighted(&[(6, 0), (3, 1), (1, 2)]) {
            0 => None,
            1 => Some(self.small(1, 12)),
            _ => Some(self.amount(Some(purse))).filter(|it| !it.is_zero()),
        };
        let hours = match self.random.weighted(&[(6, 0), (4, 1)]) {
            0 => None,
            _ => self.random.pick(&[1, 5, 24, 48, 72]).copied(),
        };
        let accepts_terms = self.random.chance(85);
        let currency = amount.map(|_| self.currency_for(Some(purse), 3));
        Command::GrantPromise(GrantPromise {
            account,
            ask: PromiseAsk { amount, hours, accepts_terms },
            currency,
            overriding: self.random.chance(30).then(|| self.name(&["agent", "manager", "clerk"])),
        })
    }

    pub(super) fn policy(&mut self, oracle: &Oracle) -> Command {
        // Mostly for an account that is used, else for anybody.
        let id = self.account_id(oracle);
        let purse = oracle.purse(id.0);
        let group = match purse.filter(|_| self.random.chance(50)) {
            Some(purse) => oracle.person(purse.customer).group,
            None => self.group(),
        };
        let currency = self.currency_for(purse, 10);
        let rules = self.random.chance(94).then(|| self.rules());
        Command::SetPromisePolicy(Arc::new(PromisePolicy { group, currency, version: 0, rules }))
    }

    fn rules(&mut self) -> PromiseRules {
        let rare = 14;
        PromiseRules {
            amount: self.promise_amount(),
            duration: PromiseDuration {
                hours: self.random.weighted(&[(1, 1), (1, 24), (1, 72)]),
                choices: if self.random.chance(50) { vec![5, 48] } else { Vec::new() },
                hours_max: self.random.chance(30).then_some(48),
                hours_per_year: u32::from(self.random.chance(20)) * 12,
            },
            channels: match self.random.chance(rare) {
                true => vec![self.name(&["self-care"])],
                false => Vec::new(),
            },
            open_max: self.random.weighted(&[(1, 0), (8, 1), (6, 2), (4, 3)]),
            cooldown: self.random.chance(rare).then(|| match self.random.chance(50) {
                true => Cooldown::DaysAfterGrant(self.days(1, 10)),
                false => Cooldown::DaysAfterEnd(self.days(1, 10)),
            }),
            per_window: self
                .random
                .chance(rare)
                .then(|| PerWindow { count: self.days(0, 3), days: self.days(1, 28) }),
            per_month: self.random.chance(rare).then(|| self.days(0, 3)),
            repeat_balance_min: self.random.chance(rare).then(|| self.threshold()),
            debt_max: self.bound(rare),
            debt_age_days_max: self.random.chance(rare).then(|| self.days(0, 20)),
            tenure_days_min: self.random.chance(rare).then(|| self.days(0, 60)),
            blocked_days_max: self.random.chance(rare).then(|| self.days(0, 8)),
            bars_after_unkept: self.random.chance(30),
            unkept_max: self.random.chance(rare).then(|| self.days(0, 3)),
            paid_min: self.bound(rare),
            needed_below: self.bound(rare),
            month_days: self.random.chance(rare).then(|| self.month_days()),
            plans: match self.random.chance(rare) {
                true => vec![self.name(&PLANS), self.name(&PLANS)],
                false => Vec::new(),
            },
            fee: self.random.chance(35).then(|| FeeRule {
                amount: self.small(0, 2),
                percent: self.days(0, 1) * 7,
                waived_from: self.random.chance(40).then(|| self.threshold()),
            }),
            needs_acceptance: self.random.chance(25),
            holds_plan: self.random.chance(25),
            overrides: ROLES.iter().filter_map(|role| self.cap(role)).collect(),
        }
    }

    fn cap(&mut self, role: &str) -> Option<StaffCap> {
        let role = Name::new(role).expect("well formed");
        let (amount_max, hours_max) = (self.small(2, 40), self.days(12, 120));
        self.random.chance(60).then_some(StaffCap { role, amount_max, hours_max })
    }

    fn promise_amount(&mut self) -> PromiseAmount {
        let max = self.random.chance(50).then(|| self.small(1, 12));
        match self.random.weighted(&[(3, 0), (3, 1), (3, 2), (2, 3), (2, 4)]) {
            0 => PromiseAmount::Fixed(self.small(1, 8)),
            1 => {
                let min = self.small(1, 4);
                PromiseAmount::Between { min, max: min.add_capped(self.small(0, 8)) }
            }
            2 => PromiseAmount::Shortfall { max },
            3 => PromiseAmount::ShortfallOfFee { max },
            _ => PromiseAmount::FeePercent { percent: self.days(1, 150), max },
        }
    }

    fn bound(&mut self, percent: u64) -> Option<Bound> {
        self.random.chance(percent).then(|| match self.random.below(4) {
            0 => Bound::FeePercent(self.days(1, 150)),
            1 => Bound::FeeDays(self.days(1, 30)),
            _ => Bound::Amount(self.small(0, 12)),
        })
    }

    fn threshold(&mut self) -> Balance {
        Balance::from_units(self.random.between(-6, 6) * SECOND / 2).expect("in bounds")
    }

    fn month_days(&mut self) -> (u8, u8) {
        let first = self.random.between(1, 31);
        let last = self.random.between(first, 31);
        (u8::try_from(first).expect("a day"), u8::try_from(last).expect("a day"))
    }

    /// A small number of anything.
    fn days(&mut self, least: i64, most: i64) -> u32 {
        u32::try_from(self.random.between(least, most)).expect("a small number")
    }
}
