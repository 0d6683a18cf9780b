//! Authorising and settling use by units: seconds of a call, bytes, events.
//!
//! **Invariant:** a session is priced from its total use and rounded once; each settlement charges
//! that price less what was charged before. Units of the allowance and money are held alike:
//! neither is granted twice.

mod rated;

use std::sync::Arc;

use super::sessions::{find, name as reservation_name, repeat};
use super::{Draft, check_open, out_of_range, posting, subscriptions, unmoved};
use crate::{
    Account, Amount, Answer, AskedFact, AuthoriseUse, Balance, Contra, ExchangeRate, Fact, Item,
    Meter, Metered, Next, Phase, Posting, Refusal, RefusedFact, ServiceKind, Session, SessionFact,
    SessionUsage, SettleUse, SettlementFact, Subscription, ThenUse, UsageFact, UseGrant, Used,
    UsedFact, Whom, standing,
};
use rated::{Place, Rated, SoFar};

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
    let continued = continued(account, known, subscription, request)?;
    let serial = continued.map_or(account.sessions_count + 1, |it| it.serial);
    let own_hold = continued.map_or(Amount::ZERO, |it| it.held);
    let others = account.held.checked_sub(own_hold).expect("held is the sum of the holds");
    let begun = begin(draft, account, subscription, authorise, continued);
    let answer = begun.and_then(|(begun, so_far)| {
        let place = Place { balance: account.balance, others, serial };
        let sized = begun.meter(draft, account).size(draft, place, &so_far, authorise.ask)?;
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
            fact.service = begun.item.service.name;
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
            let (ask, destination) = (authorise.ask, authorise.destination.clone());
            let asked = AskedFact { quantity: ask.quantity, minimum: ask.minimum, destination };
            let asked = Some(Box::new(asked));
            let refused = Arc::new(RefusedFact { session: fact, asked, refusal, forget_at });
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
    let usage = usage_of(account, session)?;
    let total = total_use(account, usage, settle.used)?;
    let more = total.checked_sub(usage.metered.total).expect("use never goes back");
    let begun = begun(draft, account, session, usage)?;
    let rated = begun.meter(draft, account);
    let place = Place {
        balance: account.balance,
        others: account.held.checked_sub(session.held).expect("held is the sum of the holds"),
        serial: session.serial,
    };
    let free = rated.free(place).max(usage.free);
    let after = rated.meter.after(&usage.metered, total, free, usage.granted_at);
    let after = after.ok_or_else(|| out_of_range(account))?;
    let charged = rated.price(&after)?;
    let used = charged.checked_sub(session.charged).unwrap_or_default();
    let moved = posting(account, Balance::debit(used), Contra::Revenue(session.service))?;
    let overrun = used.excess_over(session.held);
    let (parts, drawn) = after.since(&usage.metered);
    let mut extra = SettlementFact {
        overrun: (!overrun.is_zero()).then_some(overrun),
        used: Some(UsedFact { total, more, billed: after.billed, free: drawn, parts, grant: None }),
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
                    let (asked, minimum) = (ask.quantity, ask.minimum);
                    extra.set_grant(UseGrant { asked, minimum, ..UseGrant::default() });
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

/// What a session has used, when more of it can be reported.
fn usage_of<'a>(account: &Account, session: &'a Session) -> Result<&'a SessionUsage, Refusal> {
    match (session.usage.as_deref(), session.phase) {
        (Some(_), Phase::Ended { .. }) | (_, Phase::Refused { .. }) => {
            let reservation = reservation_name(account, session.serial);
            Err(Refusal::SessionEnded { reservation })
        }
        // Use that is reported after the hold has expired has really happened.
        (Some(usage), _) => Ok(usage),
        (None, _) => {
            let needed = ServiceKind::Metered;
            Err(Refusal::ServiceUnfit { service: session.service, needed })
        }
    }
}

/// The session that a request goes on with; none when it begins one.
fn continued<'a>(
    account: &Account,
    known: Option<&'a Session>,
    subscription: &Subscription,
    request: u32,
) -> Result<Option<&'a Session>, Refusal> {
    let Some(session) = known else {
        return Ok(None);
    };
    let reservation = reservation_name(account, session.serial);
    match (session.phase, session.usage.as_deref()) {
        (Phase::Open { .. }, _) if request == 0 => Err(Refusal::SessionOpen { reservation }),
        _ if request == 0 => Ok(None),
        (Phase::Ended { .. }, _) => Err(Refusal::SessionEnded { reservation }),
        (Phase::Refused { .. }, None) => Ok(known),
        (_, None) => {
            let needed = ServiceKind::Metered;
            Err(Refusal::ServiceUnfit { service: session.service, needed })
        }
        // A session stays with the subscription that it began with.
        (_, Some(usage)) if usage.subscription != subscription.serial => {
            Err(Refusal::SessionOpen { reservation })
        }
        (_, Some(_)) => Ok(known),
    }
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

/// What a session is priced by.
struct Begun<'a> {
    item: &'a Arc<Item>,
    subscription: Option<&'a Subscription>,
    rate: u32,
    rates: Vec<ExchangeRate>,
}

/// Finds the tariff of a session that begins or goes on, and what it has come to.
fn begin<'a>(
    draft: &Draft<'a>,
    account: &'a Account,
    subscription: &'a Subscription,
    authorise: &AuthoriseUse,
    continued: Option<&'a Session>,
) -> Result<(Begun<'a>, SoFar), Refusal> {
    let off = |why| Refusal::SubscriptionOff {
        subscription: subscriptions::name(account.subscription_id(subscription.serial)),
        why,
    };
    if let Some((session, usage)) = continued.and_then(|it| Some((it, it.usage.as_deref()?))) {
        standing(account, subscription, draft.at).map_err(off)?;
        let metered = usage.metered.clone();
        let so_far = SoFar { metered, charged: session.charged, drawn: 0 };
        return Ok((begun(draft, account, session, usage)?, so_far));
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
    Ok((Begun { item, subscription: Some(subscription), rate, rates }, so_far))
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
    Ok(Begun {
        item,
        subscription: account.subscription(usage.subscription),
        rate: usage.rate,
        rates: usage.rates.clone(),
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

impl SettlementFact {
    fn set_grant(&mut self, grant: UseGrant) {
        if let Some(used) = &mut self.used {
            used.grant = Some(grant);
        }
    }
}
