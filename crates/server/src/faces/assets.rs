//! The style sheet, the script and the icon, which every page of both faces asks for.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::http::app::App;

/// A digest of these files: another one is another address, so that browsers may keep them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let files = [pages::STYLE, pages::LIVE_SCRIPT, pages::ICON];
    let digest = files.into_iter().fold(Sha256::new(), |digest, it| digest.chain_update(it));
    digest.finalize().iter().take(8).map(|it| format!("{it:02x}")).collect()
});

/// Where the files are, as [`pages::Shell::assets`] wants it.
pub fn place() -> String {
    format!("/pages/{}", *VERSION)
}

pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/pages/{file}",
            get(|path: Path<String>, headers: HeaderMap| async move {
                serve(&path.0, &headers, "no-cache")
            }),
        )
        .route("/pages/{version}/{file}", get(versioned))
}

async fn versioned(Path((version, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    // A page that was open before the server became another one gets the file as it is now.
    let keep = match version == *VERSION {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    serve(&file, &headers, keep)
}

fn serve(file: &str, headers: &HeaderMap, keep: &'static str) -> Response {
    let (kind, body) = match file {
        "style.css" => ("text/css; charset=utf-8", pages::STYLE),
        "live.js" => ("text/javascript; charset=utf-8", pages::LIVE_SCRIPT),
        "icon.svg" => ("image/svg+xml", pages::ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let tag = format!("\"{}\"", *VERSION);
    let known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes());
    let tag = HeaderValue::try_from(tag).expect("digits and letters");
    let about: [(HeaderName, HeaderValue); 3] = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
    ];
    match known {
        true => (StatusCode::NOT_MODIFIED, about).into_response(),
        false => (about, body).into_response(),
    }
}
