//! A business moves from a directory into a PostgreSQL database, or back.
//!
//! **Invariant:** nothing of the target is overwritten but an unfinished copy of the same business,
//! and a target is not served before its copy has been held against the source. Nothing is
//! numbered anew: positions, ids and transactions are those of the source.

mod compare;
mod journal;
pub mod mark;
pub mod place;
mod rest;
mod tables;

use std::time::Instant;

use engine::Position;
use store::{RUN_KEYS, Store};

use crate::verify::Report;
pub use place::Place;
use place::{Begun, Source, Target};

/// What is copied where to.
pub struct Options {
    pub from: Place,
    pub to: Place,
    /// Entries that are written in one transaction, about.
    pub slice_entries: usize,
    /// Afterwards the source is not to be served any more.
    pub mark_moved: bool,
}

/// What was copied by one step, for people.
pub type Say<'a> = &'a mut dyn FnMut(&str);

/// Copies, or goes on with a copy that was broken off, and holds both sides against each other.
/// The copy is finished, and the source marked, only when the report has no fault.
pub fn copy(options: &Options, say: Say<'_>) -> anyhow::Result<Report> {
    anyhow::ensure!(
        options.from.is_server() != options.to.is_server(),
        "one of --from and --to has to be a data directory, and the other one a PostgreSQL \
         database such as postgres://sporran@db.example/sporran"
    );
    let mut source = Source::take(&options.from)?;
    let target = Target::open(&options.to, source.reader.as_ref())?;
    match target.begun {
        Begun::Finished => say("The copy is finished already, and is only looked at again."),
        Begun::New => mark::begin(target.database.as_ref())?,
        Begun::Unfinished(at) => {
            say(&format!("A copy that was broken off at position {} goes on.", at.0));
        }
    }
    if target.begun != Begun::Finished {
        let opened = target.database.open()?;
        let folding = opened.folder.map(crate::serve::Folding::start).transpose()?;
        let copied = copy_all(&source, &target, opened.store, options, say);
        folding.into_iter().for_each(crate::serve::Folding::stop);
        copied?;
    }
    let (from, to) = (source.reader.as_ref(), target.database.reader()?);
    let mut report = compare::compare(from, to.as_ref())?;
    compare::compare_beside(&source.beside, &target.beside, &mut report)?;
    source.check_alone()?;
    if report.faults.is_empty() {
        target.note_acknowledged()?;
        mark::finish(target.database.as_ref())?;
        if options.mark_moved {
            mark::mark_moved(source.database.as_ref(), &target.place)?;
        }
    }
    Ok(report)
}

fn copy_all(
    source: &Source,
    target: &Target,
    mut store: Box<dyn Store>,
    options: &Options,
    say: Say<'_>,
) -> anyhow::Result<()> {
    let from = source.reader.as_ref();
    // What a directory is for is noted before anything else.
    rest::copy_facts(from, target.database.as_ref())?;
    let started = Instant::now();
    let after = target.reader.head()?;
    journal::copy(source.database.reader()?, store.as_mut(), after, options.slice_entries)?;
    say(&describe(after, from.head()?, started));
    let keys = rest::copy_keys(from, store.as_mut(), RUN_KEYS)?;
    let points = rest::copy_receivables(from, store.as_mut())?;
    let pages = rest::copy_checkpoint(from, store.as_mut())?;
    let api_keys = rest::copy_api_keys(from, target.database.as_ref())?;
    say(&format!(
        "Copied: {keys} payment references and idempotency keys, {points} points in the history \
         of what is owed, {pages} pages of accounts, {api_keys} API keys."
    ));
    let rows = tables::copy(&source.beside, &target.beside)?;
    say(&format!("Copied: {rows} rows of who may come in, webhooks and commands to the network."));
    Ok(())
}

fn describe(after: Position, head: Position, started: Instant) -> String {
    let entries = head.0 - after.0;
    let seconds = started.elapsed().as_secs().max(1);
    format!("Copied: {entries} entries in {seconds} s, {} a second.", entries / seconds)
}
