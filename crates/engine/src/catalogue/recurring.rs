//! A fee for each period, and what a part of a period costs.

use serde::{Deserialize, Serialize};

use crate::{Grid, PeriodLength, Price, Timestamp, Zone};

/// A price for each period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurring {
    pub price: Price,
    pub every: PeriodLength,
    #[serde(default)]
    pub anchor: Anchor,
    /// Whether a first period that is shorter than the others costs less in proportion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pro_rata: bool,
}

/// Where periods begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// Wherever the subscription began.
    #[default]
    Start,
    /// At midnight of this day of the month, 1 to 28.
    MonthDay(u8),
}

impl Recurring {
    /// The boundaries of the periods of a subscription that is anchored at `origin`.
    pub fn grid(&self, origin: Timestamp, zone: Zone) -> Grid {
        let day = match self.anchor {
            Anchor::Start => None,
            Anchor::MonthDay(day) => Some(day),
        };
        Grid { origin, length: self.every, day, zone }
    }
}
