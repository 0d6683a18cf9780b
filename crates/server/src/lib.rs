//! The server: routes, handlers, shard threads, commands. The only place where async starts.

pub mod access;
pub mod bench;
pub mod books;
pub mod cells;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod data_dir;
mod demo;
pub mod export;
pub mod faces;
pub mod http;
pub mod import;
mod lent;
mod progress;
pub mod provisioning;
pub mod rate_files;
pub mod readers;
pub mod refund_caps;
pub mod self_care;
pub mod serve;
pub mod shard;
mod statement;
pub mod verify;
pub mod webhooks;
