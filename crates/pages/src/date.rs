//! Days and times as people read them.

use crate::{Language, fill};

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
        let words = language.words();
        let mut months = words.months.split(' ');
        let month = months.nth(usize::from(self.month.saturating_sub(1))).unwrap_or_default();
        let with_day = fill(words.date_form, "day", self.day);
        fill(&fill(&with_day, "month", month), "year", self.year)
    }

    /// `14:02`
    pub fn time(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `22 Nov 2026, 14:02`
    pub fn date_and_time(self, language: Language) -> String {
        format!("{}, {}", self.date(language), self.time())
    }
}
