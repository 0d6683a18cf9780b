//! The server, tested from outside: its API in process, and its program as a process.

mod api;
mod process;
