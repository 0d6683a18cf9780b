//! What one entry began and another settles; the policies for promised payments; the services.

use engine::{AccountId, Entry, Position};
use rusqlite::{Params, Row, params};

use super::read::{SqliteReader, position};
use crate::{Matter, MatterRecord, Reader, StoreError, Which};

/// The table of a kind of matter, and the column that says what settled it.
fn place(kind: Matter) -> (&'static str, &'static str) {
    match kind {
        Matter::UnallocatedPayment => ("unallocated_payments", "settled_by"),
        Matter::RefundRequest => ("refund_requests", "settled_by"),
        Matter::Promise => ("promises", "ended_by"),
    }
}

pub fn matters(
    reader: &SqliteReader,
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
        "SELECT position, {settled} FROM {table} WHERE position > ?1 {open} \
         ORDER BY position LIMIT ?2"
    );
    reader.many("read what is to be seen to", &sql, params![after.0 as i64, limit as i64], read)
}

pub fn matter(
    reader: &SqliteReader,
    kind: Matter,
    began: Position,
) -> Result<Option<MatterRecord>, StoreError> {
    let (table, settled) = place(kind);
    let sql = format!("SELECT position, {settled} FROM {table} WHERE position = ?1");
    reader.one("read what is to be seen to", &sql, [began.0 as i64], read)
}

pub fn refund_request(
    reader: &SqliteReader,
    account: AccountId,
    serial: u32,
) -> Result<Option<MatterRecord>, StoreError> {
    let sql = "SELECT position, settled_by FROM refund_requests WHERE account = ?1 AND serial = ?2";
    reader.one("read what is to be seen to", sql, [account.0, serial], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<MatterRecord> {
    let settled_by = row.get::<_, Option<i64>>(1)?.map(|it| Position(it as u64));
    Ok(MatterRecord { began: position(row, 0)?, settled_by })
}

/// An account's promises have serial numbers in the order in which they were granted.
pub fn promises_of(
    reader: &SqliteReader,
    account: AccountId,
    before: Position,
    limit: usize,
) -> Result<Vec<MatterRecord>, StoreError> {
    let sql = "SELECT position, ended_by FROM promises WHERE account = ?1 AND position < ?2 \
               ORDER BY credit DESC LIMIT ?3";
    // Whoever asks for all names the last position there can be.
    let before = i64::try_from(before.0).unwrap_or(i64::MAX);
    let values = params![account.0, before, limit as i64];
    reader.many("read an account's promised payments", sql, values, read)
}

/// The entries up to `until` that a table of the directory names, in order.
pub fn entries_named_by(
    reader: &SqliteReader,
    table: &'static str,
    until: Position,
) -> Result<Vec<Entry>, StoreError> {
    let sql = format!("SELECT position FROM {table} WHERE position <= ?1 ORDER BY position");
    entries_at(reader, table, &sql, params![until.0 as i64])
}

/// The entries at the positions that a query over tables of the directory finds.
fn entries_at(
    reader: &SqliteReader,
    tables: &'static str,
    sql: &str,
    values: impl Params,
) -> Result<Vec<Entry>, StoreError> {
    let doing = "read entries that the directory names";
    let mut found = Vec::new();
    for at in reader.many(doing, sql, values, |it| position(it, 0))? {
        match reader.entry(at)? {
            Some(entry) => found.push(entry),
            None => {
                let place = format!("{tables} of position {}", at.0);
                return Err(StoreError::damaged(place, "the journal has none there"));
            }
        }
    }
    Ok(found)
}

/// Where what is laid down is, each place once.
const LAID_DOWN: &str = "SELECT position FROM services UNION \
     SELECT position FROM promise_policies UNION SELECT position FROM exchange_rates";

/// Up to `limit` entries after `after` that lay something down, oldest first.
pub fn laid_down_after(
    reader: &SqliteReader,
    after: Position,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let sql = format!(
        "SELECT position FROM ({LAID_DOWN}) WHERE position > ?1 ORDER BY position LIMIT ?2"
    );
    entries_at(reader, "what is laid down", &sql, params![after.0 as i64, limit as i64])
}

/// Where up to `limit` of them before `before` are, newest first.
pub fn laid_down_before(
    reader: &SqliteReader,
    before: Position,
    limit: usize,
) -> Result<Vec<Position>, StoreError> {
    let sql = format!(
        "SELECT position FROM ({LAID_DOWN}) WHERE position < ?1 ORDER BY position DESC LIMIT ?2"
    );
    // Whoever asks for all names the last position there can be.
    let values = params![i64::try_from(before.0).unwrap_or(i64::MAX), limit as i64];
    reader.many("find what is laid down", &sql, values, |it| position(it, 0))
}
