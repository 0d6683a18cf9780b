//! The statement of one account: to find things in, and to take along.

mod explain;

use axum::response::Response;
use engine::{AccountRef, Entry, Position};
use pages::care::statement::Statement;
use pages::console::account::EntryLine;
use pages::{CareTab, Link, Tab};
use serde::Deserialize;
use store::Reader;

use super::Pocket;
use super::house::{House, statement_path};
use super::pocket::page;
use crate::faces::entries::{self, Found};
use crate::faces::picture::Purse;
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, Looks, chart};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::statements::{Export, Format, export};
use crate::http::wire;
use crate::statement::Show;
use crate::statement::period::Bounds;
use explain::Versions;

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

/// `GET /my/statement`
pub async fn show_statement(
    pocket: Pocket,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let purse = match &looking.account {
        Some(account) => Some(house.own(account)?),
        None => house.picture.open().next().or(house.picture.purses.first()),
    };
    let shell = pocket.live_shell(CareTab::Statement, house.name(), house.picture.head);
    let Some(purse) = purse else {
        return Ok(page(Statement::default().to_html(&shell)));
    };
    let range = entries::range(&pocket, &looking.from, &looking.to, house.picture.now)?;
    let (head, looked) = (purse.account.head, looking.clone());
    let (mut titles, looks) = (house.picture.titles.clone(), pocket.looks.clone());
    let read = move |reader: &dyn Reader| {
        let last = looked.before.map(|it| Position(it.saturating_sub(1)));
        if !looked.q.trim().is_empty() {
            // What is over is looked for by what it was called.
            let newest = last.map_or(Ok(head), |it| reader.account_position(head, it))?;
            titles.survey(reader, newest, entries::LOOKED_AT_MAX)?;
        }
        let is_wanted = |entry: &Entry| is_found(entry, &looked.q, &titles, &looks);
        let found = entries::read(reader, head, last, range.as_ref(), is_wanted)?;
        titles.learn(reader, &found.entries)?;
        Ok((found, titles))
    };
    let (found, titles) = pocket.app.readers.read(read).await?;
    let versions = Versions::of(&pocket, &found.entries).await?;
    let entries = lines(&pocket, &titles, &found.entries);
    let entries = explained(entries, &found.entries, &versions, &titles, &pocket);
    Ok(page(view(&pocket, &house, purse, &looking, found, entries).to_html(&shell)))
}

/// Whether what a customer reads of an entry has what they look for.
fn is_found(entry: &Entry, q: &str, titles: &Titles, looks: &Looks) -> bool {
    // What moved no money and says nothing to a customer is for staff.
    if entry.posting.is_none() {
        return false;
    }
    let q = q.trim().to_lowercase();
    let title = words::what(entry, titles, looks.language);
    let texts = std::iter::once(title).chain(words::facts(entry, looks));
    q.is_empty() || texts.into_iter().any(|it| it.to_lowercase().contains(&q))
}

fn view(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    looking: &Looking,
    found: Found,
    entries: Vec<EntryLine>,
) -> Statement {
    let id = wire::account_id(purse.account.id);
    let narrowed = narrowed(looking);
    let path = statement_path(purse.account.id);
    let older = found.older.map(|it| format!("{path}{narrowed}&before={}", it.0));
    let tab = |it: &Purse| Tab {
        link: Link::new(house.title(it), statement_path(it.account.id)),
        is_current: it.account.id == purse.account.id,
    };
    let accounts: Vec<_> = house.picture.purses.iter().map(tab).collect();
    // A file has everything of its time.
    let to = entries::through(&looking.to);
    let whole = self::narrowed(&Looking { q: String::new(), to, ..looking.clone() });
    let exported = |format: &str| format!("/my/statement/{id}/export?format={format}{whole}");
    // Between what was found by a word, the balance moved too.
    let has_chart = looking.q.is_empty() && !found.entries.is_empty();
    let chart = has_chart.then(|| chart::balance(pocket, purse, found.entries.iter()));
    Statement {
        accounts: if accounts.len() > 1 { accounts } else { Vec::new() },
        purse: house.card(purse, pocket),
        chart,
        carried: vec![("account".to_owned(), id.clone())],
        q: looking.q.clone(),
        from: looking.from.clone(),
        to: looking.to.clone(),
        entries,
        older: older.unwrap_or_default(),
        exports: vec![Link::new("CSV", exported("csv")), Link::new("PDF", exported("pdf"))],
    }
}

/// Each line with why it has its amount.
fn explained(
    mut lines: Vec<EntryLine>,
    entries: &[Entry],
    versions: &Versions,
    titles: &Titles,
    looks: &Looks,
) -> Vec<EntryLine> {
    for line in &mut lines {
        let own = std::slice::from_ref(line);
        let parts = if line.parts.is_empty() { own } else { &line.parts };
        let is_of_line = |it: &&Entry| parts.iter().any(|part| part.position == it.position.0);
        let of_line: Vec<&Entry> = entries.iter().filter(is_of_line).collect();
        line.explanation = explain::explain(&of_line, versions, titles, looks);
    }
    lines
}

/// What a page is narrowed to, for the address of the next one.
fn narrowed(looking: &Looking) -> String {
    let Looking { q, from, to, .. } = looking;
    entries::narrowed(&[("q", q), ("from", from), ("to", to)])
}

fn lines(pocket: &Pocket, titles: &Titles, found: &[Entry]) -> Vec<EntryLine> {
    let line = |it: &Entry| entries::line(pocket, titles, it, &words::facts(it, pocket));
    entries::lines(pocket, titles, found, line, |_| Vec::new())
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
