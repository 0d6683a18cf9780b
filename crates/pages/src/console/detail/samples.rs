//! A subscription that is off, and a delivery with what was sent.

use super::{Detail, Fact, Part};
use crate::console::timeline::{Lead, Line, Timeline};
use crate::{Badge, Cell, Column, Link, Moment, Money, Notice, Row, Table, Tone};

impl Detail {
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("subscription", subscription()), ("delivery", delivery()), ("bare", bare())]
    }
}

fn at(day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute }
}

fn bare() -> Detail {
    Detail { title: "Ольга Вознесенская".into(), ..Detail::default() }
}

fn subscription() -> Detail {
    let eur = |cents: i128| Money::new(cents * 10_000, "EUR", 2);
    let notice = Notice {
        details: vec![
            "A payment of 12.40 EUR to TV brings it on at once.".into(),
            "A promised payment would bring it on until 6 Dec, 00:00.".into(),
        ],
        links: vec![Link::new("Take a payment", "#"), Link::new("Promised payment", "#")],
        ..Notice::new(Tone::Off, "Its period from 1 Dec is not paid: 12.40 EUR are missing.")
    };
    let switched = Line {
        at: at(29, 13, 40),
        second: 5,
        what: "Period unpaid".into(),
        lead: Lead::State(Badge::Off),
        ..Line::default()
    };
    Detail {
        back: Link::new("Amélie Tetuanui", "/console/customers/cus_12"),
        title: "TV Family".into(),
        subtitle: "sub_35-1".into(),
        state: Some(Badge::Off),
        notice: Some(notice),
        actions: vec![Link::new("Change the service", "#"), Link::new("End a service", "#")],
        facts: vec![
            Fact::new("Account", Cell::link("TV 1000 0424 5", "/console/accounts/acc_35")),
            Fact::new("Tariff", Cell::text("12.40 EUR a month, on the 1st, version 7")),
            Fact::new("Price", Cell::Money(eur(1_240))),
            Fact::new("Started", Cell::Day(at(1, 0, 0))),
            Fact::new("Priority", Cell::Count(2)),
            Fact::new("Login", Cell::text("amelie.tetuanui.television@fenua.example")),
        ],
        parts: Vec::new(),
        timeline: Some(Timeline { lines: vec![switched], ..Timeline::default() }),
    }
}

fn delivery() -> Detail {
    let attempt = |when, answer: &str| Row::new([Cell::Moment(when), Cell::text(answer)]);
    let attempts = Table {
        caption: "Attempts".into(),
        columns: vec![Column::text("When"), Column::text("Answer")],
        rows: vec![
            attempt(at(29, 17, 29), "500 Internal Server Error"),
            attempt(at(29, 17, 14), "connection refused"),
        ],
    };
    let text = "{\n  \"type\": \"subscription.switched_off\",\n  \"data\": {\"subscription\": \
                \"sub_35-1\", \"cause\": \"<period_unpaid>\", \"account\": \"acc_35\"}\n}";
    Detail {
        back: Link::new("Webhooks", "/console/webhooks"),
        title: "subscription.switched_off".into(),
        subtitle: "whd_17".into(),
        state: Some(Badge::Failed),
        facts: vec![Fact::new("Endpoint", Cell::link("crm.fenua.example/sporran", "#"))],
        parts: vec![
            Part::Table { title: "Attempts".into(), table: attempts, empty: String::new() },
            Part::Code { title: "What was sent".into(), text: text.into() },
        ],
        ..Detail::default()
    }
}
