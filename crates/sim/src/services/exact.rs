//! Fractions written out in full.

use engine::{Currency, Price};

use crate::oracle::{Grain, nearest_even};

/// A fraction in lowest terms, zero or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    up: i128,
    down: i128,
}

impl Ratio {
    pub fn new(up: i128, down: i128) -> Self {
        let common = common(up, down);
        Self { up: up / common, down: down / common }
    }

    pub fn of_price(price: Price) -> Self {
        let text = price.to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let digits: i128 = format!("{whole}{decimals}").parse().expect("digits");
        Self::new(digits, power_of_ten(decimals.len()))
    }

    /// Money in ten-thousandths of the minor unit, in whole units of its currency.
    pub fn of_money(units: i128, currency: Currency) -> Self {
        Self::new(units, 10_000 * power_of_ten(currency.exponent().into()))
    }

    pub fn times(self, up: i128, down: i128) -> Self {
        // Each side is made as small as it can be before anything is multiplied.
        let other = Self::new(up, down);
        let left = Self::new(self.up, other.down);
        let right = Self::new(other.up, self.down);
        Self { up: left.up * right.up, down: left.down * right.down }
    }

    pub fn plus(self, other: Self) -> Self {
        Self::new(self.up * other.down + other.up * self.down, self.down * other.down)
    }

    pub fn max(self, other: Self) -> Self {
        if self.up * other.down < other.up * self.down { other } else { self }
    }

    /// So many whole units of a currency in ten-thousandths of its minor unit, by way of `hops`
    /// from one currency to the next; rounded once, half to even.
    pub fn to_money(self, hops: &[(i128, i128)], currency: Currency, grain: Grain) -> i128 {
        let step = if grain == Grain::Minor { 10_000 } else { 1 };
        let converted = hops.iter().fold(self, |it, (up, down)| it.times(*up, *down));
        let fine = 10_000 * power_of_ten(currency.exponent().into());
        let exact = converted.times(fine, step);
        nearest_even(exact.up, exact.down) * step
    }
}

fn power_of_ten(digits: usize) -> i128 {
    (0..digits).fold(1, |power, _| power * 10)
}

fn common(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.abs().max(1)
}
