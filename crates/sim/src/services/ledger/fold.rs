//! Taking entries in.

use std::collections::BTreeMap;

use engine::{
    Entry, Fact, Limit, PaymentMode, PurchaseFact, SubscriptionFact, SwitchCause, SwitchFact,
};

use super::super::days;
use super::Ledger;
use super::periods::is_postpaid;
use super::purse::{Bill, NewPlan, Purse, Run, Sub};

const DAY: i64 = 86_400_000_000;

impl Ledger {
    pub(super) fn fold(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.fact {
            Fact::CustomerCreated(fields) | Fact::CustomerUpdated(fields) => {
                let customer = entry.customer.expect("it is about one");
                self.zones.insert(customer.0, fields.time_zone.map(days::rules));
            }
            Fact::ExchangeRatesAdded(added) => {
                self.aged.add(added);
                self.ageless.add(added);
            }
            Fact::ServiceSet(service) => {
                let versions = self.catalogue.entry(service.name).or_default();
                versions.push(service.clone());
            }
            _ => {}
        }
        let Some(posting) = entry.posting else { return Ok(()) };
        let id = posting.account.0;
        if let Fact::AccountOpened(opening) = &entry.fact {
            let purse = opened(entry, opening.limit, opening.ceiling);
            self.purses.insert(id, purse);
            return Ok(());
        }
        self.fold_money(entry)?;
        let newest = match &entry.fact {
            Fact::PlanChanged { change, .. } => {
                self.newest(change.to).ok_or("a plan that is not sold")?.version
            }
            _ => 0,
        };
        let purse = self.purses.get_mut(&id).expect("it was opened");
        let before = purse.balance;
        fold_services(purse, entry, newest);
        purse.balance += i128::from(posting.amount.units());
        purse.owe(before, entry.at.0.div_euclid(DAY));
        Ok(())
    }
}

fn opened(entry: &Entry, limit: Limit, ceiling: Option<engine::Amount>) -> Purse {
    Purse {
        customer: entry.customer.expect("it has one").0,
        currency: entry.posting.expect("it has one").currency,
        closed: false,
        balance: 0,
        limit: super::money::limit(limit),
        ceiling: ceiling.map(|it| it.units().into()),
        credits: BTreeMap::new(),
        debts: Vec::new(),
        bills: Vec::new(),
        subscriptions: BTreeMap::new(),
        opened: 0,
        calls: BTreeMap::new(),
    }
}

fn fold_services(purse: &mut Purse, entry: &Entry, newest: u32) {
    let at = entry.at.0;
    let amount = entry.posting.map_or(0, |it| i128::from(it.amount.units()));
    match &entry.fact {
        Fact::SubscriptionOpened { subscription, fact } => {
            purse.opened = *subscription;
            purse.subscriptions.insert(*subscription, open(fact, at));
        }
        Fact::Purchased(fact) => purchased(purse, fact, -amount, at),
        Fact::BillOverdue { .. } => {
            let bills = purse.bills.iter_mut().filter(|it| !it.told);
            if let Some(bill) = bills.min_by_key(|it| it.block_at) {
                bill.told = true;
            }
        }
        fact => {
            let bill = match fact {
                Fact::PeriodStarted { extra: Some(extra), .. } => extra.bill,
                Fact::PeriodEnded { extra: Some(extra), .. } => extra.bill,
                Fact::SubscriptionClosed { closing, .. } => closing.bill,
                Fact::PlanChanged { change, .. } => change.bill,
                _ => None,
            };
            if let Some(bill) = bill {
                let (due_at, block_at) = (bill.due_at.0, bill.block_at.0);
                purse.bills.push(Bill { day: at.div_euclid(DAY), due_at, block_at, told: false });
            }
            let Some(serial) = fact.subscription() else { return };
            fold_one(purse, serial, (entry, -amount, newest));
        }
    }
}

fn fold_one(purse: &mut Purse, serial: u32, (entry, paid, newest): (&Entry, i128, u32)) {
    let at = entry.at.0;
    let Some(sub) = purse.subscriptions.get_mut(&serial) else { return };
    match &entry.fact {
        Fact::SubscriptionChanged { change, .. } => {
            sub.priority = change.priority.unwrap_or(sub.priority);
            sub.own_price = change.own_price.unwrap_or(sub.own_price);
            if let Some(subjects) = &change.subjects {
                sub.subjects.clone_from(subjects);
                sub.stale = sub.on;
                // What has no names of its own is known by those of what it modifies.
                let all = purse.subscriptions.values_mut();
                let known_by = all.filter(|it| it.base == Some(serial) && it.subjects.is_empty());
                known_by.for_each(|it| it.stale = it.on);
            }
        }
        Fact::SubscriptionSuspended { suspension, .. } => {
            sub.suspended = Some((suspension.by, suspension.until.map(|it| it.0)));
        }
        Fact::SubscriptionResumed { .. } => sub.suspended = None,
        Fact::SubscriptionClosed { .. } => sub.closed = true,
        Fact::PlanChanged { change, .. } => {
            let (service, periodic) = (change.to, change.periodic);
            let (version, own_price) = (newest, change.own_price);
            let plan = NewPlan { service, version, periodic, own_price };
            match change.at_period_end {
                true => sub.next_plan = Some(plan),
                false => sub.become_plan(plan, at),
            }
        }
        Fact::PeriodStarted { version, from, until, extra, .. } => {
            let postpaid = is_postpaid(extra.as_deref());
            let mode = if postpaid { PaymentMode::Postpaid } else { PaymentMode::Prepaid };
            let paid = if postpaid { 0 } else { paid };
            let part_of = extra.as_ref().and_then(|it| it.part_of).map(|it| it.0);
            let own_price = sub.own_price;
            sub.period = Some(Run { own_price, part_of, ..run((from.0, until.0), mode, paid) });
            (sub.version, sub.fresh) = (*version, false);
            sub.allowance = extra.as_ref().map_or(0, |it| it.allowance.into());
            sub.drawn = 0;
            if let Some(anchored_at) = extra.as_ref().and_then(|it| it.anchored_at) {
                sub.anchored_at = anchored_at.0;
            }
        }
        Fact::PeriodEnded { .. } => {
            let ended = sub.period.take().map_or(at, |it| it.until);
            sub.ran_until = Some(ended);
            if let Some(plan) = sub.next_plan {
                sub.become_plan(plan, ended);
            }
        }
        Fact::PeriodCredited { .. } => {
            if let Some(period) = &mut sub.period {
                period.credited = true;
            }
        }
        Fact::Switched(switch) => switched(sub, switch, at),
        _ => {}
    }
    let gone = |it: &Sub| it.closed && !it.on;
    if purse.subscriptions.get(&serial).is_some_and(gone) {
        purse.subscriptions.remove(&serial);
    }
}

fn switched(sub: &mut Sub, switch: &SwitchFact, at: i64) {
    if let Some(period) = &mut sub.period {
        if switch.on
            && let Some(since) = period.paused_at.take()
        {
            period.stood += at - since;
            period.until += at - since;
            sub.anchored_at = period.until;
        }
        if switch.pauses {
            period.paused_at = Some(at);
        }
    }
    if sub.on != switch.on {
        sub.switches.push((at, switch.on));
    }
    sub.on = switch.on;
    sub.stale = false;
    sub.left = !switch.on && switch.cause == SwitchCause::Changed;
    sub.told = Some((switch.service, switch.version));
}

fn open(fact: &SubscriptionFact, at: i64) -> Sub {
    Sub {
        service: fact.service,
        version: fact.version,
        priority: fact.priority,
        own_price: fact.own_price,
        subjects: fact.subjects.clone(),
        base: fact.base,
        anchored_at: at,
        ran_until: None,
        suspended: None,
        closed: false,
        ends: false,
        periodic: fact.periodic,
        fresh: true,
        next_plan: None,
        period: None,
        on: false,
        told: None,
        stale: false,
        left: false,
        switches: vec![(at, false)],
        allowance: 0,
        drawn: 0,
    }
}

fn purchased(purse: &mut Purse, fact: &PurchaseFact, paid: i128, at: i64) {
    let (Some(serial), Some(ends_at)) = (fact.subscription, fact.ends_at) else { return };
    if fact.extends {
        let sub = purse.subscriptions.get_mut(&serial);
        if let Some(period) = sub.and_then(|it| it.period.as_mut()) {
            period.until = ends_at.0;
            period.paid += paid;
        }
        return;
    }
    let opened = SubscriptionFact {
        service: fact.service,
        version: fact.version,
        priority: u16::MAX,
        own_price: None,
        periodic: true,
        subjects: Vec::new(),
        base: fact.base,
    };
    let period = Some(run((at, ends_at.0), PaymentMode::Prepaid, paid));
    let bought = Sub { ends: true, fresh: false, period, ..open(&opened, at) };
    purse.opened = serial;
    purse.subscriptions.insert(serial, bought);
}

fn run((from, until): (i64, i64), mode: PaymentMode, paid: i128) -> Run {
    let (own_price, part_of, paused_at) = (None, None, None);
    Run { from, until, mode, paid, own_price, part_of, paused_at, stood: 0, credited: false }
}
