//! Pages: a view in, HTML out, in the reader's language.
//!
//! **Invariant:** a view holds everything already decided. Nothing here knows a rule, a clock or
//! a database, and every view has `samples()`: one value for each state it can be in.
//!
//! A page is a struct, a template that extends `console.html` or `care.html`, the line
//! `page!(Struct, "template.html")`, its `samples()`, and its place in [`gallery`]: there the
//! tests find it, and `cargo xtask pages` shows it. What pages have alike is in `parts`, `chart`
//! and `style/`; how money and dates are said is in [`Say`].

pub mod chart;
pub mod code;
mod date;
mod html;
mod language;
mod message;
mod money;
mod parts;
mod say;
#[macro_use]
mod shell;
pub mod care;
pub mod console;
pub mod gallery;
pub mod parts_page;
pub mod statement;
mod style;
pub mod trouble;

pub use date::Moment;
pub use html::Html;
pub use language::{Care, Console, Language, Plural, Shared, Words};
pub use message::Message;
pub use money::{Figure, Money};
pub use parts::{
    Badge, Cell, Choice, Column, Csrf, Field, FieldKind, Link, Notice, Row, Tab, Table, Tone,
};
pub use say::Say;
pub use shell::{CareTab, Place, Shell, SignedIn, Theme};
pub use style::{ICON, LIVE_SCRIPT, POLICY, STYLE};

/// Puts `value` where the message has `{name}`.
fn fill(message: &str, name: &str, value: impl std::fmt::Display) -> String {
    message.with(name, value)
}
