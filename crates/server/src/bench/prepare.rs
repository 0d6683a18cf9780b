//! A data directory to measure on: so many accounts, grown to so many entries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::ensure;
use engine::{
    AccountId, Amount, Charge, Command, Currency, CustomerFields, CustomerId, Limit, Money, Name,
    OpenAccount, Order, Origin, Timing,
};

use super::BenchOptions;
use super::result::Measured;
use crate::http::auth::Role;
use crate::progress;
use crate::serve::{Running, make_key};
use crate::shard::{Operation, Shard, ShardOptions};
use crate::storage::Storage;

/// Accounts of one customer; customers are not what is measured.
const ACCOUNTS_PER_CUSTOMER: u32 = 10;

/// Operations that are submitted at once.
const SLICE: usize = 8_000;

/// A directory that is ready, and a key for it.
pub struct Prepared {
    pub path: PathBuf,
    pub storage: Storage,
    pub key: String,
    pub entries: u64,
    _directory: Directory,
}

impl Prepared {
    /// Notes what makes the journal safe, and on which server.
    pub fn describe(&self, measured: &mut Measured) -> anyhow::Result<()> {
        if self.storage.server.is_some() {
            measured.durability = "postgresql full sync";
            measured.server = self.storage.database()?.settings()?;
        }
        Ok(())
    }
}

/// Removed with this value.
pub struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What is left behind in the temporary directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A data directory that somebody named, or one that goes away.
pub enum Directory {
    Named(PathBuf),
    Temporary(Temporary),
}

impl Directory {
    pub fn of(options: &BenchOptions) -> anyhow::Result<Self> {
        Ok(match &options.data_dir {
            Some(path) => Self::Named(path.clone()),
            None => Self::Temporary(Temporary(temporary_path()?)),
        })
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Temporary(Temporary(path)) => path,
        }
    }

    /// Has it filled where it is new; answers how many entries there are then.
    pub fn fill(&self, fill: impl FnOnce(&Shard) -> anyhow::Result<()>) -> anyhow::Result<u64> {
        let running = Running::open(self.path(), ShardOptions::default())?;
        let count = || running.shard.durable().borrow().0;
        if count() == 0 {
            fill(&running.shard)?;
        }
        let entries = count();
        running.close()?;
        Ok(entries)
    }

    /// A key of this run's own.
    pub fn make_key(&self) -> anyhow::Result<String> {
        make_bench_key(self.path())
    }
}

/// Makes the directory that `options` ask for, or takes the one that is there.
pub fn prepare(options: &BenchOptions) -> anyhow::Result<Prepared> {
    let directory = Directory::of(options)?;
    let path = directory.path().to_owned();
    let storage = options.storage(&path);
    claim(&storage)?;
    let running = Running::open(&storage, ShardOptions::default())?;
    fill(&running.shard, options.accounts)?;
    grow(&running.shard, options)?;
    let entries = running.shard.durable().borrow().0;
    running.close()?;
    let key = make_bench_key(&storage)?;
    Ok(Prepared { path, storage, key, entries, _directory: directory })
}

/// The fact about a database that says that a bench made it.
const MADE_BY: &str = "made-by";
const BENCH: &str = "bench";

/// Takes a database on a server for benches: nobody's business is charged for being measured.
pub fn claim(storage: &Storage) -> anyhow::Result<()> {
    if storage.server.is_none() {
        return Ok(());
    }
    let database = storage.database()?;
    let is_ours = database.reader()?.meta(MADE_BY)?.as_deref() == Some(BENCH);
    ensure!(
        is_ours || database.occupied_shards()?.is_empty(),
        "the database that --store names has somebody's business in it; name one that is empty"
    );
    Ok(database.set_meta(MADE_BY, BENCH)?)
}

/// A key of this run's own.
fn make_bench_key(storage: impl Into<Storage>) -> anyhow::Result<String> {
    let name = format!("bench-{}", crate::clock::Clock::System.now().0);
    make_key(storage, &name, Role::Admin)
}

fn temporary_path() -> anyhow::Result<PathBuf> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("{error}"))?;
    let name = format!("sporran-bench-{:016x}", u64::from_le_bytes(random));
    Ok(std::env::temp_dir().join(name))
}

/// Opens accounts with credit enough for whatever is charged to them.
fn fill(shard: &Shard, accounts: u32) -> anyhow::Result<()> {
    let count = shard_accounts(shard)?;
    if count >= accounts {
        return Ok(());
    }
    let bar = progress::bar(accounts.into(), "opening accounts");
    let limit = Limit::Limited(Amount::from_units(1_000_000_000_000).expect("in bounds"));
    let mut operations = Vec::with_capacity(SLICE);
    for account in count..accounts {
        if account.is_multiple_of(ACCOUNTS_PER_CUSTOMER) {
            let name = format!("Customer {}", account / ACCOUNTS_PER_CUSTOMER + 1);
            let fields = CustomerFields { name, ..CustomerFields::default() };
            operations.push(operation(Command::CreateCustomer(Arc::new(fields))));
        }
        operations.push(operation(Command::OpenAccount(Box::new(OpenAccount {
            customer: CustomerId(account / ACCOUNTS_PER_CUSTOMER + 1),
            currency: Currency::EUR,
            name: "".into(),
            number: None,
            limit,
            ceiling: None,
        }))));
        submit(shard, &mut operations, account + 1 == accounts)?;
        bar.set_position(account.into());
    }
    bar.finish_and_clear();
    Ok(())
}

/// Charges until the journal has as many entries as are asked for.
fn grow(shard: &Shard, options: &BenchOptions) -> anyhow::Result<()> {
    let mut head = shard.durable().borrow().0;
    if head >= options.entries {
        return Ok(());
    }
    let bar = progress::bar(options.entries, "growing the journal");
    let mut random = super::client::Random::new(1);
    while head < options.entries {
        let slice = SLICE.min((options.entries - head) as usize);
        let charge = |_| {
            let account = AccountId(random.below(options.accounts) + 1);
            operation(charge(account))
        };
        submit(shard, &mut (0..slice).map(charge).collect(), true)?;
        head = shard.durable().borrow().0;
        bar.set_position(head);
    }
    bar.finish_and_clear();
    Ok(())
}

/// The smallest charge there is, for telephony.
pub fn charge(account: AccountId) -> Command {
    let amount = Amount::from_units(100).expect("in bounds");
    Command::Charge(Charge {
        account: engine::AccountRef::Id(account),
        money: Money { amount, currency: Currency::EUR },
        service: Name::new("telephony").expect("well formed"),
        timing: Timing::BeforeUse,
        reference: None,
        note: None,
    })
}

pub fn operation(command: Command) -> Operation {
    let actor = Name::new("bench").expect("well formed");
    Operation::new(Order { origin: Origin { actor, channel: actor, reason: None }, command })
}

/// Has the operations done when there are enough of them, or when they are the last.
pub fn submit(shard: &Shard, operations: &mut Vec<Operation>, is_last: bool) -> anyhow::Result<()> {
    if operations.is_empty() || (operations.len() < SLICE && !is_last) {
        return Ok(());
    }
    let done = shard.execute_all_blocking(std::mem::take(operations));
    done.map(drop).map_err(|_| anyhow::anyhow!("the shard does not take the preparation"))
}

fn shard_accounts(shard: &Shard) -> anyhow::Result<u32> {
    let shard = shard.clone();
    let count = crate::serve::runtime()?
        .block_on(async move { shard.read(None, |state, _| state.accounts_count()).await });
    let count = count.map_err(|_| anyhow::anyhow!("the shard does not answer"))?;
    Ok(u32::try_from(count)?)
}

/// Bytes that the process `id` has in memory, by Linux's own account.
pub fn resident_bytes(id: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"))?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kilobytes.ok_or_else(|| anyhow::anyhow!("/proc has no VmRSS"))? * 1_024)
}
