use super::*;

const BOTH: SkipDays = SkipDays { weekends: true, holidays: true };
const NONE: SkipDays = SkipDays { weekends: false, holidays: false };

#[test]
fn a_day_is_read_in_one_form() {
    for text in ["2026-12-25", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
        assert_eq!(date(text).to_string(), text);
    }
    let others = [
        "",
        "2026-02-29",
        "1900-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2026-1-1",
        "20261225",
        "2026-12-25T00:00:00",
        " 2026-12-25",
        "2026-12-25 ",
        "25.12.2026",
        "2026-W52",
        "+002026-12-25",
        "10000-01-01",
    ];
    for text in others {
        assert_eq!(Date::parse(text), None, "{text:?}");
    }
}

#[test]
fn a_day_has_parts_and_a_place_in_the_week() {
    let day = Date::new(2026, 12, 25).unwrap();
    assert_eq!((day.year(), day.month(), day.day()), (2026, 12, 25));
    assert_eq!(day, date("2026-12-25"));
    for (year, month, day) in [(2026, 2, 29), (2026, 0, 1), (2026, 1, 0), (2026, 1, 200)] {
        assert_eq!(Date::new(year, month, day), None, "{year} {month} {day}");
    }
    let mut day = date("2026-11-30");
    for (number, weekday) in (0..).zip(Weekday::ALL) {
        assert_eq!((day.weekday(), weekday.number()), (weekday, number));
        day = day.tomorrow().unwrap();
    }
    assert_eq!(day, date("2026-12-07"));
    assert_eq!(date("2028-02-28").plus_days(2), Some(date("2028-03-01")));
    assert_eq!(date("9999-12-31").tomorrow(), None);
    assert_eq!(date("2026-12-31").plus_days(u32::MAX), None);
}

#[test]
fn a_day_is_its_text_in_the_journal() {
    let day = date("2026-12-25");
    let json = serde_json::to_string(&day).unwrap();
    assert_eq!(json, "\"2026-12-25\"");
    assert_eq!(serde_json::from_str::<Date>(&json).unwrap(), day);
    let bytes = postcard::to_stdvec(&day).unwrap();
    assert_eq!(postcard::from_bytes::<Date>(&bytes).unwrap(), day);
    let error = serde_json::from_str::<Date>("\"2026-02-30\"").unwrap_err().to_string();
    assert!(error.starts_with("\"2026-02-30\" is not a day"), "{error}");
    assert_eq!(serde_json::to_string(&Weekday::ALL[6]).unwrap(), "\"sunday\"");
}

#[test]
fn what_is_due_waits_for_a_working_day() {
    let holidays = ["2026-12-25", "2026-12-28", "2027-01-01"].map(date).into();
    let calendar = Calendar { zone: zone("Europe/Berlin"), holidays };
    assert!(calendar.is_holiday(date("2026-12-28")) && !calendar.is_holiday(date("2026-12-26")));
    let due = |from: &str, days: u32, skip: SkipDays| {
        shown(calendar.due_at(at(from), days, skip).unwrap(), calendar.zone)
    };
    // Wednesday, 23 December.
    let from = "2026-12-23T10:15:00Z";
    assert_eq!(due(from, 0, BOTH), "2026-12-23 00:00:00 +01:00");
    assert_eq!(due(from, 1, BOTH), "2026-12-24 00:00:00 +01:00");
    assert_eq!(due(from, 2, NONE), "2026-12-25 00:00:00 +01:00");
    let weekends = SkipDays { weekends: true, ..NONE };
    assert_eq!(due(from, 2, weekends), "2026-12-25 00:00:00 +01:00");
    assert_eq!(due(from, 3, weekends), "2026-12-28 00:00:00 +01:00");
    let holidays = SkipDays { holidays: true, ..NONE };
    assert_eq!(due(from, 2, holidays), "2026-12-26 00:00:00 +01:00");
    // Holiday, Saturday, Sunday, holiday.
    assert_eq!(due(from, 2, BOTH), "2026-12-29 00:00:00 +01:00");
    assert_eq!(due(from, 9, BOTH), "2027-01-04 00:00:00 +01:00");
    // The day is the one in Berlin: there it is the 24th already.
    assert_eq!(due("2026-12-23T23:00:00Z", 1, NONE), "2026-12-25 00:00:00 +01:00");
    assert_eq!(due("2026-12-23T22:59:59.999999Z", 1, NONE), "2026-12-24 00:00:00 +01:00");
    assert_eq!(calendar.due_at(at(from), u32::MAX, NONE), None);
    assert_eq!(calendar.due_at(Timestamp::NEVER, 1, NONE), None);
}

#[test]
fn a_day_without_midnight_begins_when_the_clocks_have_been_set() {
    let begins = |name: &str, day: &str| {
        let calendar = Calendar { zone: zone(name), holidays: BTreeSet::new() };
        let noon = calendar.instant(date(day), 720, calendar.zone).unwrap();
        shown(calendar.due_at(noon, 0, NONE).unwrap(), calendar.zone)
    };
    // 24:00 becomes 01:00.
    assert_eq!(begins("America/Santiago", "2026-09-06"), "2026-09-06 01:00:00 -03:00");
    assert_eq!(begins("America/Santiago", "2026-09-07"), "2026-09-07 00:00:00 -03:00");
    // 24:00 becomes 23:00, and the next day begins an hour later.
    assert_eq!(begins("America/Santiago", "2026-04-05"), "2026-04-05 00:00:00 -04:00");
    // 23:30 becomes 00:30.
    assert_eq!(begins("America/Toronto", "1919-03-31"), "1919-03-31 00:30:00 -04:00");
    // 01:00 becomes 00:00: the first of two midnights.
    assert_eq!(begins("America/Havana", "2026-11-01"), "2026-11-01 00:00:00 -04:00");
    // 30 December was left out.
    assert_eq!(begins("Pacific/Apia", "2011-12-31"), "2011-12-31 00:00:00 +14:00");
}
