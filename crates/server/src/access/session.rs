//! Whose request it is: the session of its cookie, and what may be done in it.
//!
//! **Invariant:** a handler that takes [`Staff`] or [`Customer`] is reached only with a running
//! session; what staff may do is asked of [`Role::may`] alone, and what is a customer's of
//! [`Customer::owns`].

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, IntoResponseParts, Redirect, Response, ResponseParts};
use engine::{AccountId, AccountRef, CustomerId, Name, Origin, Refusal};
use pages::Csrf;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::StoreError;
use store::access::{AccessEvent, Found, Note, Person, SessionId, SessionRecord, SignInQuery};

use super::cookies::{self, Keep};
use super::users::actor;
use super::{Access, Area, Visit};
use crate::http::app::App;
use crate::http::auth::{Caller, Permission, Role};
use crate::http::error::Problem;
use crate::http::{text, wire};

/// A user of the console who is signed in.
pub struct Staff {
    /// How they sign in.
    pub name: String,
    pub display_name: String,
    pub role: Role,
    pub language: Option<String>,
    pub session: SessionRecord,
    /// For every form of the page.
    pub csrf: Csrf,
    actor: Name,
}

/// A customer who is signed in.
pub struct Customer {
    pub id: CustomerId,
    pub language: Option<String>,
    pub session: SessionRecord,
    /// For every form of the page.
    pub csrf: Csrf,
}

/// There is no running session.
pub enum Rejected {
    SignIn {
        area: Area,
        /// Where one wanted to go.
        next: Option<String>,
    },
    /// A feed or a script, which a page to sign in is of no use to.
    Unauthenticated,
    Failed(Problem),
}

impl Staff {
    pub fn person(&self) -> Person {
        Person::User(self.name.clone())
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// The caller for whatever needs this permission.
    pub fn authorise(&self, permission: Permission) -> Result<Caller, Problem> {
        Caller { name: self.actor, role: self.role }.require(permission)
    }

    /// For the entries that come of what they do.
    pub fn origin(&self, reason: Option<&str>) -> Result<Origin, Problem> {
        let reason = reason.map(str::trim).filter(|it| !it.is_empty());
        if let Some(reason) = reason {
            text::check("reason", reason, 256)?;
        }
        let channel = name(Area::Console.channel())?;
        Ok(Origin { actor: self.actor, channel, reason: reason.map(Into::into) })
    }
}

impl Customer {
    pub fn person(&self) -> Person {
        Person::Customer(self.id)
    }

    /// The account, when it is theirs. One of somebody else is answered as one that is not there.
    pub async fn owns(&self, app: &App, account: &AccountRef) -> Result<AccountId, Problem> {
        let customer = self.id;
        let asked = account.clone();
        let look = move |it: &engine::State, _| {
            let found = it.resolve(&asked)?;
            match found.customer == customer {
                true => Ok(found.id),
                false => Err(Refusal::AccountNotFound {
                    account: wire::account_ref(&asked),
                    check_digit_wrong: false,
                }),
            }
        };
        app.shard.read(None, look).await?.map_err(|refusal| Problem::refused(&refusal))
    }

    /// For the entries that come of what they do. Which customer it was, the entry says: they
    /// touch what is theirs alone, and a name for each would fill the table of names.
    pub fn origin(&self) -> Result<Origin, Problem> {
        let (actor, channel) = (name("customer")?, name(Area::SelfCare.channel())?);
        Ok(Origin { actor, channel, reason: None })
    }
}

fn name(text: &str) -> Result<Name, Problem> {
    // Only a process that has all the names it can keep has no place for one more.
    Name::new(text).map_err(|_| Problem::internal())
}

impl FromRequestParts<App> for Staff {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejected> {
        let (found, csrf) = look(&app.access, parts, Area::Console).await?;
        let Found { session, user, language } = found;
        let user = user.ok_or_else(|| rejected(parts, Area::Console))?;
        // A role that a newer version made means nothing here.
        let role = Role::from_name(&user.role).ok_or_else(|| rejected(parts, Area::Console))?;
        let actor = actor(&user.name).map_err(|_| Rejected::Failed(Problem::internal()))?;
        let (name, display_name) = (user.name, user.display_name);
        Ok(Self { name, display_name, role, language, session, csrf, actor })
    }
}

impl FromRequestParts<App> for Customer {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejected> {
        let (found, csrf) = look(&app.access, parts, Area::SelfCare).await?;
        let Found { session, language, .. } = found;
        let id = session.person.customer().ok_or_else(|| rejected(parts, Area::SelfCare))?;
        Ok(Self { id, language, session, csrf })
    }
}

/// The session of the cookie, and the token of its forms.
async fn look(access: &Access, parts: &Parts, area: Area) -> Result<(Found, Csrf), Rejected> {
    let token = cookies::read(&parts.headers, area.cookie());
    let token = token.ok_or_else(|| rejected(parts, area))?;
    let (digest, now) = (token.digest(), access.now());
    let lasting = access.options.lasting(area);
    let is_by_itself = is_feed(&parts.headers) || is_refresh(&parts.headers);
    let failed = |error: StoreError| Rejected::Failed(error.into());
    let found = access.read(move |it| it.session(&digest, now)).await.map_err(failed)?;
    let mut found = found.ok_or_else(|| rejected(parts, area))?;
    let session = &mut found.session;
    // A page that lies open asks by itself, and that is no visit.
    if !is_by_itself && now.since(session.seen_at) >= lasting.note_after() {
        let until = now.plus(lasting.idle).min(session.ends_at).max(session.until);
        let id = session.id;
        access.store(move |it| it.touch_session(id, now, until)).await.map_err(failed)?;
        (session.seen_at, session.until) = (now, until);
    }
    Ok((found, Csrf(access.seal.csrf(&token))))
}

fn is_feed(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    accept.is_some_and(|it| it.starts_with("text/event-stream"))
}

/// Whether the script fetches anew what an open page shows, because something has changed.
fn is_refresh(headers: &HeaderMap) -> bool {
    headers.get("sporran-part").is_some_and(|it| it == "live")
}

fn rejected(parts: &Parts, area: Area) -> Rejected {
    let by_script = parts.headers.get("sec-fetch-dest").is_some_and(|it| it == "empty");
    if by_script || is_feed(&parts.headers) {
        return Rejected::Unauthenticated;
    }
    let next = (parts.method == Method::GET).then(|| parts.uri.path_and_query());
    let next = next.flatten().map(|it| it.as_str().to_owned());
    Rejected::SignIn { area, next }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { area, next } => {
                let next =
                    next.map(|it| format!("?next={}", utf8_percent_encode(&it, NON_ALPHANUMERIC)));
                let path = area.sign_in_path();
                Redirect::to(&format!("{path}{}", next.unwrap_or_default())).into_response()
            }
            Self::Unauthenticated => StatusCode::UNAUTHORIZED.into_response(),
            Self::Failed(problem) => problem.into_response(),
        }
    }
}

/// The browser forgets its cookie. It is part of the answer: `(signed_out, Redirect::to(…))`.
pub struct SignedOut(HeaderValue);

impl IntoResponseParts for SignedOut {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.headers_mut().append(header::SET_COOKIE, self.0);
        Ok(parts)
    }
}

fn signed_out(of: &Person) -> SignedOut {
    let area = match of {
        Person::User(_) => Area::Console,
        Person::Customer(_) => Area::SelfCare,
    };
    SignedOut(cookies::write(area.cookie(), "", &Keep::Gone))
}

/// Ends the session that one is in.
pub async fn sign_out(
    app: &App,
    of: &Person,
    session: SessionId,
    visit: &Visit,
) -> Result<SignedOut, Problem> {
    let note = app.access.note(AccessEvent::SignedOut, Some(of.clone()), None, visit);
    let person = of.clone();
    app.access.store(move |it| it.end_session(&person, session, &note)).await?;
    Ok(signed_out(of))
}

/// Ends every session of a person, this one too.
pub async fn sign_out_everywhere(
    app: &App,
    of: &Person,
    visit: &Visit,
) -> Result<SignedOut, Problem> {
    let note = app.access.note(AccessEvent::SessionsEnded, Some(of.clone()), None, visit);
    let person = of.clone();
    app.access.store(move |it| it.end_sessions(&person, None, &note)).await?;
    Ok(signed_out(of))
}

/// What has happened lately to how a person comes in, newest first.
pub async fn lately(app: &App, of: &Person, count: usize) -> Result<Vec<Note>, Problem> {
    let query = SignInQuery { person: Some(of.clone()), ..SignInQuery::default() };
    let found = app.access.read(move |it| it.sign_ins(&query, count)).await?;
    Ok(found.into_iter().map(|it| it.1).collect())
}

/// A person's running sessions, the last seen first.
pub async fn sessions_of(app: &App, of: &Person) -> Result<Vec<SessionRecord>, Problem> {
    let (person, now) = (of.clone(), app.access.now());
    Ok(app.access.read(move |it| it.sessions_of(&person, now)).await?)
}

/// Ends another session of the same person; `false` when they have no such session.
pub async fn end_session(
    app: &App,
    of: &Person,
    session: SessionId,
    visit: &Visit,
) -> Result<bool, Problem> {
    let note = app.access.note(AccessEvent::SessionsEnded, Some(of.clone()), None, visit);
    let person = of.clone();
    Ok(app.access.store(move |it| it.end_session(&person, session, &note)).await?)
}

/// From now on the person's pages are in this language, wherever they sign in.
pub async fn remember_language(
    app: &App,
    of: &Person,
    language: pages::Language,
) -> Result<(), Problem> {
    let person = of.clone();
    Ok(app.access.store(move |it| it.set_language(&person, language.tag())).await?)
}
