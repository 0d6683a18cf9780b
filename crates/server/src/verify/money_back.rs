//! Money that waits for its account, goes back, or is given up: kept by hand.

use std::collections::{HashMap, HashSet};

use engine::{AccountId, Contra, Currency, Entry, Fact, Limit, Name, Position, Posting};

/// What the journal says of payments, refunds, debts and promises, as it goes by.
#[derive(Default)]
pub struct MoneyBack {
    payments: HashMap<Position, Paid>,
    /// Payments that fit no account, until they are allocated or returned.
    waiting: HashMap<Position, (Currency, i64)>,
    requests: HashMap<(AccountId, u32), Request>,
    written_off: HashMap<AccountId, i64>,
    opened: HashSet<AccountId>,
    pub settled: u64,
    pub reversed: u64,
    pub given_up: u64,
    pub promises: u64,
}

/// A payment on an account, and what is left of it.
struct Paid {
    account: AccountId,
    source: Name,
    currency: Currency,
    /// In the account's currency.
    left: i64,
    /// In the currency that was paid in.
    original_left: i64,
}

/// A refund that waits for a second person.
struct Request {
    payment: Position,
    units: i64,
    by: Name,
}

impl MoneyBack {
    /// What is wrong with an entry, after those before it.
    pub fn check(&mut self, entry: &Entry) -> Option<String> {
        match &entry.fact {
            Fact::PaymentUnallocated(it) => {
                self.waiting.insert(entry.position, (it.currency, it.amount.units()));
                None
            }
            Fact::PaymentReturned(it) => self.settle(it.payment, (it.currency, it.amount.units())),
            Fact::PaymentForwarded(it) => self.settle(it.payment, (it.currency, it.amount.units())),
            _ => self.check_posted(entry, &entry.posting?),
        }
    }

    fn check_posted(&mut self, entry: &Entry, posting: &Posting) -> Option<String> {
        let units = posting.amount.units();
        match &entry.fact {
            Fact::Payment(_) => {
                let Contra::Payments(source) = posting.contra else { return None };
                self.pay(entry, posting, source);
                None
            }
            Fact::PaymentAllocated(it) => {
                let money = self.pay(entry, posting, it.source);
                // What another shard sent did not wait here.
                match posting.contra {
                    Contra::Transfers => None,
                    _ => self.settle(it.payment, money),
                }
            }
            Fact::RefundRequested(it) => {
                let by = entry.origin.actor;
                let request = Request { payment: it.payment, units: it.amount.units(), by };
                let before = self.requests.insert((posting.account, it.serial), request);
                before.map(|_| format!("refund {} was asked for before", it.serial))
            }
            Fact::RefundRejected(it) => {
                let request = self.requests.remove(&(posting.account, it.serial));
                request.is_none().then(|| format!("refund {} does not wait", it.serial))
            }
            Fact::WrittenOff(_) => {
                self.given_up += 1;
                *self.written_off.entry(posting.account).or_default() += units;
                (units <= 0 || posting.balance.units() > 0)
                    .then(|| "more was written off than was owed".into())
            }
            Fact::WriteOffRecovered(_) => {
                let written_off = self.written_off.entry(posting.account).or_default();
                *written_off += units;
                (units >= 0 || *written_off < 0)
                    .then(|| "more was recovered than was written off".into())
            }
            Fact::OpeningBalance(_) => (!self.opened.insert(posting.account))
                .then(|| "the account had an opening balance before".into()),
            Fact::PromiseGranted(it) => {
                self.promises += 1;
                match posting.credit {
                    Limit::Limited(credit) if credit < it.amount && !is_capped(it) => {
                        Some(format!("the promise is more than the credit {}", credit.units()))
                    }
                    _ => None,
                }
            }
            _ => self.check_reversal(entry, posting),
        }
    }

    /// A payment comes to its account; answers what was paid, as it was paid in.
    fn pay(&mut self, entry: &Entry, posting: &Posting, source: Name) -> (Currency, i64) {
        let left = posting.amount.units();
        let (currency, original_left) = match entry.fact.conversion() {
            Some(it) => (it.currency, it.original.units()),
            None => (posting.currency, left),
        };
        let account = posting.account;
        let paid = Paid { account, source, currency, left, original_left };
        self.payments.insert(entry.position, paid);
        (currency, original_left)
    }

    /// Every allocated or returned payment waited, once, and nothing of it is lost.
    fn settle(&mut self, payment: Position, money: (Currency, i64)) -> Option<String> {
        self.settled += 1;
        match self.waiting.remove(&payment) {
            None => Some(format!("payment {} was not waiting for its account", payment.0)),
            Some(received) if received != money => Some(format!(
                "payment {} came in as {} {}, and not as {} {}",
                payment.0, received.1, received.0, money.1, money.0
            )),
            Some(_) => None,
        }
    }

    /// No payment is taken back for more than it was, or on another account.
    fn check_reversal(&mut self, entry: &Entry, posting: &Posting) -> Option<String> {
        let payment = entry.fact.reversed_payment()?;
        self.reversed += 1;
        let taken = -posting.amount.units();
        let Some(paid) = self.payments.get_mut(&payment) else {
            return Some(format!("payment {} stands on no account", payment.0));
        };
        if paid.account != posting.account || posting.contra != Contra::Payments(paid.source) {
            return Some(format!("payment {} is of another account or source", payment.0));
        }
        let (currency, original) = match entry.fact.conversion() {
            Some(it) => (it.currency, it.original.units()),
            None => (posting.currency, taken),
        };
        if currency != paid.currency {
            return Some(format!("payment {} was paid in {}", payment.0, paid.currency));
        }
        paid.left -= taken;
        paid.original_left -= original;
        if taken < 0 || original < 0 || paid.left < 0 || paid.original_left < 0 {
            return Some(format!("more of payment {} was taken back than it was", payment.0));
        }
        if matches!(entry.fact, Fact::PaymentCancelled(_)) && paid.left + paid.original_left != 0 {
            return Some(format!("payment {} was cancelled in part", payment.0));
        }
        self.check_second_person(entry, posting, payment)
    }

    /// A refund that waited is the one that was asked for, and another person approved it.
    fn check_second_person(
        &mut self,
        entry: &Entry,
        posting: &Posting,
        payment: Position,
    ) -> Option<String> {
        let Fact::Refunded(fact) = &entry.fact else { return None };
        let serial = fact.request?;
        let Some(request) = self.requests.remove(&(posting.account, serial)) else {
            return Some(format!("refund {serial} does not wait"));
        };
        if request.payment != payment || request.units != -posting.amount.units() {
            return Some(format!("refund {serial} was asked for otherwise"));
        }
        (request.by == entry.origin.actor || fact.requested_by != Some(request.by))
            .then(|| format!("refund {serial} has no second person"))
    }
}

/// Whether staff granted it over the account's ceiling, which caps all credit.
fn is_capped(promise: &engine::PromiseFact) -> bool {
    promise.overridden.contains(&engine::PromiseRule::Ceiling)
}

#[cfg(test)]
mod tests;
