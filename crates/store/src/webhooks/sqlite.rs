//! Endpoints and deliveries in an SQLite file of their own, beside the journal's: bookkeeping
//! never waits for the journal's writer, nor the writer for it.

mod deliveries;
mod endpoints;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use crate::StoreError;

/// Steps of the schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

pub struct SqliteWebhooks {
    connection: Connection,
}

impl SqliteWebhooks {
    /// Opens the file, making it if need be. It holds secrets, so only its owner may read it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        made.map_err(|source| StoreError::Failed {
            doing: "open the database of webhooks",
            source: Box::new(source),
        })?;
        let doing = "open the database of webhooks";
        let mut connection = Connection::open(path).map_err(StoreError::failed(doing))?;
        prepare(&connection).map_err(StoreError::failed(doing))?;
        migrate(&mut connection)?;
        Ok(Self { connection })
    }

    fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(StoreError::failed(doing))?;
        statement.query_row(values, read).optional().map_err(StoreError::failed(doing))
    }

    fn many<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(StoreError::failed(doing))?;
        let rows = statement.query_map(values, read).map_err(StoreError::failed(doing))?;
        rows.collect::<rusqlite::Result<_>>().map_err(StoreError::failed(doing))
    }

    /// Runs `write` in a transaction, which is kept only when it succeeds.
    fn write<T>(
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
        run(&mut self.connection).map_err(StoreError::failed(doing))
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let doing = "bring the schema of webhooks up to date";
    let version = |it: &Connection| it.pragma_query_value(None, "user_version", |row| row.get(0));
    let found: i64 = version(connection).map_err(StoreError::failed(doing))?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Failed {
            doing,
            source: format!("version {found} is newer than {known}, which this program knows")
                .into(),
        });
    }
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let run = |connection: &mut Connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "user_version", step as i64 + 1)?;
            transaction.commit()
        };
        run(connection).map_err(StoreError::failed(doing))?;
    }
    Ok(())
}
