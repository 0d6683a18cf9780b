//! How what is owed has changed is written with the entries that have changed it.

use std::sync::Mutex;

use engine::{ReceivableKey, State};
use store::Batch;

use super::*;

/// Holds every batch against a state of its own, and waits before it writes when it is told to.
struct CheckingStore {
    inner: SqliteStore,
    replica: State,
    owed: BTreeMap<ReceivableKey, i128>,
    checks: Arc<Checks>,
    go: mpsc::Receiver<()>,
}

#[derive(Default)]
struct Checks {
    is_waiting: AtomicBool,
    /// For each batch its entries, and whether its points say what they have changed.
    batches: Mutex<Vec<(usize, bool)>>,
}

impl Store for CheckingStore {
    fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if self.checks.is_waiting.load(Ordering::Acquire) {
            self.go.recv().expect("the test goes on");
        }
        batch.entries.iter().for_each(|it| self.replica.apply(it));
        self.owed.extend(batch.receivables.iter().map(|it| (it.key, it.owed)));
        self.owed.retain(|_, owed| *owed != 0);
        let is_right =
            self.replica.receivables.sums().eq(self.owed.iter().map(|it| (*it.0, *it.1)));
        let is_right = is_right && (batch.receivables.is_empty() || !batch.entries.is_empty());
        self.checks.batches.lock().unwrap().push((batch.entries.len(), is_right));
        self.inner.append(batch)
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        self.inner.probe()
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.inner.reader()
    }
}

#[test]
fn what_comes_to_a_full_batch_while_it_waits_brings_its_points_along() {
    let directory = tempfile::tempdir().unwrap();
    let (release, go) = mpsc::channel();
    let checks = Arc::new(Checks::default());
    let store = Box::new(CheckingStore {
        inner: SqliteStore::open(&directory.path().join("sporran.db")).unwrap(),
        replica: State::default(),
        owed: BTreeMap::new(),
        checks: Arc::clone(&checks),
        go,
    });
    let options =
        ShardOptions { clock: Clock::set_at(Timestamp(START)), ..ShardOptions::default() };
    let (shard, threads) = Shard::start(store, options, Box::new(|_| {}), &mut |_| {}).unwrap();
    let decided = |count: u64| {
        wait_until("deciding", || shard.gauges().operations.load(Ordering::Acquire) == count);
    };
    let fields = CustomerFields { name: "Ann".into(), ..CustomerFields::default() };
    let mut operations = vec![order(Command::CreateCustomer(fields.into()))];
    operations.extend((0..3).map(|_| order(open())));
    shard.execute_all_blocking(operations).unwrap();
    // One batch is being written, the next is full, and one more operation comes.
    checks.is_waiting.store(true, Ordering::Release);
    let first = shard.begin_all(vec![order(owe(1, 100))]).unwrap();
    decided(5);
    let many = shard.begin_all((0..5_000).map(|_| order(owe(2, 10))).collect()).unwrap();
    decided(5_005);
    let last = shard.begin_all(vec![order(owe(3, 1_000))]).unwrap();
    checks.is_waiting.store(false, Ordering::Release);
    release.send(()).unwrap();
    for waiting in [first, many, last] {
        waiting.wait().unwrap();
    }
    shard.stop();
    assert!(threads.join());
    let batches = checks.batches.lock().unwrap();
    assert!(batches.iter().any(|it| it.0 == 5_001), "{batches:?}");
    assert!(batches.iter().all(|it| it.1), "{batches:?}");
}

/// A charge into debt.
fn owe(account: u32, units: i64) -> Command {
    let Command::Charge(charge) = charge(account, units) else { unreachable!("it is a charge") };
    Command::Charge(Charge { timing: Timing::AfterUse, ..charge })
}
