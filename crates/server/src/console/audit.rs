//! What those who work here did, on a page and as a file.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{AccountId, Entry, Position, State, Timestamp};
use jiff::civil::Date;
use pages::console::staff::{Audit, AuditLine};
use pages::{Choice, Link, Place};
use serde::Deserialize;
use store::{AuditPage, Reader};

use super::Desk;
use super::customer::account_path;
use super::desk::page;
use crate::faces::entries::{narrowed, through};
use crate::faces::export::{self, Piece};
use crate::faces::words::{self, Titles, called};
use crate::faces::{Failed, Looks};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::resources::audit::{self, KINDS, Wanted};
use crate::http::wire;
use crate::shards::by_shard;

const PLACE: &str = "/console/audit";

/// Lines of a page of the audit, and of a piece of the file.
const LINES_MAX: usize = 50;
const PIECE: usize = 500;

#[derive(Clone, Default, Deserialize)]
pub struct Looking {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    kind: String,
    /// The first day, and the last.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    cursor: Option<u64>,
}

impl Looking {
    fn values(&self) -> [(&'static str, &str); 5] {
        [
            ("actor", &self.actor),
            ("account", &self.account),
            ("kind", &self.kind),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
}

/// What is looked for, as the store is asked, and how it is said.
#[derive(Clone)]
struct Asked {
    app: App,
    looks: Looks,
    /// Of what was read last: what it is about, and the numbers of its accounts.
    titles: Titles,
    numbers: BTreeMap<AccountId, String>,
    wanted: Wanted,
    /// An account was named that there is not: it has no entries.
    is_nothing: bool,
}

impl Asked {
    async fn of(desk: &Desk, looking: &Looking) -> Result<Self, Failed> {
        let number = looking.account.replace([' ', '\u{A0}'], "");
        let account = wire::parse_account("account", &number).ok();
        let look = move |state: &State, _| {
            account.and_then(|it| state.resolve(&it).ok().map(|it| it.head))
        };
        let along = match number.is_empty() {
            true => None,
            false => desk.app.shard.read(None, look).await?,
        };
        let day = |text: &str| -> Option<Timestamp> {
            let day: Date = text.parse().ok()?;
            let at = day.to_zoned(desk.zone.clone()).ok()?;
            Some(Timestamp(at.timestamp().as_microsecond()))
        };
        let kinds = KINDS.iter().filter(|it| **it == looking.kind).map(|it| (*it).to_owned());
        Ok(Self {
            app: desk.app.clone(),
            looks: desk.looks.clone(),
            titles: Titles::default(),
            numbers: BTreeMap::new(),
            is_nothing: !number.is_empty() && along.is_none(),
            wanted: Wanted {
                actor: Some(looking.actor.trim().to_owned()).filter(|it| !it.is_empty()),
                along,
                kinds: kinds.collect(),
                from: day(&looking.from),
                to: day(&through(&looking.to)),
            },
        })
    }

    /// A page of what is found, and what is to be known to say it.
    async fn read(&mut self, before: Option<Position>, limit: usize) -> Result<AuditPage, Problem> {
        if self.is_nothing {
            return Ok(AuditPage::default());
        }
        let found = audit::find(&self.app, self.wanted.clone(), before, limit).await?;
        let accounts = found.entries.iter().filter_map(|it| Some(it.posting?.account)).collect();
        let (mut titles, numbers) = called(&self.app, accounts).await?;
        let shard = |it: &Entry| it.position.shard().unwrap_or_default();
        for (shard, entries) in by_shard(found.entries.iter().cloned(), shard) {
            let mut known = titles.clone();
            let read = move |reader: &dyn Reader| {
                known.learn(reader, &entries)?;
                Ok(Some(known))
            };
            titles = self.app.shards.read(shard, read).await?.unwrap_or(titles);
        }
        let numbers = numbers.into_iter().map(|(account, it)| (account, words::number(&it)));
        (self.numbers, self.titles) = (numbers.collect(), titles);
        Ok(found)
    }

    fn line(&self, entry: &Entry) -> AuditLine {
        AuditLine {
            at: self.looks.moment(entry.at),
            second: self.looks.second(entry.at),
            who: entry.origin.actor.to_string(),
            channel: words::channel(entry.origin.channel, self.looks.language),
            what: words::what(entry, &self.titles, self.looks.language),
            account: entry.posting.map_or_else(Link::default, |it| {
                let number = self.numbers.get(&it.account).cloned().unwrap_or_default();
                Link::new(number, account_path(it.account))
            }),
            reason: entry.origin.reason.as_deref().unwrap_or_default().to_owned(),
        }
    }

    fn row(&self, entry: &Entry) -> [String; HEAD.len()] {
        let posting = entry.posting.as_ref();
        let amount = posting.filter(|it| it.amount.units() != 0);
        let amount = amount.map(|it| it.amount.display(it.exponent).to_string());
        [
            entry.position.0.to_string(),
            wire::time(entry.at),
            export::text(entry.origin.actor.as_str()),
            export::text(entry.origin.channel.as_str()),
            entry.fact.kind().to_owned(),
            export::text(&words::what(entry, &self.titles, self.looks.language)),
            entry.customer.map(wire::customer_id).unwrap_or_default(),
            posting.map(|it| wire::account_id(it.account)).unwrap_or_default(),
            amount.unwrap_or_default(),
            posting.map(|it| it.currency.to_string()).unwrap_or_default(),
            export::text(entry.origin.reason.as_deref().unwrap_or_default()),
        ]
    }
}

/// `GET /console/audit`
pub async fn show_audit(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    let mut asked = Asked::of(&desk, &looking).await?;
    let found = asked.read(looking.cursor.map(Position), LINES_MAX).await?;
    let shell = desk.shell(Some(Place::Audit));
    let words_of = desk.language.words();
    let kinds = KINDS.iter().map(|it| Choice::new(*it, words_of.kind(it).unwrap_or(it)));
    let mut fields = Audit::fields(kinds.collect(), &shell);
    let values = looking.values();
    for field in &mut fields {
        let value = values.iter().find(|(name, _)| *name == field.name);
        field.value = value.map(|(_, value)| (*value).to_owned()).unwrap_or_default();
    }
    let narrowed = narrowed(&values);
    let older = found.before.map(|it| format!("{PLACE}?cursor={}{narrowed}", it.0));
    let view = Audit {
        fields,
        lines: found.entries.iter().map(|it| asked.line(it)).collect(),
        older: older.unwrap_or_default(),
        exports: vec![Link::new("CSV", format!("{PLACE}/export?format=csv{narrowed}"))],
    };
    Ok(page(view.to_html(&shell)))
}

const HEAD: [&str; 11] = [
    "entry", "at", "actor", "channel", "kind", "what", "customer", "account", "amount", "currency",
    "reason",
];

/// `GET /console/audit/export`: all that is found by the same, newest first.
pub async fn export_audit(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    let asked = Asked::of(&desk, &looking).await?;
    let start = (asked, Some(None));
    export::csv("audit.csv", HEAD, start, next_piece).await
}

/// Before which entry it goes on, where it does; at first before none.
type Rest = (Asked, Option<Option<Position>>);

async fn next_piece((mut asked, before): Rest) -> Result<Piece<{ HEAD.len() }, Rest>, Problem> {
    let Some(before) = before else { return Ok(None) };
    let found = asked.read(before, PIECE).await?;
    let rows = found.entries.iter().map(|it| asked.row(it)).collect();
    Ok(Some((rows, (asked, found.before.map(Some)))))
}
