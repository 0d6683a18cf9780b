//! Where in the journal a moment is.

use engine::{Position, Timestamp};

use super::read::{PostgresReader, signed};
use crate::StoreError;

/// Journal time never goes back, so the place of a moment is found by halving, without an
/// index on time: in the database, because a round trip for each half would take longer.
pub fn position_at(reader: &PostgresReader, at: Timestamp) -> Result<Position, StoreError> {
    let start = reader.shard_id.start();
    let sql = "WITH RECURSIVE halving (low, high) AS (\
             SELECT $3::bigint, \
             (SELECT coalesce(max(position), $3) FROM journal WHERE shard = $1) \
             UNION ALL \
             SELECT CASE WHEN it.is_before THEN it.middle ELSE low END, \
             CASE WHEN it.is_before THEN high ELSE it.middle - 1 END \
             FROM halving CROSS JOIN LATERAL (\
                 SELECT position AS middle, at <= $2 AS is_before FROM journal \
                 WHERE shard = $1 AND position = low + (high - low + 1) / 2\
             ) AS it WHERE low < high\
         ) SELECT low, high FROM halving ORDER BY high - low LIMIT 1";
    let doing = "find a moment in the journal";
    let found = reader.one(doing, sql, &[&reader.shard, &at.0, &signed(start)], |it| {
        Ok((it.try_get::<_, i64>(0)?, it.try_get::<_, i64>(1)?))
    })?;
    match found {
        None => Ok(start),
        Some((low, high)) if low == high => Ok(Position(low as u64)),
        Some((low, high)) => {
            let middle = low + (high - low + 1) / 2;
            let place = format!("journal position {middle}");
            Err(StoreError::damaged(place, "it is missing"))
        }
    }
}
