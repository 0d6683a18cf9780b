//! Promised payments: the policy as data, and the one evaluator that judges by it.

mod evaluate;
mod policy;
mod rules;

pub use evaluate::{Failing, Figure, Offer, PromiseAsk, Remedy, evaluate};
pub use policy::{
    Bound, Cooldown, FeeRule, PerWindow, PromiseAmount, PromiseDuration, PromisePolicy,
    PromiseRule, PromiseRules, StaffCap,
};
