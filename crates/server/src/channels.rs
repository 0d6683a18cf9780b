//! Payment channels: the ways by which money comes in from others.
//!
//! **Invariant:** a channel's name is the source of its payments, so that two channels, of
//! whatever kind, never share one.

pub mod access;
pub mod bank;
pub mod camt;
pub mod kiosk;
pub mod matching;
pub mod registry;
pub mod stripe;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use engine::{Amount, Currency, Name, Precision};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use access::{Access, Network, Secret, secret_or_file};
use bank::{Bank, BankConfig};
use stripe::checkout::Checkout;
use stripe::{Stripe, StripeConfig};

/// `[channels]` in the configuration: each kind with its channels by name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Channels {
    /// Terminals and payment systems that speak check/pay.
    pub kiosk: BTreeMap<String, KioskConfig>,
    pub stripe: BTreeMap<String, StripeConfig>,
    /// Banks whose statements are imported.
    pub bank: BTreeMap<String, BankConfig>,
}

/// What every channel has in the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ChannelConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Holds the secret, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// From where it may be called.
    #[serde(default)]
    pub allow: Vec<Network>,
    /// What sums are in.
    pub currency: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<String>,
    /// Where the other side's days begin and its clocks stand, by its IANA name.
    #[serde(default = "utc")]
    pub time_zone: String,
}

/// `[channels.kiosk.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KioskConfig {
    #[serde(flatten)]
    pub common: ChannelConfig,
    /// The parameter in which the secret comes; without one it is the password of HTTP Basic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_parameter: Option<String>,
}

enum AnyConfig<'a> {
    Kiosk(&'a KioskConfig),
    Stripe(&'a StripeConfig),
    Bank(&'a BankConfig),
}

/// Every channel, ready to be called.
#[derive(Debug, Default)]
pub struct OpenChannels {
    pub kiosk: BTreeMap<String, Kiosk>,
    pub stripe: BTreeMap<String, Stripe>,
    pub bank: BTreeMap<String, Bank>,
    /// By which customers pay at self-care.
    pub checkout: Option<Checkout>,
}

/// What every channel has when it is open.
#[derive(Debug)]
pub struct Channel {
    /// The source of its payments.
    pub name: Name,
    pub access: Access,
    pub terms: Terms,
}

/// What a channel takes.
#[derive(Clone, Debug)]
pub struct Terms {
    pub currency: Currency,
    pub minimum: Option<Amount>,
    pub maximum: Option<Amount>,
    pub zone: TimeZone,
}

#[derive(Debug)]
pub struct Kiosk {
    pub channel: Channel,
    pub secret_parameter: Option<String>,
}

impl Channels {
    /// Says what is wrong without looking at any file of a secret.
    pub fn check(&self) -> anyhow::Result<()> {
        let mut places: BTreeMap<&str, String> = BTreeMap::new();
        for (place, name, config) in self.all() {
            if let Err(error) = Name::new(name) {
                bail!("{place}: {name:?} {error}");
            }
            match config {
                AnyConfig::Kiosk(it) => drop(it.common.terms(&place)?),
                AnyConfig::Stripe(it) => it.check(&place)?,
                AnyConfig::Bank(it) => it.check(&place)?,
            }
            if let Some(other) = places.get(name) {
                bail!("{place}: {other} has this name already, and payments are known by it");
            }
            places.insert(name, place);
        }
        for (name, kiosk) in &self.kiosk {
            let key = "secret_parameter";
            let used = ["command", "txn_id", "account", "sum", "txn_date", "prv_txn", "date"];
            let parameter = kiosk.secret_parameter.as_deref();
            ensure!(
                parameter.is_none_or(|it| !it.is_empty() && !used.contains(&it)),
                "channels.kiosk.{name}.{key}: is empty, or a parameter of the protocol itself"
            );
        }
        Ok(())
    }

    pub fn open(&self) -> anyhow::Result<OpenChannels> {
        self.check()?;
        let mut open = OpenChannels::default();
        for (name, kiosk) in &self.kiosk {
            let channel = kiosk.common.open(&format!("channels.kiosk.{name}"), name)?;
            let secret_parameter = kiosk.secret_parameter.clone();
            open.kiosk.insert(name.clone(), Kiosk { channel, secret_parameter });
        }
        for (name, stripe) in &self.stripe {
            let place = format!("channels.stripe.{name}");
            open.stripe.insert(name.clone(), stripe.open(&place, name)?);
        }
        for (name, bank) in &self.bank {
            open.bank.insert(name.clone(), bank.open(&format!("channels.bank.{name}"), name)?);
        }
        Ok(open)
    }

    /// Place, name and configuration of each channel.
    fn all(&self) -> impl Iterator<Item = (String, &str, AnyConfig<'_>)> {
        let kiosk = self.kiosk.iter().map(|(name, it)| ("kiosk", name, AnyConfig::Kiosk(it)));
        let stripe = self.stripe.iter().map(|(name, it)| ("stripe", name, AnyConfig::Stripe(it)));
        let bank = self.bank.iter().map(|(name, it)| ("bank", name, AnyConfig::Bank(it)));
        let all = kiosk.chain(stripe).chain(bank);
        all.map(|(kind, name, it)| (format!("channels.{kind}.{name}"), name.as_str(), it))
    }
}

impl ChannelConfig {
    /// What the channel takes, or what is wrong at `place`.
    fn terms(&self, place: &str) -> anyhow::Result<Terms> {
        let file = self.secret_file.as_deref();
        if let Some(secret) = secret_or_file(place, self.secret.as_ref(), file)? {
            secret.check(&format!("{place}.secret"))?;
        }
        ensure!(
            !self.allow.is_empty(),
            "{place}.allow: names no address; say which may call, such as [\"91.232.230.0/23\"]"
        );
        let Some(currency) = Currency::from_code(&self.currency) else {
            bail!("{place}.currency: {:?} is not a currency of ISO 4217", self.currency);
        };
        let amount = |key: &str, text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let amount = Amount::parse(text, currency.exponent(), Precision::MinorUnits);
            let amount = amount.ok().filter(|it| !it.is_zero());
            let amount = amount.with_context(|| {
                format!("{place}.{key}: {text:?} is not an amount of {currency} above zero")
            });
            amount.map(Some)
        };
        let minimum = amount("minimum", &self.minimum)?;
        let maximum = amount("maximum", &self.maximum)?;
        if let (Some(minimum), Some(maximum)) = (minimum, maximum) {
            ensure!(minimum <= maximum, "{place}.minimum: is above {place}.maximum");
        }
        let zone = TimeZone::get(&self.time_zone).with_context(|| {
            let zone = &self.time_zone;
            format!("{place}.time_zone: {zone:?} is not a time zone such as Europe/Paris")
        })?;
        Ok(Terms { currency, minimum, maximum, zone })
    }

    /// The channel, with its secret read.
    pub fn open(&self, place: &str, name: &str) -> anyhow::Result<Channel> {
        let terms = self.terms(place)?;
        let secret = match (&self.secret, &self.secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(path)) => Secret::read(&format!("{place}.secret_file"), path)?,
            (None, None) => bail!("{place}: has no secret"),
        };
        let access = Access::new(secret, self.allow.clone());
        let name = Name::new(name).map_err(|error| anyhow::anyhow!("{place}: {error}"))?;
        Ok(Channel { name, access, terms })
    }
}

fn utc() -> String {
    "UTC".into()
}

#[cfg(test)]
mod tests;
