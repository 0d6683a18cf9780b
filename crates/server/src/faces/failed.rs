//! A page that says that something did not work.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use engine::Refusal;
use pages::trouble::{CareTrouble, ConsoleTrouble, Trouble};
use store::StoreError;

use super::Looks;
use super::headers::is_part;
use crate::access::{Area, Rejected};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::shard::Unavailable;

/// What a handler of a face fails with; whoever asked for a page gets one that says so.
#[derive(Clone, Debug)]
pub struct Failed {
    pub problem: Box<Problem>,
    is_expired: bool,
}

impl Failed {
    /// A form that is too old, or comes from elsewhere.
    pub fn expired(problem: Problem) -> Self {
        Self { problem: problem.into(), is_expired: true }
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        let problem = match status {
            StatusCode::FORBIDDEN => Problem::denied("this is not for whoever asks"),
            StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(),
            _ if status.is_server_error() => Problem::internal(),
            _ => Problem::not_found("such page"),
        };
        Problem { status: status.as_u16(), ..problem }.into()
    }

    pub fn not_found() -> Self {
        Problem::not_found("such page").into()
    }

    fn trouble(&self) -> Trouble {
        match StatusCode::from_u16(self.problem.status) {
            _ if self.is_expired => Trouble::Expired,
            Ok(StatusCode::FORBIDDEN) => Trouble::NotAllowed,
            Ok(StatusCode::TOO_MANY_REQUESTS) => Trouble::TooMany { minutes: 1 },
            Ok(StatusCode::SERVICE_UNAVAILABLE) => Trouble::Unavailable,
            Ok(status) if status.is_client_error() => Trouble::NotFound,
            _ => Trouble::Failed { incident: incident(&self.problem) },
        }
    }

    pub(super) fn page(self, app: &App, area: Area, headers: &HeaderMap) -> Response {
        let status = self.status();
        if is_part(headers) {
            return status.into_response();
        }
        let (looks, trouble) = (Looks::of(app, headers, None), self.trouble());
        let shell = looks.shell(app);
        let html = match area {
            Area::Console => ConsoleTrouble(trouble).to_html(&shell),
            Area::SelfCare => CareTrouble(trouble).to_html(&shell),
        };
        let mut response = (status, Html(html)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).expect("made from a status")
    }
}

/// A number by which what happened is found in the log.
fn incident(problem: &Problem) -> String {
    let mut random = [0_u8; 4];
    let drawn = getrandom::fill(&mut random).is_ok();
    let number = u32::from_be_bytes(random);
    let number = if drawn { format!("{number:08X}") } else { "?".to_owned() };
    tracing::error!(incident = number, code = problem.code, title = problem.title, "a page failed");
    number
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self { problem: problem.into(), is_expired: false }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl From<Unavailable> for Failed {
    fn from(error: Unavailable) -> Self {
        Problem::from(error).into()
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Problem::refused(&refusal).into()
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A session that is not there leads to the page to sign in; what failed on the way there fails
/// like any page.
pub fn rejected(rejected: Rejected) -> Response {
    match rejected {
        Rejected::Failed(problem) => Failed::from(problem).into_response(),
        other => other.into_response(),
    }
}
