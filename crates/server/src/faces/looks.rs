//! How a reader sees a face: language, light or dark, whose clock, and the present.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use engine::Timestamp;
use jiff::tz::TimeZone;
use pages::{Language, Moment, Say, Shell, Theme};
use store::access::Person;

use super::{assets, notice};
use crate::access::cookies::{self, Keep};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::statement::period;

const LANGUAGE: &str = "__Host-sporran-language";
const THEME: &str = "__Host-sporran-theme";

#[derive(Clone, Debug)]
pub struct Looks {
    pub language: Language,
    pub theme: Theme,
    pub zone: TimeZone,
    pub now: Timestamp,
    notice: Option<pages::Notice>,
}

impl Looks {
    /// `remembered` is the language that is kept for the person; before it is known, the browser
    /// says what it likes.
    pub fn of(app: &App, headers: &HeaderMap, remembered: Option<&str>) -> Self {
        let chosen = cookies::values(headers, LANGUAGE).next();
        let language = remembered.or(chosen).and_then(Language::from_tag);
        let theme = match cookies::values(headers, THEME).next() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        Self {
            language: language.unwrap_or_else(|| accepted(headers)),
            theme,
            zone: app.options.time_zone.clone(),
            now: app.shard.now(),
            notice: notice::carried(headers),
        }
    }

    #[cfg(test)]
    pub fn new(language: Language, theme: Theme, zone: TimeZone, now: Timestamp) -> Self {
        Self { language, theme, zone, now, notice: None }
    }

    /// What stands around a page, for nobody in particular.
    pub fn shell(&self, app: &App) -> Shell {
        let provider = app.options.provider.name.as_str();
        Shell {
            language: self.language,
            theme: self.theme,
            now: self.moment(self.now),
            time_zone: crate::statement::view::zone_name(&self.zone),
            brand: if provider.is_empty() { "Sporran" } else { provider }.to_owned(),
            assets: assets::place(),
            notice: self.notice.clone(),
            ..Shell::default()
        }
    }

    pub fn say(&self) -> Say {
        Say { language: self.language, now: self.moment(self.now) }
    }

    pub fn moment(&self, at: Timestamp) -> Moment {
        moment(at, &self.zone)
    }

    pub fn second(&self, at: Timestamp) -> u8 {
        u8::try_from(period::civil(at, &self.zone).second()).unwrap_or_default()
    }
}

/// For handlers that nobody has to be signed in for.
impl FromRequestParts<App> for Looks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, &parts.headers, None))
    }
}

pub fn moment(at: Timestamp, zone: &TimeZone) -> Moment {
    let at = period::civil(at, zone);
    let small = |it: i8| u8::try_from(it).expect("months, days, hours and minutes are positive");
    Moment {
        year: at.year(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
    }
}

/// Remembers a language: for the person who is signed in, and in this browser.
pub async fn choose_language(
    app: &App,
    of: Option<Person>,
    language: Language,
) -> Result<HeaderValue, Problem> {
    if let Some(person) = of {
        app.access.store(move |it| it.set_language(&person, language.tag())).await?;
    }
    Ok(cookie(LANGUAGE, language.tag()))
}

/// Remembers light or dark in this browser.
pub fn choose_theme(theme: Theme) -> HeaderValue {
    cookie(THEME, theme.name())
}

fn cookie(name: &str, value: &str) -> HeaderValue {
    cookies::write(name, value, &Keep::Seconds(365 * 86_400))
}

/// The first of the browser's languages that we speak.
fn accepted(headers: &HeaderMap) -> Language {
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    let tags = accept.unwrap_or_default().split(',');
    let tags = tags.filter_map(|it| it.split(';').next()).map(str::trim);
    tags.filter_map(Language::from_tag).next().unwrap_or_default()
}
