//! Who of those whom the issuer knows may come in: the user whose identity it is.
//!
//! An identity that nobody has yet becomes that of the user whom the claim names; or, where groups
//! give roles, a user is made. From then on nothing but issuer and subject counts: names and
//! addresses change hands.

use store::access::{AccessEvent, Identity, Means, NewUser, Note, Person, UserRecord};

use super::super::opening::LetIn;
use super::super::{Access, Visit, users};
use super::token::Claims;
use super::{OpenId, OpenIdError};
use crate::http::auth::Role;
use crate::http::text::is_invisible;

/// The claim that an issuer gives nobody else, ever, and whose letters count.
const SUBJECT: &str = "sub";
const EMAIL: &str = "email";

/// By whom what changes here was done.
const BY: &str = "openid";

pub struct Refused {
    pub why: &'static str,
    /// Whose name it would have been.
    pub person: Option<Person>,
}

fn refused<T>(why: &'static str, user: Option<&UserRecord>) -> Result<T, Refused> {
    Err(Refused { why, person: user.map(|it| Person::User(it.name.clone())) })
}

/// The user whom the claims are of, if they may come in.
pub(super) async fn admit(
    access: &Access,
    openid: &OpenId,
    claims: &Claims,
    visit: &Visit,
) -> Result<Result<LetIn, Refused>, OpenIdError> {
    let identity = Identity { issuer: openid.issuer.name.clone(), subject: claims.subject.clone() };
    let sought = identity.clone();
    let known = access.read(move |it| it.user_of(&sought)).await?;
    let role = role_of(openid, claims);
    if role.is_none() && !openid.roles.is_empty() {
        return Ok(refused("none of their groups has a role", known.as_ref()));
    }
    let user = match known {
        Some(user) => user,
        None => match find_or_make(access, openid, claims, (&identity, role), visit).await? {
            Ok(user) => user,
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    if user.disabled_at.is_some() {
        return Ok(refused("the user is disabled", Some(&user)));
    }
    if let Some(role) = role.filter(|it| it.name() != user.role) {
        let note = note(access, AccessEvent::UserChanged, &user.name, visit);
        let (name, display_name) = (user.name.clone(), user.display_name.clone());
        access.store(move |it| it.change_user(&name, &display_name, role.name(), &note)).await?;
    }
    let person = Person::User(user.name);
    let of = person.clone();
    let password = access.read(move |it| it.credential(&of)).await?.password;
    Ok(Ok(LetIn { person, password, identity: Some(identity), means: Means::OpenId }))
}

/// The strongest role that a group gives.
fn role_of(openid: &OpenId, claims: &Claims) -> Option<Role> {
    let groups = claims.words(&openid.roles_claim);
    openid.roles.iter().find(|(group, _)| groups.contains(&group.as_str())).map(|it| it.1)
}

/// For an identity that nobody has.
async fn find_or_make(
    access: &Access,
    openid: &OpenId,
    claims: &Claims,
    (identity, role): (&Identity, Option<Role>),
    visit: &Visit,
) -> Result<Result<UserRecord, Refused>, OpenIdError> {
    let called = match called(openid, claims) {
        Ok(called) => called,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let users = access.read(|it| it.users()).await?;
    let mut meant = users.into_iter().filter(|it| is_meant(it, &called, &openid.claim));
    let user = match (meant.next(), meant.next()) {
        (Some(user), None) => user,
        (Some(_), Some(_)) => return Ok(refused("several users are called so", None)),
        (None, _) => {
            return match role {
                Some(role) => make(access, claims, &called, (identity, role), visit).await,
                None => Ok(refused("no user is called so", None)),
            };
        }
    };
    let (name, given) = (user.name.clone(), identity.clone());
    let note = note(access, AccessEvent::UserChanged, &user.name, visit);
    match access.store(move |it| it.set_identity(&name, &given, &note)).await? {
        true => Ok(Ok(user)),
        false => Ok(refused("the user is disabled, or has another identity", Some(&user))),
    }
}

/// What the issuer calls them, by the claim that is configured.
fn called(openid: &OpenId, claims: &Claims) -> Result<String, Refused> {
    let Some(called) = claims.text(&openid.claim) else {
        return refused("the token does not have the claim that names the user", None);
    };
    // Elsewhere anybody may have written any address.
    if openid.claim == EMAIL && !claims.is_true("email_verified") {
        return refused("the issuer does not say that it has verified the e-mail", None);
    }
    Ok(called.to_owned())
}

/// Whether a user is called so: by what was said of them, else by their own name. Only plain
/// letters are the same in capitals: elsewhere in Unicode other letters become them.
fn is_meant(user: &UserRecord, called: &str, claim: &str) -> bool {
    let name = user.openid.as_deref().unwrap_or(&user.name);
    match claim {
        SUBJECT => name == called,
        _ => name.eq_ignore_ascii_case(called),
    }
}

/// Makes a user without a password, whose role a group gives.
async fn make(
    access: &Access,
    claims: &Claims,
    called: &str,
    (identity, role): (&Identity, Role),
    visit: &Visit,
) -> Result<Result<UserRecord, Refused>, OpenIdError> {
    let local = called.split('@').next().unwrap_or_default().to_ascii_lowercase();
    if users::check_name(&local).is_err() {
        return Ok(refused("no name of a user can be made of the claim", None));
    }
    let shown: String =
        claims.text("name").unwrap_or(called).chars().filter(|it| !is_invisible(*it)).collect();
    let shown = if users::check_display_name(&shown).is_ok() { shown } else { local.clone() };
    let note = note(access, AccessEvent::UserCreated, &local, visit);
    let user = NewUser {
        name: local.clone(),
        display_name: shown,
        role: role.name().to_owned(),
        password: None,
        identity: Some(identity.clone()),
        language: None,
        at: note.at,
    };
    let made = access.store(move |it| match it.create_user(&user, &note)? {
        true => it.user(&user.name),
        false => Ok(None),
    });
    match made.await? {
        Some(user) => Ok(Ok(user)),
        None => Ok(refused("the name that would be theirs is somebody else's", None)),
    }
}

fn note(access: &Access, event: AccessEvent, name: &str, visit: &Visit) -> Note {
    let person = Some(Person::User(name.to_owned()));
    Note { by: Some(BY.to_owned()), ..access.note(event, person, Some(Means::OpenId), visit) }
}
