//! What is in the database and cannot be what was written; and that rows are the same everywhere.

use engine::{Entry, Position, ShardId};
use rusqlite::Connection;
use store::conformance::{History, batch_of, samples};
use store::throwaway::Schema;
use store::{Durability, PostgresDatabase, Reader, SqliteStore, Store};

/// A journal of several transactions, and what one scan says after `damage`.
fn said_of(damage: &str) -> Option<String> {
    let schema = Schema::make()?;
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    let mut store = database.store(ShardId::FIRST).unwrap();
    let mut history = History::new(4);
    for count in [10, 20, 30] {
        store.append(&batch_of(history.entries(count))).unwrap();
    }
    let reader = database.reader(ShardId::FIRST);
    let scanned = reader.scan(Position(1), &mut |_| Ok(())).unwrap();
    assert_eq!((scanned.entries, scanned.commits), (60, 3));
    schema.execute(damage);
    let scanned = reader.scan(Position(1), &mut |_| Ok(()));
    Some(scanned.map_or_else(|it| it.to_string(), |it| format!("{it:?}")))
}

#[test]
fn a_scan_names_what_is_not_as_it_was_written() {
    for (damage, place) in [
        ("UPDATE journal SET at = at + 1 WHERE position = 15", "positions 11 to 30"),
        ("UPDATE journal SET kind = 'gift' WHERE position = 15", "position 15"),
        ("UPDATE journal SET reason = '' WHERE position = 31", "positions 31 to 60"),
        ("DELETE FROM journal WHERE position = 15", "position 15"),
        ("DELETE FROM journal WHERE position = 60", "position 60"),
        ("DELETE FROM commits WHERE first = 1", "position 1:"),
        ("DELETE FROM commits WHERE first = 11", "position 11"),
        ("DELETE FROM commits WHERE first = 31", "position 31"),
        ("UPDATE commits SET checksum = checksum + 1 WHERE first = 1", "positions 1 to 10"),
    ] {
        let Some(said) = said_of(damage) else { return };
        assert!(said.contains(place), "{damage}: {said}");
    }
    // And what is another shard's is nobody's business here.
    let Some(said) = said_of("INSERT INTO commits VALUES (7, 61, 1, 1, 1)") else { return };
    assert!(said.contains("entries: 60"), "{said}");
}

#[test]
fn a_row_is_the_same_in_both_engines() {
    let samples: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    for entries in [samples, History::new(5).entries(300)] {
        let Some(schema) = Schema::make() else { return };
        let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.db");
        database.store(ShardId::FIRST).unwrap().append(&batch_of(entries.clone())).unwrap();
        SqliteStore::open(&path).unwrap().append(&batch_of(entries)).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        for table in ["journal", "commits", "payments", "accounts", "audit", "exchange_rates"] {
            let sql = texts_of(&connection, table);
            let theirs = texts(&connection, &sql);
            assert!(!theirs.is_empty(), "{table}");
            assert_eq!(schema.rows(&sql), theirs, "{table}");
        }
    }
}

/// The query for every column of a table as text, by its first columns.
fn texts_of(connection: &Connection, table: &str) -> String {
    let statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns: Vec<&str> = statement.column_names().collect();
    let order: Vec<String> = (1..=columns.len().min(4)).map(|it| it.to_string()).collect();
    let casts: Vec<String> = columns.iter().map(|it| format!("CAST({it} AS TEXT)")).collect();
    let (list, order) = (columns.join(", "), order.join(", "));
    let inner = format!("SELECT {list} FROM {table} ORDER BY {order}");
    format!("SELECT {} FROM ({inner}) AS it", casts.join(", "))
}

fn texts(connection: &Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|it| row.get(it)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_text_that_postgresql_cannot_have_keeps_nobody_from_writing() {
    let Some(schema) = Schema::make() else { return };
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    let mut store = database.store(ShardId::FIRST).unwrap();
    let mut entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    entries[1].origin.reason = Some("a\0b".into());
    store.append(&batch_of(entries)).unwrap();
    let reader = database.reader(ShardId::FIRST);
    let found = reader.entry(Position(2)).unwrap().unwrap();
    assert_eq!(found.origin.reason.as_deref(), Some("a\u{FFFD}b"));
    reader.scan(Position(1), &mut |_| Ok(())).unwrap();
    assert_eq!(reader.search_customers("o\0neill", engine::CustomerId(0), 9).unwrap().len(), 1);
}
