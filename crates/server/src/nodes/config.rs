//! What a process has to be told to be one of several nodes.

use std::path::PathBuf;

use anyhow::ensure;
use engine::ShardId;
use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::channels::access::{Secret, secret_or_file};
use crate::databases::map::{self, DatabaseEntry};

/// Without an address a process is alone with its database.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nodes {
    /// Where the other nodes reach this one: `http://10.0.0.3:8080`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What all nodes know and nobody else does; or the file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// For how many shards a database is made that is new; one that has some has to have so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u32>,
    /// Which shards are in other databases than that of `store`.
    #[serde(deserialize_with = "map::deserialize", skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<DatabaseEntry>,
}

/// Characters that the secret has, at least.
const SECRET_LENGTH_MIN: usize = 16;

/// A process among several.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    pub address: String,
    pub secret: Secret,
    /// How many shards the database has or is made for; `None` for what it has.
    pub shards: Option<u32>,
}

impl Nodes {
    /// Says what is wrong without looking at the file of the secret; `has_server` says whether the
    /// journal can be shared.
    pub fn check(&self, has_server: bool) -> anyhow::Result<()> {
        map::check(&self.databases, has_server)?;
        // Commands that are no node have the same environment.
        let Some(address) = &self.address else { return Ok(()) };
        let uri = address.parse::<Uri>().ok();
        let is_plain = uri.is_some_and(|it| {
            let has_place = it.authority().is_some_and(|it| it.port().is_some());
            it.scheme_str() == Some("http") && has_place && it.path() == "/" && it.query().is_none()
        });
        ensure!(
            is_plain && !address.ends_with('/'),
            "nodes.address: {address:?} is not an address such as http://10.0.0.3:8080"
        );
        let is_possible = self.shards.is_none_or(|it| (1..=ShardId::COUNT_MAX).contains(&it));
        ensure!(is_possible, "nodes.shards: is not a number from 1 to {}", ShardId::COUNT_MAX);
        ensure!(has_server, "nodes.address: several nodes share a PostgreSQL database; set store");
        match secret_or_file("nodes", self.secret.as_ref(), self.secret_file.as_deref())? {
            Some(secret) => check_secret("nodes.secret", secret),
            None => Ok(()),
        }
    }

    /// `None` for a process that is alone.
    pub fn open(&self) -> anyhow::Result<Option<NodeOptions>> {
        let Some(address) = self.address.clone() else {
            let has_secret = self.secret.is_some() || self.secret_file.is_some();
            ensure!(!has_secret, "nodes: has a secret and no address; give it one");
            ensure!(self.shards.is_none(), "nodes: has shards and no address; give it one");
            let is_alone = self.databases.is_empty();
            ensure!(is_alone, "nodes: has databases and no address; give it one");
            return Ok(None);
        };
        let secret = match (&self.secret, &self.secret_file) {
            (None, Some(path)) => {
                let secret = Secret::read("nodes.secret_file", path)?;
                check_secret("nodes.secret_file", &secret)?;
                Some(secret)
            }
            (secret, _) => secret.clone(),
        };
        Ok(secret.map(|secret| NodeOptions { address, secret, shards: self.shards }))
    }
}

fn check_secret(place: &str, secret: &Secret) -> anyhow::Result<()> {
    let is_long = secret.as_str().chars().count() >= SECRET_LENGTH_MIN;
    ensure!(is_long, "{place}: is shorter than {SECRET_LENGTH_MIN} characters");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: Option<&str>, secret: Option<&str>, has_server: bool) -> String {
        let (address, secret) = (address.map(str::to_owned), secret.map(Secret::from));
        let nodes = Nodes { address, secret, ..Nodes::default() };
        let opened = nodes.check(has_server).and_then(|()| nodes.open());
        opened.map_or_else(|it| it.to_string(), |it| format!("{}", it.is_some()))
    }

    #[test]
    fn a_node_has_an_address_a_secret_and_a_database_that_can_be_shared() {
        let (here, secret) = (Some("http://10.0.0.3:8080"), Some("seventeen letters"));
        assert_eq!(said(None, None, false), "false");
        assert_eq!(said(here, secret, true), "true");
        assert!(said(here, secret, false).contains("set store"));
        assert!(said(here, None, true).contains("secret"));
        assert!(said(here, Some("short"), true).contains("16 characters"));
        assert!(said(None, secret, true).contains("no address"));
        for wrong in ["10.0.0.3:8080", "https://a:1", "http://a", "http://a:1/", "http://a:1/x"] {
            assert!(said(Some(wrong), secret, true).contains("nodes.address"), "{wrong}");
        }
    }

    #[test]
    fn a_database_has_as_many_shards_as_there_are_numbers_for() {
        let nodes = |shards| Nodes {
            address: Some("http://10.0.0.3:8080".to_owned()),
            secret: Some("seventeen letters".into()),
            shards: Some(shards),
            ..Nodes::default()
        };
        assert_eq!(nodes(64).open().unwrap().unwrap().shards, Some(64));
        nodes(1).check(true).unwrap();
        for wrong in [0, 65] {
            let said = nodes(wrong).check(true).unwrap_err().to_string();
            assert!(said.contains("nodes.shards: is not a number from 1 to 64"), "{said}");
        }
        let alone = Nodes { shards: Some(8), ..Nodes::default() };
        assert!(alone.open().unwrap_err().to_string().contains("no address"));
    }

    #[test]
    fn a_secret_may_stand_in_a_file_and_is_as_long_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let address = Some("http://10.0.0.3:8080".to_owned());
        let nodes = |secret: Option<Secret>| Nodes {
            address: address.clone(),
            secret,
            secret_file: Some(path.clone()),
            ..Nodes::default()
        };
        nodes(None).check(true).unwrap();
        assert!(nodes(None).open().is_err(), "there is no file");
        std::fs::write(&path, "seventeen letters\n").unwrap();
        let opened = nodes(None).open().unwrap().unwrap();
        assert_eq!(opened.secret.as_str(), "seventeen letters");
        std::fs::write(&path, "nine or so\n").unwrap();
        let said = nodes(None).open().unwrap_err().to_string();
        assert!(said.contains("nodes.secret_file: is shorter than 16"), "{said}");
        let said = nodes(Some("seventeen letters".into())).check(true).unwrap_err().to_string();
        assert!(said.contains("both secret and secret_file"), "{said}");
    }
}
