//! Money as integers: what moves is an [`Amount`], what stands is a [`Balance`].
//!
//! **Invariant:** both count ten-thousandths of the currency's minor unit, so 1.00 USD is
//! 1,000,000 and 1 XPF is 10,000. All arithmetic is checked; there is no float, no cast and no
//! saturation here.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Decimal places below the minor unit that every amount carries.
pub const FINE_DIGITS: u32 = 4;

/// Ten-thousandths in one minor unit.
pub const FINE_PER_MINOR: i64 = 10_000;

/// Bound on what may stand on an account, on either side of zero, and on any one amount.
///
/// Balance, credit and held are each within it, so that `balance + credit − held` always fits.
pub const UNITS_MAX: i64 = 1 << 61;

/// Money that moves: zero or more, in ten-thousandths of the minor unit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

/// Money that stands: any sign, in ten-thousandths of the minor unit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Balance(i64);

/// Why a text is not an amount of money in some currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Not `-?digits[.digits]`: empty, exponent notation, NaN, blanks, a plus sign, other digits.
    NotADecimal,
    /// A minus sign where only what is zero or more makes sense.
    Negative,
    /// Zero where something has to move.
    Zero,
    /// More decimal places than the currency (or the fine unit) has.
    TooManyDecimals { allowed: u32 },
    /// Beyond [`UNITS_MAX`].
    OutOfRange,
}

/// How fine a written amount may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Whole minor units: payments, adjustments, transfers.
    MinorUnits,
    /// Ten-thousandths of the minor unit: use that was rated elsewhere.
    Fine,
}

impl Amount {
    pub const ZERO: Self = Self(0);
    pub const MAX: Self = Self(UNITS_MAX);

    /// `None` when negative or beyond [`UNITS_MAX`].
    pub fn from_units(units: i64) -> Option<Self> {
        (0..=UNITS_MAX).contains(&units).then_some(Self(units))
    }

    pub fn units(self) -> i64 {
        self.0
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_add(other.0)?)
    }

    /// `None` when `other` is the larger one.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_sub(other.0)?)
    }

    /// The sum, or the most that can be counted: for figures that only add up what was said.
    pub fn add_capped(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or(Self::MAX)
    }

    /// What of `self` is left above `other`; zero when nothing is.
    pub fn excess_over(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or(Self::ZERO)
    }

    /// Reads an amount of a currency whose minor unit is `exponent` decimal places down.
    pub fn parse(text: &str, exponent: u8, precision: Precision) -> Result<Self, MoneyError> {
        let units = parse_units(text, exponent, precision)?;
        Self::from_units(units).ok_or(MoneyError::Negative)
    }

    /// The amount as a decimal number, without its currency.
    pub fn display(self, exponent: u8) -> Decimals {
        Decimals { units: self.0, exponent }
    }
}

impl Balance {
    pub const ZERO: Self = Self(0);

    /// `None` when further than [`UNITS_MAX`] from zero.
    pub fn from_units(units: i64) -> Option<Self> {
        (-UNITS_MAX..=UNITS_MAX).contains(&units).then_some(Self(units))
    }

    pub fn units(self) -> i64 {
        self.0
    }

    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_add(other.0)?)
    }

    pub fn checked_credit(self, amount: Amount) -> Option<Self> {
        Self::from_units(self.0.checked_add(amount.0)?)
    }

    pub fn checked_debit(self, amount: Amount) -> Option<Self> {
        Self::from_units(self.0.checked_sub(amount.0)?)
    }

    /// The money without its sign.
    pub fn magnitude(self) -> Amount {
        Amount(self.0.abs())
    }

    pub fn credit(amount: Amount) -> Self {
        Self(amount.0)
    }

    pub fn debit(amount: Amount) -> Self {
        Self(-amount.0)
    }

    /// Reads a signed amount; see [`Amount::parse`].
    pub fn parse(text: &str, exponent: u8, precision: Precision) -> Result<Self, MoneyError> {
        parse_units(text, exponent, precision).map(Self)
    }

    pub fn display(self, exponent: u8) -> Decimals {
        Decimals { units: self.0, exponent }
    }
}

// A file that was damaged, or written by hand, must not bring in what `from_units` keeps out.
impl TryFrom<i64> for Amount {
    type Error = &'static str;

    fn try_from(units: i64) -> Result<Self, Self::Error> {
        Self::from_units(units).ok_or("an amount is zero or more, and within 2^61")
    }
}

impl TryFrom<i64> for Balance {
    type Error = &'static str;

    fn try_from(units: i64) -> Result<Self, Self::Error> {
        Self::from_units(units).ok_or("a balance is within 2^61 of zero")
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl From<Balance> for i64 {
    fn from(balance: Balance) -> Self {
        balance.0
    }
}

/// Money written as a decimal number: all minor digits, and finer ones only where they are set.
#[derive(Clone, Copy, Debug)]
pub struct Decimals {
    units: i64,
    exponent: u8,
}

impl Decimals {
    /// For sums that went beyond 64 bits there is [`fmt_units`]; this is the common case.
    pub fn new(units: i64, exponent: u8) -> Self {
        Self { units, exponent }
    }
}

impl fmt::Display for Decimals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_units(i128::from(self.units), self.exponent, f)
    }
}

/// A sum over many accounts, written like [`Decimals`].
#[derive(Clone, Copy, Debug)]
pub struct SumDecimals {
    pub units: i128,
    pub exponent: u8,
}

impl fmt::Display for SumDecimals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_units(self.units, self.exponent, f)
    }
}

fn fmt_units(units: i128, exponent: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digits = u32::from(exponent) + FINE_DIGITS;
    let one = 10_u128.pow(digits);
    let magnitude = units.unsigned_abs();
    let (whole, mut fraction) = (magnitude / one, magnitude % one);
    if units < 0 {
        f.write_str("-")?;
    }
    let mut shown = usize::try_from(digits).expect("an exponent is small");
    while shown > usize::from(exponent) && fraction.is_multiple_of(10) {
        fraction /= 10;
        shown -= 1;
    }
    if shown == 0 { write!(f, "{whole}") } else { write!(f, "{whole}.{fraction:0shown$}") }
}

fn parse_units(text: &str, exponent: u8, precision: Precision) -> Result<i64, MoneyError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(MoneyError::NotADecimal),
        Some((whole, fraction)) => (whole, fraction),
        None => (digits, ""),
    };
    let all_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let padded = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || padded || !all_digits(whole) || !all_digits(fraction) {
        return Err(MoneyError::NotADecimal);
    }
    let allowed = match precision {
        Precision::MinorUnits => u32::from(exponent),
        Precision::Fine => u32::from(exponent) + FINE_DIGITS,
    };
    let scale = u32::from(exponent) + FINE_DIGITS;
    let decimals = u32::try_from(fraction.len()).map_err(|_| MoneyError::NotADecimal)?;
    if decimals > allowed {
        return Err(MoneyError::TooManyDecimals { allowed });
    }
    let mut units: i64 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        units = units
            .checked_mul(10)
            .and_then(|it| it.checked_add(i64::from(digit - b'0')))
            .ok_or(MoneyError::OutOfRange)?;
    }
    let units = units.checked_mul(10_i64.pow(scale - decimals)).ok_or(MoneyError::OutOfRange)?;
    let units = if negative { -units } else { units };
    Balance::from_units(units).map(Balance::units).ok_or(MoneyError::OutOfRange)
}

#[cfg(test)]
mod tests;
