//! What use is counted by and costs, in the reader's words.

use engine::{DestinationRate, Part, PeriodLength, PeriodUnit, Price, Service, Usage, UsageUnit};
use pages::{Console, Say};

use super::{Looks, words};

/// `60 s`
pub fn quantity(usage: &Usage, quantity: u64, looks: &Looks) -> String {
    format!("{}\u{A0}{}", looks.say().count(&quantity), unit_word(usage.unit, looks))
}

/// For how much use a price is, in signs that every language reads.
pub fn per(unit: UsageUnit, per: u64) -> String {
    let units: &[(u64, &str)] = match unit {
        UsageUnit::Second => &[(3_600, "h"), (60, "min"), (1, "s")],
        UsageUnit::Byte => &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")],
        UsageUnit::Event => &[(1, "×")],
    };
    let fits = units.iter().find(|(size, _)| per.is_multiple_of(*size));
    let (size, sign) = fits.copied().unwrap_or((1, ""));
    match per / size {
        1 => sign.to_owned(),
        count => format!("{count}\u{A0}{sign}"),
    }
}

/// `s`, `bytes`, `times`
pub fn unit_word(unit: UsageUnit, looks: &Looks) -> &'static str {
    let name = match unit {
        UsageUnit::Second => "second",
        UsageUnit::Byte => "byte",
        UsageUnit::Event => "event",
    };
    Console::of(looks.language).named("unit", name).unwrap_or_default()
}

/// `60 s × 0.10 EUR / 60 s · France · night`; `None` where the tariff has no such price.
pub fn step(
    service: &Service,
    usage: &Usage,
    rate: &DestinationRate,
    part: &Part,
    looks: &Looks,
) -> Option<String> {
    let prices = rate.prices.get(usize::from(part.band))?;
    let price = prices.get(usize::from(part.step))?.price;
    let price = words::price_text(price, service.currency, looks.say());
    let (used, per) = (quantity(usage, part.quantity, looks), quantity(usage, usage.per, looks));
    let title = Some(rate.title.clone()).filter(|it| !it.is_empty());
    let band = usage.bands.get(usize::from(part.band)).map(|it| it.name.to_string());
    let first = format!("{used} × {price} / {per}");
    Some([Some(first), title, band].into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

/// The tariff in a line.
pub fn in_a_line(service: &Service, say: Say) -> String {
    let price = |it: Price| words::price_text(it, service.currency, say);
    let recurring = service.recurring.as_ref();
    let recurring = recurring.map(|it| format!("{} {}", price(it.price), every(it.every, say)));
    let once = service.one_time.as_ref().map(|it| price(it.price));
    let usage = service.usage.as_ref().map(|it| {
        let prices = || it.rates.iter().flat_map(|it| it.prices.iter().flatten());
        let least = prices().map(|it| it.price).min_by_key(|it| it.billionths());
        let most = prices().map(|it| it.price).max_by_key(|it| it.billionths());
        let ends = least.into_iter().chain(most.filter(|it| Some(*it) != least));
        let range = ends.map(price).collect::<Vec<_>>().join(" – ");
        format!("{range} / {}", per(it.unit, it.per))
    });
    let parts = recurring.into_iter().chain(once).chain(usage);
    parts.collect::<Vec<_>>().join(" · ")
}

/// `a month`, `every 3 months`
pub fn every(length: PeriodLength, say: Say) -> String {
    let console = Console::of(say.language);
    let (one, more) = match length.unit {
        PeriodUnit::Hour => (console.a_hour, &console.every_hour),
        PeriodUnit::Day => (console.a_day, &console.every_day),
        PeriodUnit::Week => (console.a_week, &console.every_week),
        PeriodUnit::Month => (console.a_month, &console.every_month),
        PeriodUnit::Year => (console.a_year, &console.every_year),
    };
    match length.count {
        1 => one.to_owned(),
        count => more.of(count.into(), say.language),
    }
}
