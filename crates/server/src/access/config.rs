//! `[console]` and `[self_care]` in the configuration.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use super::Area;
use super::openid::config::OpenIdConfig;
use super::openid::{self, OpenId};
use super::senders::{Delivery, Smtp, Webhook};
use crate::channels::access::{Secret, one_of, secret_or_file};
use crate::channels::stripe::checkout::CheckoutConfig;
use crate::provisioning::config::read_key;
use crate::webhooks::client::Target;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// After which a user signs in again, whatever they do.
    pub session_hours: u32,
    /// After which a session ends that nobody used.
    pub idle_minutes: u32,
    /// Where staff open it, as `https://billing.example.com`; empty when nobody has to know.
    pub url: String,
    /// Whether staff come in by password.
    pub password: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenIdConfig>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SelfCare {
    /// After which a customer signs in again.
    pub session_days: u32,
    pub codes: Codes,
    /// Payments by card, on a page of Stripe's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stripe: Option<CheckoutConfig>,
}

/// How one-time codes reach customers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(tag = "sender", rename_all = "lowercase")]
pub enum Codes {
    /// They do not: customers sign in by password.
    #[default]
    Off,
    Smtp(SmtpConfig),
    Webhook(WebhookConfig),
    /// On the screen of whoever asks. A demo sets it; no configuration can.
    #[serde(skip)]
    Screen,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub host: String,
    /// 465 for `tls`, 587 for `starttls`, 25 for `none` when it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(default)]
    pub security: Security,
    /// Certificates of authorities that are trusted as well as the machine's, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The sender, such as `Lagoon <no-reply@lagoon.example>`.
    pub from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Holds the password, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    #[default]
    Tls,
    Starttls,
    /// For a mail server on this machine.
    None,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// May lead into private networks.
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Holds the secret, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
}

/// How the server lets people in.
pub struct AccessOptions {
    console: Lasting,
    self_care: Lasting,
    pub codes: Delivery,
    /// Of staff.
    pub passwords: bool,
    pub openid: Option<OpenId>,
}

/// How long sessions last, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Lasting {
    pub whole: i64,
    /// Without a visit.
    pub idle: i64,
}

impl Lasting {
    /// After how long a visit is noted: not with every page, each time it is a write.
    pub fn note_after(self) -> i64 {
        (self.idle / 30).min(15 * 60_000_000)
    }
}

impl Default for Console {
    fn default() -> Self {
        Self {
            session_hours: 12,
            idle_minutes: 30,
            url: String::new(),
            password: true,
            openid: None,
        }
    }
}

impl Default for SelfCare {
    fn default() -> Self {
        Self { session_days: 30, codes: Codes::Off, stripe: None }
    }
}

/// Says what is wrong without looking at any file.
pub fn check(console: &Console, self_care: &SelfCare) -> anyhow::Result<()> {
    let Console { session_hours, idle_minutes, .. } = *console;
    ensure!(
        (1..=720).contains(&session_hours),
        "console.session_hours: {session_hours} is not from 1 to 720"
    );
    ensure!(
        (1..=session_hours * 60).contains(&idle_minutes),
        "console.idle_minutes: {idle_minutes} is not from 1 to {}",
        session_hours * 60
    );
    let days = self_care.session_days;
    ensure!((1..=365).contains(&days), "self_care.session_days: {days} is not from 1 to 365");
    openid::config::check(console)?;
    self_care.codes.check()
}

impl AccessOptions {
    /// `provider` is the name that mails are signed with.
    pub fn open(console: &Console, self_care: &SelfCare, provider: &str) -> anyhow::Result<Self> {
        let minutes = |it: u32| i64::from(it) * 60_000_000;
        let whole = minutes(self_care.session_days * 24 * 60);
        Ok(Self {
            console: Lasting {
                whole: minutes(console.session_hours * 60),
                idle: minutes(console.idle_minutes),
            },
            self_care: Lasting { whole, idle: whole },
            codes: self_care.codes.open(provider)?,
            passwords: console.password,
            openid: openid::config::open(console)?,
        })
    }

    pub fn lasting(&self, area: Area) -> Lasting {
        match area {
            Area::Console => self.console,
            Area::SelfCare => self.self_care,
        }
    }
}

impl Codes {
    fn check(&self) -> anyhow::Result<()> {
        let place = "self_care.codes";
        match self {
            Self::Off | Self::Screen => Ok(()),
            Self::Smtp(it) => {
                ensure!(!it.host.is_empty(), "{place}.host: is empty");
                if it.from.parse::<Mailbox>().is_err() {
                    bail!("{place}.from: {:?} is no address such as no-reply@x.example", it.from);
                }
                let passwords = [it.password.is_some(), it.password_file.is_some()];
                if passwords != [false; 2] {
                    let names = ["password", "password_file"];
                    one_of(place, names, it.password.as_ref(), it.password_file.as_deref())?;
                }
                let is_plain = it.security == Security::None;
                ensure!(
                    it.ca_file.is_none() || !is_plain,
                    "{place}.ca_file: is of no use with security = \"none\""
                );
                let named = passwords != [false; 2];
                ensure!(it.user.is_some() == named, "{place}: needs user and password, or neither");
                Ok(())
            }
            Self::Webhook(it) => {
                if let Err(why) = Target::parse(&it.url) {
                    bail!("{place}.url: {:?} {why}", it.url);
                }
                let file = it.secret_file.as_deref();
                match secret_or_file(place, it.secret.as_ref(), file)? {
                    Some(secret) => read_key(&format!("{place}.secret"), secret).map(drop),
                    None => Ok(()),
                }
            }
        }
    }

    fn open(&self, provider: &str) -> anyhow::Result<Delivery> {
        let place = "self_care.codes";
        Ok(match self {
            Self::Off => Delivery::Off,
            Self::Screen => Delivery::Screen,
            Self::Smtp(it) => {
                let password =
                    secret(&format!("{place}.password_file"), &it.password, &it.password_file)?;
                let password = password.as_ref().map(Secret::as_str);
                let smtp = Smtp::new(it, password, provider).context(place)?;
                Delivery::Sender(Box::new(smtp))
            }
            Self::Webhook(it) => {
                let place = format!("{place}.secret_file");
                let secret = secret(&place, &it.secret, &it.secret_file)?;
                let key = read_key(&place, &secret.context("it has no secret")?)?;
                Delivery::Sender(Box::new(Webhook::new(&it.url, key)))
            }
        })
    }
}

/// The secret that is written down, or the one in the file.
pub(super) fn secret(
    place: &str,
    written: &Option<Secret>,
    file: &Option<PathBuf>,
) -> anyhow::Result<Option<Secret>> {
    match (written, file) {
        (Some(secret), _) => Ok(Some(secret.clone())),
        (None, Some(path)) => Secret::read(place, path).map(Some),
        (None, None) => Ok(None),
    }
}
