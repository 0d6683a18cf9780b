//! Endpoints and deliveries in an SQLite file of their own, beside the journal's.

mod deliveries;
mod endpoints;

use std::path::Path;

use crate::StoreError;
use crate::answers::{self, AnswerStore, KeptAnswer};
use crate::beside::Beside;

/// Steps of the schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

pub struct SqliteWebhooks {
    file: Beside,
}

impl SqliteWebhooks {
    /// Opens the file, making it if need be. It holds secrets, so only its owner may read it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = Beside::open(path, MIGRATIONS, "open the database of webhooks")?;
        Ok(Self { file })
    }
}

impl AnswerStore for SqliteWebhooks {
    fn answer(&self, key: u128) -> Result<Option<KeptAnswer>, StoreError> {
        answers::find(&self.file, key)
    }

    fn keep_answer(&mut self, key: u128, answer: &KeptAnswer) -> Result<(), StoreError> {
        answers::keep(&mut self.file, key, answer)
    }
}
