//! Usage tariffs: what the use of a service costs, as data, and exact pricing by them.
//!
//! **Invariant:** a session is priced from its total use. Whatever the reports in between, the
//! same total costs the same, and nothing is rounded here: a [`Meter`] answers with a fraction.

use crate::Name;

mod bands;
mod check;
mod destinations;
mod meter;
mod price;
mod written;

pub use check::TariffFault;
pub use destinations::DestinationIndex;
pub use meter::{Meter, Metered, Part};
pub use price::{PRICE_DIGITS_MAX, PRICE_PLACES_MAX, Price};

use serde::{Deserialize, Serialize};

/// Bound on every quantity of use: 2^63 − 1.
pub const QUANTITY_MAX: u64 = i64::MAX.unsigned_abs();

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageUnit {
    Second,
    Byte,
    Event,
}

/// A usage tariff. Its currency stands next to it, in the service.
///
/// As JSON it is what people write; see [`written`]. What has been read is still to be
/// [checked](Self::check).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub unit: UsageUnit,
    /// Prices are for so many units: 60 is a price a minute, 1,048,576 one a MiB.
    pub per: u64,
    /// What is billed is a multiple of it.
    pub increment: u64,
    /// What is billed at least, once anything was used, rounded up to the increment.
    pub minimum: u64,
    /// Units free in each period of the subscription, used before money.
    pub allowance: u64,
    /// In force at different times; empty is one price at all times.
    pub bands: Vec<Band>,
    pub rates: Vec<DestinationRate>,
    /// Largest quantity of one grant; `None` is what is asked.
    pub grant_quantity_max: Option<u64>,
    /// How long a grant of bytes or events is valid.
    pub grant_seconds: u32,
}

/// Times of the week with prices of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub name: Name,
    pub times: Vec<BandTime>,
}

/// From minute to minute, the end outside, on these days, by the clock of the tariff's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandTime {
    pub days: Vec<BandDay>,
    /// Minute of the day, 0 to 1,439; as text `08:00`.
    #[serde(rename = "from", with = "written::minute")]
    pub from_minute: u16,
    /// Minute of the day, 1 to 1,440; as text `24:00`. What goes past midnight is two times.
    #[serde(rename = "until", with = "written::minute")]
    pub until_minute: u16,
}

/// A day of the week, or a holiday: its prices are those of `holiday` when any band names it,
/// else those of its day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BandDay {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    Holiday,
}

/// What use costs towards some destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRate {
    pub title: String,
    /// The longest one that a destination begins with decides; `""` is every destination, and
    /// use that has none.
    pub prefixes: Vec<String>,
    /// Once for each session with any charged use.
    pub set_up: Price,
    /// The least that a session with any charged use costs.
    pub minimum_charge: Price,
    /// One for each band in the order of `bands`; exactly one when there are none.
    pub prices: Vec<Vec<Step>>,
}

/// From so many units of the session on, this price, in the tariff's currency for `per` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Counts all billed units of the session, free ones too. The first step is from 0.
    pub from: u64,
    pub price: Price,
}

#[cfg(test)]
mod tests;
