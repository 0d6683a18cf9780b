//! The fields of each action's form: empty, for the server to fill in values and errors by name.

use super::ActionKind;
use crate::{Choice, Console, Field, FieldKind, Language, Message};

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
    /// Groups of customers that rules go by.
    pub groups: Vec<String>,
    /// Temporary limits and promised payments that run.
    pub credits: Vec<Choice>,
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

    fn payment_taken(&self) -> Vec<Field> {
        let amount = FieldKind::MoneyIn {
            currencies: self.choices.currencies.clone(),
            chosen: self.choices.currency.clone(),
        };
        vec![
            self.account(),
            self.field("amount", amount).focused(),
            self.field("source", FieldKind::Select(self.choices.sources.clone())),
            self.field("reference", FieldKind::Text).with_hint(self.hint("reference")),
            self.field("paid_at", FieldKind::DateTime).optional(),
            self.note(),
        ]
    }

    fn temporary_limit(&self) -> Vec<Field> {
        vec![
            self.account(),
            self.amount().focused(),
            self.field("until", FieldKind::DateTime).with_hint(self.hint("temporary")),
            self.reason(),
        ]
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
        let languages = self.choices.languages.clone();
        let groups = self.choices.groups.join(", ");
        let groups = match groups.as_str() {
            "" => String::new(),
            _ => self.hint("group").with("groups", groups),
        };
        vec![
            self.field("name", FieldKind::Text).focused(),
            self.field("organisation", FieldKind::Tick).optional(),
            self.field("phone", FieldKind::Telephone).optional(),
            self.field("email", FieldKind::Email).optional(),
            self.field("language", FieldKind::Select(languages)).optional(),
            self.field("country", FieldKind::Text).with_hint(self.hint("country")).optional(),
            self.field("time_zone", FieldKind::Text).with_hint(self.hint("time_zone")).optional(),
            self.field("group", FieldKind::Text).with_hint(groups).optional(),
            self.field("external_id", FieldKind::Text).optional(),
        ]
    }

    /// A customer, and the account that they begin with.
    fn new_customer(&self) -> Vec<Field> {
        let currencies = choice_of_currencies(self.choices);
        let mut fields = self.customer();
        fields.extend([
            self.field("first_currency", currencies)
                .with_value(&self.choices.currency)
                .with_hint(self.hint("first_currency"))
                .optional(),
            self.field("account_name", FieldKind::Text).optional(),
        ]);
        fields
    }

    /// What goes back of a paid period.
    fn refund(&self) -> Field {
        let word = |it| self.console.named("refund", it).unwrap_or_default();
        let choices = ["service", "unused", "nothing"].map(|it| Choice::new(it, word(it)));
        self.field("refund_unused", FieldKind::Select(choices.into())).with_value("service")
    }

    fn plan(&self) -> Vec<Field> {
        vec![
            self.service(),
            self.offer("new_service"),
            self.field("at_period_end", FieldKind::Tick).optional(),
            self.reason().optional(),
        ]
    }

    fn turbo(&self) -> Vec<Field> {
        let bases = FieldKind::Select(self.choices.services.clone());
        let base = self.field("base_service", bases).with_hint(self.hint("base_service"));
        vec![self.account(), self.offer("service"), base.optional()]
    }

    fn new_service(&self) -> Vec<Field> {
        let subjects = self.field("subjects", FieldKind::Text).with_hint(self.hint("subjects"));
        vec![self.account(), self.offer("service"), subjects.optional()]
    }

    fn rate(&self) -> Vec<Field> {
        vec![
            self.field("base", FieldKind::Text),
            self.field("quote", FieldKind::Text),
            self.field("rate", FieldKind::Text),
            self.field("valid_from", FieldKind::DateTime).optional(),
        ]
    }

    fn user(&self) -> [Field; 2] {
        [
            self.field("name", FieldKind::Text).focused(),
            self.field("role", FieldKind::Select(self.choices.roles.clone())),
        ]
    }

    fn new_user(&self) -> Vec<Field> {
        let [name, role] = self.user();
        let login = self.field("login", FieldKind::Text).with_hint(self.hint("login"));
        // The browser's own memory is of whoever sits before it.
        vec![name, login.with_autocomplete("off"), role]
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
            Self::TakePayment => make.payment_taken(),
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
            Self::TemporaryLimit => make.temporary_limit(),
            Self::Promise => make.promise(),
            Self::Suspend => vec![
                make.service(),
                make.field("until", FieldKind::DateTime).optional(),
                make.reason(),
            ],
            Self::Resume => vec![make.service()],
            Self::ChangePlan => make.plan(),
            Self::Turbo => make.turbo(),
            Self::WriteOff => vec![make.account(), make.amount(), make.reason(), make.note()],
            Self::Allocate => vec![make.payment(), make.field("account", FieldKind::Text)],
            Self::OpenAccount => vec![
                make.field("name", FieldKind::Text).optional(),
                make.field("currency", choice_of_currencies(choices)),
            ],
            Self::AddService => make.new_service(),
            Self::NewCustomer => make.new_customer(),
            Self::EditCustomer => make.customer(),
            Self::ReturnPayment => vec![make.payment(), make.reason()],
            Self::ApproveRefund => Vec::new(),
            Self::RejectRefund => vec![make.reason()],
            Self::EndCredit => vec![
                make.field("credit", FieldKind::Select(choices.credits.clone())),
                make.reason(),
            ],
            Self::CloseService => vec![make.service(), make.refund(), make.reason()],
            Self::CloseAccount => vec![make.account(), make.reason().with_hint(make.hint("close"))],
            Self::SetRate => make.rate(),
            Self::AddUser => make.new_user(),
            Self::ChangeUser => make.user().into(),
            // There is nothing to ask.
            Self::NewPassword | Self::DisableUser | Self::EnableUser | Self::EndSessions => {
                Vec::new()
            }
        }
    }
}

fn choice_of_currencies(choices: &Choices) -> FieldKind {
    let choice = |it: &String| Choice::new(it, it);
    FieldKind::Select(choices.currencies.iter().map(choice).collect())
}
