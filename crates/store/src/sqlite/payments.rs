//! Payments that came in, for look-ups and registries.

use engine::{AccountId, Amount, Position};
use rusqlite::{Row, params};

use super::read::{SqliteReader, position};
use crate::{PaymentRecord, ReceivedRecord, StoreError};

const COLUMNS: &str = "position, account, source, reference, amount, cancelled_by";

pub fn payment(reader: &SqliteReader, at: Position) -> Result<Option<PaymentRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE position = ?1");
    reader.one("read a payment", &sql, [at.0 as i64], read)
}

/// Both tables are kept in the order of the journal, so a stretch of it is read without an index.
/// A payment that was allocated stands in both; it was received where it stood first.
const RECEIVED: &str = "\
    SELECT payments.position AS received, payments.account, cancelled_by FROM payments \
    CROSS JOIN journal ON journal.position = payments.position AND journal.kind = 'payment' \
    WHERE payments.position > ?1 AND payments.position <= ?2 AND source = ?3 \
    UNION ALL \
    SELECT waiting.position, payments.account, \
    iif(payments.position IS NULL, returned.position, payments.cancelled_by) \
    FROM unallocated_payments AS waiting \
    LEFT JOIN payments ON payments.position = waiting.settled_by \
    LEFT JOIN journal AS returned ON returned.position = waiting.settled_by \
    AND returned.kind = 'payment_returned' \
    WHERE waiting.position > ?1 AND waiting.position <= ?2 AND waiting.source = ?3 \
    ORDER BY received LIMIT ?4";

pub fn payments_of(
    reader: &SqliteReader,
    source: &str,
    after: Position,
    until: Position,
    limit: usize,
) -> Result<Vec<ReceivedRecord>, StoreError> {
    let values = params![after.0 as i64, until.0 as i64, source, limit as i64];
    reader.many("read the payments of a source", RECEIVED, values, |row| {
        let account: Option<u32> = row.get(1)?;
        let taken_back_by: Option<i64> = row.get(2)?;
        Ok(ReceivedRecord {
            position: position(row, 0)?,
            account: account.map(AccountId),
            taken_back_by: taken_back_by.map(|it| Position(it as u64)),
        })
    })
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
