//! Query parameters: unknown ones are refused, and an error names the parameter.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::app::App;
use super::body::wrong_field;
use super::error::Problem;

pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|it| Self(it.0)).map_err(|rejection| {
            let source = std::error::Error::source(&rejection).map(ToString::to_string);
            let text = source.unwrap_or_else(|| rejection.to_string());
            let (path, why) = text.split_once(": ").unwrap_or(("", &text));
            match path.contains([' ', '`']) {
                true => wrong_field("the query", "", &text),
                false => wrong_field("the query", path, why),
            }
        })
    }
}

/// How many lines a page has: 1 to 200, 50 when not said.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "usize")]
pub struct Limit(usize);

impl Limit {
    pub fn get(self) -> usize {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<usize> for Limit {
    type Error = &'static str;

    fn try_from(limit: usize) -> Result<Self, Self::Error> {
        (1..=200).contains(&limit).then_some(Self(limit)).ok_or("limit is not from 1 to 200")
    }
}

impl utoipa::ToSchema for Limit {}

impl utoipa::PartialSchema for Limit {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(200))
            .default(Some(50.into()))
            .into()
    }
}
