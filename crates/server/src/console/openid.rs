//! Coming in through OpenID Connect: there, and back.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Parameters, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use pages::console::sign_in::{Answer, Elsewhere, SignIn};

use super::sign_in::{Arriving, said, show};
use crate::access::openid::Returned;
use crate::access::{Area, ErrandCookie, Form, OpenIdError, Visit, begin_openid, finish_openid};
use crate::faces::Looks;
use crate::http::app::App;
use crate::http::query::Query;

/// `GET /console/sign-in/openid`
pub async fn begin(
    State(app): State<App>,
    Query(arriving): Query<Arriving>,
    looks: Looks,
    form: Form,
) -> Response {
    match begin_openid(&app, arriving.next.as_deref()).await {
        Ok((errand, address)) => (errand, Redirect::to(&address)).into_response(),
        Err(error) => refuse(&app, &looks, form, error),
    }
}

/// `GET /console/sign-in/openid/callback`: the issuer says more than is of use.
pub async fn finish(
    State(app): State<App>,
    returned: Result<Parameters<Returned>, QueryRejection>,
    headers: HeaderMap,
    looks: Looks,
    visit: Visit,
    form: Form,
) -> Response {
    let returned = returned.map(|it| it.0).unwrap_or_default();
    let response = match finish_openid(&app, &returned, &headers, &visit).await {
        Ok((signed_in, next)) => (signed_in, Redirect::to(&next)).into_response(),
        Err(error) => refuse(&app, &looks, form, error),
    };
    (ErrandCookie::over(), response).into_response()
}

fn refuse(app: &App, looks: &Looks, form: Form, error: OpenIdError) -> Response {
    let elsewhere = |status, what| Ok((status, Answer::Elsewhere(what)));
    let said = match error {
        OpenIdError::Stale => elsewhere(StatusCode::BAD_REQUEST, Elsewhere::Stale),
        OpenIdError::BrokenOff => elsewhere(StatusCode::FORBIDDEN, Elsewhere::BrokenOff),
        OpenIdError::NotConfirmed => elsewhere(StatusCode::BAD_GATEWAY, Elsewhere::NotConfirmed),
        OpenIdError::NotAdmitted => elsewhere(StatusCode::FORBIDDEN, Elsewhere::NotAdmitted),
        OpenIdError::SignIn(error) => said(error),
    };
    match said {
        Ok((status, answer)) => {
            let next = Area::Console.home().to_owned();
            let view = SignIn { next, answer, ..SignIn::default() };
            (status, show(app, looks, form, view)).into_response()
        }
        Err(failed) => failed.into_response(),
    }
}
