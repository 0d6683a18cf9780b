//! What the evaluator of promised payments says, as JSON.

use engine::{Balance, Failing, Figure, Name, Offer, Remedy, Unit};
use serde::Serialize;
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::wire::{self, WireMoney};

/// What would be granted, and every rule that is in the way of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferView {
    /// Whether it would be granted as asked.
    pub possible: bool,
    pub amount: WireMoney,
    pub hours: u32,
    pub until: String,
    pub fee: WireMoney,
    pub failing: Vec<FailingView>,
}

impl OfferView {
    pub fn new(offer: &Offer, unit: Unit) -> Self {
        Self {
            possible: offer.failing.is_empty(),
            amount: WireMoney::amount(offer.amount, unit.currency, unit.exponent),
            hours: offer.hours,
            until: wire::time(offer.until),
            fee: WireMoney::amount(offer.fee, unit.currency, unit.exponent),
            failing: offer.failing.iter().map(|it| FailingView::new(it, unit)).collect(),
        }
    }
}

/// A rule that says no, both its figures, and what would make it a yes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailingView {
    /// Stable; `docs/promised-payments.md` explains each.
    #[schema(example = "cooldown")]
    pub rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<FigureView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<FigureView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<RemedyView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FigureView {
    Money(WireMoney),
    Count { count: u32 },
    Days { days: u32 },
    Hours { hours: u32 },
    Names { names: Vec<String> },
}

/// What would satisfy the rule; one of the fields is there.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct RemedyView {
    /// It is possible again from this moment on.
    pub possible_from: Option<String>,
    /// A real payment of this much.
    pub pay: Option<WireMoney>,
    pub ask_min: Option<WireMoney>,
    pub ask_max: Option<WireMoney>,
    /// Durations that may be asked for.
    pub ask_hours: Option<Vec<u32>>,
    /// Any duration up to this may be asked for.
    pub ask_hours_max: Option<u32>,
    pub accept_terms: Option<bool>,
    pub use_channel: Option<Vec<String>>,
}

impl FailingView {
    pub fn new(failing: &Failing, unit: Unit) -> Self {
        Self {
            rule: failing.rule.code(),
            limit: FigureView::new(&failing.limit, unit),
            actual: FigureView::new(&failing.actual, unit),
            remedy: RemedyView::new(&failing.remedy, unit),
        }
    }
}

impl FigureView {
    fn new(figure: &Figure, unit: Unit) -> Option<Self> {
        Some(match figure {
            Figure::Nothing => return None,
            Figure::Money(money) => {
                Self::Money(WireMoney::balance(*money, unit.currency, unit.exponent))
            }
            Figure::Count(count) => Self::Count { count: *count },
            Figure::Days(days) => Self::Days { days: *days },
            Figure::Hours(hours) => Self::Hours { hours: *hours },
            Figure::Names(names) => Self::Names { names: texts(names) },
        })
    }
}

impl RemedyView {
    fn new(remedy: &Remedy, unit: Unit) -> Option<Self> {
        let money = |it| WireMoney::balance(Balance::credit(it), unit.currency, unit.exponent);
        let none = Self::default();
        Some(match remedy {
            Remedy::Nothing => return None,
            Remedy::PossibleFrom(at) => Self { possible_from: Some(wire::time(*at)), ..none },
            Remedy::Pay(amount) => Self { pay: Some(money(*amount)), ..none },
            Remedy::AskBetween { min, max } => {
                Self { ask_min: Some(money(*min)), ask_max: Some(money(*max)), ..none }
            }
            Remedy::AskHours { choices, up_to } => {
                Self { ask_hours: Some(choices.clone()), ask_hours_max: *up_to, ..none }
            }
            Remedy::AcceptTerms => Self { accept_terms: Some(true), ..none },
            Remedy::UseChannel(names) => Self { use_channel: Some(texts(names)), ..none },
        })
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
