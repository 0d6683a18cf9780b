//! What one entry began and another settles; and entries that a table of the directory names.

use std::collections::BTreeMap;

use engine::{AccountId, Entry, ExchangeRate, Fact, Position};
use tokio_postgres::{Error, Row};

use super::read::{PostgresReader, maybe_position, position, signed};
use super::session::Values;
use crate::{Matter, MatterRecord, StoreError, Which, row};

const DOING: &str = "read what is to be seen to";

/// The table of a kind of matter, and the column that says what settled it.
fn place(kind: Matter) -> (&'static str, &'static str) {
    match kind {
        Matter::UnallocatedPayment => ("unallocated_payments", "settled_by"),
        Matter::RefundRequest => ("refund_requests", "settled_by"),
        Matter::Promise => ("promises", "ended_by"),
    }
}

pub fn matters(
    reader: &PostgresReader,
    kind: Matter,
    which: Which,
    after: Position,
    limit: usize,
) -> Result<Vec<MatterRecord>, StoreError> {
    let (table, settled) = place(kind);
    let open = match which {
        Which::Open => format!("AND {settled} IS NULL"),
        Which::All => String::new(),
    };
    let sql = format!(
        "SELECT position, {settled} FROM {table} WHERE shard = $1 AND position > $2 {open} \
         ORDER BY position LIMIT $3"
    );
    reader.many(DOING, &sql, &[&reader.shard, &signed(after), &(limit as i64)], read)
}

pub fn matter(
    reader: &PostgresReader,
    kind: Matter,
    began: Position,
) -> Result<Option<MatterRecord>, StoreError> {
    let (table, settled) = place(kind);
    let sql = format!("SELECT position, {settled} FROM {table} WHERE shard = $1 AND position = $2");
    reader.one(DOING, &sql, &[&reader.shard, &signed(began)], read)
}

pub fn refund_request(
    reader: &PostgresReader,
    account: AccountId,
    serial: u32,
) -> Result<Option<MatterRecord>, StoreError> {
    let sql = "SELECT position, settled_by FROM refund_requests \
               WHERE shard = $1 AND account = $2 AND serial = $3";
    let (account, serial) = (i64::from(account.0), i64::from(serial));
    reader.one(DOING, sql, &[&reader.shard, &account, &serial], read)
}

fn read(row: &Row) -> Result<MatterRecord, Error> {
    Ok(MatterRecord { began: position(row, 0)?, settled_by: maybe_position(row, 1)? })
}

/// An account's promises have serial numbers in the order in which they were granted.
pub fn promises_of(
    reader: &PostgresReader,
    account: AccountId,
    before: Position,
    limit: usize,
) -> Result<Vec<MatterRecord>, StoreError> {
    let sql = "SELECT position, ended_by FROM promises \
               WHERE shard = $1 AND account = $2 AND position < $3 \
               ORDER BY credit DESC LIMIT $4";
    let (account, before, limit) = (i64::from(account.0), signed(before), limit as i64);
    reader.many(DOING, sql, &[&reader.shard, &account, &before, &limit], read)
}

/// The entries up to `until` that a table of the directory names, in order.
pub fn entries_named_by(
    reader: &PostgresReader,
    table: &'static str,
    until: Position,
) -> Result<Vec<Entry>, StoreError> {
    let named =
        format!("SELECT DISTINCT position FROM {table} WHERE shard = $1 AND position <= $2");
    entries_at(reader, table, &named, &[&reader.shard, &signed(until)])
}

/// The entries at the positions that a query over tables of the directory finds, in order.
pub fn entries_at(
    reader: &PostgresReader,
    tables: &'static str,
    named: &str,
    values: &Values<'_>,
) -> Result<Vec<Entry>, StoreError> {
    let doing = "read entries that the directory names";
    let sql = format!(
        "SELECT {}, named.position FROM ({named}) AS named \
         LEFT JOIN journal ON journal.shard = $1 AND journal.position = named.position \
         ORDER BY named.position",
        row::columns_of("journal")
    );
    let found = reader.many(doing, &sql, values, |it| {
        let named = position(it, 24)?;
        let is_there = it.try_get::<_, Option<i64>>(0)?.is_some();
        Ok((named, is_there.then(|| row::read_entry(it))))
    })?;
    let entries = found.into_iter().map(|(named, entry)| {
        let place = || format!("{tables} of position {}", named.0);
        entry.ok_or_else(|| StoreError::damaged(place(), "the journal has none there"))?
    });
    entries.collect()
}

/// Every rate that was added up to `until`, in the order of arrival.
///
/// The table says where they are, the journal what they are, and the two have to agree: rates from
/// before the checkpoint are not replayed, and a rate that differs would change every amount that
/// it converts.
pub fn exchange_rates(
    reader: &PostgresReader,
    until: Position,
) -> Result<Vec<ExchangeRate>, StoreError> {
    let sql = "SELECT position, base, quote, rate, valid_from, source FROM exchange_rates \
               WHERE shard = $1 AND position <= $2 ORDER BY position, base, quote";
    type Pairs = BTreeMap<(String, String), (String, i64, String)>;
    let mut listed: BTreeMap<Position, Pairs> = BTreeMap::new();
    let rows = reader.many("read exchange rates", sql, &[&reader.shard, &signed(until)], |it| {
        let pair = (it.try_get(1)?, it.try_get(2)?);
        Ok((position(it, 0)?, pair, (it.try_get(3)?, it.try_get(4)?, it.try_get(5)?)))
    })?;
    for (at, pair, rate) in rows {
        listed.entry(at).or_default().insert(pair, rate);
    }
    let mut rates = Vec::new();
    for entry in entries_named_by(reader, "exchange_rates", until)? {
        let added = match &entry.fact {
            Fact::ExchangeRatesAdded(added) => added.dated().collect(),
            _ => Vec::new(),
        };
        let told = added.iter().map(|it: &ExchangeRate| {
            let source = it.source.as_str().to_owned();
            let pair = (it.base.code().to_owned(), it.quote.code().to_owned());
            (pair, (String::from(it.rate), it.valid_from.0, source))
        });
        let told: Pairs = told.collect();
        if listed.get(&entry.position) != Some(&told) {
            let place = format!("exchange_rates of position {}", entry.position.0);
            return Err(StoreError::damaged(place, "they are not those of the journal"));
        }
        rates.extend(added);
    }
    Ok(rates)
}
