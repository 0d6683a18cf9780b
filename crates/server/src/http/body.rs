//! Reading request bodies: strict JSON, and an error that names the field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use serde::Deserialize;

use super::error::Problem;

/// The body as it came, or why it could not be read.
pub fn bytes(body: Result<Bytes, BytesRejection>, bytes_max: usize) -> Result<Bytes, Problem> {
    body.map_err(|rejection| match rejection.status().as_u16() {
        413 => Problem::too_large(bytes_max),
        _ => Problem::malformed_body("the body was cut off"),
    })
}

/// Parses `body` as a JSON object of the type `T`. Unknown fields are refused.
pub fn parse<'a, T: Deserialize<'a>>(headers: &HeaderMap, body: &'a [u8]) -> Result<T, Problem> {
    if let Some(kind) = headers.get("content-type") {
        let kind = kind.to_str().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let why = "is not application/json; the body has to be JSON";
            return Err(Problem::malformed("Content-Type", why));
        }
    }
    // A list would do for an object whose fields may all be absent.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::malformed_body("the body is not a JSON object"));
    }
    // The plain way is the quick one; the path to a fault is looked for only when there is one.
    serde_json::from_slice(body).map_err(|_| explain::<T>(body))
}

fn explain<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Problem {
    let mut parser = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut parser) {
        Ok(_) => Problem::malformed_body("the body goes on after its end"),
        Err(error) => {
            let path = error.path().to_string();
            let why = error.into_inner().to_string();
            wrong_field("the body", &path, &why)
        }
    }
}

/// What is wrong with the field at `path`, or with one that `why` names itself.
pub fn wrong_field(whole: &str, path: &str, why: &str) -> Problem {
    let path = if path == "." { "" } else { path };
    let kinds = ["missing field `", "unknown field `", "duplicate field `"];
    let named = kinds.iter().find_map(|it| why.strip_prefix(it)?.split('`').next());
    let place = match named {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path != name && !path.ends_with(&format!(".{name}")) => {
            format!("{path}.{name}")
        }
        _ => path.to_owned(),
    };
    // What a stranger wrote is not sent back at any length.
    let why: String = why.chars().take(300).collect();
    match place.is_empty() {
        true => Problem::malformed_body(format!("{whole} is not what is expected: {why}")),
        false => {
            let place: String = place.chars().take(100).collect();
            Problem::malformed(&place, format!("is wrong: {why}"))
        }
    }
}
