//! `GET /v1/events?after=`: the journal as a feed of server-sent events.
//!
//! **Invariant:** without gap or repeat. The feed reads the journal itself, in order, as far as
//! it is durable; being told of new entries only ends the waiting.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use engine::{AccountId, Entry, Position};
use futures_util::Stream;
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::wire;

/// Entries that are read at once.
const SLICE: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// The position after which the feed begins; the journal's end when not said. The header
    /// `Last-Event-ID`, which browsers send by themselves, comes first.
    #[serde(default)]
    pub after: Option<u64>,
    /// Only this account's entries: id or number.
    #[serde(default)]
    pub account: Option<String>,
    /// Of several shards that whose feed it is, where neither a position nor an account says it;
    /// the first one, 0, when nothing does.
    #[serde(default)]
    pub shard: Option<u32>,
}

/// The journal as a feed. Each event's id is its position, its name the kind of the entry. A
/// business in several shards has a feed for each.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(EventQuery),
    responses((status = 200, content_type = "text/event-stream", body = EntryView)))]
pub async fn stream_events(
    State(app): State<App>,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let shards = app.shards.all().count();
    let is_there = |it: u32| usize::try_from(it).is_ok_and(|it| it < shards);
    if query.shard.is_some_and(|it| !is_there(it)) {
        return Err(Problem::malformed("shard", format!("is not from 0 to {}", shards - 1)));
    }
    let account = match query.account {
        None => None,
        Some(account) => {
            let account = wire::parse_account("account", &account)?;
            let look = move |it: &engine::State, _| it.resolve(&account).map(|it| it.id);
            let found = app.shard.read(None, look).await?;
            Some(found.map_err(|refusal| Problem::refused(&refusal))?)
        }
    };
    let durable = app.shard.durable();
    let after = match resumed_after(&headers)?.or(query.after) {
        Some(after) => Position(after),
        None => *durable.borrow(),
    };
    let feed = Feed { app, durable, after, account, ready: VecDeque::new() };
    let stream = futures_util::stream::unfold(feed, |mut feed| async {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

fn resumed_after(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let after = value.to_str().ok().and_then(|it| it.parse().ok());
    after.map(Some).ok_or_else(|| Problem::malformed("Last-Event-ID", "is not a position"))
}

struct Feed {
    app: App,
    durable: watch::Receiver<Position>,
    after: Position,
    account: Option<AccountId>,
    ready: VecDeque<Entry>,
}

impl Feed {
    /// The next event; `None` when the server stops or the journal cannot be read, and the
    /// client comes back by its last event's id.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return event(&entry);
            }
            let after = self.after;
            let mut stopping = self.app.stopping.clone();
            let more = tokio::select! {
                more = self.durable.wait_for(|durable| *durable > after) => more.is_ok(),
                _ = stopping.wait_for(|stopping| *stopping) => false,
            };
            if !more {
                return None;
            }
            let read = move |it: &dyn store::Reader| it.entries_after(after, SLICE);
            let entries = self.app.readers.read(read).await.ok()?;
            self.after = entries.last().map_or(after, |it| it.position);
            let account = self.account;
            let wanted = |it: &Entry| {
                account.is_none_or(|wanted| it.posting.is_some_and(|it| it.account == wanted))
            };
            self.ready.extend(entries.into_iter().filter(wanted));
        }
    }
}

fn event(entry: &Entry) -> Option<Event> {
    let event = Event::default().id(entry.position.0.to_string()).event(entry.fact.kind());
    event.json_data(EntryView::new(entry)).ok()
}
