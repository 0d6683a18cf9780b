//! Short names that occur over and over: payment sources, services, reasons, actors.
//!
//! A [`Name`] is a pointer to text that is kept for the life of the process, so that an entry
//! carries it in eight bytes, and copying it between threads touches no reference count. That
//! they are never freed is why their form is narrow and their number bounded.

use core::fmt;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{OnceLock, RwLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Characters in a name, at most.
pub const NAME_LENGTH_MAX: usize = 48;

/// Different names in one process, at most.
pub const NAMES_MAX: usize = 65_536;

/// A lower-case word of the provider's own: `cash`, `internet-100`, `goodwill`.
#[derive(Clone, Copy)]
pub struct Name(&'static &'static str);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Not 1 to 48 of `a-z 0-9 . _ -`, starting with a letter or a digit.
    Form,
    /// [`NAMES_MAX`] different names are known already.
    TooMany,
}

impl Name {
    pub fn new(text: &str) -> Result<Self, NameError> {
        let names = NAMES.get_or_init(RwLock::default);
        if let Some(known) = names.read().expect("nobody panics with this lock").get(text) {
            return Ok(*known);
        }
        if !is_well_formed(text) {
            return Err(NameError::Form);
        }
        let mut names = names.write().expect("nobody panics with this lock");
        if let Some(known) = names.get(text) {
            return Ok(*known);
        }
        if names.len() >= NAMES_MAX {
            return Err(NameError::TooMany);
        }
        let text: &'static str = Box::leak(text.into());
        let name = Self(Box::leak(Box::new(text)));
        names.insert(text, name);
        Ok(name)
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }
}

static NAMES: OnceLock<RwLock<HashMap<&'static str, Name>>> = OnceLock::new();

fn is_well_formed(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| plain(byte) || matches!(byte, b'.' | b'_' | b'-');
    (1..=NAME_LENGTH_MAX).contains(&text.len())
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(inner)
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Name {}

/// By text, so that everything that is ordered by name is ordered alike in every process.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str(
                "must be 1 to 48 lower-case letters, digits, dots, dashes or underscores, \
                 starting with a letter or a digit",
            ),
            Self::TooMany => write!(f, "is one name more than the {NAMES_MAX} that are kept"),
        }
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::new(&text).map_err(|error| D::Error::custom(format_args!("{text:?} {error}")))
    }
}

#[cfg(test)]
mod tests;
