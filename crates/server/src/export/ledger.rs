//! The journal as text for hledger and beancount, so that tools which we did not write add it up.
//!
//! **Invariant:** each entry that moved money is one transaction whose amounts sum to zero in
//! every currency as they stand there; nothing is left for the reader to infer. Signs are the
//! accountant's: debits are positive, so a customer's credit, which is owed to the customer,
//! stands below zero.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use engine::{AccountId, Contra, Currency, Entry, Fact, Position, SumDecimals, Timestamp};
use store::{AccountRecord, Reader, StoreError};

use crate::books::{Book, Side, sides};
use names::Names;

/// Whose rules the text follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Hledger,
    Beancount,
}

#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    pub dialect: Dialect,
    /// Entries of this moment and later; what stood before is brought forward.
    pub from: Option<Timestamp>,
    /// Entries before this moment.
    pub to: Option<Timestamp>,
    /// Whether every balance at the end is asserted.
    pub balances: bool,
}

/// Writes the journal that `reader` sees; answers how many transactions there were.
pub fn write_ledger(
    reader: &dyn Reader,
    options: LedgerOptions,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Position, Position),
) -> Result<u64, StoreError> {
    reader.freeze()?;
    let head = reader.head()?;
    let mut text = Text::new(options, out);
    text.begin().map_err(unwritten)?;
    reader.scan_accounts(&mut |account| text.open_account(&account).map_err(unwritten))?;
    reader.scan(Position(1), &mut |entry| {
        if entry.position.0.is_multiple_of(16_384) {
            progress(entry.position, head);
        }
        text.add(&entry).map_err(unwritten)
    })?;
    text.end().map_err(unwritten)?;
    Ok(text.transactions)
}

/// The store's error for whatever its reader did not cause: the scan ends with it.
pub fn unwritten(source: io::Error) -> StoreError {
    StoreError::Failed { doing: "write the export", source: Box::new(source) }
}

struct Text<'a> {
    options: LedgerOptions,
    out: &'a mut dyn Write,
    names: Names,
    /// As the newest entry of each account says, not as it is added up here: what is asserted at
    /// the end is then Sporran's own figure.
    accounts: BTreeMap<AccountId, Standing>,
    contras: BTreeMap<(Contra, Currency), Standing>,
    currencies: BTreeSet<Currency>,
    /// Contras that the text has used, with the day: beancount wants them opened by then.
    used: BTreeMap<Contra, String>,
    day: Day,
    line: String,
    is_forwarded: bool,
    transactions: u64,
}

#[derive(Clone, Copy)]
struct Standing {
    currency: Currency,
    exponent: u8,
    units: i128,
}

/// The day of the last entry, written once for all of its entries.
#[derive(Default)]
struct Day {
    number: i64,
    text: String,
}

const DAY_MICROS: i64 = 86_400_000_000;

impl Day {
    fn of(&mut self, at: Timestamp) -> &str {
        let number = at.0.div_euclid(DAY_MICROS);
        if self.text.is_empty() || number != self.number {
            (self.number, self.text) = (number, date(at));
        }
        &self.text
    }
}

/// The day of a moment in UTC.
fn date(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

impl<'a> Text<'a> {
    fn new(options: LedgerOptions, out: &'a mut dyn Write) -> Self {
        Self {
            options,
            out,
            names: Names::new(options.dialect),
            accounts: BTreeMap::new(),
            contras: BTreeMap::new(),
            currencies: BTreeSet::new(),
            used: BTreeMap::new(),
            day: Day::default(),
            line: String::new(),
            is_forwarded: options.from.is_none(),
            transactions: 0,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        match self.options.dialect {
            // A lone point before three digits would else be read as one between thousands.
            Dialect::Hledger => writeln!(self.out, "decimal-mark .\n"),
            // No difference is small enough to be let pass.
            Dialect::Beancount => {
                writeln!(self.out, "option \"title\" \"Sporran\"")?;
                writeln!(self.out, "option \"tolerance_multiplier\" \"0\"\n")
            }
        }
    }

    fn open_account(&mut self, account: &AccountRecord) -> io::Result<()> {
        self.names.add(account);
        let name = self.names.of(Book::Account(account.id));
        match self.options.dialect {
            Dialect::Hledger => writeln!(self.out, "account {name}"),
            Dialect::Beancount => {
                let opened = date(account.opened_at);
                writeln!(self.out, "{opened} open {name} {}", account.currency)?;
                writeln!(self.out, "  number: \"{}\"", account.number)
            }
        }
    }

    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if self.options.to.is_some_and(|to| entry.at >= to) {
            return Ok(());
        }
        let sides = sides(entry);
        if sides.iter().all(|it| it.units == 0) {
            return Ok(());
        }
        if self.options.from.is_some_and(|from| entry.at < from) {
            self.note(entry, &sides);
            return Ok(());
        }
        self.bring_forward()?;
        self.note(entry, &sides);
        let day = self.day.of(entry.at).to_owned();
        self.begin_transaction(&day, entry.position, entry.fact.kind(), &narration(&entry.fact));
        for side in &sides {
            self.line(&day, side);
        }
        self.end_transaction()
    }

    /// Keeps what stands where.
    fn note(&mut self, entry: &Entry, sides: &[Side]) {
        for &Side { book, currency, exponent, units } in sides {
            self.currencies.insert(currency);
            let standing = Standing { currency, exponent, units: 0 };
            match book {
                Book::Account(id) => {
                    let line = self.accounts.entry(id).or_insert(standing);
                    let own = entry.posting.filter(|it| it.account == id);
                    line.units = match own {
                        Some(posting) => i128::from(posting.balance.units()),
                        None => line.units + units,
                    };
                }
                Book::Contra(contra) => {
                    let line = self.contras.entry((contra, currency)).or_insert(standing);
                    line.units += units;
                }
            }
        }
    }

    fn standing(&self) -> Vec<Side> {
        let accounts = self.accounts.iter().map(|(id, it)| (Book::Account(*id), it));
        let contras = self.contras.iter().map(|((contra, _), it)| (Book::Contra(*contra), it));
        let side = |(book, it): (Book, &Standing)| {
            let Standing { currency, exponent, units } = *it;
            Side { book, currency, exponent, units }
        };
        accounts.chain(contras).map(side).collect()
    }

    /// One transaction for everything before the period.
    fn bring_forward(&mut self) -> io::Result<()> {
        let Some(from) = self.options.from.filter(|_| !self.is_forwarded) else {
            return Ok(());
        };
        self.is_forwarded = true;
        let standing: Vec<_> = self.standing().into_iter().filter(|it| it.units != 0).collect();
        if standing.is_empty() {
            return Ok(());
        }
        let day = date(from);
        self.begin_transaction(&day, Position::START, "brought_forward", "");
        for side in &standing {
            self.line(&day, side);
        }
        self.end_transaction()
    }

    fn begin_transaction(&mut self, day: &str, at: Position, kind: &str, narration: &str) {
        self.line.clear();
        let line = &mut self.line;
        let written = match self.options.dialect {
            Dialect::Hledger if narration.is_empty() => {
                writeln!(line, "\n{day} * ({}) {kind}", at.0)
            }
            Dialect::Hledger => {
                writeln!(line, "\n{day} * ({}) {kind} | {}", at.0, names::plain(narration))
            }
            Dialect::Beancount => {
                let narration = names::quoted(narration);
                writeln!(line, "\n{day} * \"{kind}\" \"{narration}\"\n  position: {}", at.0)
            }
        };
        written.expect("writing to a string");
    }

    fn line(&mut self, day: &str, side: &Side) {
        if let Book::Contra(contra) = side.book {
            self.used.entry(contra).or_insert_with(|| day.to_owned());
        }
        let Self { line, names, .. } = self;
        let (name, amount) = (names.of(side.book), debit(side));
        writeln!(line, "    {name}  {amount} {}", side.currency).expect("writing to a string");
    }

    fn end_transaction(&mut self) -> io::Result<()> {
        self.transactions += 1;
        self.out.write_all(self.line.as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        self.bring_forward()?;
        if self.options.balances {
            self.assert_balances()?;
        }
        let used = std::mem::take(&mut self.used);
        writeln!(self.out)?;
        for (contra, day) in &used {
            let name = self.names.of(Book::Contra(*contra));
            match self.options.dialect {
                Dialect::Hledger => writeln!(self.out, "account {name}")?,
                Dialect::Beancount => writeln!(self.out, "{day} open {name}")?,
            }
        }
        for currency in &self.currencies {
            let finest = SumDecimals { units: 1, exponent: currency.exponent() };
            match self.options.dialect {
                // To the last place, because hledger balances no finer than it shows.
                Dialect::Hledger => writeln!(self.out, "commodity {finest} {currency}")?,
                Dialect::Beancount => {}
            }
        }
        Ok(())
    }

    fn assert_balances(&mut self) -> io::Result<()> {
        let last = match (self.day.text.is_empty(), self.options.from) {
            (false, _) => (self.day.number + 1) * DAY_MICROS,
            (true, Some(from)) => from.0 + DAY_MICROS,
            (true, None) => return Ok(()),
        };
        // The day after: beancount asserts before anything else of a day.
        let day = date(Timestamp(last));
        for side in self.standing() {
            let (name, amount) = (self.names.of(side.book), debit(&side));
            let currency = side.currency;
            match self.options.dialect {
                Dialect::Hledger => {
                    writeln!(self.out, "\n{day} * balance")?;
                    writeln!(self.out, "    {name}  0 {currency} = {amount} {currency}")?;
                }
                Dialect::Beancount => {
                    writeln!(self.out, "\n{day} balance {name}  {amount} ~ 0 {currency}")?;
                }
            }
        }
        Ok(())
    }
}

/// The amount with the accountant's sign.
fn debit(side: &Side) -> SumDecimals {
    SumDecimals { units: -side.units, exponent: side.exponent }
}

/// What people wrote about the entry.
fn narration(fact: &Fact) -> String {
    let parts: [Option<&str>; 2] = match fact {
        Fact::Payment(it) => [Some(&it.reference), it.note.as_deref()],
        Fact::PaymentUnallocated(it) => [Some(&it.reference), it.note.as_deref()],
        Fact::PaymentAllocated(it) => [Some(&it.reference), it.note.as_deref()],
        Fact::PaymentReturned(it) => [None, it.note.as_deref()],
        Fact::PaymentForwarded(it) => [Some(&it.reference), it.note.as_deref()],
        Fact::PaymentCancelled(it) | Fact::PaymentChargedBack(it) => [None, it.note.as_deref()],
        Fact::Refunded(it) => [None, it.note.as_deref()],
        Fact::OpeningBalance(it) => [None, it.note.as_deref()],
        Fact::Charge(Some(it)) => [it.reference.as_deref(), it.note.as_deref()],
        Fact::Adjustment(Some(it))
        | Fact::WrittenOff(Some(it))
        | Fact::WriteOffRecovered(Some(it)) => [Some(&it.note), None],
        Fact::TransferOut(it) | Fact::TransferIn(it) => [None, it.note.as_deref()],
        _ => [None, None],
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
