//! Moments, as the engine sees them: a number that comes in from outside.

use serde::{Deserialize, Serialize};

/// A moment in microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

#[expect(
    clippy::disallowed_methods,
    reason = "a moment beyond the ends of the scale is never, and no money depends on it"
)]
impl Timestamp {
    /// Before everything.
    pub const MIN: Self = Self(i64::MIN);
    /// After everything: the deadline of what never ends.
    pub const NEVER: Self = Self(i64::MAX);

    /// `self` moved by `micros`; stops at the ends of the scale.
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to `self`; negative when it is the later one.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
