//! Folding the write-ahead log back into the database, away from the commits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::open;
use crate::StoreError;

/// A connection that folds the log back.
///
/// A pass copies what was committed before it began, while commits go on behind it. The log
/// starts again from its beginning at the first commit that finds all of it folded back. Under a
/// steady load no pass ever catches up, so when the log has grown long the writer is asked to
/// fold the few pages that are left itself, between two commits.
pub struct WalFolder {
    path: PathBuf,
    connection: Connection,
    ask_writer: Arc<AtomicBool>,
}

/// Pages in the log above which the writer is asked: 64 MiB.
const ASK_ABOVE: i64 = 16_384;

/// Pages in the log, and how many of them are in the database too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    pub pages: i64,
    pub folded: i64,
}

impl WalFolder {
    pub(super) fn open(path: &Path, ask_writer: Arc<AtomicBool>) -> Result<Self, StoreError> {
        Ok(Self { path: path.to_owned(), connection: open::open_folder(path)?, ask_writer })
    }

    /// Bytes in the log file.
    pub fn log_bytes(&self) -> u64 {
        let mut name = self.path.clone().into_os_string();
        name.push("-wal");
        std::fs::metadata(name).map_or(0, |it| it.len())
    }

    /// One pass; waits for nobody.
    pub fn fold(&self) -> Result<Folded, StoreError> {
        let folded = fold(&self.connection)?;
        if folded.pages > ASK_ABOVE {
            self.ask_writer.store(true, Ordering::Release);
        }
        Ok(folded)
    }
}

pub(super) fn fold(connection: &Connection) -> Result<Folded, StoreError> {
    let read = |it: &rusqlite::Row<'_>| Ok(Folded { pages: it.get(1)?, folded: it.get(2)? });
    connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], read)
        .map_err(StoreError::failed("fold back the write-ahead log"))
}

/// Bytes on the disk of the database at `path`, its log included.
pub fn journal_bytes(path: &Path) -> u64 {
    let size = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).map_or(0, |it| it.len())
    };
    size("") + size("-wal")
}
