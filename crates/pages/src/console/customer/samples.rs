//! Customers in each state.

use super::{
    AccountCard, Customer, OfferedAction, Recommended, RunningSession, ServiceLine, Until,
};
use crate::chart::{BalanceChart, Point};
use crate::console::action::{ActionKind, promise_refused, take_payment_review};
use crate::console::timeline::{Filter, Lead, Line, Timeline};
use crate::{Badge, Language, Link, Moment, Money, Tab};

impl Customer {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let with_panel = Self { panel: Some(take_payment_review()), ..amelie() };
        let refused = Self { panel: Some(promise_refused()), ..amelie() };
        vec![
            ("empty", empty()),
            ("many", amelie()),
            ("panel", with_panel),
            ("promise_refused", refused),
            ("organisation", organisation()),
            ("other_scripts", other_scripts()),
        ]
    }
}

const XPF: i128 = 10_000;
/// A cent.
const CENT: i128 = 10_000;

fn at(month: u8, day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month, day, hour, minute }
}

fn xpf(units: i128) -> Money {
    Money::new(units * XPF, "XPF", 0)
}

fn eur(cents: i128) -> Money {
    Money::new(cents * CENT, "EUR", 2)
}

fn actions() -> Vec<OfferedAction> {
    let first = [ActionKind::TakePayment, ActionKind::Promise, ActionKind::TemporaryLimit];
    let others = ActionKind::ALL.into_iter().filter(|it| !first.contains(it));
    let offered = |kind: ActionKind| OfferedAction {
        kind,
        href: format!("/console/customers/cus_12/{}", kind.name().replace('_', "-")),
    };
    first.into_iter().chain(others).map(offered).collect()
}

fn filters() -> Vec<Tab> {
    Filter::All.tabs("/console/customers/cus_12", Language::English)
}

fn empty() -> Customer {
    Customer {
        name: "Jean-Noël O’Brien".into(),
        country: "PF".into(),
        since: 2026,
        actions: vec![OfferedAction {
            kind: ActionKind::OpenAccount,
            href: "/console/customers/cus_14/open-account".into(),
        }],
        timeline: Timeline { filters: filters(), ..Timeline::default() },
        ..Customer::default()
    }
}

fn chart() -> BalanceChart {
    let steps = [(1, 240), (3, 1_240), (8, 440), (12, 410), (15, 1_410), (19, 1_250), (24, 193)];
    let point = |(day, balance)| Point { at: at(11, day, 9, 0), balance: balance * XPF };
    BalanceChart {
        id: "balance".into(),
        account_number: "1000 0423 7".into(),
        currency: "XPF".into(),
        exponent: 0,
        points: steps.map(point).to_vec(),
        now: at(11, 29, 17, 30),
        credit: Some(1_000 * XPF),
        forecast: vec![Point { at: at(12, 3, 0, 0), balance: -807 * XPF }],
        off_at: Some(at(12, 3, 0, 0)),
    }
}

/// An account in XPF that is switched off in December.
pub(crate) fn internet() -> AccountCard {
    AccountCard {
        name: "Internet".into(),
        number: "1000 0423 7".into(),
        href: "/console/accounts/acc_34".into(),
        currency: "XPF".into(),
        exponent: 0,
        balance: 193 * XPF,
        held: 60 * XPF,
        credit: Some(1_000 * XPF),
        available: Some(1_133 * XPF),
        chart: Some(chart()),
        off_at: Some(at(12, 3, 0, 0)),
        avoided_by: Some(800 * XPF),
        ..AccountCard::default()
    }
}

fn television() -> AccountCard {
    AccountCard {
        name: "TV".into(),
        number: "1000 0424 5".into(),
        href: "/console/accounts/acc_35".into(),
        currency: "EUR".into(),
        exponent: 2,
        balance: -1_240 * CENT,
        credit: Some(0),
        available: Some(-1_240 * CENT),
        owed_days: Some(3),
        ..AccountCard::default()
    }
}

fn service(name: &str, subject: &str, state: Badge, until: Until) -> ServiceLine {
    ServiceLine {
        name: name.into(),
        href: "/console/subscriptions/sub_34-1".into(),
        subject: subject.into(),
        account: "Internet".into(),
        state,
        until,
        why: String::new(),
        brings_on: Vec::new(),
        helps: Vec::new(),
    }
}

fn services() -> Vec<ServiceLine> {
    let missing = Some(eur(1_240));
    let off = Until::OffSince { at: at(12, 1, 0, 0), missing };
    vec![
        service("Internet 100", "amelie.t", Badge::On, Until::PaidTo(at(12, 3, 0, 0))),
        service("Turbo 500", "", Badge::EndsSoon, Until::EndsAt(at(11, 29, 18, 42))),
        ServiceLine {
            why: "Its period is not paid, and the account has no credit.".into(),
            brings_on: vec![
                "A payment of 12.40 EUR to TV brings it on at once.".into(),
                "A promised payment would bring it on until 6 Dec, 00:00.".into(),
            ],
            helps: vec![Link::new("Take a payment", "#"), Link::new("Promised payment", "#")],
            ..service("TV Family", "", Badge::Off, off)
        },
        service("Telephony", "+689 87 12 34 56", Badge::On, Until::InUse { held: xpf(60) }),
        service(
            "Holiday home",
            "",
            Badge::Suspended,
            Until::Suspended { since: at(10, 1, 0, 0), until: Some(at(12, 20, 0, 0)) },
        ),
    ]
}

fn line(day: u8, hour: u8, what: &str, lead: Lead) -> Line {
    let second = (day * 7 + hour) % 60;
    Line { at: at(11, day, hour, second), second, what: what.into(), lead, ..Line::default() }
}

fn timeline() -> Timeline {
    let moved = |units| Lead::Moved(xpf(units));
    let lines = vec![
        Line {
            details: vec!["Rate: night, 0.10 a minute".into()],
            after: Some(xpf(193)),
            href: "/console/accounts/acc_34#entry-90412".into(),
            ..line(29, 14, "Call to +33 1 99 00 12 34, 72 s, night band", moved(-12))
        },
        Line {
            details: vec!["Command acknowledged after 0.4 s".into()],
            ..line(29, 13, "TV Family: period unpaid", Lead::State(Badge::Off))
        },
        line(29, 12, "M. Ortiz read the account (call 4417)", Lead::Nothing),
        Line {
            details: vec![
                "10.00 EUR · 1 EUR = 119.33 XPF (ecb, 28 Nov)".into(),
                "Ref. KIOSK-2026-11-28-004217".into(),
            ],
            after: Some(xpf(205)),
            ..line(28, 18, "Payment · kiosk", moved(1_193))
        },
        Line {
            details: vec!["Goodwill: the line was down on 26 Nov".into()],
            after: Some(xpf(1_234_567)),
            ..line(28, 9, "Correction by M. Ortiz", moved(250))
        },
        line(24, 0, "Internet 100", Lead::State(Badge::On)),
    ];
    Timeline { filters: filters(), lines, older: "?before=90001".into(), is_filtered: false }
}

fn amelie() -> Customer {
    Customer {
        name: "Amélie Tetuanui".into(),
        country: "PF".into(),
        since: 2021,
        group: "residential".into(),
        telephone: "+689 87 12 34 56".into(),
        email: "amelie.t@example.pf".into(),
        accounts: vec![internet(), television()],
        services: services(),
        recommended: vec![
            Recommended { money: eur(1_240), account: "TV".into(), href: "#".into() },
            Recommended { money: xpf(800), account: "Internet".into(), href: "#".into() },
        ],
        sessions: vec![RunningSession {
            what: "Call to +33 1 99 00 12 34".into(),
            since: Some(at(11, 29, 17, 28)),
            used: "72 s".into(),
            held: xpf(60),
        }],
        actions: actions(),
        timeline: timeline(),
        ..Customer::default()
    }
}

fn organisation() -> Customer {
    let long = "Société d’exploitation des hôtels et résidences de la presqu’île de Taiarapu-Ouest";
    Customer {
        name: long.into(),
        is_organisation: true,
        group: "business with a framework agreement".into(),
        email: "comptabilite.fournisseurs@hotels-residences-taiarapu-ouest.example".into(),
        accounts: vec![
            AccountCard {
                name: "Fibre for all buildings, invoiced to the head office in Papeete".into(),
                balance: -1_234_567_890_123 * CENT,
                credit: None,
                available: None,
                held: 987_654_321 * CENT,
                owed_days: Some(121),
                ..television()
            },
            AccountCard {
                name: String::new(),
                is_closed: true,
                payments_locked: true,
                owed_days: None,
                balance: 0,
                available: Some(0),
                number: "17".into(),
                ..television()
            },
        ],
        recommended: Vec::new(),
        sessions: Vec::new(),
        ..amelie()
    }
}

fn other_scripts() -> Customer {
    Customer {
        name: "مريم الزهراء بنت عبد الله".into(),
        country: "MA".into(),
        services: vec![service("Интернет домашний 500", "мария.з", Badge::On, Until::Nothing)],
        accounts: vec![AccountCard { name: "電話とインターネット".into(), ..internet() }],
        ..amelie()
    }
}
