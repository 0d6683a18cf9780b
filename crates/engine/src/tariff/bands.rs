//! Which band is in force when.

use super::{BandDay, Usage};
use crate::{Calendar, Timestamp, Weekday, Zone};

/// Microseconds.
const MINUTE: i64 = 60_000_000;

/// How far ahead the end of a band is looked for; what goes on for longer never ends.
pub(super) const BAND_DAYS_MAX: u32 = 35;

/// A band, by its place, and a moment until which it is in force without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub band: u16,
    pub until: Timestamp,
}

impl Usage {
    /// The stretch at `at`: to the end of the band's time on that day or to the next change of
    /// the clocks, whichever is first. The same band may go on after it.
    ///
    /// `None` beyond the range of the calendar, and when no band is in force.
    pub(super) fn stretch(
        &self,
        calendar: &Calendar,
        zone: Zone,
        at: Timestamp,
    ) -> Option<Stretch> {
        if self.bands.len() <= 1 {
            return Some(Stretch { band: 0, until: Timestamp::NEVER });
        }
        let civil = calendar.civil(at, zone)?;
        let holiday = civil.is_holiday.then_some(BandDay::Holiday);
        let (band, until_minute) = holiday
            .and_then(|it| self.band_at(it, civil.minute))
            .or_else(|| self.band_at(civil.weekday.into(), civil.minute))?;
        let minutes = i64::from(until_minute) - i64::from(civil.minute);
        let until = at.plus(minutes * MINUTE - i64::from(civil.micros));
        // What the clock shows moves with the time that passes, but for such a change.
        let change = zone.next_change(at).unwrap_or(Timestamp::NEVER);
        Some(Stretch { band, until: until.min(change) })
    }

    /// The band at a minute of a kind of day, and the minute at which its time ends.
    fn band_at(&self, day: BandDay, minute: u16) -> Option<(u16, u16)> {
        self.bands.iter().enumerate().find_map(|(place, band)| {
            let time = band.times.iter().find(|it| {
                (it.from_minute..it.until_minute).contains(&minute) && it.days.contains(&day)
            })?;
            Some((u16::try_from(place).ok()?, time.until_minute))
        })
    }
}

impl From<Weekday> for BandDay {
    fn from(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}
