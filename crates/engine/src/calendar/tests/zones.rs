use super::*;

#[test]
fn a_zone_is_spelt_as_in_the_database() {
    for name in ["Europe/Berlin", "America/Santiago", "UTC", "Etc/UTC", "Pacific/Noumea", "CET"] {
        let found = zone(name);
        assert_eq!(found.as_str(), name);
        assert_eq!(found, zone(name));
    }
    assert_eq!(Zone::default(), zone("UTC"));
    assert_ne!(zone("Europe/Berlin"), zone("Europe/Paris"));
    assert!(zone("Europe/Paris") > zone("Europe/Berlin"));
}

#[test]
fn an_unknown_zone_is_refused() {
    let names = [
        "",
        "Mars/Olympus",
        "europe/berlin",
        "EUROPE/BERLIN",
        "utc",
        "Etc/Unknown",
        "+01:00",
        "Europe/Berlin ",
        "../etc/localtime",
        "posix/Europe/Berlin",
    ];
    for name in names {
        assert_eq!(Zone::new(name), None, "{name:?}");
    }
}

#[test]
fn a_zone_is_its_name_in_the_journal() {
    let berlin = zone("Europe/Berlin");
    let json = serde_json::to_string(&berlin).unwrap();
    assert_eq!(json, "\"Europe/Berlin\"");
    assert_eq!(serde_json::from_str::<Zone>(&json).unwrap(), berlin);
    let bytes = postcard::to_stdvec(&berlin).unwrap();
    assert_eq!(postcard::from_bytes::<Zone>(&bytes).unwrap(), berlin);
    let error = serde_json::from_str::<Zone>("\"Europe/Nowhere\"").unwrap_err().to_string();
    assert!(error.starts_with("\"Europe/Nowhere\" is not a time zone"), "{error}");
}

#[test]
fn what_the_clock_shows_changes_with_the_clock() {
    let (calendar, berlin) = (Calendar::default(), zone("Europe/Berlin"));
    let minute = |text: &str| calendar.civil(at(text), berlin).unwrap().minute;
    // 29 March 2026: 02:00 to 03:00 is left out.
    assert_eq!(minute("2026-03-29T00:59:59.999999Z"), 119);
    assert_eq!(minute("2026-03-29T01:00:00Z"), 180);
    // 25 October 2026: 02:00 to 03:00 comes twice.
    assert_eq!(minute("2026-10-25T00:59:59Z"), 179);
    assert_eq!(minute("2026-10-25T01:00:00Z"), 120);
    let change = |text: &str| shown(berlin.next_change(at(text)).unwrap(), zone("UTC"));
    assert_eq!(change("2026-03-29T00:59:59Z"), "2026-03-29 01:00:00 +00:00");
    assert_eq!(change("2026-03-29T01:00:00Z"), "2026-10-25 01:00:00 +00:00");
    assert_eq!(change("2126-06-01T00:00:00Z"), "2126-10-27 01:00:00 +00:00");
    assert_eq!(zone("UTC").next_change(at("2026-03-29T00:00:00Z")), None);
    assert_eq!(zone("Asia/Tokyo").next_change(at("2026-03-29T00:00:00Z")), None);
}

#[test]
fn every_part_of_a_moment_is_named() {
    let holidays = [date("2026-12-25")].into();
    let calendar = Calendar { zone: zone("Europe/Berlin"), holidays };
    // Still Christmas in Berlin, a day before in Santiago's evening.
    let moment = at("2026-12-25T00:01:02.345678Z");
    let civil = Civil {
        date: date("2026-12-25"),
        weekday: Weekday::Friday,
        minute: 61,
        micros: 2_345_678,
        is_holiday: true,
    };
    assert_eq!(calendar.civil(moment, calendar.zone), Some(civil));
    let civil = Civil {
        date: date("2026-12-24"),
        weekday: Weekday::Thursday,
        minute: 21 * 60 + 1,
        micros: 2_345_678,
        is_holiday: false,
    };
    assert_eq!(calendar.civil(moment, zone("America/Santiago")), Some(civil));
    assert_eq!(calendar.civil(Timestamp::NEVER, calendar.zone), None);
    assert_eq!(calendar.civil(Timestamp::MIN, calendar.zone), None);
}

#[test]
fn a_minute_of_a_day_is_one_moment() {
    let (calendar, berlin) = (Calendar::default(), zone("Europe/Berlin"));
    let instant = |day: &str, minute: u16| calendar.instant(date(day), minute, berlin);
    assert_eq!(instant("2026-11-27", 0), Some(at("2026-11-26T23:00:00Z")));
    assert_eq!(instant("2026-11-27", 1_439), Some(at("2026-11-27T22:59:00Z")));
    assert_eq!(instant("2026-11-27", 1_440), None);
    assert_eq!(instant("2026-11-27", u16::MAX), None);
    // Left out: as much later as the clocks are set.
    assert_eq!(instant("2026-03-29", 150), Some(at("2026-03-29T01:30:00Z")));
    // Twice: the first.
    assert_eq!(instant("2026-10-25", 150), Some(at("2026-10-25T00:30:00Z")));
    assert_eq!(calendar.instant(date("9999-12-31"), 1_439, berlin), None);
}
