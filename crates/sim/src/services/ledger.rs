//! The rules of services a second time: each entry is held against what came before it.
//!
//! **Invariant:** the [`Ledger`] knows an account by the entries it has seen and by nothing else.
//! It shares no rule with the engine: fractions, days, prices and the on/off rule are its own.

mod ahead;
mod fold;
mod money;
mod periods;
pub mod purse;
mod refusals;
mod sessions;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{
    Calendar, Command, Entry, Fact, Name, Order, Service, SwitchCause, SwitchFact, WhoseDays,
};
use jiff::tz::TimeZone;

use super::days;
use crate::oracle::Rates;
pub use ahead::Cause;
pub use purse::{Purse, Sub};
pub use sessions::Call;
use sessions::same;

/// Everything that was seen.
#[derive(Clone, Debug)]
pub struct Ledger {
    zone: TimeZone,
    holidays: BTreeSet<jiff::civil::Date>,
    aged: Rates,
    ageless: Rates,
    catalogue: BTreeMap<Name, Vec<Arc<Service>>>,
    /// Of each customer, where it is known.
    zones: BTreeMap<u32, Option<TimeZone>>,
    pub purses: BTreeMap<u32, Purse>,
    last_at: i64,
    /// What each account was judged after, and when.
    since: BTreeMap<u32, (i64, Cause)>,
    /// When something that waits can begin, as far as it was asked.
    ahead: RefCell<BTreeMap<u32, Option<i64>>>,
    /// What was met, for the coverage.
    pub notes: Vec<String>,
}

impl Ledger {
    pub fn new(calendar: &Calendar, rate_age_max: Option<i64>) -> Self {
        Self {
            zone: days::rules(calendar.zone),
            holidays: calendar.holidays.iter().map(|it| (*it).into()).collect(),
            aged: Rates::new(rate_age_max),
            ageless: Rates::new(None),
            catalogue: BTreeMap::new(),
            zones: BTreeMap::new(),
            purses: BTreeMap::new(),
            last_at: i64::MIN,
            since: BTreeMap::new(),
            ahead: RefCell::default(),
            notes: Vec::new(),
        }
    }

    /// Holds an entry against what came before it, and takes it in.
    pub fn take(&mut self, entry: &Entry, order: Option<&Order>) -> Result<(), String> {
        self.check(entry, order)?;
        self.fold(entry)?;
        self.last_at = entry.at.0;
        let account = entry.posting.map(|it| it.account.0);
        match (&entry.fact, account) {
            (Fact::ExchangeRatesAdded(_), _) => self.look_again(None, entry.at.0, Cause::Rate),
            (Fact::ServiceSet(_), _) => self.look_again(None, entry.at.0, Cause::Version),
            (_, Some(_)) => self.look_again(account, entry.at.0, Cause::Entry),
            _ => {}
        }
        let Some(posting) = entry.posting else { return Ok(()) };
        let purse = &self.purses[&posting.account.0];
        same("balance", posting.balance.units().into(), purse.balance)?;
        same("held", i128::from(posting.held.units()), purse.held())?;
        let asks_first = match (&entry.fact, order.map(|it| &it.command)) {
            (Fact::PeriodStarted { extra, .. }, _) => !extra.as_ref().is_some_and(|it| it.postpaid),
            (Fact::Purchased(_) | Fact::Authorised { .. } | Fact::TransferOut(_), _) => true,
            (Fact::Settled { next, .. }, _) => matches!(next, engine::Next::Granted(_)),
            (Fact::Charge(_), Some(Command::Charge(it))) => it.timing == engine::Timing::BeforeUse,
            _ => false,
        };
        if asks_first && purse.is_short() {
            return Err(format!("leaves {:?} available", purse.available()));
        }
        Ok(())
    }

    fn check(&mut self, entry: &Entry, order: Option<&Order>) -> Result<(), String> {
        let id = entry.posting.map_or(0, |it| it.account.0);
        match &entry.fact {
            Fact::PeriodStarted { .. } => self.check_started(id, entry),
            Fact::PeriodEnded { subscription, extra } => {
                self.check_ended(id, *subscription, extra.as_deref(), entry)
            }
            Fact::PeriodCredited { subscription, credit } => {
                self.check_credited(id, *subscription, credit.off_micros, entry)
            }
            Fact::SubscriptionClosed { subscription, closing } => {
                self.check_closed(id, *subscription, (closing, entry), order)
            }
            Fact::PlanChanged { subscription, change } => {
                let overrun = change.overrun.map_or(0, |it| it.units().into());
                let moved = match change.at_period_end {
                    true => 0,
                    false => self.end_now(id, *subscription, true, entry.at.0),
                };
                let bill = (moved, change.bill);
                self.check_last_bill(id, *subscription, bill, entry.at.0)?;
                self.check_amount(id, moved, overrun, entry)
            }
            Fact::Purchased(fact) => self.check_purchased(id, fact, entry),
            Fact::Switched(switch) => self.check_switched(id, switch, entry.at.0),
            Fact::SubscriptionResumed { subscription } if by_timer(entry) => {
                let sub = &self.purses[&id].subscriptions[subscription];
                let until = sub.suspended.and_then(|it| it.1).ok_or("resumed by nobody")?;
                self.notes.push("resumed by itself".into());
                same("moment", entry.at.0, until.max(self.last_at))
            }
            Fact::BillOverdue { due_at, owed } => {
                let purse = &self.purses[&id];
                let bills = purse.bills.iter().filter(|it| !it.told);
                let bill = bills.min_by_key(|it| it.block_at).ok_or("nothing was due")?;
                same("due date", due_at.0, bill.due_at)?;
                let old = purse.debts.iter().filter(|it| it.0 <= bill.day);
                same("owed", i128::from(owed.units()), old.map(|it| it.1).sum())?;
                same("moment", entry.at.0, bill.block_at.max(self.last_at))
            }
            Fact::Authorised { serial, grant, session, .. } if session.usage.is_some() => {
                let usage = session.usage.as_ref().expect("it has one");
                let asked = match order.map(|it| &it.command) {
                    Some(Command::AuthoriseUse(asked)) => Some(asked.as_ref()),
                    _ => None,
                };
                let known = self.purses[&id].calls.get(serial).map(|it| it.service);
                let service = known.unwrap_or(session.service);
                self.authorised(entry, (*serial, *grant), (usage, service), asked)
            }
            Fact::Settled { serial, next, extra, .. } => {
                let asked = match order.map(|it| &it.command) {
                    Some(Command::SettleUse(asked)) => Some(asked.as_ref()),
                    _ => None,
                };
                let extra = extra.as_deref().cloned().unwrap_or_default();
                self.settled(entry, (*serial, *next, &extra), asked)
            }
            Fact::Authorised { .. } | Fact::Released { .. } | Fact::ReservationExpired { .. } => {
                self.other_session(entry)
            }
            Fact::CreditEnded { serial, .. } if by_timer(entry) => {
                let until = self.purses[&id].credits[serial].until;
                same("moment", entry.at.0, until.max(self.last_at))
            }
            _ => Ok(()),
        }
    }

    fn check_switched(&mut self, id: u32, switch: &SwitchFact, at: i64) -> Result<(), String> {
        let purse = &self.purses[&id];
        let sub = purse.subscriptions.get(&switch.subscription).ok_or("switched nothing")?;
        let why = purse.why_off(sub, at);
        let version = sub.told.filter(|_| !switch.on).unwrap_or((sub.service, sub.version));
        let expected_cause = match (switch.on, sub.on, why) {
            (false, true, None) if self.has_left(sub) => SwitchCause::Changed,
            (true, false, None) if sub.left => SwitchCause::Changed,
            (true, true, None) if sub.stale || self.is_retold(sub) => SwitchCause::Changed,
            (true, false, None) if sub.told.is_none() => SwitchCause::Activated,
            (true, false, None) => SwitchCause::Restored,
            (false, true, Some(why)) => why,
            (to, on, why) => return Err(format!("{on} is switched to {to}, off for {why:?}")),
        };
        same("cause", switch.cause, expected_cause)?;
        same("version", (switch.service, switch.version), version)?;
        same("names", &switch.subjects, &purse.names(sub))?;
        let service = self.service(version.0, version.1);
        same("adapter", switch.adapter, service.and_then(|it| it.adapter))?;
        same("profile", Some(&switch.profile), service.map(|it| &it.profile))?;
        let own = self.service(sub.service, sub.version);
        let pausing = own.is_some_and(|it| it.while_off == engine::WhileOff::Pauses);
        let leaves = switch.cause == SwitchCause::Changed;
        let pauses = !switch.on && pausing && sub.period.is_some() && !sub.closed && !leaves;
        same("pause", switch.pauses, pauses)?;
        let stood = sub.period.and_then(|it| Some(it.until + at - it.paused_at?));
        same("end", switch.until.map(|it| it.0), stood.filter(|_| switch.on))?;
        let state = if switch.on { "on" } else { "off" };
        let policy = own.map(|it| format!("{:?} {:?} {state}", it.mode, it.while_off));
        if leaves && !switch.on {
            self.notes.push("handed over to another adapter".into());
        }
        self.notes.push(format!("switched {}", switch.cause.code()));
        self.notes.extend(policy);
        Ok(())
    }

    /// Whether the network has another setting than the one in force.
    fn is_retold(&self, sub: &Sub) -> bool {
        let Some((service, version)) = sub.told else { return false };
        let set = |it: Option<&Service>| it.map(|it| (it.profile.clone(), it.adapter));
        service != sub.service
            || set(self.service(service, version)) != set(self.service(sub.service, sub.version))
    }

    /// Whether what is on belongs to another adapter than the one that was told of it.
    fn has_left(&self, sub: &Sub) -> bool {
        let adapter = |(service, version)| self.service(service, version).and_then(|it| it.adapter);
        let before = sub.told.and_then(adapter);
        before.is_some() && before != adapter((sub.service, sub.version))
    }

    /// Nothing on an account is other than it should be at `at`, once everything was done; when it
    /// was `judged` just now, nothing waits that could be had either.
    pub fn check_settled(&self, id: u32, at: i64, judged: bool) -> Result<(), String> {
        let purse = &self.purses[&id];
        for (serial, sub) in &purse.subscriptions {
            let why = purse.why_off(sub, at);
            if sub.on != why.is_none() {
                return Err(format!("{serial} of {id} is on: {}, and why not: {why:?}", sub.on));
            }
            if sub.left {
                return Err(format!("{serial} of {id} has left an adapter and is not on again"));
            }
            if sub.on && (sub.stale || self.is_retold(sub)) {
                return Err(format!("the network was not told anew of {serial} of {id}"));
            }
            if judged && let Some(opening) = self.could_start(purse, sub, at) {
                return Err(format!("{serial} of {id} waits and could have {opening:?}"));
            }
        }
        if let Some(moment) = self.begins_at(id).filter(|it| *it <= at) {
            return Err(format!("something of {id} could begin at {moment}: {purse:#?}"));
        }
        match purse.missed(at) {
            Some(moment) => {
                Err(format!("what fell due on {id} at {moment} was not done by {at}: {purse:#?}"))
            }
            None => Ok(()),
        }
    }

    /// The next moment at which something falls due on any account.
    pub fn next_moment(&self) -> Option<i64> {
        let own = self.purses.values().filter_map(Purse::next_moment);
        own.chain(self.purses.keys().filter_map(|it| self.begins_at(*it))).min()
    }

    pub fn service(&self, name: Name, version: u32) -> Option<&Service> {
        let place = usize::try_from(version.checked_sub(1)?).ok()?;
        self.catalogue.get(&name)?.get(place).map(AsRef::as_ref)
    }

    pub fn newest(&self, name: Name) -> Option<&Service> {
        self.catalogue.get(&name)?.last().map(AsRef::as_ref)
    }

    /// By whose clock the days of a service begin.
    fn zone_of(&self, purse: &Purse, service: &Service) -> &TimeZone {
        let own = match service.days {
            WhoseDays::Provider => None,
            WhoseDays::Customer => self.zones.get(&purse.customer).and_then(Option::as_ref),
        };
        own.unwrap_or(&self.zone)
    }
}

pub fn by_timer(entry: &Entry) -> bool {
    entry.origin.actor.as_str() == "timer"
}
