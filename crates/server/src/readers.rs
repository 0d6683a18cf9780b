//! Connections that read the store, lent out one at a time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::{Reader, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Opens = dyn Fn() -> Result<Box<dyn Reader>, StoreError> + Send + Sync;

/// Reads on threads that may wait for the disk, away from those that serve connections.
#[derive(Clone)]
pub struct Readers {
    idle: Arc<Mutex<Vec<Box<dyn Reader>>>>,
    open: Arc<Opens>,
    turns: Option<Turns>,
}

/// How many may read one of several databases at the same time. Each has a thread, and all threads
/// together are so many: one that is away must not have those that read the others.
#[derive(Clone)]
pub struct Turns {
    free: Arc<Semaphore>,
    wait_max: Duration,
}

/// How long somebody waits for others that read the same database.
const WAIT_MAX: Duration = Duration::from_secs(5);

impl Turns {
    pub fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), wait_max: WAIT_MAX }
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let doing = "wait for others that read the store";
        let turn = tokio::time::timeout(self.wait_max, Arc::clone(&self.free).acquire_owned());
        turn.await.map_err(StoreError::failed(doing))?.map_err(StoreError::failed(doing))
    }
}

impl Readers {
    pub fn new(
        open: impl Fn() -> Result<Box<dyn Reader>, StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self { idle: Arc::default(), open: Arc::new(open), turns: None }
    }

    /// With others that read the same database.
    pub fn taking(self, turns: Option<Turns>) -> Self {
        Self { turns, ..self }
    }

    /// Runs `read` with a reader of its own.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = match &self.turns {
            Some(turns) => Some(turns.take().await?),
            None => None,
        };
        let readers = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            // Held until it is read, whether or not anybody still waits for it.
            let _turn = turn;
            readers.read_blocking(read)
        });
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use store::SqliteDatabase;

    use super::*;

    #[tokio::test]
    async fn a_database_that_does_not_answer_has_its_own_threads_alone() {
        let directory = tempfile::tempdir().unwrap();
        let database = SqliteDatabase::new(directory.path().join("journal.db"));
        store::Database::prepare(&database).unwrap();
        let database = Arc::new(database);
        let readers = || {
            let database = Arc::clone(&database);
            Readers::new(move || store::Database::reader(database.as_ref()))
        };
        let turns = Turns { wait_max: Duration::from_millis(1), ..Turns::new(2) };
        // Two shards of it.
        let [one, two] = [readers(), readers()].map(|it| it.taking(Some(turns.clone())));
        let (answer, answered) = mpsc::channel::<()>();
        let answered = Arc::new(Mutex::new(answered));
        let stuck = [&one, &two].map(|it| {
            let (it, answered) = (it.clone(), Arc::clone(&answered));
            let read = move |reader: &dyn Reader| {
                answered.lock().unwrap().recv().unwrap();
                reader.head()
            };
            tokio::spawn(async move { it.read(read).await })
        });
        while turns.free.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let failed = one.read(|it| it.head()).await.unwrap_err();
        assert_eq!(failed.to_string(), "failed to wait for others that read the store");
        // Other databases are read meanwhile.
        readers().taking(Some(Turns::new(1))).read(|it| it.head()).await.unwrap();
        // Either of them may hear the first answer.
        answer.send(()).unwrap();
        answer.send(()).unwrap();
        for it in stuck {
            it.await.unwrap().unwrap();
        }
        two.read(|it| it.head()).await.unwrap();
    }
}
