//! What is claimed.

use engine::{AccountNumber, Command, Refusal, ShardId};
use serde::{Deserialize, Serialize};
use store::{Claim, ClaimKind};

use crate::shard::{Operation, key_digest};

/// What one shard alone may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// An account's number that was brought along.
    Number(AccountNumber),
    /// What the network knows a subscription by.
    Subject(Box<str>),
    /// The key that is used up for ever by a payment, or by what was taken back of one.
    Reference(u128),
}

impl Value {
    pub fn claim(&self) -> Claim {
        let (kind, digest) = match self {
            Self::Number(number) => {
                (ClaimKind::Number, key_digest(&[b"number", number.to_string().as_bytes()]))
            }
            Self::Subject(subject) => {
                (ClaimKind::Subject, key_digest(&[b"subject", subject.as_bytes()]))
            }
            // A digest already, of what it is a reference of besides.
            Self::Reference(key) => (ClaimKind::Reference, *key),
        };
        Claim { digest, kind }
    }
}

/// What an operation would have in the shard `own` of so many `shards`.
///
/// Refused is a number that another shard gives out: that one may have given it out already, or
/// does some day, and whoever asks for it is led there.
pub fn brought_by(
    operation: &Operation,
    own: ShardId,
    shards: usize,
) -> Result<Vec<Value>, Refusal> {
    let subjects = |it: &[Box<str>]| it.iter().cloned().map(Value::Subject).collect();
    Ok(match &operation.order.command {
        Command::OpenAccount(open) => match &open.number {
            Some(number) => brought_number(number, own, shards)?,
            None => Vec::new(),
        },
        Command::OpenSubscription(open) => subjects(&open.subjects),
        Command::ChangeSubscription { change, .. } => {
            change.subjects.as_deref().map(subjects).unwrap_or_default()
        }
        Command::ReceivePayment(_) | Command::ChargeBackPayment(_) | Command::RefundPayment(_) => {
            operation.reference_key.map(|it| Value::Reference(it.key)).into_iter().collect()
        }
        // What else is done once for ever is known by what it is done to, which is in one shard.
        _ => Vec::new(),
    })
}

fn brought_number(
    number: &AccountNumber,
    own: ShardId,
    shards: usize,
) -> Result<Vec<Value>, Refusal> {
    let giver = number.given_out_by();
    let giver = giver.filter(|it| usize::try_from(it.number()).is_ok_and(|it| it < shards));
    match giver {
        Some(giver) if giver == own => Ok(Vec::new()),
        Some(_) => Err(Refusal::AccountNumberTaken { number: number.to_string() }),
        None => Ok(vec![Value::Number(number.clone())]),
    }
}
