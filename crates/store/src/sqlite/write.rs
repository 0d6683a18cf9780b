//! Appending: one transaction for each batch.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Entry, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};

use super::fold::{WalFolder, fold};
use super::{directory, open, read::SqliteReader, receivables};
use crate::checksum::{Checksum, seal};
use crate::commits::Commits;
use crate::{Batch, CLOCK_AHEAD, KeyRecord, Reader, Store, StoreError, row};

/// The one connection that writes.
pub struct SqliteStore {
    path: PathBuf,
    connection: Connection,
    /// The log has grown long: what is left to fold is folded before the next commit.
    fold_asked: Arc<AtomicBool>,
}

impl SqliteStore {
    /// Opens the database at `path`, making it or bringing its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open::open_writer(path)?;
        Ok(Self { path: path.to_owned(), connection, fold_asked: Arc::default() })
    }

    /// A folder for this database's log.
    pub fn folder(&self) -> Result<WalFolder, StoreError> {
        WalFolder::open(&self.path, Arc::clone(&self.fold_asked))
    }

    /// Notes a fact about the database itself.
    pub fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError> {
        set_meta(&self.connection, name, value)
    }
}

fn set_meta(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)";
    let done = connection.execute(sql, params![name, value]);
    done.map(drop).map_err(StoreError::failed("note a fact about the database"))
}

/// Adds a key to the API of the database at `path`, beside whoever else has it open.
pub fn add_api_key(
    path: &Path,
    name: &str,
    role: &str,
    digest: &[u8],
    at: Timestamp,
) -> Result<(), StoreError> {
    let connection = open::open_writer(path)?;
    let sql = "INSERT INTO api_keys (name, role, digest, created_at) VALUES (?1,?2,?3,?4)";
    let added = connection.execute(sql, params![name, role, digest, at.0]);
    added.map(drop).map_err(StoreError::failed("add a key; is its name taken?"))
}

/// Takes a key from the API, beside whoever else has the database open; `false` when there is no
/// such key that still opens anything.
pub fn revoke_api_key(path: &Path, name: &str, at: Timestamp) -> Result<bool, StoreError> {
    let connection = open::open_writer(path)?;
    let sql = "UPDATE api_keys SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL";
    let changed = connection.execute(sql, params![name, at.0]);
    changed.map(|it| it > 0).map_err(StoreError::failed("revoke a key"))
}

impl Store for SqliteStore {
    fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if self.fold_asked.swap(false, Ordering::AcqRel) {
            fold(&self.connection)?;
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::failed("begin a transaction"))?;
        append_entries(&transaction, batch)?;
        append_keys(&transaction, &batch.keys).map_err(StoreError::failed("write keys"))?;
        seal_keys(&transaction, batch).map_err(StoreError::failed("write a run of keys"))?;
        receivables::append(&transaction, &batch.receivables)
            .map_err(StoreError::failed("write what is owed"))?;
        save_checkpoint(&transaction, batch).map_err(StoreError::failed("write a checkpoint"))?;
        if let Some(ahead) = batch.clock_ahead {
            set_meta(&transaction, CLOCK_AHEAD, &ahead.to_string())?;
        }
        // Nothing is durable before this line, everything is after it.
        transaction.commit().map_err(StoreError::failed("commit a batch"))
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        // After a failed sync a connection is not to be believed, whatever it says.
        self.connection = open::open_writer(&self.path)?;
        self.set_meta("probed", "yes")
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(SqliteReader::open(&self.path)?))
    }
}

fn append_entries(connection: &Connection, batch: &Batch) -> Result<(), StoreError> {
    if batch.entries.is_empty() {
        return Ok(());
    }
    let head = super::read::head(connection)?;
    if head.plus(1) != batch.expected {
        return Err(StoreError::Conflict { expected: batch.expected, actual: head.plus(1) });
    }
    let mut commits = Commits::of(batch);
    let sql = format!(
        "INSERT INTO journal ({}, shard) VALUES \
         (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24, \
         0)",
        row::COLUMNS
    );
    let mut write = || -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(&sql)?;
        for entry in &batch.entries {
            insert_entry(&mut insert, entry, &mut commits.sum)?;
            commits.wrote(entry);
            directory::note(connection, entry)?;
        }
        Ok(())
    };
    write().map_err(StoreError::failed("write entries"))?;
    let commits = commits.finish()?;
    let write = || -> rusqlite::Result<()> {
        let commit = "INSERT INTO commits (first, entries, at, checksum) VALUES (?1,?2,?3,?4)";
        let mut commit = connection.prepare_cached(commit)?;
        commits.iter().try_for_each(|it| commit.execute(it.columns()).map(drop))
    };
    write().map_err(StoreError::failed("write what a transaction wrote"))
}

fn insert_entry(
    insert: &mut rusqlite::CachedStatement<'_>,
    entry: &Entry,
    checksum: &mut Checksum,
) -> rusqlite::Result<()> {
    row::write_entry(entry, &mut Binder { statement: insert, column: 0, checksum })?;
    insert.raw_execute().map(drop)
}

/// Binds one column after the other, and adds each to the checksum of the transaction.
struct Binder<'a, 'b> {
    statement: &'a mut rusqlite::CachedStatement<'b>,
    column: usize,
    checksum: &'a mut Checksum,
}

impl row::Sink for Binder<'_, '_> {
    type Error = rusqlite::Error;

    fn integer(&mut self, value: Option<i64>) -> rusqlite::Result<()> {
        self.column += 1;
        self.checksum.integer(value);
        self.statement.raw_bind_parameter(self.column, value)
    }

    fn text(&mut self, value: Option<&str>) -> rusqlite::Result<()> {
        self.column += 1;
        self.checksum.text(value);
        self.statement.raw_bind_parameter(self.column, value)
    }
}

fn append_keys(connection: &Connection, keys: &[KeyRecord]) -> rusqlite::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO keys (kept, sequence, key, fingerprint, at, position, entries, refusal) \
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
    )?;
    for key in keys {
        let (position, entries, refusal) = key.answer.columns();
        insert.execute(params![
            key.kept.code(),
            key.sequence as i64,
            key.key.to_be_bytes(),
            key.fingerprint as i64,
            key.at.0,
            position,
            entries,
            refusal
        ])?;
    }
    Ok(())
}

fn seal_keys(connection: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    for slice in &batch.sealed {
        let mut insert = connection.prepare_cached(
            // A run that was half written when the process ended is written again from its start.
            "INSERT OR REPLACE INTO key_runs (kept, run, key, sequence) VALUES (?1,?2,?3,?4)",
        )?;
        let (kept, run) = (slice.kept.code(), slice.run as i64);
        for (key, sequence) in &slice.keys {
            insert.execute(params![kept, run, key.to_be_bytes(), *sequence as i64])?;
        }
        if let Some(done) = &slice.finished {
            let beside = [kept, run, done.first as i64, done.last as i64, done.last_at.0];
            connection.execute(
                "INSERT INTO key_filters (kept, run, first, last, last_at, filter) \
                 VALUES (?1,?2,?3,?4,?5,?6)",
                params![
                    kept,
                    run,
                    done.first as i64,
                    done.last as i64,
                    done.last_at.0,
                    seal(&beside, &done.filter.to_bytes())
                ],
            )?;
        }
    }
    for slice in &batch.forgotten {
        let (kept, run) = (slice.kept.code(), slice.run as i64);
        let upper = slice.first_byte.checked_add(1).map(|it| vec![it]);
        connection
            .prepare_cached(
                "DELETE FROM key_runs WHERE kept = ?1 AND run = ?2 AND key >= ?3 \
                 AND (?4 IS NULL OR key < ?4)",
            )?
            .execute(params![kept, run, [slice.first_byte], upper])?;
        connection
            .prepare_cached("DELETE FROM keys WHERE kept = ?1 AND sequence <= ?2")?
            .execute(params![kept, slice.arrivals_until as i64])?;
        if upper.is_none() {
            let sql = "DELETE FROM key_filters WHERE kept = ?1 AND run = ?2";
            connection.execute(sql, params![kept, run])?;
        }
    }
    Ok(())
}

fn save_checkpoint(connection: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let Some(checkpoint) = &batch.checkpoint else {
        return Ok(());
    };
    let mut save = connection.prepare_cached(
        "INSERT OR REPLACE INTO account_pages (page, position, accounts) VALUES (?1,?2,?3)",
    )?;
    for page in &checkpoint.pages {
        let position = page.position.0 as i64;
        let accounts = seal(&[page.page.into(), position], &page.accounts);
        save.execute(params![page.page, position, accounts])?;
    }
    let (position, replay_from) = (checkpoint.position.0 as i64, checkpoint.replay_from.0 as i64);
    let pages: i64 = connection
        .prepare_cached("SELECT coalesce(max(page) + 1, 0) FROM account_pages")?
        .query_row([], |it| it.get(0))?;
    let shared = seal(&[position, replay_from, pages], &checkpoint.shared);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO checkpoint (shard, position, replay_from, shared) \
             VALUES (0,?1,?2,?3)",
        )?
        .execute(params![position, replay_from, shared])
        .map(drop)
}
