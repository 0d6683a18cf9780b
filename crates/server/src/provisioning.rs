//! Commands to switch subscriptions, brought into the network by adapters.
//!
//! ```text
//!   journal ──entries `switched`──▶ dispatcher ──commands, cursor──▶ store
//!                                      │  ▲
//!                              attempts▼  │outcomes            acknowledgements over the API
//!                                    adapters
//! ```
//!
//! **Invariant:** at least once, in order within a subscription, and never given up. What was
//! being sent when the process ended is sent again.

mod adapter;
pub mod config;
mod dispatcher;
mod order;
mod program;
pub mod reconcile;
pub mod schedule;

use std::collections::BTreeMap;
use std::sync::Arc;

use store::StoreError;
use store::provisioning::ProvisioningStore;

pub use adapter::{Adapter, Means};
pub use dispatcher::Dispatcher;

use crate::lent::{Lent, SharedStore};

/// Commands and the adapters that deliver them, as handlers and the dispatcher share them.
pub struct Provisioning {
    pub lent: Lent<dyn ProvisioningStore>,
    pub adapters: BTreeMap<String, Arc<Adapter>>,
    /// How long commands that were overtaken or replaced are kept, in microseconds.
    kept: i64,
}

/// What the configuration says, opened.
pub struct ProvisioningOptions {
    pub adapters: Vec<Adapter>,
    pub kept: i64,
}

impl Provisioning {
    pub fn new(store: SharedStore<dyn ProvisioningStore>, options: ProvisioningOptions) -> Self {
        let adapters = options.adapters.into_iter().map(|it| (it.name.clone(), Arc::new(it)));
        Self { lent: Lent::new(store), adapters: adapters.collect(), kept: options.kept }
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn ProvisioningStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.lent.store(|store| work(store)).await
    }
}
