//! What can be asked about services, subscriptions and their use.

use std::sync::Arc;

use super::{AccountRef, Whose};
use crate::{Name, Price, ReservationId, SessionKey, SubscriptionId, Timestamp};

#[derive(Clone, Debug)]
pub struct OpenSubscription {
    pub account: AccountRef,
    pub service: Name,
    /// The lowest number comes first.
    pub priority: u16,
    pub own_price: Option<Price>,
    /// What the network knows it by; each is used by one subscription only.
    pub subjects: Vec<Box<str>>,
    /// The subscription of the same account that it modifies.
    pub base: Option<u32>,
}

/// What goes back of a paid period when a subscription is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
    /// As the service says.
    AsService,
    Unused,
    Nothing,
}

#[derive(Clone, Debug)]
pub struct ChangePlan {
    pub subscription: SubscriptionId,
    pub service: Name,
    pub own_price: Option<Price>,
    pub when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The unused part of the running period is credited.
    Now,
    AtPeriodEnd,
}

#[derive(Clone, Debug)]
pub struct Purchase {
    pub account: AccountRef,
    pub service: Name,
    /// The subscription of the same account that it modifies.
    pub base: Option<u32>,
    /// What of the service is bought: a title.
    pub item: Option<Arc<str>>,
}

/// Whose subscription is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    Subscription(SubscriptionId),
    /// What the network knows a subscription by.
    Subject(Box<str>),
    /// The account that pays; the service says which subscription.
    Account(AccountRef),
}

impl<'a> From<&'a Whom> for Whose<'a> {
    fn from(whom: &'a Whom) -> Self {
        match whom {
            Whom::Subscription(id) => Self::Id(id.account),
            Whom::Subject(subject) => Self::Subject(subject),
            Whom::Account(account) => account.into(),
        }
    }
}

/// Asks for units of a service: seconds, bytes, events.
#[derive(Clone, Debug)]
pub struct AuthoriseUse {
    pub whom: Whom,
    /// Which of the account's services, when `whom` leaves it open or means another one.
    pub service: Option<Name>,
    pub session: SessionKey,
    /// The session's identifier as the caller wrote it, for the journal.
    pub session_text: Arc<str>,
    /// Number of this request within the session, from 1; 0 when the caller does not number.
    pub request: u32,
    /// Where the use goes to, for the tariff: a telephone number.
    pub destination: Option<Arc<str>>,
    pub ask: AskUse,
}

/// How much a session asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskUse {
    pub quantity: u64,
    /// The least that is of use; the same as `quantity` for all or nothing.
    pub minimum: u64,
    /// When the grant ends at the latest; the tariff may end it sooner.
    pub expires_at: Timestamp,
}

/// Reports use of a session that was authorised by units.
#[derive(Clone, Debug)]
pub struct SettleUse {
    pub reservation: ReservationId,
    pub request: u32,
    pub used: Used,
    pub then: ThenUse,
}

/// Reported use, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// Since the session began.
    Total(u64),
    /// Since the last report.
    More(u64),
}

/// What becomes of the session after a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThenUse {
    /// What is left of the grant stays.
    Keep,
    Ask(AskUse),
    End,
}
