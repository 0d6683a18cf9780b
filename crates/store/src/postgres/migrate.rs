//! Bringing the schema up to date, one process at a time.

use super::session::Session;
use crate::StoreError;

/// The schema's versions, oldest first: each is the step from the one before it. Steps that were
/// released are never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("leases.sql"),
    include_str!("beside.sql"),
    include_str!("nodes.sql"),
    include_str!("claims.sql"),
    include_str!("homes.sql"),
    include_str!("transits.sql"),
];

/// Held from the look at the version until the step is done. The number is ours alone: "sporran"
/// in ASCII.
const LOCK: i64 = 0x0073_706f_7272_616e;

pub fn migrate(session: &Session) -> Result<(), StoreError> {
    migrate_by(session, MIGRATIONS)
}

fn migrate_by(session: &Session, migrations: &[&str]) -> Result<(), StoreError> {
    let doing = "bring the schema up to date";
    // In one transaction, which lets go of the lock however it ends.
    session.batch("BEGIN").map_err(StoreError::failed(doing))?;
    let migrated = migrate_locked(session, migrations);
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = session.batch(end).map_err(StoreError::failed(doing));
    migrated.and(ended)
}

fn migrate_locked(session: &Session, migrations: &[&str]) -> Result<(), StoreError> {
    let doing = "bring the schema up to date";
    // Whoever has it may be at a long step.
    session.batch("SET LOCAL lock_timeout = 0").map_err(StoreError::failed(doing))?;
    let lock = session.rows("SELECT pg_advisory_xact_lock($1)", &[&LOCK]);
    lock.map_err(StoreError::failed(doing))?;
    let known = migrations.len();
    let found = version(session).map_err(StoreError::failed(doing))?;
    if found > known as i64 {
        let why = format!("version {found} is newer than {known}, the newest this program knows");
        return Err(StoreError::damaged("the schema", why));
    }
    if found == known as i64 {
        return Ok(());
    }
    if found == 0 {
        let table = "CREATE TABLE schema_version (version BIGINT NOT NULL);\
                     INSERT INTO schema_version VALUES (0)";
        session.batch(table).map_err(StoreError::failed(doing))?;
    }
    for step in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        session.batch(step).map_err(StoreError::failed(doing))?;
    }
    let note = session.batch(&format!("UPDATE schema_version SET version = {known}"));
    note.map_err(StoreError::failed(doing))
}

/// The number of steps that were done.
fn version(session: &Session) -> Result<i64, tokio_postgres::Error> {
    let made = session.row("SELECT to_regclass('schema_version') IS NOT NULL", &[])?;
    if !made.map_or(Ok(false), |it| it.try_get(0))? {
        return Ok(0);
    }
    let version = session.row("SELECT version FROM schema_version", &[])?;
    version.map_or(Ok(0), |it| it.try_get(0))
}
