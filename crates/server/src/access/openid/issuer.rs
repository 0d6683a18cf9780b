//! The issuer: what it says of itself, its keys, and a code that it changes for a token.
//!
//! It is asked for the first time when somebody wants to sign in, and what it said is kept for an
//! hour. A token by a key that we do not know has it asked anew, once a minute at most.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::Timestamp;
use jsonwebtoken::jwk::Jwk;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::super::tokens::Seal;
use super::errand::Errand;
use super::token::{self, Claims, Expected, Fault};
use crate::webhooks::address::Allowed;
use crate::webhooks::client::{Client, FORM_FIELD, Target, form};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Of a document that is longer the rest is left, and it cannot be read.
const DOCUMENT_BYTES_MAX: usize = 256 * 1_024;

const SECOND: i64 = 1_000_000;

/// How long is believed what it said of itself and of its keys.
const KEPT: i64 = 3_600 * SECOND;

/// Who signs tokens by unknown keys has it asked no more often.
const ANEW_AFTER: i64 = 60 * SECOND;

/// After it could not be asked, nobody waits for it again for so long. Asking takes twice
/// [`TIMEOUT`] at most: were this shorter, all who came meanwhile would ask one after the other.
const AGAIN_AFTER: i64 = 30 * SECOND;

/// Keys that are looked at.
const KEYS_MAX: usize = 100;

pub struct Issuer {
    /// As it calls itself.
    pub name: String,
    client_id: String,
    client_secret: String,
    /// Where it sends browsers back to.
    redirect_uri: String,
    client: Client,
    kept: Mutex<Kept>,
}

/// What it said, and when it was asked.
#[derive(Default)]
struct Kept {
    found: Option<(Arc<Found>, Timestamp)>,
    asked_anew_at: Option<Timestamp>,
    failed: Option<(String, Timestamp)>,
}

struct Found {
    said: Said,
    keys: Vec<Jwk>,
}

/// The discovery document, as far as it is of use.
#[derive(Deserialize)]
struct Said {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

impl Issuer {
    pub fn new(name: &str, client_id: &str, client_secret: String, redirect_uri: String) -> Self {
        Self {
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            redirect_uri,
            // The operator wrote the address down: it may be in a private network.
            client: Client::new(Allowed::Anywhere, TIMEOUT).keeping(DOCUMENT_BYTES_MAX),
            kept: Mutex::default(),
        }
    }

    /// Where a browser goes to sign in.
    pub async fn address(
        &self,
        errand: &Errand,
        scope: &str,
        seal: &Seal,
        now: Timestamp,
    ) -> Result<String, String> {
        let found = self.ask(now).await?;
        let fields = form(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", scope),
            ("state", &errand.state(seal)),
            ("nonce", &errand.nonce(seal)),
            ("code_challenge", &errand.challenge(seal)),
            ("code_challenge_method", "S256"),
        ]);
        let address = &found.said.authorization_endpoint;
        let joint = if address.contains('?') { '&' } else { '?' };
        Ok(format!("{address}{joint}{fields}"))
    }

    /// Whom the code stands for; the error says why that is not known, without any secret.
    pub async fn claims(
        &self,
        code: &str,
        errand: &Errand,
        seal: &Seal,
        now: Timestamp,
    ) -> Result<Claims, String> {
        let found = self.ask(now).await?;
        let tokens = self.exchange(&found.said, code, &errand.verifier(seal)).await?;
        let expected = Expected {
            issuer: &self.name,
            client_id: &self.client_id,
            nonce: &errand.nonce(seal),
            access_token: tokens.access_token.as_deref(),
            now,
        };
        let verified = match token::verify(&tokens.id_token, &found.keys, &expected) {
            Err(Fault::UnknownKey) => match self.ask_anew(now).await? {
                Some(found) => token::verify(&tokens.id_token, &found.keys, &expected),
                None => Err(Fault::UnknownKey),
            },
            verified => verified,
        };
        verified.map_err(|fault| match fault {
            Fault::UnknownKey => "the token is signed by a key that the issuer has not".to_owned(),
            Fault::Wrong(why) => format!("the token {why}"),
        })
    }

    async fn exchange(&self, said: &Said, code: &str, verifier: &str) -> Result<Tokens, String> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        // What is not said means `client_secret_basic`.
        let methods = said.token_endpoint_auth_methods_supported.as_deref();
        let in_header = methods.is_none_or(|it| it.iter().any(|it| it == "client_secret_basic"));
        let encode = |it| utf8_percent_encode(it, FORM_FIELD).to_string();
        let pair = format!("{}:{}", encode(&self.client_id), encode(&self.client_secret));
        let mut headers = vec![("accept", "application/json".to_owned())];
        if in_header {
            headers.push(("authorization", format!("Basic {}", STANDARD.encode(pair))));
        } else {
            form.extend([("client_id", &*self.client_id), ("client_secret", &self.client_secret)]);
        }
        let url = &said.token_endpoint;
        let answer = self.client.post_form(url, &headers, &form).await;
        let answer =
            answer.map_err(|why| format!("the code was not changed for a token: {why}"))?;
        if answer.status != 200 {
            #[derive(Deserialize)]
            struct Refused {
                error: String,
            }
            let refused = serde_json::from_str::<Refused>(&answer.body);
            let why = refused.map_or_else(|_| "no reason", |it| code_of(&it.error));
            let status = answer.status;
            return Err(format!("the code was not changed for a token: {status}, {why}"));
        }
        // What is wrong in it is not said: it would be a piece of a token.
        serde_json::from_str(&answer.body)
            .map_err(|_| "the issuer answered no ID token for the code".to_owned())
    }

    /// What it says of itself, which may be an hour old.
    async fn ask(&self, now: Timestamp) -> Result<Arc<Found>, String> {
        let mut kept = self.kept.lock().await;
        let is_near = |at: Timestamp, length| (0..length).contains(&now.since(at));
        if let Some((found, at)) = &kept.found
            && is_near(*at, KEPT)
        {
            return Ok(Arc::clone(found));
        }
        if let Some((why, at)) = &kept.failed
            && is_near(*at, AGAIN_AFTER)
        {
            return Err(why.clone());
        }
        self.fetch(&mut kept, now).await
    }

    /// The same anew, unless it was asked anew a moment ago.
    async fn ask_anew(&self, now: Timestamp) -> Result<Option<Arc<Found>>, String> {
        let mut kept = self.kept.lock().await;
        if kept.asked_anew_at.is_some_and(|at| (0..ANEW_AFTER).contains(&now.since(at))) {
            return Ok(None);
        }
        kept.asked_anew_at = Some(now);
        self.fetch(&mut kept, now).await.map(Some)
    }

    async fn fetch(&self, kept: &mut Kept, now: Timestamp) -> Result<Arc<Found>, String> {
        match self.discover().await {
            Ok(found) => {
                let found = Arc::new(found);
                *kept = Kept { found: Some((Arc::clone(&found), now)), failed: None, ..*kept };
                Ok(found)
            }
            Err(why) => {
                kept.failed = Some((why.clone(), now));
                Err(why)
            }
        }
    }

    async fn discover(&self) -> Result<Found, String> {
        let name = self.name.trim_end_matches('/');
        let said: Said = self.read(&format!("{name}/.well-known/openid-configuration")).await?;
        if said.issuer != self.name {
            return Err(format!("the issuer calls itself {:?}", said.issuer));
        }
        let ours = Target::parse(&self.name)?;
        for url in [&said.authorization_endpoint, &said.token_endpoint, &said.jwks_uri] {
            let target = Target::parse(url).map_err(|why| format!("its address {url:?} {why}"))?;
            if ours.is_https() && !target.is_https() {
                return Err(format!("its address {url:?} is without TLS"));
            }
        }
        let keys: Keys = self.read(&said.jwks_uri).await?;
        let keys = keys.keys.into_iter().take(KEYS_MAX);
        // Of a kind that nobody here knows, they sign nothing that is taken.
        let keys = keys.filter_map(|it| serde_json::from_value(it).ok()).collect();
        Ok(Found { said, keys })
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, String> {
        let answer = self.client.get(url).await.map_err(|why| format!("{url}: {why}"))?;
        if answer.status != 200 {
            return Err(format!("{url}: status {}", answer.status));
        }
        serde_json::from_str(&answer.body).map_err(|error| format!("{url}: {error}"))
    }
}

/// An error's code, if it is one of those that a standard knows: anything may stand there.
pub fn code_of(error: &str) -> &'static str {
    const KNOWN: [&str; 16] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_request_uri",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unmet_authentication_requirements",
        "unsupported_grant_type",
        "unsupported_response_type",
    ];
    KNOWN.into_iter().find(|it| *it == error).unwrap_or("an error that has no standard name")
}
