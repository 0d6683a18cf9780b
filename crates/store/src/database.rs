//! Where a journal is kept: in a file of one process, or on a server that many share.

use std::path::PathBuf;
use std::sync::Arc;

use engine::{ShardId, Timestamp};

use crate::sqlite::{self, SqliteReader, SqliteStore, WalFolder};
use crate::{Node, PostgresDatabase, Reader, Store, StoreError};

/// A shard's journal with what is in one transaction with it, on whichever engine.
pub trait Database: Send + Sync {
    /// Makes the schema, or brings it up to date; stops nobody who writes.
    fn prepare(&self) -> Result<(), StoreError>;

    /// The side that writes. On a server it stops whoever wrote before.
    fn open(&self) -> Result<OpenedStore, StoreError>;

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;

    /// Shards that the whole database has; a file is one.
    fn shards(&self) -> Result<u32, StoreError> {
        Ok(1)
    }

    /// Shards, of the whole database, in which there is anything of somebody's business.
    fn occupied_shards(&self) -> Result<Vec<ShardId>, StoreError>;

    /// Whether another process writes to it, as far as the database can tell: of a file it cannot.
    fn is_in_use(&self) -> Result<bool, StoreError>;

    /// The node that has a lease of it now, where several share it.
    fn holder(&self) -> Result<Option<Node>, StoreError>;

    /// Notes a fact about the shard.
    fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError>;

    /// The server's version and those of its settings that decide how fast it is; of a file there
    /// are none.
    fn settings(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// Adds a key to the API, beside whoever else has the database open.
    fn add_api_key(
        &self,
        name: &str,
        role: &str,
        digest: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes a key from the API; `false` when there is no such key that still opens anything.
    fn revoke_api_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError>;
}

/// The side that writes, and who keeps its log short where that is ours to do.
pub struct OpenedStore {
    pub store: Box<dyn Store>,
    pub folder: Option<WalFolder>,
}

/// One file, which one process at a time writes to.
pub struct SqliteDatabase {
    path: PathBuf,
}

impl SqliteDatabase {
    /// The file need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Database for SqliteDatabase {
    fn prepare(&self) -> Result<(), StoreError> {
        SqliteStore::open(&self.path).map(drop)
    }

    fn open(&self) -> Result<OpenedStore, StoreError> {
        let store = SqliteStore::open(&self.path)?;
        let folder = Some(store.folder()?);
        Ok(OpenedStore { store: Box::new(store), folder })
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(SqliteReader::open(&self.path)?))
    }

    fn occupied_shards(&self) -> Result<Vec<ShardId>, StoreError> {
        let is_occupied = SqliteReader::open(&self.path)?.is_occupied()?;
        Ok(if is_occupied { vec![ShardId::FIRST] } else { Vec::new() })
    }

    fn is_in_use(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn holder(&self) -> Result<Option<Node>, StoreError> {
        Ok(None)
    }

    fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError> {
        SqliteStore::open(&self.path)?.set_meta(name, value)
    }

    fn add_api_key(
        &self,
        name: &str,
        role: &str,
        digest: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlite::add_api_key(&self.path, name, role, digest, at)
    }

    fn revoke_api_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        sqlite::revoke_api_key(&self.path, name, at)
    }
}

/// A shard of a database on a PostgreSQL server.
pub struct PostgresShard {
    /// Where the shard is at home.
    pub database: Arc<PostgresDatabase>,
    /// Has what is of all shards together: the same, or another one.
    pub first: Arc<PostgresDatabase>,
    pub shard: ShardId,
}

impl Database for PostgresShard {
    fn prepare(&self) -> Result<(), StoreError> {
        // It was when the database was opened.
        Ok(())
    }

    fn open(&self) -> Result<OpenedStore, StoreError> {
        let store = self.database.store(self.shard)?;
        Ok(OpenedStore { store: Box::new(store), folder: None })
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(self.database.reader(self.shard).with_first(&self.first)))
    }

    fn shards(&self) -> Result<u32, StoreError> {
        self.first.shards()
    }

    fn occupied_shards(&self) -> Result<Vec<ShardId>, StoreError> {
        self.database.occupied_shards()
    }

    fn is_in_use(&self) -> Result<bool, StoreError> {
        self.database.has_writer(self.shard)
    }

    fn holder(&self) -> Result<Option<Node>, StoreError> {
        self.first.holder(self.shard)
    }

    fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.database.set_meta(self.shard, name, value)
    }

    fn settings(&self) -> Result<Option<String>, StoreError> {
        self.database.settings().map(Some)
    }

    fn add_api_key(
        &self,
        name: &str,
        role: &str,
        digest: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.first.add_api_key(name, role, digest, at)
    }

    fn revoke_api_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        self.first.revoke_api_key(name, at)
    }
}
