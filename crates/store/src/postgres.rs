//! The PostgreSQL engine: many shards in a database, a writing connection for each, and readers
//! that share a few.
//!
//! **Invariant:** a batch is one transaction that begins by locking its shard's row and comparing
//! the generation and the journal's end. So a process that was replaced writes nothing, not even
//! with what was still on its way when it was.

mod chain;
mod claims;
mod database;
mod directory;
mod encode;
mod homes;
mod journal;
mod keys;
mod laid_down;
mod lease;
mod matters;
mod migrate;
mod moment;
mod payments;
mod pipeline;
mod read;
mod receivables;
mod scan;
mod session;
mod tables;
mod tls;
mod transits;
mod url;
mod whole;
mod works;
mod write;
mod writer;

pub(crate) use encode::without_nul;
pub(crate) use pipeline::{is, is_refusal};
pub(crate) use session::Session;

pub use claims::{Claim, ClaimKind, Claimed};
pub use database::{Durability, PostgresDatabase};
pub use homes::{DatabaseId, DatabasePlace, Identity};
pub use laid_down::Originals;
pub use lease::{Holder, Holders, LEASE, Leases, Node, Taking};
pub use read::PostgresReader;
pub use write::PostgresStore;

/// Runs SQL on a database, over a connection of its own.
pub(crate) fn execute(url: &str, sql: &str) -> Result<(), crate::StoreError> {
    let session = session::Session::connect(&url::parse(url, &|_| None)?)?;
    session.batch(sql).map_err(crate::StoreError::failed("run SQL"))
}

/// The rows of a query, over a connection of its own, each value as text.
pub(crate) fn rows(url: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, crate::StoreError> {
    let session = session::Session::connect(&url::parse(url, &|_| None)?)?;
    let messages = session.wait(session.client().simple_query(sql));
    let messages = messages.map_err(crate::StoreError::failed("run SQL"))?;
    let rows = messages.iter().filter_map(|it| match it {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = rows.map(|it| (0..it.len()).map(|at| it.get(at).map(str::to_owned)).collect());
    Ok(texts.collect())
}
