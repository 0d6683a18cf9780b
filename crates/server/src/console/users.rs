//! Users: who may come in to the console, and what is done about it.
//!
//! **Invariant:** a password is drawn, shown once in the answer that sets it, and nowhere else. It
//! follows from the form's key, so that a form that is sent twice says the same password.

mod steps;

use std::collections::BTreeMap;

use axum::response::Response;
use axum::routing::get;
use pages::console::action::{ActionKind, Outcome};
use pages::console::staff::{OpenId, Role, User, Users};
use pages::{Badge, Console, Link, Notice, Place, Tone};
use store::access::{UserRecord, UserSeen};

use super::action::said;
use super::desk::page;
use super::{Desk, Door, offers};
use crate::access::{self, NewUserForm, NotDone, Visit, users};
use crate::faces::{Failed, Typed, notice};
use crate::http::auth;
use crate::http::error::{Fault, Problem};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::text;

use steps::{Form, password_is, password_seen, words};

const PLACE: &str = "/console/users";

/// What is done about a user who is there.
const ON_USER: [ActionKind; 5] = [
    ActionKind::ChangeUser,
    ActionKind::NewPassword,
    ActionKind::DisableUser,
    ActionKind::EnableUser,
    ActionKind::EndSessions,
];

/// The doors of users, and of everything that is done about them.
pub fn doors() -> Vec<Door> {
    let of_user = |kind: ActionKind| {
        let path = format!("{PLACE}/{{user}}/{}", offers::slug(kind));
        let fill = move |desk, user, typed| fill(kind, desk, user, typed);
        let send = move |desk, visit, user, typed| send(kind, desk, visit, user, typed);
        Door::both(path, offers::needs(kind), get(fill).post(send))
    };
    let add = Door::both(
        format!("{PLACE}/new"),
        offers::needs(ActionKind::AddUser),
        get(fill_new).post(send_new),
    );
    let list = Door::new(PLACE, auth::Permission::Configure, get(show_users));
    [list, add].into_iter().chain(ON_USER.into_iter().map(of_user)).collect()
}

/// `GET /console/users`
pub async fn show_users(desk: Desk) -> Result<Response, Failed> {
    let found = access::list_users(&desk.app, &desk.staff).await?;
    let role = |it: auth::Role| Role {
        name: it.name().replace('-', "_"),
        may: auth::Permission::ALL
            .into_iter()
            .filter(|permission| it.may(*permission))
            .map(|permission| may_word(permission.name(), &desk))
            .collect(),
    };
    let may_add = desk.may(offers::needs(ActionKind::AddUser));
    let view = Users {
        users: found.iter().map(|it| line(&desk, it)).collect(),
        roles: auth::Role::ALL.into_iter().map(role).collect(),
        add_href: if may_add { format!("{PLACE}/new") } else { String::new() },
    };
    Ok(page(view.to_html(&desk.shell(Some(Place::Users)))))
}

fn line(desk: &Desk, seen: &UserSeen) -> User {
    let user = &seen.user;
    let is_offered = |kind: &ActionKind| {
        desk.may(offers::needs(*kind))
            && match kind {
                ActionKind::DisableUser => {
                    user.disabled_at.is_none() && user.name != desk.staff.name
                }
                ActionKind::EnableUser => user.disabled_at.is_some(),
                ActionKind::EndSessions => seen.sessions > 0,
                _ => true,
            }
    };
    let link = |kind| Link::new(ActionKind::brief(kind, desk.language), path(&user.name, kind));
    User {
        name: user.display_name.clone(),
        login: user.name.clone(),
        href: format!("/console/audit?actor=user.{}", user.name),
        role: user.role.replace('-', "_"),
        state: if user.disabled_at.is_some() { Badge::Off } else { Badge::On },
        has_password: user.password_at.is_some(),
        openid: match (&user.identity, user.openid.clone()) {
            (Some(_), called) => OpenId::Linked(called.unwrap_or_default()),
            (None, Some(called)) => OpenId::Awaited(called),
            (None, None) => OpenId::None,
        },
        last_seen: seen.seen_at.map(|it| desk.moment(it)),
        sessions: seen.sessions,
        actions: ON_USER.into_iter().filter(is_offered).map(link).collect(),
    }
}

/// What a permission lets one do, in the reader's words.
fn may_word(name: &str, desk: &Desk) -> String {
    Console::of(desk.language).named("may", name).unwrap_or(name).to_owned()
}

/// `/console/users/ann/new-password`
fn path(user: &str, kind: ActionKind) -> String {
    format!("{PLACE}/{user}/{}", offers::slug(kind))
}

/// `GET /console/users/new`
async fn fill_new(
    desk: Desk,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let typed = Typed::fresh(typed)?;
    Ok(Form { kind: ActionKind::AddUser, desk: &desk, user: None, typed: &typed }.fill(None))
}

/// `POST /console/users/new`
async fn send_new(desk: Desk, visit: Visit, typed: Typed) -> Result<Response, Failed> {
    let kind = ActionKind::AddUser;
    let form = Form { kind, desk: &desk, user: None, typed: &typed };
    let step = typed.get("step");
    if step == "change" {
        return Ok(form.fill(None));
    }
    let new = match read_new(&typed) {
        Ok(new) => new,
        Err(not_done) => return form.not_done(not_done),
    };
    if step != "do" {
        let mut lines = said(kind, desk.language, &typed, &["role"]);
        let role = Console::of(desk.language).role(new.role.name());
        lines.push(Outcome::new(Tone::Calm, role));
        lines.push(Outcome::new(Tone::Soon, words(&desk, "will", kind, "")));
        return Ok(form.review(lines));
    }
    let password = access::password_of(&desk.app, typed.get("key"), new.name);
    let new = NewUserForm { password: &password, ..new };
    match make(&desk, &new, &visit).await {
        Ok(()) => Ok(password_is(&desk, kind, (new.name, new.display_name), &password)),
        Err(not_done) => form.not_done(not_done),
    }
}

/// Makes a user; nothing more where this very form has made them before.
async fn make(desk: &Desk, new: &NewUserForm<'_>, visit: &Visit) -> Result<(), NotDone> {
    let made = access::create_user(&desk.app, new, &desk.staff, visit).await;
    let is_taken = matches!(made, Err(NotDone::Field { field: "name", .. }));
    match is_taken && is_password(desk, new.name, new.password).await? {
        true => Ok(()),
        false => made,
    }
}

async fn is_password(desk: &Desk, name: &str, password: &str) -> Result<bool, NotDone> {
    access::has_password(&desk.app, name, password, &desk.staff).await
}

/// What was typed of a new user, whose password is not drawn yet.
fn read_new(typed: &Typed) -> Result<NewUserForm<'_>, NotDone> {
    let name = typed.get("login");
    let (display_name, role) = read_user(typed)?;
    let checked = users::check_name(name);
    checked.map_err(|why| Problem::faulty("login", Fault::Name, why))?;
    Ok(NewUserForm { name, display_name, role, password: "" })
}

fn read_user(typed: &Typed) -> Result<(&str, auth::Role), NotDone> {
    let display_name = typed.get("name");
    text::check("name", display_name, users::DISPLAY_NAME_MAX)?;
    let role = users::role(typed.get("role"));
    let role = role.map_err(|why| Problem::faulty("role", Fault::Choose, why))?;
    Ok((display_name, role))
}

async fn find(desk: &Desk, name: String) -> Result<UserRecord, Failed> {
    let found = desk.app.access.read(move |it| it.user(&name)).await?;
    found.ok_or_else(Failed::not_found)
}

/// `GET /console/users/{user}/…`
async fn fill(
    kind: ActionKind,
    desk: Desk,
    Path(user): Path<String>,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let user = find(&desk, user).await?;
    let typed = Typed::fresh(typed)?;
    Ok(Form { kind, desk: &desk, user: Some(&user), typed: &typed }.begin())
}

/// `POST` to the same addresses.
async fn send(
    kind: ActionKind,
    desk: Desk,
    visit: Visit,
    Path(user): Path<String>,
    typed: Typed,
) -> Result<Response, Failed> {
    let user = find(&desk, user).await?;
    let form = Form { kind, desk: &desk, user: Some(&user), typed: &typed };
    match (kind, typed.get("step")) {
        (ActionKind::NewPassword, "do") => give_password(&form, &user, &visit).await,
        (_, "do") => match carry_out(&form, &user.name, &visit).await {
            Ok(()) => {
                let name = match kind {
                    ActionKind::ChangeUser => typed.get("name"),
                    _ => &user.display_name,
                };
                let done = Notice::new(Tone::On, words(&desk, "did", kind, name));
                Ok(notice::go_on(PLACE, &done))
            }
            Err(not_done) => form.not_done(not_done),
        },
        (ActionKind::ChangeUser, "") => match read_user(&typed) {
            Ok(changed) => Ok(form.review(differences(&desk, &user, changed))),
            Err(not_done) => form.not_done(not_done),
        },
        _ => Ok(form.begin()),
    }
}

/// What would be different of a user.
fn differences(desk: &Desk, user: &UserRecord, (name, role): (&str, auth::Role)) -> Vec<Outcome> {
    let console = Console::of(desk.language);
    let roles = (console.role(&user.role), console.role(role.name()));
    let pairs = [(user.display_name.as_str(), name), roles];
    let different = pairs.into_iter().filter(|(was, is)| was != is);
    let line = |(was, is)| Outcome::new(Tone::Calm, format!("{was} → {is}"));
    let lines: Vec<Outcome> = different.map(line).collect();
    match lines.as_slice() {
        [] => vec![Outcome::new(Tone::Calm, console.nothing_differs)],
        _ => lines,
    }
}

async fn carry_out(form: &Form<'_>, name: &str, visit: &Visit) -> Result<(), NotDone> {
    let (app, by) = (&form.desk.app, &*form.desk.staff);
    match form.kind {
        ActionKind::ChangeUser => {
            access::change_user(app, name, read_user(form.typed)?, by, visit).await
        }
        ActionKind::DisableUser => access::disable_user(app, name, by, visit).await,
        ActionKind::EnableUser => access::enable_user(app, name, by, visit).await,
        ActionKind::EndSessions => access::end_user_sessions(app, name, by, visit).await,
        _ => Err(Problem::internal().into()),
    }
}

/// Sets the password that follows from the form, while the user has the one that they had when the
/// form was looked at.
async fn give_password(
    form: &Form<'_>,
    user: &UserRecord,
    visit: &Visit,
) -> Result<Response, Failed> {
    let desk = form.desk;
    let password = access::password_of(&desk.app, form.typed.get("key"), &user.name);
    let whose = (user.name.as_str(), user.display_name.as_str());
    let is_as_seen = form.typed.get("seen") == password_seen(user);
    let set = match is_as_seen {
        true => {
            let by = &*desk.staff;
            let set = access::set_user_password(&desk.app, &user.name, &password, by, visit);
            set.await.map(|()| true)
        }
        // The same form again says what it said.
        false => is_password(desk, &user.name, &password).await,
    };
    match set {
        Ok(true) => Ok(password_is(desk, form.kind, whose, &password)),
        Ok(false) => {
            let text = Console::of(desk.language).changed_meanwhile;
            let typed = form.typed.again()?;
            let form = Form { typed: &typed, ..*form };
            Ok(form.fill(Some(Notice::new(Tone::Soon, text))))
        }
        Err(not_done) => form.not_done(not_done),
    }
}
