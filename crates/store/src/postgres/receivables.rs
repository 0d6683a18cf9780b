//! What was owed at any minute of the past.

use engine::{ReceivableKey, Timestamp};

use super::read::PostgresReader;
use crate::StoreError;
use crate::owed::{parse_key, parse_owed};

/// What was owed when `minute` began: of each key the last point before it.
///
/// Goes from key to key by the primary key, whatever the number of points under each.
pub fn at(
    reader: &PostgresReader,
    minute: Timestamp,
) -> Result<Vec<(ReceivableKey, i128)>, StoreError> {
    let sql = "WITH RECURSIVE of (currency, \"group\", day) AS (\
             (SELECT currency, \"group\", day FROM receivables WHERE shard = $1 \
              ORDER BY currency, \"group\", day LIMIT 1) \
             UNION ALL \
             SELECT following.* FROM of CROSS JOIN LATERAL (\
                 SELECT currency, \"group\", day FROM receivables AS it WHERE shard = $1 \
                 AND (it.currency, it.\"group\", it.day) > (of.currency, of.\"group\", of.day) \
                 ORDER BY currency, \"group\", day LIMIT 1\
             ) AS following\
         ) SELECT of.currency, of.\"group\", of.day, newest.owed FROM of CROSS JOIN LATERAL (\
             SELECT owed FROM receivables AS it WHERE it.shard = $1 \
             AND it.currency = of.currency AND it.\"group\" = of.\"group\" AND it.day = of.day \
             AND it.minute < $2 ORDER BY it.minute DESC LIMIT 1\
         ) AS newest WHERE newest.owed <> '0' ORDER BY 1, 2, 3";
    let found = reader.many("read what was owed", sql, &[&reader.shard, &minute.0], |it| {
        Ok(((it.try_get(0)?, it.try_get(1)?, it.try_get(2)?), it.try_get::<_, String>(3)?))
    })?;
    found.iter().map(|(key, owed)| Ok((parse_key(key)?, parse_owed(owed)?))).collect()
}
