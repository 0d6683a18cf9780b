//! Commands to the network, by adapters that are really there.

mod adapter;
mod delivering;
mod hanging;
mod managing;
mod programs;
mod reconciling;
mod switching;

use engine::{AccountId, Position, SubscriptionId};
use serde_json::{Value, json};
use server::config::Config;
use server::http::provisioning_view::ProvisioningOrder;
use server::provisioning::config::AdapterConfig;
use store::provisioning::NewCommand;

use super::world::{World, text};

pub const SECRET: &str = "whsec_8vZTHp1lBsE6nzqAhFqUgQbHYIhHMoySCzS1UEsxeqM=";

/// Gives the configuration an adapter.
fn add(config: &mut Config, name: &str, text: &str) {
    let adapter: AdapterConfig = toml::from_str(text).expect("a sound adapter");
    config.provisioning.adapters.insert(name.to_owned(), adapter);
}

fn webhook(url: &str, more: &str) -> String {
    format!("kind = 'webhook'\nurl = '{url}'\nsecret = '{SECRET}'\n{more}")
}

/// Decides that a subscription of account 1 is to be on or off; answers the command's id.
pub async fn switch(world: &World, adapter: Option<&str>, serial: u32, on: bool) -> String {
    // An entry, because a command is known by the position of one.
    world.customer("Amélie").await;
    let position = world.head().await;
    let id = format!("cmd_{position}");
    let order = ProvisioningOrder {
        id: id.clone(),
        subscription: format!("sub_1-{serial}"),
        account: "acc_1".into(),
        service: "internet-100".into(),
        version: 3,
        on,
        cause: "funds_low".into(),
        subjects: vec![format!("login-{serial}@example.pf")],
        profile: [("down_kbit".to_owned(), "100000".to_owned())].into(),
        decided_at: world.moment(0),
        ..ProvisioningOrder::default()
    };
    let command = NewCommand {
        position: Position(position),
        at: world.now(),
        subscription: SubscriptionId { account: AccountId(1), serial },
        adapter: adapter.map(str::to_owned),
        on,
        payload: serde_json::to_string(&order).expect("JSON"),
    };
    let now = world.now();
    let add = move |store: &mut dyn store::provisioning::ProvisioningStore| {
        let cursor = store.cursor()?;
        store.enqueue(cursor, Position(position), &[command], now)
    };
    assert!(world.app().provisioning.store(add).await.expect("the store works"));
    world.app().provisioning.lent.wake();
    id
}

async fn command(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/provisioning/commands/{id}")).await.json(200)
}

async fn state(world: &World, id: &str) -> String {
    text(&command(world, id).await["state"])
}

/// What happened to a command, in words.
async fn events(world: &World, id: &str) -> Vec<String> {
    let command = command(world, id).await;
    let attempts = command["attempts"].as_array().expect("a list");
    attempts.iter().map(|it| text(&it["event"])).collect()
}

async fn acknowledge(world: &World, id: &str, outcome: &str) -> Value {
    let path = format!("/v1/provisioning/commands/{id}/acknowledge");
    world.post(&path, json!({"outcome": outcome})).await.json(200)
}

async fn retry(world: &World, id: &str) -> Value {
    world.post(&format!("/v1/provisioning/commands/{id}/retry"), json!({})).await.json(202)
}
