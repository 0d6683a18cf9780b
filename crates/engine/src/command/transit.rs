//! Money that goes from one shard to another: each does its side of it.
//!
//! **Invariant:** the shard that sends has written its side before the other one hears of it, and
//! the other one refuses nothing: what it cannot give to the account waits there as unallocated.

use std::sync::Arc;

use super::{AccountRef, Money, Note};
use crate::{
    AccountId, AccountNumber, Currency, Entry, Fact, Name, Position, Timestamp, Transit,
    UnallocatedFact,
};

/// An account of another shard, as that one says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FarAccount {
    pub id: AccountId,
    pub number: AccountNumber,
    pub currency: Currency,
}

/// A transfer to an account of another shard: the side of who pays.
#[derive(Clone, Debug)]
pub struct SendTransfer {
    pub from: AccountRef,
    pub to: FarAccount,
    /// In the currency of either side. What is not in the other's is converted there.
    pub money: Money,
    pub note: Note,
}

/// As [`super::AllocatePayment`], to an account of another shard.
#[derive(Clone, Debug)]
pub struct ForwardPayment {
    pub payment: Position,
    pub received: Arc<UnallocatedFact>,
    pub account: AccountId,
    pub note: Note,
}

/// The other side of what an entry of another shard has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveTransit {
    /// The entry that sent it.
    pub original: Position,
    pub account: AccountId,
    pub money: Money,
    pub sent: Sent,
}

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    Transfer {
        from: AccountId,
        number: AccountNumber,
        note: Note,
    },
    Payment {
        /// The entry that received it.
        payment: Position,
        source: Name,
        reference: Box<str>,
        paid_at: Option<Timestamp>,
        note: Note,
    },
}

impl ReceiveTransit {
    /// What the other shard does of an entry; `None` for one that sends nothing.
    pub fn of(entry: &Entry) -> Option<Self> {
        let (account, money, sent) = match &entry.fact {
            Fact::TransferOut(fact) => {
                let Some(Transit::Sent { amount, currency, from, .. }) = &fact.transit else {
                    return None;
                };
                let sent = Sent::Transfer {
                    from: entry.posting?.account,
                    number: from.clone(),
                    note: fact.note.clone(),
                };
                (fact.other, Money { amount: *amount, currency: *currency }, sent)
            }
            Fact::PaymentForwarded(fact) => {
                let money = Money { amount: fact.amount, currency: fact.currency };
                let sent = Sent::Payment {
                    payment: fact.payment,
                    source: fact.source,
                    reference: fact.reference.clone(),
                    paid_at: fact.paid_at,
                    note: fact.note.clone(),
                };
                (fact.account, money, sent)
            }
            _ => return None,
        };
        Some(Self { original: entry.position, account, money, sent })
    }
}
