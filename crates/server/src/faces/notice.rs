//! What the last action came to, carried over the redirect that follows it.
//!
//! It travels in a cookie of this host alone, so that it is shown to the one who acted, once, and
//! nothing has to be remembered here.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pages::{Link, Notice, Tone};
use serde::{Deserialize, Serialize};

use crate::access::cookies::{self, Keep};

const COOKIE: &str = "__Host-sporran-notice";

/// A cookie may have 4,096 bytes, with its name and attributes.
const BYTES_MAX: usize = 3_500;

#[derive(Serialize, Deserialize)]
struct Carried {
    tone: String,
    text: String,
    details: Vec<String>,
    links: Vec<(String, String)>,
}

const TONES: [Tone; 5] = [Tone::On, Tone::Off, Tone::Soon, Tone::Held, Tone::Calm];

/// Goes on to `path`, where the notice is shown.
pub fn go_on(path: &str, notice: &Notice) -> Response {
    let mut response = Redirect::to(path).into_response();
    response.headers_mut().append(header::SET_COOKIE, carry(&encode(notice), &Keep::UntilClosed));
    response
}

/// The notice that the browser carries.
pub fn carried(headers: &HeaderMap) -> Option<Notice> {
    let bytes = URL_SAFE_NO_PAD.decode(value(headers)?).ok()?;
    let Carried { tone, text, details, links } = serde_json::from_slice(&bytes).ok()?;
    let tone = TONES.into_iter().find(|it| it.class() == tone)?;
    // A path of ours, whoever wrote the cookie.
    let ours = |href: &str| href.starts_with('/') && !href.starts_with("//");
    let links = links.into_iter().filter(|(_, href)| ours(href));
    let links = links.map(|(text, href)| Link::new(text, href)).collect();
    Some(Notice { tone, text, details, links })
}

pub fn is_there(headers: &HeaderMap) -> bool {
    value(headers).is_some()
}

pub fn forget() -> HeaderValue {
    carry("", &Keep::Gone)
}

fn carry(value: &str, keep: &Keep) -> HeaderValue {
    cookies::write(COOKIE, value, keep)
}

fn value(headers: &HeaderMap) -> Option<&str> {
    cookies::values(headers, COOKIE).next()
}

fn encode(notice: &Notice) -> String {
    let links = notice.links.iter().map(|it| (it.text.clone(), it.href.clone()));
    let mut carried = Carried {
        tone: notice.tone.class().to_owned(),
        text: notice.text.chars().take(500).collect(),
        details: notice.details.clone(),
        links: links.collect(),
    };
    loop {
        let text = serde_json::to_vec(&carried).expect("texts become JSON");
        let text = URL_SAFE_NO_PAD.encode(text);
        // What is most worth knowing stands first.
        if text.len() <= BYTES_MAX || (carried.details.pop(), carried.links.pop()) == (None, None) {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(notice: &Notice) -> Option<Notice> {
        let response = go_on("/console", notice);
        let set = response.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(set.len() < 4_096, "{}", set.len());
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, set.split(';').next().unwrap().parse().unwrap());
        carried(&headers)
    }

    #[test]
    fn a_notice_comes_as_it_was_sent() {
        let notice = Notice {
            details: vec!["Internet 100 «на связи»".into()],
            links: vec![Link::new("Cancel it", "/console/payments/pay_7/cancel")],
            ..Notice::new(Tone::On, "10,00 EUR")
        };
        assert_eq!(brought(&notice), Some(notice));
    }

    #[test]
    fn one_that_is_too_long_loses_its_details_and_a_link_leads_nowhere_else() {
        let mut notice = Notice::new(Tone::Off, "no");
        notice.details = vec!["x".repeat(400); 20];
        let kept = brought(&notice).unwrap();
        assert!(!kept.details.is_empty() && kept.details.len() < 20, "{}", kept.details.len());
        notice.details = Vec::new();
        notice.links =
            vec![Link::new("a", "https://evil.example"), Link::new("b", "//evil.example")];
        assert_eq!(brought(&notice).unwrap().links, []);
    }
}
