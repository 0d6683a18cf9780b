//! Entries that send money to another shard, which follows them.

use engine::{Entry, Position, ShardId};

use super::matters::entries_at;
use super::read::{PostgresReader, position, signed};
use crate::StoreError;

/// Up to `limit` entries after `after` that send something to `to`, oldest first.
pub fn after(
    reader: &PostgresReader,
    to: ShardId,
    after: Position,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let named = "SELECT position FROM transits WHERE shard = $1 AND to_shard = $2 \
                 AND position > $3 ORDER BY position LIMIT $4";
    let (to, after, limit) = (i64::from(to.number()), signed(after), limit as i64);
    entries_at(reader, "transits", named, &[&reader.shard, &to, &after, &limit])
}

/// Where up to `limit` of them before `before` are, newest first.
pub fn before(
    reader: &PostgresReader,
    to: ShardId,
    before: Position,
    limit: usize,
) -> Result<Vec<Position>, StoreError> {
    let sql = "SELECT position FROM transits WHERE shard = $1 AND to_shard = $2 \
               AND position < $3 ORDER BY position DESC LIMIT $4";
    let (to, before, limit) = (i64::from(to.number()), signed(before), limit as i64);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&reader.shard, &to, &before, &limit];
    reader.many("find what was sent", sql, &values, |it| position(it, 0))
}
