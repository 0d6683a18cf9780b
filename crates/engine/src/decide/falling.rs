//! Fees that fall with time: of a period that would begin now and ends at a boundary.
//!
//! What cannot be paid today may be affordable tomorrow, although nothing happens on the account.
//! **Invariant:** the moment is found by the function that decides, at the rates of now; that
//! these change has whoever waits looked at again.

use super::follow::waiting;
use super::periods::{Opening, opening_by_rates_of};
use crate::standing::Means;
use crate::{
    Account, AccountId, Anchor, Balance, FINE_PER_MINOR, Grid, PaymentMode, PeriodLength,
    PeriodUnit, State, Subscription, Timestamp, WhileOff,
};

/// When something that waits at `at` on an account can be paid, or has to be looked at again
/// because another period would begin; never where no time helps.
pub(crate) fn affordable_at(state: &State, id: AccountId, at: Timestamp) -> Timestamp {
    let Some(account) = state.account(id) else { return Timestamp::NEVER };
    let means = Means::of(account, at);
    // Nobody is switched on for the last minutes of a month because their fee rounds to nothing.
    let has_money = |it: Balance| !it.is_negative() && it.units() >= FINE_PER_MINOR;
    if means.blocked().is_some() || account.closed || !account.available().is_some_and(has_money) {
        return Timestamp::NEVER;
    }
    let falling = waiting(account, &means).filter_map(|it| Falling::of(state, account, it, at));
    falling.map(|it| it.affordable_at()).min().unwrap_or(Timestamp::NEVER)
}

/// A waiting subscription whose fee falls.
struct Falling<'a> {
    state: &'a State,
    account: &'a Account,
    subscription: &'a Subscription,
    at: Timestamp,
    /// Up to here the period that could begin has the same boundaries.
    until: Timestamp,
}

impl<'a> Falling<'a> {
    fn of(
        state: &'a State,
        account: &'a Account,
        subscription: &'a Subscription,
        at: Timestamp,
    ) -> Option<Self> {
        let next = at.plus(1);
        let opening = opening_by_rates_of(state, account, subscription, (next, at)).ok()?;
        let service = opening.service();
        let recurring = service.recurring.as_ref()?;
        let by_day = matches!(recurring.anchor, Anchor::MonthDay(_));
        let anew = subscription.fresh || service.while_off == WhileOff::Pauses;
        let falls = match anew {
            true => by_day && (recurring.pro_rata || !subscription.fresh),
            false => service.while_off == WhileOff::Credited,
        };
        if !falls || service.mode == PaymentMode::Postpaid {
            return None;
        }
        // What begins anew counts its months from the one in which it does.
        let zone = state.zone_of(account, service);
        let length = PeriodLength { count: 1, unit: PeriodUnit::Month };
        let month = Grid { origin: next, length, day: Some(1), zone }.period_at(next);
        let until = match month.filter(|_| anew) {
            Some((_, end)) => end.min(opening.until()),
            None => opening.until(),
        };
        Some(Self { state, account, subscription, at, until })
    }

    /// The first moment at which it can be paid; the end of what is known when there is none.
    fn affordable_at(&self) -> Timestamp {
        let (mut from, mut until) = (self.at.plus(1), self.until);
        while from < until {
            let middle = from.plus(until.since(from) / 2);
            match self.opening(middle).is_some_and(|it| it.is_covered(self.account)) {
                true => until = middle,
                false => from = middle.plus(1),
            }
        }
        from
    }

    fn opening(&self, from: Timestamp) -> Option<Opening> {
        let moments = (from, self.at);
        opening_by_rates_of(self.state, self.account, self.subscription, moments).ok()
    }
}
