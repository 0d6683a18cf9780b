//! First answers to requests whose effect is not in the journal, by their Idempotency-Key.

use engine::Timestamp;
use rusqlite::{Transaction, params};

use crate::StoreError;
use crate::beside::Beside;

pub trait AnswerStore {
    /// The first answer to a request under an Idempotency-Key.
    fn answer(&self, key: u128) -> Result<Option<KeptAnswer>, StoreError>;

    fn keep_answer(&mut self, key: u128, answer: &KeptAnswer) -> Result<(), StoreError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub fingerprint: u64,
    pub at: Timestamp,
    pub status: u16,
    pub body: String,
}

pub(crate) fn find(beside: &Beside, key: u128) -> Result<Option<KeptAnswer>, StoreError> {
    let sql = "SELECT fingerprint, at, status, body FROM answers WHERE key = ?1";
    let key = key.to_be_bytes();
    beside.one("look for an answer to a request", sql, [key.as_slice()], |row| {
        Ok(KeptAnswer {
            fingerprint: row.get::<_, i64>(0)? as u64,
            at: Timestamp(row.get(1)?),
            status: row.get(2)?,
            body: row.get(3)?,
        })
    })
}

pub(crate) fn keep(beside: &mut Beside, key: u128, answer: &KeptAnswer) -> Result<(), StoreError> {
    let KeptAnswer { fingerprint, at, status, body } = answer;
    beside.write("keep an answer to a request", |transaction| {
        transaction.execute(
            "INSERT OR REPLACE INTO answers (key, fingerprint, at, status, body) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![key.to_be_bytes().as_slice(), *fingerprint as i64, at.0, status, body],
        )?;
        Ok(())
    })
}

/// Deletes up to `limit` answers that are older than a moment; answers how many.
pub(crate) fn prune(
    transaction: &Transaction<'_>,
    before: Timestamp,
    limit: usize,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM answers WHERE key IN \
               (SELECT key FROM answers WHERE at < ?1 LIMIT ?2)";
    transaction.execute(sql, params![before.0, limit as i64])
}
