//! Has the payments of a statement decided, and says what became of each transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{
    AccountId, AccountNumber, AccountRef, Command, Entry, Fact, Note, Order, Origin, Position,
    ReceivePayment, Timestamp, Whose,
};
use jiff::tz::TimeZone;
use store::{Reader, StoreError};

use super::returned::Returns;
use super::{Bank, Kind, Prepared, Row, elsewhere, shorten};
use crate::channels::matching::Unmatched;
use crate::http::app::{App, find_again};
use crate::http::error::Problem;
use crate::http::resources::payments::{paid_money, payment_key};
use crate::http::unallocated::{Standing, standing};
use crate::readers::Readers;
use crate::shard::{Answered, Key, Operation, Outcome as Decided, Shard};

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
    /// A payment of before that the bank took back, or a part of it.
    ChargedBack,
    /// Its reference stands for another payment.
    Conflict,
    /// Not a payment.
    LeftOut,
}

impl Outcome {
    pub const ALL: [Self; 6] = [
        Self::Credited,
        Self::Known,
        Self::Unallocated,
        Self::ChargedBack,
        Self::Conflict,
        Self::LeftOut,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Credited => "credited",
            Self::Known => "known",
            Self::Unallocated => "unallocated",
            Self::ChargedBack => "charged_back",
            Self::Conflict => "conflict",
            Self::LeftOut => "left_out",
        }
    }
}

impl Became {
    pub(super) fn new(outcome: Outcome, reason: Option<&'static str>) -> Self {
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

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        tracing::error!(code = problem.code, "an import stops: {}", problem.title);
        Self
    }
}

/// Where payments are received, and whose accounts are looked at.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    pub shard: &'a Shard,
    pub readers: &'a Readers,
    /// Where there are other shards: the server, which reaches them.
    pub others: Option<&'a App>,
}

/// Imports a file, or says what would become of it when `origin` is none.
pub async fn import(
    books: Books<'_>,
    bank: &Bank,
    prepared: Prepared,
    origin: Option<Origin>,
) -> Result<Import, Stopped> {
    let mut became = Vec::with_capacity(prepared.rows.len());
    for rows in prepared.rows.chunks(SLICE) {
        became.extend(import_slice(books, bank, rows, origin.as_ref()).await?);
    }
    // What was taken back may be a payment of the same file: those are there by now.
    let returns = Returns { books, bank, prepared: &prepared, origin: origin.as_ref() };
    for (row, became) in prepared.rows.iter().zip(&mut became) {
        if row.kind == Kind::Returned {
            *became = returns.take_back(row).await?;
        }
    }
    Ok(Import { prepared, became })
}

async fn import_slice(
    books: Books<'_>,
    bank: &Bank,
    rows: &[Row],
    origin: Option<&Origin>,
) -> Result<Vec<Became>, Stopped> {
    let accounts = look_up(books, rows).await?;
    let known = look_for(books, bank, rows).await?;
    let mut became = Vec::with_capacity(rows.len());
    let (mut operations, mut places) = (Vec::new(), Vec::new());
    for (row, known) in rows.iter().zip(&known) {
        let (result, command) = judge(bank, row, known.as_ref(), row.written.resolve(&accounts));
        if let (Some(command), Some(origin)) = (command, origin) {
            let mut operation = Operation::new(Order { origin: origin.clone(), command });
            let key = payment_key(bank.name.as_str(), &row.reference);
            operation.reference_key = Some(Key { key, fingerprint: 0 });
            operations.push(operation);
            places.push(became.len());
        }
        became.push(result);
    }
    if !operations.is_empty() {
        write(books, rows, operations, places, &mut became).await?;
    }
    if let (Some(app), Some(origin)) = (books.others, origin) {
        forward_all(app, origin, rows, &accounts, &mut became).await?;
    }
    Ok(became)
}

/// Has payments written, and says at their `places` what became of them.
async fn write(
    books: Books<'_>,
    rows: &[Row],
    operations: Vec<Operation>,
    places: Vec<usize>,
    became: &mut [Became],
) -> Result<(), Stopped> {
    let reply = books.shard.execute_all(operations).await?;
    for (place, outcome) in places.into_iter().zip(&reply.outcome) {
        let (row, judged) = (&rows[place], &became[place]);
        became[place] = match outcome {
            Decided::Entries { .. } => written(reply.entries(outcome).first(), judged.reason),
            Decided::Refused(refusal) => {
                tracing::error!(code = refusal.code(), line = row.line, "a payment was refused");
                return Err(Stopped);
            }
            // Between the look and the write somebody else wrote it.
            other => {
                let other = other.clone();
                let known = books.readers.read(move |it| first_known(it, &other)).await?;
                compare(row, &known.ok_or(Stopped)?)
            }
        };
    }
    Ok(())
}

/// Sends what was received here, now or before, to the accounts of other shards that it names.
async fn forward_all(
    app: &App,
    origin: &Origin,
    rows: &[Row],
    accounts: &BTreeMap<AccountNumber, AccountId>,
    became: &mut [Became],
) -> Result<(), Stopped> {
    for (row, became) in rows.iter().zip(became) {
        let waits = match became.outcome {
            Outcome::Unallocated => true,
            Outcome::Known => became.reason == Some("unallocated"),
            _ => false,
        };
        let Ok(account) = row.written.resolve(accounts) else { continue };
        if waits && account.shard() != app.shards.own() {
            *became = elsewhere::forward(app, origin, became.clone(), account).await?;
        }
    }
    Ok(())
}

async fn look_up(
    books: Books<'_>,
    rows: &[Row],
) -> Result<BTreeMap<AccountNumber, AccountId>, Stopped> {
    let payments = rows.iter().filter(|it| it.kind == Kind::Payment);
    let numbers: BTreeSet<AccountNumber> =
        payments.flat_map(|it| it.written.numbers()).cloned().collect();
    let asked = numbers.clone();
    let found = books.shard.read(None, move |state, _| {
        let find = |it: AccountNumber| Some((it.clone(), state.find(Whose::Number(&it))?));
        asked.into_iter().filter_map(find).collect()
    });
    let mut found: BTreeMap<_, _> = found.await?;
    if let Some(app) = books.others {
        let missing = numbers.into_iter().filter(|it| !found.contains_key(it)).collect();
        found.extend(elsewhere::accounts(app, missing).await?);
    }
    Ok(found)
}

/// A payment that is known by its reference already, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub entry: Entry,
    pub standing: Standing,
}

/// The payments that are known by the rows' references already.
pub(super) async fn look_for(
    books: Books<'_>,
    bank: &Bank,
    rows: &[Row],
) -> Result<Vec<Option<Known>>, Stopped> {
    let key = |it: &Row| payment_key(bank.name.as_str(), &it.reference);
    let found = books.shard.find_all(rows.iter().map(key).collect()).await?;
    if found.iter().all(Option::is_none) {
        return Ok(vec![None; rows.len()]);
    }
    let read = books.readers.read(move |reader| {
        let entry = |sequence: Option<u64>| {
            let Some(sequence) = sequence else { return Ok(None) };
            first_known(reader, &Decided::Known { kept: store::Kept::ForEver, sequence })
        };
        found.into_iter().map(entry).collect()
    });
    Ok(read.await?)
}

fn first_known(reader: &dyn Reader, outcome: &Decided) -> Result<Option<Known>, StoreError> {
    let entries = find_again(reader, outcome)?.into_entries(None).ok();
    let Some(entry) = entries.and_then(|it| it.as_slice().first().cloned()) else {
        return Ok(None);
    };
    let standing = standing(reader, &entry)?;
    Ok(Some(Known { entry, standing }))
}

/// What becomes of a row, and the command that it takes. What was taken back is left for later.
fn judge(
    bank: &Bank,
    row: &Row,
    known: Option<&Known>,
    found: Result<AccountId, Unmatched>,
) -> (Became, Option<Command>) {
    let left_out = |reason| (Became::new(Outcome::LeftOut, Some(reason)), None);
    match row.kind {
        Kind::Payment => {}
        Kind::Debit => return left_out("debit"),
        Kind::DebitReversed => return left_out("debit_reversed"),
        Kind::Zero => return left_out("zero_amount"),
        Kind::Returned => return left_out("payment_returned"),
    }
    if let Some(known) = known {
        return (compare(row, known), None);
    }
    let (became, account) = match found {
        Ok(account) => {
            let became = Became::new(Outcome::Credited, None);
            (Became { account: Some(account), ..became }, Some(AccountRef::Id(account)))
        }
        // The money is on our account at the bank: it is received, and staff find whose it is.
        Err(unmatched) => (Became::new(Outcome::Unallocated, Some(unmatched.code())), None),
    };
    (became, Some(command(bank, row, account)))
}

fn command(bank: &Bank, row: &Row, account: Option<AccountRef>) -> Command {
    let midnight = row.booked_on.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    let paid_at = midnight.map(|it| Timestamp(it.timestamp().as_microsecond()));
    Command::ReceivePayment(Box::new(ReceivePayment {
        account,
        source: bank.name,
        reference: row.reference.as_str().into(),
        money: row.money(),
        paid_at,
        note: note(row),
    }))
}

/// Who paid and what they wrote: all that staff have to go by when no account is known.
pub(super) fn note(row: &Row) -> Note {
    let transaction = &row.transaction;
    let party = transaction.party.as_deref().unwrap_or_default();
    let words = transaction.structured.iter().chain(&transaction.unstructured);
    let text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let note = shorten(&format!("{party} {text}"), NOTE_CHARS);
    (!note.is_empty()).then(|| Arc::from(note))
}

/// What was written. That no account was named says less than why none was found.
fn written(entry: Option<&Entry>, unmatched: Option<&'static str>) -> Became {
    let (outcome, reason) = match entry.map(|it| &it.fact) {
        Some(Fact::PaymentUnallocated(fact)) => {
            (Outcome::Unallocated, unmatched.or(Some(fact.why.code())))
        }
        _ => (Outcome::Credited, None),
    };
    Became {
        account: entry.and_then(|it| it.posting).map(|it| it.account),
        payment: entry.map(|it| it.position),
        ..Became::new(outcome, reason)
    }
}

/// Whether the payment of this reference is the one of this row.
fn compare(row: &Row, known: &Known) -> Became {
    let same = paid_money(&known.entry).is_none_or(|it| it == row.money());
    let (account, reason) = match &known.standing {
        Standing::OnAccount(entry) => (entry.posting.map(|it| it.account), None),
        Standing::Waiting(_) => (None, Some("unallocated")),
        Standing::Returned(_) => (None, Some("returned")),
        Standing::Sent(entry) => (entry.fact.sent_to(), None),
    };
    Became {
        outcome: if same { Outcome::Known } else { Outcome::Conflict },
        reason: if same { reason } else { Some("reference_reused") },
        account,
        payment: Some(known.entry.position),
    }
}
