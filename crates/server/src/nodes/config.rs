//! What a process has to be told to be one of several nodes.

use anyhow::ensure;
use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::channels::access::Secret;

/// Without an address a process is alone with its database.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nodes {
    /// Where the other nodes reach this one: `http://10.0.0.3:8080`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What all nodes know and nobody else does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// Characters that the secret has, at least.
const SECRET_LENGTH_MIN: usize = 16;

/// A process among several.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    pub address: String,
    pub secret: Secret,
}

impl Nodes {
    /// `None` for a process that is alone; `has_server` says whether its journal can be shared.
    pub fn open(&self, has_server: bool) -> anyhow::Result<Option<NodeOptions>> {
        let Some(address) = &self.address else {
            ensure!(self.secret.is_none(), "nodes.secret: nodes.address is missing beside it");
            return Ok(None);
        };
        let uri = address.parse::<Uri>().ok();
        let is_plain = uri.is_some_and(|it| {
            let has_place = it.authority().is_some_and(|it| it.port().is_some());
            it.scheme_str() == Some("http") && has_place && it.path() == "/" && it.query().is_none()
        });
        ensure!(
            is_plain && !address.ends_with('/'),
            "nodes.address: {address:?} is not an address such as http://10.0.0.3:8080"
        );
        ensure!(has_server, "nodes.address: several nodes share a PostgreSQL database; set store");
        let Some(secret) = &self.secret else {
            anyhow::bail!("nodes.secret: is missing; it is what the nodes know each other by");
        };
        let long = secret.as_str().chars().count() >= SECRET_LENGTH_MIN;
        ensure!(long, "nodes.secret: is shorter than {SECRET_LENGTH_MIN} characters");
        Ok(Some(NodeOptions { address: address.clone(), secret: secret.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: Option<&str>, secret: Option<&str>, has_server: bool) -> String {
        let (address, secret) = (address.map(str::to_owned), secret.map(Secret::from));
        let opened = Nodes { address, secret }.open(has_server);
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
        assert!(said(None, secret, true).contains("nodes.address"));
        for wrong in ["10.0.0.3:8080", "https://a:1", "http://a", "http://a:1/", "http://a:1/x"] {
            assert!(said(Some(wrong), secret, true).contains("nodes.address"), "{wrong}");
        }
    }
}
