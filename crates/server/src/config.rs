//! Configuration: one TOML file, environment over it, flags over that. An unknown key is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use engine::{Calendar, Currency, Date, ExchangeRates, Settings, Zone};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::access;
use crate::access::config::{AccessOptions, Console, SelfCare};
use crate::channels::access::{Network, Secret};
use crate::channels::stripe::checkout::CheckoutConfig;
use crate::channels::{Channels, OpenChannels};
use crate::databases::map::DatabaseEntry;
use crate::http::app::ApiOptions;
use crate::nodes::config::Nodes;
use crate::provisioning::config::ProvisioningConfig;
use crate::refund_caps::RefundCaps;
use crate::shard::ShardOptions;
use crate::storage::Storage;
use crate::webhooks::WebhookOptions;
use crate::webhooks::address::Allowed;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the data lives.
    pub data_dir: PathBuf,
    /// A PostgreSQL database that has the journal in place of a file in `data_dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Secret>,
    /// Address and port to listen on.
    pub listen: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// In which days begin and statements name the time, by the IANA database: `Europe/Madrid`.
    pub time_zone: String,
    /// Days that are no working days and have the prices of holidays: `2026-12-25`.
    pub holidays: Vec<String>,
    pub provider: Provider,
    pub log: Log,
    pub exchange: Exchange,
    pub sessions: Sessions,
    pub credit: CreditTerms,
    pub idempotency: Idempotency,
    pub limits: Limits,
    /// What a role may refund without a second person: `[refunds.agent]`, by currency.
    pub refunds: BTreeMap<String, BTreeMap<String, String>>,
    pub channels: Channels,
    pub webhooks: Webhooks,
    pub provisioning: ProvisioningConfig,
    pub console: Console,
    pub self_care: SelfCare,
    pub nodes: Nodes,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks that deliveries may go to although they are not public: `127.0.0.0/8`.
    pub allow_private: Vec<Network>,
    /// How long finished deliveries are kept.
    pub keep_days: u32,
}

/// Who sends the statements, as their head shows it; what is empty is left out.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    pub name: String,
    /// May have several lines.
    pub address: String,
    pub phone: String,
    pub email: String,
    pub website: String,
    /// A tax or company number, with its name.
    pub registration: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,sporran=debug`.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exchange {
    /// The currency that others are crossed through.
    pub pivot: String,
    /// Older rates are not used; 0 is no bound.
    pub rate_age_days_max: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// How long a grant holds when the request does not say.
    pub grant_seconds: u32,
    /// The longest that a request may ask for.
    pub grant_seconds_max: u32,
    /// How long the answers of a finished session are remembered.
    pub memory_seconds: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreditTerms {
    /// How long before its end a temporary limit or a promised payment is told to end.
    pub notice_hours: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Idempotency {
    /// How long idempotency keys are kept, at least; 24 or more.
    pub keep_hours: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest request body.
    pub body_bytes_max: usize,
    /// The most entries that one statement is made of.
    pub statement_entries_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            store: None,
            listen: "127.0.0.1:8080".into(),
            trusted_proxies: Vec::new(),
            time_zone: "UTC".into(),
            holidays: Vec::new(),
            provider: Provider::default(),
            log: Log::default(),
            exchange: Exchange::default(),
            sessions: Sessions::default(),
            credit: CreditTerms::default(),
            idempotency: Idempotency::default(),
            limits: Limits::default(),
            refunds: BTreeMap::new(),
            channels: Channels::default(),
            webhooks: Webhooks::default(),
            provisioning: ProvisioningConfig::default(),
            console: Console::default(),
            self_care: SelfCare::default(),
            nodes: Nodes::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

impl Default for Exchange {
    fn default() -> Self {
        Self { pivot: "EUR".into(), rate_age_days_max: 0 }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self { grant_seconds: 300, grant_seconds_max: 86_400, memory_seconds: 3_600 }
    }
}

impl Default for CreditTerms {
    fn default() -> Self {
        Self { notice_hours: 24 }
    }
}

impl Idempotency {
    /// In microseconds.
    fn memory(&self) -> i64 {
        i64::from(self.keep_hours) * 3_600_000_000
    }
}

impl Default for Idempotency {
    fn default() -> Self {
        Self { keep_hours: 48 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes_max: 4 * 1024 * 1024, statement_entries_max: 100_000 }
    }
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { allow_private: Vec::new(), keep_days: 30 }
    }
}

/// What the command line says over file and environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    pub store: Option<String>,
    pub listen: Option<String>,
    pub port: Option<u16>,
}

/// The prefix of variables that stand for keys: `SPORRAN_SESSIONS_GRANT_SECONDS=60`.
const PREFIX: &str = "SPORRAN_";

impl Config {
    /// Reads the file, lays the environment and then the flags over it, and checks the result.
    pub fn load(
        flags: &Flags,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut environment: Vec<(String, String)> =
            environment.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        environment.sort();
        let named = environment.iter().find(|(name, _)| name == "SPORRAN_CONFIG");
        let file = flags.config.clone().or_else(|| named.map(|(_, path)| path.into()));
        let mut table = match &file {
            None => toml::Table::new(),
            Some(path) => read_file(path)?,
        };
        for (name, value) in environment.iter().filter(|(name, _)| name != "SPORRAN_CONFIG") {
            lay_over(&mut table, name, value)?;
        }
        let mut config: Self = table.try_into().context("the configuration is wrong")?;
        if let Some(data_dir) = &flags.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        if let Some(store) = &flags.store {
            config.store = Some(Secret::from(store.as_str()));
        }
        if let Some(listen) = &flags.listen {
            config.listen.clone_from(listen);
        }
        if let Some(port) = flags.port {
            let host = config.listen.rsplit_once(':').map_or("127.0.0.1", |it| it.0);
            config.listen = format!("{host}:{port}");
        }
        config.check()?;
        Ok(config)
    }

    pub fn storage(&self) -> Storage {
        let (server, elsewhere) = (self.store.clone(), self.nodes.databases.clone());
        Storage { server, elsewhere, ..Storage::from(&self.data_dir) }
    }

    fn check(&self) -> anyhow::Result<()> {
        let Sessions { grant_seconds, grant_seconds_max, .. } = self.sessions;
        if self.listen.parse::<std::net::SocketAddr>().is_err() {
            bail!("listen: {:?} is not an address such as 127.0.0.1:8080", self.listen);
        }
        if TimeZone::get(&self.time_zone).is_err() {
            bail!("time_zone: {:?} is not a time zone such as Europe/Madrid", self.time_zone);
        }
        if Currency::from_code(&self.exchange.pivot).is_none() {
            bail!("exchange.pivot: {:?} is not a currency of ISO 4217", self.exchange.pivot);
        }
        if grant_seconds == 0 || grant_seconds > grant_seconds_max {
            bail!("sessions.grant_seconds: {grant_seconds} is not from 1 to {grant_seconds_max}");
        }
        if self.idempotency.keep_hours < 24 {
            bail!("idempotency.keep_hours: {} is less than 24", self.idempotency.keep_hours);
        }
        if !(1_024..=1 << 30).contains(&self.limits.body_bytes_max) {
            bail!("limits.body_bytes_max: not from 1,024 to 1,073,741,824");
        }
        if !(1..=3_650).contains(&self.webhooks.keep_days) {
            bail!("webhooks.keep_days: {} is not from 1 to 3650", self.webhooks.keep_days);
        }
        if !(1..=1_000_000).contains(&self.limits.statement_entries_max) {
            bail!("limits.statement_entries_max: not from 1 to 1,000,000");
        }
        RefundCaps::read(&self.refunds)?;
        self.provisioning.check()?;
        access::config::check(&self.console, &self.self_care)?;
        self.calendar()?;
        self.nodes.check(self.store.is_some())?;
        self.channels.check()?;
        self.self_care.stripe.as_ref().map_or(Ok(()), |it| it.check(&self.channels))
    }

    /// Every payment channel, and self-care's way to pay by card.
    pub fn open_channels(&self) -> anyhow::Result<OpenChannels> {
        let checkout = self.self_care.stripe.as_ref().map(CheckoutConfig::open).transpose()?;
        Ok(OpenChannels { checkout, ..self.channels.open()? })
    }

    /// The provider's days.
    fn calendar(&self) -> anyhow::Result<Calendar> {
        let zone = Zone::new(&self.time_zone);
        let zone = zone.with_context(|| format!("time_zone: {:?} is unknown", self.time_zone))?;
        let dates = self.holidays.iter().map(|it| {
            Date::parse(it).with_context(|| format!("holidays: {it:?} is no day: 2026-12-25"))
        });
        Ok(Calendar { zone, holidays: dates.collect::<anyhow::Result<_>>()? })
    }

    pub fn shard_options(&self) -> ShardOptions {
        let day = 86_400_000_000;
        let pivot = Currency::from_code(&self.exchange.pivot).expect("checked");
        let age_max = i64::from(self.exchange.rate_age_days_max) * day;
        let mut exchange = ExchangeRates::default();
        exchange.pivot = pivot;
        exchange.age_max = (age_max > 0).then_some(age_max);
        ShardOptions {
            settings: Settings {
                session_memory: i64::from(self.sessions.memory_seconds) * 1_000_000,
                credit_notice: i64::from(self.credit.notice_hours) * 3_600_000_000,
                calendar: self.calendar().expect("checked").into(),
            },
            exchange,
            key_memory: self.idempotency.memory(),
            ..ShardOptions::default()
        }
    }

    pub fn webhook_options(&self) -> WebhookOptions {
        WebhookOptions {
            allowed: Allowed::new(self.webhooks.allow_private.clone()),
            kept: i64::from(self.webhooks.keep_days) * 86_400_000_000,
            ..WebhookOptions::default()
        }
    }

    pub fn access_options(&self) -> anyhow::Result<AccessOptions> {
        AccessOptions::open(&self.console, &self.self_care, &self.provider.name)
    }

    pub fn api_options(&self) -> ApiOptions {
        ApiOptions {
            grant_seconds: self.sessions.grant_seconds,
            grant_seconds_max: self.sessions.grant_seconds_max,
            body_bytes_max: self.limits.body_bytes_max,
            trusted_proxies: self.trusted_proxies.clone(),
            statement_entries_max: self.limits.statement_entries_max,
            time_zone: TimeZone::get(&self.time_zone).expect("checked"),
            provider: self.provider.clone(),
            refund_caps: RefundCaps::read(&self.refunds).expect("checked"),
            key_memory: self.idempotency.memory(),
        }
    }
}

fn read_file(path: &Path) -> anyhow::Result<toml::Table> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read the configuration {}", path.display()))?;
    // Parsed as a whole first, so that the error points at the line.
    toml::from_str::<Config>(&text).with_context(|| format!("in {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("in {}", path.display()))
}

/// `SPORRAN_LOG_LEVEL` is `log.level`. A name that stands for no key is an error, as in the file.
fn lay_over(table: &mut toml::Table, name: &str, value: &str) -> anyhow::Result<()> {
    let key = name.trim_start_matches(PREFIX).to_ascii_lowercase();
    // Every key has to have a value to be found among them.
    let nodes = Nodes {
        address: Some(String::new()),
        secret: Some("".into()),
        secret_file: Some(PathBuf::new()),
        shards: Some(1),
        databases: vec![DatabaseEntry { shards: String::new(), url: None, url_file: None }],
    };
    let every = Config { store: Some("".into()), nodes, ..Config::default() };
    let known = toml::Table::try_from(every).expect("the defaults are a table");
    let (section, key) = match known.get(&key) {
        Some(found) if !found.is_table() => (None, key),
        _ => {
            let mut splits = key.match_indices('_').map(|(at, _)| (&key[..at], &key[at + 1..]));
            let split = splits.find(|(section, key)| {
                let section = known.get(*section).and_then(toml::Value::as_table);
                section.is_some_and(|it| it.contains_key(*key))
            });
            match split {
                Some((section, key)) => (Some(section.to_owned()), key.to_owned()),
                None => bail!("the environment variable {name} stands for no key"),
            }
        }
    };
    let place = match &section {
        None => known.get(&key),
        Some(section) => known.get(section).and_then(|it| it.get(&key)),
    };
    let value = match place {
        Some(toml::Value::Integer(_)) => toml::Value::Integer(
            value.parse().with_context(|| format!("{name}: {value:?} is not a whole number"))?,
        ),
        Some(toml::Value::Boolean(_)) => toml::Value::Boolean(
            value.parse().with_context(|| format!("{name}: {value:?} is not true or false"))?,
        ),
        // A list of tables says itself how it is written there.
        Some(toml::Value::Array(list)) if !list.iter().any(toml::Value::is_table) => {
            let parts = value.split(',').map(str::trim).filter(|it| !it.is_empty());
            toml::Value::Array(parts.map(|it| toml::Value::String(it.to_owned())).collect())
        }
        _ => toml::Value::String(value.to_owned()),
    };
    let table = match section {
        None => table,
        Some(section) => table
            .entry(section)
            .or_insert_with(|| toml::Table::new().into())
            .as_table_mut()
            .with_context(|| format!("{name}: its section is not a table"))?,
    };
    table.insert(key, value);
    Ok(())
}

#[cfg(test)]
mod tests;
