//! What entries are explained by that they do not say themselves: the sessions that they settle,
//! and the tariffs of those.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{Entry, Fact, SessionFact, State};
use store::{Reader, StoreError};

use super::explain::{Known, used};
use crate::console::Desk;
use crate::faces::Failed;
use crate::faces::words::Titles;
use crate::statement::session_serial;

/// Older entries that are looked through for the beginnings of sessions.
const LOOKED_AT_MAX: usize = 2_000;

pub type Sessions = BTreeMap<u32, Arc<SessionFact>>;

/// The sessions of these entries, newest first. One that began longer ago is not found.
pub fn sessions(reader: &dyn Reader, entries: &[Entry]) -> Result<Sessions, StoreError> {
    let mut wanted: BTreeSet<u32> =
        entries.iter().filter_map(|it| session_serial(&it.fact)).collect();
    let mut found = Sessions::new();
    for entry in entries {
        take(entry, &mut wanted, &mut found);
    }
    let Some(newest) = entries.first().filter(|_| !wanted.is_empty()) else { return Ok(found) };
    let mut looked_at = 0;
    reader.account_entries(newest.position, &mut |entry| {
        looked_at += 1;
        take(&entry, &mut wanted, &mut found);
        match wanted.is_empty() || looked_at == LOOKED_AT_MAX {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    Ok(found)
}

fn take(entry: &Entry, wanted: &mut BTreeSet<u32>, found: &mut Sessions) {
    let (serial, session) = match &entry.fact {
        Fact::Authorised { serial, session, .. } => (*serial, Arc::clone(session)),
        Fact::Refused { serial, refused, .. } => (*serial, Arc::new(refused.session.clone())),
        _ => return,
    };
    if wanted.remove(&serial) {
        found.insert(serial, session);
    }
}

/// With the tariffs by which the sessions are priced.
pub async fn know(desk: &Desk, titles: Titles, sessions: Sessions) -> Result<Known, Failed> {
    let wanted: BTreeSet<_> = sessions.values().filter_map(|it| used::priced_by(it)).collect();
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
