use serde_json::{Value, json};

use super::super::world::{World, text};
use super::receiver::{Heard, Receiver, Says};
use super::{endpoint, states, world};

/// The attempts of the endpoint's newest delivery.
async fn attempts(world: &World, endpoint: &str) -> (Value, Vec<Value>) {
    let page = world.get(&format!("{endpoint}/deliveries?limit=1")).await.json(200);
    let id = text(&page["deliveries"][0]["id"]);
    let delivery = world.get(&format!("/v1/webhook-deliveries/{id}")).await.json(200);
    (delivery.clone(), delivery["attempts"].as_array().expect("a list").clone())
}

#[tokio::test]
async fn every_answer_that_is_no_success_is_tried_again() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    let says = [
        Says(500, None),
        Says(302, Some("/elsewhere")),
        Says(404, None),
        Says(429, Some("600")),
        Says(204, None),
    ];
    receiver.then(says);
    world.customer("Ann").await;
    let mut waits = vec![];
    for seconds in [0, 6, 6 * 60, 40 * 60, 3 * 3600] {
        world.advance(seconds);
        world.deliver().await;
        waits.push(receiver.heard().len());
        world.deliver().await;
        assert!(receiver.heard().is_empty(), "it is tried once at its moment");
    }
    assert_eq!(waits, [1; 5]);
    let (delivery, attempts) = attempts(&world, &hooks).await;
    let statuses: Vec<&Value> = attempts.iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, [500, 302, 404, 429, 204]);
    assert_eq!((&delivery["state"], &delivery["tries"]), (&json!("delivered"), &json!(5)));
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let (world, receiver) = (world(), Receiver::start().await);
    endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.then([Says(503, Some("3600"))]);
    world.customer("Ann").await;
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    world.advance(3599);
    world.deliver().await;
    assert!(receiver.heard().is_empty());
    world.advance(1);
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn gone_disables_an_endpoint_at_once_and_others_are_told() {
    let (world, receiver, other) = (world(), Receiver::start().await, Receiver::start().await);
    let (hooks, made) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    endpoint(&world, &other, json!(["webhook_endpoint.disabled"])).await;
    receiver.then([Says(410, None)]);
    world.customer("Ann").await;
    world.customer("Bea").await;
    world.deliver().await;
    let view = world.get(&hooks).await.json(200);
    assert_eq!(
        (&view["enabled"], &view["disabled_reason"]),
        (&json!(false), &json!("it answered 410 Gone"))
    );
    assert_eq!(view["changes"][0]["actor"], "sporran");
    let notice = other.heard().remove(0).json();
    assert_eq!(notice["type"], "webhook_endpoint.disabled");
    assert_eq!(
        (&notice["data"]["endpoint"], &notice["data"]["reason"]),
        (&made["id"], &view["disabled_reason"])
    );
    // Nothing more goes there, not by hand either.
    receiver.heard();
    world.advance(7 * 86_400);
    world.customer("Cat").await;
    world.deliver().await;
    assert!(receiver.heard().is_empty());
    for path in ["test", "replay"] {
        let body = if path == "test" { json!({}) } else { json!({"from": 1}) };
        let answer = world.post(&format!("{hooks}/{path}"), body).await;
        answer.problem(409, "webhook_endpoint_disabled");
    }
}

/// Fails for three days and some hours, and says how often it was tried.
async fn fail_for_days(world: &World, receiver: &Receiver) -> usize {
    let mut tried = 0;
    for _ in 0..90 {
        world.deliver().await;
        tried += receiver.heard().len();
        world.advance(3600);
    }
    tried
}

#[tokio::test]
async fn three_days_without_success_end_a_delivery_and_its_endpoint() {
    let (mut world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.always(Some(Says(500, None)));
    let first = world.customer("Ann").await;
    assert_eq!(fail_for_days(&world, &receiver).await, 10);
    assert_eq!(states(&world, &hooks).await, ["failed"]);
    let view = world.get(&hooks).await.json(200);
    assert_eq!(view["disabled_reason"], "nothing was delivered for three days");
    assert_eq!(view["failing_since"], "2026-11-02T10:00:00Z");
    world.customer("Bea").await;
    world.restart();
    receiver.always(None);
    world.deliver().await;
    assert!(receiver.heard().is_empty());
    // Enabled again, it goes on where it stopped; what was given up is for somebody to ask for.
    let on = json!({"url": receiver.url(), "enabled": true, "from": "where_it_stopped"});
    let view = world.put(&hooks, on).await.json(200);
    assert_eq!((&view["enabled"], view.get("failing_since")), (&json!(true), None));
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    let failed = world.get(&format!("{hooks}/deliveries?state=failed")).await.json(200);
    let failed = failed["deliveries"][0].clone();
    assert_eq!(failed["subject"], first.as_str());
    let retry = format!("/v1/webhook-deliveries/{}/retry", text(&failed["id"]));
    world.post(&retry, json!({})).await.json(202);
    world.deliver().await;
    assert_eq!(receiver.ids(), [text(&failed["event"])]);
    assert_eq!(states(&world, &hooks).await, ["delivered", "delivered"]);
}

#[tokio::test]
async fn one_account_that_always_fails_does_not_end_the_endpoint() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["payment.received"])).await;
    let (bad, good) = (world.purse("1.00").await, world.purse("1.00").await);
    receiver.about(&format!("\"{bad}\""), Says(500, None));
    for _ in 0..90 {
        world.pay(&good, "1.00").await;
        world.deliver().await;
        world.advance(3600);
    }
    assert_eq!(world.get(&hooks).await.json(200)["enabled"], true);
    let failed = world.get(&format!("{hooks}/deliveries?state=failed")).await.json(200);
    assert_eq!(failed["deliveries"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        receiver.heard().iter().filter(|it| it.json()["data"]["account"] == good).count(),
        91
    );
}

#[tokio::test]
async fn an_endpoint_may_leave_out_what_happened_while_it_was_disabled() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.then([Says(500, None)]);
    world.customer("Ann").await;
    world.deliver().await;
    let put = async |more: Value| {
        let mut body = json!({"url": receiver.url(), "events": ["customer.created"]});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        world.put(&hooks, body).await
    };
    put(json!({"enabled": false})).await.json(200);
    world.customer("Bea").await;
    world.advance(60);
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    put(json!({"from": "now"})).await.malformed("from");
    put(json!({"enabled": true, "from": "now"})).await.json(200);
    let last = world.customer("Cat").await;
    world.deliver().await;
    let heard = receiver.heard();
    assert_eq!(
        heard.iter().map(|it: &Heard| text(&it.json()["data"]["customer"])).collect::<Vec<_>>(),
        [last]
    );
    assert_eq!(states(&world, &hooks).await, ["skipped", "delivered"]);
    let view = world.get(&hooks).await.json(200);
    let actions: Vec<String> =
        view["changes"].as_array().expect("a list").iter().map(|it| text(&it["action"])).collect();
    assert_eq!(actions, ["enabled from now", "disabled", "created"]);
    assert_eq!(view["changes"][0]["actor"], "admin");
}

#[tokio::test]
async fn what_is_not_public_is_never_reached() {
    let (world, receiver) = (World::new(), Receiver::start().await);
    for host in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]"] {
        let body = json!({"url": format!("http://{host}/")});
        world.post("/v1/webhook-endpoints", body).await.malformed("url");
    }
    // A name is looked up at each attempt, because it may mean something else by then.
    let url = receiver.url().replace("127.0.0.1", "localhost");
    let made = world.post("/v1/webhook-endpoints", json!({"url": url})).await.json(201);
    let hooks = format!("/v1/webhook-endpoints/{}", text(&made["id"]));
    world.customer("Ann").await;
    world.deliver().await;
    assert!(receiver.heard().is_empty());
    let (_, attempts) = attempts(&world, &hooks).await;
    let error = text(&attempts[0]["error"]);
    assert!(error.contains("is not public"), "{error}");
}

#[tokio::test]
async fn finished_deliveries_are_deleted_after_their_time() {
    let (world, receiver) = (world(), Receiver::start().await);
    let (hooks, _) = endpoint(&world, &receiver, json!(["customer.created"])).await;
    world.customer("Ann").await;
    world.deliver().await;
    for (days, left) in [(29, 1), (2, 0)] {
        world.advance(days * 86_400);
        world.deliver().await;
        assert_eq!(states(&world, &hooks).await.len(), left, "after {days} days more");
    }
}

#[tokio::test]
async fn figures_say_what_waits_and_for_how_long() {
    let (world, receiver) = (world(), Receiver::start().await);
    endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.always(Some(Says(500, None)));
    world.customer("Ann").await;
    world.deliver().await;
    world.advance(90);
    let metrics = world.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    for line in
        ["sporran_webhook_deliveries_pending 1", "sporran_webhook_oldest_pending_seconds 90"]
    {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }
    assert!(metrics.contains("sporran_webhook_attempts_total{result=\"refused\"}"), "{metrics}");
}
