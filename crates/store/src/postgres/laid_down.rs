//! What a shard lays down for all customers: versions of services and policies, exchange rates. The
//! first shard decides it, and the others repeat it.

use std::sync::Arc;
use std::time::Duration;

use engine::{Entry, Position, ShardId};

use super::encode::Value;
use super::matters::entries_at;
use super::pipeline::Work;
use super::read::{PostgresReader, maybe_position, position, signed};
use super::session::Session;
use crate::{PostgresDatabase, StoreError};

/// Up to `limit` entries after `after`, oldest first.
pub fn after(
    reader: &PostgresReader,
    after: Position,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let named = positions("position > $2", "position");
    entries_at(
        reader,
        "what is laid down",
        &named,
        &[&reader.shard, &signed(after), &(limit as i64)],
    )
}

/// Where up to `limit` of them before `before` are, newest first.
pub fn before(
    reader: &PostgresReader,
    before: Position,
    limit: usize,
) -> Result<Vec<Position>, StoreError> {
    let sql = positions("position < $2", "position DESC");
    let limit = limit as i64;
    let values = (&reader.shard, &signed(before), &limit);
    let doing = "find what is laid down";
    reader.many(doing, &sql, &[values.0, values.1, values.2], |it| position(it, 0))
}

/// A query for up to `$3` positions, each once. Each table is read along its key, and no further
/// than that.
fn positions(condition: &str, order: &str) -> String {
    let of = |table: &str| {
        format!(
            "(SELECT DISTINCT position FROM {table} WHERE shard = $1 AND {condition} \
             ORDER BY {order} LIMIT $3)"
        )
    };
    let tables = [of("services"), of("promise_policies"), of("exchange_rates")];
    format!("{} ORDER BY {order} LIMIT $3", tables.join(" UNION "))
}

/// Tells whoever listens that the batch with this statement lays something down.
pub fn tell(shard: i64) -> Work {
    Work::new("SELECT pg_notify('sporran_laid_down', $1::bigint::text)", [Value::integer(shard)])
}

/// Knows of what the first shard lays down, over a connection of its own.
pub struct Originals {
    database: Arc<PostgresDatabase>,
    session: Option<Session>,
}

impl Originals {
    pub fn new(database: Arc<PostgresDatabase>) -> Self {
        Self { database, session: None }
    }

    /// Where the newest is; before the first shard's first entry as long as there is none.
    pub fn newest(&mut self) -> Result<Position, StoreError> {
        let doing = "look for what the first shard has laid down";
        let session = match self.session.take() {
            Some(session) => session,
            None => self.listen()?,
        };
        let of = |table: &str| format!("(SELECT max(position) FROM {table} WHERE shard = $1)");
        let tables = [of("services"), of("promise_policies"), of("exchange_rates")];
        let sql = format!("SELECT greatest({})", tables.join(", "));
        // A connection over which anything went wrong is not used again.
        let first = i64::from(ShardId::FIRST.number());
        let row = session.row(&sql, &[&first]).map_err(StoreError::failed(doing))?;
        self.session = Some(session);
        let newest = row.map_or(Ok(None), |it| maybe_position(&it, 0));
        Ok(newest.map_err(StoreError::failed(doing))?.unwrap_or(ShardId::FIRST.start()))
    }

    /// Waits until somebody tells of something new, or the connection has ended, no longer than
    /// `at_most`; `false` when it took so long. What is not told is there all the same.
    pub fn wait(&self, at_most: Duration) -> bool {
        match &self.session {
            Some(session) => session.wait_for_notice(at_most),
            None => {
                std::thread::sleep(at_most);
                false
            }
        }
    }

    fn listen(&self) -> Result<Session, StoreError> {
        let session = self.database.connect()?;
        let listening = session.batch("LISTEN sporran_laid_down");
        listening.map_err(StoreError::failed("listen to the first shard"))?;
        Ok(session)
    }
}
