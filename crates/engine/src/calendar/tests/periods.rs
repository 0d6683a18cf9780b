use super::*;

use PeriodUnit::{Day, Hour, Month, Week, Year};

fn grid(origin: &str, count: u16, unit: PeriodUnit, zone_name: &str) -> Grid {
    let length = PeriodLength { count, unit };
    Grid { origin: at(origin), length, day: None, zone: zone(zone_name) }
}

/// The boundaries after the origin, by the clock of the grid's zone.
fn boundaries(grid: &Grid, count: usize) -> Vec<String> {
    let next = |it: &Timestamp| grid.next_after(*it);
    let all = std::iter::successors(grid.next_after(grid.origin), next);
    all.take(count).map(|it| shown(it, grid.zone)).collect()
}

fn check(grid: &Grid, expected: &[&str]) {
    assert_eq!(boundaries(grid, expected.len()), expected);
}

#[test]
fn months_keep_the_day_of_the_start_where_there_is_one() {
    let from_january = |year: u16| grid(&format!("{year}-01-31T10:30:00Z"), 1, Month, "UTC");
    check(
        &from_january(2026),
        &[
            "2026-02-28 10:30:00 +00:00",
            "2026-03-31 10:30:00 +00:00",
            "2026-04-30 10:30:00 +00:00",
            "2026-05-31 10:30:00 +00:00",
        ],
    );
    check(
        &from_january(2028),
        &["2028-02-29 10:30:00 +00:00", "2028-03-31 10:30:00 +00:00", "2028-04-30 10:30:00 +00:00"],
    );
    // 1900 was no leap year, 2000 was one.
    check(&from_january(1900), &["1900-02-28 10:30:00 +00:00"]);
    check(&from_january(2000), &["2000-02-29 10:30:00 +00:00"]);
    check(
        &grid("2026-11-30T00:00:00Z", 3, Month, "UTC"),
        &["2027-02-28 00:00:00 +00:00", "2027-05-30 00:00:00 +00:00", "2027-08-30 00:00:00 +00:00"],
    );
}

#[test]
fn a_year_from_a_leap_day_ends_on_28_february() {
    check(
        &grid("2028-02-29T12:00:00Z", 1, Year, "UTC"),
        &[
            "2029-02-28 12:00:00 +00:00",
            "2030-02-28 12:00:00 +00:00",
            "2031-02-28 12:00:00 +00:00",
            "2032-02-29 12:00:00 +00:00",
        ],
    );
}

#[test]
fn a_period_is_as_long_as_its_month() {
    let days = |origin: &str, name: &str| {
        let grid = Grid { day: Some(1), ..grid(origin, 1, Month, name) };
        let (from, until) = grid.period_at(grid.origin).unwrap();
        until.since(from) / crate::time::HOUR
    };
    assert_eq!(days("2026-02-14T00:00:00Z", "UTC"), 28 * 24);
    assert_eq!(days("2028-02-14T00:00:00Z", "UTC"), 29 * 24);
    assert_eq!(days("2026-04-14T00:00:00Z", "UTC"), 30 * 24);
    assert_eq!(days("2026-05-14T00:00:00Z", "UTC"), 31 * 24);
    // An hour is left out or comes twice.
    assert_eq!(days("2026-03-14T00:00:00Z", "Europe/Berlin"), 31 * 24 - 1);
    assert_eq!(days("2026-10-14T00:00:00Z", "Europe/Berlin"), 31 * 24 + 1);
    assert_eq!(days("2026-09-14T00:00:00Z", "America/Santiago"), 30 * 24 - 1);
    assert_eq!(days("2026-04-14T00:00:00Z", "America/Santiago"), 30 * 24 + 1);
}

#[test]
fn days_keep_the_local_time_and_hours_do_not() {
    // Spring: 02:30 is left out on the 29th, and only there.
    let spring = grid("2026-03-28T01:30:00Z", 1, Day, "Europe/Berlin");
    check(
        &spring,
        &["2026-03-29 03:30:00 +02:00", "2026-03-30 02:30:00 +02:00", "2026-03-31 02:30:00 +02:00"],
    );
    check(
        &Grid { length: PeriodLength { count: 24, unit: Hour }, ..spring },
        &["2026-03-29 03:30:00 +02:00", "2026-03-30 03:30:00 +02:00"],
    );
    // Autumn: 02:30 comes twice on the 25th, and the first counts.
    let autumn = grid("2026-10-24T00:30:00Z", 1, Day, "Europe/Berlin");
    check(&autumn, &["2026-10-25 02:30:00 +02:00", "2026-10-26 02:30:00 +01:00"]);
    check(
        &Grid { length: PeriodLength { count: 24, unit: Hour }, ..autumn },
        &["2026-10-25 02:30:00 +02:00", "2026-10-26 01:30:00 +01:00"],
    );
    check(
        &grid("2026-03-23T12:00:00Z", 1, Week, "Europe/Berlin"),
        &["2026-03-30 13:00:00 +02:00", "2026-04-06 13:00:00 +02:00"],
    );
}

#[test]
fn days_from_midnight_pass_a_missing_midnight_in_santiago() {
    check(
        &grid("2026-09-05T04:00:00Z", 1, Day, "America/Santiago"),
        &["2026-09-06 01:00:00 -03:00", "2026-09-07 00:00:00 -03:00", "2026-09-08 00:00:00 -03:00"],
    );
    check(
        &grid("2026-04-04T03:00:00Z", 1, Day, "America/Santiago"),
        &["2026-04-05 00:00:00 -04:00", "2026-04-06 00:00:00 -04:00"],
    );
    // 23:30 comes twice on 4 April.
    check(
        &grid("2026-04-04T02:30:00Z", 1, Day, "America/Santiago"),
        &["2026-04-04 23:30:00 -03:00", "2026-04-05 23:30:00 -04:00"],
    );
}

#[test]
fn a_start_in_the_second_of_two_equal_hours_is_a_boundary() {
    let grid = grid("2026-10-25T01:30:00Z", 1, Day, "Europe/Berlin");
    let next = at("2026-10-26T01:30:00Z");
    assert_eq!(grid.period_at(grid.origin), Some((grid.origin, next)));
    let first = at("2026-10-25T00:30:00Z");
    let before = (at("2026-10-24T00:30:00Z"), grid.origin);
    assert_eq!(grid.period_at(first), Some(before));
    assert_eq!(grid.period_at(grid.origin.plus(-1)), Some(before));
}

#[test]
fn an_hour_that_comes_again_begins_nothing_again() {
    // 02:45 has been, then the clock shows 02:30 once more.
    let day = grid("2026-10-20T00:45:00Z", 1, Day, "Europe/Berlin");
    let period = (at("2026-10-25T00:45:00Z"), at("2026-10-26T01:45:00Z"));
    assert_eq!(day.period_at(at("2026-10-25T01:30:00Z")), Some(period));
    // One minute of 1 November 2009, then 23:01 of October again.
    let month = grid("2009-08-15T12:00:00Z", 1, Month, "America/St_Johns");
    let month = Grid { day: Some(1), ..month };
    let period = (at("2009-11-01T02:30:00Z"), at("2009-12-01T03:30:00Z"));
    for moment in ["2009-11-01T02:30:30Z", "2009-11-01T02:31:00Z", "2009-11-01T03:29:59Z"] {
        assert_eq!(month.period_at(at(moment)), Some(period), "{moment}");
    }
}

#[test]
fn a_day_of_the_month_begins_at_midnight() {
    let from_the = |day: u8, count: u16, unit: PeriodUnit| Grid {
        day: Some(day),
        ..grid("2026-02-15T12:00:00Z", count, unit, "Europe/Berlin")
    };
    let first = from_the(1, 1, Month);
    let february = (at("2026-01-31T23:00:00Z"), at("2026-02-28T23:00:00Z"));
    assert_eq!(first.period_at(first.origin), Some(february));
    check(&first, &["2026-03-01 00:00:00 +01:00", "2026-04-01 00:00:00 +02:00"]);
    let last = from_the(28, 1, Month);
    let before = (at("2026-01-27T23:00:00Z"), at("2026-02-27T23:00:00Z"));
    assert_eq!(last.period_at(last.origin), Some(before));
    check(&last, &["2026-02-28 00:00:00 +01:00", "2026-03-28 00:00:00 +01:00"]);
    // A quarter and a year keep the month of the start.
    check(
        &from_the(1, 3, Month),
        &["2026-05-01 00:00:00 +02:00", "2026-08-01 00:00:00 +02:00", "2026-11-01 00:00:00 +01:00"],
    );
    check(&from_the(1, 1, Year), &["2027-02-01 00:00:00 +01:00", "2028-02-01 00:00:00 +01:00"]);
    check(&from_the(28, 2, Year), &["2026-02-28 00:00:00 +01:00", "2028-02-28 00:00:00 +01:00"]);
    // Clocks were set at midnight of 1 October 2023 in Asunción, of 6 September 2026 in Santiago.
    let asuncion = grid("2023-08-15T12:00:00Z", 1, Month, "America/Asuncion");
    check(
        &Grid { day: Some(1), ..asuncion },
        &["2023-09-01 00:00:00 -04:00", "2023-10-01 01:00:00 -03:00", "2023-11-01 00:00:00 -03:00"],
    );
    let santiago = grid("2026-08-15T12:00:00Z", 1, Month, "America/Santiago");
    check(
        &Grid { day: Some(6), ..santiago },
        &["2026-09-06 01:00:00 -03:00", "2026-10-06 00:00:00 -03:00"],
    );
}

#[test]
fn a_boundary_belongs_to_the_period_that_it_begins() {
    let month = Grid { day: Some(1), ..grid("2026-05-05T00:00:00Z", 1, Month, "Europe/Berlin") };
    let (march, april, may) =
        (at("2026-02-28T23:00:00Z"), at("2026-03-31T22:00:00Z"), at("2026-04-30T22:00:00Z"));
    assert_eq!(month.period_at(april), Some((april, may)));
    assert_eq!(month.period_at(april.plus(1)), Some((april, may)));
    assert_eq!(month.period_at(april.plus(-1)), Some((march, april)));
    assert_eq!(month.next_after(april), Some(may));
    assert_eq!(month.next_after(april.plus(-1)), Some(april));
    let hours = grid("2026-05-05T00:00:00Z", 6, Hour, "UTC");
    let before = hours.origin.plus(-6 * crate::time::HOUR);
    assert_eq!(hours.period_at(hours.origin.plus(-1)), Some((before, hours.origin)));
}

#[test]
fn a_day_that_was_left_out_makes_no_empty_period() {
    // Samoa went from the 29th to the 31st.
    check(
        &grid("2011-12-28T20:00:00Z", 1, Day, "Pacific/Apia"),
        &["2011-12-29 10:00:00 -10:00", "2011-12-31 10:00:00 +14:00", "2012-01-01 10:00:00 +14:00"],
    );
}

#[test]
fn what_is_no_grid_has_no_periods() {
    let whole = grid("2026-05-05T00:00:00Z", 1, Month, "UTC");
    let length = |count: u16, unit: PeriodUnit| PeriodLength { count, unit };
    let wrong = [
        (Grid { length: length(0, Month), ..whole }, PeriodError::NoCount),
        (Grid { day: Some(0), ..whole }, PeriodError::Day(0)),
        (Grid { day: Some(29), ..whole }, PeriodError::Day(29)),
        (
            Grid { day: Some(1), length: length(1, Week), ..whole },
            PeriodError::DayWithoutMonths(Week),
        ),
    ];
    for (grid, error) in wrong {
        assert_eq!(grid.check(), Err(error));
        assert_eq!(grid.period_at(grid.origin), None, "{error}");
    }
    assert_eq!(length(0, Hour).check(), Err(PeriodError::NoCount));
    assert_eq!(whole.check(), Ok(()));
}

#[test]
fn beyond_the_calendar_there_are_no_periods() {
    for unit in [Hour, Day, Week, Month, Year] {
        let whole = grid("2026-05-05T00:00:00Z", 1, unit, "Europe/Berlin");
        for moment in [Timestamp::NEVER, Timestamp::MIN, at("9999-12-30T22:00:00.5Z")] {
            assert_eq!(whole.period_at(moment), None, "{unit:?} {moment:?}");
        }
        let length = PeriodLength { count: u16::MAX, unit };
        let long = Grid { length, ..whole };
        let is_beyond = matches!(unit, Year);
        assert_eq!(long.period_at(long.origin).is_none(), is_beyond, "{unit:?}");
        let never = Grid { origin: Timestamp::NEVER, ..whole };
        assert_eq!(never.period_at(whole.origin), None, "{unit:?}");
    }
}

#[test]
fn a_grid_survives_the_journal() {
    let grid = Grid { day: Some(28), ..grid("2026-05-05T00:00:00Z", 3, Month, "Europe/Berlin") };
    let json = serde_json::to_string(&grid).unwrap();
    assert_eq!(
        json,
        "{\"origin\":1777939200000000,\"length\":{\"count\":3,\"unit\":\"month\"},\
         \"day\":28,\"zone\":\"Europe/Berlin\"}"
    );
    assert_eq!(serde_json::from_str::<Grid>(&json).unwrap(), grid);
    let bytes = postcard::to_stdvec(&grid).unwrap();
    assert_eq!(postcard::from_bytes::<Grid>(&bytes).unwrap(), grid);
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/Santiago",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Havana",
];

/// A grid that starts between 2007 and 2027, often exactly at an hour.
fn random_grid(numbers: &mut Numbers) -> Grid {
    let seconds = i64::try_from(numbers.below(20 * 365 * 86_400)).unwrap();
    let step = numbers.one_of(&[1, 1_000_000, 1_800_000_000, crate::time::HOUR]);
    let origin = at("2007-01-01T00:00:00Z").plus((seconds * 1_000_000 + 999) / step * step);
    let unit = numbers.one_of(&[Hour, Day, Week, Month, Year]);
    let count = numbers.one_of(&[1, 1, 2, 3, 24]);
    let is_anchored = matches!(unit, Month | Year) && numbers.below(2) == 0;
    let day = is_anchored.then(|| numbers.one_of(&[1, 6, 15, 28]));
    let zone = zone(numbers.one_of(&ZONES));
    Grid { origin, length: PeriodLength { count, unit }, day, zone }
}

/// The boundary by the library's own calendar arithmetic, one number at a time.
fn by_the_library(grid: &Grid, number: i64) -> Timestamp {
    let rules = jiff::tz::TimeZoneDatabase::bundled().get(grid.zone.as_str()).unwrap();
    let origin = jiff::Timestamp::from_microsecond(grid.origin.0).unwrap().to_zoned(rules.clone());
    let number = number * i64::from(grid.length.count);
    let span = match grid.length.unit {
        Hour => jiff::Span::new().hours(number),
        Day => jiff::Span::new().days(number),
        Week => jiff::Span::new().weeks(number),
        Month => jiff::Span::new().months(number),
        Year => jiff::Span::new().years(number),
    };
    let found = match grid.day {
        None => origin.checked_add(span).unwrap(),
        Some(day) => {
            let first = origin.datetime().date().first_of_month().checked_add(span).unwrap();
            let day = first.with().day(i8::try_from(day).unwrap()).build().unwrap();
            day.to_zoned(rules).unwrap().start_of_day().unwrap()
        }
    };
    Timestamp(found.timestamp().as_microsecond())
}

#[test]
fn periods_join_without_gap_whatever_the_start() {
    const SEED: u64 = 20_261_127;
    let mut numbers = Numbers(SEED);
    for round in 0..500 {
        let grid = random_grid(&mut numbers);
        let context = format!("seed {SEED} round {round} {grid:?}");
        // Up to two years before the start.
        let first =
            grid.origin.plus(-i64::try_from(numbers.below(700)).unwrap() * crate::time::DAY);
        let (mut from, mut until) = grid.period_at(first).expect(&context);
        assert!(from <= first && first < until, "{context}");
        for _ in 0..120 {
            assert!(from < until, "{context}");
            let inside = i64::try_from(numbers.below(until.since(from).unsigned_abs())).unwrap();
            let soon = from.plus(inside % crate::time::HOUR);
            for moment in [from, soon, from.plus(inside), until.plus(-1)] {
                assert_eq!(grid.period_at(moment), Some((from, until)), "{context} {moment:?}");
            }
            let next = grid.period_at(until).expect(&context);
            assert_eq!(next.0, until, "{context}");
            (from, until) = next;
        }
    }
}

#[test]
fn boundaries_are_those_of_the_library() {
    const SEED: u64 = 4_711;
    let mut numbers = Numbers(SEED);
    for round in 0..500 {
        let grid = random_grid(&mut numbers);
        let context = format!("seed {SEED} round {round} {grid:?}");
        for number in [-9, -2, -1, 0, 1, 2, 11, 12, 13] {
            let expected = by_the_library(&grid, number);
            let (from, until) = grid.period_at(expected).expect(&context);
            assert_eq!(shown(from, grid.zone), shown(expected, grid.zone), "{context} {number}");
            // A day that was left out has the same boundary as the next one.
            let next = (1..4).map(|it| by_the_library(&grid, number + it));
            let next = next.filter(|it| *it > expected).min();
            assert_eq!(Some(until), next, "{context} {number}");
        }
    }
}
