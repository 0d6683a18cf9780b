//! What is kept beside the journal, in tables of a PostgreSQL database.
//!
//! Transactions read what was committed before each statement. One that has to have something
//! alone locks rows of `beside_locks` first, in the order of their numbers, and so waits for
//! whoever has them and sees what they wrote. The rows are locked and never changed.

use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::{Alone, Connection, Error, Result, Value, values};
use crate::postgres::{Session, is, is_refusal};
use crate::{PostgresDatabase, StoreError};

/// How often a transaction is begun, at most: the server may end one so that another can go on,
/// and a connection may have been lost while nobody used it.
const TRIES: usize = 5;

/// A process that is stopped inside of a transaction keeps others waiting no longer than this: the
/// server ends its connection.
const STOPPED: &str = "SET idle_in_transaction_session_timeout = '3s'";

pub struct Server {
    database: Arc<PostgresDatabase>,
    place: &'static str,
    /// The connection that writes: made when it is needed, and again when it was lost.
    writer: Option<Session>,
}

/// Why a transaction was not kept.
struct Broken {
    error: Error,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nothing was written, and it may be begun again over the same connection.
    Again,
    /// The connection was lost, and nothing was written.
    Reconnect,
    /// It was refused; nothing was written.
    Refused,
    /// The connection was lost at the commit: nobody knows.
    Unknown,
}

impl Server {
    pub fn new(database: Arc<PostgresDatabase>, place: &'static str) -> Self {
        Self { database, place, writer: None }
    }

    pub fn rows(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[Value<'_>],
    ) -> std::result::Result<Vec<Row>, StoreError> {
        let (sql, values) = (numbered(sql), borrowed(values));
        self.database.read(doing, |session| session.rows(&sql, &values))
    }

    pub fn write<T>(
        &mut self,
        alone: &Alone,
        work: impl Fn(&Connection<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let open = self.writer.take().filter(Session::is_open);
            let is_new = open.is_none();
            let session = open.map_or_else(|| self.connect(), Ok)?;
            let written = transact(&session, self.place, alone, &work);
            let (then, error) = match written {
                Ok(written) => {
                    self.writer = Some(session);
                    return Ok(written);
                }
                Err(Broken { error, then }) => (then, error),
            };
            if matches!(then, Then::Again | Then::Refused) {
                self.writer = Some(session);
            }
            let is_worth_it = then == Then::Again || (then == Then::Reconnect && !is_new);
            if !is_worth_it || tries == TRIES {
                return Err(error);
            }
        }
    }

    fn connect(&self) -> std::result::Result<Session, StoreError> {
        let session = self.database.connect()?;
        let set = session.batch(STOPPED);
        set.map_err(StoreError::failed("set up the database connection"))?;
        Ok(session)
    }
}

fn transact<T>(
    session: &Session,
    place: &str,
    alone: &Alone,
    work: &impl Fn(&Connection<'_>) -> Result<T>,
) -> std::result::Result<T, Broken> {
    let connection = Connection::Server(session);
    let run = || {
        session.batch("BEGIN")?;
        lock(&connection, place, alone)?;
        work(&connection)
    };
    let written = match run() {
        Ok(written) => written,
        Err(error) => {
            let mut then = judge(&error);
            if then != Then::Reconnect && session.batch("ROLLBACK").is_err() {
                then = Then::Reconnect;
            }
            return Err(Broken { error, then });
        }
    };
    // Nothing is written before this.
    match session.batch("COMMIT") {
        Ok(()) => Ok(written),
        Err(error) => {
            let error: Error = error.into();
            let then = match judge(&error) {
                Then::Reconnect => Then::Unknown,
                then => then,
            };
            Err(Broken { error, then })
        }
    }
}

fn judge(error: &Error) -> Then {
    let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    match error.downcast_ref::<tokio_postgres::Error>() {
        // It is ours, and the server knows nothing of it.
        None => Then::Refused,
        Some(error) if again.iter().any(|it| is(error, it)) => Then::Again,
        // It was taken for the primary, and is none any more.
        Some(error) if is(error, &SqlState::READ_ONLY_SQL_TRANSACTION) => Then::Reconnect,
        Some(error) if is_refusal(error) => Then::Refused,
        Some(_) => Then::Reconnect,
    }
}

fn lock(connection: &Connection<'_>, place: &str, alone: &Alone) -> Result<()> {
    match alone {
        Alone::Nothing => {}
        Alone::Slots(slots) => {
            let mut slots = slots.clone();
            slots.sort_unstable();
            slots.dedup();
            let sql = "SELECT slot FROM beside_locks WHERE place = ?1 AND slot = ?2 FOR UPDATE";
            for slot in slots {
                let locked = connection.one(sql, values![place, slot], |_| Ok(()))?;
                locked.ok_or_else(|| format!("{place} has no row {slot} to lock"))?;
            }
        }
        Alone::Everything => {
            let sql = "SELECT slot FROM beside_locks WHERE place = ?1 ORDER BY slot FOR UPDATE";
            connection.many(sql, values![place], |_| Ok(()))?;
        }
    }
    Ok(())
}

pub fn execute(session: &Session, sql: &str, values: &[Value<'_>]) -> Result<u64> {
    Ok(session.execute(&numbered(sql), &borrowed(values))?)
}

pub fn rows(session: &Session, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>> {
    Ok(session.rows(&numbered(sql), &borrowed(values))?)
}

/// The statement as the server numbers its values. There is no other question mark in any.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn borrowed<'a>(values: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|it| it as _).collect()
}
