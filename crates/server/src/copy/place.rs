//! The two sides of a copy.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use engine::{Position, ShardId};
use store::{Database, Durability, OpenedStore, Reader, Store};

use super::mark::{self, CopyState};
use crate::beside::Beside;
use crate::channels::access::Secret;
use crate::data_dir::{DataDir, access, database as database_of, provisioning, webhooks};
use crate::storage::{Storage, Taken, check_holder, on_server};

/// Where a business is: in a data directory, or on a PostgreSQL server.
#[derive(Clone, Debug)]
pub enum Place {
    Directory(PathBuf),
    /// An address, which may hold a password.
    Server(Secret),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Server(text.into())),
            Some(_) => Err("is neither a directory nor an address such as postgres://…".into()),
            None => Ok(Self::Directory(text.into())),
        }
    }
}

impl Place {
    pub fn is_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// How it is called in what is printed, without a password.
    pub fn shown(&self) -> String {
        match self {
            Self::Directory(path) => path.display().to_string(),
            Self::Server(_) => "the PostgreSQL database".to_owned(),
        }
    }

    /// The journal's database, and what is beside it.
    fn open(&self) -> anyhow::Result<(Arc<dyn Database>, Beside)> {
        match self {
            Self::Directory(path) => Storage::from(path).opened(),
            Self::Server(url) => {
                on_server(url, Durability::Required).context("in the PostgreSQL database")
            }
        }
    }

    /// Takes back that the business here was moved elsewhere; `false` when that was not noted.
    pub fn unmark(&self) -> anyhow::Result<bool> {
        let _data_dir = match self {
            Self::Directory(path) => {
                Storage::from(path).existing()?;
                Some(DataDir::open(path)?)
            }
            Self::Server(_) => None,
        };
        mark::unmark(self.open()?.0.as_ref())
    }
}

/// What is copied. Nobody else writes to it meanwhile.
pub struct Source {
    pub database: Arc<dyn Database>,
    pub reader: Box<dyn Reader>,
    pub beside: Beside,
    is_server: bool,
    store: Box<dyn Store>,
    _data_dir: Option<DataDir>,
}

impl Source {
    pub fn take(place: &Place) -> anyhow::Result<Self> {
        let (data_dir, database, beside, opened) = match place {
            Place::Directory(path) => take_directory(path)?,
            Place::Server(_) => {
                let (database, beside) = place.open()?;
                let opened = take_server(database.as_ref())?;
                (None, database, beside, opened)
            }
        };
        let (reader, store) = (database.reader()?, opened.store);
        let is_server = place.is_server();
        Ok(Self { database, reader, beside, is_server, store, _data_dir: data_dir })
    }

    /// Whether nobody has taken it over meanwhile, and perhaps written more.
    pub fn check_alone(&mut self) -> anyhow::Result<()> {
        match self.is_server {
            true => self.store.probe().context("somebody has written to the source meanwhile"),
            // A directory is locked.
            false => Ok(()),
        }
    }
}

type TakenSource = (Option<DataDir>, Arc<dyn Database>, Beside, OpenedStore);

fn take_directory(path: &Path) -> anyhow::Result<TakenSource> {
    let storage = Storage::from(path);
    ensure!(storage.exists(), "there is no database in {}", path.display());
    let taken = storage.take().context("what is copied must not be in use, and be whole")?;
    let Taken { data_dir, database, beside, opened } = taken;
    Ok((Some(data_dir), database, beside, opened))
}

/// How long the connection of a process that has just ended may still be seen.
const ENDING: Duration = Duration::from_secs(3);

fn take_server(database: &dyn Database) -> anyhow::Result<OpenedStore> {
    let shown = "the PostgreSQL database";
    mark::check(database.reader()?.as_ref(), shown)?;
    check_holder(database, None)?;
    let until = Instant::now() + ENDING;
    while database.is_in_use()? {
        ensure!(
            Instant::now() < until,
            "{shown} is in use by another process; stop that one first: what is copied must not \
             change meanwhile"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let shards = database.occupied_shards()?;
    ensure!(!shards.is_empty(), "{shown} has no business in it");
    let others: Vec<String> = shards
        .iter()
        .filter(|it| **it != ShardId::FIRST)
        .map(|it| it.number().to_string())
        .collect();
    ensure!(
        others.is_empty(),
        "{shown} has entries in the shards {}; a directory has one shard, and only what is in \
         shard {} alone goes into one",
        others.join(", "),
        ShardId::FIRST.number()
    );
    Ok(database.open()?)
}

/// How far the copy had come when the target was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    New,
    /// It has the journal up to this position.
    Unfinished(Position),
    Finished,
}

/// Where it is copied to.
pub struct Target {
    pub place: Place,
    pub database: Arc<dyn Database>,
    pub reader: Box<dyn Reader>,
    pub beside: Beside,
    pub begun: Begun,
    data_dir: Option<DataDir>,
}

impl Target {
    /// Refuses a place that has anything but a copy of what `source` reads.
    pub fn open(place: &Place, source: &dyn Reader) -> anyhow::Result<Self> {
        let data_dir = match place {
            Place::Directory(path) => {
                // Half a copy has some of its own.
                if !database_of(path).exists() {
                    ensure_without_others(path)?;
                }
                Some(DataDir::open(path)?)
            }
            Place::Server(_) => None,
        };
        let (database, beside) = place.open()?;
        database.prepare()?;
        check_holder(database.as_ref(), None)?;
        let reader = database.reader()?;
        let begun = look(place, database.as_ref(), source)?;
        Ok(Self { place: place.clone(), database, reader, beside, begun, data_dir })
    }

    /// Notes in a directory how far its journal goes, as a server does that has answered.
    pub fn note_acknowledged(&self) -> anyhow::Result<()> {
        if let Some(data_dir) = &self.data_dir {
            data_dir.acknowledged()?.note(self.reader.head()?);
        }
        Ok(())
    }
}

/// Users, webhooks and commands of somebody else's are a business, too.
fn ensure_without_others(path: &Path) -> anyhow::Result<()> {
    let files = [access(path), webhooks(path), provisioning(path)];
    match files.iter().find(|it| it.exists()) {
        None => Ok(()),
        Some(file) => bail!(
            "{} is there already, and nothing is overwritten; name a new directory",
            file.display()
        ),
    }
}

fn look(place: &Place, database: &dyn Database, source: &dyn Reader) -> anyhow::Result<Begun> {
    let reader = database.reader()?;
    let shown = place.shown();
    let state = mark::state(reader.as_ref())?;
    if state == CopyState::None {
        ensure!(
            database.occupied_shards()?.is_empty() && reader.facts()?.is_empty(),
            "{shown} has another business in it, and nothing is overwritten; name another place \
             with --to"
        );
        return Ok(Begun::New);
    }
    let head = reader.head()?;
    let last = reader.last_commit()?;
    let same = match &last {
        None => Vec::new(),
        Some(last) => source.commits_after(Position(last.first.0 - 1), 1)?,
    };
    ensure!(
        same.first() == last.as_ref(),
        "{shown} has a copy of another business in it, or has gone on since it was copied; \
         nothing is overwritten, name another place with --to"
    );
    match state {
        CopyState::Finished => {
            ensure!(
                head == source.head()? && !database.is_in_use()?,
                "{shown} has a copy that is finished; what came after it is not copied"
            );
            Ok(Begun::Finished)
        }
        _ => Ok(Begun::Unfinished(head)),
    }
}
