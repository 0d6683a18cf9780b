//! Bank statements as payments: what each transaction is, and the reference that it is known by.
//!
//! **Invariant:** a transaction has the same reference in every statement that it stands in, so
//! that a file that is loaded twice counts once, and one that was half done is finished.

mod elsewhere;
mod import;
mod returned;

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, ensure};
use engine::{Currency, Money, Name};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::access::Network;
use super::camt::{self, CamtError, Document, Entry, Side, Signed, Statement, Transaction};
use super::matching::Written;
use crate::shard::key_digest;
pub use elsewhere::AskNumbers;
pub use import::{Became, Books, Import, Outcome, import};

/// `[channels.bank.NAME]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BankConfig {
    /// Our accounts at the bank, by IBAN or by the bank's own number; none is any.
    pub accounts: Vec<String>,
    /// From where statements may be sent to the API; nothing is from anywhere: a key is asked
    /// for in any case.
    pub allow: Vec<Network>,
}

/// A channel that statements are imported through.
#[derive(Clone, Debug)]
pub struct Bank {
    /// The source of its payments.
    pub name: Name,
    pub allow: Vec<Network>,
    accounts: Vec<String>,
}

/// A file that was read whole and found sound, before anything is written.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub document: Document,
    pub rows: Vec<Row>,
}

/// One transaction of a statement.
#[derive(Clone, Debug)]
pub struct Row {
    pub line: u64,
    /// The statement that it stands in, by its place in the document.
    pub statement: usize,
    pub currency: Currency,
    pub booked_on: Option<Date>,
    pub reference: String,
    /// The bank's own reference of the entry that it stands in.
    pub booking: Option<String>,
    pub transaction: Transaction,
    pub kind: Kind,
    pub written: Written,
}

/// What a transaction is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Payment,
    /// Money that went out.
    Debit,
    /// A debit of before that was taken back.
    DebitReversed,
    /// A payment of before that was taken back.
    Returned,
    /// No money moved.
    Zero,
}

impl Kind {
    fn of(entry: &Entry, money: Signed) -> Self {
        match (money.side, entry.is_reversal) {
            _ if money.amount.is_zero() => Self::Zero,
            (Side::Credit, false) => Self::Payment,
            (Side::Credit, true) => Self::DebitReversed,
            (Side::Debit, false) => Self::Debit,
            (Side::Debit, true) => Self::Returned,
        }
    }
}

impl Row {
    pub fn money(&self) -> Money {
        Money { amount: self.transaction.money.amount, currency: self.currency }
    }
}

impl BankConfig {
    pub fn check(&self, place: &str) -> anyhow::Result<()> {
        let blank = self.accounts.iter().any(|it| it.trim().is_empty());
        ensure!(!blank, "{place}.accounts: one of them is empty");
        Ok(())
    }

    pub fn open(&self, place: &str, name: &str) -> anyhow::Result<Bank> {
        let accounts = self.accounts.iter().map(|it| it.replace(' ', "")).collect();
        let name = Name::new(name).ok().with_context(|| format!("{place}: is not a name"))?;
        Ok(Bank { name, allow: self.allow.clone(), accounts })
    }
}

impl Bank {
    /// Reads a file and finds everything that can be wrong with it. Nothing is written by this.
    pub fn prepare(&self, bytes: &[u8], today: Date) -> Result<Prepared, CamtError> {
        let document = camt::read(bytes, today)?;
        for statement in &document.statements {
            let account = &statement.account;
            if !self.accounts.is_empty() && !self.accounts.contains(account) {
                let why = format!(
                    "is of the account {account}, which channels.bank.{}.accounts does not name",
                    self.name
                );
                return Err(wrong(statement.line, "Stmt", why));
            }
        }
        let rows = rows(&document)?;
        Ok(Prepared { document, rows })
    }
}

fn wrong(line: u64, element: &str, why: String) -> CamtError {
    CamtError { line: Some(line), element: element.to_owned(), why }
}

fn rows(document: &Document) -> Result<Vec<Row>, CamtError> {
    let mut rows: Vec<Row> = Vec::new();
    let mut first_lines: HashMap<String, u64> = HashMap::new();
    for (place, statement) in document.statements.iter().enumerate() {
        let mut alike: BTreeMap<u128, u32> = BTreeMap::new();
        for entry in &statement.entries {
            let references = references(statement, entry, &mut alike);
            for (transaction, reference) in entry.transactions.iter().zip(references) {
                let kind = Kind::of(entry, transaction.money);
                let line = transaction.line;
                if kind == Kind::Payment
                    && let Some(first) = first_lines.insert(reference.clone(), line)
                {
                    let why = format!(
                        "the reference {:?} already stands on line {first}; of two payments one \
                         would be lost: ask the bank for references that are unique",
                        shorten(&reference, 40)
                    );
                    return Err(wrong(line, "Stmt/Ntry", why));
                }
                rows.push(Row {
                    line,
                    statement: place,
                    currency: statement.currency,
                    booked_on: entry.booked_on.or(entry.value_on),
                    reference,
                    booking: entry.servicer_reference.clone(),
                    kind,
                    written: Written::new(&transaction.structured, &transaction.unstructured),
                    transaction: transaction.clone(),
                });
            }
        }
    }
    Ok(rows)
}

/// The reference of each transaction of an entry: the bank's own of the transaction; else that
/// of the entry, and its place in it; else a digest of all that is known.
fn references(
    statement: &Statement,
    entry: &Entry,
    alike: &mut BTreeMap<u128, u32>,
) -> Vec<String> {
    let of = |it: &Transaction| it.servicer_reference.clone();
    let own: Vec<Option<String>> = entry.transactions.iter().map(of).collect();
    let alone = own.len() == 1;
    let mut references = Vec::with_capacity(own.len());
    for (index, (transaction, found)) in entry.transactions.iter().zip(&own).enumerate() {
        let shared = own.iter().filter(|it| *it == found).count() > 1;
        references.push(match (found, &entry.servicer_reference) {
            (Some(found), _) if !shared => found.clone(),
            (Some(found), _) => format!("{found}#{}", index + 1),
            (None, Some(entry)) if alone => entry.clone(),
            (None, Some(entry)) => format!("{entry}#{}", index + 1),
            (None, None) => {
                let digest = digest(statement, entry, transaction);
                let nth = alike.entry(digest).and_modify(|it| *it += 1).or_insert(1);
                format!("camt:{digest:032x}:{nth}")
            }
        });
    }
    references
}

fn digest(statement: &Statement, entry: &Entry, transaction: &Transaction) -> u128 {
    let day = |it: Option<Date>| it.map(|it| it.to_string()).unwrap_or_default();
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let parts = [
        "camt".to_owned(),
        statement.account.clone(),
        statement.id.clone(),
        text(&entry.reference),
        day(entry.booked_on),
        day(entry.value_on),
        transaction.money.amount.units().to_string(),
        text(&transaction.end_to_end),
        text(&transaction.party_account),
        transaction.structured.join("\n"),
        transaction.unstructured.join("\n"),
    ];
    key_digest(&parts.each_ref().map(|it| it.as_bytes()))
}

/// At most so many characters, and nothing that cannot be seen.
pub fn shorten(text: &str, characters_max: usize) -> String {
    let plain = text.chars().map(|it| if crate::http::text::is_invisible(it) { ' ' } else { it });
    let plain: String = plain.collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(characters_max).collect()
}

#[cfg(test)]
mod tests;
