//! Where what is beside the journal is kept: in files of the data directory, or on the server that
//! has the journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use engine::ShardId;
use store::access::SqlAccess;
use store::provisioning::SqlProvisioning;
use store::webhooks::SqlWebhooks;
use store::{PostgresDatabase, StoreError, Tables};

use crate::data_dir;

#[derive(Clone)]
pub enum Beside {
    /// In a data directory.
    Files(PathBuf),
    Server {
        /// Has what is of all shards together, and what is delivered of each.
        first: Arc<PostgresDatabase>,
        /// Where the shard is at home, with its commands to the network.
        database: Arc<PostgresDatabase>,
        shard: ShardId,
    },
}

impl Beside {
    pub fn access(&self) -> anyhow::Result<SqlAccess> {
        match self {
            Self::Files(path) => open(&data_dir::access(path), SqlAccess::in_file),
            Self::Server { first, .. } => Ok(SqlAccess::on_server(first)),
        }
    }

    pub fn webhooks(&self) -> anyhow::Result<SqlWebhooks> {
        match self {
            Self::Files(path) => open(&data_dir::webhooks(path), SqlWebhooks::in_file),
            Self::Server { first, shard, .. } => Ok(SqlWebhooks::on_server(first, *shard)?),
        }
    }

    pub fn provisioning(&self) -> anyhow::Result<SqlProvisioning> {
        match self {
            Self::Files(path) => open(&data_dir::provisioning(path), SqlProvisioning::in_file),
            Self::Server { database, shard, .. } => {
                Ok(SqlProvisioning::on_server(database, *shard)?)
            }
        }
    }

    /// All tables: of access, webhooks and provisioning.
    pub fn tables(&self) -> anyhow::Result<[Tables; 3]> {
        Ok([
            self.access()?.into_tables(),
            self.webhooks()?.into_tables(),
            self.provisioning()?.into_tables(),
        ])
    }
}

fn open<T>(path: &Path, open: impl FnOnce(&Path) -> Result<T, StoreError>) -> anyhow::Result<T> {
    open(path).with_context(|| format!("in {}", path.display()))
}
