//! Each rule of a policy: whether it fails, by how much, and what would satisfy it.

use super::evaluate::{Failing, Figure, Remedy, Subject, round_up};
use super::policy::{Bound, Cooldown, PromiseAmount, PromiseRule};
use crate::time::{first_of_next_month, month_day, next_month_day, of_days};
use crate::{Amount, Balance, Limit, Timestamp, day_of};

/// One function for each rule, in the order of [`PromiseRule`].
impl Subject<'_> {
    pub(super) fn channel(&self) -> Option<Failing> {
        let channels = &self.rules.channels;
        (!channels.is_empty() && !channels.contains(&self.channel)).then(|| Failing {
            rule: PromiseRule::Channel,
            limit: Figure::Names(channels.clone()),
            actual: Figure::Names(vec![self.channel]),
            remedy: Remedy::UseChannel(channels.clone()),
        })
    }

    /// The plan is one of those it is for; rules that go by a fee need a plan to know one.
    pub(super) fn plan(&self) -> Option<Failing> {
        let plan = self.account.plan().map(|it| it.name);
        let allowed = &self.rules.plans;
        let by_fee = |it: Option<Bound>| !matches!(it, None | Some(Bound::Amount(_)));
        let amount = self.rules.amount;
        let needs_fee = [self.rules.debt_max, self.rules.paid_min, self.rules.needed_below]
            .into_iter()
            .any(by_fee)
            || matches!(
                amount,
                PromiseAmount::ShortfallOfFee { .. } | PromiseAmount::FeePercent { .. }
            );
        let fits = match plan {
            Some(plan) => allowed.is_empty() || allowed.contains(&plan),
            None => allowed.is_empty() && !needs_fee,
        };
        (!fits).then(|| Failing {
            rule: PromiseRule::Plan,
            limit: Figure::Names(allowed.clone()),
            actual: plan.map_or(Figure::Nothing, |it| Figure::Names(vec![it])),
            remedy: Remedy::Nothing,
        })
    }

    pub(super) fn acceptance(&self) -> Option<Failing> {
        let missing = self.rules.needs_acceptance && !self.ask.accepts_terms;
        missing.then_some(Failing {
            rule: PromiseRule::Acceptance,
            limit: Figure::Nothing,
            actual: Figure::Nothing,
            remedy: Remedy::AcceptTerms,
        })
    }

    pub(super) fn open_max(&self) -> Option<Failing> {
        let open = self.account.promises().iter().filter(|it| it.is_open());
        let mut left: Vec<_> = open.map(|it| it.amount.excess_over(it.paid)).collect();
        left.sort_unstable();
        let max = self.rules.open_max;
        // Staff may have granted more than one beyond it: all those have to be kept.
        let beyond = left.len().checked_sub(usize::try_from(max).expect("a count fits"))?;
        Some(Failing {
            rule: PromiseRule::OpenMax,
            limit: Figure::Count(max),
            actual: count(left.len()),
            remedy: left.get(beyond).map_or(Remedy::Nothing, |it| Remedy::Pay(*it)),
        })
    }

    pub(super) fn unkept(&self) -> Option<Failing> {
        let unkept = self.account.promises().iter().filter(|it| it.is_unkept());
        let left = unkept.map(|it| it.amount.excess_over(it.paid));
        let left = left.max().filter(|_| self.rules.bars_after_unkept)?;
        Some(Failing {
            rule: PromiseRule::Unkept,
            limit: Figure::Money(Balance::ZERO),
            actual: Figure::Money(Balance::credit(left)),
            remedy: Remedy::Pay(left),
        })
    }

    /// In a row, back from the newest: one that was kept in time starts the count again.
    pub(super) fn unkept_max(&self) -> Option<Failing> {
        use crate::PromiseEnd::{Expired, PartlyRepaid, Repaid};
        let max = self.rules.unkept_max?;
        let ends = self.account.promises().iter().rev().filter_map(|it| it.ended);
        let in_row = ends.take_while(|(_, end)| *end != Repaid);
        let broken = in_row.filter(|(_, end)| matches!(end, Expired | PartlyRepaid)).count();
        over(broken, max).then(|| Failing {
            rule: PromiseRule::UnkeptMax,
            limit: Figure::Count(max),
            actual: count(broken),
            remedy: Remedy::Nothing,
        })
    }

    pub(super) fn cooldown(&self) -> Option<Failing> {
        let promises = self.account.promises().iter();
        let (days, last) = match self.rules.cooldown? {
            Cooldown::DaysAfterGrant(days) => (days, promises.map(|it| it.granted_at).max()),
            // One that is open has not ended: that is another rule's matter.
            Cooldown::DaysAfterEnd(days) => {
                (days, promises.filter_map(|it| it.ended).map(|(at, _)| at).max())
            }
        };
        let from = last?.plus(of_days(days));
        (from > self.now).then(|| Failing {
            rule: PromiseRule::Cooldown,
            limit: Figure::Days(days),
            actual: self.days(last.expect("there is one")),
            remedy: Remedy::PossibleFrom(from),
        })
    }

    pub(super) fn per_window(&self) -> Option<Failing> {
        let window = self.rules.per_window?;
        let span = of_days(window.days);
        let granted = self.granted_after(self.now.plus(-span));
        // Possible again when all but `count - 1` of them have left the window.
        let max = usize::try_from(window.count).expect("a count fits");
        let leaves = granted.len().checked_sub(max).and_then(|it| granted.get(it));
        count_over(granted.len(), window.count).then(|| Failing {
            rule: PromiseRule::PerWindow,
            limit: Figure::Count(window.count),
            actual: count(granted.len()),
            remedy: leaves
                .map_or(Remedy::Nothing, |it| Remedy::PossibleFrom(it.granted_at.plus(span))),
        })
    }

    pub(super) fn per_month(&self) -> Option<Failing> {
        let max = self.rules.per_month?;
        let granted = self.granted_this_month().len();
        count_over(granted, max).then(|| Failing {
            rule: PromiseRule::PerMonth,
            limit: Figure::Count(max),
            actual: count(granted),
            remedy: match max {
                0 => Remedy::Nothing,
                _ => Remedy::PossibleFrom(first_of_next_month(self.now)),
            },
        })
    }

    pub(super) fn repeat_balance(&self) -> Option<Failing> {
        let min = self.rules.repeat_balance_min?;
        let is_repeat = match self.rules.per_window {
            Some(it) => !self.granted_after(self.now.plus(-of_days(it.days))).is_empty(),
            None => !self.granted_this_month().is_empty(),
        };
        let balance = self.account.balance;
        (is_repeat && balance < min).then(|| Failing {
            rule: PromiseRule::RepeatBalance,
            limit: Figure::Money(min),
            actual: Figure::Money(balance),
            remedy: Remedy::Pay(missing(min, balance)),
        })
    }

    pub(super) fn month_days(&self) -> Option<Failing> {
        let (first, last) = self.rules.month_days?;
        let today = month_day(self.now);
        (!(first..=last).contains(&today)).then(|| Failing {
            rule: PromiseRule::MonthDays,
            limit: Figure::Count(first.into()),
            actual: Figure::Count(today.into()),
            remedy: Remedy::PossibleFrom(next_month_day(self.now, first)),
        })
    }

    pub(super) fn tenure(&self) -> Option<Failing> {
        let min = self.rules.tenure_days_min?;
        let from = self.since.plus(of_days(min));
        (from > self.now).then(|| Failing {
            rule: PromiseRule::Tenure,
            limit: Figure::Days(min),
            actual: self.days(self.since),
            remedy: Remedy::PossibleFrom(from),
        })
    }

    pub(super) fn blocked_days(&self) -> Option<Failing> {
        let max = self.rules.blocked_days_max?;
        let since = self.account.extra.as_deref().and_then(|it| it.short_since)?;
        (self.now.since(since) > of_days(max)).then(|| Failing {
            rule: PromiseRule::BlockedDays,
            limit: Figure::Days(max),
            actual: self.days(since),
            remedy: Remedy::Pay(self.missing_to(Amount::ZERO)),
        })
    }

    pub(super) fn debt_max(&self) -> Option<Failing> {
        let max = self.bound(self.rules.debt_max?);
        let owed = self.account.owed();
        (owed > max).then(|| Failing {
            rule: PromiseRule::DebtMax,
            limit: Figure::Money(Balance::credit(max)),
            actual: Figure::Money(Balance::credit(owed)),
            remedy: Remedy::Pay(round_up(owed.excess_over(max))),
        })
    }

    pub(super) fn debt_age(&self) -> Option<Failing> {
        let max = self.rules.debt_age_days_max?;
        let today = day_of(self.now);
        let days = |day: i32| u32::try_from(today - day).unwrap_or(0);
        let debts = self.account.debts.iter();
        let old = debts.filter(|it| days(it.day) > max);
        let sum = old.fold(Amount::ZERO, |sum, it| sum.add_capped(it.amount));
        let oldest = self.account.debts.first()?;
        (!sum.is_zero()).then(|| Failing {
            rule: PromiseRule::DebtAge,
            limit: Figure::Days(max),
            actual: Figure::Days(days(oldest.day)),
            remedy: Remedy::Pay(round_up(sum)),
        })
    }

    pub(super) fn paid_min(&self) -> Option<Failing> {
        let min = self.bound(self.rules.paid_min?);
        let paid = self.account.paid;
        (paid < min).then(|| Failing {
            rule: PromiseRule::PaidMin,
            limit: Figure::Money(Balance::credit(min)),
            actual: Figure::Money(Balance::credit(paid)),
            remedy: Remedy::Pay(round_up(min.excess_over(paid))),
        })
    }

    /// Nothing is missing, so nothing has to be promised, whatever is asked for.
    pub(super) fn needed(&self) -> Option<Failing> {
        let available = self.account.available();
        let below = self.rules.needed_below.map(|it| self.bound(it));
        let enough = below.filter(|it| available.is_none_or(|has| has >= Balance::credit(*it)));
        let target = match self.rules.amount {
            PromiseAmount::Shortfall { .. } => Some(Amount::ZERO),
            PromiseAmount::ShortfallOfFee { .. } => Some(self.monthly_fee()),
            _ => None,
        };
        let reached = target.filter(|it| self.missing_to(*it).is_zero());
        Some(Failing {
            rule: PromiseRule::Needed,
            limit: Figure::Money(Balance::credit(enough.or(reached)?)),
            actual: available.map_or(Figure::Nothing, Figure::Money),
            remedy: Remedy::Nothing,
        })
    }

    pub(super) fn duration(&self, hours: u32) -> Option<Failing> {
        let duration = &self.rules.duration;
        let asked = self.ask.hours?;
        let fits = asked == duration.hours
            || duration.choices.contains(&asked)
            || duration.hours_max.is_some_and(|max| (1..=max).contains(&asked));
        (!fits).then(|| {
            let mut choices = duration.choices.clone();
            choices.insert(0, duration.hours);
            Failing {
                rule: PromiseRule::Duration,
                limit: Figure::Hours(duration.hours_max.unwrap_or(duration.hours)),
                actual: Figure::Hours(hours),
                remedy: Remedy::AskHours { choices, up_to: duration.hours_max },
            }
        })
    }

    pub(super) fn amount_in_bounds(&self, amount: Amount) -> Option<Failing> {
        let (min, max) = match self.rules.amount {
            PromiseAmount::Fixed(fixed) => (fixed, fixed),
            PromiseAmount::Between { min, max } => (min, max),
            PromiseAmount::Shortfall { max } => self.up_to(self.missing_to(Amount::ZERO), max),
            PromiseAmount::ShortfallOfFee { max } => {
                self.up_to(self.missing_to(self.monthly_fee()), max)
            }
            PromiseAmount::FeePercent { percent, max } => {
                let (_, most) = self.up_to(self.fee_share(percent, 100), max);
                (most, most)
            }
        };
        let limit = if amount < min { min } else { max };
        (!(min..=max).contains(&amount)).then(|| Failing {
            rule: PromiseRule::Amount,
            limit: Figure::Money(Balance::credit(limit)),
            actual: Figure::Money(Balance::credit(amount)),
            // What is missing is more than may be promised: a payment makes it less, and no
            // other amount helps.
            remedy: match max < min {
                true => Remedy::Pay(round_up(min.excess_over(max))),
                false => Remedy::AskBetween { min, max },
            },
        })
    }

    /// A derived amount is exact, and has an upper bound.
    fn up_to(&self, derived: Amount, max: Option<Amount>) -> (Amount, Amount) {
        (derived, max.map_or(derived, |max| derived.min(max)))
    }

    pub(super) fn ceiling(&self, amount: Amount) -> Option<Failing> {
        let ceiling = self.account.ceiling?;
        let Limit::Limited(credit) = self.account.credit_uncapped() else {
            return None;
        };
        let asked = credit.add_capped(amount);
        (asked > ceiling).then(|| Failing {
            rule: PromiseRule::Ceiling,
            limit: Figure::Money(Balance::credit(ceiling)),
            actual: Figure::Money(Balance::credit(asked)),
            remedy: Remedy::AskBetween { min: Amount::ZERO, max: ceiling.excess_over(credit) },
        })
    }

    fn days(&self, since: Timestamp) -> Figure {
        Figure::Days(u32::try_from(self.days_since(since)).unwrap_or(u32::MAX))
    }
}

fn missing(min: Balance, balance: Balance) -> Amount {
    let units = min.units() - balance.units();
    round_up(Amount::from_units(units.clamp(0, crate::UNITS_MAX)).expect("clamped"))
}

fn count(count: usize) -> Figure {
    Figure::Count(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether there is no room for one more.
fn count_over(count: usize, max: u32) -> bool {
    u32::try_from(count).unwrap_or(u32::MAX) >= max
}

fn over(count: usize, max: u32) -> bool {
    u32::try_from(count).unwrap_or(u32::MAX) > max
}
