//! Something that a customer does, in two steps: fill in, then *this will happen*; and what came
//! of it, or what is missing.
//!
//! Nothing has happened before the second step is sent.

use crate::console::action::{Change, Outcome};
use crate::{Care, Choice, Field, FieldKind, Language, Link, Message, Money, Notice, Say};

mod samples;

#[derive(Clone, Debug)]
pub struct Task {
    pub kind: TaskKind,
    /// What it is about: `Turbo 500 · 2 hours`; may be empty.
    pub about: String,
    /// Where its forms are sent to; each sends `step`: `review`, `do`, `change`.
    pub path: String,
    /// Where one came from.
    pub back: Link,
    pub step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    Transfer,
    Pause,
    Resume,
    Turbo,
    Film,
}

#[derive(Clone, Debug)]
pub enum Step {
    Fill(Fill),
    Review(Box<Review>),
    /// It cannot be bought: money is missing.
    Short(Box<Short>),
    Done(Done),
}

/// The form, as empty or as filled as it came back.
#[derive(Clone, Debug, Default)]
pub struct Fill {
    pub fields: Vec<Field>,
    /// A refusal, with both its numbers and what helps.
    pub notice: Option<Notice>,
}

/// What will happen when the button is pressed.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// What was filled in, carried along unseen: name and value.
    pub carried: Vec<(String, String)>,
    pub outcome: Vec<Outcome>,
    /// Figures before and after: `Internet, to spend`.
    pub changes: Vec<Change>,
    /// Whether there is a form to go back to.
    pub can_change: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Short {
    pub missing: Money,
    pub price: Money,
    pub available: Money,
    /// The account that would pay for it.
    pub account: String,
    /// Paying what is missing.
    pub pay_href: String,
    /// A promised payment; empty where it is not offered.
    pub later_href: String,
}

#[derive(Clone, Debug, Default)]
pub struct Done {
    pub outcome: Vec<Outcome>,
    pub changes: Vec<Change>,
    /// Where it can be seen, and taken back where it can be.
    pub links: Vec<Link>,
}

/// What there is to choose from; a form takes what it needs.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The customer's accounts that can take part in a transfer.
    pub accounts: Vec<Choice>,
    /// Of those accounts, without repetition.
    pub currencies: Vec<String>,
    /// The services that can be paused.
    pub services: Vec<Choice>,
}

impl TaskKind {
    pub const ALL: [Self; 5] = [Self::Transfer, Self::Pause, Self::Resume, Self::Turbo, Self::Film];

    fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Turbo => "turbo",
            Self::Film => "film",
        }
    }

    pub fn title(self, language: Language) -> &'static str {
        Care::of(language).named("task", self.name()).unwrap_or_default()
    }

    /// The word on the button that does it.
    pub(crate) fn verb(self, language: Language) -> &'static str {
        Care::of(language).named("do", self.name()).unwrap_or_default()
    }

    /// What is said when it is done.
    pub(crate) fn ready(self, language: Language) -> &'static str {
        Care::of(language).named("ready", self.name()).unwrap_or_default()
    }

    /// The fields of its form, without values; the others have none.
    ///
    /// A transfer has `from`, `to` and `amount`, with `amount_currency` where there is more than
    /// one; a pause has `service`, where an empty one is not everything but a mistake, and `until`.
    pub fn fields(self, choices: &Choices, language: Language) -> Vec<Field> {
        let care = Care::of(language);
        let field = |name: &str, kind| {
            Field::new(name, care.named("field", name).unwrap_or_default(), kind)
        };
        match self {
            Self::Transfer => {
                let accounts = FieldKind::Select(choices.accounts.clone());
                let amount = match choices.currencies.as_slice() {
                    [only] => FieldKind::Money { unit: only.clone() },
                    many => FieldKind::MoneyIn {
                        currencies: many.to_vec(),
                        chosen: many.first().cloned().unwrap_or_default(),
                    },
                };
                vec![
                    field("from", accounts.clone()),
                    field("to", accounts),
                    field("amount", amount),
                ]
            }
            Self::Pause => {
                let everything = Choice::new("all", care.everything);
                let services = choices.services.iter().cloned();
                let services = match choices.services.len() {
                    0 | 1 => services.collect(),
                    _ => std::iter::once(everything).chain(services).collect(),
                };
                let hint = care.named("hint", "until").unwrap_or_default();
                vec![
                    field("service", FieldKind::Radio(services)),
                    field("until", FieldKind::Date).with_hint(hint).optional(),
                ]
            }
            Self::Resume | Self::Turbo | Self::Film => Vec::new(),
        }
    }
}

impl Task {
    pub(crate) fn title(&self, language: &Language) -> &'static str {
        self.kind.title(*language)
    }

    pub(crate) fn verb(&self, language: &Language) -> &'static str {
        self.kind.verb(*language)
    }

    pub(crate) fn ready(&self, language: &Language) -> &'static str {
        self.kind.ready(*language)
    }
}

impl Short {
    pub(crate) fn title(&self, say: &Say) -> String {
        Care::of(say.language).short_title.with("money", say.money_text(&self.missing))
    }

    pub(crate) fn text(&self, say: &Say) -> String {
        let form = Care::of(say.language).short_text;
        form.with("price", say.money_text(&self.price))
            .with("available", say.money_text(&self.available))
            .with("account", &self.account)
    }

    pub(crate) fn pay_text(&self, say: &Say) -> String {
        Care::of(say.language).pay_money.with("money", say.money_text(&self.missing))
    }
}

page!(Task, "care/task.html");
