//! Statements that are sent without waiting for the answers to those before them; but for `COPY`,
//! whose rows may come only when the server has said that it takes them.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use super::encode::Value;
use super::journal::Pieces;
use super::session::Session;
use crate::{CommitRecord, StoreError};

/// A statement of a batch, with its values, the first of which is the shard.
#[derive(Debug)]
pub struct Work {
    pub sql: &'static str,
    pub values: Vec<Value>,
}

impl Work {
    pub fn new(sql: &'static str, values: impl IntoIterator<Item = Value>) -> Self {
        Self { sql, values: values.into_iter().collect() }
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

impl Answer<'_> {
    async fn wait(self) -> Result<(), Error> {
        match self {
            Self::Here(answered) => answered,
            Self::Awaited(request) => request.await,
        }
    }
}

/// A transaction of one round trip, or two where rows are copied.
///
/// All of it is on its way before the first answer: when a statement is refused, the server
/// refuses those behind it as well, and takes the commit for a rollback.
pub struct Transaction<'a> {
    session: &'a Session,
    answers: Vec<Answer<'a>>,
}

impl<'a> Transaction<'a> {
    pub async fn begin(session: &'a Session) -> Self {
        let answers = vec![send(session.client().batch_execute("BEGIN")).await];
        Self { session, answers }
    }

    pub async fn execute(&mut self, Work { sql, values }: Work) {
        let client = self.session.client();
        let answer = match self.session.prepare(sql).await {
            Ok(statement) => {
                let execute = async move { client.execute_raw(&statement, values).await.map(drop) };
                send(execute).await
            }
            Err(error) => Answer::Here(Err(error)),
        };
        self.answers.push(answer);
    }

    /// Begins to copy, and sends each piece when it is made: the server writes those before it
    /// meanwhile. Answers the transactions that the entries come to; none where not all of them
    /// were taken.
    pub async fn copy(
        &mut self,
        sql: &'static str,
        mut pieces: Pieces<'_>,
    ) -> Result<Vec<CommitRecord>, StoreError> {
        let begun = match self.session.prepare(sql).await {
            Ok(statement) => self.session.client().copy_in::<_, Bytes>(&statement).await,
            Err(error) => Err(error),
        };
        let mut sink = match begun {
            Ok(sink) => Box::pin(sink),
            Err(error) => return self.not_copied(error),
        };
        for piece in pieces.by_ref() {
            if let Err(error) = sink.send(piece).await {
                return self.not_copied(error);
            }
        }
        // Entries that are not what they should be are not written: without its end, the copying
        // is taken back.
        let commits = pieces.commits()?;
        let finish = send(async move { sink.as_mut().finish().await.map(drop) }).await;
        self.answers.push(finish);
        // For the connection to send it, before the next statement is made.
        tokio::task::yield_now().await;
        Ok(commits)
    }

    fn not_copied(&mut self, error: Error) -> Result<Vec<CommitRecord>, StoreError> {
        self.answers.push(Answer::Here(Err(error)));
        Ok(Vec::new())
    }

    pub async fn commit(mut self) -> Outcome {
        // Nothing is durable before this is with the server.
        self.answers.push(send(self.session.client().batch_execute("COMMIT")).await);
        let mut outcome = Outcome::Committed;
        for (place, answer) in self.answers.into_iter().enumerate() {
            let answered = answer.wait().await;
            // The first error decides: those behind it come of it. One that ends the connection
            // says nothing of the commit, and without a beginning there was no transaction to take
            // back.
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

    /// Takes everything back. Whether the word of it arrives does not matter.
    pub async fn take_back(self) {
        for answer in self.answers {
            let _ = answer.wait().await;
        }
        let _ = self.session.client().batch_execute("ROLLBACK").await;
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
