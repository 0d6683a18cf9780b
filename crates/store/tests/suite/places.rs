//! Databases on the PostgreSQL server of the tests, by name: opened anew each time, as other
//! processes would.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::throwaway::Schema;
use store::{Durability, PostgresDatabase};

pub struct Places(BTreeMap<String, Schema>);

impl Places {
    /// `None` without PostgreSQL.
    pub fn make() -> Option<Self> {
        let first = Schema::make()?;
        Some(Self([("a".to_owned(), first)].into()))
    }

    pub fn open(&mut self, name: &str) -> Arc<PostgresDatabase> {
        let schema = self.0.entry(name.to_owned());
        let schema = schema.or_insert_with(|| Schema::make().expect("there was one already"));
        PostgresDatabase::open(&schema.url, Durability::Demo).unwrap()
    }
}
