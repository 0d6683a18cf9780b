//! Who may come in, in an SQLite file beside the journal's or in tables beside it on PostgreSQL.

mod attempts;
mod people;
mod sessions;
mod sign_ins;
mod users;

use std::path::Path;
use std::sync::Arc;

use engine::Timestamp;

use super::{AccessStore, Digest, Note, Person, SIGN_INS_MAX, SessionId, SignInId, SignInQuery};
use crate::beside::{Alone, Beside, Connection, Result, Tables, Value, values};
use crate::{PostgresDatabase, StoreError};

/// Steps of the file's schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] =
    &[include_str!("schema.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// Numbers below it stand for people and for what attempts are counted under, by their digests:
/// two with the same number wait for each other now and then.
const SLOTS: u32 = 256;

/// Names and identities of staff, each of which is one user's alone.
const NAMES: i64 = SLOTS as i64;

/// Whoever deletes what is over.
const PRUNING: i64 = NAMES + 1;

pub struct SqlAccess {
    beside: Beside,
}

impl SqlAccess {
    /// All of it, to be copied.
    pub fn into_tables(self) -> Tables {
        self.beside.into()
    }

    /// Opens a file, making it if need be; others may have it open. Only its owner may read it.
    pub fn in_file(path: &Path) -> std::result::Result<Self, StoreError> {
        let beside = Beside::in_file(path, MIGRATIONS, "open the database of access")?;
        Ok(Self { beside })
    }

    /// The tables of a server's database, which all shards share.
    pub fn on_server(database: &Arc<PostgresDatabase>) -> Self {
        Self { beside: Beside::on_server(database, "access") }
    }
}

impl AccessStore for SqlAccess {
    fn secret(&mut self, drawn: Digest) -> std::result::Result<Digest, StoreError> {
        self.beside.write("read the secret of access", &Alone::Nothing, |transaction| {
            let sql = "INSERT INTO access_secret (id, value) VALUES (1, ?1) \
                       ON CONFLICT (id) DO NOTHING";
            transaction.execute(sql, values![drawn.as_slice()])?;
            transaction.value("SELECT value FROM access_secret", &[])
        })
    }

    fn note(&mut self, note: &Note) -> std::result::Result<(), StoreError> {
        self.beside.write("note a sign-in", &Alone::Nothing, |transaction| {
            sign_ins::note(transaction, note)
        })
    }

    fn sign_ins(
        &self,
        query: &SignInQuery,
        limit: usize,
    ) -> std::result::Result<Vec<(SignInId, Note)>, StoreError> {
        sign_ins::find(&self.beside, query, limit)
    }

    fn prune(
        &mut self,
        now: Timestamp,
        kept_since: Timestamp,
        limit: usize,
    ) -> std::result::Result<u64, StoreError> {
        let steps = [
            ("access_sessions", "id", "until", now.0),
            ("access_codes", "customer", "expires_at", now.0),
            ("access_attempts", "key", "forget_at", now.0),
            ("access_sign_ins", "id", "at", kept_since.0.saturating_sub(1)),
        ];
        let alone = Alone::Slots(vec![PRUNING]);
        self.beside.write("delete what is over", &alone, |transaction| {
            let mut gone = 0;
            for (table, key, column, moment) in steps {
                // Asked twice: what was found to be over may have been moved on meanwhile.
                let sql = format!(
                    "DELETE FROM {table} WHERE {column} <= ?1 AND {key} IN \
                     (SELECT {key} FROM {table} WHERE {column} <= ?1 LIMIT ?2)"
                );
                gone += transaction.execute(&sql, values![moment, limit])?;
            }
            let sql = "DELETE FROM access_sign_ins WHERE id IN (SELECT id FROM access_sign_ins \
                       WHERE id <= (SELECT max(id) FROM access_sign_ins) - ?1 \
                       ORDER BY id LIMIT ?2)";
            gone += transaction.execute(sql, values![SIGN_INS_MAX, limit])?;
            Ok(gone)
        })
    }
}

/// What is done about a person is done by one at a time.
fn alone_with(of: &Person) -> Alone {
    Alone::Slots(vec![slot_of(of)])
}

/// As [`alone_with`], where it is also about what one user alone may be called.
fn alone_with_name(of: &str) -> Alone {
    Alone::Slots(vec![slot_of(&Person::User(of.to_owned())), NAMES])
}

fn slot_of(person: &Person) -> i64 {
    let number = match person {
        Person::User(name) => crc32fast::hash(name.as_bytes()),
        Person::Customer(id) => id.0,
    };
    (number % SLOTS).into()
}

/// The column of tables in which a person is named, and how.
fn named(of: &Person) -> (&'static str, Value<'_>) {
    match of {
        Person::User(name) => ("\"user\"", name.into()),
        Person::Customer(id) => ("customer", id.0.into()),
    }
}

/// Name and id of a person, for the columns `user` and `customer`.
fn columns(of: &Person) -> (Option<&str>, Option<u32>) {
    (of.user(), of.customer().map(|it| it.0))
}

/// Whether the person has this session, be it running or over.
fn is_session_of(transaction: &Connection<'_>, of: &Person, session: SessionId) -> Result<bool> {
    let (column, person) = named(of);
    let sql =
        format!("SELECT EXISTS (SELECT 1 FROM access_sessions WHERE id = ?1 AND {column} = ?2)");
    transaction.value(&sql, values![session, person])
}

/// Ends sessions of a person; answers how many.
fn end_all(transaction: &Connection<'_>, of: &Person, keep: Option<SessionId>) -> Result<u64> {
    let (column, person) = named(of);
    let sql = format!("DELETE FROM access_sessions WHERE {column} = ?1 AND id IS DISTINCT FROM ?2");
    transaction.execute(&sql, values![person, keep])
}
