//! Which of several databases a shard is at home in.
//!
//! **Invariant:** where a shard is at home is written in the first database together with the
//! number of shards, before anything of it is; and a database that has shards of one business never
//! gets any of another's. So no mistake in an address has a journal begun a second time.

use std::collections::BTreeMap;
use std::fmt;

use engine::ShardId;
use tokio_postgres::{Error, Row};

use super::database::PostgresDatabase;
use super::read::shard_of;
use crate::StoreError;

/// What a database is known by, wherever it is: it was drawn when it was made, and goes with it
/// when it is moved or a standby takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseId(String);

impl fmt::Display for DatabaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A database and where it is: host, port and name, without a user or a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabasePlace {
    pub id: DatabaseId,
    pub address: String,
}

impl fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.id)
    }
}

/// What a database says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub own: DatabasePlace,
    /// The first database of the business whose shards are here, when this is another one.
    pub business: Option<DatabasePlace>,
}

const WHO: &str = "look which database this is";
const WHERE: &str = "look which database the shards are at home in";

impl PostgresDatabase {
    pub fn identity(&self) -> Result<Identity, StoreError> {
        let sql = "SELECT id, business, business_address FROM identity";
        let row = self.read(WHO, |session| session.row(sql, &[]))?;
        let row = row.ok_or("it says nothing").map_err(StoreError::failed(WHO))?;
        let read = || -> Result<Identity, Error> {
            let business: Option<String> = row.try_get(1)?;
            let address: Option<String> = row.try_get(2)?;
            Ok(Identity {
                own: DatabasePlace { id: DatabaseId(row.try_get(0)?), address: self.address() },
                business: business.map(|it| DatabasePlace {
                    id: DatabaseId(it),
                    address: address.unwrap_or_default(),
                }),
            })
        };
        read().map_err(StoreError::failed(WHO))
    }

    /// Gives the database to the business whose first one is `first`, when nobody has anything in
    /// it; answers whose it is then.
    pub fn join(&self, first: &DatabasePlace) -> Result<Identity, StoreError> {
        let sql = "UPDATE identity SET business = $1, business_address = $2 \
                   WHERE business IS NULL \
                   AND NOT EXISTS (SELECT 1 FROM meta) AND NOT EXISTS (SELECT 1 FROM shards) \
                   AND NOT EXISTS (SELECT 1 FROM api_keys) \
                   AND NOT EXISTS (SELECT 1 FROM access_users) \
                   AND NOT EXISTS (SELECT 1 FROM journal)";
        let doing = "give a database to a business";
        self.change(doing, sql, &[&first.id.0, &first.address])?;
        self.identity()
    }

    /// The shards that are at home in another database, and in which. This is the first one.
    pub fn homes(&self) -> Result<BTreeMap<ShardId, DatabasePlace>, StoreError> {
        let sql = "SELECT shard, database, address FROM homes";
        let rows = self.read(WHERE, |session| session.rows(sql, &[]))?;
        let read = |row: &Row| -> Result<(i64, DatabasePlace), Error> {
            let (id, address) = (DatabaseId(row.try_get(1)?), row.try_get(2)?);
            Ok((row.try_get(0)?, DatabasePlace { id, address }))
        };
        let homes = rows.iter().map(|row| {
            let (shard, home) = read(row).map_err(StoreError::failed(WHERE))?;
            Ok((shard_of(shard)?, home))
        });
        homes.collect()
    }

    /// How many shards the database was made for; nothing as long as nobody has said.
    pub fn made_for(&self) -> Result<Option<u32>, StoreError> {
        let sql = "SELECT value FROM meta WHERE shard = 0 AND name = $1";
        let doing = "read how many shards the database has";
        let found = self.read(doing, |session| session.row(sql, &[&Self::SHARDS]))?;
        let Some(row) = found else { return Ok(None) };
        let said: String = row.try_get(0).map_err(StoreError::failed(doing))?;
        let count = said.parse().ok().filter(|it| (1..=ShardId::COUNT_MAX).contains(it));
        count.map(Some).ok_or_else(|| {
            let why = format!("{said:?} is no number from 1 to {}", ShardId::COUNT_MAX);
            StoreError::damaged("the number of shards in the table meta", why)
        })
    }

    /// Shards of the business: one, unless the first database says more.
    pub fn shards(&self) -> Result<u32, StoreError> {
        Ok(self.made_for()?.unwrap_or(1))
    }

    /// Makes the business for so many shards, for ever, as long as nothing was written to this
    /// first database and nobody has a shard of it; `homes` are those of the shards that are at
    /// home in another one. Answers how many it has.
    pub fn make_shards(
        &self,
        count: u32,
        homes: &BTreeMap<ShardId, DatabasePlace>,
    ) -> Result<u32, StoreError> {
        let sql = "WITH made AS (\
                       INSERT INTO meta (shard, name, value) SELECT 0, $1, $2 \
                       WHERE NOT EXISTS (SELECT 1 FROM journal) \
                       AND NOT EXISTS (SELECT 1 FROM leases \
                       WHERE until > extract(epoch FROM clock_timestamp()) * 1000) \
                       AND NOT EXISTS (SELECT 1 FROM shards JOIN pg_stat_activity \
                       ON pid = backend AND backend_start = started) \
                       ON CONFLICT (shard, name) DO NOTHING RETURNING 1\
                   ) INSERT INTO homes (shard, database, address) \
                   SELECT shard, database, address \
                   FROM unnest($3::bigint[], $4::text[], $5::text[]) \
                   AS it (shard, database, address) WHERE EXISTS (SELECT 1 FROM made)";
        self.say_count(sql, count, homes)?;
        self.shards()
    }

    /// Gives the business more shards. Nobody has any of it meanwhile.
    pub fn add_shards(
        &self,
        count: u32,
        homes: &BTreeMap<ShardId, DatabasePlace>,
    ) -> Result<(), StoreError> {
        let sql = "WITH made AS (\
                       INSERT INTO meta (shard, name, value) VALUES (0, $1, $2) \
                       ON CONFLICT (shard, name) DO UPDATE SET value = excluded.value\
                   ) INSERT INTO homes (shard, database, address) \
                   SELECT shard, database, address \
                   FROM unnest($3::bigint[], $4::text[], $5::text[]) \
                   AS it (shard, database, address)";
        self.say_count(sql, count, homes)
    }

    fn say_count(
        &self,
        sql: &str,
        count: u32,
        homes: &BTreeMap<ShardId, DatabasePlace>,
    ) -> Result<(), StoreError> {
        let shards: Vec<i64> = homes.keys().map(|it| it.number().into()).collect();
        let ids: Vec<&str> = homes.values().map(|it| it.id.0.as_str()).collect();
        let addresses: Vec<&str> = homes.values().map(|it| it.address.as_str()).collect();
        let doing = "say how many shards the database has";
        let count = count.to_string();
        self.change(doing, sql, &[&Self::SHARDS, &count, &shards, &ids, &addresses]).map(drop)
    }

    /// Whether anybody has had this shard here.
    pub fn has_shard(&self, shard: ShardId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM shards WHERE shard = $1) \
                   OR EXISTS (SELECT 1 FROM journal WHERE shard = $1)";
        let doing = "look whether a shard is here";
        let number = i64::from(shard.number());
        let row = self.read(doing, |session| session.row(sql, &[&number]))?;
        row.map_or(Ok(false), |it| it.try_get(0)).map_err(StoreError::failed(doing))
    }
}
