//! A "no" in the reader's words: what is in the way, with its figures, and what helps.
//!
//! What has no words of its own is said in those of the API.

use engine::{Amount, Balance, Currency, Refusal};
use pages::{Field, Language, Message, Money, Notice, Shared, Tone};

use super::{Looks, words};
use crate::http::error::{Behind, Fault, Problem};

/// What a message has in its places.
type Figures = Vec<(&'static str, String)>;

/// What is wrong with a field stands at the field; anything else is for above the form.
pub fn place(problem: &Problem, fields: &mut [Field], looks: &Looks) -> Option<Notice> {
    let named = problem.field.as_deref();
    if let Some(field) = fields.iter_mut().find(|it| Some(it.name.as_str()) == named) {
        field.error = sentence(problem, looks);
        return None;
    }
    Some(notice(problem, looks))
}

/// What is in the way, and what helps.
pub fn notice(problem: &Problem, looks: &Looks) -> Notice {
    let details = help(problem, looks).into_iter().collect();
    Notice { details, ..Notice::new(Tone::Off, sentence(problem, looks)) }
}

/// What is in the way.
pub fn sentence(problem: &Problem, looks: &Looks) -> String {
    let said = match problem.behind.as_deref() {
        Some(Behind::Fault(fault)) => return faulty(*fault, looks.language),
        Some(Behind::Refusal(refusal)) => said(refusal),
        None => problem.code,
    };
    filled("refusal", said, problem, looks).unwrap_or_else(|| problem.title.clone())
}

/// What would make it a yes; `None` where nothing does, or goes without saying.
fn help(problem: &Problem, looks: &Looks) -> Option<String> {
    let helps = match problem.behind.as_deref() {
        Some(Behind::Refusal(Refusal::AccountNotFound { check_digit_wrong: true, .. })) => {
            "mistyped"
        }
        _ => problem.code,
    };
    let is_said = Shared::of(looks.language).named("refusal", problem.code).is_some();
    let own = || problem.hint.as_deref().filter(|_| !is_said).map(str::to_owned);
    filled("help", helps, problem, looks).or_else(own)
}

fn said(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::SubscriptionSuspended { suspended: false, .. } => "not_suspended",
        other => other.code(),
    }
}

fn filled(group: &str, name: &str, problem: &Problem, looks: &Looks) -> Option<String> {
    let form = Shared::of(looks.language).named(group, name)?;
    let figures = match problem.behind.as_deref() {
        Some(Behind::Refusal(refusal)) => figures(refusal, looks),
        Some(Behind::Fault(_)) | None => Vec::new(),
    };
    Some(fill(form, &figures))
}

fn fill(form: &str, figures: &Figures) -> String {
    figures.iter().fold(form.to_owned(), |text, (name, figure)| text.with(name, figure))
}

/// What is wrong with what was typed into a field.
fn faulty(fault: Fault, language: Language) -> String {
    let say = |number: &str| match language {
        Language::English => number.to_owned(),
        _ => number.replace('.', ","),
    };
    let figures = match fault {
        Fault::NoAmount => vec![("example", say("12.50"))],
        Fault::Rate => vec![("example", say("119.33"))],
        Fault::Currency => vec![("example", "EUR".to_owned())],
        Fault::Number => vec![("example", "72".to_owned())],
        Fault::Name => vec![("example", "bank-transfer".to_owned())],
        Fault::Country => vec![("example", "PF".to_owned())],
        Fault::TimeZone => vec![("example", "Pacific/Tahiti".to_owned())],
        Fault::Decimals { max } => vec![("n", max.to_string())],
        Fault::Long { characters_max: max } | Fault::Many { max } => vec![("n", max.to_string())],
        Fault::Negative
        | Fault::Zero
        | Fault::NoDecimals
        | Fault::TooLarge
        | Fault::Empty
        | Fault::Invisible
        | Fault::Moment
        | Fault::Account
        | Fault::Choose
        | Fault::Same
        | Fault::Phone
        | Fault::Email
        | Fault::Taken
        | Fault::OtherAccount => Vec::new(),
    };
    let form = Shared::of(language).named("fault", fault.name()).unwrap_or(fault.name());
    fill(form, &figures)
}

/// What a refusal has figures of: money, or anything else.
fn figures(refusal: &Refusal, looks: &Looks) -> Figures {
    sums(refusal, looks).unwrap_or_else(|| others(refusal, looks))
}

fn others(refusal: &Refusal, looks: &Looks) -> Figures {
    let moment = |at| looks.say().moment_text(&looks.moment(at));
    match refusal {
        Refusal::AccountNotFound { account, .. } => vec![("account", words::number(account))],
        Refusal::PaymentNotFound { payment } => vec![("payment", payment.clone())],
        Refusal::NoPromisePolicy { currency, .. } => vec![("currency", currency.to_string())],
        Refusal::ServiceInvalid { place, .. } => vec![("place", place.clone())],
        Refusal::SubjectTaken { subject, .. } => vec![("subject", subject.clone())],
        Refusal::SuspensionEndsInPast { until, .. }
        | Refusal::CreditEndsInPast { until, .. }
        | Refusal::PlanHeld { until } => vec![("until", moment(*until))],
        Refusal::AccountNumberTaken { number } => vec![("number", words::number(number))],
        Refusal::SecondPersonNeeded { requested_by } => {
            vec![("requested_by", words::who(requested_by.as_str()).to_owned())]
        }
        Refusal::CurrencyMismatch { expected, actual } => {
            vec![("expected", expected.to_string()), ("actual", actual.to_string())]
        }
        Refusal::RequestReused { request, .. } | Refusal::RequestOutOfOrder { request, .. } => {
            vec![("request", request.to_string())]
        }
        Refusal::UseWentBack { before, reported } => {
            vec![("before", before.to_string()), ("reported", reported.to_string())]
        }
        Refusal::DestinationNotServed { destination } => {
            vec![("destination", destination.clone())]
        }
        Refusal::SubscriptionOff { why, .. } => {
            vec![("why", words::cause(looks.language, *why))]
        }
        Refusal::NoExchangeRate { from, to, .. } => {
            vec![("from", from.to_string()), ("to", to.to_string())]
        }
        // Their sums have been said.
        Refusal::AccountNotEmpty { .. }
        | Refusal::OverrideNotAllowed { .. }
        | Refusal::AmountOutOfRange { .. }
        | Refusal::CreditCeilingExceeded { .. }
        | Refusal::PaymentReversed { .. }
        | Refusal::MoreThanOwed { .. }
        | Refusal::InsufficientFunds { .. }
        // What they are about goes without saying: it was chosen in the form.
        | Refusal::CustomerNotFound { .. }
        | Refusal::ReservationNotFound { .. }
        | Refusal::CreditNotFound { .. }
        | Refusal::RefundNotFound { .. }
        | Refusal::ServiceNotFound { .. }
        | Refusal::SubscriptionNotFound { .. }
        | Refusal::AccountClosed { .. }
        | Refusal::PaymentsLocked { .. }
        | Refusal::AccountHasSubscriptions { .. }
        | Refusal::ServiceWithdrawn { .. }
        | Refusal::ServiceUnfit { .. }
        | Refusal::SubscriptionSuspended { .. }
        | Refusal::SuspendedByStaff { .. }
        | Refusal::ShardFull
        | Refusal::OpeningBalanceSet { .. }
        | Refusal::SameAccount { .. }
        | Refusal::SessionEnded { .. }
        | Refusal::SessionOpen { .. }
        | Refusal::PromiseNotPossible { .. } => Vec::new(),
    }
}

/// Money, with what there is and what was asked for; `None` of what is about no money, and
/// [`others`] names each of those.
fn sums(refusal: &Refusal, looks: &Looks) -> Option<Figures> {
    let say = looks.say();
    let money = |units: i128, currency: Currency, exponent: u8| {
        say.money_text(&Money::new(units, currency.code(), exponent))
    };
    let amount = |it: Amount, currency, exponent| money(it.units().into(), currency, exponent);
    let standing = |it: Balance, currency, exponent| money(it.units().into(), currency, exponent);
    let sums = match refusal {
        Refusal::AccountNotEmpty { balance, held, currency: c, exponent: e } => {
            vec![("balance", standing(*balance, *c, *e)), ("held", amount(*held, *c, *e))]
        }
        Refusal::OverrideNotAllowed {
            amount_max,
            requested,
            hours_max,
            hours,
            currency: c,
            exponent: e,
            ..
        } => {
            let lasts = |it: u32| say.lasts(&(i64::from(it) * 60));
            vec![
                ("amount_max", amount(*amount_max, *c, *e)),
                ("requested", amount(*requested, *c, *e)),
                ("hours_max", lasts(*hours_max)),
                ("hours", lasts(*hours)),
            ]
        }
        Refusal::AmountOutOfRange { currency, .. } => vec![("currency", currency.to_string())],
        Refusal::CreditCeilingExceeded { ceiling, requested, currency: c, exponent: e } => {
            vec![("ceiling", amount(*ceiling, *c, *e)), ("requested", amount(*requested, *c, *e))]
        }
        Refusal::PaymentReversed { left, requested, currency: c, exponent: e } => {
            vec![("left", amount(*left, *c, *e)), ("requested", amount(*requested, *c, *e))]
        }
        Refusal::MoreThanOwed { owed, requested, currency: c, exponent: e } => {
            vec![("owed", amount(*owed, *c, *e)), ("requested", amount(*requested, *c, *e))]
        }
        Refusal::InsufficientFunds { available, requested, currency: c, exponent: e } => {
            let short = i128::from(requested.units()) - i128::from(available.units());
            vec![
                ("available", standing(*available, *c, *e)),
                ("requested", amount(*requested, *c, *e)),
                ("missing", money(short, *c, *e)),
            ]
        }
        _ => return None,
    };
    Some(sums)
}

#[cfg(test)]
mod tests;
