//! What goes from one shard to another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AccountId, AccountNumber, Amount, Currency, Name, Position, Timestamp};

/// What one side of a transfer says when the other is in another shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transit {
    /// What is under way, as it was named, and the numbers of the two accounts.
    Sent {
        amount: Amount,
        currency: Currency,
        exponent: u8,
        from: AccountNumber,
        to: AccountNumber,
    },
    /// The entry of the other shard that sent it, and the number of the account there.
    Received { original: Position, from: AccountNumber },
}

/// An unallocated payment that goes to an account of another shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardFact {
    /// The entry that received it.
    pub payment: Position,
    pub account: AccountId,
    pub source: Name,
    pub reference: Box<str>,
    pub amount: Amount,
    pub currency: Currency,
    pub exponent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}
