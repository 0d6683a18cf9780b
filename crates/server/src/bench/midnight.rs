//! `midnight`: every account's monthly fee falls due at one moment, while calls go on.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use engine::{
    AccountId, AccountRef, Amount, Anchor, Command, Currency, Limit, Money, OpenSubscription,
    PeriodLength, PeriodUnit, ReceivePayment, Recurring, Service, Timestamp,
};
use store::provisioning::{ProvisioningStore, SqlProvisioning};

use super::BenchOptions;
use super::caller::Caller;
use super::client::Traffic;
use super::http::{Load, drive};
use super::prepare::{Directory, operation, submit};
use super::result::{Measured, latencies};
use super::server::Server;
use super::sessions::{name, open_account, plain, price};
use crate::clock::Clock;
use crate::data_dir::{self, kind::make_test_directory};
use crate::serve::Running;
use crate::shard::{Operation, ShardOptions};

/// Authorisations a second while the renewals are done.
const CALLS: u32 = 2_000;

/// One account in so many cannot pay the second month: its service goes off, by a command.
const CANNOT_PAY: u32 = 20;

/// How far ahead of the machine's clock the renewals fall due.
const AHEAD: i64 = 3_600_000_000;

/// Answers two lines: the renewals, one operation each, and the authorisations beside them.
pub fn run(options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    let directory = Directory::of(options)?;
    make_test_directory(directory.path())?;
    let due = Timestamp(Clock::System.now().0 / AHEAD * AHEAD + 2 * AHEAD);
    let opened = month_before(due)?;
    let clock = Clock::set_at(opened);
    let running =
        Running::open(directory.path(), ShardOptions { clock, ..ShardOptions::default() })?;
    anyhow::ensure!(running.shard.durable().borrow().0 == 0, "midnight needs a new directory");
    prepare(&running, options.accounts)?;
    let entries = running.shard.durable().borrow().0;
    running.close()?;
    let key = directory.make_key()?;
    let server = Server::start(directory.path())?;
    wait_for_commands(directory.path(), options.accounts)?;
    let calls = BenchOptions { connections: 64, processes: 1, ..options.clone() };
    let load = Load { batch: 1, rate: CALLS, traffic: Traffic::Authorisations };
    let (calls, renewals) = std::thread::scope(|scope| {
        let driven = scope.spawn(|| drive(&calls, &key, &server.address, load));
        std::thread::sleep(Duration::from_secs(1));
        let renewed = renew(&server.address, &key, due);
        (driven.join().expect("driving does not panic"), renewed)
    });
    let (renewed, (times, calls, seconds)) = (renewals?, calls?);
    server.kill()?;
    let mut all = Measured::new("midnight", options.accounts.into(), renewed, &latencies());
    all.accounts = options.accounts;
    all.entries_before = entries;
    let mut beside = Measured::new("midnight-calls", calls, seconds, &times);
    beside.connections = 64;
    beside.accounts = options.accounts;
    beside.entries_before = entries;
    Ok(vec![all, beside])
}

/// Waits until what the opening of the subscriptions has to tell the network stands in its queue:
/// a provider's was made over years and not a minute before midnight.
fn wait_for_commands(directory: &Path, count: u32) -> anyhow::Result<()> {
    let queue = SqlProvisioning::in_file(&data_dir::provisioning(directory))?;
    let bar = crate::progress::bar(count.into(), "making commands for the network");
    loop {
        let made: u64 = queue.queues()?.iter().map(|it| it.queued + it.acknowledged).sum();
        bar.set_position(made);
        if made >= count.into() {
            bar.finish_and_clear();
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Sets the clock to the moment at which everything falls due; answers the seconds until it was
/// done and durable.
fn renew(address: &str, key: &str, due: Timestamp) -> anyhow::Result<f64> {
    let to = jiff::Timestamp::from_microsecond(due.0)?;
    let mut caller = Caller::connect(address, key)?;
    let began = Instant::now();
    let answer = caller.post("/v1/clock", &format!(r#"{{"to":"{to}"}}"#))?;
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("midnight: {seconds:.2} s, {answer}");
    Ok(seconds)
}

fn month_before(due: Timestamp) -> anyhow::Result<Timestamp> {
    let due = jiff::Timestamp::from_microsecond(due.0)?.to_zoned(jiff::tz::TimeZone::UTC);
    let before = due.checked_sub(jiff::Span::new().months(1)).context("a month before")?;
    let back = before.checked_add(jiff::Span::new().months(1))?;
    // On the last days of a long month a month later is another day: a day less will do.
    let before =
        if back == due { before } else { before.checked_sub(jiff::Span::new().days(1))? };
    Ok(Timestamp(before.timestamp().as_microsecond()))
}

fn prepare(running: &Running, accounts: u32) -> anyhow::Result<()> {
    let every = PeriodLength { count: 1, unit: PeriodUnit::Month };
    let recurring =
        Recurring { price: price("10.00"), every, anchor: Anchor::Start, pro_rata: false };
    let adapter = Some(name("bench"));
    let plan = Service { recurring: Some(recurring), adapter, ..plain("internet-100") };
    let mut operations = vec![operation(Command::SetService(Arc::new(plan)))];
    let service = name("internet-100");
    let bar = crate::progress::bar(accounts.into(), "opening subscriptions");
    for account in 0..accounts {
        open_account(account, Limit::NONE, &mut operations);
        let id = AccountId(account + 1);
        let months = if account.is_multiple_of(CANNOT_PAY) { 1 } else { 2 };
        operations.push(pay(id, months));
        operations.push(operation(Command::OpenSubscription(Box::new(OpenSubscription {
            account: AccountRef::Id(id),
            service,
            priority: 1,
            own_price: None,
            subjects: Vec::new(),
            base: None,
        }))));
        submit(&running.shard, &mut operations, account + 1 == accounts)?;
        bar.set_position(account.into());
    }
    bar.finish_and_clear();
    Ok(())
}

/// So many months' fee, and a little for calls.
fn pay(account: AccountId, months: i64) -> Operation {
    let amount = Amount::from_units(months * 10_000_000 + 10_000).expect("in bounds");
    operation(Command::ReceivePayment(Box::new(ReceivePayment {
        account: Some(AccountRef::Id(account)),
        source: name("cash"),
        reference: format!("m{}", account.0).into(),
        money: Money { amount, currency: Currency::EUR },
        paid_at: None,
        note: None,
    })))
}
