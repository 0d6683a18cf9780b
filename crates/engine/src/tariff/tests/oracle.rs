//! A schoolbook pricer: it walks unit by unit, asks the time zone's rules anew for each, and writes
//! down how many had which price. It shares nothing with the meter but the tariff and the
//! fractions that are compared at the end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday as Day;
use jiff::tz::TimeZone;

use super::*;

/// A session, as far as it was reported.
pub struct Oracle<'a> {
    usage: &'a Usage,
    rate: &'a DestinationRate,
    rules: TimeZone,
    holidays: BTreeSet<String>,
    names_holidays: bool,
    begun_at: Timestamp,
    billed: u64,
    pub charged: u64,
    pub free: u64,
    /// Units by the text of their price.
    bill: BTreeMap<String, u128>,
}

impl<'a> Oracle<'a> {
    pub fn new(meter: &Meter<'a>, begun_at: Timestamp) -> Self {
        let rules = jiff::tz::TimeZoneDatabase::bundled().get(meter.zone.as_str()).unwrap();
        let holidays = meter.calendar.holidays.iter().map(Date::to_string).collect();
        let (usage, rate) = (meter.usage, meter.rate);
        let mut days = usage.bands.iter().flat_map(|it| &it.times).flat_map(|it| &it.days);
        let names_holidays = days.any(|it| *it == BandDay::Holiday);
        Self {
            usage,
            rate,
            rules,
            holidays,
            names_holidays,
            begun_at,
            billed: 0,
            charged: 0,
            free: 0,
            bill: BTreeMap::new(),
        }
    }

    /// `total` units have been reported, those since the last report granted at `granted_at`.
    pub fn report(&mut self, total: u64, free: u64, granted_at: Timestamp) {
        let mut free = free;
        let mut billed = 0;
        while billed < total || (total > 0 && billed < self.usage.minimum) {
            billed += self.usage.increment;
        }
        while self.billed < billed {
            let at = match self.usage.unit {
                UsageUnit::Second => {
                    self.begun_at.0 + i64::try_from(self.billed).unwrap() * 1_000_000
                }
                UsageUnit::Byte | UsageUnit::Event => granted_at.0,
            };
            if free > 0 {
                free -= 1;
                self.free += 1;
            } else {
                *self.bill.entry(self.price_at(at).to_string()).or_default() += 1;
                self.charged += 1;
            }
            self.billed += 1;
        }
    }

    pub fn cost(&self) -> Fraction {
        if self.charged == 0 {
            return Fraction::ZERO;
        }
        let mut cost = Ratio::read(&self.rate.set_up.to_string());
        for (price, units) in &self.bill {
            let Ratio(up, down) = Ratio::read(price);
            cost = cost.plus(Ratio(up * units, down * u128::from(self.usage.per)));
        }
        let cost = Fraction::new(cost.0, cost.1).unwrap();
        cost.max(exactly(&self.rate.minimum_charge.to_string()))
    }

    /// The price of the next unit, which is used at `at`.
    fn price_at(&self, at: i64) -> Price {
        let band = match self.usage.bands.is_empty() {
            true => 0,
            false => self.band_at(at),
        };
        let mut price = None;
        for step in &self.rate.prices[band] {
            if step.from <= self.billed {
                price = Some(step.price);
            }
        }
        price.expect("the first step is from 0")
    }

    pub fn band_at(&self, at: i64) -> usize {
        let at = jiff::Timestamp::from_microsecond(at).unwrap();
        let local = self.rules.to_datetime(at);
        let is_holiday = || self.holidays.contains(&local.date().to_string());
        let day = match local.weekday() {
            _ if self.names_holidays && is_holiday() => BandDay::Holiday,
            Day::Monday => BandDay::Monday,
            Day::Tuesday => BandDay::Tuesday,
            Day::Wednesday => BandDay::Wednesday,
            Day::Thursday => BandDay::Thursday,
            Day::Friday => BandDay::Friday,
            Day::Saturday => BandDay::Saturday,
            Day::Sunday => BandDay::Sunday,
        };
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
        let minute = minute.unwrap();
        let mut bands = self.usage.bands.iter().enumerate().filter(|(_, band)| {
            let in_force = |it: &BandTime| it.from_minute <= minute && minute < it.until_minute;
            band.times.iter().any(|it| it.days.contains(&day) && in_force(it))
        });
        let (band, _) = bands.next().expect("a band is in force");
        assert!(bands.next().is_none(), "only one is");
        band
    }
}

/// A fraction in lowest terms.
#[derive(Clone, Copy)]
struct Ratio(u128, u128);

impl Ratio {
    fn read(text: &str) -> Self {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let one = "0".repeat(decimals.len());
        Self(format!("{whole}{decimals}").parse().unwrap(), format!("1{one}").parse().unwrap())
    }

    fn plus(self, other: Self) -> Self {
        let (up, down) = (self.0 * other.1 + other.0 * self.1, self.1 * other.1);
        let (mut left, mut right) = (up, down);
        while right > 0 {
            (left, right) = (right, left % right);
        }
        Self(up / left, down / left)
    }
}
