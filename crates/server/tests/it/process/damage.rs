//! Damaged files: recovered to what was acknowledged, or refused with the place named, and never
//! silently shorter or other.
//!
//! A start is what `serve` does before it listens: the directory, the store, the recovery.

use std::path::{Path, PathBuf};

use engine::{Contra, Entry, ExchangeRates, Fact, Position, Settings, State, Timestamp};
use rusqlite::Connection;
use rusqlite::types::Value;
use server::http::resources::payments::payment_key;
use server::storage::Storage;
use store::conformance::{History, batch_of, remembered};
use store::{Checkpoint, Kept, KeyAnswer, KeyIndex, KeyRecord, SavedPage};
use store::{SqliteReader, SqliteStore, Store};

use super::harness::{run, text};

/// Keys in a run: small, so that there are runs.
const RUN_KEYS: usize = 8;

/// Of the batches, the one with the checkpoint.
const CHECKPOINT_AT: u64 = 40;
const BATCHES: u64 = 60;

/// A directory as a crash leaves it, and what was acknowledged of it.
struct Whole {
    directory: tempfile::TempDir,
    state: State,
    replay_from: Position,
}

/// How much of the journal is in the database and not in its write-ahead log.
#[derive(Clone, Copy, PartialEq)]
enum Folded {
    Nothing,
    Half,
    Everything,
}

impl Whole {
    fn make(folded: Folded) -> Self {
        let making = tempfile::tempdir().unwrap();
        let path = making.path().join("sporran.db");
        let mut store = SqliteStore::open(&path).unwrap();
        let folder = Connection::open(&path).unwrap();
        let fold = || folder.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
        let mut history = History::new(77);
        let mut keys = Kept::ALL.map(|it| store.reader().unwrap().keys(it, RUN_KEYS).unwrap());
        let mut replay_from = Position::START;
        store.append(&batch_of(history.open_accounts(300))).unwrap();
        for number in 0..BATCHES {
            let count = 1 + history.below(8) as usize;
            let mut batch = batch_of(history.entries(count));
            for entry in &batch.entries {
                batch.keys.extend(keys_of(entry, &mut keys));
            }
            batch.sealed = keys.iter_mut().filter_map(KeyIndex::next_slice).collect();
            if number == CHECKPOINT_AT {
                let saved = checkpoint(&mut history.state);
                replay_from = saved.replay_from;
                batch.checkpoint = Some(saved);
            }
            store.append(&batch).unwrap();
            if folded == Folded::Half && number == 20 {
                fold();
            }
        }
        if folded == Folded::Everything {
            fold();
        }
        let state = history.state;
        // Copied while the store is open: closing it would tidy up.
        let directory = tempfile::tempdir().unwrap();
        for name in ["sporran.db", "sporran.db-wal"] {
            std::fs::copy(making.path().join(name), directory.path().join(name)).unwrap();
        }
        let acknowledged = format!("{:020}\n", state.shared.head.0);
        std::fs::write(directory.path().join("acknowledged"), acknowledged).unwrap();
        Self { directory, state, replay_from }
    }

    /// A copy to be damaged.
    fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.directory.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    }

    /// Starts on a directory: why it was refused, or nothing, when all is as it was.
    fn start(&self, directory: &Path, damage: &str) -> Option<String> {
        match start(directory) {
            Err(why) => Some(why),
            Ok(state) => {
                assert!(is_same(&state, &self.state), "{damage}: it starts with another state");
                None
            }
        }
    }

    /// Damages a copy, and starts on it.
    fn start_after(&self, damage: &str, harm: impl FnOnce(&Path)) -> Option<String> {
        let copy = self.copy();
        harm(copy.path());
        self.start(copy.path(), damage)
    }
}

fn keys_of(entry: &Entry, keys: &mut [KeyIndex; 2]) -> Vec<KeyRecord> {
    let (at, first) = (entry.at, entry.position);
    let mut record = |kept: Kept, key: u128| {
        let sequence = keys[kept as usize].insert(key, at);
        let answer = KeyAnswer::Entries { first, count: 1 };
        KeyRecord { kept, sequence, key, fingerprint: 7, at, answer }
    };
    let for_a_day = record(Kept::ForADay, payment_key("day", &first.0.to_string()));
    let payment = match (&entry.fact, entry.posting.map(|it| it.contra)) {
        (Fact::Payment(fact), Some(Contra::Payments(source))) => (source, &fact.reference),
        (Fact::PaymentUnallocated(fact), _) => (fact.source, &fact.reference),
        _ => return vec![for_a_day],
    };
    vec![for_a_day, record(Kept::ForEver, payment_key(payment.0.as_str(), payment.1))]
}

fn checkpoint(state: &mut State) -> Checkpoint {
    let position = state.shared.head;
    let save = |page: usize| {
        let accounts = postcard::to_stdvec(state.page(page).unwrap()).unwrap();
        SavedPage { page: page as u32, position, accounts }
    };
    let pages: Vec<SavedPage> = (0..state.pages_count()).map(save).collect();
    (0..pages.len()).for_each(|it| state.mark_page_saved(it));
    let shared = postcard::to_stdvec(&state.shared).unwrap();
    Checkpoint { pages, shared, position, replay_from: state.replay_from() }
}

fn start(directory: &Path) -> Result<State, String> {
    let taken = Storage::from(directory).take().map_err(|error| format!("{error:#}"))?;
    let recover = || {
        let reader = taken.database.reader()?;
        let (settings, exchange) = (Settings::default(), ExchangeRates::default());
        store::recover(reader.as_ref(), settings, exchange, RUN_KEYS, &mut |_| {})
    };
    recover().map(|it| it.state).map_err(|error| error.to_string())
}

/// What `sporran verify` finds wrong, with everything that it says.
fn verify(directory: &Path) -> Option<String> {
    let path = directory.join("sporran.db");
    let look = || {
        let acknowledged = server::data_dir::read_acknowledged(directory)?;
        let reader = SqliteReader::open(&path)?;
        anyhow::Ok(server::verify::verify(&reader, acknowledged, &mut |_, _| {})?)
    };
    match look() {
        Err(error) => Some(format!("{error:#}")),
        Ok(report) => (!report.faults.is_empty()).then(|| report.faults.join("; ")),
    }
}

fn is_same(found: &State, whole: &State) -> bool {
    let at = Timestamp::NEVER.plus(-1);
    let accounts = |it: &State| it.accounts().map(|it| remembered(it, at)).collect::<Vec<_>>();
    let rates = |it: &State| it.exchange.all_at(Timestamp::NEVER).collect::<Vec<_>>();
    found.shared == whole.shared
        && accounts(found) == accounts(whole)
        && rates(found) == rates(whole)
}

fn database(directory: &Path) -> PathBuf {
    directory.join("sporran.db")
}

fn log(directory: &Path) -> PathBuf {
    directory.join("sporran.db-wal")
}

#[test]
fn an_undamaged_directory_starts_and_holds() {
    for folded in [Folded::Nothing, Folded::Half, Folded::Everything] {
        let whole = Whole::make(folded);
        assert_eq!(whole.start(whole.directory.path(), "none"), None);
        assert_eq!(verify(whole.directory.path()), None);
    }
}

#[test]
fn a_flipped_bit_in_any_column_is_noticed() {
    let whole = Whole::make(Folded::Everything);
    for table in ["journal", "commits", "account_pages", "checkpoint", "key_filters"] {
        for flip in flips(&database(whole.directory.path()), table) {
            let copy = whole.copy();
            if !flip.apply(&database(copy.path())) {
                continue;
            }
            let refused = whole.start(copy.path(), &flip.what);
            let found = verify(copy.path());
            match (table, flip.column.as_str()) {
                // Says nothing that is used: one shard, and the time that the entries say too.
                ("journal", "shard") | ("commits", "at") => {}
                // A last run that is of no kind is not there: its keys are read one by one.
                ("key_filters", "kept") => {}
                // Then there is no checkpoint, and everything is replayed.
                ("checkpoint", "shard") => assert_eq!(refused, None),
                ("journal" | "commits", _) => {
                    let found = found.unwrap_or_else(|| panic!("{} was not found", flip.what));
                    assert!(found.contains("position"), "{}: {found}", flip.what);
                    // What the checkpoint holds already is not read at a start.
                    let replayed = flip.first >= whole.replay_from.0;
                    assert!(refused.is_some() || !replayed, "{} was not noticed", flip.what);
                }
                _ => {
                    let why = refused.unwrap_or_else(|| panic!("{} was not noticed", flip.what));
                    let places = ["account page", "the checkpoint", "key filter", "journal"];
                    assert!(places.iter().any(|it| why.contains(it)), "{}: {why}", flip.what);
                }
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_what_can_be_rebuilt_changes_no_balance() {
    let whole = Whole::make(Folded::Everything);
    let tables = ["keys", "key_runs", "payments", "accounts", "customers", "exchange_rates"];
    for table in tables {
        for flip in flips(&database(whole.directory.path()), table) {
            let copy = whole.copy();
            if !flip.apply(&database(copy.path())) {
                continue;
            }
            whole.start(copy.path(), &flip.what);
            let found = verify(copy.path());
            // Whether a payment is known decides whether it counts twice.
            let for_ever = flip.what.contains("kept = 0");
            if for_ever && flip.column == "key" {
                assert!(found.is_some(), "{} was not found", flip.what);
            }
        }
    }
}

/// A bit to be flipped.
struct Flip {
    what: String,
    column: String,
    /// The first number of the row's key.
    first: u64,
    sql: String,
    value: Value,
}

impl Flip {
    /// `false` where the schema itself refuses the value.
    fn apply(&self, path: &Path) -> bool {
        let connection = Connection::open(path).unwrap();
        connection.execute(&self.sql, [&self.value]).is_ok()
    }
}

/// One bit or two in every column of the first, the middle and the last row of a table.
fn flips(path: &Path, table: &str) -> Vec<Flip> {
    let copy = tempfile::tempdir().unwrap();
    let copied = database(copy.path());
    std::fs::copy(path, &copied).unwrap();
    if let Ok(bytes) = std::fs::read(path.with_extension("db-wal")) {
        std::fs::write(log(copy.path()), bytes).unwrap();
    }
    let connection = Connection::open(copied).unwrap();
    let mut statement = connection.prepare("SELECT name, pk FROM pragma_table_info(?1)").unwrap();
    let columns = statement.query_map([table], |it| Ok((it.get(0)?, it.get(1)?)));
    let columns: Vec<(String, i64)> = columns.unwrap().collect::<Result<_, _>>().unwrap();
    let keys: Vec<&String> = columns.iter().filter(|it| it.1 > 0).map(|it| &it.0).collect();
    let terms: Vec<String> = keys.iter().map(|it| format!("'{it} = ' || quote({it})")).collect();
    let names: Vec<String> = columns.iter().map(|it| format!("\"{}\"", it.0)).collect();
    let sql =
        format!("SELECT {}, {} FROM {table}", terms.join(" || ' AND ' || "), names.join(", "));
    let mut statement = connection.prepare(&sql).unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        (0..=columns.len()).map(|it| row.get::<_, Value>(it)).collect::<Result<Vec<_>, _>>()
    };
    let rows: Vec<Vec<Value>> =
        statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(!rows.is_empty(), "{table} is empty");
    let mut flips = Vec::new();
    for row in [0, rows.len() / 2, rows.len() - 1].map(|it| &rows[it]) {
        let Value::Text(place) = &row[0] else { panic!("a key is text: {row:?}") };
        let first = place.split(' ').nth(2).and_then(|it| it.parse().ok()).unwrap_or(0);
        for (column, value) in columns.iter().map(|it| &it.0).zip(&row[1..]) {
            let cast = if matches!(value, Value::Text(_)) { "CAST(?1 AS TEXT)" } else { "?1" };
            let sql = format!("UPDATE {table} SET \"{column}\" = {cast} WHERE {place}");
            for value in flipped(value) {
                let what = format!("{table}.{column} where {place}");
                let (column, sql) = (column.clone(), sql.clone());
                flips.push(Flip { what, column, first, sql, value });
            }
        }
    }
    flips
}

fn flipped(value: &Value) -> Vec<Value> {
    let middle = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let place = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 4;
        }
        bytes
    };
    match value {
        Value::Integer(value) => vec![Value::Integer(value ^ 1), Value::Integer(value ^ (1 << 33))],
        Value::Text(text) if !text.is_empty() => vec![Value::Blob(middle(text.as_bytes()))],
        Value::Blob(bytes) => vec![Value::Blob(middle(bytes))],
        _ => vec![Value::Integer(1)],
    }
}

#[test]
fn missing_rows_are_noticed_and_named() {
    let whole = Whole::make(Folded::Everything);
    let head = whole.state.shared.head.0;
    let (early, late) = (whole.replay_from.0 - 50, whole.replay_from.0 + 20);
    let cases = [
        // What is missing, and whether a start reads it.
        (format!("DELETE FROM journal WHERE position = {early}"), false),
        (format!("DELETE FROM journal WHERE position = {late}"), true),
        (format!("DELETE FROM journal WHERE position = {head}"), true),
        (format!("DELETE FROM journal WHERE position > {late}"), true),
        ("DELETE FROM commits WHERE first = (SELECT max(first) FROM commits)".into(), true),
        ("DELETE FROM commits WHERE first = 1".into(), false),
        ("DELETE FROM commits".into(), true),
        ("DELETE FROM journal".into(), true),
        (
            "DELETE FROM journal WHERE position >= (SELECT max(first) FROM commits);
             DELETE FROM commits WHERE first = (SELECT max(first) FROM commits)"
                .into(),
            true,
        ),
        (
            format!(
                "DELETE FROM journal WHERE position > {early};
                 DELETE FROM commits WHERE first + entries - 1 > {early}"
            ),
            true,
        ),
        ("DELETE FROM account_pages WHERE page = 0".into(), true),
        ("DELETE FROM account_pages WHERE page = 1".into(), true),
        ("DELETE FROM key_filters WHERE run = 0 AND kept = 0".into(), true),
    ];
    for (sql, is_read) in cases {
        let copy = whole.copy();
        let connection = Connection::open(database(copy.path())).unwrap();
        connection.execute_batch(&sql).unwrap();
        drop(connection);
        let refused = whole.start(copy.path(), &sql);
        assert_eq!(refused.is_some(), is_read, "{sql}: {refused:?}");
        let (code, said) = run(&["verify", "--data-dir", text(copy.path())]);
        assert_eq!(code, 1, "{sql}: {said}");
        let places = ["position", "account page", "the checkpoint", "key filter"];
        assert!(places.iter().any(|it| said.contains(it)), "{sql}: {said}");
        if let Some(why) = refused {
            let places = [&places[..], &["its end", "the journal's end"]].concat();
            assert!(places.iter().any(|it| why.contains(it)), "{sql}: {why}");
        }
    }
}

#[test]
fn a_damaged_log_is_never_silently_shorter() {
    for folded in [Folded::Nothing, Folded::Half] {
        let whole = Whole::make(folded);
        let bytes = std::fs::read(log(whole.directory.path())).unwrap();
        let length = bytes.len();
        let mut refused = 0;
        let mut judge = |damage: String, bytes: &[u8]| {
            let why = whole.start_after(&damage, |it| std::fs::write(log(it), bytes).unwrap());
            refused += u32::from(why.is_some());
        };
        // Frames have 4,120 bytes; the steps meet every part of them.
        for cut in (0..length).step_by((length / 60).max(1) | 1) {
            judge(format!("the log ends at {cut}"), &bytes[..cut]);
        }
        let mut random = History::new(9);
        for _ in 0..60 {
            let place = random.below(length as u64) as usize;
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << random.below(8);
            judge(format!("a bit of the log's byte {place}"), &flipped);
        }
        for tail in [1, 24, 4_096, 4_120, 8_240, length / 2] {
            let mut zeroed = bytes.clone();
            zeroed[length - tail..].fill(0);
            judge(format!("{tail} zeros at the log's end"), &zeroed);
            judge(format!("{tail} more zeros"), &[&bytes[..], &vec![0; tail]].concat());
            judge(
                format!("the last {tail} twice"),
                &[&bytes[..], &bytes[length - tail..]].concat(),
            );
        }
        assert!(refused > 60, "only {refused} were refused");
    }
}

#[test]
fn a_damaged_database_file_is_never_silently_other() {
    let whole = Whole::make(Folded::Everything);
    let bytes = std::fs::read(database(whole.directory.path())).unwrap();
    let length = bytes.len();
    let mut refused = 0;
    let mut judge = |damage: String, bytes: &[u8]| {
        let why = whole.start_after(&damage, |it| {
            std::fs::write(database(it), bytes).unwrap();
            // Else the log, which still has every page, would mend the file.
            std::fs::remove_file(log(it)).unwrap();
        });
        refused += u32::from(why.is_some());
    };
    let mut random = History::new(10);
    for _ in 0..150 {
        let place = random.below(length as u64) as usize;
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << random.below(8);
        judge(format!("a bit of byte {place}"), &flipped);
    }
    for cut in (0..length).step_by((length / 25).max(1) | 1) {
        judge(format!("the file ends at {cut}"), &bytes[..cut]);
    }
    for tail in [1, 100, 4_096, 40_960] {
        let mut zeroed = bytes.clone();
        zeroed[length - tail..].fill(0);
        judge(format!("{tail} zeros at the end"), &zeroed);
        judge(format!("the last {tail} twice"), &[&bytes[..], &bytes[length - tail..]].concat());
    }
    assert!(refused > 30, "only {refused} were refused");
}
