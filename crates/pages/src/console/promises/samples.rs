//! Policies, a try-out that is refused and one that is not.

use super::{OpenPromise, Policy, Promises, TryOut};
use crate::console::action::{offer, refusal};
use crate::{Link, Moment, Money};

impl Promises {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let tried = |evaluation| {
            let mut promises = many();
            promises.try_out.fields[0].value = "1000 0423 7".into();
            promises.try_out.evaluation = Some(evaluation);
            promises
        };
        vec![
            ("empty", Self::default()),
            ("many", many()),
            ("refused", tried(refusal())),
            ("granted", tried(offer())),
        ]
    }
}

fn at(month: u8, day: u8) -> Moment {
    Moment { year: 2026, month, day, hour: 10, minute: 12 }
}

fn many() -> Promises {
    let shell = crate::gallery::console_shell(Default::default(), Default::default());
    let xpf = |units: i128| Money::new(units * 10_000, "XPF", 0);
    let policy = |group: &str, version| Policy {
        group: group.into(),
        currency: "XPF".into(),
        version,
        set_by: "K. Teriierooiterai".into(),
        set_at: at(3, 14),
        rules: vec![
            "200 to 1,500 XPF for 3 to 7 days".into(),
            "one at a time, 14 days apart".into(),
            "a customer for 30 days at least".into(),
        ],
    };
    Promises {
        policies: vec![policy("", 2), policy("residential", 4)],
        try_out: TryOut { fields: TryOut::fields(&shell), evaluation: None },
        open: vec![
            OpenPromise {
                customer: Link::new("Ольга Вознесенская", "/console/customers/cus_15"),
                account: "1000 0777 1".into(),
                money: xpf(1_500),
                paid: xpf(400),
                granted_at: at(11, 25),
                until: at(12, 2),
            },
            OpenPromise {
                customer: Link::new("Amélie Tetuanui", "/console/customers/cus_12"),
                account: "Internet · 1000 0423 7".into(),
                money: xpf(800),
                paid: xpf(0),
                granted_at: at(11, 28),
                until: at(12, 6),
            },
        ],
    }
}
