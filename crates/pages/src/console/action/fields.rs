//! The fields of each action's form: empty, for the server to fill in values and errors by name.

use super::ActionKind;
use crate::{Choice, Console, Field, FieldKind, Language};

/// What there is to choose from; an action takes what it needs.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Of the account that it is about.
    pub currency: String,
    /// In which a payment may come.
    pub currencies: Vec<String>,
    /// The customer's accounts.
    pub accounts: Vec<Choice>,
    /// How a payment was made: `cash`, `card`.
    pub sources: Vec<Choice>,
    /// Payments that can be taken back.
    pub payments: Vec<Choice>,
    /// The customer's services.
    pub services: Vec<Choice>,
    /// Of the catalogue: what a service can be changed to, or a turbo button.
    pub offers: Vec<Choice>,
    /// Under which a balance is corrected or a debt is written off.
    pub reasons: Vec<Choice>,
    /// Groups of customers.
    pub groups: Vec<Choice>,
    /// Languages that a customer can be written to in.
    pub languages: Vec<Choice>,
    /// Roles of users.
    pub roles: Vec<Choice>,
}

/// Makes fields with the words of one language.
struct Maker<'a> {
    console: &'static Console,
    choices: &'a Choices,
}

impl Maker<'_> {
    fn field(&self, name: &str, kind: FieldKind) -> Field {
        Field::new(name, self.console.named("field", name).unwrap_or_default(), kind)
    }

    fn hint(&self, name: &str) -> &'static str {
        self.console.named("hint", name).unwrap_or_default()
    }

    fn account(&self) -> Field {
        let accounts = &self.choices.accounts;
        let field = self.field("account", FieldKind::Select(accounts.clone()));
        // One account is no choice.
        match accounts.as_slice() {
            [only] => field.with_value(&only.value),
            _ => field,
        }
    }

    fn amount(&self) -> Field {
        self.field("amount", FieldKind::Money { unit: self.choices.currency.clone() })
    }

    fn reason(&self) -> Field {
        let kind = match self.choices.reasons.as_slice() {
            [] => FieldKind::Text,
            reasons => FieldKind::Select(reasons.to_vec()),
        };
        self.field("reason", kind).with_hint(self.hint("reason"))
    }

    fn note(&self) -> Field {
        self.field("note", FieldKind::Lines).optional()
    }

    fn service(&self) -> Field {
        self.field("service", FieldKind::Select(self.choices.services.clone()))
    }

    fn payment(&self) -> Field {
        self.field("payment", FieldKind::Select(self.choices.payments.clone()))
    }

    /// Everything may be left out: then as much as is missing, for as long as is usual.
    fn promise(&self) -> Vec<Field> {
        let unit = self.field("hours_unit", FieldKind::Text).label;
        vec![
            self.account(),
            self.amount().with_hint(self.hint("promise_amount")).optional(),
            self.field("hours", FieldKind::Number { unit }).optional(),
            self.field("accept_terms", FieldKind::Tick).optional(),
            self.field("override", FieldKind::Tick).optional(),
            self.reason().optional(),
        ]
    }

    fn customer(&self) -> Vec<Field> {
        let choices = self.choices;
        vec![
            self.field("name", FieldKind::Text).focused(),
            self.field("organisation", FieldKind::Tick).optional(),
            self.field("telephone", FieldKind::Telephone).optional(),
            self.field("email", FieldKind::Email).optional(),
            self.field("country", FieldKind::Text).with_hint(self.hint("country")).optional(),
            self.field("language", FieldKind::Select(choices.languages.clone())).optional(),
            self.field("group", FieldKind::Select(choices.groups.clone())).optional(),
        ]
    }

    fn rate(&self) -> Vec<Field> {
        vec![
            self.field("base", FieldKind::Text),
            self.field("quote", FieldKind::Text),
            self.field("rate", FieldKind::Text),
            self.field("valid_from", FieldKind::DateTime).optional(),
        ]
    }

    fn user(&self) -> Vec<Field> {
        vec![
            self.field("name", FieldKind::Text).focused(),
            self.field("login", FieldKind::Text),
            self.field("role", FieldKind::Select(self.choices.roles.clone())),
        ]
    }

    fn offer(&self, name: &str) -> Field {
        self.field(name, FieldKind::Radio(self.choices.offers.clone()))
    }
}

impl ActionKind {
    /// The fields of this action's form, without values.
    pub fn fields(self, choices: &Choices, language: Language) -> Vec<Field> {
        let make = Maker { console: Console::of(language), choices };
        match self {
            Self::TakePayment => vec![
                make.account(),
                make.field(
                    "amount",
                    FieldKind::MoneyIn {
                        currencies: choices.currencies.clone(),
                        chosen: choices.currency.clone(),
                    },
                )
                .focused(),
                make.field("source", FieldKind::Select(choices.sources.clone())),
                make.field("reference", FieldKind::Text).with_hint(make.hint("reference")),
                make.field("paid_at", FieldKind::DateTime).optional(),
                make.note(),
            ],
            Self::Adjust => vec![
                make.account(),
                make.amount().with_hint(make.hint("adjust")).focused(),
                make.reason(),
                make.note(),
            ],
            Self::Transfer => vec![
                make.account(),
                make.field("to_account", FieldKind::Text),
                make.amount(),
                make.note(),
            ],
            Self::Refund => vec![make.payment(), make.amount(), make.reason(), make.note()],
            Self::CancelPayment => vec![make.payment(), make.reason(), make.note()],
            Self::PermanentLimit => vec![
                make.account(),
                make.amount().with_hint(make.hint("limit")).optional().focused(),
                make.reason(),
            ],
            Self::TemporaryLimit => vec![
                make.account(),
                make.amount().focused(),
                make.field("until", FieldKind::DateTime).with_hint(make.hint("temporary")),
                make.reason(),
            ],
            Self::Promise => make.promise(),
            Self::Suspend => vec![
                make.service(),
                make.field("until", FieldKind::DateTime).optional(),
                make.reason(),
            ],
            Self::Resume => vec![make.service()],
            Self::ChangePlan => vec![make.service(), make.offer("new_service"), make.note()],
            Self::Turbo => vec![make.account(), make.offer("service")],
            Self::WriteOff => vec![make.account(), make.amount(), make.reason(), make.note()],
            Self::Allocate => vec![make.payment(), make.field("account", FieldKind::Text)],
            Self::OpenAccount => vec![
                make.field("name", FieldKind::Text).optional(),
                make.field("currency", choice_of_currencies(choices)),
            ],
            Self::AddService => vec![make.account(), make.offer("service")],
            Self::NewCustomer | Self::EditCustomer => make.customer(),
            Self::AddNote => vec![make.field("note", FieldKind::Lines)],
            Self::ReturnPayment => vec![make.payment(), make.reason()],
            Self::EndCredit => vec![make.reason()],
            Self::CloseService => vec![make.service(), make.reason()],
            Self::CloseAccount => vec![make.account(), make.reason().with_hint(make.hint("close"))],
            Self::SetRate => make.rate(),
            Self::AddUser | Self::ChangeUser => make.user(),
        }
    }
}

fn choice_of_currencies(choices: &Choices) -> FieldKind {
    let choice = |it: &String| Choice::new(it, it);
    FieldKind::Select(choices.currencies.iter().map(choice).collect())
}
