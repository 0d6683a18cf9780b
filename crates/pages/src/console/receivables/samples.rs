//! Receivables: none, and many.

use super::{Debtor, Owed, Receivables};
use crate::chart::{AgesChart, Bar};
use crate::{Link, Moment, Tab};

impl Receivables {
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("empty", Self::default()), ("many", many())]
    }
}

fn owed(currency: &str, exponent: u8, ages: [i128; 4]) -> Owed {
    let unit = 10_i128.pow(u32::from(exponent)) * 10_000;
    Owed { currency: currency.into(), exponent, ages: ages.map(|it| it * unit) }
}

fn debtor(name: &str, account: &str, group: &str, days: usize, owed: Owed) -> Debtor {
    Debtor {
        customer: Link::new(name, "/console/customers/cus_12"),
        account: account.into(),
        group: group.into(),
        owed,
        days,
    }
}

fn many() -> Receivables {
    let bar = |month: u8| {
        let owed = i128::from(month) * 100_000_000;
        let ages = [owed * 3 + 900_000_000, owed * 2, 700_000_000 - owed / 2, owed + 200_000_000];
        Bar { at: Moment { year: 2026, month, day: 1, hour: 0, minute: 0 }, ages }
    };
    let tab = |text: &str, is_current| Tab { link: Link::new(text, "?group=1"), is_current };
    Receivables {
        sums: vec![
            owed("EUR", 2, [4_200, 2_200, 150, 1_300]),
            owed("XPF", 0, [8_102_000, 1_400_220, 0, 77_000]),
        ],
        charts: vec![AgesChart {
            id: "ages-eur".into(),
            currency: "EUR".into(),
            exponent: 2,
            bars: (1..=11).map(bar).collect(),
        }],
        filters: vec![tab("all groups", true), tab("residential", false), tab("business", false)],
        debtors: vec![
            debtor(
                "Société d’exploitation des hôtels et résidences de la presqu’île de Taiarapu",
                "Fibre · 1000 9911 2",
                "business",
                121,
                owed("EUR", 2, [1_200, 900, 150, 1_300]),
            ),
            debtor(
                "Amélie Tetuanui",
                "TV · 1000 0424 5",
                "residential",
                3,
                owed("EUR", 2, [12, 0, 0, 0]),
            ),
            debtor("Ольга Вознесенская", "1000 0777 1", "", 1, owed("XPF", 0, [4_200, 0, 0, 0])),
        ],
        older: "?after=3".into(),
        exports: vec![Link::new("CSV", "?as=csv")],
    }
}
