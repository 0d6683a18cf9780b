//! What a shard answers another that wants what it has claimed.

use std::time::Duration;

use engine::{Position, State, Whose};
use serde::{Deserialize, Serialize};
use store::{Kept, KeyAnswer, KeyRecord, StoreError};

use super::{Claims, Value};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::wire;
use crate::shards::Question;

/// How long it is waited for the end of what is under way about a value.
const UNDER_WAY_MAX: Duration = Duration::from_secs(2);

/// Asks a shard that has claimed values whether it has them. It lets go of those that it has not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WhoseIs {
    pub values: Vec<Value>,
}

/// How a value stands in a shard that has claimed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The shard does not have it, and has let go of the claim.
    Free,
    /// It is not known yet: an operation that brings it takes long.
    UnderWay,
    /// An account has this number.
    Number,
    Subject {
        subscription: String,
    },
    /// These entries came of it.
    Reference {
        first: Position,
        count: usize,
    },
}

impl Question for WhoseIs {
    const NAME: &'static str = "claims";

    /// In the order of the values.
    type Answer = Vec<Standing>;

    async fn answer(self, app: &App) -> Result<Self::Answer, Problem> {
        match app.shard.claims() {
            Some(claims) => claims.look(app, self.values).await,
            None => Err(Problem::not_found("other shard")),
        }
    }
}

impl Claims {
    /// Says how values stand here, and lets go of the claims of those that do not.
    async fn look(&self, app: &App, values: Vec<Value>) -> Result<Vec<Standing>, Problem> {
        // What an operation has claimed that is under way becomes the shard's, or does not.
        let held = self.held.hold(values.iter().map(|it| it.claim().digest).collect());
        let Ok(_holding) = tokio::time::timeout(UNDER_WAY_MAX, held).await else {
            return Ok(vec![Standing::UnderWay; values.len()]);
        };
        // Whoever asked for an operation may have gone: it was asked for before this, and is
        // decided before this is looked at.
        let paid = self.look_for_references(app, &values).await?;
        let asked = values.clone();
        let look = move |state: &State, _| asked.iter().map(|it| standing(state, it)).collect();
        let mut standings: Vec<Standing> = app.shard.read(None, look).await?;
        for (standing, paid) in standings.iter_mut().zip(paid) {
            if let Some(paid) = paid {
                *standing = paid;
            }
        }
        let free = values.iter().zip(&standings).filter(|it| *it.1 == Standing::Free);
        let free: Vec<_> = free.map(|it| it.0.claim()).collect();
        if !free.is_empty() {
            self.table.release(self.shards.own(), free).await?;
        }
        Ok(standings)
    }

    /// By the values' places: what came of a reference, where anything has.
    async fn look_for_references(
        &self,
        app: &App,
        values: &[Value],
    ) -> Result<Vec<Option<Standing>>, Problem> {
        let keys = values.iter().filter_map(|it| match it {
            Value::Reference(key) => Some(*key),
            Value::Number(_) | Value::Subject(_) => None,
        });
        let keys: Vec<u128> = keys.collect();
        if keys.is_empty() {
            return Ok(vec![None; values.len()]);
        }
        let sequences = app.shard.find_all(keys).await?;
        let read = app.readers.read(move |reader| {
            let answer = |sequence: Option<u64>| {
                let Some(sequence) = sequence else { return Ok(None) };
                let key = reader.key(Kept::ForEver, sequence)?;
                let missing = || StoreError::damaged(format!("key {sequence}"), "it is missing");
                key.ok_or_else(missing).map(paid)
            };
            sequences.into_iter().map(answer).collect::<Result<Vec<_>, _>>()
        });
        let mut found = read.await?.into_iter();
        let of = |it: &Value| matches!(it, Value::Reference(_)).then(|| found.next()).flatten();
        Ok(values.iter().map(of).map(Option::flatten).collect())
    }
}

fn paid(key: KeyRecord) -> Option<Standing> {
    match key.answer {
        KeyAnswer::Entries { first, count } => {
            Some(Standing::Reference { first, count: usize::try_from(count).ok()? })
        }
        KeyAnswer::Refused(_) => None,
    }
}

fn standing(state: &State, value: &Value) -> Standing {
    let found = match value {
        Value::Number(number) => state.find(Whose::Number(number)).map(|_| Standing::Number),
        Value::Subject(subject) => state
            .subject(subject)
            .map(|it| Standing::Subject { subscription: wire::subscription_id(it) }),
        Value::Reference(_) => None,
    };
    found.unwrap_or(Standing::Free)
}
