//! Codes to a system of the provider's own, which sends them on: by SMS for instance.

use std::time::Duration;

use serde::Serialize;
use store::webhooks::Secret;

use super::super::tokens;
use super::{CodeMessage, CodeSender, Sending};
use crate::http::wire;
use crate::webhooks::address::Allowed;
use crate::webhooks::client::Client;
use crate::webhooks::sign;

/// How long the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Webhook {
    url: String,
    secret: Secret,
    client: Client,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event_type: &'static str,
    timestamp: String,
    data: Code<'a>,
}

#[derive(Serialize)]
struct Code<'a> {
    customer: String,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    language: &'static str,
    code: &'a str,
    expires_at: String,
}

impl Webhook {
    /// The address may lead into private networks: the operator wrote it down.
    pub fn new(url: &str, secret: Secret) -> Self {
        Self { url: url.to_owned(), secret, client: Client::new(Allowed::Anywhere, TIMEOUT) }
    }

    async fn post(&self, message: &CodeMessage) -> Result<(), String> {
        let body = Body {
            event_type: "self_care.code",
            timestamp: wire::time(message.at),
            data: Code {
                customer: wire::customer_id(message.customer),
                phone: message.phone.as_deref(),
                email: message.email.as_deref(),
                language: message.language.tag(),
                code: &message.code,
                expires_at: wire::time(message.expires_at),
            },
        };
        let body = serde_json::to_string(&body).expect("texts are JSON");
        let random = tokens::draw().map_err(|_| "the machine has no random bytes")?;
        let id: String = random[..16].iter().map(|it| format!("{it:02x}")).collect();
        let id = format!("code_{id}");
        let secrets = std::slice::from_ref(&self.secret);
        let headers = [
            ("webhook-timestamp", sign::seconds(message.at).to_string()),
            ("webhook-signature", sign::signature(secrets, &id, message.at, &body)),
            ("webhook-id", id),
        ];
        let answer = self.client.post(&self.url, &headers, body).await?;
        match answer.status {
            200..=299 => Ok(()),
            // Its body might hold what it was sent.
            status => Err(format!("the receiver answered {status}")),
        }
    }
}

impl CodeSender for Webhook {
    fn send<'a>(&'a self, message: &'a CodeMessage) -> Sending<'a> {
        Box::pin(self.post(message))
    }
}
