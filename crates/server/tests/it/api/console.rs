//! The console, as staff meet it in a browser.

mod acting;
mod coming_in;
mod desk;
mod doors;
mod finding;
mod live;
mod looking;
mod places;
