//! Appending: one transaction and one round trip for each batch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Position, ShardId};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::database::{Durability, PostgresDatabase};
use super::journal::{COPY, JournalRows, first_commit, note_commits};
use super::laid_down;
use super::pipeline::{self, Outcome, Transaction, Work};
use super::read::signed;
use super::session::{Session, Values};
use super::works::works_beside;
use super::writer::{Writer, guard};
use crate::{Batch, Reader, Store, StoreError};

/// How long the store looks for a server, after a connection was lost, before it says that it
/// failed.
const SEEK: Duration = Duration::from_secs(2);
const SEEK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// The one connection that writes to a shard.
pub struct PostgresStore {
    database: Arc<PostgresDatabase>,
    shard: ShardId,
    writer: Writer,
    /// Whether other shards repeat what this one lays down.
    is_repeated: bool,
    /// `None` from a lost connection until there is another.
    session: Option<Session>,
}

/// What became of a batch.
enum Answer {
    Appended,
    Refused(Error),
    /// The connection was lost, and with it the word of what became of the batch.
    Lost(Error),
}

impl PostgresStore {
    /// Opens the database, brings its schema up to date and takes the shard over.
    pub fn open(url: &str, shard: ShardId) -> Result<Self, StoreError> {
        PostgresDatabase::open(url, Durability::Required)?.store(shard)
    }

    pub(super) fn take(
        database: Arc<PostgresDatabase>,
        shard: ShardId,
    ) -> Result<Self, StoreError> {
        let session = database.connect()?;
        let writer = Writer::take(&session, shard)?;
        let is_repeated = shard == ShardId::FIRST && database.shards()? > 1;
        Ok(Self { database, shard, writer, is_repeated, session: Some(session) })
    }

    /// Sends a batch and hears what became of it.
    ///
    /// Fails where the entries are not what they should be; nothing is written then.
    fn send(&mut self, batch: &Batch) -> Result<Answer, StoreError> {
        let Some(session) = self.session.as_ref() else {
            unreachable!("a lost connection is replaced before anything is sent")
        };
        let shard = self.writer.shard;
        let pages = self.writer.pages_after(batch);
        let rows = JournalRows::new(shard, batch)?;
        let outcome = session.wait(async {
            let mut works = vec![guard(&self.writer, batch)];
            let mut copied = None;
            match rows {
                Some(JournalRows::Copy(pieces)) => copied = Some(pieces),
                Some(JournalRows::Insert(work, commits)) => {
                    works.extend([work, note_commits(shard, &commits)]);
                }
                None => {}
            }
            if copied.is_none() {
                works.extend(self.works_beside(batch, pages));
            }
            // What is still to be prepared is so before anything is locked.
            for work in &works {
                match session.prepare(work.sql).await {
                    Ok(_) => {}
                    Err(error) if pipeline::is_refusal(&error) => {
                        return Ok(Outcome::Refused(error));
                    }
                    Err(error) => return Ok(Outcome::Unknown(error)),
                }
            }
            let mut transaction = Transaction::begin(session).await;
            for work in works {
                transaction.execute(work).await;
            }
            if let Some(pieces) = copied {
                // While the server writes the rows, the rest is made.
                match transaction.copy(COPY, pieces).await {
                    Ok(commits) if commits.is_empty() => {}
                    Ok(commits) => transaction.execute(note_commits(shard, &commits)).await,
                    Err(error) => {
                        transaction.take_back().await;
                        return Err(error);
                    }
                }
                for work in self.works_beside(batch, pages) {
                    transaction.execute(work).await;
                }
            }
            Ok(transaction.commit().await)
        });
        Ok(match outcome? {
            Outcome::Committed => {
                self.writer.pages = pages;
                Answer::Appended
            }
            Outcome::Refused(error) => Answer::Refused(error),
            Outcome::Unknown(error) => Answer::Lost(error),
        })
    }

    fn works_beside(&self, batch: &Batch, pages: i64) -> Vec<Work> {
        let shard = self.writer.shard;
        let mut works = works_beside(shard, batch, pages);
        if self.is_repeated && batch.entries.iter().any(|it| it.fact.is_laid_down()) {
            works.push(laid_down::tell(shard));
        }
        works
    }

    /// A refusal that says that the journal is not where the batch expects it, or not ours.
    fn refusal(&self, batch: &Batch, error: Error) -> StoreError {
        let is_guard = pipeline::is(&error, &SqlState::DIVISION_BY_ZERO);
        let is_there = pipeline::is(&error, &SqlState::UNIQUE_VIOLATION);
        // Where nothing goes into the journal, nothing is expected of it.
        let is_expected =
            |head: Position| batch.entries.is_empty() || head.plus(1) == batch.expected;
        let expected_of = |actual| if batch.entries.is_empty() { actual } else { batch.expected };
        match self.head() {
            Ok(head) if is_guard || (is_there && !is_expected(head)) => {
                let actual = head.plus(1);
                return StoreError::Conflict { expected: expected_of(actual), actual };
            }
            Err(_) if is_guard => {
                return StoreError::Conflict { expected: batch.expected, actual: batch.expected };
            }
            _ => {}
        }
        StoreError::failed("write a batch")(error)
    }

    fn head(&self) -> Result<Position, StoreError> {
        self.database.reader(self.shard).head()
    }

    /// After a lost connection: opens another one and finds out whether the batch is there.
    ///
    /// `Ok(true)` when it is, `Ok(false)` when it is not and never will be.
    fn find_out(&mut self, batch: &Batch) -> Result<bool, StoreError> {
        let renewed = self.renew();
        let is_replaced = matches!(renewed, Err(StoreError::Conflict { .. }));
        if !is_replaced {
            renewed?;
        }
        // From here on nothing that was on its way can be written any more.
        if batch.entries.is_empty() {
            // Nothing tells such a batch from another. Whoever reads the journal again is right.
            let why = "the connection was lost, and nobody knows whether it was written";
            return Err(StoreError::failed("write a batch without entries")(why));
        }
        let sql = "SELECT entries, checksum FROM commits WHERE shard = $1 AND first = $2";
        let doing = "find out whether a batch was written";
        let values: &Values<'_> = &[&self.writer.shard, &signed(batch.expected)];
        let found = self.database.read(doing, |session| session.row(sql, values))?;
        let found: Option<(i64, i64)> = found
            .map(|it| Ok((it.try_get(0)?, it.try_get(1)?)))
            .transpose()
            .map_err(StoreError::failed::<Error>(doing))?;
        match found {
            Some(it) if Some(it) == first_commit(batch)? => Ok(true),
            None if !is_replaced => Ok(false),
            _ => {
                let actual = self.head()?.plus(1);
                Err(StoreError::Conflict { expected: batch.expected, actual })
            }
        }
    }

    /// Another connection, when the shard is still ours.
    fn renew(&mut self) -> Result<(), StoreError> {
        self.session = None;
        let until = Instant::now() + SEEK;
        let session = loop {
            match self.database.connect() {
                Ok(session) => break session,
                Err(error) if Instant::now() > until => return Err(error),
                Err(_) => std::thread::sleep(SEEK_AGAIN_AFTER),
            }
        };
        if !self.writer.renew(&session)? {
            let next = self.head()?.plus(1);
            return Err(StoreError::Conflict { expected: next, actual: next });
        }
        self.session = Some(session);
        Ok(())
    }
}

impl Store for PostgresStore {
    fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        // A connection known to be lost is sent nothing: nobody could say what became of it.
        if !self.session.as_ref().is_some_and(Session::is_open) {
            self.renew()?;
        }
        match self.send(batch)? {
            Answer::Appended => return Ok(()),
            Answer::Refused(error) => return Err(self.refusal(batch, error)),
            Answer::Lost(_) => {}
        }
        if self.find_out(batch)? {
            return Ok(());
        }
        // It was not written, and cannot be any more but by us.
        match self.send(batch)? {
            Answer::Appended => Ok(()),
            Answer::Refused(error) => Err(self.refusal(batch, error)),
            Answer::Lost(error) => {
                self.session = None;
                Err(StoreError::failed("write a batch")(error))
            }
        }
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        // Counting the generation on is the something small that is made durable.
        self.renew()
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(self.database.reader(self.shard)))
    }
}
