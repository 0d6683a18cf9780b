//! Refusals about services, subscriptions and their use.

use engine::{Refusal, ServiceKind, SwitchCause};
use serde_json::json;

use super::Described;
use crate::http::wire;

pub(super) fn service(refusal: &Refusal) -> Described {
    match refusal {
        Refusal::ServiceNotFound { service } => {
            (format!("there is no service {service}"), "", json!({"service": service}))
        }
        Refusal::SubscriptionNotFound { subscription } => (
            format!("there is no open subscription {subscription}"),
            "",
            json!({"subscription": subscription}),
        ),
        Refusal::AccountHasSubscriptions { subscription } => (
            format!("the account pays for {subscription}"),
            "close its subscriptions first",
            json!({"subscription": subscription}),
        ),
        Refusal::ServiceInvalid { place, what, remedy } => (
            format!("{place} {what}"),
            "see `place` and `remedy`",
            json!({"place": place, "remedy": remedy}),
        ),
        Refusal::ServiceWithdrawn { service } => (
            format!("{service} is no longer sold"),
            "choose another service",
            json!({"service": service}),
        ),
        Refusal::ServiceUnfit { service, needed } => {
            (unfit(*needed, service.as_str()), "", json!({"service": service, "needed": needed}))
        }
        Refusal::SubjectTaken { subject, subscription } => (
            format!("the network knows {subscription} by the name {subject}"),
            "take the name from that subscription, or close it",
            json!({"subject": subject, "subscription": subscription}),
        ),
        _ => standing(refusal),
    }
}

fn standing(refusal: &Refusal) -> Described {
    match refusal {
        Refusal::SubscriptionSuspended { subscription, suspended } => (
            match suspended {
                true => format!("{subscription} is suspended already"),
                false => format!("{subscription} is not suspended"),
            },
            "",
            json!({"subscription": subscription, "suspended": suspended}),
        ),
        Refusal::SuspendedByStaff { subscription } => (
            format!("{subscription} was suspended by staff"),
            "staff can resume it",
            json!({"subscription": subscription}),
        ),
        Refusal::SuspensionEndsInPast { until, now } => (
            "a suspension ends in the future".into(),
            "",
            json!({"until": wire::time(*until), "now": wire::time(*now)}),
        ),
        Refusal::UseWentBack { before, reported } => (
            format!("{before} units of this session were reported before, and now {reported}"),
            "report the use since the session began as total, or what came since as used",
            json!({"before": before, "reported": reported}),
        ),
        Refusal::DestinationNotServed { destination } => (
            format!("the tariff has no price for {destination:?}"),
            "give the tariff a rate for its prefix, or one for every destination",
            json!({"destination": destination}),
        ),
        Refusal::SubscriptionOff { subscription, why } => (
            format!("{subscription} is off"),
            off(*why),
            json!({"subscription": subscription, "why": why.code()}),
        ),
        _ => unreachable!("the caller has sorted them"),
    }
}

fn unfit(needed: ServiceKind, service: &str) -> String {
    match needed {
        ServiceKind::Subscribable => format!("{service} is bought once: nobody subscribes to it"),
        ServiceKind::OneTime => format!("{service} is subscribed to: it is not bought once"),
        ServiceKind::Metered => format!("{service} has no price for use"),
        ServiceKind::Unmetered => format!("this session of {service} is settled by units"),
        ServiceKind::Base => format!("{service} modifies another service or ends by itself"),
    }
}

/// What would turn it on.
fn off(why: SwitchCause) -> &'static str {
    match why {
        SwitchCause::FundsLow => "a payment that brings what may be spent to zero or above",
        SwitchCause::PeriodUnpaid => "a payment that covers the next period",
        SwitchCause::Overdue => "a payment of what fell due",
        SwitchCause::SuspendedByCustomer | SwitchCause::SuspendedByStaff => "resume it",
        SwitchCause::BaseOff => "what it modifies has to be on",
        SwitchCause::Ended | SwitchCause::Closed => "open a new subscription",
        SwitchCause::Activated | SwitchCause::Restored | SwitchCause::Changed => "",
    }
}
