//! The entries of a batch as rows, with the checksum over them.

use std::convert::Infallible;

use bytes::Bytes;
use engine::Entry;
use tokio_postgres::types::Type;

use super::encode::{CopyRows, Rows, Value, without_nul};
use super::pipeline::Work;
use crate::commits::Commits;
use crate::row::{self, Sink};
use crate::{Batch, CommitRecord, StoreError};

/// Entries from which on they are copied: that costs the server half of what an `INSERT` does, and
/// one round trip more, because it has to say first that it takes them.
const COPY_FROM: usize = 256;

/// Entries that are copied in one piece: the server writes it while the next one is made.
const PIECE: usize = 128;

/// How the entries of a batch are written.
pub enum JournalRows<'a> {
    /// By one statement.
    Insert(Work, Vec<CommitRecord>),
    /// By `COPY`.
    Copy(Pieces<'a>),
}

impl<'a> JournalRows<'a> {
    /// `None` where there are none.
    pub fn new(shard: i64, batch: &'a Batch) -> Result<Option<Self>, StoreError> {
        if batch.entries.is_empty() {
            return Ok(None);
        }
        let mut pieces = Pieces::new(shard, batch);
        if batch.entries.len() >= COPY_FROM {
            return Ok(Some(Self::Copy(pieces)));
        }
        pieces.write(batch.entries.len());
        let (commits, form) = pieces.into_commits()?;
        let Form::Arrays(rows) = form else { unreachable!("few rows are not copied") };
        let values = [Value::integer(shard)].into_iter().chain(rows.into_values());
        Ok(Some(Self::Insert(Work::new(INSERT, values), commits)))
    }
}

/// The entries, in pieces as `COPY` takes them.
pub struct Pieces<'a> {
    shard: i64,
    left: &'a [Entry],
    writer: Writer<'a>,
}

impl<'a> Pieces<'a> {
    fn new(shard: i64, batch: &'a Batch) -> Self {
        let form = match batch.entries.len() < COPY_FROM {
            true => Form::Arrays(Rows::new(&column_types())),
            false => Form::Copy(CopyRows::new(row::COUNT + 1)),
        };
        let writer = Writer { form, commits: Commits::of(batch) };
        Self { shard, left: &batch.entries, writer }
    }

    fn write(&mut self, entries: usize) {
        let (now, left) = self.left.split_at(entries.min(self.left.len()));
        self.left = left;
        for entry in now {
            if let Form::Copy(rows) = &mut self.writer.form {
                rows.begin_row();
                rows.integer(Some(self.shard));
            }
            let Ok(()) = row::write_entry(entry, &mut self.writer);
            self.writer.commits.wrote(entry);
        }
    }

    /// The transactions that the entries come to, when all of them are written.
    pub fn commits(self) -> Result<Vec<CommitRecord>, StoreError> {
        self.into_commits().map(|it| it.0)
    }

    fn into_commits(self) -> Result<(Vec<CommitRecord>, Form), StoreError> {
        let Writer { form, commits } = self.writer;
        Ok((commits.finish()?, form))
    }
}

impl Iterator for Pieces<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.left.is_empty() {
            return None;
        }
        self.write(PIECE);
        let Form::Copy(rows) = &mut self.writer.form else { return None };
        if self.left.is_empty() {
            rows.end();
        }
        Some(rows.take())
    }
}

/// The number of a batch's entries and their checksum, by which it is known; of several
/// transactions those of the first.
pub fn first_commit(batch: &Batch) -> Result<Option<(i64, i64)>, StoreError> {
    let mut pieces = Pieces::new(0, batch);
    pieces.write(batch.entries.len());
    let commits = pieces.commits()?;
    Ok(commits.first().map(|it| (it.entries as i64, it.checksum)))
}

/// The statement that writes down which transactions there were.
pub fn note_commits(shard: i64, commits: &[CommitRecord]) -> Work {
    let mut rows = Rows::new(&[Type::INT8, Type::INT8, Type::INT8, Type::INT8]);
    for commit in commits {
        commit.columns().into_iter().for_each(|it| _ = rows.integer(it));
    }
    let sql = "INSERT INTO commits (shard, first, entries, at, checksum) \
               SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])";
    Work::new(sql, [Value::integer(shard)].into_iter().chain(rows.into_values()))
}

enum Form {
    Arrays(Rows),
    Copy(CopyRows),
}

fn column_types() -> Vec<Type> {
    let of = |column| if row::is_text(column) { Type::TEXT } else { Type::INT8 };
    (0..row::COUNT).map(of).collect()
}

const INSERT: &str = "INSERT INTO journal (shard, position, at, customer, account, prev, kind, \
     amount, currency, exponent, balance, held, credit, contra, actor, channel, reason, \
     reservation, request, granted, until, detail, subscription, version, since) \
     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
     $6::bigint[], $7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], \
     $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::text[], \
     $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::text[], $23::bigint[], \
     $24::bigint[], $25::bigint[])";

pub const COPY: &str = "COPY journal (shard, position, at, customer, account, prev, kind, amount, \
     currency, exponent, balance, held, credit, contra, actor, channel, reason, reservation, \
     request, granted, until, detail, subscription, version, since) FROM STDIN (FORMAT binary)";

struct Writer<'a> {
    form: Form,
    commits: Commits<'a>,
}

impl Sink for Writer<'_> {
    type Error = Infallible;

    fn integer(&mut self, value: Option<i64>) -> Result<(), Infallible> {
        self.commits.sum.integer(value);
        match &mut self.form {
            Form::Arrays(rows) => _ = rows.integer(value),
            Form::Copy(rows) => rows.integer(value),
        }
        Ok(())
    }

    fn text(&mut self, value: Option<&str>) -> Result<(), Infallible> {
        // The sum is over what is written.
        let value = value.map(without_nul);
        self.commits.sum.text(value.as_deref());
        match &mut self.form {
            Form::Arrays(rows) => _ = rows.text(value.as_deref()),
            Form::Copy(rows) => rows.text(value.as_deref()),
        }
        Ok(())
    }
}
