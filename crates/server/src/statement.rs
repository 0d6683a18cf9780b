//! Statements of account: what moved in a period, gathered once and written in several forms.
//!
//! **Invariant:** opening balance + every line's amount = closing balance, and each line's balance
//! is the one before it plus its amount. A session is one line, at its last settlement in the
//! period, so between its first and its last the running balance is not the journal's; the parts
//! keep the journal's own.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{Account, AccountId, Balance, Entry, Fact, Position, Posting, Timestamp};
use store::{AccountRecord, CustomerRecord, Reader, StoreError};

pub mod csv;
pub mod json;
pub mod pdf;
pub mod period;
pub mod view;

pub use period::Period;

use crate::faces::titles::far_number;
use crate::faces::words::Titles;

/// Everything that the forms are made from.
pub struct Statement {
    pub account: Account,
    pub record: AccountRecord,
    pub customer: CustomerRecord,
    pub period: Period,
    /// When it was made.
    pub as_of: Timestamp,
    pub opening: Balance,
    pub closing: Balance,
    pub sums: Vec<Sum>,
    /// Oldest first.
    pub lines: Vec<Line>,
    /// The numbers of accounts that money came from or went to.
    pub numbers: BTreeMap<AccountId, String>,
    /// What services are called.
    pub titles: Titles,
}

/// An entry, or a session's entries in the period, oldest first.
pub struct Line {
    pub entries: Vec<Entry>,
    pub amount: i128,
    pub balance: i128,
    /// The session's identifier as the network gave it, where its beginning is in the period.
    pub session: Option<Arc<str>>,
}

/// What the entries of one kind come to; a session's settlements are of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub kind: &'static str,
    pub money_in: i128,
    pub money_out: i128,
    pub entries: usize,
}

/// Whether entries are shown that moved no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Money,
    All,
}

/// What is asked for.
pub struct Asked {
    pub account: Account,
    pub titles: Titles,
    pub period: Period,
    pub as_of: Timestamp,
    pub show: Show,
    pub entries_max: usize,
}

/// A period with more entries than one statement may have.
pub struct TooLong;

/// The order in which sums are listed; kinds that are not named here come after, by name.
const SUM_ORDER: [&str; 13] = [
    "payment",
    "payment_cancelled",
    "transfer_in",
    "period_started",
    "period_ended",
    "period_credited",
    "plan_changed",
    "subscription_closed",
    "purchased",
    "charge",
    "session",
    "transfer_out",
    "adjustment",
];

/// Reads a statement's entries and puts them into lines.
pub fn gather(reader: &dyn Reader, asked: Asked) -> Result<Result<Statement, TooLong>, StoreError> {
    let Asked { account, mut titles, period, as_of, show, entries_max } = asked;
    let until = match period.until_now {
        true => account.head,
        // Half-open: what happened at the end itself belongs to the next period.
        false => reader.position_at(Timestamp(period.to.0.saturating_sub(1)))?,
    };
    let last = reader.account_position(account.head, until)?;
    let mut entries = Vec::new();
    let mut opening = Balance::ZERO;
    let mut too_long = false;
    reader.account_entries(last, &mut |entry| {
        if entry.at < period.from {
            opening = entry.posting.map_or(Balance::ZERO, |it| it.balance);
            return ControlFlow::Break(());
        }
        too_long = entries.len() == entries_max;
        entries.push(entry);
        if too_long { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if too_long {
        return Ok(Err(TooLong));
    }
    titles.learn(reader, &entries)?;
    entries.reverse();
    let closing = entries.last().and_then(|it| it.posting).map_or(opening, |it| it.balance);
    let missing = |what: String| StoreError::damaged(what, "it is not in the directory");
    let record = reader.account(account.id)?;
    let record = record.ok_or_else(|| missing(format!("account acc_{}", account.id.0)))?;
    let customer = reader.customer(account.customer)?;
    let customer = customer.ok_or_else(|| missing(format!("cus_{}", account.customer.0)))?;
    let sums = sums(&entries);
    let numbers = other_numbers(reader, &entries)?;
    let lines = lines(entries, opening, show);
    Ok(Ok(Statement {
        account,
        record,
        customer,
        period,
        as_of,
        opening,
        closing,
        sums,
        lines,
        numbers,
        titles,
    }))
}

/// Which kind an entry counts as: the settlements of a session are one.
pub fn sum_kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Settled { .. } => "session",
        _ => fact.kind(),
    }
}

/// The kind by which people are told of an entry: a switch says which way.
pub fn word_kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Switched(it) if it.on => "switched_on",
        Fact::Switched(_) => "switched_off",
        _ => fact.kind(),
    }
}

/// The serial number of the session that an entry belongs to.
pub fn session_serial(fact: &Fact) -> Option<u32> {
    match fact {
        Fact::Authorised { serial, .. }
        | Fact::Settled { serial, .. }
        | Fact::Released { serial, .. }
        | Fact::ReservationExpired { serial, .. }
        | Fact::Refused { serial, .. } => Some(*serial),
        _ => None,
    }
}

fn moved(entry: &Entry) -> i128 {
    entry.posting.map_or(0, |it: Posting| i128::from(it.amount.units()))
}

fn sums(entries: &[Entry]) -> Vec<Sum> {
    let mut by_kind: BTreeMap<&'static str, Sum> = BTreeMap::new();
    for entry in entries.iter().filter(|it| moved(it) != 0) {
        let (kind, amount) = (sum_kind(&entry.fact), moved(entry));
        let none = Sum { kind, money_in: 0, money_out: 0, entries: 0 };
        let sum = by_kind.entry(kind).or_insert(none);
        sum.money_in += amount.max(0);
        sum.money_out += (-amount).max(0);
        sum.entries += 1;
    }
    let mut sums: Vec<Sum> = by_kind.into_values().collect();
    let place = |sum: &Sum| SUM_ORDER.iter().position(|it| *it == sum.kind);
    sums.sort_by_key(|it| place(it).unwrap_or(SUM_ORDER.len()));
    sums
}

fn lines(entries: Vec<Entry>, opening: Balance, show: Show) -> Vec<Line> {
    let shown = |it: &Entry| show == Show::All || moved(it) != 0;
    let mut names: HashMap<u32, Arc<str>> = HashMap::new();
    let mut ends: HashMap<u32, Position> = HashMap::new();
    for entry in &entries {
        match &entry.fact {
            Fact::Authorised { serial, session, .. } => {
                names.insert(*serial, session.session.clone());
            }
            Fact::Refused { serial, refused, .. } => {
                names.insert(*serial, refused.session.session.clone());
            }
            _ => {}
        }
        if let Some(serial) = session_serial(&entry.fact).filter(|_| shown(entry)) {
            ends.insert(serial, entry.position);
        }
    }
    let mut open: HashMap<u32, Vec<Entry>> = HashMap::new();
    let mut lines = Vec::new();
    let mut balance = i128::from(opening.units());
    for entry in entries.into_iter().filter(shown) {
        let serial = session_serial(&entry.fact);
        let entries = match serial {
            None => vec![entry],
            Some(serial) if ends.get(&serial) == Some(&entry.position) => {
                let mut parts = open.remove(&serial).unwrap_or_default();
                parts.push(entry);
                parts
            }
            Some(serial) => {
                open.entry(serial).or_default().push(entry);
                continue;
            }
        };
        let amount = entries.iter().map(moved).sum::<i128>();
        balance += amount;
        let session = serial.and_then(|it| names.get(&it).cloned());
        lines.push(Line { entries, amount, balance, session });
    }
    lines
}

fn other_numbers(
    reader: &dyn Reader,
    entries: &[Entry],
) -> Result<BTreeMap<AccountId, String>, StoreError> {
    let mut numbers = BTreeMap::new();
    for entry in entries {
        let (Fact::TransferOut(transfer) | Fact::TransferIn(transfer)) = &entry.fact else {
            continue;
        };
        if let Some(number) = far_number(entry) {
            numbers.insert(transfer.other, number.to_string());
        } else if !numbers.contains_key(&transfer.other)
            && let Some(other) = reader.account(transfer.other)?
        {
            numbers.insert(transfer.other, other.number);
        }
    }
    Ok(numbers)
}

impl Line {
    /// The entry that the line is dated by.
    pub fn last(&self) -> &Entry {
        self.entries.last().expect("a line has an entry at least")
    }

    pub fn is_session(&self) -> bool {
        session_serial(&self.last().fact).is_some()
    }

    /// What a line is called: a session by that word, whatever it consists of.
    pub fn kind(&self) -> &'static str {
        match self.entries.as_slice() {
            [entry] => sum_kind(&entry.fact),
            _ => "session",
        }
    }
}

impl Statement {
    /// `statement-100000049-2026-11-01`, with nothing that a file name cannot have.
    pub fn file_name(&self) -> String {
        let number = self.record.number.replace(|it: char| !it.is_ascii_alphanumeric(), "-");
        format!("statement-{number}-{}", self.period.first_day())
    }
}

#[cfg(test)]
mod tests;
