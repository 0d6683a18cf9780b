//! Prices as people write them.

use core::fmt;
use core::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Digits of a price, at most, trailing zeros after the point aside.
pub const PRICE_DIGITS_MAX: u32 = 12;

/// Digits of a price after the point, at most.
pub const PRICE_PLACES_MAX: u8 = 9;

/// A price, zero or more, in whole units of a currency that stands elsewhere: `0.10`, `29`.
///
/// It keeps the zeros it was written with; equal prices are equal whatever these are.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Price {
    digits: u64,
    places: u8,
}

impl Price {
    pub const ZERO: Self = Self { digits: 0, places: 0 };

    /// Reads `digits[.digits]`; `None` for anything else, and for too many digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (text, ""),
        };
        let padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || padded {
            return None;
        }
        let mut places = u8::try_from(decimals.len()).ok()?;
        let mut digits: u128 = 0;
        for digit in whole.bytes().chain(decimals.bytes()) {
            if !digit.is_ascii_digit() {
                return None;
            }
            digits = digits.checked_mul(10)?.checked_add(u128::from(digit - b'0'))?;
        }
        let too_many = |digits: u128, places| {
            digits >= 10_u128.pow(PRICE_DIGITS_MAX) || places > PRICE_PLACES_MAX
        };
        while too_many(digits, places) && places > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            places -= 1;
        }
        if too_many(digits, places) {
            return None;
        }
        Some(Self { digits: u64::try_from(digits).ok()?, places })
    }

    /// In whole units of its currency.
    pub fn fraction(self) -> Option<crate::Fraction> {
        crate::Fraction::new(self.billionths(), 10_u128.pow(PRICE_PLACES_MAX.into()))
    }

    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The price in billionths of the currency's whole unit: below 10^21.
    pub fn billionths(self) -> u128 {
        let power = PRICE_PLACES_MAX.checked_sub(self.places).expect("parse bounds the places");
        u128::from(self.digits) * 10_u128.pow(power.into())
    }
}

impl PartialEq for Price {
    fn eq(&self, other: &Self) -> bool {
        self.billionths() == other.billionths()
    }
}

impl Eq for Price {}

impl Hash for Price {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.billionths().hash(state);
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.pow(self.places.into());
        let (whole, decimals) = (self.digits / one, self.digits % one);
        match usize::from(self.places) {
            0 => write!(f, "{whole}"),
            places => write!(f, "{whole}.{decimals:0places$}"),
        }
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Price {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(
            "a price is a decimal number, zero or more, such as \"0.10\", with at most 12 digits \
             and 9 of them after the point",
        )
    }
}

impl From<Price> for String {
    fn from(price: Price) -> Self {
        price.to_string()
    }
}
