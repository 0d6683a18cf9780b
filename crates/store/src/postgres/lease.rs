//! Who should have each shard: one node at a time, for a while.
//!
//! **Invariant:** a node that asked at a moment of its own clock has a shard for [`LEASE`] from
//! that moment at most, which is over before the database says so to anybody else. A lease only
//! says who should write; that nobody else can is up to the generation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::ShardId;
use tokio_postgres::{Error, Row};

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

/// Who has what at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holders {
    /// Of each shard, by its number.
    pub of: Vec<Holder>,
    /// How many shards each of the other nodes has that are there.
    pub others: Vec<usize>,
}

/// Which free shards a node would take.
#[derive(Clone, Copy, Debug)]
pub enum Taking<'a> {
    /// Its share of them, and none of these, which it cannot open now: as long as there are any,
    /// it counts for nothing in the others' share.
    AllBut(&'a [ShardId]),
    /// None: it is about to stop, and counts no more.
    Nothing,
}

/// A node's part in who has which shard, over a connection of its own.
pub struct Leases {
    database: Arc<PostgresDatabase>,
    shards: u32,
    node: Node,
    session: Option<Session>,
}

/// The server's clock in milliseconds.
pub(super) const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// Milliseconds after which nobody remembers a node that has gone: an hour.
const FORGET_AFTER: i64 = 3_600_000;

impl Leases {
    /// Of so many shards.
    pub fn new(database: Arc<PostgresDatabase>, shards: u32, node: Node) -> Self {
        Self { database, shards, node, session: None }
    }

    /// Says that this node is there, keeps the shards it has and takes of those that nobody has up
    /// to an even share.
    pub fn hold(&mut self, taking: Taking<'_>) -> Result<Holders, StoreError> {
        let asked_at = Instant::now();
        // Who cannot open a shard is no reason for others to leave it alone.
        let counts = matches!(taking, Taking::AllBut([]));
        self.stay(counts)?;
        if let Taking::AllBut(others) = taking {
            self.take(others)?;
        }
        self.read(asked_at)
    }

    /// Lets somebody else have the shard at once.
    pub fn give_back(&mut self, shard: ShardId) -> Result<(), StoreError> {
        let sql = "UPDATE leases SET until = 0, node = 0 WHERE shard = $1 AND node = $2";
        let (shard, id) = (i64::from(shard.number()), self.node.id);
        self.ask(sql, &[&shard, &id]).map(drop)
    }

    fn stay(&mut self, counts: bool) -> Result<(), StoreError> {
        let sql = format!(
            "WITH here AS (\
                 INSERT INTO nodes (node, address, until) VALUES ($1, $2, {NOW} + $4) \
                 ON CONFLICT (node) DO UPDATE SET until = excluded.until\
             ), gone AS (\
                 DELETE FROM nodes WHERE until < {NOW} - {FORGET_AFTER} AND node <> $1\
             ) UPDATE leases SET until = {NOW} + $3 WHERE node = $1"
        );
        let (id, address, length) = (self.node.id, self.node.address.clone(), length());
        let stays = if counts { length } else { 0 };
        self.ask(&sql, &[&id, &address, &length, &stays]).map(drop)
    }

    /// Nodes begin at different places, and lock what they take in the same order.
    fn take(&mut self, not: &[ShardId]) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO leases AS it (shard, node, term, address, until) \
             SELECT shard, $1, 1, $2, {NOW} + $3 FROM (\
                 SELECT shard FROM generate_series(0::bigint, $4::bigint - 1) AS free (shard) \
                 WHERE shard <> ALL ($5) AND NOT EXISTS (\
                     SELECT 1 FROM leases WHERE leases.shard = free.shard AND until > {NOW}) \
                 ORDER BY (shard + $6::bigint) % $4 \
                 LIMIT greatest(0, 1 \
                     + ($4::bigint - 1) \
                     / (SELECT greatest(1, count(*)) FROM nodes WHERE until > {NOW}) \
                     - (SELECT count(*) FROM leases WHERE node = $1 AND until > {NOW}))\
             ) AS free ORDER BY shard \
             ON CONFLICT (shard) DO UPDATE SET node = excluded.node, until = excluded.until, \
             address = excluded.address, \
             term = it.term + CASE WHEN it.node = excluded.node THEN 0 ELSE 1 END \
             WHERE it.until <= {NOW}"
        );
        let (id, address, length) = (self.node.id, self.node.address.clone(), length());
        let not: Vec<i64> = not.iter().map(|it| it.number().into()).collect();
        let (shards, first) = (i64::from(self.shards), id.rem_euclid(self.shards.into()));
        self.ask(&sql, &[&id, &address, &length, &shards, &not, &first]).map(drop)
    }

    fn read(&mut self, asked_at: Instant) -> Result<Holders, StoreError> {
        let sql = format!("SELECT node FROM nodes WHERE until > {NOW} AND node <> $1");
        let id = self.node.id;
        let nodes = self.ask(&sql, &[&id])?;
        let nodes = nodes.iter().map(|it| Ok((it.try_get::<_, i64>(0)?, 0)));
        let nodes: Result<BTreeMap<i64, usize>, Error> = nodes.collect();
        let mut others = nodes.map_err(StoreError::failed(DOING))?;
        let sql = format!(
            "SELECT shard, node, address, term, until - {NOW} FROM leases WHERE until > {NOW}"
        );
        let mut of = vec![Holder::Nobody; usize::try_from(self.shards).unwrap_or_default()];
        for row in self.ask(&sql, &[])? {
            let (number, holder) =
                self.holder(&row, asked_at).map_err(StoreError::failed(DOING))?;
            if let Holder::Another(node) = &holder
                && let Some(count) = others.get_mut(&node.id)
            {
                *count += 1;
            }
            if let Some(found) = usize::try_from(number).ok().and_then(|it| of.get_mut(it)) {
                *found = holder;
            }
        }
        Ok(Holders { of, others: others.into_values().collect() })
    }

    /// The shard's number, and who has it.
    fn holder(&self, row: &Row, asked_at: Instant) -> Result<(i64, Holder), Error> {
        let shard = row.try_get(0)?;
        let node = Node { id: row.try_get(1)?, address: row.try_get(2)? };
        if node != self.node {
            return Ok((shard, Holder::Another(node)));
        }
        let left = u64::try_from(row.try_get::<_, i64>(4)?).unwrap_or(0);
        let until = asked_at + Duration::from_millis(left);
        Ok((shard, Holder::Us { term: row.try_get(3)?, until }))
    }

    fn ask(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, StoreError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.database.connect()?,
        };
        // A connection over which anything went wrong is not used again.
        let rows = session.rows(sql, values).map_err(StoreError::failed(DOING))?;
        self.session = Some(session);
        Ok(rows)
    }
}

fn length() -> i64 {
    i64::try_from(LEASE.as_millis()).expect("a lease is short")
}

impl PostgresDatabase {
    /// The node that has a lease of a shard now.
    pub fn holder(&self, shard: ShardId) -> Result<Option<Node>, StoreError> {
        let sql = format!("SELECT node, address FROM leases WHERE shard = $1 AND until > {NOW}");
        let shard = i64::from(shard.number());
        let Some(row) = self.read(DOING, |session| session.row(&sql, &[&shard]))? else {
            return Ok(None);
        };
        let read = || -> Result<Node, Error> {
            Ok(Node { id: row.try_get(0)?, address: row.try_get(1)? })
        };
        read().map(Some).map_err(StoreError::failed(DOING))
    }
}

const DOING: &str = "find out which node has a shard";
