//! What is read when a database is copied as a whole.

use engine::{Position, ReceivablePoint, ShardId, Timestamp};
use tokio_postgres::{Error, Row};

use super::database::PostgresDatabase;
use super::read::{PostgresReader, shard_of, signed};
use super::tables::SLICE;
use crate::owed::{KeyColumns, parse_key, parse_owed};
use crate::{ApiKey, CommitRecord, StoreError};

pub fn commits_after(
    reader: &PostgresReader,
    after: Position,
    limit: usize,
) -> Result<Vec<CommitRecord>, StoreError> {
    let sql = "SELECT first, entries, at, checksum FROM commits \
               WHERE shard = $1 AND first > $2 ORDER BY first LIMIT $3";
    let (after, limit) = (signed(after), limit as i64);
    let doing = "read the journal's transactions";
    reader.many(doing, sql, &[&reader.shard, &after, &limit], read_commit)
}

pub fn last_commit(reader: &PostgresReader) -> Result<Option<CommitRecord>, StoreError> {
    let sql = "SELECT first, entries, at, checksum FROM commits \
               WHERE shard = $1 ORDER BY first DESC LIMIT 1";
    reader.one("read the journal's last transaction", sql, &[&reader.shard], read_commit)
}

fn read_commit(row: &Row) -> Result<CommitRecord, Error> {
    let columns = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?];
    Ok(CommitRecord::from_columns(columns))
}

pub fn scan_receivables(
    reader: &PostgresReader,
    each: &mut dyn FnMut(ReceivablePoint) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "SELECT currency, \"group\", day, minute, owed FROM receivables WHERE shard = $1 \
               AND (currency, \"group\", day, minute) > ($2, $3, $4, $5) \
               ORDER BY currency, \"group\", day, minute LIMIT $6";
    let mut after: (KeyColumns, i64) = ((String::new(), String::new(), i64::MIN), i64::MIN);
    loop {
        let ((currency, group, day), minute) = &after;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&reader.shard, currency, group, day, minute, &SLICE];
        let slice = reader.many("read what was owed", sql, &values, |it| {
            let key: KeyColumns = (it.try_get(0)?, it.try_get(1)?, it.try_get(2)?);
            Ok(((key, it.try_get(3)?), it.try_get::<_, String>(4)?))
        })?;
        let Some(last) = slice.last() else {
            return Ok(());
        };
        after = last.0.clone();
        for ((key, minute), owed) in &slice {
            let (key, minute) = (parse_key(key)?, Timestamp(*minute));
            each(ReceivablePoint { key, minute, owed: parse_owed(owed)? })?;
        }
    }
}

pub fn facts(reader: &PostgresReader) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT name, value FROM meta WHERE shard = $1 ORDER BY name COLLATE \"C\"";
    reader.many("read facts about the database", sql, &[&reader.shard], |it| {
        Ok((it.try_get(0)?, it.try_get(1)?))
    })
}

pub fn api_keys(reader: &PostgresReader) -> Result<Vec<ApiKey>, StoreError> {
    let sql = "SELECT id, name, role, digest, created_at, revoked_at FROM api_keys ORDER BY id";
    reader.many("read API keys", sql, &[], |it| {
        Ok(ApiKey {
            id: it.try_get::<_, i64>(0)? as u64,
            name: it.try_get(1)?,
            role: it.try_get(2)?,
            digest: it.try_get(3)?,
            created_at: Timestamp(it.try_get(4)?),
            revoked_at: it.try_get::<_, Option<i64>>(5)?.map(Timestamp),
        })
    })
}

impl PostgresDatabase {
    /// Shards in which there is anything of somebody's business; API keys, users and endpoints are
    /// taken to be the first's.
    pub fn occupied_shards(&self) -> Result<Vec<ShardId>, StoreError> {
        let sql = "SELECT shard FROM shards WHERE \
                   EXISTS (SELECT 1 FROM journal WHERE journal.shard = shards.shard) \
                   OR EXISTS (SELECT 1 FROM keys WHERE keys.shard = shards.shard) \
                   UNION SELECT 0 WHERE EXISTS (SELECT 1 FROM api_keys) \
                   OR EXISTS (SELECT 1 FROM access_users) \
                   OR EXISTS (SELECT 1 FROM access_customers) \
                   OR EXISTS (SELECT 1 FROM webhook_endpoints) ORDER BY 1";
        let doing = "look whether there is anything";
        let rows = self.read(doing, |session| session.rows(sql, &[]))?;
        let shards = rows.iter().map(|it| {
            let number = it.try_get(0).map_err(StoreError::failed::<Error>(doing))?;
            shard_of(number)
        });
        shards.collect()
    }

    /// Whether the connection that wrote to a shard last is still there.
    pub fn has_writer(&self, shard: ShardId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM shards JOIN pg_stat_activity \
                   ON pid = backend AND backend_start = started WHERE shard = $1)";
        let doing = "look who writes to the database";
        let row = self.read(doing, |session| session.row(sql, &[&i64::from(shard.number())]))?;
        let found = row.map_or(Ok(false), |it| it.try_get(0));
        found.map_err(StoreError::failed(doing))
    }
}
