//! Folding what only some accounts have, and the sums of what is owed.

use crate::receivables::units;
use crate::{
    Account, AccountId, Amount, Balance, Currency, CustomerId, Entry, Extra, Fact, Name,
    PendingRefund, Posting, Promise, ReceivableKey, Reversal, State, Timestamp, day_of, owed,
};

impl State {
    /// Folds what is owed after the entry, and since when. `before` is the balance before it.
    pub(super) fn fold_debts(&mut self, entry: &Entry, posting: &Posting, before: Balance) {
        let id = posting.account;
        let customer = self.account_mut(id).customer;
        let group = self.customer(customer).and_then(|it| it.group);
        let currency = posting.currency;
        // Nearly always there is one day at most: nothing is allocated for it.
        let mut more = None;
        let mut less = Vec::new();
        let debts = &mut self.account_mut(id).debts;
        let (owed_before, owed_after) = (owed(before), owed(posting.balance));
        if owed_after > owed_before {
            let day = owed_since(entry);
            debts.owe(day, owed_after.excess_over(owed_before));
            more = Some((day, units(owed_after) - units(owed_before)));
        } else if owed_before > owed_after {
            let paid = owed_before.excess_over(owed_after);
            debts.pay(paid, |day, paid| less.push((day, -units(paid))));
        }
        let oldest = debts.first().map(|it| it.day);
        if owed_before != owed_after {
            self.receivables.oldest.set(id, oldest);
        }
        for (day, units) in more.into_iter().chain(less) {
            self.receivables.add(ReceivableKey { currency, group, day }, units, entry.at);
        }
    }

    /// Folds what the entry does to what only some accounts have.
    pub(super) fn fold_extra(&mut self, entry: &Entry, posting: &Posting) {
        let account = self.account_mut(posting.account);
        let customer = account.customer;
        let extra = account.extra_mut();
        note_fact(extra, entry, posting);
        let is_short = posting.available().is_some_and(|it| it.is_negative());
        extra.short_since = is_short.then(|| extra.short_since.unwrap_or(entry.at));
        account.shed_extra();
        let amount = units(posting.amount.magnitude());
        let written_off = match entry.fact {
            Fact::WrittenOff(_) => amount,
            Fact::WriteOffRecovered(_) => -amount,
            _ => return,
        };
        let group = self.customer(customer).and_then(|it| it.group);
        self.receivables.add_written_off(posting.currency, group, written_off);
    }

    /// What a customer owes goes from one group to another.
    pub(crate) fn move_receivables(
        &mut self,
        customer: CustomerId,
        from: Option<Name>,
        to: Option<Name>,
        at: Timestamp,
    ) {
        let accounts: Vec<AccountId> = self.accounts_of(customer).map(|it| it.id).collect();
        for id in accounts {
            let Some(account) = self.account(id) else { continue };
            let currency = account.currency;
            let debts: Vec<_> = account.debts.iter().collect();
            let written_off = units(account.written_off());
            for debt in debts {
                let key = |group| ReceivableKey { currency, group, day: debt.day };
                self.receivables.add(key(from), -units(debt.amount), at);
                self.receivables.add(key(to), units(debt.amount), at);
            }
            self.receivables.add_written_off(currency, from, -written_off);
            self.receivables.add_written_off(currency, to, written_off);
        }
    }

    /// Adds up the accounts' own debts again: after a restart, when everything is replayed. The
    /// history has what came before.
    pub fn sum_receivables(&mut self) {
        let mut summed = crate::Receivables::of_shard(self.shard());
        let owing = |it: &&Account| !it.debts.is_empty() || it.extra.is_some();
        for account in self.accounts().filter(owing) {
            let (currency, group) = (account.currency, self.group_of(account));
            summed.oldest.set(account.id, account.debts.first().map(|it| it.day));
            for debt in account.debts.iter() {
                let key = ReceivableKey { currency, group, day: debt.day };
                summed.add(key, units(debt.amount), self.shared.last_at);
            }
            add_written_off(&mut summed, account, currency, group);
        }
        summed.take_history();
        self.receivables = summed;
    }
}

fn add_written_off(
    summed: &mut crate::Receivables,
    account: &Account,
    currency: Currency,
    group: Option<Name>,
) {
    let written_off = account.written_off();
    if !written_off.is_zero() {
        summed.add_written_off(currency, group, units(written_off));
    }
}

/// The day since when a new debt is owed.
fn owed_since(entry: &Entry) -> i32 {
    let since = match &entry.fact {
        Fact::OpeningBalance(fact) => fact.owed_since,
        _ => None,
    };
    day_of(since.unwrap_or(entry.at).min(entry.at))
}

fn note_fact(extra: &mut Extra, entry: &Entry, posting: &Posting) {
    let amount = posting.amount.magnitude();
    match &entry.fact {
        Fact::Payment(_) | Fact::PaymentAllocated(_) => extra.count_payment(amount),
        Fact::PaymentCancelled(_) | Fact::PaymentChargedBack(_) | Fact::Refunded(_) => {
            let payment = entry.fact.reversed_payment().expect("these facts name one");
            let original = entry.fact.conversion().map(|it| it.original);
            extra.remember_reversal(Reversal { payment, amount, original });
            extra.discount_payment(payment, amount);
            if let Fact::Refunded(refund) = &entry.fact {
                let answered = refund.request;
                extra.refunds.retain(|it| Some(it.request.serial) != answered);
            }
        }
        Fact::RefundRequested(request) => {
            extra.refunds_count = request.serial;
            extra.refunds.push(PendingRefund {
                request: crate::RefundRequest::clone(request),
                requested_by: entry.origin.actor,
                requested_at: entry.at,
            });
        }
        Fact::RefundRejected(rejected) => {
            extra.refunds.retain(|it| it.request.serial != rejected.serial);
        }
        Fact::WrittenOff(_) => extra.written_off = extra.written_off.add_capped(amount),
        Fact::WriteOffRecovered(_) => extra.written_off = extra.written_off.excess_over(amount),
        Fact::PlanSet(plan) => extra.plan = *plan,
        Fact::AlertsSet(alerts) => extra.alerts = crate::Alerts::clone(alerts),
        Fact::PromiseGranted(promise) => extra.add_promise(Promise {
            credit: promise.credit,
            amount: promise.amount,
            granted_at: entry.at,
            granted_by: entry.position,
            until: promise.until,
            holds_plan: promise.holds_plan,
            paid: Amount::ZERO,
            ended: None,
        }),
        Fact::PromiseEnded(ended) => extra.end_promise(ended.credit, entry.at, ended.end),
        _ => {}
    }
}
