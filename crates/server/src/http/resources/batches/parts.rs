//! A batch whose operations belong to several shards: each shard does its part of it.
//!
//! **Invariant:** the key of an operation is by its place in the whole batch, so that it is done
//! at most once however the batch is taken apart.

use std::collections::BTreeMap;

use engine::{Name, Origin, ShardId};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{BatchOperation, BatchResult, Doing, do_all};
use crate::access::tokens;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::nodes::{Named, named_by};
use crate::shard::Key;
use crate::shards::Question;

/// What a shard does of a batch that another one was asked for.
#[derive(Clone, Serialize, Deserialize)]
pub struct Part {
    actor: Name,
    channel: Name,
    reason: Option<String>,
    may_pay: bool,
    /// The batch's, or one that was drawn for it: a part may be asked for twice.
    key: u128,
    fingerprint: u64,
    /// Each with its place in the batch.
    operations: Vec<(usize, Box<RawValue>)>,
}

/// What came of a part.
#[derive(Serialize, Deserialize)]
pub enum PartAnswer {
    /// In the order of its operations.
    Results(Vec<Box<RawValue>>),
    /// The batch's key stands for another batch here.
    KeyReused,
}

/// What came of one operation, here or in another shard.
#[derive(Serialize)]
#[serde(untagged)]
pub enum PartResult {
    Here(Box<BatchResult>),
    Elsewhere(Box<RawValue>),
}

/// The operations of a batch as they were written.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    operations: Vec<&'a RawValue>,
}

impl PartResult {
    fn here(result: BatchResult) -> Self {
        Self::Here(Box::new(result))
    }
}

/// Has each shard do its operations of a batch, as it is written in `body`; answers what came of
/// each, in order.
pub async fn do_parts(
    app: &App,
    doing: &Doing,
    body: &[u8],
    operations: &[BatchOperation<'_>],
) -> Result<Vec<PartResult>, Problem> {
    let (own, shards) = (app.shards.own(), shards_of(app, operations).await?);
    let written: Written<'_> =
        serde_json::from_slice(body).map_err(|it| Problem::malformed_body(it.to_string()))?;
    let mut places: BTreeMap<ShardId, Vec<usize>> = BTreeMap::new();
    for (place, shard) in shards.into_iter().enumerate() {
        places.entry(shard).or_default().push(place);
    }
    // What is done here comes first: it may tell that the key stands for another batch.
    let here = places.remove(&own).unwrap_or_default();
    let placed = here.iter().filter_map(|it| Some((*it, operations.get(*it)?))).collect();
    let done = do_all(app, doing, placed).await?;
    let mut results: BTreeMap<usize, PartResult> =
        here.into_iter().zip(done.into_iter().map(PartResult::here)).collect();
    let written = &written;
    let asked = places.into_iter().map(|(shard, places)| async move {
        let done = ask_for_part(app, shard, doing, written, &places).await;
        (places, done)
    });
    for (places, done) in join_all(asked).await {
        results.extend(places.into_iter().zip(done?));
    }
    Ok(results.into_values().collect())
}

/// Has another shard do its operations. What is not known of them, each is told.
async fn ask_for_part(
    app: &App,
    shard: ShardId,
    doing: &Doing,
    written: &Written<'_>,
    places: &[usize],
) -> Result<Vec<PartResult>, Problem> {
    let Key { key, fingerprint } = doing.key.map_or_else(drawn, Ok)?;
    let of = |it: &usize| Some((*it, (*written.operations.get(*it)?).to_owned()));
    let Origin { actor, channel, reason } = doing.origin.clone();
    let reason = reason.map(|it| it.to_string());
    let operations = places.iter().filter_map(of).collect();
    let may_pay = doing.may_pay;
    let part = Part { actor, channel, reason, may_pay, key, fingerprint, operations };
    match app.ask(shard, part).await {
        Ok(PartAnswer::Results(results)) if results.len() == places.len() => {
            Ok(results.into_iter().map(PartResult::Elsewhere).collect())
        }
        Ok(PartAnswer::KeyReused) => Err(Problem::idempotency_key_reused()),
        Ok(PartAnswer::Results(_)) | Err(_) => {
            let unknown = |_| PartResult::here(BatchResult::problem(Problem::unavailable()));
            Ok(places.iter().map(unknown).collect())
        }
    }
}

/// A key that no batch had.
fn drawn() -> Result<Key, Problem> {
    let drawn = tokens::draw().map_err(|error| {
        tracing::error!(%error, "no random bytes can be drawn");
        Problem::internal()
    })?;
    let bytes = drawn.first_chunk().ok_or_else(Problem::internal)?;
    Ok(Key { key: u128::from_le_bytes(*bytes), fingerprint: 0 })
}

/// Whose the operations are, by their places. What names nobody is told so here.
async fn shards_of(app: &App, operations: &[BatchOperation<'_>]) -> Result<Vec<ShardId>, Problem> {
    let mut shards = vec![app.shards.own(); operations.len()];
    let (mut places, mut sought) = (Vec::new(), Vec::new());
    for (place, operation) in operations.iter().enumerate() {
        match whose(operation) {
            Some(Named::By(shard)) if app.shards.all().any(|it| it == shard) => {
                shards[place] = shard;
            }
            Some(Named::Sought(value)) => {
                places.push(place);
                sought.push(value);
            }
            Some(Named::By(_)) | None => {}
        }
    }
    let Some(claims) = app.shard.claims().filter(|_| !sought.is_empty()) else {
        return Ok(shards);
    };
    for (place, found) in places.into_iter().zip(claims.find_all(&sought).await?) {
        shards[place] = found.unwrap_or(shards[place]);
    }
    Ok(shards)
}

fn whose(operation: &BatchOperation<'_>) -> Option<Named> {
    match operation {
        BatchOperation::Charge(it) => named_by("account", it.account.as_deref()?),
        BatchOperation::Payment(it) => named_by("account", it.account.as_deref()?),
        BatchOperation::Settle(it) => named_by("reservation", it.reservation.as_deref()?),
        BatchOperation::Authorise(it) => match (&it.account, &it.subject, &it.subscription) {
            (Some(account), _, _) => named_by("account", account),
            (None, Some(subject), _) => named_by("subject", subject),
            (None, None, subscription) => named_by("subscription", subscription.as_deref()?),
        },
    }
}

impl Question for Part {
    const NAME: &'static str = "batch-part";

    type Answer = PartAnswer;

    async fn answer(self, app: &App) -> Result<Self::Answer, Problem> {
        let origin = Origin {
            actor: self.actor,
            channel: self.channel,
            reason: self.reason.map(Into::into),
        };
        let key = Some(Key { key: self.key, fingerprint: self.fingerprint });
        let doing = Doing { origin, key, may_pay: self.may_pay, is_part: true };
        let read = self.operations.iter().map(|it| serde_json::from_str(it.1.get()));
        let read: Result<Vec<BatchOperation<'_>>, serde_json::Error> = read.collect();
        let read = read.map_err(|it| Problem::malformed_body(it.to_string()))?;
        let placed = self.operations.iter().zip(&read).map(|it| (it.0.0, it.1)).collect();
        let results = match do_all(app, &doing, placed).await {
            Err(problem) if problem.code == "idempotency_key_reused" => {
                return Ok(PartAnswer::KeyReused);
            }
            done => done?,
        };
        let written = results.iter().map(serde_json::value::to_raw_value);
        let written: Result<Vec<_>, _> = written.collect();
        written.map(PartAnswer::Results).map_err(|_| Problem::internal())
    }
}
