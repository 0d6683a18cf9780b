//! Folding entries: the only place where state changes, live and in replay alike.
//!
//! What is asserted here has been checked by `decide`; an assertion that fails is a
//! contradiction, and the shard stops rather than charge wrongly.

mod extra;
mod services;
mod sessions;

use crate::{
    Account, Amount, Contra, Credit, CreditKind, Debts, Entry, Fact, Opening, Position, Posting,
    State, Timestamp,
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
                self.look_again(entry.at);
            }
            Fact::PromisePolicySet(policy) => self.insert_promise_policy(policy),
            Fact::ServiceSet(service) => {
                self.insert_service(service);
                self.look_again(entry.at);
            }
            fact => self.post_unallocated(fact),
        }
        if let Some(posting) = &entry.posting {
            self.post(posting, entry);
        }
    }

    /// Money that no account has: both sides are contra accounts. Contras count with the opposite
    /// sign of accounts.
    fn post_unallocated(&mut self, fact: &Fact) {
        let Some(moved) = fact.unallocated() else { return };
        let (totals, units) = (&mut self.shared.totals, i128::from(moved.units));
        totals.add(moved.contra, moved.currency, -units);
        totals.add(Contra::Unallocated, moved.currency, units);
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
        let original = if entry.fact.comes_to_account() { original } else { -original };
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
        let subjects = self.subjects_before(entry, posting);
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
        if is_owing {
            self.account_mut(id).forget_paid_bills();
        }
        if let Some(before) = subjects {
            self.fold_subjects(entry, &before);
        }
        if entry.fact.subscription().is_some() || matches!(entry.fact, Fact::AccountClosed) {
            self.note_waiting(id);
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
            services: None,
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
        | Fact::Refused { .. } => sessions::change(account, entry),
        Fact::SubscriptionOpened { .. }
        | Fact::SubscriptionChanged { .. }
        | Fact::SubscriptionSuspended { .. }
        | Fact::SubscriptionResumed { .. }
        | Fact::SubscriptionClosed { .. }
        | Fact::PlanChanged { .. }
        | Fact::Purchased(_)
        | Fact::PeriodStarted { .. }
        | Fact::PeriodEnded { .. }
        | Fact::PeriodCredited { .. }
        | Fact::BillOverdue { .. }
        | Fact::Switched(_) => services::change(account, entry),
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
