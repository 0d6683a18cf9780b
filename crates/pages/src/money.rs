//! Money as people read it: grouped, with the decimal mark of their language and a true minus.

use std::fmt;

use crate::Language;

/// Digits beyond the minor unit that an amount may have.
const FINE_DIGITS: u32 = 4;

/// An amount of money with its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Ten-thousandths of the minor unit.
    pub units: i128,
    /// By ISO 4217.
    pub currency: String,
    /// Decimal places of the currency's minor unit.
    pub exponent: u8,
}

impl Money {
    pub fn new(units: i128, currency: &str, exponent: u8) -> Self {
        Self { units, currency: currency.to_owned(), exponent }
    }

    /// Another amount of the same currency.
    pub fn same(&self, units: i128) -> Self {
        Self { units, ..self.clone() }
    }

    /// In whole minor units, half to the even one: sums of fine amounts, at a glance. What is
    /// shown so is not counted on with.
    pub fn rounded(&self) -> Self {
        let fine = 10_i128.pow(FINE_DIGITS);
        let (minor, rest) = (self.units.div_euclid(fine), self.units.rem_euclid(fine));
        let is_up = rest * 2 > fine || (rest * 2 == fine && minor.rem_euclid(2) == 1);
        self.same((minor + i128::from(is_up)) * fine)
    }

    pub fn figure(&self, language: Language) -> Figure {
        Figure::new(self.units, self.exponent, language)
    }

    /// As text, for titles and messages: `12.40 EUR`.
    pub fn text(&self, language: Language) -> String {
        format!("{}\u{A0}{}", self.figure(language), self.currency)
    }
}

/// An amount, cut at its decimal mark so that a column can be aligned on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Sign and grouped digits.
    pub whole: String,
    /// The decimal mark and what follows it; empty where the currency has no minor unit.
    pub fraction: String,
    pub is_negative: bool,
}

impl Figure {
    /// `units` are ten-thousandths of the minor unit, which is `exponent` decimal places down.
    pub fn new(units: i128, exponent: u8, language: Language) -> Self {
        let digits = u32::from(exponent) + FINE_DIGITS;
        let one = 10_u128.pow(digits);
        let (whole, mut fraction) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
        let mut shown = digits as usize;
        while shown > usize::from(exponent) && fraction.is_multiple_of(10) {
            fraction /= 10;
            shown -= 1;
        }
        let sign = if units < 0 { "\u{2212}" } else { "" };
        let (group, mark, least) = language.number_marks();
        Self {
            whole: format!("{sign}{}", grouped(whole, group, least)),
            fraction: match shown {
                0 => String::new(),
                _ => format!("{mark}{fraction:0shown$}"),
            },
            is_negative: units < 0,
        }
    }

    /// How many characters stand from the decimal mark on.
    pub fn fraction_length(&self) -> usize {
        self.fraction.chars().count()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.whole, self.fraction)
    }
}

/// Groups of three, from `least` digits on: Spanish leaves four digits together.
fn grouped(number: u128, group: &str, least: usize) -> String {
    let digits = number.to_string();
    if digits.len() < least {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push_str(group);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests;
