//! A receiver on this machine that notes what it hears and answers what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().expect("text").to_owned()
    }

    pub fn id(&self) -> String {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn sequence(&self) -> u64 {
        self.json()["sequence"].as_u64().expect("a number")
    }
}

/// An answer: its status, and how long it asks to wait.
#[derive(Clone, Copy, Debug)]
pub struct Says(pub u16, pub Option<&'static str>);

#[derive(Default)]
struct Inside {
    heard: Vec<Heard>,
    next: VecDeque<Says>,
    always: Option<Says>,
    /// Answered to requests that have this in their body.
    about: Option<(String, Says)>,
}

pub struct Receiver {
    port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let inside = Arc::<Mutex<Inside>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(hear).with_state(Arc::clone(&inside));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, inside }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }

    /// Answers the next requests like this, and all others by 200.
    pub fn then(&self, says: impl IntoIterator<Item = Says>) {
        self.inside.lock().expect("no panic").next.extend(says);
    }

    pub fn always(&self, says: Option<Says>) {
        self.inside.lock().expect("no panic").always = says;
    }

    pub fn about(&self, what: &str, says: Says) {
        self.inside.lock().expect("no panic").about = Some((what.to_owned(), says));
    }

    pub fn about_nothing(&self) {
        self.inside.lock().expect("no panic").about = None;
    }

    /// What it heard since it was asked last.
    pub fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.inside.lock().expect("no panic").heard)
    }

    pub fn ids(&self) -> Vec<String> {
        self.heard().iter().map(Heard::id).collect()
    }
}

async fn hear(
    State(inside): State<Arc<Mutex<Inside>>>,
    headers: HeaderMap,
    body: String,
) -> axum::response::Response {
    let mut inside = inside.lock().expect("no panic");
    let about = inside.about.clone().filter(|it| body.contains(&it.0)).map(|it| it.1);
    inside.heard.push(Heard { headers, body });
    let next = inside.next.pop_front();
    let Says(status, wait) = about.or(next).or(inside.always).unwrap_or(Says(200, None));
    let mut response = StatusCode::from_u16(status).expect("a status").into_response();
    if let Some(wait) = wait {
        let name = if (300..400).contains(&status) { "location" } else { "retry-after" };
        response.headers_mut().insert(name, wait.parse().expect("a value"));
    }
    response
}
