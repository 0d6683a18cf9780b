//! The HTTP API: a handler translates, the shard decides.

pub mod accounts;
pub mod adjustments;
pub mod app;
pub mod auth;
pub mod authorisations;
pub mod batches;
mod body;
mod call;
pub mod charges;
pub mod credit;
pub mod customers;
pub mod entry_view;
pub mod error;
pub mod events;
pub mod exchange_rates;
pub mod health;
mod path;
pub mod payments;
mod query;
pub mod reservations;
pub mod routes;
mod text;
pub mod trial_balance;
pub mod wire;
