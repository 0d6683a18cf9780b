//! Statements in each state.

use super::Statement;
use crate::care::home::{Home, Purse};
use crate::chart::{BalanceChart, Point};
use crate::console::account::{EntryLine, Explained, Explains};
use crate::{Link, Moment, Tab};

const XPF: i128 = 10_000;

fn at(day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute }
}

fn purse() -> Purse {
    let homes = Home::samples().into_iter();
    let one = homes.filter(|it| it.0 == "one").flat_map(|it| it.1.purses).next();
    one.unwrap_or_default()
}

fn entry(position: u64, at: Moment, title: &str, amount: i128, balance: i128) -> EntryLine {
    let title = title.into();
    let (amount, balance) = (amount * XPF, balance * XPF);
    EntryLine { position, at, title, amount, balance, ..EntryLine::default() }
}

fn entries() -> Vec<EntryLine> {
    let part = |second, amount| EntryLine {
        second,
        ..entry(90_400 + u64::from(second), at(29, 14, 2), "Use", amount, 0)
    };
    let call = EntryLine {
        detail: "to +33 1 99 00 12 34, 72 s, night".into(),
        explanation: vec![
            Explained::new(Explains::Tariff, "Calls abroad"),
            Explained::new(Explains::Quantity, "72 s, billed as 120 s (by the minute)"),
            Explained::new(Explains::Price, "0.05 EUR a minute"),
            Explained::new(Explains::Rate, "1 EUR = 119.33 XPF (ecb, 28 Nov 2026)"),
        ],
        parts: vec![part(11, -6), part(12, -6)],
        ..entry(90_412, at(29, 14, 3), "Call", -12, 193)
    };
    let payment = EntryLine {
        detail: "by card".into(),
        explanation: vec![
            Explained::new(Explains::Original, "10.00 EUR"),
            Explained::new(Explains::Rate, "1 EUR = 119.33 XPF (ecb, 28 Nov 2026)"),
            Explained::new(Explains::Reference, "4417-0093"),
        ],
        ..entry(90_350, at(28, 9, 31), "Payment", 1_193, 205)
    };
    vec![
        call,
        payment,
        entry(90_249, at(28, 9, 31), "Internet 100 switched on", 0, -988),
        entry(90_250, at(24, 0, 0), "Fee · Internet 100, 24 Nov to 3 Dec", -1_057, -988),
    ]
}

fn chart() -> BalanceChart {
    let point = |day, hour, balance: i128| Point { at: at(day, hour, 0), balance: balance * XPF };
    BalanceChart {
        id: "balance-chart".into(),
        account_number: "1000 0423 7".into(),
        currency: "XPF".into(),
        points: vec![point(20, 0, 69), point(24, 0, -988), point(28, 9, 205), point(29, 14, 193)],
        now: at(29, 17, 30),
        credit: Some(1_000 * XPF),
        ..BalanceChart::default()
    }
}

fn many() -> Statement {
    let tab = |text: &str, is_current| Tab { link: Link::new(text, "?account=1"), is_current };
    Statement {
        accounts: vec![tab("Internet", true), tab("TV", false)],
        purse: purse(),
        chart: Some(chart()),
        carried: vec![("account".into(), "10000423".into())],
        entries: entries(),
        older: "?account=10000423&before=90249".into(),
        exports: vec![Link::new("CSV", "?as=csv"), Link::new("PDF", "?as=pdf")],
        ..Statement::default()
    }
}

/// Use is finer than the minor unit, and sums are long.
fn finer() -> Statement {
    let mut statement = many();
    statement.purse.currency = "EUR".into();
    statement.purse.exponent = 2;
    let fine = |position, amount, balance| EntryLine {
        amount,
        balance,
        ..entry(position, at(29, 9, 5), "Data · 1.2 MB · GlasfaserHochgeschwindigkeit", 0, 0)
    };
    statement.entries =
        vec![fine(3, -12_345, 99_987_655), fine(1, 123_456_789_012_345, 123_456_789_012_345)];
    statement.accounts = Vec::new();
    statement
}

impl Statement {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let one = Self { accounts: Vec::new(), older: String::new(), ..many() };
        let none = Self { entries: Vec::new(), older: String::new(), ..many() };
        vec![
            ("empty", Self { chart: None, exports: Vec::new(), ..none.clone() }),
            ("one", Self { entries: entries().into_iter().take(1).collect(), ..one }),
            ("many", many()),
            ("found", Self { q: "call".into(), from: "2026-11-01".into(), ..many() }),
            ("not_found", Self { q: "zeppelin".into(), ..none }),
            ("finer", finer()),
        ]
    }
}
