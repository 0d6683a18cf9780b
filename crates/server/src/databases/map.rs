//! Which shards are in which database, as the configuration says it.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use engine::ShardId;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use store::PostgresDatabase;

use crate::channels::access::{Secret, one_of};

/// Shards that are in another database than the first one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseEntry {
    /// The first and the last of them, `16-31`, or a single one.
    pub shards: String,
    /// The address of the database; or the file that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
}

/// An entry that was found to be sound.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// The entry's place in the configuration.
    pub place: String,
    first: u32,
    last: u32,
    pub url: Secret,
}

impl Mapped {
    pub fn has(&self, shard: ShardId) -> bool {
        (self.first..=self.last).contains(&shard.number())
    }
}

/// Says what is wrong with the map, without looking at the files of its addresses; `has_server`
/// says whether there is a first database.
pub fn check(entries: &[DatabaseEntry], has_server: bool) -> anyhow::Result<()> {
    ensure!(
        entries.is_empty() || has_server,
        "nodes.databases: a file is one shard; set store to the first of the PostgreSQL databases"
    );
    let mut known: Vec<(u32, u32)> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let place = place_of(number);
        let (first, last) = range(&place, &entry.shards)?;
        let both = known.iter().position(|it| it.0 <= last && first <= it.1);
        if let Some(other) = both {
            let shared = first.max(known[other].0);
            let other = place_of(other);
            anyhow::bail!("{place}.shards: {shared} is in {other} too; name each shard once");
        }
        known.push((first, last));
        let names = ["url", "url_file"];
        if let Some(url) = one_of(&place, names, entry.url.as_ref(), entry.url_file.as_deref())? {
            check_url(&format!("{place}.url"), url)?;
        }
    }
    Ok(())
}

/// The map, with what is in the files of its addresses.
pub fn read(entries: &[DatabaseEntry]) -> anyhow::Result<Vec<Mapped>> {
    check(entries, true)?;
    let read = |(number, entry): (usize, &DatabaseEntry)| {
        let place = place_of(number);
        let (first, last) = range(&place, &entry.shards)?;
        let url = match (&entry.url, &entry.url_file) {
            (None, Some(path)) => {
                let place = format!("{place}.url_file");
                let url = Secret::read(&place, path)?;
                check_url(&place, &url)?;
                url
            }
            (url, _) => url.clone().context("it was checked")?,
        };
        Ok(Mapped { place, first, last, url })
    };
    entries.iter().enumerate().map(read).collect()
}

fn place_of(number: usize) -> String {
    format!("nodes.databases[{number}]")
}

fn check_url(place: &str, url: &Secret) -> anyhow::Result<()> {
    let checked = PostgresDatabase::check_url(url.as_str());
    checked.with_context(|| {
        format!("{place}: is no address such as postgres://sporran@db2.example/sporran")
    })
}

/// The first and the last shard.
fn range(place: &str, text: &str) -> anyhow::Result<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let [first, last] = [first, last].map(|it| it.trim().parse::<u32>().ok());
    let range = first.zip(last).filter(|it| it.0 <= it.1);
    let (first, last) = range.with_context(|| {
        format!("{place}.shards: {text:?} is neither a shard nor a range such as 16-31")
    })?;
    ensure!(
        last < ShardId::COUNT_MAX,
        "{place}.shards: {text:?} goes beyond the last shard that there can be, which is {}",
        ShardId::COUNT_MAX - 1
    );
    ensure!(
        first > ShardId::FIRST.number(),
        "{place}.shards: {text:?} has the first shard, which is always in the database that store \
         names; begin with 1"
    );
    Ok((first, last))
}

/// The list of the file, or what stands for it in the environment:
/// `16-31=postgres://… 32-47=postgres://…`.
pub fn deserialize<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<DatabaseEntry>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<DatabaseEntry>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of shards and addresses")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            text.split_whitespace().map(read_entry).collect()
        }
    }

    source.deserialize_any(Entries)
}

fn read_entry<E: Error>(text: &str) -> Result<DatabaseEntry, E> {
    // What follows may hold a password.
    let parts = text.split_once('=').filter(|it| !it.0.contains(':'));
    let (shards, url) = parts.ok_or_else(|| {
        E::custom("nodes.databases: an entry is not such as 16-31=postgres://db2.example/sporran")
    })?;
    Ok(DatabaseEntry { shards: shards.to_owned(), url: Some(url.into()), url_file: None })
}

#[cfg(test)]
mod tests;
