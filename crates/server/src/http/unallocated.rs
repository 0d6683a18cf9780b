//! Payments that fit no account: what became of them, and how they find an account or go back.
//!
//! **Invariant:** a payment that waited is settled once for ever, whoever asks and for what,
//! because allocating and returning share one key.

use std::sync::Arc;

use engine::{
    AccountRef, AllocatePayment, Command, Entry, Fact, Note, Order, Origin, ReturnPayment,
    UnallocatedFact,
};
use store::{Matter, Reader, StoreError};

use super::app::{App, Entries};
use super::error::Problem;
use super::resources::payments::{cancel, settlement_key};
use crate::shard::{Key, Operation};
use crate::transit::{Reversal, ReversalWay};

/// Where a payment stands that was received by some entry.
#[derive(Clone, Debug)]
pub enum Standing {
    /// On an account, by this entry; it may have been cancelled since.
    OnAccount(Entry),
    Waiting(Arc<UnallocatedFact>),
    /// It went back by this entry, and stood on no account.
    Returned(Entry),
    /// It left by this entry for an account of another shard.
    Sent(Entry),
}

/// What became of the payment that `entry` received.
pub fn standing(reader: &dyn Reader, entry: &Entry) -> Result<Standing, StoreError> {
    let Fact::PaymentUnallocated(fact) = &entry.fact else {
        return Ok(Standing::OnAccount(entry.clone()));
    };
    let record = reader.matter(Matter::UnallocatedPayment, entry.position)?;
    let Some(by) = record.and_then(|it| it.settled_by) else {
        return Ok(Standing::Waiting(Arc::clone(fact)));
    };
    let settled = reader.entry(by)?;
    let settled = settled.ok_or_else(|| {
        StoreError::damaged(format!("journal position {}", by.0), "it is missing")
    })?;
    Ok(match settled.fact {
        Fact::PaymentReturned(_) => Standing::Returned(settled),
        Fact::PaymentForwarded(_) => Standing::Sent(settled),
        _ => Standing::OnAccount(settled),
    })
}

/// As [`standing`], wherever the payment has gone; it is under way only where the other shard has
/// not received it.
pub async fn became(app: &App, entry: &Entry) -> Result<Standing, Problem> {
    let mut entry = entry.clone();
    loop {
        let shard = entry.position.shard().unwrap_or_default();
        let read = app.shards.read(shard, move |it| standing(it, &entry).map(Some)).await?;
        let sent = match read.ok_or_else(Problem::internal)? {
            Standing::Sent(sent) => sent,
            standing => return Ok(standing),
        };
        match app.received(&sent).await? {
            Some(received) => entry = received,
            None => return Ok(Standing::Sent(sent)),
        }
    }
}

/// Brings a payment that waits to an account; the same again, or one that was settled before,
/// gets the entry that settled it.
pub fn allocation(
    origin: Origin,
    unallocated: &Entry,
    account: AccountRef,
    note: Note,
) -> Option<Operation> {
    let Fact::PaymentUnallocated(received) = &unallocated.fact else { return None };
    let (payment, received) = (unallocated.position, Arc::clone(received));
    let allocate = AllocatePayment { payment, received, account, note };
    Some(settling(origin, unallocated, Command::AllocatePayment(Box::new(allocate))))
}

/// As [`allocation`], back to where the money came from.
pub fn returning(origin: Origin, unallocated: &Entry, note: Note) -> Option<Operation> {
    let Fact::PaymentUnallocated(received) = &unallocated.fact else { return None };
    let (payment, received) = (unallocated.position, Arc::clone(received));
    let back = ReturnPayment { payment, received, note };
    Some(settling(origin, unallocated, Command::ReturnPayment(Box::new(back))))
}

fn settling(origin: Origin, unallocated: &Entry, command: Command) -> Operation {
    let key = settlement_key(unallocated.position);
    let mut operation = Operation::new(Order { origin, command });
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    operation
}

/// Takes the whole payment back that `entry` received, wherever it stands: on an account it is
/// cancelled, else it is returned. Asked again it is the same answer.
pub async fn take_back(
    app: &App,
    origin: Origin,
    entry: &Entry,
    note: Note,
) -> Result<Entries, Problem> {
    let Some(operation) = returning(origin.clone(), entry, note.clone()) else {
        return cancel(app, origin, None, entry, note).await;
    };
    let settled = app.execute(operation).await?;
    match settled.first()?.fact {
        // Somebody has allocated it before.
        Fact::PaymentAllocated(_) => cancel(app, origin, None, settled.first()?, note).await,
        Fact::PaymentForwarded(_) => match became(app, entry).await? {
            Standing::OnAccount(entry) => {
                let reversal = Reversal { way: ReversalWay::Cancel, part: None, key: None };
                let taken_back = app.reverse_elsewhere(entry.position, origin, note, reversal);
                Ok(Entries::Found(vec![taken_back.await?.0]))
            }
            Standing::Returned(entry) => Ok(Entries::Found(vec![entry])),
            // In the other shard staff see to it.
            Standing::Waiting(_) | Standing::Sent(_) => Err(Problem::unavailable()),
        },
        _ => Ok(settled),
    }
}
