//! The databases that the shards of a business are in.
//!
//! The first one is that of `--store`: it has the first shard, and everything that is of all shards
//! together. Of the others each has the shards that the configuration says.
//!
//! **Invariant:** a shard is read and written in its home alone, which the first database names. So
//! a map that is wrong opens nothing, and begins no journal a second time.

pub mod map;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use engine::ShardId;
use store::{DatabasePlace, Durability, PostgresDatabase, PostgresShard};

use crate::channels::access::Secret;
use crate::readers::Turns;
use crate::serve::BLOCKING_THREADS;
use map::{DatabaseEntry, Mapped};

/// How long whoever comes is told what came of the last try to reach a database that is away, in
/// place of trying again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Connections of a process to all of them.
#[derive(Clone)]
pub struct Databases(Arc<Inner>);

struct Inner {
    first: Arc<PostgresDatabase>,
    own: DatabasePlace,
    others: Vec<Other>,
    /// Of the first one; `None` where there is no other.
    turns: Option<Turns>,
    /// Shards that were found to be at home where the map says.
    at_home: Mutex<BTreeSet<ShardId>>,
}

/// A database beside the first one, which may be away when the process begins.
struct Other {
    mapped: Mapped,
    durability: Durability,
    reached: Mutex<Reached>,
    turns: Turns,
}

enum Reached {
    Never,
    Failed(Instant, String),
    Is(Arc<PostgresDatabase>),
}

/// The map leads to another database than the shard is at home in.
#[derive(Debug)]
pub struct NotAtHome(String);

impl fmt::Display for NotAtHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAtHome {}

impl Databases {
    /// Opens the first one; the others are when a shard of theirs is asked for.
    pub fn open(
        url: &Secret,
        durability: Durability,
        map: &[DatabaseEntry],
    ) -> anyhow::Result<Self> {
        let turns = || Turns::new(BLOCKING_THREADS / (map.len() + 2));
        let others = map::read(map)?.into_iter().map(|mapped| Other {
            mapped,
            durability,
            reached: Mutex::new(Reached::Never),
            turns: turns(),
        });
        let others: Vec<Other> = others.collect();
        let turns = (!others.is_empty()).then(turns);
        let first = PostgresDatabase::open(url.as_str(), durability);
        let first = first.context("in the database that --store names")?;
        let identity = first.identity()?;
        if let Some(business) = identity.business {
            bail!(
                "the database that --store names, {}, has shards of a business whose first \
                 database is {business}; name that one in --store",
                identity.own
            );
        }
        let inner = Inner { first, own: identity.own, others, turns, at_home: Mutex::default() };
        Ok(Self(Arc::new(inner)))
    }

    pub fn first(&self) -> &Arc<PostgresDatabase> {
        &self.0.first
    }

    /// The database that has a shard: its home, or none.
    pub fn of(&self, shard: ShardId) -> anyhow::Result<Arc<PostgresDatabase>> {
        let database = match self.other_of(shard) {
            None => Arc::clone(&self.0.first),
            Some(other) => other.reach()?,
        };
        if shard != ShardId::FIRST && !self.at_home().contains(&shard) {
            self.check_home(shard, &database)?;
            self.at_home().insert(shard);
        }
        Ok(database)
    }

    /// A shard, in its home.
    pub fn shard(&self, shard: ShardId) -> anyhow::Result<PostgresShard> {
        Ok(PostgresShard { database: self.of(shard)?, first: Arc::clone(&self.0.first), shard })
    }

    /// Every database in which any of so many shards is at home, and which those are; the first
    /// one is always among them.
    pub fn all(&self, count: u32) -> anyhow::Result<Vec<(Arc<PostgresDatabase>, Vec<ShardId>)>> {
        let (own, homes) = (&self.0.own, self.0.first.homes()?);
        let mut all = vec![(&own.id, Arc::clone(&self.0.first), Vec::new())];
        for shard in (0..count).filter_map(ShardId::new) {
            let database = self.of(shard)?;
            let id = homes.get(&shard).map_or(&own.id, |it| &it.id);
            match all.iter_mut().find(|it| it.0 == id) {
                Some(it) => it.2.push(shard),
                None => all.push((id, database, vec![shard])),
            }
        }
        Ok(all.into_iter().map(|it| (it.1, it.2)).collect())
    }

    /// With whom whoever reads the shard shares its database.
    pub fn turns(&self, shard: ShardId) -> Option<Turns> {
        match self.other_of(shard) {
            Some(other) => Some(other.turns.clone()),
            None => self.0.turns.clone(),
        }
    }

    /// Whether the map has the shard in the first database.
    pub fn is_in_first(&self, shard: ShardId) -> bool {
        self.other_of(shard).is_none()
    }

    /// Refuses a map that is wrong for any of these shards, as far as their databases answer: what
    /// is in one that is away waits for it, and nothing else does.
    pub fn check(&self, shards: &[ShardId]) -> anyhow::Result<()> {
        let needed = |it: &&Other| shards.iter().any(|shard| it.mapped.has(*shard));
        for other in self.0.others.iter().filter(needed) {
            if let Err(error) = other.reach() {
                tracing::error!("{error:#}; its shards wait until it answers");
            }
        }
        for shard in shards {
            match self.of(*shard) {
                Err(error) if error.is::<NotAtHome>() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Makes a new business for so many shards, each in the database that the map says; answers
    /// how many it has.
    pub fn make_shards(&self, count: u32) -> anyhow::Result<u32> {
        if let Some(known) = self.0.first.made_for()? {
            return Ok(known);
        }
        let homes = self.homes_of(0..count)?;
        Ok(self.0.first.make_shards(count, &homes)?)
    }

    /// Gives the business more shards, each in the database that the map says.
    pub fn add_shards(&self, known: u32, count: u32) -> anyhow::Result<()> {
        let homes = self.homes_of(known..count)?;
        Ok(self.0.first.add_shards(count, &homes)?)
    }

    fn other_of(&self, shard: ShardId) -> Option<&Other> {
        self.0.others.iter().find(|it| it.mapped.has(shard))
    }

    fn at_home(&self) -> MutexGuard<'_, BTreeSet<ShardId>> {
        self.0.at_home.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_home(&self, shard: ShardId, database: &PostgresDatabase) -> anyhow::Result<()> {
        let own = &self.0.own;
        let homes = self.0.first.homes().context("in the database that --store names")?;
        let home = homes.get(&shard).unwrap_or(own);
        let found = database.identity()?;
        if found.own.id == home.id {
            // It would have become part of another business by hand only.
            let is_ours = home.id == own.id || found.business.is_some_and(|it| it.id == own.id);
            ensure!(is_ours, "{} is not of the business whose first database is {own}", found.own);
            return Ok(());
        }
        let number = shard.number();
        let (leads, remedy) = match self.other_of(shard) {
            None => (
                "no entry of nodes.databases names it".to_owned(),
                format!("give nodes.databases an entry with shards = \"{number}\" and the address"),
            ),
            Some(other) => (
                format!("{} leads to {}", other.mapped.place, found.own),
                "name the address".to_owned(),
            ),
        };
        Err(NotAtHome(format!(
            "shard {number} is at home in the database {home}, and {leads}; {remedy} of the \
             database that has the shard now, wherever that is: nothing was opened"
        ))
        .into())
    }

    /// Where these shards, which are new, will be at home, when it is not here.
    fn homes_of(&self, new: Range<u32>) -> anyhow::Result<BTreeMap<ShardId, DatabasePlace>> {
        let own = &self.0.own;
        let mut homes = BTreeMap::new();
        for shard in new.filter_map(ShardId::new) {
            let Some(other) = self.other_of(shard) else { continue };
            let (database, place) = (other.reach()?, &other.mapped.place);
            if database.identity()?.own.id == own.id {
                continue;
            }
            let joined = database.join(own)?;
            let it = &joined.own;
            match joined.business {
                Some(business) if business.id == own.id => {}
                Some(business) => bail!(
                    "{place}: {it} has shards of another business, whose first database is \
                     {business}; name an empty database"
                ),
                None => bail!("{place}: {it} has something in it; name an empty database"),
            }
            let number = shard.number();
            ensure!(
                !database.has_shard(shard)?,
                "{place}: {it} has a shard {number} that nobody knows of; name an empty database"
            );
            homes.insert(shard, joined.own);
        }
        Ok(homes)
    }
}

impl Other {
    /// The database, which is opened when it was not before. Who comes while another tries waits
    /// for that, and is told what came of it.
    fn reach(&self) -> anyhow::Result<Arc<PostgresDatabase>> {
        let place = &self.mapped.place;
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        match &*reached {
            Reached::Is(database) => return Ok(Arc::clone(database)),
            Reached::Failed(at, why) if at.elapsed() < TRY_AGAIN_AFTER => {
                bail!("in the database of {place}: {why}");
            }
            Reached::Never | Reached::Failed(..) => {}
        }
        match PostgresDatabase::open(self.mapped.url.as_str(), self.durability) {
            Ok(database) => {
                *reached = Reached::Is(Arc::clone(&database));
                Ok(database)
            }
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::new(error));
                *reached = Reached::Failed(Instant::now(), why.clone());
                bail!("in the database of {place}: {why}");
            }
        }
    }
}
