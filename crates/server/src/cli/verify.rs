//! `sporran verify`: proves what must always hold, on any data directory.

use anyhow::Context;

use crate::data_dir::read_acknowledged;
use crate::progress;
use crate::storage::Storage;
use crate::verify::{Report, verify};

pub fn run(storage: &Storage) -> anyhow::Result<()> {
    let database = storage.existing()?;
    // Read before the journal: a running server only moves both on.
    let acknowledged = read_acknowledged(&storage.data_dir)?;
    let reader = database.reader()?;
    let bar = progress::bar(0, "verifying");
    let report = verify(reader.as_ref(), acknowledged, &mut |at, head| {
        bar.set_length(head.0);
        bar.set_position(at.0);
    });
    bar.finish_and_clear();
    let report = report.with_context(|| format!("{} does not hold", storage.shown()))?;
    print(&report);
    anyhow::ensure!(report.faults.is_empty(), "{} faults were found", report.faults.len());
    println!("Everything holds.");
    Ok(())
}

pub(super) fn print(report: &Report) {
    for check in &report.checks {
        println!("{:>14}  {}", group(check.count), check.what);
    }
    for fault in &report.faults {
        println!("FAULT  {fault}");
    }
}

/// A count with its thousands apart.
fn group(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
