//! Events told to the provider's own systems, over HTTP, signed and in order.
//!
//! ```text
//!   journal ──entries after the cursor──▶ dispatcher ──deliveries, cursor──▶ store
//!                                             │  ▲
//!                                     attempts▼  │outcomes
//!                                           receivers
//! ```
//!
//! **Invariant:** at least once, and in order within an account. What is under way is known to
//! the process alone; whatever was not noted as delivered when it ended is sent again.

pub mod address;
pub mod client;
mod dispatcher;
pub mod events;
pub mod schedule;
pub mod sign;

use std::time::Duration;

use store::StoreError;
use store::webhooks::WebhookStore;

pub use dispatcher::Dispatcher;

use address::Allowed;
use client::Client;

use crate::lent::{Lent, SharedStore};

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
    pub lent: Lent<dyn WebhookStore>,
    client: Client,
    kept: i64,
}

impl Webhooks {
    pub fn new(store: SharedStore<dyn WebhookStore>, options: WebhookOptions) -> Self {
        Self {
            lent: Lent::new(store),
            client: Client::new(options.allowed, options.timeout),
            kept: options.kept,
        }
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn WebhookStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.lent.store(|store| work(store)).await
    }

    /// Refuses an address that no delivery could go to; what is wrong completes "url …".
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        self.client.check(url)
    }
}
