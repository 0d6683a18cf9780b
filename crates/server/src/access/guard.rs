//! What every request that changes something has to show, in one place: that it comes from a page
//! of ours, and that the page was made for this browser. And what every page tells the browser:
//! to load nothing from elsewhere, to run no script but ours, and to let nobody frame it.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use percent_encoding::percent_decode;

use super::visit::FORM_COOKIE;
use super::{Area, cookies};
use crate::http::app::App;
use crate::http::error::Problem;

/// The hidden field of a form.
const FIELD: &[u8] = b"csrf";

/// The header that a script sends in place of it.
const HEADER: &str = "x-csrf-token";

/// What every page tells the browser, where its handler says nothing else of it.
const TOLD: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with it browsers would say `Origin: null` of our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// A page shows itself, its style and its script, all from here, and is shown in no other.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'";

/// The policy of a page whose form leads on to somebody else's: browsers hold redirects against
/// it too.
pub fn policy_leading_to(origin: &str) -> Option<HeaderValue> {
    let ours = "form-action 'self'";
    HeaderValue::try_from(POLICY.replace(ours, &format!("{ours} {origin}"))).ok()
}

/// Makes a page of what is wrong.
pub type Show = fn(Problem) -> Response;

#[derive(Clone)]
struct Guard {
    app: App,
    area: Area,
    show: Show,
}

/// Has every request of an area that is no mere look show the token of its form, and every answer
/// say what the browser is to keep to. `show` makes a page for a request that is refused.
pub fn guarded(pages: Router<App>, app: &App, area: Area, show: Show) -> Router<App> {
    pages.layer(from_fn_with_state(Guard { app: app.clone(), area, show }, check))
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let admitted = if looks { Ok(request) } else { guard.admit(request).await };
    let mut response = match admitted {
        Ok(request) => next.run(request).await,
        Err(problem) => (guard.show)(problem),
    };
    tell(&mut response);
    response
}

/// Tells the browser what a page is to keep to, where its handler says nothing else of it: a
/// document that is shown by itself has a policy of its own.
pub fn tell(response: &mut Response) {
    for (name, value) in TOLD {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
}

impl Guard {
    /// The request as it came, if it may go on.
    async fn admit(&self, request: Request) -> Result<Request, Problem> {
        if !is_ours(request.headers()) {
            return Err(Problem::denied("this request comes from a page of somebody else"));
        }
        let (parts, body) = request.into_parts();
        if let Some(offered) = parts.headers.get(HEADER).and_then(|it| it.to_str().ok()) {
            self.verify(&parts.headers, offered)?;
            return Ok(Request::from_parts(parts, body));
        }
        let bytes_max = self.app.options.body_bytes_max;
        let bytes = to_bytes(body, bytes_max).await.map_err(|_| Problem::too_large(bytes_max))?;
        let offered = match is_form(&parts.headers) {
            true => field(&bytes).unwrap_or_default(),
            false => String::new(),
        };
        self.verify(&parts.headers, &offered)?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }

    /// The token is that of the session, or of a form that was made before there was one.
    fn verify(&self, headers: &HeaderMap, offered: &str) -> Result<(), Problem> {
        let seal = &self.app.access.seal;
        let tokens = [self.area.cookie(), FORM_COOKIE].map(|it| cookies::read(headers, it));
        match tokens.iter().flatten().any(|it| seal.is_csrf(it, offered)) {
            true => Ok(()),
            false => Err(Problem::denied("this form is too old, or of another session")
                .hint("load the page again")),
        }
    }
}

/// Whether the browser says that one of our own pages sent it. One that says nothing is believed
/// by the token alone.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        // What the person typed or chose from a bookmark has no page that sent it.
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN.as_str()) {
        None => !headers.contains_key(header::ORIGIN),
        Some(origin) => {
            let host = origin.split_once("://").map(|it| it.1);
            host.is_some() && host == text(header::HOST.as_str())
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).map(str::trim);
    kind.is_some_and(|it| it.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The form's token. It needs no decoding but of what some browsers write for a dash.
fn field(body: &Bytes) -> Option<String> {
    let mut fields = body.split(|it| *it == b'&');
    let value = fields.find_map(|it| it.strip_prefix(FIELD)?.strip_prefix(b"="))?;
    percent_decode(value).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn a_request_of_another_page_is_none_of_ours() {
        let host = ("host", "my.example:8080");
        let ours = [
            headers(&[host]),
            headers(&[host, ("origin", "https://my.example:8080")]),
            headers(&[host, ("origin", "http://my.example:8080")]),
            headers(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")]),
            headers(&[host, ("sec-fetch-site", "none")]),
        ];
        for it in &ours {
            assert!(is_ours(it), "{it:?}");
        }
        let others = [
            headers(&[host, ("origin", "https://evil.example")]),
            headers(&[host, ("origin", "https://my.example")]),
            headers(&[host, ("origin", "null")]),
            headers(&[host, ("origin", "")]),
            headers(&[("origin", "https://my.example:8080")]),
            headers(&[host, ("sec-fetch-site", "same-site")]),
            headers(&[host, ("sec-fetch-site", "cross-site")]),
            headers(&[
                host,
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://my.example:8080"),
            ]),
        ];
        for it in &others {
            assert!(!is_ours(it), "{it:?}");
        }
    }

    #[test]
    fn the_token_is_found_among_the_fields() {
        let find = |body: &'static str| field(&Bytes::from_static(body.as_bytes()));
        assert_eq!(find("csrf=ab-c_9"), Some("ab-c_9".into()));
        assert_eq!(find("name=a&csrf=ab%2Dc&more=1"), Some("ab-c".into()));
        assert_eq!(find("name=csrf&xcsrf=1&csrf2=2"), None);
        assert_eq!(find(""), None);
    }
}
