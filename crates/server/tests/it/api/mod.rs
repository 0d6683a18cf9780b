//! The API as people meet it, in process: each with a key and rights of their own.

mod addresses;
mod bank;
mod batches;
mod bodies;
mod books;
mod credit;
mod events;
mod exchange;
mod happy;
mod kiosk;
mod kiosk_unallocated;
mod malformed;
mod money_back;
mod openapi;
mod past;
mod promises;
mod refusals;
mod repeats;
mod roles;
mod search;
mod sessions;
mod spray;
mod statements;
mod stripe;
mod webhooks;
mod world;
