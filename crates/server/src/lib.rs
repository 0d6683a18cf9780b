//! The server: routes, handlers, shard threads, commands. The only place where async starts.

pub mod clock;
pub mod rate_files;
pub mod shard;
