//! Home in each of its states.

use super::{Door, Home, Promised, Purse, Running, Service, ServiceState, Standing, Why};
use crate::{Moment, Money};

const XPF: i128 = 10_000;
const CENT: i128 = 10_000;

fn at(month: u8, day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month, day, hour, minute }
}

fn euros(cents: i128) -> Money {
    Money::new(cents * CENT, "EUR", 2)
}

fn service(name: &str, state: ServiceState) -> Service {
    let anchor = name.to_lowercase().replace(' ', "-");
    Service {
        name: name.into(),
        href: format!("/my/services#{anchor}"),
        state,
        ..Service::default()
    }
}

/// As UI.md draws it.
fn internet() -> Purse {
    Purse {
        name: "Internet".into(),
        number: "1000 0423 7".into(),
        href: "/my/statement?account=10000423".into(),
        standing: Standing::On { until: Some(at(12, 3, 0, 0)) },
        currency: "XPF".into(),
        exponent: 0,
        to_spend: Some(1_193 * XPF),
        balance: 193 * XPF,
        credit: Some(1_000 * XPF),
        to_pay: Some(800 * XPF),
        pay_href: "/my/pay?account=10000423".into(),
        services: vec![
            service("Internet 100", ServiceState::PaidTo(at(12, 3, 0, 0))),
            service("Turbo 500", ServiceState::EndsAt(at(11, 29, 18, 42))),
        ],
        ..Purse::default()
    }
}

fn television() -> Purse {
    let why = Why::Missing(euros(12_40));
    Purse {
        name: "TV".into(),
        number: "1000 0424 5".into(),
        href: "/my/statement?account=10000424".into(),
        standing: Standing::Off { since: Some(at(12, 1, 0, 0)) },
        currency: "EUR".into(),
        exponent: 2,
        to_spend: Some(-12_40 * CENT),
        balance: -12_40 * CENT,
        credit: Some(0),
        to_pay: Some(12_40 * CENT),
        pay_href: "/my/pay?account=10000424".into(),
        later_href: "/my/promise/10000424".into(),
        services: vec![service("TV Family", ServiceState::Off { since: at(12, 1, 0, 0), why })],
        ..Purse::default()
    }
}

fn call() -> Running {
    Running {
        what: "Call to +33 1 99 00 12 34".into(),
        since: Some(at(11, 29, 17, 28)),
        used: "72 s".into(),
        reserved: euros(60),
        account: "Internet".into(),
    }
}

fn doors() -> Vec<Door> {
    vec![Door::Turbo, Door::Films, Door::Statement]
}

fn home(purses: Vec<Purse>) -> Home {
    Home { purses, doors: doors(), running: Vec::new() }
}

/// Everything that can be said of a service.
fn every_state() -> Purse {
    let off = |why| ServiceState::Off { since: at(11, 28, 9, 5), why };
    let states = [
        ("Telephony", ServiceState::On),
        ("Internet 100", ServiceState::PaidTo(at(12, 3, 0, 0))),
        (
            "Cloud",
            ServiceState::NextCharge {
                at: at(12, 1, 0, 0),
                money: Money::new(990 * XPF, "XPF", 0),
            },
        ),
        ("TV Family", off(Why::Missing(euros(12_40)))),
        ("Mobile", off(Why::Funds(euros(3)))),
        ("Fibre office", off(Why::Overdue(euros(45_00)))),
        ("Cottage", off(Why::PausedByYou { until: Some(at(12, 20, 0, 0)) })),
        ("Boat", off(Why::PausedByYou { until: None })),
        ("Hosting", off(Why::PausedByUs)),
        ("Turbo 500", off(Why::Base("Internet 100".into()))),
        ("Film night", off(Why::Ended)),
        ("Static address", off(Why::Starting)),
    ];
    Purse {
        standing: Standing::PartlyOff { off: 8 },
        reserved: 60 * XPF,
        to_pay: Some(2_400 * XPF),
        later_href: "/my/promise".into(),
        services: states.map(|(name, state)| service(name, state)).into(),
        ..internet()
    }
}

fn promised() -> Purse {
    Purse {
        promised: Some(Promised { amount: 800 * XPF, left: 300 * XPF, until: at(12, 6, 0, 0) }),
        to_pay: Some(300 * XPF),
        ..internet()
    }
}

fn bare(number: &str, standing: Standing) -> Purse {
    Purse {
        number: number.into(),
        href: "/my/statement".into(),
        standing,
        currency: "KWD".into(),
        exponent: 3,
        to_spend: Some(0),
        credit: Some(0),
        pay_href: "/my/pay".into(),
        ..Purse::default()
    }
}

fn long() -> Purse {
    let name = "Ferienhaus am Starnberger See mit Bootshaus und Gästewohnung";
    Purse {
        name: name.into(),
        standing: Standing::Off { since: None },
        currency: "IDR".into(),
        exponent: 2,
        to_spend: Some(-123_456_789_012_345 * CENT),
        balance: -123_456_789_012_345 * CENT,
        credit: Some(100_000_000_000 * CENT),
        reserved: 1_234_567_890 * CENT,
        to_pay: Some(123_456_789_012_345 * CENT),
        later_href: "/my/promise".into(),
        services: vec![
            service("GlasfaserHochgeschwindigkeitsAnschluss1000Premium", ServiceState::On),
            service(name, ServiceState::EndsAt(at(12, 31, 23, 59))),
        ],
        ..internet()
    }
}

fn scripts() -> Vec<Purse> {
    let named = |number: &str, name: &str, standing| Purse {
        number: number.into(),
        name: name.into(),
        standing,
        ..internet()
    };
    vec![
        named("1", "الإنترنت المنزلي", Standing::On { until: None }),
        named("2", "家のインターネット", Standing::PartlyOff { off: 1 }),
        named("3", "Дом & <дача>", Standing::Paused { until: Some(at(12, 20, 0, 0)) }),
    ]
}

impl Home {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let soon = Purse { standing: Standing::EndsSoon { at: at(11, 30, 0, 0) }, ..internet() };
        let soon = Purse { later_href: "/my/promise/10000423".into(), ..soon };
        let calm = Purse { to_pay: None, services: Vec::new(), credit: Some(0), ..internet() };
        let unlimited = Purse {
            number: "1000 0425 2".into(),
            to_spend: None,
            credit: None,
            to_pay: None,
            ..internet()
        };
        let closed = Purse { pay_href: String::new(), ..bare("1000 0999 8", Standing::Closed) };
        vec![
            ("empty", Self { doors: vec![], ..home(vec![]) }),
            ("one", home(vec![internet()])),
            ("many", Self { running: vec![call()], ..home(vec![internet(), television()]) }),
            ("ends_soon", home(vec![soon])),
            ("every_state", home(vec![every_state()])),
            ("promised", home(vec![promised()])),
            ("calm", home(vec![calm, unlimited])),
            ("bare", home(vec![bare("1000 0998 0", Standing::Empty), closed])),
            ("long", Self { running: vec![call(), call()], ..home(vec![long()]) }),
            ("scripts", home(scripts())),
        ]
    }
}
