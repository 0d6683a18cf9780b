//! Payments that came in, for look-ups and registries.

use engine::{AccountId, Amount, Position};
use tokio_postgres::{Error, Row};

use super::read::{PostgresReader, maybe_position, narrow, position, signed};
use crate::{PaymentRecord, ReceivedRecord, StoreError};

pub fn payment(reader: &PostgresReader, at: Position) -> Result<Option<PaymentRecord>, StoreError> {
    let sql = "SELECT position, account, source, reference, amount, cancelled_by FROM payments \
               WHERE shard = $1 AND position = $2";
    reader.one("read a payment", sql, &[&reader.shard, &signed(at)], read)
}

/// A payment that was allocated stands in both tables; it was received where it stood first.
const RECEIVED: &str = "\
    SELECT payments.position AS received, payments.account, cancelled_by FROM payments \
    JOIN journal ON journal.shard = payments.shard AND journal.position = payments.position \
    AND journal.kind = 'payment' \
    WHERE payments.shard = $1 AND payments.position > $2 AND payments.position <= $3 \
    AND source = $4 \
    UNION ALL \
    SELECT waiting.position, payments.account, \
    CASE WHEN payments.position IS NULL THEN returned.position ELSE payments.cancelled_by END \
    FROM unallocated_payments AS waiting \
    LEFT JOIN payments ON payments.shard = waiting.shard \
    AND payments.position = waiting.settled_by \
    LEFT JOIN journal AS returned ON returned.shard = waiting.shard \
    AND returned.position = waiting.settled_by AND returned.kind = 'payment_returned' \
    WHERE waiting.shard = $1 AND waiting.position > $2 AND waiting.position <= $3 \
    AND waiting.source = $4 \
    ORDER BY received LIMIT $5";

pub fn payments_of(
    reader: &PostgresReader,
    source: &str,
    after: Position,
    until: Position,
    limit: usize,
) -> Result<Vec<ReceivedRecord>, StoreError> {
    let (after, until, limit) = (signed(after), signed(until), limit as i64);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&reader.shard, &after, &until, &source, &limit];
    reader.many("read the payments of a source", RECEIVED, &values, |row| {
        let account: Option<i64> = row.try_get(1)?;
        Ok(ReceivedRecord {
            position: position(row, 0)?,
            account: account.map(|it| AccountId(narrow(it))),
            taken_back_by: maybe_position(row, 2)?,
        })
    })
}

fn read(row: &Row) -> Result<PaymentRecord, Error> {
    Ok(PaymentRecord {
        position: position(row, 0)?,
        account: AccountId(narrow(row.try_get(1)?)),
        source: row.try_get(2)?,
        reference: row.try_get(3)?,
        amount: Amount::from_units(row.try_get(4)?).unwrap_or_default(),
        cancelled_by: maybe_position(row, 5)?,
    })
}
