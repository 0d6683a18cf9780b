//! Both sides of a copy held against each other, after the target was verified for itself.
//!
//! The target's entries are held against the target's checksums by `verify`, and those against the
//! source's here: so the entries are equal. Money is compared besides, account by account, as each
//! side would have it in memory after a restart.

use std::fmt::Debug;

use engine::{AccountId, Amount, Balance, ExchangeRates, Limit, Position, Settings};
use sha2::{Digest, Sha256};
use store::{Kept, Matter, Reader, StoreError, Table, Tables, Which};

use super::mark::is_of_its_place;
use super::tables::{KINDS, listed};
use crate::beside::Beside;
use crate::progress;
use crate::verify::{Report, verify};

/// Transactions that are compared at once.
const SLICE: usize = 10_000;

pub fn compare(source: &dyn Reader, target: &dyn Reader) -> Result<Report, StoreError> {
    let bar = progress::bar(0, "verifying the copy");
    let mut report = verify(target, Position::START, &mut |at, head| {
        bar.set_length(head.0);
        bar.set_position(at.0);
    })?;
    bar.set_message("comparing both sides");
    let entries = compare_commits(source, target, &mut report)?;
    report.add(entries, "entries are on both sides, with the same checksums");
    let accounts = compare_accounts(source, target, &mut report)?;
    report.add(accounts, "accounts have the same balance, held and credit on both sides");
    type Read = fn(&dyn Reader, &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError>;
    let kinds: [(&str, Read); 6] = [
        ("customers", read_customers),
        ("accounts in the directory", read_accounts),
        ("points in the history of what is owed", read_receivables),
        ("unallocated payments, requests for refunds and promises", read_matters),
        ("API keys", read_api_keys),
        ("facts about the business", read_facts),
    ];
    for (what, read) in kinds {
        let sums = [Sum::of(source, read)?, Sum::of(target, read)?];
        report.compare(what, &sums);
    }
    for kept in Kept::ALL {
        let what = match kept {
            Kept::ForEver => "payment references",
            Kept::ForADay => "idempotency keys",
        };
        report.compare(what, &sum_keys(source, target, kept)?);
    }
    bar.finish_and_clear();
    Ok(report)
}

/// What is beside the journal.
pub fn compare_beside(source: &Beside, target: &Beside, report: &mut Report) -> anyhow::Result<()> {
    for (what, (left, right)) in KINDS.iter().zip(source.tables()?.iter().zip(&target.tables()?)) {
        let mut rows = 0;
        for table in listed(left, right)? {
            let [left, right] = [Sum::of_table(left, &table)?, Sum::of_table(right, &table)?];
            rows += left.count;
            if left != right {
                let (name, left, right) = (&table.name, left.count, right.count);
                report.fault(format!(
                    "rows of {name} differ: {left} in the source, {right} in the copy"
                ));
            }
        }
        report.add(rows, format!("{what} are there to be compared"));
    }
    Ok(())
}

impl Report {
    fn compare(&mut self, what: &str, [source, target]: &[Sum; 2]) {
        match source == target {
            true => self.add(source.count, format!("{what} are the same on both sides")),
            false => self.fault(format!(
                "{what} differ: {} in the source, {} in the copy",
                source.count, target.count
            )),
        }
    }
}

/// Answers how many entries there are in the transactions that both sides have.
fn compare_commits(
    source: &dyn Reader,
    target: &dyn Reader,
    report: &mut Report,
) -> Result<u64, StoreError> {
    let mut after = Position::START;
    let mut entries = 0;
    loop {
        let (left, right) =
            (source.commits_after(after, SLICE)?, target.commits_after(after, SLICE)?);
        if left != right {
            let same = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
            let first = left.get(same).or(right.get(same)).map_or(after, |it| it.first);
            report.fault(format!("the transaction at position {} differs", first.0));
            return Ok(entries);
        }
        let Some(last) = left.last() else {
            return Ok(entries);
        };
        entries += left.iter().map(|it| it.entries).sum::<u64>();
        // Transactions are told apart by where they begin.
        after = last.first;
    }
}

/// Where an account stands.
type Standing = (AccountId, Balance, Amount, Limit);

fn compare_accounts(
    source: &dyn Reader,
    target: &dyn Reader,
    report: &mut Report,
) -> Result<u64, StoreError> {
    let (left, right) = (standings(source)?, standings(target)?);
    if left.len() != right.len() {
        let (left, right) = (left.len(), right.len());
        report.fault(format!("there are {left} accounts in the source, {right} in the copy"));
    }
    for (left, right) in left.iter().zip(&right).filter(|(left, right)| left != right) {
        let (id, there, here) = (left.0.0, &left, &right);
        report.fault(format!("account acc_{id} is {there:?} in the source, {here:?} in the copy"));
    }
    Ok(left.len() as u64)
}

/// As a restart would have them.
fn standings(reader: &dyn Reader) -> Result<Vec<Standing>, StoreError> {
    let (settings, exchange) = (Settings::default(), ExchangeRates::default());
    let recovered = store::recover(reader, settings, exchange, store::RUN_KEYS, &mut |_| {})?;
    let accounts = recovered.state.accounts();
    Ok(accounts.map(|it| (it.id, it.balance, it.held, it.credit())).collect())
}

/// How many rows of a kind there are, and what they say.
#[derive(Default)]
struct Sum {
    count: u64,
    hasher: Sha256,
}

impl PartialEq for Sum {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
            && self.hasher.clone().finalize() == other.hasher.clone().finalize()
    }
}

impl Sum {
    fn of(
        reader: &dyn Reader,
        read: impl Fn(&dyn Reader, &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut sum = Self::default();
        read(reader, &mut |row| sum.add(row))?;
        Ok(sum)
    }

    fn of_table(tables: &Tables, table: &Table) -> Result<Self, StoreError> {
        let mut sum = Self::default();
        tables.scan(table, &mut |row| {
            sum.add(&row);
            Ok(())
        })?;
        Ok(sum)
    }

    fn add(&mut self, row: &dyn Debug) {
        self.count += 1;
        self.hasher.update(format!("{row:?}\n"));
    }
}

fn read_customers(reader: &dyn Reader, add: &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError> {
    reader.scan_customers(&mut |it| {
        add(&it);
        Ok(())
    })
}

fn read_accounts(reader: &dyn Reader, add: &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError> {
    reader.scan_accounts(&mut |it| {
        add(&it);
        Ok(())
    })
}

fn read_receivables(
    reader: &dyn Reader,
    add: &mut dyn FnMut(&dyn Debug),
) -> Result<(), StoreError> {
    reader.scan_receivables(&mut |it| {
        add(&it);
        Ok(())
    })
}

fn read_matters(reader: &dyn Reader, add: &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError> {
    for kind in [Matter::UnallocatedPayment, Matter::RefundRequest, Matter::Promise] {
        let mut after = Position::START;
        loop {
            let slice = reader.matters(kind, Which::All, after, SLICE)?;
            let Some(last) = slice.last() else { break };
            after = last.began;
            slice.iter().for_each(|it| add(it));
        }
    }
    Ok(())
}

/// Without their numbers in the table, by which nobody knows them.
fn read_api_keys(reader: &dyn Reader, add: &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError> {
    for key in reader.api_keys()? {
        add(&(key.name, key.role, key.digest, key.created_at, key.revoked_at));
    }
    Ok(())
}

fn read_facts(reader: &dyn Reader, add: &mut dyn FnMut(&dyn Debug)) -> Result<(), StoreError> {
    let facts = reader.facts()?;
    facts.iter().filter(|it| !is_of_its_place(&it.0)).for_each(|it| add(it));
    Ok(())
}

/// A copy that was broken off for days may have keys that the source has forgotten meanwhile.
fn sum_keys(source: &dyn Reader, target: &dyn Reader, kept: Kept) -> Result<[Sum; 2], StoreError> {
    let mut first = None;
    let mut sums = [Sum::default(), Sum::default()];
    let [left, right] = &mut sums;
    source.scan_keys(kept, &mut |key| {
        first.get_or_insert(key.sequence);
        left.add(&key);
        Ok(())
    })?;
    target.scan_keys(kept, &mut |key| {
        if first.is_some_and(|first| key.sequence >= first) {
            right.add(&key);
        }
        Ok(())
    })?;
    Ok(sums)
}
