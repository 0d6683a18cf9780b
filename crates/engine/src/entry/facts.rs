//! What the wide and rare facts hold: the journal's `detail`, as JSON.
//!
//! **Invariant:** a shape never changes its meaning, because entries are read for ever.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, AccountNumber, Amount, AskedFact, Conversion, Currency, Limit, Name, Position,
    PromiseRule, Refusal, Timestamp, Transit, UsageFact, UsedFact,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub number: AccountNumber,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Box<str>,
    pub exponent: u8,
    /// Which of our own numbers it is; absent when it was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_sequence: Option<u64>,
    /// The account that the customer had before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elder: Option<AccountId>,
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

/// Why a payment that was received does not stand on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// The payment names none.
    AccountMissing,
    AccountUnknown,
    AccountClosed,
    PaymentsLocked,
    NoExchangeRate,
    AmountOutOfRange,
}

impl Unfit {
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountMissing => "account_missing",
            Self::AccountUnknown => "account_unknown",
            Self::AccountClosed => "account_closed",
            Self::PaymentsLocked => "payments_locked",
            Self::NoExchangeRate => "no_exchange_rate",
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}

/// A payment that was received and fits no account: it waits to be allocated or returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnallocatedFact {
    pub source: Name,
    pub reference: Box<str>,
    pub amount: Amount,
    pub currency: Currency,
    pub exponent: u8,
    pub why: Unfit,
    /// Whom the payer named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    /// The entry of another shard that sent it here, when it was not received here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Position>,
}

/// An unallocated payment that came to its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationFact {
    /// The entry that received it, here or in another shard.
    pub payment: Position,
    pub source: Name,
    pub reference: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

/// An unallocated payment that went back to where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnFact {
    /// The entry that received it.
    pub payment: Position,
    pub source: Name,
    pub amount: Amount,
    pub currency: Currency,
    pub exponent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

/// A refund that waits for a second person. No field is left out when it is written: a
/// checkpoint's encoding has no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    pub serial: u32,
    pub payment: Position,
    /// What the payment came to on the account, in its currency.
    pub paid: Amount,
    /// And in the currency that was paid in, when that is another one.
    pub paid_original: Option<Amount>,
    /// In the account's currency.
    pub amount: Amount,
    pub source: Name,
    pub conversion: Option<Arc<Conversion>>,
    pub note: Option<Arc<str>>,
}

/// Money that went back to the payer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundFact {
    pub payment: Position,
    /// The request that a second person has approved, and who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRejection {
    pub serial: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

/// What stood on the account in the system that was taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningBalanceFact {
    /// Since when it is owed, when it is a debt that is older than the account here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

/// Short credit that a customer asked for, to be followed by a real payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseFact {
    /// The limit's serial number on its account.
    pub credit: u32,
    pub amount: Amount,
    pub until: Timestamp,
    /// When the customer is told that it ends; absent when it ends too soon for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee: Amount,
    /// The policy under which it was granted, and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Name>,
    pub version: u32,
    /// The account's plan may not change while it is open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_plan: bool,
    /// Rules that staff have overridden.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<PromiseRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseEndFact {
    pub credit: u32,
    pub amount: Amount,
    /// Real payments since the grant.
    pub paid: Amount,
    pub end: PromiseEnd,
}

/// How a promised payment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseEnd {
    /// Real payments have reached the amount: kept.
    Repaid,
    /// Its moment came when a part was paid.
    PartlyRepaid,
    /// Its moment came and nothing was paid.
    Expired,
    /// Staff took it back.
    Revoked,
}

fn is_zero(amount: &Amount) -> bool {
    amount.is_zero()
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
    /// When the other account is in another shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit: Option<Transit>,
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
    /// What the use of a subscription is priced by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageFact>,
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
    /// What a session of a subscription has used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<UsedFact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Arc<Conversion>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedFact {
    pub session: SessionFact,
    /// What was asked for of a subscription, in units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Box<AskedFact>>,
    pub refusal: Refusal,
    /// Until when the answer is remembered, where the session ended with it.
    pub forget_at: Timestamp,
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
