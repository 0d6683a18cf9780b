//! What only PostgreSQL can do to a store: servers that end, connections that are cut, and other
//! processes that write to the same shard.

mod beside;
mod claims;
mod damage;
mod homes;
mod laid_down;
mod lease;
mod proxy;
mod tls;
mod transits;

use std::sync::Arc;

use engine::{Entry, Position, ShardId, Timestamp};
use proxy::Proxy;
use store::conformance::{self, History, batch_of};
use store::throwaway::{Schema, Server};
use store::{Batch, Durability, Kept, KeyAnswer, KeyRecord, PostgresDatabase, PostgresStore};
use store::{PostgresReader, Reader, Store, StoreError};

/// A schema on the server of the tests and a database on it; `None` without PostgreSQL.
fn made() -> Option<(Schema, Arc<PostgresDatabase>)> {
    let schema = Schema::make()?;
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    Some((schema, database))
}

/// A shard by its number.
pub fn shard(number: u32) -> ShardId {
    ShardId::new(number).expect("it is small")
}

fn positions(reader: &PostgresReader) -> Vec<u64> {
    let mut found = Vec::new();
    let each = &mut |it: Entry| {
        found.push(it.position.0);
        Ok(())
    };
    reader.scan(Position::START, each).unwrap();
    found
}

fn key_batch(sequence: u64) -> Batch {
    let answer = KeyAnswer::Entries { first: Position(1), count: 1 };
    let (kept, at) = (Kept::ForEver, Timestamp(7));
    let key = KeyRecord { kept, sequence, key: sequence.into(), fingerprint: 3, at, answer };
    Batch { keys: vec![key], ..Batch::default() }
}

fn is_conflict(result: Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict { .. }))
}

#[test]
fn a_store_that_was_replaced_writes_nothing() {
    let Some((schema, database)) = made() else { return };
    let mut older = database.store(ShardId::FIRST).unwrap();
    let mut history = History::new(1);
    older.append(&batch_of(history.entries(3))).unwrap();
    // Another process, which has not written anything yet.
    let other = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    let mut newer = other.store(ShardId::FIRST).unwrap();
    let entries = history.entries(4);
    assert!(is_conflict(older.append(&batch_of(entries.clone()))));
    assert!(is_conflict(older.append(&key_batch(1))));
    // It does not come back by itself either.
    assert!(is_conflict(older.probe()));
    assert!(is_conflict(older.append(&batch_of(entries.clone()))));
    assert_eq!(positions(&database.reader(ShardId::FIRST)), [1, 2, 3]);
    newer.append(&batch_of(entries)).unwrap();
    newer.append(&key_batch(1)).unwrap();
    assert!(is_conflict(older.append(&batch_of(history.entries(1)))));
    assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=7).collect::<Vec<_>>());
    assert_eq!(schema.rows("SELECT count(*) FROM keys"), [[Some("1".to_owned())]]);
    // Other shards are other people's.
    database
        .store(shard(2))
        .unwrap()
        .append(&batch_of(History::of_shard(2, shard(2)).entries(2)))
        .unwrap();
    newer.append(&key_batch(2)).unwrap();
    let start = shard(2).start().0;
    assert_eq!(positions(&database.reader(shard(2))), [start + 1, start + 2]);
}

/// Ends the connection of whoever writes a transaction, `times` times, when its entries are there
/// and before it is committed.
fn kill_writers(schema: &Schema, times: u32) {
    schema.execute(&format!(
        "CREATE SEQUENCE kills; CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN IF nextval('kills') <= {times} THEN \
         PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$; \
         CREATE TRIGGER kill AFTER INSERT ON commits FOR EACH ROW EXECUTE FUNCTION kill()"
    ));
}

/// Entries of a batch that is inserted, and of one that is copied.
const SIZES: [u64; 2] = [5, 700];

#[test]
fn a_batch_whose_connection_ends_before_the_commit_is_written_once() {
    for size in SIZES {
        let Some((schema, database)) = made() else { return };
        let mut store = database.store(ShardId::FIRST).unwrap();
        let mut history = History::new(1);
        let mut next = || batch_of(history.entries(size as usize));
        store.append(&next()).unwrap();
        kill_writers(&schema, 1);
        store.append(&next()).unwrap();
        store.append(&next()).unwrap();
        assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=3 * size).collect::<Vec<_>>());
        assert_eq!(schema.rows("SELECT last_value FROM kills"), [[Some("3".to_owned())]]);
    }
}

#[test]
fn a_batch_that_is_never_committed_has_failed() {
    let Some((schema, database)) = made() else { return };
    let mut store = database.store(ShardId::FIRST).unwrap();
    let mut history = History::new(1);
    store.append(&batch_of(history.entries(5))).unwrap();
    kill_writers(&schema, 1_000);
    let batch = batch_of(history.entries(5));
    let error = store.append(&batch).unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=5).collect::<Vec<_>>());
    schema.execute("DROP TRIGGER kill ON commits");
    store.probe().unwrap();
    store.append(&batch).unwrap();
    assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_batch_is_appended_when_only_the_word_of_its_commit_is_lost() {
    let Some((schema, database)) = made() else { return };
    let proxy = Proxy::before(&schema.url);
    let near = PostgresDatabase::open(&proxy.url, Durability::Demo).unwrap();
    let mut store = near.store(ShardId::FIRST).unwrap();
    let mut history = History::new(1);
    store.append(&batch_of(history.entries(5))).unwrap();
    for (times, size) in SIZES.into_iter().enumerate() {
        proxy.lose_the_next_commit();
        store.append(&batch_of(history.entries(size as usize))).unwrap();
        assert_eq!(proxy.lost() as usize, times + 1);
    }
    store.append(&batch_of(history.entries(5))).unwrap();
    assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=715).collect::<Vec<_>>());
    // Nothing tells one batch without entries from another: nobody knows, and that is said.
    proxy.lose_the_next_commit();
    let error = store.append(&key_batch(1)).unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert_eq!(proxy.lost(), 3);
    store.append(&batch_of(history.entries(1))).unwrap();
}

#[test]
fn what_arrives_late_is_not_written_any_more() {
    let Some((schema, database)) = made() else { return };
    let proxy = Proxy::before(&schema.url);
    let near = PostgresDatabase::open(&proxy.url, Durability::Demo).unwrap();
    let mut store = near.store(ShardId::FIRST).unwrap();
    let mut history = History::new(1);
    store.append(&batch_of(history.entries(5))).unwrap();
    store.append(&key_batch(1)).unwrap();
    // As if its connection could not be found: nothing ends it but the generation.
    schema.execute("UPDATE shards SET backend = NULL");
    proxy.hold_the_next_batch();
    let error = store.append(&key_batch(2)).unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    let answer = proxy.deliver_what_was_held();
    assert!(answer.contains("division by zero"), "{answer}");
    assert_eq!(schema.rows("SELECT count(*) FROM keys"), [[Some("1".to_owned())]]);
    // The same with entries: the batch was sent again, and what arrives later is nothing new.
    schema.execute("UPDATE shards SET backend = NULL");
    proxy.hold_the_next_batch();
    store.append(&batch_of(history.entries(5))).unwrap();
    let answer = proxy.deliver_what_was_held();
    assert!(answer.contains("division by zero"), "{answer}");
    assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_writer_that_stopped_in_the_middle_keeps_nobody_waiting() {
    let Some((schema, database)) = made() else { return };
    let proxy = Proxy::before(&schema.url);
    let near = PostgresDatabase::open(&proxy.url, Durability::Demo).unwrap();
    let mut stopped = near.store(ShardId::FIRST).unwrap();
    let mut history = History::new(1);
    stopped.append(&batch_of(history.entries(5))).unwrap();
    let entries = history.entries(5);
    let (batch, sent) = (batch_of(entries.clone()), batch_of(entries));
    // It has locked the shard's row, and the rest of its batch does not come.
    proxy.stop_in_the_middle_of_the_next_batch();
    let stopped = std::thread::spawn(move || stopped.append(&sent));
    proxy.wait_until_it_stopped();
    let mut store = database.store(ShardId::FIRST).unwrap();
    store.append(&batch).unwrap();
    proxy.go_on();
    // It finds its batch there, written by whoever is the writer now, and all the same as its own.
    stopped.join().unwrap().unwrap();
    assert_eq!(positions(&database.reader(ShardId::FIRST)), (1..=10).collect::<Vec<_>>());
}

#[test]
fn what_was_appended_outlives_a_crash_of_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let synced = ["wal_level=minimal", "max_wal_senders=0"];
    let Some(server) = Server::start(&directory.path().join("postgres"), &synced) else { return };
    let mut store = PostgresStore::open(&server.url(), ShardId::FIRST).unwrap();
    let reader = store.reader().unwrap();
    let mut history = History::new(1);
    for round in 1..=3 {
        for _ in 0..20 {
            store.append(&batch_of(history.entries(5))).unwrap();
        }
        server.restart(&synced);
        // Neither the store nor the reader is told; both find out, and go on.
        store.append(&key_batch(round)).unwrap();
        assert_eq!(reader.head().unwrap(), Position(round * 100));
        assert_eq!(reader.scan(Position(1), &mut |_| Ok(())).unwrap().entries, round * 100);
    }
    store.append(&batch_of(history.entries(5))).unwrap();
    assert_eq!(reader.head().unwrap(), Position(305));
}

#[test]
fn what_was_acknowledged_outlives_the_server_that_took_it() {
    let directory = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|it| directory.path().join(it));
    let Some(primary) = Server::start(&first, &[]) else { return };
    let standby = primary.standby(&second, &["wal_retrieve_retry_interval=100ms"]);
    // From here on no commit returns before the standby has it.
    primary.restart(&["synchronous_standby_names=*"]);
    let url = format!("{},{}", primary.url(), standby.socket().display());
    let database = PostgresDatabase::open(&url, Durability::Required).unwrap();
    let mut store = database.store(ShardId::FIRST).unwrap();
    let reader = database.reader(ShardId::FIRST);
    let mut history = History::new(1);
    for size in [5, 700, 5] {
        store.append(&batch_of(history.entries(size))).unwrap();
    }
    assert_eq!(reader.head().unwrap(), Position(710));
    primary.stop();
    standby.promote();
    store.append(&batch_of(history.entries(5))).unwrap();
    assert_eq!(positions(&reader), (1..=715).collect::<Vec<_>>());
    // And while there is none, that is said, and nothing else.
    let batch = batch_of(history.entries(5));
    standby.stop();
    let error = store.append(&batch).unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert!(store.probe().is_err());
    standby.restart(&[]);
    store.probe().unwrap();
    store.append(&batch).unwrap();
    assert_eq!(positions(&reader), (1..=720).collect::<Vec<_>>());
}

#[test]
fn a_server_says_how_it_is_set() {
    let Some((_schema, database)) = made() else { return };
    let settings = database.settings().unwrap();
    assert!(settings.starts_with("PostgreSQL "), "{settings}");
    for setting in ["fsync=off", "synchronous_commit=on", "max_wal_size=1GB"] {
        assert!(settings.contains(setting), "{settings}");
    }
}

#[test]
fn a_server_that_forgets_is_refused() {
    let Some((schema, _)) = made() else { return };
    let error = PostgresStore::open(&schema.url, ShardId::FIRST).err().unwrap();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("fsync=off"), "{why}");
    assert!(!PostgresDatabase::open(&schema.url, Durability::Demo).unwrap().is_durable());
}

#[test]
fn the_schema_is_made_once_however_many_begin() {
    let Some(schema) = Schema::make() else { return };
    std::thread::scope(|scope| {
        for shard in 0..6 {
            let url = &schema.url;
            scope.spawn(move || {
                let database = PostgresDatabase::open(url, Durability::Demo).unwrap();
                let entries = History::of_shard(shard.into(), self::shard(shard)).entries(3);
                database.store(self::shard(shard)).unwrap().append(&batch_of(entries)).unwrap();
            });
        }
    });
    assert_eq!(schema.rows("SELECT count(*) FROM schema_version"), [[Some("1".to_owned())]]);
    assert_eq!(schema.rows("SELECT count(*) FROM journal"), [[Some("18".to_owned())]]);
    schema.execute("UPDATE schema_version SET version = 99");
    let error = PostgresDatabase::open(&schema.url, Durability::Demo).err().unwrap().to_string();
    assert!(error.contains("version 99 is newer"), "{error}");
}

#[test]
fn api_keys_are_those_of_every_shard() {
    let Some((_schema, database)) = made() else { return };
    database.add_api_key("ann", "agent", b"0123", Timestamp(7)).unwrap();
    assert!(database.add_api_key("ann", "admin", b"4567", Timestamp(8)).is_err());
    assert!(database.revoke_api_key("ann", Timestamp(9)).unwrap());
    assert!(!database.revoke_api_key("ann", Timestamp(10)).unwrap());
    for number in [0, 5] {
        let keys = database.reader(shard(number)).api_keys().unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(
            (&*keys[0].name, &*keys[0].role, &*keys[0].digest),
            ("ann", "agent", &b"0123"[..])
        );
        assert_eq!(keys[0].revoked_at, Some(Timestamp(9)));
    }
}

/// What happens in a shard, without what it is numbered by.
fn story(entries: &[Entry]) -> String {
    let line = |it: &Entry| {
        let figures = it.posting.map(|it| (it.amount, it.balance, it.held, it.credit, it.contra));
        format!("{} {:?} {figures:?}\n", it.fact.kind(), it.at)
    };
    entries.iter().map(line).collect()
}

#[test]
fn shards_share_a_database_and_each_is_recovered_by_itself() {
    let Some((_schema, database)) = made() else { return };
    let shards = [0, 1, 63].map(shard);
    // The same happens in each, so that each has what the others have.
    let mut histories = shards.map(|it| History::of_shard(11, it));
    let mut stores = shards.map(|it| database.store(it).unwrap());
    for _ in 0..20 {
        let batches = histories.each_mut().map(|it| it.entries(40));
        let [first, others @ ..] = batches.each_ref().map(|it| story(it));
        others.iter().for_each(|it| assert_eq!(*it, first));
        for (store, entries) in stores.iter_mut().zip(batches) {
            store.append(&batch_of(entries)).unwrap();
        }
    }
    for ((shard, store), history) in shards.iter().zip(&stores).zip(&histories) {
        let reader = store.reader().unwrap();
        assert_eq!(reader.shard(), *shard);
        assert_eq!(reader.head().unwrap(), shard.start().plus(800));
        assert_eq!(reader.position_at(Timestamp::MIN).unwrap(), shard.start());
        assert_eq!(reader.position_at(history.now).unwrap(), shard.start().plus(800));
        conformance::check_restart(reader.as_ref(), history, &format!("{shard:?}"));
        let customer = shard.customer(1).unwrap();
        let found = reader.search_customers("", shard.customer(0).unwrap(), 1).unwrap();
        assert_eq!(found[0].id, customer);
    }
    let empty = database.reader(shard(7));
    assert_eq!(empty.head().unwrap(), shard(7).start());
    assert_eq!(empty.position_at(Timestamp(7)).unwrap(), shard(7).start());
}
