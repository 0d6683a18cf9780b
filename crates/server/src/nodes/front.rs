//! The way in: answers here what is ours to answer, and passes the rest on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::Holder;
use tokio::sync::watch;
use tower::ServiceExt;

use super::config::NodeOptions;
use super::keeper::{Inside, Own};
use super::pass::{Lost, Passing};
use super::proof::{PROOF, Proofs};
use crate::http::error::Problem;
use crate::http::resources::health;

/// How long a request waits for a node that can answer: longer than a lease and a restart take.
const WAIT: Duration = Duration::from_secs(8);

/// How long the answer is waited for of a node that has let go of the shard: it may be on its way.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is looked again who can answer, beside being told: a lease ends without a word.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    proofs: Arc<Proofs>,
    passing: Passing,
    known: watch::Receiver<Holder>,
    own: watch::Receiver<Option<Arc<Own>>>,
    leaving: watch::Receiver<bool>,
    body_bytes_max: usize,
}

/// Who can answer.
enum Place {
    Here(Arc<Own>, Inside),
    There(String),
    Nowhere,
}

impl Front {
    pub fn new(
        options: &NodeOptions,
        known: watch::Receiver<Holder>,
        own: watch::Receiver<Option<Arc<Own>>>,
        leaving: watch::Receiver<bool>,
        body_bytes_max: usize,
    ) -> Self {
        let proofs = Arc::new(Proofs::new(&options.secret));
        let passing = Passing::new(Arc::clone(&proofs), known.clone());
        Self(Arc::new(Inner { proofs, passing, known, own, leaving, body_bytes_max }))
    }

    pub fn router(self) -> Router {
        Router::new()
            .route("/health/live", get(health::get_live))
            .route("/health/ready", get(get_ready))
            .route("/metrics", get(get_metrics))
            .fallback(answer)
            .with_state(self)
    }

    fn place(&self) -> Place {
        match &*self.0.known.borrow() {
            Holder::Another(node) => Place::There(node.address.clone()),
            Holder::Us { term, until } if Instant::now() < *until => {
                let own = self.0.own.borrow().clone().filter(|it| it.term == *term);
                let entered = own.and_then(|it| it.enter().map(|inside| (it, inside)));
                entered.map_or(Place::Nowhere, |(own, inside)| Place::Here(own, inside))
            }
            Holder::Us { .. } | Holder::Nobody => Place::Nowhere,
        }
    }

    /// Until something may have changed.
    async fn changed(&self) {
        let (mut known, mut own) = (self.0.known.clone(), self.0.own.clone());
        tokio::select! {
            Ok(()) = known.changed() => {}
            Ok(()) = own.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }

    /// Has a request answered that came to this node, by whoever can.
    async fn answer_own(&self, peer: SocketAddr, request: Request) -> Response {
        if let Place::Here(own, inside) = self.place() {
            return here(&own, &inside, request).await;
        }
        let (parts, body) = request.into_parts();
        // It may have to be sent more than once.
        let Ok(body) = to_bytes(body, self.0.body_bytes_max).await else {
            return Problem::too_large(self.0.body_bytes_max).into_response();
        };
        let patience = if is_repeatable(&parts) { Duration::ZERO } else { PATIENCE };
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            match self.place() {
                Place::Here(own, inside) => {
                    let request = Request::from_parts(parts, Body::from(body));
                    return here(&own, &inside, request).await;
                }
                Place::There(address) => {
                    let passing = &self.0.passing;
                    match passing.pass(&address, &parts, body.clone(), peer, patience).await {
                        Ok(response) => return response,
                        Err(Lost::Unsent) => {}
                        Err(Lost::Unanswered) if is_repeatable(&parts) => {}
                        Err(Lost::Unanswered) => break,
                    }
                }
                Place::Nowhere => {}
            }
            self.changed().await;
        }
        Problem::unavailable().into_response()
    }
}

async fn here(own: &Own, _inside: &Inside, request: Request) -> Response {
    let Ok(response) = own.router().oneshot(request).await;
    response
}

/// Whether doing it twice is as good as once.
fn is_repeatable(parts: &Parts) -> bool {
    let is_read = matches!(parts.method, Method::GET | Method::HEAD | Method::PUT);
    is_read || parts.headers.contains_key("idempotency-key")
}

async fn answer(
    State(front): State<Front>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let Some(header) = request.headers_mut().remove(PROOF) else {
        return front.answer_own(peer, request).await;
    };
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let proofs = &front.0.proofs;
    let Some(passed) = proofs.read(request.method(), target, &header) else {
        let why = "the header Sporran-Node is for nodes alone, and this is none of ours";
        return Problem::denied(why).into_response();
    };
    request.extensions_mut().insert(ConnectInfo(passed.peer));
    let mut response = match front.place() {
        Place::Here(own, inside) => here(&own, &inside, request).await,
        // Whoever passed it on knows better soon.
        Place::There(_) | Place::Nowhere => StatusCode::MISDIRECTED_REQUEST.into_response(),
    };
    let proof = HeaderValue::from_str(&proofs.of_answer(&passed)).expect("it is plain text");
    response.headers_mut().insert(PROOF, proof);
    response
}

/// Whether requests are taken here: not when the node is about to stop, or no node has the shard.
async fn get_ready(State(front): State<Front>, request: Request) -> Response {
    if *front.0.leaving.borrow() {
        return Problem::unavailable().into_response();
    }
    match front.place() {
        Place::Here(own, inside) => here(&own, &inside, request).await,
        Place::There(_) => health::get_live().await.into_response(),
        Place::Nowhere => Problem::unavailable().into_response(),
    }
}

/// The shard's figures where it is, and everywhere who has it.
async fn get_metrics(State(front): State<Front>, request: Request) -> Response {
    let Place::Here(own, inside) = front.place() else {
        return "# TYPE sporran_shard_held gauge\nsporran_shard_held 0\n".into_response();
    };
    metrics::gauge!("sporran_shard_held").set(1);
    here(&own, &inside, request).await
}
