//! How customers, accounts and reservations are known.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A customer: numbered from 1 in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub u32);

/// An account: numbered from 1 in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub u32);

/// Place of an entry in its shard's journal, from 1, without a gap.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// The place `count` entries later.
    pub fn plus(self, count: usize) -> Self {
        let count = u64::try_from(count).expect("usize fits 64 bits");
        Self(self.0.checked_add(count).expect("a journal never reaches 2^64 entries"))
    }
}

/// A reservation: its account and its serial number there, so that finding it needs no index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReservationId {
    pub account: AccountId,
    pub serial: u32,
}

/// A temporary limit: its account and its serial number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CreditId {
    pub account: AccountId,
    pub serial: u32,
}

/// A subscription: its account and its serial number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubscriptionId {
    pub account: AccountId,
    pub serial: u32,
}

/// A customer's session identifier (a Diameter Session-Id, a call id), digested to 128 bits by
/// a cryptographic hash before it comes here; the text itself stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionKey(pub u128);

/// Characters in an account number, at most.
pub const ACCOUNT_NUMBER_LENGTH_MAX: usize = 32;

/// An account's number as customers know it.
///
/// Numbers of our own end in a check digit; numbers taken over from an older system are any 1 to
/// 32 letters, digits, dashes, dots or slashes. Plain digits are held in eight bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct AccountNumber(Number);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Number {
    Digits(u64),
    Text(Box<str>),
}

impl AccountNumber {
    /// Reads a number as a person writes it: blanks are left out, letters are kept as they are.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|it| *it != ' ').collect();
        let allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '/');
        let fits = (1..=ACCOUNT_NUMBER_LENGTH_MAX).contains(&text.len());
        (fits && text.chars().all(allowed)).then(|| Self::from(text))
    }

    /// The number with this `sequence`: eight digits or more, and their check digit.
    pub fn own(sequence: u64) -> Self {
        let body = sequence + OWN_NUMBER_BASE;
        Self(Number::Digits(body * 10 + u64::from(luhn_check_digit(body))))
    }

    /// Whether the last digit is the check digit of the others.
    pub fn has_valid_check_digit(&self) -> bool {
        match &self.0 {
            Number::Digits(number) => u64::from(luhn_check_digit(number / 10)) == number % 10,
            Number::Text(_) => false,
        }
    }

    /// Whether it looks like one of our own, but for a digit that was mistyped.
    pub fn is_mistyped(&self) -> bool {
        let long_enough =
            matches!(self.0, Number::Digits(number) if number / 10 >= OWN_NUMBER_BASE);
        long_enough && !self.has_valid_check_digit()
    }
}

/// Where our own numbers start, so that they all have nine digits or more.
const OWN_NUMBER_BASE: u64 = 10_000_000;

/// The Luhn check digit (ISO/IEC 7812-1, annex B) for the digits of `body`.
///
/// It catches every single wrong digit and nearly every swap of two neighbours.
fn luhn_check_digit(body: u64) -> u8 {
    let (mut rest, mut sum, mut doubled) = (body, 0, true);
    while rest > 0 {
        let digit = rest % 10;
        let weighed = if doubled { digit * 2 } else { digit };
        sum += weighed / 10 + weighed % 10;
        doubled = !doubled;
        rest /= 10;
    }
    u8::try_from((10 - sum % 10) % 10).expect("a digit")
}

impl From<String> for AccountNumber {
    fn from(text: String) -> Self {
        let plain = !text.starts_with('0')
            && (1..=18).contains(&text.len())
            && text.bytes().all(|it| it.is_ascii_digit());
        match text.parse() {
            Ok(digits) if plain => Self(Number::Digits(digits)),
            _ => Self(Number::Text(text.into())),
        }
    }
}

impl From<AccountNumber> for String {
    fn from(number: AccountNumber) -> Self {
        number.to_string()
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Number::Digits(digits) => write!(f, "{digits}"),
            Number::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests;
