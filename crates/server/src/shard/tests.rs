//! A shard over a store that fails, a clock that jumps, and callers that repeat themselves.

mod clock;
mod receivables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use engine::{
    AccountId, AccountRef, Amount, Ask, Authorise, Charge, Command, Currency, CustomerFields,
    CustomerId, Entry, Fact, Limit, Money, Name, OpenAccount, Order, Origin, ReceivePayment,
    SessionKey, Timing, Transfer,
};
use store::faulty::{Faults, FaultyStore, When};
use store::{Batch, Checkpoint, Reader, SqliteReader, SqliteStore, Store};

use super::*;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_800_000_000 * SECOND;

/// Longer than anything here takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Bench {
    path: PathBuf,
    faults: Faults,
    clock: Clock,
    shard: Shard,
    threads: ShardThreads,
    acknowledged: Arc<AtomicU64>,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn new(run_keys: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sporran.db");
        let (faults, clock) = (Faults::default(), Clock::set_at(Timestamp(START)));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let (shard, threads) = start(&path, &faults, &clock, run_keys, &acknowledged);
        let bench =
            Self { path, faults, clock, shard, threads, acknowledged, _directory: directory };
        let fields = CustomerFields { name: "Ann".into(), ..CustomerFields::default() };
        bench.done(order(Command::CreateCustomer(fields.into())));
        (0..3).for_each(|_| bench.done(order(open())));
        bench
    }

    /// What stands on account `id`, asked of the shard.
    fn look<T: Send + 'static>(
        &self,
        id: u32,
        look: impl FnOnce(&engine::Account) -> T + Send + 'static,
    ) -> T {
        let seen = self
            .shard
            .read(None, move |state, _| look(state.account(AccountId(id)).expect("it was opened")));
        block_on(seen).expect("reads go on")
    }

    fn done(&self, operation: Operation) {
        let reply = self.shard.execute_all_blocking(vec![operation]).expect("the store is well");
        assert!(matches!(reply.outcome[0], Outcome::Entries { .. }), "{:?}", reply.outcome);
    }

    /// Stops the shard, and answers with everything that is in its journal.
    fn stop(self) -> Vec<Entry> {
        self.shard.stop();
        assert!(self.threads.join(), "a thread of the shard has panicked");
        let reader = SqliteReader::open(&self.path).unwrap();
        let acknowledged = Position(self.acknowledged.load(Ordering::Acquire));
        assert_eq!(acknowledged, reader.head().unwrap(), "what was acknowledged is noted");
        let mut entries = Vec::new();
        let each = &mut |it| {
            entries.push(it);
            Ok(())
        };
        reader.scan(Position(1), each).unwrap();
        drop(reader);
        let reader = SqliteReader::open(&self.path).unwrap();
        let report = crate::verify::verify(&reader, acknowledged, &mut |_, _| {}).unwrap();
        assert!(report.faults.is_empty(), "{:#?}", report.faults);
        entries
    }
}

fn start(
    path: &std::path::Path,
    faults: &Faults,
    clock: &Clock,
    run_keys: usize,
    acknowledged: &Arc<AtomicU64>,
) -> (Shard, ShardThreads) {
    let inner = Box::new(SqliteStore::open(path).unwrap());
    let store = Box::new(FaultyStore { inner, faults: faults.clone() });
    // Pages are saved with nearly every batch, beside those that are saved when nothing is to do.
    let (clock, sweep_entries) = (clock.clone(), 16);
    let options = ShardOptions { clock, run_keys, sweep_entries, ..ShardOptions::default() };
    let noted = Arc::clone(acknowledged);
    let note = Box::new(move |it: Position| noted.store(it.0, Ordering::Release));
    Shard::start(store, options, note, &mut |_| {}).unwrap()
}

/// Sends `operation` until it is answered.
fn insist(shard: &Shard, operation: &Operation) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(reply) = shard.execute_all_blocking(vec![operation.clone()]) {
            let outcome = &reply.outcome[0];
            let fine = matches!(outcome, Outcome::Entries { .. } | Outcome::Known { .. });
            assert!(fine, "{outcome:?}");
            return;
        }
        assert!(Instant::now() < deadline, "the service has not come back by itself");
        std::thread::yield_now();
    }
}

/// Looks again and again until it is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} has not come about");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn whichever_commit_fails_nothing_is_lost_and_nothing_is_done_twice() {
    for when in [When::BeforeCommit, When::AfterCommit] {
        for append in 1..=16 {
            // Every fourth time the store is not well at once.
            let probes = u64::from(append % 4 == 0);
            let place = format!("append {append}, {when:?}, {probes} probes");
            let bench = Bench::new(4);
            bench.faults.fail(append, when, probes);
            let callers = ["ann", "bob", "cy"];
            std::thread::scope(|scope| {
                for caller in callers {
                    let shard = &bench.shard;
                    scope.spawn(move || work(caller).iter().for_each(|it| insist(shard, it)));
                }
            });
            assert_eq!(bench.faults.failed(), 1 + probes, "{place}");
            let balances = [1, 2, 3].map(|it| bench.look(it, |it| it.balance.units()));
            let entries = bench.stop();
            assert_eq!(balances, [3 * 12 * 70, 3 * 12 * 20, 0], "{place}");
            let mut done = BTreeMap::new();
            for entry in entries.iter().filter(|it| it.origin.reason.is_some()) {
                let key = (entry.origin.reason.clone(), entry.fact.kind());
                *done.entry(key).or_insert(0) += 1;
            }
            // Of each operation every entry, once.
            assert_eq!(done.len(), callers.len() * 12 * 4, "{place}");
            assert!(done.values().all(|it| *it == 1), "{place}: {done:?}");
        }
    }
}

/// Twelve payments, charges and transfers, each with a name that comes back on its entries.
fn work(caller: &str) -> Vec<Operation> {
    let mut operations = Vec::new();
    for number in 0..12 {
        let named = |what: &str, command| {
            let name = format!("{caller} {what} {number}");
            let mut operation = order(command);
            operation.order.origin.reason = Some(name.as_str().into());
            let key = key_digest(&[b"idempotency", name.as_bytes()]);
            operation.idempotency_key = Some(Key { key, fingerprint: 1 });
            operation
        };
        operations.push(payment(named("payment", pay(1, 100, &format!("{caller}{number}")))));
        operations.push(named("charge", charge(1, 10)));
        operations.push(named("transfer", transfer(1, 2, 20)));
    }
    operations
}

#[test]
fn reads_go_on_while_writes_are_refused_and_deadlines_fire_after() {
    let bench = Bench::new(100);
    bench.done(payment(order(pay(1, 1_000, "R1"))));
    bench.done(order(authorise("call-1", 300, START + 10 * SECOND)));
    bench.faults.fail(1, When::BeforeCommit, u64::MAX);
    let refused = bench.shard.execute_all_blocking(vec![order(charge(1, 10))]);
    assert!(matches!(refused, Err(Unavailable)), "{refused:?}");
    wait_until("a failed probe", || bench.faults.probed() > 0);
    bench.clock.set(Timestamp(START + 60 * SECOND));
    for _ in 0..20 {
        assert!(!bench.shard.gauges().writable.load(Ordering::Acquire));
        assert_eq!(bench.look(1, |it| (it.balance.units(), it.held.units())), (1_000, 300));
        let refused = bench.shard.execute_all_blocking(vec![order(charge(1, 10))]);
        assert!(matches!(refused, Err(Unavailable)), "{refused:?}");
    }
    assert_eq!(*bench.shard.durable().borrow(), Position(6));
    bench.faults.fail_probes(0);
    wait_until("the end of the hold", || *bench.shard.durable().borrow() == Position(7));
    assert_eq!(bench.look(1, |it| it.held.units()), 0);
    bench.done(order(charge(1, 10)));
    let entries = bench.stop();
    assert!(matches!(entries[6].fact, Fact::ReservationExpired { .. }), "{:?}", entries[6]);
}

#[test]
fn what_a_failed_commit_has_written_after_all_is_announced_and_noted() {
    let bench = Bench::new(100);
    bench.faults.fail(1, When::AfterCommit, 0);
    let lost = bench.shard.execute_all_blocking(vec![payment(order(pay(1, 100, "R1")))]);
    assert!(matches!(lost, Err(Unavailable)), "{lost:?}");
    wait_until("the announcement", || *bench.shard.durable().borrow() == Position(5));
    wait_until("the note", || bench.acknowledged.load(Ordering::Acquire) == 5);
    assert_eq!(bench.look(1, |it| it.balance.units()), 100);
    bench.stop();
}

#[test]
fn one_reference_is_paid_once_whoever_asks_with_it() {
    // Runs of two keys: nearly every reference is looked for while its run is being written.
    let bench = Bench::new(2);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let shard = &bench.shard;
            scope.spawn(move || {
                for number in 0..150 {
                    insist(shard, &payment(order(pay(1, 1, &format!("R{number}")))));
                }
            });
        }
    });
    assert_eq!(bench.look(1, |it| it.balance.units()), 150);
    bench.stop();
}

#[test]
fn a_clock_that_jumps_never_takes_journal_time_back() {
    let bench = Bench::new(100);
    bench.done(payment(order(pay(1, 1_000, "R1"))));
    bench.done(order(authorise("call-1", 300, START + 10 * SECOND)));
    for jump in [-3_600, 5, -86_400, 9] {
        bench.clock.set(Timestamp(START + jump * SECOND));
        bench.done(order(charge(1, 10)));
        assert_eq!(bench.look(1, |it| it.held.units()), 300, "{jump}");
    }
    let before = *bench.shard.durable().borrow();
    bench.clock.set(Timestamp(START + 400 * 86_400 * SECOND));
    // Nobody asks for anything: the deadline fires by itself.
    wait_until("the end of the hold", || *bench.shard.durable().borrow() > before);
    bench.clock.set(Timestamp(START));
    bench.done(order(charge(1, 10)));
    // A hold of ten minutes that is asked for an hour ago, by the clock, still holds.
    bench.done(order(authorise("call-2", 200, START + 600 * SECOND)));
    assert_eq!(bench.look(1, |it| it.held.units()), 200);
    bench.clock.set(Timestamp(START + 601 * SECOND));
    wait_until("the end of the second hold", || bench.look(1, |it| it.held.units()) == 0);
    let entries = bench.stop();
    assert!(entries.is_sorted_by_key(|it| it.at), "journal time has gone back");
    let expired = entries.iter().filter(|it| matches!(it.fact, Fact::ReservationExpired { .. }));
    assert_eq!(expired.clone().count(), 2);
    assert_eq!(expired.map(|it| it.at).next(), Some(Timestamp(START + 10 * SECOND)));
}

#[test]
fn a_clean_stop_leaves_nothing_to_replay() {
    let bench = Bench::new(100);
    bench.shard.execute_all_blocking((0..700).map(|_| order(open())).collect()).unwrap();
    bench.done(payment(order(pay(1, 1_000, "R1"))));
    bench.done(order(authorise("call-1", 300, START + 10 * SECOND)));
    let before = *bench.shard.durable().borrow();
    bench.clock.set(Timestamp(START + 11 * SECOND));
    wait_until("the end of the hold", || *bench.shard.durable().borrow() > before);
    bench.shard.stop();
    assert!(bench.threads.join());
    let reader = SqliteReader::open(&bench.path).unwrap();
    let (settings, exchange) = (Settings::default(), ExchangeRates::default());
    let recovered = store::recover(&reader, settings, exchange, 100, &mut |_| {}).unwrap();
    assert_eq!(recovered.replayed, 0);
    assert_eq!(recovered.state.accounts_count(), 703);
}

#[test]
fn a_look_that_fails_is_its_callers_alone() {
    let bench = Bench::new(100);
    let failing = |_: &State, _| -> u32 { panic!("a fault on purpose") };
    let seen = block_on(bench.shard.read(None, failing));
    assert!(matches!(seen, Err(Unavailable)), "{seen:?}");
    bench.done(payment(order(pay(1, 1_000, "R1"))));
    assert_eq!(bench.look(1, |it| it.balance.units()), 1_000);
    bench.stop();
}

#[test]
fn a_contradiction_in_a_deadline_stops_that_account_alone() {
    let mut bench = Bench::new(100);
    for (account, session) in [(1, "call-1"), (2, "call-2")] {
        bench.done(payment(order(pay(account, 1_000, session))));
        bench.done(order(authorise_on(account, session, 300, START + 10 * SECOND)));
    }
    bench.shard.stop();
    assert!(bench.threads.join());
    damage(&bench.path, |account| account.held = Amount::ZERO);
    let (shard, threads) =
        start(&bench.path, &bench.faults, &bench.clock, 100, &bench.acknowledged);
    (bench.shard, bench.threads) = (shard, threads);
    bench.clock.set(Timestamp(START + 11 * SECOND));
    insist(&bench.shard, &order(charge(2, 10)));
    assert_eq!(bench.look(2, |it| it.held.units()), 0);
    let refused = bench.shard.execute_all_blocking(vec![order(charge(1, 10))]);
    assert!(matches!(refused, Err(Unavailable)), "{refused:?}");
    assert_eq!(bench.shard.gauges().stopped_accounts.load(Ordering::Relaxed), 1);
    bench.shard.stop();
    assert!(bench.threads.join(), "a thread of the shard has panicked");
}

/// Changes account 1 as no rule would, in the saved pages of a journal that is at rest.
fn damage(path: &std::path::Path, change: impl FnOnce(&mut engine::Account)) {
    let mut store = SqliteStore::open(path).unwrap();
    let reader = SqliteReader::open(path).unwrap();
    let (settings, exchange) = (Settings::default(), ExchangeRates::default());
    let state = store::recover(&reader, settings, exchange, 100, &mut |_| {}).unwrap().state;
    let mut page = state.page(0).expect("accounts were opened").clone();
    change(&mut page.accounts[0]);
    let position = state.shared.head;
    let accounts = postcard::to_stdvec(&page).unwrap();
    let shared = postcard::to_stdvec(&state.shared).unwrap();
    let pages = vec![store::SavedPage { page: 0, position, accounts }];
    let checkpoint = Checkpoint { pages, shared, position, replay_from: state.replay_from() };
    let batch =
        Batch { expected: position.plus(1), checkpoint: Some(checkpoint), ..Batch::default() };
    store.append(&batch).unwrap();
}

fn order(command: Command) -> Operation {
    let origin = Origin { actor: name("ann"), channel: name("api"), reason: None };
    Operation::new(Order { origin, command })
}

fn payment(mut operation: Operation) -> Operation {
    let Command::ReceivePayment(payment) = &operation.order.command else {
        panic!("not a payment: {operation:?}");
    };
    let key = crate::http::resources::payments::payment_key("cash", &payment.reference);
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    operation
}

fn open() -> Command {
    Command::OpenAccount(Box::new(OpenAccount {
        customer: CustomerId(1),
        currency: Currency::EUR,
        name: "".into(),
        number: None,
        limit: Limit::NONE,
        ceiling: None,
    }))
}

fn pay(account: u32, units: i64, reference: &str) -> Command {
    Command::ReceivePayment(Box::new(ReceivePayment {
        account: Some(account_ref(account)),
        source: name("cash"),
        reference: reference.into(),
        money: money(units),
        paid_at: None,
        note: None,
    }))
}

fn charge(account: u32, units: i64) -> Command {
    Command::Charge(Charge {
        account: account_ref(account),
        money: money(units),
        service: name("internet"),
        timing: Timing::BeforeUse,
        reference: None,
        note: None,
    })
}

fn transfer(from: u32, to: u32, units: i64) -> Command {
    let (from, to) = (account_ref(from), account_ref(to));
    Command::Transfer(Box::new(Transfer { from, to, money: money(units), note: None }))
}

fn authorise(session: &str, units: i64, expires_at: i64) -> Command {
    authorise_on(1, session, units, expires_at)
}

fn authorise_on(account: u32, session: &str, units: i64, expires_at: i64) -> Command {
    let amount = money(units).amount;
    Command::Authorise(Authorise {
        account: account_ref(account),
        session: SessionKey(key_digest(&[session.as_bytes()])),
        session_text: session.into(),
        request: 1,
        service: name("call"),
        currency: Currency::EUR,
        ask: Ask { amount, minimum: amount, expires_at: Timestamp(expires_at) },
    })
}

fn account_ref(id: u32) -> AccountRef {
    AccountRef::Id(AccountId(id))
}

fn money(units: i64) -> Money {
    Money { amount: Amount::from_units(units).unwrap(), currency: Currency::EUR }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
