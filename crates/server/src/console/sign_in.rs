//! Coming in and going out, and how the console looks to whoever is in.

use axum::extract::{Form as Fields, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use pages::console::sign_in::{Answer, SignIn};
use pages::{Language, Link, Theme};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::Desk;
use crate::access::openid::BEGIN;
use crate::access::{self, Area, Form, SignInError, Visit, cookies};
use crate::faces::{Failed, Looks, choose_language, choose_theme};
use crate::http::app::App;
use crate::http::query::Query;

#[derive(Default, Deserialize)]
pub struct Arriving {
    #[serde(default)]
    pub next: Option<String>,
    /// One has just gone out.
    #[serde(default)]
    out: Option<String>,
}

/// `GET /console/sign-in`
pub async fn show_sign_in(
    State(app): State<App>,
    Query(arriving): Query<Arriving>,
    looks: Looks,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let next = Area::Console.next(arriving.next.as_deref()).to_owned();
    // A cookie that opens nothing any more is that of a session that has ended.
    let had_session = cookies::values(&headers, Area::Console.cookie()).next().is_some();
    let answer = match arriving.out.is_some() {
        true => Answer::SignedOut,
        false if had_session && arriving.next.is_some() => Answer::SessionEnded,
        false => Answer::Nothing,
    };
    show(&app, &looks, form, SignIn { next, answer, ..SignIn::default() })
}

/// Beside the password, or in place of it, there is the issuer of OpenID Connect.
pub(super) fn show(app: &App, looks: &Looks, form: Form, view: SignIn) -> Response {
    let elsewhere = app.access.openid().map(|it| {
        let next = utf8_percent_encode(&view.next, NON_ALPHANUMERIC);
        Link::new(&it.button, format!("{BEGIN}?next={next}"))
    });
    let is_elsewhere_only = !app.access.takes_passwords();
    let view = SignIn { elsewhere, is_elsewhere_only, ..view };
    let shell = pages::Shell { csrf: form.csrf.clone(), ..looks.shell(app) };
    (form, Html(view.to_html(&shell))).into_response()
}

#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /console/sign-in`
pub async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    looks: Looks,
    form: Form,
    Fields(typed): Fields<Credentials>,
) -> Response {
    let next = Area::Console.next(Some(&typed.next)).to_owned();
    let error = match access::sign_in_staff(&app, &typed.login, &typed.password, &visit).await {
        Ok(signed_in) => return (signed_in, Redirect::to(&next)).into_response(),
        Err(error) => error,
    };
    let (status, answer) = match said(error) {
        Ok(said) => said,
        Err(failed) => return failed.into_response(),
    };
    let view = SignIn { login: typed.login, answer, next, ..SignIn::default() };
    (status, show(&app, &looks, form, view)).into_response()
}

/// What the page says of it.
pub(super) fn said(error: SignInError) -> Result<(StatusCode, Answer), Failed> {
    Ok(match error {
        SignInError::Wrong => (StatusCode::FORBIDDEN, Answer::Wrong),
        SignInError::Wait { seconds } => {
            (StatusCode::TOO_MANY_REQUESTS, Answer::Limited { minutes: (seconds + 59) / 60 })
        }
        SignInError::Busy => (StatusCode::SERVICE_UNAVAILABLE, Answer::Limited { minutes: 1 }),
        SignInError::Failed(problem) => return Err(Failed::from(problem)),
    })
}

/// `POST /console/sign-out`
pub async fn sign_out(desk: Desk, visit: Visit) -> Result<Response, Failed> {
    let (person, session) = (desk.staff.person(), desk.staff.session.id);
    let out = access::sign_out(&desk.app, &person, session, &visit).await?;
    Ok((out, Redirect::to("/console/sign-in?out=1")).into_response())
}

#[derive(Deserialize)]
pub struct LooksForm {
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    theme: Option<String>,
    #[serde(default)]
    next: String,
}

/// `POST /console/looks`: another language, which is remembered for the user; light or dark.
pub async fn choose_looks(
    desk: Desk,
    Fields(chosen): Fields<LooksForm>,
) -> Result<Response, Failed> {
    let next = Area::Console.next(Some(&chosen.next));
    let mut response = Redirect::to(next).into_response();
    if let Some(language) = chosen.language.as_deref().and_then(Language::from_tag) {
        let person = Some(desk.staff.person());
        let cookie = choose_language(&desk.app, person, language).await?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    let theme = match chosen.theme.as_deref() {
        Some("light") => Some(Theme::Light),
        Some("dark") => Some(Theme::Dark),
        Some("system") => Some(Theme::System),
        _ => None,
    };
    if let Some(theme) = theme {
        response.headers_mut().append(header::SET_COOKIE, choose_theme(theme));
    }
    Ok(response)
}
