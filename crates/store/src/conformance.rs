//! What every engine of the store must do: one suite, run on each with [`conformance_suite!`].
//!
//! A rule takes a factory of fresh, empty stores and panics where the store breaks the rule.

mod audit;
mod chain;
mod copying;
mod directory;
mod history;
mod keys;
mod matters;
mod receivables;
mod recovery;
pub mod samples;
mod switches;
mod timeline;

use engine::{Entry, Position, Timestamp};

pub use audit::*;
pub use chain::*;
pub use copying::*;
pub use directory::*;
pub use history::{History, remembered};
pub use keys::*;
pub use matters::*;
pub use receivables::*;
pub use recovery::*;
pub use switches::*;
pub use timeline::*;

use crate::{
    AuditQuery, Batch, Checkpoint, Kept, KeyAnswer, KeyRecord, Matter, MatterRecord, SavedPage,
    Store, StoreError, Which,
};

/// Makes a fresh, empty store at each call.
pub type Fresh<'a> = &'a mut dyn FnMut() -> Box<dyn Store>;

/// One test for each rule, on the stores that `$fresh` makes; where it answers `None` there is
/// nothing to make them with, and nothing is tested.
#[macro_export]
macro_rules! conformance_suite {
    ($fresh:expr) => {
        $crate::conformance_suite!($fresh;
            every_fact_is_read_back_as_it_was_written
            a_stale_append_writes_nothing
            a_batch_is_written_whole_or_not_at_all
            entries_are_read_in_slices_and_from_anywhere
            switches_are_found_among_everything_else
            a_moment_has_its_place
            an_account_is_read_along_its_chain
            a_chain_is_found_from_any_place
            a_broken_chain_is_not_half_an_answer
            a_timeline_goes_as_far_as_a_page_of_each_account
            every_kind_of_entry_is_a_line_or_none
            a_broken_chain_is_no_timeline
            a_frozen_reader_sees_one_moment
            keys_are_kept_in_the_order_of_their_arrival
            a_key_is_found_wherever_it_has_moved
            a_run_that_was_half_written_is_written_again
            keys_for_a_day_are_forgotten_and_deleted
            numbers_go_on_when_every_run_is_forgotten
            a_restart_equals_a_replay_from_nothing
            pages_may_be_saved_in_any_order
            a_name_that_moved_leads_to_its_new_place_after_a_restart
            a_checkpoint_is_read_back_as_it_was_saved
            how_far_the_clock_is_ahead_is_noted_with_the_batch_or_not_at_all
            the_directory_follows_the_entries
            payments_are_listed_by_source_and_place
            rates_are_read_back_up_to_a_position
            customers_are_found_by_what_a_person_types
            what_was_owed_is_known_for_every_minute
            within_a_minute_the_last_point_counts
            an_audit_finds_every_entry_once_page_by_page
            an_audit_along_an_account_begins_anywhere
            people_are_found_by_their_doings_and_traffic_by_reading_back
            an_audit_page_that_finds_nothing_says_where_to_look_on
            matters_are_open_until_they_are_settled
            policies_are_read_back_up_to_a_position
            services_are_read_back_up_to_a_position
            what_is_laid_down_is_found_among_everything_else
            transactions_are_read_in_slices
            copied_entries_keep_their_transactions
            what_was_not_written_so_is_not_copied
            every_point_of_what_was_owed_is_read_back
            facts_are_read_back_by_name
        );
    };
    ($fresh:expr; $($rule:ident)*) => {
        $(#[test]
        fn $rule() {
            if let Some(mut fresh) = $fresh() {
                $crate::conformance::$rule(&mut fresh);
            }
        })*
    };
}

pub fn every_fact_is_read_back_as_it_was_written(fresh: Fresh<'_>) {
    let mut store = fresh();
    let samples = samples::one_of_each();
    let entries: Vec<Entry> = samples.iter().map(|it| it.1.clone()).collect();
    append(store.as_mut(), entries.clone());
    let read = store.reader().unwrap().entries_after(Position::START, 1_000).unwrap();
    assert_eq!(read.len(), entries.len());
    for ((name, written), read) in samples.iter().zip(&read) {
        assert_eq!(format!("{read:#?}"), format!("{written:#?}"), "{name}");
    }
}

pub fn a_stale_append_writes_nothing(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(1);
    let entries = history.entries(20);
    append(store.as_mut(), entries.clone());
    for expected in [1, 20, 22, 1_000] {
        let batch = Batch {
            expected: Position(expected),
            entries: entries.clone(),
            keys: vec![key(1, 7)],
            ..Batch::default()
        };
        let error = store.append(&batch).unwrap_err();
        let StoreError::Conflict { expected: named, actual } = error else { panic!("{error:?}") };
        assert_eq!((named, actual), (Position(expected), Position(21)));
    }
    assert_eq!(everything(store.as_ref()), debug(&entries));
    assert!(keys_of(store.as_ref(), Kept::ForEver).is_empty());
}

pub fn a_batch_is_written_whole_or_not_at_all(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(2);
    let first = history.entries(10);
    let mut batch = batch_of(first.clone());
    batch.keys = vec![key(1, 7)];
    store.append(&batch).unwrap();
    let rates = store.reader().unwrap().exchange_rates(Position(99)).unwrap();
    let waiting = matters_of(store.as_ref());
    // The second use of a sequence number fails after entries, directory and rates were written.
    let mut batch = batch_of(samples::one_of_each_after(&first));
    batch.keys = vec![key(2, 8), key(1, 9)];
    batch.receivables = vec![receivables::point("EUR", None, 1, 60, 5)];
    batch.checkpoint = Some(Checkpoint {
        pages: vec![SavedPage { page: 0, position: Position(11), accounts: vec![1, 2, 3] }],
        shared: vec![4],
        position: Position(11),
        replay_from: Position(12),
    });
    let error = store.append(&batch).unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert_eq!(everything(store.as_ref()), debug(&first));
    assert_eq!(keys_of(store.as_ref(), Kept::ForEver), vec![key(1, 7)]);
    let reader = store.reader().unwrap();
    assert!(reader.checkpoint().unwrap().is_none());
    assert_eq!(reader.exchange_rates(Position(99)).unwrap(), rates);
    assert_eq!(reader.customer(samples::CUSTOMER).unwrap(), None);
    assert!(reader.receivables_at(Timestamp::NEVER).unwrap().is_empty());
    assert_eq!(matters_of(store.as_ref()), waiting);
    let policies = reader.promise_policies(Position(999)).unwrap();
    assert!(policies.iter().all(|it| it.position <= Position(10)));
    let services = reader.services(Position(999)).unwrap();
    assert!(services.iter().all(|it| it.position <= Position(10)));
    let mut by_ann = AuditQuery { actor: Some("ann".into()), ..AuditQuery::everything() };
    by_ann.kinds = vec!["promise_granted".into()];
    by_ann.from = Position(11);
    assert!(reader.audit(&by_ann, 9).unwrap().entries.is_empty());
    // And the same store goes on.
    batch.keys.pop();
    store.append(&batch).unwrap();
    assert_eq!(reader.receivables_at(Timestamp::NEVER).unwrap().len(), 1);
    assert_eq!(reader.audit(&by_ann, 9).unwrap().entries.len(), 1);
    assert_eq!(reader.head().unwrap(), batch.entries.last().unwrap().position);
}

pub fn entries_are_read_in_slices_and_from_anywhere(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(3);
    let mut all = Vec::new();
    for count in [1, 7, 30, 2] {
        let entries = history.entries(count);
        all.extend(entries.clone());
        append(store.as_mut(), entries);
    }
    let reader = store.reader().unwrap();
    let head = all.len() as u64;
    assert_eq!(reader.head().unwrap(), Position(head));
    for after in 0..=head + 1 {
        let read = reader.entries_after(Position(after), 3).unwrap();
        let expected: Vec<Entry> = all.iter().skip(after as usize).take(3).cloned().collect();
        assert_eq!(debug(&read), debug(&expected), "after {after}");
        let mut scanned = Vec::new();
        let from = Position(after + 1);
        let count = reader.scan(from, &mut |it| {
            scanned.push(it);
            Ok(())
        });
        assert_eq!(count.unwrap().entries, head.saturating_sub(after));
        assert_eq!(debug(&scanned), debug(&all[all.len().min(after as usize)..]), "from {after}+1");
    }
    assert!(reader.entry(Position(0)).unwrap().is_none());
    assert!(reader.entry(Position(head + 1)).unwrap().is_none());
    let entry = reader.entry(Position(head)).unwrap().unwrap();
    assert_eq!(entry.position, Position(head));
    let stopped = reader.scan(Position(1), &mut |_| Err(StoreError::damaged("here", "enough")));
    assert!(matches!(stopped, Err(StoreError::Damaged { .. })), "{stopped:?}");
}

pub fn a_moment_has_its_place(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    assert_eq!(reader.position_at(Timestamp(5)).unwrap(), Position::START);
    let mut entries = History::new(4).entries(7);
    let moments = [10, 10, 20, 20, 20, 30, 50];
    entries.iter_mut().zip(moments).for_each(|(entry, at)| entry.at = Timestamp(at));
    append(store.as_mut(), entries);
    for (at, place) in
        [(9, 0), (10, 2), (11, 2), (19, 2), (20, 5), (29, 5), (30, 6), (49, 6), (50, 7), (99, 7)]
    {
        assert_eq!(reader.position_at(Timestamp(at)).unwrap(), Position(place), "at {at}");
    }
    assert_eq!(reader.position_at(Timestamp::MIN).unwrap(), Position::START);
    assert_eq!(reader.position_at(Timestamp::NEVER).unwrap(), Position(7));
}

pub fn a_frozen_reader_sees_one_moment(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(5);
    append(store.as_mut(), history.entries(10));
    let (frozen, live) = (store.reader().unwrap(), store.reader().unwrap());
    frozen.freeze().unwrap();
    append(store.as_mut(), history.entries(5));
    assert_eq!(frozen.head().unwrap(), Position(10));
    assert_eq!(frozen.entries_after(Position(8), 9).unwrap().len(), 2);
    assert_eq!(frozen.scan(Position(1), &mut |_| Ok(())).unwrap().entries, 10);
    assert_eq!(live.head().unwrap(), Position(15));
}

/// Entries as a batch that goes where the first of them says.
pub fn batch_of(entries: Vec<Entry>) -> Batch {
    let expected = entries.first().map_or(Position::START, |it| it.position);
    Batch { expected, entries, ..Batch::default() }
}

fn append(store: &mut dyn Store, entries: Vec<Entry>) {
    store.append(&batch_of(entries)).unwrap();
}

/// A key for ever, with everything about it made from two numbers.
fn key(sequence: u64, key: u128) -> KeyRecord {
    KeyRecord {
        kept: Kept::ForEver,
        sequence,
        key: key << 64 | key,
        fingerprint: sequence ^ 0xFEED,
        at: Timestamp(sequence as i64 * 1_000),
        answer: KeyAnswer::Entries { first: Position(sequence), count: 1 },
    }
}

fn keys_of(store: &dyn Store, kept: Kept) -> Vec<KeyRecord> {
    let mut keys = Vec::new();
    let scan = &mut |it| {
        keys.push(it);
        Ok(())
    };
    store.reader().unwrap().scan_keys(kept, scan).unwrap();
    keys
}

fn matters_of(store: &dyn Store) -> Vec<MatterRecord> {
    let reader = store.reader().unwrap();
    let kinds = [Matter::UnallocatedPayment, Matter::RefundRequest, Matter::Promise];
    let list = |kind| reader.matters(kind, Which::All, Position::START, 99).unwrap();
    kinds.into_iter().flat_map(list).collect()
}

fn everything(store: &dyn Store) -> String {
    debug(&store.reader().unwrap().entries_after(Position::START, 1_000_000).unwrap())
}

/// Entries have no equality of their own: two that print the same are the same.
fn debug(entries: &[Entry]) -> String {
    format!("{entries:#?}")
}
