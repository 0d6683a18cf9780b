//! The account's page: a statement whose every entry explains itself, and its export.

mod explain;
mod known;

use axum::response::Response;
use engine::{AccountRef, Entry, Position, State, Timestamp};
use pages::console::account::{Account, CreditKind, CreditLine, EntryLine};
use pages::console::action::ActionKind;
use pages::{Link, Place, Tab};
use serde::Deserialize;
use store::{AccountRecord, CustomerRecord, Reader, StoreError};

use explain::Known;
use known::Sessions;

use super::customer::{account_path, card, customer_path};
use super::desk::page;
use super::{Desk, offers};
use crate::faces::began;
use crate::faces::entries::{self, Found};
use crate::faces::picture::Purse;
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, chart};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::statements::{Export, Format, export};
use crate::http::wire;
use crate::statement::period::Bounds;
use crate::statement::sum_kind;

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
    found: Found,
    sessions: Sessions,
    /// The entries that made its limits.
    limits: Vec<Option<Entry>>,
    titles: Titles,
}

/// `GET /console/accounts/{account}`
pub async fn show_account(
    desk: Desk,
    Path(account): Path<String>,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let seen = look(&desk, wire::parse_account("account", &account)?).await?;
    let range = entries::range(&desk, &looking.from, &looking.to, seen.now)?;
    let (id, owner, head) =
        (seen.purse.account.id, seen.purse.account.customer, seen.purse.account.head);
    let (kind, last) = (looking.kind.clone(), last(&looking));
    let (mut titles, account) = (seen.titles, seen.purse.account.clone());
    let read = move |reader: &dyn Reader| {
        let missing = || StoreError::damaged(wire::account_id(id), "it is not in the directory");
        let is_wanted = |entry: &Entry| kind.is_empty() || sum_kind(&entry.fact) == kind;
        let found = entries::read(reader, head, last, range.as_ref(), is_wanted)?;
        titles.learn(reader, &found.entries)?;
        Ok(Kept {
            record: reader.account(id)?.ok_or_else(missing)?,
            customer: reader.customer(owner)?.ok_or_else(missing)?,
            sessions: known::sessions(reader, &found.entries)?,
            limits: began::limits(reader, &account)?,
            found,
            titles,
        })
    };
    let Kept { record, customer, found, sessions, limits, titles } =
        desk.app.readers.read(read).await?;
    let known = known::know(&desk, titles, sessions).await?;
    let lines = lines(&desk, &known, &found.entries);
    let shell = desk.live_shell(Some(Place::Find), Some(owner), seen.head);
    let shown = Shown { purse: seen.purse, record, customer, found, limits, lines };
    Ok(page(view(&desk, shown, &looking).to_html(&shell)))
}

/// The newest entry of the page; `None` where it is the account's newest.
fn last(looking: &Looking) -> Option<Position> {
    let before = looking.before.map(|it| Position(it.saturating_sub(1)));
    before.or(looking.entry.map(Position))
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

/// Everything that the page is made of.
struct Shown {
    purse: Purse,
    record: AccountRecord,
    customer: CustomerRecord,
    found: Found,
    limits: Vec<Option<Entry>>,
    lines: Vec<EntryLine>,
}

fn view(desk: &Desk, shown: Shown, looking: &Looking) -> Account {
    let Shown { purse, record, customer, found, limits, lines } = shown;
    let account = &purse.account;
    let path = account_path(account.id);
    let older = found.older.map(|it| format!("{path}?before={}{}", it.0, narrowed(looking)));
    Account {
        customer: Link::new(&customer.fields.name, customer_path(account.customer)),
        card: card(desk, &purse, record.name),
        ceiling: account.ceiling.map(|it| it.units().into()),
        credits: credits(desk, account, &limits),
        actions: actions(desk, &purse),
        chart: chart::balance(desk, &purse, found.entries.iter()),
        from: looking.from.clone(),
        to: looking.to.clone(),
        filters: filters(desk, &path, looking),
        entries: lines,
        older: older.unwrap_or_default(),
        exports: exports(&path, looking),
    }
}

/// What a page is narrowed to, for the address of the next one.
fn narrowed(looking: &Looking) -> String {
    let Looking { from, to, kind, .. } = looking;
    entries::narrowed(&[("from", from), ("to", to), ("kind", kind)])
}

fn filters(desk: &Desk, path: &str, looking: &Looking) -> Vec<Tab> {
    let kinds = ["payment", "period_started", "charge", "session", "adjustment", "transfer_in"];
    let words = desk.language.words();
    let bare = Looking { kind: String::new(), ..looking.clone() };
    let tab = |kind: &str, text: &str| Tab {
        link: Link::new(text, format!("{path}?kind={kind}{}", narrowed(&bare))),
        is_current: looking.kind == kind,
    };
    let all = tab("", pages::Console::of(desk.language).filter_all);
    let named = kinds.into_iter().map(|it| tab(it, words.kind(it).unwrap_or(it)));
    std::iter::once(all).chain(named).collect()
}

fn exports(path: &str, looking: &Looking) -> Vec<Link> {
    let to = entries::through(&looking.to);
    let bare = Looking { kind: String::new(), to, ..looking.clone() };
    let export = |format: &str| format!("{path}/export?format={format}{}", narrowed(&bare));
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

/// The permanent limit where there is one, and those that end by themselves.
fn credits(desk: &Desk, account: &engine::Account, made_by: &[Option<Entry>]) -> Vec<CreditLine> {
    let end = |kind: ActionKind, said: String| match desk.may(offers::needs(kind)) {
        true => format!("{}?{said}", offers::path(account.customer, kind)),
        false => String::new(),
    };
    let line = |kind, amount, until, end_href| CreditLine {
        kind,
        amount,
        until,
        by: String::new(),
        reason: String::new(),
        end_href,
    };
    let permanent = (account.limit != engine::Limit::NONE).then(|| {
        let said = format!("account={}&amount=0", wire::account_id(account.id));
        let end_href = end(ActionKind::PermanentLimit, said);
        line(CreditKind::Permanent, words::limit(account.limit), None, end_href)
    });
    let running = account.credits.iter().map(|it| {
        let kind = match it.kind {
            engine::CreditKind::Temporary => CreditKind::Temporary,
            engine::CreditKind::Promised => CreditKind::Promised,
        };
        let id = engine::CreditId { account: account.id, serial: it.serial };
        let end_href = end(ActionKind::EndCredit, format!("credit={}", wire::credit_id(id)));
        let until = Some(desk.moment(it.until));
        line(kind, Some(it.amount.units().into()), until, end_href)
    });
    let made_by = made_by.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let lines = permanent.into_iter().chain(running).zip(made_by);
    let with_origin = |(line, entry): (CreditLine, Option<&Entry>)| CreditLine {
        by: entry.map(|it| words::who(it.origin.actor.as_str()).to_owned()).unwrap_or_default(),
        reason: entry.and_then(|it| it.origin.reason.as_deref()).unwrap_or_default().to_owned(),
        ..line
    };
    lines.map(with_origin).collect()
}

fn lines(desk: &Desk, known: &Known, found: &[Entry]) -> Vec<EntryLine> {
    let line =
        |entry: &Entry| entries::line(desk, &known.titles, entry, &words::details(entry, desk));
    entries::lines(desk, &known.titles, found, line, |it| explain::explain(it, known, desk))
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
