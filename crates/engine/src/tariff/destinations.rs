//! Which rate a destination has.

use rustc_hash::FxHashMap;

use super::Usage;

/// The prefixes of a tariff, made for look-ups: once for each version of it.
#[derive(Clone, Debug, Default)]
pub struct DestinationIndex {
    rates: FxHashMap<Box<str>, usize>,
    /// Bytes of the longest prefix.
    longest: usize,
}

impl DestinationIndex {
    pub fn new(usage: &Usage) -> Self {
        let mut index = Self::default();
        for (place, rate) in usage.rates.iter().enumerate() {
            for prefix in &rate.prefixes {
                index.longest = index.longest.max(prefix.len());
                index.rates.insert(prefix.as_str().into(), place);
            }
        }
        index
    }

    /// The place in [`Usage::rates`] of the rate with the longest prefix of `destination`.
    ///
    /// The destination is taken as it is given: `+49`, `0049` and `49` are three different
    /// beginnings, and letters are as large as they are. Use without a destination has the rate
    /// of the prefix `""`, and so has a destination that no other prefix fits.
    pub fn rate(&self, destination: Option<&str>) -> Option<usize> {
        let destination = destination.unwrap_or_default();
        let ends = (0..=self.longest.min(destination.len())).rev();
        ends.filter_map(|end| destination.get(..end)).find_map(|it| self.rates.get(it).copied())
    }
}
