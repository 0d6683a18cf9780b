//! Whom a command is about, and how much it is about.

use engine::{
    AccountId, AccountNumber, AccountRef, Amount, Balance, Currency, Money, Name, UNITS_MAX,
};

use super::Generator;
use crate::Oracle;
use crate::oracle::Purse;

/// Of every number of decimal places; the pound has no rate to the others but through the euro.
const CURRENCIES: [&str; 5] = ["EUR", "USD", "JPY", "KWD", "GBP"];

/// Open accounts that most commands are about.
const BUSY: usize = 5;

/// One whole unit of a currency with two decimal places.
const WHOLE: i64 = 1_000_000;

impl Generator {
    pub(super) fn name(&mut self, texts: &[&'static str]) -> Name {
        let text = self.random.pick(texts).expect("there are names");
        Name::new(text).expect("well formed")
    }

    pub(super) fn currency(&mut self) -> Currency {
        let code = self.random.pick(&CURRENCIES).expect("there are currencies");
        Currency::from_code(code).expect("a currency")
    }

    /// An account: mostly one of a few busy ones, seldom a closed one or one that is not there.
    pub(super) fn account_id(&mut self, oracle: &Oracle) -> AccountId {
        let count = u64::from(oracle.accounts_count());
        if self.random.chance(2) {
            return AccountId(oracle.accounts_count() * 2 * u32::from(self.random.chance(50)));
        }
        let open = 1..=oracle.accounts_count();
        let open = open.filter(|it| oracle.purse(*it).is_some_and(|it| !it.closed));
        let open: Vec<_> = open.collect();
        let busy = open.get(..BUSY).unwrap_or(&open);
        let among = if self.random.chance(70) { busy } else { &open };
        let any = 1 + u32::try_from(self.random.below(count)).expect("a small number");
        let chosen = self.random.pick(among).copied();
        AccountId(chosen.filter(|_| self.random.chance(96)).unwrap_or(any))
    }

    /// An account with a session that can be told of; closed ones with one are not passed over.
    pub(super) fn account_in_use(&mut self, oracle: &Oracle) -> AccountId {
        let all = 1..=oracle.accounts_count();
        let in_use = |it: &u32| oracle.purse(*it).is_some_and(|it| !it.talks.is_empty());
        let in_use: Vec<_> = all.filter(in_use).collect();
        match self.random.pick(&in_use) {
            Some(id) if self.random.chance(95) => AccountId(*id),
            _ => self.account_id(oracle),
        }
    }

    pub(super) fn account(&mut self, oracle: &Oracle) -> AccountRef {
        let id = self.account_id(oracle);
        let Some(purse) = oracle.purse(id.0).filter(|_| self.random.chance(30)) else {
            return AccountRef::Id(id);
        };
        let mut number = purse.number.clone();
        if self.random.chance(5) {
            // A slip of the finger.
            number.pop();
            number.push(char::from(b'0' + u8::try_from(self.random.below(10)).expect("a digit")));
        }
        AccountRef::Number(AccountNumber::parse(&number).expect("a number"))
    }

    /// What is known of the account that `account` means.
    pub(super) fn purse<'a>(&self, oracle: &'a Oracle, account: &AccountRef) -> Option<&'a Purse> {
        match account {
            AccountRef::Id(id) => oracle.purse(id.0),
            AccountRef::Number(number) => {
                let number = number.to_string();
                let purses = (1..=oracle.accounts_count()).filter_map(|it| oracle.purse(it));
                purses.into_iter().find(|it| it.number == number)
            }
        }
    }

    /// The account's own currency, but at times another.
    pub(super) fn currency_for(&mut self, purse: Option<&Purse>, others_percent: u64) -> Currency {
        let own = purse.map(|it| it.currency);
        match own {
            Some(own) if !self.random.chance(others_percent) => own,
            _ => self.currency(),
        }
    }

    /// An amount at or near the edge of what may be spent, or any other.
    pub(super) fn amount(&mut self, purse: Option<&Purse>) -> Amount {
        let available = purse.and_then(Purse::available).unwrap_or(0);
        let available = i64::try_from(available).expect("in bounds");
        let units = match self.random.weighted(&[(14, 0), (6, 1), (6, 2), (40, 3), (26, 4), (2, 5)])
        {
            0 => available,
            1 => available.saturating_add(1),
            2 => available.saturating_sub(1),
            3 => self.random.between(0, 20) * WHOLE / 2,
            4 => self.random.between(0, 5 * WHOLE),
            _ => UNITS_MAX - self.random.between(0, 1) * WHOLE,
        };
        Amount::from_units(units.clamp(0, UNITS_MAX)).expect("clamped")
    }

    /// Whole minor units, as they are paid in.
    pub(super) fn paid(&mut self) -> Amount {
        let units = match self.random.weighted(&[(60, 0), (30, 1), (8, 2), (1, 3)]) {
            0 => self.random.between(1, 20) * WHOLE / 2,
            1 => self.random.between(1, 999) * 10_000,
            2 => 10_000,
            _ => UNITS_MAX / 10_000 * 10_000,
        };
        Amount::from_units(units).expect("in bounds")
    }

    pub(super) fn money(&mut self, purse: Option<&Purse>, others_percent: u64) -> Money {
        Money { amount: self.amount(purse), currency: self.currency_for(purse, others_percent) }
    }

    /// A correction of either sign; at times to exactly zero, so that accounts can be closed.
    pub(super) fn correction(&mut self, balance: i128) -> Balance {
        let to_zero = i64::try_from(-balance).expect("in bounds");
        let units = match self.random.weighted(&[(5, 0), (4, 1), (1, 2)]) {
            0 => self.random.between(-5, 5) * WHOLE,
            1 => to_zero,
            _ => UNITS_MAX * self.random.between(-1, 1),
        };
        Balance::from_units(units).expect("in bounds")
    }
}
