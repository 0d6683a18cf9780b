//! Codes by e-mail.

use std::time::Duration;

use anyhow::Context;
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use pages::code::CodeMail;

use super::super::config::{Security, SmtpConfig};
use super::{CodeMessage, CodeSender, Sending};

/// How long the server may take for one message.
const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Whose customers they are.
    provider: String,
}

impl Smtp {
    pub fn new(
        config: &SmtpConfig,
        password: Option<&str>,
        provider: &str,
    ) -> anyhow::Result<Self> {
        let host = config.host.as_str();
        let (port, tls) = match config.security {
            Security::Tls => (SUBMISSIONS_PORT, Tls::Wrapper(parameters(config)?)),
            // Whoever offers none is told nothing.
            Security::Starttls => (SUBMISSION_PORT, Tls::Required(parameters(config)?)),
            Security::None => (SMTP_PORT, Tls::None),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host);
        let port = config.port.unwrap_or(port);
        let mut builder = builder.port(port).tls(tls).timeout(Some(TIMEOUT));
        if let (Some(user), Some(password)) = (&config.user, password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
        }
        let from = config.from.parse().context("its sender is no address")?;
        Ok(Self { transport: builder.build(), from, provider: provider.to_owned() })
    }

    async fn mail(&self, message: &CodeMessage) -> Result<(), String> {
        let address = message.email.as_deref().ok_or("the customer has no e-mail")?;
        let to = address.parse().map_err(|_| "the customer's e-mail is none that can be used")?;
        let CodeMessage { code, minutes, language, .. } = message;
        let text = CodeMail { code, minutes: *minutes, provider: &self.provider };
        let mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(text.subject(*language))
            .header(ContentType::TEXT_PLAIN)
            .body(text.text(*language));
        let mail = mail.map_err(|error| format!("the mail cannot be made: {error}"))?;
        let sent = self.transport.send(mail).await;
        sent.map(drop).map_err(|error| format!("failed to send mail: {error}"))
    }
}

/// Whom the server's certificate has to be of, and who may vouch for it.
fn parameters(config: &SmtpConfig) -> anyhow::Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path);
        let pem = pem.with_context(|| format!("ca_file: failed to read {}", path.display()))?;
        let certificate = Certificate::from_pem(&pem).context("ca_file: is no certificate")?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().context("failed to prepare TLS")
}

impl CodeSender for Smtp {
    fn send<'a>(&'a self, message: &'a CodeMessage) -> Sending<'a> {
        Box::pin(self.mail(message))
    }
}
