//! Who may come in: browsers at a few pages that are made of nothing but the handlers' tools.

pub mod browser;
mod codes;
mod customers;
mod forms;
mod limits;
mod manage;
pub mod secrets;
mod sessions;
mod staff;
mod trail;
