//! What can be bought at once: turbo buttons, which change what runs, and films, which do not.

use std::collections::BTreeMap;

use axum::extract::Form as Fields;
use axum::response::Response;
use axum::routing::get;
use engine::{AccountRef, Command, Name, Purchase, Refusal, Service};
use pages::care::home::Door as Way;
use pages::care::shop::{Offer, OfferState, Shop, ShopKind, ShopPurse};
use pages::care::task::{Short, Step, TaskKind};
use pages::{CareTab, Link, Money};
use serde::Deserialize;

use super::house::{House, pay_path, promise_path, statement_path, to_spend};
use super::pocket::page;
use super::task::{Doing, is_answer, refused, try_out};
use super::{Door, Pocket};
use crate::faces::picture::{Held, Purse};
use crate::faces::{Failed, Typed, words};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;

pub fn doors() -> Vec<Door> {
    let shop = |kind| get(move |pocket, query| show_shop(kind, pocket, query));
    let buy = |kind| {
        let send = move |pocket, service, typed| send(kind, pocket, service, typed);
        get(move |pocket, service| review(kind, pocket, service)).post(send)
    };
    vec![
        Door::look("/my/turbo", shop(ShopKind::Turbo)),
        Door::both("/my/turbo/{service}", buy(ShopKind::Turbo)),
        Door::look("/my/films", shop(ShopKind::Films)),
        Door::both("/my/films/{service}", buy(ShopKind::Films)),
    ]
}

/// A turbo button tells the network to be another; a film is only charged and good for a time.
fn kind_of(service: &Service) -> Option<ShopKind> {
    service.one_time.as_ref()?;
    Some(if service.profile.is_empty() { ShopKind::Films } else { ShopKind::Turbo })
}

pub fn is_sold(house: &House, door: Way) -> bool {
    let kind = if door == Way::Turbo { ShopKind::Turbo } else { ShopKind::Films };
    house.picture.sold.iter().any(|it| kind_of(it) == Some(kind))
}

/// Who pays, and what it modifies.
struct Place<'a> {
    purse: &'a Purse,
    base: Option<&'a Held>,
}

/// A turbo button belongs to what it changes; a film to the account that has the most to spend.
fn place<'a>(house: &'a House, service: &Service) -> Option<Place<'a>> {
    match kind_of(service)? {
        ShopKind::Films => {
            let open = house.picture.open();
            // Without a limit is more than any sum.
            let most = |it: &&Purse| it.account.available().map_or(i64::MAX, |it| it.units());
            open.max_by_key(most).map(|purse| Place { purse, base: None })
        }
        ShopKind::Turbo => {
            let is_same = |name: Name| {
                let base = house.picture.sold.iter().find(|it| it.name == name);
                base.is_some_and(|it| it.profile.keys().any(|it| service.profile.contains_key(it)))
            };
            let services = house.picture.services();
            let bases = services.filter(|(purse, it)| {
                let it = &it.subscription;
                !purse.account.closed && !it.ends && it.base.is_none() && is_same(it.service)
            });
            // One that is on before one that is not.
            let base = bases.min_by_key(|(_, it)| it.standing.is_err());
            base.map(|(purse, held)| Place { purse, base: Some(held) })
        }
    }
}

#[derive(Deserialize)]
pub struct Looking {
    /// What is looked for, by name.
    #[serde(default)]
    q: String,
}

async fn show_shop(
    kind: ShopKind,
    pocket: Pocket,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let wanted = looking.q.trim().to_lowercase();
    let sold = house
        .picture
        .sold
        .iter()
        .filter(|it| kind_of(it) == Some(kind) && it.title.to_lowercase().contains(&wanted));
    let places: Vec<_> = sold.filter_map(|it| Some((it, place(&house, it)?))).collect();
    let purse = places.first().map(|(_, it)| it.purse);
    let is_one =
        places.iter().all(|(_, it)| Some(it.purse.account.id) == purse.map(|it| it.account.id));
    let purse = purse.filter(|_| is_one).map(|it| ShopPurse {
        account: house.title(it),
        to_spend: to_spend(it),
        href: statement_path(it.account.id),
    });
    let offers = places.iter().map(|(it, place)| offer(kind, it, place, &house, &pocket));
    let offers = offers.collect();
    let view = Shop { kind, purse, q: looking.q, offers, older: String::new() };
    Ok(page(view.to_html(&pocket.shell(CareTab::Services, house.name()))))
}

fn offer(
    kind: ShopKind,
    service: &Service,
    place: &Place<'_>,
    house: &House,
    pocket: &Pocket,
) -> Offer {
    let base = place.base.map(|it| house.picture.title(it.subscription.service));
    let off = place.base.filter(|it| it.standing.is_err());
    let state = match (&base, off) {
        (Some(base), Some(_)) => {
            let form = pocket.care().named("off", "base").unwrap_or_default();
            OfferState::NotNow(pages::Message::with(form, "base", base))
        }
        _ => bought(service, place, pocket),
    };
    let is_off = matches!(state, OfferState::NotNow(_));
    let path = format!("{}/{}", kind.path(), service.name);
    Offer {
        name: service.title.clone(),
        text: base.unwrap_or_default(),
        price: price(service),
        charged: None,
        // A film is watched where it is bought from; here it is only paid for.
        href: if is_off { String::new() } else { path },
        state,
    }
}

/// A turbo button that works already is not bought again by mistake.
fn bought(service: &Service, place: &Place<'_>, pocket: &Pocket) -> OfferState {
    let now = pocket.now;
    let running = place.purse.services.iter().find(|it| {
        let it = &it.subscription;
        it.service == service.name && it.ends && it.has_period(now)
    });
    let is_turbo = kind_of(service) == Some(ShopKind::Turbo);
    match running.filter(|_| is_turbo) {
        Some(it) => {
            let end = it.subscription.period.map(|it| it.end(now));
            OfferState::Bought { until: end.map(|at| pocket.moment(at)) }
        }
        None => OfferState::Buy,
    }
}

/// As in the catalogue; nothing where it is finer than money can be.
fn price(service: &Service) -> Money {
    let exponent = service.currency.exponent();
    let text = service.one_time.as_ref().map(|it| it.price.to_string()).unwrap_or_default();
    let amount = engine::Amount::parse(&text, exponent, engine::Precision::Fine);
    let units = amount.map_or(0, |it| i128::from(it.units()));
    Money::new(units, service.currency.code(), exponent)
}

/// What an address names, and the order to buy it.
fn plan(
    kind: ShopKind,
    pocket: &Pocket,
    house: &House,
    service: &str,
) -> Result<(Purchase, Doing), Failed> {
    let mut sold = house.picture.sold.iter().filter(|it| kind_of(it) == Some(kind));
    let service = sold.find(|it| it.name.as_str() == service).ok_or_else(Failed::not_found)?;
    let place = place(house, service).ok_or_else(Failed::not_found)?;
    let purchase = Purchase {
        account: AccountRef::Id(place.purse.account.id),
        service: service.name,
        base: place.base.map(|it| it.subscription.serial),
        item: None,
    };
    let (task, door) = match kind {
        ShopKind::Turbo => (TaskKind::Turbo, Way::Turbo),
        ShopKind::Films => (TaskKind::Film, Way::Films),
    };
    let doing = Doing {
        kind: task,
        about: format!("{} · {}", service.title, house.line(place.purse)),
        path: format!("{}/{}", kind.path(), service.name),
        back: Link::new(door.word(pocket.language), kind.path()),
    };
    Ok((purchase, doing))
}

async fn review(
    kind: ShopKind,
    pocket: Pocket,
    Path(service): Path<String>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let (purchase, doing) = plan(kind, &pocket, &house, &service)?;
    let typed = Typed::fresh(BTreeMap::new())?;
    let AccountRef::Id(account) = purchase.account else { return Err(Failed::not_found()) };
    let command = Command::Purchase(Box::new(purchase));
    match try_out(&pocket, vec![command], &house.picture.titles).await? {
        Ok(comes) => Ok(doing.review(&pocket, &typed, comes, false)),
        Err(Refusal::InsufficientFunds { available, requested, .. }) => {
            let purse = house.picture.purse(account).ok_or_else(Failed::not_found)?;
            let units = |units: i128| words::units(&purse.account, units);
            let (there, price) = (i128::from(available.units()), i128::from(requested.units()));
            let id = wire::account_id(account);
            let amount = short_of(price - there, purse);
            let short = Short {
                missing: units(price - there),
                price: units(price),
                available: units(there),
                account: house.title(purse),
                pay_href: format!("{}&amount={amount}", pay_path(&id)),
                later_href: promise_path(&id),
            };
            Ok(doing.show(&pocket, Step::Short(Box::new(short))))
        }
        Err(refusal) => {
            let notice = refused(&pocket, &Problem::refused(&refusal));
            Ok(doing.fill(&pocket, Vec::new(), &typed, Some(notice)))
        }
    }
}

/// What is missing, as a form of payment takes it: in whole minor units, rounded up.
fn short_of(missing: i128, purse: &Purse) -> String {
    let fine = i128::from(engine::FINE_PER_MINOR);
    let whole = (missing + fine - 1).div_euclid(fine) * fine;
    match i64::try_from(whole) {
        Ok(units) => engine::Decimals::new(units, purse.account.exponent).to_string(),
        Err(_) => String::new(),
    }
}

async fn send(
    kind: ShopKind,
    pocket: Pocket,
    Path(service): Path<String>,
    Fields(typed): Fields<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let typed = Typed::new(typed)?;
    if typed.get("step") != "do" {
        return review(kind, pocket, Path(service)).await;
    }
    let house = pocket.house().await?;
    let (purchase, doing) = plan(kind, &pocket, &house, &service)?;
    let once = pocket.once(&typed, &doing.path);
    let command = Command::Purchase(Box::new(purchase));
    match pocket.execute(command, once).await {
        Ok(entries) => Ok(doing.done(&pocket, entries.as_slice(), &house.picture.titles)),
        Err(problem) if is_answer(&problem) => {
            let notice = refused(&pocket, &problem);
            Ok(doing.fill(&pocket, Vec::new(), &typed, Some(notice)))
        }
        Err(problem) => Err(problem.into()),
    }
}
