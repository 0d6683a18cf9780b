//! Sign-in of staff through OpenID Connect: the authorization code flow with PKCE, state and nonce.
//!
//! ```text
//!   begin ──▶ errand in a cookie ──▶ the issuer ──▶ callback: does its state fit the errand?
//!     ──▶ code for a token ──▶ by the issuer, for us, for this errand? ──▶ admit ──▶ session
//! ```
//!
//! **Invariant:** nobody comes in but by a token that the issuer signed for us in answer to the
//! errand that this very browser set out on, once. No secret, code or token is in a log.

mod admit;
pub mod config;
mod errand;
mod issuer;
mod signature;
mod token;

use std::convert::Infallible;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponseParts, ResponseParts};
use serde::Deserialize;
use store::StoreError;
use store::access::{Means, Person};

use super::opening::{SignInError, SignedIn};
use super::{Access, Area, Visit, limits};
use crate::http::app::App;
use crate::http::auth::Role;
use crate::http::error::Problem;
use errand::Errand;
use issuer::{Issuer, code_of};

/// Where one sets out, and where the issuer sends one back to.
pub const BEGIN: &str = "/console/sign-in/openid";
pub const CALLBACK: &str = "/console/sign-in/openid/callback";

/// A longer code or state is none of an issuer's.
const PARAMETER_MAX: usize = 4_096;

pub struct OpenId {
    /// What the sign-in page calls it.
    pub button: String,
    scope: String,
    claim: String,
    roles_claim: String,
    /// By group, the strongest first.
    roles: Vec<(String, Role)>,
    issuer: Issuer,
}

/// What the issuer sends along, as far as it is of use; there is more.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Returned {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Why nobody was let in.
#[derive(Debug)]
pub enum OpenIdError {
    /// It took too long, was begun in another browser, or has had its answer.
    Stale,
    /// The issuer says no, or the person did.
    BrokenOff,
    /// The issuer could not be asked, or said nothing that can be believed.
    NotConfirmed,
    /// Somebody whom the issuer knows, and who may not come in here.
    NotAdmitted,
    SignIn(SignInError),
}

impl From<SignInError> for OpenIdError {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

impl From<StoreError> for OpenIdError {
    fn from(error: StoreError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<Problem> for OpenIdError {
    fn from(problem: Problem) -> Self {
        Self::SignIn(problem.into())
    }
}

/// A browser sets out or is back. It is part of the answer, which thereby sets its cookie:
/// `(errand, Redirect::to(…))`.
pub struct ErrandCookie(HeaderValue);

impl ErrandCookie {
    /// For every answer to a callback.
    pub fn over() -> Self {
        Self(Errand::over())
    }
}

impl IntoResponseParts for ErrandCookie {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.headers_mut().append(header::SET_COOKIE, self.0);
        Ok(parts)
    }
}

/// Sends a browser to the issuer: the address to go to.
pub async fn begin_openid(
    app: &App,
    next: Option<&str>,
) -> Result<(ErrandCookie, String), OpenIdError> {
    let (access, openid) = (&app.access, configured(app)?);
    let now = access.now();
    let errand = Errand::begin(Area::Console.next(next), now).map_err(|_| Problem::internal())?;
    match openid.issuer.address(&errand, &openid.scope, &access.seal, now).await {
        Ok(address) => Ok((ErrandCookie(errand.cookie(&access.seal)), address)),
        Err(why) => {
            tracing::warn!(why, "nobody can sign in by OpenID Connect");
            Err(OpenIdError::NotConfirmed)
        }
    }
}

/// Signs somebody in who is back from the issuer; answers where they wanted to go.
pub async fn finish_openid(
    app: &App,
    returned: &Returned,
    headers: &HeaderMap,
    visit: &Visit,
) -> Result<(SignedIn, String), OpenIdError> {
    let (access, openid) = (&app.access, configured(app)?);
    let address = limits::by_address(&access.seal, visit.address);
    access.count_all(&[address]).await?;
    let fail = async |error, person| failed(access, error, person, visit).await;
    let errand = Errand::read(headers, &access.seal, access.now());
    let offered = returned.state.as_deref().filter(|it| it.len() <= PARAMETER_MAX);
    let fits = |it: &Errand| offered.is_some_and(|state| it.is_state(&access.seal, state));
    let Some(errand) = errand.filter(fits) else {
        return Err(fail(OpenIdError::Stale, None).await);
    };
    let (once, now) = (errand.once(&access.seal), access.now());
    if access.store(move |it| it.attempt(&[once], now)).await?.is_some() {
        return Err(fail(OpenIdError::Stale, None).await);
    }
    if let Some(error) = &returned.error {
        tracing::warn!(why = code_of(error), "the issuer let nobody sign in by OpenID Connect");
        return Err(fail(OpenIdError::BrokenOff, None).await);
    }
    let code = returned.code.as_deref().filter(|it| (1..=PARAMETER_MAX).contains(&it.len()));
    let is_from_there = returned.iss.as_ref().is_none_or(|it| *it == openid.issuer.name);
    let claims = match code.filter(|_| is_from_there) {
        Some(code) => openid.issuer.claims(code, &errand, &access.seal, now).await,
        None => Err("the browser came back without a code, or from another issuer".to_owned()),
    };
    let claims = match claims {
        Ok(claims) => claims,
        Err(why) => {
            tracing::warn!(why, "a sign-in by OpenID Connect failed");
            return Err(fail(OpenIdError::NotConfirmed, None).await);
        }
    };
    let let_in = match admit::admit(access, openid, &claims, visit).await? {
        Ok(let_in) => let_in,
        Err(refused) => {
            let (why, subject) = (refused.why, claims.subject.as_str());
            tracing::warn!(why, ?subject, "somebody is not admitted by OpenID Connect");
            return Err(fail(OpenIdError::NotAdmitted, refused.person).await);
        }
    };
    access.store(move |it| it.forgive(&[], &[address.key])).await?;
    let signed_in = access.open(Area::Console, let_in, visit).await?;
    let next = Area::Console.next(Some(&errand.next)).to_owned();
    Ok((signed_in, next))
}

fn configured(app: &App) -> Result<&OpenId, Problem> {
    app.access.openid().ok_or_else(|| Problem::not_found("way to sign in by OpenID Connect here"))
}

async fn failed(
    access: &Access,
    error: OpenIdError,
    person: Option<Person>,
    visit: &Visit,
) -> OpenIdError {
    match access.fail(person, Means::OpenId, visit).await {
        SignInError::Wrong => error,
        failed => failed.into(),
    }
}
