//! What is read when a database is copied as a whole.

use engine::{Position, ReceivablePoint, Timestamp};
use rusqlite::{Connection, Row, params};

use super::read::SqliteReader;
use crate::owed::{parse_key, parse_owed};
use crate::{CommitRecord, StoreError};

pub fn commits_after(
    reader: &SqliteReader,
    after: Position,
    limit: usize,
) -> Result<Vec<CommitRecord>, StoreError> {
    let sql = "SELECT first, entries, at, checksum FROM commits WHERE first > ?1 \
               ORDER BY first LIMIT ?2";
    let values = params![after.0 as i64, limit as i64];
    reader.many("read the journal's transactions", sql, values, read_commit)
}

pub fn last_commit(reader: &SqliteReader) -> Result<Option<CommitRecord>, StoreError> {
    let sql = "SELECT first, entries, at, checksum FROM commits ORDER BY first DESC LIMIT 1";
    reader.one("read the journal's last transaction", sql, [], read_commit)
}

fn read_commit(row: &Row<'_>) -> rusqlite::Result<CommitRecord> {
    Ok(CommitRecord::from_columns([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
}

pub fn scan_receivables(
    connection: &Connection,
    each: &mut dyn FnMut(ReceivablePoint) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let doing = "read what was owed";
    let sql = "SELECT currency, \"group\", day, minute, owed FROM receivables \
               ORDER BY currency, \"group\", day, minute";
    let mut statement = connection.prepare(sql).map_err(StoreError::failed(doing))?;
    let mut rows = statement.query([]).map_err(StoreError::failed(doing))?;
    while let Some(row) = rows.next().map_err(StoreError::failed(doing))? {
        let read = || -> rusqlite::Result<_> {
            let key = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((key, Timestamp(row.get(3)?), row.get::<_, String>(4)?))
        };
        let (key, minute, owed) = read().map_err(StoreError::failed(doing))?;
        each(ReceivablePoint { key: parse_key(&key)?, minute, owed: parse_owed(&owed)? })?;
    }
    Ok(())
}

pub fn facts(reader: &SqliteReader) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT name, value FROM meta ORDER BY name";
    reader.many("read facts about the database", sql, [], |it| Ok((it.get(0)?, it.get(1)?)))
}

impl SqliteReader {
    /// Whether there is anything of somebody's business.
    pub fn is_occupied(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM journal) OR EXISTS (SELECT 1 FROM keys) \
                   OR EXISTS (SELECT 1 FROM api_keys)";
        let found = self.one("look whether there is anything", sql, [], |it| it.get(0))?;
        Ok(found.unwrap_or(false))
    }
}
