//! What was owed at any minute of the past.

use engine::{Name, ReceivableKey, ReceivablePoint, Timestamp};
use rusqlite::{Connection, params};

use super::read::SqliteReader;
use crate::StoreError;
use crate::owed::{parse_key, parse_owed};

/// Adds points to the history; within one minute the last one counts.
pub fn append(connection: &Connection, points: &[ReceivablePoint]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO receivables (currency, \"group\", day, minute, owed) \
         VALUES (?1,?2,?3,?4,?5)",
    )?;
    for point in points {
        let ReceivableKey { currency, group, day } = point.key;
        let group = group.map_or("", Name::as_str);
        let owed = point.owed.to_string();
        insert.execute(params![currency.code(), group, day, point.minute.0, owed])?;
    }
    Ok(())
}

/// What was owed when `minute` began: of each key the last point before it.
///
/// Goes from key to key by the primary key, whatever the number of points under each.
pub fn at(
    reader: &SqliteReader,
    minute: Timestamp,
) -> Result<Vec<(ReceivableKey, i128)>, StoreError> {
    let doing = "read what was owed";
    let next = "SELECT currency, \"group\", day FROM receivables \
                WHERE (currency, \"group\", day) > (?1, ?2, ?3) \
                ORDER BY currency, \"group\", day LIMIT 1";
    let last = "SELECT owed FROM receivables \
                WHERE currency = ?1 AND \"group\" = ?2 AND day = ?3 AND minute < ?4 \
                ORDER BY minute DESC LIMIT 1";
    let mut found = Vec::new();
    let mut key = (String::new(), String::new(), i64::MIN);
    loop {
        let read = |it: &rusqlite::Row<'_>| Ok((it.get(0)?, it.get(1)?, it.get(2)?));
        let Some(at) = reader.one(doing, next, params![key.0, key.1, key.2], read)? else {
            return Ok(found);
        };
        key = at;
        let values = params![key.0, key.1, key.2, minute.0];
        let owed: Option<String> = reader.one(doing, last, values, |it| it.get(0))?;
        if let Some(owed) = owed.filter(|it| it != "0") {
            found.push((parse_key(&key)?, parse_owed(&owed)?));
        }
    }
}
