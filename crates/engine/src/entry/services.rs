//! What facts about services, subscriptions and use hold: the journal's `detail`, as JSON.
//!
//! **Invariant:** as in [`super::facts`], a shape never changes its meaning.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Amount, Conversion, ExchangeRate, Name, Part, Price, Profile, Suspender, Timestamp};

/// A service that a customer begins to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionFact {
    pub service: Name,
    pub version: u32,
    pub priority: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_price: Option<Price>,
    /// Whether it is on only while a period is paid or runs.
    pub periodic: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Box<str>>,
    /// The subscription that it modifies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
}

/// What of a subscription is different from now on; what is absent stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Some of nothing is the catalogue's price again.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "given")]
    pub own_price: Option<Option<Price>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Vec<Box<str>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspensionFact {
    pub by: Suspender,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Another service takes the place of the present one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    pub from: Name,
    pub to: Name,
    /// The newest one of the service that it becomes.
    pub version: u32,
    pub periodic: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_price: Option<Price>,
    /// Only when the running period ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_period_end: bool,
    /// When what was charged has to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillFact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun: Option<Amount>,
}

/// What a period's beginning holds beside its subscription, version and bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodFact {
    /// The amount is for the period that ended: it began then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_since: Option<Timestamp>,
    /// Charged when it ends, even into debt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub postpaid: bool,
    /// Where boundaries are counted from, when that is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchored_at: Option<Timestamp>,
    /// When the whole period would have begun of which this is a part, and costs a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Timestamp>,
    /// Units of use that are free in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub allowance: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillFact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun: Option<Amount>,
}

/// What became of a period that no other one follows at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodEndFact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillFact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun: Option<Amount>,
}

/// When what was charged has to be paid, and when services go off if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillFact {
    pub due_at: Timestamp,
    pub block_at: Timestamp,
}

/// The fee for the time that a service was off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffCredit {
    pub off_micros: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingFact {
    pub why: ClosingReason,
    /// When what was charged has to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillFact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun: Option<Amount>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingReason {
    /// Somebody closed it.
    Closed,
    /// It was bought for a time, and that is over.
    Ended,
    /// What it modified was closed.
    BaseClosed,
}

/// Something bought once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseFact {
    pub service: Name,
    pub version: u32,
    /// The subscription that is on for it; none when there is nothing to switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<u32>,
    /// When the subscription ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The subscription ran already, and goes on longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extends: bool,
    /// The subscription that it modifies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// What was bought of the service: a title, the provider's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
}

/// A provisioning command: what the network is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchFact {
    /// Serial number of the subscription on its account.
    pub subscription: u32,
    pub service: Name,
    pub version: u32,
    pub on: bool,
    pub cause: SwitchCause,
    /// Off: its period stands still meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pauses: bool,
    /// On: the end of its period, moved by the time that it stood still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Which configured adapter delivers it; without one nobody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<Name>,
    /// What the network knows the subscription by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Box<str>>,
    /// What the network is to set.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    pub profile: Profile,
}

/// Why a service is switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchCause {
    /// On for the first time.
    Activated,
    /// On again: nothing is in the way any more.
    Restored,
    /// On as before, but with another profile or other names, or at another adapter; off at the
    /// one that had it before.
    Changed,
    /// Off: what may be spent on the account is below zero.
    FundsLow,
    /// Off: no period is paid or runs.
    PeriodUnpaid,
    /// Off: what fell due was not paid within the grace days.
    Overdue,
    SuspendedByCustomer,
    SuspendedByStaff,
    /// Off: the subscription that it modifies is off.
    BaseOff,
    /// Off for good: it was bought for a time.
    Ended,
    /// Off for good.
    Closed,
}

impl SwitchCause {
    pub fn code(self) -> &'static str {
        match self {
            Self::Activated => "activated",
            Self::Restored => "restored",
            Self::Changed => "changed",
            Self::FundsLow => "funds_low",
            Self::PeriodUnpaid => "period_unpaid",
            Self::Overdue => "overdue",
            Self::SuspendedByCustomer => "suspended_by_customer",
            Self::SuspendedByStaff => "suspended_by_staff",
            Self::BaseOff => "base_off",
            Self::Ended => "ended",
            Self::Closed => "closed",
        }
    }
}

/// What a session of a subscription is priced by, from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageFact {
    pub subscription: u32,
    pub version: u32,
    /// Place of the destination's rate in the tariff.
    pub rate: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Arc<str>>,
    /// Exchange rates that hold for the whole session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExchangeRate>,
    pub grant: UseGrant,
}

/// Units that a session may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseGrant {
    pub asked: u64,
    /// The least that was asked for.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub minimum: u64,
    /// Units granted; zero when nothing was.
    pub quantity: u64,
    /// So many of them come from the allowance.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub free: u64,
    /// Nothing more can be granted unless money comes in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// Units that were asked for, and refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedFact {
    pub quantity: u64,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub minimum: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Arc<str>>,
}

/// What a session has used by a settlement, all in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedFact {
    /// Reported use in units.
    pub total: u64,
    /// What of it came with this settlement.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// What of it is billed.
    pub billed: u64,
    /// Units of the allowance that this settlement took.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub free: u64,
    /// Units that cost money and came with this settlement, by band and step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The next grant, where one was asked for; of nothing when it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<UseGrant>,
}

fn is_zero(it: &u64) -> bool {
    *it == 0
}

fn is_one(it: &u64) -> bool {
    *it == 1
}

fn one() -> u64 {
    1
}

/// A value that may be absent, or there and nothing.
mod given {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Price;

    pub fn serialize<S: Serializer>(
        value: &Option<Option<Price>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.flatten().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<Price>>, D::Error> {
        Option::<Price>::deserialize(deserializer).map(Some)
    }
}
