//! The entries of a batch as rows, with the checksum over them.

use std::convert::Infallible;

use engine::Entry;
use tokio_postgres::types::Type;

use super::encode::{CopyRows, Rows, Value, without_nul};
use super::pipeline::Work;
use crate::checksum::Checksum;
use crate::row::{self, Sink};

/// Entries from which on they are copied: that costs the server half of what an `INSERT` does, and
/// one round trip more, because it has to say first that it takes them.
const COPY_FROM: usize = 256;

pub struct JournalRows {
    shard: i64,
    form: Form,
    first: i64,
    count: i64,
    last_at: i64,
    checksum: i64,
}

enum Form {
    Arrays(Rows),
    Copy(CopyRows),
}

impl JournalRows {
    pub fn new(shard: i64, entries: &[Entry]) -> Self {
        let form = match entries.len() < COPY_FROM {
            true => Form::Arrays(Rows::new(&column_types())),
            false => Form::Copy(CopyRows::new(row::COUNT + 1)),
        };
        let mut writer = Writer { form, checksum: Checksum::default() };
        for entry in entries {
            if let Form::Copy(rows) = &mut writer.form {
                rows.begin_row();
                rows.integer(Some(shard));
            }
            let Ok(()) = row::write_entry(entry, &mut writer);
        }
        let Writer { form, mut checksum } = writer;
        Self {
            shard,
            form,
            first: entries.first().map_or(0, |it| it.position.0 as i64),
            count: entries.len() as i64,
            last_at: entries.last().map_or(0, |it| it.at.0),
            checksum: checksum.finish(),
        }
    }

    pub fn count(&self) -> i64 {
        self.count
    }

    pub fn checksum(&self) -> i64 {
        self.checksum
    }

    /// The statements that write them.
    pub fn works(&self) -> Vec<Work> {
        if self.count == 0 {
            return Vec::new();
        }
        let shard = Value::integer(self.shard);
        let rows = match &self.form {
            Form::Arrays(rows) => {
                Work::new(INSERT, [shard.clone()].into_iter().chain(rows.clone().into_values()))
            }
            Form::Copy(rows) => Work::copy(COPY, rows.to_bytes()),
        };
        let commit = [
            shard,
            Value::integer(self.first),
            Value::integer(self.count),
            Value::integer(self.last_at),
            Value::integer(self.checksum),
        ];
        let sql = "INSERT INTO commits (shard, first, entries, at, checksum) \
                   VALUES ($1,$2,$3,$4,$5)";
        vec![rows, Work::new(sql, commit)]
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

struct Writer {
    form: Form,
    checksum: Checksum,
}

impl Sink for Writer {
    type Error = Infallible;

    fn integer(&mut self, value: Option<i64>) -> Result<(), Infallible> {
        self.checksum.integer(value);
        match &mut self.form {
            Form::Arrays(rows) => _ = rows.integer(value),
            Form::Copy(rows) => rows.integer(value),
        }
        Ok(())
    }

    fn text(&mut self, value: Option<&str>) -> Result<(), Infallible> {
        // The sum is over what is written.
        let value = value.map(without_nul);
        self.checksum.text(value.as_deref());
        match &mut self.form {
            Form::Arrays(rows) => _ = rows.text(value.as_deref()),
            Form::Copy(rows) => rows.text(value.as_deref()),
        }
        Ok(())
    }
}
