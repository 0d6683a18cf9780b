//! What surrounds the routes of a face: headers of safety, and pages of what fails.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::Response;

use super::{Failed, notice};
use crate::access::{self, Area};
use crate::http::app::App;

/// Has every form of these routes show its token, and puts around them what a face needs.
pub fn secured(routes: Router<App>, app: &App, area: Area) -> Router<App> {
    let refuse = |problem| axum::response::IntoResponse::into_response(Failed::expired(problem));
    access::guarded(routes, app, area, refuse)
        .layer(from_fn_with_state((app.clone(), area), finish))
        .layer(map_response(harden))
}

/// Makes a page of what failed, and forgets a notice that was shown.
async fn finish(State((app, area)): State<(App, Area)>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    if let Some(failed) = response.extensions_mut().remove::<Failed>() {
        return failed.page(&app, area, &headers);
    }
    // What could not even be read. A script that is not signed in is told so, and no more.
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    if is_failure && status != StatusCode::UNAUTHORIZED && !is_html(&response) {
        return Failed::of_status(status).page(&app, area, &headers);
    }
    if !is_part(&headers) && notice::is_there(&headers) && is_page(&response) {
        response.headers_mut().append(header::SET_COOKIE, notice::forget());
    }
    response
}

/// Whether the script asks for a page that is open already.
pub fn is_part(headers: &HeaderMap) -> bool {
    headers.contains_key("sporran-part")
}

fn is_page(response: &Response) -> bool {
    response.status().is_success() && is_html(response)
}

fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|it| it.as_bytes().starts_with(b"text/html"))
}

/// A page of what failed is made outside of the guard.
async fn harden(mut response: Response) -> Response {
    access::tell(&mut response);
    response
}
