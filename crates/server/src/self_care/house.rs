//! What is a customer's, in the words of self-care.

use std::collections::BTreeMap;

use engine::{AccountId, AccountRef, Name, PaymentMode, Suspender, SwitchCause};
use pages::care::home::{Promised, Purse as Card, Running, Service, ServiceState, Standing, Why};
use pages::{Choice, Money};
use store::{CustomerRecord, Reader};

use super::Pocket;
use crate::faces::began::{self, Begun};
use crate::faces::picture::{Held, Picture, Purse, SOON};
use crate::faces::{Failed, tariff, words};
use crate::http::wire;

pub struct House {
    pub picture: Picture,
    pub record: CustomerRecord,
    names: BTreeMap<AccountId, String>,
    begun: Begun,
}

impl House {
    pub async fn read(pocket: &Pocket) -> Result<Self, Failed> {
        let customer = pocket.customer.id;
        let picture = Picture::read(&pocket.app, customer).await?;
        let open = began::open(picture.purses.iter());
        let read = move |reader: &dyn Reader| {
            let begun = began::begun(reader, open)?;
            Ok((reader.customer_and_accounts(customer)?, begun))
        };
        let (found, begun) = pocket.app.readers.read(read).await?;
        let (record, accounts) = found.ok_or_else(Failed::not_found)?;
        let names = accounts.into_iter().map(|it| (it.id, it.name)).collect();
        Ok(Self { picture, record, names, begun })
    }

    pub fn name(&self) -> &str {
        &self.record.fields.name
    }

    /// The open account of this id, as a form has it.
    pub fn named(&self, account: &str) -> Option<&Purse> {
        self.picture.open().find(|it| wire::account_id(it.account.id) == account)
    }

    /// The account of this customer that an address or a form names; closed ones too.
    pub fn own(&self, account: &str) -> Result<&Purse, Failed> {
        let account = wire::parse_account("account", account).map_err(|_| Failed::not_found())?;
        let is_it = |it: &&Purse| match &account {
            AccountRef::Id(id) => it.account.id == *id,
            AccountRef::Number(number) => it.account.number == *number,
        };
        self.picture.purses.iter().find(is_it).ok_or_else(Failed::not_found)
    }

    fn account_name(&self, purse: &Purse) -> String {
        self.names.get(&purse.account.id).cloned().unwrap_or_default()
    }

    /// What the customer calls an account, or its number.
    pub fn title(&self, purse: &Purse) -> String {
        match self.account_name(purse) {
            name if name.is_empty() => number(purse),
            name => name,
        }
    }

    /// `Internet · 1000 0423 7`
    pub fn line(&self, purse: &Purse) -> String {
        match self.account_name(purse) {
            name if name.is_empty() => number(purse),
            name => format!("{name} · {}", number(purse)),
        }
    }

    /// An account to choose, with its balance.
    pub fn choice(&self, purse: &Purse, pocket: &Pocket) -> Choice {
        let balance = words::balance(&purse.account, purse.account.balance);
        Choice {
            hint: pocket.say().money_text(&balance),
            ..Choice::new(wire::account_id(purse.account.id), self.line(purse))
        }
    }

    /// An account as it is shown at home.
    pub fn card(&self, purse: &Purse, pocket: &Pocket) -> Card {
        let account = &purse.account;
        let id = wire::account_id(account.id);
        let takes_payments = !account.closed && !account.payments_locked;
        let recommended = purse.forecast.as_ref().map(|it| it.recommended);
        let to_pay = recommended.filter(|it| !it.is_zero()).map(|it| i128::from(it.units()));
        let has_later = takes_payments && to_pay.is_some();
        let services = purse.services.iter().map(|it| self.service(purse, it, pocket));
        Card {
            name: self.account_name(purse),
            number: number(purse),
            href: statement_path(account.id),
            standing: standing(purse, pocket),
            currency: account.currency.to_string(),
            exponent: account.exponent,
            to_spend: account.available().map(|it| it.units().into()),
            balance: account.balance.units().into(),
            credit: words::limit(account.credit()),
            reserved: account.held.units().into(),
            to_pay,
            pay_href: if takes_payments { pay_path(&id) } else { String::new() },
            later_href: if has_later { promise_path(&id) } else { String::new() },
            promised: promised(purse, pocket),
            services: services.collect(),
        }
    }

    /// A service with its state, and why it is off.
    pub fn service(&self, purse: &Purse, held: &Held, pocket: &Pocket) -> Service {
        Service {
            name: self.picture.title(held.subscription.service),
            subject: held.subject(),
            href: format!("/my/services#{}", anchor(purse, held)),
            state: self.state(purse, held, pocket),
        }
    }

    fn state(&self, purse: &Purse, held: &Held, pocket: &Pocket) -> ServiceState {
        let it = &held.subscription;
        if let Some(suspension) = it.suspended {
            let until = suspension.until.map(|at| pocket.moment(at));
            let why = match suspension.by {
                Suspender::Customer => Why::PausedByYou { until },
                Suspender::Staff => Why::PausedByUs,
            };
            return ServiceState::Off { since: pocket.moment(suspension.since), why };
        }
        if let Err(cause) = held.standing {
            let since = pocket.moment(it.switched_at);
            return ServiceState::Off { since, why: self.why(purse, held, cause) };
        }
        let now = self.picture.now;
        match it.period {
            Some(period) if it.ends => ServiceState::EndsAt(pocket.moment(period.end(now))),
            Some(period) if period.mode == PaymentMode::Prepaid => {
                ServiceState::PaidTo(pocket.moment(period.end(now)))
            }
            _ => match &held.next_charge {
                Some((at, money)) => {
                    ServiceState::NextCharge { at: pocket.moment(*at), money: money.clone() }
                }
                None => ServiceState::On,
            },
        }
    }

    fn why(&self, purse: &Purse, held: &Held, cause: SwitchCause) -> Why {
        let missing = purse.recommended();
        match (cause, missing) {
            (SwitchCause::FundsLow, Some(money)) => Why::Funds(money),
            (SwitchCause::Overdue, Some(money)) => Why::Overdue(money),
            (SwitchCause::PeriodUnpaid, Some(money)) => Why::Missing(money),
            (SwitchCause::BaseOff, _) => Why::Base(self.base(purse, held)),
            (SwitchCause::SuspendedByCustomer, _) => Why::PausedByYou { until: None },
            (SwitchCause::SuspendedByStaff, _) => Why::PausedByUs,
            (SwitchCause::Ended | SwitchCause::Closed, _) => Why::Ended,
            // Nothing is missing: the next look at it switches it on.
            _ => Why::Starting,
        }
    }

    /// What a service needs to be on.
    fn base(&self, purse: &Purse, held: &Held) -> String {
        let base = held.subscription.base.and_then(|it| purse.account.subscription(it));
        base.map(|it| self.picture.title(it.service)).unwrap_or_default()
    }

    /// What runs on an account now, and holds money.
    pub fn running(&self, purse: &Purse, pocket: &Pocket) -> Vec<Running> {
        let running = |it: &engine::Session| Running {
            what: self.picture.title(it.service),
            since: self.begun.get(&(purse.account.id, it.serial)).map(|at| pocket.moment(*at)),
            used: pocket.say().money_text(&words::amount(&purse.account, it.charged)),
            reserved: words::amount(&purse.account, it.held),
            account: self.title(purse),
        };
        purse.sessions().map(running).collect()
    }

    /// What a service costs, and how often, or for how much use.
    pub fn price(&self, service: Name, pocket: &Pocket) -> String {
        let sold = self.picture.sold().find(|it| it.name == service);
        sold.map(|it| tariff::in_a_line(it, pocket.say())).unwrap_or_default()
    }
}

pub fn number(purse: &Purse) -> String {
    words::number(&purse.account.number.to_string())
}

pub fn anchor(purse: &Purse, held: &Held) -> String {
    wire::subscription_id(purse.account.subscription_id(held.subscription.serial))
}

pub fn statement_path(account: AccountId) -> String {
    format!("/my/statement?account={}", wire::account_id(account))
}

pub fn pay_path(account: &str) -> String {
    format!("/my/pay?account={account}")
}

pub fn promise_path(account: &str) -> String {
    format!("/my/promise/{account}")
}

/// Whether it is on, and until when.
fn standing(purse: &Purse, pocket: &Pocket) -> Standing {
    if purse.account.closed {
        return Standing::Closed;
    }
    let off: Vec<&Held> = purse.services.iter().filter(|it| it.standing.is_err()).collect();
    if purse.services.is_empty() {
        return Standing::Empty;
    }
    if off.is_empty() {
        // What was bought for a time ends as it should.
        let ending = purse.forecast.as_ref().and_then(|it| it.next_off);
        let ending = ending.filter(|it| it.why != SwitchCause::Ended);
        return match ending {
            Some(it) if it.at.since(pocket.now) < SOON => {
                Standing::EndsSoon { at: pocket.moment(it.at) }
            }
            other => Standing::On { until: other.map(|it| pocket.moment(it.at)) },
        };
    }
    if off.len() < purse.services.len() {
        return Standing::PartlyOff { off: off.len() };
    }
    if off.iter().all(|it| it.subscription.suspended.is_some()) {
        let ends = off.iter().map(|it| it.subscription.suspended.and_then(|it| it.until));
        let until = ends.collect::<Option<Vec<_>>>().and_then(|it| it.into_iter().max());
        return Standing::Paused { until: until.map(|at| pocket.moment(at)) };
    }
    let since = off.iter().map(|it| it.subscription.switched_at).min();
    Standing::Off { since: since.map(|at| pocket.moment(at)) }
}

/// A promise that is open.
fn promised(purse: &Purse, pocket: &Pocket) -> Option<Promised> {
    let extra = purse.account.extra.as_ref()?;
    let open = extra.promises.iter().find(|it| it.is_open())?;
    let amount = i128::from(open.amount.units());
    let left = (amount - i128::from(open.paid.units())).max(0);
    Some(Promised { amount, left, until: pocket.moment(open.until) })
}

/// What may be spent on an account; `None` is without limit.
pub fn to_spend(purse: &Purse) -> Option<Money> {
    purse.account.available().map(|it| words::balance(&purse.account, it))
}
