//! A connection, and the little runtime that drives it while somebody waits for it.
//!
//! The traits of the store are synchronous. Each connection has a runtime of the thread that uses
//! it: an answer wakes nobody on another thread, and between two calls nothing runs at all.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Error, Row, Statement};

use super::url::Target;
use crate::{StoreError, asked};

/// Values of a statement.
pub type Values<'a> = [&'a (dyn ToSql + Sync)];

pub struct Session {
    client: Client,
    statements: RefCell<HashMap<String, Statement>>,
    /// Told when somebody notifies a channel that this connection listens to.
    noticed: Arc<Notify>,
    /// The last field: the connection's task ends with it.
    runtime: Option<Runtime>,
}

impl Session {
    pub fn connect(target: &Target) -> Result<Self, StoreError> {
        let doing = "connect to the database";
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(StoreError::failed(doing))?;
        let connector = target.tls.connector()?;
        let limit = target.connect_limit();
        let noticed = Arc::new(Notify::new());
        let tell = Arc::clone(&noticed);
        let connected = runtime.block_on(async {
            // The driver's own limit is for the socket: a server that is frozen has one, too.
            let connected = target.config.connect(connector);
            let Ok(connected) = tokio::time::timeout(limit, connected).await else {
                return Err(format!("no answer within {} s", limit.as_secs()).into());
            };
            let (client, mut connection) = connected?;
            // It ends when the client does, or the server; whoever asks then is told.
            tokio::spawn(async move {
                let mut next = poll_fn(|context| connection.poll_message(context));
                while let Some(Ok(message)) = (&mut next).await {
                    if let AsyncMessage::Notification(_) = message {
                        tell.notify_one();
                    }
                }
                tell.notify_one();
            });
            Ok(client)
        });
        let client = connected
            .map_err(StoreError::failed::<Box<dyn std::error::Error + Send + Sync>>(doing))?;
        let statements = RefCell::default();
        Ok(Self { client, statements, noticed, runtime: Some(runtime) })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("it is there until the end").block_on(work)
    }

    /// Whether the server has not ended it, as far as is known without asking.
    pub fn is_open(&self) -> bool {
        self.wait(async {
            // Once for the socket to be looked at, once for what came out of it to be read.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
        !self.client.is_closed()
    }

    /// Waits until somebody notifies a channel that this connection listens to, or it has ended, no
    /// longer than `at_most`; `false` when it took so long.
    pub fn wait_for_notice(&self, at_most: Duration) -> bool {
        let noticed = self.noticed.notified();
        self.wait(async { tokio::time::timeout(at_most, noticed).await.is_ok() })
    }

    /// Prepares a statement, once for each connection.
    pub fn statement(&self, sql: &str) -> Result<Statement, Error> {
        self.wait(self.prepare(sql))
    }

    /// As [`Self::statement`], for whoever is waiting already.
    pub async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        if let Some(known) = self.statements.borrow().get(sql) {
            return Ok(known.clone());
        }
        let prepared = self.client.prepare(sql).await?;
        self.statements.borrow_mut().insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// The statement, which is about to be run.
    fn ask(&self, sql: &str) -> Result<Statement, Error> {
        asked::note(sql);
        self.statement(sql)
    }

    pub fn rows(&self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Error> {
        let statement = self.ask(sql)?;
        self.wait(self.client.query(&statement, values))
    }

    pub fn row(&self, sql: &str, values: &Values<'_>) -> Result<Option<Row>, Error> {
        let statement = self.ask(sql)?;
        self.wait(self.client.query_opt(&statement, values))
    }

    pub fn execute(&self, sql: &str, values: &Values<'_>) -> Result<u64, Error> {
        let statement = self.ask(sql)?;
        self.wait(self.client.execute(&statement, values))
    }

    /// Runs statements without values, as they stand.
    pub fn batch(&self, sql: &str) -> Result<(), Error> {
        asked::note(sql);
        self.wait(self.client.batch_execute(sql))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A thread that serves others must not wait here.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
