//! The period of a statement: from a moment to a moment, the end outside.

use engine::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::http::error::Problem;
use crate::http::wire;

#[derive(Clone, Debug)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Everything up to this moment is in, and `to` is this moment.
    pub until_now: bool,
    pub time_zone: TimeZone,
}

/// What was asked for, as it was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds<'a> {
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

impl Period {
    /// From the first of the month until now, unless said otherwise.
    pub fn read(bounds: Bounds<'_>, time_zone: TimeZone, now: Timestamp) -> Result<Self, Problem> {
        let read = |field, text: Option<&str>| {
            text.map(|it| read_bound(field, it, &time_zone)).transpose()
        };
        let (from, to) = (read("from", bounds.from)?, read("to", bounds.to)?);
        // Of the future nothing is known: who asks for it gets what there is now, and is told so.
        let until_now = to.is_none_or(|it| it > now);
        let to = to.unwrap_or(now).min(now);
        let from = match from {
            Some(from) => from,
            // The end is outside, so a month that ends there is the one before.
            None if until_now => month_of(to, &time_zone),
            None => month_of(to.plus(-1), &time_zone),
        };
        if from > to {
            let why = match until_now {
                true => "lies in the future".to_owned(),
                false => format!("is after the end, {}", wire::time(to)),
            };
            return Err(Problem::malformed("from", why));
        }
        Ok(Self { from, to, until_now, time_zone })
    }

    pub fn first_day(&self) -> Date {
        civil(self.from, &self.time_zone).date()
    }

    /// The last day, where the period is of whole days.
    pub fn last_day(&self) -> Option<Date> {
        let (from, to) = (civil(self.from, &self.time_zone), civil(self.to, &self.time_zone));
        let midnight = Time::midnight();
        let whole = !self.until_now && from.time() == midnight && to.time() == midnight;
        if whole && to > from { to.date().yesterday().ok() } else { None }
    }
}

/// A moment on the clocks of a time zone.
pub fn civil(at: Timestamp, time_zone: &TimeZone) -> jiff::civil::DateTime {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    time_zone.to_datetime(at)
}

/// A day, which begins when it begins in the time zone, or a full moment.
fn read_bound(field: &str, text: &str, time_zone: &TimeZone) -> Result<Timestamp, Problem> {
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-12-01".len());
    let start = day.and_then(|it| it.to_zoned(time_zone.clone()).ok());
    match start {
        Some(start) => Ok(Timestamp(start.timestamp().as_microsecond())),
        None => wire::parse_time(field, text).map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            let why = "is neither a day such as 2026-12-01 nor a moment such as \
                       2026-12-01T00:00:00Z";
            Problem::malformed(field, format!("{shown:?} {why}"))
        }),
    }
}

/// The beginning of the month that a moment lies in.
fn month_of(at: Timestamp, time_zone: &TimeZone) -> Timestamp {
    let first = civil(at, time_zone).date().first_of_month();
    let start = first.to_zoned(time_zone.clone()).map(|it| it.timestamp().as_microsecond());
    start.map_or(at, Timestamp)
}
