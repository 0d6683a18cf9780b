//! Folding subscriptions, their periods, and what was switched.

use crate::{
    Account, Amount, Bill, BillFact, Entry, Fact, NextPlan, PaymentMode, Period, PeriodFact,
    Posting, Price, PurchaseFact, Services, State, Subscription, SubscriptionFact, SubscriptionId,
    Suspension, SwitchFact, Timestamp, Told, day_of,
};

/// Changes what the entry says of subscriptions; answers what falls due when.
pub(super) fn change(account: &mut Account, entry: &Entry) -> Option<Timestamp> {
    let amount = entry.posting.map_or(Amount::ZERO, |it| it.amount.magnitude());
    match &entry.fact {
        Fact::SubscriptionOpened { subscription, fact } => {
            let opened = open(*subscription, fact, entry.at);
            push(account, opened);
            return None;
        }
        Fact::Purchased(fact) => return purchase(account, fact, amount, entry.at),
        Fact::BillOverdue { due_at, .. } => {
            let bills = services_mut(account).bills.iter_mut().filter(|it| !it.overdue);
            let bill = bills.min_by_key(|it| it.block_at).expect("decide found the bill");
            assert_eq!(bill.due_at, *due_at, "bills become overdue in their order");
            bill.overdue = true;
            return None;
        }
        _ => {}
    }
    if let Some(bill) = entry.fact.bill() {
        let BillFact { due_at, block_at } = bill;
        let bill = Bill { day: day_of(entry.at), due_at, block_at, overdue: false };
        services_mut(account).bills.push(bill);
    }
    let serial = entry.fact.subscription().expect("these facts name a subscription");
    let found = subscription_mut(account, serial);
    change_one(found, entry, amount);
    let deadline = found.deadline();
    let gone = found.closed && !found.on;
    if let Fact::SubscriptionChanged { change, .. } = &entry.fact
        && change.subjects.is_some()
    {
        // What modifies it is known to the network by the same names.
        let subscriptions = services_mut(account).subscriptions.iter_mut();
        let modifies = |it: &&mut Subscription| it.base == Some(serial) && it.subjects.is_empty();
        subscriptions.filter(modifies).for_each(|it| it.stale = it.on);
    }
    if gone {
        services_mut(account).subscriptions.retain(|it| it.serial != serial);
    }
    // Moments are kept as candidates: it does no harm when this one has changed again.
    let block_at = account.bills().last().map(|it| it.block_at);
    Some(block_at.map_or(deadline, |it| it.min(deadline)))
}

fn change_one(found: &mut Subscription, entry: &Entry, amount: Amount) {
    match &entry.fact {
        Fact::SubscriptionChanged { change, .. } => {
            found.priority = change.priority.unwrap_or(found.priority);
            found.own_price = change.own_price.unwrap_or(found.own_price);
            if let Some(subjects) = &change.subjects {
                found.subjects.clone_from(subjects);
                found.stale = found.on;
            }
        }
        Fact::SubscriptionSuspended { suspension, .. } => {
            let (by, until) = (suspension.by, suspension.until);
            found.suspended = Some(Suspension { by, since: entry.at, until });
        }
        Fact::SubscriptionResumed { .. } => found.suspended = None,
        Fact::SubscriptionClosed { .. } => found.closed = true,
        Fact::PlanChanged { change, .. } => {
            let plan = NextPlan {
                service: change.to,
                version: change.version,
                periodic: change.periodic,
                own_price: change.own_price,
            };
            match change.at_period_end {
                true => found.next_plan = Some(plan),
                false => become_plan(found, plan, entry.at),
            }
        }
        Fact::PeriodStarted { version, from, until, extra, .. } => {
            let extra = extra.as_deref();
            start_period(found, (*version, *from, *until), extra, amount);
        }
        Fact::PeriodEnded { .. } => {
            let ended = found.period.take();
            let ended_at = ended.map_or(entry.at, |it| it.until);
            found.ran_until = ended_at;
            if let Some(plan) = found.next_plan.take() {
                become_plan(found, plan, ended_at);
            }
        }
        Fact::PeriodCredited { .. } => {
            let period = found.period.as_mut().expect("decide found the period");
            period.credited = true;
        }
        Fact::Switched(switch) => switched(found, switch, entry),
        _ => unreachable!("only facts about subscriptions come here"),
    }
}

fn open(serial: u32, fact: &SubscriptionFact, at: Timestamp) -> Subscription {
    Subscription {
        serial,
        service: fact.service,
        version: fact.version,
        priority: fact.priority,
        own_price: fact.own_price,
        subjects: fact.subjects.clone(),
        base: fact.base,
        opened_at: at,
        anchored_at: at,
        ran_until: at,
        suspended: None,
        closed: false,
        period: None,
        periodic: fact.periodic,
        ends: false,
        fresh: true,
        next_plan: None,
        told: None,
        stale: false,
        on: false,
        switched_at: at,
        switched_by: crate::Position::START,
        allowance: 0,
        allowance_used: 0,
    }
}

fn push(account: &mut Account, subscription: Subscription) {
    let services = services_mut(account);
    let serial = subscription.serial;
    assert_eq!(
        serial,
        services.subscriptions_count + 1,
        "subscriptions are numbered without a gap"
    );
    services.subscriptions_count = serial;
    services.subscriptions.push(subscription);
}

/// Something bought for a time is a subscription whose only period is paid.
fn purchase(
    account: &mut Account,
    fact: &PurchaseFact,
    amount: Amount,
    at: Timestamp,
) -> Option<Timestamp> {
    let (serial, until) = (fact.subscription?, fact.ends_at?);
    if fact.extends {
        let found = subscription_mut(account, serial);
        let period = found.period.as_mut().expect("decide found what is extended");
        period.until = until;
        period.paid = period.paid.add_capped(amount);
        return Some(until);
    }
    let fact = SubscriptionFact {
        service: fact.service,
        version: fact.version,
        priority: u16::MAX,
        own_price: None,
        periodic: true,
        subjects: Vec::new(),
        base: fact.base,
    };
    let period = period((at, until), PaymentMode::Prepaid, amount, None);
    let bought = open(serial, &fact, at);
    push(account, Subscription { period: Some(period), ends: true, fresh: false, ..bought });
    Some(until)
}

fn period(
    (from, until): (Timestamp, Timestamp),
    mode: PaymentMode,
    paid: Amount,
    own_price: Option<Price>,
) -> Period {
    Period {
        from,
        until,
        mode,
        paid,
        own_price,
        part_of: None,
        paused_at: None,
        off_micros: 0,
        stood_micros: 0,
        credited: false,
    }
}

fn start_period(
    found: &mut Subscription,
    (version, from, until): (u32, Timestamp, Timestamp),
    extra: Option<&PeriodFact>,
    amount: Amount,
) {
    let (mode, paid) = match extra.is_some_and(|it| it.postpaid) {
        true => (PaymentMode::Postpaid, Amount::ZERO),
        false => (PaymentMode::Prepaid, amount),
    };
    found.version = version;
    found.fresh = false;
    let begun = period((from, until), mode, paid, found.own_price);
    found.period = Some(Period { part_of: extra.and_then(|it| it.part_of), ..begun });
    found.allowance = extra.map_or(0, |it| it.allowance);
    found.allowance_used = 0;
    if let Some(anchored_at) = extra.and_then(|it| it.anchored_at) {
        found.anchored_at = anchored_at;
    }
}

/// Another service takes this one's place; its periods are counted from `at`.
fn become_plan(found: &mut Subscription, plan: NextPlan, at: Timestamp) {
    found.service = plan.service;
    found.version = plan.version;
    found.own_price = plan.own_price;
    found.periodic = plan.periodic;
    found.next_plan = None;
    found.period = None;
    found.fresh = true;
    found.anchored_at = at;
    found.allowance = 0;
    found.allowance_used = 0;
}

fn switched(found: &mut Subscription, switch: &SwitchFact, entry: &Entry) {
    let at = entry.at;
    let off_since = found.switched_at;
    if let Some(period) = &mut found.period {
        if switch.pauses {
            period.paused_at = Some(at);
        }
        // The time before its beginning was not paid for.
        if switch.on && !found.on {
            let since = off_since.max(period.from);
            period.off_micros += at.since(since).max(0);
        }
        if let Some(until) = switch.until {
            period.paused_at = None;
            period.stood_micros += until.since(period.until);
            period.until = until;
        }
    }
    if let (Some(until), true) = (switch.until, switch.on) {
        // Boundaries are counted from the end that has moved.
        found.anchored_at = until;
    }
    if found.on != switch.on || found.told.is_none() {
        found.switched_at = at;
    }
    found.on = switch.on;
    found.stale = false;
    found.told = Some(Told { service: switch.service, version: switch.version });
    found.switched_by = entry.position;
}

fn services_mut(account: &mut Account) -> &mut Services {
    account.services.get_or_insert_default()
}

fn subscription_mut(account: &mut Account, serial: u32) -> &mut Subscription {
    account.subscription_mut(serial).expect("decide found the subscription")
}

/// How the names of the network find their subscriptions.
impl State {
    /// The names that a subscription has before an entry that may change them.
    pub(super) fn subjects_before(
        &self,
        entry: &Entry,
        posting: &Posting,
    ) -> Option<Vec<Box<str>>> {
        let may_change = matches!(
            entry.fact,
            Fact::SubscriptionOpened { .. }
                | Fact::SubscriptionChanged { .. }
                | Fact::SubscriptionClosed { .. }
        );
        let serial = entry.fact.subscription().filter(|_| may_change)?;
        let found = self.account(posting.account).and_then(|it| it.subscription(serial));
        Some(found.map_or_else(Vec::new, |it| it.subjects.clone()))
    }

    pub(super) fn fold_subjects(&mut self, entry: &Entry, before: &[Box<str>]) {
        let (Some(posting), Some(serial)) = (entry.posting, entry.fact.subscription()) else {
            return;
        };
        let id = SubscriptionId { account: posting.account, serial };
        for subject in before {
            self.forget_subject(subject);
        }
        let account = self.account(posting.account);
        let found = account.and_then(|it| it.subscription(serial)).filter(|it| !it.closed);
        let subjects = found.map_or_else(Vec::new, |it| it.subjects.clone());
        for subject in subjects {
            self.learn_subject(subject, id);
        }
    }
}
