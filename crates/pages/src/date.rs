//! Days and times as people read them.

use crate::{Language, Message};

/// A moment on the reader's own calendar and clock; which time zone that is, was decided before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub year: i16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Moment {
    /// `22 Nov 2026`
    pub fn date(self, language: Language) -> String {
        self.date_by(language.words().date_form, language)
    }

    /// `22 Nov`
    pub fn date_without_year(self, language: Language) -> String {
        self.date_by(crate::Shared::of(language).date_form_short, language)
    }

    fn date_by(self, form: &str, language: Language) -> String {
        let mut months = language.words().months.split(' ');
        let month = months.nth(usize::from(self.month.saturating_sub(1))).unwrap_or_default();
        form.with("day", self.day).with("month", month).with("year", self.year)
    }

    /// `14:02`
    pub fn time(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `22 Nov 2026, 14:02`
    pub fn date_and_time(self, language: Language) -> String {
        format!("{}, {}", self.date(language), self.time())
    }

    /// As a machine reads it, `2026-11-22T14:02`: for `<time datetime>` and fields of forms.
    pub fn machine(self) -> String {
        format!("{}T{}", self.machine_date(), self.time())
    }

    /// `2026-11-22`
    pub fn machine_date(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// Whole minutes since 1970 on the reader's clock: the distance of two moments in a drawing.
    ///
    /// Where clocks are set, it is an hour more or less than what has passed.
    pub fn minutes(self) -> i64 {
        (self.days() * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute)
    }

    /// Days since 1 January 1970, by the proleptic Gregorian calendar.
    pub fn days(self) -> i64 {
        // The year begins in March, so that the leap day is its last.
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }
}

/// How long something lasts, by its two largest units: `1 h 12 min`, `3 d 4 h`.
pub fn duration(minutes: i64, language: Language) -> String {
    let shared = crate::Shared::of(language);
    let minutes = minutes.abs();
    let mut units = shared.durations.split(' ');
    let counts = [minutes / 1440, minutes / 60 % 24, minutes % 60];
    let parts = counts.map(|count| (count, units.next().unwrap_or_default()));
    let Some(first) = parts.iter().position(|(count, _)| *count > 0) else {
        return shared.duration_none.to_owned();
    };
    let shown = parts.iter().skip(first).take(2).filter(|(count, _)| *count > 0);
    shown.map(|(count, unit)| format!("{count}\u{A0}{unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
