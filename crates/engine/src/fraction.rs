//! Exact fractions, for money that is rounded once.
//!
//! **Invariant:** nothing is rounded before the end, and nothing that fits in the end is refused
//! for the size of what was multiplied on the way.

use core::cmp::Ordering;

use crate::{Amount, FINE_DIGITS, FINE_PER_MINOR, Precision};

/// A fraction of integers, zero or more.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    numerator: u128,
    /// Above zero.
    denominator: u128,
}

impl Fraction {
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// `None` when the denominator is zero.
    pub fn new(numerator: u128, denominator: u128) -> Option<Self> {
        (denominator > 0).then_some(Self { numerator, denominator })
    }

    /// `amount` in whole units of a currency whose minor unit is `exponent` places down.
    pub fn of_amount(amount: Amount, exponent: u8) -> Option<Self> {
        Self::new(amount.units().unsigned_abs().into(), fine_units(exponent)?)
    }

    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// `None` beyond 128 bits in lowest terms, and when dividing by zero.
    pub fn times(self, numerator: u128, denominator: u128) -> Option<Self> {
        // Crosswise reduction first: the products are then as small as they can be.
        let (left_up, right_down) = reduced(self.numerator, denominator);
        let (right_up, left_down) = reduced(numerator, self.denominator);
        Self::new(left_up.checked_mul(right_up)?, left_down.checked_mul(right_down)?)
    }

    /// `None` beyond 128 bits in lowest terms.
    pub fn plus(self, other: Self) -> Option<Self> {
        let (left, right) = (self.in_lowest_terms(), other.in_lowest_terms());
        let (left_step, right_step) = reduced(left.denominator, right.denominator);
        let left_up = left.numerator.checked_mul(right_step)?;
        let numerator = left_up.checked_add(right.numerator.checked_mul(left_step)?)?;
        Self::new(numerator, left.denominator.checked_mul(right_step)?)
    }

    /// So many whole units of a currency as an amount of it, rounded half to even.
    ///
    /// `None` beyond what an amount can be.
    pub fn to_amount(self, exponent: u8, precision: Precision) -> Option<Amount> {
        self.to_amount_at(&[], exponent, precision)
    }

    /// Like [`to_amount`](Self::to_amount), after multiplying by the quotients of `factors`,
    /// two at most.
    pub(crate) fn to_amount_at(
        self,
        factors: &[(u128, u128)],
        exponent: u8,
        precision: Precision,
    ) -> Option<Amount> {
        let step = match precision {
            Precision::MinorUnits => FINE_PER_MINOR.unsigned_abs(),
            Precision::Fine => 1,
        };
        let mut numerators = [self.numerator, fine_units(exponent)?, 1, 1];
        let mut denominators = [self.denominator, step.into(), 1, 1];
        for (place, (numerator, denominator)) in factors.iter().enumerate() {
            *numerators.get_mut(place + 2)? = *numerator;
            *denominators.get_mut(place + 2)? = *denominator;
        }
        let steps = nearest(&numerators, &denominators)?;
        Amount::from_units(i64::try_from(steps.checked_mul(step)?).ok()?)
    }

    fn in_lowest_terms(self) -> Self {
        let (numerator, denominator) = reduced(self.numerator, self.denominator);
        Self { numerator, denominator }
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = [self.numerator, other.denominator];
        let right = [other.numerator, self.denominator];
        match (product(&left), product(&right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => Wide::product(&left).cmp(&Wide::product(&right)),
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

/// Ten-thousandths of the minor unit in one whole unit of the currency.
fn fine_units(exponent: u8) -> Option<u128> {
    10_u128.checked_pow(u32::from(exponent) + FINE_DIGITS)
}

fn reduced(left: u128, right: u128) -> (u128, u128) {
    let divisor = gcd(left, right);
    (left / divisor, right / divisor)
}

/// The greatest common divisor; at least 1, so that dividing by it is always sound.
fn gcd(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}

fn product(factors: &[u128]) -> Option<u128> {
    factors.iter().try_fold(1_u128, |product, it| product.checked_mul(*it))
}

/// The quotient of two products, rounded half to even; `None` from 2^63 on, and by zero.
fn nearest(numerators: &[u128], denominators: &[u128]) -> Option<u64> {
    let (Some(numerator), Some(denominator)) = (product(numerators), product(denominators)) else {
        return Wide::nearest(&Wide::product(numerators), &Wide::product(denominators));
    };
    let quotient = numerator.checked_div(denominator)?;
    let rest = numerator % denominator;
    let up = match rest.cmp(&(denominator - rest)) {
        Ordering::Less => 0,
        Ordering::Equal => quotient % 2,
        Ordering::Greater => 1,
    };
    u64::try_from(quotient.checked_add(up)?).ok().filter(|it| *it <= QUOTIENT_MAX)
}

/// Within this twice the quotient and one more still fits 64 bits.
const QUOTIENT_MAX: u64 = u64::MAX >> 1;

/// Enough for four factors of 128 bits.
const LIMBS: usize = 8;

/// An integer of 512 bits, the least significant limb first: for the rare products that do not
/// fit 128 bits although their quotient does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wide([u64; LIMBS]);

impl Wide {
    /// The product of up to four factors.
    fn product(factors: &[u128]) -> Self {
        let mut product = Self([0; LIMBS]);
        product.0[0] = 1;
        for factor in factors {
            product = product.times(*factor).expect("four factors of 128 bits are 512 bits");
        }
        product
    }

    /// As on paper, a row for each limb of the factor.
    fn times(&self, factor: u128) -> Option<Self> {
        let mut sum = [0_u64; LIMBS];
        let (high, low) = halves(factor);
        for (shift, digit) in [low, high].into_iter().enumerate() {
            let mut carry = 0;
            for (place, limb) in self.0.iter().enumerate() {
                let product = u128::from(*limb) * u128::from(digit) + u128::from(carry);
                let Some(slot) = sum.get_mut(place + shift) else {
                    carry = u64::from(product > 0);
                    continue;
                };
                (carry, *slot) = halves(product + u128::from(*slot));
            }
            if carry > 0 {
                return None;
            }
        }
        Some(Self(sum))
    }

    /// The quotient rounded half to even; `None` beyond [`QUOTIENT_MAX`], and by zero.
    fn nearest(numerator: &Self, denominator: &Self) -> Option<u64> {
        // How `denominator × quotient / by` compares with the numerator; beyond 512 bits it is
        // surely greater.
        let compare = |quotient: u64, by: u64| match denominator.times(quotient.into()) {
            Some(product) => numerator.times(by.into()).map(|it| product.cmp(&it)),
            None => Some(Ordering::Greater),
        };
        if compare(QUOTIENT_MAX, 1)? != Ordering::Greater {
            return None;
        }
        let (mut floor, mut above) = (0, QUOTIENT_MAX);
        while above - floor > 1 {
            let middle = floor + (above - floor) / 2;
            match compare(middle, 1)? {
                Ordering::Greater => above = middle,
                _ => floor = middle,
            }
        }
        match compare(2 * floor + 1, 2)? {
            Ordering::Greater => Some(floor),
            Ordering::Equal => Some(floor + floor % 2),
            Ordering::Less => Some(floor + 1),
        }
    }
}

impl Ord for Wide {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The upper and the lower 64 bits.
fn halves(number: u128) -> (u64, u64) {
    let half = |it: u128| u64::try_from(it).expect("64 bits");
    (half(number >> 64), half(number & u128::from(u64::MAX)))
}

/// Kept next to the arithmetic that relies on it: the fine unit is four digits below the minor.
const _: () = assert!(10_i64.pow(FINE_DIGITS) == FINE_PER_MINOR);

#[cfg(test)]
mod tests;
