//! A tariff at work on an account: what use costs there, and how much more can be granted.

use std::sync::Arc;

use super::super::{Draft, check_open, insufficient, out_of_range, subscriptions};
use crate::fraction::Fraction;
use crate::standing::Means;
use crate::{
    Account, Amount, AskUse, Balance, Conversion, ExchangeRate, Grant, Meter, Metered, Phase,
    Precision, Refusal, Service, Session, Subscription, Timestamp, UsageUnit, UseGrant, available,
    convert_by,
};

/// What a session has come to so far.
#[derive(Clone, Debug)]
pub struct SoFar {
    pub metered: Metered,
    pub charged: Amount,
    /// Units of the allowance that a settlement has drawn and that are not folded yet.
    pub drawn: u64,
}

/// Where the account stands while a session is sized.
#[derive(Clone, Copy)]
pub struct Place {
    pub balance: Balance,
    pub others: Amount,
    pub serial: u32,
}

/// A tariff at work on an account.
pub struct Rated<'a> {
    pub meter: Meter<'a>,
    pub service: &'a Service,
    pub account: &'a Account,
    pub subscription: Option<&'a Subscription>,
    pub rates: &'a [ExchangeRate],
}

/// A grant in money and in units.
pub struct Sized {
    pub grant: Grant,
    pub units: UseGrant,
}

impl Rated<'_> {
    /// Free units that this session may have, those that it holds among them; none of another
    /// plan, when the subscription has changed to one.
    pub fn free(&self, place: Place) -> u64 {
        let left = |it| self.account.allowance_left(it, Some(place.serial));
        self.subscription.filter(|it| it.service == self.service.name).map_or(0, left)
    }

    /// What a session comes to, in the account's currency, rounded once.
    pub fn price(&self, metered: &Metered) -> Result<Amount, Refusal> {
        let exact = self.meter.cost(metered).ok_or_else(|| self.beyond())?;
        self.amount(exact).ok_or_else(|| self.beyond())
    }

    fn amount(&self, exact: Fraction) -> Option<Amount> {
        let (from, to) = (self.service.currency, self.account.unit());
        convert_by(self.rates, exact, from, to, Precision::Fine).ok()
    }

    /// How what a settlement charges changed its currency; none when it did not.
    pub fn conversion(
        &self,
        before: &Metered,
        after: &Metered,
    ) -> Result<Option<Arc<Conversion>>, Refusal> {
        let currency = self.service.currency;
        if currency == self.account.currency {
            return Ok(None);
        }
        let exponent = currency.exponent();
        let original = |it: &Metered| {
            let exact = self.meter.cost(it)?;
            exact.to_amount(exponent, Precision::Fine)
        };
        let original = original(after).zip(original(before));
        let original = original.and_then(|(after, before)| after.checked_sub(before));
        let original = original.ok_or_else(|| self.beyond())?;
        let rates = self.rates.to_vec();
        Ok(Some(Arc::new(Conversion { original, currency, exponent, rates })))
    }

    fn beyond(&self) -> Refusal {
        out_of_range(self.account)
    }

    /// The next grant of a session, if its subscription is still on.
    pub fn next(
        &self,
        draft: &Draft<'_>,
        place: Place,
        so_far: &SoFar,
        ask: AskUse,
    ) -> Result<Sized, Refusal> {
        check_open(self.account)?;
        let subscription = self.subscription.filter(|it| !it.closed);
        let id = |it: &Subscription| self.account.subscription_id(it.serial);
        let gone = || Refusal::SubscriptionNotFound {
            subscription: format!("{} of acc_{}", self.service.name, self.account.id.0),
        };
        let subscription = subscription.ok_or_else(gone)?;
        // The account as this settlement leaves it.
        let left = available(place.balance, self.account.credit(), place.others);
        let means = Means::with(self.account, draft.at, left);
        means.standing(subscription).map_err(|why| Refusal::SubscriptionOff {
            subscription: subscriptions::name(id(subscription)),
            why,
        })?;
        self.size(draft, place, so_far, ask)
    }

    /// How much of `ask` can be granted.
    ///
    /// A session gets no more than its share of what is there for all that are open, unless that
    /// is of no use to it; so the last money is not all held by whoever asks first.
    pub fn size(
        &self,
        draft: &Draft<'_>,
        place: Place,
        so_far: &SoFar,
        ask: AskUse,
    ) -> Result<Sized, Refusal> {
        let usage = self.meter.usage;
        let asked = usage.grant_quantity_max.map_or(ask.quantity, |it| it.min(ask.quantity));
        let minimum = ask.minimum.min(asked).max(1);
        let free = self.free(place);
        let free = free - so_far.drawn.min(free);
        let affordable = |limit: Option<Amount>| {
            let fits = |exact: Fraction| {
                let more = self.amount(exact).map(|it| it.excess_over(so_far.charged));
                more.is_some_and(|it| limit.is_none_or(|limit| it <= limit))
            };
            self.meter.affordable(&so_far.metered, asked, free, draft.at, fits)
        };
        let money = available(place.balance, self.account.credit(), place.others);
        let means = money.map(|it| if it.is_negative() { Amount::ZERO } else { it.magnitude() });
        let share = means.map(|it| self.share(it, place));
        let mut quantity = affordable(share);
        let mut limit = share;
        if quantity < minimum {
            limit = means;
            quantity = affordable(means);
        }
        let after = |quantity: u64| {
            let total = so_far.metered.total.checked_add(quantity)?;
            self.meter.after(&so_far.metered, total, free, draft.at)
        };
        if quantity < minimum || quantity == 0 {
            let least = after(minimum).ok_or_else(|| self.beyond())?;
            let requested = self.price(&least)?.excess_over(so_far.charged);
            let money = money.unwrap_or(Balance::ZERO);
            return Err(insufficient(self.account, money, requested));
        }
        let granted = after(quantity).ok_or_else(|| self.beyond())?;
        let amount = self.price(&granted)?.excess_over(so_far.charged);
        let (_, from_allowance) = granted.since(&so_far.metered);
        let units = UseGrant {
            asked: ask.quantity,
            minimum: ask.minimum,
            quantity,
            free: from_allowance,
            last: quantity < asked && limit == means,
        };
        let expires_at = self.grant_until(draft.at).min(ask.expires_at);
        Ok(Sized { grant: Grant { amount, expires_at }, units })
    }

    /// When a grant ends at the latest. Bytes and events are priced when they are granted, so a
    /// grant of them ends with its band; a second is priced when it passes.
    fn grant_until(&self, at: Timestamp) -> Timestamp {
        let usage = self.meter.usage;
        if usage.unit == UsageUnit::Second {
            return Timestamp::NEVER;
        }
        let valid = match usage.grant_seconds {
            0 => Timestamp::NEVER,
            seconds => at.plus(i64::from(seconds) * 1_000_000),
        };
        self.meter.band_until(at).map_or(valid, |it| it.min(valid))
    }

    /// This session's part of all the money that is there for open sessions.
    fn share(&self, means: Amount, place: Place) -> Amount {
        let open = |it: &&Session| matches!(it.phase, Phase::Open { .. }) && !it.held.is_zero();
        let others = self.account.sessions.iter().filter(open);
        let others = others.filter(|it| it.serial != place.serial).count();
        if others == 0 {
            return means;
        }
        let all = means.add_capped(place.others).units();
        let count = i64::try_from(others).map_or(i64::MAX, |it| it.checked_add(1).unwrap_or(it));
        let share = Amount::from_units(all / count).unwrap_or_default();
        share.min(means)
    }
}
