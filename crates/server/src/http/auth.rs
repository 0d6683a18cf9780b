//! Who may call what: API keys and their roles.

use std::collections::HashMap;
use std::sync::RwLock;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use engine::{Name, Origin};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::error::Problem;
use crate::readers::Readers;

/// What a key or a user may do; a role is a set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Call-centre staff: customers, accounts, payments, corrections, limits.
    Agent,
    /// Back-office staff: what agents do, and money that waits, goes back or is given up.
    Finance,
    /// A payment channel or a network element: payments, charges, authorisations.
    Gateway,
    /// Looking only.
    ReadOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Looking at anything.
    Read,
    /// Customers and accounts.
    Directory,
    /// Receiving and cancelling payments.
    Payments,
    /// Charging, authorising, settling.
    Use,
    /// Adjustments, transfers, limits.
    Correct,
    /// Unallocated payments, charge-backs, approving refunds, opening balances, write-offs.
    Finance,
    /// Exchange rates, keys and webhooks.
    Configure,
    /// Finding what a person has done.
    Audit,
    /// Acknowledging provisioning commands, having them sent again, reconciling.
    Provision,
}

impl Permission {
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Directory,
        Self::Payments,
        Self::Use,
        Self::Correct,
        Self::Finance,
        Self::Configure,
        Self::Audit,
        Self::Provision,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Directory => "directory",
            Self::Payments => "payments",
            Self::Use => "use",
            Self::Correct => "correct",
            Self::Finance => "finance",
            Self::Configure => "configure",
            Self::Audit => "audit",
            Self::Provision => "provision",
        }
    }
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Admin, Self::Agent, Self::Finance, Self::Gateway, Self::ReadOnly];

    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Finance => "finance",
            Self::Gateway => "gateway",
            Self::ReadOnly => "read-only",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub fn may(self, permission: Permission) -> bool {
        use Permission::{Configure, Correct, Directory, Payments, Provision, Read, Use};
        match self {
            Self::Admin => true,
            Self::Agent => {
                matches!(permission, Read | Directory | Payments | Use | Correct | Provision)
            }
            Self::Finance => permission != Configure,
            Self::Gateway => matches!(permission, Read | Payments | Use | Provision),
            Self::ReadOnly => permission == Read,
        }
    }
}

/// Whoever makes a request.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The key's name: the actor of every entry that comes of the request.
    pub name: Name,
    pub role: Role,
}

impl Caller {
    /// The caller, if its role may do this.
    pub fn require(self, permission: Permission) -> Result<Self, Problem> {
        match self.role.may(permission) {
            true => Ok(self),
            false => Err(Problem::forbidden(self.role)),
        }
    }
}

/// Keys that may call, known by their digest.
pub struct KeyRing {
    readers: Readers,
    known: RwLock<Known>,
    /// Held while the keys are read: whoever comes meanwhile waits for that reading.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    callers: HashMap<[u8; 32], Caller>,
    read_at: Option<Instant>,
}

/// How often a key that is not known has the keys read again, at most: one that was made by
/// `sporran key create` works after this.
const READ_EVERY: Duration = Duration::from_secs(1);

/// How often they are read again beside the requests: the longest that a revoked key works on.
const FRESH_EVERY: Duration = Duration::from_secs(5);

impl KeyRing {
    pub fn new(readers: Readers) -> Self {
        Self { readers, known: RwLock::default(), reading: tokio::sync::Mutex::default() }
    }

    /// The caller whose key the request carries, if that key may do this.
    pub async fn authorise(
        &self,
        headers: &HeaderMap,
        permission: Permission,
    ) -> Result<Caller, Problem> {
        self.identify(headers).await?.require(permission)
    }

    async fn identify(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let value = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        let key = value.and_then(|it| it.strip_prefix("Bearer ")).map(str::trim);
        let key = key.ok_or_else(Problem::unauthenticated)?;
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        if let Some(caller) = self.find(&digest) {
            return Ok(caller);
        }
        // One request reads for all that wait here.
        let reading = self.reading.lock().await;
        let read_at = self.known.read().expect("nobody panics with this lock").read_at;
        if read_at.is_none_or(|it| it.elapsed() >= READ_EVERY) {
            self.read_again().await?;
        }
        drop(reading);
        self.find(&digest).ok_or_else(Problem::unauthenticated)
    }

    fn find(&self, digest: &[u8; 32]) -> Option<Caller> {
        let known = self.known.read().expect("nobody panics with this lock");
        known.callers.get(digest).copied()
    }

    /// Reads the keys now and again, so that no request has to wait for it; never ends.
    pub async fn keep_fresh(&self) {
        loop {
            // What could not be read this time is read the next.
            let _ = self.read_again().await;
            tokio::time::sleep(FRESH_EVERY).await;
        }
    }

    pub async fn read_again(&self) -> Result<(), Problem> {
        let keys = self.readers.read(|it| it.api_keys()).await?;
        let callers = keys.into_iter().filter(|it| it.revoked_at.is_none()).filter_map(|it| {
            let caller =
                Caller { name: Name::new(&it.name).ok()?, role: Role::from_name(&it.role)? };
            Some((it.digest.try_into().ok()?, caller))
        });
        let callers = callers.collect();
        let mut known = self.known.write().expect("nobody panics with this lock");
        *known = Known { callers, read_at: Some(Instant::now()) };
        Ok(())
    }
}

/// A key as it is handed out once, and the digest that is kept of it.
pub struct NewKey {
    pub key: String,
    pub digest: [u8; 32],
}

impl NewKey {
    /// 160 random bits: no guess and no table finds it, so its plain SHA-256 may be kept.
    pub fn generate(role: Role) -> anyhow::Result<Self> {
        let mut random = [0_u8; 20];
        getrandom::fill(&mut random)
            .map_err(|error| anyhow::anyhow!("failed to draw random bytes: {error}"))?;
        let digits: String = random.iter().map(|it| format!("{it:02x}")).collect();
        let key = format!("spk_{}_{digits}", role.name().replace('-', ""));
        let digest = Sha256::digest(key.as_bytes()).into();
        Ok(Self { key, digest })
    }
}

/// Who, through which channel and why, from the caller and the headers `Sporran-Channel` and
/// `Sporran-Reason`.
pub fn origin(caller: Caller, headers: &HeaderMap) -> Result<Origin, Problem> {
    let text = |name: &'static str| match headers.get(name) {
        None => Ok(None),
        Some(value) => match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => Ok(Some(text.trim())),
            Err(_) => Err(Problem::malformed(name, "is not UTF-8")),
        },
    };
    let channel = match text("sporran-channel")? {
        None => "api",
        Some(channel) => channel,
    };
    let channel =
        Name::new(channel).map_err(|error| Problem::malformed("Sporran-Channel", error))?;
    let reason = match text("sporran-reason")? {
        None | Some("") => None,
        Some(reason) => {
            super::text::check("Sporran-Reason", reason, 256)?;
            Some(reason.into())
        }
    };
    Ok(Origin { actor: caller.name, channel, reason })
}
