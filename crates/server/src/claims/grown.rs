//! Claims what a shard has that was the only one, before there are others.

use engine::{AccountNumber, ExchangeRates, Settings, ShardId, State};
use store::{Claim, Database, Kept, PostgresDatabase, PostgresShard, StoreError};

use super::Value;
use crate::progress::{self, RecoveryBar};

/// Claims that are made in one transaction.
const SLICE: usize = 5_000;

/// Numbers that are listed when they are in the way; more of them say nothing new.
const LISTED_MAX: usize = 5;

/// What was claimed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Grown {
    pub numbers: usize,
    pub subjects: usize,
    /// Payments, what was taken back of them, and whatever else is done once for ever.
    pub references: usize,
}

/// Why a shard stays alone.
#[derive(Debug)]
pub enum Alone {
    Store(StoreError),
    /// Accounts have brought numbers along that other shards would give out.
    Numbers {
        /// So many shards there may be.
        most: u32,
        some: Vec<String>,
    },
}

impl From<StoreError> for Alone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl std::fmt::Display for Alone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Numbers { most, some } => write!(
                f,
                "there can be {most} shards: others would give out account numbers that were \
                 brought along from elsewhere, such as {}",
                some.join(", ")
            ),
        }
    }
}

impl std::error::Error for Alone {}

/// Claims all that the first shard has, so that others may be made beside it, `count` in all.
/// Nobody has the shard meanwhile. Done again, or after it was interrupted, it claims what is
/// missing.
pub fn claim_all(first: &PostgresShard, count: u32) -> Result<Grown, Alone> {
    let reader = first.reader()?;
    reader.freeze()?;
    let mut bar = RecoveryBar::default();
    let (settings, exchange) = (Settings::default(), ExchangeRates::default());
    let show = &mut |it| bar.show(it);
    let recovered = store::recover(reader.as_ref(), settings, exchange, store::RUN_KEYS, show)?;
    bar.finish();
    check_numbers(&recovered.state, count)?;
    let mut claiming = Claiming { database: &first.first, shard: first.shard, claims: Vec::new() };
    let mut grown = Grown::default();
    for account in recovered.state.accounts() {
        if account.number.given_out_by() != Some(ShardId::FIRST) {
            grown.numbers += 1;
            claiming.add(&Value::Number(account.number.clone()))?;
        }
        for subscription in account.subscriptions() {
            for subject in &subscription.subjects {
                grown.subjects += 1;
                claiming.add(&Value::Subject(subject.clone()))?;
            }
        }
    }
    let [for_ever, _] = &recovered.keys;
    let bar = progress::bar(for_ever.next(), "claiming references");
    reader.scan_keys(Kept::ForEver, &mut |key| {
        grown.references += 1;
        bar.set_position(key.sequence);
        claiming.add(&Value::Reference(key.key))
    })?;
    bar.finish_and_clear();
    claiming.flush()?;
    Ok(grown)
}

/// Refuses numbers that lead to another shard than their account's, or would be given out again.
fn check_numbers(state: &State, count: u32) -> Result<(), Alone> {
    let giver = |it: &AccountNumber| it.given_out_by().filter(|it| *it != ShardId::FIRST);
    let brought = state.accounts().filter_map(|it| Some((giver(&it.number)?, &it.number)));
    let in_the_way: Vec<_> = brought.filter(|it| it.0.number() < count).collect();
    match in_the_way.iter().map(|it| it.0.number()).min() {
        None => Ok(()),
        Some(most) => {
            let some = in_the_way.iter().take(LISTED_MAX).map(|it| it.1.to_string()).collect();
            Err(Alone::Numbers { most, some })
        }
    }
}

/// Claims of one shard, many in a transaction.
struct Claiming<'a> {
    database: &'a PostgresDatabase,
    shard: ShardId,
    claims: Vec<Claim>,
}

impl Claiming<'_> {
    fn add(&mut self, value: &Value) -> Result<(), StoreError> {
        self.claims.push(value.claim());
        if self.claims.len() == SLICE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let claims = std::mem::take(&mut self.claims);
        if claims.is_empty() {
            return Ok(());
        }
        self.database.claim(self.shard, &claims).map(drop)
    }
}
