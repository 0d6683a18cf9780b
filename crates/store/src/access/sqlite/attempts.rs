//! How often was tried, and who has to wait.

use engine::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::super::{Allowance, AttemptStore, Digest};
use super::SqliteAccess;
use crate::StoreError;

impl AttemptStore for SqliteAccess {
    fn attempt(
        &mut self,
        allowances: &[Allowance],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.file.write("count an attempt", |transaction| {
            let kept = allowances.iter().map(|it| find(transaction, &it.key, now));
            let kept = kept.collect::<rusqlite::Result<Vec<_>>>()?;
            let waits = kept.iter().map(|it| it.1).filter(|free_at| *free_at > now.0);
            if let Some(latest) = waits.max() {
                return Ok(Some(Timestamp(latest)));
            }
            // It counts before its password is looked at: many at once are not one.
            for (allowance, (count, _)) in allowances.iter().zip(kept) {
                let count = count.saturating_add(1);
                let free_at = now.plus(allowance.wait_after(count));
                let forget_at = free_at.plus(allowance.memory);
                let sql = "INSERT OR REPLACE INTO attempts (key, count, free_at, forget_at) \
                           VALUES (?1,?2,?3,?4)";
                let values = params![allowance.key.as_slice(), count, free_at.0, forget_at.0];
                transaction.prepare_cached(sql)?.execute(values)?;
            }
            Ok(None)
        })
    }

    fn forgive(&mut self, forgotten: &[Digest], fewer: &[Digest]) -> Result<(), StoreError> {
        self.file.write("forgive attempts", |transaction| {
            for key in forgotten {
                let sql = "DELETE FROM attempts WHERE key = ?1";
                transaction.prepare_cached(sql)?.execute([key.as_slice()])?;
            }
            for key in fewer {
                // The wait stays: it was earned by those before.
                let sql = "UPDATE attempts SET count = count - 1 WHERE key = ?1 AND count > 0";
                transaction.prepare_cached(sql)?.execute([key.as_slice()])?;
            }
            Ok(())
        })
    }
}

/// The attempts under a key that are not forgotten, and since when it may try again.
fn find(
    transaction: &Transaction<'_>,
    key: &Digest,
    now: Timestamp,
) -> rusqlite::Result<(u32, i64)> {
    let sql = "SELECT count, free_at FROM attempts WHERE key = ?1 AND forget_at > ?2";
    let mut find = transaction.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = find.query_row(params![key.as_slice(), now.0], read).optional()?;
    Ok(found.unwrap_or((0, i64::MIN)))
}
