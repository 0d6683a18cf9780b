//! Has the payments of a statement decided, and says what became of each transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{
    AccountId, AccountNumber, AccountRef, Command, Entry, Fact, Money, Order, Origin, Position,
    ReceivePayment, Refusal, Timestamp, Whose,
};
use jiff::tz::TimeZone;

use super::{Bank, Kind, Prepared, Row, shorten};
use crate::channels::matching::Unmatched;
use crate::http::app::find_again;
use crate::http::resources::payments::payment_key;
use crate::readers::Readers;
use crate::shard::{Answered, Key, Operation, Shard};

/// Rows that are decided together.
const SLICE: usize = 1_000;

/// Characters of the note on an entry.
const NOTE_CHARS: usize = 200;

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Import {
    pub prepared: Prepared,
    /// In the order of the rows.
    pub became: Vec<Became>,
}

/// What became of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Became {
    pub outcome: Outcome,
    /// Why, where it is not plain.
    pub reason: Option<&'static str>,
    pub account: Option<AccountId>,
    /// The payment's entry.
    pub payment: Option<Position>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A payment; in a dry run it would be one.
    Credited,
    /// It was there already.
    Known,
    /// Received, and of nobody's account yet.
    Unallocated,
    /// Its reference stands for another payment.
    Conflict,
    /// Not a payment.
    LeftOut,
}

impl Outcome {
    pub const ALL: [Self; 5] =
        [Self::Credited, Self::Known, Self::Unallocated, Self::Conflict, Self::LeftOut];

    pub fn code(self) -> &'static str {
        match self {
            Self::Credited => "credited",
            Self::Known => "known",
            Self::Unallocated => "unallocated",
            Self::Conflict => "conflict",
            Self::LeftOut => "left_out",
        }
    }
}

impl Became {
    fn new(outcome: Outcome, reason: Option<&'static str>) -> Self {
        Self { outcome, reason, account: None, payment: None }
    }
}

/// Why an import stopped. What was written until then is known by its references: the same file
/// again finishes it.
#[derive(Debug)]
pub struct Stopped;

impl From<crate::shard::Unavailable> for Stopped {
    fn from(_: crate::shard::Unavailable) -> Self {
        Self
    }
}

impl From<store::StoreError> for Stopped {
    fn from(error: store::StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self
    }
}

/// Imports a file, or says what would become of it when `origin` is none.
pub async fn import(
    shard: &Shard,
    readers: &Readers,
    bank: &Bank,
    prepared: Prepared,
    origin: Option<Origin>,
) -> Result<Import, Stopped> {
    let mut became = Vec::with_capacity(prepared.rows.len());
    for rows in prepared.rows.chunks(SLICE) {
        let accounts = look_up(shard, rows).await?;
        let known = look_for(shard, readers, bank, rows).await?;
        let mut operations = Vec::new();
        let mut places = Vec::new();
        for (row, known) in rows.iter().zip(&known) {
            let found = row.written.resolve(&accounts);
            let (result, command) = judge(bank, row, known.as_ref(), found);
            if let (Some(command), Some(origin)) = (command, &origin) {
                let mut operation = Operation::new(Order { origin: origin.clone(), command });
                let key = payment_key(bank.name.as_str(), &row.reference);
                operation.reference_key = Some(Key { key, fingerprint: 0 });
                operations.push(operation);
                places.push(became.len());
            }
            became.push(result);
        }
        if operations.is_empty() {
            continue;
        }
        let reply = shard.execute_all(operations).await?;
        for (place, outcome) in places.into_iter().zip(&reply.outcome) {
            use crate::shard::Outcome as Decided;
            became[place] = match outcome {
                Decided::Entries { .. } => written(reply.entries(outcome).first()),
                Decided::Refused(refusal) => not_credited(refusal),
                // Between the look and the write somebody else wrote it.
                other => {
                    let other = other.clone();
                    let found = readers.read(move |it| find_again(it, &other)).await?;
                    let entries = found.into_entries(None).map_err(|_| Stopped)?;
                    compare(&prepared.rows[place], entries.as_slice().first())
                }
            };
        }
    }
    Ok(Import { prepared, became })
}

async fn look_up(
    shard: &Shard,
    rows: &[Row],
) -> Result<BTreeMap<AccountNumber, AccountId>, Stopped> {
    let payments = rows.iter().filter(|it| it.kind == Kind::Payment);
    let numbers: Vec<AccountNumber> =
        payments.flat_map(|it| it.written.numbers()).cloned().collect();
    let found = shard.read(None, move |state, _| {
        let find = |it: AccountNumber| Some((it.clone(), state.find(Whose::Number(&it))?));
        numbers.into_iter().filter_map(find).collect()
    });
    Ok(found.await?)
}

/// The payments that are known by the rows' references already.
async fn look_for(
    shard: &Shard,
    readers: &Readers,
    bank: &Bank,
    rows: &[Row],
) -> Result<Vec<Option<Entry>>, Stopped> {
    let key = |it: &Row| payment_key(bank.name.as_str(), &it.reference);
    let found = shard.find_all(rows.iter().map(key).collect()).await?;
    if found.iter().all(Option::is_none) {
        return Ok(vec![None; rows.len()]);
    }
    let read = readers.read(move |reader| {
        let entry = |sequence: Option<u64>| {
            let Some(sequence) = sequence else { return Ok(None) };
            let known = crate::shard::Outcome::Known { kept: store::Kept::ForEver, sequence };
            let found = find_again(reader, &known)?;
            let entries = found.into_entries(None).ok();
            Ok(entries.and_then(|it| it.as_slice().first().cloned()))
        };
        found.into_iter().map(entry).collect()
    });
    Ok(read.await?)
}

/// What becomes of a row, and the command that it takes.
fn judge(
    bank: &Bank,
    row: &Row,
    known: Option<&Entry>,
    found: Result<AccountId, Unmatched>,
) -> (Became, Option<Command>) {
    let left_out = |reason| (Became::new(Outcome::LeftOut, Some(reason)), None);
    match row.kind {
        Kind::Payment => {}
        Kind::Debit => return left_out("debit"),
        Kind::DebitReversed => return left_out("debit_reversed"),
        Kind::Zero => return left_out("zero_amount"),
        Kind::Returned => {
            let (mut became, none) = left_out("payment_returned");
            became.payment = known.map(|it| it.position);
            became.account = known.and_then(|it| it.posting).map(|it| it.account);
            return (became, none);
        }
    }
    if known.is_some() {
        return (compare(row, known), None);
    }
    match found {
        Ok(account) => {
            let became = Became { account: Some(account), ..Became::new(Outcome::Credited, None) };
            (became, Some(command(bank, row, account)))
        }
        Err(unmatched) => (Became::new(Outcome::Unallocated, Some(unmatched.code())), None),
    }
}

fn command(bank: &Bank, row: &Row, account: AccountId) -> Command {
    let transaction = &row.transaction;
    let party = transaction.party.as_deref().unwrap_or_default();
    let words = transaction.structured.iter().chain(&transaction.unstructured);
    let text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let note = shorten(&format!("{party} {text}"), NOTE_CHARS);
    let midnight = row.booked_on.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    let paid_at = midnight.map(|it| Timestamp(it.timestamp().as_microsecond()));
    Command::ReceivePayment(Box::new(ReceivePayment {
        account: Some(AccountRef::Id(account)),
        source: bank.name,
        reference: row.reference.as_str().into(),
        money: Money { amount: transaction.money.amount, currency: row.currency },
        paid_at,
        note: (!note.is_empty()).then(|| Arc::from(note)),
    }))
}

fn written(entry: Option<&Entry>) -> Became {
    let outcome = match entry.map(|it| it.fact.kind()) {
        Some("payment") => Outcome::Credited,
        _ => Outcome::Unallocated,
    };
    Became {
        account: entry.and_then(|it| it.posting).map(|it| it.account),
        payment: entry.map(|it| it.position),
        ..Became::new(outcome, None)
    }
}

/// An account that does not take the payment: the money is received all the same.
fn not_credited(refusal: &Refusal) -> Became {
    Became::new(Outcome::Unallocated, Some(refusal.code()))
}

/// Whether the payment of this reference is the one of this row.
fn compare(row: &Row, entry: Option<&Entry>) -> Became {
    let Some(entry) = entry else { return Became::new(Outcome::Known, None) };
    let expected = Money { amount: row.transaction.money.amount, currency: row.currency };
    let same = received(entry).is_none_or(|it| it == expected);
    Became {
        outcome: if same { Outcome::Known } else { Outcome::Conflict },
        reason: (!same).then_some("reference_reused"),
        account: entry.posting.map(|it| it.account),
        payment: Some(entry.position),
    }
}

/// The money as it was paid, in the currency that it was paid in.
pub fn received(entry: &Entry) -> Option<Money> {
    match (&entry.fact, entry.fact.conversion(), entry.posting) {
        (Fact::Payment(_), Some(it), _) => {
            Some(Money { amount: it.original, currency: it.currency })
        }
        (Fact::Payment(_), None, Some(it)) => {
            Some(Money { amount: it.amount.magnitude(), currency: it.currency })
        }
        _ => None,
    }
}
