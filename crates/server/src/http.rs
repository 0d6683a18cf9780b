//! The HTTP API: a handler translates, the shard decides.

pub mod app;
pub mod auth;
pub mod body;
pub mod call;
pub mod entry_view;
pub mod error;
pub mod once;
pub mod path;
pub mod promise_history;
pub mod promise_rules;
pub mod promise_view;
pub mod provisioning_view;
pub mod query;
pub mod resources;
pub mod routes;
pub mod text;
pub mod unallocated;
pub mod wire;
