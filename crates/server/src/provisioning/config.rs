//! `[provisioning]` in the configuration: each adapter by its name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use engine::Name;
use serde::{Deserialize, Serialize};

use super::adapter::{Adapter, Means};
use super::program::Program;
use super::{ProvisioningOptions, adapter};
use crate::channels::access::{Secret, secret_or_file};
use crate::webhooks::address::Allowed;
use crate::webhooks::client::{Client, Target};
use crate::webhooks::sign;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProvisioningConfig {
    /// How long commands are kept that a later one has replaced.
    pub keep_days: u32,
    pub adapters: BTreeMap<String, AdapterConfig>,
}

/// `[provisioning.adapters.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum AdapterConfig {
    Webhook(WebhookConfig),
    Program(ProgramConfig),
    Manual(ManualConfig),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// May lead into private networks: the network is the provider's own.
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Holds the secret, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    #[serde(default = "twenty")]
    pub timeout_seconds: u32,
    #[serde(default = "eight")]
    pub concurrency: u32,
    #[serde(default = "three_hundred")]
    pub acknowledge_within_seconds: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramConfig {
    /// The program by its whole path, and its arguments.
    pub command: Vec<String>,
    #[serde(default = "twenty")]
    pub timeout_seconds: u32,
    #[serde(default = "eight")]
    pub concurrency: u32,
    #[serde(default = "three_hundred")]
    pub acknowledge_within_seconds: u32,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ManualConfig {}

fn twenty() -> u32 {
    20
}

fn eight() -> u32 {
    8
}

fn three_hundred() -> u32 {
    300
}

impl Default for ProvisioningConfig {
    fn default() -> Self {
        Self { keep_days: 30, adapters: BTreeMap::new() }
    }
}

impl ProvisioningConfig {
    /// Says what is wrong without looking at any file.
    pub fn check(&self) -> anyhow::Result<()> {
        if !(1..=3_650).contains(&self.keep_days) {
            bail!("provisioning.keep_days: {} is not from 1 to 3650", self.keep_days);
        }
        for (name, adapter) in &self.adapters {
            let place = format!("provisioning.adapters.{name}");
            if let Err(error) = Name::new(name) {
                bail!("{place}: {name:?} {error}");
            }
            adapter.check(&place)?;
        }
        Ok(())
    }

    pub fn open(&self) -> anyhow::Result<ProvisioningOptions> {
        self.check()?;
        let open = |(name, it): (&String, &AdapterConfig)| it.open(name);
        let adapters = self.adapters.iter().map(open).collect::<anyhow::Result<_>>()?;
        Ok(ProvisioningOptions { adapters, kept: i64::from(self.keep_days) * 86_400_000_000 })
    }
}

impl AdapterConfig {
    fn check(&self, place: &str) -> anyhow::Result<()> {
        match self {
            Self::Webhook(it) => {
                check_bounds(
                    place,
                    it.timeout_seconds,
                    it.concurrency,
                    it.acknowledge_within_seconds,
                )?;
                if let Err(why) = Target::parse(&it.url) {
                    bail!("{place}.url: {:?} {why}", it.url);
                }
                let file = it.secret_file.as_deref();
                if let Some(secret) = secret_or_file(place, it.secret.as_ref(), file)? {
                    read_key(&format!("{place}.secret"), secret)?;
                }
            }
            Self::Program(it) => {
                check_bounds(
                    place,
                    it.timeout_seconds,
                    it.concurrency,
                    it.acknowledge_within_seconds,
                )?;
                ensure!(
                    it.command.first().is_some_and(|it| it.starts_with('/')),
                    "{place}.command: begins with no whole path, such as \
                     [\"/usr/local/bin/switch\", \"--olt\"]"
                );
            }
            Self::Manual(_) => {}
        }
        Ok(())
    }

    fn open(&self, name: &str) -> anyhow::Result<Adapter> {
        let place = format!("provisioning.adapters.{name}");
        let name = name.to_owned();
        Ok(match self {
            Self::Webhook(it) => {
                let secret = match (&it.secret, &it.secret_file) {
                    (Some(secret), _) => read_key(&format!("{place}.secret"), secret)?,
                    (None, Some(path)) => {
                        let place = format!("{place}.secret_file");
                        read_key(&place, &Secret::read(&place, path)?)?
                    }
                    (None, None) => bail!("{place}: has no secret"),
                };
                let timeout = Duration::from_secs(it.timeout_seconds.into());
                let client = Client::new(Allowed::Anywhere, timeout);
                let means = Means::Webhook { url: it.url.clone(), secret, client };
                adapter(name, it.concurrency, it.acknowledge_within_seconds, means)
            }
            Self::Program(it) => {
                let timeout = Duration::from_secs(it.timeout_seconds.into());
                let means = Means::Program(Program { command: it.command.clone(), timeout });
                adapter(name, it.concurrency, it.acknowledge_within_seconds, means)
            }
            Self::Manual(_) => adapter(name, 0, 0, Means::Manual),
        })
    }
}

fn adapter(name: String, concurrency: u32, acknowledge_within: u32, means: Means) -> Adapter {
    adapter::Adapter {
        name,
        concurrency: concurrency as usize,
        acknowledge_within: i64::from(acknowledge_within) * 1_000_000,
        means,
    }
}

/// Reads the key that webhooks are signed with.
pub fn read_key(place: &str, secret: &Secret) -> anyhow::Result<store::webhooks::Secret> {
    sign::read_shared_key(secret.as_str()).with_context(|| {
        format!(
            "{place}: is not whsec_ and the Base64 of 24 to 64 bytes; make one with: \
             echo whsec_$(openssl rand -base64 32)"
        )
    })
}

fn check_bounds(place: &str, timeout: u32, concurrency: u32, within: u32) -> anyhow::Result<()> {
    if !(1..=600).contains(&timeout) {
        bail!("{place}.timeout_seconds: {timeout} is not from 1 to 600");
    }
    if !(1..=1_000).contains(&concurrency) {
        bail!("{place}.concurrency: {concurrency} is not from 1 to 1000");
    }
    if !(1..=86_400).contains(&within) {
        bail!("{place}.acknowledge_within_seconds: {within} is not from 1 to 86400");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
