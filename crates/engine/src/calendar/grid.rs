//! Periods: where one ends and the next begins.
//!
//! **Invariant:** boundaries are numbered, and each is computed from the origin and its number,
//! never from the one before. So 31 January is followed by 28 February and that by 31 March, and
//! no period is lost to a clock that was set.

use core::fmt;

use jiff::civil::{self, DateTime};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::zone::{self, Zone};
use crate::Timestamp;
use crate::time::{DAY, HOUR};

/// The last day of a month that every month has.
const DAY_MAX: u8 = 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodUnit {
    /// 3,600 seconds, also where the clocks are set.
    Hour,
    /// From here on by the calendar: the local time of day is kept.
    Day,
    Week,
    Month,
    Year,
}

/// How long a period is: two weeks, three months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodLength {
    /// At least 1, see [`check`](Self::check).
    pub count: u16,
    pub unit: PeriodUnit,
}

/// The boundaries of periods, which are half-open and cover all time, before the origin too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// A boundary, but for a grid with a `day`, in which it only says which months count.
    pub origin: Timestamp,
    pub length: PeriodLength,
    /// Periods of months or years begin with this day of the month, 1 to 28.
    pub day: Option<u8>,
    /// Whose calendar it is.
    pub zone: Zone,
}

/// Why there are no such periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodError {
    /// A period of nothing.
    NoCount,
    /// Not a day that every month has.
    Day(u8),
    /// A day of the month, and periods that are not of months or years.
    DayWithoutMonths(PeriodUnit),
}

impl PeriodLength {
    pub fn check(self) -> Result<(), PeriodError> {
        if self.count == 0 { Err(PeriodError::NoCount) } else { Ok(()) }
    }
}

impl Grid {
    pub fn check(&self) -> Result<(), PeriodError> {
        self.length.check()?;
        match (self.day, self.length.unit) {
            (Some(day), _) if !(1..=DAY_MAX).contains(&day) => Err(PeriodError::Day(day)),
            (None, _) | (Some(_), PeriodUnit::Month | PeriodUnit::Year) => Ok(()),
            (Some(_), unit) => Err(PeriodError::DayWithoutMonths(unit)),
        }
    }

    /// The period that holds `at`: its first moment, and the first after it.
    ///
    /// `None` where that is beyond the range of the calendar (years −9999 to 9999), and for a grid
    /// that does not pass [`check`](Self::check).
    pub fn period_at(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        self.check().ok()?;
        let count = i64::from(self.length.count);
        match self.length.unit {
            PeriodUnit::Hour => self.hours_at(at, count * HOUR),
            PeriodUnit::Day => self.days_at(at, count * DAY),
            PeriodUnit::Week => self.days_at(at, count * 7 * DAY),
            PeriodUnit::Month => self.months_at(at, count),
            PeriodUnit::Year => self.months_at(at, count * 12),
        }
    }

    /// The first boundary after `at`; `None` where [`period_at`](Self::period_at) has none.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.period_at(at).map(|(_, until)| until)
    }

    fn hours_at(&self, at: Timestamp, step: i64) -> Option<(Timestamp, Timestamp)> {
        zone::moment(self.origin)?;
        let number = at.0.checked_sub(self.origin.0)?.div_euclid(step);
        let boundary = |number: i64| {
            let at = Timestamp(number.checked_mul(step)?.checked_add(self.origin.0)?);
            zone::moment(at).map(|_| at)
        };
        Some((boundary(number)?, boundary(number + 1)?))
    }

    fn days_at(&self, at: Timestamp, step: i64) -> Option<(Timestamp, Timestamp)> {
        // Local times as if they were UTC: between these all days are equally long.
        let number_of = |local: DateTime| Offset::UTC.to_timestamp(local).ok();
        let start = number_of(self.zone.local(self.origin)?)?.as_microsecond();
        let local = number_of(self.zone.local(at)?)?.as_microsecond();
        let boundary = |number: i64| {
            if number == 0 {
                return Some(self.origin);
            }
            let local = zone::moment(Timestamp(start + number * step))?;
            self.zone.instant(Offset::UTC.to_datetime(local))
        };
        period_near((local - start).div_euclid(step), at, boundary)
    }

    fn months_at(&self, at: Timestamp, step: i64) -> Option<(Timestamp, Timestamp)> {
        let origin = self.zone.local(self.origin)?;
        let local = self.zone.local(at)?;
        let first = month_of(origin.date());
        let day = match self.day {
            Some(day) => i8::try_from(day).ok()?,
            None => origin.day(),
        };
        let date = |number: i64| day_of_month(first + number * step, day);
        let boundary = |number: i64| match self.day {
            Some(_) => self.zone.day_start(date(number)?.into()),
            // The origin's local time may occur twice, and it itself be the second.
            None if number == 0 => Some(self.origin),
            None => self.zone.instant(date(number)?.to_datetime(origin.time())),
        };
        let mut number = (month_of(local.date()) - first).div_euclid(step);
        let time = if self.day.is_some() { civil::Time::midnight() } else { origin.time() };
        if date(number)?.to_datetime(time) > local {
            number -= 1;
        }
        period_near(number, at, boundary)
    }
}

/// The period that holds `at`, from the `number` of its first boundary as local times have it.
fn period_near(
    mut number: i64,
    at: Timestamp,
    boundary: impl Fn(i64) -> Option<Timestamp>,
) -> Option<(Timestamp, Timestamp)> {
    // Near a change of clocks the order of local times is not that of moments; this puts it right,
    // by one step, because no change is longer than a day.
    let mut from = boundary(number)?;
    let mut next = None;
    while from > at {
        next = Some(from);
        number -= 1;
        from = boundary(number)?;
    }
    let mut until = match next {
        Some(next) => next,
        None => boundary(number + 1)?,
    };
    while until <= at {
        number += 1;
        from = until;
        until = boundary(number + 1)?;
    }
    Some((from, until))
}

/// Months since the beginning of year 0.
fn month_of(date: civil::Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// The day of that month; of a month without it, the last one.
fn day_of_month(month: i64, day: i8) -> Option<civil::Date> {
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let month = i8::try_from(month.rem_euclid(12)).ok()? + 1;
    let first = civil::Date::new(year, month, 1).ok()?;
    civil::Date::new(year, month, day.min(first.days_in_month())).ok()
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCount => f.write_str("a period is at least one unit long"),
            Self::Day(day) => write!(f, "{day} is not a day from 1 to {DAY_MAX}"),
            Self::DayWithoutMonths(unit) => {
                write!(f, "only months and years begin on a day of the month, not {unit:?}")
            }
        }
    }
}

impl std::error::Error for PeriodError {}
