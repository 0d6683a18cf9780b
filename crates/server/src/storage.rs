//! Where a provider's data is: a directory, and for the journal a PostgreSQL server where one is
//! named.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{bail, ensure};
use engine::ShardId;
use store::{Database, Durability, OpenedStore, PostgresShard, SqliteDatabase};

use crate::beside::Beside;
use crate::channels::access::Secret;
use crate::copy;
use crate::data_dir::{DataDir, database};
use crate::databases::Databases;
use crate::databases::map::DatabaseEntry;
use crate::readers::Turns;

/// Waits for a database on a thread of its own: a thread that drives connections of the network
/// must not drive that to the database besides.
pub fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[derive(Clone)]
pub struct Storage {
    /// Has the journal and what is beside it where no server does.
    pub data_dir: PathBuf,
    /// The address of a PostgreSQL database, which may hold a password.
    pub server: Option<Secret>,
    /// Which shards are in other databases than that one.
    pub elsewhere: Vec<DatabaseEntry>,
    /// What has to hold of that server.
    pub durability: Durability,
    /// Which of several nodes we are; `None` for whoever is alone.
    pub node: Option<i64>,
    /// The first one, which a directory alone has: its ids and positions are the same on a server.
    pub shard: ShardId,
    /// That database and the others, where they are open already: the shards of a process share
    /// them.
    pub shared: Option<Databases>,
}

/// A journal that this process alone writes to.
pub struct Taken {
    pub data_dir: DataDir,
    pub beside: Beside,
    pub database: Arc<dyn Database>,
    pub opened: OpenedStore,
}

impl From<&Path> for Storage {
    fn from(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            server: None,
            elsewhere: Vec::new(),
            durability: Durability::Required,
            node: None,
            shard: ShardId::FIRST,
            shared: None,
        }
    }
}

impl From<&PathBuf> for Storage {
    fn from(data_dir: &PathBuf) -> Self {
        data_dir.as_path().into()
    }
}

impl From<&Storage> for Storage {
    fn from(storage: &Storage) -> Self {
        storage.clone()
    }
}

impl Storage {
    /// The database, which may have to be made yet.
    pub fn database(&self) -> anyhow::Result<Arc<dyn Database>> {
        Ok(self.opened()?.0)
    }

    /// What is beside the journal, whoever has that.
    pub fn beside(&self) -> anyhow::Result<Beside> {
        Ok(self.opened()?.1)
    }

    /// Both.
    pub fn opened(&self) -> anyhow::Result<(Arc<dyn Database>, Beside)> {
        match self.on_server()? {
            Some(databases) => shard_of(&databases, self.shard),
            None => {
                let journal = Arc::new(SqliteDatabase::new(database(&self.data_dir)));
                Ok((journal, Beside::Files(self.data_dir.clone())))
            }
        }
    }

    /// How many shards the database has.
    pub fn shards(&self) -> anyhow::Result<u32> {
        self.on_server()?.map_or(Ok(1), |it| Ok(it.first().shards()?))
    }

    /// The databases on servers, where there are any.
    pub fn on_server(&self) -> anyhow::Result<Option<Databases>> {
        match (&self.server, &self.shared) {
            (None, _) => Ok(None),
            (_, Some(shared)) => Ok(Some(shared.clone())),
            (Some(url), None) => Databases::open(url, self.durability, &self.elsewhere).map(Some),
        }
    }

    /// With whom whoever reads the shard shares its database, of several.
    pub fn turns(&self) -> Option<Turns> {
        self.shared.as_ref()?.turns(self.shard)
    }

    /// With databases that stay open, for whoever opens several shards.
    pub fn sharing(&self) -> anyhow::Result<Self> {
        Ok(Self { shared: self.on_server()?, ..self.clone() })
    }

    /// The database of somebody's business: it has to be there.
    pub fn existing(&self) -> anyhow::Result<Arc<dyn Database>> {
        ensure!(
            self.exists(),
            "there is no database in {}; name the data directory with --data-dir",
            self.data_dir.display()
        );
        self.database()
    }

    /// Whether there is a database. A server that is named is taken to have one.
    pub fn exists(&self) -> bool {
        self.server.is_some() || database(&self.data_dir).exists()
    }

    /// The storage of another of the database's shards: what a process notes of it has a directory
    /// of its own.
    pub fn of_shard(&self, shard: ShardId) -> Self {
        let data_dir = match shard {
            ShardId::FIRST => self.data_dir.clone(),
            other => self.data_dir.join(format!("shard-{}", other.number())),
        };
        Self { data_dir, shard, ..self.clone() }
    }

    /// Takes the directory and the journal, so that nobody else writes to them.
    pub fn take(&self) -> anyhow::Result<Taken> {
        let data_dir = DataDir::open(&self.data_dir)?;
        let (database, beside) = self.opened()?;
        // On a server, opening stops whoever has the journal: not before it is known to be whole.
        database.prepare()?;
        check_holder(database.as_ref(), self.node)?;
        if self.node.is_none() {
            self.check_only_shard(database.as_ref())?;
        }
        let reader = database.reader()?;
        data_dir.check_acknowledged(reader.head()?)?;
        copy::mark::check(reader.as_ref(), &self.shown())?;
        let opened = database.open()?;
        Ok(Taken { data_dir, beside, database, opened })
    }

    /// Whoever is alone sees one shard: of several it would show or change a part, and say nothing.
    pub fn check_only_shard(&self, database: &dyn Database) -> anyhow::Result<()> {
        let (count, shown) = (database.shards()?, self.shown());
        ensure!(
            count == 1,
            "{shown} has {count} shards, which nodes share: `sporran serve` needs nodes.address \
             and nodes.secret, and this is done through the API of a node"
        );
        Ok(())
    }

    /// How it is called in what is printed, without a password.
    pub fn shown(&self) -> String {
        match self.server {
            None => self.data_dir.display().to_string(),
            Some(_) => "the database that --store names".to_owned(),
        }
    }
}

/// The journal in a database on a server that is the only one, and what is beside it there.
pub fn on_server(
    url: &Secret,
    durability: Durability,
) -> anyhow::Result<(Arc<dyn Database>, Beside)> {
    shard_of(&Databases::open(url, durability, &[])?, ShardId::FIRST)
}

fn shard_of(databases: &Databases, shard: ShardId) -> anyhow::Result<(Arc<dyn Database>, Beside)> {
    let it = databases.shard(shard)?;
    let PostgresShard { database, first, .. } = &it;
    let (database, first) = (Arc::clone(database), Arc::clone(first));
    Ok((Arc::new(it), Beside::Server { first, database, shard }))
}

/// A node that has the journal must not lose it to whoever is started beside it, but to itself.
pub fn check_holder(database: &dyn Database, node: Option<i64>) -> anyhow::Result<()> {
    match database.holder()? {
        Some(holder) if node != Some(holder.id) => {
            bail!("the node at {} has the journal; stop all nodes first", holder.address)
        }
        _ => Ok(()),
    }
}
