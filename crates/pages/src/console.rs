//! The console's pages: a desk, with a customer on the line.

pub mod action;
pub mod customer;
pub mod find;
pub mod sign_in;
pub mod timeline;
