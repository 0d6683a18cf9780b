//! The SQLite engine: one file, one writer, many readers.
//!
//! **Invariant:** `synchronous=FULL` and the write-ahead log: a commit returns after its frames
//! are on the disk. The log is folded back by [`WalFolder`] from another connection.

mod chain;
mod directory;
mod fold;
mod matters;
mod open;
mod payments;
mod rates;
mod read;
mod receivables;
mod scan;
mod tables;
mod whole;
mod write;

pub use fold::{WalFolder, journal_bytes};
pub use read::SqliteReader;
pub use write::{SqliteStore, add_api_key, revoke_api_key};
