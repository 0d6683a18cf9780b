//! Paying, in each state.

use super::{Pay, PayDemo, PayDone, PayFailed, PayFailure, PayForm, PayOld, PayReview, PayStep};
use super::{Proposal, RateLine};
use crate::console::action::Outcome;
use crate::{Choice, Link, Moment, Money, Notice, Tone};

fn xpf(sum: i128) -> Money {
    Money::new(sum * 10_000, "XPF", 0)
}

fn euros(cents: i128) -> Money {
    Money::new(cents * 10_000, "EUR", 2)
}

fn rate() -> RateLine {
    RateLine {
        base: "EUR".into(),
        quote: "XPF".into(),
        rate: "119.33".into(),
        source: "ecb".into(),
        at: Moment { year: 2026, month: 11, day: 28, hour: 16, minute: 0 },
    }
}

fn form() -> PayForm {
    PayForm {
        account: "10000423".into(),
        amount: "800".into(),
        hint: "At least 100 XPF.".into(),
        currencies: vec!["XPF".into(), "EUR".into(), "USD".into()],
        currency: "XPF".into(),
        proposals: vec![
            Proposal {
                money: xpf(800),
                text: "everything is on until 3 January".into(),
                href: "?amount=800".into(),
            },
            Proposal {
                money: xpf(10_140),
                text: "everything is on for a year".into(),
                href: "?amount=10140".into(),
            },
        ],
        rates: vec![rate()],
        ..PayForm::default()
    }
}

fn choosing() -> PayForm {
    let choices = [("10000423", "Internet · 1000 0423 7"), ("10000424", "TV · 1000 0424 5")];
    PayForm {
        accounts: choices.map(|(value, text)| Choice::new(value, text)).into(),
        error: "There are no centimes in XPF.".into(),
        amount: "800.50".into(),
        arrives: Some(xpf(95_469)),
        currency: "EUR".into(),
        notice: Some(Notice::new(
            Tone::Soon,
            "The rate has changed meanwhile. Look again, please.",
        )),
        ..form()
    }
}

fn carried() -> Vec<(String, String)> {
    vec![("amount".into(), "10.00".into()), ("amount_currency".into(), "EUR".into())]
}

fn outcome(text: &str) -> Vec<Outcome> {
    vec![Outcome::new(Tone::On, text)]
}

impl Pay {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let review = PayReview {
            pays: euros(1_000),
            arrives: xpf(1_193),
            rate: Some(rate()),
            outcome: outcome("Internet 100 comes on at once."),
            carried: carried(),
            notice: None,
        };
        let again = PayReview {
            notice: Some(Notice::new(
                Tone::Off,
                "The page to pay on did not open. Nothing was taken: try again in a moment.",
            )),
            ..review.clone()
        };
        let plain = PayReview { pays: xpf(800), arrives: xpf(800), rate: None, ..review.clone() };
        let demo = PayDemo { pays: euros(1_000), provider: "Fenua Net".into(), carried: carried() };
        let done = PayDone {
            pays: euros(1_000),
            arrives: xpf(1_193),
            rate: Some(rate()),
            reference: "demo-4417-0093".into(),
            outcome: outcome("Internet 100 is on."),
            links: vec![Link::new("Statement", "/my/statement")],
        };
        let statement = Link::new("Statement", "/my/statement?account=acc_34");
        let old = PayOld { pays: euros(1_000), statement };
        let failed =
            |why| PayStep::Failed(PayFailed { why, again_href: "/my/pay?amount=800".into() });
        let single = PayForm { currencies: vec!["XPF".into()], rates: Vec::new(), ..form() };
        let steps = vec![
            ("form", PayStep::Form(Box::new(form()))),
            ("choosing", PayStep::Form(Box::new(choosing()))),
            ("one_currency", PayStep::Form(Box::new(PayForm { proposals: Vec::new(), ..single }))),
            ("none", PayStep::default()),
            ("review", PayStep::Review(Box::new(review))),
            ("review_again", PayStep::Review(Box::new(again))),
            ("review_plain", PayStep::Review(Box::new(plain))),
            ("demo", PayStep::Demo(demo)),
            ("done", PayStep::Done(Box::new(done))),
            ("waiting", PayStep::Waiting(euros(1_000))),
            ("old", PayStep::Old(old)),
            ("refused", failed(PayFailure::Refused)),
            ("left", failed(PayFailure::Left)),
        ];
        let pay = |name: &str, step| Self {
            account: if name == "choosing" { "" } else { "Internet · 1000 0423 7" }.into(),
            path: "/my/pay".into(),
            step,
        };
        steps.into_iter().map(|(name, step)| (name, pay(name, step))).collect()
    }
}
