//! Paying: how much, what it comes to, the page of bank or card, and that it has arrived.

use crate::console::action::Outcome;
use crate::{Care, Choice, Field, FieldKind, Link, Message, Moment, Money, Notice, Say, Shell};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Pay {
    /// Which account it is for: `Internet · 1000 0423 7`; empty where it is chosen in the form.
    pub account: String,
    /// Where the forms are sent to; each sends `step`: `review`, `do`, `change`.
    pub path: String,
    pub step: PayStep,
}

#[derive(Clone, Debug)]
pub enum PayStep {
    Form(Box<PayForm>),
    Review(Box<PayReview>),
    /// The demonstration's stand-in for the page of a bank or card.
    Demo(PayDemo),
    Done(Box<PayDone>),
    /// Paid elsewhere and not confirmed yet.
    Waiting(Money),
    /// Paid elsewhere, if at all, and too long ago to be known.
    Old(PayOld),
    Failed(PayFailed),
}

impl Default for PayStep {
    fn default() -> Self {
        Self::Form(Box::default())
    }
}

/// How much, and in which currency.
#[derive(Clone, Debug, Default)]
pub struct PayForm {
    /// The accounts to choose from, as `account`; one is carried along and not shown.
    pub accounts: Vec<Choice>,
    /// The one that is chosen: a choice's value.
    pub account: String,
    /// What was typed, or what should be paid, as `amount`.
    pub amount: String,
    /// What is wrong with it; empty where nothing is.
    pub error: String,
    /// What is the least of it; empty where nothing is too little.
    pub hint: String,
    /// In which one can pay, as `amount_currency`; empty where nothing can be paid.
    pub currencies: Vec<String>,
    pub currency: String,
    /// Sums that make sense.
    pub proposals: Vec<Proposal>,
    /// What comes of the amount on the account, where that is in another currency.
    pub arrives: Option<Money>,
    /// What other currencies would be converted at now.
    pub rates: Vec<RateLine>,
    pub notice: Option<Notice>,
}

/// A sum, and what comes of it.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    pub money: Money,
    /// `everything is on until 3 January`
    pub text: String,
    /// The form with it filled in.
    pub href: String,
}

/// A rate that is used.
#[derive(Clone, Debug, Default)]
pub struct RateLine {
    pub base: String,
    pub quote: String,
    /// As published, with a point: `119.33`.
    pub rate: String,
    pub source: String,
    pub at: Moment,
}

/// What will happen when it is paid.
#[derive(Clone, Debug, Default)]
pub struct PayReview {
    pub pays: Money,
    /// The same, where nothing is converted.
    pub arrives: Money,
    /// `None` where nothing is converted.
    pub rate: Option<RateLine>,
    pub outcome: Vec<Outcome>,
    /// What was filled in, carried along unseen: name and value.
    pub carried: Vec<(String, String)>,
    /// Why one is here again.
    pub notice: Option<Notice>,
}

/// Its form sends `answer`: `pay` or `refuse`.
#[derive(Clone, Debug, Default)]
pub struct PayDemo {
    pub pays: Money,
    pub provider: String,
    pub carried: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct PayDone {
    pub pays: Money,
    pub arrives: Money,
    pub rate: Option<RateLine>,
    pub reference: String,
    pub outcome: Vec<Outcome>,
    /// Where it can be seen.
    pub links: Vec<Link>,
}

#[derive(Clone, Debug, Default)]
pub struct PayFailed {
    pub why: PayFailure,
    /// Back to the form, as it was.
    pub again_href: String,
}

#[derive(Clone, Debug, Default)]
pub struct PayOld {
    pub pays: Money,
    /// Where the payment stands if it has arrived.
    pub statement: Link,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayFailure {
    /// By the bank or card.
    #[default]
    Refused,
    /// The customer turned back.
    Left,
}

impl PayForm {
    pub(crate) fn fields(&self, shell: &Shell) -> Vec<Field> {
        let care = shell.care();
        let account = match self.accounts.as_slice() {
            [] | [_] => Field::new("account", care.pay_to, FieldKind::Hidden),
            many => Field::new("account", care.pay_to, FieldKind::Select(many.to_vec())),
        };
        let (currencies, chosen) = (self.currencies.clone(), self.currency.clone());
        let kind = match currencies.as_slice() {
            [only] => FieldKind::Money { unit: only.clone() },
            _ => FieldKind::MoneyIn { currencies, chosen },
        };
        let amount = Field::new("amount", care.pay_amount, kind)
            .with_value(&self.amount)
            .with_hint(&self.hint)
            .with_error(&self.error);
        vec![account.with_value(&self.account), amount]
    }
}

impl RateLine {
    /// `1 EUR = 119.33 XPF (ecb, 28 Nov)`
    pub fn text(&self, say: &Say) -> String {
        let form = say.language.words().rate;
        form.with("rate", say.decimal(&self.rate))
            .with("base", &self.base)
            .with("quote", &self.quote)
            .with("at", say.moment_text(&self.at))
            .with("source", &self.source)
    }
}

impl Proposal {
    pub(crate) fn sum(&self, say: &Say) -> String {
        say.money_text(&self.money)
    }
}

impl PayReview {
    pub(crate) fn button(&self, say: &Say) -> String {
        pay_text(&self.pays, *say)
    }
}

impl PayDemo {
    pub(crate) fn button(&self, say: &Say) -> String {
        pay_text(&self.pays, *say)
    }

    pub(crate) fn to(&self, say: &Say) -> String {
        Care::of(say.language).pay_demo_to.with("provider", &self.provider)
    }
}

fn pay_text(money: &Money, say: Say) -> String {
    Care::of(say.language).pay_money.with("money", say.money_text(money))
}

impl PayDone {
    pub(crate) fn title(&self, say: &Say) -> String {
        Care::of(say.language).pay_done.with("money", say.money_text(&self.arrives))
    }
}

impl PayFailed {
    pub(crate) fn title(&self, say: &Say) -> &'static str {
        let care = Care::of(say.language);
        match self.why {
            PayFailure::Refused => care.pay_refused,
            PayFailure::Left => care.pay_left,
        }
    }
}

impl Pay {
    pub(crate) fn waiting_text(&self, money: &Money, say: &Say) -> String {
        Care::of(say.language).pay_waiting_text.with("money", say.money_text(money))
    }

    pub(crate) fn old_text(&self, money: &Money, say: &Say) -> String {
        Care::of(say.language).pay_old_text.with("money", say.money_text(money))
    }
}

page!(Pay, "care/pay.html");
