//! The console, as staff meet it in a browser.

mod acting;
mod clients;
mod coming_in;
pub mod desk;
mod doors;
mod explaining;
mod finding;
mod hooks;
mod issuer;
pub mod live;
mod looking;
mod openid;
mod people;
mod places;
mod queries;
mod refunds;
mod serving;
