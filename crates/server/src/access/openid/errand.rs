//! What a browser has with it while it is at the issuer: what it set out with, for ten minutes.
//!
//! It is a cookie with a token that nobody guesses. State, nonce and verifier are made from the
//! token with the secret of the store of access, so nothing is kept for those who never come back.

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::Timestamp;
use sha2::{Digest, Sha256};

use super::super::cookies::{self, Keep};
use super::super::tokens::{Seal, Token};
use super::super::{Area, limits};
use crate::channels::access::is_same;
use store::access::Allowance;

const COOKIE: &str = "__Host-sporran-openid";

/// How long somebody may take to sign in at the issuer.
const SECONDS: i64 = 600;

/// A longer address to go on to is not kept.
const NEXT_MAX: usize = 1_000;

pub struct Errand {
    token: Token,
    begun_at: Timestamp,
    /// Where one wanted to go in the console.
    pub next: String,
}

impl Errand {
    pub fn begin(next: &str, now: Timestamp) -> Result<Self, getrandom::Error> {
        let next = if next.len() > NEXT_MAX { Area::Console.home() } else { next };
        Ok(Self { token: Token::draw()?, begun_at: now, next: next.to_owned() })
    }

    /// The errand of this browser, unless it has none, or an old one.
    pub fn read(headers: &HeaderMap, seal: &Seal, now: Timestamp) -> Option<Self> {
        cookies::values(headers, COOKIE).find_map(|value| {
            let mut parts = value.split('.');
            let (token, begun_at) = (Token::read(parts.next()?)?, parts.next()?.parse().ok()?);
            let next = String::from_utf8(URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?;
            let errand = Self { token, begun_at: Timestamp(begun_at), next };
            let signature = errand.signature(seal);
            let is_ours =
                is_same(parts.next()?.as_bytes(), signature.as_bytes()) && parts.next().is_none();
            let age = now.since(errand.begun_at);
            (is_ours && (0..SECONDS * 1_000_000).contains(&age)).then_some(errand)
        })
    }

    pub fn cookie(&self, seal: &Seal) -> HeaderValue {
        let (token, next) = (self.token.to_text(), URL_SAFE_NO_PAD.encode(&self.next));
        let value = format!("{token}.{}.{next}.{}", self.begun_at.0, self.signature(seal));
        cookies::write(COOKIE, &value, &Keep::Seconds(SECONDS))
    }

    /// The browser forgets its errand, whatever came of it.
    pub fn over() -> HeaderValue {
        cookies::write(COOKIE, "", &Keep::Gone)
    }

    /// Whether the issuer sends this browser back from this errand.
    pub fn is_state(&self, seal: &Seal, offered: &str) -> bool {
        is_same(offered.as_bytes(), self.state(seal).as_bytes())
    }

    pub fn state(&self, seal: &Seal) -> String {
        self.made(seal, "openid state")
    }

    /// Comes back in the token, which is thereby for this errand and for no other.
    pub fn nonce(&self, seal: &Seal) -> String {
        self.made(seal, "openid nonce")
    }

    /// Of PKCE: who has the code has no use of it without this.
    pub fn verifier(&self, seal: &Seal) -> String {
        self.made(seal, "openid verifier")
    }

    pub fn challenge(&self, seal: &Seal) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier(seal)))
    }

    /// What its end counts under: it has one.
    pub fn once(&self, seal: &Seal) -> Allowance {
        limits::once(seal, &self.token.digest(), SECONDS * 1_000_000)
    }

    fn made(&self, seal: &Seal, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(seal.sign(purpose, &[&self.token.digest()]))
    }

    fn signature(&self, seal: &Seal) -> String {
        let parts =
            [&self.token.digest()[..], &self.begun_at.0.to_be_bytes(), self.next.as_bytes()];
        URL_SAFE_NO_PAD.encode(seal.sign("openid errand", &parts))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn headers(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        [(header::COOKIE, format!("a=1; {pair}").parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn an_errand_is_this_browsers_for_ten_minutes() {
        let (seal, other) = (Seal::new(&[1; 32]), Seal::new(&[2; 32]));
        let begun = Timestamp(1_800_000_000_000_000);
        let errand = Errand::begin("/console/find?q=ö", begun).unwrap();
        let cookie = errand.cookie(&seal);
        let text = cookie.to_str().unwrap();
        let how = "; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=600";
        assert!(text.starts_with("__Host-sporran-openid=") && text.ends_with(how), "{text}");
        let headers = headers(&cookie);
        let read = Errand::read(&headers, &seal, begun).unwrap();
        assert_eq!((read.next.as_str(), read.begun_at), ("/console/find?q=ö", begun));
        assert!(read.is_state(&seal, &errand.state(&seal)));
        assert_eq!(read.verifier(&seal), errand.verifier(&seal));
        assert!(Errand::read(&headers, &seal, begun.plus(599_999_999)).is_some());
        assert!(Errand::read(&headers, &seal, begun.plus(600_000_000)).is_none());
        assert!(Errand::read(&headers, &seal, begun.plus(-1)).is_none());
        assert!(Errand::read(&headers, &other, begun).is_none());
        assert!(Errand::read(&HeaderMap::new(), &seal, begun).is_none());
    }

    #[test]
    fn a_changed_errand_is_none() {
        let (seal, begun) = (Seal::new(&[1; 32]), Timestamp(1_800_000_000_000_000));
        let errand = Errand::begin("/console", begun).unwrap();
        let cookie = errand.cookie(&seal).to_str().unwrap().to_owned();
        let elsewhere = URL_SAFE_NO_PAD.encode("/console/users");
        let parts: Vec<&str> = cookie.split(['.', ';']).collect();
        let (token, moment, next, signature) = (parts[0], parts[1], parts[2], parts[3]);
        let changed = [
            format!("{token}.{moment}.{elsewhere}.{signature}"),
            format!("{token}.1800000000000001.{next}.{signature}"),
            format!("{token}.{moment}.{next}."),
            format!("{token}.{moment}.{next}"),
            format!("{token}.{moment}.{next}.{signature}.x"),
        ];
        for value in changed {
            let value = HeaderValue::try_from(value).unwrap();
            assert!(Errand::read(&headers(&value), &seal, begun).is_none(), "{value:?}");
        }
        let other = Errand::begin("/console", begun).unwrap();
        assert!(!errand.is_state(&seal, &other.state(&seal)) && !errand.is_state(&seal, ""));
        let made = [errand.state(&seal), errand.nonce(&seal), errand.verifier(&seal)];
        assert!(made[0] != made[1] && made[1] != made[2] && made[0] != made[2]);
        assert_eq!(Errand::begin(&"x".repeat(1_001), begun).unwrap().next, "/console");
    }
}
