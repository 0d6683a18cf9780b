//! Payments that the bank took back: returned direct debits, and credits booked by mistake.
//!
//! **Invariant:** what was taken back is known for ever by the bank's reference of its own booking
//! and of the payment, so that two parts of one payment count both, and each of them once.

use engine::{CancelPayment, Command, Fact, Order, Origin, ReversePart};
use store::{Kept, StoreError};

use super::import::{Became, Books, Known, Outcome, Stopped, look_for, note};
use super::{Bank, Kind, Prepared, Row};
use crate::http::app::{App, find_again};
use crate::http::error::Behind;
use crate::http::resources::payments::{charge_back_key, original, paid_money};
use crate::http::unallocated::{Standing, became, returning};
use crate::shard::{Key, Operation, Outcome as Decided};
use crate::transit::{Reversal, ReversalWay};

pub(super) struct Returns<'a> {
    pub books: Books<'a>,
    pub bank: &'a Bank,
    pub prepared: &'a Prepared,
    /// `None` in a dry run.
    pub origin: Option<&'a Origin>,
}

impl Returns<'_> {
    /// Takes back what the bank took back, where the payment is known; staff see to all others.
    pub async fn take_back(&self, row: &Row) -> Result<Became, Stopped> {
        let known = look_for(self.books, self.bank, std::slice::from_ref(row)).await?;
        let Some(mut known) = known.into_iter().next().flatten() else {
            // A dry run has not written the payments of the same file.
            let here = |it: &&Row| it.kind == Kind::Payment && it.reference == row.reference;
            let is_here = self.origin.is_none() && self.prepared.rows.iter().any(|it| here(&it));
            return Ok(match is_here {
                true => Became::new(Outcome::ChargedBack, None),
                false => Became::new(Outcome::LeftOut, Some("payment_returned")),
            });
        };
        if let (Standing::Sent(_), Some(app)) = (&known.standing, self.books.others) {
            known.standing = became(app, &known.entry).await?;
        }
        let became = match &known.standing {
            Standing::OnAccount(entry) => {
                let part = original(entry, note(row));
                let part = part.map(|original| ReversePart { original, part: Some(row.money()) });
                self.charge_back(row, &known, part.ok_or(Stopped)?).await?
            }
            Standing::Waiting(fact) if fact.amount == row.transaction.money.amount => {
                self.give_back(row, &known).await?
            }
            // What waits goes back whole: staff allocate it first.
            Standing::Waiting(_) => Became::new(Outcome::LeftOut, Some("part_of_unallocated")),
            Standing::Returned(entry) => match &entry.fact {
                Fact::PaymentReturned(fact) if fact.amount == row.transaction.money.amount => {
                    Became::new(Outcome::Known, None)
                }
                _ => Became::new(Outcome::LeftOut, Some("payment_returned")),
            },
            Standing::Sent(_) => Became::new(Outcome::LeftOut, Some("under_way")),
        };
        let standing = match &known.standing {
            Standing::OnAccount(entry) => entry.posting.map(|it| it.account),
            _ => None,
        };
        Ok(Became { account: standing, payment: Some(known.entry.position), ..became })
    }

    async fn charge_back(
        &self,
        row: &Row,
        known: &Known,
        reverse: ReversePart,
    ) -> Result<Became, Stopped> {
        let booking = row.booking.as_deref().unwrap_or_default();
        let reference = format!("{booking}\n{}", row.reference);
        let key = charge_back_key(self.bank.name.as_str(), &reference);
        if let Some(sequence) = self.books.shard.find(key).await? {
            return self.compare(row, &Decided::Known { kept: Kept::ForEver, sequence }).await;
        }
        let Some(origin) = self.origin else {
            return Ok(Became::new(Outcome::ChargedBack, None));
        };
        let payment = reverse.original.payment;
        if let Some(app) = self.books.others.filter(|it| it.is_elsewhere(payment)) {
            return self.charge_back_elsewhere(app, row, reverse, (origin, key)).await;
        }
        let command = Command::ChargeBackPayment(Box::new(reverse));
        let mut operation = Operation::new(Order { origin: origin.clone(), command });
        operation.reference_key = Some(Key { key, fingerprint: 0 });
        let reply = self.books.shard.execute(operation).await?;
        match &reply.outcome {
            Decided::Entries { .. } => Ok(Became::new(Outcome::ChargedBack, None)),
            Decided::Refused(refusal) => {
                tracing::warn!(payment = known.entry.position.0, "a charge-back was refused");
                Ok(Became::new(Outcome::LeftOut, Some(refusal.code())))
            }
            other => self.compare(row, other).await,
        }
    }

    /// As [`Self::charge_back`], of a payment on an account of another shard.
    async fn charge_back_elsewhere(
        &self,
        app: &App,
        row: &Row,
        reverse: ReversePart,
        (origin, key): (&Origin, u128),
    ) -> Result<Became, Stopped> {
        let part = reverse.part.map(|it| (it.amount, it.currency));
        let reversal = Reversal { way: ReversalWay::ChargeBack, part, key: Some(key) };
        let CancelPayment { payment, note, .. } = reverse.original;
        match app.reverse_elsewhere(payment, origin.clone(), note, reversal).await {
            Ok((_, false)) => Ok(Became::new(Outcome::ChargedBack, None)),
            Ok((entry, true)) if paid_money(&entry) == Some(row.money()) => {
                Ok(Became::new(Outcome::Known, None))
            }
            Ok((_, true)) => Ok(Became::new(Outcome::Conflict, Some("reference_reused"))),
            Err(problem) => match problem.behind.as_deref() {
                Some(Behind::Refusal(refusal)) => {
                    Ok(Became::new(Outcome::LeftOut, Some(refusal.code())))
                }
                _ => Err(problem.into()),
            },
        }
    }

    async fn give_back(&self, row: &Row, known: &Known) -> Result<Became, Stopped> {
        let Some(origin) = self.origin else {
            return Ok(Became::new(Outcome::ChargedBack, None));
        };
        let operation = returning(origin.clone(), &known.entry, note(row)).ok_or(Stopped)?;
        let reply = self.books.shard.execute(operation).await?;
        match &reply.outcome {
            Decided::Entries { .. } => Ok(Became::new(Outcome::ChargedBack, None)),
            // Somebody settled it a moment ago: the same file again finds it where it is.
            _ => Ok(Became::new(Outcome::LeftOut, Some("payment_returned"))),
        }
    }

    /// Whether what was taken back under this reference is what this row says.
    async fn compare(&self, row: &Row, known: &Decided) -> Result<Became, Stopped> {
        let (known, money) = (known.clone(), row.money());
        let read = self.books.readers.read(move |reader| {
            let entries = find_again(reader, &known)?.into_entries(None).ok();
            let entry = entries.and_then(|it| it.as_slice().first().cloned());
            let paid = entry.as_ref().and_then(paid_money);
            Ok::<_, StoreError>(paid == Some(money))
        });
        Ok(match read.await? {
            true => Became::new(Outcome::Known, None),
            false => Became::new(Outcome::Conflict, Some("reference_reused")),
        })
    }
}
