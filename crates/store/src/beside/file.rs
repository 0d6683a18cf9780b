//! What is kept beside the journal, in an SQLite file.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params_from_iter};

use super::{Result, Row, Value};
use crate::{StoreError, asked};

pub struct File {
    connection: Connection,
}

impl File {
    pub fn open(
        path: &Path,
        migrations: &[&str],
        doing: &'static str,
    ) -> std::result::Result<Self, StoreError> {
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        made.map_err(|source| StoreError::Failed { doing, source: Box::new(source) })?;
        let mut connection = Connection::open(path).map_err(StoreError::failed(doing))?;
        prepare(&connection).map_err(StoreError::failed(doing))?;
        asked::note_all(&mut connection).map_err(StoreError::failed(doing))?;
        migrate(&mut connection, migrations, doing)?;
        Ok(Self { connection })
    }

    pub fn connection(&self) -> super::Connection<'_> {
        super::Connection::File(&self.connection)
    }

    pub fn write<T>(&mut self, work: impl Fn(&super::Connection<'_>) -> Result<T>) -> Result<T> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let written = work(&super::Connection::File(&transaction))?;
        transaction.commit()?;
        Ok(written)
    }
}

pub fn execute(connection: &Connection, sql: &str, values: &[Value<'_>]) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.execute(params_from_iter(values))? as u64)
}

pub fn one<T>(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    rows.next()?.map(|it| read(&Row::File(it))).transpose()
}

pub fn many<T>(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&Row::File(row))?);
    }
    Ok(found)
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
) -> std::result::Result<(), StoreError> {
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
