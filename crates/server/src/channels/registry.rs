//! The registry: what a payment system and we hold of one day, to be laid side by side.

use std::collections::BTreeMap;

use csv::ByteRecord;
use engine::{Amount, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Terms;

/// How long after its moment a payment may arrive and still belong to that day, in microseconds.
/// One that is later belongs to the day of its arrival, so that each belongs to exactly one.
const LATE_MAX: i64 = 3 * 86_400_000_000;

/// How far the other side's clocks may be ahead, in microseconds.
const AHEAD_MAX: i64 = 3_600_000_000;

/// A day on the other side's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    from: Timestamp,
    until: Timestamp,
}

impl Day {
    pub fn new(date: Date, zone: &TimeZone) -> Option<Self> {
        let begin = |date: Date| {
            let begin = date.to_zoned(zone.clone()).ok()?;
            Some(Timestamp(begin.timestamp().as_microsecond()))
        };
        Some(Self { date, from: begin(date)?, until: begin(date.tomorrow().ok()?)? })
    }

    /// After which moment, and up to which, payments of this day may have arrived.
    pub fn arrivals(&self) -> (Timestamp, Timestamp) {
        (self.from.plus(-AHEAD_MAX - 1), self.until.plus(LATE_MAX))
    }

    /// Whether a payment belongs to this day, by when it arrived and when it was made.
    pub fn has(&self, arrived_at: Timestamp, paid_at: Option<Timestamp>) -> bool {
        let counts = match paid_at {
            Some(paid_at) if arrived_at.since(paid_at) <= LATE_MAX => paid_at,
            _ => arrived_at,
        };
        (self.from..self.until).contains(&counts)
    }
}

/// The line of their file that is wrong; `why` completes "the line …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongLine {
    pub line: u64,
    pub why: String,
}

/// Their registry: each payment's number and sum.
///
/// Columns are parted by semicolons, commas or tabs. A first line that names `txn_id` and `sum`
/// says where they stand; without one the number is first, and the sum second, or fifth in a file
/// with tabs. A last line `Total:` with number and sum is held against the rest.
pub fn read_theirs(file: &[u8], terms: &Terms) -> Result<BTreeMap<Box<str>, Amount>, WrongLine> {
    let first_line = file.split(|it| *it == b'\n').next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().find(|it| first_line.contains(it));
    let delimiter = delimiter.unwrap_or(b';');
    let mut lines = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file));
    let mut columns = (0, if delimiter == b'\t' { 4 } else { 1 });
    let (mut theirs, mut total, mut is_first) = (BTreeMap::new(), 0_i128, true);
    let (mut record, mut ended) = (ByteRecord::new(), false);
    loop {
        let line = lines.position().line();
        let wrong = |why: &str| WrongLine { line, why: why.to_owned() };
        if !lines.read_byte_record(&mut record).map_err(|_| wrong("cannot be read"))? {
            return Ok(theirs);
        }
        let line = record.position().map_or(line, csv::Position::line);
        let wrong = |why: &str| WrongLine { line, why: why.to_owned() };
        if ended {
            return Err(wrong("comes after the total"));
        }
        if std::mem::take(&mut is_first)
            && let Some(named) = named_columns(&record)
        {
            columns = named;
            continue;
        }
        if field(&record, 0).is_some_and(|it| it.to_ascii_lowercase().starts_with("total")) {
            check_total(&record, terms, theirs.len(), total).map_err(|why| wrong(&why))?;
            ended = true;
            continue;
        }
        let txn_id = field(&record, columns.0).filter(|it| !it.is_empty());
        let txn_id = txn_id.ok_or_else(|| wrong("has no txn_id"))?;
        let sum = field(&record, columns.1).and_then(|it| terms.read_sum(it).ok());
        let sum = sum.ok_or_else(|| wrong("has no sum above zero such as 12.50"))?;
        total += i128::from(sum.units());
        if theirs.insert(Box::from(txn_id), sum).is_some() {
            return Err(wrong("has a txn_id that stands further up already"));
        }
    }
}

fn field(record: &ByteRecord, column: usize) -> Option<&str> {
    std::str::from_utf8(record.get(column)?).ok().map(str::trim)
}

fn named_columns(record: &ByteRecord) -> Option<(usize, usize)> {
    let place = |name: &str| {
        (0..record.len())
            .find(|it| field(record, *it).is_some_and(|it| it.eq_ignore_ascii_case(name)))
    };
    Some((place("txn_id")?, place("sum")?))
}

/// `Total:`, how many, and how much: a file that was cut off or changed does not agree with it.
fn check_total(
    record: &ByteRecord,
    terms: &Terms,
    count: usize,
    total: i128,
) -> Result<(), String> {
    let figures: Vec<&str> =
        (1..record.len()).filter_map(|it| field(record, it)).filter(|it| !it.is_empty()).collect();
    let &[named_count, named_total] = figures.as_slice() else {
        return Err("is a total without a number and a sum".into());
    };
    if named_count.parse() != Ok(count) {
        return Err(format!("counts {named_count} payments, there are {count}"));
    }
    let agrees = match terms.read_sum(named_total) {
        Ok(named) => i128::from(named.units()) == total,
        Err(engine::MoneyError::Zero) => total == 0,
        Err(_) => false,
    };
    let exponent = terms.currency.exponent();
    let found = engine::SumDecimals { units: total, exponent };
    if agrees { Ok(()) } else { Err(format!("sums up to {named_total}, the lines to {found}")) }
}

#[cfg(test)]
mod tests;
