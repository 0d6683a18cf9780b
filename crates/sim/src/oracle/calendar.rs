//! The calendar, counted out: year after year, month after month.

use super::purse::DAY;

/// Year, month and day of the month.
pub fn date(at: i64) -> (i64, usize, i64) {
    let mut days = at.div_euclid(DAY);
    let mut year = 1970;
    while days >= length_of(year) {
        days -= length_of(year);
        year += 1;
    }
    let mut month = 0;
    while days >= MONTHS[month] + leap_day(year, month) {
        days -= MONTHS[month] + leap_day(year, month);
        month += 1;
    }
    (year, month + 1, days + 1)
}

/// The first midnight after `at` at which a `day`th of a month begins.
pub fn next_day_of_month(at: i64, day: u8) -> i64 {
    let today = at.div_euclid(DAY);
    let later = (today + 1..).find(|it| date(it * DAY).2 == i64::from(day));
    later.expect("every day comes again") * DAY
}

const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn is_leap(year: i64) -> bool {
    year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
}

fn length_of(year: i64) -> i64 {
    365 + i64::from(is_leap(year))
}

fn leap_day(year: i64, month: usize) -> i64 {
    i64::from(month == 1 && is_leap(year))
}
