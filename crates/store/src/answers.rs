//! First answers to requests whose effect is not in the journal, by their Idempotency-Key.

use engine::Timestamp;

use crate::StoreError;
use crate::beside::{self, Alone, Beside, Connection, values};

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

/// A table of answers, by its name.
#[derive(Clone, Copy)]
pub(crate) struct Answers(pub &'static str);

impl Answers {
    pub fn find(self, beside: &Beside, key: u128) -> Result<Option<KeptAnswer>, StoreError> {
        let sql = format!("SELECT fingerprint, at, status, body FROM {} WHERE key = ?1", self.0);
        let key = key.to_be_bytes();
        beside.one("look for an answer to a request", &sql, values![key.as_slice()], |row| {
            Ok(KeptAnswer {
                fingerprint: row.get::<i64>(0)?.cast_unsigned(),
                at: row.get(1)?,
                status: row.get(2)?,
                body: row.get(3)?,
            })
        })
    }

    pub fn keep(
        self,
        beside: &mut Beside,
        key: u128,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        let KeptAnswer { fingerprint, at, status, body } = answer;
        let key = key.to_be_bytes();
        let sql = format!(
            "INSERT INTO {} (key, fingerprint, at, status, body) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, \
             at = excluded.at, status = excluded.status, body = excluded.body",
            self.0
        );
        let values = values![key.as_slice(), fingerprint.cast_signed(), *at, *status, body];
        beside.write("keep an answer to a request", &Alone::Nothing, |transaction| {
            transaction.execute(&sql, values).map(drop)
        })
    }

    /// Deletes up to `limit` answers that are older than a moment; answers how many.
    pub fn prune(
        self,
        transaction: &Connection<'_>,
        before: Timestamp,
        limit: usize,
    ) -> beside::Result<u64> {
        let table = self.0;
        let sql = format!(
            "DELETE FROM {table} WHERE key IN \
             (SELECT key FROM {table} WHERE at < ?1 LIMIT ?2)"
        );
        transaction.execute(&sql, values![before, limit])
    }
}
