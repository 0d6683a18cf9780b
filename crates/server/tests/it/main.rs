//! The server, tested from outside: its API in process, its program as a process, and its pages
//! in a browser.

mod api;
mod browser;
mod process;
