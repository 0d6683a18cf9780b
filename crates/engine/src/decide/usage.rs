//! Authorising and settling use by units: seconds of a call, bytes, events.
//!
//! **Invariant:** a session is priced from its total use and rounded once; each settlement charges
//! that price less what was charged before. Units of the allowance and money are held alike:
//! neither is granted twice.

use std::sync::Arc;

use super::sessions::{find, name as reservation_name, repeat};
use super::{Draft, check_open, insufficient, out_of_range, posting, subscriptions, unmoved};
use crate::fraction::Fraction;
use crate::{
    Account, Amount, Answer, AskUse, AuthoriseUse, Balance, Contra, Conversion, ExchangeRate, Fact,
    Grant, Item, Meter, Metered, Next, Phase, Posting, Precision, Refusal, RefusedFact, Service,
    ServiceKind, Session, SessionFact, SessionUsage, SettleUse, SettlementFact, Subscription,
    ThenUse, Timestamp, UsageFact, UsageUnit, UseGrant, Used, UsedFact, Whom, available,
    convert_by, standing,
};

pub(super) fn authorise(
    draft: &mut Draft<'_>,
    authorise: &AuthoriseUse,
) -> Result<Answer, Refusal> {
    let account = resolve(draft, &authorise.whom)?;
    let known =
        account.session_by_key(authorise.session).filter(|it| !it.phase.is_forgotten(draft.at));
    let request = authorise.request;
    if let Some(repeat) = known.and_then(|it| repeat(account, it, request)) {
        return Ok(repeat);
    }
    let subscription = find_subscription(draft, account, authorise)?;
    check_open(account)?;
    let continued = known.filter(|_| request > 0);
    if let Some(session) = known {
        let reservation = reservation_name(account, session.serial);
        match session.phase {
            Phase::Open { .. } if request == 0 => {
                return Err(Refusal::SessionOpen { reservation });
            }
            Phase::Ended { .. } if request > 0 => {
                return Err(Refusal::SessionEnded { reservation });
            }
            _ => {}
        }
    }
    let serial = continued.map_or(account.sessions_count + 1, |it| it.serial);
    let own_hold = continued.map_or(Amount::ZERO, |it| it.held);
    let others = account.held.checked_sub(own_hold).expect("held is the sum of the holds");
    let answer = begin(draft, account, subscription, authorise, continued).and_then(|begun| {
        let place = Place { balance: account.balance, others, serial };
        let sized = begun.meter(draft, account).size(draft, place, &begun.so_far, authorise.ask)?;
        let held = others.checked_add(sized.grant.amount).ok_or_else(|| out_of_range(account))?;
        Ok((begun, sized, held))
    });
    let mut fact = SessionFact {
        key: authorise.session,
        session: Arc::clone(&authorise.session_text),
        service: subscription.service,
        requested: Amount::ZERO,
        minimum: Amount::ZERO,
        usage: None,
    };
    match answer {
        Ok((begun, sized, held)) => {
            fact.requested = sized.grant.amount;
            fact.usage = Some(UsageFact {
                subscription: subscription.serial,
                version: begun.item.service.version,
                rate: begun.rate,
                destination: authorise.destination.clone(),
                rates: begun.rates,
                grant: sized.units,
            });
            let session = Arc::new(fact);
            let fact = Fact::Authorised { serial, request, grant: sized.grant, session };
            draft.post(account, Posting { held, ..unmoved(account) }, fact);
            Ok(Answer::Done)
        }
        // What cannot be repeated by number needs no memory.
        Err(refusal) if request == 0 => Err(refusal),
        Err(refusal) => {
            let forget_at = draft.at.plus(draft.state.settings.session_memory);
            let refused = Arc::new(RefusedFact { session: fact, refusal, forget_at });
            draft.post(account, unmoved(account), Fact::Refused { serial, request, refused });
            Ok(Answer::Done)
        }
    }
}

pub(super) fn settle(draft: &mut Draft<'_>, settle: &SettleUse) -> Result<Answer, Refusal> {
    let (account, session) = find(draft, settle.reservation)?;
    if let Some(repeat) = repeat(account, session, settle.request) {
        return Ok(repeat);
    }
    let Some(usage) = session.usage.as_deref() else {
        let needed = ServiceKind::Metered;
        return Err(Refusal::ServiceUnfit { service: session.service, needed });
    };
    // Use that is reported after the hold has expired has really happened.
    if matches!(session.phase, Phase::Ended { .. } | Phase::Refused { .. }) {
        let reservation = reservation_name(account, session.serial);
        return Err(Refusal::SessionEnded { reservation });
    }
    let total = total_use(account, usage, settle.used)?;
    let begun = begun(draft, account, session, usage)?;
    let rated = begun.meter(draft, account);
    let place = Place {
        balance: account.balance,
        others: account.held.checked_sub(session.held).expect("held is the sum of the holds"),
        serial: session.serial,
    };
    let free = rated.free(place);
    let after = rated.meter.after(&usage.metered, total, free, usage.granted_at);
    let after = after.ok_or_else(|| out_of_range(account))?;
    let charged = rated.price(&after)?;
    let used = charged.checked_sub(session.charged).unwrap_or_default();
    let moved = posting(account, Balance::debit(used), Contra::Revenue(session.service))?;
    let overrun = used.excess_over(session.held);
    let (parts, drawn) = after.since(&usage.metered);
    let mut extra = SettlementFact {
        overrun: (!overrun.is_zero()).then_some(overrun),
        used: Some(UsedFact { total, billed: after.billed, free: drawn, parts, grant: None }),
        conversion: rated.conversion(&usage.metered, &after)?,
        ..SettlementFact::default()
    };
    let (next, kept) = match settle.then {
        ThenUse::End => {
            let forget_at = draft.at.plus(draft.state.settings.session_memory);
            (Next::Final { forget_at }, Amount::ZERO)
        }
        ThenUse::Keep => {
            let held = session.held.excess_over(used);
            (Next::Kept { held }, held)
        }
        ThenUse::Ask(ask) => {
            let so_far = SoFar { metered: after.clone(), charged, drawn };
            let place = Place { balance: moved.balance, ..place };
            match rated.next(draft, place, &so_far, ask) {
                Ok(sized) => {
                    extra.set_grant(sized.units);
                    (Next::Granted(sized.grant), sized.grant.amount)
                }
                Err(refusal) => {
                    extra.refusal = Some(refusal);
                    (Next::Refused, Amount::ZERO)
                }
            }
        }
    };
    let held = place.others.checked_add(kept).ok_or_else(|| out_of_range(account))?;
    let fact = Fact::Settled {
        serial: session.serial,
        request: settle.request,
        next,
        extra: Some(Arc::new(extra)),
    };
    draft.post(account, Posting { held, ..moved }, fact);
    Ok(Answer::Done)
}

/// Reported use since the session began; it never goes back.
fn total_use(account: &Account, usage: &SessionUsage, used: Used) -> Result<u64, Refusal> {
    let before = usage.metered.total;
    match used {
        Used::Total(total) if total < before => {
            Err(Refusal::UseWentBack { before, reported: total })
        }
        Used::Total(total) => Ok(total),
        Used::More(more) => before.checked_add(more).ok_or_else(|| out_of_range(account)),
    }
}

fn resolve<'a>(draft: &Draft<'a>, whom: &Whom) -> Result<&'a Account, Refusal> {
    let id = match whom {
        Whom::Account(account) => return draft.state.resolve(account),
        Whom::Subscription(id) => Some(*id),
        Whom::Subject(subject) => draft.state.subject(subject),
    };
    let unknown = || match whom {
        Whom::Subject(subject) => {
            Refusal::SubscriptionNotFound { subscription: subject.to_string() }
        }
        _ => Refusal::SubscriptionNotFound {
            subscription: id.map_or_else(String::new, subscriptions::name),
        },
    };
    id.and_then(|it| draft.state.account(it.account)).ok_or_else(unknown)
}

/// The subscription that is used: the one that was named, or the account's most important one of
/// the service that was named.
fn find_subscription<'a>(
    draft: &Draft<'a>,
    account: &'a Account,
    authorise: &AuthoriseUse,
) -> Result<&'a Subscription, Refusal> {
    let named = match &authorise.whom {
        Whom::Account(_) => None,
        Whom::Subscription(id) => Some(*id),
        Whom::Subject(subject) => draft.state.subject(subject),
    };
    let named = named.map(|it| subscriptions::find(draft, it)).transpose()?;
    match (named.map(|it| it.1), authorise.service) {
        (Some(named), None) => Ok(named),
        (Some(named), Some(service)) if named.service == service => Ok(named),
        (_, Some(service)) => {
            let open = account.subscriptions().iter().filter(|it| !it.closed);
            let those = open.filter(|it| it.service == service);
            let unknown = || Refusal::SubscriptionNotFound {
                subscription: format!("{service} of acc_{}", account.id.0),
            };
            those.min_by_key(|it| (it.priority, it.serial)).ok_or_else(unknown)
        }
        (None, None) => Err(Refusal::SubscriptionNotFound {
            subscription: format!("acc_{} without a service", account.id.0),
        }),
    }
}

/// What a session is priced by, and what it has used.
struct Begun<'a> {
    item: &'a Arc<Item>,
    subscription: Option<&'a Subscription>,
    rate: u32,
    rates: Vec<ExchangeRate>,
    so_far: SoFar,
}

#[derive(Clone, Debug)]
struct SoFar {
    metered: Metered,
    charged: Amount,
    /// Units of the allowance that a settlement has drawn and that are not folded yet.
    drawn: u64,
}

/// Where the account stands while a session is sized.
#[derive(Clone, Copy)]
struct Place {
    balance: Balance,
    others: Amount,
    serial: u32,
}

/// Finds the tariff of a session that begins or goes on.
fn begin<'a>(
    draft: &Draft<'a>,
    account: &'a Account,
    subscription: &'a Subscription,
    authorise: &AuthoriseUse,
    continued: Option<&'a Session>,
) -> Result<Begun<'a>, Refusal> {
    let off = |why| Refusal::SubscriptionOff {
        subscription: subscriptions::name(account.subscription_id(subscription.serial)),
        why,
    };
    if let Some((session, usage)) = continued.and_then(|it| Some((it, it.usage.as_deref()?))) {
        standing(account, subscription, draft.at).map_err(off)?;
        return begun(draft, account, session, usage);
    }
    let service = subscription.service;
    let catalogue = draft.state.catalogue();
    // Without periods there is no other moment at which a new price could begin.
    let item = match subscription.periodic {
        true => catalogue.version(service, subscription.version),
        false => catalogue.newest(service),
    };
    let item = item.ok_or(Refusal::ServiceNotFound { service })?;
    if item.service.usage.is_none() {
        let needed = ServiceKind::Metered;
        return Err(Refusal::ServiceUnfit { service, needed });
    }
    let destination = authorise.destination.as_deref();
    let rate = item.destinations.as_ref().and_then(|it| it.rate(destination));
    let rate = rate.ok_or_else(|| {
        let destination = destination.unwrap_or_default().to_owned();
        Refusal::DestinationNotServed { destination }
    })?;
    standing(account, subscription, draft.at).map_err(off)?;
    let (from, to, at) = (item.service.currency, account.currency, draft.at);
    let rates = draft.state.exchange.rates_between(from, to, at);
    let rates = rates.map_err(|_| Refusal::NoExchangeRate { from, to, at })?;
    let so_far = SoFar { metered: Metered::new(at), charged: Amount::ZERO, drawn: 0 };
    let rate = u32::try_from(rate).expect("a tariff has few rates");
    Ok(Begun { item, subscription: Some(subscription), rate, rates, so_far })
}

/// The tariff of a session that has begun.
fn begun<'a>(
    draft: &Draft<'a>,
    account: &'a Account,
    session: &Session,
    usage: &SessionUsage,
) -> Result<Begun<'a>, Refusal> {
    let service = session.service;
    let item = draft.state.catalogue().version(service, usage.version);
    let item = item.ok_or(Refusal::ServiceNotFound { service })?;
    let so_far = SoFar { metered: usage.metered.clone(), charged: session.charged, drawn: 0 };
    Ok(Begun {
        item,
        subscription: account.subscription(usage.subscription),
        rate: usage.rate,
        rates: usage.rates.clone(),
        so_far,
    })
}

impl<'a> Begun<'a> {
    fn meter<'b>(&'b self, draft: &'b Draft<'_>, account: &'b Account) -> Rated<'b> {
        let service = &self.item.service;
        let usage = service.usage.as_ref().expect("begun by a service that has use");
        let place = usize::try_from(self.rate).expect("a place fits");
        let meter = Meter {
            usage,
            rate: usage.rates.get(place).expect("a version keeps its rates"),
            calendar: &draft.state.settings.calendar,
            zone: draft.state.zone_of(account, service),
        };
        Rated { meter, service, account, subscription: self.subscription, rates: &self.rates }
    }
}

/// A tariff at work on an account.
struct Rated<'a> {
    meter: Meter<'a>,
    service: &'a Service,
    account: &'a Account,
    subscription: Option<&'a Subscription>,
    rates: &'a [ExchangeRate],
}

/// A grant in money and in units.
struct Sized {
    grant: Grant,
    units: UseGrant,
}

impl Rated<'_> {
    /// Free units that this session may have, those that it holds among them.
    fn free(&self, place: Place) -> u64 {
        let left = |it| self.account.allowance_left(it, Some(place.serial));
        self.subscription.map_or(0, left)
    }

    /// What a session comes to, in the account's currency, rounded once.
    fn price(&self, metered: &Metered) -> Result<Amount, Refusal> {
        let exact = self.meter.cost(metered).ok_or_else(|| self.beyond())?;
        self.amount(exact).ok_or_else(|| self.beyond())
    }

    fn amount(&self, exact: Fraction) -> Option<Amount> {
        let (from, to) = (self.service.currency, self.account.unit());
        convert_by(self.rates, exact, from, to, Precision::Fine).ok()
    }

    /// How what a settlement charges changed its currency; none when it did not.
    fn conversion(
        &self,
        before: &Metered,
        after: &Metered,
    ) -> Result<Option<Arc<Conversion>>, Refusal> {
        let currency = self.service.currency;
        if currency == self.account.currency {
            return Ok(None);
        }
        let exponent = currency.exponent();
        let original = |it: &Metered| {
            let exact = self.meter.cost(it)?;
            exact.to_amount(exponent, Precision::Fine)
        };
        let original = original(after).zip(original(before));
        let original = original.and_then(|(after, before)| after.checked_sub(before));
        let original = original.ok_or_else(|| self.beyond())?;
        let rates = self.rates.to_vec();
        Ok(Some(Arc::new(Conversion { original, currency, exponent, rates })))
    }

    fn beyond(&self) -> Refusal {
        out_of_range(self.account)
    }

    /// The next grant of a session, if its subscription is still on.
    fn next(
        &self,
        draft: &Draft<'_>,
        place: Place,
        so_far: &SoFar,
        ask: AskUse,
    ) -> Result<Sized, Refusal> {
        check_open(self.account)?;
        let subscription = self.subscription.filter(|it| !it.closed);
        let id = |it: &Subscription| self.account.subscription_id(it.serial);
        let gone = || Refusal::SubscriptionNotFound {
            subscription: format!("{} of acc_{}", self.service.name, self.account.id.0),
        };
        let subscription = subscription.ok_or_else(gone)?;
        // The account as this settlement leaves it.
        let mut after = self.account.clone();
        (after.balance, after.held) = (place.balance, place.others);
        standing(&after, subscription, draft.at).map_err(|why| Refusal::SubscriptionOff {
            subscription: subscriptions::name(id(subscription)),
            why,
        })?;
        self.size(draft, place, so_far, ask)
    }

    /// How much of `ask` can be granted.
    ///
    /// A session gets no more than its share of what is there for all that are open, unless that
    /// is of no use to it; so the last money is not all held by whoever asks first.
    fn size(
        &self,
        draft: &Draft<'_>,
        place: Place,
        so_far: &SoFar,
        ask: AskUse,
    ) -> Result<Sized, Refusal> {
        let usage = self.meter.usage;
        let asked = usage.grant_quantity_max.map_or(ask.quantity, |it| it.min(ask.quantity));
        let minimum = ask.minimum.min(asked).max(1);
        let free = self.free(place).checked_sub(so_far.drawn).unwrap_or_default();
        let affordable = |limit: Option<Amount>| {
            let fits = |exact: Fraction| {
                let more = self.amount(exact).map(|it| it.excess_over(so_far.charged));
                more.is_some_and(|it| limit.is_none_or(|limit| it <= limit))
            };
            self.meter.affordable(&so_far.metered, asked, free, draft.at, fits)
        };
        let money = available(place.balance, self.account.credit(), place.others);
        let means = money.map(|it| if it.is_negative() { Amount::ZERO } else { it.magnitude() });
        let share = means.map(|it| self.share(it, place));
        let mut quantity = affordable(share);
        let mut limit = share;
        if quantity < minimum {
            limit = means;
            quantity = affordable(means);
        }
        let after = |quantity: u64| {
            let total = so_far.metered.total.checked_add(quantity)?;
            self.meter.after(&so_far.metered, total, free, draft.at)
        };
        if quantity < minimum || quantity == 0 {
            let least = after(minimum).ok_or_else(|| self.beyond())?;
            let requested = self.price(&least)?.excess_over(so_far.charged);
            let money = money.unwrap_or(Balance::ZERO);
            return Err(insufficient(self.account, money, requested));
        }
        let granted = after(quantity).ok_or_else(|| self.beyond())?;
        let amount = self.price(&granted)?.excess_over(so_far.charged);
        let (_, from_allowance) = granted.since(&so_far.metered);
        let units = UseGrant {
            asked: ask.quantity,
            quantity,
            free: from_allowance,
            last: quantity < asked && limit == means,
        };
        let expires_at = self.grant_until(draft.at).min(ask.expires_at);
        Ok(Sized { grant: Grant { amount, expires_at }, units })
    }

    /// When a grant ends at the latest. Bytes and events are priced when they are granted, so a
    /// grant of them ends with its band; a second is priced when it passes.
    fn grant_until(&self, at: Timestamp) -> Timestamp {
        let usage = self.meter.usage;
        if usage.unit == UsageUnit::Second {
            return Timestamp::NEVER;
        }
        let valid = match usage.grant_seconds {
            0 => Timestamp::NEVER,
            seconds => at.plus(i64::from(seconds) * 1_000_000),
        };
        self.meter.band_until(at).map_or(valid, |it| it.min(valid))
    }

    /// This session's part of all the money that is there for open sessions.
    fn share(&self, means: Amount, place: Place) -> Amount {
        let open = |it: &&Session| matches!(it.phase, Phase::Open { .. }) && !it.held.is_zero();
        let others = self.account.sessions.iter().filter(open);
        let others = others.filter(|it| it.serial != place.serial).count();
        if others == 0 {
            return means;
        }
        let all = means.add_capped(place.others).units();
        let count = i64::try_from(others).map_or(i64::MAX, |it| it.checked_add(1).unwrap_or(it));
        let share = Amount::from_units(all / count).unwrap_or_default();
        share.min(means)
    }
}

impl SettlementFact {
    fn set_grant(&mut self, grant: UseGrant) {
        if let Some(used) = &mut self.used {
            used.grant = Some(grant);
        }
    }
}
