//! What the network really has, laid beside what it is to have.

use std::collections::BTreeMap;

use engine::{State, Subscription, SubscriptionId};
use serde::{Deserialize, Serialize};
use store::provisioning::Command;

use crate::http::provisioning_view::ProvisioningOrder;

/// What the network says of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub named: Named,
    pub on: bool,
    pub service: Option<String>,
    /// Only what is to be set is compared: the network may have settings of its own.
    pub profile: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Named {
    Subject(Box<str>),
    Subscription(SubscriptionId),
}

/// What a subscription is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    pub subscription: SubscriptionId,
    pub on: bool,
    pub service: String,
    pub subjects: Vec<String>,
    /// The subscription that it modifies: the network knows both by the same names.
    pub base: Option<u32>,
    /// Those that modify it and are on, as a turbo button is.
    pub modifiers: Vec<SubscriptionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The network has it, and no subscription is known by that name.
    Unknown,
    /// It is to be on, and is not in a list that is said to be whole.
    Missing,
    /// One is on, the other off.
    OnDiffers,
    ServiceDiffers,
    ProfileDiffers,
}

/// The desired state of what the network names so.
pub fn desired_state(state: &State, named: &Named) -> Option<Desired> {
    let id = match named {
        Named::Subject(subject) => state.subject(subject)?,
        Named::Subscription(id) => *id,
    };
    let subscription = state.subscription(id)?;
    let all = state.account(id.account)?.subscriptions();
    let modifies = |it: &&Subscription| it.on && it.base == Some(id.serial);
    let modifiers = all.iter().filter(modifies);
    let modifiers = modifiers.map(|it| SubscriptionId { serial: it.serial, ..id }).collect();
    Some(Desired {
        subscription: id,
        on: subscription.on,
        service: subscription.service.to_string(),
        subjects: subscription.subjects.iter().map(ToString::to_string).collect(),
        base: subscription.base,
        modifiers,
    })
}

/// What is to be set for a subscription, by the newest commands of its own and of what modifies
/// it; that comes over it.
pub fn wanted(
    desired: &Desired,
    newest: &BTreeMap<SubscriptionId, Command>,
) -> BTreeMap<String, String> {
    let ordered = |it| {
        let order = serde_json::from_str::<ProvisioningOrder>(&newest.get(it)?.order.payload);
        order.ok().map(|it| it.profile)
    };
    let orders = std::iter::once(&desired.subscription).chain(&desired.modifiers);
    orders.filter_map(ordered).flatten().collect()
}

/// How what is there differs from what is to be there; settings matter only while it is on.
pub fn difference(
    found: &Found,
    desired: &Desired,
    profile: &BTreeMap<String, String>,
) -> Option<DifferenceKind> {
    if found.on != desired.on {
        return Some(DifferenceKind::OnDiffers);
    }
    if !desired.on {
        return None;
    }
    if found.service.as_ref().is_some_and(|it| *it != desired.service) {
        return Some(DifferenceKind::ServiceDiffers);
    }
    let is_set =
        |has: &BTreeMap<String, String>| profile.iter().all(|it| has.get(it.0) == Some(it.1));
    (found.profile.as_ref().is_some_and(|it| !is_set(it))).then_some(DifferenceKind::ProfileDiffers)
}

#[cfg(test)]
mod tests;
