//! An issuer of OpenID Connect on a port of its own, which can be told to lie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use ring::{digest, hmac};
use serde_json::{Value, json};

use crate::api::world::START;

pub const CLIENT: &str = "sporran";
/// With what an address and a header have to encode.
pub const SECRET: &str = "s3cret & more: 100%";

/// Where the console is, as its browsers know it.
pub const CONSOLE: &str = "https://billing.example.com";

/// When the provider's clock stands, in seconds.
pub const NOW: i64 = START.0 / 1_000_000;

pub struct Issuer {
    pub url: String,
    told: Arc<Mutex<Told>>,
}

/// How a token is signed.
#[derive(Clone, Copy, PartialEq)]
pub enum Signing {
    Properly,
    /// By a key that has the right name and is not the one that is shown.
    ByAnother,
    /// `alg: none`, without a signature.
    Not,
    /// By the client's secret, which the client could do as well.
    BySecret,
    /// By the bytes of the public key, as if they were a secret.
    ByPublicKey,
}

pub struct Told {
    url: String,
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    key_id: String,
    /// The names under which the key is shown.
    pub shown: Vec<String>,
    pub signing: Signing,
    /// Claims that are added or, where null, left out.
    pub claims: Value,
    pub methods: Option<Vec<&'static str>>,
    /// Stands in place of the answer for a code.
    pub answer: Option<(u16, Value)>,
    /// What the discovery document says instead.
    pub says: Value,
    /// Whether a code serves more than once, as none may.
    pub is_forgetful: bool,
    codes: BTreeMap<String, Begun>,
    made: u32,
    /// How often the keys were asked for.
    pub keys_asked: u32,
    /// Codes, verifiers and tokens, none of which may be in a log.
    pub secrets: Vec<String>,
}

#[derive(Clone)]
struct Begun {
    nonce: String,
    challenge: String,
}

fn draw_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("the same")
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What follows the question mark.
pub fn parameters(address: &str) -> BTreeMap<String, String> {
    let query = address.split_once('?').expect("parameters").1;
    let pairs = query.split('&').map(|it| it.split_once('=').expect("a name and a value"));
    let decode = |it: &str| percent_decode_str(it).decode_utf8().expect("text").into_owned();
    pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

impl Issuer {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let told = Arc::new(Mutex::new(Told {
            url: url.clone(),
            key: draw_key(),
            other: draw_key(),
            key_id: "k1".into(),
            shown: vec!["k1".into()],
            signing: Signing::Properly,
            claims: json!({}),
            methods: None,
            answer: None,
            says: json!({}),
            is_forgetful: false,
            codes: BTreeMap::new(),
            made: 0,
            keys_asked: 0,
            secrets: Vec::new(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(show_configuration))
            .route("/keys", get(show_keys))
            .route("/token", post(exchange))
            .with_state(Arc::clone(&told));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, told }
    }

    pub fn tell(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no panic")
    }

    /// Another key from now on, under another name.
    pub fn rotate(&self, name: &str) {
        let mut told = self.tell();
        (told.key, told.key_id) = (draw_key(), name.to_owned());
        told.shown = vec![name.to_owned()];
    }

    /// Somebody signs in at the address that the browser was sent to; answers where it is sent
    /// back to.
    pub fn sign_in(&self, address: &str) -> String {
        let asked = parameters(address);
        assert!(address.starts_with(&format!("{}/authorize?", self.url)), "{address}");
        let said = |name: &str| asked.get(name).map(String::as_str);
        assert_eq!(said("response_type"), Some("code"));
        assert_eq!(said("client_id"), Some(CLIENT));
        assert_eq!(said("redirect_uri"), Some(&*back()));
        assert_eq!(said("scope"), Some("openid profile email"));
        assert_eq!(said("code_challenge_method"), Some("S256"));
        assert_eq!(asked.len(), 8, "{asked:?}");
        let [state, nonce, challenge] =
            ["state", "nonce", "code_challenge"].map(|it| asked[it].clone());
        assert!([&state, &nonce, &challenge].iter().all(|it| it.len() == 43), "{asked:?}");
        let mut told = self.tell();
        told.made += 1;
        let code = format!("code/{}+&", told.made);
        told.secrets.push(code.clone());
        told.codes.insert(code, Begun { nonce, challenge });
        let code = format!("code%2F{}%2B%26", told.made);
        // Keycloak sends its own session's, Google more than that.
        told.secrets.push(code.clone());
        format!("/console/sign-in/openid/callback?state={state}&code={code}&session_state=x")
    }
}

fn back() -> String {
    format!("{CONSOLE}/console/sign-in/openid/callback")
}

type Shared = State<Arc<Mutex<Told>>>;

fn merged(mut base: Value, more: &Value) -> Value {
    let base_fields = base.as_object_mut().expect("fields");
    for (name, value) in more.as_object().expect("fields") {
        match value {
            Value::Null => drop(base_fields.remove(name)),
            value => drop(base_fields.insert(name.clone(), value.clone())),
        }
    }
    base
}

async fn show_configuration(State(told): Shared) -> Json<Value> {
    let told = told.lock().expect("no panic");
    let url = &told.url;
    let said = json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"), "jwks_uri": format!("{url}/keys"),
        "token_endpoint_auth_methods_supported": told.methods,
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
    });
    Json(merged(said, &told.says))
}

async fn show_keys(State(told): Shared) -> Json<Value> {
    let mut told = told.lock().expect("no panic");
    told.keys_asked += 1;
    let (x, y) = told.key.public_key().as_ref()[1..].split_at(32);
    let key = |name: &String| {
        json!({"kty": "EC", "crv": "P-256", "kid": name, "use": "sig", "alg": "ES256",
               "x": encode(x), "y": encode(y)})
    };
    // Keys of kinds that nobody here knows stand beside it.
    let strange = json!({"kty": "XYZ", "kid": "strange", "alg": "XY999"});
    Json(json!({"keys": told.shown.iter().map(key).chain([strange]).collect::<Vec<_>>()}))
}

async fn exchange(
    State(told): Shared,
    headers: HeaderMap,
    Form(sent): Form<BTreeMap<String, String>>,
) -> Response {
    let mut told = told.lock().expect("no panic");
    let said = |name: &str| sent.get(name).map(String::as_str);
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", encoded(SECRET))));
    let in_header = headers.get(header::AUTHORIZATION).is_some_and(|it| it == basic.as_str());
    let in_form = (said("client_id"), said("client_secret")) == (Some(CLIENT), Some(SECRET));
    let wants_form = told.methods.as_deref() == Some(&["client_secret_post"]);
    assert_eq!((in_header, in_form), (!wants_form, wants_form), "{headers:?}");
    assert_eq!(said("grant_type"), Some("authorization_code"));
    assert_eq!(said("redirect_uri"), Some(&*back()));
    let verifier = said("code_verifier").expect("a verifier").to_owned();
    told.secrets.push(verifier.clone());
    let code = said("code").expect("a code").to_owned();
    let begun =
        if told.is_forgetful { told.codes.get(&code).cloned() } else { told.codes.remove(&code) };
    let challenge = encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    let refused = (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"})));
    let Some(begun) = begun.filter(|it| it.challenge == challenge) else {
        return refused.into_response();
    };
    if let Some((status, answer)) = told.answer.clone() {
        let status = StatusCode::from_u16(status).expect("a status");
        return (status, Json(answer)).into_response();
    }
    let access_token = "opaque access token";
    let token = told.token(&begun.nonce, access_token);
    told.secrets.extend([token.clone(), access_token.to_owned()]);
    let answer = json!({"access_token": access_token, "token_type": "Bearer", "id_token": token});
    Json(answer).into_response()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Told {
    fn token(&self, nonce: &str, access_token: &str) -> String {
        let half = digest::digest(&digest::SHA256, access_token.as_bytes());
        let claims = json!({
            "iss": self.url, "aud": CLIENT, "sub": "sub-of-ann", "nonce": nonce,
            "iat": NOW, "exp": NOW + 300, "at_hash": encode(&half.as_ref()[..16]),
            "email": "Ann@example.com", "email_verified": true, "name": "Ann Bäcker",
        });
        let algorithm = match self.signing {
            Signing::Properly | Signing::ByAnother => "ES256",
            Signing::Not => "none",
            Signing::BySecret | Signing::ByPublicKey => "HS256",
        };
        let head = json!({"alg": algorithm, "typ": "JWT", "kid": self.key_id});
        let claims = merged(claims, &self.claims);
        let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let with = |key: &EcdsaKeyPair| {
            let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
            encode(signature)
        };
        let by = |secret: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            encode(hmac::sign(&key, signed.as_bytes()))
        };
        let signature = match self.signing {
            Signing::Properly => with(&self.key),
            Signing::ByAnother => with(&self.other),
            Signing::Not => String::new(),
            Signing::BySecret => by(SECRET.as_bytes()),
            Signing::ByPublicKey => by(self.key.public_key().as_ref()),
        };
        format!("{signed}.{signature}")
    }
}
