//! A promised payment in two taps: the offer, and *yes, please*. A "no" is friendly and complete:
//! what is in the way, from when it will work, and what helps now.

use super::home::day_or_moment;
use super::sentence;
use crate::console::action::Outcome;
use crate::date::duration;
use crate::{Care, Field, Link, Message, Moment, Money, Notice, Say, Tone};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Promise {
    /// Whose it is: `Internet · 1000 0423 7`.
    pub account: String,
    /// Where its forms are sent to: the offer's by POST, another amount's by GET.
    pub path: String,
    pub step: PromiseStep,
}

#[derive(Clone, Debug)]
pub enum PromiseStep {
    Offer(Box<Offer>),
    Done(Box<Done>),
    No(Box<No>),
}

impl Default for PromiseStep {
    fn default() -> Self {
        Self::No(Box::default())
    }
}

/// What would be granted, by the evaluator's dry run.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub money: Money,
    pub until: Moment,
    /// `None` where there is none, or it is waived.
    pub fee: Option<Money>,
    /// `Internet 100 stays on`, `Turbo 500 comes on at once`.
    pub outcome: Vec<Outcome>,
    /// What is accepted with the button, a line each; empty where nothing has to be.
    pub terms: Vec<String>,
    /// What the button carries along: name and value.
    pub carried: Vec<(String, String)>,
    /// Another amount or time, where the policy leaves a choice; with errors where one did not do.
    pub fields: Vec<Field>,
    /// A refusal after the button: what has changed meanwhile.
    pub notice: Option<Notice>,
}

#[derive(Clone, Debug, Default)]
pub struct Done {
    pub money: Money,
    pub until: Moment,
    pub fee: Option<Money>,
    pub outcome: Vec<Outcome>,
    /// Where it can be seen, and paid before its time.
    pub links: Vec<Link>,
}

/// Why there is none now, every rule of it, and what can be done.
#[derive(Clone, Debug, Default)]
pub struct No {
    /// Every rule that fails, in the evaluator's order; empty where there is no policy at all.
    pub in_way: Vec<InWay>,
    /// From when it works, when time is all it takes or the rest has been seen to.
    pub from: Option<Moment>,
    /// What can be paid, the least first.
    pub pay: Vec<PayHelp>,
    /// What helps else: another account, a telephone number, the statement.
    pub links: Vec<Link>,
    /// Asking again with these, where another amount or time would do.
    pub fields: Vec<Field>,
}

/// A payment that helps, and where it is paid.
#[derive(Clone, Debug, Default)]
pub struct PayHelp {
    pub money: Money,
    pub href: String,
    pub brings: PayBrings,
}

/// What comes of a payment that helps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayBrings {
    /// What the page says already.
    #[default]
    Known,
    /// It is enough for the services, and what is in the way of a promise stays there.
    Services,
    /// It clears what is in the way of a promise.
    Promise,
    /// It is enough for the services, and clears what is in the way of a promise.
    Both,
}

/// A rule that fails, with its figures as texts in the reader's language.
#[derive(Clone, Debug, Default)]
pub struct InWay {
    /// Its code, such as `tenure`.
    pub code: String,
    /// What is asked: `30 days`, `2`, `500 XPF`.
    pub limit: String,
    /// What is the case.
    pub actual: String,
    pub remedy: Remedy,
}

/// What would satisfy a rule that fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Remedy {
    /// It is not needed, or nothing does.
    #[default]
    Nothing,
    PossibleFrom(Moment),
    Pay(Money),
    AskBetween {
        least: Money,
        most: Money,
    },
    /// The longest time that is possible.
    AskHours(i64),
    /// Only people can help.
    AskUs,
}

impl Offer {
    pub(crate) fn get(&self, say: &Say) -> String {
        Care::of(say.language).promise_get.with("money", say.money_text(&self.money))
    }

    pub(crate) fn pay_by(&self, say: &Say) -> String {
        let form = Care::of(say.language).promise_pay_by;
        sentence(&form.with("at", day_or_moment(&self.until, *say)))
    }

    pub(crate) fn fee_text(&self, say: &Say) -> String {
        fee_text(self.fee.as_ref(), *say)
    }

    /// Whether the choice is open, because there is something wrong in it.
    pub(crate) fn is_choosing(&self) -> bool {
        self.fields.iter().any(|it| !it.error.is_empty())
    }
}

fn fee_text(fee: Option<&Money>, say: Say) -> String {
    let care = Care::of(say.language);
    match fee {
        Some(fee) => care.promise_fee.with("money", say.money_text(fee)),
        None => care.promise_fee_none.to_owned(),
    }
}

impl Done {
    pub(crate) fn title(&self, say: &Say) -> String {
        Care::of(say.language).promise_done.with("money", say.money_text(&self.money))
    }

    pub(crate) fn pay_by(&self, say: &Say) -> String {
        let form = Care::of(say.language).promise_done_by;
        let text = form.with("money", say.money_text(&self.money));
        sentence(&text.with("at", day_or_moment(&self.until, *say)))
    }

    pub(crate) fn fee_text(&self, say: &Say) -> String {
        fee_text(self.fee.as_ref(), *say)
    }
}

impl No {
    pub(crate) fn is_needed(&self) -> bool {
        self.in_way.iter().all(|it| it.code != "needed")
    }

    pub(crate) fn tone(&self) -> Tone {
        if self.is_needed() { Tone::Soon } else { Tone::On }
    }

    /// The answer in a sentence: from when, or that it is not needed.
    pub(crate) fn title(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        match &self.from {
            _ if !self.is_needed() => care.promise_not_needed.to_owned(),
            Some(at) => care.promise_no_from.with("at", day_or_moment(at, *say)),
            None if self.in_way.is_empty() => care.promise_no_never.to_owned(),
            None => care.promise_no.to_owned(),
        }
    }

    pub(crate) fn pay_text(&self, it: &PayHelp, say: &Say) -> String {
        Care::of(say.language).pay_money.with("money", say.money_text(&it.money))
    }

    pub(crate) fn has_help(&self) -> bool {
        !self.pay.is_empty() || !self.links.is_empty() || !self.fields.is_empty()
    }
}

impl PayHelp {
    pub(crate) fn brings(&self, say: &Say) -> &'static str {
        let care = Care::of(say.language);
        match self.brings {
            PayBrings::Known => "",
            PayBrings::Services => care.promise_pay_services,
            PayBrings::Promise => care.promise_pay_clears,
            PayBrings::Both => care.promise_pay_both,
        }
    }
}

impl InWay {
    pub(crate) fn text(&self, say: &Say) -> String {
        match Care::of(say.language).named("in_way", &self.code) {
            Some(form) => form.with("limit", &self.limit).with("actual", &self.actual),
            None => self.code.replace('_', " "),
        }
    }

    pub(crate) fn remedy(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        let money = |money: &Money| say.money_text(money);
        match &self.remedy {
            Remedy::Nothing => String::new(),
            Remedy::PossibleFrom(at) => {
                sentence(&care.remedy_from.with("at", day_or_moment(at, *say)))
            }
            Remedy::Pay(sum) => care.remedy_pay.with("money", money(sum)),
            Remedy::AskBetween { least, most } => {
                care.remedy_between.with("least", money(least)).with("most", money(most))
            }
            Remedy::AskHours(hours) => {
                care.remedy_duration.with("duration", duration(hours * 60, say.language))
            }
            Remedy::AskUs => care.remedy_ask_us.to_owned(),
        }
    }
}

page!(Promise, "care/promise.html");
