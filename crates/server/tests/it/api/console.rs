//! The console, as staff meet it in a browser.

mod acting;
mod coming_in;
pub mod desk;
mod doors;
mod finding;
pub mod live;
mod looking;
mod places;
