use super::*;

fn day(year: i16, month: u8, day: u8) -> Moment {
    Moment { year, month, day, hour: 0, minute: 0 }
}

#[test]
fn days_are_counted_over_leap_years() {
    assert_eq!(day(1970, 1, 1).days(), 0);
    assert_eq!(day(1969, 12, 31).days(), -1);
    assert_eq!(day(2000, 2, 29).days(), 11_016);
    assert_eq!(day(2026, 12, 3).days(), 20_790);
    assert_eq!(day(2024, 3, 1).days() - day(2024, 2, 28).days(), 2);
    assert_eq!(day(2100, 3, 1).days() - day(2100, 2, 28).days(), 1);
    let later = Moment { hour: 18, minute: 42, ..day(2026, 12, 3) };
    assert_eq!(later.minutes() - day(2026, 12, 3).minutes(), 18 * 60 + 42);
}

#[test]
fn a_duration_is_said_by_its_two_largest_units() {
    let said = |minutes| duration(minutes, Language::English).replace('\u{A0}', " ");
    assert_eq!(said(72), "1 h 12 min");
    assert_eq!(said(60), "1 h");
    assert_eq!(said(3 * 1440 + 4 * 60 + 59), "3 d 4 h");
    assert_eq!(said(2 * 1440 + 5), "2 d");
    assert_eq!(said(0), "less than a minute");
    assert_eq!(duration(72, Language::Russian), "1\u{A0}ч 12\u{A0}мин");
}

#[test]
fn a_moment_is_said_for_people_and_for_machines() {
    let at = Moment { hour: 0, minute: 5, ..day(2026, 12, 3) };
    assert_eq!(at.date_without_year(Language::French), "3 déc.");
    assert_eq!(at.machine(), "2026-12-03T00:05");
}
