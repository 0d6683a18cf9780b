//! Folding entries: the only place where state changes, live and in replay alike.
//!
//! What is asserted here has been checked by `decide`; an assertion that fails is a
//! contradiction, and the shard stops rather than charge wrongly.

mod extra;

use crate::{
    Account, Amount, Contra, Credit, CreditKind, Currency, Debts, Entry, Fact, Name, Next, Opening,
    Phase, Position, Posting, Session, SessionFact, State, Timestamp,
};

impl State {
    /// Folds one entry.
    ///
    /// # Panics
    ///
    /// When the entry does not follow from what came before it: a gap in the positions, time
    /// running back, or figures that do not add up.
    pub fn apply(&mut self, entry: &Entry) {
        self.apply_to_customer(entry);
        self.apply_to_account(entry);
        self.apply_to_shared(entry);
    }

    pub(crate) fn apply_to_shared(&mut self, entry: &Entry) {
        let shared = &mut self.shared;
        assert_eq!(entry.position, shared.head.plus(1), "positions are contiguous");
        assert!(entry.at >= shared.last_at, "journal time never goes back");
        shared.head = entry.position;
        shared.last_at = entry.at;
        match &entry.fact {
            Fact::CustomerCreated(_) => shared.customers_count += 1,
            Fact::AccountOpened(opening) => {
                let own = opening.own_sequence.unwrap_or(0);
                shared.own_numbers_count = shared.own_numbers_count.max(own);
            }
            Fact::ExchangeRatesAdded(added) => {
                for rate in added.dated() {
                    self.exchange.insert(rate);
                }
            }
            Fact::PromisePolicySet(policy) => self.insert_promise_policy(policy),
            Fact::PaymentUnallocated(fact) => {
                self.post_unallocated(fact.source, fact.currency, fact.amount.units());
            }
            Fact::PaymentReturned(fact) => {
                self.post_unallocated(fact.source, fact.currency, -fact.amount.units());
            }
            _ => {}
        }
        if let Some(posting) = &entry.posting {
            self.post(posting, entry);
        }
    }

    /// Money that no account has: both sides are contra accounts. `units` are positive when it
    /// comes in. Contras count with the opposite sign of accounts.
    fn post_unallocated(&mut self, source: Name, currency: Currency, units: i64) {
        let totals = &mut self.shared.totals;
        totals.add(Contra::Payments(source), currency, -i128::from(units));
        totals.add(Contra::Unallocated, currency, i128::from(units));
    }

    /// Adds the other sides of a money entry to the running totals.
    ///
    /// Money that changed its currency has four sides: the contra in the original currency, the
    /// exchange account in both, and the account itself. A transfer between currencies is two
    /// entries of two sides: its contra is the exchange account already.
    fn post(&mut self, posting: &Posting, entry: &Entry) {
        let units = i128::from(posting.amount.units());
        let totals = &mut self.shared.totals;
        let conversion = match posting.contra {
            Contra::None => return,
            Contra::Exchange(_) => None,
            _ => entry.fact.conversion(),
        };
        let Some(conversion) = conversion else {
            totals.add(posting.contra, posting.currency, -units);
            return;
        };
        // Not the sign of `units`: what was handed over may have been worth nothing here.
        let original = i128::from(conversion.original.units());
        let original = match entry.fact {
            Fact::Payment(_) | Fact::PaymentAllocated(_) => original,
            _ => -original,
        };
        totals.add(posting.contra, conversion.currency, -original);
        totals.add(Contra::Exchange(posting.currency), conversion.currency, original);
        totals.add(Contra::Exchange(conversion.currency), posting.currency, -units);
    }

    pub(crate) fn apply_to_account(&mut self, entry: &Entry) {
        let Some(posting) = &entry.posting else {
            return;
        };
        let id = posting.account;
        if let Fact::AccountOpened(opening) = &entry.fact {
            self.open(entry, posting, opening);
            return;
        }
        let account = self.account_mut(id);
        let before = account.balance;
        let (due_at, account) = change(account, entry);
        account.settle_figures(posting, entry.position);
        let is_short = posting.available().is_some_and(|it| it.is_negative());
        let has_extra = account.extra.is_some() || is_short || entry.fact.is_extra();
        let is_owing = before.is_negative() || posting.balance.is_negative();
        self.mark_changed(id, entry.position);
        if is_owing {
            self.fold_debts(entry, posting, before);
        }
        if has_extra {
            self.fold_extra(entry, posting);
        }
        if let Some(at) = due_at {
            self.schedule(id, at);
        }
    }

    fn open(&mut self, entry: &Entry, posting: &Posting, opening: &Opening) {
        self.add_account(Account {
            id: posting.account,
            customer: entry.customer.expect("an account has a customer"),
            number: opening.number.clone(),
            currency: posting.currency,
            exponent: opening.exponent,
            closed: false,
            payments_locked: false,
            has_opening_balance: false,
            elder: opening.elder,
            balance: posting.balance,
            held: Amount::ZERO,
            paid: Amount::ZERO,
            limit: opening.limit,
            ceiling: opening.ceiling,
            credits: Vec::new(),
            sessions: Vec::new(),
            credits_count: 0,
            sessions_count: 0,
            debts: Debts::default(),
            extra: None,
            head: entry.position,
            due_at: Timestamp::NEVER,
        });
        self.mark_changed(posting.account, entry.position);
    }
}

impl Account {
    /// Takes over the figures of an entry, and holds them against what was here before.
    fn settle_figures(&mut self, posting: &Posting, position: Position) {
        assert_eq!(posting.prev, self.head, "an entry names the one before it");
        let balance = self.balance.checked_add(posting.amount);
        assert_eq!(balance, Some(posting.balance), "the balance is the one before plus the amount");
        assert_eq!(posting.held, self.held, "held is the sum of the holds");
        assert_eq!(posting.credit, self.credit(), "credit is the sum of the limits");
        self.balance = posting.balance;
        self.head = position;
    }

    /// Gives session `serial` another hold, and keeps the account's sum with it.
    fn hold(&mut self, serial: u32, held: Amount, phase: Phase) -> &mut Session {
        let session = self.session_mut(serial).expect("decide found the session");
        let before = std::mem::replace(&mut session.held, held);
        session.phase = phase;
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
        if self.session(serial).is_some() {
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
        });
    }
}

/// Changes what the entry's fact changes, figures aside; answers what falls due when.
fn change<'a>(account: &'a mut Account, entry: &Entry) -> (Option<Timestamp>, &'a mut Account) {
    let amount = entry.posting.map_or(Amount::ZERO, |it| it.amount.magnitude());
    let due_at = match &entry.fact {
        Fact::Payment(_) | Fact::PaymentAllocated(_) => {
            account.paid = account.paid.add_capped(amount);
            None
        }
        Fact::PaymentCancelled(_) | Fact::PaymentChargedBack(_) | Fact::Refunded(_) => {
            account.paid = account.paid.excess_over(amount);
            None
        }
        Fact::AccountClosed => {
            account.closed = true;
            None
        }
        Fact::PaymentsLocked(locked) => {
            account.payments_locked = *locked;
            None
        }
        Fact::OpeningBalance(_) => {
            account.has_opening_balance = true;
            None
        }
        Fact::Authorised { .. }
        | Fact::Settled { .. }
        | Fact::Released { .. }
        | Fact::ReservationExpired { .. }
        | Fact::Refused { .. } => change_session(account, entry),
        fact => change_credit(account, fact, entry),
    };
    (due_at, account)
}

/// What facts about limits and promised payments change.
fn change_credit(account: &mut Account, fact: &Fact, entry: &Entry) -> Option<Timestamp> {
    match fact {
        Fact::CreditLimitSet(limit) => account.limit = *limit,
        Fact::CreditCeilingSet(ceiling) => account.ceiling = *ceiling,
        &Fact::CreditGranted { serial, amount, until, notice_at } => {
            let (kind, from) = (CreditKind::Temporary, entry.at);
            return add_credit(account, Credit { serial, kind, amount, from, until, notice_at });
        }
        Fact::PromiseGranted(promise) => {
            return add_credit(
                account,
                Credit {
                    serial: promise.credit,
                    kind: CreditKind::Promised,
                    amount: promise.amount,
                    from: entry.at,
                    until: promise.until,
                    notice_at: promise.notice_at,
                },
            );
        }
        Fact::CreditEnding { serial, until, .. } => {
            let credit = account.credits.iter_mut().find(|it| it.serial == *serial);
            credit.expect("decide found the limit").notice_at = None;
            return Some(*until);
        }
        Fact::CreditEnded { serial, .. } => account.credits.retain(|it| it.serial != *serial),
        Fact::PromiseEnded(ended) => account.credits.retain(|it| it.serial != ended.credit),
        // The other facts change figures only, or what only some accounts have.
        _ => {}
    }
    None
}

fn add_credit(account: &mut Account, credit: Credit) -> Option<Timestamp> {
    let deadline = credit.deadline();
    account.credits_count = credit.serial;
    account.credits.push(credit);
    Some(deadline)
}

fn change_session(account: &mut Account, entry: &Entry) -> Option<Timestamp> {
    let position = entry.position;
    match &entry.fact {
        Fact::Authorised { serial, request, grant, session } => {
            account.begin(*serial, session);
            account.hold(*serial, grant.amount, Phase::Open { expires_at: grant.expires_at });
            account.answer(*serial, *request, position);
            Some(grant.expires_at)
        }
        &Fact::Settled { serial, request, next, .. } => {
            account.answer(serial, request, position);
            Some(settle(account, serial, next, entry))
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
