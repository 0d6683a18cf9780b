//! What is noted of a copy in the databases themselves, so that neither half of a move is ever
//! served by accident.

use anyhow::bail;
use store::{Database, PostgresDatabase, Reader, StoreError};

use super::Place;
use crate::clock::Clock;
use crate::http::wire;

/// The fact about a database that says that it is a copy, and whether it is whole.
const COPY: &str = "copy";
const UNFINISHED: &str = "unfinished";
const FINISHED: &str = "finished";

/// The fact about a database whose business is elsewhere now: where and since when.
const MOVED: &str = "moved";

/// Noted by a store that looks whether it is well.
const PROBED: &str = "probed";

/// Whether this fact is about the database at hand alone, and not about the business in it.
pub fn is_of_its_place(fact: &str) -> bool {
    [COPY, MOVED, PROBED, PostgresDatabase::SHARDS].contains(&fact)
}

/// How far a copy has come, in the database that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// It is no copy, or was never begun.
    None,
    Unfinished,
    Finished,
}

pub fn state(reader: &dyn Reader) -> Result<CopyState, StoreError> {
    Ok(match reader.meta(COPY)?.as_deref() {
        None => CopyState::None,
        Some(FINISHED) => CopyState::Finished,
        Some(_) => CopyState::Unfinished,
    })
}

pub fn begin(database: &dyn Database) -> Result<(), StoreError> {
    database.set_meta(COPY, UNFINISHED)
}

pub fn finish(database: &dyn Database) -> Result<(), StoreError> {
    database.set_meta(COPY, FINISHED)
}

pub fn mark_moved(database: &dyn Database, to: &Place) -> Result<(), StoreError> {
    let to = if to.is_server() { "a PostgreSQL database".into() } else { to.shown() };
    let noted = format!("to {to} at {}", wire::time(Clock::System.now()));
    database.set_meta(MOVED, &noted)
}

/// Takes back that a business is elsewhere; `false` when that was not noted.
pub fn unmark(database: &dyn Database) -> anyhow::Result<bool> {
    let was_moved = moved(database.reader()?.as_ref())?.is_some();
    if was_moved {
        database.set_meta(MOVED, "")?;
    }
    Ok(was_moved)
}

fn moved(reader: &dyn Reader) -> Result<Option<String>, StoreError> {
    Ok(reader.meta(MOVED)?.filter(|it| !it.is_empty()))
}

/// Refuses a database that must not be written to: half a copy, or what was left behind by a move.
pub fn check(reader: &dyn Reader, shown: &str) -> anyhow::Result<()> {
    if state(reader)? == CopyState::Unfinished {
        bail!(
            "{shown} holds a copy that is not finished; run the same `sporran copy` again, which \
             goes on where it was"
        );
    }
    if let Some(moved) = moved(reader)? {
        bail!(
            "the business in {shown} was moved {moved}, and goes on there; to go back to what it \
             was then, and give up what has happened since, run `sporran copy --unmark` on it"
        );
    }
    Ok(())
}
