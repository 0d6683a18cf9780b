//! A server on this machine that plays Stripe's part, as its API does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use server::channels::stripe::checkout::{BoundsConfig, CheckoutConfig};
use server::config::Config;

pub const KEY: &str = "sk_test_of_nobody_at_all";

/// What it does instead of making a session.
#[derive(Clone, Debug)]
pub enum Instead {
    Refuse(u16, Value),
    /// Makes it, and lets the answer never come.
    Hang,
    /// Makes one whose page is at this address.
    PageAt(&'static str),
}

/// A session that it made.
#[derive(Clone, Debug)]
pub struct Session {
    pub key: String,
    pub fields: BTreeMap<String, String>,
    pub url: String,
}

#[derive(Default)]
struct Inside {
    made: Vec<Session>,
    asked: usize,
    instead: Option<Instead>,
}

pub struct Stripe {
    port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl Stripe {
    pub async fn start() -> Self {
        let inside = Arc::<Mutex<Inside>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new()
            .route("/v1/checkout/sessions", post(create))
            .with_state(Arc::clone(&inside));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, inside }
    }

    /// Has self-care pay by it.
    pub fn set_up(&self, config: &mut Config) {
        let bounds = |minimum: &str, maximum: &str| BoundsConfig {
            minimum: Some(minimum.into()),
            maximum: Some(maximum.into()),
        };
        let currencies = [
            ("EUR", bounds("1.00", "500.00")),
            ("XPF", BoundsConfig::default()),
            ("KWD", BoundsConfig::default()),
        ];
        config.provider.name = "Lagoon Telecom".into();
        config.self_care.stripe = Some(CheckoutConfig {
            channel: "cards".into(),
            secret: Some(KEY.into()),
            secret_file: None,
            return_url: "https://my.lagoon.example".into(),
            page_url: "https://checkout.stripe.com".into(),
            api_url: format!("http://127.0.0.1:{}", self.port),
            timeout_seconds: 1,
            currencies: currencies.map(|(code, it)| (code.to_owned(), it)).into(),
        });
    }

    /// What it does with the next request.
    pub fn next(&self, instead: Instead) {
        self.inside.lock().expect("no panic").instead = Some(instead);
    }

    /// The sessions that it made.
    pub fn made(&self) -> Vec<Session> {
        self.inside.lock().expect("no panic").made.clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.inside.lock().expect("no panic").asked
    }
}

fn error(status: u16, error: Value) -> Response {
    (StatusCode::from_u16(status).expect("a status"), Json(json!({"error": error}))).into_response()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().expect("text").into_owned()
}

async fn create(
    State(inside): State<Arc<Mutex<Inside>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let header = |name: &str| headers.get(name).map_or("", |it| it.to_str().expect("text"));
    if header("authorization") != format!("Bearer {KEY}") {
        return error(401, json!({"type": "invalid_request_error"}));
    }
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header("stripe-version"), "2025-09-30.clover");
    let key = header("idempotency-key").to_owned();
    assert!((16..=255).contains(&key.len()), "{key:?}");
    let pairs = body.split('&').map(|it| it.split_once('=').expect("a pair"));
    let fields: BTreeMap<_, _> = pairs.map(|(name, value)| (decode(name), decode(value))).collect();
    let (instead, url) = {
        let mut inside = inside.lock().expect("no panic");
        inside.asked += 1;
        let instead = inside.instead.take();
        if let Some(Instead::Refuse(status, why)) = instead {
            return error(status, why);
        }
        let known = inside.made.iter().find(|it| it.key == key);
        let url = match known {
            // The same key again is the first answer again, and stands for the same.
            Some(it) if it.fields == fields => it.url.clone(),
            Some(_) => return error(400, json!({"type": "idempotency_error"})),
            None => {
                let origin = match instead {
                    Some(Instead::PageAt(origin)) => origin,
                    _ => "https://checkout.stripe.com",
                };
                let number = inside.made.len();
                let url = format!("{origin}/c/pay/cs_test_{number}#fidkdWxOYHwnPyd1blpx{number}");
                inside.made.push(Session { key, fields, url: url.clone() });
                url
            }
        };
        (instead, url)
    };
    if matches!(instead, Some(Instead::Hang)) {
        return std::future::pending().await;
    }
    let session = json!({"id": "cs_test_1", "object": "checkout.session", "status": "open",
        "payment_status": "unpaid", "livemode": false, "custom_text": "x".repeat(3_000),
        "url": url});
    Json(session).into_response()
}
