//! An adapter: how a command reaches the network, and what its answer means.

use std::time::Instant;

use engine::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use store::provisioning::{Attempt, AttemptEvent, Command};
use store::webhooks::Secret;

use super::program::{Ended, Program};
use crate::http::wire;
use crate::webhooks::client::{Answer, Client};
use crate::webhooks::sign;

pub struct Adapter {
    pub name: String,
    /// Commands that may be under way together.
    pub concurrency: usize,
    /// How long an accepted command waits to be acknowledged, in microseconds.
    pub acknowledge_within: i64,
    pub means: Means,
}

pub enum Means {
    Webhook {
        url: String,
        secret: Secret,
        client: Client,
    },
    Program(Program),
    /// People do it, and say so over the API.
    Manual,
}

impl Means {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Program(_) => "program",
            Self::Manual => "manual",
        }
    }
}

/// What came of a sending.
pub struct Sent {
    pub attempt: Attempt,
    pub retry_after: Option<String>,
}

impl Adapter {
    pub fn sends(&self) -> bool {
        !matches!(self.means, Means::Manual)
    }

    pub async fn send(&self, command: &Command, at: Timestamp) -> Sent {
        let started = Instant::now();
        let mut sent = match &self.means {
            Means::Webhook { url, secret, client } => {
                let id = wire::command_id(command.order.position);
                let body = body(command);
                let secrets = std::slice::from_ref(secret);
                let headers = [
                    ("webhook-id", id.clone()),
                    ("webhook-timestamp", sign::seconds(at).to_string()),
                    ("webhook-signature", sign::signature(secrets, &id, at, &body)),
                ];
                heard(client.post(url, &headers, body).await, at)
            }
            Means::Program(program) => ended(program.run(command.order.payload.clone()).await, at),
            Means::Manual => unreachable!("nothing is sent by hand"),
        };
        sent.attempt.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        sent
    }
}

/// The body of a webhook: the same bytes at each attempt.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    timestamp: String,
    data: &'a RawValue,
}

fn body(command: &Command) -> String {
    let order = &command.order;
    let body = Body {
        event_type: "provisioning.command",
        timestamp: wire::time(order.at),
        data: serde_json::from_str(&order.payload).expect("a payload was JSON when it was kept"),
    };
    serde_json::to_string(&body).expect("texts and JSON are JSON")
}

/// 202 is taken to be acknowledged later, any other status of success is done.
fn heard(answer: Result<Answer, String>, at: Timestamp) -> Sent {
    let mut attempt = attempt(at, AttemptEvent::Unanswered);
    let mut retry_after = None;
    match answer {
        Err(why) => attempt.error = Some(why),
        Ok(answer) => {
            attempt.code = Some(answer.status.into());
            attempt.answer = (!answer.body.is_empty()).then_some(answer.body);
            attempt.event = match answer.status {
                202 => AttemptEvent::Accepted,
                200..=299 => AttemptEvent::Acknowledged,
                _ => AttemptEvent::Refused,
            };
            if attempt.event == AttemptEvent::Refused {
                attempt.error = Some(format!("it answered {}", answer.status));
                retry_after = answer.retry_after;
            }
        }
    }
    Sent { attempt, retry_after }
}

/// The exit code of a program that will acknowledge later: as over HTTP, and none that a shell or
/// an interpreter ends with by itself.
pub const EXIT_ACCEPTED: i32 = 202;

fn ended(ended: Result<Ended, String>, at: Timestamp) -> Sent {
    let mut attempt = attempt(at, AttemptEvent::Unanswered);
    match ended {
        Err(why) => attempt.error = Some(why),
        Ok(ended) => {
            attempt.code = ended.code.map(i64::from);
            attempt.answer = (!ended.output.is_empty()).then_some(ended.output);
            attempt.event = match ended.code {
                Some(0) => AttemptEvent::Acknowledged,
                Some(EXIT_ACCEPTED) => AttemptEvent::Accepted,
                Some(_) => AttemptEvent::Refused,
                None => AttemptEvent::Unanswered,
            };
            attempt.error = match ended.code {
                Some(0 | EXIT_ACCEPTED) => None,
                Some(code) => Some(format!("it ended with exit code {code}")),
                None => Some(ended.failure),
            };
        }
    }
    Sent { attempt, retry_after: None }
}

fn attempt(at: Timestamp, event: AttemptEvent) -> Attempt {
    Attempt { at, event, code: None, error: None, ms: 0, answer: None, actor: None }
}
