//! Services, sessions and switching: a run of its own beside the one of money.
//!
//! The engine writes entries; the ledger holds each against what it has seen before, by rules of
//! its own. What the money of it comes to (limits, promises, exchange of payments) is the other
//! run's matter; here it only comes between.

mod coverage;
mod days;
mod exact;
mod generator;
mod ledger;
mod world;

pub use coverage::missing_of_services;
pub use world::ServiceWorld;
