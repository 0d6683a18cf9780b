//! Who may come in, in an SQLite file beside the journal's.

mod attempts;
mod people;
mod sessions;
mod sign_ins;
mod users;

use std::path::Path;

use engine::Timestamp;
use rusqlite::Transaction;

use super::{AccessStore, Digest, Note, Person, SIGN_INS_MAX, SessionId, SignInId, SignInQuery};
use crate::StoreError;
use crate::beside::Beside;

/// Steps of the schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema_2.sql")];

pub struct SqliteAccess {
    file: Beside,
}

impl SqliteAccess {
    /// Opens the file, making it if need be; others may have it open. Only its owner may read it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = Beside::open(path, MIGRATIONS, "open the database of access")?;
        Ok(Self { file })
    }
}

impl AccessStore for SqliteAccess {
    fn secret(&mut self, drawn: Digest) -> Result<Digest, StoreError> {
        self.file.write("read the secret of access", |transaction| {
            let sql = "INSERT OR IGNORE INTO secret (id, value) VALUES (1, ?1)";
            transaction.execute(sql, [drawn.as_slice()])?;
            transaction.query_row("SELECT value FROM secret", [], |row| row.get(0))
        })
    }

    fn note(&mut self, note: &Note) -> Result<(), StoreError> {
        self.file.write("note a sign-in", |transaction| sign_ins::note(transaction, note))
    }

    fn sign_ins(
        &self,
        query: &SignInQuery,
        limit: usize,
    ) -> Result<Vec<(SignInId, Note)>, StoreError> {
        sign_ins::find(&self.file, query, limit)
    }

    fn prune(
        &mut self,
        now: Timestamp,
        kept_since: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let limit = limit as i64;
        let steps = [
            ("sessions", "id", "until", now.0),
            ("codes", "customer", "expires_at", now.0),
            ("attempts", "key", "forget_at", now.0),
            ("sign_ins", "id", "at", kept_since.0.saturating_sub(1)),
        ];
        self.file.write("delete what is over", |transaction| {
            let mut gone = 0;
            for (table, key, column, moment) in steps {
                let sql = format!(
                    "DELETE FROM {table} WHERE {key} IN \
                     (SELECT {key} FROM {table} WHERE {column} <= ?1 LIMIT ?2)"
                );
                gone += transaction.prepare_cached(&sql)?.execute([moment, limit])?;
            }
            let sql = "DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE id <= \
                       (SELECT max(id) FROM sign_ins) - ?1 ORDER BY id LIMIT ?2)";
            gone += transaction.prepare_cached(sql)?.execute([SIGN_INS_MAX as i64, limit])?;
            Ok(gone as u64)
        })
    }
}

/// Name and id of a person, for the columns `user` and `customer`.
fn columns(of: &Person) -> (Option<&str>, Option<u32>) {
    (of.user(), of.customer().map(|it| it.0))
}

/// Whether the person has this session, be it running or over.
fn is_session_of(
    transaction: &Transaction<'_>,
    of: &Person,
    session: SessionId,
) -> rusqlite::Result<bool> {
    let (user, customer) = columns(of);
    let sql = "SELECT EXISTS (SELECT 1 FROM sessions \
               WHERE id = ?1 AND user IS ?2 AND customer IS ?3)";
    let values = (session as i64, user, customer);
    transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

/// Ends sessions of a person; answers how many.
fn end_all(
    transaction: &Transaction<'_>,
    of: &Person,
    keep: Option<SessionId>,
) -> rusqlite::Result<u64> {
    let keep = keep.map(|it| it as i64);
    let (user, customer) = columns(of);
    let sql = match of {
        Person::User(_) => "DELETE FROM sessions WHERE user = ?1 AND id IS NOT ?3 AND ?2 IS NULL",
        Person::Customer(_) => {
            "DELETE FROM sessions WHERE customer = ?2 AND id IS NOT ?3 AND ?1 IS NULL"
        }
    };
    let ended = transaction.prepare_cached(sql)?.execute((user, customer, keep))?;
    Ok(ended as u64)
}
