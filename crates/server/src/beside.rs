//! Where what is beside the journal is kept: in files of the data directory, or on the server that
//! has the journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use store::access::{AccessStore, SqlAccess};
use store::provisioning::{ProvisioningStore, SqlProvisioning};
use store::webhooks::{SqlWebhooks, WebhookStore};
use store::{PostgresDatabase, StoreError, Tables};

use crate::data_dir;

#[derive(Clone)]
pub enum Beside {
    /// In a data directory.
    Files(PathBuf),
    Server {
        database: Arc<PostgresDatabase>,
        shard: u32,
    },
}

impl Beside {
    pub fn access(&self) -> anyhow::Result<Box<dyn AccessStore>> {
        match self {
            Self::Files(path) => Ok(Box::new(open(&data_dir::access(path), SqlAccess::in_file)?)),
            Self::Server { database, .. } => Ok(Box::new(SqlAccess::on_server(database))),
        }
    }

    /// All tables: of access, webhooks and provisioning.
    pub fn tables(&self) -> anyhow::Result<[Tables; 3]> {
        Ok(match self {
            Self::Files(path) => [
                open(&data_dir::access(path), SqlAccess::in_file)?.into_tables(),
                open(&data_dir::webhooks(path), SqlWebhooks::in_file)?.into_tables(),
                open(&data_dir::provisioning(path), SqlProvisioning::in_file)?.into_tables(),
            ],
            Self::Server { database, shard } => [
                SqlAccess::on_server(database).into_tables(),
                SqlWebhooks::on_server(database, *shard)?.into_tables(),
                SqlProvisioning::on_server(database, *shard)?.into_tables(),
            ],
        })
    }

    pub fn webhooks(&self) -> anyhow::Result<Box<dyn WebhookStore>> {
        match self {
            Self::Files(path) => {
                Ok(Box::new(open(&data_dir::webhooks(path), SqlWebhooks::in_file)?))
            }
            Self::Server { database, shard } => {
                Ok(Box::new(SqlWebhooks::on_server(database, *shard)?))
            }
        }
    }

    pub fn provisioning(&self) -> anyhow::Result<Box<dyn ProvisioningStore>> {
        match self {
            Self::Files(path) => {
                Ok(Box::new(open(&data_dir::provisioning(path), SqlProvisioning::in_file)?))
            }
            Self::Server { database, shard } => {
                Ok(Box::new(SqlProvisioning::on_server(database, *shard)?))
            }
        }
    }
}

fn open<T>(path: &Path, open: impl FnOnce(&Path) -> Result<T, StoreError>) -> anyhow::Result<T> {
    open(path).with_context(|| format!("in {}", path.display()))
}
