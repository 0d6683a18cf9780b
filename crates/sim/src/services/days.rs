//! The calendar by the library's own arithmetic: spans are added to local times.

use std::collections::{BTreeMap, BTreeSet};

use engine::{BandDay, PeriodLength, PeriodUnit, SkipDays, Usage, Zone};
use jiff::Span;
use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

pub fn rules(zone: Zone) -> TimeZone {
    TimeZoneDatabase::bundled().get(zone.as_str()).expect("the zone is known")
}

fn moment(at: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at).expect("within the calendar")
}

/// Where the boundaries of a subscription's periods are.
#[derive(Clone, Debug)]
pub struct Fences {
    pub anchored_at: i64,
    pub every: PeriodLength,
    /// The day of the month on which they are, instead of where the anchor is.
    pub day: Option<u8>,
    pub zone: TimeZone,
}

impl Fences {
    /// The boundary at or before `at`, and the one after it.
    pub fn around(&self, at: i64) -> (i64, i64) {
        let days = match self.every.unit {
            PeriodUnit::Hour => 0,
            PeriodUnit::Day => 1,
            PeriodUnit::Week => 7,
            PeriodUnit::Month => 28,
            PeriodUnit::Year => 365,
        };
        let length = if days == 0 { HOUR } else { days * 24 * HOUR };
        let near = (at - self.anchored_at).div_euclid(length * i64::from(self.every.count));
        // From well before: a month may be three days longer than it was taken for.
        let mut number = near - near.abs() / 8 - 3;
        while self.boundary(number) > at {
            number -= 1;
        }
        while self.boundary(number + 1) <= at {
            number += 1;
        }
        (self.boundary(number), self.boundary(number + 1))
    }

    fn boundary(&self, number: i64) -> i64 {
        let count = number * i64::from(self.every.count);
        let span = match self.every.unit {
            PeriodUnit::Hour => return self.anchored_at + count * HOUR,
            PeriodUnit::Day => Span::new().days(count),
            PeriodUnit::Week => Span::new().weeks(count),
            PeriodUnit::Month => Span::new().months(count),
            PeriodUnit::Year => Span::new().years(count),
        };
        let anchor = self.zone.to_datetime(moment(self.anchored_at));
        let found = match self.day {
            None if number == 0 => return self.anchored_at,
            None => anchor.checked_add(span).expect("in range").to_zoned(self.zone.clone()),
            Some(day) => {
                let first = anchor.date().first_of_month().checked_add(span).expect("in range");
                let day = first.with().day(i8::try_from(day).expect("a day")).build();
                return day_start(day.expect("every month has it"), &self.zone);
            }
        };
        found.expect("in range").timestamp().as_microsecond()
    }
}

fn day_start(date: Date, zone: &TimeZone) -> i64 {
    let midnight = date.to_zoned(zone.clone()).expect("in range");
    midnight.start_of_day().expect("in range").timestamp().as_microsecond()
}

/// The beginning of the month after that of `at`.
pub fn next_month(at: i64, zone: &TimeZone) -> i64 {
    let first = zone.to_datetime(moment(at)).date().first_of_month();
    day_start(first.checked_add(Span::new().months(1)).expect("in range"), zone)
}

/// Whether the clocks are set between two moments.
pub fn clocks_change(from: i64, until: i64, zone: &TimeZone) -> bool {
    let next = zone.following(moment(from)).next();
    next.is_some_and(|it| it.timestamp() < moment(until))
}

/// The beginning of the day `days` after the day of `at`, or of the next that is not skipped.
pub fn due_at(
    at: i64,
    days: u32,
    skip: SkipDays,
    (zone, holidays): (&TimeZone, &BTreeSet<Date>),
) -> i64 {
    let mut date = zone.to_datetime(moment(at)).date();
    for _ in 0..days {
        date = date.tomorrow().expect("in range");
    }
    let weekend = |it: Date| matches!(it.weekday(), Weekday::Saturday | Weekday::Sunday);
    while (skip.weekends && weekend(date)) || (skip.holidays && holidays.contains(&date)) {
        date = date.tomorrow().expect("in range");
    }
    day_start(date, zone)
}

/// Which band of a tariff is in force when; minutes that were looked up are remembered.
#[derive(Debug)]
pub struct Bands<'a> {
    pub usage: &'a Usage,
    pub zone: TimeZone,
    pub holidays: &'a BTreeSet<Date>,
    pub known: BTreeMap<i64, usize>,
}

impl Bands<'_> {
    pub fn at(&mut self, at: i64) -> usize {
        if self.usage.bands.is_empty() {
            return 0;
        }
        let minute = at.div_euclid(60 * SECOND);
        if let Some(known) = self.known.get(&minute) {
            return *known;
        }
        let found = self.look_up(at);
        self.known.insert(minute, found);
        found
    }

    fn look_up(&self, at: i64) -> usize {
        let local = self.zone.to_datetime(moment(at));
        let times = self.usage.bands.iter().flat_map(|it| &it.times);
        let knows_holidays = times.flat_map(|it| &it.days).any(|it| *it == BandDay::Holiday);
        let day = match local.weekday() {
            _ if knows_holidays && self.holidays.contains(&local.date()) => BandDay::Holiday,
            Weekday::Monday => BandDay::Monday,
            Weekday::Tuesday => BandDay::Tuesday,
            Weekday::Wednesday => BandDay::Wednesday,
            Weekday::Thursday => BandDay::Thursday,
            Weekday::Friday => BandDay::Friday,
            Weekday::Saturday => BandDay::Saturday,
            Weekday::Sunday => BandDay::Sunday,
        };
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let in_force = |it: &engine::BandTime| {
            it.days.contains(&day) && it.from_minute <= minute && minute < it.until_minute
        };
        let found = self.usage.bands.iter().position(|it| it.times.iter().any(in_force));
        found.expect("a tariff leaves no minute out")
    }
}
