//! Reading what is durable.

use std::ops::ControlFlow;
use std::path::Path;

use engine::{
    AccountId, CustomerId, Entry, ExchangeRate, Position, ReceivableKey, ReceivablePoint, ShardId,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::scan::scan;
use super::tables::{
    self, ACCOUNT_COLUMNS, CUSTOMER_COLUMNS, read_account, read_customer, search_query,
};
use super::{chain, matters, open, receivables, whole};
use crate::keys::{RunRow, restore_index, restore_runs};
use crate::{
    AccountRecord, ApiKey, AuditPage, AuditQuery, Checkpoint, CommitRecord, CustomerRecord, Kept,
    KeyAnswer, KeyIndex, KeyRecord, Matter, MatterRecord, PaymentRecord, Reader, ReceivedRecord,
    SavedPage, Scanned, StoreError, TimelineQuery, Which, audit, row,
};

/// A connection that only reads.
pub struct SqliteReader {
    connection: Connection,
}

impl SqliteReader {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: open::open_reader(path)? })
    }

    /// Up to `limit` entries of which `condition` is true, by position; `?1` in it is `after`.
    fn entries_where(
        &self,
        condition: &str,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let doing = "read entries";
        let sql = format!(
            "SELECT {} FROM journal WHERE {condition} ORDER BY position LIMIT ?2",
            row::COLUMNS
        );
        let mut statement =
            self.connection.prepare_cached(&sql).map_err(StoreError::failed(doing))?;
        let mut rows = statement
            .query(params![after.0 as i64, limit as i64])
            .map_err(StoreError::failed(doing))?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(StoreError::failed(doing))? {
            entries.push(row::read_entry(row)?);
        }
        Ok(entries)
    }

    pub(super) fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement =
            self.connection.prepare_cached(sql).map_err(StoreError::failed(doing))?;
        statement.query_row(values, read).optional().map_err(StoreError::failed(doing))
    }

    /// The last key of one kind that is gone, when no run tells: those that are left begin there.
    fn forgotten_until(&self, kept: Kept) -> Result<u64, StoreError> {
        if kept == Kept::ForEver {
            return Ok(0);
        }
        let sql = "SELECT coalesce(min(sequence), 1) FROM keys WHERE kept = ?1";
        let first = self.one("read the oldest key", sql, [kept.code()], |it| it.get(0))?;
        Ok(first.map_or(0, |it: i64| it.saturating_sub(1) as u64))
    }

    pub(super) fn many<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement =
            self.connection.prepare_cached(sql).map_err(StoreError::failed(doing))?;
        let rows = statement.query_map(values, read).map_err(StoreError::failed(doing))?;
        rows.collect::<rusqlite::Result<_>>().map_err(StoreError::failed(doing))
    }
}

pub(super) fn head(connection: &Connection) -> Result<Position, StoreError> {
    let doing = "read the journal's newest position";
    let mut statement = connection
        .prepare_cached("SELECT coalesce(max(position), 0) FROM journal")
        .map_err(StoreError::failed(doing))?;
    let head: i64 = statement.query_row([], |it| it.get(0)).map_err(StoreError::failed(doing))?;
    Ok(Position(head as u64))
}

impl Reader for SqliteReader {
    fn freeze(&self) -> Result<(), StoreError> {
        // The first read after BEGIN takes the snapshot, and nothing ends it but closing.
        let frozen = self.connection.execute_batch("BEGIN; SELECT 1 FROM meta LIMIT 1");
        frozen.map_err(StoreError::failed("hold on to one moment of the database"))
    }

    fn shard(&self) -> ShardId {
        ShardId::FIRST
    }

    fn head(&self) -> Result<Position, StoreError> {
        head(&self.connection)
    }

    fn entries_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries_where("position > ?1", after, limit)
    }

    fn switches_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries_where("kind = 'switched' AND position > ?1", after, limit)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Entry) -> Result<(), StoreError>,
    ) -> Result<Scanned, StoreError> {
        scan(&self.connection, from, each)
    }

    fn commits_after(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<CommitRecord>, StoreError> {
        whole::commits_after(self, after, limit)
    }

    fn last_commit(&self) -> Result<Option<CommitRecord>, StoreError> {
        whole::last_commit(self)
    }

    fn entry(&self, position: Position) -> Result<Option<Entry>, StoreError> {
        let sql = format!("SELECT {} FROM journal WHERE position = ?1", row::COLUMNS);
        let read = |it: &Row<'_>| Ok(row::read_entry(it));
        self.one("read an entry", &sql, [position.0 as i64], read)?.transpose()
    }

    fn account_position(&self, head: Position, until: Position) -> Result<Position, StoreError> {
        chain::account_position(&self.connection, head, until)
    }

    fn account_entries(
        &self,
        last: Position,
        each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        chain::account_entries(&self.connection, last, each)
    }

    fn timeline(&self, query: &TimelineQuery) -> Result<Vec<Vec<Entry>>, StoreError> {
        chain::timeline(&self.connection, query)
    }

    /// Journal time never goes back, so the place of a moment is found by halving, without an
    /// index on time.
    fn position_at(&self, at: Timestamp) -> Result<Position, StoreError> {
        let (mut low, mut high) = (0, self.head()?.0);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let sql = "SELECT at FROM journal WHERE position = ?1";
            let doing = "find a moment in the journal";
            let found: Option<i64> = self.one(doing, sql, [middle as i64], |it| it.get(0))?;
            let found = found.ok_or_else(|| {
                StoreError::damaged(format!("journal position {middle}"), "it is missing")
            })?;
            if found <= at.0 { low = middle } else { high = middle - 1 }
        }
        Ok(Position(low))
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let sql = "SELECT position, replay_from, shared FROM checkpoint WHERE shard = 0";
        let found = self.one("read the checkpoint", sql, [], |it| {
            Ok(Checkpoint {
                pages: Vec::new(),
                position: position(it, 0)?,
                replay_from: position(it, 1)?,
                shared: it.get(2)?,
            })
        })?;
        let Some(checkpoint) = found else {
            return Ok(None);
        };
        let sql = "SELECT page, position, accounts FROM account_pages ORDER BY page";
        let pages = self.many("read account pages", sql, [], |it| {
            Ok(SavedPage { page: it.get(0)?, position: position(it, 1)?, accounts: it.get(2)? })
        })?;
        checkpoint.unseal(pages).map(Some)
    }

    fn exchange_rates(&self, until: Position) -> Result<Vec<ExchangeRate>, StoreError> {
        super::rates::exchange_rates(self, until)
    }

    fn promise_policies(&self, until: Position) -> Result<Vec<Entry>, StoreError> {
        matters::entries_named_by(self, "promise_policies", until)
    }

    fn services(&self, until: Position) -> Result<Vec<Entry>, StoreError> {
        matters::entries_named_by(self, "services", until)
    }

    fn laid_down_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        matters::laid_down_after(self, after, limit)
    }

    fn laid_down_before(
        &self,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        matters::laid_down_before(self, before, limit)
    }

    /// A file is one shard, which has no other to send to.
    fn sent_after(&self, _: ShardId, _: Position, _: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    fn sent_before(&self, _: ShardId, _: Position, _: usize) -> Result<Vec<Position>, StoreError> {
        Ok(Vec::new())
    }

    fn promises_of(
        &self,
        account: AccountId,
        before: Position,
        limit: usize,
    ) -> Result<Vec<MatterRecord>, StoreError> {
        matters::promises_of(self, account, before, limit)
    }

    fn matters(
        &self,
        kind: Matter,
        which: Which,
        after: Position,
        limit: usize,
    ) -> Result<Vec<MatterRecord>, StoreError> {
        matters::matters(self, kind, which, after, limit)
    }

    fn matter(&self, kind: Matter, began: Position) -> Result<Option<MatterRecord>, StoreError> {
        matters::matter(self, kind, began)
    }

    fn refund_request(
        &self,
        account: AccountId,
        serial: u32,
    ) -> Result<Option<MatterRecord>, StoreError> {
        matters::refund_request(self, account, serial)
    }

    fn receivables_at(&self, minute: Timestamp) -> Result<Vec<(ReceivableKey, i128)>, StoreError> {
        receivables::at(self, minute)
    }

    fn scan_receivables(
        &self,
        each: &mut dyn FnMut(ReceivablePoint) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        whole::scan_receivables(&self.connection, each)
    }

    fn audit(&self, query: &AuditQuery, limit: usize) -> Result<AuditPage, StoreError> {
        let by_actor = |actor: &str, from: Position, before: Position, limit: usize| {
            let sql = "SELECT position FROM audit WHERE actor = ?1 AND position >= ?2 \
                       AND position < ?3 ORDER BY position DESC LIMIT ?4";
            let before = i64::try_from(before.0).unwrap_or(i64::MAX);
            let values = params![actor, from.0 as i64, before, limit as i64];
            let mut entries = Vec::new();
            for at in self.many("read the audit", sql, values, |it| position(it, 0))? {
                entries.extend(self.entry(at)?);
            }
            Ok(entries)
        };
        audit::audit(self, &by_actor, query, limit)
    }

    fn keys(&self, kept: Kept, run_keys: usize) -> Result<KeyIndex, StoreError> {
        let sql = "SELECT run, last_at, filter, first, last FROM key_filters \
                   WHERE kept = ?1 ORDER BY run";
        let read = |it: &Row<'_>| {
            let filter = it.get(2)?;
            let (run, last_at) = (it.get(0)?, it.get(1)?);
            Ok(RunRow { run, last_at, filter, first: it.get(3)?, last: it.get(4)? })
        };
        let rows = self.many("read key filters", sql, [kept.code()], read)?;
        let runs = restore_runs(kept, rows)?;
        let last = match runs.last() {
            Some(run) => run.last,
            None => self.forgotten_until(kept)?,
        };
        let sql = "SELECT key, sequence, at FROM keys WHERE kept = ?1 AND sequence > ?2 \
                   ORDER BY sequence";
        let read = |it: &Row<'_>| {
            Ok((u128::from_be_bytes(it.get(0)?), it.get::<_, i64>(1)?, Timestamp(it.get(2)?)))
        };
        let recent = self.many("read recent keys", sql, params![kept.code(), last as i64], read)?;
        restore_index(KeyIndex::new(kept, runs, last, run_keys), recent)
    }

    fn find_in_runs(&self, kept: Kept, runs: &[u64], key: u128) -> Result<Option<u64>, StoreError> {
        for run in runs {
            let sql = "SELECT sequence FROM key_runs WHERE kept = ?1 AND run = ?2 AND key = ?3";
            let values = params![kept.code(), *run as i64, key.to_be_bytes()];
            let found: Option<i64> = self.one("look up a key", sql, values, |it| it.get(0))?;
            if let Some(sequence) = found {
                return Ok(Some(sequence as u64));
            }
        }
        Ok(None)
    }

    fn key(&self, kept: Kept, sequence: u64) -> Result<Option<KeyRecord>, StoreError> {
        let sql = format!("SELECT {KEY_COLUMNS} FROM keys WHERE kept = ?1 AND sequence = ?2");
        let values = params![kept.code(), sequence as i64];
        self.one("read a key", &sql, values, |it| Ok(read_key(it, kept)))?.transpose()
    }

    fn scan_keys(
        &self,
        kept: Kept,
        each: &mut dyn FnMut(KeyRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let doing = "read keys";
        let sql = format!("SELECT {KEY_COLUMNS} FROM keys WHERE kept = ?1 ORDER BY sequence");
        let mut statement = self.connection.prepare(&sql).map_err(StoreError::failed(doing))?;
        let mut rows = statement.query([kept.code()]).map_err(StoreError::failed(doing))?;
        while let Some(row) = rows.next().map_err(StoreError::failed(doing))? {
            each(read_key(row, kept)?)?;
        }
        Ok(())
    }

    fn scan_customers(
        &self,
        each: &mut dyn FnMut(CustomerRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        tables::scan_customers(&self.connection, each)
    }

    fn scan_accounts(
        &self,
        each: &mut dyn FnMut(AccountRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        tables::scan_accounts(&self.connection, each)
    }

    fn customer(&self, id: CustomerId) -> Result<Option<CustomerRecord>, StoreError> {
        let sql = format!("SELECT {CUSTOMER_COLUMNS} FROM customers WHERE id = ?1");
        self.one("read a customer", &sql, [id.0], read_customer)
    }

    fn search_customers(
        &self,
        words: &str,
        after: CustomerId,
        limit: usize,
    ) -> Result<Vec<CustomerRecord>, StoreError> {
        let doing = "search customers";
        let limit = limit as i64;
        let Some(query) = search_query(words) else {
            let sql = format!(
                "SELECT {CUSTOMER_COLUMNS} FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2"
            );
            return self.many(doing, &sql, params![after.0, limit], read_customer);
        };
        let number: String = words.chars().filter(|it| !it.is_whitespace()).collect();
        // Each way of being found ends early by itself: whoever types two letters means a tenth of
        // all customers.
        let sql = format!(
            "SELECT {CUSTOMER_COLUMNS} FROM customers WHERE id IN (\
                 SELECT id FROM (\
                     SELECT rowid AS id FROM customer_search \
                     WHERE customer_search MATCH ?2 AND rowid > ?1 ORDER BY rowid LIMIT ?4) \
                 UNION SELECT id FROM (\
                     SELECT DISTINCT customer AS id FROM accounts \
                     INDEXED BY accounts_by_number \
                     WHERE number >= ?3 AND number < ?3 || x'f4' AND customer > ?1 \
                     ORDER BY customer LIMIT ?4) \
                 UNION SELECT id FROM (\
                     SELECT id FROM customers INDEXED BY customers_by_external_id \
                     WHERE external_id >= ?5 AND external_id < ?5 || x'f4' AND id > ?1 \
                     ORDER BY id LIMIT ?4)\
             ) ORDER BY id LIMIT ?4"
        );
        let values = params![after.0, query, number, limit, words.trim()];
        self.many(doing, &sql, values, read_customer)
    }

    fn customer_and_accounts(
        &self,
        id: CustomerId,
    ) -> Result<Option<(CustomerRecord, Vec<AccountRecord>)>, StoreError> {
        tables::customer_and_accounts(self, id)
    }

    fn accounts_of(&self, customer: CustomerId) -> Result<Vec<AccountRecord>, StoreError> {
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE customer = ?1 ORDER BY id");
        self.many("read a customer's accounts", &sql, [customer.0], read_account)
    }

    fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE id = ?1");
        self.one("read an account", &sql, [id.0], read_account)
    }

    fn payment(&self, at: Position) -> Result<Option<PaymentRecord>, StoreError> {
        super::payments::payment(self, at)
    }

    fn payments_of(
        &self,
        source: &str,
        after: Position,
        until: Position,
        limit: usize,
    ) -> Result<Vec<ReceivedRecord>, StoreError> {
        super::payments::payments_of(self, source, after, until, limit)
    }

    fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let sql = "SELECT id, name, role, digest, created_at, revoked_at FROM api_keys ORDER BY id";
        self.many("read API keys", sql, [], |it| {
            Ok(ApiKey {
                id: it.get::<_, i64>(0)? as u64,
                name: it.get(1)?,
                role: it.get(2)?,
                digest: it.get(3)?,
                created_at: Timestamp(it.get(4)?),
                revoked_at: it.get::<_, Option<i64>>(5)?.map(Timestamp),
            })
        })
    }

    fn facts(&self) -> Result<Vec<(String, String)>, StoreError> {
        whole::facts(self)
    }

    fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.one(
            "read a fact about the database",
            "SELECT value FROM meta WHERE name = ?1",
            [name],
            |it| it.get(0),
        )
    }
}

const KEY_COLUMNS: &str = "sequence, key, fingerprint, at, position, entries, refusal";

fn read_key(row: &Row<'_>, kept: Kept) -> Result<KeyRecord, StoreError> {
    let read = || -> rusqlite::Result<_> {
        let sequence = row.get::<_, i64>(0)? as u64;
        let key = u128::from_be_bytes(row.get(1)?);
        let fingerprint = row.get::<_, i64>(2)? as u64;
        let first: Option<i64> = row.get(4)?;
        let count: Option<u32> = row.get(5)?;
        let refusal: Option<String> = row.get(6)?;
        Ok((sequence, key, fingerprint, Timestamp(row.get(3)?), first.zip(count), refusal))
    };
    let (sequence, key, fingerprint, at, entries, refusal) =
        read().map_err(StoreError::failed("read a key"))?;
    let answer = KeyAnswer::from_columns(sequence, entries, refusal)?;
    Ok(KeyRecord { kept, sequence, key, fingerprint, at, answer })
}

pub(super) fn position(row: &Row<'_>, column: usize) -> rusqlite::Result<Position> {
    Ok(Position(row.get::<_, i64>(column)? as u64))
}
