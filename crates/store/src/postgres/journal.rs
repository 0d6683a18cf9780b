//! The entries of a batch as rows, with the checksum over them.

use std::convert::Infallible;

use tokio_postgres::types::Type;

use super::encode::{CopyRows, Rows, Value, without_nul};
use super::pipeline::Work;
use crate::commits::Commits;
use crate::row::{self, Sink};
use crate::{Batch, CommitRecord, StoreError};

/// Entries from which on they are copied: that costs the server half of what an `INSERT` does, and
/// one round trip more, because it has to say first that it takes them.
const COPY_FROM: usize = 256;

pub struct JournalRows {
    shard: i64,
    form: Form,
    commits: Vec<CommitRecord>,
}

enum Form {
    Arrays(Rows),
    Copy(CopyRows),
}

impl JournalRows {
    pub fn new(shard: i64, batch: &Batch) -> Result<Self, StoreError> {
        let form = match batch.entries.len() < COPY_FROM {
            true => Form::Arrays(Rows::new(&column_types())),
            false => Form::Copy(CopyRows::new(row::COUNT + 1)),
        };
        let mut writer = Writer { form, commits: Commits::of(batch) };
        for entry in &batch.entries {
            if let Form::Copy(rows) = &mut writer.form {
                rows.begin_row();
                rows.integer(Some(shard));
            }
            let Ok(()) = row::write_entry(entry, &mut writer);
            writer.commits.wrote(entry);
        }
        let Writer { form, commits } = writer;
        Ok(Self { shard, form, commits: commits.finish()? })
    }

    /// The number of its entries and their checksum, by which the batch is known.
    pub fn first_commit(&self) -> Option<(i64, i64)> {
        self.commits.first().map(|it| (it.entries as i64, it.checksum))
    }

    /// The statements that write them.
    pub fn works(&self) -> Vec<Work> {
        if self.commits.is_empty() {
            return Vec::new();
        }
        let shard = Value::integer(self.shard);
        let rows = match &self.form {
            Form::Arrays(rows) => {
                Work::new(INSERT, [shard.clone()].into_iter().chain(rows.clone().into_values()))
            }
            Form::Copy(rows) => Work::copy(COPY, rows.to_bytes()),
        };
        let mut commits = Rows::new(&[Type::INT8, Type::INT8, Type::INT8, Type::INT8]);
        for commit in &self.commits {
            commit.columns().into_iter().for_each(|it| _ = commits.integer(it));
        }
        let sql = "INSERT INTO commits (shard, first, entries, at, checksum) \
                   SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], \
                   $5::bigint[])";
        vec![rows, Work::new(sql, [shard].into_iter().chain(commits.into_values()))]
    }
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

const COPY: &str = "COPY journal (shard, position, at, customer, account, prev, kind, amount, \
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
