//! Who did what: found by person in a table of their own, by account along its entries, and
//! otherwise by reading back.

use std::ops::ControlFlow;

use engine::{Entry, Position};

use crate::{AuditPage, AuditQuery, Reader, StoreError, TRAFFIC_KINDS};

/// Entries that are looked at for one page, at most: a page never takes long, found or not.
const LOOKED_AT_MAX: usize = 20_000;

/// Entries that are read back at once.
const SLICE: usize = 500;

/// Looks for up to so many of a person's entries from a position on and before another, newest
/// first, in the table of people's doings.
pub type ByActor<'a> =
    dyn Fn(&str, Position, Position, usize) -> Result<Vec<Entry>, StoreError> + 'a;

pub fn audit(
    reader: &dyn Reader,
    by_actor: &ByActor<'_>,
    query: &AuditQuery,
    limit: usize,
) -> Result<AuditPage, StoreError> {
    let mut page = AuditPage::default();
    let mut before = query.before;
    let mut looked_at = 0;
    while looked_at < LOOKED_AT_MAX {
        let slice = match (&query.actor, query.along) {
            (_, Some(newest)) => along(reader, newest, before)?,
            (Some(actor), None) if !wants_traffic(query) => {
                by_actor(actor, query.from, before, SLICE)?
            }
            _ => back(reader, query.from, before)?,
        };
        let Some(last) = slice.last().map(|it| it.position) else {
            return Ok(page);
        };
        looked_at += slice.len();
        for entry in slice {
            before = entry.position;
            if before < query.from {
                return Ok(page);
            }
            if matches(query, &entry) {
                page.entries.push(entry);
            }
            if page.entries.len() == limit {
                page.before = Some(before);
                return Ok(page);
            }
        }
        before = last;
    }
    page.before = Some(before);
    Ok(page)
}

/// Traffic is not in the table of people's doings: whoever asks for it by name has it looked for
/// in the journal itself.
fn wants_traffic(query: &AuditQuery) -> bool {
    query.kinds.iter().any(|it| TRAFFIC_KINDS.contains(&it.as_str()))
}

fn matches(query: &AuditQuery, entry: &Entry) -> bool {
    let by = query.actor.as_deref().is_none_or(|it| it == entry.origin.actor.as_str());
    by && (query.kinds.is_empty() || query.kinds.iter().any(|it| it == entry.fact.kind()))
}

/// One account's entries before `before`, newest first.
fn along(
    reader: &dyn Reader,
    newest: Position,
    before: Position,
) -> Result<Vec<Entry>, StoreError> {
    let mut last = newest;
    if before <= newest {
        let account = |it: Option<Entry>| it.and_then(|it| it.posting).map(|it| it.account);
        let at = reader.entry(before)?;
        let prev = at.as_ref().and_then(|it| it.posting).map(|it| it.prev);
        last = match prev {
            // A cursor of our own is an entry of this account.
            Some(prev) if account(at) == account(reader.entry(newest)?) => prev,
            // From any other place the chain is found from its end.
            _ => reader.account_position(newest, Position(before.0.saturating_sub(1)))?,
        };
    }
    let mut slice = Vec::new();
    if last > Position::START {
        reader.account_entries(last, &mut |entry| {
            slice.push(entry);
            if slice.len() < SLICE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    Ok(slice)
}

/// The entries before `before`, newest first.
fn back(reader: &dyn Reader, from: Position, before: Position) -> Result<Vec<Entry>, StoreError> {
    let head = reader.head()?;
    let end = before.0.min(head.0 + 1);
    let first = reader.shard().start().plus(1);
    let begin = end.saturating_sub(SLICE as u64).max(from.0).max(first.0);
    if begin >= end {
        return Ok(Vec::new());
    }
    let mut slice = reader.entries_after(Position(begin - 1), (end - begin) as usize)?;
    slice.reverse();
    Ok(slice)
}
