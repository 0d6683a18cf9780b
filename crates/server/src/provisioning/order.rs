//! The command that an entry of the journal is.
//!
//! **Invariant:** a command follows from its entry alone, and what it says is never looked up
//! again: the same bytes go out at every attempt.

use engine::{Entry, Fact, SubscriptionId};
use store::provisioning::NewCommand;

use crate::http::provisioning_view::ProvisioningOrder;
use crate::http::wire;

/// The command that an entry is, if it is one: a service without an adapter is switched by nobody.
pub fn order_of(entry: &Entry) -> Option<NewCommand> {
    let Fact::Switched(fact) = &entry.fact else { return None };
    let (adapter, account) = (fact.adapter?, entry.posting?.account);
    let subscription = SubscriptionId { account, serial: fact.subscription };
    let text = |it: &str| it.to_owned();
    let order = ProvisioningOrder {
        id: wire::command_id(entry.position),
        subscription: wire::subscription_id(subscription),
        account: wire::account_id(account),
        customer: entry.customer.map(wire::customer_id),
        service: fact.service.to_string(),
        version: fact.version,
        on: fact.on,
        cause: text(fact.cause.code()),
        subjects: fact.subjects.iter().map(|it| text(it)).collect(),
        profile: fact.profile.iter().map(|(key, value)| (text(key), text(value))).collect(),
        decided_at: wire::time(entry.at),
    };
    Some(NewCommand {
        position: entry.position,
        at: entry.at,
        subscription,
        adapter: Some(adapter.to_string()),
        on: fact.on,
        payload: serde_json::to_string(&order).expect("an order is always JSON"),
    })
}
