//! What follows from an entry by itself, in the same batch: a promise kept, a threshold crossed.

use super::{Draft, promises, unmoved};
use crate::{AccountId, Amount, Balance, Entry, Fact, PromiseEnd, State, owed};

/// One thing that follows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Consequence {
    /// Real payments have reached a promised payment.
    PromiseKept {
        credit: u32,
    },
    BalanceLow {
        threshold: Balance,
    },
    ReceivableOverLimit {
        limit: Amount,
    },
}

/// What follows from an entry that has been applied, in order; nearly always nothing.
pub(crate) fn consequences(state: &State, entry: &Entry) -> Vec<Consequence> {
    let posting = entry.posting.filter(|it| it.amount != Balance::ZERO);
    let account = posting.and_then(|it| state.account(it.account));
    let extra = account.and_then(|it| it.extra.as_deref());
    let (Some(posting), Some(extra)) = (posting, extra) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if entry.fact.is_real_payment() {
        let kept = extra.promises.iter().filter(|it| it.is_open() && it.paid >= it.amount);
        found.extend(kept.map(|it| Consequence::PromiseKept { credit: it.credit }));
    }
    let after = posting.balance;
    let before = Balance::from_units(after.units() - posting.amount.units());
    let before = before.expect("the balance before was in range");
    let low = extra.alerts.balance_below.iter().filter(|it| before >= **it && after < **it);
    found.extend(low.map(|it| Consequence::BalanceLow { threshold: *it }));
    let over = extra.alerts.owed_over.filter(|it| owed(before) <= *it && owed(after) > *it);
    found.extend(over.map(|limit| Consequence::ReceivableOverLimit { limit }));
    found
}

/// Writes a consequence down, in the name of whoever caused it.
pub(crate) fn carry_out(
    state: &State,
    consequence: Consequence,
    cause: (&crate::Origin, crate::Timestamp, AccountId),
    entries: &mut Vec<Entry>,
) {
    let (origin, at, account) = cause;
    let account = state.account(account).expect("the cause has an account");
    let mut draft = Draft::new(state, origin, at, entries);
    let fact = match consequence {
        Consequence::PromiseKept { credit } => {
            let promise = account.promises().iter().find(|it| it.credit == credit);
            let promise = promise.expect("it was found a moment ago");
            return promises::end(&mut draft, account, promise, PromiseEnd::Repaid);
        }
        Consequence::BalanceLow { threshold } => Fact::BalanceLow { threshold },
        Consequence::ReceivableOverLimit { limit } => Fact::ReceivableOverLimit { limit },
    };
    draft.post(account, unmoved(account), fact);
}
