//! One file for each kind of thing that an address names: its requests, replies and handlers.

pub mod accounts;
pub mod adjustments;
pub mod authorisations;
pub mod bank_statements;
pub mod batches;
pub mod charges;
pub mod credit;
pub mod customers;
pub mod events;
pub mod exchange_rates;
pub mod health;
pub mod kiosk;
pub mod kiosk_registry;
pub mod payments;
pub mod plans;
pub mod promise_policies;
pub mod promises;
pub mod reservations;
pub mod statements;
pub mod stripe;
pub mod trial_balance;
pub mod webhook_deliveries;
pub mod webhook_endpoints;
