//! Currencies of ISO 4217.
//!
//! The exponent comes from the standard and is frozen on an account when it is opened: a later
//! edition of the list never changes what an old balance means. CLDR's habits (no decimals for
//! some currencies) are for display and have no place here.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A currency of ISO 4217, known by its three-letter code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const EUR: Self = Self(*b"EUR");

    /// `None` when the standard does not list `code`, or gives it no minor unit (gold, the
    /// testing code and the like): nothing can be paid in those.
    pub fn from_code(code: &str) -> Option<Self> {
        let listed = iso_currency::Currency::from_code(code)?;
        listed.exponent()?;
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        Some(Self(bytes))
    }

    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).expect("a currency code is ASCII")
    }

    /// Decimal places of the minor unit by the standard: 0 for XPF and JPY, 3 for KWD, 4 for CLF.
    pub fn exponent(self) -> u8 {
        let exponent = iso_currency::Currency::from_code(self.code()).and_then(|it| it.exponent());
        let exponent = exponent.expect("from_code takes only currencies that have a minor unit");
        u8::try_from(exponent).expect("the standard's exponents are 0 to 4")
    }

    /// Every currency that an account can be opened in, by code.
    pub fn all() -> Vec<Self> {
        use iso_currency::IntoEnumIterator;
        let mut all: Vec<Self> =
            iso_currency::Currency::iter().filter_map(|it| Self::from_code(it.code())).collect();
        all.sort();
        all
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_code(&code)
            .ok_or_else(|| D::Error::custom(format_args!("{code:?} is not an ISO 4217 currency")))
    }
}

#[cfg(test)]
mod tests;
