//! Entries: the rows of the journal, each one fact with every result in it.
//!
//! **Invariant:** replay never decides again. An entry carries the amount, the balance, held and
//! credit after it, the rates used, and what was granted until when.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, AccountNumber, AddExchangeRates, Amount, Balance, Conversion, Currency,
    CustomerFields, CustomerId, Limit, Name, Origin, Position, Refusal, Timestamp, available,
};

#[derive(Clone, Debug)]
pub struct Entry {
    pub position: Position,
    pub at: Timestamp,
    pub origin: Origin,
    /// Whom it is about, when it is about a customer.
    pub customer: Option<CustomerId>,
    /// What it did to an account, when it is about one.
    pub posting: Option<Posting>,
    pub fact: Fact,
}

/// An account after the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub account: AccountId,
    pub currency: Currency,
    /// Decimal places of the account's minor unit.
    pub exponent: u8,
    /// The same account's entry before this one; [`Position::START`] at its opening.
    pub prev: Position,
    pub amount: Balance,
    pub balance: Balance,
    pub held: Amount,
    pub credit: Limit,
    /// The other side of the amount, when there is one.
    pub contra: Contra,
}

impl Posting {
    /// What may be spent after the entry; `None` is without limit.
    pub fn available(&self) -> Option<Balance> {
        available(self.balance, self.credit, self.held)
    }
}

/// The other side of a double entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contra {
    /// Nothing moved.
    None,
    Payments(Name),
    Revenue(Name),
    Adjustments(Name),
    Transfers,
    /// The currency whose money was handed over or received in exchange.
    Exchange(Currency),
}

/// Money promised to a session until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub amount: Amount,
    pub expires_at: Timestamp,
}

/// What happened. Wide and rare facts are behind one pointer, so that an entry stays small.
#[derive(Clone, Debug)]
pub enum Fact {
    CustomerCreated(Arc<CustomerFields>),
    CustomerUpdated(Arc<CustomerFields>),
    AccountOpened(Arc<Opening>),
    AccountRenamed(Arc<Renaming>),
    AccountClosed,
    Payment(Arc<PaymentFact>),
    PaymentCancelled(Arc<CancellationFact>),
    Charge(Option<Arc<ChargeFact>>),
    Adjustment(Option<Arc<NoteFact>>),
    TransferOut(Arc<TransferFact>),
    TransferIn(Arc<TransferFact>),
    CreditLimitSet(Limit),
    CreditCeilingSet(Option<Amount>),
    CreditGranted {
        serial: u32,
        amount: Amount,
        until: Timestamp,
    },
    CreditEnded {
        serial: u32,
        amount: Amount,
        end: CreditEnd,
    },
    Authorised {
        serial: u32,
        request: u32,
        grant: Grant,
        session: Arc<SessionFact>,
    },
    Settled {
        serial: u32,
        request: u32,
        next: Next,
        extra: Option<Arc<SettlementFact>>,
    },
    Released {
        serial: u32,
        request: u32,
        forget_at: Timestamp,
    },
    ReservationExpired {
        serial: u32,
        forget_at: Timestamp,
    },
    /// An answer "no" to a numbered request: kept, because a repeat must hear the same.
    Refused {
        serial: u32,
        request: u32,
        refused: Arc<RefusedFact>,
    },
    ExchangeRatesAdded(Arc<AddExchangeRates>),
}

/// What follows a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The hold goes on with what is left of it.
    Kept {
        held: Amount,
    },
    Granted(Grant),
    /// The next grant was refused; nothing is held any more. Why stands in the extra facts.
    Refused,
    /// The session is over.
    Final {
        forget_at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub number: AccountNumber,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Box<str>,
    pub exponent: u8,
    /// Which of our own numbers it is; absent when it was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_sequence: Option<u64>,
    pub limit: Limit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renaming {
    pub name: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFact {
    pub reference: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationFact {
    /// The payment that this entry reverses.
    pub payment: Position,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeFact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    /// What was not covered when use was reported after the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun: Option<Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteFact {
    pub note: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferFact {
    /// The account on the other side.
    pub other: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditEnd {
    Expired,
    Revoked,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFact {
    /// The digest that the session is known by, as 32 hexadecimal digits.
    #[serde(with = "hexadecimal")]
    pub key: crate::SessionKey,
    pub session: Arc<str>,
    pub service: Name,
    pub requested: Amount,
    pub minimum: Amount,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementFact {
    /// Use beyond the hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun: Option<Amount>,
    /// Why there is no next grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What was asked for, where it is not what was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedFact {
    pub session: SessionFact,
    pub refusal: Refusal,
    /// Until when the answer is remembered, where the session ended with it.
    pub forget_at: Timestamp,
}

impl Fact {
    /// The word in the journal's `kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CustomerCreated(_) => "customer_created",
            Self::CustomerUpdated(_) => "customer_updated",
            Self::AccountOpened(_) => "account_opened",
            Self::AccountRenamed(_) => "account_renamed",
            Self::AccountClosed => "account_closed",
            Self::Payment(_) => "payment",
            Self::PaymentCancelled(_) => "payment_cancelled",
            Self::Charge(_) => "charge",
            Self::Adjustment(_) => "adjustment",
            Self::TransferOut(_) => "transfer_out",
            Self::TransferIn(_) => "transfer_in",
            Self::CreditLimitSet(_) => "credit_limit_set",
            Self::CreditCeilingSet(_) => "credit_ceiling_set",
            Self::CreditGranted { .. } => "credit_granted",
            Self::CreditEnded { .. } => "credit_ended",
            Self::Authorised { .. } => "authorised",
            Self::Settled { next: Next::Final { .. }, .. } => "settled_final",
            Self::Settled { .. } => "settled",
            Self::Released { .. } => "released",
            Self::ReservationExpired { .. } => "reservation_expired",
            Self::Refused { .. } => "refused",
            Self::ExchangeRatesAdded(_) => "exchange_rates_added",
        }
    }

    /// How money changed its currency on the way, if it did.
    pub fn conversion(&self) -> Option<&Conversion> {
        let conversion = match self {
            Self::Payment(fact) => &fact.conversion,
            Self::PaymentCancelled(fact) => &fact.conversion,
            Self::Charge(Some(fact)) => &fact.conversion,
            Self::TransferOut(fact) | Self::TransferIn(fact) => &fact.conversion,
            _ => &None,
        };
        conversion.as_deref()
    }

    /// Use that was charged although no money was held for it.
    pub fn overrun(&self) -> Option<Amount> {
        match self {
            Self::Charge(Some(fact)) => fact.overrun,
            Self::Settled { extra: Some(extra), .. } => extra.overrun,
            _ => None,
        }
    }
}

impl core::fmt::Display for Contra {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Payments(source) => write!(f, "payments:{source}"),
            Self::Revenue(service) => write!(f, "revenue:{service}"),
            Self::Adjustments(reason) => write!(f, "adjustments:{reason}"),
            Self::Transfers => f.write_str("transfers"),
            Self::Exchange(currency) => write!(f, "exchange:{currency}"),
        }
    }
}

impl core::str::FromStr for Contra {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = |it: &str| Name::new(it).map_err(|error| format!("{it:?} {error}"));
        match text.split_once(':') {
            None if text.is_empty() => Ok(Self::None),
            None if text == "transfers" => Ok(Self::Transfers),
            Some(("payments", source)) => Ok(Self::Payments(name(source)?)),
            Some(("revenue", service)) => Ok(Self::Revenue(name(service)?)),
            Some(("adjustments", reason)) => Ok(Self::Adjustments(name(reason)?)),
            Some(("exchange", code)) => match Currency::from_code(code) {
                Some(currency) => Ok(Self::Exchange(currency)),
                None => Err(format!("{code:?} is not a currency")),
            },
            _ => Err(format!("{text:?} is not a contra account")),
        }
    }
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::SessionKey;

    pub fn serialize<S: Serializer>(key: &SessionKey, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", key.0))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SessionKey, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(SessionKey).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
