//! Reading what is durable.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{
    AccountId, CustomerId, Entry, ExchangeRate, Position, ReceivableKey, ReceivablePoint, ShardId,
    Timestamp,
};
use tokio_postgres::{Error, Row};

use super::database::PostgresDatabase;
use super::session::{Session, Values};
use super::tables::{self, ACCOUNT_COLUMNS, CUSTOMER_COLUMNS, read_account, read_customer};
use super::{
    chain, keys, laid_down, matters, moment, payments, receivables, scan, transits, whole,
};
use crate::row::{self, Columns};
use crate::{
    AccountRecord, ApiKey, AuditPage, AuditQuery, Checkpoint, CommitRecord, CustomerRecord, Kept,
    KeyIndex, KeyRecord, Matter, MatterRecord, PaymentRecord, Reader, ReceivedRecord, SavedPage,
    Scanned, StoreError, TimelineQuery, Which, audit,
};

/// Reads one shard, over whichever connection is free.
pub struct PostgresReader {
    database: Arc<PostgresDatabase>,
    /// Has what is of all shards together.
    first: Arc<PostgresDatabase>,
    pub(super) shard: i64,
    pub(super) shard_id: ShardId,
    /// The connection that sees one moment, from [`Reader::freeze`] on.
    frozen: RefCell<Option<Session>>,
}

impl PostgresReader {
    pub(super) fn new(database: Arc<PostgresDatabase>, shard_id: ShardId) -> Self {
        let (first, shard) = (Arc::clone(&database), shard_id.number().into());
        Self { database, first, shard, shard_id, frozen: RefCell::default() }
    }

    /// Of a shard in another database than the first one.
    pub fn with_first(self, first: &Arc<PostgresDatabase>) -> Self {
        Self { first: Arc::clone(first), ..self }
    }

    pub(super) fn rows(
        &self,
        doing: &'static str,
        sql: &str,
        values: &Values<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        if let Some(session) = self.frozen.borrow().as_ref() {
            return session.rows(sql, values).map_err(StoreError::failed(doing));
        }
        self.database.read(doing, |session| session.rows(sql, values))
    }

    pub(super) fn many<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: &Values<'_>,
        read: impl FnMut(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(doing, sql, values)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(StoreError::failed(doing))
    }

    pub(super) fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: &Values<'_>,
        read: impl FnOnce(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, StoreError> {
        let rows = self.rows(doing, sql, values)?;
        rows.first().map(read).transpose().map_err(StoreError::failed(doing))
    }

    pub(super) fn entries(&self, sql: &str, values: &Values<'_>) -> Result<Vec<Entry>, StoreError> {
        self.rows("read entries", sql, values)?.iter().map(row::read_entry).collect()
    }

    /// Up to `limit` entries of which `condition` is true, by position; `$2` in it is `after`.
    fn entries_where(
        &self,
        condition: &str,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT {} FROM journal WHERE shard = $1 AND {condition} ORDER BY position LIMIT $3",
            row::COLUMNS
        );
        self.entries(&sql, &[&self.shard, &signed(after), &(limit as i64)])
    }
}

impl Columns for Row {
    fn integer(&self, column: usize) -> Result<Option<i64>, String> {
        self.try_get(column).map_err(|error| error.to_string())
    }

    fn text(&self, column: usize) -> Result<Option<&str>, String> {
        self.try_get(column).map_err(|error| error.to_string())
    }
}

pub fn signed(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

pub fn position(row: &Row, column: usize) -> Result<Position, Error> {
    Ok(Position(row.try_get::<_, i64>(column)? as u64))
}

pub fn maybe_position(row: &Row, column: usize) -> Result<Option<Position>, Error> {
    Ok(row.try_get::<_, Option<i64>>(column)?.map(|it| Position(it as u64)))
}

/// The shard of a row.
pub fn shard_of(number: i64) -> Result<ShardId, StoreError> {
    let shard = u32::try_from(number).ok().and_then(ShardId::new);
    shard.ok_or_else(|| StoreError::damaged("the number of a shard", format!("it is {number}")))
}

/// A number that was written as one of this width.
pub fn narrow<T: TryFrom<i64> + Default>(wide: i64) -> T {
    T::try_from(wide).unwrap_or_default()
}

impl Reader for PostgresReader {
    fn freeze(&self) -> Result<(), StoreError> {
        let session = self.database.connect()?;
        // The first read takes the snapshot, and nothing ends it but closing.
        let frozen = session
            .batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1 FROM shards LIMIT 1");
        frozen.map_err(StoreError::failed("hold on to one moment of the database"))?;
        self.frozen.replace(Some(session));
        Ok(())
    }

    fn shard(&self) -> ShardId {
        self.shard_id
    }

    fn head(&self) -> Result<Position, StoreError> {
        let sql = "SELECT max(position) FROM journal WHERE shard = $1";
        let doing = "read the journal's newest position";
        let head = self.one(doing, sql, &[&self.shard], |it| maybe_position(it, 0))?;
        Ok(head.flatten().unwrap_or(self.shard_id.start()))
    }

    fn entries_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries_where("position > $2", after, limit)
    }

    fn switches_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries_where("kind = 'switched' AND position > $2", after, limit)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Entry) -> Result<(), StoreError>,
    ) -> Result<Scanned, StoreError> {
        scan::scan(self, from, each)
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
        let sql =
            format!("SELECT {} FROM journal WHERE shard = $1 AND position = $2", row::COLUMNS);
        Ok(self.entries(&sql, &[&self.shard, &signed(position)])?.pop())
    }

    fn account_position(&self, head: Position, until: Position) -> Result<Position, StoreError> {
        chain::account_position(self, head, until)
    }

    fn account_entries(
        &self,
        last: Position,
        each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        chain::account_entries(self, last, each)
    }

    fn timeline(&self, query: &TimelineQuery) -> Result<Vec<Vec<Entry>>, StoreError> {
        chain::timeline(self, query)
    }

    fn position_at(&self, at: Timestamp) -> Result<Position, StoreError> {
        moment::position_at(self, at)
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let sql = "SELECT position, replay_from, shared FROM checkpoint WHERE shard = $1";
        let found = self.one("read the checkpoint", sql, &[&self.shard], |it| {
            Ok(Checkpoint {
                pages: Vec::new(),
                position: position(it, 0)?,
                replay_from: position(it, 1)?,
                shared: it.try_get(2)?,
            })
        })?;
        let Some(checkpoint) = found else {
            return Ok(None);
        };
        let sql = "SELECT page, position, accounts FROM account_pages \
                   WHERE shard = $1 AND page >= $2 ORDER BY page LIMIT 256";
        let mut pages: Vec<SavedPage> = Vec::new();
        loop {
            let next = pages.last().map_or(0, |it| i64::from(it.page) + 1);
            let values: &Values<'_> = &[&self.shard, &next];
            let slice = self.many("read account pages", sql, values, |it| {
                let page = narrow(it.try_get(0)?);
                Ok(SavedPage { page, position: position(it, 1)?, accounts: it.try_get(2)? })
            })?;
            if slice.is_empty() {
                return checkpoint.unseal(pages).map(Some);
            }
            pages.extend(slice);
        }
    }

    fn exchange_rates(&self, until: Position) -> Result<Vec<ExchangeRate>, StoreError> {
        matters::exchange_rates(self, until)
    }

    fn promise_policies(&self, until: Position) -> Result<Vec<Entry>, StoreError> {
        matters::entries_named_by(self, "promise_policies", until)
    }

    fn services(&self, until: Position) -> Result<Vec<Entry>, StoreError> {
        matters::entries_named_by(self, "services", until)
    }

    fn laid_down_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        laid_down::after(self, after, limit)
    }

    fn laid_down_before(
        &self,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        laid_down::before(self, before, limit)
    }

    fn sent_after(
        &self,
        to: ShardId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        transits::after(self, to, after, limit)
    }

    fn sent_before(
        &self,
        to: ShardId,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        transits::before(self, to, before, limit)
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
        whole::scan_receivables(self, each)
    }

    fn audit(&self, query: &AuditQuery, limit: usize) -> Result<AuditPage, StoreError> {
        let sql = format!(
            "SELECT {} FROM audit JOIN journal ON journal.shard = audit.shard \
             AND journal.position = audit.position \
             WHERE audit.shard = $1 AND audit.actor = $2 AND audit.position >= $3 \
             AND audit.position < $4 ORDER BY audit.position DESC LIMIT $5",
            row::columns_of("journal")
        );
        let by_actor = |actor: &str, from: Position, before: Position, limit: usize| {
            let (from, before, limit) = (signed(from), signed(before), limit as i64);
            self.entries(&sql, &[&self.shard, &actor, &from, &before, &limit])
        };
        audit::audit(self, &by_actor, query, limit)
    }

    fn keys(&self, kept: Kept, run_keys: usize) -> Result<KeyIndex, StoreError> {
        keys::index(self, kept, run_keys)
    }

    fn find_in_runs(&self, kept: Kept, runs: &[u64], key: u128) -> Result<Option<u64>, StoreError> {
        keys::find_in_runs(self, kept, runs, key)
    }

    fn key(&self, kept: Kept, sequence: u64) -> Result<Option<KeyRecord>, StoreError> {
        keys::key(self, kept, sequence)
    }

    fn scan_keys(
        &self,
        kept: Kept,
        each: &mut dyn FnMut(KeyRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        keys::scan(self, kept, each)
    }

    fn scan_customers(
        &self,
        each: &mut dyn FnMut(CustomerRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let table = ("customers", CUSTOMER_COLUMNS);
        tables::scan(self, table, read_customer, |it| it.id.0, each)
    }

    fn scan_accounts(
        &self,
        each: &mut dyn FnMut(AccountRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        tables::scan(self, ("accounts", ACCOUNT_COLUMNS), read_account, |it| it.id.0, each)
    }

    fn customer(&self, id: CustomerId) -> Result<Option<CustomerRecord>, StoreError> {
        let sql = format!("SELECT {CUSTOMER_COLUMNS} FROM customers WHERE shard = $1 AND id = $2");
        self.one("read a customer", &sql, &[&self.shard, &i64::from(id.0)], read_customer)
    }

    fn search_customers(
        &self,
        words: &str,
        after: CustomerId,
        limit: usize,
    ) -> Result<Vec<CustomerRecord>, StoreError> {
        tables::search_customers(self, words, after, limit)
    }

    fn customer_and_accounts(
        &self,
        id: CustomerId,
    ) -> Result<Option<(CustomerRecord, Vec<AccountRecord>)>, StoreError> {
        tables::customer_and_accounts(self, id)
    }

    fn accounts_of(&self, customer: CustomerId) -> Result<Vec<AccountRecord>, StoreError> {
        let sql = format!(
            "SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE shard = $1 AND customer = $2 ORDER BY id"
        );
        let values: &Values<'_> = &[&self.shard, &i64::from(customer.0)];
        self.many("read a customer's accounts", &sql, values, read_account)
    }

    fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE shard = $1 AND id = $2");
        self.one("read an account", &sql, &[&self.shard, &i64::from(id.0)], read_account)
    }

    fn payment(&self, at: Position) -> Result<Option<PaymentRecord>, StoreError> {
        payments::payment(self, at)
    }

    fn payments_of(
        &self,
        source: &str,
        after: Position,
        until: Position,
        limit: usize,
    ) -> Result<Vec<ReceivedRecord>, StoreError> {
        payments::payments_of(self, source, after, until, limit)
    }

    fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        if Arc::ptr_eq(&self.first, &self.database) {
            return whole::api_keys(self);
        }
        whole::api_keys(&Self::new(Arc::clone(&self.first), ShardId::FIRST))
    }

    fn facts(&self) -> Result<Vec<(String, String)>, StoreError> {
        whole::facts(self)
    }

    fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM meta WHERE shard = $1 AND name = $2";
        self.one("read a fact about the database", sql, &[&self.shard, &name], |it| it.try_get(0))
    }
}
