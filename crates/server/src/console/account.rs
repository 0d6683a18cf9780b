//! The account's page: a statement whose every entry explains itself, and its export.

mod explain;

use std::ops::ControlFlow;

use axum::response::Response;
use engine::{AccountRef, Entry, Position, State, Timestamp};
use jiff::civil::Date;
use pages::console::account::{Account, CreditKind, CreditLine, EntryLine};
use pages::console::action::ActionKind;
use pages::{Link, Place, Tab};
use serde::Deserialize;
use store::{AccountRecord, CustomerRecord, Reader, StoreError};

use super::customer::{card, chart, customer_path};
use super::desk::page;
use super::{Desk, offers};
use crate::faces::picture::Purse;
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, Looks};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::statements::{Export, Format, export};
use crate::http::wire;
use crate::statement::period::Bounds;
use crate::statement::{Period, session_serial, sum_kind};

/// Lines of a page, and entries that are looked at for it.
const LINES_MAX: usize = 50;
const LOOKED_AT_MAX: usize = 5_000;

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Looking {
    /// The first day, and the last.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// Only entries of this kind.
    #[serde(default)]
    kind: String,
    #[serde(default)]
    before: Option<u64>,
    /// The page on which this entry stands.
    #[serde(default)]
    entry: Option<u64>,
}

/// What the shard says of an account.
struct Seen {
    purse: Purse,
    titles: Titles,
    head: Position,
    now: Timestamp,
}

/// What the store says of it.
struct Kept {
    record: AccountRecord,
    customer: CustomerRecord,
    /// Newest first.
    entries: Vec<Entry>,
    older: Option<Position>,
}

/// `GET /console/accounts/{account}`
pub async fn show_account(
    desk: Desk,
    Path(account): Path<String>,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let seen = look(&desk, wire::parse_account("account", &account)?).await?;
    let range = range(&desk, &looking, seen.now)?;
    let (id, owner, head) =
        (seen.purse.account.id, seen.purse.account.customer, seen.purse.account.head);
    let (kind, looked) = (looking.kind.clone(), looking.clone());
    let read = move |reader: &dyn Reader| {
        let missing = || StoreError::damaged(wire::account_id(id), "it is not in the directory");
        let (entries, older) = read_entries(reader, head, &range, &looked, &kind)?;
        Ok(Kept {
            record: reader.account(id)?.ok_or_else(missing)?,
            customer: reader.customer(owner)?.ok_or_else(missing)?,
            entries,
            older,
        })
    };
    let kept = desk.app.readers.read(read).await?;
    let shell = desk.live_shell(Some(Place::Find), Some(owner), seen.head);
    Ok(page(view(&desk, seen, kept, &looking).to_html(&shell)))
}

async fn look(desk: &Desk, account: AccountRef) -> Result<Seen, Failed> {
    let whose = account.clone();
    let look = move |state: &State, now: Timestamp| {
        let now = now.max(state.shared.last_at);
        let account = state.resolve(&whose)?;
        let purse = Purse::of(state, account, now);
        let titles = Titles::of(state).with(account);
        Ok(Seen { purse, titles, head: state.shared.head, now })
    };
    let seen: Result<Seen, engine::Refusal> = desk.app.shard.read(Some(account), look).await?;
    Ok(seen?)
}

/// The moments that were asked for; none where nobody said.
fn range(desk: &Desk, looking: &Looking, now: Timestamp) -> Result<Option<Period>, Failed> {
    let bound = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    let (from, to) = (bound(&looking.from), bound(&through(&looking.to)));
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    // What has no beginning begins with the account.
    let from = from.unwrap_or_else(|| "1970-01-01".to_owned());
    let bounds = Bounds { from: Some(&from), to: to.as_deref() };
    Ok(Some(Period::read(bounds, desk.zone.clone(), now)?))
}

/// Where a period ends that goes through a day: its end is outside, so with the day after. A
/// moment is the end itself.
fn through(to: &str) -> String {
    let day = to.parse::<Date>().ok().filter(|it| it.to_string() == to);
    let after = day.and_then(|it| it.tomorrow().ok());
    after.map_or_else(|| to.to_owned(), |it| it.to_string())
}

fn read_entries(
    reader: &dyn Reader,
    head: Position,
    range: &Option<Period>,
    looking: &Looking,
    kind: &str,
) -> Result<(Vec<Entry>, Option<Position>), StoreError> {
    let mut until = looking.before.map(|it| Position(it.saturating_sub(1)));
    until = until.or(looking.entry.map(Position));
    if let Some(period) = range.as_ref().filter(|it| !it.until_now) {
        let end = reader.position_at(period.to.plus(-1))?;
        until = Some(until.map_or(end, |it| it.min(end)));
    }
    let last = match until {
        Some(until) => reader.account_position(head, until)?,
        None => head,
    };
    let (mut entries, mut older, mut looked_at) = (Vec::new(), None, 0);
    reader.account_entries(last, &mut |entry| {
        if range.as_ref().is_some_and(|it| entry.at < it.from) {
            return ControlFlow::Break(());
        }
        if entries.len() == LINES_MAX || looked_at == LOOKED_AT_MAX {
            older = Some(entry.position.plus(1));
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if kind.is_empty() || sum_kind(&entry.fact) == kind {
            entries.push(entry);
        }
        ControlFlow::Continue(())
    })?;
    Ok((entries, older))
}

fn view(desk: &Desk, seen: Seen, kept: Kept, looking: &Looking) -> Account {
    let Seen { purse, titles, .. } = &seen;
    let account = &purse.account;
    let path = super::customer::account_path(account.id);
    let points = kept.entries.iter().rev();
    let points = points.filter_map(|it| Some((it.at, i128::from(it.posting?.balance.units()))));
    let older = kept.older.map(|it| format!("{path}?{}before={}", narrowed(looking), it.0));
    Account {
        customer: Link::new(&kept.customer.fields.name, customer_path(account.customer)),
        card: card(desk, purse, kept.record.name.clone()),
        ceiling: account.ceiling.map(|it| it.units().into()),
        credits: account.credits.iter().map(|it| credit(desk, it)).collect(),
        actions: actions(desk, purse),
        chart: chart(desk, purse, points.collect()),
        from: looking.from.clone(),
        to: looking.to.clone(),
        filters: filters(desk, &path, looking),
        entries: lines(desk, titles, &kept.entries),
        older: older.unwrap_or_default(),
        exports: exports(&path, looking),
    }
}

/// What a page is narrowed to, for the address of the next one.
fn narrowed(looking: &Looking) -> String {
    let fields = [("from", &looking.from), ("to", &looking.to), ("kind", &looking.kind)];
    let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let encode = |it: &str| {
        percent_encoding::utf8_percent_encode(it, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    said.map(|(name, value)| format!("{name}={}&", encode(value))).collect()
}

fn filters(desk: &Desk, path: &str, looking: &Looking) -> Vec<Tab> {
    let kinds = ["payment", "period_started", "charge", "session", "adjustment", "transfer_in"];
    let words = desk.language.words();
    let bare = Looking { kind: String::new(), ..looking.clone() };
    let tab = |kind: &str, text: &str| Tab {
        link: Link::new(text, format!("{path}?{}kind={kind}", narrowed(&bare))),
        is_current: looking.kind == kind,
    };
    let all = tab("", pages::Console::of(desk.language).filter_all);
    let named = kinds.into_iter().map(|it| tab(it, words.kind(it).unwrap_or(it)));
    std::iter::once(all).chain(named).collect()
}

fn exports(path: &str, looking: &Looking) -> Vec<Link> {
    let to = through(&looking.to);
    let bare = Looking { kind: String::new(), to, ..looking.clone() };
    let export = |format: &str| format!("{path}/export?{}format={format}", narrowed(&bare));
    vec![Link::new("CSV", export("csv")), Link::new("PDF", export("pdf"))]
}

fn actions(desk: &Desk, purse: &Purse) -> Vec<Link> {
    let kinds = [
        ActionKind::TakePayment,
        ActionKind::Adjust,
        ActionKind::Transfer,
        ActionKind::TemporaryLimit,
        ActionKind::PermanentLimit,
    ];
    let may = kinds.into_iter().filter(|it| desk.may(offers::needs(*it)));
    let account = &purse.account;
    let link = |it: ActionKind| {
        let path = offers::path(account.customer, it);
        let href = format!("{path}?account={}", wire::account_id(account.id));
        Link::new(it.title(desk.language), href)
    };
    may.map(link).collect()
}

fn credit(desk: &Desk, credit: &engine::Credit) -> CreditLine {
    CreditLine {
        kind: match credit.kind {
            engine::CreditKind::Temporary => CreditKind::Temporary,
            engine::CreditKind::Promised => CreditKind::Promised,
        },
        amount: Some(credit.amount.units().into()),
        until: Some(desk.moment(credit.until)),
        by: String::new(),
        reason: String::new(),
        end_href: String::new(),
    }
}

/// Entries of one session that follow one another are a line that opens.
fn lines(desk: &Desk, titles: &Titles, entries: &[Entry]) -> Vec<EntryLine> {
    let same = |one: &Entry, other: &Entry| {
        let serial = session_serial(&one.fact);
        serial.is_some() && serial == session_serial(&other.fact)
    };
    let group = |it: &[Entry]| {
        let line = |it: &Entry| line(desk, titles, it);
        let first = line(it.first()?);
        match it {
            [_] => Some(first),
            parts => Some(EntryLine {
                title: desk.language.words().kind("session").unwrap_or_default().to_owned(),
                amount: parts.iter().map(amount).sum(),
                parts: parts.iter().map(line).collect(),
                explanation: Vec::new(),
                ..first
            }),
        }
    };
    entries.chunk_by(same).filter_map(group).collect()
}

fn amount(entry: &Entry) -> i128 {
    entry.posting.map_or(0, |it| it.amount.units().into())
}

fn line(desk: &Desk, titles: &Titles, entry: &Entry) -> EntryLine {
    let looks: &Looks = desk;
    EntryLine {
        position: entry.position.0,
        at: looks.moment(entry.at),
        second: looks.second(entry.at),
        title: words::what(entry, titles, looks.language),
        detail: words::details(entry, looks.say()).join(" · "),
        amount: amount(entry),
        balance: entry.posting.map_or(0, |it| it.balance.units().into()),
        explanation: explain::explain(entry, titles, looks),
        parts: Vec::new(),
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

/// `GET /console/accounts/{account}/export`: the API's statement, for whoever is signed in.
pub async fn export_statement(
    desk: Desk,
    Path(account): Path<String>,
    Query(asked): Query<Exporting>,
) -> Result<Response, Failed> {
    let account = wire::parse_account("account", &account)?;
    let bounds = Bounds { from: asked.from.as_deref(), to: asked.to.as_deref() };
    let wanted = Export {
        time_zone: desk.zone.clone(),
        language: Some(desk.language),
        format: asked.format.unwrap_or(Format::Csv),
        show: crate::statement::Show::Money,
    };
    Ok(export(&desk.app, account, bounds, wanted).await?)
}
