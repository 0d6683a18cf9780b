//! Everything given back out, in forms that other programs read.
//!
//! **Invariant:** an export shows one moment, whatever is written beside it, and is streamed: what
//! is held in memory grows with the accounts, never with the entries. A file appears under its
//! name only when it is whole.

mod ledger;
mod output;
mod tables;

pub use ledger::{Dialect, LedgerOptions, write_ledger};
pub use output::Output;
pub use tables::{Table, TableFormat, write_tables};
