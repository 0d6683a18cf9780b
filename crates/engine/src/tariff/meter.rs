//! What a session has used, what it costs, and how much more can be paid for.
//!
//! **Invariant:** cost follows from the total use alone, and more use never costs less.

use serde::{Deserialize, Serialize};

use super::bands::BAND_DAYS_MAX;
use super::price::PRICE_PLACES_MAX;
use super::{DestinationRate, QUANTITY_MAX, Usage, UsageUnit};
use crate::time::of_days;
use crate::{Calendar, Fraction, Timestamp, Zone};

/// Stretches of the week that one report may reach over: years, where a day has three. A second
/// counts where it passed, so each of them has to be looked at.
const STRETCHES_MAX: u32 = 4_096;

/// Microseconds.
const SECOND: i64 = 1_000_000;

/// What a session has used so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    pub begun_at: Timestamp,
    /// Reported use, in units.
    pub total: u64,
    /// The total raised to the minimum and to a multiple of the increment; 0 for 0.
    pub billed: u64,
    /// Billed units that the allowance has paid for.
    pub free: u64,
    /// The billed units that cost money, by band and step.
    parts: Vec<Part>,
}

/// Units that were used at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Place of the band in the tariff; 0 when it has none.
    pub band: u16,
    /// Place of the step in the band's prices.
    pub step: u16,
    pub quantity: u64,
}

/// Where a session is priced: the tariff, which of its rates, by whose days and clock.
#[derive(Clone, Copy, Debug)]
pub struct Meter<'a> {
    pub usage: &'a Usage,
    pub rate: &'a DestinationRate,
    pub calendar: &'a Calendar,
    pub zone: Zone,
}

impl Metered {
    pub fn new(begun_at: Timestamp) -> Self {
        Self { begun_at, total: 0, billed: 0, free: 0, parts: Vec::new() }
    }

    /// The billed units that cost money, by band and step, without the free ones.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What came since `before`: units that cost money, and free ones.
    pub fn since(&self, before: &Self) -> (Vec<Part>, u64) {
        let came = self.parts.iter().filter_map(|it| {
            let same = |old: &&Part| (old.band, old.step) == (it.band, it.step);
            let old = before.parts.iter().find(same).map_or(0, |it| it.quantity);
            let quantity = it.quantity.checked_sub(old).filter(|it| *it > 0)?;
            Some(Part { quantity, ..*it })
        });
        (came.collect(), self.free - before.free.min(self.free))
    }

    /// Takes up what [`Self::since`] answered: replay does not price again.
    pub(crate) fn extend(&mut self, (total, billed): (u64, u64), free: u64, parts: &[Part]) {
        (self.total, self.billed) = (total, billed);
        self.free = self.free.checked_add(free).expect("parts of one total");
        for part in parts {
            let added = self.add(part.band, part.step, part.quantity);
            added.expect("parts of one total");
        }
    }

    fn add(&mut self, band: u16, step: u16, quantity: u64) -> Option<()> {
        match self.parts.binary_search_by_key(&(band, step), |it| (it.band, it.step)) {
            Ok(place) => {
                let part = self.parts.get_mut(place)?;
                part.quantity = part.quantity.checked_add(quantity)?;
            }
            Err(place) => {
                // Most sessions have one part, and there are a million of them.
                self.parts.reserve_exact(1);
                self.parts.insert(place, Part { band, step, quantity });
            }
        }
        Some(())
    }
}

impl Meter<'_> {
    /// What was used when `total` units have been reported, of which `free` more may be taken
    /// from the allowance, first.
    ///
    /// Bytes and events since the last report are priced in the band at `granted_at`; a second of
    /// a call in the band in which it began. `None` when the total is less than before or does
    /// not fit: above [`QUANTITY_MAX`], beyond the calendar, more than years in one report.
    pub fn after(
        &self,
        used: &Metered,
        total: u64,
        free: u64,
        granted_at: Timestamp,
    ) -> Option<Metered> {
        if total < used.total || total > QUANTITY_MAX {
            return None;
        }
        let billed = self.billed(total)?;
        let mut next = Metered { total, ..used.clone() };
        let mut free = free;
        for _ in 0..STRETCHES_MAX {
            if next.billed >= billed {
                return Some(next);
            }
            let (band, until) = self.stretch_of(&next, granted_at)?;
            self.take(&mut next, band, until.min(billed), &mut free)?;
        }
        (next.billed >= billed).then_some(next)
    }

    /// What it costs, in whole units of the tariff's currency: the set-up and the price of every
    /// unit that is not free, and the minimum charge at least; zero when no unit is charged.
    ///
    /// `None` when it is more than could ever be paid.
    pub fn cost(&self, used: &Metered) -> Option<Fraction> {
        if used.parts.is_empty() {
            return Some(Fraction::ZERO);
        }
        let per = u128::from(self.usage.per);
        let mut sum = self.rate.set_up.billionths().checked_mul(per)?;
        for part in &used.parts {
            let steps = self.rate.prices.get(usize::from(part.band))?;
            let price = steps.get(usize::from(part.step))?.price.billionths();
            sum = sum.checked_add(price.checked_mul(part.quantity.into())?)?;
        }
        let least = self.rate.minimum_charge.billionths().checked_mul(per)?;
        let billionths = per.checked_mul(10_u128.pow(PRICE_PLACES_MAX.into()))?;
        Fraction::new(sum.max(least), billionths)
    }

    /// How many of `ask` more units can be used from `at` on while the cost of the session
    /// `fits`: all of them, or else as many whole increments as do; free units first.
    ///
    /// Whoever `fits` one cost has to fit every smaller one. 0 when what was used does not.
    pub fn affordable(
        &self,
        used: &Metered,
        ask: u64,
        free: u64,
        at: Timestamp,
        fits: impl Fn(Fraction) -> bool,
    ) -> u64 {
        let total = used.total.checked_add(ask).map_or(QUANTITY_MAX, |it| it.min(QUANTITY_MAX));
        let Some(ask) = total.checked_sub(used.total) else { return 0 };
        let Some(billed) = self.billed(total) else { return 0 };
        let fits = |it: &Metered| self.cost(it).is_some_and(&fits);
        if !fits(used) {
            return 0;
        }
        // One stretch after the other while its end can be paid for. Then, in the one in which
        // money ends, the last unit; what is granted ends with a whole increment.
        let mut reached = used.clone();
        let mut free = free;
        for _ in 0..STRETCHES_MAX {
            if reached.billed >= billed {
                return ask;
            }
            let Some((band, until)) = self.stretch_of(&reached, at) else { break };
            let ahead = |until: u64| {
                let (mut next, mut free) = (reached.clone(), free);
                self.take(&mut next, band, until, &mut free)?;
                fits(&next).then_some((next, free))
            };
            match ahead(until.min(billed)) {
                Some(next) => (reached, free) = next,
                None => {
                    reached.billed =
                        last(reached.billed, until.min(billed), |it| ahead(it).is_some());
                    break;
                }
            }
        }
        self.whole_increments(used, reached.billed).map_or(0, |it| it.min(ask))
    }

    /// When the band at `at` ends; `None` when it does not within the next five weeks.
    pub fn band_until(&self, at: Timestamp) -> Option<Timestamp> {
        let now = self.usage.stretch(self.calendar, self.zone, at)?;
        let horizon = at.plus(of_days(BAND_DAYS_MAX));
        let mut until = now.until;
        while until < horizon {
            let next = self.usage.stretch(self.calendar, self.zone, until)?;
            if next.band != now.band {
                return Some(until);
            }
            until = next.until;
        }
        None
    }

    /// What is billed for a total.
    fn billed(&self, total: u64) -> Option<u64> {
        if total == 0 {
            return Some(0);
        }
        total.max(self.usage.minimum).checked_next_multiple_of(self.usage.increment)
    }

    /// The band of the first unit after those of `used`, and the unit of the session, as billed,
    /// with which its stretch ends.
    fn stretch_of(&self, used: &Metered, granted_at: Timestamp) -> Option<(u16, u64)> {
        if self.usage.bands.len() <= 1 {
            return Some((0, u64::MAX));
        }
        if self.usage.unit != UsageUnit::Second {
            let stretch = self.usage.stretch(self.calendar, self.zone, granted_at)?;
            return Some((stretch.band, u64::MAX));
        }
        let passed = i64::try_from(used.billed).ok()?.checked_mul(SECOND)?;
        let at = Timestamp(used.begun_at.0.checked_add(passed)?);
        let stretch = self.usage.stretch(self.calendar, self.zone, at)?;
        // A second that began before the edge is the last one.
        let seconds = u64::try_from(stretch.until.since(at)).ok()?.div_ceil(SECOND.unsigned_abs());
        Some((stretch.band, used.billed.checked_add(seconds)?))
    }

    /// Adds the units up to `until` of a session, as billed, in one band.
    fn take(&self, used: &mut Metered, band: u16, until: u64, free: &mut u64) -> Option<()> {
        let drawn = until.checked_sub(used.billed)?.min(*free);
        *free = free.checked_sub(drawn)?;
        used.free = used.free.checked_add(drawn)?;
        used.billed = used.billed.checked_add(drawn)?;
        let steps = self.rate.prices.get(usize::from(band))?;
        let mut next = steps.partition_point(|it| it.from <= used.billed);
        while used.billed < until {
            let end = steps.get(next).map_or(until, |it| it.from.min(until));
            let step = u16::try_from(next.checked_sub(1)?).ok()?;
            used.add(band, step, end.checked_sub(used.billed)?)?;
            used.billed = end;
            next += 1;
        }
        Some(())
    }

    /// How many units more than the total of `used` may be used when `until` can be billed.
    fn whole_increments(&self, used: &Metered, until: u64) -> Option<u64> {
        let rest = until.checked_rem(self.usage.increment)?;
        // Nothing less than the minimum is ever billed.
        let whole = if until < self.billed(1)? { 0 } else { until - rest };
        whole.max(used.billed).checked_sub(used.total)
    }
}

/// The last number from `fitting` on that fits, before one that does not.
fn last(mut fitting: u64, mut beyond: u64, fits: impl Fn(u64) -> bool) -> u64 {
    while beyond - fitting > 1 {
        let middle = fitting + (beyond - fitting) / 2;
        match fits(middle) {
            true => fitting = middle,
            false => beyond = middle,
        }
    }
    fitting
}
