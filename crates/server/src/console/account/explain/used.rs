//! Why the use of a service comes to what it does: whose tariff, where to, how much, at which
//! prices.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{
    DestinationRate, Entry, Fact, Item, Name, Part, SessionFact, Usage, UsageFact, UsedFact,
};
use pages::console::account::{Explained, Explains};
use pages::{Console, Message};

use super::{Known, tariff};
use crate::console::Desk;
use crate::console::account::known::Session;
use crate::faces::{self, words};

/// Of the entries of one session, newest first.
pub fn explain(serial: u32, entries: &[Entry], known: &Known, desk: &Desk) -> Vec<Explained> {
    let Some(session) = known.sessions.get(&serial) else { return Vec::new() };
    let mut found = Vec::new();
    let Session { fact: session, charged_first } = session;
    let item = priced_by(session).and_then(|it| known.tariffs.get(&it));
    let title = known.titles.service(session.service);
    match (&session.usage, item) {
        (Some(usage), Some(item)) => {
            found.push(tariff(&title, session.service, usage.version, desk));
            let is_first = entries.iter().any(|it| Some(it.position) == *charged_first);
            let set_up = if is_first { SetUp::Charged } else { SetUp::ChargedBefore };
            found.extend(of_units(usage, item, entries, set_up, desk));
        }
        // Priced by whoever asked for it.
        _ => found.push(Explained::new(Explains::Tariff, title)),
    }
    found.push(Explained::new(Explains::Session, session.session.to_string()));
    found
}

/// The service and the version by which a session is priced, where it is by units.
pub fn priced_by(session: &SessionFact) -> Option<(Name, u32)> {
    Some((session.service, session.usage.as_ref()?.version))
}

/// What a session costs beside its units, once: in these entries, or in ones before them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SetUp {
    Charged,
    ChargedBefore,
}

fn of_units(
    fact: &UsageFact,
    item: &Arc<Item>,
    entries: &[Entry],
    set_up: SetUp,
    desk: &Desk,
) -> Vec<Explained> {
    let Some(usage) = &item.service.usage else { return Vec::new() };
    let rate = usize::try_from(fact.rate).ok().and_then(|it| usage.rates.get(it));
    let mut found = Vec::new();
    let title = rate.map(|it| it.title.as_str()).filter(|it| !it.is_empty());
    let destination = fact.destination.as_deref().into_iter().chain(title);
    let destination = destination.collect::<Vec<_>>().join(" · ");
    if !destination.is_empty() {
        found.push(Explained::new(Explains::Destination, destination));
    }
    let quantity = |it| faces::tariff::quantity(usage, it, desk);
    let used: Vec<&UsedFact> = entries.iter().filter_map(used).collect();
    match used.first() {
        Some(newest) => {
            // Of a session that stands in several places, this is what is charged in this one.
            let here = used.iter().map(|it| it.more).sum();
            found.push(Explained::new(Explains::Quantity, quantity(here)));
            if here == newest.total && newest.billed != newest.total {
                found.push(Explained::new(Explains::Billed, quantity(newest.billed)));
            }
        }
        None => found.push(Explained::new(Explains::Granted, quantity(fact.grant.quantity))),
    }
    let free: u64 = used.iter().map(|it| it.free).sum();
    if free > 0 {
        found.push(Explained::new(Explains::Free, quantity(free)));
    }
    if let Some(rate) = rate {
        found.extend(prices(item, (usage, rate), &used, set_up, desk));
    }
    found
}

/// The units that cost money, at each price; a session may be settled many times.
fn prices(
    item: &Item,
    (usage, rate): (&Usage, &DestinationRate),
    used: &[&UsedFact],
    set_up: SetUp,
    desk: &Desk,
) -> Vec<Explained> {
    let mut by_price: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    for part in used.iter().flat_map(|it| &it.parts) {
        *by_price.entry((part.band, part.step)).or_default() += part.quantity;
    }
    let parts = by_price.into_iter().map(|((band, step), quantity)| Part { band, step, quantity });
    let step = |it: Part| faces::tariff::step(&item.service, usage, rate, &it, desk);
    let mut prices: Vec<String> = parts.filter_map(step).collect();
    if prices.is_empty() {
        return Vec::new();
    }
    let once = Some(("once", rate.set_up)).filter(|_| set_up == SetUp::Charged);
    let least = Some(("least", rate.minimum_charge));
    for (name, price) in once.into_iter().chain(least).filter(|it| !it.1.is_zero()) {
        let form = Console::of(desk.language).named("price", name).unwrap_or_default();
        let money = words::price_text(price, item.service.currency, desk.say());
        prices.push(form.with("money", money));
    }
    prices.into_iter().map(|it| Explained::new(Explains::Price, it)).collect()
}

/// What a settlement says was used.
pub fn used(entry: &Entry) -> Option<&UsedFact> {
    match &entry.fact {
        Fact::Settled { extra: Some(extra), .. } => extra.used.as_ref(),
        _ => None,
    }
}
