//! A database that several shards and readers of one process share.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use engine::{ShardId, Timestamp};
use tokio_postgres::Error;

use super::migrate::migrate;
use super::pipeline::is_refusal;
use super::read::PostgresReader;
use super::session::{Session, Values};
use super::url::{self, Target};
use super::works::SET_META;
use super::write::PostgresStore;
use crate::StoreError;

/// Connections over which is read side by side, at most: a server has a hundred by default, and
/// who writes must find one whatever is asked.
const READERS: usize = 24;

/// The oldest version of the server: 15.
const VERSION: i32 = 150_000;

/// What has to hold of the server before anything is entrusted to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What it says is written outlives a power cut.
    Required,
    /// It may be lost: a demo, or a test.
    Demo,
}

pub struct PostgresDatabase {
    target: Target,
    pool: Mutex<Pool>,
    /// Somebody has done reading.
    freed: Condvar,
    is_durable: bool,
}

/// Connections for reading.
struct Pool {
    idle: Vec<Session>,
    reading: usize,
}

/// The right to read, until it goes.
struct Turn<'a>(&'a PostgresDatabase);

impl PostgresDatabase {
    /// The fact about the first shard that says how many there are.
    pub const SHARDS: &str = "shards";

    /// Connects, and brings the schema up to date. `url` and the environment say where and how, as
    /// they do to programs that use libpq.
    ///
    /// A server that runs with `fsync=off` or is older than 15 is refused.
    pub fn open(url: &str, durability: Durability) -> Result<Arc<Self>, StoreError> {
        let target = url::parse(url, &|name| std::env::var(name).ok())?;
        let session = connect(&target)?;
        let is_durable = check(&session, durability)?;
        migrate(&session)?;
        let pool = Mutex::new(Pool { idle: vec![session], reading: 0 });
        Ok(Arc::new(Self { target, pool, freed: Condvar::new(), is_durable }))
    }

    /// Whether an address is one that programs which use libpq would take; reaches for nobody.
    pub fn check_url(url: &str) -> Result<(), StoreError> {
        url::parse(url, &|name| std::env::var(name).ok()).map(drop)
    }

    /// Whether what the server says is written outlives a power cut.
    pub fn is_durable(&self) -> bool {
        self.is_durable
    }

    /// The server's version and those of its settings that decide how fast it is, for people.
    pub fn settings(&self) -> Result<String, StoreError> {
        let sql = "SELECT 'PostgreSQL ' || current_setting('server_version') || ', ' || \
                   string_agg(name || '=' || current_setting(name), ', ' ORDER BY name) \
                   FROM unnest(ARRAY['checkpoint_timeout', 'fsync', 'full_page_writes', \
                   'max_wal_size', 'min_wal_size', 'shared_buffers', 'synchronous_commit', \
                   'wal_compression', 'wal_sync_method']) AS name";
        let doing = "look at the database server's settings";
        let row =
            self.read(doing, |session| session.row(sql, &[])?.map(|it| it.try_get(0)).transpose())?;
        row.ok_or("it says nothing").map_err(StoreError::failed(doing))
    }

    /// Takes a shard over: from now on whoever wrote to it before writes nothing any more.
    pub fn store(self: &Arc<Self>, shard: ShardId) -> Result<PostgresStore, StoreError> {
        PostgresStore::take(Arc::clone(self), shard)
    }

    pub fn reader(self: &Arc<Self>, shard: ShardId) -> PostgresReader {
        PostgresReader::new(Arc::clone(self), shard)
    }

    /// Where it is, for people: hosts, port and name.
    pub fn address(&self) -> String {
        self.target.shown()
    }

    /// Notes a fact about a shard.
    pub fn set_meta(&self, shard: ShardId, name: &str, value: &str) -> Result<(), StoreError> {
        let doing = "note a fact about the database";
        self.change(doing, SET_META, &[&i64::from(shard.number()), &name, &value]).map(drop)
    }

    /// Adds a key to the API, of all shards together.
    pub fn add_api_key(
        &self,
        name: &str,
        role: &str,
        digest: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_keys (name, role, digest, created_at) VALUES ($1,$2,$3,$4)";
        let doing = "add a key; is its name taken?";
        self.change(doing, sql, &[&name, &role, &digest, &at.0]).map(drop)
    }

    /// Takes a key from the API; `false` when there is no such key that still opens anything.
    pub fn revoke_api_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE api_keys SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL";
        self.change("revoke a key", sql, &[&name, &at.0]).map(|it| it > 0)
    }

    /// Changes rows over a connection of its own; answers how many.
    pub(super) fn change(
        &self,
        doing: &'static str,
        sql: &str,
        values: &Values<'_>,
    ) -> Result<u64, StoreError> {
        self.connect()?.execute(sql, values).map_err(StoreError::failed(doing))
    }

    /// A new connection, of nobody else's.
    pub(crate) fn connect(&self) -> Result<Session, StoreError> {
        connect(&self.target)
    }

    /// Reads over whichever connection is free. One that ended while nobody used it is noticed only
    /// now, and another is taken.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        read: impl Fn(&Session) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let _turn = self.turn();
        loop {
            let idle = self.pool().idle.pop();
            let is_new = idle.is_none();
            let session = idle.map_or_else(|| self.connect(), Ok)?;
            match read(&session) {
                Err(error) if !is_refusal(&error) && !is_new => {}
                done => {
                    self.give_back(session);
                    return done.map_err(StoreError::failed(doing));
                }
            }
        }
    }

    fn give_back(&self, session: Session) {
        if !session.client().is_closed() {
            self.pool().idle.push(session);
        }
    }

    /// Waits until fewer than [`READERS`] read.
    fn turn(&self) -> Turn<'_> {
        let is_full = |it: &mut Pool| it.reading >= READERS;
        let mut pool = self.freed.wait_while(self.pool(), is_full);
        let pool = pool.as_mut().expect("nobody panics with this lock");
        pool.reading += 1;
        Turn(self)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.pool().reading -= 1;
        self.0.freed.notify_one();
    }
}

fn connect(target: &Target) -> Result<Session, StoreError> {
    let session = Session::connect(target)?;
    // Every statement finds what it needs by a key. A plan that reads a table through or sorts it
    // would be made for a table that was empty then, and be kept.
    let settings = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;\
         SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;\
         SET jit = off; SET plan_cache_mode = force_generic_plan; SET client_encoding = 'UTF8';\
         SET lock_timeout = '10s'; SET statement_timeout = 0;\
         SET idle_in_transaction_session_timeout = 0;\
         SELECT set_config('synchronous_commit', 'on', false) \
         WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
    session.batch(settings).map_err(StoreError::failed("set up the database connection"))?;
    Ok(session)
}

/// Whether the server is one that anything may be entrusted to; answers whether it is durable.
fn check(session: &Session, durability: Durability) -> Result<bool, StoreError> {
    let doing = "look at what the database server is";
    let sql = "SELECT current_setting('server_version_num')::int, \
               current_setting('server_encoding'), current_setting('fsync') = 'on'";
    let row = session.row(sql, &[]).map_err(StoreError::failed(doing))?;
    let row = row.ok_or("it says nothing").map_err(StoreError::failed(doing))?;
    let read = || -> Result<(i32, String, bool), Error> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    };
    let (version, encoding, is_durable) = read().map_err(StoreError::failed(doing))?;
    let refuse = |why: String| Err(StoreError::Failed { doing, source: why.into() });
    if version < VERSION {
        return refuse(format!("PostgreSQL 15 is needed, and this is {}", version / 10_000));
    }
    if encoding != "UTF8" {
        return refuse(format!("the database's encoding is {encoding}, and UTF8 is needed"));
    }
    if !is_durable && durability == Durability::Required {
        return refuse(
            "it runs with fsync=off: a power cut may take back what was answered".into(),
        );
    }
    Ok(is_durable)
}
