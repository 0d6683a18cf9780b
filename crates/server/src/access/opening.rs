//! What every way of signing in has in common: counting, failing, and opening a session.

use std::convert::Infallible;
use std::fmt;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponseParts, ResponseParts};
use engine::{CustomerId, ShardId};
use store::StoreError;
use store::access::{AccessEvent, Allowance, Identity, Means, NewSession, Note, Person};

use super::cookies::{self, Keep};
use super::limits::Counted;
use super::tokens::Token;
use super::{Access, Area, Visit};
use crate::http::error::Problem;
use crate::shard::Unavailable;

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SignInError {
    /// Name, password or code do not fit; which of them is not said.
    Wrong,
    /// Too many attempts; the next one is looked at after this.
    Wait { seconds: i64 },
    /// Too many sign in at this moment.
    Busy,
    /// The world did not work.
    Failed(Problem),
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong => f.write_str("that does not fit together"),
            Self::Wait { seconds } => write!(f, "try again in {seconds} s"),
            Self::Busy => f.write_str("try again in a moment"),
            Self::Failed(problem) => f.write_str(&problem.title),
        }
    }
}

impl From<Problem> for SignInError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Unavailable> for SignInError {
    fn from(error: Unavailable) -> Self {
        Self::Failed(error.into())
    }
}

/// Somebody who may come in, and what that rests on: a session is opened only while it does.
pub(super) struct LetIn {
    pub person: Person,
    /// The hash of the password that they had at that moment.
    pub password: Option<String>,
    /// The identity that lets them in, if it is one.
    pub identity: Option<Identity>,
    pub means: Means,
}

/// Somebody is signed in. It is part of the answer, which thereby sets the cookie:
/// `(signed_in, Redirect::to(…))`.
pub struct SignedIn {
    pub person: Person,
    /// The person's, where it is remembered.
    pub language: Option<String>,
    cookie: HeaderValue,
}

impl IntoResponseParts for SignedIn {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.headers_mut().append(header::SET_COOKIE, self.cookie);
        Ok(parts)
    }
}

impl Access {
    /// Counts an attempt before it is looked at.
    pub(super) async fn count(&self, counted: &Counted) -> Result<(), SignInError> {
        self.count_all(&counted.allowances()).await
    }

    pub(super) async fn count_all(&self, allowances: &[Allowance]) -> Result<(), SignInError> {
        let (allowances, now) = (allowances.to_vec(), self.now());
        let until = self.store(move |it| it.attempt(&allowances, now)).await?;
        match until {
            None => Ok(()),
            // Rounded up: whoever comes after so many seconds is let in.
            Some(until) => {
                count_outcome("slowed_down");
                let seconds = (until.since(now) + 999_999) / 1_000_000;
                Err(SignInError::Wait { seconds })
            }
        }
    }

    pub(super) async fn forgive(&self, counted: &Counted) -> Result<(), StoreError> {
        let (forgotten, fewer) = counted.after_success();
        self.store(move |it| it.forgive(&forgotten, &fewer)).await
    }

    /// Takes one attempt back that was not looked at.
    pub(super) async fn forgive_one(&self, counted: &Counted) -> Result<(), StoreError> {
        let keys = counted.allowances().map(|it| it.key);
        self.store(move |it| it.forgive(&[], &keys)).await
    }

    /// Notes that it was wrong.
    pub(super) async fn fail(
        &self,
        known: Option<Person>,
        means: Means,
        visit: &Visit,
    ) -> SignInError {
        count_outcome("failed");
        let note = self.note(AccessEvent::SignInFailed, known, Some(means), visit);
        match self.store(move |it| it.note(&note)).await {
            Ok(()) => SignInError::Wrong,
            Err(error) => error.into(),
        }
    }

    /// Opens a session with a token of its own: one that the browser had before opens nothing more.
    /// A new password, or being disabled, shuts out who is on the way in.
    pub(super) async fn open(
        &self,
        area: Area,
        let_in: LetIn,
        visit: &Visit,
    ) -> Result<SignedIn, SignInError> {
        let LetIn { person, password, identity, means } = let_in;
        let token = Token::draw().map_err(|_| Problem::internal())?;
        let lasting = self.options.lasting(area);
        let now = self.now();
        let ends_at = now.plus(lasting.whole);
        let session = NewSession {
            digest: token.digest(),
            person: person.clone(),
            password,
            identity,
            at: now,
            until: now.plus(lasting.idle).min(ends_at),
            ends_at,
            agent: visit.agent.clone(),
            address: visit.address.map(|it| it.to_string()),
        };
        let note = self.note(AccessEvent::SignedIn, Some(person.clone()), Some(means), visit);
        let earlier = visit.token(area).map(Token::digest);
        let left = Note { event: AccessEvent::SignedOut, means: None, ..note.clone() };
        let opened = self
            .store(move |it| {
                if let Some(earlier) = earlier
                    && let Some(found) = it.session(&earlier, now)?
                {
                    let person = found.session.person;
                    let left = Note { person: Some(person.clone()), ..left };
                    it.end_session(&person, found.session.id, &left)?;
                }
                let opened = it.open_session(&session, &note)?;
                opened.map(|_| Ok(it.credential(&session.person)?.language)).transpose()
            })
            .await?;
        let Some(language) = opened else {
            return Err(self.fail(Some(person), means, visit).await);
        };
        count_outcome("signed_in");
        let keep = match area {
            Area::Console => Keep::UntilClosed,
            Area::SelfCare => Keep::Seconds(lasting.whole / 1_000_000),
        };
        let shard = person.customer().map_or(ShardId::FIRST, CustomerId::shard);
        let cookie = cookies::write(area.cookie(), &cookies::of_shard(&token, shard), &keep);
        Ok(SignedIn { person, language, cookie })
    }
}

/// For `/metrics`: a wave of failures is worth an alarm.
pub(super) fn count_outcome(outcome: &'static str) {
    metrics::counter!("sporran_sign_ins_total", "outcome" => outcome).increment(1);
}
