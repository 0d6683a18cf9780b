//! Events told to receivers of the provider's own, by a receiver that is really there.

mod delivering;
mod failing;
mod managing;
pub mod receiver;

use serde_json::{Value, json};

use server::config::Config;

use super::world::{World, text};
pub use receiver::{Heard, Receiver, Says};

/// A world that may deliver to this machine.
fn world() -> World {
    World::with(allow_this_machine)
}

pub fn allow_this_machine(config: &mut Config) {
    config.webhooks.allow_private = vec!["127.0.0.0/8".parse().expect("a network")];
}

/// A new endpoint at the receiver: its address in the API, and what was answered.
pub async fn endpoint(world: &World, receiver: &Receiver, events: Value) -> (String, Value) {
    let body = json!({"url": receiver.url(), "events": events});
    let made = world.post("/v1/webhook-endpoints", body).await.json(201);
    (format!("/v1/webhook-endpoints/{}", text(&made["id"])), made)
}

/// The states of an endpoint's deliveries, oldest first.
async fn states(world: &World, endpoint: &str) -> Vec<String> {
    let page = world.get(&format!("{endpoint}/deliveries")).await.json(200);
    let deliveries = page["deliveries"].as_array().expect("a list");
    deliveries.iter().rev().map(|it| text(&it["state"])).collect()
}
