//! Events told to the provider's own systems, over HTTP, signed and in order.
//!
//! ```text
//!   journal ──entries after the cursor──▶ dispatcher ──deliveries, cursor──▶ webhooks.db
//!                                             │  ▲
//!                                     attempts▼  │outcomes
//!                                           receivers
//! ```
//!
//! **Invariant:** at least once, and in order within an account. What is under way is known to
//! the process alone; whatever was not noted as delivered when it ended is sent again.

pub mod address;
mod client;
mod dispatcher;
pub mod events;
mod schedule;
pub mod sign;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::StoreError;
use store::webhooks::{SqliteWebhooks, WebhookStore};
use tokio::sync::Notify;

pub use dispatcher::Dispatcher;

use address::Allowed;
use client::Client;

/// Where endpoints and deliveries are kept, lent to one at a time.
pub type SharedStore = Arc<Mutex<Box<dyn WebhookStore>>>;

#[derive(Clone, Debug)]
pub struct WebhookOptions {
    /// Networks that deliveries may go to although they are not public.
    pub allowed: Allowed,
    /// How long finished deliveries are kept, in microseconds.
    pub kept: i64,
    /// How long an attempt may take.
    pub timeout: Duration,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            allowed: Allowed::default(),
            kept: 30 * 86_400_000_000,
            timeout: Duration::from_secs(20),
        }
    }
}

/// Endpoints and their deliveries, as handlers and the dispatcher share them.
pub struct Webhooks {
    store: SharedStore,
    client: Client,
    kept: i64,
    /// Told whenever somebody else than the dispatcher gave it something to do.
    wake: Notify,
    /// Held from looking for an answer under an Idempotency-Key until it is kept.
    pub answering: tokio::sync::Mutex<()>,
}

pub fn open(path: &Path) -> Result<SharedStore, StoreError> {
    Ok(Arc::new(Mutex::new(Box::new(SqliteWebhooks::open(path)?))))
}

impl Webhooks {
    pub fn new(store: SharedStore, options: WebhookOptions) -> Self {
        Self {
            store,
            client: Client::new(options.allowed, options.timeout),
            kept: options.kept,
            wake: Notify::new(),
            answering: tokio::sync::Mutex::default(),
        }
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn WebhookStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        let run = move || work(store.lock().expect("nobody panics with this lock").as_mut());
        tokio::task::spawn_blocking(run).await.map_err(|source| StoreError::Failed {
            doing: "use the database of webhooks",
            source: Box::new(source),
        })?
    }

    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Refuses an address that no delivery could go to; what is wrong completes "url …".
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        self.client.check(url)
    }
}
