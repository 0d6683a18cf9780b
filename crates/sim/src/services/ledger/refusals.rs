//! Whether a "no" for want of money, or because something is off, is right.

use engine::{AuthoriseUse, ChangePlan, Command, Purchase, Refusal, Whom};

use super::super::exact::Ratio;
use super::purse::{NewPlan, Purse};
use super::{Ledger, same};
use crate::oracle::Grain;

impl Ledger {
    /// Holds a refusal against what has been seen.
    pub fn check_refused(
        &self,
        command: &Command,
        refusal: &Refusal,
        at: i64,
    ) -> Result<(), String> {
        match (refusal, command) {
            (Refusal::SubscriptionOff { subscription, why }, _) => {
                let id = read(subscription).ok_or("no such id")?;
                let purse = &self.purses[&id.0];
                same("reason", purse.why_off(&purse.subscriptions[&id.1], at), Some(*why))
            }
            (Refusal::InsufficientFunds { available, requested, .. }, _) => {
                let (there, asked) = (available.units().into(), requested.units().into());
                match command {
                    Command::Purchase(it) => self.check_too_dear(it, (there, asked), at),
                    Command::ChangePlan(it) => self.check_no_change(it, (there, asked), at),
                    Command::AuthoriseUse(it) => self.check_no_use(it, there, asked),
                    _ => Ok(()),
                }
            }
            (Refusal::SubjectTaken { subject, .. }, _) => {
                let every = self.purses.values().flat_map(|it| it.subscriptions.values());
                let mut every = every.filter(|it| !it.closed);
                let asked = match command {
                    Command::OpenSubscription(it) => it.subjects.clone(),
                    Command::ChangeSubscription { change, .. } => {
                        change.subjects.clone().unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                let twice = asked.iter().filter(|it| ***it == **subject).count() > 1;
                let taken = every.any(|it| it.subjects.iter().any(|it| **it == **subject));
                same("taken", taken || twice, true)
            }
            _ => Ok(()),
        }
    }

    fn check_too_dear(
        &self,
        purchase: &Purchase,
        (available, requested): (i128, i128),
        at: i64,
    ) -> Result<(), String> {
        let engine::AccountRef::Id(id) = purchase.account else { return Ok(()) };
        let purse = &self.purses[&id.0];
        let service = self.newest(purchase.service).ok_or("refused what is not sold")?;
        let price = service.one_time.as_ref().ok_or("refused what has periods")?.price;
        let hops = self.aged.hops(service.currency, purse.currency, at).ok_or("without a rate")?;
        let fee = Ratio::of_price(price).to_money(&hops, purse.currency, Grain::Minor);
        same("price", requested, fee)?;
        short_of(purse.available(), (available, requested))
    }

    /// A plan that could be paid with what goes back of the present one is not refused.
    fn check_no_change(
        &self,
        change: &ChangePlan,
        (available, requested): (i128, i128),
        at: i64,
    ) -> Result<(), String> {
        let (id, serial) = (change.subscription.account.0, change.subscription.serial);
        let mut after: Purse = self.purses[&id].clone();
        after.balance += self.end_now(id, serial, true, at);
        let mut changed = after.subscriptions[&serial].clone();
        same("on before", changed.on, true)?;
        let newest = self.newest(change.service).ok_or("refused what is not sold")?;
        let (version, own_price) = (newest.version, change.own_price);
        let periodic = newest.recurring.is_some();
        changed.become_plan(NewPlan { service: change.service, version, periodic, own_price }, at);
        let fee = match periodic {
            true => self.opening(&after, &changed, at).ok_or("without a rate")?.fee,
            false => 0,
        };
        same("fee", requested, fee)?;
        short_of(after.available(), (available, requested))
    }

    fn check_no_use(
        &self,
        asked: &AuthoriseUse,
        available: i128,
        requested: i128,
    ) -> Result<(), String> {
        let account = match &asked.whom {
            Whom::Subscription(id) => id.account.0,
            Whom::Account(engine::AccountRef::Id(id)) => id.0,
            _ => return Ok(()),
        };
        // What a session holds already is there for its next request.
        let purse = &self.purses[&account];
        let own = purse.calls.values().map(|it| it.held);
        let found = purse
            .available()
            .map(|it| own.map(|own| it + own).find(|it| *it == available).unwrap_or(it));
        short_of(found, (available, requested))
    }
}

fn short_of(found: Option<i128>, (available, requested): (i128, i128)) -> Result<(), String> {
    same("available", Some(available), found)?;
    match requested <= available {
        true => Err(format!("{requested} could be paid of {available}")),
        false => Ok(()),
    }
}

/// A subscription's id as it is written: `sub_1-2`.
fn read(subscription: &str) -> Option<(u32, u32)> {
    let (account, serial) = subscription.strip_prefix("sub_")?.split_once('-')?;
    Some((account.parse().ok()?, serial.parse().ok()?))
}
