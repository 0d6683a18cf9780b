//! The statements that a batch comes to.

use std::collections::BTreeMap;

use engine::{Name, ReceivablePoint};
use tokio_postgres::types::Type;

use super::directory::Directory;
use super::encode::{Rows, Value};
use super::pipeline::Work;
use super::read::signed;
use crate::checksum::seal;
use crate::keys::{FinishedRun, ForgottenSlice, SealedSlice};
use crate::{Batch, CLOCK_AHEAD, Checkpoint, KeyRecord};

pub const SET_META: &str = "INSERT INTO meta (shard, name, value) VALUES ($1, $2, $3) \
     ON CONFLICT (shard, name) DO UPDATE SET value = excluded.value";

/// What is written beside the entries, in order. There are `pages` account pages when it is
/// written.
pub fn works_beside(shard: i64, batch: &Batch, pages: i64) -> Vec<Work> {
    let mut works = Vec::new();
    let mut directory = Directory::new(shard);
    batch.entries.iter().for_each(|it| directory.note(it));
    works.extend(directory.into_works());
    works.extend(keys(shard, &batch.keys));
    batch.sealed.iter().for_each(|it| works.extend(sealed(shard, it)));
    batch.forgotten.iter().for_each(|it| works.extend(forgotten(shard, it)));
    works.extend(receivables(shard, &batch.receivables));
    works.extend(batch.checkpoint.iter().flat_map(|it| checkpoint(shard, it, pages)));
    works.extend(batch.clock_ahead.map(|ahead| {
        let ahead = ahead.to_string();
        let values =
            [Value::integer(shard), Value::text(Some(CLOCK_AHEAD)), Value::text(Some(&ahead))];
        Work::new(SET_META, values)
    }));
    works
}

fn of_shard(shard: i64, sql: &'static str, values: impl IntoIterator<Item = Value>) -> Work {
    Work::new(sql, [Value::integer(shard)].into_iter().chain(values))
}

fn keys(shard: i64, keys: &[KeyRecord]) -> Option<Work> {
    use Type as T;
    let mut rows =
        Rows::new(&[T::INT8, T::INT8, T::BYTEA, T::INT8, T::INT8, T::INT8, T::INT8, T::TEXT]);
    for key in keys {
        let (position, entries, refusal) = key.answer.columns();
        rows.integer(key.kept.code())
            .integer(key.sequence as i64)
            .bytes(&key.key.to_be_bytes())
            .integer(key.fingerprint as i64)
            .integer(key.at.0)
            .integer(position)
            .integer(entries.map(i64::from))
            .text(refusal.as_deref());
    }
    let sql = "INSERT INTO keys (shard, kept, sequence, key, fingerprint, at, position, entries, \
               refusal) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bytea[], \
               $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[])";
    (!rows.is_empty()).then(|| of_shard(shard, sql, rows.into_values()))
}

fn sealed(shard: i64, slice: &SealedSlice) -> Vec<Work> {
    let (kept, run) = (slice.kept.code(), slice.run as i64);
    let mut rows = Rows::new(&[Type::BYTEA, Type::INT8]);
    for (key, sequence) in &slice.keys {
        rows.bytes(&key.to_be_bytes()).integer(*sequence as i64);
    }
    // A run that was half written when the process ended is written again from its start.
    let sql = "INSERT INTO key_runs (shard, kept, run, key, sequence) \
               SELECT $1, $2, $3, * FROM unnest($4::bytea[], $5::bigint[]) \
               ON CONFLICT (shard, kept, run, key) DO UPDATE SET sequence = excluded.sequence";
    let place = [Value::integer(kept), Value::integer(run)];
    let mut works = vec![of_shard(shard, sql, place.into_iter().chain(rows.into_values()))];
    works.extend(slice.finished.as_ref().map(|it| filter(shard, kept, run, it)));
    works
}

fn filter(shard: i64, kept: i64, run: i64, done: &FinishedRun) -> Work {
    let beside = [kept, run, done.first as i64, done.last as i64, done.last_at.0];
    let sql = "INSERT INTO key_filters (shard, kept, run, first, last, last_at, filter) \
               VALUES ($1,$2,$3,$4,$5,$6,$7)";
    let filter = Value::Bytes(seal(&beside, &done.filter.to_bytes()));
    of_shard(shard, sql, beside.map(Value::integer).into_iter().chain([filter]))
}

fn forgotten(shard: i64, slice: &ForgottenSlice) -> Vec<Work> {
    let (kept, run) = (Value::integer(slice.kept.code()), Value::integer(slice.run as i64));
    let lower = Value::Bytes(vec![slice.first_byte]);
    let arrivals = Value::integer(slice.arrivals_until as i64);
    let mut works = Vec::new();
    let place = [kept.clone(), run.clone(), lower];
    match slice.first_byte.checked_add(1) {
        Some(upper) => {
            let sql = "DELETE FROM key_runs WHERE shard = $1 AND kept = $2 AND run = $3 \
                       AND key >= $4 AND key < $5";
            let upper = Value::Bytes(vec![upper]);
            works.push(of_shard(shard, sql, place.into_iter().chain([upper])));
        }
        None => {
            let sql = "DELETE FROM key_runs WHERE shard = $1 AND kept = $2 AND run = $3 \
                       AND key >= $4";
            works.push(of_shard(shard, sql, place));
            let sql = "DELETE FROM key_filters WHERE shard = $1 AND kept = $2 AND run = $3";
            works.push(of_shard(shard, sql, [kept.clone(), run]));
        }
    }
    let sql = "DELETE FROM keys WHERE shard = $1 AND kept = $2 AND sequence <= $3";
    works.push(of_shard(shard, sql, [kept, arrivals]));
    works
}

/// Points of the history of what is owed; within one minute the last one counts.
fn receivables(shard: i64, points: &[ReceivablePoint]) -> Option<Work> {
    let newest: BTreeMap<_, _> = points
        .iter()
        .map(|it| {
            let group = it.key.group.map_or("", Name::as_str);
            ((it.key.currency.code(), group, it.key.day, it.minute), it.owed)
        })
        .collect();
    let mut rows = Rows::new(&[Type::TEXT, Type::TEXT, Type::INT8, Type::INT8, Type::TEXT]);
    for ((currency, group, day, minute), owed) in newest {
        rows.text(Some(currency))
            .text(Some(group))
            .integer(i64::from(day))
            .integer(minute.0)
            .text(Some(&owed.to_string()));
    }
    let sql = "INSERT INTO receivables (shard, currency, \"group\", day, minute, owed) \
               SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], \
               $6::text[]) ON CONFLICT (shard, currency, \"group\", day, minute) \
               DO UPDATE SET owed = excluded.owed";
    (!rows.is_empty()).then(|| of_shard(shard, sql, rows.into_values()))
}

fn checkpoint(shard: i64, checkpoint: &Checkpoint, pages: i64) -> Vec<Work> {
    let mut rows = Rows::new(&[Type::INT8, Type::INT8, Type::BYTEA]);
    for page in &checkpoint.pages {
        let position = signed(page.position);
        let accounts = seal(&[page.page.into(), position], &page.accounts);
        rows.integer(i64::from(page.page)).integer(position).bytes(&accounts);
    }
    let mut works = Vec::new();
    if !rows.is_empty() {
        let sql = "INSERT INTO account_pages (shard, page, position, accounts) \
                   SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) \
                   ON CONFLICT (shard, page) DO UPDATE \
                   SET position = excluded.position, accounts = excluded.accounts";
        works.push(of_shard(shard, sql, rows.into_values()));
    }
    let (position, replay_from) = (signed(checkpoint.position), signed(checkpoint.replay_from));
    let shared = seal(&[position, replay_from, pages], &checkpoint.shared);
    let sql = "INSERT INTO checkpoint (shard, position, replay_from, shared) \
               VALUES ($1,$2,$3,$4) ON CONFLICT (shard) DO UPDATE SET \
               position = excluded.position, replay_from = excluded.replay_from, \
               shared = excluded.shared";
    let values = [Value::integer(position), Value::integer(replay_from), Value::Bytes(shared)];
    works.push(of_shard(shard, sql, values));
    works
}
