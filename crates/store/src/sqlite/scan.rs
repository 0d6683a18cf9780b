//! Reading the journal through, with every transaction held against its checksum.

use engine::{Entry, Position};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::checksum::Checksum;
use crate::{Scanned, StoreError, row};

pub(super) fn scan(
    connection: &Connection,
    from: Position,
    each: &mut dyn FnMut(Entry) -> Result<(), StoreError>,
) -> Result<Scanned, StoreError> {
    let doing = "read the journal";
    // Transactions are checked whole, so reading begins where one does.
    let sql = "SELECT first, entries, checksum FROM commits WHERE first >= \
               coalesce((SELECT max(first) FROM commits WHERE first <= ?1), 0) ORDER BY first";
    let mut statement = connection.prepare(sql).map_err(StoreError::failed(doing))?;
    let commits = statement
        .query_map([from.0 as i64], |it| Ok((it.get(0)?, it.get(1)?, it.get(2)?)))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<(i64, i64, i64)>>>)
        .map_err(StoreError::failed(doing))?;
    let first = commits.first().map_or(from.0 as i64, |it| it.0);
    if first > from.0 as i64 {
        let why = "its transaction is missing";
        return Err(StoreError::damaged(format!("journal position {}", from.0), why));
    }
    let sql =
        format!("SELECT {} FROM journal WHERE position >= ?1 ORDER BY position", row::COLUMNS);
    let mut statement = connection.prepare(&sql).map_err(StoreError::failed(doing))?;
    let mut rows = statement.query([first]).map_err(StoreError::failed(doing))?;
    let mut scanned = Scanned::default();
    let mut expected = first;
    for (first, entries, checksum) in commits {
        if first != expected {
            let why = "a transaction is missing or overlaps another";
            return Err(StoreError::damaged(format!("journal position {expected}"), why));
        }
        let mut sum = Checksum::default();
        for position in first..first + entries {
            let row = rows.next().map_err(StoreError::failed(doing))?.ok_or_else(|| {
                StoreError::damaged(format!("journal position {position}"), "it is missing")
            })?;
            add_columns(row, &mut sum).map_err(StoreError::failed(doing))?;
            if position < from.0 as i64 {
                continue;
            }
            let entry = row::read_entry(row)?;
            if entry.position.0 as i64 != position {
                let why = format!("position {} comes next", entry.position.0);
                return Err(StoreError::damaged(format!("journal position {position}"), why));
            }
            each(entry)?;
            scanned.entries += 1;
        }
        if sum.finish() != checksum {
            let last = first + entries - 1;
            let place = format!("journal positions {first} to {last}");
            return Err(StoreError::damaged(place, "they are not what was written"));
        }
        scanned.commits += 1;
        expected = first + entries;
    }
    match rows.next().map_err(StoreError::failed(doing))? {
        None => Ok(scanned),
        Some(_) => {
            let place = format!("journal position {expected}");
            Err(StoreError::damaged(place, "it belongs to no transaction"))
        }
    }
}

fn add_columns(row: &Row<'_>, sum: &mut Checksum) -> rusqlite::Result<()> {
    for column in 0..row.as_ref().column_count() {
        match row.get_ref(column)? {
            ValueRef::Integer(value) => sum.integer(Some(value)),
            ValueRef::Text(text) => sum.text(Some(&String::from_utf8_lossy(text))),
            ValueRef::Null if row::is_text(column) => sum.text(None),
            // A column of another type is not what was written; any sum that differs will do.
            _ => sum.integer(None),
        }
    }
    Ok(())
}
