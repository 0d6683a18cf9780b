//! A browser that comes: what it shows before anybody knows who sits before it.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponseParts, ResponseParts};
use pages::Csrf;

use super::cookies::{self, Keep};
use super::tokens::Token;
use crate::channels::access::ClientAddress;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::text::is_invisible;

/// The two places that one can sign in to. They have a cookie each: who looks at both in one
/// browser is signed in to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Console,
    SelfCare,
}

impl Area {
    pub fn cookie(self) -> &'static str {
        match self {
            Self::Console => "__Host-sporran",
            Self::SelfCare => "__Host-sporran-self-care",
        }
    }

    /// Where one is after signing in.
    pub fn home(self) -> &'static str {
        match self {
            Self::Console => "/console",
            Self::SelfCare => "/my",
        }
    }

    /// Where one signs in.
    pub fn sign_in_path(self) -> &'static str {
        match self {
            Self::Console => "/console/sign-in",
            Self::SelfCare => "/my/sign-in",
        }
    }

    /// Where one wanted to go before signing in, if that is a page of this area: a link from
    /// elsewhere leads nowhere else.
    pub fn next(self, wanted: Option<&str>) -> &str {
        let home = self.home();
        let is_here = |it: &&str| {
            let rest = it.strip_prefix(home);
            rest.is_some_and(|it| it.starts_with(['/', '?']))
                && it.bytes().all(|it| it.is_ascii_graphic())
        };
        wanted.filter(is_here).unwrap_or(home)
    }

    /// The channel of the entries that come of it.
    pub fn channel(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::SelfCare => "self-care",
        }
    }
}

/// Where a request comes from, for limits and for the list of sign-ins.
#[derive(Clone)]
pub struct Visit {
    pub address: Option<IpAddr>,
    /// The browser's own name for itself, as far as it is worth keeping.
    pub agent: Option<String>,
    console: Option<Token>,
    self_care: Option<Token>,
}

/// Characters of a browser's name that are kept.
const AGENT_MAX: usize = 200;

impl Visit {
    pub fn new(address: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok());
        let agent = agent.map(|it| {
            it.chars().filter(|it| !is_invisible(*it)).take(AGENT_MAX).collect::<String>()
        });
        Self {
            address,
            agent: agent.filter(|it| !it.is_empty()),
            console: cookies::read(headers, Area::Console.cookie()),
            self_care: cookies::read(headers, Area::SelfCare.cookie()),
        }
    }

    /// The token of the session that the browser has, or had.
    pub(super) fn token(&self, area: Area) -> Option<&Token> {
        match area {
            Area::Console => self.console.as_ref(),
            Area::SelfCare => self.self_care.as_ref(),
        }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, app).await?;
        Ok(Self::new(address, &parts.headers))
    }
}

/// The cookie that binds the forms of a page without a session to the browser.
pub const FORM_COOKIE: &str = "__Host-sporran-form";

/// A form on a page that is seen without a session: its token, and the cookie that goes with it.
/// It is part of the answer: `(form, page)`.
pub struct Form {
    pub csrf: Csrf,
    drawn: Option<Token>,
}

impl FromRequestParts<App> for Form {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(token) = cookies::read(&parts.headers, FORM_COOKIE) {
            return Ok(Self { csrf: Csrf(app.access.seal.csrf(&token)), drawn: None });
        }
        let token = Token::draw().map_err(|_| Problem::internal())?;
        Ok(Self { csrf: Csrf(app.access.seal.csrf(&token)), drawn: Some(token) })
    }
}

impl IntoResponseParts for Form {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Some(token) = self.drawn {
            let cookie = cookies::write(FORM_COOKIE, &token.to_text(), &Keep::UntilClosed);
            parts.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn one_goes_on_to_a_page_of_the_same_area_alone() {
        let next = |wanted: &str| Area::Console.next(Some(wanted)).to_owned();
        for fine in ["/console/customers/7?tab=all", "/console?x", "/console/"] {
            assert_eq!(next(fine), fine);
        }
        let others =
            ["", "/", "/my", "/consoles", "//evil.example", "https://evil.example/console"];
        for other in others.into_iter().chain(["/console/\r\nset-cookie: a", "/console/ö"]) {
            assert_eq!(next(other), "/console", "{other:?}");
        }
        assert_eq!(Area::SelfCare.next(None), "/my");
    }
}
