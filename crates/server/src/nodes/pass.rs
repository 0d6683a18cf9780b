//! Passes a request on to the node that has the shard, and its answer back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Request, StatusCode, Version, header};
use axum::response::Response;
use engine::ShardId;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::proof::{PROOF, Proofs};

/// How long connecting to another node may take.
const CONNECT_WAIT: Duration = Duration::from_secs(1);

/// Headers that are about one connection and not about the request: RFC 9110, section 7.6.1; and
/// `Expect`, which was answered here.
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];

pub struct Passing {
    client: Client<HttpConnector, Full<Bytes>>,
    proofs: Arc<Proofs>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Lost {
    /// The other node has not looked at it.
    Unsent,
    /// It may have done what was asked.
    Unanswered,
}

impl Passing {
    pub fn new(proofs: Arc<Proofs>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_WAIT));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, proofs }
    }

    /// Has the node at `address` answer what came from `peer` for `shard`; gives up when that is
    /// `lost`.
    pub async fn pass(
        &self,
        address: &str,
        parts: &Parts,
        body: Bytes,
        (peer, shard): (SocketAddr, ShardId),
        lost: impl Future<Output = ()>,
    ) -> Result<Response, Lost> {
        let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        let proof = self.proofs.of_request(&parts.method, target, peer, shard);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = parts.method.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = format!("{address}{target}").parse().map_err(|_| Lost::Unsent)?;
        *request.headers_mut() = of_the_request(&parts.headers);
        request.headers_mut().insert(PROOF, proof.parse().map_err(|_| Lost::Unsent)?);
        let answered = tokio::select! {
            answered = self.client.request(request) => answered,
            () = lost => return Err(Lost::Unanswered),
        };
        let answer = answered.map_err(|error| {
            tracing::debug!(%error, address, "a request could not be passed on");
            if error.is_connect() { Lost::Unsent } else { Lost::Unanswered }
        })?;
        if !self.proofs.is_answer(&proof, answer.headers()) {
            tracing::error!(
                address,
                "no node of ours answers there; have all the same nodes.secret?"
            );
            return Err(Lost::Unsent);
        }
        if answer.status() == StatusCode::MISDIRECTED_REQUEST {
            return Err(Lost::Unsent);
        }
        let (mut parts, body) = answer.into_parts();
        parts.headers = of_the_request(&parts.headers);
        parts.headers.remove(PROOF);
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

fn of_the_request(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(header::CONNECTION).iter();
    let named: Vec<HeaderName> = named
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .filter_map(|it| it.trim().parse().ok())
        .collect();
    let mut headers = headers.clone();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
    headers
}
