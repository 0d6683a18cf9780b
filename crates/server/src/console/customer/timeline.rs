//! What happened on all accounts of a customer, newest first: a page of it, by filter.
//!
//! **Invariant:** a page is whole. Each account's chain is read back as far as the page goes; where
//! one was left earlier, the page ends there for all of them, and its cursor goes on from there.
//! All of them are read in one query, and nothing is looked up for a line: what one knows by a
//! number alone is named by the account or near the line.

use std::collections::BTreeMap;

use engine::{AccountId, Entry, Fact, Position, Posting, Timestamp};
use pages::console::timeline::{Lead, Line, Timeline};
use pages::{Badge, Console, Link, Money, Tab};
use store::{Reader, Show, StoreError, TimelineAccount, TimelineQuery};

use super::{account_path, customer_path};
use crate::console::Desk;
use crate::faces::began::{self, Begun, Open};
use crate::faces::picture::{Picture, Purse};
use crate::faces::words::{self, Titles};

/// Lines of a page, and entries of one account that are looked at for it.
const LINES_MAX: usize = 40;
const LOOKED_AT_MAX: usize = 2_000;

/// How far back the small charts go, and how many points one has.
const CHART_SPAN: i64 = 30 * 86_400_000_000;
const POINTS_MAX: usize = 300;

/// Entries after the last line, for what is named near it, and for the chart.
const BEYOND: usize = 32;

fn name(show: Show) -> &'static str {
    match show {
        Show::All => "all",
        Show::Money => "money",
        Show::Services => "services",
        Show::Staff => "staff",
    }
}

fn word(show: Show, console: &'static Console) -> &'static str {
    match show {
        Show::All => console.filter_all,
        Show::Money => console.filter_money,
        Show::Services => console.filter_services,
        Show::Staff => console.filter_staff,
    }
}

/// What is to be read: from which entry of each account on, and how far.
pub struct Wanted {
    accounts: Vec<AccountId>,
    /// Sessions whose beginnings are looked for.
    open: Vec<Open>,
    query: TimelineQuery,
    is_first: bool,
    since: Timestamp,
    titles: Titles,
}

impl Wanted {
    pub fn new(picture: &Picture, show: Show, before: Option<Position>) -> Self {
        let account = |it: &Purse| TimelineAccount {
            head: it.account.head,
            session: it.sessions().map(|it| it.serial).min(),
        };
        Self {
            accounts: picture.purses.iter().map(|it| it.account.id).collect(),
            open: began::open(picture.purses.iter()),
            query: TimelineQuery {
                accounts: picture.purses.iter().map(account).collect(),
                show,
                before: before.unwrap_or(Position(u64::MAX)),
                lines_max: LINES_MAX,
                looked_at_max: LOOKED_AT_MAX,
                beyond: BEYOND,
            },
            is_first: before.is_none(),
            since: picture.now.plus(-CHART_SPAN),
            titles: picture.titles.clone(),
        }
    }
}

#[derive(Default)]
pub struct Lines {
    pub entries: Vec<Entry>,
    /// What they are about, services that are over too.
    pub titles: Titles,
    older: Option<Position>,
    /// Payments among what was looked at, on the first page, of which something stands.
    pub payments: Vec<Entry>,
    /// Balances of the last weeks, oldest first, of the first page.
    pub points: BTreeMap<AccountId, Vec<(Timestamp, i128)>>,
    /// When the sessions began that are open.
    pub begun: Begun,
}

pub fn read(reader: &dyn Reader, wanted: Wanted) -> Result<Lines, StoreError> {
    let Wanted { accounts, open, query, is_first, since, titles } = wanted;
    let mut lines = Lines { titles, ..Lines::default() };
    // Down to here every account was read.
    let mut floor = Position::START;
    for (account, entries) in accounts.into_iter().zip(reader.timeline(&query)?) {
        began::among(&open, account, &entries, &mut lines.begun);
        lines.titles.note_all(&entries);
        let own: Vec<Entry> = entries.into_iter().filter(|it| it.position < query.before).collect();
        if is_first {
            lines.points.insert(account, points(&own, since));
            lines.payments.extend(payments(&own));
        }
        floor = floor.max(lines.take(own, query.show));
    }
    lines.entries.sort_unstable_by_key(|it| std::cmp::Reverse(it.position));
    lines.entries.retain(|it| it.position >= floor);
    let is_cut = lines.entries.len() > LINES_MAX;
    lines.entries.truncate(LINES_MAX);
    let last = lines.entries.last().map(|it| it.position);
    lines.older = match (is_cut, floor > Position::START) {
        (true, _) => last,
        (false, true) => Some(floor),
        (false, false) => None,
    };
    Ok(lines)
}

impl Lines {
    /// Takes the lines of an account's entries, newest first; answers down to where these are all
    /// that there are.
    fn take(&mut self, entries: Vec<Entry>, show: Show) -> Position {
        let mut taken = 0;
        let mut floor = Position::START;
        for entry in entries {
            if taken == LINES_MAX {
                return entry.position.plus(1);
            }
            floor = match entry.posting.map(|it| it.prev) {
                None | Some(Position::START) => Position::START,
                Some(_) => entry.position,
            };
            if show.takes(&entry) {
                taken += 1;
                self.entries.push(entry);
            }
        }
        floor
    }
}

/// Payments of which something stands, of an account's entries, newest first.
fn payments(entries: &[Entry]) -> impl Iterator<Item = Entry> {
    let moved = |it: &Entry| it.posting.map_or(0, |it| i128::from(it.amount.units()));
    let mut taken_back: BTreeMap<Position, i128> = BTreeMap::new();
    let stands = move |entry: &&Entry| {
        if let Some(payment) = entry.fact.reversed_payment() {
            *taken_back.entry(payment).or_default() -= moved(entry);
        }
        let gone = taken_back.get(&entry.position).copied().unwrap_or_default();
        entry.fact.is_real_payment() && moved(entry) > gone
    };
    entries.iter().filter(stands).cloned()
}

/// The balance over time, oldest first. Where the chart begins, it was that before the first entry
/// in it.
fn points(entries: &[Entry], since: Timestamp) -> Vec<(Timestamp, i128)> {
    let mut points: Vec<(Timestamp, i128)> = Vec::new();
    for entry in entries {
        let is_full = points.len() == POINTS_MAX || points.last().is_some_and(|it| it.0 <= since);
        match entry.posting {
            Some(posting) if !is_full => {
                points.push((entry.at.max(since), posting.balance.units().into()));
            }
            _ => {}
        }
    }
    points.reverse();
    points
}

pub fn view(desk: &Desk, picture: &Picture, show: Show, lines: &Lines) -> Timeline {
    let path = customer_path(picture.customer);
    let console = Console::of(desk.language);
    let tab = |it: Show| Tab {
        link: Link::new(word(it, console), format!("{path}?show={}", name(it))),
        is_current: it == show,
    };
    let older = lines.older.map(|it| format!("{path}?show={}&before={}", name(show), it.0));
    Timeline {
        filters: Show::ALL.into_iter().map(tab).collect(),
        lines: lines.entries.iter().map(|it| line(desk, &lines.titles, it)).collect(),
        older: older.unwrap_or_default(),
        is_filtered: show != Show::All,
    }
}

fn line(desk: &Desk, titles: &Titles, entry: &Entry) -> Line {
    let of = |it: &Posting, units: i128| Money::new(units, it.currency.code(), it.exponent);
    let moved = entry.posting.filter(|it| it.amount.units() != 0);
    let lead = match (&entry.fact, moved) {
        (_, Some(it)) => Lead::Moved(of(&it, it.amount.units().into())),
        (Fact::Switched(switch), None) => {
            Lead::State(if switch.on { Badge::On } else { Badge::Off })
        }
        (Fact::SubscriptionSuspended { .. }, None) => Lead::State(Badge::Suspended),
        _ => Lead::Nothing,
    };
    let href = entry.posting.map(|it| {
        format!(
            "{}?entry={}#entry-{}",
            account_path(it.account),
            entry.position.0,
            entry.position.0
        )
    });
    Line {
        at: desk.moment(entry.at),
        second: desk.second(entry.at),
        what: words::what(entry, titles, desk.language),
        details: words::details(entry, desk),
        lead,
        after: moved.map(|it| of(&it, it.balance.units().into())),
        href: href.unwrap_or_default(),
    }
}
