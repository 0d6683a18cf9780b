//! How nodes know each other: by a secret that all of them have.
//!
//! **Invariant:** whose address a request came from is believed of a node only, and an answer is
//! passed on only when a node gave it.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::ShardId;
use sha2::{Digest, Sha256};

use crate::access::tokens::Seal;
use crate::channels::access::{Secret, is_same};
use crate::clock::Clock;

/// Has the proof, both of a request and of its answer.
pub const PROOF: HeaderName = HeaderName::from_static("sporran-node");

/// How far the clocks of two nodes may be apart, in microseconds: one minute.
const SKEW_MAX: i64 = 60_000_000;

pub struct Proofs(Seal);

/// What one node says of a request that it passes on to another.
pub struct Passed {
    /// From where the request came to the first node.
    pub peer: SocketAddr,
    /// Which it is for: found once, where the request came in.
    pub shard: ShardId,
    proof: String,
}

impl Proofs {
    pub fn new(secret: &Secret) -> Self {
        Self(Seal::new(&Sha256::digest(secret.as_bytes()).into()))
    }

    /// The header of a request to `shard` that is passed on for `peer`; the answer's proof has to
    /// match it.
    pub fn of_request(
        &self,
        method: &Method,
        target: &str,
        peer: SocketAddr,
        shard: ShardId,
    ) -> String {
        let (at, shard) = (Clock::System.now().0, shard.number());
        let said = format!("{at} {peer} {shard}");
        let proof = self.sign(method, target, &said);
        format!("{said} {proof}")
    }

    /// Reads what a node said of a request; `None` when no node of ours can have said so.
    pub fn read(&self, method: &Method, target: &str, header: &HeaderValue) -> Option<Passed> {
        let header = header.to_str().ok()?;
        let (said, proof) = header.rsplit_once(' ')?;
        let right = self.sign(method, target, said);
        if !is_same(proof.as_bytes(), right.as_bytes()) {
            return None;
        }
        let mut parts = said.split(' ');
        let (at, peer, shard) = (parts.next()?, parts.next()?, parts.next()?);
        let age = Clock::System.now().0.checked_sub(at.parse().ok()?)?;
        let is_fresh = (-SKEW_MAX..=SKEW_MAX).contains(&age);
        let shard = ShardId::new(shard.parse().ok()?)?;
        is_fresh.then_some(Passed { peer: peer.parse().ok()?, shard, proof: header.to_owned() })
    }

    /// The header of the answer.
    pub fn of_answer(&self, passed: &Passed) -> String {
        self.sign_answer(&passed.proof)
    }

    /// Whether the answer to a request with the header `asked` is a node's.
    pub fn is_answer(&self, asked: &str, headers: &HeaderMap) -> bool {
        let right = self.sign_answer(asked);
        headers
            .get(PROOF)
            .and_then(|it| it.to_str().ok())
            .is_some_and(|it| is_same(it.as_bytes(), right.as_bytes()))
    }

    fn sign_answer(&self, asked: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign("node's answer", &[asked.as_bytes()]))
    }

    fn sign(&self, method: &Method, target: &str, said: &str) -> String {
        let parts = [method.as_str(), target, said].map(str::as_bytes);
        URL_SAFE_NO_PAD.encode(self.0.sign("node's request", &parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_the_secret_and_for_itself_alone() {
        let proofs = Proofs::new(&Secret::from("seventeen letters"));
        let peer: SocketAddr = "192.0.2.7:4711".parse().unwrap();
        let shard = ShardId::new(5).unwrap();
        let said = proofs.of_request(&Method::POST, "/v1/transfers", peer, shard);
        let header = HeaderValue::from_str(&said).unwrap();
        let read = |it: &Proofs, method: &Method, target: &str| it.read(method, target, &header);
        let passed = read(&proofs, &Method::POST, "/v1/transfers").unwrap();
        assert_eq!((passed.peer, passed.shard), (peer, shard));
        assert!(read(&proofs, &Method::PUT, "/v1/transfers").is_none());
        assert!(read(&proofs, &Method::POST, "/v1/transfers?x").is_none());
        let others = Proofs::new(&Secret::from("eighteen letters.."));
        assert!(read(&others, &Method::POST, "/v1/transfers").is_none());
        let mut answer = HeaderMap::new();
        assert!(!proofs.is_answer(&said, &answer));
        answer.insert(PROOF, HeaderValue::from_str(&proofs.of_answer(&passed)).unwrap());
        assert!(proofs.is_answer(&said, &answer));
        assert!(!proofs.is_answer(&format!("{said}x"), &answer));
        assert!(!others.is_answer(&said, &answer));
    }

    #[test]
    fn what_was_said_long_ago_or_of_another_peer_counts_no_more() {
        let proofs = Proofs::new(&Secret::from("seventeen letters"));
        let peer: SocketAddr = "192.0.2.7:4711".parse().unwrap();
        let said = proofs.of_request(&Method::GET, "/", peer, ShardId::FIRST);
        let (at, rest) = said.split_once(' ').unwrap();
        let long_ago: i64 = at.parse::<i64>().unwrap() - SKEW_MAX - 1;
        let old = format!("{long_ago} {peer} 0");
        let sign = proofs.sign(&Method::GET, "/", &old);
        let beyond = format!("{at} {peer} 64");
        for wrong in [
            format!("{old} {sign}"),
            format!("{beyond} {}", proofs.sign(&Method::GET, "/", &beyond)),
            said.replace("192.0.2.7", "192.0.2.8"),
            said.replace(":4711 0", ":4711 1"),
            format!("{} {rest}", at.parse::<i64>().unwrap() + 1),
            format!("{said} more"),
            "x".to_owned(),
        ] {
            let header = HeaderValue::from_str(&wrong).unwrap();
            assert!(proofs.read(&Method::GET, "/", &header).is_none(), "{wrong}");
        }
    }
}
