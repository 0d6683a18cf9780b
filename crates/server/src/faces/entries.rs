//! An account's entries on a page: those of some days, newest first, sessions as lines that open.

use std::ops::ControlFlow;

use engine::{Entry, Position, Timestamp};
use jiff::civil::Date;
use pages::console::account::{EntryLine, Explained};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::{Reader, StoreError};

use super::words::{self, Titles};
use super::{Failed, Looks};
use crate::statement::period::Bounds;
use crate::statement::{Period, session_serial};

/// Lines of a page, and entries that are looked at for it.
const LINES_MAX: usize = 50;
pub const LOOKED_AT_MAX: usize = 5_000;

/// Entries of a page, newest first.
#[derive(Debug, Default)]
pub struct Found {
    pub entries: Vec<Entry>,
    /// Before which one to go on; `None` where there is nothing older.
    pub older: Option<Position>,
}

/// The moments from the first to the last day that were asked for; none where nobody said.
pub fn range(
    looks: &Looks,
    from: &str,
    to: &str,
    now: Timestamp,
) -> Result<Option<Period>, Failed> {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (from, to) = (said(from), said(&through(to)));
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    // What has no beginning begins with the account.
    let from = from.unwrap_or_else(|| "1970-01-01".to_owned());
    let bounds = Bounds { from: Some(&from), to: to.as_deref() };
    Ok(Some(Period::read(bounds, looks.zone.clone(), now)?))
}

/// Where a period ends that goes through a day: its end is outside, so with the day after. A
/// moment is the end itself.
pub fn through(to: &str) -> String {
    let day = to.parse::<Date>().ok().filter(|it| it.to_string() == to);
    let after = day.and_then(|it| it.tomorrow().ok());
    after.map_or_else(|| to.to_owned(), |it| it.to_string())
}

/// What a page is narrowed to, for the address of the next one: `&from=2026%2D11%2D01`.
pub fn narrowed(fields: &[(&str, &str)]) -> String {
    let said = fields.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect()
}

/// Walks the account's entries from `head`, or from `last` where that is said, back to the
/// beginning of the range.
pub fn read(
    reader: &dyn Reader,
    head: Position,
    last: Option<Position>,
    range: Option<&Period>,
    is_wanted: impl Fn(&Entry) -> bool,
) -> Result<Found, StoreError> {
    let mut until = last;
    if let Some(period) = range.filter(|it| !it.until_now) {
        let end = reader.position_at(period.to.plus(-1))?;
        until = Some(until.map_or(end, |it| it.min(end)));
    }
    let newest = match until {
        Some(until) => reader.account_position(head, until)?,
        None => head,
    };
    let (mut found, mut looked_at) = (Found::default(), 0);
    reader.account_entries(newest, &mut |entry| {
        if range.is_some_and(|it| entry.at < it.from) {
            return ControlFlow::Break(());
        }
        if found.entries.len() == LINES_MAX || looked_at == LOOKED_AT_MAX {
            found.older = Some(entry.position.plus(1));
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if is_wanted(&entry) {
            found.entries.push(entry);
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Entries of one session that follow one another are a line that opens.
///
/// `explain` says why the entries of a line come to what they do.
pub fn lines(
    looks: &Looks,
    titles: &Titles,
    entries: &[Entry],
    line: impl Fn(&Entry) -> EntryLine,
    explain: impl Fn(&[Entry]) -> Vec<Explained>,
) -> Vec<EntryLine> {
    let same = |one: &Entry, other: &Entry| {
        let serial = session_serial(&one.fact);
        serial.is_some() && serial == session_serial(&other.fact)
    };
    let group = |it: &[Entry]| {
        let first = EntryLine { explanation: explain(it), ..line(it.first()?) };
        if it.len() == 1 {
            return Some(first);
        }
        let parts: Vec<_> = it.iter().map(&line).collect();
        let amount = parts.iter().map(|it| it.amount).sum();
        let title = words::use_of(it, titles, looks.language);
        Some(EntryLine { title, amount, parts, ..first })
    };
    entries.chunk_by(same).filter_map(group).collect()
}

/// An entry with its figures; `details` is what is said below what happened.
pub fn line(looks: &Looks, titles: &Titles, entry: &Entry, details: &[String]) -> EntryLine {
    EntryLine {
        position: entry.position.0,
        at: looks.moment(entry.at),
        second: looks.second(entry.at),
        title: words::what(entry, titles, looks.language),
        detail: details.join(" · "),
        amount: entry.posting.map_or(0, |it| it.amount.units().into()),
        balance: entry.posting.map_or(0, |it| it.balance.units().into()),
        ..EntryLine::default()
    }
}
