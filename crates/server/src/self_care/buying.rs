//! What can be bought at once: turbo buttons, which change what runs, and films, which do not.

use axum::response::Response;
use axum::routing::get;
use engine::{AccountRef, Command, Name, Purchase, Refusal, Service};
use pages::care::home::Door as Way;
use pages::care::shop::ShopKind;
use pages::care::task::{Short, Step, TaskKind};
use pages::{Field, FieldKind, Link};

use super::house::{House, anchor, pay_path, promise_path};
use super::task::{Doing, is_answer, refused, try_out};
use super::{Door, Pocket, shop};
use crate::faces::picture::{Held, Purse};
use crate::faces::{Failed, Typed, words};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire;

pub fn doors() -> Vec<Door> {
    let shop = |kind| get(move |pocket, query| shop::show_shop(kind, pocket, query));
    let buy = |kind| {
        let send = move |pocket, service, typed| send(kind, pocket, service, typed);
        get(move |pocket, service| show_review(kind, pocket, service)).post(send)
    };
    vec![
        Door::look("/my/turbo", shop(ShopKind::Turbo)),
        Door::both("/my/turbo/{service}", buy(ShopKind::Turbo)),
        Door::look("/my/films", shop(ShopKind::Films)),
        Door::both("/my/films/{service}", buy(ShopKind::Films)),
    ]
}

/// A turbo button tells the network to be another; a film is only charged and good for a time.
pub fn kind_of(service: &Service) -> Option<ShopKind> {
    service.one_time.as_ref()?;
    Some(if service.profile.is_empty() { ShopKind::Films } else { ShopKind::Turbo })
}

pub fn is_sold(house: &House, door: Way) -> bool {
    let kind = if door == Way::Turbo { ShopKind::Turbo } else { ShopKind::Films };
    house.picture.sold().any(|it| kind_of(it) == Some(kind))
}

/// Who pays, and what it modifies.
pub struct Place<'a> {
    pub purse: &'a Purse,
    pub base: Option<&'a Held>,
}

impl<'a> Place<'a> {
    /// A turbo button belongs to what it changes; a film to the account that has the most to
    /// spend.
    pub fn pick(house: &'a House, service: &Service) -> Option<Self> {
        match kind_of(service)? {
            ShopKind::Films => {
                // Sums are compared in one currency only: the price's, where there is an account.
                let mut open = house.picture.open();
                let own = |it: &Purse| it.account.currency == service.currency;
                let currency = match house.picture.open().any(own) {
                    true => service.currency,
                    false => open.next()?.account.currency,
                };
                let same = house.picture.open().filter(|it| it.account.currency == currency);
                // Without a limit is more than any sum.
                let most = |it: &&Purse| it.account.available().map_or(i64::MAX, |it| it.units());
                same.max_by_key(most).map(|purse| Self { purse, base: None })
            }
            ShopKind::Turbo => {
                // One that is on before one that is not, then one that pays in the price's
                // currency.
                let last = |it: &Self| {
                    let is_off = it.base.is_some_and(|it| it.standing.is_err());
                    (is_off, it.purse.account.currency != service.currency)
                };
                bases(house, service).min_by_key(last)
            }
        }
    }

    /// The one that was shown, as a form carries it, while it is there.
    fn carried(house: &'a House, service: &Service, typed: &Typed) -> Option<Self> {
        let purse = house.named(typed.get("account"))?;
        match kind_of(service)? {
            ShopKind::Films => Some(Self { purse, base: None }),
            ShopKind::Turbo => bases(house, service).find(|it| {
                it.purse.account.id == purse.account.id && it.base_id() == typed.get("base")
            }),
        }
    }

    /// Empty where it modifies nothing.
    fn base_id(&self) -> String {
        self.base.map(|it| anchor(self.purse, it)).unwrap_or_default()
    }

    /// The fields by which [`Self::carried`] finds it again.
    fn fields(&self) -> Vec<(String, String)> {
        let account = ("account".to_owned(), wire::account_id(self.purse.account.id));
        let base = self.base.map(|_| ("base".to_owned(), self.base_id()));
        [account].into_iter().chain(base).collect()
    }
}

/// What a turbo button can modify.
fn bases<'a>(house: &'a House, service: &Service) -> impl Iterator<Item = Place<'a>> {
    let is_same = move |name: Name| {
        let base = house.picture.sold().find(|it| it.name == name);
        base.is_some_and(|it| it.profile.keys().any(|it| service.profile.contains_key(it)))
    };
    let bases = house.picture.services().filter(move |(purse, it)| {
        let it = &it.subscription;
        !purse.account.closed && !it.ends && it.base.is_none() && is_same(it.service)
    });
    bases.map(|(purse, held)| Place { purse, base: Some(held) })
}

/// An order to buy, from whom, and the fields that carry what was picked.
struct Plan<'a> {
    purchase: Purchase,
    purse: &'a Purse,
    doing: Doing,
    typed: Typed,
}

/// What an address names, and the order to buy it: from the account that was shown, where one was.
fn plan<'a>(
    kind: ShopKind,
    pocket: &Pocket,
    house: &'a House,
    service: &str,
    typed: &Typed,
) -> Result<Plan<'a>, Failed> {
    let mut sold = house.picture.sold().filter(|it| kind_of(it) == Some(kind));
    let service = sold.find(|it| it.name.as_str() == service).ok_or_else(Failed::not_found)?;
    let place = match typed.said("account") {
        Some(_) => Place::carried(house, service, typed),
        None => Place::pick(house, service),
    };
    let place = place.ok_or_else(Failed::not_found)?;
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
    let typed = Typed::fresh(place.fields().into_iter().collect())?;
    Ok(Plan { purchase, purse: place.purse, doing, typed })
}

/// `GET /my/turbo/{service}`, `GET /my/films/{service}`
async fn show_review(
    kind: ShopKind,
    pocket: Pocket,
    Path(service): Path<String>,
) -> Result<Response, Failed> {
    review(kind, pocket, &service, &Typed::default()).await
}

async fn review(
    kind: ShopKind,
    pocket: Pocket,
    service: &str,
    typed: &Typed,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let Plan { purchase, purse, doing, typed } = plan(kind, &pocket, &house, service, typed)?;
    let command = Command::Purchase(Box::new(purchase));
    match try_out(&pocket, vec![command], &house.picture.titles).await? {
        Ok(comes) => Ok(doing.review(&pocket, &typed, comes, false)),
        Err(Refusal::InsufficientFunds { available, requested, .. }) => {
            let units = |units: i128| words::units(&purse.account, units);
            let (there, price) = (i128::from(available.units()), i128::from(requested.units()));
            let id = wire::account_id(purse.account.id);
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
            Ok(doing.fill(&pocket, hidden(&typed), &typed, Some(notice)))
        }
    }
}

/// What was picked, in a form that has nothing else to fill in.
fn hidden(typed: &Typed) -> Vec<Field> {
    let said = ["account", "base"].into_iter().filter(|it| typed.said(it).is_some());
    said.map(|it| Field::new(it, "", FieldKind::Hidden)).collect()
}

/// What is missing, as a form of payment takes it: in whole minor units, rounded up.
pub fn short_of(missing: i128, purse: &Purse) -> String {
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
    typed: Typed,
) -> Result<Response, Failed> {
    if typed.get("step") != "do" {
        return review(kind, pocket, &service, &typed).await;
    }
    let house = pocket.house().await?;
    let Plan { purchase, doing, typed: again, .. } = plan(kind, &pocket, &house, &service, &typed)?;
    let once = pocket.once(&typed, &doing.path);
    let command = Command::Purchase(Box::new(purchase));
    match pocket.execute(command, once).await {
        Ok(entries) => Ok(doing.done(&pocket, entries.as_slice(), &house.picture.titles)),
        Err(problem) if is_answer(&problem) => {
            // What was picked, under a new key.
            let notice = refused(&pocket, &problem);
            Ok(doing.fill(&pocket, hidden(&again), &again, Some(notice)))
        }
        Err(problem) => Err(problem.into()),
    }
}
