//! Which entry of the journal is which event, and what an event says.
//!
//! **Invariant:** an event follows from its entry alone. It is a snapshot: what it says was true
//! when it happened, and is never looked up again.

use engine::Entry;
use serde::Serialize;
use serde_json::value::RawValue;
use store::webhooks::{Delivery, NewEvent};

use crate::http::entry_view::EntryView;
use crate::http::wire;

/// The kind of an entry, how it ended where that matters, and the event that it is. Charges,
/// sessions and fees of periods are not here: `/v1/events` has everything, and nobody wants a
/// request for each call, or a million of them at midnight.
const TABLE: &[(&str, Option<&str>, &str)] = &[
    ("account_closed", None, "account.closed"),
    ("account_opened", None, "account.opened"),
    ("account_renamed", None, "account.renamed"),
    ("adjustment", None, "account.adjusted"),
    ("balance_low", None, "balance.low"),
    ("bill_overdue", None, "bill.overdue"),
    ("credit_ended", None, "credit.ended"),
    ("credit_ending", None, "credit.ending"),
    ("credit_granted", None, "credit.granted"),
    ("credit_limit_set", None, "credit.limit_set"),
    ("customer_created", None, "customer.created"),
    ("customer_updated", None, "customer.updated"),
    ("payment", None, "payment.received"),
    ("payment_allocated", None, "payment.allocated"),
    ("payment_cancelled", None, "payment.cancelled"),
    ("payment_charged_back", None, "payment.charged_back"),
    ("payment_forwarded", None, "payment.forwarded"),
    ("payment_returned", None, "payment.returned"),
    ("payment_unallocated", None, "payment.unallocated"),
    ("plan_changed", None, "plan.changed"),
    ("promise_ended", Some("repaid"), "promise.kept"),
    ("promise_ended", Some("revoked"), "promise.revoked"),
    ("promise_ended", None, "promise.broken"),
    ("promise_granted", None, "promise.granted"),
    ("purchased", None, "purchase.made"),
    ("receivable_over_limit", None, "receivable.over_limit"),
    ("refunded", None, "payment.refunded"),
    ("subscription_closed", None, "subscription.closed"),
    ("subscription_opened", None, "subscription.opened"),
    ("subscription_resumed", None, "subscription.resumed"),
    ("subscription_suspended", None, "subscription.suspended"),
    ("switched", Some("off"), "subscription.switched_off"),
    ("switched", Some("on"), "subscription.switched_on"),
    ("transfer_in", None, "transfer.received"),
    ("transfer_out", None, "transfer.sent"),
];

/// Events that no entry stands for: somebody tries an endpoint, or one was taken out of service.
pub const PING: &str = "test.ping";
pub const DISABLED: &str = "webhook_endpoint.disabled";

/// Every type that an endpoint may ask for, sorted.
pub fn types() -> Vec<&'static str> {
    let mut types: Vec<_> = TABLE.iter().map(|it| it.2).chain([DISABLED]).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn event_type(kind: &str, end: Option<&str>) -> Option<&'static str> {
    let mut rows = TABLE.iter().filter(|it| it.0 == kind);
    rows.find(|it| it.1.is_none() || it.1 == end).map(|it| it.2)
}

/// The event that an entry is, if it is one.
pub fn event_of(entry: &Entry) -> Option<NewEvent> {
    // Most entries are none, and are not put into words for that.
    let kind = entry.fact.kind();
    TABLE.binary_search_by_key(&kind, |it| it.0).ok()?;
    let view = EntryView::new(entry);
    let switched = view.of_service.on.map(|it| if it { "on" } else { "off" });
    let event_type = event_type(kind, view.end.or(switched))?;
    Some(NewEvent {
        event: format!("evt_{}", entry.position.0),
        event_type: event_type.to_owned(),
        position: Some(entry.position),
        subject: subject(&view),
        at: entry.at,
        payload: serde_json::to_string(&view).expect("an entry is always JSON"),
    })
}

/// Whom an event is about. Payments that no account has yet are told in one order of their own,
/// so that a receiver notices when one is missing.
fn subject(view: &EntryView) -> String {
    let subject = view.account.clone().or_else(|| view.customer.clone());
    subject.unwrap_or_else(|| UNALLOCATED.to_owned())
}

const UNALLOCATED: &str = "unallocated";

/// The body of a delivery: the same bytes at each attempt.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    timestamp: String,
    sequence: u64,
    data: &'a RawValue,
}

pub fn body(delivery: &Delivery) -> String {
    let event = &delivery.event;
    let data = serde_json::from_str(&event.payload).expect("a payload was JSON when it was kept");
    let body = Body {
        event_type: &event.event_type,
        timestamp: wire::time(event.at),
        sequence: delivery.sequence,
        data,
    };
    serde_json::to_string(&body).expect("texts and JSON are JSON")
}

#[cfg(test)]
mod tests;
