//! Moments, as the engine sees them: a number that comes in from outside.

use serde::{Deserialize, Serialize};

/// Microseconds.
pub const HOUR: i64 = 3_600_000_000;
pub const DAY: i64 = 24 * HOUR;

/// So many days, as far as can be counted.
pub fn of_days(days: u32) -> i64 {
    i64::from(days).checked_mul(DAY).unwrap_or(i64::MAX)
}

/// So many hours, as far as can be counted.
pub fn of_hours(hours: u32) -> i64 {
    i64::from(hours).checked_mul(HOUR).unwrap_or(i64::MAX)
}

/// A moment in microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

#[expect(
    clippy::disallowed_methods,
    reason = "a moment beyond the ends of the scale is never, and no money depends on it"
)]
impl Timestamp {
    /// Before everything.
    pub const MIN: Self = Self(i64::MIN);
    /// After everything: the deadline of what never ends.
    pub const NEVER: Self = Self(i64::MAX);

    /// `self` moved by `micros`; stops at the ends of the scale.
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to `self`; negative when it is the later one.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Year, month and day of a moment in the Gregorian calendar, in UTC.
///
/// The formula counts years from March, so that the leap day comes last: Howard Hinnant,
/// "chrono-compatible low-level date algorithms", `civil_from_days`.
pub fn date(at: Timestamp) -> (i64, u8, u8) {
    let days = at.0.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |it: i64| u8::try_from(it).expect("months and days are small");
    (year, small(month), small(day))
}

pub fn month_day(at: Timestamp) -> u8 {
    date(at).2
}

pub fn same_month(left: Timestamp, right: Timestamp) -> bool {
    let ((year, month, _), (other_year, other_month, _)) = (date(left), date(right));
    (year, month) == (other_year, other_month)
}

/// Midnight, in UTC, of the first day of the month after.
pub fn first_of_next_month(at: Timestamp) -> Timestamp {
    next_month_day(at, 1)
}

/// The next midnight, in UTC, that begins the `day`th of a month.
pub fn next_month_day(at: Timestamp, day: u8) -> Timestamp {
    let day = day.clamp(1, 31);
    let mut midnight = Timestamp(at.0.div_euclid(DAY) * DAY).plus(DAY);
    while month_day(midnight) != day {
        midnight = midnight.plus(DAY);
    }
    midnight
}
