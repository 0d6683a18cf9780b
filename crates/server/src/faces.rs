//! What the console and self-care have in common: two faces of one system.
//!
//! - [`secured`] puts the headers of safety around a face's routes and makes pages of what fails.
//! - [`Looks`] is how a reader sees it: language, theme, time zone, the present. [`Looks::shell`]
//!   is what stands around every page.
//! - [`notice`] carries what the last action came to over a redirect; it is shown once.
//! - [`Live`] tells open pages that something they show has changed; [`live::stream`] is the feed.
//! - [`quote`] says what a price comes to on an account.
//! - [`Picture`] is a customer's accounts, services and what becomes of them, in one look at the
//!   shard.
//!
//! **Invariant:** no rule is here. What is on, what may be spent and what a payment would bring is
//! asked of the engine.

pub mod assets;
pub mod began;
pub mod chart;
pub mod entries;
pub mod export;
mod failed;
mod headers;
pub mod live;
mod looks;
pub mod notice;
pub mod outcome;
pub mod picture;
pub mod quote;
pub mod refused;
pub mod tariff;
pub mod titles;
pub mod typed;
pub mod words;

pub use failed::{Failed, rejected};
pub use headers::secured;
pub use live::Live;
pub use looks::{Looks, choose_language, choose_theme, moment};
pub use picture::Picture;
pub use typed::Typed;
