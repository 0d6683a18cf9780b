//! Switching: what the network is told of a subscription, and which adapter is told it.

use std::sync::Arc;

use super::subscriptions::pauses;
use super::{Draft, unmoved};
use crate::{Account, Fact, Name, Posting, State, Subscription, SwitchCause, SwitchFact, Told};

/// Writes down that a subscription is on or off from now on, and with it the command to the
/// network.
pub(super) fn switch(
    draft: &mut Draft<'_>,
    account: &Account,
    serial: u32,
    to: Result<SwitchCause, SwitchCause>,
) {
    let subscription = account.subscription(serial).expect("the caller found it");
    let on = to.is_ok();
    // What goes off is what the network was told of last, also when the plan is another by now.
    let told = subscription.told.filter(|_| !on).unwrap_or_else(|| wanted(subscription));
    let pausing = pauses(draft, subscription);
    let period = subscription.period;
    // A subscription that is told anew while it is on does not stand still.
    let stood = period.and_then(|it| Some((it, it.paused_at?))).filter(|_| on);
    let fact = SwitchFact {
        on,
        cause: match to {
            Ok(cause) | Err(cause) => cause,
        },
        pauses: !on && pausing && period.is_some() && !subscription.closed,
        until: stood.map(|(period, since)| period.until.plus(draft.at.since(since))),
        ..told_of(draft.state, account, subscription, told)
    };
    draft.post(account, unmoved(account), Fact::Switched(Arc::new(fact)));
}

/// Tells a subscription that stays on to another adapter than before. The one before hears that
/// it is off, and the period takes no notice of that: it is on without a pause.
pub(super) fn hand_over(draft: &mut Draft<'_>, account: &Account, serial: u32) {
    let subscription = account.subscription(serial).expect("the caller found it");
    let told = subscription.told.expect("what is handed over was told");
    let off = told_of(draft.state, account, subscription, told);
    draft.post(account, unmoved(account), Fact::Switched(Arc::new(off)));
    let after_it = Posting { prev: draft.newest(), ..unmoved(account) };
    let on = told_of(draft.state, account, subscription, wanted(subscription));
    draft.post(account, after_it, Fact::Switched(Arc::new(SwitchFact { on: true, ..on })));
}

/// Whether what is on is with an adapter that is not the one for it any more.
pub(super) fn has_left(state: &State, subscription: &Subscription) -> bool {
    let before = subscription.told.and_then(|it| adapter(state, it));
    subscription.on && before.is_some() && before != adapter(state, wanted(subscription))
}

fn adapter(state: &State, told: Told) -> Option<Name> {
    state.catalogue().version(told.service, told.version)?.service.adapter
}

fn wanted(subscription: &Subscription) -> Told {
    Told { service: subscription.service, version: subscription.version }
}

/// What the network is told of a subscription as one version of a service: off, and nothing more.
fn told_of(
    state: &State,
    account: &Account,
    subscription: &Subscription,
    told: Told,
) -> SwitchFact {
    let Told { service, version } = told;
    let item = state.catalogue().version(service, version);
    // What it modifies is what the network knows by name.
    let base = subscription.base.and_then(|it| account.subscription(it));
    let subjects = match (subscription.subjects.is_empty(), base) {
        (true, Some(base)) => base.subjects.clone(),
        _ => subscription.subjects.clone(),
    };
    SwitchFact {
        subscription: subscription.serial,
        service,
        version,
        on: false,
        cause: SwitchCause::Changed,
        pauses: false,
        until: None,
        adapter: item.and_then(|it| it.service.adapter),
        subjects,
        profile: item.map(|it| it.service.profile.clone()).unwrap_or_default(),
    }
}
