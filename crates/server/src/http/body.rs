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
        if !kind.starts_with("application/json") {
            let why = "is not application/json; the body has to be JSON";
            return Err(Problem::malformed("Content-Type", why));
        }
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
            match path.as_str() {
                "." => Problem::malformed_body(format!("the body is not what is expected: {why}")),
                path => Problem::malformed(path, format!("is wrong: {why}")),
            }
        }
    }
}
