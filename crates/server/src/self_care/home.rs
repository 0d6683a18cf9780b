//! Home, and what else is only looked at: services, what runs, more.

use axum::response::{IntoResponse, Response};
use engine::{Position, SwitchCause};
use pages::care::home::{Door, Home, Standing};
use pages::care::more::More;
use pages::care::running::RunningNow;
use pages::care::services::{ServiceCard, Services};
use pages::{CareTab, Link, Message};
use serde::Deserialize;

use super::house::{House, anchor, pay_path, promise_path, statement_path};
use super::pocket::page;
use super::{Pocket, buying};
use crate::faces::Failed;
use crate::faces::live::{self, Shown};
use crate::faces::picture::{Held, Purse};
use crate::http::query::Query;
use crate::http::wire;

/// `GET /my`
pub async fn show_home(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let mut purses: Vec<_> = house.picture.open().map(|it| house.card(it, &pocket)).collect();
    // Those that need something come first; among others their order stays.
    purses.sort_by_key(|it| match it.standing {
        Standing::Off { .. } => 0,
        Standing::PartlyOff { .. } => 1,
        Standing::EndsSoon { .. } => 2,
        _ => 3,
    });
    let running = house.picture.open().flat_map(|it| house.running(it, &pocket)).collect();
    let view = Home { purses, running, doors: near(&house) };
    let shell = pocket.live_shell(CareTab::Home, house.name(), house.picture.head);
    Ok(page(view.to_html(&shell)))
}

/// What is close at hand.
fn near(house: &House) -> Vec<Door> {
    let mut doors = everything(house);
    doors.retain(|it| matches!(it, Door::Turbo | Door::Films | Door::Statement | Door::Transfer));
    doors
}

/// What there is for this customer.
fn everything(house: &House) -> Vec<Door> {
    let accounts = house.picture.open().count();
    let is_there = |door: &Door| match door {
        Door::Turbo | Door::Films => buying::is_sold(house, *door),
        Door::Transfer => accounts > 1,
        Door::Promise | Door::Statement | Door::Alerts => accounts > 0,
        Door::Running | Door::Holidays | Door::SignIns | Door::Settings => true,
    };
    Door::ALL.into_iter().filter(is_there).collect()
}

/// `GET /my/services`
pub async fn show_services(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let cards = house.picture.services().map(|(purse, it)| card(&house, purse, it, &pocket));
    let doors = everything(&house).into_iter().filter(|it| matches!(it, Door::Turbo | Door::Films));
    let view = Services { cards: cards.collect(), doors: doors.collect() };
    let shell = pocket.live_shell(CareTab::Services, house.name(), house.picture.head);
    Ok(page(view.to_html(&shell)))
}

fn card(house: &House, purse: &Purse, held: &Held, pocket: &Pocket) -> ServiceCard {
    let care = pocket.care();
    let (id, account) = (anchor(purse, held), wire::account_id(purse.account.id));
    let resume = || Link::new(care.resume, format!("/my/holidays/{id}/resume"));
    let is_mine = held.standing == Err(SwitchCause::SuspendedByCustomer);
    let pay_text = purse.recommended().filter(|_| held.is_money_missing());
    let pay_text = pay_text.map(|it| {
        let money = pocket.say().money_text(&it);
        care.pay_money.with("money", money)
    });
    let brings_on = match &pay_text {
        Some(text) => vec![text.clone()],
        None if is_mine => vec![care.resume.to_owned()],
        None => Vec::new(),
    };
    let mut actions = Vec::new();
    if let Some(text) = pay_text {
        actions.push(Link::new(text, pay_path(&account)));
        actions.push(Link::new(care.pay_later, promise_path(&account)));
    } else if is_mine {
        actions.push(resume());
    }
    ServiceCard {
        service: house.service(purse, held, pocket),
        account: Link::new(house.line(purse), statement_path(purse.account.id)),
        price: house.price(held.subscription.service, pocket),
        rule: held.why(pocket.say()),
        anchor: id,
        brings_on,
        actions,
    }
}

/// `GET /my/running`
pub async fn show_running(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let sessions = house.picture.purses.iter().flat_map(|it| house.running(it, &pocket));
    let view = RunningNow { sessions: sessions.collect() };
    let shell = pocket.live_shell(CareTab::More, house.name(), house.picture.head);
    Ok(page(view.to_html(&shell)))
}

/// `GET /my/more`
pub async fn show_more(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let view = More { doors: everything(&house), contact: contact(&pocket) };
    Ok(page(view.to_html(&pocket.shell(CareTab::More, house.name()))))
}

/// How the provider is reached.
pub(super) fn contact(pocket: &Pocket) -> Vec<Link> {
    let provider = &pocket.app.options.provider;
    let dialled: String =
        provider.phone.chars().filter(|it| it.is_ascii_digit() || *it == '+').collect();
    let phone = Link::new(&provider.phone, format!("tel:{dialled}"));
    let email = Link::new(&provider.email, format!("mailto:{}", provider.email));
    [phone, email].into_iter().filter(|it| !it.text.is_empty()).collect()
}

#[derive(Deserialize)]
pub struct Listening {
    /// The position that the page was true for.
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /my/live`: the feed by which an open page learns that it has to look again.
pub async fn listen(pocket: Pocket, Query(query): Query<Listening>) -> Result<Response, Failed> {
    let shown = Shown::Customer(pocket.customer.id);
    let whose = (pocket.customer.person(), pocket.customer.session.id);
    let after = query.after.map(Position);
    Ok(live::stream(pocket.app.clone(), whose, shown, after).await.into_response())
}
