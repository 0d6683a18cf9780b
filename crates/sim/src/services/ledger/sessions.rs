//! Sessions as the ledger sees them: priced unit by unit.

use std::collections::BTreeMap;

use engine::{
    AskUse, AuthoriseUse, Entry, Fact, Grant, Name, Next, Refusal, SettleUse, SettlementFact,
    ThenUse, UsageFact, UsageUnit, UseGrant, Used,
};

use super::super::days::Bands;
use super::super::exact::Ratio;
use super::{Ledger, Purse};
use crate::oracle::Grain;

/// A session.
#[derive(Clone, Debug)]
pub struct Call {
    pub service: Name,
    pub held: i128,
    /// While money is held for it.
    pub open_until: Option<i64>,
    /// When that was last granted.
    pub granted_at: i64,
    pub granted_free: i128,
    /// What it is priced by, when it uses units.
    pub rated: Option<Rated>,
}

#[derive(Clone, Debug)]
pub struct Rated {
    pub subscription: u32,
    pub version: u32,
    rate: usize,
    hops: Vec<(i128, i128)>,
    begun_at: i64,
    granted_at: i64,
    pub tally: Tally,
    pub charged: i128,
}

/// Units, written down one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub total: i128,
    pub billed: i128,
    pub free: i128,
    /// Units that cost money, by band and step.
    bill: BTreeMap<(usize, usize), i128>,
}

impl Tally {
    fn note(&mut self, (place, units): ((usize, usize), i128)) {
        if units > 0 {
            *self.bill.entry(place).or_default() += units;
        }
    }
}

impl Call {
    pub fn subscription(&self) -> Option<u32> {
        self.rated.as_ref().map(|it| it.subscription)
    }
}

/// What the account has beside a session's own hold.
#[derive(Clone, Copy)]
struct Means {
    /// `None` is without limit.
    money: Option<i128>,
    others: i128,
    /// Other sessions for which money is held.
    sharing: i128,
    free: i128,
}

impl Means {
    /// Of one session, as if nothing were held for it.
    fn of(purse: &Purse, serial: u32, (subscription, service): (u32, Name)) -> Self {
        let other = purse.calls.iter().filter(|it| *it.0 != serial && it.1.held > 0);
        let (mut others, mut sharing) = (0, 0);
        for (_, call) in other {
            others += call.held;
            sharing += 1;
        }
        let money = purse.credit().map(|it| purse.balance + it - others);
        let free = purse.free_for(serial, subscription, service);
        Self { money, others, sharing, free }
    }

    /// What a session may have at least, if there is so much.
    fn share(&self) -> Option<i128> {
        let money = self.money?;
        Some(((money.max(0) + self.others) / (self.sharing + 1)).min(money))
    }
}

impl Ledger {
    /// Counts on to `total` units, of which `free` more come from the allowance, first.
    fn count(&self, purse: &Purse, call: (Name, &Rated), total: i128, free: i128) -> Tally {
        let (service, rated) = call;
        let service = self.service(service, rated.version).expect("it was begun by it");
        let usage = service.usage.as_ref().expect("it has use");
        let zone = self.zone_of(purse, service).clone();
        let holidays = &self.holidays;
        let mut bands = Bands { usage, zone, holidays, known: BTreeMap::new() };
        let mut tally = rated.tally.clone();
        let increment = i128::from(usage.increment);
        let mut billed = 0;
        let least = if total > 0 { i128::from(usage.minimum).max(total) } else { 0 };
        if least > 0 {
            billed = (least + increment - 1) / increment * increment;
        }
        let drawn = free.min(billed - tally.billed).max(0);
        tally.free += drawn;
        tally.billed += drawn;
        let prices = &usage.rates[rated.rate].prices;
        let mut run = ((0, 0), 0);
        while tally.billed < billed {
            let passed = i64::try_from(tally.billed).expect("small") * 1_000_000;
            let at = match usage.unit {
                UsageUnit::Second => rated.begun_at + passed,
                UsageUnit::Byte | UsageUnit::Event => rated.granted_at,
            };
            let band = bands.at(at);
            let reached = |it: &engine::Step| i128::from(it.from) <= tally.billed;
            let step = prices[band].iter().rposition(reached).expect("one is from 0");
            if run.0 != (band, step) {
                tally.note(run);
                run = ((band, step), 0);
            }
            run.1 += 1;
            tally.billed += 1;
        }
        tally.note(run);
        tally.total = total;
        tally
    }

    /// What a session comes to, in the account's currency.
    fn cost(&self, purse: &Purse, call: (Name, &Rated), tally: &Tally) -> i128 {
        let (service, rated) = call;
        let service = self.service(service, rated.version).expect("it was begun by it");
        let usage = service.usage.as_ref().expect("it has use");
        let rate = &usage.rates[rated.rate];
        if tally.bill.is_empty() {
            return 0;
        }
        let mut cost = Ratio::of_price(rate.set_up);
        for ((band, step), units) in &tally.bill {
            let price = Ratio::of_price(rate.prices[*band][*step].price);
            cost = cost.plus(price.times(*units, usage.per.into()));
        }
        let cost = cost.max(Ratio::of_price(rate.minimum_charge));
        cost.to_money(&rated.hops, purse.currency, Grain::Fine)
    }

    /// A session of units that begins or goes on.
    pub(super) fn authorised(
        &mut self,
        entry: &Entry,
        (serial, grant): (u32, Grant),
        (fact, service): (&UsageFact, Name),
        asked: Option<&AuthoriseUse>,
    ) -> Result<(), String> {
        let at = entry.at.0;
        let id = entry.posting.expect("it has a posting").account.0;
        let purse = &self.purses[&id];
        let sub = purse.subscriptions.get(&fact.subscription).ok_or("of no subscription")?;
        if let Some(why) = purse.why_off(sub, at) {
            return Err(format!("granted to a subscription that is off: {why:?}"));
        }
        let known = purse.calls.get(&serial).and_then(|it| it.rated.clone());
        let version = match (&known, sub.periodic) {
            (Some(known), _) => known.version,
            (None, true) => sub.version,
            (None, false) => self.newest(service).expect("it is sold").version,
        };
        same("version", fact.version, version)?;
        let place = usize::try_from(fact.rate).expect("small");
        let found = self.service(service, version).and_then(|it| it.usage.as_ref());
        let usage = found.ok_or("granted by a service without use")?;
        let begun_by = known.as_ref().map(|it| it.rate);
        let rate = begun_by.or_else(|| rate_of(usage, fact.destination.as_deref()));
        same("rate", Some(place), rate)?;
        let currency = self.service(service, version).expect("found").currency;
        let hops = self.aged.hops(currency, purse.currency, at);
        let mut rated = known.unwrap_or(Rated {
            subscription: fact.subscription,
            version,
            rate: place,
            hops: hops.ok_or("granted without an exchange rate").unwrap_or_default(),
            begun_at: at,
            granted_at: at,
            tally: Tally::default(),
            charged: 0,
        });
        rated.granted_at = at;
        let means = Means::of(purse, serial, (fact.subscription, service));
        let ask = asked.map(|it| it.ask);
        self.check_grant(id, (service, &rated), (fact.grant, grant), means, ask)?;
        self.notes.push(if fact.grant.last { "last grant" } else { "grant" }.into());
        if means.sharing > 0 && fact.grant.quantity < ask.map_or(0, |it| it.quantity) {
            self.notes.push("sessions in parallel short of money".into());
        }
        let call = Call {
            service,
            held: grant.amount.units().into(),
            open_until: Some(grant.expires_at.0),
            granted_at: at,
            granted_free: fact.grant.free.into(),
            rated: Some(rated),
        };
        self.purses.get_mut(&id).expect("found").calls.insert(serial, call);
        Ok(())
    }

    /// What is granted is priced right, can be paid for, and is as much as can be.
    fn check_grant(
        &self,
        id: u32,
        call: (Name, &Rated),
        (units, grant): (UseGrant, Grant),
        means: Means,
        ask: Option<AskUse>,
    ) -> Result<(), String> {
        let purse = &self.purses[&id];
        let (service, rated) = call;
        let found = self.service(service, rated.version).expect("found");
        let usage = found.usage.as_ref().expect("found");
        let quantity = i128::from(units.quantity);
        let amount = i128::from(grant.amount.units());
        let after = |more: i128| {
            let tally = self.count(purse, call, rated.tally.total + more, means.free);
            let cost = (self.cost(purse, call, &tally) - rated.charged).max(0);
            (tally, cost)
        };
        let (tally, cost) = after(quantity);
        same("amount held", amount, cost)?;
        same("free units", i128::from(units.free), tally.free - rated.tally.free)?;
        if means.money.is_some_and(|it| it < cost) {
            return Err(format!("granted {cost} of {:?}", means.money));
        }
        let Some(ask) = ask else { return Ok(()) };
        let most = usage.grant_quantity_max.map_or(ask.quantity, |it| it.min(ask.quantity));
        let least = ask.minimum.min(most).max(1);
        if !(i128::from(least)..=i128::from(most)).contains(&quantity) {
            return Err(format!("granted {quantity} units, of {least} to {most}"));
        }
        if grant.expires_at > ask.expires_at {
            return Err("granted for longer than was asked".into());
        }
        if quantity < i128::from(most) {
            let more = (quantity + i128::from(usage.increment)).min(most.into());
            match (units.last, means.money) {
                (true, Some(money)) if after(more).1 <= money => {
                    return Err(format!("{more} units could have been granted"));
                }
                (true, None) => return Err("money without limit came to an end".into()),
                (false, _) if means.sharing == 0 => {
                    return Err("a share, and nobody to share with".into());
                }
                (false, _) if means.share().is_none_or(|it| after(more).1 <= it) => {
                    return Err(format!("{more} units are within its share"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Use that is reported.
    pub(super) fn settled(
        &mut self,
        entry: &Entry,
        (serial, next, extra): (u32, Next, &SettlementFact),
        asked: Option<&SettleUse>,
    ) -> Result<(), String> {
        let (at, posting) = (entry.at.0, entry.posting.expect("it has a posting"));
        let id = posting.account.0;
        let purse = &self.purses[&id];
        let call = purse.calls.get(&serial).ok_or("of no session")?;
        let Some(used) = &extra.used else {
            return self.settled_money(id, serial, next);
        };
        let mut rated = call.rated.clone().ok_or("units of a session of money")?;
        let service = call.service;
        let (held, open_until) = (call.held, call.open_until);
        let total = i128::from(used.total);
        match asked.map(|it| it.used) {
            Some(Used::Total(reported)) => same("total", total, reported.into())?,
            Some(Used::More(more)) => same("total", total, rated.tally.total + i128::from(more))?,
            None => {}
        }
        // What was granted free stays free.
        let free = purse.free_for(serial, rated.subscription, service).max(call.granted_free);
        let tally = self.count(purse, (service, &rated), total, free);
        let cost = self.cost(purse, (service, &rated), &tally);
        let charge = cost - rated.charged;
        same("charge", -i128::from(posting.amount.units()), charge)?;
        let drawn = tally.free - rated.tally.free;
        same("units of the allowance", used.free.into(), drawn)?;
        same("billed units", used.billed.into(), tally.billed)?;
        let overrun = extra.overrun.map_or(0, |it| i128::from(it.units()));
        same("overrun", overrun, (charge - held).max(0))?;
        self.note_settled(&tally, drawn);
        let purse = self.purses.get_mut(&id).expect("found");
        let sub = purse.subscriptions.get_mut(&rated.subscription);
        if let Some(sub) = sub.filter(|it| it.service == service) {
            sub.drawn += drawn;
        }
        let more = total - rated.tally.total;
        (rated.tally, rated.charged, rated.granted_at) = (tally, cost, at);
        let call = purse.calls.get_mut(&serial).expect("found");
        let kept_free = (call.granted_free - drawn).max(0);
        (call.held, call.granted_free) = (0, 0);
        call.rated = Some(rated.clone());
        match next {
            Next::Kept { held: kept } => {
                same("kept", i128::from(kept.units()), (held - charge).max(0))?;
                call.held = (held - charge).max(0);
                call.granted_free = kept_free;
                call.open_until = open_until;
            }
            Next::Final { .. } => call.open_until = None,
            Next::Granted(grant) => {
                let units = used.grant.ok_or("granted nothing")?;
                call.open_until = Some(grant.expires_at.0);
                call.granted_at = at;
                let ask = match asked.map(|it| it.then) {
                    Some(ThenUse::Ask(ask)) => Some(ask),
                    _ => None,
                };
                self.granted_next(entry, serial, (units, grant), ask)?;
            }
            Next::Refused => self.refused_next(entry, extra.refusal.as_ref(), &rated)?,
        }
        self.notes.push(format!("used {} more", if more > 0 { "some" } else { "nothing" }));
        Ok(())
    }

    fn note_settled(&mut self, tally: &Tally, drawn: i128) {
        let bands = || tally.bill.keys().map(|it| it.0);
        let cases = [
            (bands().max() > bands().min(), "session of two bands"),
            (tally.bill.keys().any(|it| it.1 > 0), "session of two steps"),
            (drawn > 0, "allowance used"),
        ];
        let met = cases.iter().filter(|it| it.0);
        self.notes.extend(met.map(|it| it.1.to_owned()));
    }

    fn granted_next(
        &mut self,
        entry: &Entry,
        serial: u32,
        (units, grant): (UseGrant, Grant),
        ask: Option<AskUse>,
    ) -> Result<(), String> {
        let posting = entry.posting.expect("it has a posting");
        let id = posting.account.0;
        let mut after = self.purses[&id].clone();
        after.balance = posting.balance.units().into();
        let call = after.calls[&serial].clone();
        let rated = call.rated.as_ref().expect("just put there");
        let sub = after.subscriptions.get(&rated.subscription).ok_or("of no subscription")?;
        if let Some(why) = after.why_off(sub, entry.at.0) {
            return Err(format!("granted on to a subscription that is off: {why:?}"));
        }
        let means = Means::of(&after, serial, (rated.subscription, call.service));
        self.check_grant(id, (call.service, rated), (units, grant), means, ask)?;
        self.notes.push(if units.last { "last grant" } else { "next grant" }.into());
        let purse = self.purses.get_mut(&id).expect("found");
        let call = purse.calls.get_mut(&serial).expect("found");
        call.held = grant.amount.units().into();
        call.granted_free = units.free.into();
        Ok(())
    }

    /// A session is told that it is off only when it is.
    fn refused_next(
        &mut self,
        entry: &Entry,
        refusal: Option<&Refusal>,
        rated: &Rated,
    ) -> Result<(), String> {
        let posting = entry.posting.expect("it has a posting");
        let mut after = self.purses[&posting.account.0].clone();
        after.balance = posting.balance.units().into();
        let sub = after.subscriptions.get(&rated.subscription);
        let why = sub.map(|it| after.why_off(it, entry.at.0));
        let refusal = refusal.ok_or("refused without a reason")?;
        self.notes.push(format!("next refused {}", refusal.code()));
        match (refusal, why) {
            (Refusal::SubscriptionOff { why, .. }, found) => {
                same("reason", Some(Some(*why)), found)
            }
            (Refusal::InsufficientFunds { available, requested, .. }, Some(None)) => {
                let covered = i128::from(requested.units()) <= i128::from(available.units());
                if covered { Err("refused what could be paid".into()) } else { Ok(()) }
            }
            (Refusal::SubscriptionNotFound { .. }, None) => Ok(()),
            (Refusal::SubscriptionNotFound { .. }, Some(Some(engine::SwitchCause::Closed))) => {
                Ok(())
            }
            (refusal, why) => Err(format!("refused as {refusal:?}, and it is off for {why:?}")),
        }
    }

    fn settled_money(&mut self, id: u32, serial: u32, next: Next) -> Result<(), String> {
        let purse = self.purses.get_mut(&id).expect("found");
        let call = purse.calls.get_mut(&serial).expect("found");
        (call.held, call.open_until) = match next {
            Next::Kept { held } => (held.units().into(), call.open_until),
            Next::Granted(grant) => (grant.amount.units().into(), Some(grant.expires_at.0)),
            Next::Refused => (0, call.open_until),
            Next::Final { .. } => (0, None),
        };
        Ok(())
    }

    /// Sessions that begin by money, end or expire.
    pub(super) fn other_session(&mut self, entry: &Entry) -> Result<(), String> {
        let id = entry.posting.expect("it has a posting").account.0;
        let last_at = self.last_at;
        let purse = self.purses.get_mut(&id).expect("found");
        match &entry.fact {
            Fact::Authorised { serial, grant, session, .. } => {
                let call = Call {
                    service: session.service,
                    held: grant.amount.units().into(),
                    open_until: Some(grant.expires_at.0),
                    granted_at: entry.at.0,
                    granted_free: 0,
                    rated: None,
                };
                purse.calls.insert(*serial, call);
            }
            Fact::Released { serial, .. } | Fact::ReservationExpired { serial, .. } => {
                let call = purse.calls.get_mut(serial).ok_or("of no session")?;
                if matches!(entry.fact, Fact::ReservationExpired { .. }) {
                    let moment = call.open_until.ok_or("expired while nothing was held")?;
                    same("moment", entry.at.0, moment.max(last_at))?;
                }
                (call.held, call.granted_free, call.open_until) = (0, 0, None);
            }
            _ => unreachable!("only sessions come here"),
        }
        Ok(())
    }
}

/// The place of the rate with the longest prefix of a destination.
fn rate_of(usage: &engine::Usage, destination: Option<&str>) -> Option<usize> {
    let destination = destination.unwrap_or_default();
    let mut found: Option<(usize, usize)> = None;
    for (place, rate) in usage.rates.iter().enumerate() {
        for prefix in rate.prefixes.iter().filter(|it| destination.starts_with(it.as_str())) {
            if found.is_none_or(|it| prefix.len() > it.0) {
                found = Some((prefix.len(), place));
            }
        }
    }
    found.map(|it| it.1)
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what} is {found:?}, and should be {expected:?}")),
    }
}
