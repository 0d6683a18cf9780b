//! The customer's page: the whole picture in three queries, whatever number of accounts there is.
//! One for the session of whoever looks, one for the record and its accounts, one for the timeline;
//! figures, services, forecasts and sessions are those of the shard's memory.

mod timeline;

use axum::response::Response;
use engine::{AccountId, Entry, Position, SwitchCause, Timestamp};
use pages::console::action::{Action, ActionKind};
use pages::console::customer::{
    AccountCard, Customer, OfferedAction, Recommended, RunningSession, ServiceLine,
};
use pages::{Link, Message, Place, Say};
use serde::Deserialize;
use store::{AccountRecord, CustomerRecord, Show};

use super::Desk;
use super::desk::page;
use super::offers;
use crate::faces::began::Begun;
use crate::faces::picture::{Held, Picture, Purse};
use crate::faces::{Failed, chart, words};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;

use timeline::{Lines, Wanted};

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Looking {
    #[serde(default)]
    show: Show,
    /// The cursor of the page before: entries before this position.
    #[serde(default)]
    before: Option<u64>,
}

/// `GET /console/customers/{customer}`
pub async fn show_customer(
    desk: Desk,
    Path(customer): Path<String>,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let customer = wire::parse_customer("customer", &customer)?;
    let picture = Picture::read(&desk.app, customer).await?;
    show(&desk, picture, &looking, |_, _| None).await
}

/// What the store says of a customer.
pub struct Kept {
    pub record: CustomerRecord,
    pub accounts: Vec<AccountRecord>,
    /// The newest ones on all accounts.
    pub payments: Vec<Entry>,
    lines: Lines,
}

impl Kept {
    pub fn name(&self, account: AccountId) -> String {
        let found = self.accounts.iter().find(|it| it.id == account);
        found.map(|it| it.name.clone()).unwrap_or_default()
    }
}

/// The page of a customer, with an action open beside it.
pub async fn show(
    desk: &Desk,
    picture: Picture,
    looking: &Looking,
    panel: impl FnOnce(&Picture, &Kept) -> Option<Action>,
) -> Result<Response, Failed> {
    let wanted = Wanted::new(&picture, looking.show, looking.before.map(Position));
    let customer = picture.customer;
    let read = move |reader: &dyn store::Reader| {
        let Some((record, accounts)) = reader.customer_and_accounts(customer)? else {
            return Ok(None);
        };
        let mut lines = timeline::read(reader, wanted)?;
        let payments = std::mem::take(&mut lines.payments);
        Ok(Some(Kept { record, accounts, payments, lines }))
    };
    let mut kept = desk.app.readers.read(read).await?.ok_or_else(Failed::not_found)?;
    let strangers = kept.lines.titles.strangers(&kept.lines.entries);
    if !strangers.is_empty() {
        // Of another shard's accounts only that shard knows; the page does not wait for one that is
        // away.
        if let Ok((_, numbers)) = words::called(&desk.app, strangers).await {
            kept.lines.titles.with_numbers(numbers);
        }
    }
    let panel = panel(&picture, &kept);
    let lines = std::mem::take(&mut kept.lines);
    let name = |id: AccountId| kept.name(id);
    let seen = Seen { desk, picture: &picture, name: &name, begun: &lines.begun };
    let record = kept.record.clone();
    let view = seen.view(record, looking, &lines, panel);
    let shell = desk.live_shell(Some(Place::Find), Some(customer), picture.head);
    Ok(page(view.to_html(&shell)))
}

struct Seen<'a> {
    desk: &'a Desk,
    picture: &'a Picture,
    name: &'a dyn Fn(AccountId) -> String,
    begun: &'a Begun,
}

impl Seen<'_> {
    fn say(&self) -> Say {
        self.desk.say()
    }

    fn view(
        &self,
        record: CustomerRecord,
        looking: &Looking,
        lines: &Lines,
        panel: Option<Action>,
    ) -> Customer {
        let (picture, desk) = (self.picture, self.desk);
        let fields = record.fields;
        let points = |it: &Purse| lines.points.get(&it.account.id).cloned().unwrap_or_default();
        let cards = picture.purses.iter().map(|it| self.card(it, points(it))).collect();
        let services = picture.services().map(|(purse, it)| self.service(purse, it)).collect();
        Customer {
            name: fields.name,
            is_organisation: fields.kind == engine::CustomerKind::Organisation,
            country: fields.country.unwrap_or_default(),
            since: desk.moment(picture.since).year,
            group: picture.group.map(|it| it.to_string()).unwrap_or_default(),
            telephone: fields.phone.unwrap_or_default(),
            email: fields.email.unwrap_or_default(),
            accounts: cards,
            services,
            recommended: picture.open().filter_map(|it| self.recommended(it)).collect(),
            sessions: picture.purses.iter().flat_map(|it| self.sessions(it)).collect(),
            actions: self.actions(),
            timeline: timeline::view(self.desk, picture, looking.show, lines),
            panel,
        }
    }

    fn card(&self, purse: &Purse, points: Vec<(Timestamp, i128)>) -> AccountCard {
        let chart = chart::of_points(self.desk, purse, points);
        let chart = Some(chart).filter(|it| it.points.len() > 1);
        AccountCard { chart, ..card(self.desk, purse, (self.name)(purse.account.id)) }
    }

    fn service(&self, purse: &Purse, held: &Held) -> ServiceLine {
        let (picture, say) = (self.picture, self.say());
        let account = &purse.account;
        ServiceLine {
            name: picture.title(held.subscription.service),
            href: account_path(account.id),
            subject: held.subject(),
            account: self.title(purse),
            state: held.state(purse, picture.now),
            until: held.until(purse, picture.now, self.desk),
            why: held.why(say),
            brings_on: self.brings_on(purse, held),
            helps: self.helps(purse, held),
        }
    }

    /// What would turn it on.
    fn brings_on(&self, purse: &Purse, held: &Held) -> Vec<String> {
        let console = pages::Console::of(self.desk.language);
        match held.standing {
            Ok(()) => Vec::new(),
            Err(SwitchCause::SuspendedByCustomer | SwitchCause::SuspendedByStaff) => {
                vec![ActionKind::Resume.title(self.desk.language).to_owned()]
            }
            Err(_) if held.is_money_missing() => {
                let money = purse.recommended().into_iter();
                let line = |it| {
                    let form = console.recommended_to.with("money", self.say().money_text(&it));
                    form.with("account", self.title(purse))
                };
                money.map(line).collect()
            }
            Err(_) => Vec::new(),
        }
    }

    fn helps(&self, purse: &Purse, held: &Held) -> Vec<Link> {
        let kinds: &[ActionKind] = match held.standing {
            Err(SwitchCause::SuspendedByCustomer | SwitchCause::SuspendedByStaff) => {
                &[ActionKind::Resume]
            }
            Err(_) if held.is_money_missing() => &[ActionKind::TakePayment, ActionKind::Promise],
            _ => &[],
        };
        let may = kinds.iter().filter(|it| self.desk.may(offers::needs(**it)));
        let link = |it: &ActionKind| {
            let path = offers::path(self.picture.customer, *it);
            let account = wire::account_id(purse.account.id);
            let text = it.title(self.desk.language);
            match it {
                ActionKind::Resume => {
                    let id = purse.account.subscription_id(held.subscription.serial);
                    Link::new(text, format!("{path}?service={}", wire::subscription_id(id)))
                }
                _ => Link::new(text, format!("{path}?account={account}")),
            }
        };
        may.map(link).collect()
    }

    fn recommended(&self, purse: &Purse) -> Option<Recommended> {
        let money = purse.recommended()?;
        let amount = purse.forecast.as_ref()?.recommended.display(purse.account.exponent);
        let path = offers::path(self.picture.customer, ActionKind::TakePayment);
        let account = wire::account_id(purse.account.id);
        let href = format!("{path}?account={account}&amount={amount}");
        Some(Recommended { money, account: self.title(purse), href })
    }

    fn sessions(&self, purse: &Purse) -> Vec<RunningSession> {
        let running = |it: &engine::Session| RunningSession {
            what: self.picture.title(it.service),
            since: self.begun.get(&(purse.account.id, it.serial)).map(|at| self.desk.moment(*at)),
            used: self.say().money_text(&words::amount(&purse.account, it.charged)),
            held: words::amount(&purse.account, it.held),
        };
        purse.sessions().map(running).collect()
    }

    fn actions(&self) -> Vec<OfferedAction> {
        let offered =
            offers::ON_CUSTOMER.into_iter().filter(|it| self.desk.may(offers::needs(*it)));
        let href = |kind| offers::path(self.picture.customer, kind);
        offered.map(|kind| OfferedAction { kind, href: href(kind) }).collect()
    }

    fn title(&self, purse: &Purse) -> String {
        let name = (self.name)(purse.account.id);
        match name.as_str() {
            "" => words::number(&purse.account.number.to_string()),
            _ => name,
        }
    }
}

pub fn account_path(account: AccountId) -> String {
    format!("/console/accounts/{}", wire::account_id(account))
}

pub fn customer_path(customer: engine::CustomerId) -> String {
    format!("/console/customers/{}", wire::customer_id(customer))
}

/// An account's figures, without a chart.
pub fn card(desk: &Desk, purse: &Purse, name: String) -> AccountCard {
    let Purse { account, forecast, .. } = purse;
    let off = forecast.as_ref().and_then(|it| it.next_off);
    let avoided_by = forecast.as_ref().filter(|it| !it.recommended.is_zero());
    AccountCard {
        name,
        number: words::number(&account.number.to_string()),
        href: account_path(account.id),
        currency: account.currency.to_string(),
        exponent: account.exponent,
        balance: account.balance.units().into(),
        held: account.held.units().into(),
        credit: words::limit(account.credit()),
        available: account.available().map(|it| it.units().into()),
        chart: None,
        off_at: off.map(|it| desk.moment(it.at)),
        avoided_by: avoided_by.map(|it| it.recommended.units().into()),
        owed_days: purse.owed_days(desk.now),
        is_closed: account.closed,
        payments_locked: account.payments_locked,
    }
}
