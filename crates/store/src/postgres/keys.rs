//! Keys under which something was done: those of a day, and those that are kept for ever.

use engine::Timestamp;
use tokio_postgres::{Error, Row};

use super::read::{PostgresReader, narrow};
use super::session::Values;
use super::tables::SLICE;
use crate::keys::{RunRow, restore_index, restore_runs};
use crate::{Kept, KeyAnswer, KeyIndex, KeyRecord, StoreError};

pub fn index(reader: &PostgresReader, kept: Kept, run_keys: usize) -> Result<KeyIndex, StoreError> {
    let sql = "SELECT run, last_at, filter, first, last FROM key_filters \
               WHERE shard = $1 AND kept = $2 ORDER BY run";
    let kind = kept.code();
    let rows = reader.many("read key filters", sql, &[&reader.shard, &kind], |it| {
        let (run, last_at, filter) = (it.try_get(0)?, it.try_get(1)?, it.try_get(2)?);
        Ok(RunRow { run, last_at, filter, first: it.try_get(3)?, last: it.try_get(4)? })
    })?;
    let runs = restore_runs(kept, rows)?;
    let last = match runs.last() {
        Some(run) => run.last,
        None => forgotten_until(reader, kept)?,
    };
    let sql = "SELECT key, sequence, at FROM keys \
               WHERE shard = $1 AND kept = $2 AND sequence > $3 ORDER BY sequence";
    let values: &Values<'_> = &[&reader.shard, &kind, &(last as i64)];
    let recent = reader.many("read recent keys", sql, values, |it| {
        Ok((digest(it, 0)?, it.try_get(1)?, Timestamp(it.try_get(2)?)))
    })?;
    restore_index(KeyIndex::new(kept, runs, last, run_keys), recent)
}

pub fn find_in_runs(
    reader: &PostgresReader,
    kept: Kept,
    runs: &[u64],
    key: u128,
) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT sequence FROM key_runs \
               WHERE shard = $1 AND kept = $2 AND run = ANY($3) AND key = $4 \
               ORDER BY run LIMIT 1";
    let runs: Vec<i64> = runs.iter().map(|it| *it as i64).collect();
    let key = key.to_be_bytes();
    let values: &Values<'_> = &[&reader.shard, &kept.code(), &runs, &key.as_slice()];
    let found = reader.one("look up a key", sql, values, |it| it.try_get::<_, i64>(0))?;
    Ok(found.map(|it| it as u64))
}

pub fn key(
    reader: &PostgresReader,
    kept: Kept,
    sequence: u64,
) -> Result<Option<KeyRecord>, StoreError> {
    let sql =
        format!("SELECT {KEY_COLUMNS} FROM keys WHERE shard = $1 AND kept = $2 AND sequence = $3");
    let values: &Values<'_> = &[&reader.shard, &kept.code(), &(sequence as i64)];
    reader.rows("read a key", &sql, values)?.first().map(|it| read_key(it, kept)).transpose()
}

pub fn scan(
    reader: &PostgresReader,
    kept: Kept,
    each: &mut dyn FnMut(KeyRecord) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT {KEY_COLUMNS} FROM keys WHERE shard = $1 AND kept = $2 AND sequence > $3 \
         ORDER BY sequence LIMIT $4"
    );
    let mut after = 0_i64;
    loop {
        let values: &Values<'_> = &[&reader.shard, &kept.code(), &after, &SLICE];
        let slice = reader.rows("read keys", &sql, values)?;
        if slice.is_empty() {
            return Ok(());
        }
        for row in &slice {
            let record = read_key(row, kept)?;
            after = record.sequence as i64;
            each(record)?;
        }
    }
}

/// The last key of one kind that is gone, when no run tells: those that are left begin there.
fn forgotten_until(reader: &PostgresReader, kept: Kept) -> Result<u64, StoreError> {
    if kept == Kept::ForEver {
        return Ok(0);
    }
    let sql = "SELECT coalesce(min(sequence), 1) FROM keys WHERE shard = $1 AND kept = $2";
    let values: &Values<'_> = &[&reader.shard, &kept.code()];
    let first = reader.one("read the oldest key", sql, values, |it| it.try_get::<_, i64>(0))?;
    Ok(first.map_or(0, |it| it.saturating_sub(1) as u64))
}

const KEY_COLUMNS: &str = "sequence, key, fingerprint, at, position, entries, refusal";

fn read_key(row: &Row, kept: Kept) -> Result<KeyRecord, StoreError> {
    let read = || -> Result<_, Error> {
        let sequence = row.try_get::<_, i64>(0)? as u64;
        let fingerprint = row.try_get::<_, i64>(2)? as u64;
        let first: Option<i64> = row.try_get(4)?;
        let count: Option<i64> = row.try_get(5)?;
        let entries = first.zip(count.map(narrow));
        let refusal: Option<String> = row.try_get(6)?;
        Ok((sequence, digest(row, 1)?, fingerprint, Timestamp(row.try_get(3)?), entries, refusal))
    };
    let (sequence, key, fingerprint, at, entries, refusal) =
        read().map_err(StoreError::failed("read a key"))?;
    let answer = KeyAnswer::from_columns(sequence, entries, refusal)?;
    Ok(KeyRecord { kept, sequence, key, fingerprint, at, answer })
}

/// A digest; one of another length is no key that anybody will look for.
fn digest(row: &Row, column: usize) -> Result<u128, Error> {
    let bytes: &[u8] = row.try_get(column)?;
    Ok(<[u8; 16]>::try_from(bytes).map_or(0, u128::from_be_bytes))
}
