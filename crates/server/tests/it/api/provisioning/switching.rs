//! From money to the network: what switches a subscription is delivered.

use serde_json::{Value, json};

use super::super::world::{Home, World, eur, text};
use super::adapter::{Heard, Network};
use super::{add, command, state, webhook};

/// A service with an adapter, 25.00 a month in advance.
pub async fn sell(world: &World, service: &str, adapter: &str) {
    let body = json!({
        "title": "Internet 100", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": "25.00", "every": {"count": 1, "unit": "month"}},
        "adapter": adapter, "profile": {"down_kbit": "100000", "up_kbit": "20000"},
    });
    world.put(&format!("/v1/services/{service}"), body).await.json(200);
}

/// A subscription of an account, known to the network by one name; answers its id.
pub async fn subscribe(world: &World, account: &str, service: &str, subject: &str) -> String {
    let body = json!({"account": account, "service": service, "subjects": [subject]});
    text(&world.post("/v1/subscriptions", body).await.json(201)["subscription"])
}

async fn look(world: &World, subscription: &str) -> Value {
    world.get(&format!("/v1/subscriptions/{subscription}")).await.json(200)
}

/// What the network was told of: on or off, and why.
fn told(heard: &[Heard]) -> Vec<(bool, String)> {
    let data = heard.iter().map(|it| it.json()["data"].clone());
    data.map(|it| (it["on"].as_bool().expect("on or off"), text(&it["cause"]))).collect()
}

#[tokio::test]
async fn money_switches_a_subscription_in_the_network() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    sell(&world, "internet-100", "olt").await;
    let account = world.account("EUR").await;
    let subscription = subscribe(&world, &account, "internet-100", "amelie@example.pf").await;
    world.provision().await;
    assert_eq!(told(&network.heard()), [], "it was never on");
    world.pay(&account, "30.00").await;
    world.provision().await;
    let heard = network.heard();
    assert_eq!(told(&heard), [(true, "activated".to_owned())]);
    let data = &heard[0].json()["data"];
    assert_eq!(
        (&data["subscription"], &data["account"], &data["service"]),
        (&json!(subscription), &json!(account), &json!("internet-100"))
    );
    assert_eq!(data["subjects"], json!(["amelie@example.pf"]));
    assert_eq!(data["profile"], json!({"down_kbit": "100000", "up_kbit": "20000"}));
    let id = heard[0].id();
    assert_eq!(look(&world, &subscription).await["switched_by"], json!(id));
    assert_eq!(state(&world, &id).await, "acknowledged");
    let late = json!({"amount": "9.00", "currency": "EUR", "after_use": true});
    world.post(&format!("/v1/accounts/{account}/charges"), late).await.json(201);
    world.provision().await;
    world.pay(&account, "9.00").await;
    world.provision().await;
    let expected = [(false, "funds_low".to_owned()), (true, "restored".to_owned())];
    assert_eq!(told(&network.heard()), expected);
}

#[tokio::test]
async fn what_is_undone_before_it_was_delivered_is_not_delivered() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    sell(&world, "internet-100", "olt").await;
    let account = world.purse("25.00").await;
    subscribe(&world, &account, "internet-100", "amelie@example.pf").await;
    world.provision().await;
    network.heard();
    let late = json!({"amount": "9.00", "currency": "EUR", "after_use": true});
    world.post(&format!("/v1/accounts/{account}/charges"), late).await.json(201);
    world.pay(&account, "9.00").await;
    world.provision().await;
    let heard = network.heard();
    assert_eq!(told(&heard), [(true, "restored".to_owned())]);
    let path = format!("/v1/provisioning/commands?state=overtaken&account={account}");
    let page = world.get(&path).await.json(200);
    assert_eq!(page["commands"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["commands"][0]["newer"], json!(heard[0].id()));
}

#[tokio::test]
async fn commands_are_made_of_the_journal_again_when_their_database_is_lost() {
    let network = Network::start().await;
    let mut world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    sell(&world, "internet-100", "olt").await;
    let account = world.purse("25.00").await;
    subscribe(&world, &account, "internet-100", "amelie@example.pf").await;
    let late = json!({"amount": "1.00", "currency": "EUR", "after_use": true});
    world.post(&format!("/v1/accounts/{account}/charges"), late).await.json(201);
    world.provision().await;
    let before = network.heard().pop().expect("it was told");
    world.restart_after(Home::forget_commands);
    world.provision().await;
    let after = network.heard();
    assert_eq!(after.len(), 1);
    assert_eq!((after[0].id(), &after[0].body), (before.id(), &before.body));
    assert_eq!(command(&world, &before.id()).await["sent"], 1);
    let page = world.get("/v1/provisioning/commands").await.json(200);
    let states: Vec<String> =
        page["commands"].as_array().expect("a list").iter().map(|it| text(&it["state"])).collect();
    assert!(states[1..].iter().all(|it| it == "overtaken"), "{states:?}");
    assert_eq!(world.look(&account).await["balance"], eur("-1.00"));
}

#[tokio::test]
async fn a_plan_change_to_another_adapter_is_told_to_both_and_to_none_by_none() {
    let (edge, core) = (Network::start().await, Network::start().await);
    let world = World::with(|config| {
        add(config, "edge", &webhook(&edge.url(), ""));
        add(config, "core", &webhook(&core.url(), ""));
    });
    sell(&world, "internet-100", "edge").await;
    sell(&world, "internet-200", "core").await;
    let body = json!({
        "title": "A newspaper", "currency": "EUR", "mode": "prepaid",
        "recurring": {"price": "1.00", "every": {"count": 1, "unit": "month"}},
    });
    world.put("/v1/services/newspaper", body).await.json(200);
    let account = world.purse("60.00").await;
    let subscription = subscribe(&world, &account, "internet-100", "amelie@example.pf").await;
    let path = format!("/v1/subscriptions/{subscription}/plan");
    for service in ["internet-200", "newspaper"] {
        world.provision().await;
        world.post(&path, json!({"service": service})).await.json(200);
    }
    world.provision().await;
    let changed = "changed".to_owned();
    let expected = [(true, "activated".to_owned()), (false, changed.clone())];
    assert_eq!(told(&edge.heard()), expected);
    assert_eq!(told(&core.heard()), [(true, changed.clone()), (false, changed)]);
    assert_eq!(look(&world, &subscription).await["on"], true);
    let page = world.get("/v1/provisioning/commands").await.json(200);
    assert_eq!(page["commands"].as_array().map(Vec::len), Some(4), "{page}");
    let queues = world.get("/v1/provisioning/adapters").await.json(200);
    let waiting = queues["adapters"].as_array().expect("a list").iter();
    assert_eq!(waiting.filter(|it| it["queued"] != 0).count(), 0, "{queues}");
}
