//! Who writes to a shard, and how whoever was replaced is kept out.

use std::hash::{BuildHasher, Hasher, RandomState};

use engine::{Position, ShardId};
use tokio_postgres::Error;

use super::encode::Value;
use super::pipeline::Work;
use super::read::signed;
use super::session::Session;
use crate::{Batch, StoreError};

/// What makes a connection the one that writes to a shard.
#[derive(Debug)]
pub struct Writer {
    pub shard: i64,
    /// Before the shard's first entry.
    start: Position,
    /// How often the shard has been taken, by us the last time.
    generation: i64,
    /// Says of a generation that it is ours, when the word of it was lost.
    owner: i64,
    /// Account pages that are saved.
    pub pages: i64,
}

const COUNT_ON: &str = "UPDATE shards SET generation = generation + 1, owner = $2, \
     backend = pg_backend_pid(), \
     started = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) \
     WHERE shard = $1 AND ($3 OR owner = $2) RETURNING generation";

impl Writer {
    /// Takes a shard from whoever had it.
    pub fn take(session: &Session, shard_id: ShardId) -> Result<Self, StoreError> {
        let doing = "take a shard over";
        let shard = i64::from(shard_id.number());
        let made = session.execute(
            "INSERT INTO shards (shard, generation) VALUES ($1, 0) ON CONFLICT DO NOTHING",
            &[&shard],
        );
        made.map_err(StoreError::failed(doing))?;
        let owner = RandomState::new().build_hasher().finish().cast_signed();
        let start = shard_id.start();
        let mut writer = Self { shard, start, generation: 0, owner, pages: 0 };
        let taken = writer.count_on(session, Whose::Anybodys).map_err(StoreError::failed(doing))?;
        taken.then_some(writer).ok_or("its row is gone").map_err(StoreError::failed(doing))
    }

    /// Takes the shard up again with another connection; `false` when it is not ours any more.
    ///
    /// It may have been counted on before, by a connection that was lost with the word of it.
    pub fn renew(&mut self, session: &Session) -> Result<bool, StoreError> {
        let renewed = self.count_on(session, Whose::Ours);
        renewed.map_err(StoreError::failed("take a shard up again"))
    }

    fn count_on(&mut self, session: &Session, whose: Whose) -> Result<bool, Error> {
        let is_anybodys = whose == Whose::Anybodys;
        end_writer(session, self.shard, self.owner, is_anybodys);
        let Some(row) = session.row(COUNT_ON, &[&self.shard, &self.owner, &is_anybodys])? else {
            return Ok(false);
        };
        self.generation = row.try_get(0)?;
        // Only now nobody else saves any more.
        let sql = "SELECT coalesce(max(page) + 1, 0) FROM account_pages WHERE shard = $1";
        let pages = session.row(sql, &[&self.shard])?;
        self.pages = pages.map_or(Ok(0), |it| it.try_get(0))?;
        Ok(true)
    }

    /// Account pages that are saved when `batch` is.
    pub fn pages_after(&self, batch: &Batch) -> i64 {
        let pages = batch.checkpoint.iter().flat_map(|it| &it.pages);
        pages.map(|it| i64::from(it.page) + 1).fold(self.pages, i64::max)
    }
}

/// Whose shard may be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Anybodys,
    Ours,
}

/// Ends the connection of whoever wrote to a shard last: if its process was stopped in the middle
/// of a transaction, or the network between was cut, the shard's row would stay locked.
///
/// A writer on a server that has gone is not found, and nothing of it is locked here. Where it may
/// not be ended, its lock is waited for.
fn end_writer(session: &Session, shard: i64, owner: i64, is_anybodys: bool) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN shards \
               ON pid = backend AND backend_start = started \
               WHERE shard = $1 AND ($3 OR owner = $2) AND pid <> pg_backend_pid()";
    let _ = session.rows(sql, &[&shard, &owner, &is_anybodys]);
}

/// The first statement of every batch: locks the shard's row, and fails, by dividing by zero, when
/// the shard is not ours any more or the journal does not end where the batch begins.
///
/// The row is locked and not changed: a row that changed with every batch would be as many
/// versions as there were batches since the oldest snapshot that somebody holds on to.
pub fn guard(writer: &Writer, batch: &Batch) -> Work {
    let sql = "SELECT 1 / CASE WHEN \
               (SELECT generation FROM shards WHERE shard = $1 FOR UPDATE) = $2 \
               AND ($3::bigint IS NULL OR $3 = \
               (SELECT coalesce(max(position), $4) + 1 FROM journal WHERE shard = $1)) \
               THEN 1 ELSE 0 END";
    let expected = (!batch.entries.is_empty()).then(|| signed(batch.expected));
    let values =
        [writer.shard.into(), writer.generation.into(), expected, Some(signed(writer.start))]
            .map(Value::integer);
    Work::new(sql, values)
}
