//! Every refusal in words, with what helps and its figures.

mod services;

use engine::{Refusal, Unit};
use serde_json::{Map, Value, json};

use crate::http::promise_view::FailingView;
use crate::http::wire::{self, WireMoney};

/// A refusal in words, what helps, and its figures.
pub(super) fn describe(refusal: &Refusal) -> (String, &'static str, Map<String, Value>) {
    let (title, hint, figures) = match refusal {
        Refusal::CustomerNotFound { .. }
        | Refusal::AccountNotFound { .. }
        | Refusal::PaymentNotFound { .. }
        | Refusal::ReservationNotFound { .. }
        | Refusal::CreditNotFound { .. } => missing(refusal),
        Refusal::AccountClosed { .. }
        | Refusal::AccountNotEmpty { .. }
        | Refusal::AccountNumberTaken { .. }
        | Refusal::ShardFull
        | Refusal::SameAccount { .. }
        | Refusal::CurrencyMismatch { .. }
        | Refusal::CreditEndsInPast { .. } => standing(refusal),
        Refusal::RequestReused { .. }
        | Refusal::RequestOutOfOrder { .. }
        | Refusal::SessionEnded { .. }
        | Refusal::SessionOpen { .. } => session(refusal),
        Refusal::NoExchangeRate { .. }
        | Refusal::AmountOutOfRange { .. }
        | Refusal::CreditCeilingExceeded { .. }
        | Refusal::InsufficientFunds { .. } => money(refusal),
        Refusal::RefundNotFound { .. }
        | Refusal::PaymentsLocked { .. }
        | Refusal::OpeningBalanceSet { .. }
        | Refusal::SecondPersonNeeded { .. }
        | Refusal::PaymentReversed { .. }
        | Refusal::MoreThanOwed { .. } => going_back(refusal),
        Refusal::NoPromisePolicy { .. }
        | Refusal::PlanHeld { .. }
        | Refusal::OverrideNotAllowed { .. }
        | Refusal::PromiseNotPossible { .. } => promise(refusal),
        Refusal::ServiceNotFound { .. }
        | Refusal::SubscriptionNotFound { .. }
        | Refusal::AccountHasSubscriptions { .. }
        | Refusal::ServiceInvalid { .. }
        | Refusal::ServiceWithdrawn { .. }
        | Refusal::ServiceUnfit { .. }
        | Refusal::SubjectTaken { .. }
        | Refusal::SubscriptionSuspended { .. }
        | Refusal::SuspendedByStaff { .. }
        | Refusal::SuspensionEndsInPast { .. }
        | Refusal::UseWentBack { .. }
        | Refusal::DestinationNotServed { .. }
        | Refusal::SubscriptionOff { .. } => services::service(refusal),
    };
    let Value::Object(figures) = figures else { unreachable!("figures are objects") };
    (title, hint, figures)
}

type Described = (String, &'static str, Value);

/// What is asked for does not exist.
fn missing(refusal: &Refusal) -> Described {
    let none = || json!({});
    match refusal {
        Refusal::CustomerNotFound { customer } => {
            (format!("there is no customer cus_{}", customer.0), "", none())
        }
        Refusal::AccountNotFound { account, check_digit_wrong } => (
            format!("there is no account {account}"),
            if *check_digit_wrong { "its check digit is wrong: a digit was mistyped" } else { "" },
            json!({"account": account, "check_digit_wrong": check_digit_wrong}),
        ),
        Refusal::PaymentNotFound { payment: it } => {
            (format!("there is no payment {it}"), "", none())
        }
        Refusal::ReservationNotFound { reservation } => (
            format!("there is no reservation {reservation}, or it ended too long ago"),
            "use that was never settled can be charged with after_use",
            none(),
        ),
        Refusal::CreditNotFound { credit } => (
            format!("there is no running temporary limit or promised payment {credit}"),
            "",
            none(),
        ),
        _ => unreachable!("the caller has sorted them"),
    }
}

/// The account, or what was asked, does not allow it.
fn standing(refusal: &Refusal) -> Described {
    let none = || json!({});
    match refusal {
        Refusal::AccountClosed { account: it } => (format!("acc_{} is closed", it.0), "", none()),
        Refusal::AccountNotEmpty { balance, held, currency, exponent } => (
            "an account is closed only when its balance is zero and nothing is held".into(),
            "pay out or write off the balance first",
            json!({
                "balance": WireMoney::balance(*balance, *currency, *exponent),
                "held": WireMoney::amount(*held, *currency, *exponent),
            }),
        ),
        Refusal::AccountNumberTaken { number } => {
            (format!("the account number {number} is taken"), "", json!({"number": number}))
        }
        Refusal::ShardFull => {
            let title = "as many customers or accounts are here as can be numbered";
            (title.into(), "tell the operator", none())
        }
        Refusal::SameAccount { .. } => {
            ("a transfer goes from one account to another".into(), "", none())
        }
        Refusal::CurrencyMismatch { expected, actual } => (
            format!("the account is in {expected}, the amount in {actual}"),
            "name the amount in the account's currency",
            json!({"expected": expected, "actual": actual}),
        ),
        Refusal::CreditEndsInPast { until, now } => (
            "a temporary limit ends in the future".into(),
            "",
            json!({"until": wire::time(*until), "now": wire::time(*now)}),
        ),
        _ => unreachable!("the caller has sorted them"),
    }
}

/// Requests of a session.
fn session(refusal: &Refusal) -> Described {
    match refusal {
        Refusal::RequestReused { request, field } => (
            format!("request {request} of this session was another one: {field} differs"),
            "number each new request of a session higher than the one before",
            json!({"request": request, "field": field}),
        ),
        Refusal::RequestOutOfOrder { request, reservation } => (
            format!("request {request} comes after a later one of its session"),
            "number each new request of a session higher than the one before",
            json!({"request": request, "reservation": reservation}),
        ),
        Refusal::SessionEnded { reservation } => (
            format!("the session of {reservation} has ended"),
            "",
            json!({"reservation": reservation}),
        ),
        Refusal::SessionOpen { reservation } => (
            format!("the session is open already, as {reservation}"),
            "settle or release it, or number its requests",
            json!({"reservation": reservation}),
        ),
        _ => unreachable!("the caller has sorted them"),
    }
}

/// Money, and how far it goes.
fn money(refusal: &Refusal) -> Described {
    let none = || json!({});
    match refusal {
        Refusal::NoExchangeRate { from, to, at } => (
            format!("there is no usable exchange rate from {from} to {to}"),
            "load a rate, or raise the highest age of rates",
            json!({"from": from, "to": to, "at": wire::time(*at)}),
        ),
        Refusal::AmountOutOfRange { currency, .. } => (
            format!("the result is more {currency} than an account can hold, or nothing at all"),
            "",
            none(),
        ),
        Refusal::CreditCeilingExceeded { ceiling, requested, currency, exponent } => (
            "the limits together would pass the account's ceiling".into(),
            "raise the ceiling, or ask for less",
            json!({
                "ceiling": WireMoney::amount(*ceiling, *currency, *exponent),
                "requested": WireMoney::amount(*requested, *currency, *exponent),
            }),
        ),
        Refusal::InsufficientFunds { available, requested, currency, exponent } => {
            let short = requested.units() - available.units();
            (
                "there is not enough to spend".into(),
                "a payment of what is missing would do",
                json!({
                    "available": WireMoney::balance(*available, *currency, *exponent),
                    "requested": WireMoney::amount(*requested, *currency, *exponent),
                    "missing": WireMoney::units(short, *currency, *exponent),
                }),
            )
        }
        _ => unreachable!("the caller has sorted them"),
    }
}

/// Money that goes back, opening balances and debts.
fn going_back(refusal: &Refusal) -> Described {
    let none = || json!({});
    match refusal {
        Refusal::RefundNotFound { refund } => {
            (format!("there is no refund {refund} that waits for a second person"), "", none())
        }
        Refusal::PaymentsLocked { account: it } => (
            format!("acc_{} takes no payments", it.0),
            "unlock its payments, or choose another account",
            none(),
        ),
        Refusal::OpeningBalanceSet { account: it } => {
            (format!("acc_{} has an opening balance already", it.0), "adjust the balance", none())
        }
        Refusal::SecondPersonNeeded { requested_by } => (
            format!("{requested_by} asked for this refund: another person has to approve it"),
            "",
            json!({"requested_by": requested_by}),
        ),
        Refusal::PaymentReversed { left, requested, currency, exponent } => (
            "not so much is left of the payment".into(),
            "what was taken back before, and what waits for a second person, is spoken for",
            json!({
                "left": WireMoney::amount(*left, *currency, *exponent),
                "requested": WireMoney::amount(*requested, *currency, *exponent),
            }),
        ),
        Refusal::MoreThanOwed { owed, requested, currency, exponent } => (
            "it is more than there is to write off or to recover, or nothing at all".into(),
            "",
            json!({
                "owed": WireMoney::amount(*owed, *currency, *exponent),
                "requested": WireMoney::amount(*requested, *currency, *exponent),
            }),
        ),
        _ => unreachable!("the caller has sorted them"),
    }
}

/// Promised payments.
fn promise(refusal: &Refusal) -> Described {
    match refusal {
        Refusal::NoPromisePolicy { group, currency } => (
            match group {
                Some(group) => format!("the group {group} has no promised payments in {currency}"),
                None => format!("there are no promised payments in {currency}"),
            },
            "set a policy for promised payments",
            json!({"group": group, "policy_currency": currency}),
        ),
        Refusal::PlanHeld { until } => (
            "a promised payment holds the plan as it is".into(),
            "wait until it ends, or pay what was promised",
            json!({"until": wire::time(*until)}),
        ),
        Refusal::OverrideNotAllowed {
            role,
            amount_max,
            requested,
            hours_max,
            hours,
            currency,
            exponent,
        } => (
            format!("the policy does not let the role {role} override its rules this far"),
            "ask for less, for a shorter time, or somebody of a role with a higher cap",
            json!({
                "role": role,
                "amount_max": WireMoney::amount(*amount_max, *currency, *exponent),
                "requested": WireMoney::amount(*requested, *currency, *exponent),
                "hours_max": hours_max,
                "hours": hours,
            }),
        ),
        Refusal::PromiseNotPossible { failing, currency, exponent } => {
            let unit = Unit { currency: *currency, exponent: *exponent };
            let failing: Vec<_> = failing.iter().map(|it| FailingView::new(it, unit)).collect();
            (
                "a promised payment is not possible now".into(),
                "each rule that fails says what would satisfy it",
                json!({"failing": failing}),
            )
        }
        _ => unreachable!("the caller has sorted them"),
    }
}
