//! Charges, adjustments, transfers.

use engine::{AccountRef, Charge, Currency, Money, Timing, Transfer};

use super::books::Original;
use super::exchange::Grain;
use super::{MOST, Oracle, Otherwise, refuse};

impl Oracle {
    pub(super) fn charge(&mut self, charge: &Charge, at: i64) -> Result<(), Otherwise> {
        let place = self.open_place(&charge.account)?;
        let (amount, original) = self.in_currency_of(place, charge.money, at, Grain::Fine)?;
        self.check_range(place, -amount)?;
        let available = self.purses[place].available();
        let missing = available.map_or(0, |it| (amount - it).clamp(0, amount));
        match charge.timing {
            Timing::BeforeUse => self.check_funds(place, amount)?,
            Timing::AfterUse => {}
        }
        self.post(place, "charge", at, |line| {
            line.amount = -amount;
            line.original = original.map(|(it, currency)| (-it, currency));
            line.overrun = missing;
            line.contra = format!("revenue:{}", charge.service);
        });
        Ok(())
    }

    pub(super) fn adjust(
        &mut self,
        account: &AccountRef,
        amount: i128,
        currency: Currency,
        contra: String,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        self.check_currency(place, currency)?;
        self.check_range(place, amount)?;
        self.post(place, "adjustment", at, |line| {
            line.amount = amount;
            line.contra = contra;
        });
        Ok(())
    }

    pub(super) fn transfer(&mut self, transfer: &Transfer, at: i64) -> Result<(), Otherwise> {
        let from = self.place(&transfer.from)?;
        let to = self.place(&transfer.to)?;
        self.check_open(from)?;
        self.check_open(to)?;
        if from == to {
            return refuse("same_account", []);
        }
        let (out_of, into) = (self.purses[from].currency, self.purses[to].currency);
        let named = i128::from(transfer.money.amount.units());
        let currency = transfer.money.currency;
        let mut other_side = |place| {
            let converted = self.in_currency_of(place, transfer.money, at, Grain::Minor);
            converted.map(|it| it.0)
        };
        let (debited, credited) = if currency == out_of {
            (named, other_side(to)?)
        } else if currency == into {
            (other_side(from)?, named)
        } else {
            return refuse("currency_mismatch", []);
        };
        if debited == 0 || credited == 0 {
            return refuse("amount_out_of_range", []);
        }
        self.check_range(from, -debited)?;
        self.check_range(to, credited)?;
        self.check_funds(from, debited)?;
        let original = (out_of != into).then_some((named, currency));
        let contra = |other: Currency| match out_of == into {
            true => "transfers".to_string(),
            false => format!("exchange:{other}"),
        };
        self.post(from, "transfer_out", at, |line| {
            line.amount = -debited;
            line.original = original.map(|(it, currency)| (-it, currency));
            line.contra = contra(into);
        });
        self.post(to, "transfer_in", at, |line| {
            line.amount = credited;
            line.original = original;
            line.contra = contra(out_of);
        });
        Ok(())
    }

    pub(super) fn in_currency_of(
        &mut self,
        place: usize,
        money: Money,
        at: i64,
        grain: Grain,
    ) -> Result<(i128, Original), Otherwise> {
        let (amount, own) = (i128::from(money.amount.units()), self.purses[place].currency);
        if money.currency == own {
            return Ok((amount, None));
        }
        let converted = self.rates.convert(amount, money.currency, own, at, grain)?;
        Ok((converted, Some((amount, money.currency))))
    }

    /// Refuses what would leave the account beyond what it can hold.
    pub(super) fn check_range(&self, place: usize, amount: i128) -> Result<(), Otherwise> {
        match (self.purses[place].balance + amount).abs() <= MOST {
            true => Ok(()),
            false => refuse("amount_out_of_range", []),
        }
    }

    fn check_funds(&self, place: usize, requested: i128) -> Result<(), Otherwise> {
        match self.purses[place].available() {
            Some(available) if available < requested => {
                refuse("insufficient_funds", [available, requested])
            }
            _ => Ok(()),
        }
    }
}
