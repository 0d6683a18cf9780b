//! What the server asks of a database engine.

use std::ops::ControlFlow;

use engine::{
    AccountId, CustomerFields, CustomerId, Entry, ExchangeRate, Fact, Position, ReceivableKey,
    ReceivablePoint, ShardId, Timestamp,
};

use crate::{Batch, CommitRecord, Kept, KeyIndex, KeyRecord, StoreError, TimelineQuery};

/// The writing side: one for each journal.
pub trait Store: Send {
    /// Makes `batch` durable, whole or not at all, before it returns.
    ///
    /// Writes nothing, and says so with [`StoreError::Conflict`], when the journal's next
    /// position is not the one that the batch expects.
    fn append(&mut self, batch: &Batch) -> Result<(), StoreError>;

    /// Tries again after a failure: opens anew and makes something small durable.
    fn probe(&mut self) -> Result<(), StoreError>;

    /// A new reading side.
    fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;
}

/// The reading side: sees what is durable, and never waits for a writer.
pub trait Reader: Send {
    /// From now on sees the database as it is at this moment, whatever is written beside it.
    fn freeze(&self) -> Result<(), StoreError>;

    /// Whose journal it is.
    fn shard(&self) -> ShardId;

    /// The position of the newest entry; [`ShardId::start`] before there is one.
    fn head(&self) -> Result<Position, StoreError>;

    /// Up to `limit` entries after `after`, oldest first.
    fn entries_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Calls `each` with every entry from `from` on, oldest first.
    ///
    /// Holds every transaction against its checksum and its count: what was lost or changed on
    /// the disk ends in [`StoreError::Damaged`], which names the place.
    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Entry) -> Result<(), StoreError>,
    ) -> Result<Scanned, StoreError>;

    /// Up to `limit` transactions that begin after `after`, oldest first.
    fn commits_after(&self, after: Position, limit: usize)
    -> Result<Vec<CommitRecord>, StoreError>;

    /// The newest transaction that wrote entries.
    fn last_commit(&self) -> Result<Option<CommitRecord>, StoreError>;

    fn entry(&self, position: Position) -> Result<Option<Entry>, StoreError>;

    /// The position of an account's last entry at or before `until`, from its newest at `head`;
    /// [`Position::START`] before its opening.
    fn account_position(&self, head: Position, until: Position) -> Result<Position, StoreError>;

    /// Calls `each` with an account's entries from the one at `last` back to its opening, newest
    /// first, until `each` breaks.
    fn account_entries(
        &self,
        last: Position,
        each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// The newest entries of several accounts, as far as a page of their timeline goes: those of
    /// each account, newest first, asked for in one query.
    ///
    /// They are entries before [`TimelineQuery::before`]; later ones only where sessions began.
    fn timeline(&self, query: &TimelineQuery) -> Result<Vec<Vec<Entry>>, StoreError>;

    /// Up to `limit` entries after `after` that switch a subscription, oldest first.
    fn switches_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The last position at or before a moment; [`Position::START`] before everything.
    fn position_at(&self, at: Timestamp) -> Result<Position, StoreError>;

    fn checkpoint(&self) -> Result<Option<crate::Checkpoint>, StoreError>;

    /// Every exchange rate that was added up to `until`, in the order of arrival.
    fn exchange_rates(&self, until: Position) -> Result<Vec<ExchangeRate>, StoreError>;

    /// The entries up to `until` that set or withdrew a policy for promised payments, in order.
    fn promise_policies(&self, until: Position) -> Result<Vec<Entry>, StoreError>;

    /// The entries up to `until` that set a version of a service, in order.
    fn services(&self, until: Position) -> Result<Vec<Entry>, StoreError>;

    /// Up to `limit` entries after `after` that lay something down, oldest first: a service, a
    /// policy, exchange rates.
    fn laid_down_after(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Where up to `limit` of them before `before` are, newest first.
    fn laid_down_before(&self, before: Position, limit: usize)
    -> Result<Vec<Position>, StoreError>;

    /// Up to `limit` entries after `after` that send money to accounts of another shard, oldest
    /// first.
    fn sent_after(
        &self,
        to: ShardId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Where up to `limit` of them before `before` are, newest first.
    fn sent_before(
        &self,
        to: ShardId,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError>;

    /// Up to `limit` promised payments of an account from before `before`, newest first.
    fn promises_of(
        &self,
        account: AccountId,
        before: Position,
        limit: usize,
    ) -> Result<Vec<MatterRecord>, StoreError>;

    /// Up to `limit` entries after `after` that began something of this kind, oldest first.
    fn matters(
        &self,
        kind: Matter,
        which: Which,
        after: Position,
        limit: usize,
    ) -> Result<Vec<MatterRecord>, StoreError>;

    /// One matter, by the entry that began it.
    fn matter(&self, kind: Matter, began: Position) -> Result<Option<MatterRecord>, StoreError>;

    /// The request for a refund with this serial number on its account.
    fn refund_request(
        &self,
        account: AccountId,
        serial: u32,
    ) -> Result<Option<MatterRecord>, StoreError>;

    /// What was owed when a minute began, in order; nothing that is zero.
    fn receivables_at(&self, minute: Timestamp) -> Result<Vec<(ReceivableKey, i128)>, StoreError>;

    /// Calls `each` with every point in the history of what is owed, by key and minute.
    fn scan_receivables(
        &self,
        each: &mut dyn FnMut(ReceivablePoint) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Up to `limit` entries before `before`, newest first, as [`AuditQuery`] says.
    fn audit(&self, query: &AuditQuery, limit: usize) -> Result<AuditPage, StoreError>;

    /// The index of the keys, as it was when the journal was last written.
    fn keys(&self, kept: Kept, run_keys: usize) -> Result<KeyIndex, StoreError>;

    /// Looks for a key in runs on the disk; answers its sequence number.
    fn find_in_runs(&self, kept: Kept, runs: &[u64], key: u128) -> Result<Option<u64>, StoreError>;

    fn key(&self, kept: Kept, sequence: u64) -> Result<Option<KeyRecord>, StoreError>;

    /// Calls `each` with every kept key in the order of arrival.
    fn scan_keys(
        &self,
        kept: Kept,
        each: &mut dyn FnMut(KeyRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Calls `each` with every customer, by id.
    fn scan_customers(
        &self,
        each: &mut dyn FnMut(CustomerRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Calls `each` with every account, by id.
    fn scan_accounts(
        &self,
        each: &mut dyn FnMut(AccountRecord) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    fn customer(&self, id: CustomerId) -> Result<Option<CustomerRecord>, StoreError>;

    /// A customer and the accounts, by id, in one query.
    fn customer_and_accounts(
        &self,
        id: CustomerId,
    ) -> Result<Option<(CustomerRecord, Vec<AccountRecord>)>, StoreError>;

    /// Up to `limit` customers after `after` who are found by every word of `words`, by id.
    fn search_customers(
        &self,
        words: &str,
        after: CustomerId,
        limit: usize,
    ) -> Result<Vec<CustomerRecord>, StoreError>;

    fn accounts_of(&self, customer: CustomerId) -> Result<Vec<AccountRecord>, StoreError>;

    fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError>;

    fn payment(&self, position: Position) -> Result<Option<PaymentRecord>, StoreError>;

    /// Up to `limit` payments from a source, after `after` and up to `until`, oldest first; each
    /// once, where it was received, whatever became of it.
    fn payments_of(
        &self,
        source: &str,
        after: Position,
        until: Position,
        limit: usize,
    ) -> Result<Vec<ReceivedRecord>, StoreError>;

    fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError>;

    /// A fact about the database itself, such as whether it is a demo.
    fn meta(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Every such fact with its name, by name.
    fn facts(&self) -> Result<Vec<(String, String)>, StoreError>;
}

/// What staff have to see to, or look back at: begun by one entry and settled by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    UnallocatedPayment,
    RefundRequest,
    Promise,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Open,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatterRecord {
    pub began: Position,
    pub settled_by: Option<Position>,
}

/// Kinds of entries that come with every call and every megabyte. They are found by account, and by
/// reading back; by person they are not, it would be an index as large as the journal.
pub const TRAFFIC_KINDS: [&str; 10] = [
    "charge",
    "authorised",
    "settled",
    "settled_final",
    "released",
    "reservation_expired",
    "refused",
    "period_started",
    "period_ended",
    "switched",
];

/// Whether entries of this kind come with every call and every megabyte.
pub(crate) fn is_traffic(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Charge(_)
            | Fact::Authorised { .. }
            | Fact::Settled { .. }
            | Fact::Released { .. }
            | Fact::ReservationExpired { .. }
            | Fact::Refused { .. }
            | Fact::PeriodStarted { .. }
            | Fact::PeriodEnded { .. }
            | Fact::Switched(_)
    )
}

/// Whose doings, of what kinds, when.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    pub actor: Option<String>,
    /// The newest entry of an account, to look along that account's entries only.
    pub along: Option<Position>,
    /// Empty is every kind.
    pub kinds: Vec<String>,
    /// Entries from this position on.
    pub from: Position,
    /// Entries before this position.
    pub before: Position,
}

impl AuditQuery {
    /// Every entry of the journal.
    pub fn everything() -> Self {
        let (actor, along, kinds) = (None, None, Vec::new());
        Self { actor, along, kinds, from: Position::START, before: Position(u64::MAX) }
    }
}

/// Entries, newest first, and where to look on: there may be more before it, found or not.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    pub entries: Vec<Entry>,
    pub before: Option<Position>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    pub entries: u64,
    pub commits: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRecord {
    pub id: CustomerId,
    pub fields: CustomerFields,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    pub id: AccountId,
    pub customer: CustomerId,
    pub number: String,
    pub name: String,
    pub currency: String,
    pub exponent: u8,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// One customer's record, which comes with each of the accounts.
pub(crate) fn joined(
    rows: Vec<(CustomerRecord, Option<AccountRecord>)>,
) -> Option<(CustomerRecord, Vec<AccountRecord>)> {
    let record = rows.first()?.0.clone();
    Some((record, rows.into_iter().filter_map(|it| it.1).collect()))
}

/// A payment as its source knows it: by the entry that received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedRecord {
    pub position: Position,
    /// Where it stands, or stood before it was cancelled; none for one that fits no account.
    pub account: Option<AccountId>,
    /// The entry that cancelled it or sent it back, as a whole.
    pub taken_back_by: Option<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    pub position: Position,
    pub account: AccountId,
    pub source: String,
    pub reference: String,
    pub amount: engine::Amount,
    pub cancelled_by: Option<Position>,
}

/// Access to the API: the key itself is not kept, only its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: u64,
    pub name: String,
    pub role: String,
    pub digest: Vec<u8>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}
