//! The search in each of its states.

use super::{Find, Hit, HitAccount, Matched};
use crate::{Badge, Money};

impl Find {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let one = Self { query: "tetua".into(), hits: vec![amelie()], ..start() };
        let none = Self { query: "zzyzx".into(), ..start() };
        let many = Self { query: "87 12".into(), hits: many(), has_more: true, ..start() };
        let recent = Self { hits: vec![amelie(), long_name()], ..start() };
        vec![("empty", start()), ("recent", recent), ("one", one), ("many", many), ("none", none)]
    }
}

fn start() -> Find {
    Find { new_customer: "/console/customers/new".into(), ..Find::default() }
}

fn account(number: &str, name: &str, units: i128, currency: &str, state: Badge) -> HitAccount {
    let exponent = if currency == "XPF" { 0 } else { 2 };
    let balance = Money::new(units * 10_000, currency, exponent);
    HitAccount { number: number.into(), name: name.into(), balance, state }
}

fn amelie() -> Hit {
    Hit {
        name: "Amélie Tetuanui".into(),
        href: "/console/customers/cus_12".into(),
        matched: Matched::Name,
        matched_text: String::new(),
        accounts: vec![
            account("1000 0423 7", "Internet", 193, "XPF", Badge::On),
            account("1000 0424 5", "TV", -1_240, "EUR", Badge::Off),
        ],
    }
}

fn long_name() -> Hit {
    Hit {
        name: "Société d’exploitation des hôtels et résidences de la presqu’île de Taiarapu-Ouest"
            .into(),
        href: "/console/customers/cus_13".into(),
        matched: Matched::Email,
        matched_text: "comptabilite.fournisseurs@hotels-residences-taiarapu-ouest.example".into(),
        accounts: vec![account("1000 9911 2", "", 1_234_567_890, "XPF", Badge::EndsSoon)],
    }
}

fn many() -> Vec<Hit> {
    let telephone = |name: &str, number: &str, accounts| Hit {
        name: name.into(),
        href: format!("/console/customers/cus_{}", name.len()),
        matched: Matched::Telephone,
        matched_text: number.into(),
        accounts,
    };
    vec![
        Hit { matched: Matched::Telephone, matched_text: "+689 87 12 34 56".into(), ..amelie() },
        telephone("Ольга Вознесенская", "+689 87 12 11 02", Vec::new()),
        telephone(
            "山田 花子",
            "+81 87 1234 5678",
            vec![account("1000 0777 1", "電話", 40_000, "XPF", Badge::On)],
        ),
        telephone(
            "مريم الزهراء",
            "+212 87 12 99 00",
            vec![account("1000 0801 9", "Internet", -80_000, "EUR", Badge::Suspended)],
        ),
        long_name(),
        Hit {
            matched: Matched::PaymentReference,
            matched_text: "KIOSK-8712-0042".into(),
            ..telephone("Jean-Noël O’Brien", "", vec![account("7", "", 0, "EUR", Badge::Closed)])
        },
    ]
}
