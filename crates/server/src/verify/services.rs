//! Subscriptions, their periods and their use: kept by hand, and what is on held against the rule.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{
    Account, AccountId, Entry, Fact, Fraction, Name, Position, Posting, Precision, Service, State,
    SwitchCause, Timestamp, Unit, UsageFact, UsedFact, convert_by, standing,
};

use super::Report;

/// What the journal says of services, as it goes by.
#[derive(Default)]
pub struct Services {
    versions: HashMap<(Name, u32), Arc<Service>>,
    subscriptions: HashMap<(AccountId, u32), Line>,
    sessions: HashMap<(AccountId, u32), Used>,
    periods: u64,
    settlements: u64,
}

/// Where a subscription stands.
struct Line {
    /// The end of its last period, as far as it was paid for or ran.
    until: Timestamp,
    closed: bool,
    /// What its last provisioning command said.
    on: bool,
    switched_by: Position,
}

/// What a session by units has used, and what was charged for it.
struct Used {
    service: Name,
    usage: UsageFact,
    total: u64,
    free: u64,
    /// Units that cost money, by band and step.
    parts: HashMap<(u16, u16), u64>,
    charged: i64,
}

impl Services {
    /// What is wrong with an entry, after those before it.
    pub fn check(&mut self, entry: &Entry) -> Option<String> {
        if let Fact::ServiceSet(service) = &entry.fact {
            let version = (service.name, service.version);
            let before = self.versions.insert(version, Arc::clone(service));
            return before.map(|_| format!("version {} of it was set before", version.1));
        }
        let posting = &entry.posting?;
        match &entry.fact {
            Fact::Authorised { serial, session, .. } => {
                let usage = session.usage.clone()?;
                let service = session.service;
                self.sessions.entry((posting.account, *serial)).or_insert_with(|| Used {
                    service,
                    usage,
                    total: 0,
                    free: 0,
                    parts: HashMap::new(),
                    charged: 0,
                });
                None
            }
            Fact::Settled { serial, extra: Some(extra), .. } => {
                self.check_use(posting, *serial, extra.used.as_ref()?)
            }
            fact => {
                let line = self.subscriptions.entry((posting.account, fact.subscription()?));
                let line = line.or_insert(Line {
                    until: Timestamp::MIN,
                    closed: false,
                    on: false,
                    switched_by: Position::START,
                });
                self.periods += u64::from(matches!(fact, Fact::PeriodStarted { .. }));
                line.check(entry)
            }
        }
    }

    /// The parts of a session's use are all that is billed of it, and all that was charged is the
    /// price of them.
    fn check_use(&mut self, posting: &Posting, serial: u32, used: &UsedFact) -> Option<String> {
        self.settlements += 1;
        let Some(session) = self.sessions.get_mut(&(posting.account, serial)) else {
            return Some(format!("session {serial} was not authorised by units"));
        };
        if used.total < session.total {
            return Some(format!("its use goes back from {} to {}", session.total, used.total));
        }
        let more = used.total - session.total;
        session.total = used.total;
        if more != used.more {
            return Some(format!("{more} units came with it, and it says {}", used.more));
        }
        session.free += used.free;
        for part in &used.parts {
            *session.parts.entry((part.band, part.step)).or_default() += part.quantity;
        }
        session.charged -= posting.amount.units();
        let parts = session.free + session.parts.values().sum::<u64>();
        if parts != used.billed || used.billed < used.total {
            let (billed, total) = (used.billed, used.total);
            return Some(format!("its parts are {parts}, of {billed} billed and {total} used"));
        }
        let service = self.versions.get(&(session.service, session.usage.version));
        let unit = Unit { currency: posting.currency, exponent: posting.exponent };
        let price = service.and_then(|it| session.price(it, unit));
        (price != Some(session.charged)).then(|| {
            let price = price.map_or_else(|| "unknown".to_owned(), |it| it.to_string());
            format!("{} was charged for the session, its price is {price}", session.charged)
        })
    }

    /// Every subscription's last provisioning command says what the on/off function says.
    ///
    /// What falls due while the journal's last entries are written is no fault yet, so each
    /// account is judged just before the first of its moments that have not been seen to.
    pub fn check_standing(&self, state: &State, report: &mut Report) {
        for account in state.accounts() {
            let at = judged_at(account, state.shared.last_at);
            for subscription in account.subscriptions() {
                let line = self.subscriptions.get(&(account.id, subscription.serial));
                let said = line.is_some_and(|it| it.on);
                let should = standing(account, subscription, at);
                if said != should.is_ok() {
                    let by = line.map_or(0, |it| it.switched_by.0);
                    let says = if said { "on" } else { "off" };
                    let why = should.err().map_or("it should be on", SwitchCause::code);
                    report.fault(format!(
                        "subscription sub_{}-{}: its last switch, at position {by}, says {says}: \
                         {why}",
                        account.id.0, subscription.serial
                    ));
                }
            }
        }
        let mut left: Vec<_> =
            self.subscriptions.iter().filter(|it| it.1.closed && it.1.on).collect();
        left.sort_by_key(|it| *it.0);
        for ((account, serial), _) in left {
            let fault = format!("subscription sub_{}-{serial} is closed and still on", account.0);
            report.fault(fault);
        }
        let count = self.subscriptions.len() as u64;
        report.add(count, "subscriptions are switched as the on/off function says");
        report.add(self.periods, "periods of subscriptions follow one another and never overlap");
        report.add(self.settlements, "settlements of use by units add up to the price of it");
    }
}

impl Line {
    fn check(&mut self, entry: &Entry) -> Option<String> {
        let was_closed = self.closed;
        match &entry.fact {
            Fact::PeriodStarted { from, until, .. } => {
                let before = std::mem::replace(&mut self.until, *until);
                if was_closed {
                    return Some("its subscription is closed".into());
                }
                (*from < before || until <= from).then(|| {
                    let (from, before, until) = (from.0, before.0, until.0);
                    format!("its period from {from} to {until} overlaps the one until {before}")
                })
            }
            Fact::Purchased(it) => {
                self.until = it.ends_at.unwrap_or(self.until);
                None
            }
            // What is left of the period is given up.
            Fact::PlanChanged { change, .. } if change.at_period_end => None,
            Fact::PlanChanged { .. } | Fact::PeriodEnded { .. } => {
                self.until = self.until.min(entry.at);
                None
            }
            Fact::SubscriptionClosed { .. } => {
                self.closed = true;
                was_closed.then(|| "its subscription was closed before".into())
            }
            Fact::Switched(it) => {
                let again = it.on == self.on && it.cause != SwitchCause::Changed;
                let was = if self.on { "on" } else { "off" };
                (self.on, self.switched_by) = (it.on, entry.position);
                self.until = it.until.unwrap_or(self.until);
                again.then(|| format!("its subscription was {was} before"))
            }
            _ => None,
        }
    }
}

impl Used {
    /// What the use comes to, in the account's currency, rounded once.
    fn price(&self, service: &Service, to: Unit) -> Option<i64> {
        let usage = service.usage.as_ref()?;
        let rate = usage.rates.get(usize::try_from(self.usage.rate).ok()?)?;
        if self.parts.is_empty() {
            return Some(0);
        }
        let per = u128::from(usage.per);
        let mut sum = rate.set_up.billionths().checked_mul(per)?;
        for ((band, step), quantity) in &self.parts {
            let steps = rate.prices.get(usize::from(*band))?;
            let price = steps.get(usize::from(*step))?.price.billionths();
            sum = sum.checked_add(price.checked_mul((*quantity).into())?)?;
        }
        let least = rate.minimum_charge.billionths().checked_mul(per)?;
        let exact = Fraction::new(sum.max(least), per.checked_mul(1_000_000_000)?)?;
        let rates = &self.usage.rates;
        let price = convert_by(rates, exact, service.currency, to, Precision::Fine);
        price.ok().map(|it| it.units())
    }
}

/// The journal's last moment, or the one before an account's first matter that is still to be
/// seen to.
fn judged_at(account: &Account, last_at: Timestamp) -> Timestamp {
    let subscriptions = account.subscriptions().iter().map(|it| it.deadline());
    let bills = account.bills().iter().filter(|it| !it.overdue).map(|it| it.block_at);
    let first = subscriptions.chain(bills).min().unwrap_or(Timestamp::NEVER);
    if first <= last_at { first.plus(-1) } else { last_at }
}

#[cfg(test)]
mod tests;
