//! What is owed altogether, by currency, group of customers and the day since when: running sums
//! that are kept while entries are folded, so that nobody has to add up a million accounts.
//!
//! **Invariant:** derived. The sums are those of the accounts' own debts; a restart adds them up
//! again ([`crate::State::sum_receivables`]).

mod oldest;

use std::collections::{BTreeMap, BTreeSet};

pub use oldest::OldestDebts;

use crate::{Amount, Currency, Name, ShardId, Timestamp};

/// What is owed in one currency, by one group, since one day.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct ReceivableKey {
    pub currency: Currency,
    /// `None`: customers without a group.
    pub group: Option<Name>,
    /// Days from 1970-01-01 in UTC.
    pub day: i32,
}

/// How much stood under a key at the end of a minute: a point in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivablePoint {
    pub key: ReceivableKey,
    /// The beginning of the minute.
    pub minute: Timestamp,
    /// Ten-thousandths of the minor unit.
    pub owed: i128,
}

const MINUTE: i64 = 60_000_000;

/// The beginning of a moment's minute.
pub fn minute_of(at: Timestamp) -> Timestamp {
    Timestamp(at.0.div_euclid(MINUTE) * MINUTE)
}

#[derive(Clone, Debug, Default)]
pub struct Receivables {
    /// Who owes, and since when.
    pub oldest: OldestDebts,
    sums: BTreeMap<ReceivableKey, i128>,
    written_off: BTreeMap<(Currency, Option<Name>), i128>,
    /// Keys whose sums have changed since the history was taken, all within `minute`.
    touched: BTreeSet<ReceivableKey>,
    minute: Timestamp,
    history: Vec<ReceivablePoint>,
}

impl Receivables {
    pub(crate) fn of_shard(shard: ShardId) -> Self {
        Self { oldest: OldestDebts::of_shard(shard), ..Self::default() }
    }

    /// What is owed now, in order; nothing that is zero.
    pub fn sums(&self) -> impl Iterator<Item = (ReceivableKey, i128)> {
        self.sums.iter().map(|(key, sum)| (*key, *sum))
    }

    /// What was written off and not recovered since.
    pub fn written_off(&self) -> impl Iterator<Item = ((Currency, Option<Name>), i128)> {
        self.written_off.iter().map(|(key, sum)| (*key, *sum))
    }

    /// The points that have come to the history since it was last taken.
    pub fn take_history(&mut self) -> Vec<ReceivablePoint> {
        self.close_minute();
        std::mem::take(&mut self.history)
    }

    /// Whether there is history to take.
    pub fn has_history(&self) -> bool {
        !self.touched.is_empty() || !self.history.is_empty()
    }

    pub(crate) fn add(&mut self, key: ReceivableKey, units: i128, at: Timestamp) {
        let minute = minute_of(at);
        if minute != self.minute {
            self.close_minute();
            self.minute = minute;
        }
        self.touched.insert(key);
        let sum = self.sums.entry(key).or_default();
        *sum += units;
        if *sum == 0 {
            self.sums.remove(&key);
        }
    }

    pub(crate) fn add_written_off(&mut self, currency: Currency, group: Option<Name>, units: i128) {
        let sum = self.written_off.entry((currency, group)).or_default();
        *sum += units;
        if *sum == 0 {
            self.written_off.remove(&(currency, group));
        }
    }

    fn close_minute(&mut self) {
        let touched = std::mem::take(&mut self.touched).into_iter();
        let sums = &self.sums;
        let minute = self.minute;
        let points = touched.map(|key| {
            let owed = sums.get(&key).copied().unwrap_or(0);
            ReceivablePoint { key, minute, owed }
        });
        self.history.extend(points);
    }
}

/// What is owed in one currency by one group, by age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ageing {
    /// 0 to 30, 31 to 60, 61 to 90 days, and older.
    pub owed: [i128; 4],
}

/// The last day of each band but the last.
pub const AGEING_DAYS: [i32; 3] = [30, 60, 90];

impl Ageing {
    pub fn add(&mut self, age_days: i32, units: i128) {
        let band = AGEING_DAYS.iter().position(|last| age_days <= *last).unwrap_or(3);
        if let Some(band) = self.owed.get_mut(band) {
            *band += units;
        }
    }

    pub fn total(&self) -> i128 {
        self.owed.iter().sum()
    }
}

/// Sums by day, aged as of `today`.
pub fn age(
    sums: impl Iterator<Item = (ReceivableKey, i128)>,
    today: i32,
) -> BTreeMap<(Currency, Option<Name>), Ageing> {
    let mut aged: BTreeMap<_, Ageing> = BTreeMap::new();
    for (key, units) in sums {
        aged.entry((key.currency, key.group)).or_default().add(today - key.day, units);
    }
    aged
}

pub(crate) fn units(amount: Amount) -> i128 {
    i128::from(amount.units())
}
