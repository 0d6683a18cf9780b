//! The pages as people meet them: a real Chromium at a real server.
//!
//! Needs `chromium` and `chromedriver`; `cargo xtask test` installs them where it can. Without
//! them these tests pass and say that they have looked at nothing.

mod chromium;
mod demo;
mod every_page;
mod person;
mod provider;
mod stories;
mod without_script;
