//! An action of staff, in two steps: fill in, then *this will happen*; and what came of it.
//!
//! Nothing has happened before the second step is sent. It works as a page, and in the side panel
//! of the customer it is about.

use crate::{Field, Html, Language, Link, Message, Moment, Money, Notice, Say, Shell, Tone};

mod fields;
mod samples;

pub use fields::Choices;
pub(crate) use samples::{offer, promise_refused, refusal, take_payment_review};

#[derive(Clone, Debug)]
pub struct Action {
    pub kind: ActionKind,
    /// Whom or what it is about: `Internet 1000 0423 7 · Amélie Tetuanui`.
    pub subject: String,
    /// Where its form is sent to, in both steps.
    pub path: String,
    /// Where one came from: the customer's page.
    pub back: Link,
    pub step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    TakePayment,
    Adjust,
    Transfer,
    Refund,
    CancelPayment,
    PermanentLimit,
    TemporaryLimit,
    Promise,
    Suspend,
    Resume,
    ChangePlan,
    Turbo,
    WriteOff,
    Allocate,
    OpenAccount,
    AddService,
    NewCustomer,
    EditCustomer,
    ReturnPayment,
    ApproveRefund,
    RejectRefund,
    EndCredit,
    CloseService,
    CloseAccount,
    SetRate,
    AddUser,
    ChangeUser,
    NewPassword,
    DisableUser,
    EnableUser,
    EndSessions,
}

impl ActionKind {
    pub const ALL: [Self; 31] = [
        Self::TakePayment,
        Self::Adjust,
        Self::Transfer,
        Self::Refund,
        Self::CancelPayment,
        Self::PermanentLimit,
        Self::TemporaryLimit,
        Self::Promise,
        Self::Suspend,
        Self::Resume,
        Self::ChangePlan,
        Self::Turbo,
        Self::WriteOff,
        Self::Allocate,
        Self::OpenAccount,
        Self::AddService,
        Self::NewCustomer,
        Self::EditCustomer,
        Self::ReturnPayment,
        Self::ApproveRefund,
        Self::RejectRefund,
        Self::EndCredit,
        Self::CloseService,
        Self::CloseAccount,
        Self::SetRate,
        Self::AddUser,
        Self::ChangeUser,
        Self::NewPassword,
        Self::DisableUser,
        Self::EnableUser,
        Self::EndSessions,
    ];

    /// In the words' files; with hyphens it is good for addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::TakePayment => "take_payment",
            Self::Adjust => "adjust",
            Self::Transfer => "transfer",
            Self::Refund => "refund",
            Self::CancelPayment => "cancel_payment",
            Self::PermanentLimit => "permanent_limit",
            Self::TemporaryLimit => "temporary_limit",
            Self::Promise => "promise",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::ChangePlan => "change_plan",
            Self::Turbo => "turbo",
            Self::WriteOff => "write_off",
            Self::Allocate => "allocate",
            Self::OpenAccount => "open_account",
            Self::AddService => "add_service",
            Self::NewCustomer => "new_customer",
            Self::EditCustomer => "edit_customer",
            Self::ReturnPayment => "return_payment",
            Self::ApproveRefund => "approve_refund",
            Self::RejectRefund => "reject_refund",
            Self::EndCredit => "end_credit",
            Self::CloseService => "close_service",
            Self::CloseAccount => "close_account",
            Self::SetRate => "set_rate",
            Self::AddUser => "add_user",
            Self::ChangeUser => "change_user",
            Self::NewPassword => "new_password",
            Self::DisableUser => "disable_user",
            Self::EnableUser => "enable_user",
            Self::EndSessions => "end_sessions",
        }
    }

    pub fn title(self, language: Language) -> &'static str {
        crate::Console::of(language).named("action", self.name()).unwrap_or_default()
    }

    /// The word on the button that does it.
    pub fn verb(self, language: Language) -> &'static str {
        crate::Console::of(language).named("do", self.name()).unwrap_or_default()
    }

    /// The word on its link in a list; that of the title for most.
    pub fn brief(self, language: Language) -> &'static str {
        let brief = crate::Console::of(language).named("brief", self.name());
        brief.unwrap_or_else(|| self.title(language))
    }

    /// The key that opens it from the customer's page; empty for most.
    pub fn key(self) -> &'static str {
        match self {
            Self::TakePayment => "p",
            Self::PermanentLimit => "c",
            _ => "",
        }
    }

    /// What takes money or a service away is shown so.
    pub fn is_risky(self) -> bool {
        matches!(
            self,
            Self::CancelPayment
                | Self::WriteOff
                | Self::Suspend
                | Self::ReturnPayment
                | Self::ApproveRefund
                | Self::EndCredit
                | Self::CloseService
                | Self::CloseAccount
                | Self::DisableUser
                | Self::EndSessions
                | Self::NewPassword
        )
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    Fill(Fill),
    Review(Box<Review>),
    Done(Done),
}

/// The form, as empty or as filled as it came back.
#[derive(Clone, Debug, Default)]
pub struct Fill {
    pub fields: Vec<Field>,
    /// A refusal, with both its numbers and what helps.
    pub notice: Option<Notice>,
    /// Of a promised payment: the evaluator's whole answer.
    pub evaluation: Option<Evaluation>,
}

/// What will happen when the button is pressed.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// What was filled in, carried along unseen: name and value.
    pub carried: Vec<(String, String)>,
    pub outcome: Vec<Outcome>,
    pub changes: Vec<Change>,
    pub evaluation: Option<Evaluation>,
}

#[derive(Clone, Debug, Default)]
pub struct Done {
    pub outcome: Vec<Outcome>,
    pub changes: Vec<Change>,
    /// Where it can be seen.
    pub links: Vec<Link>,
    /// How it is taken back, where it can be.
    pub take_back: Option<Link>,
}

/// One thing that will happen, or has: `Internet 100 comes on at once`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub tone: Tone,
    pub text: String,
}

impl Outcome {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// A figure before and after: balance, credit, to spend. `None` is without limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub label: String,
    pub before: Option<Money>,
    pub after: Option<Money>,
}

/// What the evaluator of promised payments answered, rule by rule.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// What would be granted; `None` where nothing would.
    pub offer: Option<Offer>,
    /// Every rule of the policy, in its order.
    pub rules: Vec<Rule>,
    /// The policy's name and version; may be empty.
    pub policy: String,
    pub policy_version: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub amount: Money,
    pub until: Moment,
    /// `None` where there is none, or it is waived.
    pub fee: Option<Money>,
}

/// One rule and how it stands. Figures are texts in the reader's language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its code, such as `tenure`.
    pub code: String,
    pub is_met: bool,
    /// What is asked; may be empty.
    pub limit: String,
    /// What is the case.
    pub actual: String,
    /// What would satisfy it; empty where it is met or nothing does.
    pub remedy: String,
}

impl Rule {
    pub(crate) fn name(&self, language: Language) -> String {
        let word = crate::Console::of(language).named("rule", &self.code);
        word.map_or_else(|| self.code.replace('_', " "), str::to_owned)
    }

    pub(crate) fn figures(&self, language: Language) -> String {
        if self.limit.is_empty() {
            return self.actual.clone();
        }
        let form = crate::Console::of(language).rule_asks;
        form.with("limit", &self.limit).with("actual", &self.actual)
    }
}

impl Evaluation {
    pub(crate) fn failing(&self) -> Vec<&Rule> {
        self.rules.iter().filter(|it| !it.is_met).collect()
    }

    pub(crate) fn met(&self) -> Vec<&Rule> {
        self.rules.iter().filter(|it| it.is_met).collect()
    }

    /// The answer in a sentence or two.
    pub(crate) fn notice(&self, say: Say) -> Html {
        let console = crate::Console::of(say.language);
        let notice = match &self.offer {
            Some(offer) => {
                let text = console
                    .promise_yes
                    .with("money", say.money_text(&offer.amount))
                    .with("at", say.moment_text(&offer.until));
                let fee = match &offer.fee {
                    Some(fee) => console.promise_fee.with("money", say.money_text(fee)),
                    None => console.promise_fee_none.to_owned(),
                };
                Notice { details: vec![fee], ..Notice::new(Tone::On, text) }
            }
            None => {
                let count = console.rules_in_way.of(self.failing().len(), say.language);
                Notice { details: vec![count], ..Notice::new(Tone::Off, console.promise_no) }
            }
        };
        say.notice(&notice)
    }
}

impl Action {
    /// Which of the three steps one is at.
    pub(crate) fn step_number(&self) -> usize {
        match self.step {
            Step::Fill(_) => 1,
            Step::Review(_) => 2,
            Step::Done(_) => 3,
        }
    }

    pub(crate) fn steps(&self, shell: &Shell) -> [&'static str; 3] {
        let console = shell.console();
        [console.step_fill, console.step_review, console.step_done]
    }
}

/// An action as a page of its own.
#[derive(Clone, Debug)]
pub struct ActionPage(pub Action);

page!(ActionPage, "console/action.html");
