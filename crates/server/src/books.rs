//! The double-entry books that the journal implies: which money stands where after each entry.
//!
//! **Invariant:** the sides of one entry sum to zero in every currency. [`sides`] is the only place
//! that says so outside of the engine, and names every fact: a new one has to be thought about.

use std::collections::BTreeMap;

use engine::{
    AccountId, Amount, Contra, Currency, Entry, Fact, Position, Posting, UnallocatedMoney,
};
use store::{Reader, StoreError};

/// What money stands on: a customer's account, or the other side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    Account(AccountId),
    Contra(Contra),
}

/// What one entry adds to one book. Accounts count with their sign, contras with the opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    pub book: Book,
    pub currency: Currency,
    /// Decimal places of the currency's minor unit, as the entry has them.
    pub exponent: u8,
    pub units: i128,
}

/// What `entry` adds to the books; nothing when no money moved.
pub fn sides(entry: &Entry) -> Vec<Side> {
    match &entry.fact {
        Fact::Payment(_) | Fact::PaymentAllocated(_) | Fact::TransferIn(_) => {
            moved(entry, Towards::Account)
        }
        Fact::PaymentUnallocated(_) | Fact::PaymentReturned(_) | Fact::PaymentForwarded(_) => {
            entry.fact.unallocated().map_or(Vec::new(), waiting)
        }
        Fact::PaymentCancelled(_)
        | Fact::PaymentChargedBack(_)
        | Fact::Refunded(_)
        | Fact::OpeningBalance(_)
        | Fact::WrittenOff(_)
        | Fact::WriteOffRecovered(_)
        | Fact::Charge(_)
        | Fact::Adjustment(_)
        | Fact::TransferOut(_)
        | Fact::Settled { .. }
        | Fact::SubscriptionClosed { .. }
        | Fact::PlanChanged { .. }
        | Fact::Purchased(_)
        | Fact::PeriodStarted { .. }
        | Fact::PeriodEnded { .. }
        | Fact::PeriodCredited { .. } => moved(entry, Towards::Contra),
        Fact::CustomerCreated(_)
        | Fact::CustomerUpdated(_)
        | Fact::AccountOpened(_)
        | Fact::AccountRenamed(_)
        | Fact::AccountClosed
        | Fact::CreditLimitSet(_)
        | Fact::CreditCeilingSet(_)
        | Fact::CreditGranted { .. }
        | Fact::CreditEnding { .. }
        | Fact::CreditEnded { .. }
        | Fact::RefundRequested(_)
        | Fact::RefundRejected(_)
        | Fact::PaymentsLocked(_)
        | Fact::PromisePolicySet(_)
        | Fact::PromiseGranted(_)
        | Fact::PromiseEnded(_)
        | Fact::PlanSet(_)
        | Fact::AlertsSet(_)
        | Fact::BalanceLow { .. }
        | Fact::ReceivableOverLimit { .. }
        | Fact::Authorised { .. }
        | Fact::Released { .. }
        | Fact::ReservationExpired { .. }
        | Fact::Refused { .. }
        | Fact::ExchangeRatesAdded(_)
        | Fact::ServiceSet(_)
        | Fact::SubscriptionOpened { .. }
        | Fact::SubscriptionChanged { .. }
        | Fact::SubscriptionSuspended { .. }
        | Fact::SubscriptionResumed { .. }
        | Fact::BillOverdue { .. }
        | Fact::Switched(_) => Vec::new(),
    }
}

/// Where converted money went. Not the sign of the amount: what was handed over may have been
/// worth nothing in the account's currency.
#[derive(Clone, Copy)]
enum Towards {
    Account,
    Contra,
}

fn moved(entry: &Entry, towards: Towards) -> Vec<Side> {
    let Some(posting) = &entry.posting else {
        return Vec::new();
    };
    match posting.contra {
        // A settlement that charged nothing.
        Contra::None => Vec::new(),
        // A transfer between currencies is two entries of two sides each: its contra is the
        // exchange already.
        Contra::Exchange(_) => direct(posting),
        _ => match entry.fact.conversion() {
            None => direct(posting),
            Some(it) => {
                let original = Unit { currency: it.currency, exponent: it.exponent };
                exchanged(posting, original, it.original, towards)
            }
        },
    }
}

#[derive(Clone, Copy)]
struct Unit {
    currency: Currency,
    exponent: u8,
}

impl Unit {
    fn of(posting: &Posting) -> Self {
        Self { currency: posting.currency, exponent: posting.exponent }
    }

    fn side(self, book: Book, units: i128) -> Side {
        Side { book, currency: self.currency, exponent: self.exponent, units }
    }
}

/// Money that no account has. Contras count with the opposite sign of accounts.
fn waiting(moved: UnallocatedMoney) -> Vec<Side> {
    let unit = Unit { currency: moved.currency, exponent: moved.exponent };
    let units = i128::from(moved.units);
    vec![
        unit.side(Book::Contra(moved.contra), -units),
        unit.side(Book::Contra(Contra::Unallocated), units),
    ]
}

fn direct(posting: &Posting) -> Vec<Side> {
    let (unit, units) = (Unit::of(posting), i128::from(posting.amount.units()));
    vec![
        unit.side(Book::Account(posting.account), units),
        unit.side(Book::Contra(posting.contra), -units),
    ]
}

/// Money that changed its currency has four sides: the contra in the original currency, the
/// exchange in both, and the account.
fn exchanged(posting: &Posting, original: Unit, amount: Amount, towards: Towards) -> Vec<Side> {
    let (own, units) = (Unit::of(posting), i128::from(posting.amount.units()));
    let handed_over = match towards {
        Towards::Account => i128::from(amount.units()),
        Towards::Contra => -i128::from(amount.units()),
    };
    vec![
        own.side(Book::Account(posting.account), units),
        own.side(Book::Contra(Contra::Exchange(original.currency)), -units),
        original.side(Book::Contra(Contra::Exchange(own.currency)), handed_over),
        original.side(Book::Contra(posting.contra), -handed_over),
    ]
}

/// Sums by currency and line, as [`engine::State::trial_balance`] has them.
pub type TrialBalance = BTreeMap<(Currency, String), i128>;

/// Entries that are read at once: a page holds neither memory nor a snapshot for long.
const PAGE: usize = 8_192;

/// The trial balance after entry `until`, found from that after `known` by the entries between
/// the two: from whichever is nearer, the beginning or what is known.
pub fn trial_balance_at(
    reader: &dyn Reader,
    until: Position,
    known: (Position, TrialBalance),
) -> Result<TrialBalance, StoreError> {
    let (head, mut lines) = known;
    let start = reader.shard().start();
    let is_nearer_to_start = until.0.saturating_sub(start.0) < head.0.saturating_sub(until.0);
    let (sign, mut after, last) = match is_nearer_to_start {
        true => (1, Position::START, until),
        false => (-1, until, head),
    };
    if is_nearer_to_start {
        lines.clear();
    }
    // The journal only grows at its end, so that pages read one after the other agree.
    while after < last {
        let limit = PAGE.min(usize::try_from(last.0 - after.0).unwrap_or(PAGE));
        let entries = reader.entries_after(after, limit)?;
        let Some(newest) = entries.last() else {
            let place = format!("journal position {}", after.0 + 1);
            return Err(StoreError::damaged(place, "it is missing"));
        };
        after = newest.position;
        for side in entries.iter().flat_map(sides) {
            let line = match side.book {
                Book::Account(_) => "accounts".to_owned(),
                Book::Contra(contra) => contra.to_string(),
            };
            *lines.entry((side.currency, line)).or_default() += sign * side.units;
        }
    }
    lines.retain(|_, sum| *sum != 0);
    Ok(lines)
}
