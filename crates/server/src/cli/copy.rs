//! `sporran copy`

use clap::Args;

use super::verify::print;
use crate::copy::{self, Options, Place};

/// Move a business from a data directory into a PostgreSQL database, or back.
///
/// The server must not be running on either side. A copy that was broken off goes on where it was
/// when the same command is run again. In the end both sides are held against each other; before
/// that the copy is not served. docs/operating.md says how to move.
#[derive(Args)]
pub struct Copy {
    /// What is copied: a data directory, or postgres://…
    #[arg(long, value_name = "PLACE", required_unless_present = "unmark")]
    from: Option<Place>,
    /// Where to: the other one of the two, with nothing in it.
    #[arg(long, value_name = "PLACE", required_unless_present = "unmark")]
    to: Option<Place>,
    /// When everything is there, mark the source as moved, so that nobody serves it by accident.
    #[arg(long)]
    mark_moved: bool,
    /// Take such a mark back.
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["from", "to", "mark_moved"])]
    unmark: Option<Place>,
    /// Entries that are written at once.
    #[arg(long, default_value_t = 10_000, hide = true, value_parser = slice_entries)]
    slice_entries: usize,
}

fn slice_entries(text: &str) -> Result<usize, String> {
    let entries = text.parse().ok().filter(|it| (1..=100_000).contains(it));
    entries.ok_or_else(|| "not from 1 to 100000".to_owned())
}

pub fn run(command: Copy) -> anyhow::Result<()> {
    let Copy { from, to, mark_moved, unmark, slice_entries } = command;
    if let Some(place) = unmark {
        let shown = place.shown();
        anyhow::ensure!(place.unmark()?, "{shown} is not marked as moved");
        println!("{shown} may be served again.");
        return Ok(());
    }
    let (Some(from), Some(to)) = (from, to) else { unreachable!("both are required") };
    let options = Options { from, to, slice_entries, mark_moved };
    let report = copy::copy(&options, &mut |said| println!("{said}"))?;
    print(&report);
    let (from, to) = (options.from.shown(), options.to.shown());
    anyhow::ensure!(
        report.faults.is_empty(),
        "{} faults were found: {to} is not what {from} is, and is not served",
        report.faults.len()
    );
    println!("Everything in {from} is in {to} as well, and holds.");
    if mark_moved {
        println!("{from} is marked as moved, and is not served any more.");
    }
    Ok(())
}
