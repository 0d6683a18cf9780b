//! A request that writes, taken apart: headers, target, body.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::app::{App, Entries, Writing};
use super::auth::Caller;
use super::body;
use super::entry_view::EntryView;
use super::error::Problem;

pub struct Call {
    pub headers: HeaderMap,
    target: String,
    body: Bytes,
}

impl FromRequest<App> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let target = format!("{} {}", request.method(), request.uri());
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, app).await;
        let body = body::bytes(body, app.options.body_bytes_max)?;
        Ok(Self { headers, target, body })
    }
}

impl Call {
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        body::parse(&self.headers, &self.body)
    }

    /// The body as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// Gives a reason in the body the place of the header `Sporran-Reason`.
    pub fn give_reason(&mut self, reason: &str) -> Result<(), Problem> {
        let value = header::HeaderValue::from_bytes(reason.as_bytes())
            .map_err(|_| Problem::malformed("reason", "has control characters"))?;
        self.headers.insert("sporran-reason", value);
        Ok(())
    }

    pub fn writing(&self, caller: Caller) -> Writing<'_> {
        Writing { caller, headers: &self.headers, target: &self.target, body: &self.body }
    }
}

/// Something was made: 201, and the entry that says what.
pub fn created(entries: &Entries) -> Result<Response, Problem> {
    Ok(answer(StatusCode::CREATED, entries, EntryView::new(entries.first()?)))
}

/// An answer to a write; a repeat says that it is one.
pub fn answer<T: Serialize>(status: StatusCode, entries: &Entries, view: T) -> Response {
    let mut response = (status, Json(view)).into_response();
    if entries.is_repeat() {
        let name = header::HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, header::HeaderValue::from_static("true"));
    }
    response
}
