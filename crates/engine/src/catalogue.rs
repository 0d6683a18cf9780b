//! What a provider sells: services, each in versions.
//!
//! **Invariant:** a version never changes once it is set. What runs keeps its version until its
//! next period begins; a session keeps the one that it began with.

mod check;
mod recurring;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use recurring::{Anchor, Recurring};

use crate::{Currency, DestinationIndex, Name, Price, SkipDays, Usage};

/// One version of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub name: Name,
    /// Counts from 1 for each service; given when it is set.
    pub version: u32,
    /// What customers read.
    pub title: String,
    /// What its prices are in.
    pub currency: Currency,
    pub mode: PaymentMode,
    /// A fee for each period. Beside it, or alone, there may be [`Self::usage`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring: Option<Recurring>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Bought once: a film, a turbo button. Neither of the other two stands beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_time: Option<OneTime>,
    /// In whose time zone its days begin and its bands lie.
    #[serde(default)]
    pub days: WhoseDays,
    /// What becomes of the fee while the service is off.
    #[serde(default)]
    pub while_off: WhileOff,
    /// Whether the unused part of a paid period goes back when a subscription is closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refunds_unused: bool,
    /// When a postpaid period has to be paid, if it is not just the credit limit that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueRule>,
    /// Which network adapter switches it; without one, nobody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<Name>,
    /// What the network is to set when it is switched on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profile: Profile,
    /// No longer sold; what runs goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// Names and values for the network: `down_kbit` → `100000`.
pub type Profile = BTreeMap<Box<str>, Box<str>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMode {
    /// A period is charged when it begins.
    Prepaid,
    /// A period is charged when it ends, even into debt.
    Postpaid,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoseDays {
    #[default]
    Provider,
    /// The customer's zone where one is known, else the provider's.
    Customer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhileOff {
    /// The period runs on and its fee is owed whole.
    #[default]
    RunsOn,
    /// The period stands still, and is as much longer as it stood.
    Pauses,
    /// The period runs on, and the fee for the time off is credited at its end.
    Credited,
}

/// A price for having something once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneTime {
    pub price: Price,
    /// How long it is on; without it nothing is switched, it is only charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

/// When a postpaid period has to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueRule {
    /// Days from the period's end to the due date.
    pub days: u32,
    /// Days from the due date until the account's services are switched off.
    pub grace_days: u32,
    /// Days on which nothing falls due: it waits for the next working day.
    #[serde(default)]
    pub skip: SkipDays,
}

/// A version, with what makes it quick to use.
#[derive(Clone, Debug)]
pub struct Item {
    pub service: Service,
    /// Where there is use, which of its rates a destination has.
    pub destinations: Option<DestinationIndex>,
}

/// Every version of every service.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By version: the first is number 1.
    items: BTreeMap<Name, Vec<Arc<Item>>>,
}

impl Catalogue {
    /// The newest version of a service.
    pub fn newest(&self, name: Name) -> Option<&Arc<Item>> {
        self.items.get(&name)?.last()
    }

    /// The newest version of a service whose prices are in `currency`.
    pub fn newest_in(&self, name: Name, currency: Currency) -> Option<&Arc<Item>> {
        self.items.get(&name)?.iter().rev().find(|it| it.service.currency == currency)
    }

    pub fn version(&self, name: Name, version: u32) -> Option<&Arc<Item>> {
        let place = usize::try_from(version.checked_sub(1)?).ok()?;
        self.items.get(&name)?.get(place)
    }

    /// The newest version of each service, by name.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.items().map(|it| &it.service)
    }

    /// As [`Self::services`], to be kept without a copy.
    pub fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.items.values().filter_map(|it| it.last())
    }

    /// All versions of a service, oldest first.
    pub fn versions(&self, name: Name) -> impl Iterator<Item = &Service> {
        self.items.get(&name).into_iter().flatten().map(|it| &it.service)
    }

    pub(crate) fn insert(&mut self, service: &Service) {
        let versions = self.items.entry(service.name).or_default();
        let next = u32::try_from(versions.len() + 1).expect("versions are few");
        assert_eq!(service.version, next, "versions of a service are numbered without a gap");
        let destinations = service.usage.as_ref().map(DestinationIndex::new);
        versions.push(Arc::new(Item { service: service.clone(), destinations }));
    }
}
