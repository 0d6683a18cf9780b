//! Actions in each of their steps.

use super::{
    Action, ActionKind, ActionPage, Change, Choices, Done, Evaluation, Fill, Offer, Outcome,
    Review, Rule, Step,
};
use crate::{Choice, Language, Link, Moment, Money, Notice, Tone};

impl ActionPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let mut all: Vec<(&'static str, Action)> =
            ActionKind::ALL.into_iter().map(|kind| (kind.name(), empty(kind))).collect();
        all.extend([
            ("take_payment_wrong", take_payment_wrong()),
            ("take_payment_review", take_payment_review()),
            ("take_payment_done", take_payment_done()),
            ("promise_refused", promise_refused()),
            ("promise_review", promise_review()),
            ("write_off_review", write_off_review()),
            ("refund_refused", refund_refused()),
            ("add_service_review", add_service_review()),
            ("close_account_refused", close_account_refused()),
            ("edit_customer_review", edit_customer_review()),
            ("new_password_review", new_password_review()),
            ("add_user_done", add_user_done()),
        ]);
        all.into_iter().map(|(name, it)| (name, Self(it))).collect()
    }
}

fn xpf(units: i128) -> Money {
    Money::new(units * 10_000, "XPF", 0)
}

fn choices() -> Choices {
    let hinted = |value: &str, text: &str, hint: &str| Choice {
        hint: hint.into(),
        ..Choice::new(value, text)
    };
    Choices {
        currency: "XPF".into(),
        currencies: vec!["XPF".into(), "EUR".into(), "USD".into()],
        accounts: vec![
            hinted("acc_34", "Internet 1000 0423 7", "193 XPF"),
            hinted("acc_35", "TV 1000 0424 5", "−12.40 EUR"),
        ],
        sources: vec![Choice::new("cash", "Cash"), Choice::new("card", "Card")],
        payments: vec![hinted("pay_56", "KIOSK-0042", "1,000 XPF, 24 Nov")],
        services: vec![
            Choice::new("sub_34-1", "Internet 100"),
            Choice::new("sub_35-1", "TV Family"),
        ],
        offers: vec![
            hinted("internet-300", "Internet 300", "6,900 XPF a month"),
            hinted("turbo-500", "Turbo 500, 3 hours", "300 XPF"),
        ],
        reasons: vec![Choice::new("goodwill", "Goodwill"), Choice::new("mistake", "Mistake")],
        groups: vec!["residential".into(), "business".into()],
        credits: vec![hinted("crd_34-1", "500 XPF, 3 Dec, 00:00", "Internet 1000 0423 7")],
        languages: vec![Choice::new("fr", "Français"), Choice::new("es", "Español")],
        roles: vec![Choice::new("agent", "agent"), Choice::new("finance", "finance")],
    }
}

fn action(kind: ActionKind, step: Step) -> Action {
    Action {
        kind,
        subject: "Internet 1000 0423 7 · Amélie Tetuanui".into(),
        path: format!("/console/customers/cus_12/{}", kind.name().replace('_', "-")),
        back: Link::new("Amélie Tetuanui", "/console/customers/cus_12"),
        step,
    }
}

fn empty(kind: ActionKind) -> Action {
    let fields = kind.fields(&choices(), Language::English);
    action(kind, Step::Fill(Fill { fields, ..Fill::default() }))
}

fn take_payment_wrong() -> Action {
    let mut fields = ActionKind::TakePayment.fields(&choices(), Language::English);
    for field in &mut fields {
        match field.name.as_str() {
            "account" => field.value = "acc_34".into(),
            "amount" => {
                field.value = "10,0x".into();
                field.error = "This is no amount: write it like 10.00.".into();
            }
            "reference" => field.error = "A payment needs its reference.".into(),
            _ => {}
        }
    }
    action(ActionKind::TakePayment, Step::Fill(Fill { fields, ..Fill::default() }))
}

pub(crate) fn take_payment_review() -> Action {
    let review = Review {
        carried: vec![("amount".into(), "10.00".into()), ("reference".into(), "R-77".into())],
        outcome: vec![
            Outcome::new(Tone::Calm, "10.00 EUR → 1,193 XPF at 119.33 (ecb, 28 Nov)"),
            Outcome::new(Tone::On, "Internet 100 stays on, paid to 3 Jan."),
            Outcome::new(Tone::On, "Turbo 500 comes on at once."),
        ],
        changes: vec![
            Change { label: "Balance".into(), before: Some(xpf(193)), after: Some(xpf(1_386)) },
            Change { label: "To spend".into(), before: Some(xpf(1_193)), after: Some(xpf(2_386)) },
        ],
        evaluation: None,
    };
    action(ActionKind::TakePayment, Step::Review(Box::new(review)))
}

fn take_payment_done() -> Action {
    let done = Done {
        outcome: vec![
            Outcome::new(Tone::On, "Payment R-77 is on the account: 1,193 XPF."),
            Outcome::new(Tone::On, "Turbo 500 is on, acknowledged by the network."),
        ],
        changes: vec![Change {
            label: "Balance".into(),
            before: Some(xpf(193)),
            after: Some(xpf(1_386)),
        }],
        links: vec![Link::new("Statement", "/console/accounts/acc_34")],
        take_back: Some(Link::new("Cancel a payment", "/console/payments/pay_57/cancel")),
    };
    action(ActionKind::TakePayment, Step::Done(done))
}

fn rule(code: &str, is_met: bool, limit: &str, actual: &str, remedy: &str) -> Rule {
    Rule {
        code: code.into(),
        is_met,
        limit: limit.into(),
        actual: actual.into(),
        remedy: remedy.into(),
    }
}

/// What the evaluator says to somebody who has not kept the last one.
pub(crate) fn refusal() -> Evaluation {
    Evaluation {
        offer: None,
        rules: vec![
            rule("channel", true, "", "console", ""),
            rule("unkept", false, "", "800 XPF of 3 Oct are open", "a real payment of 800 XPF"),
            rule("cooldown", false, "14 days", "9 days", "possible from 4 Dec, 10:12"),
            rule("tenure", true, "30 days", "5 years", ""),
            rule("debt_max", true, "2,000 XPF", "0 XPF", ""),
            rule("amount", false, "200 to 1,500 XPF", "2,000 XPF", "ask for 200 to 1,500 XPF"),
        ],
        policy: "residential XPF".into(),
        policy_version: 4,
    }
}

pub(crate) fn promise_refused() -> Action {
    let mut fields = ActionKind::Promise.fields(&choices(), Language::English);
    for field in &mut fields {
        match field.name.as_str() {
            "account" => field.value = "acc_34".into(),
            "amount" => field.value = "2,000".into(),
            _ => {}
        }
    }
    let fill = Fill { fields, evaluation: Some(refusal()), notice: None };
    action(ActionKind::Promise, Step::Fill(fill))
}

pub(crate) fn offer() -> Evaluation {
    let until = Moment { year: 2026, month: 12, day: 6, hour: 0, minute: 0 };
    Evaluation {
        offer: Some(Offer { amount: xpf(800), until, fee: Some(xpf(50)) }),
        rules: refusal().rules.into_iter().map(|it| Rule { is_met: true, ..it }).collect(),
        policy: "residential XPF".into(),
        policy_version: 4,
    }
}

fn promise_review() -> Action {
    let review = Review {
        carried: vec![("amount".into(), "800".into())],
        outcome: vec![
            Outcome::new(Tone::On, "800 XPF of credit until 6 Dec, 00:00."),
            Outcome::new(Tone::Calm, "The fee of 50 XPF is charged now."),
            Outcome::new(Tone::On, "Internet 100 stays on."),
            Outcome::new(Tone::Soon, "If it is not paid by then, Internet 100 goes off."),
        ],
        changes: vec![Change {
            label: "To spend".into(),
            before: Some(xpf(193)),
            after: Some(xpf(943)),
        }],
        evaluation: Some(offer()),
    };
    action(ActionKind::Promise, Step::Review(Box::new(review)))
}

fn write_off_review() -> Action {
    let eur = |units| Money::new(units, "EUR", 2);
    let review = Review {
        outcome: vec![
            Outcome::new(Tone::Off, "12.40 EUR are given up as lost; they stay collectable."),
            Outcome::new(Tone::Calm, "TV Family stays off: its period is not paid."),
        ],
        changes: vec![Change {
            label: "Balance".into(),
            before: Some(eur(-12_400_000)),
            after: Some(eur(0)),
        }],
        ..Review::default()
    };
    action(ActionKind::WriteOff, Step::Review(Box::new(review)))
}

fn refund_refused() -> Action {
    let fields = ActionKind::Refund.fields(&choices(), Language::English);
    let notice = Notice {
        details: vec!["To spend: 193 XPF. Asked for: 1,000 XPF.".into()],
        links: vec![Link::new("Have a second person approve it", "/console/refunds")],
        ..Notice::new(Tone::Off, "The account has less than that.")
    };
    action(ActionKind::Refund, Step::Fill(Fill { fields, notice: Some(notice), evaluation: None }))
}

fn add_service_review() -> Action {
    let review = Review {
        carried: vec![("service".into(), "internet-300".into())],
        outcome: vec![
            Outcome::new(Tone::Calm, "Service opened · Internet 300"),
            Outcome::new(Tone::Calm, "Fee · Internet 300: −6,900 XPF"),
            Outcome::new(Tone::On, "Internet 300 will be switched on at once"),
        ],
        changes: vec![Change {
            label: "Balance".into(),
            before: Some(xpf(9_193)),
            after: Some(xpf(2_293)),
        }],
        ..Review::default()
    };
    action(ActionKind::AddService, Step::Review(Box::new(review)))
}

fn close_account_refused() -> Action {
    let fields = ActionKind::CloseAccount.fields(&choices(), Language::English);
    let notice = Notice::new(Tone::Off, "The account is not empty: its balance is 193 XPF.");
    let fill = Fill { fields, notice: Some(notice), evaluation: None };
    action(ActionKind::CloseAccount, Step::Fill(fill))
}

fn edit_customer_review() -> Action {
    let outcome = vec![
        Outcome::new(Tone::Calm, "Telephone: +689 87 12 34 56 → +689 87 65 43 21"),
        Outcome::new(Tone::Calm, "E-mail: – → amelie.tetuanui-teriierooiterai@lagoon.example"),
    ];
    let review = Review { outcome, ..Review::default() };
    action(ActionKind::EditCustomer, Step::Review(Box::new(review)))
}

/// As the page of users opens it.
fn of_user(kind: ActionKind, step: Step) -> Action {
    Action {
        subject: "Marisol Ortiz · m.ortiz".into(),
        path: format!("/console/users/m.ortiz/{}", kind.name().replace('_', "-")),
        back: Link::new("Users and roles", "/console/users"),
        ..action(kind, step)
    }
}

fn new_password_review() -> Action {
    let text = "A password is drawn, and shown once. Every session of Marisol Ortiz ends at once.";
    let review = Review { outcome: vec![Outcome::new(Tone::Soon, text)], ..Review::default() };
    of_user(ActionKind::NewPassword, Step::Review(Box::new(review)))
}

fn add_user_done() -> Action {
    let outcome = vec![
        Outcome::new(Tone::On, "Marisol Ortiz can sign in."),
        Outcome::new(Tone::Soon, "Password: h4kq2-9tmxa-cw7ef – it is shown here once."),
    ];
    of_user(ActionKind::AddUser, Step::Done(Done { outcome, ..Done::default() }))
}
