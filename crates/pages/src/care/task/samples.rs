//! What a customer does, in each step.

use super::{Choices, Done, Fill, Review, Short, Step, Task, TaskKind};
use crate::console::action::{Change, Outcome};
use crate::{Choice, Language, Link, Money, Notice, Tone};

fn xpf(sum: i128) -> Money {
    Money::new(sum * 10_000, "XPF", 0)
}

fn on(text: &str) -> Outcome {
    Outcome::new(Tone::On, text)
}

fn calm(text: &str) -> Outcome {
    Outcome::new(Tone::Calm, text)
}

fn change(label: &str, before: i128, after: i128) -> Change {
    Change { label: label.into(), before: Some(xpf(before)), after: Some(xpf(after)) }
}

fn choices() -> Choices {
    Choices {
        accounts: vec![
            Choice::new("10000423", "Internet · 1,193 XPF"),
            Choice::new("10000431", "Ferienhaus am Starnberger See mit Bootshaus · 20 XPF"),
        ],
        currencies: vec!["XPF".into()],
        services: vec![
            Choice::new("sub_34-1", "Internet 100"),
            Choice {
                hint: "Turbo 500 goes with it".into(),
                ..Choice::new("sub_34-2", "TV Family")
            },
        ],
    }
}

fn fill(kind: TaskKind, choices: &Choices) -> Step {
    Step::Fill(Fill { fields: kind.fields(choices, Language::English), notice: None })
}

fn wrong() -> Step {
    let fields = TaskKind::Transfer.fields(&choices(), Language::English);
    let typed = ["10000423", "10000431", "5,000"];
    let fields = fields.into_iter().zip(typed).map(|(field, value)| {
        let error = if value == "5,000" { "At most 1,193 XPF can be moved." } else { "" };
        field.with_value(value).with_error(error)
    });
    let notice = Notice {
        details: vec!["There are 1,193 XPF to spend, and 5,000 XPF were asked for.".into()],
        ..Notice::new(Tone::Off, "There is too little on Internet")
    };
    Step::Fill(Fill { fields: fields.collect(), notice: Some(notice) })
}

fn review() -> Review {
    Review {
        carried: vec![("amount".into(), "500".into())],
        outcome: vec![on("500 XPF move from Internet to TV at once."), on("TV Family comes on.")],
        changes: vec![change("Internet", 1_193, 693), change("TV", -480, 20)],
        can_change: true,
    }
}

fn purchase() -> Review {
    Review {
        carried: vec![("offer".into(), "turbo-500".into())],
        outcome: vec![
            on("Turbo 500 is on at once, until 20:30."),
            calm("It ends by itself, and costs nothing more."),
        ],
        changes: vec![change("Internet", 1_193, 693)],
        can_change: false,
    }
}

fn paused() -> Review {
    Review {
        outcome: vec![
            Outcome::new(Tone::Off, "Internet 100 and Turbo 500 go off at once."),
            calm("What is left of the month, 4 days, is kept for you."),
            on("On 20 December they come on again by themselves."),
        ],
        ..Review { changes: Vec::new(), ..review() }
    }
}

fn short() -> Short {
    Short {
        missing: xpf(307),
        price: xpf(500),
        available: xpf(193),
        account: "Internet".into(),
        pay_href: "/my/pay?amount=307".into(),
        later_href: "/my/promise/10000423".into(),
    }
}

fn done(outcome: Vec<Outcome>, changes: Vec<Change>) -> Step {
    let links = vec![Link::new("Statement", "/my/statement")];
    Step::Done(Done { outcome, changes, links })
}

fn task(kind: TaskKind, about: &str, step: Step) -> Task {
    let back = match kind {
        TaskKind::Transfer => Link::new("Home", "/my"),
        TaskKind::Pause | TaskKind::Resume => Link::new("Pause for holidays", "/my/holidays"),
        TaskKind::Turbo => Link::new("Turbo", "/my/turbo"),
        TaskKind::Film => Link::new("Films", "/my/films"),
    };
    Task { kind, about: about.into(), path: "/my/task".into(), back, step }
}

impl Task {
    pub fn samples() -> Vec<(&'static str, Self)> {
        use TaskKind::{Film, Pause, Resume, Transfer, Turbo};
        let long = Review {
            outcome: vec![on(
                "GlasfaserHochgeschwindigkeitsAnschluss1000Premium comes on at once.",
            )],
            changes: vec![change(
                "Ferienhaus am Starnberger See",
                -1_234_567_890_123,
                1_234_567_890_123,
            )],
            ..review()
        };
        let two = Choices { currencies: vec!["XPF".into(), "EUR".into()], ..choices() };
        let without_later = Short { later_href: String::new(), ..short() };
        let resume = Review {
            outcome: vec![on("Internet 100 comes on at once."), calm("4 days of it are paid.")],
            ..Review::default()
        };
        let moved = vec![calm("500 XPF moved from Internet to TV."), on("TV Family is on.")];
        let step = |review: Review| Step::Review(Box::new(review));
        vec![
            ("transfer", task(Transfer, "", fill(Transfer, &choices()))),
            ("transfer_currencies", task(Transfer, "", fill(Transfer, &two))),
            ("transfer_wrong", task(Transfer, "", wrong())),
            ("transfer_review", task(Transfer, "", step(review()))),
            ("transfer_long", task(Transfer, "", step(long))),
            ("transfer_done", task(Transfer, "", done(moved, review().changes))),
            ("pause", task(Pause, "", fill(Pause, &choices()))),
            ("pause_review", task(Pause, "", step(paused()))),
            ("pause_done", task(Pause, "", done(paused().outcome, Vec::new()))),
            ("resume_review", task(Resume, "Internet 100", step(resume))),
            ("turbo_review", task(Turbo, "Turbo 500 · 2 hours", step(purchase()))),
            ("turbo_short", task(Turbo, "Turbo 500 · 2 hours", Step::Short(Box::new(short())))),
            ("turbo_done", task(Turbo, "Turbo 500", done(purchase().outcome, Vec::new()))),
            ("film_short", task(Film, "家のインターネット", Step::Short(Box::new(without_later)))),
        ]
    }
}
