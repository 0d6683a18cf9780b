//! Days and clocks: what a moment is called in a time zone, and when a day or a period begins.
//!
//! Everything here is computed from rules that are compiled in, so that every node and every
//! start of the same program give the same answer; the machine's own time zones are never read.
//! **Invariant:** what was computed stands in an entry, and replay does not compute it again, so
//! that newer rules never move what has happened.

use std::collections::BTreeSet;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

mod date;
mod grid;
mod zone;

pub use date::{Date, Weekday};
pub use grid::{Grid, PeriodError, PeriodLength, PeriodUnit};
pub use zone::Zone;

/// What the provider's days are: its zone and its holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    pub zone: Zone,
    pub holidays: BTreeSet<Date>,
}

/// The days on which nothing falls due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipDays {
    /// Saturdays and Sundays.
    #[serde(default)]
    pub weekends: bool,
    #[serde(default)]
    pub holidays: bool,
}

/// What the calendar on the wall and the clock beside it show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub date: Date,
    pub weekday: Weekday,
    /// Of the day, by the clock: 0 to 1,439.
    pub minute: u16,
    /// Microseconds into the minute: 0 to 59,999,999.
    pub micros: u32,
    pub is_holiday: bool,
}

impl Calendar {
    pub fn is_holiday(&self, date: Date) -> bool {
        self.holidays.contains(&date)
    }

    /// The beginning of the day `days` after the day of `at`, in the provider's zone; of the
    /// next working day where that one is skipped.
    ///
    /// `None` beyond the range of the calendar (years −9999 to 9999).
    pub fn due_at(&self, at: Timestamp, days: u32, skip: SkipDays) -> Option<Timestamp> {
        let is_skipped = |date: Date| {
            (skip.weekends && date.weekday().is_weekend())
                || (skip.holidays && self.is_holiday(date))
        };
        let mut date = self.civil(at, self.zone)?.date.plus_days(days)?;
        while is_skipped(date) {
            date = date.tomorrow()?;
        }
        self.zone.day_start(date)
    }

    /// What clock and calendar show in `zone` at `at`; the holidays are the provider's.
    ///
    /// `None` beyond the range of the calendar (years −9999 to 9999).
    pub fn civil(&self, at: Timestamp, zone: Zone) -> Option<Civil> {
        let local = zone.local(at)?;
        let date = Date::from(local.date());
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        let micros = i32::from(local.second()) * 1_000_000 + local.subsec_nanosecond() / 1_000;
        Some(Civil {
            date,
            weekday: date.weekday(),
            minute: u16::try_from(minute).expect("a day has its minutes"),
            micros: u32::try_from(micros).expect("a minute has its microseconds"),
            is_holiday: self.is_holiday(date),
        })
    }

    /// The moment at which the clock in `zone` shows `minute` (0 to 1,439) of `date`.
    ///
    /// A time that the clocks leave out moves forward by as much as they do; of a time that they
    /// show twice, the first is taken. `None` for another minute, and beyond the calendar's range.
    /// What is found by looking at [`civil`](Self::civil) may therefore change between two such
    /// moments too, at [`Zone::next_change`].
    pub fn instant(&self, date: Date, minute: u16, zone: Zone) -> Option<Timestamp> {
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let time = civil::Time::new(hour, minute, 0, 0).ok()?;
        zone.instant(civil::Date::from(date).to_datetime(time))
    }
}

#[cfg(test)]
mod tests;
