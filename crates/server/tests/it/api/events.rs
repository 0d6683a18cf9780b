//! The journal as a feed: nothing left out, nothing twice, from any place.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::world::{World, eur};

/// A feed that somebody listens to.
struct Feed {
    body: Body,
    text: String,
}

struct Event {
    id: u64,
    kind: String,
    entry: Value,
}

impl Feed {
    async fn open(world: &World, query: &str, last_event_id: Option<u64>) -> Self {
        let mut ask = world.ask("reader", "GET", &format!("/v1/events{query}"));
        if let Some(id) = last_event_id {
            ask = ask.header("last-event-id", id.to_string());
        }
        let response = ask.open().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event; `None` when the feed has ended.
    async fn next(&mut self) -> Option<Event> {
        let read = tokio::time::timeout(Duration::from_secs(10), self.read());
        read.await.expect("the feed says something, or ends")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = Event::parse(event);
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let frame = self.body.frame().await?.expect("a whole frame");
            let bytes = frame.into_data().expect("data");
            self.text.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            events.push(self.next().await.expect("the feed goes on"));
        }
        events
    }
}

impl Event {
    /// `None` for a line that only keeps the connection alive.
    fn parse(text: &str) -> Option<Self> {
        let field =
            |name: &str| text.lines().find_map(|it| it.strip_prefix(name)).map(str::trim_start);
        Some(Self {
            id: field("id:")?.parse().expect("a position"),
            kind: field("event:")?.to_owned(),
            entry: serde_json::from_str(field("data:")?).expect("JSON"),
        })
    }
}

#[tokio::test]
async fn a_feed_goes_on_from_any_position_without_gap_or_repeat() {
    let mut world = World::new();
    let account = world.purse("100.00").await;
    for _ in 0..20 {
        world.post(&format!("/v1/accounts/{account}/charges"), eur("1.00")).await.json(201);
    }
    let head = world.head().await;
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        for after in 0..head {
            let by_query = Feed::open(&world, &format!("?after={after}"), None).await;
            // What the client has seen counts more than where it began.
            let by_header = Feed::open(&world, "?after=0", Some(after)).await;
            for mut feed in [by_query, by_header] {
                let events = feed.take((head - after) as usize).await;
                let ids: Vec<u64> = events.iter().map(|it| it.id).collect();
                assert_eq!(ids, (after + 1..=head).collect::<Vec<_>>());
                let same =
                    |it: &Event| it.entry["position"] == it.id && it.entry["kind"] == *it.kind;
                assert!(events.iter().all(same));
            }
        }
    }
}

#[tokio::test]
async fn a_feed_reads_a_long_journal_whole() {
    let world = World::new();
    let account = world.purse("100.00").await;
    let charge = json!({"charge": {"account": account, "amount": "0.01", "currency": "EUR"}});
    let body = json!({"operations": vec![charge; 1_700]});
    world.post("/v1/batches", body).await.json(200);
    let head = world.head().await;
    let mut feed = Feed::open(&world, "?after=0", None).await;
    let ids: Vec<u64> = feed.take(head as usize).await.iter().map(|it| it.id).collect();
    assert_eq!(ids, (1..=head).collect::<Vec<_>>());
    // The connection breaks anywhere, and the client comes back by the last event it saw.
    let mut seen = Vec::new();
    while seen.last() != Some(&head) {
        let mut feed = Feed::open(&world, "?after=0", seen.last().copied()).await;
        let left = head as usize - seen.len();
        seen.extend(feed.take(left.min(499)).await.iter().map(|it| it.id));
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn a_feed_tells_what_happens_while_it_is_open() {
    let world = World::new();
    let account = world.purse("10.00").await;
    let head = world.head().await;
    let mut feed = Feed::open(&world, "", None).await;
    for _ in 0..5 {
        world.post(&format!("/v1/accounts/{account}/charges"), eur("1.00")).await.json(201);
    }
    let events = feed.take(5).await;
    let ids: Vec<u64> = events.iter().map(|it| it.id).collect();
    assert_eq!(ids, (head + 1..=head + 5).collect::<Vec<_>>());
    assert_eq!(events[4].kind, "charge");
    assert_eq!(events[4].entry["balance"], eur("5.00"));
}

#[tokio::test]
async fn a_feed_of_one_account_leaves_the_others_out() {
    let world = World::new();
    let (one, other) = (world.purse("10.00").await, world.purse("10.00").await);
    for _ in 0..3 {
        for account in [&one, &other] {
            world.post(&format!("/v1/accounts/{account}/charges"), eur("1.00")).await.json(201);
        }
    }
    let mut feed = Feed::open(&world, &format!("?after=0&account={one}"), None).await;
    let events = feed.take(5).await;
    assert!(events.iter().all(|it| it.entry["account"] == one.as_str()));
    let kinds: Vec<&str> = events.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["account_opened", "payment", "charge", "charge", "charge"]);
    world.pay(&other, "1.00").await;
    world.pay(&one, "2.00").await;
    let next = feed.next().await.expect("the feed goes on");
    assert_eq!(next.entry["amount"], eur("2.00"));
}

#[tokio::test]
async fn a_feed_ends_when_the_server_stops() {
    let world = World::new();
    world.purse("10.00").await;
    let mut feed = Feed::open(&world, "", None).await;
    world.end_feeds();
    assert!(feed.next().await.is_none());
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let world = World::new();
    for query in ["?after=x", "?after=-1", "?after=1.5", "?after="] {
        world.get(&format!("/v1/events{query}")).await.malformed("after");
    }
    for id in ["x", "", "-1"] {
        let ask = world.ask("reader", "GET", "/v1/events").header("last-event-id", id);
        ask.send().await.malformed("Last-Event-ID");
    }
    world.get("/v1/events?account=cus_1").await.malformed("account");
}
