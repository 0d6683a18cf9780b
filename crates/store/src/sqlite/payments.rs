//! Payments that came in, for look-ups and registries.

use engine::{AccountId, Amount, Position};
use rusqlite::{Row, params};

use super::read::{SqliteReader, position};
use crate::{PaymentRecord, StoreError};

const COLUMNS: &str = "position, account, source, reference, amount, cancelled_by";

pub fn payment(reader: &SqliteReader, at: Position) -> Result<Option<PaymentRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE position = ?1");
    reader.one("read a payment", &sql, [at.0 as i64], read)
}

/// Payments are kept in the order of the journal, so a stretch of it is read without an index.
pub fn payments_of(
    reader: &SqliteReader,
    source: &str,
    after: Position,
    until: Position,
    limit: usize,
) -> Result<Vec<PaymentRecord>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payments \
         WHERE position > ?1 AND position <= ?2 AND source = ?3 ORDER BY position LIMIT ?4"
    );
    let values = params![after.0 as i64, until.0 as i64, source, limit as i64];
    reader.many("read the payments of a source", &sql, values, read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PaymentRecord> {
    let cancelled_by: Option<i64> = row.get(5)?;
    Ok(PaymentRecord {
        position: position(row, 0)?,
        account: AccountId(row.get(1)?),
        source: row.get(2)?,
        reference: row.get(3)?,
        amount: Amount::from_units(row.get(4)?).unwrap_or_default(),
        cancelled_by: cancelled_by.map(|it| Position(it as u64)),
    })
}
