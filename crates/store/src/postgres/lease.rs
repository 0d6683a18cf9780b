//! Who should have a shard: one node at a time, for a while.
//!
//! **Invariant:** a node that asked at a moment of its own clock has the shard for [`LEASE`] from
//! that moment at most, which is over before the database says so to anybody else. A lease only
//! says who should write; that nobody else can is up to the generation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::ShardId;
use tokio_postgres::Row;

use super::database::PostgresDatabase;
use super::session::{Session, Values};
use crate::StoreError;

/// How long a lease holds when it is not renewed.
pub const LEASE: Duration = Duration::from_secs(3);

/// A process among those that share a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Drawn at the process's start: whoever starts again is another one.
    pub id: i64,
    /// Where the others reach it, such as `http://10.0.0.3:8080`.
    pub address: String,
}

/// Who has a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// We do, until then by our own clock. The term is another one when somebody else had it in
    /// between.
    Us {
        term: i64,
        until: Instant,
    },
    Another(Node),
    Nobody,
}

/// A node's part in who has a shard, over a connection of its own.
pub struct Lease {
    database: Arc<PostgresDatabase>,
    shard: i64,
    node: Node,
    session: Option<Session>,
}

/// The server's clock in milliseconds.
const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

impl Lease {
    pub fn new(database: Arc<PostgresDatabase>, shard: ShardId, node: Node) -> Self {
        Self { database, shard: shard.number().into(), node, session: None }
    }

    /// Takes the shard when nobody has it, and keeps it when we do.
    pub fn hold(&mut self) -> Result<Holder, StoreError> {
        let asked_at = Instant::now();
        let length = i64::try_from(LEASE.as_millis()).expect("a lease is short");
        let sql = format!(
            "INSERT INTO leases AS it (shard, node, term, address, until) \
             VALUES ($1, $2, 1, $3, {NOW} + $4) \
             ON CONFLICT (shard) DO UPDATE SET node = excluded.node, until = excluded.until, \
             address = excluded.address, \
             term = it.term + CASE WHEN it.node = excluded.node THEN 0 ELSE 1 END \
             WHERE it.node = excluded.node OR it.until <= {NOW} RETURNING term"
        );
        let (shard, id, address) = (self.shard, self.node.id, self.node.address.clone());
        let row = self.ask(&sql, &[&shard, &id, &address, &length])?;
        match row.map(|it| it.try_get(0)).transpose().map_err(StoreError::failed(DOING))? {
            Some(term) => Ok(Holder::Us { term, until: asked_at + LEASE }),
            None => self.look(),
        }
    }

    /// Who has the shard; asks for nothing.
    pub fn look(&mut self) -> Result<Holder, StoreError> {
        let asked_at = Instant::now();
        let sql = format!(
            "SELECT node, address, term, until - {NOW} FROM leases \
             WHERE shard = $1 AND until > {NOW}"
        );
        let shard = self.shard;
        let Some(row) = self.ask(&sql, &[&shard])? else { return Ok(Holder::Nobody) };
        let read = || -> Result<Holder, tokio_postgres::Error> {
            let node = Node { id: row.try_get(0)?, address: row.try_get(1)? };
            let left = u64::try_from(row.try_get::<_, i64>(3)?).unwrap_or(0);
            if node != self.node {
                return Ok(Holder::Another(node));
            }
            let until = asked_at + Duration::from_millis(left);
            Ok(Holder::Us { term: row.try_get(2)?, until })
        };
        read().map_err(StoreError::failed(DOING))
    }

    /// Lets somebody else have the shard at once.
    pub fn give_back(&mut self) -> Result<(), StoreError> {
        let sql = "UPDATE leases SET until = 0 WHERE shard = $1 AND node = $2 RETURNING shard";
        let (shard, id) = (self.shard, self.node.id);
        self.ask(sql, &[&shard, &id]).map(drop)
    }

    fn ask(&mut self, sql: &str, values: &Values<'_>) -> Result<Option<Row>, StoreError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.database.connect()?,
        };
        // A connection over which anything went wrong is not used again.
        let row = session.row(sql, values).map_err(StoreError::failed(DOING))?;
        self.session = Some(session);
        Ok(row)
    }
}

const DOING: &str = "find out which node has a shard";
