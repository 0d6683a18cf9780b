use std::collections::BTreeSet;

use engine::Timestamp;
use serde_json::json;
use server::webhooks::sign;

use super::super::world::{START, World, text};
use super::adapter::Network;
use super::{SECRET, acknowledge, add, command, events, retry, state, switch, webhook};

fn world(network: &Network) -> World {
    World::with(|config| add(config, "olt", &webhook(&network.url(), "")))
}

#[tokio::test]
async fn a_command_is_signed_and_says_the_same_at_each_attempt() {
    let network = Network::start().await;
    let world = world(&network);
    network.then([500]);
    let id = switch(&world, Some("olt"), 1, true).await;
    world.provision().await;
    world.advance(2);
    world.provision().await;
    world.provision().await;
    let heard = network.heard();
    assert_eq!(heard.iter().map(|it| it.id()).collect::<Vec<_>>(), [&*id, &*id]);
    assert_eq!(heard[0].body, heard[1].body);
    let secret = sign::read_shared_key(SECRET).expect("a sound key");
    for (place, heard) in heard.iter().enumerate() {
        let at = Timestamp(START.0 + 2_000_000 * place as i64);
        let signed = sign::signature(std::slice::from_ref(&secret), &id, at, &heard.body);
        assert_eq!(heard.header("webhook-signature"), signed);
        assert_eq!(heard.header("webhook-timestamp"), (at.0 / 1_000_000).to_string());
    }
    let body = heard[0].json();
    assert_eq!(body["type"], "provisioning.command");
    let data = &body["data"];
    assert_eq!((&data["id"], &data["subscription"]), (&json!(id), &json!("sub_1-1")));
    assert_eq!((&data["on"], &data["cause"]), (&json!(true), &json!("funds_low")));
    assert_eq!(data["subjects"], json!(["login-1@example.pf"]));
    assert_eq!(data["profile"], json!({"down_kbit": "100000"}));
    let command = command(&world, &id).await;
    assert_eq!((&command["state"], &command["sent"]), (&json!("acknowledged"), &json!(2)));
    let attempts = &command["attempts"];
    assert_eq!(
        (&attempts[0]["event"], &attempts[0]["code"], &attempts[0]["error"]),
        (&json!("refused"), &json!(500), &json!("it answered 500"))
    );
    assert_eq!(
        (&attempts[1]["event"], &attempts[1]["code"]),
        (&json!("acknowledged"), &json!(204))
    );
}

#[tokio::test]
async fn an_adapter_that_fails_for_an_hour_has_every_switch_after_it() {
    let network = Network::start().await;
    let world = world(&network);
    network.always(Some(500));
    let mut ids = BTreeSet::new();
    for serial in 1..=20 {
        ids.insert(switch(&world, Some("olt"), serial, true).await);
    }
    for _ in 0..360 {
        world.provision().await;
        world.advance(10);
    }
    let tried = network.heard().len();
    assert!((20 * 10..20 * 20).contains(&tried), "{tried} attempts in an hour");
    let adapters = world.get("/v1/provisioning/adapters").await.json(200);
    let olt = &adapters["adapters"][0];
    assert_eq!((&olt["queued"], &olt["last_error"]), (&json!(20), &json!("it answered 500")));
    assert_eq!(
        (&olt["failing_since"], &olt["oldest_waiting_at"]),
        (&json!("2026-11-02T10:00:00Z"), &json!("2026-11-02T10:00:00Z"))
    );
    network.always(None);
    world.advance(11 * 60);
    world.provision().await;
    assert_eq!(network.ids().into_iter().collect::<BTreeSet<_>>(), ids);
    for id in &ids {
        assert_eq!(state(&world, id).await, "acknowledged");
    }
}

#[tokio::test]
async fn only_the_newest_desired_state_is_sent() {
    let network = Network::start().await;
    let world = world(&network);
    let off = switch(&world, Some("olt"), 1, false).await;
    let on = switch(&world, Some("olt"), 1, true).await;
    let other = switch(&world, Some("olt"), 2, false).await;
    world.provision().await;
    let sent: BTreeSet<String> = network.ids().into_iter().collect();
    assert_eq!(sent, [on.clone(), other].into());
    let overtaken = command(&world, &off).await;
    assert_eq!(
        (&overtaken["state"], &overtaken["newer"], &overtaken["sent"]),
        (&json!("overtaken"), &json!(on), &json!(0))
    );
}

#[tokio::test]
async fn a_command_that_was_accepted_is_sent_again_unless_it_is_acknowledged() {
    let network = Network::start().await;
    let world = World::with(|config| {
        add(config, "olt", &webhook(&network.url(), "acknowledge_within_seconds = 60"))
    });
    network.then([202, 202]);
    let first = switch(&world, Some("olt"), 1, true).await;
    let second = switch(&world, Some("olt"), 2, true).await;
    world.provision().await;
    let accepted = command(&world, &first).await;
    assert_eq!(
        (&accepted["state"], &accepted["waits_for"], &accepted["next_attempt_at"]),
        (&json!("accepted"), &json!("acknowledgement"), &json!(world.moment(60)))
    );
    acknowledge(&world, &first, "done").await;
    network.heard();
    world.advance(59);
    world.provision().await;
    assert!(network.heard().is_empty());
    world.advance(1);
    world.provision().await;
    assert_eq!(network.ids(), [second]);
}

#[tokio::test]
async fn what_an_adapter_says_later_counts_once_and_failures_are_tried_again() {
    let network = Network::start().await;
    let world = world(&network);
    network.then([202, 202]);
    let id = switch(&world, Some("olt"), 1, true).await;
    world.provision().await;
    let failed = acknowledge(&world, &id, "failed").await;
    assert_eq!((&failed["state"], &failed["failures"]), (&json!("queued"), &json!(1)));
    assert_eq!(acknowledge(&world, &id, "failed").await, failed);
    world.advance(2);
    world.provision().await;
    let done = acknowledge(&world, &id, "done").await;
    assert_eq!(done["state"], "acknowledged");
    assert_eq!(acknowledge(&world, &id, "done").await, done, "twice is the same");
    assert_eq!(events(&world, &id).await, ["accepted", "failed", "accepted", "done"]);
    world.advance(86_400);
    network.heard();
    world.provision().await;
    assert!(network.heard().is_empty());
}

#[tokio::test]
async fn an_overtaken_command_that_is_acknowledged_stays_overtaken() {
    let network = Network::start().await;
    let world = world(&network);
    network.then([202]);
    let on = switch(&world, Some("olt"), 1, true).await;
    world.provision().await;
    let off = switch(&world, Some("olt"), 1, false).await;
    assert_eq!(state(&world, &on).await, "overtaken");
    let said = acknowledge(&world, &on, "done").await;
    assert_eq!(said["state"], "overtaken");
    assert_eq!(acknowledge(&world, &on, "done").await, said);
    assert_eq!(events(&world, &on).await, ["accepted", "done"]);
    network.heard();
    world.provision().await;
    assert_eq!(network.ids(), [off]);
}

#[tokio::test]
async fn a_command_waits_for_its_adapter_to_be_configured() {
    let network = Network::start().await;
    let mut world = World::new();
    let id = switch(&world, Some("olt"), 1, true).await;
    world.provision().await;
    let waiting = command(&world, &id).await;
    assert_eq!((&waiting["state"], &waiting["waits_for"]), (&json!("queued"), &json!("adapter")));
    let adapters = world.get("/v1/provisioning/adapters").await.json(200);
    assert_eq!(adapters["adapters"][0]["kind"], "not_configured");
    world.change(|config| add(config, "olt", &webhook(&network.url(), "")));
    world.provision().await;
    assert_eq!(network.ids(), [&*id]);
    assert_eq!(state(&world, &id).await, "acknowledged");
}

#[tokio::test]
async fn what_was_acknowledged_is_sent_again_when_somebody_asks() {
    let network = Network::start().await;
    let world = world(&network);
    let id = switch(&world, Some("olt"), 1, true).await;
    world.provision().await;
    retry(&world, &id).await;
    world.provision().await;
    assert_eq!(network.ids(), [&*id, &*id]);
    let command = command(&world, &id).await;
    assert_eq!(text(&command["attempts"][1]["event"]), "retried");
    assert_eq!(command["attempts"][1]["actor"], "admin");
}
