//! What a data directory is for: a provider's business, a demo, or tests.
//!
//! **Invariant:** what a directory is for is noted before the first entry and never changes, so
//! that no clock is ever set where somebody's money is.

use anyhow::{Context, bail};
use engine::Position;
use store::{CLOCK_AHEAD, Database, Reader, StoreError};

use super::DataDir;
use crate::clock::Clock;
use crate::storage::{Storage, apart};

/// The fact about the database that says what it is for; a provider's has none.
const KIND: &str = "kind";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Provider,
    UnfinishedDemo,
    Demo,
    Test,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::UnfinishedDemo => "demo, history unfinished",
            Self::Demo => "demo",
            Self::Test => "test",
        }
    }

    pub fn read(reader: &dyn Reader) -> anyhow::Result<Self> {
        let Some(noted) = reader.meta(KIND)? else { return Ok(Self::Provider) };
        let all = [Self::Provider, Self::UnfinishedDemo, Self::Demo, Self::Test];
        let kind = all.into_iter().find(|it| it.name() == noted);
        kind.with_context(|| format!("the database is of a kind that is not known: {noted:?}"))
    }

    pub fn note(self, database: &dyn Database) -> Result<(), StoreError> {
        database.set_meta(KIND, self.name())
    }

    pub fn has_settable_clock(self) -> bool {
        matches!(self, Self::Demo | Self::Test)
    }
}

/// Has the clock of a new directory be one that can be set; anybody's business is left alone.
pub fn make_test_directory(storage: impl Into<Storage>) -> anyhow::Result<()> {
    let storage = storage.into();
    apart(|| make_test_directory_here(&storage))
}

fn make_test_directory_here(storage: &Storage) -> anyhow::Result<()> {
    let _data_dir = DataDir::open(&storage.data_dir)?;
    let database = storage.database()?;
    database.prepare()?;
    let reader = database.reader()?;
    match Kind::read(reader.as_ref())? {
        Kind::Demo | Kind::Test => Ok(()),
        Kind::Provider if reader.head()? == Position::START => {
            Ok(Kind::Test.note(database.as_ref())?)
        }
        Kind::Provider | Kind::UnfinishedDemo => bail!(
            "{} holds data that was not made for tests, and its clock cannot be set; name a new \
             directory, or leave --test-clock out",
            storage.shown()
        ),
    }
}

/// The clock of a directory: `machine`, unless it can be set and so may be ahead of that.
pub fn clock(storage: impl Into<Storage>, machine: Clock) -> anyhow::Result<Clock> {
    let storage = storage.into();
    match storage.exists() {
        true => apart(|| clock_of(storage.database()?.reader()?.as_ref(), machine)),
        false => Ok(machine),
    }
}

/// As [`clock`], of a database that is open.
pub fn clock_of(reader: &dyn Reader, machine: Clock) -> anyhow::Result<Clock> {
    if !Kind::read(reader)?.has_settable_clock() {
        return Ok(machine);
    }
    let ahead = match reader.meta(CLOCK_AHEAD)? {
        None => 0,
        Some(noted) => noted.parse().with_context(|| {
            format!("the database says {noted:?} of how far its clock is ahead")
        })?,
    };
    Ok(Clock::ahead_of(machine, ahead))
}
