use super::*;

fn say(language: Language) -> Say {
    Say { language, now: Moment { year: 2026, month: 11, day: 29, hour: 17, minute: 30 } }
}

fn at(month: u8, day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month, day, hour, minute }
}

#[test]
fn what_is_near_is_said_shorter() {
    let say = say(Language::English);
    assert_eq!(say.moment_text(&at(11, 29, 18, 42)), "18:42");
    assert_eq!(say.moment_text(&at(12, 3, 0, 0)), "3 Dec, 00:00");
    let past = Moment { year: 2025, ..at(12, 3, 0, 0) };
    assert_eq!(say.moment_text(&past), "3 Dec 2025, 00:00");
    assert_eq!(say.day_name(&at(11, 29, 0, 0)), "Today");
    assert_eq!(say.day_name(&at(11, 28, 23, 59)), "Yesterday");
    assert_eq!(say.away(&at(11, 29, 18, 42)).replace('\u{A0}', " "), "in 1 h 12 min");
    assert_eq!(say.away(&at(11, 28, 17, 30)).replace('\u{A0}', " "), "1 d ago");
}

#[test]
fn money_keeps_its_minor_unit_apart_and_says_its_sign() {
    let say = say(Language::French);
    let money = Money::new(1_193_400_000, "EUR", 2);
    assert_eq!(
        say.money(&money).as_str(),
        "<span class=\"sum\"><span class=\"money\">1\u{202F}193\
         <span class=\"fraction f3\">,40</span></span>\
         \u{A0}<span class=\"currency\">EUR</span></span>"
    );
    assert!(say.moved(&money).as_str().contains(">+1"));
    let less = say.moved(&money.same(-10_000_000));
    assert!(less.as_str().contains("money negative\">\u{2212}10<"), "{less}");
    assert_eq!(say.limit(&None).as_str(), "sans limite");
    assert_eq!(say.decimal("119.33"), "119,33");
}

#[test]
fn what_people_wrote_is_escaped() {
    let say = say(Language::English);
    let money = Money::new(10_000, "<b>", 0);
    assert!(say.money(&money).as_str().contains("&#60;b&#62;"));
    let badge = Badge::Other(Tone::Calm, "<i>".into());
    assert!(say.badge(&badge).as_str().contains("&#60;i&#62;"));
}
