//! What happened on all accounts of a customer, newest first: a page of it, by filter.
//!
//! **Invariant:** a page is whole. Each account's chain is read back as far as the page goes; where
//! one was left earlier, the page ends there for all of them, and its cursor goes on from there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use engine::{AccountId, Entry, Fact, Position, Posting, Timestamp};
use pages::console::timeline::{Lead, Line, Timeline};
use pages::{Badge, Console, Link, Money, Tab};
use serde::Deserialize;
use store::{Reader, StoreError};

use super::{account_path, customer_path};
use crate::console::Desk;
use crate::faces::picture::Picture;
use crate::faces::words::{self, Titles};

/// Lines of a page, and entries of one account that are looked at for it.
const LINES_MAX: usize = 40;
const LOOKED_AT_MAX: usize = 2_000;

/// How far back the small charts go, and how many points one has.
const CHART_SPAN: i64 = 30 * 86_400_000_000;
const POINTS_MAX: usize = 300;

/// To what the timeline is narrowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    #[default]
    All,
    Money,
    Services,
    Staff,
}

impl Show {
    const ALL: [Self; 4] = [Self::All, Self::Money, Self::Services, Self::Staff];

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Money => "money",
            Self::Services => "services",
            Self::Staff => "staff",
        }
    }

    fn word(self, console: &'static Console) -> &'static str {
        match self {
            Self::All => console.filter_all,
            Self::Money => console.filter_money,
            Self::Services => console.filter_services,
            Self::Staff => console.filter_staff,
        }
    }

    /// The many small steps of a session are told by its money alone.
    fn takes(self, entry: &Entry) -> bool {
        let moved = entry.posting.is_some_and(|it| it.amount.units() != 0);
        let is_step = matches!(
            entry.fact,
            Fact::Authorised { .. } | Fact::Settled { .. } | Fact::Released { .. }
        );
        match self {
            Self::All => moved || !is_step,
            Self::Money => moved,
            Self::Services => entry.fact.subscription().is_some() && !is_step,
            Self::Staff => words::person(entry).is_some(),
        }
    }
}

/// What is to be read: from which entry of each account on, and how far.
pub struct Wanted {
    heads: Vec<(AccountId, Position)>,
    show: Show,
    before: Option<Position>,
    since: Timestamp,
    titles: Titles,
}

impl Wanted {
    pub fn new(picture: &Picture, show: Show, before: Option<Position>) -> Self {
        let heads = picture.purses.iter().map(|it| (it.account.id, it.account.head)).collect();
        let since = picture.now.plus(-CHART_SPAN);
        Self { heads, show, before, since, titles: picture.titles.clone() }
    }
}

#[derive(Default)]
pub struct Lines {
    entries: Vec<Entry>,
    /// What they are about, services that are over too.
    titles: Titles,
    older: Option<Position>,
    /// Payments among what was looked at, on the first page, that were not cancelled.
    pub payments: Vec<Entry>,
    /// Balances of the last weeks, oldest first, of the first page.
    pub points: BTreeMap<AccountId, Vec<(Timestamp, i128)>>,
}

pub fn read(reader: &dyn Reader, wanted: &Wanted) -> Result<Lines, StoreError> {
    let mut lines = Lines::default();
    // Down to here every account was read.
    let mut floor = Position::START;
    for (account, head) in &wanted.heads {
        let last = match wanted.before {
            None => *head,
            Some(before) => reader.account_position(*head, Position(before.0.saturating_sub(1)))?,
        };
        let (mut taken, mut looked_at) = (0, 0);
        let (mut points, mut cancelled) = (Vec::new(), BTreeSet::new());
        reader.account_entries(last, &mut |entry| {
            note_point(&mut points, &entry, wanted.since);
            if taken == LINES_MAX || looked_at == LOOKED_AT_MAX {
                floor = floor.max(entry.position.plus(1));
                return ControlFlow::Break(());
            }
            looked_at += 1;
            if let Fact::PaymentCancelled(fact) = &entry.fact {
                cancelled.insert(fact.payment);
            }
            let is_kept = entry.fact.is_real_payment() && !cancelled.contains(&entry.position);
            if wanted.before.is_none() && is_kept {
                lines.payments.push(entry.clone());
            }
            if wanted.show.takes(&entry) {
                taken += 1;
                lines.entries.push(entry);
            }
            ControlFlow::Continue(())
        })?;
        if wanted.before.is_none() {
            points.reverse();
            lines.points.insert(*account, points);
        }
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
    lines.titles = wanted.titles.clone();
    lines.titles.learn(reader, &lines.entries)?;
    Ok(lines)
}

/// Where the chart begins, the balance was that before the first entry in it.
fn note_point(points: &mut Vec<(Timestamp, i128)>, entry: &Entry, since: Timestamp) {
    let Some(posting) = entry.posting.filter(|_| points.len() < POINTS_MAX) else { return };
    if points.last().is_some_and(|it| it.0 <= since) {
        return;
    }
    points.push((entry.at.max(since), posting.balance.units().into()));
}

pub fn view(desk: &Desk, picture: &Picture, show: Show, lines: Lines) -> Timeline {
    let path = customer_path(picture.customer);
    let console = Console::of(desk.language);
    let tab = |it: Show| Tab {
        link: Link::new(it.word(console), format!("{path}?show={}", it.name())),
        is_current: it == show,
    };
    let older = lines.older.map(|it| format!("{path}?show={}&before={}", show.name(), it.0));
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
