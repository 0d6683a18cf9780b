//! What is kept beside the journal, as handlers and a dispatcher share it.

use std::sync::{Arc, Mutex};

use store::StoreError;
use tokio::sync::{Notify, Semaphore};

/// A store that is lent to one at a time.
pub type SharedStore<S> = Arc<Mutex<Box<S>>>;

pub fn shared<S: ?Sized>(store: Box<S>) -> SharedStore<S> {
    Arc::new(Mutex::new(store))
}

pub struct Lent<S: ?Sized> {
    store: SharedStore<S>,
    /// Whoever waits for the store does so without a thread: it may be in a database that is away.
    turn: Arc<Semaphore>,
    /// Told whenever somebody else than the dispatcher gave it something to do.
    wake: Notify,
    /// Held from looking for an answer under an Idempotency-Key until it is kept.
    pub answering: tokio::sync::Mutex<()>,
}

impl<S: Send + ?Sized + 'static> Lent<S> {
    pub fn new(store: SharedStore<S>) -> Self {
        let (turn, answering) = (Arc::new(Semaphore::new(1)), tokio::sync::Mutex::default());
        Self { store, turn, wake: Notify::new(), answering }
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let run = move || {
            // Held until the work is done, whether or not anybody still waits for it.
            let _turn = turn;
            work(store.lock().expect("nobody panics with this lock").as_mut())
        };
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
