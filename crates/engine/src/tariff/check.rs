//! What is wrong with a tariff, where, and what would make it right.

use core::fmt;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{Band, BandDay, BandTime, DestinationRate, QUANTITY_MAX, Step, Usage};

/// A TiB.
const PER_MAX: u64 = 1 << 40;
const BANDS_MAX: usize = 16;
/// Of all bands together.
const TIMES_MAX: usize = 256;
const RATES_MAX: usize = 10_000;
const STEPS_MAX: usize = 64;
/// Of all rates together.
const STEPS_ALL_MAX: usize = 200_000;
const PREFIXES_ALL_MAX: usize = 100_000;
const PREFIX_LENGTH_MAX: usize = 32;
/// Bytes.
const TITLE_LENGTH_MAX: usize = 200;
const GRANT_SECONDS_MAX: u32 = 31 * 86_400;
const MINUTES: u16 = 24 * 60;

const DAYS: [BandDay; 8] = [
    BandDay::Monday,
    BandDay::Tuesday,
    BandDay::Wednesday,
    BandDay::Thursday,
    BandDay::Friday,
    BandDay::Saturday,
    BandDay::Sunday,
    BandDay::Holiday,
];

/// The first thing that is wrong with a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffFault {
    /// As a path: `usage.bands[1].times[0]`.
    pub place: String,
    pub what: String,
    pub remedy: String,
}

impl fmt::Display for TariffFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; {}", self.place, self.what, self.remedy)
    }
}

impl Usage {
    /// Whether sessions can be priced by it.
    pub fn check(&self) -> Result<(), TariffFault> {
        self.check_quantities()?;
        self.check_grants()?;
        self.check_bands()?;
        self.check_rates()
    }

    fn check_quantities(&self) -> Result<(), TariffFault> {
        let quantities = [
            ("usage.per", self.per, 1, PER_MAX),
            ("usage.increment", self.increment, 1, QUANTITY_MAX),
            ("usage.minimum", self.minimum, 0, QUANTITY_MAX),
            ("usage.allowance", self.allowance, 0, QUANTITY_MAX),
        ];
        for (place, quantity, least, most) in quantities {
            if !(least..=most).contains(&quantity) {
                let remedy = format!("give a number from {least} to {most}");
                return fault(place, format!("is {quantity}"), remedy);
            }
        }
        Ok(())
    }

    fn check_grants(&self) -> Result<(), TariffFault> {
        if let Some(most) = self.grant_quantity_max
            && !(1..=QUANTITY_MAX).contains(&most)
        {
            let remedy = format!("give a number from 1 to {QUANTITY_MAX}, or none");
            return fault("usage.grant_quantity_max", format!("is {most}"), remedy);
        }
        let seconds = self.grant_seconds;
        if !(1..=GRANT_SECONDS_MAX).contains(&seconds) {
            let remedy = format!("give a number from 1 to {GRANT_SECONDS_MAX}");
            return fault("usage.grant_seconds", format!("is {seconds}"), remedy);
        }
        Ok(())
    }

    fn check_bands(&self) -> Result<(), TariffFault> {
        check_count("usage.bands", self.bands.len(), BANDS_MAX, "bands")?;
        let times = self.bands.iter().map(|it| it.times.len()).sum();
        check_count("usage.bands", times, TIMES_MAX, "times")?;
        for (place, band) in self.bands.iter().enumerate() {
            let earlier = self.bands.iter().take(place).position(|it| it.name == band.name);
            if let Some(earlier) = earlier {
                let what = format!("has the name of usage.bands[{earlier}]");
                return fault(format!("usage.bands[{place}].name"), what, "give it its own");
            }
            check_times(band, place)?;
        }
        if self.bands.is_empty() {
            return Ok(());
        }
        let names =
            |day| self.bands.iter().flat_map(|it| &it.times).any(|it| it.days.contains(day));
        let days = DAYS.iter().filter(|day| **day != BandDay::Holiday || names(day));
        days.copied().try_for_each(|day| self.check_day(day))
    }

    /// Every minute of the day is in exactly one time.
    fn check_day(&self, day: BandDay) -> Result<(), TariffFault> {
        let mut times = Vec::new();
        for (band, it) in self.bands.iter().enumerate() {
            for (place, time) in it.times.iter().enumerate().filter(|it| it.1.days.contains(&day)) {
                times.push((time.from_minute, time.until_minute, (band, place)));
            }
        }
        times.sort_unstable();
        let mut covered = 0;
        let mut last = None;
        for (from, until, (band, place)) in times {
            if from < covered {
                let (other_band, other) = last.expect("something covers it");
                let span = span(day, from, covered.min(until));
                let what =
                    format!("is in force on {span} like usage.bands[{other_band}].times[{other}]");
                let remedy = "let one of the two begin or end elsewhere";
                return fault(format!("usage.bands[{band}].times[{place}]"), what, remedy);
            }
            if from > covered {
                return gap(day, covered, from);
            }
            covered = until;
            last = Some((band, place));
        }
        if covered < MINUTES { gap(day, covered, MINUTES) } else { Ok(()) }
    }

    fn check_rates(&self) -> Result<(), TariffFault> {
        if self.rates.is_empty() {
            return fault(
                "usage.rates",
                "has no rate",
                "add one, with the prefix \"\" for all use",
            );
        }
        check_count("usage.rates", self.rates.len(), RATES_MAX, "rates")?;
        let prefixes = self.rates.iter().map(|it| it.prefixes.len()).sum();
        check_count("usage.rates", prefixes, PREFIXES_ALL_MAX, "prefixes")?;
        let steps = self.rates.iter().flat_map(|it| &it.prices).map(Vec::len).sum();
        check_count("usage.rates", steps, STEPS_ALL_MAX, "steps")?;
        let mut known = FxHashMap::default();
        for (place, rate) in self.rates.iter().enumerate() {
            check_title(rate, place)?;
            check_prefixes(rate, place, &mut known)?;
            self.check_prices(rate, place)?;
        }
        Ok(())
    }

    fn check_prices(&self, rate: &DestinationRate, place: usize) -> Result<(), TariffFault> {
        let path = format!("usage.rates[{place}].price");
        let (prices, bands) = (rate.prices.len(), self.bands.len());
        if prices != bands.max(1) {
            let what = format!("is for {prices} bands, and there are {bands}");
            let remedy = "give one for each band, by its name, or just one where there is no band";
            return fault(path, what, remedy);
        }
        for (band, steps) in rate.prices.iter().enumerate() {
            match self.bands.get(band) {
                Some(band) => check_steps(steps, &format!("{path}.{}", band.name))?,
                None => check_steps(steps, &path)?,
            }
        }
        Ok(())
    }
}

fn check_times(band: &Band, place: usize) -> Result<(), TariffFault> {
    let path = format!("usage.bands[{place}].times");
    if band.times.is_empty() {
        return fault(path, "has no time", "say when the band is in force, or remove the band");
    }
    for (place, time) in band.times.iter().enumerate() {
        check_time(time, &format!("{path}[{place}]"))?;
    }
    Ok(())
}

fn check_time(time: &BandTime, path: &str) -> Result<(), TariffFault> {
    if time.days.is_empty() {
        return fault(path, "has no day", "say on which days it is in force");
    }
    for (place, day) in time.days.iter().enumerate() {
        if time.days.iter().take(place).any(|it| it == day) {
            let what = format!("is {} once more", day.name());
            return fault(format!("{path}.days[{place}]"), what, "remove it");
        }
    }
    let (from, until) = (time.from_minute, time.until_minute);
    if from >= MINUTES || until > MINUTES {
        return fault(path, "goes beyond 24:00", "give times from 00:00 to 24:00");
    }
    if until <= from {
        let what = format!("ends at {}, not after {}", clock(until), clock(from));
        let remedy = "split a time that goes past midnight: until 24:00, and from 00:00 of the \
                      days after";
        return fault(path, what, remedy);
    }
    Ok(())
}

fn check_title(rate: &DestinationRate, place: usize) -> Result<(), TariffFault> {
    let length = rate.title.len();
    let is_plain = !rate.title.chars().any(char::is_control);
    if length > TITLE_LENGTH_MAX || !is_plain {
        let what = format!("has {length} bytes, or characters that cannot be shown");
        let remedy = format!("give at most {TITLE_LENGTH_MAX} bytes of text in one line");
        return fault(format!("usage.rates[{place}].title"), what, remedy);
    }
    Ok(())
}

fn check_prefixes<'a>(
    rate: &'a DestinationRate,
    place: usize,
    known: &mut FxHashMap<&'a str, (usize, usize)>,
) -> Result<(), TariffFault> {
    let path = format!("usage.rates[{place}].prefixes");
    if rate.prefixes.is_empty() {
        let remedy = "give the beginnings of its destinations, or \"\" for all others";
        return fault(path, "is empty, so that the rate is never used", remedy);
    }
    for (at, prefix) in rate.prefixes.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let is_known = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'.');
        if prefix.len() > PREFIX_LENGTH_MAX || !prefix.bytes().all(is_known) {
            let what = format!("is {:?}", shortened(prefix));
            let remedy = format!("give at most {PREFIX_LENGTH_MAX} of 0-9, a-z, A-Z, + and dots");
            return fault(path, what, remedy);
        }
        if let Some((other, other_at)) = known.insert(prefix, (place, at)) {
            let what = format!("is {prefix:?} like usage.rates[{other}].prefixes[{other_at}]");
            return fault(path, what, "leave it with one of the two");
        }
    }
    Ok(())
}

fn check_steps(steps: &[Step], path: &str) -> Result<(), TariffFault> {
    check_count(path, steps.len(), STEPS_MAX, "steps")?;
    let Some(first) = steps.first() else {
        return fault(path, "has no step", "give a price");
    };
    if first.from != 0 {
        let what = format!("is {}", first.from);
        return fault(format!("{path}[0].from"), what, "let the first step be from 0");
    }
    for (place, pair) in steps.windows(2).enumerate() {
        let [before, step] = pair else { continue };
        let path = format!("{path}[{}].from", place + 1);
        if step.from <= before.from {
            let what = format!("is {}, not above the {} before it", step.from, before.from);
            return fault(path, what, "write the steps in ascending order");
        }
        if step.from > QUANTITY_MAX {
            let remedy = format!("give a number up to {QUANTITY_MAX}");
            return fault(path, format!("is {}", step.from), remedy);
        }
    }
    Ok(())
}

fn check_count(place: &str, count: usize, most: usize, of_what: &str) -> Result<(), TariffFault> {
    match count > most {
        true => fault(place, format!("has {count} {of_what}"), format!("give {most} at most")),
        false => Ok(()),
    }
}

fn gap(day: BandDay, from: u16, until: u16) -> Result<(), TariffFault> {
    let what = format!("leaves out {}", span(day, from, until));
    fault("usage.bands", what, "put every minute of the week into one of the bands")
}

fn span(day: BandDay, from: u16, until: u16) -> String {
    format!("{} {}–{}", day.name(), clock(from), clock(until))
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn shortened(text: &str) -> String {
    text.chars().take(PREFIX_LENGTH_MAX + 1).collect()
}

fn fault(
    place: impl Into<String>,
    what: impl Into<String>,
    remedy: impl Into<String>,
) -> Result<(), TariffFault> {
    Err(TariffFault { place: place.into(), what: what.into(), remedy: remedy.into() })
}

impl BandDay {
    fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
            Self::Holiday => "holiday",
        }
    }
}
