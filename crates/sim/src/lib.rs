//! Seeded random commands, and an oracle that knows the rules a second time.
//!
//! ```text
//!   Generator ──Step──▶ engine ──entries──┐
//!       ▲       └─────▶ Oracle ──lines────┴──▶ the same, or a Mismatch with its seed
//!       └── learns what may be cancelled ◀─┘
//! ```
//!
//! **Invariant:** the [`Oracle`] shares no rule with the engine: it takes the engine's commands as
//! what they say, and computes with lists and plain `i128`, slowly and on its own.
//!
//! Services have a run of their own beside it, [`ServiceWorld`], in which money-only accounts are
//! among the others: there every entry is held against a ledger of the entries before it.
//!
//! Money between shards has one too, [`ShardsWorld`].
//!
//! A crash test drives the same two: it sends each [`Step`] to a server instead of a state,
//! compares the reply with the oracle's [`Verdict`], and after a restart the accounts with
//! [`Oracle::figures`].

mod between;
mod coverage;
mod generator;
mod oracle;
mod random;
mod services;
mod subject;
mod world;

pub use between::{Happened, ShardsWorld};
pub use coverage::{Coverage, MUST_HAPPEN};
pub use generator::{Generator, Step};
pub use oracle::{Bar, Figures, Line, More, Oracle, Verdict, as_refused, bar, line};
pub use random::Random;
pub use services::{ServiceWorld, missing_of_services};
pub use subject::Subject;
pub use world::{Mismatch, World, seed_from_environment, worlds_from_environment};
