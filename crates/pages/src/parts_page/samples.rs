//! The parts in each of their states.

use super::PartsPage;
use crate::chart::{AgesChart, BalanceChart, Bar, Point, RatePoint, RatesChart};
use crate::{
    Badge, Cell, Choice, Column, Field, FieldKind, Link, Moment, Money, Notice, Row, Table, Tone,
};

impl PartsPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let until = Moment { year: 2026, month: 11, day: 29, hour: 18, minute: 42 };
        let badges = vec![
            Badge::On,
            Badge::Off,
            Badge::EndsSoon,
            Badge::Reserved,
            Badge::Waiting,
            Badge::Other(Tone::Calm, "Über-long name of a role".into()),
        ];
        let amounts = [11_930_000, 0, -124_000, 12_345_678_900, 12_345].map(eur).to_vec();
        vec![(
            "all",
            Self {
                badges,
                notices: notices(),
                fields: fields(),
                table: table(),
                amounts,
                until,
                balance: balance(),
                ages: ages(),
                rates: rates(),
            },
        )]
    }
}

/// Hundredths of a cent.
fn eur(units: i128) -> Money {
    Money::new(units * 100, "EUR", 2)
}

fn notices() -> Vec<Notice> {
    let paid = Notice {
        details: vec!["10.00 EUR → 1,193 XPF".into(), "Internet 100 is on.".into()],
        links: vec![Link::new("Statement", "#"), Link::new("Take it back", "#")],
        ..Notice::new(Tone::On, "Payment taken.")
    };
    vec![
        paid,
        Notice::new(Tone::Soon, "Internet 100 ends in 1 h 12 min."),
        Notice::new(Tone::Off, "12.40 EUR are missing."),
        Notice::new(Tone::Held, "A call is running; 0.60 EUR are reserved."),
    ]
}

fn fields() -> Vec<Field> {
    let choices = vec![
        Choice { hint: "1,193 XPF".into(), ..Choice::new("1", "Internet 1000 0423 7") },
        Choice { is_disabled: true, ..Choice::new("2", "TV 1000 0424 5") },
    ];
    vec![
        Field::new("amount", "Amount", FieldKind::Money { unit: "EUR".into() })
            .with_value("12.4x")
            .with_error("This is no amount.")
            .with_hint("What the customer pays."),
        Field::new(
            "paid",
            "Paid",
            FieldKind::MoneyIn {
                currencies: vec!["EUR".into(), "XPF".into()],
                chosen: "XPF".into(),
            },
        ),
        Field::new("reference", "Reference", FieldKind::Text).optional(),
        Field::new("hours", "Duration", FieldKind::Number { unit: "h".into() }).with_value("72"),
        Field::new("until", "Until", FieldKind::DateTime).with_value("2026-12-03T00:00"),
        Field::new("account", "Account", FieldKind::Select(choices.clone())),
        Field::new("other", "Which one", FieldKind::Radio(choices)).with_value("1"),
        Field::new("note", "Note", FieldKind::Lines).optional(),
        Field::new("terms", "The customer accepts the terms", FieldKind::Tick).with_value("yes"),
        Field::new("code", "Code", FieldKind::Code).with_value("402913"),
        Field::new("password", "Password", FieldKind::Password)
            .with_autocomplete("current-password"),
        Field::new("step", "", FieldKind::Hidden).with_value("2"),
    ]
}

fn table() -> Table {
    let row = |name: &str, below: &str, units, badge| {
        Row::new([
            Cell::LinkTwice(Link::new(name, "#"), below.into()),
            Cell::Badge(badge),
            Cell::Figure(eur(units)),
            Cell::Empty,
        ])
    };
    Table {
        caption: "Debtors".into(),
        columns: vec![
            Column::text("Customer"),
            Column::text("State"),
            Column::figure("EUR"),
            Column::figure("Reserved"),
        ],
        rows: vec![
            row("Amélie Tetuanui", "1000 0423 7", 124_000, Badge::Off),
            row("Ольга Константинопольская-Вознесенская", "1000 0424 5", 10_050, Badge::On),
            row("<script>alert(1)</script>", "", -3, Badge::EndsSoon),
        ],
    }
}

fn at(month: u8, day: u8) -> Moment {
    Moment { year: 2026, month, day, hour: 0, minute: 0 }
}

fn xpf(day: u8, balance: i128) -> Point {
    Point { at: at(11, day), balance: balance * 10_000 }
}

/// An account in XPF that is switched off in December.
pub(crate) fn balance() -> BalanceChart {
    let steps = [(1, 240), (3, 1_240), (8, 440), (12, 410), (15, 1_410), (19, 1_250), (24, 193)];
    BalanceChart {
        id: "balance".into(),
        account_number: "1000 0423 7".into(),
        currency: "XPF".into(),
        exponent: 0,
        points: steps.map(|(day, balance)| xpf(day, balance)).to_vec(),
        now: Moment { hour: 17, minute: 30, ..at(11, 29) },
        credit: Some(10_000_000),
        forecast: vec![Point { at: at(12, 3), balance: -8_070_000 }],
        off_at: Some(at(12, 8)),
    }
}

/// Twelve months.
pub(crate) fn ages() -> AgesChart {
    let bar = |month: u8| {
        let owed = i128::from(month) * 100_000_000;
        let ages = [owed * 3 + 900_000_000, owed * 2, 700_000_000 - owed / 2, owed + 200_000_000];
        Bar { at: at(month, 1), ages }
    };
    AgesChart {
        id: "ages".into(),
        currency: "EUR".into(),
        exponent: 2,
        bars: (1..=11).map(bar).collect(),
    }
}

/// The peg of the Pacific franc does not move; the dollar does.
pub(crate) fn rates() -> RatesChart {
    let rates = ["1.0832", "1.0871", "1.0868", "1.0903", "1.0899", "1.0915", "1.0847", "1.0790"];
    let points = (2_u8..).step_by(3).zip(rates).map(|(day, rate)| RatePoint {
        at: at(11, day),
        rate: rate.into(),
        source: "ecb".into(),
    });
    RatesChart {
        id: "rates".into(),
        base: "EUR".into(),
        quote: "USD".into(),
        points: points.collect(),
    }
}
