//! What entries are explained by that they do not say themselves: the sessions that they settle,
//! and the tariffs of those.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{Entry, Fact, Position, SessionFact, State, UsedFact};
use store::{Reader, StoreError};

use super::explain::{Known, used};
use crate::console::Desk;
use crate::faces::Failed;
use crate::faces::words::Titles;
use crate::statement::session_serial;

/// Older entries that are looked through for the beginnings of sessions.
const LOOKED_AT_MAX: usize = 2_000;

pub type Sessions = BTreeMap<u32, Session>;

/// A session whose entries stand on the page, or some of them.
#[derive(Debug)]
pub struct Session {
    pub fact: Arc<SessionFact>,
    /// The settlement that was the first one to charge units, and what is charged once with them.
    pub charged_first: Option<Position>,
}

/// The sessions of these entries, newest first. One that began longer ago is not found.
pub fn sessions(reader: &dyn Reader, entries: &[Entry]) -> Result<Sessions, StoreError> {
    let mut wanted: BTreeSet<u32> =
        entries.iter().filter_map(|it| session_serial(&it.fact)).collect();
    let mut found = Found::default();
    for entry in entries {
        found.take(entry, &mut wanted);
    }
    if let Some(newest) = entries.first().filter(|_| !wanted.is_empty()) {
        let mut looked_at = 0;
        reader.account_entries(newest.position, &mut |entry| {
            looked_at += 1;
            found.take(&entry, &mut wanted);
            match wanted.is_empty() || looked_at == LOOKED_AT_MAX {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
    }
    let Found { begun, charged } = found;
    let session =
        |(serial, fact)| (serial, Session { fact, charged_first: charged.get(&serial).copied() });
    Ok(begun.into_iter().map(session).collect())
}

/// What was met on the way back.
#[derive(Default)]
struct Found {
    begun: BTreeMap<u32, Arc<SessionFact>>,
    /// The oldest settlement so far that charged units.
    charged: BTreeMap<u32, Position>,
}

impl Found {
    fn take(&mut self, entry: &Entry, wanted: &mut BTreeSet<u32>) {
        let (serial, session) = match &entry.fact {
            Fact::Authorised { serial, session, .. } => (*serial, Arc::clone(session)),
            Fact::Refused { serial, refused, .. } => (*serial, Arc::new(refused.session.clone())),
            fact => {
                let serial = session_serial(fact);
                let serial = serial.filter(|_| used::used(entry).is_some_and(is_charged));
                if let Some(serial) = serial {
                    let first = self.charged.entry(serial).or_insert(entry.position);
                    *first = entry.position.min(*first);
                }
                return;
            }
        };
        if wanted.remove(&serial) {
            self.begun.insert(serial, session);
        }
    }
}

fn is_charged(used: &UsedFact) -> bool {
    !used.parts.is_empty()
}

/// With the tariffs by which the sessions are priced.
pub async fn know(desk: &Desk, titles: Titles, sessions: Sessions) -> Result<Known, Failed> {
    let wanted: BTreeSet<_> =
        sessions.values().filter_map(|it| used::priced_by(&it.fact)).collect();
    if wanted.is_empty() {
        return Ok(Known { titles, sessions, ..Known::default() });
    }
    let look = move |state: &State, _| {
        let version = |(name, version)| {
            let item = state.catalogue().version(name, version)?;
            Some(((name, version), Arc::clone(item)))
        };
        wanted.into_iter().filter_map(version).collect()
    };
    let tariffs = desk.app.shard.read(None, look).await?;
    Ok(Known { titles, sessions, tariffs })
}
