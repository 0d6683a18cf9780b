//! What follows from an entry by itself, in the same batch: a promise kept, a threshold crossed, a
//! period begun, a service switched.

use super::{Draft, periods, promises, subscriptions, switches, unmoved};
use crate::standing::Means;
use crate::{
    Account, AccountId, Amount, Balance, Entry, Fact, Origin, PromiseEnd, State, Subscription,
    SwitchCause, Timestamp, owed,
};

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

/// Who caused something, when, and on which account.
#[derive(Clone, Copy)]
pub(crate) struct Cause<'a> {
    pub origin: &'a Origin,
    pub at: Timestamp,
    pub account: AccountId,
}

/// Writes a consequence down, in the name of whoever caused it.
pub(crate) fn carry_out(
    state: &State,
    consequence: Consequence,
    cause: Cause<'_>,
    entries: &mut Vec<Entry>,
) {
    let account = state.account(cause.account).expect("the cause has an account");
    let mut draft = Draft::new(state, cause.origin, cause.at, entries);
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

/// One step towards every subscription being what it should be.
#[derive(Debug)]
pub(crate) enum Step {
    /// A waiting subscription can have its next period.
    Start {
        serial: u32,
        opening: Box<periods::Opening>,
    },
    /// What it modified is closed: it can never be on again, and costs nothing more.
    Close {
        serial: u32,
    },
    Switch {
        serial: u32,
        to: Result<SwitchCause, SwitchCause>,
    },
    /// It stays on, and another adapter is told of it from now on.
    HandOver {
        serial: u32,
    },
}

/// The next step for an account's subscriptions; `None` when all are as they should be.
///
/// Waiting ones begin by priority, then what has to goes off, then what may comes on. What
/// modifies another goes off before it and comes on after it.
pub(crate) fn next_step(state: &State, id: AccountId, at: Timestamp) -> Option<Step> {
    let account = state.account(id)?;
    let means = Means::of(account, at);
    let at = at.max(state.shared.last_at);
    let subscriptions = account.subscriptions();
    let is_gone = |base: u32| account.subscription(base).is_none_or(|it| it.closed);
    let orphan = subscriptions.iter().find(|it| !it.closed && it.base.is_some_and(is_gone));
    if let Some(orphan) = orphan {
        return Some(Step::Close { serial: orphan.serial });
    }
    if let Some(start) = next_start(state, account, &means, at) {
        return Some(start);
    }
    let on = subscriptions.iter().filter(|it| it.on);
    let off = on.filter_map(|it| Some((it, means.standing(it).err()?)));
    if let Some((first, cause)) = off.min_by_key(|(it, _)| (it.base.is_none(), it.serial)) {
        return Some(Step::Switch { serial: first.serial, to: Err(cause) });
    }
    let needs = |it: &&Subscription| !it.on || it.stale || is_retold(state, it);
    let on = subscriptions.iter().filter(needs).filter(|it| means.standing(it).is_ok());
    let first = on.min_by_key(|it| (it.base.is_some(), it.priority, it.serial))?;
    if switches::has_left(state, first) {
        return Some(Step::HandOver { serial: first.serial });
    }
    let cause = match (first.on, first.told) {
        (true, _) => SwitchCause::Changed,
        (false, None) => SwitchCause::Activated,
        (false, Some(_)) => SwitchCause::Restored,
    };
    Some(Step::Switch { serial: first.serial, to: Ok(cause) })
}

/// Subscriptions that wait for a period, and for nothing else.
pub(crate) fn waiting<'a>(
    account: &'a Account,
    means: &Means<'a>,
) -> impl Iterator<Item = &'a Subscription> {
    // While what it modifies is off, it would be paid for nothing.
    let has_base =
        move |base: u32| account.subscription(base).is_some_and(|it| means.standing(it).is_ok());
    let may = move |it: &&Subscription| it.suspended.is_none() && it.base.is_none_or(has_base);
    account.subscriptions().iter().filter(|it| it.waits()).filter(may)
}

/// The most important subscription that waits for a period and can have it now.
fn next_start(state: &State, account: &Account, means: &Means<'_>, at: Timestamp) -> Option<Step> {
    if means.blocked().is_some() || account.closed {
        return None;
    }
    let mut waiting: Vec<_> = waiting(account, means).collect();
    // Whoever is on has changed its plan, and was told that what goes back of the one before is
    // enough for it.
    let changes = |it: &Subscription| it.on && it.fresh;
    waiting.sort_by_key(|it| (!changes(it), it.priority, it.serial));
    waiting.into_iter().find_map(|it| {
        let opening = periods::opening(state, account, it, at).ok()?;
        opening
            .is_covered(account)
            .then(|| Step::Start { serial: it.serial, opening: Box::new(opening) })
    })
}

/// Whether what the network was told of a subscription that is on is no longer what it should set.
fn is_retold(state: &State, subscription: &Subscription) -> bool {
    let Some(told) = subscription.told else {
        return false;
    };
    let Subscription { service, version, .. } = *subscription;
    if (told.service, told.version) == (service, version) {
        return false;
    }
    let catalogue = state.catalogue();
    let before = catalogue.version(told.service, told.version).map(|it| &it.service);
    let after = catalogue.version(service, version).map(|it| &it.service);
    told.service != service
        || before.map(|it| (&it.profile, it.adapter)) != after.map(|it| (&it.profile, it.adapter))
}

/// Writes a step down, in the name of whoever caused it.
pub(crate) fn take_step(state: &State, step: Step, cause: Cause<'_>, entries: &mut Vec<Entry>) {
    let account = state.account(cause.account).expect("the cause has an account");
    let mut draft = Draft::new(state, cause.origin, cause.at, entries);
    match step {
        Step::Close { serial } => subscriptions::close_with_base(&mut draft, account, serial),
        Step::Start { serial, opening } => periods::start(&mut draft, account, serial, &opening),
        Step::Switch { serial, to } => switches::switch(&mut draft, account, serial, to),
        Step::HandOver { serial } => switches::hand_over(&mut draft, account, serial),
    }
}
