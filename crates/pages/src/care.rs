//! Self-care's pages: a pocket, one thumb, one question at a time.

pub mod home;
pub mod more;
pub mod promise;
pub mod sign_in;

#[cfg(test)]
mod tests;
