//! Users, as an administrator makes and changes them in the console.
//!
//! **Invariant:** whoever may not configure gets nothing done here; and nobody takes the console
//! away from themselves, so that somebody is always left who can.

use store::StoreError;
use store::access::{AccessEvent, NewUser, Note, Person, UserSeen};

use super::passwords::{self, NotSet, PasswordFault, Verdict, fault_of_user};
use super::{Staff, Visit, users};
use crate::http::app::App;
use crate::http::auth::{Permission, Role};
use crate::http::error::Problem;

/// What a form says of a new user.
pub struct NewUserForm<'a> {
    pub name: &'a str,
    pub display_name: &'a str,
    pub role: Role,
    pub password: &'a str,
}

/// Why nothing was done.
#[derive(Debug)]
pub enum NotDone {
    /// What is wrong in a field, in words that complete its name.
    Field {
        field: &'static str,
        why: String,
    },
    Password(PasswordFault),
    /// Nobody takes their own role or the console away from themselves.
    Yourself,
    /// Too many passwords are being hashed at this moment.
    Busy,
    Failed(Problem),
}

impl From<Problem> for NotDone {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Every user, by name, with their sessions.
pub async fn list_users(app: &App, by: &Staff) -> Result<Vec<UserSeen>, Problem> {
    by.authorise(Permission::Audit)?;
    let now = app.access.now();
    Ok(app.access.read(move |it| it.users_seen(now)).await?)
}

pub async fn create_user(
    app: &App,
    form: &NewUserForm<'_>,
    by: &Staff,
    visit: &Visit,
) -> Result<(), NotDone> {
    by.authorise(Permission::Configure)?;
    let name = form.name.trim();
    check("name", users::check_name(name))?;
    check("display_name", users::check_display_name(form.display_name))?;
    check_role(form.role)?;
    if let Some(fault) = fault_of_user(form.password, &[name, form.display_name]) {
        return Err(NotDone::Password(fault));
    }
    let hash = app.access.passwords.hash(form.password.to_owned()).await;
    let user = NewUser {
        name: name.to_owned(),
        display_name: form.display_name.to_owned(),
        role: form.role.name().to_owned(),
        password: Some(hash.map_err(|_| NotDone::Busy)?),
        identity: None,
        language: None,
        at: app.access.now(),
    };
    let note = note(app, AccessEvent::UserCreated, name, by, visit);
    match app.access.store(move |it| it.create_user(&user, &note)).await? {
        true => Ok(()),
        false => Err(NotDone::Field { field: "name", why: "is somebody's already".to_owned() }),
    }
}

pub async fn change_user(
    app: &App,
    name: &str,
    (display_name, role): (&str, Role),
    by: &Staff,
    visit: &Visit,
) -> Result<(), NotDone> {
    by.authorise(Permission::Configure)?;
    check("display_name", users::check_display_name(display_name))?;
    check_role(role)?;
    if name == by.name && role != by.role {
        return Err(NotDone::Yourself);
    }
    let note = note(app, AccessEvent::UserChanged, name, by, visit);
    let (name, display_name) = (name.to_owned(), display_name.to_owned());
    let change = move |it: &mut dyn store::access::AccessStore| {
        it.change_user(&name, &display_name, role.name(), &note)
    };
    done(app.access.store(change).await?)
}

/// Lets a user in no more, and ends their sessions.
pub async fn disable_user(app: &App, name: &str, by: &Staff, visit: &Visit) -> Result<(), NotDone> {
    by.authorise(Permission::Configure)?;
    if name == by.name {
        return Err(NotDone::Yourself);
    }
    let note = note(app, AccessEvent::UserDisabled, name, by, visit);
    let name = name.to_owned();
    done(app.access.store(move |it| it.switch_user(&name, Some(note.at), &note)).await?)
}

pub async fn enable_user(app: &App, name: &str, by: &Staff, visit: &Visit) -> Result<(), NotDone> {
    by.authorise(Permission::Configure)?;
    let note = note(app, AccessEvent::UserEnabled, name, by, visit);
    let name = name.to_owned();
    done(app.access.store(move |it| it.switch_user(&name, None, &note)).await?)
}

/// Gives a user who lost it another password, and ends their sessions.
pub async fn set_user_password(
    app: &App,
    name: &str,
    password: &str,
    by: &Staff,
    visit: &Visit,
) -> Result<(), NotDone> {
    by.authorise(Permission::Configure)?;
    let person = Person::User(name.to_owned());
    let who = Some(format!("{}{}", users::ACTOR_PREFIX, by.name));
    let set = passwords::set_password(app, &person, password, None, who, visit).await;
    set.map_err(|error| match error {
        NotSet::Fault(fault) => NotDone::Password(fault),
        NotSet::SignIn(super::SignInError::Failed(problem)) => NotDone::Failed(problem),
        NotSet::SignIn(_) => NotDone::Busy,
    })
}

/// Ends every session of a user.
pub async fn end_user_sessions(
    app: &App,
    name: &str,
    by: &Staff,
    visit: &Visit,
) -> Result<(), NotDone> {
    by.authorise(Permission::Configure)?;
    let note = note(app, AccessEvent::SessionsEnded, name, by, visit);
    let person = Person::User(name.to_owned());
    app.access.store(move |it| it.end_sessions(&person, None, &note)).await?;
    Ok(())
}

/// Whether this is a user's password now.
pub async fn has_password(
    app: &App,
    name: &str,
    password: &str,
    by: &Staff,
) -> Result<bool, NotDone> {
    by.authorise(Permission::Configure)?;
    let person = Person::User(name.to_owned());
    let kept = app.access.read(move |it| it.credential(&person)).await?.password;
    let verdict = app.access.passwords.verify(kept, password.to_owned()).await;
    let verdict = verdict.map_err(|_| NotDone::Busy)?;
    Ok(matches!(verdict, Verdict::Right | Verdict::Old(_)))
}

/// The password that a form hands out to a user: the same for the same form, so that one that is
/// sent twice says the same. Without the secret of this place nobody finds it, whatever they know
/// of the form.
pub fn password_of(app: &App, form: &str, user: &str) -> String {
    let signed = app.access.seal.sign("password", &[form.as_bytes(), user.as_bytes()]);
    users::spell(&signed)
}

fn note(app: &App, event: AccessEvent, name: &str, by: &Staff, visit: &Visit) -> Note {
    let note = app.access.note(event, Some(Person::User(name.to_owned())), None, visit);
    Note { by: Some(format!("{}{}", users::ACTOR_PREFIX, by.name)), ..note }
}

fn done(found: bool) -> Result<(), NotDone> {
    if found { Ok(()) } else { Err(Problem::not_found("such user").into()) }
}

fn check(field: &'static str, checked: anyhow::Result<()>) -> Result<(), NotDone> {
    checked.map_err(|why| NotDone::Field { field, why: why.to_string() })
}

fn check_role(role: Role) -> Result<(), NotDone> {
    match users::ROLES.contains(&role) {
        true => Ok(()),
        false => Err(NotDone::Field { field: "role", why: "is one of machines".to_owned() }),
    }
}
