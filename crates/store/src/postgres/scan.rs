//! Reading the journal through, with every transaction held against its checksum.

use engine::{Entry, Position};
use tokio_postgres::Row;

use super::read::{PostgresReader, signed};
use super::tables::SLICE;
use crate::checksum::Checksum;
use crate::row::{self, Columns};
use crate::{Scanned, StoreError};

const DOING: &str = "read the journal";

/// Transactions whose rows among the commits are read at once.
const COMMITS: i64 = 1_024;

struct Commit {
    first: i64,
    entries: i64,
    checksum: i64,
}

pub fn scan(
    reader: &PostgresReader,
    from: Position,
    each: &mut dyn FnMut(Entry) -> Result<(), StoreError>,
) -> Result<Scanned, StoreError> {
    let from = signed(from.max(reader.shard_id.start().plus(1)));
    // Transactions are checked whole, so reading begins where one does.
    let sql =
        "SELECT coalesce((SELECT max(first) FROM commits WHERE shard = $1 AND first <= $2), 0)";
    let begin = reader.one(DOING, sql, &[&reader.shard, &from], |it| it.try_get::<_, i64>(0))?;
    let mut expected = begin.unwrap_or(0);
    let mut scanned = Scanned::default();
    let mut is_first = true;
    let mut rows = Slices { reader, next: 0, rows: Vec::new().into_iter() };
    loop {
        let commits = commits_from(reader, expected)?;
        if let (true, Some(first)) = (is_first, commits.first()) {
            if first.first > from {
                let place = format!("journal position {from}");
                return Err(StoreError::damaged(place, "its transaction is missing"));
            }
            expected = first.first;
        }
        if is_first && commits.is_empty() {
            expected = from;
        }
        if is_first {
            rows.next = expected;
        }
        is_first = false;
        if commits.is_empty() {
            return finish(reader, expected).map(|()| scanned);
        }
        for commit in commits {
            if commit.first != expected {
                let why = "a transaction is missing or overlaps another";
                return Err(StoreError::damaged(format!("journal position {expected}"), why));
            }
            scanned.entries += check(&mut rows, &commit, from, each)?;
            scanned.commits += 1;
            expected += commit.entries;
        }
    }
}

fn commits_from(reader: &PostgresReader, first: i64) -> Result<Vec<Commit>, StoreError> {
    let sql = "SELECT first, entries, checksum FROM commits WHERE shard = $1 AND first >= $2 \
               ORDER BY first LIMIT $3";
    reader.many(DOING, sql, &[&reader.shard, &first, &COMMITS], |it| {
        let (first, entries, checksum) = (it.try_get(0)?, it.try_get(1)?, it.try_get(2)?);
        Ok(Commit { first, entries, checksum })
    })
}

/// Holds the rows of one transaction against what it says of them; answers how many were wanted.
fn check(
    rows: &mut Slices<'_>,
    commit: &Commit,
    from: i64,
    each: &mut dyn FnMut(Entry) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let mut sum = Checksum::default();
    let mut entries = 0;
    for position in commit.first..commit.first + commit.entries {
        let place = || format!("journal position {position}");
        let row = rows.next()?.ok_or_else(|| StoreError::damaged(place(), "it is missing"))?;
        add_columns(&row, &mut sum).map_err(|why| StoreError::damaged(place(), why))?;
        let found = row.integer(0).map_err(|why| StoreError::damaged(place(), why))?;
        if found != Some(position) {
            let why = format!("position {} comes next", found.unwrap_or(0));
            return Err(StoreError::damaged(place(), why));
        }
        if position >= from {
            each(row::read_entry(&row)?)?;
            entries += 1;
        }
    }
    if sum.finish() != commit.checksum {
        let last = commit.first + commit.entries - 1;
        let place = format!("journal positions {} to {last}", commit.first);
        return Err(StoreError::damaged(place, "they are not what was written"));
    }
    Ok(entries)
}

/// Behind the last transaction there is nothing, unless one has come meanwhile.
fn finish(reader: &PostgresReader, expected: i64) -> Result<(), StoreError> {
    let sql = "SELECT position FROM journal WHERE shard = $1 AND position >= $2 \
               AND NOT EXISTS (SELECT 1 FROM commits WHERE shard = $1 AND first = $2) \
               ORDER BY position LIMIT 1";
    let more = reader.one(DOING, sql, &[&reader.shard, &expected], |it| it.try_get::<_, i64>(0))?;
    match more {
        None => Ok(()),
        Some(_) => {
            let place = format!("journal position {expected}");
            Err(StoreError::damaged(place, "it belongs to no transaction"))
        }
    }
}

/// Rows of the journal in order, fetched a slice at a time.
struct Slices<'a> {
    reader: &'a PostgresReader,
    next: i64,
    rows: std::vec::IntoIter<Row>,
}

impl Slices<'_> {
    fn next(&mut self) -> Result<Option<Row>, StoreError> {
        if self.rows.len() == 0 {
            // Bounded on both sides, because positions have no gaps: by a limit alone the server,
            // while it knows nothing of a table that has just been filled, finds and sorts all that
            // follows, for every slice.
            let sql = format!(
                "SELECT {} FROM journal WHERE shard = $1 AND position >= $2 \
                 AND position < $2 + {SLICE} ORDER BY position",
                row::COLUMNS
            );
            let rows = self.reader.rows(DOING, &sql, &[&self.reader.shard, &self.next])?;
            if let Some(last) = rows.last() {
                self.next = last.try_get::<_, i64>(0).map_err(StoreError::failed(DOING))? + 1;
            }
            self.rows = rows.into_iter();
        }
        Ok(self.rows.next())
    }
}

fn add_columns(row: &Row, sum: &mut Checksum) -> Result<(), String> {
    for column in 0..row.len() {
        match row::is_text(column) {
            true => sum.text(row.text(column)?),
            false => sum.integer(row.integer(column)?),
        }
    }
    Ok(())
}
