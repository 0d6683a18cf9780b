//! Running sums of the contra accounts, for the trial balance.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::{Contra, Currency};

/// Running sums for the trial balance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, Currency, i128)>", into = "Vec<(String, Currency, i128)>")]
pub struct Totals(FxHashMap<(Contra, Currency), i128>);

impl Totals {
    pub(crate) fn add(&mut self, contra: Contra, currency: Currency, units: i128) {
        *self.0.entry((contra, currency)).or_default() += units;
    }

    pub fn get(&self, contra: Contra, currency: Currency) -> i128 {
        self.0.get(&(contra, currency)).copied().unwrap_or(0)
    }

    /// Every sum with its contra account, in order.
    pub fn lines(&self) -> Vec<(String, Currency, i128)> {
        let lines = self.0.iter();
        let mut lines: Vec<_> =
            lines.map(|((contra, currency), sum)| (contra.to_string(), *currency, *sum)).collect();
        lines.sort();
        lines
    }
}

impl From<Totals> for Vec<(String, Currency, i128)> {
    fn from(totals: Totals) -> Self {
        totals.lines()
    }
}

impl From<Vec<(String, Currency, i128)>> for Totals {
    fn from(lines: Vec<(String, Currency, i128)>) -> Self {
        let parse = |text: String| text.parse().expect("a total is saved under its contra account");
        Self(lines.into_iter().map(|(contra, unit, sum)| ((parse(contra), unit), sum)).collect())
    }
}
