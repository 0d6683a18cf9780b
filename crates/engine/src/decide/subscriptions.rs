//! Services and subscriptions: what is sold, who has it, and switching it.

use std::sync::Arc;

use super::periods::{Part, credited_off, part_of_paid, postpaid_fee};
use super::{Draft, check_funds, check_open, periods, posting, uncovered, unmoved};
use crate::{
    Account, Amount, Answer, Balance, ChangePlan, ClosingFact, ClosingReason, Contra, Fact, Item,
    Name, OpenSubscription, PaymentMode, PlanChange, Purchase, PurchaseFact, Refund, Refusal,
    Service, ServiceKind, Subscription, SubscriptionChange, SubscriptionFact, SubscriptionId,
    Suspender, SuspensionFact, TariffFault, Timestamp, When, WhileOff, standing,
};

/// Sets the next version of a service. What it is sold as never changes: only prices, titles and
/// the like.
pub(super) fn set_service(
    draft: &mut Draft<'_>,
    service: &Arc<Service>,
) -> Result<Answer, Refusal> {
    if let Err(fault) = service.check() {
        let TariffFault { place, what, remedy } = fault;
        return Err(Refusal::ServiceInvalid { place, what, remedy });
    }
    let before = draft.state.catalogue().newest(service.name).map(|it| &it.service);
    if let Some(before) = before {
        let kinds = [
            ("recurring", before.recurring.is_some(), service.recurring.is_some()),
            ("usage", before.usage.is_some(), service.usage.is_some()),
            ("one_time", before.one_time.is_some(), service.one_time.is_some()),
        ];
        if let Some((place, ..)) = kinds.iter().find(|(_, before, after)| before != after) {
            return Err(Refusal::ServiceInvalid {
                place: (*place).into(),
                what: "comes or goes between two versions".into(),
                remedy: "make it another service".into(),
            });
        }
    }
    let version = before.map_or(0, |it| it.version) + 1;
    let service = Service { version, ..Service::clone(service) };
    draft.push(None, None, Fact::ServiceSet(Arc::new(service)));
    Ok(Answer::Done)
}

/// Opens a subscription. Its first period begins at once if it can be paid, else it waits.
pub(super) fn open(draft: &mut Draft<'_>, open: &OpenSubscription) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&open.account)?;
    let item = find_service(draft, open.service)?;
    if let Some(base) = open.base {
        find(draft, account.subscription_id(base))?;
    }
    check_open(account)?;
    check_sold(&item.service)?;
    check_subscribable(&item.service)?;
    check_base(account, open.base)?;
    check_subjects(draft, &open.subjects, None)?;
    check_rate(draft, account, &item.service)?;
    let fact = SubscriptionFact {
        service: open.service,
        version: item.service.version,
        priority: open.priority,
        own_price: open.own_price,
        periodic: item.service.recurring.is_some(),
        subjects: open.subjects.clone(),
        base: open.base,
    };
    let subscription = next_serial(account);
    let fact = Fact::SubscriptionOpened { subscription, fact: Arc::new(fact) };
    draft.post(account, unmoved(account), fact);
    Ok(Answer::Done)
}

pub(super) fn change(
    draft: &mut Draft<'_>,
    id: SubscriptionId,
    change: &Arc<SubscriptionChange>,
) -> Result<Answer, Refusal> {
    let (account, subscription) = find(draft, id)?;
    check_open(account)?;
    if let Some(subjects) = &change.subjects {
        check_subjects(draft, subjects, Some(id))?;
    }
    let change = Arc::clone(change);
    let fact = Fact::SubscriptionChanged { subscription: subscription.serial, change };
    draft.post(account, unmoved(account), fact);
    Ok(Answer::Done)
}

pub(super) fn suspend(
    draft: &mut Draft<'_>,
    id: SubscriptionId,
    by: Suspender,
    until: Option<Timestamp>,
) -> Result<Answer, Refusal> {
    let (account, subscription) = find(draft, id)?;
    check_open(account)?;
    // Staff may take over what the customer suspended.
    let takes_over = subscription.suspended.is_none_or(|it| by != it.by && by == Suspender::Staff);
    if !takes_over {
        let suspended = true;
        return Err(Refusal::SubscriptionSuspended { subscription: name(id), suspended });
    }
    if let Some(until) = until.filter(|it| *it <= draft.at) {
        return Err(Refusal::SuspensionEndsInPast { until, now: draft.at });
    }
    let suspension = Arc::new(SuspensionFact { by, until });
    let fact = Fact::SubscriptionSuspended { subscription: subscription.serial, suspension };
    draft.post(account, unmoved(account), fact);
    Ok(Answer::Done)
}

pub(super) fn resume(
    draft: &mut Draft<'_>,
    id: SubscriptionId,
    by: Suspender,
) -> Result<Answer, Refusal> {
    let (account, subscription) = find(draft, id)?;
    check_open(account)?;
    let Some(suspension) = subscription.suspended else {
        let suspended = false;
        return Err(Refusal::SubscriptionSuspended { subscription: name(id), suspended });
    };
    if suspension.by == Suspender::Staff && by == Suspender::Customer {
        return Err(Refusal::SuspendedByStaff { subscription: name(id) });
    }
    let fact = Fact::SubscriptionResumed { subscription: subscription.serial };
    draft.post(account, unmoved(account), fact);
    Ok(Answer::Done)
}

/// Closes a subscription: what was paid and not used goes back where that is agreed, what was
/// used and not paid is charged.
pub(super) fn close(
    draft: &mut Draft<'_>,
    id: SubscriptionId,
    refund: Refund,
) -> Result<Answer, Refusal> {
    let (account, subscription) = find(draft, id)?;
    let refunds = match refund {
        Refund::AsService => refunds_unused(draft, subscription),
        Refund::Unused => true,
        Refund::Nothing => false,
    };
    let end = end_of_period(draft, account, subscription, refunds)?;
    post_closing(draft, account, subscription, end, ClosingReason::Closed);
    Ok(Answer::Done)
}

/// Closes what modified a subscription that is closed.
pub(super) fn close_with_base(draft: &mut Draft<'_>, account: &Account, serial: u32) {
    let subscription = account.subscription(serial).expect("the caller found it");
    let refunds = refunds_unused(draft, subscription);
    let end = end_of_period(draft, account, subscription, refunds);
    // What cannot be counted any more does not move; it is closed all the same.
    let end = end.unwrap_or_else(|_| PeriodEnd::nothing(account));
    post_closing(draft, account, subscription, end, ClosingReason::BaseClosed);
}

fn post_closing(
    draft: &mut Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    end: PeriodEnd,
    why: ClosingReason,
) {
    let PeriodEnd { posting, bill, conversion, overrun } = end;
    let closing = ClosingFact { why, bill, conversion, overrun };
    let fact =
        Fact::SubscriptionClosed { subscription: subscription.serial, closing: Arc::new(closing) };
    draft.post(account, posting, fact);
}

/// Puts another service in the place of the present one. At once, it has to be affordable with
/// what goes back of the present period: nobody loses a service by changing it.
pub(super) fn change_plan(draft: &mut Draft<'_>, change: &ChangePlan) -> Result<Answer, Refusal> {
    let (account, subscription) = find(draft, change.subscription)?;
    let item = find_service(draft, change.service)?;
    check_open(account)?;
    check_sold(&item.service)?;
    check_subscribable(&item.service)?;
    if subscription.ends {
        let needed = ServiceKind::Subscribable;
        return Err(Refusal::ServiceUnfit { service: subscription.service, needed });
    }
    if let Some(promise) = account.promises().iter().find(|it| it.is_open() && it.holds_plan) {
        return Err(Refusal::PlanHeld { until: promise.until });
    }
    check_rate(draft, account, &item.service)?;
    let periodic = item.service.recurring.is_some();
    let plan = PlanChange {
        from: subscription.service,
        to: change.service,
        version: item.service.version,
        periodic,
        own_price: change.own_price,
        at_period_end: change.when == When::AtPeriodEnd && subscription.period.is_some(),
        bill: None,
        conversion: None,
        overrun: None,
    };
    let serial = subscription.serial;
    if plan.at_period_end {
        let fact = Fact::PlanChanged { subscription: serial, change: Arc::new(plan) };
        draft.post(account, unmoved(account), fact);
        return Ok(Answer::Done);
    }
    let end = end_of_period(draft, account, subscription, true)?;
    if subscription.on {
        // As it will be when its first period begins.
        let mut after = account.clone();
        after.balance = end.posting.balance;
        let mut changed = subscription.clone();
        (changed.service, changed.version) = (change.service, item.service.version);
        changed.own_price = change.own_price;
        (changed.period, changed.fresh, changed.anchored_at) = (None, true, draft.at);
        let fee = match periodic {
            true => periods::opening(draft.state, &after, &changed, draft.at)?.fee(),
            false => Amount::ZERO,
        };
        check_funds(&after, fee)?;
    }
    let PeriodEnd { posting, bill, conversion, overrun } = end;
    let plan = PlanChange { bill, conversion, overrun, ..plan };
    let fact = Fact::PlanChanged { subscription: serial, change: Arc::new(plan) };
    draft.post(account, posting, fact);
    Ok(Answer::Done)
}

/// Sells a film, a turbo button: charged now, on at once, off at its end.
pub(super) fn purchase(draft: &mut Draft<'_>, purchase: &Purchase) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&purchase.account)?;
    let item = find_service(draft, purchase.service)?;
    if let Some(base) = purchase.base {
        find(draft, account.subscription_id(base))?;
    }
    check_open(account)?;
    let service = &item.service;
    check_sold(service)?;
    let Some(one_time) = &service.one_time else {
        let needed = ServiceKind::OneTime;
        return Err(Refusal::ServiceUnfit { service: service.name, needed });
    };
    check_base(account, purchase.base)?;
    if let Some(base) = purchase.base.and_then(|it| account.subscription(it))
        && let Err(why) = standing(account, base, draft.at)
    {
        let subscription = name(account.subscription_id(base.serial));
        return Err(Refusal::SubscriptionOff { subscription, why });
    }
    let fee = periods::fee(
        draft.state,
        account,
        (one_time.price, service),
        Part { part: 1, whole: 1 },
        draft.at,
    )?;
    let posting = posting(account, Balance::debit(fee.amount), Contra::Revenue(service.name))?;
    check_funds(account, fee.amount)?;
    let duration = one_time.duration_seconds.map(|it| i64::from(it) * 1_000_000);
    // A button pressed again while it works goes on longer.
    let running = account.subscriptions().iter().find(|it| {
        let same = it.service == service.name && it.base == purchase.base;
        same && it.ends && !it.closed && it.has_period(draft.at)
    });
    let running = running.filter(|_| duration.is_some() && purchase.item.is_none());
    let from = running.and_then(|it| it.period).map_or(draft.at, |it| it.until);
    let serial = running.map_or_else(|| next_serial(account), |it| it.serial);
    let fact = PurchaseFact {
        service: service.name,
        version: service.version,
        subscription: duration.map(|_| serial),
        ends_at: duration.map(|it| from.plus(it)),
        extends: running.is_some(),
        base: purchase.base,
        item: purchase.item.clone(),
        conversion: fee.conversion,
    };
    draft.post(account, posting, Fact::Purchased(Arc::new(fact)));
    Ok(Answer::Done)
}

/// What the end of a period does to the account.
struct PeriodEnd {
    posting: crate::Posting,
    bill: Option<crate::BillFact>,
    conversion: Option<Arc<crate::Conversion>>,
    overrun: Option<Amount>,
}

impl PeriodEnd {
    fn nothing(account: &Account) -> Self {
        Self { posting: unmoved(account), bill: None, conversion: None, overrun: None }
    }
}

/// Ends the running period now: the unused part of a paid one goes back where it `refunds`, the
/// used part of a postpaid one is charged and billed.
fn end_of_period(
    draft: &Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    refunds: bool,
) -> Result<PeriodEnd, Refusal> {
    let nothing = PeriodEnd::nothing(account);
    let contra = Contra::Revenue(subscription.service);
    let Some(period) = subscription.period.filter(|_| !subscription.closed) else {
        return Ok(nothing);
    };
    let at = draft.at;
    match period.mode {
        PaymentMode::Prepaid if refunds => {
            // While it stands still nothing of it is used.
            let now = period.paused_at.unwrap_or(at);
            let unused = period.until.since(now.max(period.from)).max(0);
            let off = credited_off(draft.state, subscription, &period, at);
            // A period that stood still is as much longer as it stood.
            let whole = period
                .until
                .since(period.from)
                .checked_sub(period.stood_micros)
                .unwrap_or(1)
                .max(1);
            let part = unused.checked_add(off).map_or(whole, |it| it.min(whole));
            let back = part_of_paid(account, period.paid, Part { part, whole });
            let posting = posting(account, Balance::credit(back), contra)?;
            Ok(PeriodEnd { posting, ..nothing })
        }
        PaymentMode::Prepaid => Ok(nothing),
        PaymentMode::Postpaid => {
            let end = at.min(period.end(at));
            let fee = postpaid_fee(draft.state, account, subscription, end);
            let posting = posting(account, Balance::debit(fee.amount), contra)?;
            let overrun = uncovered(account.available(), fee.amount);
            let overrun = (!overrun.is_zero()).then_some(overrun);
            let bill = match fee.amount.is_zero() {
                true => None,
                false => periods::last_bill(draft, account, subscription, posting.balance),
            };
            Ok(PeriodEnd { posting, bill, conversion: fee.conversion, overrun })
        }
    }
}

pub(super) fn find<'a>(
    draft: &Draft<'a>,
    id: SubscriptionId,
) -> Result<(&'a Account, &'a Subscription), Refusal> {
    let account = draft.state.account(id.account);
    let found = account.and_then(|account| {
        let subscription = account.subscription(id.serial).filter(|it| !it.closed)?;
        Some((account, subscription))
    });
    found.ok_or_else(|| Refusal::SubscriptionNotFound { subscription: name(id) })
}

/// A subscription's id as people write it.
pub(super) fn name(id: SubscriptionId) -> String {
    format!("sub_{}-{}", id.account.0, id.serial)
}

fn next_serial(account: &Account) -> u32 {
    account.services.as_deref().map_or(0, |it| it.subscriptions_count) + 1
}

fn find_service<'a>(draft: &Draft<'a>, service: Name) -> Result<&'a Arc<Item>, Refusal> {
    draft.state.catalogue().newest(service).ok_or(Refusal::ServiceNotFound { service })
}

fn version_of<'a>(draft: &Draft<'a>, subscription: &Subscription) -> Option<&'a Arc<Item>> {
    draft.state.catalogue().version(subscription.service, subscription.version)
}

fn refunds_unused(draft: &Draft<'_>, subscription: &Subscription) -> bool {
    version_of(draft, subscription).is_some_and(|it| it.service.refunds_unused)
}

/// Whether the running period stands still while the service is off.
pub(super) fn pauses(draft: &Draft<'_>, subscription: &Subscription) -> bool {
    let item = version_of(draft, subscription);
    item.is_some_and(|it| it.service.while_off == WhileOff::Pauses)
}

fn check_sold(service: &Service) -> Result<(), Refusal> {
    match service.withdrawn {
        true => Err(Refusal::ServiceWithdrawn { service: service.name }),
        false => Ok(()),
    }
}

fn check_subscribable(service: &Service) -> Result<(), Refusal> {
    match service.one_time {
        Some(_) => {
            let needed = ServiceKind::Subscribable;
            Err(Refusal::ServiceUnfit { service: service.name, needed })
        }
        None => Ok(()),
    }
}

/// What is modified stands by itself: there are no chains.
fn check_base(account: &Account, base: Option<u32>) -> Result<(), Refusal> {
    let base = base.and_then(|it| account.subscription(it));
    match base.filter(|it| it.base.is_some() || it.ends) {
        Some(base) => {
            let needed = ServiceKind::Base;
            Err(Refusal::ServiceUnfit { service: base.service, needed })
        }
        None => Ok(()),
    }
}

fn check_subjects(
    draft: &Draft<'_>,
    subjects: &[Box<str>],
    own: Option<SubscriptionId>,
) -> Result<(), Refusal> {
    for (place, subject) in subjects.iter().enumerate() {
        let taken = draft.state.subject(subject).filter(|it| Some(*it) != own);
        let twice = subjects.iter().take(place).any(|it| it == subject);
        let by = taken.or(own.filter(|_| twice));
        if taken.is_some() || twice {
            let subscription = by.map_or_else(|| "this one".to_owned(), name);
            return Err(Refusal::SubjectTaken { subject: subject.to_string(), subscription });
        }
    }
    Ok(())
}

/// What is charged later has to be convertible: there is a rate now.
fn check_rate(draft: &Draft<'_>, account: &Account, service: &Service) -> Result<(), Refusal> {
    let (from, to, at) = (service.currency, account.currency, draft.at);
    match draft.state.exchange.rates_between(from, to, at) {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::NoExchangeRate { from, to, at }),
    }
}
