//! Dated exchange rates and conversion by them.
//!
//! **Invariant:** a conversion is computed exactly, as a fraction of integers, and rounded once,
//! half to even. It names the rates it used, so the result can be recomputed by hand for ever.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Amount, Currency, FINE_DIGITS, FINE_PER_MINOR, Name, Precision, Timestamp};

/// Significant digits of a rate, at most: two rates and an amount then multiply within 128 bits
/// in all but absurd cases, and those are refused.
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
    fn fraction(self) -> (i128, i128) {
        (self.0.mantissa(), 10_i128.pow(self.0.scale()))
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
    rates: BTreeMap<(Currency, Currency), Vec<ExchangeRate>>,
    /// The currency that others are crossed through.
    pub pivot: Currency,
    /// Older rates are not used. Microseconds; `None` is no bound.
    pub age_max: Option<i64>,
}

impl Default for ExchangeRates {
    fn default() -> Self {
        Self { rates: BTreeMap::new(), pivot: Currency::EUR, age_max: None }
    }
}

impl ExchangeRates {
    pub fn insert(&mut self, rate: ExchangeRate) {
        let dated = self.rates.entry((rate.base, rate.quote)).or_default();
        let place = dated.partition_point(|it| it.valid_from <= rate.valid_from);
        dated.insert(place, rate);
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
        let steps = self.path(from.currency, to.currency, at).ok_or(ExchangeError::NoRate)?;
        let mut fraction = Fraction { numerator: i128::from(amount.units()), denominator: 1 };
        for (rate, way) in &steps {
            let (numerator, denominator) = rate.rate.fraction();
            fraction = match way {
                Way::Direct => fraction.times(numerator, denominator),
                Way::Inverse => fraction.times(denominator, numerator),
            }
            .ok_or(ExchangeError::OutOfRange)?;
        }
        // Both sides count ten-thousandths of their own minor unit.
        let fraction = fraction
            .times(10_i128.pow(to.exponent.into()), 10_i128.pow(from.exponent.into()))
            .ok_or(ExchangeError::OutOfRange)?;
        let step = match precision {
            Precision::MinorUnits => i128::from(FINE_PER_MINOR),
            Precision::Fine => 1,
        };
        let units = fraction
            .times(1, step)
            .and_then(Fraction::round_half_even)
            .and_then(|it| it.checked_mul(step))
            .and_then(|it| i64::try_from(it).ok());
        let converted = units.and_then(Amount::from_units).ok_or(ExchangeError::OutOfRange)?;
        let conversion = Conversion {
            original: amount,
            currency: from.currency,
            exponent: from.exponent,
            rates: steps.into_iter().map(|(rate, _)| rate).collect(),
        };
        Ok((converted, conversion))
    }

    /// The newest rate of a pair that is valid at `at` and not too old.
    pub fn newest(&self, base: Currency, quote: Currency, at: Timestamp) -> Option<ExchangeRate> {
        let dated = self.rates.get(&(base, quote))?;
        let next = dated.partition_point(|it| it.valid_from <= at);
        let rate = *dated.get(next.checked_sub(1)?)?;
        let too_old = self.age_max.is_some_and(|max| at.since(rate.valid_from) > max);
        (!too_old).then_some(rate)
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
    fn path(&self, from: Currency, to: Currency, at: Timestamp) -> Option<Vec<Step>> {
        if let Some(step) = self.one_step(from, to, at) {
            return Some(vec![step]);
        }
        if from == self.pivot || to == self.pivot {
            return None;
        }
        Some(vec![self.one_step(from, self.pivot, at)?, self.one_step(self.pivot, to, at)?])
    }

    fn one_step(&self, from: Currency, to: Currency, at: Timestamp) -> Option<Step> {
        let direct = self.newest(from, to, at).map(|it| (it, Way::Direct));
        direct.or_else(|| self.newest(to, from, at).map(|it| (it, Way::Inverse)))
    }
}

type Step = (ExchangeRate, Way);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    Inverse,
}

/// A fraction of positive integers (the numerator may be zero), kept in lowest terms so that it
/// stays within 128 bits.
#[derive(Clone, Copy, Debug)]
struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    fn times(self, numerator: i128, denominator: i128) -> Option<Self> {
        // Crosswise reduction first: the products are then as small as they can be.
        let left = gcd(self.numerator, denominator);
        let right = gcd(numerator, self.denominator);
        let numerator = (self.numerator / left).checked_mul(numerator / right)?;
        let denominator = (self.denominator / right).checked_mul(denominator / left)?;
        Some(Self { numerator, denominator })
    }

    fn round_half_even(self) -> Option<i128> {
        let quotient = self.numerator / self.denominator;
        let rest = self.numerator % self.denominator;
        let twice = rest.checked_mul(2)?;
        let up = twice > self.denominator || (twice == self.denominator && quotient % 2 == 1);
        Some(if up { quotient + 1 } else { quotient })
    }
}

/// The greatest common divisor; at least 1, so that dividing by it is always sound.
fn gcd(mut left: i128, mut right: i128) -> i128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}

/// Kept next to the arithmetic that relies on it: the fine unit is four digits below the minor.
const _: () = assert!(10_i64.pow(FINE_DIGITS) == FINE_PER_MINOR);

#[cfg(test)]
mod tests;
