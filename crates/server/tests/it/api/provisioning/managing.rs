use serde_json::json;

use super::super::world::{World, text};
use super::adapter::Network;
use super::{acknowledge, add, command, retry, state, switch, webhook};

#[tokio::test]
async fn people_acknowledge_what_no_adapter_delivers() {
    let world = World::with(|config| add(config, "field", "kind = 'manual'"));
    let by_hand = switch(&world, Some("field"), 1, true).await;
    let nobodys = switch(&world, None, 2, true).await;
    world.provision().await;
    for id in [&by_hand, &nobodys] {
        let waiting = command(&world, id).await;
        assert_eq!(
            (&waiting["state"], &waiting["waits_for"], &waiting["sent"]),
            (&json!("queued"), &json!("acknowledgement"), &json!(0))
        );
        let path = format!("/v1/provisioning/commands/{id}/acknowledge");
        let body = json!({"outcome": "failed", "message": "nobody was at home"});
        let failed = world.ask("agent", "POST", &path).json(&body).send().await.json(200);
        assert_eq!(failed["state"], "queued");
        assert_eq!(failed["attempts"][0]["answer"], "nobody was at home");
        assert_eq!(failed["attempts"][0]["actor"], "agent");
        assert_eq!(acknowledge(&world, id, "done").await["state"], "acknowledged");
    }
    let kinds = world.get("/v1/provisioning/adapters").await.json(200);
    let kinds: Vec<_> = kinds["adapters"].as_array().expect("a list").iter().collect();
    assert_eq!((&kinds[0]["name"], &kinds[0]["kind"]), (&json!(""), &json!("none")));
    assert_eq!((&kinds[1]["name"], &kinds[1]["kind"]), (&json!("field"), &json!("manual")));
}

#[tokio::test]
async fn something_unknown_is_acknowledged_by_a_clear_no() {
    let world = World::new();
    let path = |id: &str, what: &str| format!("/v1/provisioning/commands/{id}/{what}");
    let done = json!({"outcome": "done"});
    let unknown = world.post(&path("cmd_99", "acknowledge"), done.clone()).await;
    let problem = unknown.problem(404, "not_found");
    assert_eq!(problem["title"], "there is no provisioning command cmd_99");
    world.post(&path("cmd_99", "retry"), json!({})).await.problem(404, "not_found");
    world.get("/v1/provisioning/commands/cmd_99").await.problem(404, "not_found");
    for id in ["99", "cmd_", "cmd_0x", "cmd_99999999999999999999999", "acc_1"] {
        world.post(&path(id, "acknowledge"), done.clone()).await.malformed("command");
    }
    let id = switch(&world, None, 1, true).await;
    for (body, field) in [
        (json!({"outcome": "perhaps"}), "outcome"),
        (json!({}), "outcome"),
        (json!({"outcome": "done", "colour": "red"}), "colour"),
        (json!({"outcome": "done", "message": "x".repeat(1_025)}), "message"),
    ] {
        world.post(&path(&id, "acknowledge"), body).await.malformed(field);
    }
    assert_eq!(state(&world, &id).await, "queued");
}

#[tokio::test]
async fn an_overtaken_command_is_not_sent_again() {
    let world = World::new();
    let old = switch(&world, Some("olt"), 1, true).await;
    let new = switch(&world, Some("olt"), 1, false).await;
    let path = format!("/v1/provisioning/commands/{old}/retry");
    let problem = world.post(&path, json!({})).await.problem(409, "command_overtaken");
    assert!(text(&problem["title"]).contains(&new), "{problem}");
    assert_eq!(retry(&world, &new).await["state"], "queued");
}

#[tokio::test]
async fn the_same_key_has_the_same_answer_and_changes_nothing_twice() {
    let world = World::new();
    let id = switch(&world, None, 1, true).await;
    let path = format!("/v1/provisioning/commands/{id}/acknowledge");
    let body = json!({"outcome": "failed", "message": "busy"});
    let ask = |body| world.ask("gateway", "POST", &path).once("k").json(&body);
    let first = ask(body.clone()).send().await;
    acknowledge(&world, &id, "done").await;
    let again = ask(body).send().await;
    assert!(again.is_replayed() && !first.is_replayed());
    assert_eq!(again.json(200), first.json(200));
    ask(json!({"outcome": "done"})).send().await.problem(409, "idempotency_key_reused");
    assert_eq!(state(&world, &id).await, "acknowledged");
}

#[tokio::test]
async fn commands_are_listed_newest_first_and_by_what_is_asked() {
    let world = World::new();
    let number = world.account_with(json!({"currency": "EUR"})).await;
    let number = text(&world.look(&number).await["number"]);
    let mut ids = Vec::new();
    for (adapter, serial) in [(Some("olt"), 1), (None, 2), (Some("olt"), 1), (Some("sip"), 3)] {
        ids.push(switch(&world, adapter, serial, true).await);
    }
    let list = async |query: &str| -> Vec<String> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/provisioning/commands?limit=2&{query}{cursor}");
            let page = world.get(&path).await.json(200);
            let commands = page["commands"].as_array().expect("a list");
            assert!(commands.iter().all(|it| it.get("attempts").is_none()));
            found.extend(commands.iter().map(|it| text(&it["id"])));
            match page.get("next") {
                None => return found,
                Some(next) => cursor = format!("&cursor={}", text(next)),
            }
        }
    };
    let newest_first =
        |places: &[usize]| -> Vec<String> { places.iter().map(|it| ids[*it].clone()).collect() };
    assert_eq!(list("").await, newest_first(&[3, 2, 1, 0]));
    assert_eq!(list("state=overtaken").await, newest_first(&[0]));
    assert_eq!(list("adapter=olt&state=queued").await, newest_first(&[2]));
    assert_eq!(list("adapter=").await, newest_first(&[1]));
    assert_eq!(list("account=acc_1").await.len(), 4);
    assert_eq!(list(&format!("account={number}")).await.len(), 4);
    assert_eq!(list("subscription=sub_1-1").await, newest_first(&[2, 0]));
    assert_eq!(list("account=acc_1&subscription=sub_1-3").await, newest_first(&[3]));
    for (query, field) in [
        ("state=lost", "state"),
        ("subscription=1-1", "subscription"),
        ("account=acc_1&subscription=sub_2-1", "subscription"),
        ("cursor=7", "cursor"),
        ("colour=red", "colour"),
        ("limit=0", "limit"),
    ] {
        world.get(&format!("/v1/provisioning/commands?{query}")).await.malformed(field);
    }
    world.get("/v1/provisioning/commands?account=acc_9").await.problem(404, "account_not_found");
}

#[tokio::test]
async fn figures_say_how_many_wait_since_when_and_how_attempts_end() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "figures", &webhook(&network.url(), "")));
    network.then([204, 500]);
    for serial in 1..=2 {
        switch(&world, Some("figures"), serial, true).await;
        world.provision().await;
    }
    world.advance(30);
    let metrics = world.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    for line in [
        "sporran_provisioning_commands{adapter=\"figures\",state=\"queued\"} 1",
        "sporran_provisioning_commands{adapter=\"figures\",state=\"acknowledged\"} 1",
        "sporran_provisioning_attempts_total{adapter=\"figures\",outcome=\"acknowledged\"} 1",
        "sporran_provisioning_attempts_total{adapter=\"figures\",outcome=\"refused\"} 1",
        "sporran_provisioning_oldest_waiting_seconds{adapter=\"figures\"} 30",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}
