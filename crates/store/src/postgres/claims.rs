//! What one shard alone may have, of a database that has several.
//!
//! **Invariant:** whose a claim is changes only by its release, and only the node that has a
//! shard's lease releases that shard's claims.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::ShardId;
use tokio_postgres::{Error, Row};

use super::database::PostgresDatabase;
use super::lease::NOW;
use super::read::shard_of;
use super::session::Session;
use crate::StoreError;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimKind {
    /// An account's number that no shard of ours gives out.
    Number,
    /// What the network knows a subscription by.
    Subject,
    /// The number of a payment, or of what was taken back of one, at its source.
    Reference,
}

impl ClaimKind {
    pub fn code(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Subject => "subject",
            Self::Reference => "reference",
        }
    }
}

/// A value that one shard alone may have, by its digest: that of one kind is never that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    pub digest: u128,
    pub kind: ClaimKind,
}

/// Whose a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub shard: ShardId,
    /// For how long, by the database's clock.
    pub since: Duration,
}

const CLAIM: &str = "claim what one shard alone may have";
const FIND: &str = "find out which shard has claimed something";

impl PostgresDatabase {
    /// Claims for `shard` what no shard has claimed, durably; answers whose each is now.
    ///
    /// A claim of its own stays. May be called again when it is not known what became of it.
    pub fn claim(&self, shard: ShardId, claims: &[Claim]) -> Result<Vec<ShardId>, StoreError> {
        let sql = format!(
            "INSERT INTO claims (claim, kind, shard, at) \
             SELECT claim, kind, $3, {NOW} \
             FROM unnest($1::bytea[], $2::text[]) AS it (claim, kind) \
             ORDER BY claim ON CONFLICT (claim) DO NOTHING RETURNING claim"
        );
        let number = i64::from(shard.number());
        let mut whose = BTreeMap::new();
        loop {
            let missing = || claims.iter().filter(|it| !whose.contains_key(&it.digest));
            let digests: Vec<_> = missing().map(digest_of).collect();
            if digests.is_empty() {
                return Ok(claims.iter().filter_map(|it| whose.get(&it.digest).copied()).collect());
            }
            let kinds: Vec<_> = missing().map(|it| it.kind.code()).collect();
            let made = self.read(CLAIM, |session| {
                let rows = session.rows(&sql, &[&digests, &kinds, &number])?;
                rows.iter().map(read_digest).collect::<Result<Vec<_>, _>>()
            })?;
            whose.extend(made.into_iter().map(|it| (it, shard)));
            // What is not there either was released a moment ago, and is free.
            let others: Vec<_> =
                claims.iter().filter(|it| !whose.contains_key(&it.digest)).copied().collect();
            let found = self.claimed(&others)?;
            let found = others.iter().zip(found);
            whose.extend(found.filter_map(|(it, found)| Some((it.digest, found?.shard))));
        }
    }

    /// Whose each of them is.
    pub fn claimed(&self, claims: &[Claim]) -> Result<Vec<Option<Claimed>>, StoreError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT claims.claim, shard, {NOW} - at FROM unnest($1::bytea[]) AS it (claim) \
             JOIN claims ON claims.claim = it.claim"
        );
        let digests: Vec<_> = claims.iter().map(digest_of).collect();
        let read = |session: &Session| {
            let rows = session.rows(&sql, &[&digests])?;
            rows.iter().map(read_claimed).collect::<Result<Vec<_>, _>>()
        };
        let mut found = BTreeMap::new();
        for (digest, shard, age) in self.read(FIND, read)? {
            let since = Duration::from_millis(u64::try_from(age).unwrap_or(0));
            found.insert(digest, Claimed { shard: shard_of(shard)?, since });
        }
        Ok(claims.iter().map(|it| found.get(&it.digest).copied()).collect())
    }

    /// Lets go of those of the claims that are the shard's, when `node` has its lease now; answers
    /// how many there were.
    pub fn release(&self, shard: ShardId, claims: &[Claim], node: i64) -> Result<u64, StoreError> {
        let sql = format!(
            "DELETE FROM claims WHERE shard = $1 AND claim = ANY ($2) AND EXISTS (\
             SELECT 1 FROM leases WHERE leases.shard = $1 AND node = $3 AND until > {NOW})"
        );
        let digests: Vec<_> = claims.iter().map(digest_of).collect();
        let shard = i64::from(shard.number());
        self.read("release a claim", |session| session.execute(&sql, &[&shard, &digests, &node]))
    }
}

fn digest_of(claim: &Claim) -> Vec<u8> {
    claim.digest.to_be_bytes().to_vec()
}

fn read_digest(row: &Row) -> Result<u128, Error> {
    // No other bytes are ever written; those would be nobody's, and are not found.
    let bytes = row.try_get::<_, &[u8]>(0)?;
    Ok(bytes.try_into().map_or(0, u128::from_be_bytes))
}

fn read_claimed(row: &Row) -> Result<(u128, i64, i64), Error> {
    Ok((read_digest(row)?, row.try_get(1)?, row.try_get(2)?))
}
