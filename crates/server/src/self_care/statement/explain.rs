//! Why a line of the statement has its amount, in the customer's words: what for, how much of it,
//! at which price and rate. Nothing of the books, and nobody of the staff.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{Entry, Fact, Item, Name, Price, Service, State, Usage, UsageUnit};
use pages::console::account::{Explained, Explains};
use pages::{Message, Money, Say};

use crate::faces::words::{self, Titles};
use crate::faces::{Failed, Looks};
use crate::self_care::Pocket;
use crate::statement::view;

/// The versions of services that entries were priced by.
#[derive(Debug, Default)]
pub struct Versions(BTreeMap<(Name, u32), Arc<Item>>);

impl Versions {
    /// One look for all that these entries name.
    pub async fn of(pocket: &Pocket, entries: &[Entry]) -> Result<Self, Failed> {
        let named: BTreeSet<(Name, u32)> = entries.iter().filter_map(version).collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let look = move |state: &State, _| {
            let item = |(name, version)| {
                let item = state.catalogue().version(name, version)?;
                Some(((name, version), Arc::clone(item)))
            };
            named.into_iter().filter_map(item).collect()
        };
        Ok(Self(pocket.app.shard.read(None, look).await?))
    }

    fn service(&self, entry: &Entry) -> Option<&Service> {
        self.0.get(&version(entry)?).map(|it| &it.service)
    }
}

/// The service, in the version by which an entry was priced.
fn version(entry: &Entry) -> Option<(Name, u32)> {
    match &entry.fact {
        Fact::PeriodStarted { version, .. } => Some((of_service(entry)?, *version)),
        Fact::Purchased(fact) => Some((fact.service, fact.version)),
        Fact::Authorised { session, .. } => {
            Some((session.service, session.usage.as_ref()?.version))
        }
        _ => None,
    }
}

fn of_service(entry: &Entry) -> Option<Name> {
    Name::new(&view::name(entry)?).ok()
}

/// What a line says of itself: one entry, or those of a session, newest first.
pub fn explain(
    entries: &[&Entry],
    versions: &Versions,
    titles: &Titles,
    looks: &Looks,
) -> Vec<Explained> {
    let Some(first) = entries.first().copied() else { return Vec::new() };
    let say = looks.say();
    let mut found = Vec::new();
    match &first.fact {
        Fact::PeriodStarted { from, until, extra, .. } => {
            found.extend(tariff(entries, titles, looks));
            // What is charged may be the one before, at the price of the version before.
            let since = extra.as_ref().and_then(|it| it.charged_since);
            let (from, until) = since.map_or((*from, *until), |it| (it, *from));
            let [from, until] = [from, until].map(|it| say.moment_text(&looks.moment(it)));
            found.push(Explained::new(Explains::Period, format!("{from} – {until}")));
            let service = versions.service(first).filter(|_| since.is_none());
            let recurring = service.and_then(|it| Some((it.recurring.as_ref()?.price, it)));
            found.extend(recurring.and_then(|(price, it)| fixed(first, price, it, say)));
        }
        Fact::Purchased(fact) => {
            found.extend(tariff(entries, titles, looks));
            let until = fact.ends_at.map(|at| say.moment_text(&looks.moment(at)));
            let form = pages::Care::of(looks.language).until;
            let until = until.map(|at| Explained::new(Explains::Period, form.with("at", at)));
            found.extend(until);
            let service = versions.service(first);
            let once = service.and_then(|it| Some((it.one_time.as_ref()?.price, it)));
            found.extend(once.and_then(|(price, it)| fixed(first, price, it, say)));
        }
        Fact::Authorised { .. } | Fact::Settled { .. } => {
            found.extend(tariff(entries, titles, looks));
            found.extend(of_use(entries, versions, say));
        }
        Fact::Charge(_) => found.extend(tariff(entries, titles, looks)),
        _ => {}
    }
    found.extend(converted(entries, looks));
    let reference = view::reference(&first.fact);
    found.extend(reference.map(|it| Explained::new(Explains::Reference, it)));
    found
}

fn tariff(entries: &[&Entry], titles: &Titles, looks: &Looks) -> Option<Explained> {
    let service = entries.iter().find_map(|it| of_service(it))?;
    Some(Explained::new(Explains::Tariff, titles.spoken(service, looks.language)))
}

/// The catalogue's price, where that is what was charged: a part of a period, or with a price of
/// one's own, costs something else.
fn fixed(entry: &Entry, price: Price, service: &Service, say: Say) -> Option<Explained> {
    let posting = entry.posting?;
    let charged = match entry.fact.conversion() {
        Some(it) => (it.currency, it.original.units()),
        None => (posting.currency, posting.amount.magnitude().units()),
    };
    let listed = price.fraction()?;
    let exponent = service.currency.exponent();
    let listed = listed.to_amount(exponent, engine::Precision::Fine)?.units();
    let text = words::price_text(price, service.currency, say);
    (charged == (service.currency, listed)).then(|| Explained::new(Explains::Price, text))
}

/// How much was used, and at which prices.
fn of_use(entries: &[&Entry], versions: &Versions, say: Say) -> Vec<Explained> {
    let mut found = Vec::new();
    let begun = entries.iter().find_map(|it| match &it.fact {
        Fact::Authorised { session, .. } => Some((versions.service(it), session.usage.as_ref()?)),
        _ => None,
    });
    let settled = entries.iter().filter_map(|it| match &it.fact {
        Fact::Settled { extra: Some(extra), .. } => extra.used.as_ref(),
        _ => None,
    });
    let settled: Vec<_> = settled.collect();
    let service = begun.and_then(|it| it.0);
    let usage = service.and_then(|it| it.usage.as_ref());
    if let Some(last) = settled.first() {
        let free: u64 = settled.iter().map(|it| it.free).sum();
        let unit = usage.map(|it| it.unit);
        // Of a session that stands in several places, this is what is charged in this one.
        let here = settled.iter().map(|it| it.more).sum();
        found.push(Explained::new(Explains::Quantity, quantity(unit, here, say)));
        if here == last.total && last.billed != last.total {
            found.push(Explained::new(Explains::Billed, quantity(unit, last.billed, say)));
        }
        if free > 0 {
            let free = quantity(unit, free, say);
            found.push(Explained::new(Explains::Free, free));
        }
    }
    let Some((service, usage)) = service.zip(usage) else { return found };
    let fact = begun.map(|it| it.1);
    let rate = fact.and_then(|it| usage.rates.get(usize::try_from(it.rate).ok()?));
    let destination = fact.and_then(|it| it.destination.as_deref());
    let title = rate.map(|it| it.title.as_str()).filter(|it| !it.is_empty());
    let place: Vec<_> = destination.into_iter().chain(title).collect();
    if !place.is_empty() {
        found.push(Explained::new(Explains::Destination, place.join(" · ")));
    }
    let mut used: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    for part in settled.iter().flat_map(|it| &it.parts) {
        let sum = used.entry((part.band, part.step)).or_default();
        *sum = sum.checked_add(part.quantity).unwrap_or(u64::MAX);
    }
    let prices = used.iter().filter_map(|((band, step), used)| {
        let step = rate?.prices.get(usize::from(*band))?.get(usize::from(*step))?;
        let price = words::price_text(step.price, service.currency, say);
        let per = quantity(Some(usage.unit), usage.per, say);
        let used = quantity(Some(usage.unit), *used, say);
        let band = band_name(usage, *band).map(|it| format!(" ({it})")).unwrap_or_default();
        Some(Explained::new(Explains::Price, format!("{used} × {price} / {per}{band}")))
    });
    found.extend(prices);
    found
}

fn band_name(usage: &Usage, band: u16) -> Option<&str> {
    usage.bands.get(usize::from(band)).map(|it| it.name.as_str())
}

/// `1 h 12 min 5 s`, `12.3 MB`, `3`
fn quantity(unit: Option<UsageUnit>, quantity: u64, say: Say) -> String {
    let care = pages::Care::of(say.language);
    let unit_of = |name: &str| care.named("unit", name).unwrap_or_default();
    match unit {
        Some(UsageUnit::Second) => {
            let (minutes, seconds) = (quantity / 60, quantity % 60);
            let minutes = i64::try_from(minutes).unwrap_or(i64::MAX);
            let minutes = (minutes > 0).then(|| say.lasts(&minutes));
            let is_shown = seconds > 0 || minutes.is_none();
            let seconds = is_shown.then(|| format!("{seconds}\u{A0}{}", unit_of("second")));
            minutes.into_iter().chain(seconds).collect::<Vec<_>>().join(" ")
        }
        Some(UsageUnit::Byte) => {
            let (name, one) = match quantity {
                0..1_000_000 => ("kilobyte", 1_000),
                1_000_000..1_000_000_000 => ("megabyte", 1_000_000),
                _ => ("gigabyte", 1_000_000_000),
            };
            // Tenths, rounded up: what was used is never shown as less.
            let tenths = quantity.div_ceil(one / 10);
            let text = say.decimal(&format!("{}.{}", tenths / 10, tenths % 10));
            format!("{text}\u{A0}{}", unit_of(name))
        }
        Some(UsageUnit::Event) | None => say.count(&quantity),
    }
}

/// What it was before it was converted, and at which rates.
fn converted(entries: &[&Entry], looks: &Looks) -> Vec<Explained> {
    let say = looks.say();
    let conversions: Vec<_> = entries.iter().filter_map(|it| it.fact.conversion()).collect();
    let Some(first) = conversions.first() else { return Vec::new() };
    let mut found = Vec::new();
    if conversions.iter().all(|it| it.currency == first.currency) {
        let original = conversions.iter().map(|it| i128::from(it.original.units())).sum();
        let money = Money::new(original, first.currency.code(), first.exponent);
        found.push(Explained::new(Explains::Original, say.money_text(&money)));
    }
    let mut rates: Vec<&engine::ExchangeRate> = Vec::new();
    for rate in conversions.iter().flat_map(|it| &it.rates) {
        if !rates.contains(&rate) {
            rates.push(rate);
        }
    }
    let line = |it: &&engine::ExchangeRate| {
        let rate = crate::self_care::pay::rate_line(it, looks);
        Explained::new(Explains::Rate, rate.text(&say))
    };
    found.extend(rates.iter().map(line));
    found
}

#[cfg(test)]
mod tests {
    use pages::{Language, Moment};

    use super::*;

    #[test]
    fn quantities_are_said_in_units_that_people_know() {
        let say = |language| Say { language, now: Moment::default() };
        let english = |unit, count| quantity(Some(unit), count, say(Language::English));
        for (unit, count, text) in [
            (UsageUnit::Second, 0, "0 s"),
            (UsageUnit::Second, 72, "1 min 12 s"),
            (UsageUnit::Second, 3_600, "1 h"),
            (UsageUnit::Byte, 1, "0.1 kB"),
            (UsageUnit::Byte, 12_340_000, "12.4 MB"),
            (UsageUnit::Byte, 2_000_000_000, "2.0 GB"),
            (UsageUnit::Event, 3, "3"),
        ] {
            assert_eq!(english(unit, count).replace('\u{A0}', " "), text);
        }
        let french = quantity(Some(UsageUnit::Byte), 12_300_000, say(Language::French));
        assert_eq!(french.replace('\u{A0}', " "), "12,3 Mo");
    }
}
