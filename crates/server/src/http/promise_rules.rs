//! The rules of a policy for promised payments as they stand in JSON, both ways.
//!
//! **Invariant:** what was read is what is shown: [`RulesBody::new`] undoes [`RulesBody::read`].

mod read;
#[cfg(test)]
mod tests;

use engine::{Amount, Balance, Bound, Cooldown, Currency, Name, PromiseAmount, PromiseRules};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

/// The rules of a policy; one that is absent does not apply. Money is in the policy's currency.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesBody {
    pub amount: AmountBody,
    pub duration: DurationBody,
    /// Channels through which it may be asked for; any when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["self-care", "call-centre"]))]
    pub channels: Vec<String>,
    /// Promises open at the same time, at most.
    #[serde(default = "one")]
    #[schema(example = 1)]
    pub open_max: u32,
    pub cooldown: Option<CooldownBody>,
    /// At most so many in a sliding window of days.
    pub per_window: Option<WindowBody>,
    /// At most so many in one calendar month (UTC).
    pub per_month: Option<u32>,
    /// From the second promise in the window or month on, the balance has to be this at least.
    #[schema(example = "0.01")]
    pub repeat_balance_min: Option<String>,
    /// What may be owed before the promise.
    pub debt_max: Option<BoundBody>,
    /// How old the oldest debt may be.
    pub debt_age_days_max: Option<u32>,
    /// How long a customer has to be one.
    pub tenure_days_min: Option<u32>,
    /// How long available may have been below zero.
    pub blocked_days_max: Option<u32>,
    /// After an unkept promise, none until real payments have reached it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bars_after_unkept: bool,
    /// Promises in a row that were not kept in time, at most, repaid later or not.
    pub unkept_max: Option<u32>,
    /// What real payments have to have reached so far.
    pub paid_min: Option<BoundBody>,
    /// Only when available is below this.
    pub needed_below: Option<BoundBody>,
    /// Days of the month (UTC) on which it may be asked for.
    pub month_days: Option<MonthDaysBody>,
    /// Plans that it is for; any when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<String>,
    pub fee: Option<FeeBody>,
    /// The customer has to accept the terms.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_acceptance: bool,
    /// The plan may not change while a promise is open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_plan: bool,
    /// How far each role of staff may override the rules, with a reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<CapBody>,
}

fn one() -> u32 {
    1
}

/// How much is promised: one of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AmountBody {
    #[schema(example = "10.00")]
    Fixed(String),
    /// What the customer asks for, within these.
    Between { min: String, max: String },
    /// What is missing to bring available to zero.
    Shortfall(MaxBody),
    /// What is missing to bring available to the plan's monthly fee.
    ShortfallOfFee(MaxBody),
    /// Percent of the plan's monthly fee.
    FeePercent(PercentBody),
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxBody {
    #[schema(example = "30.00")]
    pub max: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentBody {
    #[schema(example = 100)]
    pub percent: u32,
    #[schema(example = "30.00")]
    pub max: Option<String>,
}

/// For how long.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DurationBody {
    /// When the customer does not say.
    #[schema(example = 72)]
    pub hours: u32,
    /// Other durations that may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!([240]))]
    pub choices: Vec<u32>,
    /// Any duration up to this may be asked for.
    pub hours_max: Option<u32>,
    /// Added for every full year that the customer has been one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hours_per_year: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Days before the next one: one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CooldownBody {
    DaysAfterGrant(u32),
    DaysAfterEnd(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowBody {
    #[schema(example = 2)]
    pub count: u32,
    #[schema(example = 28)]
    pub days: u32,
}

/// A sum of money, given or derived from the plan: one of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BoundBody {
    Amount(String),
    FeePercent(u32),
    /// The plan's monthly fee for so many days, at thirty days a month.
    FeeDays(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthDaysBody {
    #[schema(example = 1)]
    pub first: u8,
    #[schema(example = 5)]
    pub last: u8,
}

/// What a promise costs.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeBody {
    #[schema(example = "0.50")]
    pub amount: Option<String>,
    /// Percent of what is promised, on top of the amount.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub percent: u32,
    /// Free of charge when the balance is this or more.
    #[schema(example = "5.00")]
    pub waived_from: Option<String>,
}

/// How far a role may go beyond the rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapBody {
    /// `admin` or `agent`.
    #[schema(example = "agent")]
    pub role: String,
    #[schema(example = "50.00")]
    pub amount_max: String,
    #[schema(example = 240)]
    pub hours_max: u32,
}

impl RulesBody {
    pub fn new(rules: &PromiseRules, currency: Currency) -> Self {
        let money = |it: Amount| it.display(currency.exponent()).to_string();
        let standing = |it: Balance| it.display(currency.exponent()).to_string();
        let bound = |it: Bound| match it {
            Bound::Amount(amount) => BoundBody::Amount(money(amount)),
            Bound::FeePercent(percent) => BoundBody::FeePercent(percent),
            Bound::FeeDays(days) => BoundBody::FeeDays(days),
        };
        let names = |it: &[Name]| it.iter().map(ToString::to_string).collect();
        let duration = &rules.duration;
        Self {
            amount: AmountBody::new(rules.amount, money),
            duration: DurationBody {
                hours: duration.hours,
                choices: duration.choices.clone(),
                hours_max: duration.hours_max,
                hours_per_year: duration.hours_per_year,
            },
            channels: names(&rules.channels),
            open_max: rules.open_max,
            cooldown: rules.cooldown.map(|it| match it {
                Cooldown::DaysAfterGrant(days) => CooldownBody::DaysAfterGrant(days),
                Cooldown::DaysAfterEnd(days) => CooldownBody::DaysAfterEnd(days),
            }),
            per_window: rules.per_window.map(|it| WindowBody { count: it.count, days: it.days }),
            per_month: rules.per_month,
            repeat_balance_min: rules.repeat_balance_min.map(standing),
            debt_max: rules.debt_max.map(bound),
            debt_age_days_max: rules.debt_age_days_max,
            tenure_days_min: rules.tenure_days_min,
            blocked_days_max: rules.blocked_days_max,
            bars_after_unkept: rules.bars_after_unkept,
            unkept_max: rules.unkept_max,
            paid_min: rules.paid_min.map(bound),
            needed_below: rules.needed_below.map(bound),
            month_days: rules.month_days.map(|(first, last)| MonthDaysBody { first, last }),
            plans: names(&rules.plans),
            fee: rules.fee.map(|it| FeeBody {
                amount: (!it.amount.is_zero()).then(|| money(it.amount)),
                percent: it.percent,
                waived_from: it.waived_from.map(standing),
            }),
            needs_acceptance: rules.needs_acceptance,
            holds_plan: rules.holds_plan,
            overrides: rules.overrides.iter().map(|it| CapBody::new(it, money)).collect(),
        }
    }
}

impl AmountBody {
    fn new(amount: PromiseAmount, money: impl Fn(Amount) -> String) -> Self {
        match amount {
            PromiseAmount::Fixed(amount) => Self::Fixed(money(amount)),
            PromiseAmount::Between { min, max } => {
                Self::Between { min: money(min), max: money(max) }
            }
            PromiseAmount::Shortfall { max } => Self::Shortfall(MaxBody { max: max.map(money) }),
            PromiseAmount::ShortfallOfFee { max } => {
                Self::ShortfallOfFee(MaxBody { max: max.map(money) })
            }
            PromiseAmount::FeePercent { percent, max } => {
                Self::FeePercent(PercentBody { percent, max: max.map(money) })
            }
        }
    }
}

impl CapBody {
    fn new(cap: &engine::StaffCap, money: impl Fn(Amount) -> String) -> Self {
        Self {
            role: cap.role.to_string(),
            amount_max: money(cap.amount_max),
            hours_max: cap.hours_max,
        }
    }
}
