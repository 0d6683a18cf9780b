//! Those who work here: users with their roles, and what they did.

use crate::{Badge, Cell, Column, Field, FieldKind, Link, Moment, Row, Shell, Table};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Users {
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    /// Where a user is added; empty where the role may not.
    pub add_href: String,
}

#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub login: String,
    pub href: String,
    /// By its name in the configuration.
    pub role: String,
    pub state: Badge,
    pub has_password: bool,
    pub openid: OpenId,
    pub last_seen: Option<Moment>,
    /// Sessions that are open.
    pub sessions: u64,
    /// What can be done: a word and where it is reviewed.
    pub actions: Vec<Link>,
}

/// Whether an identity at the issuer lets a user in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OpenId {
    #[default]
    None,
    /// By what the issuer calls them: theirs as soon as they come.
    Awaited(String),
    /// By what the issuer calls them; empty where that is their login.
    Linked(String),
}

#[derive(Clone, Debug, Default)]
pub struct Role {
    /// By its name in the configuration.
    pub name: String,
    /// What it may do, in the reader's words, a line each.
    pub may: Vec<String>,
}

fn role_word<'a>(name: &'a str, shell: &Shell) -> &'a str {
    shell.console().role(name)
}

/// `password, OpenID`, and below it what the issuer calls them.
fn signs_in_by(user: &User, shell: &Shell) -> Cell {
    let console = shell.console();
    let (openid, called) = match &user.openid {
        OpenId::None => (None, ""),
        OpenId::Awaited(called) => (Some(console.by_openid_awaited), called.as_str()),
        OpenId::Linked(called) => (Some(console.by_openid), called.as_str()),
    };
    let password = user.has_password.then_some(console.by_password);
    let ways: Vec<_> = password.into_iter().chain(openid).collect();
    match ways.as_slice() {
        [] => Cell::text("–"),
        ways => Cell::Twice(ways.join(", "), called.to_owned()),
    }
}

impl Users {
    fn users_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &User| {
            Row::new([
                Cell::LinkTwice(Link::new(&it.name, &it.href), it.login.clone()),
                Cell::text(role_word(&it.role, shell)),
                Cell::Badge(it.state.clone()),
                signs_in_by(it, shell),
                it.last_seen.map_or(Cell::text(console.never), Cell::Moment),
                Cell::Count(it.sessions),
                match it.actions.as_slice() {
                    [] => Cell::Empty,
                    actions => Cell::Links(actions.to_vec()),
                },
            ])
        };
        Table {
            caption: console.users_title.to_owned(),
            columns: vec![
                Column::text(console.person_word),
                Column::text(console.role_word),
                Column::text(console.state),
                Column::text(console.signs_in_by),
                Column::text(console.last_seen),
                Column::figure(console.sessions),
                Column::text(""),
            ],
            rows: self.users.iter().map(row).collect(),
        }
    }

    fn role_word<'a>(&self, role: &'a Role, shell: &Shell) -> &'a str {
        role_word(&role.name, shell)
    }
}

page!(Users, "console/users.html");

/// Finding what was done, by person, account, kind and time.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// From [`Audit::fields`], with what was typed.
    pub fields: Vec<Field>,
    /// Newest first.
    pub lines: Vec<AuditLine>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
    /// CSV: a text and where it is.
    pub exports: Vec<Link>,
}

#[derive(Clone, Debug, Default)]
pub struct AuditLine {
    pub at: Moment,
    pub second: u8,
    pub who: String,
    pub channel: String,
    /// What was done, in plain words.
    pub what: String,
    /// Whose account, and where it is seen; a text may be empty.
    pub account: Link,
    pub reason: String,
}

impl Audit {
    /// The empty fields: `actor`, `account`, `kind`, `from`, `to`.
    pub fn fields(kinds: Vec<crate::Choice>, shell: &Shell) -> Vec<Field> {
        let console = shell.console();
        vec![
            Field::new("actor", console.who, FieldKind::Text).unmarked(),
            Field::new("account", console.account_word, FieldKind::Text).unmarked(),
            Field::new("kind", console.kind_of_entry, FieldKind::Select(kinds)).unmarked(),
            Field::new("from", console.period_from, FieldKind::Date).unmarked(),
            Field::new("to", console.period_to, FieldKind::Date).unmarked(),
        ]
    }

    fn table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &AuditLine| {
            let clock = format!("{}:{:02}", it.at.time(), it.second);
            Row::new([
                Cell::Twice(it.what.clone(), it.reason.clone()),
                Cell::Twice(it.who.clone(), it.channel.clone()),
                match it.account.text.as_str() {
                    "" => Cell::Empty,
                    _ => Cell::Link(it.account.clone()),
                },
                Cell::Twice(shell.say().day_text(&it.at), clock),
            ])
        };
        let columns = [console.what, console.who, console.account_word, console.when];
        Table {
            caption: console.audit_title.to_owned(),
            columns: columns.into_iter().map(Column::text).collect(),
            rows: self.lines.iter().map(row).collect(),
        }
    }
}

page!(Audit, "console/audit.html");
