//! What is on offer, what of it is bought, and what it costs on the account that pays.

use std::ops::ControlFlow;

use axum::response::Response;
use engine::{AccountId, Entry, Fact, Position, Price, Service, Timestamp};
use pages::care::shop::{Offer, OfferState, Shop, ShopKind, ShopPurse};
use pages::{CareTab, Message};
use serde::Deserialize;
use store::{Reader, StoreError};

use super::Pocket;
use super::buying::{Place, kind_of};
use super::house::{House, statement_path, to_spend};
use super::pay::rate_line;
use super::pocket::page;
use crate::faces::picture::{Held, Purse};
use crate::faces::quote::{Asked, Quote, quotes};
use crate::faces::{Failed, words};
use crate::http::query::Query;

/// Entries of an account that are looked at for what was bought.
const LOOKED_AT_MAX: usize = 5_000;

#[derive(Deserialize)]
pub struct Looking {
    /// What is looked for, by name.
    #[serde(default)]
    q: String,
}

pub async fn show_shop(
    kind: ShopKind,
    pocket: Pocket,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let wanted = looking.q.trim().to_lowercase();
    let is_wanted = |title: &str| title.to_lowercase().contains(&wanted);
    let bought = match kind {
        ShopKind::Films => read_bought(&pocket, &house).await?,
        ShopKind::Turbo => Vec::new(),
    };
    let sold = house.picture.sold().filter(|it| kind_of(it) == Some(kind) && is_wanted(&it.title));
    let places: Vec<_> = sold.filter_map(|it| Some((it, Place::pick(&house, it)?))).collect();
    let asked = places.iter().map(|(service, place)| {
        let price = service.one_time.as_ref().map_or(Price::ZERO, |it| it.price);
        Asked::Price(price, service.currency, place.purse.account.unit())
    });
    let quotes = quotes(&pocket.app, asked.collect()).await?;
    let offers = places.iter().zip(&quotes).filter(|((service, _), _)| {
        // Bought again while it runs, it only goes on longer.
        bought.iter().all(|it| it.service != service.name)
    });
    let offers =
        offers.map(|((it, place), quote)| offer(kind, it, place, quote.as_ref(), &house, &pocket));
    let yours = bought.iter().map(|it| it.offer(&house, &pocket)).filter(|it| is_wanted(&it.name));
    let offers = yours.chain(offers).collect();
    let view =
        Shop { kind, purse: payer(&house, &places), q: looking.q, offers, older: String::new() };
    Ok(page(view.to_html(&pocket.shell(CareTab::Services, house.name()))))
}

/// The account that pays for everything there, where it is one.
fn payer(house: &House, places: &[(&Service, Place<'_>)]) -> Option<ShopPurse> {
    let first = places.first()?.1.purse;
    let is_one = places.iter().all(|(_, it)| it.purse.account.id == first.account.id);
    is_one.then(|| ShopPurse {
        account: house.title(first),
        to_spend: to_spend(first),
        href: statement_path(first.account.id),
    })
}

fn offer(
    kind: ShopKind,
    service: &Service,
    place: &Place<'_>,
    quote: Option<&Quote>,
    house: &House,
    pocket: &Pocket,
) -> Offer {
    let once = service.one_time.as_ref();
    let lasts = once.and_then(|it| it.duration_seconds).map(|it| i64::from(it) / 60);
    let lasts = lasts.map(|it| pocket.say().lasts(&it));
    let base = place.base.map(|it| house.picture.title(it.subscription.service));
    let text = base.into_iter().chain(lasts).collect::<Vec<_>>().join(" · ");
    let state = state(kind, service, place, quote, house, pocket);
    let is_off = matches!(state, OfferState::NotNow(_));
    let path = format!("{}/{}", kind.path(), service.name);
    let conversion = quote.and_then(|it| it.conversion.as_ref());
    Offer {
        name: service.title.clone(),
        text,
        price: once.map(|it| words::price(it.price, service.currency)).unwrap_or_default(),
        charged: conversion.and(quote).map(|it| words::amount(&place.purse.account, it.amount)),
        rate: conversion.and_then(|it| it.rates.first()).map(|it| rate_line(it, pocket)),
        // A film is watched where it is bought from; here it is only paid for.
        href: if is_off { String::new() } else { path },
        state,
    }
}

fn state(
    kind: ShopKind,
    service: &Service,
    place: &Place<'_>,
    quote: Option<&Quote>,
    house: &House,
    pocket: &Pocket,
) -> OfferState {
    let care = pocket.care();
    if let Some(base) = place.base.filter(|it| it.standing.is_err()) {
        let form = care.named("off", "base").unwrap_or_default();
        let base = house.picture.title(base.subscription.service);
        return OfferState::NotNow(form.with("base", base));
    }
    // A turbo button that works already is not bought again by mistake.
    let running =
        running(place.purse, pocket.now).find(|it| it.subscription.service == service.name);
    if let Some(it) = running.filter(|_| kind == ShopKind::Turbo) {
        return OfferState::Bought { until: until(it, pocket) };
    }
    let Some(quote) = quote else {
        return OfferState::NotNow(care.named("wrong", "rate").unwrap_or_default().to_owned());
    };
    let there = place.purse.account.available().map(|it| i128::from(it.units()));
    let missing = there.map(|it| i128::from(quote.amount.units()) - it).filter(|it| *it > 0);
    match missing {
        Some(missing) => OfferState::Missing(words::units(&place.purse.account, missing)),
        None => OfferState::Buy,
    }
}

/// What was bought for a time that has not ended.
fn running(purse: &Purse, now: Timestamp) -> impl Iterator<Item = &Held> {
    purse.services.iter().filter(move |it| it.subscription.ends && it.subscription.has_period(now))
}

fn until(held: &Held, pocket: &Pocket) -> Option<pages::Moment> {
    let end = held.subscription.period.map(|it| it.end(pocket.now));
    end.map(|at| pocket.moment(at))
}

/// A film that may still be watched.
struct Bought {
    account: AccountId,
    serial: u32,
    service: engine::Name,
    /// Its title, where the provider sells titles under one service.
    item: Option<String>,
    /// The purchase, where it was found.
    entry: Option<Entry>,
}

impl Bought {
    fn offer(&self, house: &House, pocket: &Pocket) -> Offer {
        let title = house.picture.title(self.service);
        let purse = house.picture.purse(self.account);
        let held = purse
            .and_then(|it| it.services.iter().find(|it| it.subscription.serial == self.serial));
        let posting = self.entry.as_ref().and_then(|it| it.posting);
        let price = posting.zip(purse).map(|(posting, purse)| {
            words::units(&purse.account, -i128::from(posting.amount.units()))
        });
        Offer {
            text: if self.item.is_some() { title.clone() } else { String::new() },
            name: self.item.clone().unwrap_or(title),
            price: price.unwrap_or_default(),
            state: OfferState::Bought { until: held.and_then(|it| until(it, pocket)) },
            ..Offer::default()
        }
    }
}

/// The films of all accounts that were bought and have not ended, with the entries that say which
/// they are.
async fn read_bought(pocket: &Pocket, house: &House) -> Result<Vec<Bought>, Failed> {
    let mut wanted = Vec::new();
    for purse in house.picture.open() {
        // What modifies something is a turbo button.
        let films = running(purse, pocket.now).filter(|it| it.subscription.base.is_none());
        let films: Vec<_> = films.map(|it| it.subscription.clone()).collect();
        if let Some(since) = films.iter().map(|it| it.opened_at).min() {
            wanted.push((purse.account.id, purse.account.head, since, films));
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let read = move |reader: &dyn Reader| {
        let mut bought = Vec::new();
        for (account, head, since, films) in wanted {
            let purchases = read_purchases(reader, head, since)?;
            bought.extend(films.into_iter().map(|film| {
                let is_it = |it: &&Entry| {
                    purchase(it).is_some_and(|it| it.subscription == Some(film.serial))
                };
                // The newest says what was paid, and any of them what it is.
                let mut of_film = purchases.iter().filter(is_it).peekable();
                let entry = of_film.peek().map(|it| Entry::clone(it));
                let item = of_film.find_map(|it| purchase(it)?.item.clone());
                let item = item.map(|it| it.to_string());
                Bought { account, serial: film.serial, service: film.service, item, entry }
            }));
        }
        Ok(bought)
    };
    Ok(pocket.app.readers.read(read).await?)
}

fn purchase(entry: &Entry) -> Option<&engine::PurchaseFact> {
    match &entry.fact {
        Fact::Purchased(fact) => Some(fact),
        _ => None,
    }
}

/// The purchases of an account since a moment, newest first.
fn read_purchases(
    reader: &dyn Reader,
    head: Position,
    since: Timestamp,
) -> Result<Vec<Entry>, StoreError> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    reader.account_entries(head, &mut |entry| {
        if entry.at < since || looked_at == LOOKED_AT_MAX {
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if purchase(&entry).is_some() {
            found.push(entry);
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
