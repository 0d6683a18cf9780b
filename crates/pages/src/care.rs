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

/// Ends a sentence once: some languages shorten a month with a full stop of its own.
pub(crate) fn sentence(text: &str) -> String {
    text.replace("..", ".")
}

#[cfg(test)]
mod tests;
