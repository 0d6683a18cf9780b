//! A database that is copied as a whole: the same transactions, facts and history.

use engine::{Position, ReceivablePoint};

use super::{Fresh, History, append, batch_of, debug, everything, receivables};
use crate::{Batch, CommitRecord, Store, StoreError};

/// A journal in transactions of different sizes, and what they are.
fn written(fresh: Fresh<'_>) -> (Box<dyn Store>, Vec<CommitRecord>) {
    let mut store = fresh();
    let mut history = History::new(11);
    for count in [1, 7, 300, 2, 40] {
        append(store.as_mut(), history.entries(count));
    }
    let commits = store.reader().unwrap().commits_after(Position::START, 99).unwrap();
    (store, commits)
}

pub fn transactions_are_read_in_slices(fresh: Fresh<'_>) {
    let (store, all) = written(fresh);
    let bounds: Vec<_> = all.iter().map(|it| (it.first.0, it.entries, it.last().0)).collect();
    assert_eq!(bounds, [(1, 1, 1), (2, 7, 8), (9, 300, 308), (309, 2, 310), (311, 40, 350)]);
    let reader = store.reader().unwrap();
    assert_eq!(reader.last_commit().unwrap().as_ref(), all.last());
    assert_eq!(reader.commits_after(Position(1), 2).unwrap(), all[1..3]);
    assert_eq!(reader.commits_after(Position(308), 9).unwrap(), all[3..]);
    assert!(reader.commits_after(Position(311), 9).unwrap().is_empty());
    assert_eq!(fresh().reader().unwrap().last_commit().unwrap(), None);
}

pub fn copied_entries_keep_their_transactions(fresh: Fresh<'_>) {
    let (source, all) = written(fresh);
    let source = source.reader().unwrap();
    let mut copy = fresh();
    // In one batch that is inserted, and one that is large enough to be copied in bulk.
    for commits in [&all[..2], &all[2..]] {
        let (first, last) = (commits[0].first, commits[commits.len() - 1].last());
        let count = last.0 + 1 - first.0;
        let entries = source.entries_after(Position(first.0 - 1), count as usize).unwrap();
        let batch = Batch { commits: commits.to_vec(), ..batch_of(entries) };
        copy.append(&batch).unwrap();
    }
    let reader = copy.reader().unwrap();
    assert_eq!(reader.commits_after(Position::START, 99).unwrap(), all);
    let scanned = reader.scan(Position(1), &mut |_| Ok(())).unwrap();
    assert_eq!((scanned.entries, scanned.commits), (350, 5));
    assert_eq!(everything(copy.as_ref()), debug(&source.entries_after(Position(0), 999).unwrap()));
}

pub fn what_was_not_written_so_is_not_copied(fresh: Fresh<'_>) {
    let (source, all) = written(fresh);
    let entries = source.reader().unwrap().entries_after(Position(0), 8).unwrap();
    let mut copy = fresh();
    let changed = CommitRecord { checksum: all[1].checksum ^ 1, ..all[1] };
    for commits in [vec![all[0], changed], vec![all[1]], vec![all[0]], all[..3].to_vec()] {
        let batch = Batch { commits, ..batch_of(entries.clone()) };
        let error = copy.append(&batch).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        assert_eq!(copy.reader().unwrap().head().unwrap(), Position::START);
    }
    // Of many, those before what is wrong may be on their way already.
    let many = source.reader().unwrap().entries_after(Position(0), 350).unwrap();
    let changed = CommitRecord { checksum: all[4].checksum ^ 1, ..all[4] };
    let commits = [&all[..4], &[changed]].concat();
    let error = copy.append(&Batch { commits, ..batch_of(many) }).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(copy.reader().unwrap().head().unwrap(), Position::START);
    copy.append(&Batch { commits: all[..2].to_vec(), ..batch_of(entries) }).unwrap();
    assert_eq!(copy.reader().unwrap().head().unwrap(), Position(8));
}

pub fn every_point_of_what_was_owed_is_read_back(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut points: Vec<ReceivablePoint> = Vec::new();
    for (number, group) in [None, Some("friends"), Some("staff")].into_iter().enumerate() {
        for day in [-3, 5] {
            let owed = 7 * i128::from(day) + number as i128;
            points.extend([60, 120, 180].map(|it| receivables::point("EUR", group, day, it, owed)));
        }
    }
    store.append(&Batch { receivables: points.clone(), ..Batch::default() }).unwrap();
    let mut read = Vec::new();
    let each = &mut |it| {
        read.push(it);
        Ok(())
    };
    store.reader().unwrap().scan_receivables(each).unwrap();
    assert_eq!(read, points);
}

pub fn facts_are_read_back_by_name(fresh: Fresh<'_>) {
    let mut store = fresh();
    assert!(store.reader().unwrap().facts().unwrap().is_empty());
    store.append(&Batch { clock_ahead: Some(7), ..Batch::default() }).unwrap();
    let facts = store.reader().unwrap().facts().unwrap();
    assert_eq!(facts, [(crate::CLOCK_AHEAD.to_owned(), "7".to_owned())]);
}
