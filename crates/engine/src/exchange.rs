//! Dated exchange rates and conversion by them.
//!
//! **Invariant:** a conversion is computed exactly, as a fraction of integers, and rounded once,
//! half to even. It names the rates it used, so the result can be recomputed by hand for ever.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Amount, Currency, Fraction, Name, Precision, Timestamp};

/// Significant digits of a rate, at most.
pub const RATE_DIGITS_MAX: u32 = 18;

/// Units of the quote currency for one unit of the base currency: above zero, at most
/// [`RATE_DIGITS_MAX`] significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Decimal);

impl Rate {
    pub fn new(rate: Decimal) -> Option<Self> {
        let rate = rate.normalize();
        let in_bounds = rate.mantissa() > 0 && rate.mantissa() < 10_i128.pow(RATE_DIGITS_MAX);
        (in_bounds && rate.scale() <= RATE_DIGITS_MAX).then_some(Self(rate))
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The rate as numerator and denominator.
    fn fraction(self) -> (u128, u128) {
        (self.0.mantissa().unsigned_abs(), 10_u128.pow(self.0.scale()))
    }
}

impl TryFrom<String> for Rate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let rate = Decimal::from_str_exact(&text).ok().and_then(Self::new);
        rate.ok_or("a rate is a decimal number above zero with at most 18 digits")
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.0.to_string()
    }
}

/// A rate as it stands in the journal and on an entry that used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRate {
    pub base: Currency,
    pub quote: Currency,
    pub rate: Rate,
    pub valid_from: Timestamp,
    pub source: Name,
}

/// How money of one currency became money of another: kept on the entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// What was handed over, in its own currency.
    pub original: Amount,
    pub currency: Currency,
    /// Decimal places of the original currency's minor unit at that moment.
    pub exponent: u8,
    /// The one rate used, as published (the result may use its inverse); two through the pivot.
    pub rates: Vec<ExchangeRate>,
}

/// Why there is no conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// Neither direct, nor inverse, nor through the pivot, or all of them too old.
    NoRate,
    /// The result is beyond what an account can hold.
    OutOfRange,
}

/// One side of a conversion: a currency and its frozen exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    pub currency: Currency,
    pub exponent: u8,
}

/// All known rates, and how they are used.
#[derive(Clone, Debug)]
pub struct ExchangeRates {
    /// By pair, oldest first; several on one day are normal, and of one moment the last one
    /// that was loaded counts.
    /// Shared, so that a state to try things out in has them at no cost.
    rates: Arc<BTreeMap<(Currency, Currency), Vec<ExchangeRate>>>,
    /// The currency that others are crossed through.
    pub pivot: Currency,
    /// Older rates are not used. Microseconds; `None` is no bound.
    pub age_max: Option<i64>,
}

impl Default for ExchangeRates {
    fn default() -> Self {
        Self { rates: Arc::default(), pivot: Currency::EUR, age_max: None }
    }
}

impl ExchangeRates {
    pub fn insert(&mut self, rate: ExchangeRate) {
        let rates = Arc::make_mut(&mut self.rates);
        let dated = rates.entry((rate.base, rate.quote)).or_default();
        let place = dated.partition_point(|it| it.valid_from <= rate.valid_from);
        dated.insert(place, rate);
    }

    /// The same rates, however old they are.
    pub fn without_age(&self) -> Self {
        Self { age_max: None, ..self.clone() }
    }

    /// Converts `amount` at `at`; the result is rounded half to even to `precision`.
    pub fn convert(
        &self,
        amount: Amount,
        from: Unit,
        to: Unit,
        at: Timestamp,
        precision: Precision,
    ) -> Result<(Amount, Conversion), ExchangeError> {
        let rates = self.path(from.currency, to.currency, at).ok_or(ExchangeError::NoRate)?;
        let whole = Fraction::of_amount(amount, from.exponent).ok_or(ExchangeError::OutOfRange)?;
        let converted = convert_by(&rates, whole, from.currency, to, precision)?;
        let (currency, exponent) = (from.currency, from.exponent);
        Ok((converted, Conversion { original: amount, currency, exponent, rates }))
    }

    /// Converts `cost`, in whole units of `from`, at `at`; the result is rounded half to even to
    /// `precision`, once. Without a conversion when the currencies are the same.
    pub fn convert_fraction(
        &self,
        cost: Fraction,
        from: Currency,
        to: Unit,
        at: Timestamp,
        precision: Precision,
    ) -> Result<(Amount, Option<Conversion>), ExchangeError> {
        let rates = self.rates_between(from, to.currency, at)?;
        let converted = convert_by(&rates, cost, from, to, precision)?;
        if from == to.currency {
            return Ok((converted, None));
        }
        Ok((converted, Some(Conversion::of_fraction(cost, from, rates)?)))
    }

    /// The rates by which `from` becomes `to` at `at`, in the order of their use: none when they
    /// are the same, two through the pivot. What is to be rounded once, although it is charged in
    /// parts, keeps them for [`convert_by`].
    pub fn rates_between(
        &self,
        from: Currency,
        to: Currency,
        at: Timestamp,
    ) -> Result<Vec<ExchangeRate>, ExchangeError> {
        if from == to {
            return Ok(Vec::new());
        }
        self.path(from, to, at).ok_or(ExchangeError::NoRate)
    }

    /// The newest rate of a pair that is valid at `at` and not too old.
    pub fn newest(&self, base: Currency, quote: Currency, at: Timestamp) -> Option<ExchangeRate> {
        let dated = self.rates.get(&(base, quote))?;
        let next = dated.partition_point(|it| it.valid_from <= at);
        let rate = *dated.get(next.checked_sub(1)?)?;
        let too_old = self.age_max.is_some_and(|max| at.since(rate.valid_from) > max);
        (!too_old).then_some(rate)
    }

    /// The first moment after `at` at which the newest rate of a pair is another one, or is too
    /// old from then on; never when none is known.
    pub fn next_change(&self, at: Timestamp) -> Timestamp {
        let changes = self.rates.values().flat_map(|dated| {
            let next = dated.partition_point(|it| it.valid_from <= at);
            let coming = dated.get(next).map(|it| it.valid_from);
            let newest = next.checked_sub(1).and_then(|it| dated.get(it));
            let aged = newest.zip(self.age_max).map(|(it, max)| it.valid_from.plus(max).plus(1));
            [coming, aged.filter(|it| *it > at)].into_iter().flatten()
        });
        changes.min().unwrap_or(Timestamp::NEVER)
    }

    /// Every rate of a pair, oldest first.
    pub fn history(&self, base: Currency, quote: Currency) -> &[ExchangeRate] {
        self.rates.get(&(base, quote)).map_or(&[], Vec::as_slice)
    }

    /// The newest rate of every pair at `at`, too old or not, by pair.
    pub fn all_at(&self, at: Timestamp) -> impl Iterator<Item = ExchangeRate> {
        self.rates.values().filter_map(move |dated| {
            let next = dated.partition_point(|it| it.valid_from <= at);
            dated.get(next.checked_sub(1)?).copied()
        })
    }

    pub fn len(&self) -> usize {
        self.rates.values().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }

    /// Direct before inverse before pivot; of a direct and an inverse rate the direct one, even
    /// where the other is newer, so that a published pair always means what it says.
    fn path(&self, from: Currency, to: Currency, at: Timestamp) -> Option<Vec<ExchangeRate>> {
        if let Some(rate) = self.one_step(from, to, at) {
            return Some(vec![rate]);
        }
        if from == self.pivot || to == self.pivot {
            return None;
        }
        Some(vec![self.one_step(from, self.pivot, at)?, self.one_step(self.pivot, to, at)?])
    }

    fn one_step(&self, from: Currency, to: Currency, at: Timestamp) -> Option<ExchangeRate> {
        self.newest(from, to, at).or_else(|| self.newest(to, from, at))
    }
}

impl Conversion {
    /// The conversion of `cost`, in whole units of `from`, by `rates`.
    pub fn of_fraction(
        cost: Fraction,
        from: Currency,
        rates: Vec<ExchangeRate>,
    ) -> Result<Self, ExchangeError> {
        let exponent = from.exponent();
        let original = cost.to_amount(exponent, Precision::Fine);
        let original = original.ok_or(ExchangeError::OutOfRange)?;
        Ok(Self { original, currency: from, exponent, rates })
    }
}

/// Converts `cost`, in whole units of `from`, by `rates` one after the other, two at most; each is
/// taken directly or turned round. The result is rounded half to even to `precision`.
///
/// [`ExchangeError::NoRate`] when they do not lead from `from` to `to`.
pub fn convert_by(
    rates: &[ExchangeRate],
    cost: Fraction,
    from: Currency,
    to: Unit,
    precision: Precision,
) -> Result<Amount, ExchangeError> {
    let mut factors = [(1, 1); 2];
    let mut reached = from;
    for (place, rate) in rates.iter().enumerate() {
        let factor = factors.get_mut(place).ok_or(ExchangeError::NoRate)?;
        let (numerator, denominator) = rate.rate.fraction();
        (*factor, reached) = match reached {
            it if it == rate.base => ((numerator, denominator), rate.quote),
            it if it == rate.quote => ((denominator, numerator), rate.base),
            _ => return Err(ExchangeError::NoRate),
        };
    }
    if reached != to.currency {
        return Err(ExchangeError::NoRate);
    }
    cost.to_amount_at(&factors, to.exponent, precision).ok_or(ExchangeError::OutOfRange)
}

#[cfg(test)]
mod tests;
