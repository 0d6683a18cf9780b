//! A customer's accounts, services and what becomes of them: one look at the shard.

use std::sync::Arc;

use engine::{
    Account, CustomerId, Forecast, Item, Name, PaymentMode, Phase, Position, Refusal, Service,
    State, Subscription, SwitchCause, Timestamp,
};
use pages::console::customer::Until;
use pages::{Badge, Money, Say};

use super::Looks;
use super::words::{self, Titles};
use crate::http::app::App;
use crate::http::error::Problem;

/// Services that go off within this are shown to end soon.
pub const SOON: i64 = 3 * 86_400_000_000;

#[derive(Clone, Debug)]
pub struct Picture {
    pub customer: CustomerId,
    pub group: Option<Name>,
    pub since: Timestamp,
    /// In the order of their opening, closed ones too.
    pub purses: Vec<Purse>,
    pub titles: Titles,
    /// Groups of customers that policies go by.
    pub groups: Vec<String>,
    sold: Vec<Arc<Item>>,
    /// The moment and the position that all of it is true for.
    pub now: Timestamp,
    pub head: Position,
}

/// An account with its services and what becomes of them.
#[derive(Clone, Debug)]
pub struct Purse {
    pub account: Account,
    /// Of one that has services.
    pub forecast: Option<Forecast>,
    pub services: Vec<Held>,
}

/// A service that a customer has.
#[derive(Clone, Debug)]
pub struct Held {
    pub subscription: Subscription,
    pub standing: Result<(), SwitchCause>,
    /// When it is charged next, and how much, where that comes after its use and is one price.
    pub next_charge: Option<(Timestamp, Money)>,
}

impl Picture {
    pub async fn read(app: &App, customer: CustomerId) -> Result<Self, Problem> {
        let look = move |state: &State, now| Self::of(state, customer, now);
        let found = app.shard.read(None, look).await?;
        found.ok_or_else(|| Problem::refused(&Refusal::CustomerNotFound { customer }))
    }

    pub fn of(state: &State, customer: CustomerId, now: Timestamp) -> Option<Self> {
        let now = now.max(state.shared.last_at);
        let record = state.customer(customer)?;
        let mut purses: Vec<Purse> =
            state.accounts_of(customer).map(|it| Purse::of(state, it, now)).collect();
        purses.reverse();
        let with = |titles: Titles, it: &Purse| titles.with(&it.account);
        let titles = purses.iter().fold(Titles::of(state), with);
        let items = state.catalogue().items();
        let sold = items.filter(|it| !it.service.withdrawn).cloned().collect();
        Some(Self {
            customer,
            group: record.group,
            since: record.since,
            purses,
            titles,
            groups: groups(state),
            sold,
            now,
            head: state.shared.head,
        })
    }

    pub fn purse(&self, account: engine::AccountId) -> Option<&Purse> {
        self.purses.iter().find(|it| it.account.id == account)
    }

    pub fn title(&self, service: Name) -> String {
        self.titles.service(service)
    }

    /// What can be bought once, and what can be subscribed to, in the newest versions.
    pub fn sold(&self) -> impl Iterator<Item = &Service> {
        self.sold.iter().map(|it| &it.service)
    }

    /// Accounts that are not closed.
    pub fn open(&self) -> impl Iterator<Item = &Purse> {
        self.purses.iter().filter(|it| !it.account.closed)
    }

    /// Every service with the account that pays for it.
    pub fn services(&self) -> impl Iterator<Item = (&Purse, &Held)> {
        self.purses.iter().flat_map(|purse| purse.services.iter().map(move |it| (purse, it)))
    }
}

/// Those that policies go by.
pub fn groups(state: &State) -> Vec<String> {
    let named = state.promise_policies().filter_map(|it| it.group);
    let mut groups: Vec<String> = named.map(|it| it.to_string()).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

impl Purse {
    pub fn of(state: &State, account: &Account, now: Timestamp) -> Self {
        let has_services = account.services.is_some() && !account.closed;
        let open = account.subscriptions().iter().filter(|it| !it.closed);
        let held = |it: &Subscription| Held {
            subscription: it.clone(),
            standing: engine::standing(account, it, now),
            next_charge: next_charge(state, it, now),
        };
        Self {
            account: account.clone(),
            forecast: has_services.then(|| state.forecast(account.id, now)).flatten(),
            services: open.map(held).collect(),
        }
    }

    /// What to pay now so that everything comes on and stays on; `None` where nothing is needed.
    pub fn recommended(&self) -> Option<Money> {
        let amount = self.forecast.as_ref()?.recommended;
        (!amount.is_zero()).then(|| words::amount(&self.account, amount))
    }

    /// Since how many days something is owed.
    pub fn owed_days(&self, now: Timestamp) -> Option<usize> {
        let since = self.account.debts.first()?.day;
        usize::try_from(engine::day_of(now).checked_sub(since)?).ok()
    }

    /// Sessions that run, and hold money.
    pub fn sessions(&self) -> impl Iterator<Item = &engine::Session> {
        self.account.sessions.iter().filter(|it| matches!(it.phase, Phase::Open { .. }))
    }
}

/// What a period costs that is charged at its end. A part of one, and one at a price of the
/// subscription's own, is not foretold.
fn next_charge(state: &State, it: &Subscription, now: Timestamp) -> Option<(Timestamp, Money)> {
    let period = it.period.filter(|it| it.mode == PaymentMode::Postpaid)?;
    if period.own_price.is_some() || period.part_of.is_some() {
        return None;
    }
    let service = &state.catalogue().version(it.service, it.version)?.service;
    let price = service.recurring.as_ref()?.price;
    Some((period.end(now), words::price(price, service.currency)))
}

impl Held {
    /// Of services that want of money keeps off, what a payment helps.
    pub fn is_money_missing(&self) -> bool {
        use SwitchCause::{FundsLow, Overdue, PeriodUnpaid};
        matches!(self.standing, Err(FundsLow | PeriodUnpaid | Overdue))
    }

    pub fn state(&self, purse: &Purse, now: Timestamp) -> Badge {
        let off = purse.forecast.as_ref().and_then(|it| it.next_off);
        let serial = self.subscription.serial;
        let is_soon = off.is_some_and(|it| it.subscription == serial && it.at.since(now) < SOON);
        match self.standing {
            Ok(()) if is_soon => Badge::EndsSoon,
            Ok(()) => Badge::On,
            Err(SwitchCause::SuspendedByCustomer | SwitchCause::SuspendedByStaff) => {
                Badge::Suspended
            }
            Err(_) => Badge::Off,
        }
    }

    /// What is said of it beside on and off.
    pub fn until(&self, purse: &Purse, now: Timestamp, looks: &Looks) -> Until {
        let it = &self.subscription;
        if let Some(suspension) = it.suspended {
            return Until::Suspended {
                since: looks.moment(suspension.since),
                until: suspension.until.map(|at| looks.moment(at)),
            };
        }
        if self.standing.is_err() {
            let missing = self.is_money_missing().then(|| purse.recommended()).flatten();
            return Until::OffSince { at: looks.moment(it.switched_at), missing };
        }
        let uses = |session: &&engine::Session| {
            session.usage.as_ref().is_some_and(|usage| usage.subscription == it.serial)
        };
        let holds = purse.sessions().filter(uses).map(|it| i128::from(it.held.units()));
        let held = holds.sum::<i128>();
        if held > 0 {
            return Until::InUse { held: words::units(&purse.account, held) };
        }
        match it.period {
            Some(period) if it.ends => Until::EndsAt(looks.moment(period.end(now))),
            Some(period) if period.mode == PaymentMode::Prepaid => {
                Until::PaidTo(looks.moment(period.end(now)))
            }
            _ => match &self.next_charge {
                Some((at, money)) => {
                    Until::NextCharge { at: looks.moment(*at), money: money.clone() }
                }
                None => Until::Nothing,
            },
        }
    }

    /// The rule that made it so; empty where it is on.
    pub fn why(&self, say: Say) -> String {
        self.standing.err().map_or_else(String::new, |it| words::cause(say.language, it))
    }

    /// What the network knows it by.
    pub fn subject(&self) -> String {
        self.subscription.subjects.join(", ")
    }
}
