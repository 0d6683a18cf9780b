//! Coming in and going out: by a password, or by a code that is sent or, in a demo, shown.

use axum::extract::{Form as Fields, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use pages::care::sign_in::{Answer, EnterCode, SignIn};
use pages::{Language, Theme};
use serde::Deserialize;

use super::Pocket;
use crate::access::{self, Area, Form, SignInError, SignedIn, Visit, cookies};
use crate::faces::{self, Failed, Looks};
use crate::http::app::App;
use crate::http::query::Query;

#[derive(Default, Deserialize)]
pub struct Arriving {
    #[serde(default)]
    next: Option<String>,
    /// One has just gone out.
    #[serde(default)]
    out: Option<String>,
    /// In which language to go on.
    #[serde(default)]
    language: Option<String>,
}

/// `GET /my/sign-in`
pub async fn show_sign_in(
    State(app): State<App>,
    Query(arriving): Query<Arriving>,
    mut looks: Looks,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Failed> {
    let chosen = arriving.language.as_deref().and_then(Language::from_tag);
    looks.language = chosen.unwrap_or(looks.language);
    let next = Area::SelfCare.next(arriving.next.as_deref()).to_owned();
    // A cookie that opens nothing any more is that of a session that has ended.
    let answer = match arriving.out.is_some() {
        true => Answer::SignedOut,
        false if arriving.next.is_some() && has_cookie(&headers) => Answer::SessionEnded,
        false => Answer::Nothing,
    };
    let view = SignIn { next, answer, ..SignIn::default() };
    let mut response = show(&app, &looks, form, view);
    if let Some(language) = chosen {
        let cookie = faces::choose_language(&app, None, language).await?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn has_cookie(headers: &HeaderMap) -> bool {
    cookies::values(headers, Area::SelfCare.cookie()).next().is_some()
}

fn show(app: &App, looks: &Looks, form: Form, view: SignIn) -> Response {
    let shell = pages::Shell { csrf: form.csrf.clone(), ..looks.shell(app) };
    let view = SignIn { offers_codes: app.access.sends_codes(), ..view };
    (form, Html(view.to_html(&shell))).into_response()
}

#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /my/sign-in`
pub async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    looks: Looks,
    form: Form,
    Fields(typed): Fields<Credentials>,
) -> Result<Response, Failed> {
    let next = Area::SelfCare.next(Some(&typed.next)).to_owned();
    match access::sign_in_customer(&app, &typed.name, &typed.password, &visit).await {
        Ok(signed_in) => Ok(come_in(signed_in, &next)),
        Err(error) => {
            let (status, answer) = answer(error)?;
            let view = SignIn { name: typed.name, answer, next, ..SignIn::default() };
            Ok((status, show(&app, &looks, form, view)).into_response())
        }
    }
}

fn come_in(signed_in: SignedIn, next: &str) -> Response {
    (signed_in, Redirect::to(next)).into_response()
}

/// What is said to whoever was not let in.
fn answer(error: SignInError) -> Result<(StatusCode, Answer), Failed> {
    match error {
        SignInError::Wrong => Ok((StatusCode::FORBIDDEN, Answer::Wrong)),
        SignInError::Wait { seconds } => {
            Ok((StatusCode::TOO_MANY_REQUESTS, Answer::Wait { seconds }))
        }
        SignInError::Busy => Ok((StatusCode::SERVICE_UNAVAILABLE, Answer::Busy)),
        SignInError::Failed(problem) => Err(problem.into()),
    }
}

/// `POST /my/sign-in/code`: a code is asked for. Whether one is on its way is not said.
pub async fn request_code(
    State(app): State<App>,
    visit: Visit,
    looks: Looks,
    form: Form,
    Fields(typed): Fields<Credentials>,
) -> Result<Response, Failed> {
    let next = Area::SelfCare.next(Some(&typed.next)).to_owned();
    if typed.name.trim().is_empty() {
        let view = SignIn { answer: Answer::Unnamed, next, ..SignIn::default() };
        let page = show(&app, &looks, form, view);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    match access::request_code(&app, &typed.name, &visit).await {
        Ok(asked) => {
            let (name, answer) = (typed.name, Answer::Nothing);
            let (minutes, shown) = (asked.minutes.into(), asked.shown);
            let view = EnterCode { name, minutes, shown, answer, next };
            Ok(show_code(&app, &looks, form, &view))
        }
        Err(error) => {
            let (status, answer) = answer(error)?;
            let view = SignIn { name: typed.name, answer, next, ..SignIn::default() };
            Ok((status, show(&app, &looks, form, view)).into_response())
        }
    }
}

fn show_code(app: &App, looks: &Looks, form: Form, view: &EnterCode) -> Response {
    let shell = pages::Shell { csrf: form.csrf.clone(), ..looks.shell(app) };
    (form, Html(view.to_html(&shell))).into_response()
}

/// `POST /my/sign-in/code/enter`
pub async fn enter_code(
    State(app): State<App>,
    visit: Visit,
    looks: Looks,
    form: Form,
    Fields(typed): Fields<Credentials>,
) -> Result<Response, Failed> {
    let next = Area::SelfCare.next(Some(&typed.next)).to_owned();
    match access::sign_in_with_code(&app, &typed.name, &typed.code, &visit).await {
        Ok(signed_in) => Ok(come_in(signed_in, &next)),
        Err(error) => {
            let (status, answer) = answer(error)?;
            let minutes = access::CODE_MINUTES.into();
            let view = EnterCode { name: typed.name, minutes, shown: None, answer, next };
            Ok((status, show_code(&app, &looks, form, &view)).into_response())
        }
    }
}

/// `POST /my/sign-out`
pub async fn sign_out(pocket: Pocket, visit: Visit) -> Result<Response, Failed> {
    let (person, session) = (pocket.customer.person(), pocket.customer.session.id);
    let out = access::sign_out(&pocket.app, &person, session, &visit).await?;
    Ok((out, Redirect::to("/my/sign-in?out=1")).into_response())
}

#[derive(Deserialize)]
pub struct ThemeForm {
    #[serde(default)]
    theme: String,
}

/// `POST /my/theme`: light or dark, in this browser. It leads back to where the form was.
pub async fn choose_theme(headers: HeaderMap, Fields(chosen): Fields<ThemeForm>) -> Response {
    let theme = match chosen.theme.as_str() {
        "light" => Theme::Light,
        "dark" => Theme::Dark,
        _ => Theme::System,
    };
    let referer = headers.get(header::REFERER).and_then(|it| it.to_str().ok());
    let path = referer.and_then(|it| {
        let rest = it.split_once("://")?.1;
        rest.find('/').map(|at| &rest[at..])
    });
    let mut response = Redirect::to(Area::SelfCare.next(path)).into_response();
    response.headers_mut().append(header::SET_COOKIE, faces::choose_theme(theme));
    response
}
