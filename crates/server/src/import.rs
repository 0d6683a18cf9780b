//! Taking over from an older system: CSV files are checked whole, then written; an import that
//! was broken off goes on where it was.
//!
//! **Invariant:** what a row asks for is written at most once, however often the file is
//! imported, because before anything is written it is looked up in the books; and a row's entries
//! are in one transaction, so that no row is ever half done.

mod accounts;
mod customers;
mod fault;
mod payments;
mod rates;
pub mod table;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use engine::{Command, Currency, Name, Order, Origin, Position};
use indicatif::ProgressBar;
use store::{Reader, StoreError};

pub use accounts::Accounts;
pub use customers::Customers;
pub use fault::{Fault, Faults};
pub use payments::Payments;
pub use rates::Rates;
use table::{Column, Row, Table};

use crate::http::error::Problem;
use crate::progress;
use crate::shard::{Answered, Key, Operation, Outcome, Shard};

/// One kind of file: what its columns are, and what its rows ask for.
pub trait Kind {
    fn columns(&self) -> &'static [Column];

    /// What `row` asks for, or what is wrong with it. Called for every row in every pass.
    fn read(&mut self, row: &Row) -> Result<Wanted, Fault>;

    /// Before the first row of a pass.
    fn begin(&mut self);

    /// Takes `next` into `last`, where one command can do both.
    fn join(&self, _last: &mut Command, _next: &Command) -> bool {
        false
    }

    /// The money of the file's rows as the books have it, from the entries after `after`.
    fn booked(&self, reader: &dyn Reader, after: Position) -> Result<Sums, StoreError>;
}

/// Sums by currency, in units.
pub type Sums = BTreeMap<Currency, i128>;

/// What one row asks for.
pub struct Wanted {
    /// In this order; nothing when the books have it already.
    pub steps: Vec<Step>,
    pub money: Option<(Currency, i128)>,
}

pub struct Step {
    pub command: Command,
    pub reference_key: Option<Key>,
}

impl Wanted {
    pub fn new(money: Option<(Currency, i128)>) -> Self {
        Self { steps: Vec::new(), money }
    }

    pub fn then(&mut self, command: Command) {
        self.steps.push(Step { command, reference_key: None });
    }
}

pub struct Options {
    pub file: PathBuf,
    pub encoding: Option<String>,
    pub errors: PathBuf,
    pub skip_bad: bool,
}

/// What came of an import, to be held against the older system.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub rows: u64,
    /// Rows that were written; in a dry run those that would be.
    pub written: u64,
    /// Rows that the books had already.
    pub known: u64,
    pub left_out: u64,
    /// Money of the rows that are not left out.
    pub file: Sums,
    pub books: Sums,
}

/// Rows that are written at once.
const SLICE_ROWS: usize = 2_000;

/// Slices that are under way: while one is written, the next is decided and a third is read.
const UNDER_WAY: usize = 2;

/// A file, open and its columns known.
pub struct Import<'a> {
    table: Table,
    kind: &'a mut dyn Kind,
    options: &'a Options,
    faults: Faults,
    bad_lines: BTreeSet<u64>,
    report: Report,
}

impl<'a> Import<'a> {
    pub fn open(options: &'a Options, kind: &'a mut dyn Kind) -> anyhow::Result<Self> {
        let table = Table::open(&options.file, kind.columns(), options.encoding.as_deref())?;
        let (faults, report) = (Faults::new(options.errors.clone()), Report::default());
        Ok(Self { table, kind, options, faults, bad_lines: BTreeSet::new(), report })
    }

    /// Reads the whole file; fails when anything is wrong and bad rows are not to be left out.
    pub fn check(&mut self) -> anyhow::Result<()> {
        let bar = progress::bar(self.table.bytes, "checking");
        self.kind.begin();
        self.table.rewind()?;
        while let Some(row) = self.table.read()? {
            self.report.rows += 1;
            if self.report.rows.is_multiple_of(4_096) {
                bar.set_position(self.table.at());
            }
            match row.and_then(|row| self.kind.read(&row)) {
                Ok(wanted) => self.count(&wanted),
                Err(fault) => {
                    self.bad_lines.insert(fault.line);
                    self.report.left_out += 1;
                    self.faults.add(fault)?;
                }
            }
        }
        bar.finish_and_clear();
        self.faults.finish()?;
        ensure!(self.faults.count == 0 || self.options.skip_bad, "{}", self.complaint());
        Ok(())
    }

    fn count(&mut self, wanted: &Wanted) {
        match wanted.steps.is_empty() {
            true => self.report.known += 1,
            false => self.report.written += 1,
        }
        if let Some((currency, units)) = wanted.money {
            *self.report.file.entry(currency).or_default() += units;
        }
    }

    /// What is wrong, with the first lines of it, and where the rest stands.
    fn complaint(&self) -> String {
        let shown: Vec<String> = self.faults.first.iter().map(|it| format!("  {it}")).collect();
        let path = self.faults.path().display();
        format!(
            "{} of {} rows of {} are wrong, and nothing was written:\n{}\nAll of them are in \
             {path}. Correct them and import the file again, or leave them out with --skip-bad.",
            self.faults.count,
            self.report.rows,
            self.options.file.display(),
            shown.join("\n"),
        )
    }

    /// What a dry run found.
    pub fn into_report(self) -> Report {
        self.report
    }

    /// Writes what was checked, and adds up what the books have of it then.
    pub fn write(mut self, shard: &Shard, reader: &dyn Reader) -> anyhow::Result<Report> {
        let before = *shard.durable().borrow();
        let origin = self.origin()?;
        let bar = progress::bar(self.report.written, "writing");
        let mut writing = Writing { shard, under_way: VecDeque::new(), slice: Slice::default() };
        self.kind.begin();
        self.table.rewind()?;
        while let Some(row) = self.table.read()? {
            let Ok(row) = row else { continue };
            if self.bad_lines.contains(&row.line) {
                continue;
            }
            let wanted = self.kind.read(&row).map_err(|fault| {
                anyhow::anyhow!("the file changed while it was imported, at {fault}; import again")
            })?;
            writing.slice.add(row.line, wanted, &origin, self.kind);
            if writing.slice.rows >= SLICE_ROWS {
                writing.send(&bar)?;
            }
        }
        writing.send(&bar)?;
        while writing.wait(&bar)? {}
        bar.finish_and_clear();
        // What was there before is in the journal before.
        let after = if self.report.known > 0 { Position::START } else { before };
        self.report.books = self.kind.booked(reader, after)?;
        Ok(self.report)
    }

    fn origin(&self) -> anyhow::Result<Origin> {
        let name = |it: &str| Name::new(it).map_err(|error| anyhow::anyhow!("{it:?} {error}"));
        let file = self.options.file.file_name().unwrap_or_default().to_string_lossy();
        let reason = Some(Arc::from(file.chars().take(100).collect::<String>()));
        Ok(Origin { actor: name("import")?, channel: name("command-line")?, reason })
    }
}

/// Rows that go to the shard together, and so into one transaction.
#[derive(Default)]
struct Slice {
    rows: usize,
    operations: Vec<Operation>,
    /// The line of each operation.
    lines: Vec<u64>,
}

impl Slice {
    fn add(&mut self, line: u64, wanted: Wanted, origin: &Origin, kind: &dyn Kind) {
        self.rows += usize::from(!wanted.steps.is_empty());
        for Step { command, reference_key } in wanted.steps {
            let last = self.operations.last_mut().map(|it| &mut it.order.command);
            if last.is_some_and(|last| kind.join(last, &command)) {
                continue;
            }
            let order = Order { origin: origin.clone(), command };
            self.operations.push(Operation { reference_key, ..Operation::new(order) });
            self.lines.push(line);
        }
    }
}

struct Writing<'a> {
    shard: &'a Shard,
    under_way: VecDeque<(crate::shard::Waiting, Vec<u64>, usize)>,
    slice: Slice,
}

impl Writing<'_> {
    fn send(&mut self, bar: &ProgressBar) -> anyhow::Result<()> {
        if self.slice.operations.is_empty() {
            return Ok(());
        }
        while self.under_way.len() >= UNDER_WAY {
            self.wait(bar)?;
        }
        let Slice { rows, operations, lines } = std::mem::take(&mut self.slice);
        let waiting = self.shard.begin_all(operations).map_err(|_| unwritten())?;
        self.under_way.push_back((waiting, lines, rows));
        Ok(())
    }

    /// Waits for the oldest slice; `false` when none is under way.
    fn wait(&mut self, bar: &ProgressBar) -> anyhow::Result<bool> {
        let Some((waiting, lines, rows)) = self.under_way.pop_front() else {
            return Ok(false);
        };
        let reply = waiting.wait().map_err(|_| unwritten())?;
        for (outcome, line) in reply.outcome.iter().zip(lines) {
            // Everything that can be refused was looked at before; what is left is our mistake or
            // a sum that no account can hold.
            if let Outcome::Refused(refusal) = outcome {
                let Problem { title, .. } = Problem::refused(refusal);
                anyhow::bail!(
                    "line {line} was refused: {title}; what stands before it in the file is \
                     written, and importing the file again goes on from there"
                );
            }
            let entries = reply.entries(outcome);
            debug_assert!(!entries.is_empty() || matches!(outcome, Outcome::Known { .. }));
        }
        bar.inc(rows as u64);
        Ok(true)
    }
}

fn unwritten() -> anyhow::Error {
    anyhow::anyhow!(
        "the import could not be written to its end; the log says why. Import the file again: \
         it goes on where this stopped"
    )
}

/// Where in the file a key stood first, to find what stands there twice.
#[derive(Default)]
pub struct Seen(HashMap<u128, u64>);

impl Seen {
    /// The line on which `key` stood before, if it did.
    fn note(&mut self, key: u128, line: u64) -> Option<u64> {
        match self.0.entry(key) {
            std::collections::hash_map::Entry::Occupied(first) => Some(*first.get()),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(line);
                None
            }
        }
    }

    fn contains(&self, key: u128) -> bool {
        self.0.contains_key(&key)
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// The path of the error file when none is named.
pub fn errors_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".errors.csv");
    path.into()
}

/// The fault that a rule of the API sees in a row.
fn refused(row: &Row, columns: &'static [Column], problem: &Problem) -> Fault {
    let field = problem.field.as_deref().unwrap_or_default();
    let place = columns.iter().position(|it| it.name == field).unwrap_or(usize::MAX);
    let why = problem.title.strip_prefix(field).unwrap_or(&problem.title).trim();
    // The fault shows the value itself.
    let value = format!("{:?} ", row.get(place).unwrap_or_default());
    row.fault(columns, place, why.strip_prefix(&value).unwrap_or(why))
}

/// Reads a file of one kind against the books, and writes it unless that is only to be tried.
pub fn run(
    kind: &mut dyn Kind,
    options: &Options,
    target: Option<(&Shard, &dyn Reader)>,
) -> anyhow::Result<Report> {
    let mut import = Import::open(options, kind)?;
    import.check()?;
    match target {
        None => Ok(import.into_report()),
        Some((shard, reader)) => {
            let written = import.write(shard, reader);
            written.with_context(|| format!("in {}", options.file.display()))
        }
    }
}
