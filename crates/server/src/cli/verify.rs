//! `sporran verify`: proves what must always hold, on any data directory.

use std::path::Path;

use anyhow::Context;
use store::SqliteReader;

use crate::data_dir::{database, read_acknowledged};
use crate::progress;
use crate::verify::{Report, verify};

pub fn run(data_dir: &Path) -> anyhow::Result<()> {
    let database = database(data_dir);
    anyhow::ensure!(
        database.exists(),
        "there is no database in {}; name the data directory with --data-dir",
        data_dir.display()
    );
    // Read before the journal: a running server only moves both on.
    let acknowledged = read_acknowledged(data_dir)?;
    let reader = SqliteReader::open(&database)?;
    let bar = progress::bar(0, "verifying");
    let report = verify(&reader, acknowledged, &mut |at, head| {
        bar.set_length(head.0);
        bar.set_position(at.0);
    });
    bar.finish_and_clear();
    let report = report.with_context(|| format!("{} does not hold", data_dir.display()))?;
    print(&report);
    anyhow::ensure!(report.faults.is_empty(), "{} faults were found", report.faults.len());
    println!("Everything holds.");
    Ok(())
}

fn print(report: &Report) {
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
