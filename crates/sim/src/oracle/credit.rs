//! Limits, and what may be spent.

use engine::{AccountId, AccountRef, Currency, Limit, Money};

use super::{MOST, Oracle, Otherwise, Purse, refuse};

/// `None` is unlimited.
pub fn limit_of(limit: Limit) -> Option<i128> {
    match limit {
        Limit::Limited(limit) => Some(limit.units().into()),
        Limit::Unlimited => None,
    }
}

impl Purse {
    pub fn held(&self) -> i128 {
        self.talks.iter().map(|it| it.held).sum()
    }

    pub fn credit(&self) -> Option<i128> {
        let temporary = self.passing();
        match (self.limit, self.ceiling) {
            (None, ceiling) => ceiling,
            (Some(limit), None) => Some((limit + temporary).min(MOST)),
            (Some(limit), Some(ceiling)) => Some((limit + temporary).min(ceiling)),
        }
    }

    /// Limits that end by themselves, promises among them.
    fn passing(&self) -> i128 {
        let promised = self.open_vows().map(|it| it.amount);
        self.limits.iter().map(|it| it.1).chain(promised).sum()
    }

    pub fn available(&self) -> Option<i128> {
        self.available_beside(self.held())
    }

    /// What may be spent where `held` is held.
    pub(super) fn available_beside(&self, held: i128) -> Option<i128> {
        let credit = self.credit()?;
        Some((self.balance + credit - held).clamp(-MOST, MOST))
    }

    pub(super) fn check_limits(&self) -> Result<(), Otherwise> {
        let temporary = self.passing();
        let sum = self.limit.map_or(MOST, |it| it + temporary);
        if temporary > MOST || sum > MOST {
            return refuse("amount_out_of_range", []);
        }
        match self.ceiling {
            Some(ceiling) if sum > ceiling => refuse("credit_ceiling_exceeded", [ceiling, sum]),
            _ => Ok(()),
        }
    }
}

impl Oracle {
    pub(super) fn set_limit(
        &mut self,
        account: &AccountRef,
        limit: Limit,
        currency: Option<Currency>,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        if let Some(currency) = currency {
            self.check_currency(place, currency)?;
        }
        self.relimit(place, |purse| purse.limit = limit_of(limit))?;
        self.post(place, "credit_limit_set", at, |_| {});
        Ok(())
    }

    pub(super) fn set_ceiling(
        &mut self,
        account: &AccountRef,
        ceiling: Option<Money>,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        if let Some(ceiling) = ceiling {
            self.check_currency(place, ceiling.currency)?;
        }
        self.purses[place].ceiling = ceiling.map(|it| it.amount.units().into());
        self.post(place, "credit_ceiling_set", at, |_| {});
        Ok(())
    }

    pub(super) fn grant_credit(
        &mut self,
        account: &AccountRef,
        money: Money,
        until: i64,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        self.check_currency(place, money.currency)?;
        if until <= at {
            return refuse("credit_ends_in_past", []);
        }
        let serial = self.purses[place].limits_made + 1;
        self.relimit(place, |purse| {
            purse.limits_made = serial;
            purse.limits.push((serial, money.amount.units().into(), until));
        })?;
        self.post(place, "credit_granted", at, |line| line.serial = serial);
        Ok(())
    }

    pub(super) fn revoke(
        &mut self,
        account: AccountId,
        serial: u32,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.place(&AccountRef::Id(account))?;
        let is_limit = self.purses[place].limits.iter().any(|it| it.0 == serial);
        let is_vow = self.purses[place].open_vows().any(|it| it.serial == serial);
        if !is_limit && !is_vow {
            return refuse("credit_not_found", []);
        }
        self.check_open(place)?;
        match is_vow {
            true => self.end_vow(place, serial, "revoked", at),
            false => self.end_limit(place, serial, at),
        }
        Ok(())
    }

    pub(super) fn end_limit(&mut self, place: usize, serial: u32, at: i64) {
        self.purses[place].limits.retain(|it| it.0 != serial);
        self.post(place, "credit_ended", at, |line| line.serial = serial);
    }

    /// Changes limits, unless they would be more than they may.
    fn relimit(&mut self, place: usize, change: impl FnOnce(&mut Purse)) -> Result<(), Otherwise> {
        let mut after = self.purses[place].clone();
        change(&mut after);
        after.check_limits()?;
        self.purses[place] = after;
        Ok(())
    }
}
