//! Connections that read the store, lent out one at a time.

use std::sync::{Arc, Mutex};

use store::{Reader, StoreError};

type Opens = dyn Fn() -> Result<Box<dyn Reader>, StoreError> + Send + Sync;

/// Reads on threads that may wait for the disk, away from those that serve connections.
#[derive(Clone)]
pub struct Readers {
    idle: Arc<Mutex<Vec<Box<dyn Reader>>>>,
    open: Arc<Opens>,
}

impl Readers {
    pub fn new(
        open: impl Fn() -> Result<Box<dyn Reader>, StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self { idle: Arc::default(), open: Arc::new(open) }
    }

    /// Runs `read` with a reader of its own.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = self.clone();
        let task = tokio::task::spawn_blocking(move || readers.read_blocking(read));
        task.await.map_err(|source| StoreError::Failed {
            doing: "read the store",
            source: Box::new(source),
        })?
    }

    pub fn read_blocking<T>(
        &self,
        read: impl FnOnce(&dyn Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().expect("nobody panics with this lock").pop();
        let reader = match idle {
            Some(reader) => reader,
            None => (self.open)()?,
        };
        let result = read(reader.as_ref());
        self.idle.lock().expect("nobody panics with this lock").push(reader);
        result
    }
}
