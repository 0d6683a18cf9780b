//! Periods of subscriptions: what the next one costs, its beginning and its end.
//!
//! **Invariant:** a fee is computed exactly, as price × part ÷ whole, and rounded once, half to
//! even, to the minor unit of the account's currency.

use std::sync::Arc;

use super::{Draft, out_of_range, posting, uncovered, unmoved};
use crate::fraction::Fraction;
use crate::{
    Account, Amount, Anchor, Balance, BillFact, ClosingFact, ClosingReason, Contra, Conversion,
    ExchangeError, Fact, Item, OffCredit, PaymentMode, Period, PeriodEndFact, PeriodFact,
    Precision, Price, Refusal, Service, State, Subscription, Timestamp, WhileOff, standing,
};

/// A part of a length of time, both in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub part: i64,
    pub whole: i64,
}

impl Part {
    const ALL: Self = Self { part: 1, whole: 1 };
}

/// A fee in the account's currency.
#[derive(Clone, Debug, Default)]
pub(super) struct Fee {
    pub amount: Amount,
    pub conversion: Option<Arc<Conversion>>,
}

/// The period that a subscription can have next.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    item: Arc<Item>,
    from: Timestamp,
    until: Timestamp,
    /// Where boundaries are counted from, when that is new.
    anchored_at: Option<Timestamp>,
    /// When the whole period would have begun of which this is a part, and costs a part.
    part_of: Option<Timestamp>,
    /// Nothing for postpaid: that is charged at the end.
    fee: Fee,
}

impl Opening {
    /// Whether the account can pay for it now.
    pub fn is_covered(&self, account: &Account) -> bool {
        let fee = self.fee.amount;
        let covers = |it: Balance| !it.is_negative() && it >= Balance::credit(fee);
        account.available().is_none_or(covers) && account.balance.checked_debit(fee).is_some()
    }

    pub fn fee(&self) -> Amount {
        self.fee.amount
    }

    pub fn service(&self) -> &Service {
        &self.item.service
    }

    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// The next period of a subscription, and what it costs: one that goes on from the period that
/// has just ended, else one that begins now.
pub(crate) fn opening(
    state: &State,
    account: &Account,
    subscription: &Subscription,
    at: Timestamp,
) -> Result<Opening, Refusal> {
    opening_by_rates_of(state, account, subscription, (at, at))
}

/// As [`opening`], for a period that is decided at one moment and converted at the rates of
/// another.
pub(super) fn opening_by_rates_of(
    state: &State,
    account: &Account,
    subscription: &Subscription,
    (at, rates_at): (Timestamp, Timestamp),
) -> Result<Opening, Refusal> {
    let unknown = || Refusal::ServiceNotFound { service: subscription.service };
    let item = next_version(state, subscription).ok_or_else(unknown)?;
    let service = &item.service;
    let recurring = service.recurring.as_ref().ok_or_else(unknown)?;
    let zone = state.zone_of(account, service);
    let beyond = || out_of_range(account);
    let grid = |origin| recurring.grid(origin, zone);
    let by_day = matches!(recurring.anchor, Anchor::MonthDay(_));
    let anchored_at = subscription.anchored_at;
    let (from, anchored_at) = match subscription.period {
        Some(ended) => (ended.until, None),
        // The first one, or one that has to begin anew wherever that is.
        None if subscription.fresh || service.while_off == WhileOff::Pauses => {
            (at, (anchored_at != at).then_some(at))
        }
        None if service.while_off == WhileOff::Credited => (at, None),
        // Where its periods are other ones by now, one may begin before the last one ended.
        None => {
            let begins = grid(anchored_at).period_at(at).ok_or_else(beyond)?.0;
            (begins.max(subscription.ran_until), None)
        }
    };
    let grid = grid(anchored_at.unwrap_or(subscription.anchored_at));
    let (grid_from, until) = grid.period_at(from).ok_or_else(beyond)?;
    let is_short = grid_from != from;
    // A first period that is short costs less only where the tariff says so.
    let is_whole = !is_short || (subscription.fresh && by_day && !recurring.pro_rata);
    let fee = match service.mode {
        PaymentMode::Postpaid => {
            check_chargeable(state, account, service, rates_at)?;
            Fee::default()
        }
        PaymentMode::Prepaid => {
            let price = subscription.own_price.unwrap_or(recurring.price);
            let part = match is_whole {
                true => Part::ALL,
                false => Part { part: until.since(from), whole: until.since(grid_from) },
            };
            fee(state, account, (price, service), part, rates_at)?
        }
    };
    let part_of = (!is_whole).then_some(grid_from);
    Ok(Opening { item: Arc::clone(item), from, until, anchored_at, part_of, fee })
}

/// The version by which the next period is: the newest, but an own price stays in the currency in
/// which it was agreed.
fn next_version<'a>(state: &'a State, subscription: &Subscription) -> Option<&'a Arc<Item>> {
    let Subscription { service, version, .. } = *subscription;
    let catalogue = state.catalogue();
    let agreed = catalogue.version(service, version).filter(|_| subscription.own_price.is_some());
    match agreed {
        Some(agreed) => catalogue.newest_in(service, agreed.service.currency),
        None => catalogue.newest(service),
    }
}

/// Refuses a period that could not be charged when it ends. A rate that is old will do, as it
/// does then.
fn check_chargeable(
    state: &State,
    account: &Account,
    service: &Service,
    at: Timestamp,
) -> Result<(), Refusal> {
    let (from, to) = (service.currency, account.currency);
    let rates = state.exchange.without_age().rates_between(from, to, at);
    rates.map(|_| ()).map_err(|_| Refusal::NoExchangeRate { from, to, at })
}

/// A price in the account's currency, at the rate of `at`, for a part of a period.
pub(super) fn fee(
    state: &State,
    account: &Account,
    (price, service): (Price, &Service),
    part: Part,
    at: Timestamp,
) -> Result<Fee, Refusal> {
    let beyond = || out_of_range(account);
    let exact = exact_fee(price, part).ok_or_else(beyond)?;
    let (from, to) = (service.currency, account.unit());
    let converted = state.exchange.convert_fraction(exact, from, to, at, Precision::MinorUnits);
    match converted {
        Ok((amount, conversion)) => Ok(Fee { amount, conversion: conversion.map(Arc::new) }),
        Err(ExchangeError::NoRate) => Err(Refusal::NoExchangeRate { from, to: to.currency, at }),
        Err(ExchangeError::OutOfRange) => Err(out_of_range(account)),
    }
}

/// A part of a price, in whole units of its currency.
fn exact_fee(price: Price, part: Part) -> Option<Fraction> {
    let Part { part, whole } = part;
    price.fraction()?.times(part.unsigned_abs().into(), whole.unsigned_abs().into())
}

/// A part of money that was paid, rounded to the minor unit; never more than was paid.
pub(super) fn part_of_paid(account: &Account, paid: Amount, part: Part) -> Amount {
    let Part { part, whole } = part;
    let exact = Fraction::of_amount(paid, account.exponent)
        .and_then(|it| it.times(part.unsigned_abs().into(), whole.unsigned_abs().into()));
    let rounded = exact.and_then(|it| it.to_amount(account.exponent, Precision::MinorUnits));
    // Money that was paid fits; a part of it does, too.
    rounded.map_or(Amount::ZERO, |it| it.min(paid))
}

/// Begins a period and charges for it where it is prepaid.
pub(super) fn start(draft: &mut Draft<'_>, account: &Account, serial: u32, opening: &Opening) {
    let moved = Balance::debit(opening.fee.amount);
    let service = &opening.item.service;
    let posting = posting(account, moved, Contra::Revenue(service.name));
    // A balance that cannot be counted takes no fee: it stays as it is and waits.
    let Ok(posting) = posting else { return };
    let extra = PeriodFact {
        postpaid: service.mode == PaymentMode::Postpaid,
        conversion: opening.fee.conversion.clone(),
        ..began(opening)
    };
    draft.post(account, posting, period_started(serial, opening, extra));
}

/// What every beginning of a period holds beside money.
fn began(opening: &Opening) -> PeriodFact {
    let usage = opening.item.service.usage.as_ref();
    PeriodFact {
        anchored_at: opening.anchored_at,
        part_of: opening.part_of,
        allowance: usage.map_or(0, |it| it.allowance),
        ..PeriodFact::default()
    }
}

fn period_started(serial: u32, opening: &Opening, extra: PeriodFact) -> Fact {
    Fact::PeriodStarted {
        subscription: serial,
        version: opening.item.service.version,
        from: opening.from,
        until: opening.until,
        extra: (extra != PeriodFact::default()).then(|| Arc::new(extra)),
    }
}

/// Does what a subscription's moment has come for.
pub(super) fn fall_due(draft: &mut Draft<'_>, account: &Account, serial: u32) {
    let subscription = account.subscription(serial).expect("the caller found it");
    let at = draft.at;
    let ended = subscription.period.filter(|it| it.paused_at.is_none() && it.until <= at);
    let Some(period) = ended else {
        let fact = Fact::SubscriptionResumed { subscription: serial };
        return draft.post(account, unmoved(account), fact);
    };
    if subscription.ends {
        if credit_time_off(draft, account, subscription, &period) {
            return;
        }
        let why = ClosingReason::Ended;
        let closing = ClosingFact { why, bill: None, conversion: None, overrun: None };
        let fact = Fact::SubscriptionClosed { subscription: serial, closing: Arc::new(closing) };
        return draft.post(account, unmoved(account), fact);
    }
    match period.mode {
        PaymentMode::Prepaid => end_prepaid(draft, account, subscription, &period),
        PaymentMode::Postpaid => end_postpaid(draft, account, subscription, &period),
    }
}

/// Credits a paid period that is over for the time off, once; `false` when there is nothing to.
fn credit_time_off(
    draft: &mut Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    period: &Period,
) -> bool {
    let off_micros = credited_off(draft.state, subscription, period, period.until);
    if off_micros == 0 || period.credited {
        return false;
    }
    let part = Part { part: off_micros, whole: period.until.since(period.from) };
    let back = part_of_paid(account, period.paid, part);
    let contra = Contra::Revenue(subscription.service);
    let Ok(posting) = posting(account, Balance::credit(back), contra) else {
        return false;
    };
    let credit = OffCredit { off_micros };
    let fact = Fact::PeriodCredited { subscription: subscription.serial, credit };
    draft.post(account, posting, fact);
    true
}

/// Credits the time off, then goes on with the next period if it can be paid, else ends.
fn end_prepaid(
    draft: &mut Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    period: &Period,
) {
    let serial = subscription.serial;
    if credit_time_off(draft, account, subscription, period) {
        return;
    }
    match continuation(draft, account, subscription) {
        Some(opening) if opening.is_covered(account) => start(draft, account, serial, &opening),
        _ => {
            let fact = Fact::PeriodEnded { subscription: serial, extra: None };
            draft.post(account, unmoved(account), fact);
        }
    }
}

/// Charges the period that has ended, and goes on with the next where nothing is in the way.
fn end_postpaid(
    draft: &mut Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    period: &Period,
) {
    let serial = subscription.serial;
    let fee = postpaid_fee(draft.state, account, subscription, period.until);
    let contra = Contra::Revenue(subscription.service);
    let charged = posting(account, Balance::debit(fee.amount), contra);
    // What cannot be counted any more is not charged; the period ends all the same.
    let (posting, fee) = match charged {
        Ok(posting) => (posting, fee),
        Err(_) => (unmoved(account), Fee::default()),
    };
    let overrun = uncovered(account.available(), fee.amount);
    let overrun = (!overrun.is_zero()).then_some(overrun);
    let bill = bill(draft, account, subscription, posting.balance);
    let opening = continuation(draft, account, subscription)
        .filter(|_| subscription.on && posting.available().is_none_or(|it| !it.is_negative()));
    let fact = match opening {
        Some(opening) => {
            let extra = PeriodFact {
                charged_since: Some(period.from),
                postpaid: true,
                bill,
                conversion: fee.conversion,
                overrun,
                ..began(&opening)
            };
            period_started(serial, &opening, extra)
        }
        None => {
            let extra = PeriodEndFact { bill, conversion: fee.conversion, overrun };
            let extra = (extra != PeriodEndFact::default()).then(|| Arc::new(extra));
            Fact::PeriodEnded { subscription: serial, extra }
        }
    };
    draft.post(account, posting, fact);
}

/// The period that follows at once; none when the plan changes, or the subscription is suspended,
/// or what it modifies is off, or the account's money keeps everything off.
fn continuation(
    draft: &Draft<'_>,
    account: &Account,
    subscription: &Subscription,
) -> Option<Opening> {
    let period = subscription.period?;
    let has_base = |base: u32| {
        let base = account.subscription(base);
        base.is_some_and(|it| standing(account, it, draft.at).is_ok())
    };
    let goes_on = subscription.suspended.is_none()
        && subscription.base.is_none_or(has_base)
        && !subscription.closed
        && subscription.next_plan.is_none()
        && !account.is_overdue(draft.at);
    if !goes_on || account.closed {
        return None;
    }
    let next = opening(draft.state, account, subscription, draft.at).ok()?;
    (next.item.service.mode == period.mode).then_some(next)
}

/// What a postpaid period comes to until `end`, at the price of its version.
pub(super) fn postpaid_fee(
    state: &State,
    account: &Account,
    subscription: &Subscription,
    end: Timestamp,
) -> Fee {
    let item = state.catalogue().version(subscription.service, subscription.version);
    let (Some(item), Some(period)) = (item, subscription.period) else {
        return Fee::default();
    };
    let service = &item.service;
    let Some(recurring) = &service.recurring else {
        return Fee::default();
    };
    let off = match service.while_off {
        WhileOff::RunsOn => 0,
        WhileOff::Pauses | WhileOff::Credited => off_micros(subscription, &period, end),
    };
    // A period that stood still is as much longer as it stood.
    let whole = period.until.since(period.part_of.unwrap_or(period.from));
    let whole = whole.checked_sub(period.stood_micros).map_or(1, |it| it.max(1));
    let used = end.since(period.from).max(0);
    let part = Part { part: used.checked_sub(off).map_or(0, |it| it.max(0)), whole };
    let price = period.own_price.unwrap_or(recurring.price);
    let charged = fee(state, account, (price, service), part, end);
    // A rate was there when it was opened: an old one is better than none for what was used.
    let charged = charged.or_else(|_| {
        let aged = state.exchange.without_age();
        let exact = exact_fee(price, part).ok_or_else(|| out_of_range(account))?;
        let unit = account.unit();
        let converted =
            aged.convert_fraction(exact, service.currency, unit, end, Precision::MinorUnits);
        let converted = converted.map_err(|_| out_of_range(account))?;
        Ok::<_, Refusal>(Fee { amount: converted.0, conversion: converted.1.map(Arc::new) })
    });
    charged.unwrap_or_default()
}

/// When the charge for a period has to be paid, where something is owed and the service says so.
fn bill(
    draft: &Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    balance: Balance,
) -> Option<BillFact> {
    let catalogue = draft.state.catalogue();
    let item = catalogue.version(subscription.service, subscription.version)?;
    let rule = item.service.due.filter(|_| balance.is_negative() && !account.closed)?;
    let calendar = &draft.state.settings.calendar;
    let due_at = calendar.due_at(draft.at, rule.days, rule.skip)?;
    let block_at = calendar.due_at(due_at, rule.grace_days, rule.skip)?;
    Some(BillFact { due_at, block_at })
}

/// As [`bill`], for what is charged before the period is over. Services go off for it on another
/// day at the earliest: nobody loses one by closing or changing it.
pub(super) fn last_bill(
    draft: &Draft<'_>,
    account: &Account,
    subscription: &Subscription,
    balance: Balance,
) -> Option<BillFact> {
    let bill = bill(draft, account, subscription, balance)?;
    let item = draft.state.catalogue().version(subscription.service, subscription.version)?;
    let skip = item.service.due?.skip;
    let next_day = draft.state.settings.calendar.due_at(draft.at, 1, skip)?;
    Some(BillFact { block_at: bill.block_at.max(next_day), ..bill })
}

/// Notes that the earliest bill was not paid within its grace days.
pub(super) fn fall_overdue(draft: &mut Draft<'_>, account: &Account) {
    let open = account.bills().iter().filter(|it| !it.overdue);
    let bill = open.min_by_key(|it| it.block_at).expect("the caller found it");
    let debts = account.debts.iter().filter(|it| it.day <= bill.day);
    let owed = debts.fold(Amount::ZERO, |sum, it| sum.add_capped(it.amount));
    let fact = Fact::BillOverdue { due_at: bill.due_at, owed };
    draft.post(account, unmoved(account), fact);
}

/// Microseconds of a period until `end` that the service was off.
pub(super) fn off_micros(subscription: &Subscription, period: &Period, end: Timestamp) -> i64 {
    let now_off = match subscription.on {
        true => 0,
        false => end.since(subscription.switched_at.max(period.from)).max(0),
    };
    period.off_micros.checked_add(now_off).map_or(i64::MAX, |it| it)
}

/// [`off_micros`] where the service credits them.
pub(super) fn credited_off(
    state: &State,
    subscription: &Subscription,
    period: &Period,
    end: Timestamp,
) -> i64 {
    let item = state.catalogue().version(subscription.service, subscription.version);
    match item.map(|it| it.service.while_off) {
        Some(WhileOff::Credited) => off_micros(subscription, period, end),
        _ => 0,
    }
}
