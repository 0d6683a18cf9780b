//! Accounts in each state.

use super::{Account, CreditKind, CreditLine, EntryLine, Explained, Explains};
use crate::console::customer::{AccountCard, Customer};
use crate::{Link, Moment, Tab};

impl Account {
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("empty", empty()),
            ("many", many()),
            ("finer", finer()),
            ("without_limit", without_limit()),
        ]
    }
}

const XPF: i128 = 10_000;

fn at(day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute }
}

fn internet() -> AccountCard {
    let customers = Customer::samples();
    let amelie = customers.into_iter().find(|it| it.0 == "many").map(|it| it.1);
    amelie.and_then(|it| it.accounts.into_iter().next()).unwrap_or_default()
}

fn empty() -> Account {
    Account {
        customer: Link::new("Jean-Noël O’Brien", "/console/customers/cus_14"),
        card: AccountCard {
            number: "1000 0999 8".into(),
            currency: "KWD".into(),
            exponent: 3,
            credit: Some(0),
            available: Some(0),
            ..AccountCard::default()
        },
        actions: vec![Link::new("Take a payment", "#")],
        ..Account::default()
    }
}

fn entry(position: u64, day: u8, title: &str, amount: i128, balance: i128) -> EntryLine {
    EntryLine {
        position,
        at: at(day, 9 + day % 12, day % 60),
        second: day % 60,
        title: title.into(),
        amount: amount * XPF,
        balance: balance * XPF,
        ..EntryLine::default()
    }
}

fn call() -> EntryLine {
    let part = |second, amount| EntryLine {
        second,
        title: "Use".into(),
        ..entry(90_400 + u64::from(second), 29, "", amount, 0)
    };
    EntryLine {
        detail: "72 s, night band".into(),
        explanation: vec![
            Explained {
                href: "/console/catalogue/calls".into(),
                ..Explained::new(Explains::Tariff, "Calls abroad, version 7")
            },
            Explained::new(Explains::Destination, "+33, France, landline"),
            Explained::new(Explains::Quantity, "72 s, billed as 120 s (by the minute)"),
            Explained::new(Explains::Band, "night, 22:00 to 06:00"),
            Explained::new(Explains::Price, "0.05 EUR a minute"),
            Explained {
                href: "/console/rates/EUR/XPF".into(),
                ..Explained::new(Explains::Rate, "1 EUR = 119.33 XPF (ecb, 28 Nov 2026)")
            },
            Explained::new(Explains::By, "switch-2"),
            Explained::new(Explains::Channel, "diameter"),
            Explained::new(Explains::Contra, "revenue:calls"),
            Explained::new(Explains::Entry, "90412"),
        ],
        parts: vec![part(10, -6), part(40, -6)],
        ..entry(90_412, 29, "Call to +33 1 99 00 12 34", -12, 193)
    }
}

fn many() -> Account {
    let payment = EntryLine {
        detail: "10.00 EUR · 1 EUR = 119.33 XPF (ecb, 28 Nov)".into(),
        explanation: vec![
            Explained::new(Explains::Original, "10.00 EUR"),
            Explained::new(Explains::Reference, "KIOSK-2026-11-28-004217"),
            Explained::new(Explains::By, "kiosk-papeete-3"),
        ],
        ..entry(90_377, 28, "Payment · kiosk", 1_193, 205)
    };
    let correction = EntryLine {
        explanation: vec![
            Explained::new(Explains::By, "M. Ortiz"),
            Explained::new(Explains::Reason, "Goodwill: the line was down on 26 November"),
        ],
        ..entry(90_300, 27, "Correction", 250, -988)
    };
    let tab = |text: &str, is_current| Tab { link: Link::new(text, "?kind=1"), is_current };
    let card = internet();
    let mut chart = card.chart.clone().unwrap_or_default();
    chart.id = "balance-chart".into();
    Account {
        customer: Link::new("Amélie Tetuanui", "/console/customers/cus_12"),
        ceiling: Some(5_000 * XPF),
        credits: vec![
            credit(CreditKind::Permanent, Some(500 * XPF), None, "K. Teriierooiterai", ""),
            credit(
                CreditKind::Temporary,
                Some(500 * XPF),
                Some(at(30, 0, 0)),
                "M. Ortiz",
                "line down",
            ),
        ],
        actions: vec![Link::new("Take a payment", "#"), Link::new("Correct the balance", "#")],
        chart,
        from: "2026-11-01".into(),
        filters: vec![tab("all", true), tab("payments", false), tab("use", false)],
        entries: vec![
            call(),
            payment,
            correction,
            entry(90_250, 24, "Fee · Internet 100, 24 Nov to 3 Dec", -1_057, -1_238),
            entry(90_249, 24, "Service switched on · Internet 100", 0, -181),
        ],
        older: "?before=90249".into(),
        exports: vec![Link::new("CSV", "?as=csv"), Link::new("PDF", "?as=pdf")],
        card,
        ..Account::default()
    }
}

fn credit(
    kind: CreditKind,
    amount: Option<i128>,
    until: Option<Moment>,
    by: &str,
    reason: &str,
) -> CreditLine {
    let end_href = if kind == CreditKind::Permanent { "" } else { "/console/credits/crd_34-1/end" };
    CreditLine {
        kind,
        amount,
        until,
        by: by.into(),
        reason: reason.into(),
        end_href: end_href.into(),
    }
}

/// Use is finer than the minor unit.
fn finer() -> Account {
    let fine = |position, amount, balance| EntryLine {
        amount,
        balance,
        ..entry(position, 29, "Data · 1.2 MB", 0, 0)
    };
    let mut account = many();
    account.card.currency = "EUR".into();
    account.card.exponent = 2;
    account.entries = vec![
        fine(3, -12_345, 99_987_655),
        fine(2, -1_000_000, 100_000_000),
        fine(1, 101_000_000, 101_000_000),
    ];
    account
}

fn without_limit() -> Account {
    let mut account = many();
    account.card.credit = None;
    account.card.available = None;
    account.card.is_closed = true;
    account.card.balance = -1_234_567_890_123 * XPF;
    account.credits = vec![credit(CreditKind::Permanent, None, None, "import", "")];
    account.chart = Default::default();
    account
}
