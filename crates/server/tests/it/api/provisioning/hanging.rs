//! Adapters that hang keep nobody else waiting; nor does a server that ends lose what hung.

use std::collections::BTreeSet;

use serde_json::json;
use server::provisioning::Dispatcher;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::world::World;
use super::adapter::Network;
use super::{add, command, events, state, switch, webhook};

/// A dispatcher that runs beside the test until it is stopped.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(world: &World) -> Self {
        let app = world.app();
        let (stop, stopping) = watch::channel(false);
        let provisioning = app.provisioning.clone();
        let dispatcher = Dispatcher::new(provisioning, app.readers.clone(), &app.shard);
        Self { stop, task: tokio::spawn(dispatcher.run(stopping)) }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.expect("no panic");
    }
}

/// Waits until a command is in a state.
async fn until(world: &World, id: &str, wanted: &str) {
    while state(world, id).await != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_hangs_delays_no_other_and_takes_no_more_than_its_share() {
    let (hung, well) = (Network::start().await, Network::start().await);
    let world = World::with(|config| {
        add(config, "hung", &webhook(&hung.url(), "concurrency = 2\ntimeout_seconds = 600"));
        add(config, "well", &webhook(&well.url(), ""));
    });
    let mut ids = Vec::new();
    for serial in 1..=4 {
        ids.push(switch(&world, Some("hung"), serial, true).await);
        hung.hold(&ids[serial as usize - 1]);
    }
    let running = Running::start(&world);
    hung.has_heard(2).await;
    for serial in 11..=40 {
        let id = switch(&world, Some("well"), serial, true).await;
        until(&world, &id, "acknowledged").await;
    }
    assert_eq!(hung.heard().len(), 2, "there is room for two");
    let adapters = world.get("/v1/provisioning/adapters").await.json(200);
    let queue = &adapters["adapters"][0];
    assert_eq!((&queue["sending"], &queue["queued"]), (&json!(2), &json!(2)));
    // Whoever is let go makes room for the next.
    hung.let_go(&ids[0]);
    hung.has_heard(3).await;
    until(&world, &ids[0], "acknowledged").await;
    assert_eq!(state(&world, &ids[2]).await, "sending");
    assert_eq!(state(&world, &ids[3]).await, "queued");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_command_waits_for_the_older_that_is_being_sent() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    let on = switch(&world, Some("olt"), 1, true).await;
    network.hold(&on);
    let running = Running::start(&world);
    network.has_heard(1).await;
    let between = switch(&world, Some("olt"), 1, true).await;
    let off = switch(&world, Some("olt"), 1, false).await;
    let other = switch(&world, Some("olt"), 2, false).await;
    until(&world, &other, "acknowledged").await;
    let waiting = command(&world, &off).await;
    assert_eq!(
        (&waiting["state"], &waiting["waits_for"]),
        (&json!("queued"), &json!("earlier_command"))
    );
    assert_eq!(state(&world, &on).await, "sending");
    assert_eq!(state(&world, &between).await, "overtaken");
    network.let_go(&on);
    until(&world, &off, "acknowledged").await;
    assert_eq!(state(&world, &on).await, "acknowledged");
    assert_eq!(network.ids(), [on, other, off]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hung_when_the_server_ended_is_sent_again() {
    let network = Network::start().await;
    let mut world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    let ids =
        [switch(&world, Some("olt"), 1, true).await, switch(&world, Some("olt"), 2, true).await];
    ids.iter().for_each(|it| network.hold(it));
    let running = Running::start(&world);
    network.has_heard(2).await;
    running.stop().await;
    let newer = switch(&world, Some("olt"), 2, false).await;
    world.crash();
    ids.iter().for_each(|it| network.let_go(it));
    network.heard();
    world.provision().await;
    let sent: BTreeSet<String> = network.ids().into_iter().collect();
    assert_eq!(sent, [ids[0].clone(), newer].into());
    assert_eq!(events(&world, &ids[0]).await, ["interrupted", "acknowledged"]);
    assert_eq!(state(&world, &ids[1]).await, "overtaken");
}

#[tokio::test]
async fn an_adapter_that_does_not_answer_in_time_is_asked_again() {
    let network = Network::start().await;
    let world =
        World::with(|config| add(config, "olt", &webhook(&network.url(), "timeout_seconds = 1")));
    let id = switch(&world, Some("olt"), 1, true).await;
    network.hold(&id);
    world.provision().await;
    let late = command(&world, &id).await;
    assert_eq!(
        (&late["state"], &late["last_error"]),
        (&json!("queued"), &json!("no answer within 1 s"))
    );
    network.let_go(&id);
    world.advance(2);
    world.provision().await;
    assert_eq!(events(&world, &id).await, ["unanswered", "acknowledged"]);
}
