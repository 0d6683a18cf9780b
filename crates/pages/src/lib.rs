//! Pages: a view in, HTML out, in the reader's language.
//!
//! **Invariant:** a view holds everything already decided. Nothing here knows a rule, a clock or
//! a database, and every view has `samples()`: one value for each state it can be in.

mod date;
mod language;
mod money;
pub mod statement;

pub use date::Moment;
pub use language::{Language, Plural, Words};
pub use money::Figure;

/// The one style sheet: tokens first, then what every page has, then each page's own.
pub const STYLE: &str = include_str!("design.css");

/// Puts `value` where the message has `{name}`.
fn fill(message: &str, name: &str, value: impl std::fmt::Display) -> String {
    message.replace(&format!("{{{name}}}"), &value.to_string())
}
