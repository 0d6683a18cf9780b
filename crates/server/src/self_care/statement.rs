//! The statement of one account: to find things in, and to take along.

use std::ops::ControlFlow;

use axum::response::Response;
use engine::{AccountRef, Entry, Position};
use jiff::civil::Date;
use pages::care::statement::Statement;
use pages::console::account::EntryLine;
use pages::{CareTab, Link, Tab};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::{Reader, StoreError};

use super::Pocket;
use super::house::{House, statement_path};
use super::pocket::page;
use crate::faces::picture::Purse;
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, Looks};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::statements::{Export, Format, export};
use crate::http::wire;
use crate::statement::period::Bounds;
use crate::statement::{Period, Show, session_serial};

/// Lines of a page, and entries that are looked at for it.
const LINES_MAX: usize = 50;
const LOOKED_AT_MAX: usize = 5_000;

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Looking {
    #[serde(default)]
    account: Option<String>,
    /// What is looked for.
    #[serde(default)]
    q: String,
    /// The first day, and the last.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    before: Option<u64>,
}

/// Entries that are shown, and before which one to go on.
type Found = (Vec<Entry>, Option<Position>);

/// `GET /my/statement`
pub async fn show_statement(
    pocket: Pocket,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let purse = match &looking.account {
        Some(account) => {
            let id = pocket.own(account).await?;
            house.picture.purse(id)
        }
        None => house.picture.open().next().or(house.picture.purses.first()),
    };
    let shell = pocket.live_shell(CareTab::Statement, house.name(), house.picture.head);
    let Some(purse) = purse else {
        return Ok(page(Statement::default().to_html(&shell)));
    };
    let range = range(&pocket, &looking, house.picture.now)?;
    let (head, looked) = (purse.account.head, looking.clone());
    let (titles, looks) = (house.picture.titles.clone(), pocket.looks.clone());
    let read = move |reader: &dyn Reader| {
        let is_wanted = |entry: &Entry| is_found(entry, &looked.q, &titles, &looks);
        read_entries(reader, head, range.as_ref(), looked.before, is_wanted)
    };
    let found = pocket.app.readers.read(read).await?;
    Ok(page(view(&pocket, &house, purse, &looking, found).to_html(&shell)))
}

/// The moments that were asked for; none where nobody said.
fn range(
    pocket: &Pocket,
    looking: &Looking,
    now: engine::Timestamp,
) -> Result<Option<Period>, Failed> {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (from, to) = (said(&looking.from), said(&through(&looking.to)));
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    // What has no beginning begins with the account.
    let from = from.unwrap_or_else(|| "1970-01-01".to_owned());
    let bounds = Bounds { from: Some(&from), to: to.as_deref() };
    Ok(Some(Period::read(bounds, pocket.zone.clone(), now)?))
}

/// Where a period ends that goes through a day: its end is outside, so with the day after.
fn through(to: &str) -> String {
    let day = to.parse::<Date>().ok().filter(|it| it.to_string() == to);
    let after = day.and_then(|it| it.tomorrow().ok());
    after.map_or_else(|| to.to_owned(), |it| it.to_string())
}

/// Whether what a customer reads of an entry has what they look for.
fn is_found(entry: &Entry, q: &str, titles: &Titles, looks: &Looks) -> bool {
    // What moved no money and says nothing to a customer is for staff.
    if entry.posting.is_none() {
        return false;
    }
    let q = q.trim().to_lowercase();
    let title = words::what(entry, titles, looks.language);
    let texts = std::iter::once(title).chain(words::facts(entry, looks.say()));
    q.is_empty() || texts.into_iter().any(|it| it.to_lowercase().contains(&q))
}

fn read_entries(
    reader: &dyn Reader,
    head: Position,
    range: Option<&Period>,
    before: Option<u64>,
    is_wanted: impl Fn(&Entry) -> bool,
) -> Result<Found, StoreError> {
    let mut until = before.map(|it| Position(it.saturating_sub(1)));
    if let Some(period) = range.filter(|it| !it.until_now) {
        let end = reader.position_at(period.to.plus(-1))?;
        until = Some(until.map_or(end, |it| it.min(end)));
    }
    let last = match until {
        Some(until) => reader.account_position(head, until)?,
        None => head,
    };
    let (mut entries, mut older, mut looked_at) = (Vec::new(), None, 0);
    reader.account_entries(last, &mut |entry| {
        if range.is_some_and(|it| entry.at < it.from) {
            return ControlFlow::Break(());
        }
        if entries.len() == LINES_MAX || looked_at == LOOKED_AT_MAX {
            older = Some(entry.position.plus(1));
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if is_wanted(&entry) {
            entries.push(entry);
        }
        ControlFlow::Continue(())
    })?;
    Ok((entries, older))
}

fn view(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    looking: &Looking,
    (entries, older): Found,
) -> Statement {
    let id = wire::account_id(purse.account.id);
    let narrowed = narrowed(looking);
    let older =
        older.map(|it| format!("{}{narrowed}&before={}", statement_path(purse.account.id), it.0));
    let tab = |it: &Purse| Tab {
        link: Link::new(house.title(it), statement_path(it.account.id)),
        is_current: it.account.id == purse.account.id,
    };
    let accounts: Vec<_> = house.picture.purses.iter().map(tab).collect();
    // A file has everything of its time.
    let to = through(&looking.to);
    let whole = self::narrowed(&Looking { q: String::new(), to, ..looking.clone() });
    let exported = |format: &str| format!("/my/statement/{id}/export?format={format}{whole}");
    Statement {
        accounts: if accounts.len() > 1 { accounts } else { Vec::new() },
        purse: house.card(purse, pocket),
        chart: None,
        carried: vec![("account".to_owned(), id.clone())],
        q: looking.q.clone(),
        from: looking.from.clone(),
        to: looking.to.clone(),
        entries: lines(pocket, &house.picture.titles, &entries),
        older: older.unwrap_or_default(),
        exports: vec![Link::new("CSV", exported("csv")), Link::new("PDF", exported("pdf"))],
    }
}

/// What a page is narrowed to, for the address of the next one.
fn narrowed(looking: &Looking) -> String {
    let fields = [("q", &looking.q), ("from", &looking.from), ("to", &looking.to)];
    let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect()
}

/// Entries of one session that follow one another are a line that opens.
fn lines(pocket: &Pocket, titles: &Titles, entries: &[Entry]) -> Vec<EntryLine> {
    let same = |one: &Entry, other: &Entry| {
        let serial = session_serial(&one.fact);
        serial.is_some() && serial == session_serial(&other.fact)
    };
    let group = |it: &[Entry]| {
        let first = line(pocket, titles, it.first()?);
        if it.len() == 1 {
            return Some(first);
        }
        let parts: Vec<_> = it.iter().map(|it| line(pocket, titles, it)).collect();
        let amount = parts.iter().map(|it| it.amount).sum();
        let title = pocket.language.words().kind("session").unwrap_or_default().to_owned();
        Some(EntryLine { title, amount, parts, ..first })
    };
    entries.chunk_by(same).filter_map(group).collect()
}

fn line(pocket: &Pocket, titles: &Titles, entry: &Entry) -> EntryLine {
    EntryLine {
        position: entry.position.0,
        at: pocket.moment(entry.at),
        second: pocket.second(entry.at),
        title: words::what(entry, titles, pocket.language),
        detail: words::facts(entry, pocket.say()).join(" · "),
        amount: entry.posting.map_or(0, |it| it.amount.units().into()),
        balance: entry.posting.map_or(0, |it| it.balance.units().into()),
        ..EntryLine::default()
    }
}

#[derive(Debug, Deserialize)]
pub struct Exporting {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    format: Option<Format>,
}

/// `GET /my/statement/{account}/export`: the API's statement, for whose it is.
pub async fn export_statement(
    pocket: Pocket,
    Path(account): Path<String>,
    Query(asked): Query<Exporting>,
) -> Result<Response, Failed> {
    let account = AccountRef::Id(pocket.own(&account).await?);
    let bounds = Bounds { from: asked.from.as_deref(), to: asked.to.as_deref() };
    let wanted = Export {
        time_zone: pocket.zone.clone(),
        language: Some(pocket.language),
        format: asked.format.unwrap_or(Format::Csv),
        show: Show::Money,
    };
    Ok(export(&pocket.app, account, bounds, wanted).await?)
}
