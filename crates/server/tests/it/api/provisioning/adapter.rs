//! An adapter on this machine that notes what it hears, answers what it is told to, and can hang.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::{Notify, watch};

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
}

#[derive(Default)]
struct Inside {
    heard: Mutex<Vec<Heard>>,
    next: Mutex<VecDeque<u16>>,
    always: Mutex<Option<u16>>,
    /// Commands that are not answered before they are let go.
    held: Mutex<HashMap<String, Arc<Notify>>>,
    count: watch::Sender<usize>,
}

#[derive(Clone)]
pub struct Network {
    port: u16,
    inside: Arc<Inside>,
}

impl Network {
    pub async fn start() -> Self {
        let inside = Arc::<Inside>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(hear).with_state(Arc::clone(&inside));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, inside }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/switch", self.port)
    }

    /// Answers the next requests like this, and all others by 204.
    pub fn then(&self, says: impl IntoIterator<Item = u16>) {
        self.inside.next.lock().expect("no panic").extend(says);
    }

    pub fn always(&self, says: Option<u16>) {
        *self.inside.always.lock().expect("no panic") = says;
    }

    /// Does not answer a command until [`Self::let_go`].
    pub fn hold(&self, id: &str) {
        self.inside.held.lock().expect("no panic").entry(id.to_owned()).or_default();
    }

    pub fn let_go(&self, id: &str) {
        let held = self.inside.held.lock().expect("no panic").remove(id);
        held.expect("it is held").notify_waiters();
    }

    /// What it heard since it was asked last.
    pub fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.inside.heard.lock().expect("no panic"))
    }

    pub fn ids(&self) -> Vec<String> {
        self.heard().iter().map(Heard::id).collect()
    }

    /// Waits until it has heard so many requests since its start.
    pub async fn has_heard(&self, count: usize) {
        let mut counted = self.inside.count.subscribe();
        counted.wait_for(|it| *it >= count).await.expect("it is there");
    }
}

async fn hear(State(inside): State<Arc<Inside>>, headers: HeaderMap, body: String) -> StatusCode {
    let heard = Heard { headers, body };
    let held = inside.held.lock().expect("no panic").get(&heard.id()).cloned();
    inside.heard.lock().expect("no panic").push(heard);
    let next = inside.next.lock().expect("no panic").pop_front();
    let always = *inside.always.lock().expect("no panic");
    if let Some(held) = held {
        let released = held.notified();
        tokio::pin!(released);
        released.as_mut().enable();
        inside.count.send_modify(|it| *it += 1);
        released.await;
    } else {
        inside.count.send_modify(|it| *it += 1);
    }
    StatusCode::from_u16(next.or(always).unwrap_or(204)).expect("a status")
}
