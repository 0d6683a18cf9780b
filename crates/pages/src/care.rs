//! Self-care's pages: a pocket, one thumb, one question at a time.

pub mod alerts;
pub mod holidays;
pub mod home;
pub mod more;
pub mod pay;
pub mod promise;
pub mod running;
pub mod services;
pub mod settings;
pub mod shop;
pub mod sign_in;
pub mod sign_ins;
pub mod statement;
pub mod task;

#[cfg(test)]
mod tests;
