//! The claims of all shards, as a process sees them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::ShardId;
use store::{Claim, PostgresDatabase, StoreError};

use super::Value;
use super::known::Known;

/// How long a claim has to stand before it is remembered: a younger one may be let go of, because
/// what it was made for has been refused.
const SETTLED_AFTER: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct ClaimTable(Arc<Inner>);

struct Inner {
    database: Arc<PostgresDatabase>,
    /// Who we are among the nodes.
    node: i64,
    known: Mutex<Known>,
}

impl ClaimTable {
    pub fn new(database: Arc<PostgresDatabase>, node: i64) -> Self {
        Self(Arc::new(Inner { database, node, known: Mutex::default() }))
    }

    /// The shard that has claimed a value.
    pub async fn find(&self, value: &Value) -> Result<Option<ShardId>, StoreError> {
        let claim = value.claim();
        let found = self.ask(move |it| it.database.claimed(&[claim])).await?;
        let Some(found) = found.into_iter().next().flatten() else { return Ok(None) };
        if found.since >= SETTLED_AFTER {
            self.known().remember(claim.digest, found.shard, Instant::now());
        }
        Ok(Some(found.shard))
    }

    /// The shards that have claimed values, by one statement.
    pub async fn find_all(&self, values: &[Value]) -> Result<Vec<Option<ShardId>>, StoreError> {
        let claims: Vec<_> = values.iter().map(Value::claim).collect();
        let found = self.ask(move |it| it.database.claimed(&claims)).await?;
        Ok(found.into_iter().map(|it| Some(it?.shard)).collect())
    }

    /// The shard that had claimed a value when it was found last, if that is not long ago: it may
    /// have let go of it.
    pub fn recall(&self, value: &Value) -> Option<ShardId> {
        self.known().get(value.claim().digest, Instant::now())
    }

    /// What leads somewhere else by now has to be looked up again.
    pub fn forget(&self, value: &Value) {
        self.known().forget(value.claim().digest);
    }

    /// As [`PostgresDatabase::claim`].
    pub async fn claim(
        &self,
        shard: ShardId,
        claims: Vec<Claim>,
    ) -> Result<Vec<ShardId>, StoreError> {
        self.ask(move |it| it.database.claim(shard, &claims)).await
    }

    /// As [`PostgresDatabase::release`].
    pub async fn release(&self, shard: ShardId, claims: Vec<Claim>) -> Result<u64, StoreError> {
        self.ask(move |it| it.database.release(shard, &claims, it.node)).await
    }

    /// On a thread that may wait.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || ask(&inner)).await;
        task.map_err(StoreError::failed("look at what shards have claimed"))?
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
