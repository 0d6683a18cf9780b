//! `receivables`: what is owed over so many accounts in debt, now and in the past, and who owes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use engine::{
    AccountId, AccountRef, Amount, Charge, Command, Currency, CustomerFields, CustomerId, Limit,
    Money, Name, OpenAccount, Timestamp, Timing,
};

use super::BenchOptions;
use super::caller::Caller;
use super::prepare::{Directory, operation, submit};
use super::result::{Measured, latencies};
use super::server::Server;
use crate::clock::Clock;
use crate::serve::Running;
use crate::shard::ShardOptions;

const DAYS: u32 = 120;
const CURRENCIES: [&str; 4] = ["EUR", "USD", "XPF", "KWD"];
const GROUPS: [Option<&str>; 5] =
    [None, Some("residential"), Some("business"), Some("staff"), Some("vip")];
const ACCOUNTS_PER_CUSTOMER: u32 = 10;
const DAY: i64 = 86_400_000_000;

/// What is asked, by the name under which it is measured.
const ASKED: [(&str, &str); 3] = [
    ("receivables", "/v1/receivables"),
    ("receivables-past", "/v1/receivables?at="),
    ("debtors", "/v1/receivables/debtors?limit=100"),
];

/// Every account falls into debt on one of the last 120 days; then each question is asked again
/// and again, one after the other.
pub fn run(options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    let directory = Directory::of(options)?;
    let started_at = Clock::System.now().plus(-DAY * i64::from(DAYS));
    let clock = Clock::set_at(started_at);
    let settings = ShardOptions { clock: clock.clone(), ..ShardOptions::default() };
    let running = Running::open(directory.path(), settings)?;
    if running.shard.durable().borrow().0 == 0 {
        open_accounts(&running, options.accounts)?;
        fall_into_debt(&running, options.accounts, &clock)?;
    }
    let entries = running.shard.durable().borrow().0;
    running.close()?;
    let key = directory.make_key()?;
    let server = Server::start(directory.path())?;
    let mut all = Vec::new();
    for (name, path) in ASKED {
        let mut caller = Caller::connect(&server.address, &key)?;
        let mut random = super::client::Random::new(1);
        let mut times = latencies();
        let (mut count, began) = (0, Instant::now());
        while began.elapsed() < Duration::from_secs(options.seconds.into()) {
            let path = match path.ends_with("at=") {
                true => format!("{path}{}", moment(started_at, &mut random)?),
                false => path.to_owned(),
            };
            let asked = Instant::now();
            let body = caller.get(&path)?;
            times.saturating_record(asked.elapsed().as_micros() as u64);
            ensure!(body.contains("owed"), "{path} answered {body}");
            count += 1;
        }
        let mut measured = Measured::new(name, count, began.elapsed().as_secs_f64(), &times);
        measured.connections = 1;
        measured.accounts = options.accounts;
        measured.entries_before = entries;
        all.push(measured);
    }
    server.kill()?;
    Ok(all)
}

/// Any moment of the days since the first debt.
fn moment(first: Timestamp, random: &mut super::client::Random) -> anyhow::Result<String> {
    let minutes = i64::from(random.below(DAYS * 1_440 - 1) + 1);
    let at = first.plus(DAY / 1_440 * minutes);
    Ok(jiff::Timestamp::from_microsecond(at.0)?.to_string())
}

fn open_accounts(running: &Running, accounts: u32) -> anyhow::Result<()> {
    let mut operations = Vec::new();
    for account in 0..accounts {
        let customer = account / ACCOUNTS_PER_CUSTOMER;
        if account.is_multiple_of(ACCOUNTS_PER_CUSTOMER) {
            let group = GROUPS[customer as usize % GROUPS.len()].map(name);
            let fields = CustomerFields {
                name: format!("Customer {}", customer + 1),
                group,
                ..CustomerFields::default()
            };
            operations.push(operation(Command::CreateCustomer(Arc::new(fields))));
        }
        operations.push(operation(Command::OpenAccount(Box::new(OpenAccount {
            customer: CustomerId(customer + 1),
            currency: currency_of(account),
            name: "".into(),
            number: None,
            limit: Limit::NONE,
            ceiling: None,
        }))));
        submit(&running.shard, &mut operations, account + 1 == accounts)?;
    }
    Ok(())
}

/// Each day one in 120 accounts is charged what it does not have, over the minutes of that day.
fn fall_into_debt(running: &Running, accounts: u32, clock: &Clock) -> anyhow::Result<()> {
    let service = name("internet");
    let mut operations = Vec::new();
    for day in 0..DAYS {
        for account in (day..accounts).step_by(DAYS as usize) {
            let units = 10_000 * i64::from(100 + account % 9_000);
            let amount = Amount::from_units(units).context("a charge in bounds")?;
            operations.push(operation(Command::Charge(Charge {
                account: AccountRef::Id(AccountId(account + 1)),
                money: Money { amount, currency: currency_of(account) },
                service,
                timing: Timing::AfterUse,
                reference: None,
                note: None,
            })));
            submit(&running.shard, &mut operations, false)?;
        }
        submit(&running.shard, &mut operations, true)?;
        clock.set(clock.now().plus(DAY));
    }
    Ok(())
}

fn currency_of(account: u32) -> Currency {
    let code = CURRENCIES[account as usize % CURRENCIES.len()];
    Currency::from_code(code).expect("a currency of ISO 4217")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("well formed")
}
