//! How often was tried, and who has to wait.

use engine::Timestamp;

use super::super::{Allowance, AttemptStore, Digest};
use super::{SLOTS, SqlAccess};
use crate::StoreError;
use crate::beside::{self, Alone, Connection, values};

impl AttemptStore for SqlAccess {
    fn attempt(
        &mut self,
        allowances: &[Allowance],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let alone = alone_with(allowances.iter().map(|it| &it.key));
        self.beside.write("count an attempt", &alone, |transaction| {
            let kept = allowances.iter().map(|it| find(transaction, &it.key, now));
            let kept = kept.collect::<beside::Result<Vec<_>>>()?;
            let waits = kept.iter().map(|it| it.1).filter(|free_at| *free_at > now.0);
            if let Some(latest) = waits.max() {
                return Ok(Some(Timestamp(latest)));
            }
            // It counts before its password is looked at: many at once are not one.
            for (allowance, (count, _)) in allowances.iter().zip(kept) {
                let count = count.saturating_add(1);
                let free_at = now.plus(allowance.wait_after(count));
                let forget_at = free_at.plus(allowance.memory);
                let sql = "INSERT INTO access_attempts (key, count, free_at, forget_at) \
                           VALUES (?1,?2,?3,?4) ON CONFLICT (key) DO UPDATE SET \
                           count = excluded.count, free_at = excluded.free_at, \
                           forget_at = excluded.forget_at";
                let values = values![allowance.key.as_slice(), count, free_at, forget_at];
                transaction.execute(sql, values)?;
            }
            Ok(None)
        })
    }

    fn forgive(&mut self, forgotten: &[Digest], fewer: &[Digest]) -> Result<(), StoreError> {
        let alone = alone_with(forgotten.iter().chain(fewer));
        self.beside.write("forgive attempts", &alone, |transaction| {
            for key in forgotten {
                let sql = "DELETE FROM access_attempts WHERE key = ?1";
                transaction.execute(sql, values![key.as_slice()])?;
            }
            for key in fewer {
                // The wait stays: it was earned by those before.
                let sql =
                    "UPDATE access_attempts SET count = count - 1 WHERE key = ?1 AND count > 0";
                transaction.execute(sql, values![key.as_slice()])?;
            }
            Ok(())
        })
    }
}

fn alone_with<'a>(keys: impl Iterator<Item = &'a Digest>) -> Alone {
    // They are digests: any of their bytes is as good as another.
    Alone::Slots(keys.map(|it| i64::from(u32::from(it[0]) % SLOTS)).collect())
}

/// The attempts under a key that are not forgotten, and since when it may try again.
fn find(transaction: &Connection<'_>, key: &Digest, now: Timestamp) -> beside::Result<(u32, i64)> {
    let sql = "SELECT count, free_at FROM access_attempts WHERE key = ?1 AND forget_at > ?2";
    let values = values![key.as_slice(), now];
    let found = transaction.one(sql, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.unwrap_or((0, i64::MIN)))
}
