//! Reads bank statements in ISO 20022 camt.053.
//!
//! **Invariant:** a file is read whole or refused whole, and what is refused names its line. An
//! amount is the decimal that stands in the file; a statement's entries lead from its opening to
//! its closing balance, so that one that lost an entry on the way is noticed.

mod build;
mod decode;
mod walk;

use std::fmt;

use engine::{Amount, Currency};
use jiff::civil::Date;

/// A message with the statements in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Edition of camt.053.001 that the file is in.
    pub edition: u8,
    pub message: String,
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub line: u64,
    pub id: String,
    /// The bank's electronic sequence number.
    pub sequence: Option<String>,
    /// The IBAN, or the bank's own number where there is none.
    pub account: String,
    pub currency: Currency,
    /// The balances that the booked entries were found to lead from and to.
    pub balances: Option<Balances>,
    pub entries: Vec<Entry>,
    /// Entries that are not booked: pending ones and those for information.
    pub unbooked: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    pub opening: Signed,
    pub closing: Signed,
}

/// Money to our favour, or to the bank's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    pub amount: Amount,
    pub side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Credit,
    Debit,
}

/// One booking on the account, with the transactions that it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub line: u64,
    pub money: Signed,
    /// Whether it takes an earlier booking of the other side back.
    pub is_reversal: bool,
    pub booked_on: Option<Date>,
    pub value_on: Option<Date>,
    pub reference: Option<String>,
    pub servicer_reference: Option<String>,
    /// More than one for a batch; one where the bank does not say what was in it.
    pub transactions: Vec<Transaction>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    pub line: u64,
    pub money: Signed,
    pub servicer_reference: Option<String>,
    pub end_to_end: Option<String>,
    /// Whoever paid, or was paid.
    pub party: Option<String>,
    pub party_account: Option<String>,
    /// References by a scheme, such as ISO 11649.
    pub structured: Vec<String>,
    /// What the payer wrote, in its lines.
    pub unstructured: Vec<String>,
}

impl Signed {
    fn units(self) -> i128 {
        match self.side {
            Side::Credit => self.amount.units().into(),
            Side::Debit => -i128::from(self.amount.units()),
        }
    }
}

impl Default for Signed {
    fn default() -> Self {
        Self { amount: Amount::ZERO, side: Side::Credit }
    }
}

/// Why a file was refused: the place, what is wrong, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CamtError {
    /// `None` if the whole file is at fault.
    pub line: Option<u64>,
    /// The element, by the path to it.
    pub element: String,
    pub why: String,
}

impl CamtError {
    fn whole(why: impl Into<String>) -> Self {
        Self { line: None, element: String::new(), why: why.into() }
    }
}

impl fmt::Display for CamtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.element.is_empty() {
            write!(f, "{}: ", self.element)?;
        }
        f.write_str(&self.why)
    }
}

impl std::error::Error for CamtError {}

/// Reads a file. A booking that is dated after `today` is refused.
pub fn read(bytes: &[u8], today: Date) -> Result<Document, CamtError> {
    let text = decode::decode(bytes)?;
    let mut builder = build::Builder::new(&text, today);
    let mut edition = 0;
    let check = |namespace: &str| {
        edition = edition_of(namespace)?;
        Ok(())
    };
    walk::walk(&text, check, &mut builder)?;
    let (message, statements) = builder.finish()?;
    Ok(Document { edition, message, statements })
}

/// Characters of an element's path in a message.
const ELEMENT_CHARS_MAX: usize = 80;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// Editions of camt.053.001 whose shape is known.
const EDITIONS: std::ops::RangeInclusive<u8> = 2..=13;

fn edition_of(namespace: &str) -> Result<u8, String> {
    let message = namespace.strip_prefix(NAMESPACE).unwrap_or_default();
    let edition = message.strip_prefix("camt.053.001.").and_then(|it| it.parse().ok());
    if let Some(edition) = edition.filter(|it| EDITIONS.contains(it)) {
        return Ok(edition);
    }
    let what = match message.get(..8) {
        Some("camt.052") => "an intraday report (camt.052), whose entries may still change",
        Some("camt.054") => "a notification (camt.054), whose entries the statement has again",
        Some("camt.053") => "an edition of camt.053 that is not known; 02 to 13 are",
        _ => {
            let found = walk::excerpt(namespace);
            return Err(format!(
                "has the namespace {found:?}; give a file in {NAMESPACE}camt.053.001.02 to .13"
            ));
        }
    };
    Err(format!("is {what}; ask the bank for the statement in camt.053.001.02 to .08"))
}

/// An error at a place of the text.
fn at(text: &str, place: usize, element: &str, why: impl Into<String>) -> CamtError {
    let element = element.strip_prefix("Document/BkToCstmrStmt/").unwrap_or(element);
    // The end of a path is what tells; a message stays one line.
    let element = match element.char_indices().rev().nth(ELEMENT_CHARS_MAX) {
        Some((from, _)) => format!("…{}", &element[from..]),
        None => element.to_owned(),
    };
    CamtError { line: Some(line_of(text, place)), element, why: why.into() }
}

/// The line on which the first thing at or after `place` stands.
fn line_of(text: &str, place: usize) -> u64 {
    let (before, rest) = text.as_bytes().split_at(place.min(text.len()));
    let skipped = rest.iter().take_while(|it| it.is_ascii_whitespace());
    let breaks = before.iter().chain(skipped).filter(|it| **it == b'\n').count();
    breaks as u64 + 1
}

#[cfg(test)]
mod tests;
