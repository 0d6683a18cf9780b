//! Opening connections, and bringing the schema up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{StoreError, asked};

/// The schema's versions, oldest first: each is the step from the one before it. Steps that were
/// released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

pub fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(StoreError::failed("open the database"))?;
    prepare(&connection).map_err(StoreError::failed("set up the database connection"))?;
    migrate(&mut connection)?;
    Ok(connection)
}

pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)
        .map_err(StoreError::failed("open the database for reading"))?;
    connection
        .busy_timeout(Duration::from_secs(5))
        .and_then(|()| connection.pragma_update(None, "query_only", true))
        .and_then(|()| connection.pragma_update(None, "mmap_size", 1_i64 << 36))
        .and_then(|()| asked::note_all(&mut connection))
        .map_err(StoreError::failed("set up the database connection"))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

pub fn open_folder(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(StoreError::failed("open the database"))?;
    prepare(&connection).map_err(StoreError::failed("set up the database connection"))?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The log is folded back by another connection: no commit waits for it.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A log that was long once gives its room back when it starts again.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version = |it: &Connection| it.pragma_query_value(None, "user_version", |row| row.get(0));
    let found: i64 =
        version(connection).map_err(StoreError::failed("read the schema's version"))?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        let why = format!("version {found} is newer than {known}, the newest this program knows");
        return Err(StoreError::damaged("the schema", why));
    }
    let steps = MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0));
    for (step, sql) in steps {
        migrate_by(connection, sql, step as i64 + 1)
            .map_err(StoreError::failed("bring the schema up to date"))?;
    }
    Ok(())
}

fn migrate_by(connection: &mut Connection, sql: &str, version: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()
}
