//! The promised payment in each state.

use super::{Done, InWay, No, Offer, PayBrings, PayHelp, Promise, PromiseStep, Remedy};
use crate::console::action::Outcome;
use crate::{Field, FieldKind, Link, Moment, Money, Notice, Tone};

fn xpf(sum: i128) -> Money {
    Money::new(sum * 10_000, "XPF", 0)
}

fn at(month: u8, day: u8, hour: u8) -> Moment {
    Moment { year: 2026, month, day, hour, minute: 0 }
}

fn promise(step: PromiseStep) -> Promise {
    Promise {
        account: "Internet · 1000 0423 7".into(),
        path: "/my/promise/1000-0423-7".into(),
        step,
    }
}

fn offer() -> Offer {
    Offer {
        money: xpf(800),
        until: at(12, 6, 0),
        outcome: vec![Outcome::new(Tone::On, "Internet 100 stays on.")],
        carried: vec![("amount".into(), "800".into())],
        ..Offer::default()
    }
}

fn choices(error: &str) -> Vec<Field> {
    vec![
        Field::new("amount", "Amount", FieldKind::Money { unit: "XPF".into() })
            .with_value("800")
            .with_error(error),
        Field::new("days", "For", FieldKind::Number { unit: "days".into() }).with_value("7"),
    ]
}

fn full_offer() -> Offer {
    Offer {
        fee: Some(xpf(50)),
        until: at(12, 6, 14),
        outcome: vec![
            Outcome::new(Tone::On, "Internet 100 comes on at once."),
            Outcome::new(Tone::On, "Turbo 500 comes on at once, until 18:42."),
            Outcome::new(Tone::Calm, "TV Family stays off: it is charged to another account."),
        ],
        terms: vec!["The fee is charged now.".into(), "The sum is due on 6 December.".into()],
        fields: choices(""),
        ..offer()
    }
}

fn rule(code: &str, limit: &str, actual: &str, remedy: Remedy) -> InWay {
    InWay { code: code.into(), limit: limit.into(), actual: actual.into(), remedy }
}

fn pay(units: i128, brings: PayBrings) -> PayHelp {
    PayHelp { money: xpf(units), href: "/my/pay?account=10000423".into(), brings }
}

fn no_yet() -> No {
    No {
        in_way: vec![
            rule("cooldown", "7 days", "3 days", Remedy::PossibleFrom(at(12, 3, 0))),
            rule("unkept", "", "120 XPF", Remedy::Pay(xpf(120))),
        ],
        from: Some(at(12, 3, 0)),
        pay: vec![pay(800, PayBrings::Both)],
        links: vec![Link::new("Call us: +689 40 00 00 00", "tel:+68940000000")],
        ..No::default()
    }
}

/// Every rule there is, in the evaluator's order.
fn no_at_all() -> No {
    No {
        in_way: vec![
            rule("channel", "", "", Remedy::AskUs),
            rule("plan", "", "", Remedy::Nothing),
            rule("acceptance", "", "", Remedy::Nothing),
            rule("open_max", "1", "1", Remedy::Pay(xpf(800))),
            rule("unkept_max", "2", "3", Remedy::AskUs),
            rule("per_window", "2", "3", Remedy::PossibleFrom(at(12, 20, 9))),
            rule("per_month", "2", "2", Remedy::PossibleFrom(at(12, 1, 0))),
            rule("repeat_balance", "0 XPF", "−193 XPF", Remedy::Pay(xpf(193))),
            rule("month_days", "5", "29", Remedy::PossibleFrom(at(12, 5, 0))),
            rule("tenure", "30 days", "12 days", Remedy::PossibleFrom(at(12, 17, 0))),
            rule("blocked_days", "30 days", "44 days", Remedy::Pay(xpf(1_193))),
            rule("debt_max", "500 XPF", "1,193 XPF", Remedy::Pay(xpf(693))),
            rule("debt_age", "60 days", "91 days", Remedy::Pay(xpf(400))),
            rule("paid_min", "2,000 XPF", "0 XPF", Remedy::Pay(xpf(2_000))),
            rule("duration", "7 days", "30 days", Remedy::AskHours(168)),
            rule(
                "amount",
                "100 to 2,000 XPF",
                "5,000 XPF",
                Remedy::AskBetween { least: xpf(100), most: xpf(2_000) },
            ),
            rule("ceiling", "3,000 XPF", "5,000 XPF", Remedy::Nothing),
        ],
        from: Some(at(12, 20, 9)),
        pay: vec![pay(800, PayBrings::Services), pay(2_000, PayBrings::Promise)],
        fields: choices(""),
        ..No::default()
    }
}

impl Promise {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let changed =
            Notice::new(Tone::Soon, "Meanwhile 200 XPF came in: look at it again, please.");
        let wrong = Offer { fields: choices("At most 2,000 XPF are possible."), ..full_offer() };
        let done = Done {
            money: xpf(800),
            until: at(12, 6, 0),
            fee: Some(xpf(50)),
            outcome: vec![Outcome::new(Tone::On, "Internet 100 is on.")],
            links: vec![
                Link::new("Statement", "/my/statement"),
                Link::new("Pay it now", "/my/pay"),
            ],
        };
        let not_needed = No {
            in_way: vec![rule("needed", "500 XPF", "1,193 XPF", Remedy::Nothing)],
            ..No::default()
        };
        let by_paying = No { from: None, ..no_yet() };
        let steps = vec![
            ("offer", PromiseStep::Offer(Box::new(offer()))),
            ("offer_full", PromiseStep::Offer(Box::new(full_offer()))),
            ("offer_wrong", PromiseStep::Offer(Box::new(wrong))),
            ("changed", PromiseStep::Offer(Box::new(Offer { notice: Some(changed), ..offer() }))),
            ("done", PromiseStep::Done(Box::new(done))),
            ("no_yet", PromiseStep::No(Box::new(no_yet()))),
            ("no_pay_first", PromiseStep::No(Box::new(by_paying))),
            ("no_every_rule", PromiseStep::No(Box::new(no_at_all()))),
            ("not_needed", PromiseStep::No(Box::new(not_needed))),
            ("no_policy", PromiseStep::No(Box::default())),
        ];
        steps.into_iter().map(|(name, step)| (name, promise(step))).collect()
    }
}
