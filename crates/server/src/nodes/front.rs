//! The way in: finds the shard that a request is for, answers here what is ours to answer, and
//! passes the rest on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::ShardId;
use store::Holder;
use tokio::sync::watch;
use tower::ServiceExt;

use super::config::NodeOptions;
use super::keeper::{Inside, Own};
use super::pass::{Lost, Passing};
use super::proof::{PROOF, Proofs};
use super::route;
use crate::claims::{ClaimTable, Value};
use crate::http::error::Problem;
use crate::http::resources::health;
use crate::shards::{FromNode, PREFIX};

/// How long a request waits for a node that can answer: longer than a lease and a restart take.
const WAIT: Duration = Duration::from_secs(8);

/// How long the answer is waited for of a node that has let go of the shard: it may be on its way.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is looked again who can answer, beside being told: a lease ends without a word.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// From where a node asks for itself.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    proofs: Arc<Proofs>,
    passing: Passing,
    /// To each shard, by its number.
    ways: Vec<Way>,
    /// Where what carries no shard leads; nothing with one shard.
    claims: Option<ClaimTable>,
    /// Counts what may go to any shard.
    turn: AtomicU32,
    leaving: watch::Receiver<bool>,
    body_bytes_max: usize,
}

/// The way to a shard.
pub struct Way {
    pub known: watch::Receiver<Holder>,
    pub own: watch::Receiver<Option<Arc<Own>>>,
    /// Whether the shard is in the database that every other one needs, too.
    pub is_in_first: bool,
}

/// Where a request leads.
struct Lead {
    shard: ShardId,
    /// By which value, when it was not looked up now.
    recalled: Option<Value>,
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
        (ways, claims): (Vec<Way>, Option<ClaimTable>),
        leaving: watch::Receiver<bool>,
        body_bytes_max: usize,
    ) -> Self {
        let proofs = Arc::new(Proofs::new(&options.secret));
        let passing = Passing::new(Arc::clone(&proofs));
        let turn = AtomicU32::default();
        Self(Arc::new(Inner { proofs, passing, ways, claims, turn, leaving, body_bytes_max }))
    }

    pub fn router(self) -> Router {
        Router::new()
            .route("/health/live", get(health::get_live))
            .route("/health/ready", get(get_ready))
            .route("/metrics", get(get_metrics))
            .fallback(answer)
            .with_state(self)
    }

    pub fn claims(&self) -> Option<&ClaimTable> {
        self.0.claims.as_ref()
    }

    /// Where a request leads, as it is known or remembered.
    async fn lead(&self, parts: &Parts, body: &[u8]) -> Result<Lead, Problem> {
        let shards = u32::try_from(self.0.ways.len()).unwrap_or(1);
        let route = route::route_of(parts, body, shards, &self.0.turn);
        for value in &route.sought {
            let Some(claims) = self.claims() else { break };
            // What is listed by a subject that has moved is an empty list, and not missed.
            let may_recall = parts.method != Method::GET || !matches!(value, Value::Subject(_));
            let recalled = may_recall.then(|| claims.recall(value)).flatten();
            if let Some(shard) = recalled {
                return Ok(Lead { shard, recalled: Some(value.clone()) });
            }
            if let Some(shard) = claims.find(value).await? {
                return Ok(Lead { shard, recalled: None });
            }
        }
        Ok(Lead { shard: route.shard, recalled: None })
    }

    fn way(&self, shard: ShardId) -> Option<&Way> {
        self.0.ways.get(usize::try_from(shard.number()).ok()?)
    }

    /// Has a request answered that came to this node, by whoever can.
    async fn answer_own(&self, peer: SocketAddr, request: Request) -> Response {
        // With one shard nobody has to look into the body.
        if let [only] = &*self.0.ways
            && let Place::Here(own, inside) = only.place()
        {
            return here(&own, &inside, request).await;
        }
        let (parts, body) = request.into_parts();
        // It may have to be sent more than once.
        let Ok(body) = to_bytes(body, self.0.body_bytes_max).await else {
            return Problem::too_large(self.0.body_bytes_max).into_response();
        };
        match self.answer_led(peer, parts, body).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        }
    }

    async fn answer_led(
        &self,
        peer: SocketAddr,
        parts: Parts,
        body: Bytes,
    ) -> Result<Response, Problem> {
        let Lead { shard, recalled } = self.lead(&parts, &body).await?;
        let (Some(claims), Some(value)) = (self.claims(), recalled) else {
            return Ok(self.reach(shard, peer, parts, body).await);
        };
        let response = self.reach(shard, peer, parts.clone(), body.clone()).await;
        if response.status() != StatusCode::NOT_FOUND {
            return Ok(response);
        }
        // It may be another shard's since it was found, and nothing was done.
        claims.forget(&value);
        Ok(match self.lead(&parts, &body).await?.shard {
            same if same == shard => response,
            other => self.reach(other, peer, parts, body).await,
        })
    }

    /// Has a shard's server answer a question of ours, which may be asked twice.
    pub async fn ask(&self, shard: ShardId, parts: Parts, body: Bytes) -> Response {
        self.reach(shard, NOBODY, parts, body).await
    }

    /// Has whoever has `shard` answer, here or by passing it on.
    async fn reach(&self, shard: ShardId, peer: SocketAddr, parts: Parts, body: Bytes) -> Response {
        let way = self.way(shard).expect("a shard is one of those that there are");
        let patience = if is_repeatable(&parts) { Duration::ZERO } else { PATIENCE };
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            match way.place() {
                Place::Here(own, inside) => {
                    let request = Request::from_parts(parts, Body::from(body));
                    return here(&own, &inside, request).await;
                }
                Place::There(address) => {
                    let passing = &self.0.passing;
                    let lost = lost_by(way.known.clone(), &address, patience);
                    match passing.pass(&address, &parts, body.clone(), (peer, shard), lost).await {
                        Ok(response) => return response,
                        Err(Lost::Unsent) => {}
                        Err(Lost::Unanswered) if is_repeatable(&parts) => {}
                        Err(Lost::Unanswered) => break,
                    }
                }
                Place::Nowhere => {}
            }
            way.changed().await;
        }
        Problem::unavailable().into_response()
    }
}

impl Way {
    fn place(&self) -> Place {
        match &*self.known.borrow() {
            Holder::Another(node) => Place::There(node.address.clone()),
            Holder::Us { term, until } if Instant::now() < *until => {
                let own = self.own.borrow().clone().filter(|it| it.term == *term);
                let entered = own.and_then(|it| it.enter().map(|inside| (it, inside)));
                entered.map_or(Place::Nowhere, |(own, inside)| Place::Here(own, inside))
            }
            Holder::Us { .. } | Holder::Nobody => Place::Nowhere,
        }
    }

    /// Until something may have changed.
    async fn changed(&self) {
        let (mut known, mut own) = (self.known.clone(), self.own.clone());
        tokio::select! {
            Ok(()) = known.changed() => {}
            Ok(()) = own.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }

    /// Answers here or not at all.
    async fn answer(&self, request: Request) -> Response {
        match self.place() {
            Place::Here(own, inside) => here(&own, &inside, request).await,
            // Whoever passed it on knows better soon.
            Place::There(_) | Place::Nowhere => StatusCode::MISDIRECTED_REQUEST.into_response(),
        }
    }
}

/// Until `patience` after another than the node at `address` has the shard, or nobody.
async fn lost_by(mut known: watch::Receiver<Holder>, address: &str, patience: Duration) {
    let lost = |it: &Holder| !matches!(it, Holder::Another(node) if node.address == address);
    // Without anybody who says who has it, nothing is known to have changed.
    if known.wait_for(lost).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(patience).await;
}

async fn here(own: &Own, _inside: &Inside, request: Request) -> Response {
    let Ok(response) = own.router().oneshot(request).await;
    response
}

/// Whether doing it twice is as good as once.
fn is_repeatable(parts: &Parts) -> bool {
    let is_read = matches!(parts.method, Method::GET | Method::HEAD | Method::PUT);
    let is_question = parts.extensions.get::<FromNode>().is_some();
    is_read || is_question || parts.headers.contains_key("idempotency-key")
}

async fn answer(
    State(front): State<Front>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let Some(header) = request.headers_mut().remove(PROOF) else {
        if request.uri().path().starts_with(PREFIX) {
            return Problem::not_found("such address; /docs lists them").into_response();
        }
        return front.answer_own(peer, request).await;
    };
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let proofs = &front.0.proofs;
    let Some(passed) = proofs.read(request.method(), target, &header) else {
        let why = "the header Sporran-Node is for nodes alone, and this is none of ours";
        return Problem::denied(why).into_response();
    };
    request.extensions_mut().insert(ConnectInfo(passed.peer));
    request.extensions_mut().insert(FromNode);
    let mut response = match front.way(passed.shard) {
        Some(way) => way.answer(request).await,
        None => StatusCode::MISDIRECTED_REQUEST.into_response(),
    };
    let proof = HeaderValue::from_str(&proofs.of_answer(&passed)).expect("it is plain text");
    response.headers_mut().insert(PROOF, proof);
    response
}

fn ready_request() -> Request {
    Request::get("/health/ready").body(Body::empty()).expect("it is well formed")
}

/// Whether requests are taken here: not when the node is about to stop, or no node has a shard. A
/// database that is away, and not the first one, takes away only its own shards.
async fn get_ready(State(front): State<Front>) -> Response {
    if *front.0.leaving.borrow() {
        return Problem::unavailable().into_response();
    }
    for way in front.0.ways.iter().filter(|it| it.is_in_first) {
        match way.place() {
            Place::Here(own, inside) => {
                let response = here(&own, &inside, ready_request()).await;
                if !response.status().is_success() {
                    return response;
                }
            }
            Place::There(_) => {}
            Place::Nowhere => return Problem::unavailable().into_response(),
        }
    }
    health::get_live().await.into_response()
}

/// The figures of the shards that are here, and how many they are.
async fn get_metrics(State(front): State<Front>) -> Response {
    let here_now = front.0.ways.iter().filter_map(|it| match it.place() {
        Place::Here(own, inside) => Some((own, inside)),
        Place::There(_) | Place::Nowhere => None,
    });
    let here_now: Vec<_> = here_now.collect();
    let Some((own, _)) = here_now.first() else {
        return "# TYPE sporran_shards_held gauge\nsporran_shards_held 0\n".into_response();
    };
    let held = u32::try_from(here_now.len()).unwrap_or(u32::MAX);
    metrics::gauge!("sporran_shards_held").set(held);
    for (own, _) in &here_now {
        health::note_figures(own.app()).await;
    }
    let rendered = own.app().metrics.render();
    if front.0.ways.len() == 1 {
        return rendered.into_response();
    }
    let shards: Vec<String> =
        here_now.iter().map(|(own, _)| own.app().shards.own().number().to_string()).collect();
    without_others(&rendered, &shards).into_response()
}

/// What is still known of shards that were here, and are another node's now, is left out: that node
/// tells of them.
fn without_others(rendered: &str, here: &[String]) -> String {
    let shard = |line: &str| -> Option<String> {
        let (_, rest) = line.split_once("shard=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut kept = String::with_capacity(rendered.len());
    for line in rendered.lines() {
        if shard(line).is_none_or(|it| here.contains(&it)) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_shards_that_others_have_are_left_out() {
        let rendered = "# TYPE a gauge\na{shard=\"1\"} 5\na{shard=\"12\"} 6\na{shard=\"2\"} 7\n\
                        b{adapter=\"x\",shard=\"2\",state=\"sent\"} 1\nc 9\n";
        let kept = "# TYPE a gauge\na{shard=\"1\"} 5\na{shard=\"12\"} 6\nc 9\n";
        let here = ["1", "12"].map(str::to_owned);
        assert_eq!(without_others(rendered, &here), kept);
        assert_eq!(without_others(rendered, &[]), "# TYPE a gauge\nc 9\n");
    }
}
