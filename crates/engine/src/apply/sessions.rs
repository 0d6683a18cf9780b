//! Folding sessions: their holds, their answers, and what they have used.

use crate::{
    Account, Amount, Entry, Fact, Metered, Next, Phase, Position, Session, SessionFact,
    SessionUsage, Timestamp, UseGrant, UsedFact,
};

/// Moves a session on; answers when it falls due.
pub(super) fn change(account: &mut Account, entry: &Entry) -> Option<Timestamp> {
    let position = entry.position;
    match &entry.fact {
        Fact::Authorised { serial, request, grant, session } => {
            account.begin(*serial, session);
            account.hold(*serial, grant.amount, Phase::Open { expires_at: grant.expires_at });
            account.answer(*serial, *request, position);
            account.may_use(*serial, session, entry.at);
            Some(grant.expires_at)
        }
        Fact::Settled { serial, request, next, extra } => {
            account.answer(*serial, *request, position);
            if let Some(used) = extra.as_ref().and_then(|it| it.used.as_ref()) {
                account.note_use(*serial, used, *next, entry.at);
            }
            Some(settle(account, *serial, *next, entry))
        }
        &Fact::Released { serial, request, forget_at } => {
            account.hold(serial, Amount::ZERO, Phase::Ended { forget_at });
            account.answer(serial, request, position);
            Some(forget_at)
        }
        &Fact::ReservationExpired { serial, forget_at } => {
            account.hold(serial, Amount::ZERO, Phase::Expired { forget_at });
            Some(forget_at)
        }
        Fact::Refused { serial, request, refused } => {
            account.begin(*serial, &refused.session);
            account.answer(*serial, *request, position);
            let session = account.session_mut(*serial).expect("just begun");
            let forget_at = refused.forget_at;
            match &mut session.phase {
                Phase::Open { .. } => {}
                // Use of what was granted before may still be reported.
                phase @ Phase::Expired { .. } => *phase = Phase::Expired { forget_at },
                phase => *phase = Phase::Refused { forget_at },
            }
            Some(session.phase.deadline())
        }
        _ => unreachable!("only facts about sessions come here"),
    }
}

/// Moves the session on after a settlement; answers when it falls due.
fn settle(account: &mut Account, serial: u32, next: Next, entry: &Entry) -> Timestamp {
    let phase = account.session(serial).expect("decide found the session").phase;
    let (held, phase) = match next {
        Next::Kept { held } => (held, phase),
        Next::Granted(grant) => (grant.amount, Phase::Open { expires_at: grant.expires_at }),
        Next::Refused => (Amount::ZERO, phase),
        Next::Final { forget_at } => (Amount::ZERO, Phase::Ended { forget_at }),
    };
    let session = account.hold(serial, held, phase);
    let used = entry.posting.map_or(Amount::ZERO, |it| it.amount.magnitude());
    session.charged = session.charged.checked_add(used).expect("decide kept the sum in bounds");
    phase.deadline()
}

impl Account {
    /// Gives session `serial` another hold, and keeps the account's sum with it.
    fn hold(&mut self, serial: u32, held: Amount, phase: Phase) -> &mut Session {
        let session = self.session_mut(serial).expect("decide found the session");
        let before = std::mem::replace(&mut session.held, held);
        session.phase = phase;
        // A hold is of units as it is of money: both are free again when it ends.
        if let (false, Some(usage)) = (matches!(phase, Phase::Open { .. }), &mut session.usage) {
            (usage.granted, usage.free) = (0, 0);
        }
        let others = self.held.checked_sub(before).expect("held is the sum of the holds");
        self.held = others.checked_add(held).expect("decide kept held in bounds");
        self.session_mut(serial).expect("decide found the session")
    }

    /// Notes the last answer; what was asked without a number cannot be repeated by number.
    fn answer(&mut self, serial: u32, request: u32, position: Position) {
        let session = self.session_mut(serial).expect("decide found the session");
        if request > 0 {
            session.request = request;
            session.answered_by = position;
        }
    }

    /// The session `serial`, made when this entry is its first.
    fn begin(&mut self, serial: u32, fact: &SessionFact) {
        if let Some(known) = self.session_mut(serial) {
            // As long as nothing was granted it may still become a session of something else.
            if matches!(known.phase, Phase::Refused { .. }) {
                known.service = fact.service;
            }
            return;
        }
        assert_eq!(serial, self.sessions_count + 1, "sessions are numbered without a gap");
        self.sessions_count = serial;
        self.sessions.push(Session {
            serial,
            key: fact.key,
            service: fact.service,
            held: Amount::ZERO,
            charged: Amount::ZERO,
            phase: Phase::Refused { forget_at: Timestamp::MIN },
            request: 0,
            answered_by: Position::START,
            usage: None,
        });
    }

    /// Notes how much a session of a subscription may use.
    fn may_use(&mut self, serial: u32, fact: &SessionFact, at: Timestamp) {
        let Some(fact) = &fact.usage else { return };
        let session = self.session_mut(serial).expect("decide found the session");
        let UseGrant { quantity, free, .. } = fact.grant;
        let usage = session.usage.get_or_insert_with(|| {
            Box::new(SessionUsage {
                subscription: fact.subscription,
                version: fact.version,
                rate: fact.rate,
                rates: fact.rates.clone(),
                metered: Metered::new(at),
                granted: 0,
                free: 0,
                granted_at: at,
            })
        });
        (usage.granted, usage.free, usage.granted_at) = (quantity, free, at);
    }

    /// Notes what a session has used, and takes the free units of it from the allowance.
    fn note_use(&mut self, serial: u32, used: &UsedFact, next: Next, at: Timestamp) {
        let session = self.session_mut(serial).expect("decide found the session");
        let usage = session.usage.as_mut().expect("use is of a session that has a tariff");
        let before = usage.metered.total;
        let drawn = used.free;
        usage.metered.extend((used.total, used.billed), drawn, &used.parts);
        let more = used.total.checked_sub(before).expect("use never goes back");
        (usage.granted, usage.free) = match (next, used.grant) {
            (Next::Granted(_), Some(grant)) => (grant.quantity, grant.free),
            (Next::Kept { .. }, _) => (rest(usage.granted, more), rest(usage.free, drawn)),
            _ => (0, 0),
        };
        usage.granted_at = at;
        let (subscription, service) = (usage.subscription, session.service);
        if drawn > 0
            && let Some(found) = self.subscription_mut(subscription)
            && found.service == service
        {
            found.allowance_used += drawn;
        }
    }
}

/// What is left of a quantity, if anything is.
fn rest(quantity: u64, less: u64) -> u64 {
    quantity - less.min(quantity)
}
