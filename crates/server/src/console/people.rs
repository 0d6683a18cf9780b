//! Those who work here, and what they did.

use axum::response::Response;
use engine::{Position, State, Timestamp};
use jiff::civil::Date;
use pages::console::staff::{Audit, AuditLine, Role, User, Users};
use pages::{Badge, Choice, Link, Place};
use serde::Deserialize;
use store::access::Person;
use store::{AuditQuery, Reader};

use super::Desk;
use super::customer::account_path;
use super::desk::page;
use crate::faces::{Failed, words};
use crate::http::auth;
use crate::http::query::Query;
use crate::http::resources::audit::KINDS;
use crate::http::wire;

/// Lines of a page of the audit.
const LINES_MAX: usize = 50;

/// `GET /console/users`
pub async fn show_users(desk: Desk) -> Result<Response, Failed> {
    let now = desk.app.access.now();
    let read = move |store: &mut dyn store::access::AccessStore| {
        let users = store.users()?;
        let sessions: Result<Vec<_>, _> =
            users.iter().map(|it| store.sessions_of(&Person::User(it.name.clone()), now)).collect();
        Ok(users.into_iter().zip(sessions?).collect::<Vec<_>>())
    };
    let found = desk.app.access.store(read).await?;
    let user =
        |(it, sessions): &(store::access::UserRecord, Vec<store::access::SessionRecord>)| User {
            name: it.display_name.clone(),
            login: it.name.clone(),
            href: format!("/console/audit?actor=user.{}", it.name),
            role: it.role.replace('-', "_"),
            state: if it.disabled_at.is_some() { Badge::Off } else { Badge::On },
            last_seen: sessions.first().map(|it| desk.moment(it.seen_at)),
            sessions: u64::try_from(sessions.len()).unwrap_or(u64::MAX),
        };
    let role = |it: auth::Role| Role {
        name: it.name().replace('-', "_"),
        may: PERMISSIONS
            .into_iter()
            .filter(|(permission, _)| it.may(*permission))
            .map(|(_, name)| name.to_owned())
            .collect(),
    };
    let view = Users {
        users: found.iter().map(user).collect(),
        roles: auth::Role::ALL.into_iter().map(role).collect(),
        add_href: String::new(),
    };
    Ok(page(view.to_html(&desk.shell(Some(Place::Users)))))
}

/// Every permission by its name.
const PERMISSIONS: [(auth::Permission, &str); 9] = [
    (auth::Permission::Read, "read"),
    (auth::Permission::Directory, "directory"),
    (auth::Permission::Payments, "payments"),
    (auth::Permission::Use, "use"),
    (auth::Permission::Correct, "correct"),
    (auth::Permission::Finance, "finance"),
    (auth::Permission::Configure, "configure"),
    (auth::Permission::Audit, "audit"),
    (auth::Permission::Provision, "provision"),
];

#[derive(Clone, Default, Deserialize)]
pub struct Looking {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    cursor: Option<u64>,
}

/// `GET /console/audit`
pub async fn show_audit(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    let number = looking.account.replace([' ', '\u{A0}'], "");
    let asked = wire::parse_account("account", &number).ok();
    let is_account_asked = !number.is_empty();
    let look = move |state: &State, _| {
        let along = asked.and_then(|it| state.resolve(&it).ok().map(|it| it.head));
        (along, crate::faces::words::Titles::of(state))
    };
    let (along, titles) = desk.app.shard.read(None, look).await?;
    let day = |text: &str| -> Option<Timestamp> {
        let day: Date = text.parse().ok()?;
        let at = day.to_zoned(desk.zone.clone()).ok()?;
        Some(Timestamp(at.timestamp().as_microsecond()))
    };
    let (from, to) = (day(&looking.from), day(&looking.to));
    let actor = Some(looking.actor.trim().to_owned()).filter(|it| !it.is_empty());
    let kinds = KINDS.iter().filter(|it| **it == looking.kind).map(|it| (*it).to_owned());
    let (kinds, cursor) = (kinds.collect(), looking.cursor.map_or(Position(u64::MAX), Position));
    let read = move |reader: &dyn Reader| {
        // An account that is not there has no entries.
        if is_account_asked && along.is_none() {
            return Ok(store::AuditPage::default());
        }
        let after =
            |at: Timestamp| Ok::<_, store::StoreError>(reader.position_at(at.plus(-1))?.plus(1));
        let from = from.map(after).transpose()?.unwrap_or(Position::START);
        let to = to.map(after).transpose()?.unwrap_or(Position(u64::MAX));
        let query = AuditQuery { actor, along, kinds, from, before: cursor.min(to) };
        reader.audit(&query, LINES_MAX)
    };
    let found = desk.app.readers.read(read).await?;
    let shell = desk.shell(Some(Place::Audit));
    let words_of = desk.language.words();
    let kinds = KINDS.iter().map(|it| Choice::new(*it, words_of.kind(it).unwrap_or(it)));
    let mut fields = Audit::fields(kinds.collect(), &shell);
    let values = [
        ("actor", &looking.actor),
        ("account", &looking.account),
        ("kind", &looking.kind),
        ("from", &looking.from),
        ("to", &looking.to),
    ];
    for field in &mut fields {
        let value = values.iter().find(|(name, _)| *name == field.name);
        field.value = value.map(|(_, value)| (*value).clone()).unwrap_or_default();
    }
    let line = |it: &engine::Entry| AuditLine {
        at: desk.moment(it.at),
        second: desk.second(it.at),
        who: it.origin.actor.to_string(),
        channel: it.origin.channel.to_string(),
        what: words::what(it, &titles, desk.language),
        account: it.posting.map_or_else(Link::default, |it| {
            Link::new(wire::account_id(it.account), account_path(it.account))
        }),
        reason: it.origin.reason.as_deref().unwrap_or_default().to_owned(),
    };
    let older = found.before.map(|it| format!("/console/audit?{}cursor={}", said(&values), it.0));
    let view = Audit {
        fields,
        lines: found.entries.iter().map(line).collect(),
        older: older.unwrap_or_default(),
        exports: Vec::new(),
    };
    Ok(page(view.to_html(&shell)))
}

/// What was asked for, for the address of the next page.
fn said(values: &[(&str, &String)]) -> String {
    let encode = |it: &str| {
        percent_encoding::utf8_percent_encode(it, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let said = values.iter().filter(|(_, it)| !it.is_empty());
    said.map(|(name, it)| format!("{name}={}&", encode(it))).collect()
}
