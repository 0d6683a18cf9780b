//! Endpoints and deliveries, in an SQLite file beside the journal's or in tables beside it on
//! PostgreSQL.
//!
//! Endpoints are those of every shard. Deliveries, and how far the journal was read, are the
//! shard's that the store was opened for.

mod deliveries;
mod endpoints;

use std::path::Path;
use std::sync::Arc;

use engine::ShardId;

use crate::answers::{AnswerStore, Answers, KeptAnswer};
use crate::beside::{Alone, Beside, Tables, values};
use crate::{PostgresDatabase, StoreError};

/// Steps of the file's schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema_2.sql")];

const ANSWERS: Answers = Answers("webhook_answers");

/// The one shard that a file has.
const IN_FILE: u32 = 0;

pub struct SqlWebhooks {
    beside: Beside,
    shard: u32,
}

impl SqlWebhooks {
    /// All of it, to be copied.
    pub fn into_tables(self) -> Tables {
        self.beside.into()
    }

    /// Opens a file, making it if need be. It holds secrets, so only its owner may read it.
    pub fn in_file(path: &Path) -> Result<Self, StoreError> {
        let beside = Beside::in_file(path, MIGRATIONS, "open the database of webhooks")?;
        Ok(Self { beside, shard: IN_FILE })
    }

    /// The tables of a server's database, for one of its shards.
    pub fn on_server(database: &Arc<PostgresDatabase>, shard: ShardId) -> Result<Self, StoreError> {
        let shard = shard.number();
        let mut beside = Beside::on_server(database, "webhooks");
        beside.write("open the tables of webhooks", &Alone::Everything, |transaction| {
            let sql = "INSERT INTO beside_locks (place, slot) VALUES ('webhooks', ?1) \
                       ON CONFLICT (place, slot) DO NOTHING";
            transaction.execute(sql, values![shard])?;
            // An endpoint that was made before the shard was is told everything of it.
            let sql = "INSERT INTO webhook_cursors (endpoint, shard, position) \
                       SELECT id, ?1, 0 FROM webhook_endpoints \
                       ON CONFLICT (endpoint, shard) DO NOTHING";
            transaction.execute(sql, values![shard]).map(drop)
        })?;
        Ok(Self { beside, shard })
    }

    /// What is delivered of this shard has one writer at a time.
    fn alone(&self) -> Alone {
        Alone::Slots(vec![self.shard.into()])
    }
}

impl AnswerStore for SqlWebhooks {
    fn answer(&self, key: u128) -> Result<Option<KeptAnswer>, StoreError> {
        ANSWERS.find(&self.beside, key)
    }

    fn keep_answer(&mut self, key: u128, answer: &KeptAnswer) -> Result<(), StoreError> {
        ANSWERS.keep(&mut self.beside, key, answer)
    }
}
