//! The journal, the directory and the keys of a shard, in one database and one transaction; and
//! beside them webhooks, provisioning commands and who may come in.
//!
//! **Invariant:** [`Store::append`] makes a batch durable whole or not at all, and only when the
//! journal is where the batch expects it. Nothing else in the workspace speaks to SQLite or to
//! PostgreSQL.

mod answers;
mod asked;
mod audit;
mod batch;
mod beside;
mod chain;
mod checksum;
mod commits;
mod database;
mod error;
mod filter;
mod keys;
mod owed;
mod postgres;
mod read;
mod recover;
mod row;
mod search;
mod sqlite;
mod timeline;

pub mod access;
pub mod conformance;
pub mod faulty;
pub mod provisioning;
pub mod throwaway;
pub mod webhooks;

pub use answers::{AnswerStore, KeptAnswer};
pub use batch::{Batch, CLOCK_AHEAD, Checkpoint, Kept, KeyAnswer, KeyRecord, SavedPage};
pub use beside::{Table, Tables};
pub use commits::CommitRecord;
pub use database::{Database, OpenedStore, PostgresShard, SqliteDatabase};
pub use error::StoreError;
pub use keys::{Found, KeyIndex, RUN_KEYS};
pub use postgres::{
    Claim, ClaimKind, Claimed, DatabaseId, DatabasePlace, Durability, Holder, Holders, Identity,
    LEASE, Leases, Node, Originals, PostgresDatabase, PostgresReader, PostgresStore, Taking,
};
pub use read::{
    AccountRecord, ApiKey, AuditPage, AuditQuery, CustomerRecord, Matter, MatterRecord,
    PaymentRecord, Reader, ReceivedRecord, Scanned, Store, TRAFFIC_KINDS, Which,
};
pub use recover::{Progress, Recovered, recover, replay};
pub use sqlite::{SqliteReader, SqliteStore, WalFolder, journal_bytes};
pub use timeline::{STAFF_PREFIX, Show, TimelineAccount, TimelineQuery};
