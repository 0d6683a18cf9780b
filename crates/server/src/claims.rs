//! What one shard alone may have of all that a business has: account numbers that were brought
//! along, the names by which the network knows subscriptions, references of payments.
//!
//! ```text
//!   operation ──▶ what does it bring? ──▶ claimed, durably ──▶ decided in the shard as ever
//!                                             │ another shard has claimed it
//!                                             ▼
//!                        that shard is asked: it has it ──▶ the same "no" as within one shard
//!                                             it has not ──▶ it lets go, and we claim again
//! ```
//!
//! **Invariant:** a shard has a value only when the claim of it is its own, and lets go of a claim
//! only while nothing here that brings the value is under way and the shard does not have it. So
//! no two shards have it; and a claim that was left behind keeps nobody from it.
//!
//! With one shard there is none of this.

mod grown;
mod held;
mod known;
mod standing;
mod table;
mod together;
mod value;

use std::collections::BTreeMap;

use engine::{Refusal, ShardId};
use store::StoreError;

use crate::shard::{Operation, Outcome, Unavailable};
use crate::shards::Shards;
use held::{Held, Holding};
use standing::Standing;
use together::Together;

pub use grown::claim_all;
pub use standing::WhoseIs;
pub use table::ClaimTable;
pub use value::Value;

/// How often it is claimed again what another shard has let go of.
const ROUNDS_MAX: usize = 3;

/// The claims of one shard's server.
pub struct Claims {
    table: ClaimTable,
    shards: Shards,
    held: Held,
    together: Together,
}

/// What came of claiming what operations bring. Whoever has it keeps it until they are decided.
pub struct Claimed {
    /// By the operations' places: the answer to one that brings what another shard has. It is not
    /// to be decided here.
    pub elsewhere: Vec<Option<Outcome>>,
    _holding: Option<Holding>,
}

/// A value, and the place of the operation that brings it.
type Brought = (usize, Value);

impl Claims {
    pub fn new(table: ClaimTable, shards: Shards) -> Self {
        Self { table, shards, held: Held::default(), together: Together::default() }
    }

    /// Claims what the operations bring.
    ///
    /// What is claimed already costs a look, and what operations of other callers bring at the same
    /// time is claimed with it.
    pub async fn claim(&self, operations: &[Operation]) -> Result<Claimed, Unavailable> {
        let mut elsewhere = vec![None; operations.len()];
        let mut open: Vec<Brought> = Vec::new();
        for (place, operation) in operations.iter().enumerate() {
            match value::brought_by(operation, self.shards.own(), self.shards.all().count()) {
                Ok(values) => open.extend(values.into_iter().map(|it| (place, it))),
                Err(refusal) => elsewhere[place] = Some(Outcome::Refused(Box::new(refusal))),
            }
        }
        if open.is_empty() {
            return Ok(Claimed { elsewhere, _holding: None });
        }
        let holding = self.held.hold(open.iter().map(|it| it.1.claim().digest).collect()).await;
        for _ in 0..ROUNDS_MAX {
            let others = self.claim_round(std::mem::take(&mut open)).await?;
            for (shard, brought) in others {
                for (place, value, outcome) in self.look_elsewhere(shard, brought).await? {
                    match outcome {
                        Some(outcome) => elsewhere[place] = Some(outcome),
                        None => open.push((place, value)),
                    }
                }
            }
            if open.is_empty() {
                return Ok(Claimed { elsewhere, _holding: Some(holding) });
            }
        }
        Err(Unavailable)
    }

    /// The shards that have claimed values.
    pub async fn find_all(&self, values: &[Value]) -> Result<Vec<Option<ShardId>>, StoreError> {
        self.table.find_all(values).await
    }

    /// What others have claimed of it, by shard.
    async fn claim_round(
        &self,
        brought: Vec<Brought>,
    ) -> Result<BTreeMap<ShardId, Vec<Brought>>, Unavailable> {
        let own = self.shards.own();
        let claims = brought.iter().map(|it| it.1.claim()).collect();
        let whose = self.together.claim(&self.table, own, claims).await?;
        let mut others: BTreeMap<ShardId, Vec<Brought>> = BTreeMap::new();
        for (brought, shard) in brought.into_iter().zip(whose) {
            if shard != own {
                others.entry(shard).or_default().push(brought);
            }
        }
        Ok(others)
    }

    /// Asks the shard that has claimed values; answers for each what comes of the operation, and
    /// nothing where that shard has let go of it.
    async fn look_elsewhere(
        &self,
        shard: ShardId,
        brought: Vec<Brought>,
    ) -> Result<Vec<(usize, Value, Option<Outcome>)>, Unavailable> {
        let question = WhoseIs { values: brought.iter().map(|it| it.1.clone()).collect() };
        let standings = self.shards.ask_another(shard, &question).await;
        let standings = standings.map_err(|_| Unavailable)?;
        let mut found = Vec::with_capacity(brought.len());
        for ((place, value), standing) in brought.into_iter().zip(standings) {
            let outcome = self.outcome(shard, &value, standing).await?;
            found.push((place, value, outcome));
        }
        Ok(found)
    }

    /// The answer that an operation gets which brings a value that stands so in another shard: the
    /// same that it would get if it stood so in this one.
    async fn outcome(
        &self,
        shard: ShardId,
        value: &Value,
        standing: Standing,
    ) -> Result<Option<Outcome>, Unavailable> {
        let refusal = match (standing, value) {
            (Standing::Free, _) => return Ok(None),
            (Standing::UnderWay, _) => return Err(Unavailable),
            (Standing::Number, Value::Number(number)) => {
                Refusal::AccountNumberTaken { number: number.to_string() }
            }
            (Standing::Subject { subscription }, Value::Subject(subject)) => {
                Refusal::SubjectTaken { subject: subject.to_string(), subscription }
            }
            (Standing::Reference { first, count }, Value::Reference(_)) => {
                let readers = self.shards.readers_of(shard).ok_or(Unavailable)?;
                let before = engine::Position(first.0.saturating_sub(1));
                let read = readers.read(move |it| it.entries_after(before, count)).await;
                let entries = read.map_err(|error| {
                    tracing::error!(%error, shard = shard.number(), "a payment cannot be read");
                    Unavailable
                })?;
                return Ok(Some(Outcome::Elsewhere(entries.into())));
            }
            (standing, value) => {
                tracing::error!(?standing, ?value, "another shard answers what was not asked");
                return Err(Unavailable);
            }
        };
        Ok(Some(Outcome::Refused(Box::new(refusal))))
    }
}
