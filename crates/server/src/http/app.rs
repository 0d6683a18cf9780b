//! What every handler has at hand, and the way from a request to the entries that answer it.

use std::sync::Arc;

use axum::http::HeaderMap;
use engine::{Command, Entry, Fact, Name, Order, Position, Refusal, ReservationId};
use metrics_exporter_prometheus::PrometheusHandle;
use store::{Kept, KeyAnswer, Reader, StoreError};
use tokio::sync::watch;

use super::auth::{Caller, KeyRing, Permission, origin};
use super::error::Problem;
use super::resources::payments::payment_key;
use super::{text, wire};
use crate::access::Access;
use crate::channels::OpenChannels;
use crate::channels::access::Network;
use crate::console::DayCount;
use crate::faces::Live;
use crate::provisioning::Provisioning;
use crate::readers::Readers;
use crate::shard::{Answered, Key, Operation, Outcome, Reply, Shard, key_digest};
use crate::shards::Shards;
use crate::transit::Arrivals;
use crate::webhooks::Webhooks;

#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub shard: Shard,
    /// Of what this shard has made durable.
    pub readers: Readers,
    /// All shards of the database, this one among them.
    pub shards: Shards,
    pub keys: KeyRing,
    /// Tells of money that other shards have sent to accounts of this one.
    pub arrivals: Arrivals,
    pub webhooks: Arc<Webhooks>,
    pub provisioning: Arc<Provisioning>,
    pub access: Access,
    pub live: Live,
    /// What the dashboard has counted so far today.
    pub day_count: DayCount,
    pub options: ApiOptions,
    pub channels: OpenChannels,
    pub metrics: PrometheusHandle,
    /// Held while the clock is set forward, by one at a time.
    pub setting_clock: tokio::sync::Mutex<()>,
    /// Turns `true` when the server stops, so that feeds end.
    pub stopping: watch::Receiver<bool>,
}

/// How the API behaves.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// How long a grant holds when the request does not say, in seconds.
    pub grant_seconds: u32,
    /// The longest that a request may ask for.
    pub grant_seconds_max: u32,
    pub body_bytes_max: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    pub statement_entries_max: usize,
    /// In which days begin.
    pub time_zone: jiff::tz::TimeZone,
    /// Who sends the statements.
    pub provider: crate::config::Provider,
    pub refund_caps: crate::refund_caps::RefundCaps,
    /// For how long an idempotency key finds its answer, at least; in microseconds.
    pub key_memory: i64,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// A request that may write: whose it is, and its body as it came.
pub struct Writing<'a> {
    pub caller: Caller,
    pub headers: &'a HeaderMap,
    /// Method and path: the same key with another one is a conflict.
    pub target: &'a str,
    pub body: &'a [u8],
}

/// The entries that answer an operation: just written, or found again.
pub enum Entries {
    Fresh { reply: Reply<Outcome> },
    Found(Vec<Entry>),
}

impl Entries {
    pub fn as_slice(&self) -> &[Entry] {
        match self {
            Self::Fresh { reply } => reply.entries(&reply.outcome),
            Self::Found(entries) => entries,
        }
    }

    pub fn first(&self) -> Result<&Entry, Problem> {
        self.as_slice().first().ok_or_else(Problem::internal)
    }

    /// Whether the operation was done before, and this is its first answer again.
    pub fn is_repeat(&self) -> bool {
        matches!(self, Self::Found(_))
    }
}

impl App {
    pub fn new(
        (shard, readers): (Shard, Readers),
        shards: Shards,
        (webhooks, provisioning, access): (Webhooks, Provisioning, Access),
        options: ApiOptions,
        channels: OpenChannels,
        (metrics, stopping): (PrometheusHandle, watch::Receiver<bool>),
    ) -> Self {
        let keys = KeyRing::new(readers.clone());
        let (webhooks, provisioning) = (Arc::new(webhooks), Arc::new(provisioning));
        Self(Arc::new(Parts {
            shard,
            readers,
            shards,
            arrivals: Arrivals::default(),
            keys,
            webhooks,
            provisioning,
            access,
            live: Live::default(),
            day_count: DayCount::default(),
            options,
            channels,
            metrics,
            setting_clock: tokio::sync::Mutex::default(),
            stopping,
        }))
    }

    pub async fn authorise(
        &self,
        headers: &HeaderMap,
        permission: Permission,
    ) -> Result<Caller, Problem> {
        self.keys.authorise(headers, permission).await
    }

    /// Has `command` decided, at most once under the request's Idempotency-Key.
    pub async fn submit(
        &self,
        writing: &Writing<'_>,
        command: Command,
    ) -> Result<Entries, Problem> {
        self.submit_once(writing, command, None).await
    }

    /// As [`Self::submit`], and at most once for ever under `reference_key`.
    ///
    /// Whether a repeat under that key asks for the same is for the caller to compare.
    pub async fn submit_once(
        &self,
        writing: &Writing<'_>,
        command: Command,
        reference_key: Option<u128>,
    ) -> Result<Entries, Problem> {
        let origin = origin(writing.caller, writing.headers)?;
        let mut operation = Operation::new(Order { origin, command });
        operation.idempotency_key = idempotency_key(writing)?;
        operation.reference_key = reference_key.map(|key| Key { key, fingerprint: 0 });
        self.execute(operation).await
    }

    /// Has an operation decided, or finds its first answer again.
    pub async fn execute(&self, operation: Operation) -> Result<Entries, Problem> {
        let fingerprint = operation.idempotency_key.map(|it| it.fingerprint);
        let reply = self.shard.execute(operation).await?;
        self.resolve(reply, fingerprint).await
    }

    /// The entry that received a payment, by its source and the source's own number for it.
    pub async fn find_payment(
        &self,
        source: Name,
        reference: &str,
    ) -> Result<Option<Entry>, Problem> {
        self.find_under(payment_key(source.as_str(), reference)).await
    }

    /// The first entry that came of what was done under a key that is kept for ever.
    pub async fn find_under(&self, key: u128) -> Result<Option<Entry>, Problem> {
        let Some(sequence) = self.shard.find(key).await? else {
            return Ok(None);
        };
        let known = Outcome::Known { kept: Kept::ForEver, sequence };
        let found = self.readers.read(move |it| find_again(it, &known)).await?;
        found.into_entries(None)?.first().cloned().map(Some)
    }

    /// The first answer under an idempotency key, if it was used lately.
    pub async fn find_answer(&self, key: Key) -> Result<Option<Entries>, Problem> {
        let Some(sequence) = self.shard.find_kept(Kept::ForADay, key).await? else {
            return Ok(None);
        };
        let known = Outcome::Known { kept: Kept::ForADay, sequence };
        let found = self.readers.read(move |it| find_again(it, &known)).await?;
        found.into_entries(Some(key.fingerprint)).map(Some)
    }

    /// The first answer to a request, if it was asked before: what else its answer depends on may
    /// have changed since.
    pub async fn answered(&self, writing: &Writing<'_>) -> Result<Option<Entries>, Problem> {
        match idempotency_key(writing)? {
            Some(key) => self.find_answer(key).await,
            None => Ok(None),
        }
    }

    async fn resolve(
        &self,
        reply: Reply<Outcome>,
        fingerprint: Option<u64>,
    ) -> Result<Entries, Problem> {
        match reply.outcome.clone() {
            Outcome::Entries { .. } => Ok(Entries::Fresh { reply }),
            Outcome::Refused(refusal) => Err(Problem::refused(&refusal)),
            other => {
                let found = self.readers.read(move |it| find_again(it, &other)).await?;
                found.into_entries(fingerprint)
            }
        }
    }
}

/// An answer that was given before.
pub enum FoundAgain {
    /// Under a key, with the fingerprint of what was asked then.
    Key { kept: Kept, fingerprint: u64, answer: Result<Vec<Entry>, Box<Refusal>> },
    /// To a numbered request of a session.
    Request(Vec<Entry>),
    /// In another shard, under a key that is kept for ever.
    Elsewhere(Vec<Entry>),
    /// A number below one that was answered, which itself never was.
    OutOfOrder { reservation: String, request: u32 },
}

impl FoundAgain {
    pub fn into_entries(self, fingerprint: Option<u64>) -> Result<Entries, Problem> {
        match self {
            Self::Key { kept: Kept::ForADay, fingerprint: found, .. }
                if fingerprint.is_some_and(|it| it != found) =>
            {
                Err(Problem::idempotency_key_reused())
            }
            Self::Key { answer: Ok(entries), .. }
            | Self::Request(entries)
            | Self::Elsewhere(entries) => Ok(Entries::Found(entries)),
            Self::Key { answer: Err(refusal), .. } => Err(Problem::refused(&refusal)),
            Self::OutOfOrder { reservation, request } => {
                Err(Problem::refused(&Refusal::RequestOutOfOrder { request, reservation }))
            }
        }
    }
}

/// Finds the first answer to what was asked before. Everything it needs is durable by now.
pub fn find_again(reader: &dyn Reader, outcome: &Outcome) -> Result<FoundAgain, StoreError> {
    let missing = |what: String| StoreError::damaged(what, "it is missing");
    match *outcome {
        Outcome::Elsewhere(ref entries) => Ok(FoundAgain::Elsewhere(entries.to_vec())),
        Outcome::Known { kept, sequence } => {
            let key = reader.key(kept, sequence)?;
            let key = key.ok_or_else(|| missing(format!("key {sequence}")))?;
            let answer = match key.answer {
                KeyAnswer::Entries { first, count } => {
                    let before = Position(first.0.saturating_sub(1));
                    Ok(reader.entries_after(before, count as usize)?)
                }
                KeyAnswer::Refused(refusal) => Err(refusal),
            };
            Ok(FoundAgain::Key { kept, fingerprint: key.fingerprint, answer })
        }
        Outcome::Repeat(position) => {
            let entry = reader.entry(position)?;
            let entry = entry.ok_or_else(|| missing(format!("position {}", position.0)))?;
            Ok(FoundAgain::Request(vec![entry]))
        }
        Outcome::EarlierRepeat { from, serial, request } => {
            let mut at = from;
            let mut reservation = String::new();
            while let Some(entry) = reader.entry(at)? {
                if let Some(posting) = entry.posting {
                    let account = posting.account;
                    reservation = wire::reservation_id(ReservationId { account, serial });
                }
                match &entry.fact {
                    Fact::Authorised { serial: found, request: number, .. }
                    | Fact::Settled { serial: found, request: number, .. }
                    | Fact::Released { serial: found, request: number, .. }
                    | Fact::Refused { serial: found, request: number, .. }
                        if *found == serial =>
                    {
                        if *number == request {
                            return Ok(FoundAgain::Request(vec![entry]));
                        }
                        if *number > 0 && *number < request {
                            break;
                        }
                    }
                    Fact::AccountOpened(_) => break,
                    _ => {}
                }
                at = entry.posting.map_or(Position::START, |it| it.prev);
            }
            Ok(FoundAgain::OutOfOrder { reservation, request })
        }
        Outcome::Entries { .. } | Outcome::Refused(_) => {
            unreachable!("fresh answers need not be found again")
        }
    }
}

/// The key of the request's Idempotency-Key header, as the caller's own.
pub fn idempotency_key(writing: &Writing<'_>) -> Result<Option<Key>, Problem> {
    let Some(value) = writing.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value.as_bytes())
        .map_err(|_| Problem::malformed("Idempotency-Key", "is not UTF-8"))?;
    text::check("Idempotency-Key", text, 255)?;
    let key =
        key_digest(&[b"idempotency", writing.caller.name.as_str().as_bytes(), text.as_bytes()]);
    let asked = key_digest(&[writing.target.as_bytes(), writing.body]);
    Ok(Some(Key { key, fingerprint: asked as u64 & (u64::MAX >> 1) }))
}
