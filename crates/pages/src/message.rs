//! Messages and what goes into their places.

use std::fmt::Display;

/// Puts a value where a message has `{name}`; reads well in a template:
/// `console.off_since.with("at", at)`.
pub trait Message {
    fn with(&self, name: &str, value: impl Display) -> String;
}

impl Message for str {
    fn with(&self, name: &str, value: impl Display) -> String {
        self.replace(&format!("{{{name}}}"), &value.to_string())
    }
}
