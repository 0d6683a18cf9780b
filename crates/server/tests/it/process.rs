//! The program as a process: killed, stopped, starved of disk space, and handed damaged files.

mod bench;
mod channels;
mod chaos;
mod claims;
mod clock;
mod cluster;
mod commands;
mod copying;
mod crash;
mod damage;
mod databases;
mod disk;
pub mod harness;
mod nodes;
mod postgres;
mod provisioning;
mod repeating;
mod shards;
mod stop;
mod takeover;
mod transits;
mod users;
mod webhooks;
