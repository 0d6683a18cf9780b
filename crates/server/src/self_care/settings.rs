//! Language, password, and how a customer is reached.

use axum::extract::Form as Fields;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use pages::care::settings::Settings;
use pages::{CareTab, Language, Message, Notice, Tone};
use serde::Deserialize;

use super::Pocket;
use super::home::contact;
use super::pocket::page;
use crate::access::{self, NotSet, PasswordFault, SignInError, Visit};
use crate::faces::{self, Failed, notice};
use crate::http::error::Problem;

const PATH: &str = "/my/settings";

/// What was wrong with the passwords that were typed.
#[derive(Default)]
struct Wrong {
    current: String,
    new: String,
}

/// `GET /my/settings`
pub async fn show_settings(pocket: Pocket) -> Result<Response, Failed> {
    show(&pocket, Wrong::default()).await
}

async fn show(pocket: &Pocket, wrong: Wrong) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let person = pocket.customer.person();
    let kept = pocket.app.access.read(move |it| it.credential(&person)).await?;
    let fields = &house.record.fields;
    let username = house.picture.open().next().map(|it| it.account.number.to_string());
    let view = Settings {
        username: username.unwrap_or_default(),
        telephone: fields.phone.clone().unwrap_or_default(),
        email: fields.email.clone().unwrap_or_default(),
        has_password: kept.password.is_some(),
        password_length: access::CUSTOMER_LENGTH_MIN,
        current_error: wrong.current,
        new_error: wrong.new,
        contact: contact(pocket),
    };
    Ok(page(view.to_html(&pocket.shell(CareTab::More, house.name()))))
}

#[derive(Deserialize)]
pub struct LanguageForm {
    #[serde(default)]
    language: String,
}

/// `POST /my/settings/language`: it is remembered for the customer, wherever they come in.
pub async fn choose_language(
    pocket: Pocket,
    Fields(chosen): Fields<LanguageForm>,
) -> Result<Response, Failed> {
    let mut response = Redirect::to(PATH).into_response();
    if let Some(language) = Language::from_tag(&chosen.language) {
        let person = Some(pocket.customer.person());
        let cookie = faces::choose_language(&pocket.app, person, language).await?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
}

/// `POST /my/settings/password`: whoever has one types it; whoever came in by a code has none.
pub async fn set_password(
    pocket: Pocket,
    visit: Visit,
    Fields(typed): Fields<PasswordForm>,
) -> Result<Response, Failed> {
    let (app, person) = (&pocket.app, pocket.customer.person());
    let session = pocket.customer.session.id;
    let of = person.clone();
    let kept = app.access.read(move |it| it.credential(&of)).await?;
    let done = match kept.password.is_some() {
        true => {
            let words = (typed.current.as_str(), typed.new.as_str());
            access::change_password(app, &person, words, session, &visit).await
        }
        false => access::set_password(app, &person, &typed.new, Some(session), None, &visit).await,
    };
    let care = pocket.care();
    let wrong = |name: &str| care.named("wrong", name).unwrap_or_default();
    let wrong = match done {
        Ok(()) => {
            let text = care.named("told", "password").unwrap_or_default();
            return Ok(notice::go_on(PATH, &Notice::new(Tone::On, text)));
        }
        Err(NotSet::Fault(fault)) => {
            let new = match fault {
                PasswordFault::TooShort { characters_min: n } => wrong("short").with("n", n),
                PasswordFault::TooLong { characters_max: n } => wrong("long").with("n", n),
                PasswordFault::IsName | PasswordFault::TooPlain => wrong("plain").to_owned(),
            };
            Wrong { new, ..Wrong::default() }
        }
        Err(NotSet::SignIn(SignInError::Wrong)) => {
            Wrong { current: wrong("current").to_owned(), ..Wrong::default() }
        }
        Err(NotSet::SignIn(SignInError::Wait { seconds })) => {
            let duration = pocket.say().lasts(&((seconds + 59) / 60));
            Wrong { current: wrong("wait").with("duration", duration), ..Wrong::default() }
        }
        Err(NotSet::SignIn(SignInError::Busy)) => return Err(Problem::unavailable().into()),
        Err(NotSet::SignIn(SignInError::Failed(problem))) => return Err(problem.into()),
    };
    show(&pocket, wrong).await
}
