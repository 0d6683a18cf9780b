//! A clock that is set forward: callers go on meanwhile, and neither a disk that fails nor a stop
//! loses a deadline.

use futures_util::FutureExt;
use store::CLOCK_AHEAD;

use super::*;

const ACCOUNTS: i64 = 2_000;
const AHEAD: i64 = 10_000 * SECOND;

/// A shard with a clock that can be set, and accounts with a temporary limit each, that end one
/// second after the other, the last account first.
fn prepared() -> Bench {
    let mut bench = Bench::new(100);
    bench.shard.stop();
    assert!(bench.threads.join());
    let clock = Clock::ahead_of(bench.clock.clone(), 0);
    let (shard, threads) = start(&bench.path, &bench.faults, &clock, 100, &bench.acknowledged);
    (bench.shard, bench.threads) = (shard, threads);
    let open = (3..ACCOUNTS).map(|_| order(open())).collect();
    bench.shard.execute_all_blocking(open).expect("the store is well");
    let limit = |account: i64| {
        let until = Timestamp(START + (ACCOUNTS + 1 - account) * SECOND);
        let account = account_ref(u32::try_from(account).unwrap());
        order(Command::GrantCredit { account, money: money(70), until })
    };
    let limits = (1..=ACCOUNTS).map(limit).collect();
    let granted = bench.shard.execute_all_blocking(limits).expect("the store is well");
    assert!(granted.outcome.iter().all(|it| matches!(it, Outcome::Entries { .. })));
    let at_rest = || {
        let reader = SqliteReader::open(&bench.path).unwrap();
        let (settings, exchange) = (Settings::default(), ExchangeRates::default());
        store::recover(&reader, settings, exchange, 100, &mut |_| {}).unwrap().replayed == 0
    };
    // So that the next batch is the one with the clock.
    wait_until("a saved state", at_rest);
    bench
}

/// Every limit has ended once, at its own moment, and time has not gone back.
fn check(entries: &[Entry]) {
    assert!(entries.is_sorted_by_key(|it| it.at), "journal time has gone back");
    let ended = entries.iter().filter(|it| it.fact.kind() == "credit_ended");
    let ended: Vec<(u32, i64)> = ended
        .map(|it| (it.posting.expect("an account").account.0, (it.at.0 - START) / SECOND))
        .collect();
    let expected: Vec<(u32, i64)> =
        (1..=ACCOUNTS).map(|it| (u32::try_from(ACCOUNTS + 1 - it).unwrap(), it)).collect();
    assert_eq!(ended, expected);
}

#[test]
fn callers_are_served_while_the_clock_is_set_forward() {
    let bench = prepared();
    let mut setting = Box::pin(bench.shard.set_clock(SetClock::Forward(AHEAD)));
    // Sent by the first poll.
    assert_eq!(setting.as_mut().now_or_never(), None);
    let paying = bench.shard.begin_all(vec![payment(order(pay(1, 100, "R1")))]).unwrap();
    paying.wait().expect("the store is well");
    let set = block_on(setting).expect("the store is well");
    assert_eq!(set.now, Timestamp(START + AHEAD));
    assert_eq!((set.deadlines, set.entries), (2_000, 2_000));
    assert_eq!(bench.look(1, |it| it.balance.units()), 100);
    let entries = bench.stop();
    check(&entries);
    let paid = entries.iter().find(|it| it.fact.kind() == "payment").expect("it was paid");
    let last = entries.iter().rfind(|it| it.fact.kind() == "credit_ended").expect("they ended");
    assert!(paid.position < last.position, "the payment waited for the clock");
}

#[test]
fn a_batch_takes_its_share_of_the_deadlines_and_no_more() {
    let bench = prepared();
    let before = *bench.shard.durable().borrow();
    bench.faults.be_slow(true);
    let mut setting = Box::pin(bench.shard.set_clock(SetClock::Forward(AHEAD)));
    assert_eq!(setting.as_mut().now_or_never(), None);
    // The first batch is on its way to the disk; the second gathers meanwhile.
    wait_until("a share", || bench.shard.now() > Timestamp(START + 512 * SECOND));
    bench.faults.be_slow(false);
    let set = block_on(setting).expect("the store is well");
    assert_eq!(set.deadlines, 2_000);
    let database = rusqlite::Connection::open(&bench.path).unwrap();
    let mut statement = database.prepare("SELECT entries FROM commits WHERE first > ?1").unwrap();
    let entries = statement.query_map([before.0 as i64], |row| row.get(0)).unwrap();
    let entries: Vec<i64> = entries.collect::<Result<_, _>>().unwrap();
    // The share, and one slice more.
    assert!(entries.iter().all(|it| *it <= 512 + 64), "{entries:?}");
    drop(statement);
    drop(database);
    check(&bench.stop());
}

#[test]
fn a_clock_that_is_set_twice_at_once_goes_to_the_later_moment() {
    let bench = prepared();
    let (first, second) = std::thread::scope(|scope| {
        let set = |by| block_on(bench.shard.set_clock(SetClock::To(Timestamp(START + by))));
        let first = scope.spawn(move || set(AHEAD));
        let second = scope.spawn(move || set(2 * AHEAD));
        (first.join().unwrap(), second.join().unwrap())
    });
    // Whichever came second: the earlier moment is no way back from the later one.
    assert!(matches!(first, Ok(_) | Err(NotSet::Back { .. })), "{first:?}");
    assert_eq!(second.expect("it is further").now, Timestamp(START + 2 * AHEAD));
    assert_eq!(bench.shard.now(), Timestamp(START + 2 * AHEAD));
    check(&bench.stop());
}

#[test]
fn a_disk_that_fails_while_the_clock_is_set_loses_no_deadline() {
    for (append, when) in [(1, When::BeforeCommit), (1, When::AfterCommit), (2, When::BeforeCommit)]
    {
        let bench = prepared();
        bench.faults.fail(append, when, 2);
        let set = block_on(bench.shard.set_clock(SetClock::Forward(AHEAD)));
        assert_eq!(set, Err(NotSet::Unavailable), "append {append}, {when:?}");
        wait_until("the moment", || bench.shard.now() == Timestamp(START + AHEAD));
        insist(&bench.shard, &payment(order(pay(1, 100, "R1"))));
        let reader = SqliteReader::open(&bench.path).unwrap();
        assert_eq!(reader.meta(CLOCK_AHEAD).unwrap(), Some(AHEAD.to_string()));
        drop(reader);
        check(&bench.stop());
    }
}

#[test]
fn a_stop_while_the_clock_is_set_leaves_the_rest_to_the_next_start() {
    let mut bench = prepared();
    let shard = bench.shard.clone();
    let setting = std::thread::spawn(move || block_on(shard.set_clock(SetClock::Forward(AHEAD))));
    let noted = || SqliteReader::open(&bench.path).unwrap().meta(CLOCK_AHEAD).unwrap();
    wait_until("the note", || noted().is_some());
    bench.shard.stop();
    assert!(bench.threads.join());
    // It was broken off, or had come to its end.
    let set = setting.join().unwrap();
    assert!(matches!(set, Ok(_) | Err(NotSet::Unavailable)), "{set:?}");
    let ahead: i64 = noted().unwrap().parse().unwrap();
    assert_eq!(ahead, AHEAD);
    let clock = Clock::ahead_of(bench.clock.clone(), ahead);
    let (shard, threads) = start(&bench.path, &bench.faults, &clock, 100, &bench.acknowledged);
    (bench.shard, bench.threads) = (shard, threads);
    bench.done(payment(order(pay(1, 100, "R1"))));
    let entries = bench.stop();
    check(&entries);
    let last = entries.last().expect("a payment");
    assert_eq!((last.fact.kind(), last.at), ("payment", Timestamp(START + AHEAD)));
}

#[test]
fn what_fell_due_while_the_disk_failed_comes_before_what_is_asked_next() {
    let bench = prepared();
    bench.faults.fail(1, When::BeforeCommit, u64::MAX);
    let refused = bench.shard.execute_all_blocking(vec![payment(order(pay(1, 100, "R1")))]);
    assert!(matches!(refused, Err(Unavailable)), "{refused:?}");
    bench.clock.set(Timestamp(START + AHEAD));
    wait_until("a failed probe", || bench.faults.probed() > 0);
    bench.faults.fail_probes(0);
    insist(&bench.shard, &payment(order(pay(1, 100, "R2"))));
    let entries = bench.stop();
    check(&entries);
    let last = entries.last().expect("a payment");
    assert_eq!((last.fact.kind(), last.at), ("payment", Timestamp(START + AHEAD)));
}
