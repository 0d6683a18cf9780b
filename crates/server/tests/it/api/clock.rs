//! The clock: what time it is, and a month that goes by in a moment where nobody's money is.

use engine::{Entry, Timestamp};
use serde_json::{Value, json};
use server::http::wire;

use super::webhooks;
use super::world::{Answer, START, World, eur, text};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const TEN_YEARS: i64 = 3_653 * DAY;

fn testing() -> World {
    World::with_test_clock(|config| config.credit.notice_hours = 0)
}

async fn set(world: &World, body: Value) -> Answer {
    world.post("/v1/clock", body).await
}

async fn forward(world: &World, seconds: i64) -> Value {
    set(world, json!({"forward_seconds": seconds})).await.json(200)
}

fn at(seconds: i64) -> Timestamp {
    START.plus(seconds * 1_000_000)
}

fn moment(seconds: i64) -> String {
    wire::time(at(seconds))
}

/// Limits, promises and holds on three accounts, whose ends lie across each other; what they
/// write when they end, in order.
async fn ground(world: &World) -> Vec<(String, &'static str, Timestamp)> {
    let rules = json!({"amount": {"fixed": "10.00"}, "duration": {"hours": 5}, "open_max": 1});
    let policy = json!({"currency": "EUR", "rules": rules});
    world.put("/v1/promised-payment-policies", policy).await.json(200);
    let mut ends = Vec::new();
    for (place, account) in ["1", "2", "3"].into_iter().zip(1..) {
        let id = world.purse("50.00").await;
        for hour in [account, 4 + account, 9 - account] {
            let seconds = HOUR * hour + account;
            let until = moment(seconds);
            let limit = json!({"amount": "1.00", "currency": "EUR", "until": until});
            world.post(&format!("/v1/accounts/{id}/credits"), limit).await.json(201);
            ends.push((id.clone(), "credit_ended", at(seconds)));
        }
        let ask = json!({"account": id, "session": place, "amount": "5.00", "currency": "EUR",
            "expires_in": 6 * HOUR - account});
        world.post("/v1/authorisations", ask).await.json(200);
        ends.push((id.clone(), "reservation_expired", at(6 * HOUR - account)));
        world.post(&format!("/v1/accounts/{id}/promised-payment"), json!({})).await.json(201);
        ends.push((id, "promise_ended", at(5 * HOUR)));
    }
    ends.sort_by_key(|it| it.2);
    ends
}

fn described(entry: &Entry) -> (String, &'static str, Timestamp) {
    let account = entry.posting.as_ref().map(|it| wire::account_id(it.account));
    (account.unwrap_or_default(), entry.fact.kind(), entry.at)
}

#[tokio::test]
async fn a_month_goes_by_in_a_moment_and_everything_in_it_happens_at_its_own() {
    let world = testing();
    let ends = ground(&world).await;
    let before = world.head().await;
    let set = set(&world, json!({"to": moment(30 * DAY)})).await.json(200);
    let (count, now) = (ends.len(), moment(30 * DAY));
    // The three promises end at one moment, each on its account.
    let expected = json!({"now": now, "settable": true, "ahead_seconds": 30 * DAY,
        "deadlines": count, "entries": count});
    assert_eq!(set, expected);
    let entries = world.entries_after(before).await;
    assert_eq!(entries.iter().map(described).collect::<Vec<_>>(), ends);
    let positions: Vec<u64> = entries.iter().map(|it| it.position.0).collect();
    assert_eq!(positions, (before + 1..=before + count as u64).collect::<Vec<_>>());
    // From there it goes on with the machine's.
    world.advance(60);
    let shown = world.ask("reader", "GET", "/v1/clock").send().await.json(200);
    let now = moment(30 * DAY + 60);
    assert_eq!(shown, json!({"now": now, "settable": true, "ahead_seconds": 30 * DAY}));
    world.purse("1.00").await;
    let entries = world.entries_after(before + count as u64).await;
    assert!(entries.iter().all(|it| it.at == at(30 * DAY + 60)), "{entries:?}");
}

#[tokio::test]
async fn what_fell_due_while_nobody_was_there_comes_before_what_is_asked_next() {
    for crashes in [false, true] {
        let mut world = World::with(|config| config.credit.notice_hours = 0);
        let ends = ground(&world).await;
        let before = world.head().await;
        if !crashes {
            world.close();
        }
        world.advance(6 * HOUR + 1800);
        match crashes {
            true => world.crash(),
            false => world.restart(),
        }
        // The very first that is asked is about one account alone.
        world.pay("acc_3", "1.00").await;
        let fallen = ends.iter().filter(|it| it.2 <= world.now());
        let paid = ("acc_3".to_owned(), "payment", world.now());
        let expected: Vec<_> = fallen.cloned().chain([paid]).collect();
        assert!((8..ends.len()).contains(&expected.len()), "some are still to come");
        let entries = world.entries_after(before).await;
        assert_eq!(entries.iter().map(described).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_clock_that_was_set_is_where_it_was_after_a_restart() {
    let mut world = testing();
    let account = world.purse("5.00").await;
    forward(&world, 10 * DAY).await;
    forward(&world, 20 * DAY).await;
    world.pay(&account, "1.00").await;
    for crashes in [false, true] {
        match crashes {
            true => world.crash(),
            false => world.restart(),
        }
        let shown = world.get("/v1/clock").await.json(200);
        assert_eq!(shown["ahead_seconds"], json!(30 * DAY));
        assert_eq!(shown["now"], json!(moment(30 * DAY)));
    }
    let until = moment(30 * DAY + HOUR);
    let limit = json!({"amount": "1.00", "currency": "EUR", "until": until});
    world.post(&format!("/v1/accounts/{account}/credits"), limit).await.json(201);
    let before = world.head().await;
    // An hour and a half on the machine, while nobody is there.
    world.close();
    world.advance(HOUR * 3 / 2);
    world.restart();
    assert_eq!(world.look(&account).await["credit"], eur("0.00"));
    let entries = world.entries_after(before).await;
    let expected = (account.clone(), "credit_ended", at(30 * DAY + HOUR));
    assert_eq!(entries.iter().map(described).collect::<Vec<_>>(), [expected]);
    assert_eq!(forward(&world, 1).await["now"], json!(moment(30 * DAY + HOUR * 3 / 2 + 1)));
}

#[tokio::test]
async fn the_clock_of_a_providers_business_is_never_set() {
    let world = World::new();
    let shown = world.get("/v1/clock").await.json(200);
    assert_eq!(shown, json!({"now": moment(0), "settable": false, "ahead_seconds": 0}));
    for body in [json!({"forward_seconds": 1}), json!({"to": moment(60)})] {
        let problem = set(&world, body).await.problem(409, "clock_not_settable");
        assert!(text(&problem["hint"]).contains("--test-clock"), "{problem}");
    }
    assert_eq!(world.now(), START);
}

#[tokio::test]
async fn a_clock_never_goes_back_and_no_further_than_ten_years_at_once() {
    let world = testing();
    forward(&world, 60).await;
    let problem = set(&world, json!({"to": moment(59)})).await.problem(409, "clock_not_set_back");
    assert_eq!((&problem["now"], &problem["requested"]), (&json!(moment(60)), &json!(moment(59))));
    for seconds in [0, -1, i64::MIN, i64::MAX, TEN_YEARS + 1] {
        set(&world, json!({"forward_seconds": seconds})).await.malformed("forward_seconds");
    }
    set(&world, json!({"to": moment(60 + TEN_YEARS + 1)})).await.malformed("to");
    set(&world, json!({"to": "9999-12-30T22:00:00Z"})).await.malformed("to");
    set(&world, json!({"to": "tomorrow"})).await.malformed("to");
    set(&world, json!({"to": moment(90), "forward_seconds": 30})).await.malformed("to");
    set(&world, json!({})).await.malformed("to");
    for body in [json!({"forward_seconds": 1.5}), json!({"forward_seconds": "1"}), json!({"by": 1})]
    {
        set(&world, body).await.problem(400, "malformed");
    }
    assert_eq!(world.now(), at(60));
    // Where it stands is no way back, and ten years are not too far.
    assert_eq!(set(&world, json!({"to": moment(60)})).await.json(200)["entries"], 0);
    forward(&world, TEN_YEARS).await;
    assert_eq!(world.now(), at(60 + TEN_YEARS));
}

#[tokio::test]
async fn a_repeat_does_not_set_the_clock_again() {
    let mut world = testing();
    let ask = |world: &World, seconds: i64| {
        let body = json!({"forward_seconds": seconds});
        world.ask("admin", "POST", "/v1/clock").once("april").json(&body)
    };
    let first = ask(&world, 60).send().await.json(200);
    world.restart();
    let again = ask(&world, 60).send().await;
    assert!(again.is_replayed());
    assert_eq!(again.json(200), first);
    ask(&world, 61).send().await.problem(409, "idempotency_key_reused");
    assert_eq!(world.now(), at(60));
}

#[tokio::test]
async fn receivers_of_webhooks_hear_of_it_by_their_own_clock() {
    let world = World::with_test_clock(|config| {
        config.credit.notice_hours = 0;
        webhooks::allow_this_machine(config);
    });
    let receiver = webhooks::Receiver::start().await;
    let (hooks, _) = webhooks::endpoint(&world, &receiver, json!(["credit.ended"])).await;
    ground(&world).await;
    receiver.always(Some(webhooks::Says(500, None)));
    forward(&world, HOUR + 10).await;
    world.deliver().await;
    let first = receiver.ids();
    assert_eq!(first.len(), 1);
    // A year goes by here, and no time at all at the receiver's: it is not tried again, and the
    // endpoint has not failed for three days.
    forward(&world, 365 * DAY).await;
    world.deliver().await;
    let others = receiver.ids();
    assert!(!others.is_empty() && !others.contains(&first[0]), "{others:?}");
    assert_eq!(world.get(&hooks).await.json(200)["enabled"], true);
    receiver.always(None);
    world.advance(10);
    world.deliver().await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 9, "each limit that has ended");
    let signed = (START.0 / 1_000_000 + 10).to_string();
    assert!(heard.iter().all(|it| it.header("webhook-timestamp") == signed), "{heard:?}");
    let again = heard.iter().find(|it| it.id() == first[0]).expect("it is tried again");
    assert_eq!(again.json()["timestamp"], json!(moment(HOUR + 1)));
    let ping = world.post(&format!("{hooks}/test"), json!({})).await.json(202);
    assert_eq!(ping["state"], "pending");
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1, "it is due now");
}
