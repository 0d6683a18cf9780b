//! Time zones, by the rules that are compiled in.

use core::fmt;
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::{OnceLock, RwLock};

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::Date;
use crate::Timestamp;

/// An IANA time zone: `Europe/Berlin`, `UTC`.
///
/// A pointer to rules that are kept for the life of the process, like a [`Name`](crate::Name); the
/// database bounds their number.
#[derive(Clone, Copy)]
pub struct Zone(&'static Rules);

struct Rules {
    name: &'static str,
    rules: TimeZone,
}

static UTC: Rules = Rules { name: "UTC", rules: TimeZone::UTC };

/// The zones that were asked for, but for UTC.
static ZONES: OnceLock<RwLock<FxHashMap<&'static str, Zone>>> = OnceLock::new();

impl Zone {
    pub const fn utc() -> Self {
        Self(&UTC)
    }

    /// The zone of that name, spelt exactly as in the IANA database.
    pub fn new(name: &str) -> Option<Self> {
        if name == UTC.name {
            return Some(Self::utc());
        }
        let zones = ZONES.get_or_init(RwLock::default);
        if let Some(known) = zones.read().expect("nobody panics with this lock").get(name) {
            return Some(*known);
        }
        // Of the compiled-in rules, whichever others a program was built to find.
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        if rules.is_unknown() || rules.iana_name() != Some(name) {
            return None;
        }
        let mut zones = zones.write().expect("nobody panics with this lock");
        if let Some(known) = zones.get(name) {
            return Some(*known);
        }
        let name: &'static str = Box::leak(name.into());
        let zone = Self(Box::leak(Box::new(Rules { name, rules })));
        zones.insert(name, zone);
        Some(zone)
    }

    pub fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The first moment after `at` at which the clocks are set forward or back, if any.
    pub fn next_change(self, at: Timestamp) -> Option<Timestamp> {
        let offset = self.0.rules.to_offset(moment(at)?);
        // Some transitions change only what the time is called.
        let mut changes = self.0.rules.following(moment(at)?);
        changes.find(|it| it.offset() != offset).map(|it| timestamp(it.timestamp()))
    }

    /// What clock and calendar show at `at`.
    pub(super) fn local(self, at: Timestamp) -> Option<DateTime> {
        Some(self.0.rules.to_datetime(moment(at)?))
    }

    /// When clock and calendar show `local`: later by the gap in a gap, the first time in a fold.
    pub(super) fn instant(self, local: DateTime) -> Option<Timestamp> {
        self.0.rules.to_ambiguous_timestamp(local).compatible().ok().map(timestamp)
    }

    /// The first moment of `date`, which is midnight unless the clocks leave it out.
    pub(super) fn day_start(self, date: Date) -> Option<Timestamp> {
        let midnight = jiff::civil::Date::from(date).at(0, 0, 0, 0);
        let found = self.0.rules.to_ambiguous_timestamp(midnight);
        let is_in_gap = matches!(found.offset(), AmbiguousOffset::Gap { .. });
        let found = found.compatible().ok()?;
        if !is_in_gap {
            return Some(timestamp(found));
        }
        // The gap may have begun before midnight, and the day begins where it ends: at the change,
        // which is the newest up to the moment found.
        let after = found.checked_add(SignedDuration::from_secs(1)).ok()?;
        self.0.rules.preceding(after).next().map(|it| timestamp(it.timestamp()))
    }
}

/// `None` beyond the years −9999 to 9999.
pub(super) fn moment(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_microsecond(at.0).ok()
}

fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp(at.as_microsecond())
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Zone {}

/// By name, so that everything that is ordered by zone is ordered alike in every process.
impl Ord for Zone {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(&name).ok_or_else(|| {
            D::Error::custom(format_args!("{name:?} is not a time zone such as Europe/Madrid"))
        })
    }
}
