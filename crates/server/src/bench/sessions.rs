//! `sessions`: whole sessions by units, over so many subscriptions, and what they have in common
//! with the other benches of services.

use std::sync::Arc;

use engine::{
    AccountRef, Amount, Command, Currency, CustomerFields, CustomerId, DestinationRate, Limit,
    Name, OpenAccount, OpenSubscription, PaymentMode, Price, Service, Step, Usage, UsageUnit,
    WhileOff, WhoseDays,
};

use super::BenchOptions;
use super::client::Traffic;
use super::http::{Load, drive};
use super::prepare::{Directory, operation, submit};
use super::result::Measured;
use super::server::Server;
use crate::shard::Shard;

const ACCOUNTS_PER_CUSTOMER: u32 = 10;

/// Authorise, three settlements with the next grant, the last settlement: by seconds of a tariff,
/// from subscriptions that are found by a name of the network. One session is one operation;
/// latencies are those of each request.
pub fn run(options: &BenchOptions) -> anyhow::Result<Measured> {
    let directory = Directory::of(options)?;
    let entries = directory.fill(|shard| prepare(shard, options.accounts))?;
    let key = directory.make_key()?;
    let server = Server::start(directory.path())?;
    let load = Load { batch: 1, rate: 0, traffic: Traffic::Sessions };
    let (times, sessions, seconds) = drive(options, &key, &server.address, load)?;
    server.kill()?;
    let mut measured = Measured::new("sessions", sessions, seconds, &times);
    measured.connections = options.connections;
    measured.processes = options.processes;
    measured.accounts = options.accounts;
    measured.entries_before = entries;
    Ok(measured)
}

fn prepare(shard: &Shard, accounts: u32) -> anyhow::Result<()> {
    let calls = telephony();
    let mut operations = vec![operation(Command::SetService(Arc::new(calls)))];
    let service = name("telephony");
    let bar = crate::progress::bar(accounts.into(), "opening subscriptions");
    for account in 0..accounts {
        open_account(account, credit(), &mut operations);
        operations.push(operation(Command::OpenSubscription(Box::new(OpenSubscription {
            account: AccountRef::Id(engine::AccountId(account + 1)),
            service,
            priority: 1,
            own_price: None,
            subjects: vec![format!("s{}", account + 1).into()],
            base: None,
        }))));
        submit(shard, &mut operations, account + 1 == accounts)?;
        bar.set_position(account.into());
    }
    bar.finish_and_clear();
    Ok(())
}

/// Every tenth account has a customer of its own.
pub fn open_account(account: u32, limit: Limit, operations: &mut Vec<crate::shard::Operation>) {
    let customer = account / ACCOUNTS_PER_CUSTOMER;
    if account.is_multiple_of(ACCOUNTS_PER_CUSTOMER) {
        let name = format!("Customer {}", customer + 1);
        let fields = CustomerFields { name, ..CustomerFields::default() };
        operations.push(operation(Command::CreateCustomer(Arc::new(fields))));
    }
    operations.push(operation(Command::OpenAccount(Box::new(OpenAccount {
        customer: CustomerId(customer + 1),
        currency: Currency::EUR,
        name: "".into(),
        number: None,
        limit,
        ceiling: None,
    }))));
}

/// Credit enough for whatever a bench charges.
pub fn credit() -> Limit {
    Limit::Limited(Amount::from_units(1_000_000_000_000).expect("in bounds"))
}

/// A service without any price yet.
pub fn plain(service: &str) -> Service {
    Service {
        name: name(service),
        version: 0,
        title: service.into(),
        currency: Currency::EUR,
        mode: PaymentMode::Prepaid,
        recurring: None,
        usage: None,
        one_time: None,
        days: WhoseDays::Provider,
        while_off: WhileOff::RunsOn,
        refunds_unused: false,
        due: None,
        adapter: None,
        profile: Default::default(),
        withdrawn: false,
    }
}

/// By the second, 0.06 a minute everywhere.
fn telephony() -> Service {
    let step = Step { from: 0, price: price("0.06") };
    let everywhere = DestinationRate {
        title: "Everywhere".into(),
        prefixes: vec![String::new()],
        set_up: Price::ZERO,
        minimum_charge: Price::ZERO,
        prices: vec![vec![step]],
    };
    let usage = Usage {
        unit: UsageUnit::Second,
        per: 60,
        increment: 1,
        minimum: 0,
        allowance: 0,
        bands: Vec::new(),
        rates: vec![everywhere],
        grant_quantity_max: None,
        grant_seconds: 3_600,
    };
    Service { usage: Some(usage), ..plain("telephony") }
}

pub fn price(text: &str) -> Price {
    Price::parse(text).expect("well formed")
}

pub fn name(text: &str) -> Name {
    Name::new(text).expect("well formed")
}
