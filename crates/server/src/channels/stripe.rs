//! Stripe's webhooks: is it from Stripe, and what does it say about money?
//!
//! **Invariant:** what a request says is believed only when its signature is right, and is known
//! by the payment's own id, so that an event that comes twice, or two events about one payment,
//! count once.

mod amount;
pub mod checkout;
mod event;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use engine::{Name, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::access::{Network, Secret, one_of};
pub use event::{Back, Notice, Paid, Way, read};

/// `[channels.stripe.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StripeConfig {
    /// The endpoint's signing secrets (`whsec_…`): several while one takes another's place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Holds the secret, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// From where it may be called.
    #[serde(default)]
    pub allow: Vec<Network>,
}

/// A channel that is ready to be called.
#[derive(Debug)]
pub struct Stripe {
    /// The source of its payments.
    pub name: Name,
    pub allow: Vec<Network>,
    secrets: Vec<Secret>,
}

/// How far the time of a signature may be from ours: an older request may be a replay.
const TOLERANCE: i64 = 300 * 1_000_000;

impl StripeConfig {
    /// Says what is wrong without looking at the file of the secret.
    pub fn check(&self, place: &str) -> anyhow::Result<()> {
        let written = (!self.secrets.is_empty()).then_some(self.secrets.as_slice());
        let names = ["secrets", "secret_file"];
        let written = one_of(place, names, written, self.secret_file.as_deref())?;
        let mut written = written.into_iter().flatten();
        written.try_for_each(|it| it.check(&format!("{place}.secrets")))?;
        ensure!(
            !self.allow.is_empty(),
            "{place}.allow: names no address; say which may call, or [\"0.0.0.0/0\", \"::/0\"] \
             for all: the signature tells who it is"
        );
        Ok(())
    }

    pub fn open(&self, place: &str, name: &str) -> anyhow::Result<Stripe> {
        let mut secrets = self.secrets.clone();
        if let Some(path) = &self.secret_file {
            secrets.push(Secret::read(&format!("{place}.secret_file"), path)?);
        }
        let name = Name::new(name).ok().with_context(|| format!("{place}: is not a name"))?;
        Ok(Stripe { name, allow: self.allow.clone(), secrets })
    }
}

impl Stripe {
    /// Checks the header `Stripe-Signature` of a request; says what is wrong with it.
    ///
    /// The signature is over the time, a dot, and the body byte by byte as it came.
    pub fn check_signature(
        &self,
        header: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let parts = header.split(',').filter_map(|it| it.trim().split_once('='));
        let time = parts.clone().find(|it| it.0 == "t").map(|it| it.1);
        let time = time.ok_or("has no time (t=)")?;
        let seconds: i64 = time.parse().map_err(|_| "has a time (t=) that is no number")?;
        // The newest scheme only: v0 is not meant for requests that count.
        let signatures: Vec<Vec<u8>> =
            parts.filter(|it| it.0 == "v1").filter_map(|it| bytes_of(it.1)).collect();
        let is_right = self.secrets.iter().any(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
                .expect("a key of any length will do");
            mac.update(time.as_bytes());
            mac.update(b".");
            mac.update(body);
            // Compared in constant time by the library.
            signatures.iter().any(|it| mac.clone().verify_slice(it).is_ok())
        });
        if !is_right {
            return Err("is not by a secret of this channel; is the body as it was sent?");
        }
        let at = seconds.checked_mul(1_000_000).ok_or("has a time (t=) beyond the scale")?;
        match now.since(Timestamp(at)).checked_abs() {
            Some(apart) if apart <= TOLERANCE => Ok(()),
            _ => Err("is more than five minutes from the time here: an old request, or a clock"),
        }
    }
}

fn bytes_of(hexadecimal: &str) -> Option<Vec<u8>> {
    if !hexadecimal.len().is_multiple_of(2) || !hexadecimal.is_ascii() {
        return None;
    }
    let pair = |at| u8::from_str_radix(hexadecimal.get(at..at + 2)?, 16).ok();
    (0..hexadecimal.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests;
