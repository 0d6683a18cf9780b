//! A personal account in memory: what stands on it, what is held, how far it may go below zero.
//!
//! **Invariant:** `held` is the sum of the open sessions' holds, and every figure is what the
//! account's newest entry says; [`crate::State::apply`] asserts it.

mod debts;
mod extra;
mod subscriptions;

use serde::{Deserialize, Serialize};

pub use debts::{Debt, Debts};
pub(crate) use extra::owed;
pub use extra::{Alerts, Extra, PendingRefund, Plan, Promise, Reversal, day_of};
pub use subscriptions::{
    Bill, NextPlan, Period, Services, Subscription, Suspender, Suspension, Told,
};

use crate::{
    AccountId, AccountNumber, Amount, Balance, Currency, CustomerId, ExchangeRate, Metered, Name,
    Position, ReservationId, SessionKey, Timestamp, UNITS_MAX, Unit,
};

/// How far below zero an account may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Limited(Amount),
    /// For a corporate account that is billed afterwards.
    Unlimited,
}

impl Limit {
    pub const NONE: Self = Self::Limited(Amount::ZERO);

    /// This limit, capped by a ceiling.
    pub fn under(self, ceiling: Option<Amount>) -> Limit {
        match (self, ceiling) {
            (Self::Limited(limit), Some(ceiling)) => Self::Limited(limit.min(ceiling)),
            (Self::Unlimited, Some(ceiling)) => Self::Limited(ceiling),
            (limit, None) => limit,
        }
    }
}

/// A temporary limit or a promised payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    pub serial: u32,
    pub kind: CreditKind,
    pub amount: Amount,
    pub from: Timestamp,
    pub until: Timestamp,
    /// When the customer is told that it ends; `None` once that is done, or when it ends too
    /// soon for it.
    pub notice_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditKind {
    Temporary,
    Promised,
}

impl Credit {
    /// When something is to be done about it.
    pub fn deadline(&self) -> Timestamp {
        self.notice_at.unwrap_or(self.until)
    }
}

/// A session's reservation, and for a while after its end the memory of what was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub serial: u32,
    pub key: SessionKey,
    /// The service that is charged, for the contra of each settlement.
    pub service: Name,
    /// Money held now; zero after the end.
    pub held: Amount,
    /// Charged so far, all settlements together.
    pub charged: Amount,
    pub phase: Phase,
    /// Number of the last answered request; 0 while none was numbered.
    pub request: u32,
    /// The entry that answered it.
    pub answered_by: Position,
    /// What the use of a subscription is priced by.
    pub usage: Option<Box<SessionUsage>>,
}

/// A session of a subscription: what it has used, and what it may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUsage {
    pub subscription: u32,
    /// The version of the service that it began with.
    pub version: u32,
    /// Place of the destination's rate in the tariff.
    pub rate: u32,
    /// Exchange rates that hold for the whole session.
    pub rates: Vec<ExchangeRate>,
    pub metered: Metered,
    /// Units granted beyond what was reported, and how many of them come from the allowance.
    pub granted: u64,
    pub free: u64,
    /// When they were granted: bytes and events are priced in the band of that moment.
    pub granted_at: Timestamp,
}

/// Where a session stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Money is held until `expires_at`.
    Open { expires_at: Timestamp },
    /// Nobody settled in time: the hold is free again. Use may still be reported.
    Expired { forget_at: Timestamp },
    /// Nothing was granted; a later request may be.
    Refused { forget_at: Timestamp },
    /// Settled for good or released. Kept so that repeats are recognised.
    Ended { forget_at: Timestamp },
}

impl Phase {
    /// When something is to be done about it.
    pub fn deadline(self) -> Timestamp {
        match self {
            Self::Open { expires_at } => expires_at,
            Self::Expired { forget_at }
            | Self::Refused { forget_at }
            | Self::Ended { forget_at } => forget_at,
        }
    }

    pub fn is_forgotten(self, now: Timestamp) -> bool {
        !matches!(self, Self::Open { .. }) && self.deadline() <= now
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub customer: CustomerId,
    pub number: AccountNumber,
    pub currency: Currency,
    /// Decimal places of the currency's minor unit, frozen at the opening.
    pub exponent: u8,
    pub closed: bool,
    /// Payments to it are unallocated.
    pub payments_locked: bool,
    /// A balance was taken over from another system.
    pub has_opening_balance: bool,
    /// The account that this customer had before this one.
    pub elder: Option<AccountId>,
    pub balance: Balance,
    pub held: Amount,
    /// Real payments so far, less what was taken back of them.
    pub paid: Amount,
    /// The permanent limit.
    pub limit: Limit,
    pub ceiling: Option<Amount>,
    /// Running temporary limits and promised payments, by serial.
    pub credits: Vec<Credit>,
    /// Sessions that are open or remembered, by serial.
    pub sessions: Vec<Session>,
    /// Temporary limits granted and reservations made so far: the last serial numbers.
    pub credits_count: u32,
    pub sessions_count: u32,
    /// What is owed, by the day since when.
    pub debts: Debts,
    /// What only some accounts have.
    pub extra: Option<Box<Extra>>,
    /// What the customer has of the catalogue on this account.
    pub services: Option<Box<Services>>,
    /// The newest entry of this account.
    pub head: Position,
    /// The earliest moment at which something of this account may fall due; it may turn out that
    /// the matter was put off meanwhile. Not a fact: found again after a restart.
    #[serde(skip)]
    pub due_at: Timestamp,
}

impl Account {
    pub fn unit(&self) -> Unit {
        Unit { currency: self.currency, exponent: self.exponent }
    }

    /// Permanent and temporary limits and promised payments together, never above the ceiling.
    pub fn credit(&self) -> Limit {
        self.credit_uncapped().under(self.ceiling)
    }

    /// [`Self::credit`] if there were no ceiling.
    pub fn credit_uncapped(&self) -> Limit {
        match self.limit {
            Limit::Unlimited => Limit::Unlimited,
            Limit::Limited(permanent) => {
                let amounts = self.credits.iter().map(|it| it.amount);
                Limit::Limited(amounts.fold(permanent, Amount::add_capped))
            }
        }
    }

    /// What may be spent now; `None` is without limit.
    pub fn available(&self) -> Option<Balance> {
        available(self.balance, self.credit(), self.held)
    }

    /// The session with this serial number, open or remembered.
    pub fn session(&self, serial: u32) -> Option<&Session> {
        let place = self.sessions.binary_search_by_key(&serial, |it| it.serial).ok()?;
        self.sessions.get(place)
    }

    pub fn session_mut(&mut self, serial: u32) -> Option<&mut Session> {
        let place = self.sessions.binary_search_by_key(&serial, |it| it.serial).ok()?;
        self.sessions.get_mut(place)
    }

    /// The session that its customer calls by `key`, the newest first.
    pub fn session_by_key(&self, key: SessionKey) -> Option<&Session> {
        self.sessions.iter().rev().find(|it| it.key == key)
    }

    pub fn reservation(&self, serial: u32) -> ReservationId {
        ReservationId { account: self.id, serial }
    }

    /// The earliest moment at which one of this account's matters falls due.
    pub fn next_deadline(&self) -> Timestamp {
        let credits = self.credits.iter().map(Credit::deadline);
        let sessions = self.sessions.iter().map(|it| it.phase.deadline());
        let subscriptions = self.subscriptions().iter().map(Subscription::deadline);
        let bills = self.bills().iter().filter(|it| !it.overdue).map(|it| it.block_at);
        let deadlines = credits.chain(sessions).chain(subscriptions).chain(bills);
        deadlines.min().unwrap_or(Timestamp::NEVER)
    }
}

/// The formula of the glossary: balance + credit − held; `None` is without limit.
///
/// It may be negative: after an overrun, or when a limit has ended.
pub fn available(balance: Balance, credit: Limit, held: Amount) -> Option<Balance> {
    match credit {
        Limit::Unlimited => None,
        Limit::Limited(credit) => {
            let units = balance.units() + credit.units() - held.units();
            // Three terms within UNITS_MAX fit 64 bits; the sum may pass UNITS_MAX itself.
            Some(Balance::from_units(units.clamp(-UNITS_MAX, UNITS_MAX)).expect("clamped"))
        }
    }
}
