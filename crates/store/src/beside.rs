//! What is kept beside the journal, lent to one at a time: on SQLite in a file of its own, whose
//! many small writes never wait for the journal's writer nor it for them; on PostgreSQL in tables
//! of the journal's database, written over a connection of their own.
//!
//! The SQL is what both engines speak, with values as `?1`, `?2`, …; rows are read by place.
//!
//! **Invariant:** a transaction that decides by what it has read says what it has to have alone.
//! Then it is right whoever else writes at the same moment, in this process or in another.

mod file;
mod row;
mod server;
mod tables;
mod value;

use std::path::Path;
use std::sync::Arc;

use crate::{PostgresDatabase, StoreError};

pub use row::Row;
pub use tables::{Table, Tables};
pub use value::{FromValue, Value};

use file::File;
use server::Server;

pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Error>;

pub struct Beside(Engine);

enum Engine {
    File(File),
    Server(Box<Server>),
}

/// What a transaction has to itself until it ends. A file is its writer's as a whole anyhow.
#[derive(Clone, Debug)]
pub enum Alone {
    /// Each of its statements is right by itself.
    Nothing,
    /// Whatever goes by these numbers.
    Slots(Vec<i64>),
    Everything,
}

/// The values of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::beside::Value::from($value)),*][..]
    };
}
pub(crate) use values;

impl Beside {
    /// Opens a file, making it if need be, and brings its schema up to date by `migrations`,
    /// oldest first. It may hold secrets, so only its owner may read it.
    pub fn in_file(
        path: &Path,
        migrations: &[&str],
        doing: &'static str,
    ) -> std::result::Result<Self, StoreError> {
        Ok(Self(Engine::File(File::open(path, migrations, doing)?)))
    }

    /// The tables of a server's database, whose rows in `beside_locks` are those of `place`.
    pub fn on_server(database: &Arc<PostgresDatabase>, place: &'static str) -> Self {
        Self(Engine::Server(Box::new(Server::new(Arc::clone(database), place))))
    }

    pub fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> std::result::Result<Option<T>, StoreError> {
        let found = match &self.0 {
            Engine::File(file) => file.connection().one(sql, values, read),
            Engine::Server(server) => {
                let rows = server.rows(doing, sql, values)?;
                rows.first().map(|it| read(&Row::Server(it))).transpose()
            }
        };
        found.map_err(StoreError::failed(doing))
    }

    pub fn many<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> std::result::Result<Vec<T>, StoreError> {
        let found: Result<Vec<T>> = match &self.0 {
            Engine::File(file) => file.connection().many(sql, values, read),
            Engine::Server(server) => {
                let rows = server.rows(doing, sql, values)?;
                rows.iter().map(|it| read(&Row::Server(it))).collect()
            }
        };
        found.map_err(StoreError::failed(doing))
    }

    /// Runs `work` in a transaction, which is kept only when it succeeds. It may be run again, and
    /// then nothing is there of what it wrote before.
    ///
    /// A connection that is lost at the commit leaves nobody knowing whether it was made: that is
    /// a failure, and whoever wrote has to look.
    pub fn write<T>(
        &mut self,
        doing: &'static str,
        alone: &Alone,
        work: impl Fn(&Connection<'_>) -> Result<T>,
    ) -> std::result::Result<T, StoreError> {
        let written = match &mut self.0 {
            Engine::File(file) => file.write(work),
            Engine::Server(server) => server.write(alone, work),
        };
        written.map_err(StoreError::failed(doing))
    }
}

/// Where statements go, in a transaction or outside of one.
#[derive(Clone, Copy)]
pub enum Connection<'a> {
    File(&'a rusqlite::Connection),
    Server(&'a crate::postgres::Session),
}

impl Connection<'_> {
    /// Runs a statement; answers how many rows it changed.
    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        match self {
            Self::File(connection) => file::execute(connection, sql, values),
            Self::Server(session) => server::execute(session, sql, values),
        }
    }

    pub fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self {
            Self::File(connection) => file::one(connection, sql, values, read),
            Self::Server(session) => {
                let rows = server::rows(session, sql, values)?;
                rows.first().map(|it| read(&Row::Server(it))).transpose()
            }
        }
    }

    pub fn many<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::File(connection) => file::many(connection, sql, values, read),
            Self::Server(session) => {
                let rows = server::rows(session, sql, values)?;
                rows.iter().map(|it| read(&Row::Server(it))).collect()
            }
        }
    }

    /// The single value of a query that always has a row.
    pub fn value<T: FromValue>(&self, sql: &str, values: &[Value<'_>]) -> Result<T> {
        let found = self.one(sql, values, |row| row.get(0))?;
        found.ok_or_else(|| "a query that always has a row has none".into())
    }

    /// Runs a statement about what only a server has: other shards.
    pub fn on_server(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        match self {
            Self::File(_) => Ok(()),
            Self::Server(_) => self.execute(sql, values).map(drop),
        }
    }
}
