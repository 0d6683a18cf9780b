//! What has happened today, counted from the journal as far as somebody looks.
//!
//! **Invariant:** each entry counts once. A look goes on where the one before ended, and reads no
//! more than a bound; what is left is read by the next one.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use engine::{Contra, Currency, Entry, Fact, Position, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::{Reader, StoreError};

use crate::readers::Readers;
use crate::statement::period;

/// Entries that are read at once.
const SLICE: usize = 2_000;

/// Entries that somebody who looks waits for.
const WAITED_FOR: usize = 2_000;

/// The span over which authorisations are counted.
const RECENT_SECONDS: i64 = 60;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Today {
    #[serde(skip)]
    day: Option<Date>,
    #[serde(skip)]
    read_to: Position,
    /// There is more than a look reads: the figures are of a part of the day.
    pub is_behind: bool,
    /// What came in, went out and was charged, by currency.
    pub money: BTreeMap<Currency, Moved>,
    pub switched_on: u64,
    pub switched_off: u64,
    pub refusals: BTreeMap<Cow<'static, str>, u64>,
    /// Authorisations by the second, the newest last.
    recent: VecDeque<(i64, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub money_in: i128,
    pub money_out: i128,
    pub charged: i128,
}

/// The day's figures, which all who look at the dashboard share.
#[derive(Clone, Default)]
pub struct DayCount {
    counted: Arc<Mutex<Option<Today>>>,
    /// Held by the one who counts on.
    counting: Arc<tokio::sync::Mutex<()>>,
}

impl DayCount {
    /// The figures as far as they are counted: a look adds a little, and has the rest of a long day
    /// counted behind it.
    pub async fn look(
        &self,
        readers: &Readers,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Today, StoreError> {
        let Ok(turn) = Arc::clone(&self.counting).try_lock_owned() else {
            let nothing_yet = Today { is_behind: true, ..Today::default() };
            return Ok(self.counted().unwrap_or(nothing_yet));
        };
        let today = self.count_on(readers, zone, now, WAITED_FOR).await?;
        if today.is_behind {
            let (counts, readers, zone) = (self.clone(), readers.clone(), zone.clone());
            tokio::spawn(async move {
                let _turn = turn;
                // A look that fails says so; what is left here is counted by the next one.
                while let Ok(Today { is_behind: true, .. }) =
                    counts.count_on(&readers, &zone, now, SLICE).await
                {}
            });
        }
        Ok(today)
    }

    async fn count_on(
        &self,
        readers: &Readers,
        zone: &TimeZone,
        now: Timestamp,
        entries_max: usize,
    ) -> Result<Today, StoreError> {
        let (mut today, zone) = (self.counted().unwrap_or_default(), zone.clone());
        let read = move |reader: &dyn Reader| {
            today.read_on(reader, &zone, now, entries_max)?;
            Ok(today)
        };
        let today = readers.read(read).await?;
        *self.counted.lock().expect("nobody panics with this lock") = Some(today.clone());
        Ok(today)
    }

    fn counted(&self) -> Option<Today> {
        self.counted.lock().expect("nobody panics with this lock").clone()
    }
}

impl Today {
    /// Reads on, so many entries at most; from midnight on another day.
    pub fn read_on(
        &mut self,
        reader: &dyn Reader,
        zone: &TimeZone,
        now: Timestamp,
        entries_max: usize,
    ) -> Result<(), StoreError> {
        let day = period::civil(now, zone).date();
        if self.day != Some(day) {
            let midnight = day.to_zoned(zone.clone()).map(|it| it.timestamp().as_microsecond());
            let midnight = midnight.map_or(now, Timestamp);
            let read_to = reader.position_at(midnight.plus(-1))?;
            *self = Self { day: Some(day), read_to, ..Self::default() };
        }
        let mut looked_at = 0;
        self.is_behind = true;
        while self.is_behind && looked_at < entries_max {
            let slice = SLICE.min(entries_max - looked_at);
            let entries = reader.entries_after(self.read_to, slice)?;
            entries.iter().for_each(|it| self.count(it));
            looked_at += entries.len();
            self.read_to = entries.last().map_or(self.read_to, |it| it.position);
            self.is_behind = entries.len() == slice;
        }
        Ok(())
    }

    fn count(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::Switched(switch) if switch.on => self.switched_on += 1,
            Fact::Switched(_) => self.switched_off += 1,
            Fact::Refused { refused, .. } => {
                let code = Cow::Borrowed(refused.refusal.code());
                *self.refusals.entry(code).or_default() += 1;
                self.count_authorisation(entry.at);
            }
            Fact::Authorised { .. } | Fact::Settled { .. } => self.count_authorisation(entry.at),
            // As in the books: its allocation later moves it to an account, and brings nothing in.
            Fact::PaymentUnallocated(fact) if fact.original.is_none() => {
                let moved = self.money.entry(fact.currency).or_default();
                moved.money_in += i128::from(fact.amount.units());
            }
            Fact::PaymentReturned(fact) => {
                let moved = self.money.entry(fact.currency).or_default();
                moved.money_out += i128::from(fact.amount.units());
            }
            _ => {}
        }
        let Some(posting) = entry.posting.filter(|it| it.amount.units() != 0) else { return };
        let units = i128::from(posting.amount.units());
        let moved = self.money.entry(posting.currency).or_default();
        match (&entry.fact, posting.contra) {
            (Fact::Refunded(_), _) => moved.money_out -= units,
            (_, Contra::Payments(_)) => moved.money_in += units,
            (_, Contra::Revenue(_)) => moved.charged -= units,
            _ => {}
        }
    }

    fn count_authorisation(&mut self, at: Timestamp) {
        let second = at.0.div_euclid(1_000_000);
        match self.recent.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            _ => self.recent.push_back((second, 1)),
        }
        while self.recent.front().is_some_and(|(first, _)| *first <= second - RECENT_SECONDS) {
            self.recent.pop_front();
        }
    }

    /// With the same day's figures of another shard.
    pub fn with(mut self, other: Self) -> Self {
        self.is_behind |= other.is_behind;
        for (currency, moved) in other.money {
            let sum = self.money.entry(currency).or_default();
            sum.money_in += moved.money_in;
            sum.money_out += moved.money_out;
            sum.charged += moved.charged;
        }
        self.switched_on += other.switched_on;
        self.switched_off += other.switched_off;
        for (code, count) in other.refusals {
            *self.refusals.entry(code).or_default() += count;
        }
        let mut recent: BTreeMap<i64, u64> = self.recent.into_iter().collect();
        for (second, count) in other.recent {
            *recent.entry(second).or_default() += count;
        }
        self.recent = recent.into_iter().collect();
        self
    }

    /// Authorisations in the last minute, divided by its seconds; in tenths.
    pub fn tenths_a_second(&self, now: Timestamp) -> u64 {
        let since = now.0.div_euclid(1_000_000) - RECENT_SECONDS;
        let recent = self.recent.iter().filter(|(second, _)| *second > since);
        recent.map(|(_, count)| count).sum::<u64>() * 10 / RECENT_SECONDS.unsigned_abs()
    }
}
