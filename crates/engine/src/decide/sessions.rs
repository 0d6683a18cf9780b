//! Authorising, settling, releasing: money held ahead of use.
//!
//! **Invariant:** a hold is never larger than what was available when it was granted, so two
//! sessions can never hold the same money.

use std::sync::Arc;

use super::{Draft, check_currency, check_open, insufficient, out_of_range, posting, unmoved};
use crate::{
    Account, Amount, Answer, Ask, Authorise, Balance, Contra, Fact, Grant, Next, Phase, Posting,
    Refusal, RefusedFact, ReservationId, ServiceKind, Session, SessionFact, Settle, SettlementFact,
    Then, available,
};

pub(super) fn authorise(draft: &mut Draft<'_>, authorise: &Authorise) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&authorise.account)?;
    let known =
        account.session_by_key(authorise.session).filter(|it| !it.phase.is_forgotten(draft.at));
    let request = authorise.request;
    if let Some(repeat) = known.and_then(|it| repeat(account, it, request)) {
        return Ok(repeat);
    }
    check_open(account)?;
    check_currency(account, authorise.currency)?;
    if let Some(session) = known {
        match session.phase {
            Phase::Open { .. } if request == 0 => {
                return Err(Refusal::SessionOpen { reservation: name(account, session.serial) });
            }
            Phase::Ended { .. } if request > 0 => {
                return Err(Refusal::SessionEnded { reservation: name(account, session.serial) });
            }
            _ => {}
        }
    }
    // A session that goes on by number keeps its reservation; else this is a new one.
    let continued = known.filter(|_| request > 0);
    if let Some(session) = continued.filter(|it| it.usage.is_some()) {
        let needed = ServiceKind::Unmetered;
        return Err(Refusal::ServiceUnfit { service: session.service, needed });
    }
    let serial = continued.map_or(account.sessions_count + 1, |it| it.serial);
    let own_hold = continued.map_or(Amount::ZERO, |it| it.held);
    let others = account.held.checked_sub(own_hold).expect("held is the sum of the holds");
    let fact = SessionFact {
        key: authorise.session,
        session: Arc::clone(&authorise.session_text),
        service: authorise.service,
        requested: authorise.ask.amount,
        minimum: authorise.ask.minimum,
        usage: None,
    };
    match size_grant(account, account.balance, others, authorise.ask) {
        Ok(grant) => {
            let held = others.checked_add(grant.amount).ok_or_else(|| out_of_range(account))?;
            let posting = Posting { held, ..unmoved(account) };
            let fact = Fact::Authorised { serial, request, grant, session: Arc::new(fact) };
            draft.post(account, posting, fact);
            Ok(Answer::Done)
        }
        // What cannot be repeated by number needs no memory.
        Err(refusal) if request == 0 => Err(refusal),
        Err(refusal) => {
            let forget_at = draft.at.plus(draft.state.settings.session_memory);
            let refused = Arc::new(RefusedFact { session: fact, asked: None, refusal, forget_at });
            draft.post(account, unmoved(account), Fact::Refused { serial, request, refused });
            Ok(Answer::Done)
        }
    }
}

pub(super) fn settle(draft: &mut Draft<'_>, settle: &Settle) -> Result<Answer, Refusal> {
    let (account, session) = find(draft, settle.reservation)?;
    if let Some(repeat) = repeat(account, session, settle.request) {
        return Ok(repeat);
    }
    check_currency(account, settle.currency)?;
    if session.usage.is_some() {
        let needed = ServiceKind::Unmetered;
        return Err(Refusal::ServiceUnfit { service: session.service, needed });
    }
    // Use that is reported after the hold has expired has really happened; after the session was
    // settled for good or released, another report is a mistake.
    if matches!(session.phase, Phase::Ended { .. } | Phase::Refused { .. }) {
        return Err(Refusal::SessionEnded { reservation: name(account, session.serial) });
    }
    let used = settle.used;
    let moved = posting(account, Balance::debit(used), Contra::Revenue(session.service))?;
    session.charged.checked_add(used).ok_or_else(|| out_of_range(account))?;
    let others = account.held.checked_sub(session.held).expect("held is the sum of the holds");
    let overrun = used.excess_over(session.held);
    let mut extra = SettlementFact {
        overrun: (!overrun.is_zero()).then_some(overrun),
        ..SettlementFact::default()
    };
    let (next, kept) = match settle.then {
        Then::End => {
            let forget_at = draft.at.plus(draft.state.settings.session_memory);
            (Next::Final { forget_at }, Amount::ZERO)
        }
        Then::Keep => {
            let held = session.held.excess_over(used);
            (Next::Kept { held }, held)
        }
        Then::Ask(ask) => match size_grant(account, moved.balance, others, ask) {
            Ok(grant) => {
                extra.requested = (grant.amount != ask.amount).then_some(ask.amount);
                (Next::Granted(grant), grant.amount)
            }
            Err(refusal) => {
                extra.refusal = Some(refusal);
                (Next::Refused, Amount::ZERO)
            }
        },
    };
    let held = others.checked_add(kept).ok_or_else(|| out_of_range(account))?;
    let extra = (extra != SettlementFact::default()).then(|| Arc::new(extra));
    let fact = Fact::Settled { serial: session.serial, request: settle.request, next, extra };
    draft.post(account, Posting { held, ..moved }, fact);
    Ok(Answer::Done)
}

pub(super) fn release(
    draft: &mut Draft<'_>,
    reservation: ReservationId,
    request: u32,
) -> Result<Answer, Refusal> {
    let (account, session) = find(draft, reservation)?;
    if let Some(repeat) = repeat(account, session, request) {
        return Ok(repeat);
    }
    if !matches!(session.phase, Phase::Open { .. } | Phase::Expired { .. }) {
        return Err(Refusal::SessionEnded { reservation: name(account, session.serial) });
    }
    let forget_at = draft.at.plus(draft.state.settings.session_memory);
    let fact = Fact::Released { serial: session.serial, request, forget_at };
    draft.post(account, without_hold(account, session), fact);
    Ok(Answer::Done)
}

/// Frees the hold of a session that nobody settled in time.
pub(super) fn expire(draft: &mut Draft<'_>, account: &Account, serial: u32) {
    let session = account.session(serial).expect("the caller found the session");
    let forget_at = draft.at.plus(draft.state.settings.session_memory);
    let fact = Fact::ReservationExpired { serial, forget_at };
    draft.post(account, without_hold(account, session), fact);
}

/// The answer to a request that was answered before; `None` when it is a new one.
pub(super) fn repeat(account: &Account, session: &Session, request: u32) -> Option<Answer> {
    if request == 0 || request > session.request {
        return None;
    }
    Some(match request == session.request {
        true => Answer::Repeat(session.answered_by),
        false => Answer::EarlierRepeat { from: account.head, serial: session.serial, request },
    })
}

/// How much of `ask` can be granted by an account that stands at `balance` with `others` held.
fn size_grant(
    account: &Account,
    balance: Balance,
    others: Amount,
    ask: Ask,
) -> Result<Grant, Refusal> {
    check_open(account)?;
    let expires_at = ask.expires_at;
    let Some(available) = available(balance, account.credit(), others) else {
        return Ok(Grant { amount: ask.amount, expires_at });
    };
    let covered = match available.is_negative() {
        true => Amount::ZERO,
        false => available.magnitude().min(ask.amount),
    };
    if covered < ask.minimum || covered.is_zero() {
        return Err(insufficient(account, available, ask.minimum));
    }
    Ok(Grant { amount: covered, expires_at })
}

pub(super) fn find<'a>(
    draft: &Draft<'a>,
    reservation: ReservationId,
) -> Result<(&'a Account, &'a Session), Refusal> {
    let unknown = || Refusal::ReservationNotFound {
        reservation: format!("res_{}-{}", reservation.account.0, reservation.serial),
    };
    let account = draft.state.account(reservation.account).ok_or_else(unknown)?;
    let session = account.session(reservation.serial).ok_or_else(unknown)?;
    match session.phase.is_forgotten(draft.at) {
        true => Err(unknown()),
        false => Ok((account, session)),
    }
}

fn without_hold(account: &Account, session: &Session) -> Posting {
    let held = account.held.checked_sub(session.held).expect("held is the sum of the holds");
    Posting { held, ..unmoved(account) }
}

pub(super) fn name(account: &Account, serial: u32) -> String {
    format!("res_{}-{serial}", account.id.0)
}
