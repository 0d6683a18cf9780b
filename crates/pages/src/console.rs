//! The console's pages: a desk, with a customer on the line.

pub mod account;
pub mod action;
pub mod catalogue;
pub mod customer;
pub mod dashboard;
pub mod detail;
pub mod find;
pub mod promises;
pub mod queues;
pub mod rates;
pub mod receivables;
pub mod sign_in;
pub mod staff;
pub mod timeline;
pub mod webhooks;
