//! Who may call a payment channel: whoever knows its secret, from an address that it allows.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::{Digest, Sha256};

use crate::http::app::App;

/// Characters that a secret has, at least.
const SECRET_LENGTH_MIN: usize = 8;

/// A secret. It is shown nowhere, neither in a log nor by `sporran config check`.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// Addresses, as `91.232.230.0/23` or as a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

/// A channel's secret and the addresses that it may be called from.
#[derive(Debug)]
pub struct Access {
    secret: Secret,
    allow: Vec<Network>,
}

impl Access {
    pub fn new(secret: Secret, allow: Vec<Network>) -> Self {
        Self { secret, allow }
    }

    pub fn allows(&self, address: Option<IpAddr>) -> bool {
        allows(&self.allow, address)
    }

    pub fn is_secret(&self, offered: &[u8]) -> bool {
        is_same(offered, self.secret.as_bytes())
    }

    /// The secret itself, to sign with.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl Secret {
    pub fn read(place: &str, path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("{place}: failed to read {}", path.display()))?;
        let secret = Self(text.trim_end_matches(['\r', '\n']).to_owned());
        secret.check(place)?;
        Ok(secret)
    }

    pub fn check(&self, place: &str) -> anyhow::Result<()> {
        let long = self.0.chars().count() >= SECRET_LENGTH_MIN;
        ensure!(long, "{place}: is shorter than {SECRET_LENGTH_MIN} characters");
        Ok(())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The secret that is written down, or `None` where a file holds it: one of the two is there, by
/// these names. The file is not looked at.
pub fn one_of<'a, S: ?Sized>(
    place: &str,
    [name, file_name]: [&str; 2],
    written: Option<&'a S>,
    file: Option<&Path>,
) -> anyhow::Result<Option<&'a S>> {
    match (written, file) {
        (None, None) => bail!("{place}: has neither {name} nor {file_name}; give it one"),
        (Some(_), Some(_)) => bail!("{place}: has both {name} and {file_name}; take one away"),
        (written, _) => Ok(written),
    }
}

/// What [`one_of`] a `secret` and a `secret_file` is.
pub fn secret_or_file<'a, S: ?Sized>(
    place: &str,
    written: Option<&'a S>,
    file: Option<&Path>,
) -> anyhow::Result<Option<&'a S>> {
    one_of(place, ["secret", "secret_file"], written, file)
}

/// How long it takes tells nothing: digests are compared, of which nobody can choose a beginning.
pub fn is_same(offered: &[u8], right: &[u8]) -> bool {
    Sha256::digest(offered) == Sha256::digest(right)
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

const HIDDEN: &str = "(hidden)";

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let single = text.parse::<IpAddr>().map(IpNet::from);
        let network = single.ok().or_else(|| text.parse().ok());
        network.map(|it| Self(it.trunc())).ok_or_else(|| {
            format!("{text:?} is neither an address nor a network such as 91.232.230.0/23")
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Whether a request from this address may come in.
pub fn allows(networks: &[Network], address: Option<IpAddr>) -> bool {
    address.is_some_and(|it| contains(networks, it))
}

/// Whether one of `networks` has the address. An IPv4 address that comes in the clothes of an
/// IPv6 one is the same.
pub fn contains(networks: &[Network], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|it| it.0.contains(&address))
}

/// The address that a request came from; none when nobody can tell.
///
/// `X-Forwarded-For` is what anybody can write, so it is believed only as far as trusted proxies
/// wrote it: from its end back to the first address that is not one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
        Ok(Self(client_address(peer, &parts.headers, &app.options.trusted_proxies)))
    }
}

fn client_address(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: &[Network],
) -> Option<IpAddr> {
    let mut client = peer?.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let hops = lines.flat_map(|it| it.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        if !contains(trusted, client) {
            return Some(client);
        }
        let hop = std::str::from_utf8(hop).ok()?.trim();
        client = hop.parse::<IpAddr>().ok()?.to_canonical();
    }
    Some(client)
}

#[cfg(test)]
mod tests;
