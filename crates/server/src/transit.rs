//! Money between accounts of two shards: a transfer, or an unallocated payment that finds its
//! account in another shard than it was received in.
//!
//! ```text
//!   asked shard ──AskPayee──▶ the account's shard     is it there, does it take the money
//!   asked shard ── writes its side: the money is under way (`transfers` in the books)
//!   asked shard ──AskReceived──▶ the account's shard ── follows, and writes its own side
//! ```
//!
//! **Invariant:** what one shard has sent the other writes down once, whoever dies in between: it
//! follows the journal of the first ([`Receiver`]), and the question only wakes it. So whoever is
//! asked again, or after a failure, hears the same.

mod payee;
mod received;
mod receiver;
mod reversal;

pub use payee::AskPayee;
pub use received::{AskReceived, key_of, receives};
pub use receiver::{Arrivals, Receiver};
pub use reversal::{AskReversal, Reversal, ReversalWay};
