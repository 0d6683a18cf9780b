//! The shards of a database together: what one asks another, wherever that is, and what is read
//! from the journals of all.
//!
//! A file is one shard, and so is most databases: then nothing here leaves the process.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use engine::{Position, ShardId};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Reader, StoreError};

use crate::channels::bank::AskNumbers;
use crate::claims::{Claims, WhoseIs};
use crate::console::{dashboard, find};
use crate::faces::titles;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::promise_history;
use crate::http::resources::{
    batches, customers, debtors, provisioning_adapters, provisioning_commands,
    provisioning_reconciliation, receivables, trial_balance,
};
use crate::nodes::Front;
use crate::readers::Readers;
use crate::transit::{AskPayee, AskReceived, AskReversal};

/// The addresses at which nodes ask each other begin so; nobody else reaches them.
pub const PREFIX: &str = "/nodes/";

/// Bytes of an answer, at most.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the server of a shard is asked by that of another.
///
/// It may be asked twice: to answer again must be as good as once. Nodes of two versions may have
/// to understand it while one after the other is replaced.
pub trait Question: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Of the address, and of no other question.
    const NAME: &'static str;

    type Answer: Serialize + DeserializeOwned + Send + 'static;

    fn answer(self, app: &App) -> impl Future<Output = Result<Self::Answer, Problem>> + Send;
}

/// Marks a request that a node of ours made.
#[derive(Clone, Copy)]
pub struct FromNode;

/// All shards, as the server of one sees them.
#[derive(Clone)]
pub struct Shards {
    own: ShardId,
    /// Of each, by its number.
    readers: Vec<Readers>,
    /// The way to the others; without one there are none.
    front: Option<Front>,
}

impl Shards {
    /// The only one.
    pub fn one(readers: Readers) -> Self {
        Self { own: ShardId::FIRST, readers: vec![readers], front: None }
    }

    /// One of several, whose `readers` are by their numbers.
    pub fn many(own: ShardId, readers: Vec<Readers>, front: Front) -> Self {
        Self { own, readers, front: Some(front) }
    }

    pub fn own(&self) -> ShardId {
        self.own
    }

    pub fn are_many(&self) -> bool {
        self.readers.len() > 1
    }

    /// Every shard, the first one first.
    pub fn all(&self) -> impl Iterator<Item = ShardId> + use<'_> {
        (0..).map_while(ShardId::new).take(self.readers.len())
    }

    /// What the shards have claimed; nothing where there is one.
    pub fn claims(&self) -> Option<Claims> {
        let table = self.front.as_ref()?.claims()?.clone();
        Some(Claims::new(table, self.clone()))
    }

    /// Has the server of another shard answer.
    pub async fn ask_another<Q: Question>(
        &self,
        shard: ShardId,
        question: &Q,
    ) -> Result<Q::Answer, Problem> {
        match &self.front {
            Some(front) => ask_other(front, shard, question).await,
            None => Err(Problem::unavailable()),
        }
    }

    /// Has the server of another shard answer a caller's request, as it would have come there.
    pub async fn pass_on(&self, shard: ShardId, parts: Parts, body: Bytes) -> Response {
        match &self.front {
            Some(front) => front.ask(shard, parts, body).await,
            None => Problem::unavailable().into_response(),
        }
    }

    /// What reads the journal of a shard and its directory.
    ///
    /// It shows what is durable, which may be a moment behind what the shard has decided.
    pub fn readers_of(&self, shard: ShardId) -> Option<&Readers> {
        self.readers.get(usize::try_from(shard.number()).ok()?)
    }

    /// Reads from the journal of a shard; nothing where there is no such shard.
    pub async fn read<T: Send + 'static>(
        &self,
        shard: ShardId,
        read: impl FnOnce(&dyn Reader) -> Result<Option<T>, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        match self.readers_of(shard) {
            Some(readers) => readers.read(read).await,
            None => Ok(None),
        }
    }

    /// Reads up to `limit` of what is listed by rising ids or positions: from one shard after the
    /// other, because those of each are above those of the one before. `read` is told how many are
    /// missing; what it goes on after lies in the shard `from`, and before all of the later ones.
    pub async fn list<T: Send + 'static>(
        &self,
        from: ShardId,
        limit: usize,
        read: impl Fn(&dyn Reader, usize) -> Result<Vec<T>, StoreError> + Clone + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let from = usize::try_from(from.number()).unwrap_or(usize::MAX);
        for readers in self.readers.iter().skip(from) {
            let (read, missing) = (read.clone(), limit - found.len());
            found.extend(readers.read(move |it| read(it, missing)).await?);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// What comes before `cursor` in each shard, newest first over all of them: positions that say
    /// nothing of each other's order are put in order by their moments.
    pub async fn before(&self, cursor: Option<Position>) -> Result<Vec<Position>, StoreError> {
        let newest = Position(u64::MAX);
        let [_, _, ..] = *self.readers else { return Ok(vec![cursor.unwrap_or(newest)]) };
        let Some(cursor) = cursor else { return Ok(vec![newest; self.readers.len()]) };
        let of = cursor.shard().unwrap_or_default();
        let at = self.read(of, move |it| it.entry(cursor)).await?.map(|it| it.at);
        // A cursor of our own is an entry.
        let Some(at) = at else { return Ok(vec![Position::START; self.readers.len()]) };
        let places = self.all().zip(&self.readers).map(|(shard, readers)| async move {
            // Of one moment the higher position is the newer one.
            let until = if shard < of { at } else { at.plus(-1) };
            match shard == of {
                true => Ok(cursor),
                false => readers.read(move |it| Ok(it.position_at(until)?.plus(1))).await,
            }
        });
        try_join_all(places).await
    }
}

impl App {
    /// Has the server of `shard` answer.
    pub async fn ask<Q: Question>(
        &self,
        shard: ShardId,
        question: Q,
    ) -> Result<Q::Answer, Problem> {
        match &self.shards.front {
            Some(front) if shard != self.shards.own => ask_other(front, shard, &question).await,
            _ => question.answer(self).await,
        }
    }

    /// Has the servers of all shards answer at the same time, the first one first; there is no
    /// answer without each.
    pub async fn ask_all<Q: Question>(&self, question: Q) -> Result<Vec<Q::Answer>, Problem> {
        let asked = self.shards.all().map(|shard| self.ask(shard, question.clone()));
        try_join_all(asked).await
    }

    /// As [`Self::ask_all`], and the answers of all shards are made one.
    pub async fn ask_for_sum<Q: Question>(
        &self,
        question: Q,
        add: fn(Q::Answer, Q::Answer) -> Q::Answer,
    ) -> Result<Q::Answer, Problem> {
        let answers = self.ask_all(question).await?;
        answers.into_iter().reduce(add).ok_or_else(Problem::internal)
    }

    /// Asks each shard about what is its own of `all`, at the same time; answers come by shard.
    pub async fn ask_owners<T, Q: Question>(
        &self,
        all: impl IntoIterator<Item = T>,
        owner: fn(&T) -> ShardId,
        question: impl Fn(Vec<T>) -> Q,
    ) -> Result<Vec<Q::Answer>, Problem> {
        let asked = by_shard(all, owner).into_iter();
        try_join_all(asked.map(|(shard, own)| self.ask(shard, question(own)))).await
    }
}

/// What is each shard's own.
pub fn by_shard<T>(
    all: impl IntoIterator<Item = T>,
    owner: fn(&T) -> ShardId,
) -> BTreeMap<ShardId, Vec<T>> {
    let mut by_shard: BTreeMap<_, Vec<T>> = BTreeMap::new();
    for it in all {
        by_shard.entry(owner(&it)).or_default().push(it);
    }
    by_shard
}

async fn ask_other<Q: Question>(
    front: &Front,
    shard: ShardId,
    question: &Q,
) -> Result<Q::Answer, Problem> {
    let failed = |what: &str, why: &dyn std::fmt::Display| {
        tracing::error!(shard = shard.number(), question = Q::NAME, "{what}: {why}");
        Problem::internal()
    };
    let body = serde_json::to_vec(question);
    let body = body.map_err(|it| failed("a question cannot be written", &it))?;
    let request = Request::post(format!("{PREFIX}{}", Q::NAME));
    let request = request.header("content-type", "application/json").extension(FromNode);
    let request = request.body(()).map_err(|it| failed("a question cannot be asked", &it))?;
    let (parts, ()) = request.into_parts();
    let response = front.ask(shard, parts, Bytes::from(body)).await;
    let status = response.status();
    let answer = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
    // Whoever answers may stop in the middle.
    let answer = answer.map_err(|_| Problem::unavailable())?;
    if status.is_server_error() {
        return Err(Problem::unavailable());
    }
    if !status.is_success() {
        return Err(failed("a question was refused", &String::from_utf8_lossy(&answer)));
    }
    serde_json::from_slice(&answer).map_err(|it| failed("an answer cannot be read", &it))
}

/// Adds the address at which a question is answered.
type Answering = fn(Router<App>) -> Router<App>;

/// Where the server of a shard answers the others: all that they ask.
pub fn routes() -> Router<App> {
    let questions: &[Answering] = &[
        answers::<batches::Part>,
        answers::<customers::AskBearer>,
        answers::<dashboard::AskDay>,
        answers::<debtors::AskOwing>,
        answers::<debtors::AskDebtors>,
        answers::<find::AskExactly>,
        answers::<find::AskGlances>,
        answers::<promise_history::AskStandings>,
        answers::<provisioning_adapters::AskQueues>,
        answers::<provisioning_commands::AskCommands>,
        answers::<provisioning_reconciliation::AskDesired>,
        answers::<provisioning_reconciliation::AskNewest>,
        answers::<provisioning_reconciliation::AskOrderedOn>,
        answers::<provisioning_reconciliation::AskRepair>,
        answers::<receivables::AskOwed>,
        answers::<titles::AskCalled>,
        answers::<trial_balance::AskBalance>,
        answers::<WhoseIs>,
        answers::<AskNumbers>,
        answers::<AskPayee>,
        answers::<AskReversal>,
        answers::<AskReceived>,
    ];
    questions.iter().fold(Router::new(), |router, answers| answers(router))
}

fn answers<Q: Question>(router: Router<App>) -> Router<App> {
    router.route(&format!("{PREFIX}{}", Q::NAME), post(answer::<Q>))
}

async fn answer<Q: Question>(State(app): State<App>, request: Request<Body>) -> Response {
    if request.extensions().get::<FromNode>().is_none() {
        return Problem::not_found("such address; /docs lists them").into_response();
    }
    let body = to_bytes(request.into_body(), app.options.body_bytes_max.max(ANSWER_BYTES_MAX));
    let Ok(body) = body.await else {
        return Problem::malformed_body("the body was cut off").into_response();
    };
    match serde_json::from_slice::<Q>(&body) {
        Ok(question) => question.answer(&app).await.map(Json).into_response(),
        Err(error) => Problem::malformed_body(error.to_string()).into_response(),
    }
}
