//! One account's entries along its chain of `prev`: the journal has no index by account.
//!
//! The walk is a recursive query, a slice of the chain at a time, each longer than the one before:
//! most who ask want the newest few. Each row is held against the one before it, so that neither a
//! hole nor a circle is taken for an answer.

use std::ops::ControlFlow;

use engine::{Entry, Position};

use super::read::{PostgresReader, maybe_position, position, signed};
use super::session::Values;
use crate::chain::{link, step};
use crate::timeline::{Chains, Dialect};
use crate::{StoreError, TimelineAccount, TimelineQuery, row};

/// Entries of the first slice, and of the longest.
const SLICES: std::ops::RangeInclusive<i64> = 64..=1_024;

/// The account's last entry at or before `until`, from its newest at `head`.
pub fn account_position(
    reader: &PostgresReader,
    head: Position,
    until: Position,
) -> Result<Position, StoreError> {
    let sql = walk("position, prev");
    let mut at = head;
    let mut slice = *SLICES.start();
    while at > until {
        let values = (signed(at), signed(until));
        let rows = reader.many(
            "walk an account's chain",
            &sql,
            &[&reader.shard, &values.0, &values.1, &slice],
            |it| Ok((position(it, 0)?, maybe_position(it, 1)?.unwrap_or(Position::START))),
        )?;
        if rows.is_empty() {
            step(at, None)?;
        }
        for row in rows {
            at = step(at, Some(row))?;
        }
        slice = (slice * 4).min(*SLICES.end());
    }
    Ok(at)
}

pub fn account_entries(
    reader: &PostgresReader,
    last: Position,
    each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let sql = walk(row::COLUMNS);
    let mut at = last;
    let mut slice = *SLICES.start();
    while at > Position::START {
        let values = (signed(at), 0_i64);
        let entries = reader.entries(&sql, &[&reader.shard, &values.0, &values.1, &slice])?;
        if entries.is_empty() {
            step(at, None)?;
        }
        for entry in entries {
            at = step(at, Some(link(&entry)))?;
            if each(entry).is_break() {
                return Ok(());
            }
        }
        slice = (slice * 4).min(*SLICES.end());
    }
    Ok(())
}

/// Several accounts' entries, in one walk.
pub fn timeline(
    reader: &PostgresReader,
    query: &TimelineQuery,
) -> Result<Vec<Vec<Entry>>, StoreError> {
    // A limit has the server look the row up, and plan nothing else.
    let journal = |place| {
        format!(
            "LATERAL (SELECT {} FROM journal WHERE shard = $5 AND position = {place} LIMIT 1) \
             AS journal",
            row::COLUMNS
        )
    };
    let dialect = Dialect {
        mark: '$',
        accounts: "SELECT number - 1, NULL::bigint, head, 0::bigint, 0::bigint, 0::bigint, session \
                   FROM unnest($6::bigint[], $7::bigint[]) WITH ORDINALITY \
                   AS account (head, session, number)",
        before: format!("CROSS JOIN {}", journal("walk.prev")),
        at: format!("LEFT JOIN {} ON true", journal("walk.place")),
    };
    let heads: Vec<i64> = query.accounts.iter().map(|it| signed(it.head)).collect();
    let session = |it: &TimelineAccount| it.session.map(i64::from);
    let sessions: Vec<Option<i64>> = query.accounts.iter().map(session).collect();
    let [before, lines, looked_at, beyond] = query.values();
    let values: &Values<'_> =
        &[&before, &lines, &looked_at, &beyond, &reader.shard, &heads, &sessions];
    let mut chains = Chains::new(query);
    for row in reader.rows("read a timeline", &dialect.walk(query.show), values)? {
        chains.take(&row)?;
    }
    chains.into_entries()
}

/// The query for up to `$4` entries from `$2` back, and not on from one at or before `$3`.
fn walk(columns: &str) -> String {
    format!(
        "WITH RECURSIVE chain AS (\
             SELECT {columns} FROM journal WHERE shard = $1 AND position = $2 \
             UNION ALL \
             SELECT {} FROM chain CROSS JOIN LATERAL (\
                 SELECT {columns} FROM journal WHERE shard = $1 AND position = chain.prev LIMIT 1\
             ) AS before WHERE chain.prev > $3\
         ) SELECT * FROM chain LIMIT $4",
        row::of("before", columns)
    )
}
