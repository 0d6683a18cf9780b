//! What is on the disk keeps its shape: rows that were written once are read for ever.
//!
//! `UPDATE_EXPECT=1` rewrites the golden rows, which is right only for a kind that no released
//! version has written. The journals of released versions are never rewritten.

use std::path::{Path, PathBuf};

use engine::{Entry, ExchangeRates, Fact, Position, Settings, State, Timestamp};
use rusqlite::Connection;
use store::conformance::{batch_of, remembered, samples};
use store::{Batch, Checkpoint, Kept, KeyAnswer, KeyRecord, Reader, SavedPage, SqliteReader};
use store::{Database, SqliteDatabase, SqliteStore, Store};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Compares `found` with the file, or rewrites the file when asked to.
fn check(file: &str, found: &str) {
    let path = fixtures().join(file);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{} differs; UPDATE_EXPECT=1 rewrites it", path.display());
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    statement.query_map([table], |it| it.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The rows of a table as SQL literals, in the order of the table's key.
fn literals(connection: &Connection, table: &str) -> Vec<Vec<String>> {
    let columns = columns(connection, table);
    let quoted: Vec<String> = columns.iter().map(|it| format!("quote(\"{it}\")")).collect();
    let sql = format!("SELECT {} FROM {table} ORDER BY 1, 2, 3", quoted.join(", "));
    let sql = if columns.len() < 3 { sql.replace(", 2, 3", "") } else { sql };
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| (0..columns.len()).map(|it| row.get(it)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_kind_keeps_the_columns_of_its_row() {
    let directory = tempfile::tempdir().unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for (name, mut entry) in samples::one_of_each() {
        kinds.insert(entry.fact.kind());
        entry.position = Position(1);
        entry.at = Timestamp(1_800_000_000_123_456);
        entry.posting = entry.posting.map(|it| engine::Posting { prev: Position(0), ..it });
        let path = directory.path().join(format!("{name}.db"));
        let mut store = SqliteStore::open(&path).unwrap();
        store.append(&batch_of(vec![entry.clone()])).unwrap();
        let connection = Connection::open(&path).unwrap();
        let names = columns(&connection, "journal");
        let row = literals(&connection, "journal").remove(0);
        let lines = names.iter().zip(&row).filter(|it| it.1 != "NULL");
        let text: String = lines.map(|(name, value)| format!("{name} = {value}\n")).collect();
        check(&format!("golden/{name}.txt"), &text);
        let sum: i64 =
            connection.query_row("SELECT checksum FROM commits", [], |it| it.get(0)).unwrap();
        read_golden(name, sum, &entry);
    }
    assert_eq!(kinds.len(), KINDS, "{kinds:?}");
}

/// The golden row, put into an empty journal, is read as the entry, its checksum included.
fn read_golden(name: &str, checksum: i64, entry: &Entry) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("golden.db");
    drop(SqliteStore::open(&path).unwrap());
    let text = std::fs::read_to_string(fixtures().join(format!("golden/{name}.txt"))).unwrap();
    let (names, values): (Vec<&str>, Vec<&str>) =
        text.lines().map(|it| it.split_once(" = ").unwrap()).unzip();
    let connection = Connection::open(&path).unwrap();
    let sql = format!(
        "INSERT INTO journal ({}) VALUES ({}); INSERT INTO commits VALUES (1, 1, 0, {checksum})",
        names.join(", "),
        values.join(", ")
    );
    connection.execute_batch(&sql).unwrap();
    let mut read = Vec::new();
    let each = &mut |it| {
        read.push(it);
        Ok(())
    };
    SqliteReader::open(&path).unwrap().scan(Position(1), each).unwrap();
    assert_eq!(format!("{read:#?}"), format!("{:#?}", [entry]), "{name}");
}

/// A new kind of entry needs a sample, and this number.
const KINDS: usize = 56;

/// Those that the journal of version 0.1 has.
const KINDS_OF_0_1: usize = 55;

const TABLES: [&str; 19] = [
    "journal",
    "commits",
    "account_pages",
    "checkpoint",
    "customers",
    "accounts",
    "payments",
    "unallocated_payments",
    "refund_requests",
    "promises",
    "promise_policies",
    "services",
    "receivables",
    "audit",
    "exchange_rates",
    "keys",
    "key_runs",
    "key_filters",
    "api_keys",
];

#[test]
fn the_journal_of_version_0_1_is_read_for_ever() {
    let dump = fixtures().join("journal-0.1.sql");
    if !dump.exists() {
        std::fs::write(&dump, make_dump(include_str!("../../src/sqlite/schema.sql"))).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sporran.db");
    let sql = std::fs::read_to_string(&dump).unwrap();
    Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    let reader = store.reader().unwrap();
    let mut replayed = State::new(Settings::default(), ExchangeRates::default());
    let mut kinds = std::collections::BTreeSet::new();
    let each = &mut |it: Entry| {
        kinds.insert(it.fact.kind());
        replayed.apply(&it);
        Ok(())
    };
    reader.scan(Position(1), each).unwrap();
    assert_eq!(kinds.len(), KINDS_OF_0_1, "{kinds:?}");
    let settings = Settings::default();
    let recovered =
        store::recover(reader.as_ref(), settings, ExchangeRates::default(), 16, &mut |_| {});
    let mut recovered = recovered.unwrap();
    assert!(recovered.replayed < replayed.shared.head.0 / 2, "the checkpoint was not used");
    let text = describe(&replayed);
    assert_eq!(describe(&recovered.state), text);
    check("journal-0.1.txt", &text);
    for key in 1..=BATCHES {
        let found = recovered.keys[1].find(spread(key));
        assert!(found != store::Found::New, "key {key} is gone");
    }
    // It is written on, too.
    let mut entries = Vec::new();
    let at = recovered.state.shared.last_at.plus(10 * 86_400_000_000);
    while recovered.state.fire_next(at, &mut entries) {}
    assert!(!entries.is_empty(), "nothing was held");
    store.append(&batch_of(entries)).unwrap();
}

fn describe(state: &State) -> String {
    let mut text = format!("{:?}\n", state.shared.head);
    for account in state.accounts() {
        let it = remembered(account, state.shared.last_at);
        let sessions = it.sessions.iter().map(|it| format!(" {:?}", it.phase)).collect::<String>();
        let (balance, held, credit) = (it.balance, it.held, it.credit());
        let (number, head) = (&it.number, it.head.0);
        text += &format!("{number} {balance:?} {held:?} {credit:?} at {head}{sessions}\n");
        if let Some(extra) = &it.extra {
            text += &format!("  {extra:?}\n");
        }
        for bill in it.bills() {
            text += &format!("  {bill:?}\n");
        }
        for subscription in it.subscriptions() {
            text += &format!("  {subscription:?}\n");
        }
    }
    for ((currency, contra), sum) in state.trial_balance() {
        text += &format!("{currency} {contra} {sum}\n");
    }
    text
}

const BATCHES: u64 = 120;

/// In each batch.
const ENTRIES: u8 = 8;

/// A journal with every kind of entry, pages, keys and a run, as SQL.
fn make_dump(schema: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sporran.db");
    let mut store = SqliteStore::open(&path).unwrap();
    // The first seed whose history has every kind.
    let kinds = |seed: &u64| {
        let mut history = store::conformance::History::new(*seed);
        let entries = (0..BATCHES).flat_map(|_| history.entries(ENTRIES.into()));
        let kinds: std::collections::BTreeSet<_> = entries.map(|it| it.fact.kind()).collect();
        kinds.len() == KINDS
    };
    let seed = (0..).find(kinds).expect("some history has every kind");
    let mut history = store::conformance::History::new(seed);
    let mut keys = store.reader().unwrap().keys(Kept::ForADay, 16).unwrap();
    for number in 1..=BATCHES {
        let mut batch = batch_of(history.entries(ENTRIES.into()));
        let (key, at) = (spread(number), history.now);
        let sequence = keys.insert(key, at);
        let answer = KeyAnswer::Entries { first: batch.expected, count: ENTRIES.into() };
        let kept = Kept::ForADay;
        batch.keys = vec![KeyRecord { kept, sequence, key, fingerprint: number, at, answer }];
        batch.sealed.extend(keys.next_slice());
        if number == BATCHES * 3 / 4 {
            batch.checkpoint = Some(checkpoint(&mut history.state));
        }
        store.append(&batch).unwrap();
    }
    let database = SqliteDatabase::new(&path);
    database.add_api_key("ann", "agent", b"0123456789", Timestamp(7)).unwrap();
    store.append(&Batch::default()).unwrap();
    let connection = Connection::open(&path).unwrap();
    let mut sql = format!("{schema}\nPRAGMA user_version = 1;\n\n");
    for table in TABLES {
        for row in literals(&connection, table) {
            sql += &format!("INSERT INTO {table} VALUES ({});\n", row.join(", "));
        }
    }
    sql + "INSERT INTO customer_search (rowid, name, phone, email)\n    \
           SELECT id, name, phone, email FROM customers;\n"
}

fn checkpoint(state: &mut State) -> Checkpoint {
    let position = state.shared.head;
    let accounts = postcard::to_stdvec(state.page(0).unwrap()).unwrap();
    state.mark_page_saved(0);
    Checkpoint {
        pages: vec![SavedPage { page: 0, position, accounts }],
        shared: postcard::to_stdvec(&state.shared).unwrap(),
        position,
        replay_from: state.replay_from(),
    }
}

fn spread(number: u64) -> u128 {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    u128::from(mixed) << 64 | u128::from(mixed.rotate_left(31))
}

#[test]
fn a_newer_schema_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sporran.db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(error.contains("version 99 is newer"), "{error}");
}

#[test]
fn an_unknown_kind_is_named_and_not_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sporran.db");
    let mut store = SqliteStore::open(&path).unwrap();
    let entries: Vec<Entry> = samples::one_of_each().into_iter().map(|it| it.1).collect();
    assert!(matches!(entries[2].fact, Fact::AccountOpened(_)));
    store.append(&batch_of(entries)).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE journal SET kind = 'gift' WHERE position = 3", []).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let error = reader.scan(Position(1), &mut |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("position 3") && error.contains("gift"), "{error}");
}
