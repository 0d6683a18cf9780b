//! A database beside the journal's: small, with its own schema, and lent to one at a time.
//!
//! Its many small writes never wait for the journal's writer, nor the writer for them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Params, Row, Transaction, TransactionBehavior};

use crate::StoreError;

pub(crate) struct Beside {
    connection: Connection,
}

impl Beside {
    /// Opens the file, making it if need be, and brings its schema up to date by `migrations`,
    /// oldest first. It may hold secrets, so only its owner may read it.
    pub fn open(path: &Path, migrations: &[&str], doing: &'static str) -> Result<Self, StoreError> {
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        made.map_err(|source| StoreError::Failed { doing, source: Box::new(source) })?;
        let mut connection = Connection::open(path).map_err(StoreError::failed(doing))?;
        prepare(&connection).map_err(StoreError::failed(doing))?;
        migrate(&mut connection, migrations, doing)?;
        Ok(Self { connection })
    }

    pub fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(StoreError::failed(doing))?;
        statement.query_row(values, read).optional().map_err(StoreError::failed(doing))
    }

    pub fn many<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(StoreError::failed(doing))?;
        let rows = statement.query_map(values, read).map_err(StoreError::failed(doing))?;
        rows.collect::<rusqlite::Result<_>>().map_err(StoreError::failed(doing))
    }

    /// Runs `write` in a transaction, which is kept only when it succeeds.
    pub fn write<T>(
        &mut self,
        doing: &'static str,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let run = |connection: &mut Connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let written = write(&transaction)?;
            transaction.commit()?;
            Ok(written)
        };
        run(&mut self.connection).map_err(StoreError::failed::<rusqlite::Error>(doing))
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn migrate(
    connection: &mut Connection,
    migrations: &[&str],
    doing: &'static str,
) -> Result<(), StoreError> {
    let version = |it: &Connection| it.pragma_query_value(None, "user_version", |row| row.get(0));
    let found: i64 = version(connection).map_err(StoreError::failed(doing))?;
    let known = migrations.len() as i64;
    if found > known {
        return Err(StoreError::Failed {
            doing,
            source: format!("version {found} is newer than {known}, which this program knows")
                .into(),
        });
    }
    for (step, sql) in migrations.iter().enumerate().skip(found as usize) {
        let run = |connection: &mut Connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have done it meanwhile.
            let done: i64 = transaction.pragma_query_value(None, "user_version", |it| it.get(0))?;
            if done > step as i64 {
                return Ok(());
            }
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "user_version", step as i64 + 1)?;
            transaction.commit()
        };
        run(connection).map_err(StoreError::failed(doing))?;
    }
    Ok(())
}
