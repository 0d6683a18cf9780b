//! What is owed: taken over, given up, claimed again; and who wants to hear of it.

use std::collections::BTreeMap;

use engine::{AccountRef, Alerts, Currency, Money, Name, Plan};

use super::purse::DAY;
use super::{Line, MOST, Oracle, Otherwise, refuse};

impl Oracle {
    pub(super) fn take_over(
        &mut self,
        account: &AccountRef,
        amount: i128,
        currency: Currency,
        owed_since: Option<i64>,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        if self.purses[place].taken_over {
            return refuse("opening_balance_set", []);
        }
        self.check_currency(place, currency)?;
        self.check_range(place, amount)?;
        self.purses[place].taken_over = true;
        self.owed_since = owed_since;
        self.post(place, "opening_balance", at, |line| {
            line.amount = amount;
            line.contra = "opening".into();
        });
        self.owed_since = None;
        Ok(())
    }

    pub(super) fn write_off(
        &mut self,
        account: &AccountRef,
        money: Option<Money>,
        at: i64,
    ) -> Result<(), Otherwise> {
        // A closed one too: a charge-back may have left it in debt.
        let place = self.place(account)?;
        let amount = self.some_of(place, self.purses[place].owed(), money)?;
        if self.purses[place].written_off + amount > MOST {
            return refuse("amount_out_of_range", []);
        }
        self.purses[place].written_off += amount;
        self.post(place, "written_off", at, |line| {
            line.amount = amount;
            line.contra = "written_off".into();
        });
        Ok(())
    }

    pub(super) fn recover(
        &mut self,
        account: &AccountRef,
        money: Option<Money>,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        let amount = self.some_of(place, self.purses[place].written_off, money)?;
        self.check_range(place, -amount)?;
        self.purses[place].written_off -= amount;
        self.post(place, "write_off_recovered", at, |line| {
            line.amount = -amount;
            line.contra = "written_off".into();
        });
        Ok(())
    }

    fn some_of(&self, place: usize, whole: i128, money: Option<Money>) -> Result<i128, Otherwise> {
        if let Some(money) = money {
            self.check_currency(place, money.currency)?;
        }
        let amount = money.map_or(whole, |it| it.amount.units().into());
        match amount == 0 || amount > whole {
            true => refuse("more_than_owed", [whole, amount]),
            false => Ok(amount),
        }
    }

    pub(super) fn set_plan(
        &mut self,
        account: &AccountRef,
        plan: Option<Plan>,
        currency: Option<Currency>,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        let holding = self.purses[place].open_vows().find(|it| it.holds_plan);
        if let Some(vow) = holding {
            return refuse("plan_held", [vow.until.into()]);
        }
        if let Some(currency) = currency {
            self.check_currency(place, currency)?;
        }
        self.purses[place].plan = plan;
        self.post(place, "plan_set", at, |_| {});
        Ok(())
    }

    pub(super) fn set_alerts(
        &mut self,
        account: &AccountRef,
        alerts: &Alerts,
        currency: Currency,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        self.check_currency(place, currency)?;
        self.purses[place].alerts = alerts.clone();
        self.post(place, "alerts_set", at, |_| {});
        Ok(())
    }

    /// What comes of the lines that were just written: promises that a payment has kept, and
    /// thresholds that the balance has crossed.
    pub(super) fn follow(&mut self, at: i64) {
        for line in self.lines.clone() {
            let Some(account) = line.account.filter(|_| line.amount != 0) else { continue };
            let place = usize::try_from(account - 1).expect("an index");
            let purse = &self.purses[place];
            if matches!(line.kind, "payment" | "payment_allocated") {
                let kept = purse.open_vows().filter(|it| purse.missing_of(it) == 0);
                let kept: Vec<_> = kept.map(|it| it.serial).collect();
                for serial in kept {
                    self.end_vow(place, serial, "repaid", at);
                }
            }
            self.tell_crossed(place, &line, at);
        }
    }

    fn tell_crossed(&mut self, place: usize, line: &Line, at: i64) {
        let (before, after) = (line.balance - line.amount, line.balance);
        let alerts = self.purses[place].alerts.clone();
        for threshold in alerts.balance_below {
            let threshold = i128::from(threshold.units());
            if before >= threshold && after < threshold {
                self.post(place, "balance_low", at, |_| {});
                self.tell(threshold.to_string());
            }
        }
        if let Some(limit) = alerts.owed_over.map(|it| i128::from(it.units()))
            && -before <= limit
            && -after > limit
        {
            self.post(place, "receivable_over_limit", at, |_| {});
            self.tell(limit.to_string());
        }
    }

    /// Everything that is owed now, added up account by account.
    pub(crate) fn receivables(&self) -> BTreeMap<(Currency, Option<Name>, i64), i128> {
        let mut sums = BTreeMap::new();
        for purse in &self.purses {
            let group = self.person(purse.customer).group;
            for (day, amount) in purse.debts() {
                *sums.entry((purse.currency, group, day)).or_default() += amount;
            }
        }
        sums
    }

    /// Everything that was given up and not claimed again.
    pub(crate) fn written_off(&self) -> BTreeMap<(Currency, Option<Name>), i128> {
        let mut sums = BTreeMap::new();
        for purse in self.purses.iter().filter(|it| it.written_off > 0) {
            let group = self.person(purse.customer).group;
            *sums.entry((purse.currency, group)).or_default() += purse.written_off;
        }
        sums
    }

    /// The day since when a debt of a line at `at` is owed.
    pub(super) fn day_owed(&self, at: i64) -> i64 {
        self.owed_since.map_or(at, |it| it.min(at)).div_euclid(DAY)
    }
}
