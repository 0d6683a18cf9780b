//! What ties a repetition to its original.

use engine::{Fact, Position};

use crate::shard::key_digest;

/// The key of the repetition of an original, in every shard.
pub fn key_of(original: Position) -> u128 {
    key_digest(&[b"repetition", &original.0.to_be_bytes()])
}

/// What was laid down, in words that are the same for the same.
pub fn told(fact: &Fact) -> String {
    let told = match fact {
        Fact::ServiceSet(service) => serde_json::to_string(service.as_ref()),
        Fact::PromisePolicySet(policy) => serde_json::to_string(policy.as_ref()),
        Fact::ExchangeRatesAdded(added) => serde_json::to_string(added.as_ref()),
        _ => Ok(String::new()),
    };
    format!("{} {}", fact.kind(), told.expect("a fact is always JSON"))
}
