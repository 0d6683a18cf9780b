use super::*;
use crate::{Language, Theme};

fn say() -> Say {
    crate::gallery::console_shell(Language::English, Theme::System).say()
}

fn at(day: u8, hour: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute: 0 }
}

#[test]
fn days_are_counted_there_and_back() {
    for day in [-719_468, -1, 0, 11_016, 20_790, 47_540] {
        assert_eq!(civil(day).days(), day);
    }
}

#[test]
fn lines_are_drawn_at_round_values() {
    let scale = Scale { least: -1_000, most: 2_500, top: 0, bottom: 100 };
    assert_eq!(scale.ticks(5), [-1_000, 0, 1_000, 2_000]);
    let scale = Scale { least: 13, most: 61, top: 0, bottom: 100 };
    assert_eq!(scale.ticks(5), [20, 30, 40, 50, 60]);
    assert_eq!(scale.place(61), 0);
    assert_eq!(scale.place(13), 100);
}

#[test]
fn one_value_alone_is_a_scale_too() {
    let scale = Scale::over([5], 0, 100);
    assert_eq!(scale.place(5), 50);
    let scale = Scale::over([], 0, 100);
    assert_eq!(scale.place(0), 50);
}

#[test]
fn a_balance_is_drawn_as_steps_with_its_limit_and_its_forecast() {
    let chart = BalanceChart {
        id: "chart".into(),
        account_number: "1000 0423 7".into(),
        currency: "XPF".into(),
        exponent: 0,
        points: vec![
            Point { at: at(1, 0), balance: 5_000_000 },
            Point { at: at(11, 0), balance: 1_930_000 },
        ],
        now: at(21, 0),
        credit: Some(10_000_000),
        forecast: vec![Point { at: at(26, 0), balance: -8_000_000 }],
        off_at: Some(at(26, 0)),
    };
    let html = chart.html(say()).to_string();
    // Across and down, and never along a slope.
    for line in html.split("<line class=\"line\" ").skip(1) {
        let value = |name: &str| {
            let (_, after) = line.split_once(&format!("{name}=\"")).unwrap();
            after.split('"').next().unwrap().to_owned()
        };
        assert!(value("x1") == value("x2") || value("y1") == value("y2"), "{line}");
    }
    assert!(html.contains("class=\"limit\""));
    assert!(html.contains(">off 26 Nov, 00:00</text>"));
    assert!(html.contains("<desc id=\"chart-text\">Balance of account 1000 0423 7 in XPF"));
    assert!(html.contains("between 193\u{A0}XPF and 500\u{A0}XPF"), "{html}");
    assert!(html.contains("role=\"img\" aria-labelledby=\"chart-title chart-text\""));
}

#[test]
fn without_points_there_are_words_instead_of_a_drawing() {
    for html in [
        BalanceChart::default().html(say()),
        AgesChart::default().html(say()),
        RatesChart::default().html(say()),
    ] {
        assert_eq!(html.as_str(), "<p class=\"quiet\">There is nothing to draw yet.</p>");
    }
}

#[test]
fn bars_stand_on_each_other_and_say_their_sum() {
    let first = Bar { at: at(1, 0), ages: [1_000_000, 0, 0, 0] };
    let last = Bar { at: at(2, 0), ages: [2_000_000, 1_000_000, 0, 1_000_000] };
    let html = ages(vec![first, last]);
    assert_eq!(html.matches("<rect class=\"age ").count(), 4);
    assert!(html.contains("last 4.00\u{A0}EUR"), "{html}");
    assert!(html.contains("</svg>0–30 days</li>"), "{html}");
}

#[test]
fn what_is_owed_at_one_moment_is_a_band_with_its_figures_beside_the_words() {
    let html = ages(vec![Bar { at: at(1, 0), ages: [2_000_000, 1_000_000, 0, 1_000_000] }]);
    assert_eq!(html.matches("<rect class=\"age ").count(), 3);
    for (left, width) in [("0.00%", "25.00%"), ("25.00%", "25.00%"), ("50.00%", "50.00%")] {
        assert!(html.contains(&format!("x=\"{left}\" y=\"1\" width=\"{width}\"")), "{html}");
    }
    assert!(html.contains("</svg>0–30 days: 2.00</li>"), "{html}");
    assert!(html.contains("</svg>61–90 days</li>"), "{html}");
    assert!(html.contains("last 4.00\u{A0}EUR"), "{html}");
    assert!(!html.contains("class=\"chart scale\""), "{html}");
}

fn ages(bars: Vec<Bar>) -> String {
    let chart = AgesChart { id: "ages".into(), currency: "EUR".into(), exponent: 2, bars };
    chart.html(say()).to_string()
}
