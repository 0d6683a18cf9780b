//! What is kept beside the journal, as handlers and a dispatcher share it.

use std::sync::{Arc, Mutex};

use store::StoreError;
use tokio::sync::Notify;

/// A store that is lent to one at a time.
pub type SharedStore<S> = Arc<Mutex<Box<S>>>;

pub fn shared<S: ?Sized>(store: Box<S>) -> SharedStore<S> {
    Arc::new(Mutex::new(store))
}

pub struct Lent<S: ?Sized> {
    store: SharedStore<S>,
    /// Told whenever somebody else than the dispatcher gave it something to do.
    wake: Notify,
    /// Held from looking for an answer under an Idempotency-Key until it is kept.
    pub answering: tokio::sync::Mutex<()>,
}

impl<S: Send + ?Sized + 'static> Lent<S> {
    pub fn new(store: SharedStore<S>) -> Self {
        Self { store, wake: Notify::new(), answering: tokio::sync::Mutex::default() }
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        let run = move || work(store.lock().expect("nobody panics with this lock").as_mut());
        tokio::task::spawn_blocking(run).await.map_err(|source| StoreError::Failed {
            doing: "use a database beside the journal",
            source: Box::new(source),
        })?
    }

    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub async fn woken(&self) {
        self.wake.notified().await;
    }
}
