use serde_json::{Value, json};

use super::super::world::{World, text};
use super::adapter::Network;
use super::switching::{sell, subscribe};
use super::{add, webhook};

const PATH: &str = "/v1/provisioning/reconciliation";

/// Three subscriptions of one account, the last without money; answers their ids.
async fn ground(world: &World) -> Vec<String> {
    sell(world, "internet-100", "olt").await;
    let account = world.purse("50.00").await;
    let mut ids = Vec::new();
    for subject in ["amelie", "teva", "moana"] {
        ids.push(subscribe(world, &account, "internet-100", subject).await);
    }
    world.provision().await;
    ids
}

/// Kind and subscription of each difference.
fn kinds(answer: &Value) -> Vec<(String, Value)> {
    let differences = answer["differences"].as_array().expect("a list");
    differences.iter().map(|it| (text(&it["kind"]), it["subscription"].clone())).collect()
}

#[tokio::test]
async fn what_the_network_has_is_laid_beside_what_it_is_to_have() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    let ids = ground(&world).await;
    let right = json!({"down_kbit": "100000", "up_kbit": "20000"});
    let found = json!([
        {"subject": "amelie", "on": true, "service": "internet-100", "profile": right},
        {"subscription": ids[1], "on": true, "profile": {"down_kbit": "20000"}},
        {"subject": "moana", "on": true},
        {"subject": "nobody", "on": true},
        {"subscription": "sub_1-99", "on": false},
    ]);
    let answer = world.post(PATH, json!({"found": found})).await.json(200);
    let kind = |kind: &str, id: Value| (kind.to_owned(), id);
    assert_eq!(
        kinds(&answer),
        [
            kind("profile_differs", json!(ids[1])),
            kind("on_differs", json!(ids[2])),
            kind("unknown", Value::Null),
            kind("unknown", Value::Null),
        ]
    );
    assert_eq!((&answer["compared"], &answer["repaired"]), (&json!(5), &json!(0)));
    let first = &answer["differences"][0];
    assert_eq!((&first["subject"], &first["repaired"]), (&json!("teva"), &json!(false)));
    assert_eq!(first["desired"]["profile"], right);
    assert_eq!(first["found"]["profile"], json!({"down_kbit": "20000"}));
    network.heard();
    world.provision().await;
    assert!(network.heard().is_empty(), "nothing is repaired unless it is asked for");
}

#[tokio::test]
async fn what_differs_is_sent_again_once_when_it_is_asked_for() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    let ids = ground(&world).await;
    let told = network.ids();
    assert_eq!(told.len(), 2, "the third was never on");
    let found = json!([
        {"subject": "amelie", "on": false},
        {"subscription": ids[0], "on": false},
        {"subject": "moana", "on": true},
    ]);
    let body = json!({"found": found, "repair": true});
    let answer = world.post(PATH, body).await.json(200);
    assert_eq!(answer["repaired"], 1);
    let differences = answer["differences"].as_array().expect("a list");
    let repaired: Vec<&Value> = differences.iter().map(|it| &it["repaired"]).collect();
    // The network was never told of the third, so there is no command to send again.
    assert_eq!(repaired, [true, true, false]);
    assert_eq!(differences[2].get("command"), None);
    world.provision().await;
    let again = network.ids();
    assert_eq!(again, [text(&differences[0]["command"])]);
    let command = world.get(&format!("/v1/provisioning/commands/{}", again[0])).await.json(200);
    let events: Vec<String> = command["attempts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| text(&it["event"]))
        .collect();
    assert_eq!(events, ["acknowledged", "repaired", "acknowledged"]);
}

#[tokio::test]
async fn what_is_not_in_a_whole_list_is_missing() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    let ids = ground(&world).await;
    let found = json!([{"subject": "teva", "on": true}]);
    let body = json!({"found": found, "whole_of": "olt"});
    let answer = world.post(PATH, body).await.json(200);
    assert_eq!(kinds(&answer), [("missing".to_owned(), json!(ids[0]))]);
    assert_eq!(answer["differences"][0]["subject"], "amelie");
    let body = json!({"found": found, "whole_of": "sip"});
    let answer = world.post(PATH, body).await.json(200);
    assert_eq!(kinds(&answer), []);
}

#[tokio::test]
async fn a_turbo_button_comes_over_what_it_modifies() {
    let network = Network::start().await;
    let world = World::with(|config| add(config, "olt", &webhook(&network.url(), "")));
    let ids = ground(&world).await;
    let turbo = json!({
        "title": "Turbo", "currency": "EUR", "mode": "prepaid", "adapter": "olt",
        "one_time": {"price": "2.00", "duration_seconds": 7200},
        "profile": {"down_kbit": "500000"},
    });
    world.put("/v1/services/turbo", turbo).await.json(200);
    world.pay("acc_1", "2.00").await;
    let body = json!({"account": "acc_1", "service": "turbo", "base": ids[0]});
    world.post("/v1/purchases", body).await.json(201);
    world.provision().await;
    let data = network.heard().pop().expect("it was told").json()["data"].clone();
    assert_eq!(data["subjects"], json!(["amelie"]));
    let fast = json!({"down_kbit": "500000", "up_kbit": "20000"});
    let right = json!([
        {"subject": "amelie", "on": true, "profile": fast},
        {"subject": "teva", "on": true},
    ]);
    let body = json!({"found": right, "whole_of": "olt"});
    assert_eq!(kinds(&world.post(PATH, body).await.json(200)), []);
    let slow = json!([{"subject": "amelie", "on": true, "profile": {"down_kbit": "100000"}}]);
    let answer = world.post(PATH, json!({"found": slow, "repair": true})).await.json(200);
    assert_eq!(kinds(&answer), [("profile_differs".to_owned(), json!(ids[0]))]);
    assert_eq!(answer["differences"][0]["desired"]["profile"], fast);
    assert_eq!(answer["repaired"], 2, "both are sent again");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_refused_with_its_place() {
    let world = World::new();
    let one = json!({"subject": "a", "on": true});
    for (body, field) in [
        (json!({}), "found"),
        (json!({"found": [{"on": true}]}), "found[0].subject"),
        (json!({"found": [one, {"subject": "b"}]}), "found[1].on"),
        (
            json!({"found": [{"subject": "a", "subscription": "sub_1-1", "on": true}]}),
            "found[0].subject",
        ),
        (json!({"found": [{"subscription": "1-1", "on": true}]}), "found[0].subscription"),
        (json!({"found": [{"subject": "a", "on": "yes"}]}), "found[0].on"),
        (json!({"found": vec![one.clone(); 10_001]}), "found"),
        (json!({"found": [], "colour": "red"}), "colour"),
    ] {
        world.post(PATH, body).await.malformed(field);
    }
    let many = json!({"found": vec![one; 10_000]});
    let answer = world.post(PATH, many).await.json(200);
    assert_eq!(answer["compared"], 10_000);
}
