//! Statements that are sent without waiting for the answers to those before them; but for `COPY`,
//! whose rows may come only when the server has said that it takes them.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Error, Statement};

use super::encode::Value;

/// A statement of a batch, with what it takes.
#[derive(Debug)]
pub struct Work {
    pub sql: &'static str,
    pub load: Load,
}

#[derive(Debug)]
pub enum Load {
    /// Values, the first of which is the shard.
    Values(Vec<Value>),
    /// Rows in the binary format of `COPY`.
    Copy(Bytes),
}

impl Work {
    pub fn new(sql: &'static str, values: impl IntoIterator<Item = Value>) -> Self {
        Self { sql, load: Load::Values(values.into_iter().collect()) }
    }

    pub fn copy(sql: &'static str, rows: Bytes) -> Self {
        Self { sql, load: Load::Copy(rows) }
    }
}

/// What became of a transaction.
#[derive(Debug)]
pub enum Outcome {
    Committed,
    /// The server refused a statement, and took back what came before it.
    Refused(Error),
    /// Nobody knows: the connection was lost, perhaps after the commit.
    Unknown(Error),
}

type Request<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

enum Answer<'a> {
    Awaited(Request<'a>),
    Here(Result<(), Error>),
}

/// Runs statements in one transaction and one round trip, or two where rows are copied.
///
/// All of it is on its way before the first answer: when a statement is refused, the server
/// refuses those behind it as well, and takes the commit for a rollback.
pub async fn run(client: &Client, works: &[(Statement, &Load)]) -> Outcome {
    let mut answers = Vec::with_capacity(works.len() + 2);
    answers.push(send(client.batch_execute("BEGIN")).await);
    for (statement, load) in works {
        answers.push(match load {
            Load::Values(values) => {
                let execute = async move { client.execute_raw(statement, values).await.map(drop) };
                send(execute).await
            }
            Load::Copy(rows) => copy(client, statement, rows.clone()).await,
        });
    }
    // Nothing is durable before this is with the server.
    answers.push(send(client.batch_execute("COMMIT")).await);
    let mut outcome = Outcome::Committed;
    for (place, answer) in answers.into_iter().enumerate() {
        let answered = match answer {
            Answer::Here(answered) => answered,
            Answer::Awaited(request) => request.await,
        };
        // The first error decides: those behind it come of it. One that ends the connection says
        // nothing of the commit, and without a beginning there was no transaction to take back.
        if let (Outcome::Committed, Err(error)) = (&outcome, answered) {
            let is_taken_back = place > 0 && is_refusal(&error);
            outcome = match is_taken_back {
                true => Outcome::Refused(error),
                false => Outcome::Unknown(error),
            };
        }
    }
    outcome
}

/// Begins to copy, and sends the rows when the server takes them.
async fn copy<'a>(client: &'a Client, statement: &Statement, rows: Bytes) -> Answer<'a> {
    let mut sink = match client.copy_in::<_, Bytes>(statement).await {
        Ok(sink) => Box::pin(sink),
        Err(error) => return Answer::Here(Err(error)),
    };
    match sink.send(rows).await {
        Ok(()) => send(async move { sink.as_mut().finish().await.map(drop) }).await,
        Err(error) => Answer::Here(Err(error)),
    }
}

/// Looks once at a request, which sends it.
async fn send<'a>(request: impl Future<Output = Result<(), Error>> + Send + 'a) -> Answer<'a> {
    let mut request: Request<'a> = Box::pin(request);
    match poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await {
        Poll::Ready(answered) => Answer::Here(answered),
        Poll::Pending => Answer::Awaited(request),
    }
}

/// Whether the server refused a statement and lives on.
pub fn is_refusal(error: &Error) -> bool {
    error.as_db_error().is_some_and(|it| it.parsed_severity() == Some(Severity::Error))
}

/// Whether an error is the one of this name.
pub fn is(error: &Error, state: &SqlState) -> bool {
    error.code() == Some(state)
}
