//! What a provider lays down about promised payments, for one group of customers and currency.

use serde::{Deserialize, Serialize};

use crate::{Amount, Balance, Currency, Name};

/// A version of a policy. Money is in `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromisePolicy {
    /// Customers of this group; `None` is for all whose group has no policy of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Name>,
    pub currency: Currency,
    /// Counts from 1 for each group and currency.
    pub version: u32,
    /// `None` when promised payments are not offered any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<PromiseRules>,
}

/// The rules; one that is absent does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseRules {
    pub amount: PromiseAmount,
    pub duration: PromiseDuration,
    /// Channels through which it may be asked for; empty is any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Name>,
    /// Promises open at the same time, at most.
    pub open_max: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<Cooldown>,
    /// At most so many in a sliding window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_window: Option<PerWindow>,
    /// At most so many in one calendar month (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<u32>,
    /// From the second promise in the window or month on, the balance has to be this at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_balance_min: Option<Balance>,
    /// What may be owed before the promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debt_max: Option<Bound>,
    /// How old the oldest debt may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debt_age_days_max: Option<u32>,
    /// How long a customer has to be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenure_days_min: Option<u32>,
    /// How long available may have been below zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_days_max: Option<u32>,
    /// After an unkept promise, none until real payments have reached it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bars_after_unkept: bool,
    /// Promises in a row that were not kept in time, at most, repaid later or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unkept_max: Option<u32>,
    /// What real payments have to have reached so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_min: Option<Bound>,
    /// Only when available is below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_below: Option<Bound>,
    /// Days of the month (UTC) on which it may be asked for, first and last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month_days: Option<(u8, u8)>,
    /// Plans that it is for; empty is any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<FeeRule>,
    /// The customer has to accept the terms.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_acceptance: bool,
    /// The plan may not change while a promise is open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_plan: bool,
    /// How far each role of staff may override the rules, with a reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<StaffCap>,
}

/// How much is promised. Results are rounded up to whole minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseAmount {
    Fixed(Amount),
    /// What the customer asks for, within these.
    Between {
        min: Amount,
        max: Amount,
    },
    /// What is missing to bring available to zero.
    Shortfall {
        max: Option<Amount>,
    },
    /// What is missing to bring available to the plan's monthly fee.
    ShortfallOfFee {
        max: Option<Amount>,
    },
    /// Percent of the plan's monthly fee.
    FeePercent {
        percent: u32,
        max: Option<Amount>,
    },
}

/// For how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseDuration {
    /// When the customer does not say.
    pub hours: u32,
    /// Other durations that may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<u32>,
    /// Any duration up to this may be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_max: Option<u32>,
    /// Added for every full year that the customer has been one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub hours_per_year: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cooldown {
    DaysAfterGrant(u32),
    DaysAfterEnd(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerWindow {
    pub count: u32,
    pub days: u32,
}

/// A sum of money, given or derived from the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Amount(Amount),
    FeePercent(u32),
    /// The plan's monthly fee for so many days, at thirty days a month.
    FeeDays(u32),
}

/// What a promise costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeRule {
    pub amount: Amount,
    /// Percent of what is promised, on top of the amount.
    #[serde(default, skip_serializing_if = "is_none")]
    pub percent: u32,
    /// Free of charge when the balance is this or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived_from: Option<Balance>,
}

/// How far a role may go beyond the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffCap {
    pub role: Name,
    pub amount_max: Amount,
    pub hours_max: u32,
}

fn is_none(number: &u32) -> bool {
    *number == 0
}

/// A rule that can fail, in the order in which they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseRule {
    Channel,
    Plan,
    Acceptance,
    OpenMax,
    Unkept,
    UnkeptMax,
    Cooldown,
    PerWindow,
    PerMonth,
    RepeatBalance,
    MonthDays,
    Tenure,
    BlockedDays,
    DebtMax,
    DebtAge,
    PaidMin,
    Needed,
    Duration,
    Amount,
    Ceiling,
}

impl PromiseRule {
    pub fn code(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Plan => "plan",
            Self::Acceptance => "acceptance",
            Self::OpenMax => "open_max",
            Self::Unkept => "unkept",
            Self::UnkeptMax => "unkept_max",
            Self::Cooldown => "cooldown",
            Self::PerWindow => "per_window",
            Self::PerMonth => "per_month",
            Self::RepeatBalance => "repeat_balance",
            Self::MonthDays => "month_days",
            Self::Tenure => "tenure",
            Self::BlockedDays => "blocked_days",
            Self::DebtMax => "debt_max",
            Self::DebtAge => "debt_age",
            Self::PaidMin => "paid_min",
            Self::Needed => "needed",
            Self::Duration => "duration",
            Self::Amount => "amount",
            Self::Ceiling => "ceiling",
        }
    }
}
