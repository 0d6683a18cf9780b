//! Open pages are told that something they show has changed.
//!
//! One task reads what is new in the journal, once for all listeners, and says whose it was; each
//! listener takes what touches its page. Nothing of the journal goes to a browser here: it fetches
//! its own page again, with its own rights.
//!
//! **Invariant:** nobody waits for a listener. One that cannot follow is told that something has
//! changed, and misses nothing but how much.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use engine::{CustomerId, Position};
use futures_util::Stream;
use store::Reader;
use store::access::{Person, SessionId};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{self, Receiver};
use tokio::time::Instant;

use crate::access;
use crate::http::app::App;

/// Entries that are read at once, and how far the task may be behind before it reads them no more
/// and says that everything has changed.
const SLICE: usize = 2_000;
const BEHIND_MAX: u64 = 20_000;

/// Slices that a listener may be behind.
const TOLD_MAX: usize = 64;

/// The least time between two slices: what happens together is told together.
const READ_EVERY: Duration = Duration::from_millis(100);

/// The least time between two events of one feed: four a second.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// How often a feed to which nothing is told looks whether its session still runs.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How often a page that shows all of several shards is said to have changed.
const OTHERS_EVERY: Duration = Duration::from_secs(2);

/// Whose entries are new.
#[derive(Debug)]
pub enum Touched {
    Customers(BTreeSet<CustomerId>),
    /// There were too many to look at each.
    Everything,
}

/// What a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// One customer and what is theirs.
    Customer(CustomerId),
    /// Queues and sums: any entry may change them.
    Everything,
}

impl Shown {
    fn is_touched(self, touched: &Touched) -> bool {
        match (self, touched) {
            (Self::Customer(customer), Touched::Customers(them)) => them.contains(&customer),
            _ => true,
        }
    }
}

pub struct Live {
    told: broadcast::Sender<Arc<Touched>>,
    is_reading: AtomicBool,
}

impl Default for Live {
    fn default() -> Self {
        Self { told: broadcast::channel(TOLD_MAX).0, is_reading: AtomicBool::new(false) }
    }
}

impl Live {
    /// Has a listener told of what is new from now on. The task that reads it runs while somebody
    /// listens.
    fn listen(app: &App) -> Receiver<Arc<Touched>> {
        let receiver = app.live.told.subscribe();
        if !app.live.is_reading.swap(true, Ordering::AcqRel) {
            let after = *app.shard.durable().borrow();
            tokio::spawn(read_on(app.clone(), after));
        }
        receiver
    }
}

async fn read_on(app: App, mut after: Position) {
    let (mut durable, mut stopping) = (app.shard.durable(), app.stopping.clone());
    loop {
        let more = tokio::select! {
            more = durable.wait_for(|it| *it > after) => more.is_ok(),
            _ = stopping.wait_for(|it| *it) => false,
        };
        if !more {
            return;
        }
        if app.live.told.receiver_count() == 0 {
            app.live.is_reading.store(false, Ordering::Release);
            // Whoever has come since then found a task that runs, unless they began one.
            let is_alone = app.live.told.receiver_count() == 0;
            if is_alone || app.live.is_reading.swap(true, Ordering::AcqRel) {
                return;
            }
        }
        let head = *durable.borrow();
        let touched = match head.0.saturating_sub(after.0) > BEHIND_MAX {
            true => Ok((head, Touched::Everything)),
            false => app.readers.read(move |it| look(it, after)).await,
        };
        let touched = match touched {
            Ok((read_to, touched)) => {
                after = read_to.max(after);
                touched
            }
            Err(error) => {
                tracing::warn!(%error, "what is new could not be read for open pages");
                after = head;
                Touched::Everything
            }
        };
        // That nobody listens any more is seen at the next entry.
        let _ = app.live.told.send(Arc::new(touched));
        tokio::time::sleep(READ_EVERY).await;
    }
}

/// Whose the entries after a position are, and up to where that was read.
fn look(reader: &dyn Reader, after: Position) -> Result<(Position, Touched), store::StoreError> {
    let entries = reader.entries_after(after, SLICE)?;
    let read_to = entries.last().map_or(after, |it| it.position);
    // Entries of nobody, such as a rate or a payment without account, are in no customer's page.
    let customers = entries.iter().filter_map(|it| it.customer).collect();
    Ok((read_to, Touched::Customers(customers)))
}

/// The feed of an open page: `changed` whenever something is durable that touches what it shows.
/// It ends with the session that it belongs to, and when the server stops.
///
/// `after` is the position that the page was true for; what came since then is told first.
pub async fn stream(
    app: App,
    whose: (Person, SessionId),
    shown: Shown,
    after: Option<Position>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let told = Live::listen(&app);
    let is_late = match after {
        None => false,
        Some(after) => is_late(&app, shown, after).await,
    };
    let feed = Feed { app, whose, shown, told, is_late, next_at: Instant::now() };
    let stream = futures_util::stream::unfold(feed, |mut feed| async {
        feed.next().await.map(|event| (Ok(event), feed))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// Whether something touches the page that came after it was made.
async fn is_late(app: &App, shown: Shown, after: Position) -> bool {
    let head = *app.shard.durable().borrow();
    if head <= after {
        return false;
    }
    if shown == Shown::Everything || head.0 - after.0 > SLICE as u64 {
        return true;
    }
    let found = app.readers.read(move |it| look(it, after)).await;
    found.is_ok_and(|(_, touched)| shown.is_touched(&touched))
}

struct Feed {
    app: App,
    whose: (Person, SessionId),
    shown: Shown,
    told: Receiver<Arc<Touched>>,
    is_late: bool,
    next_at: Instant,
}

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::take(&mut self.is_late) {
            self.wait().await?;
        }
        tokio::time::sleep_until(self.next_at).await;
        self.next_at = Instant::now() + TELL_EVERY;
        // All that has come meanwhile is one change.
        loop {
            match self.told.try_recv() {
                Ok(_) | Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => return None,
            }
        }
        // A browser passes over an event without data.
        self.runs().await.then(|| Event::default().event("changed").data("again"))
    }

    /// Until something touches the page; `None` when the feed is over.
    async fn wait(&mut self) -> Option<()> {
        let mut stopping = self.app.stopping.clone();
        // What happens in other shards is told to none but them.
        if self.shown == Shown::Everything && self.app.shards.are_many() {
            tokio::select! {
                _ = stopping.wait_for(|it| *it) => return None,
                () = tokio::time::sleep(OTHERS_EVERY) => {}
            }
            return self.runs().await.then_some(());
        }
        loop {
            let told = tokio::select! {
                told = self.told.recv() => Some(told),
                _ = stopping.wait_for(|it| *it) => return None,
                () = tokio::time::sleep(LOOK_EVERY) => None,
            };
            match told {
                Some(Ok(touched)) if self.shown.is_touched(&touched) => return Some(()),
                Some(Ok(_)) => {}
                Some(Err(RecvError::Lagged(_))) => return Some(()),
                Some(Err(RecvError::Closed)) => return None,
                None if self.runs().await => {}
                None => return None,
            }
        }
    }

    async fn runs(&self) -> bool {
        let (person, session) = &self.whose;
        let sessions = access::sessions_of(&self.app, person).await;
        sessions.is_ok_and(|it| it.iter().any(|it| it.id == *session))
    }
}
