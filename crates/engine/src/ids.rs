//! How customers, accounts and reservations are known.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Which of a provider's shards: what one thread decides, and what is numbered by itself.
///
/// Ids and positions carry their shard above what they count, so that they are nobody else's
/// anywhere; those of the first shard are plain numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(u8);

/// Bits that count the customers or accounts of a shard: 67 million of each.
const ID_BITS: u32 = 26;

/// Bits that count the entries of a shard. With those of the shard they are 53, which is as many as
/// a number in JSON is read with everywhere.
const POSITION_BITS: u32 = 47;

impl ShardId {
    /// A provider's only shard, where there is one.
    pub const FIRST: Self = Self(0);

    /// Shards of a provider, at most.
    pub const COUNT_MAX: u32 = 64;

    /// `None` from [`Self::COUNT_MAX`] on.
    pub fn new(number: u32) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (u32::from(number) < Self::COUNT_MAX).then_some(Self(number))
    }

    pub fn number(self) -> u32 {
        self.0.into()
    }

    /// Before the shard's first entry.
    pub fn start(self) -> Position {
        Position(u64::from(self.0) << POSITION_BITS)
    }

    /// The shard's customer with this number; `None` when so many have no room.
    pub fn customer(self, number: u32) -> Option<CustomerId> {
        self.numbered(number).map(CustomerId)
    }

    /// The shard's account with this number; `None` when so many have no room.
    pub fn account(self, number: u32) -> Option<AccountId> {
        self.numbered(number).map(AccountId)
    }

    fn numbered(self, number: u32) -> Option<u32> {
        (number >> ID_BITS == 0).then_some(u32::from(self.0) << ID_BITS | number)
    }

    /// By how many the shard's first one came before `id`; `None` for what is in another shard, and
    /// for the number 0, which is nobody's.
    fn index_of(self, id: u32) -> Option<usize> {
        let number = id & ((1 << ID_BITS) - 1);
        let is_here = Self::of_id(id) == self;
        number.checked_sub(1).filter(|_| is_here).and_then(|it| usize::try_from(it).ok())
    }

    fn of_id(id: u32) -> Self {
        Self(u8::try_from(id >> ID_BITS).expect("six bits are left"))
    }
}

/// A customer: numbered from 1 in the order of creation, within a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub u32);

impl CustomerId {
    pub fn shard(self) -> ShardId {
        ShardId::of_id(self.0)
    }

    /// By how many the shard's first customer came before; `None` for nobody of this shard.
    pub fn index_in(self, shard: ShardId) -> Option<usize> {
        shard.index_of(self.0)
    }
}

/// An account: numbered from 1 in the order of opening, within a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub u32);

impl AccountId {
    pub fn shard(self) -> ShardId {
        ShardId::of_id(self.0)
    }

    /// By how many the shard's first account came before; `None` for none of this shard.
    pub fn index_in(self, shard: ShardId) -> Option<usize> {
        shard.index_of(self.0)
    }
}

/// Place of an entry in its shard's journal, from 1 after [`ShardId::start`], without a gap.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before every entry of any shard: no entry.
    pub const START: Self = Self(0);

    /// `None` when no shard has a place so high.
    pub fn shard(self) -> Option<ShardId> {
        ShardId::new(u32::try_from(self.0 >> POSITION_BITS).ok()?)
    }

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

    /// The number with this `sequence` among those that a shard gives out: eight digits or more in
    /// the first shard, ten in every other, and their check digit.
    pub fn own(shard: ShardId, sequence: u64) -> Self {
        let base = match u64::from(shard.0) {
            0 => OWN_NUMBER_BASE,
            other => (OTHER_SHARDS_FROM + other) * OTHER_SHARDS_STEP,
        };
        let body = sequence + base;
        Self(Number::Digits(body * 10 + u64::from(luhn_check_digit(body))))
    }

    /// The shard among whose own numbers it is; `None` for numbers of another form.
    pub fn given_out_by(&self) -> Option<ShardId> {
        let Number::Digits(number) = self.0 else { return None };
        let body = number / 10;
        if body < OWN_NUMBER_BASE || !self.has_valid_check_digit() {
            return None;
        }
        match body / OTHER_SHARDS_STEP {
            0 => Some(ShardId::FIRST),
            step => {
                let other = u32::try_from(step.checked_sub(OTHER_SHARDS_FROM)?).ok()?;
                ShardId::new(other).filter(|it| *it != ShardId::FIRST)
            }
        }
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

/// The first two digits of another shard's numbers, less the shard, and what they stand before:
/// more than a shard has accounts.
const OTHER_SHARDS_FROM: u64 = 10;
const OTHER_SHARDS_STEP: u64 = 100_000_000;

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
