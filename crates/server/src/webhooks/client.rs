//! One request to one receiver: resolve, check, connect, post, and read how the answer begins.
//!
//! **Invariant:** the connection goes to the very address that was checked. The name is resolved
//! once for each attempt, so a name that means something else a moment later leads nowhere; and
//! no redirect is followed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::address::Allowed;

/// Bytes of an answer that are kept, unless its reader wants more.
const ANSWER_BYTES_MAX: usize = 1_024;

/// How long the beginning of an answer is waited for, once its status is there.
const BODY_WAIT: Duration = Duration::from_secs(2);

/// What is not written as it is in a form's fields.
pub const FORM_FIELD: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Fields as a form sends them: names and values.
pub fn form(fields: &[(&str, &str)]) -> String {
    let encode = |it| utf8_percent_encode(it, FORM_FIELD);
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Where an endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    https: bool,
    host: String,
    port: u16,
    /// As in the header `Host`.
    authority: String,
    path: String,
}

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<String>,
    /// How the body begins.
    pub body: String,
}

pub struct Client {
    allowed: Allowed,
    timeout: Duration,
    answer_bytes_max: usize,
    /// How long the beginning of a body is waited for, once its status is there.
    body_wait: Duration,
    /// Read at the first `https` address.
    tls: OnceCell<TlsConnector>,
}

impl Target {
    /// Reads an address; what is wrong completes "url …".
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = "is not an address such as https://example.com/hooks";
        let uri: Uri = url.parse().map_err(|_| wrong.to_owned())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("does not begin with https:// or http://".to_owned()),
        };
        let authority = uri.authority().ok_or(wrong)?;
        if authority.as_str().contains('@') {
            return Err("has a user name or password; leave them out".to_owned());
        }
        if url.contains('#') {
            return Err("has a fragment; leave it out".to_owned());
        }
        let (host, after) = authority.as_str().split_at(authority.host().len());
        let port = match after.strip_prefix(':').map(str::parse) {
            None if after.is_empty() => {
                if https {
                    443
                } else {
                    80
                }
            }
            Some(Ok(port)) => port,
            _ => return Err(wrong.to_owned()),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong.to_owned());
        }
        let path = uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        Ok(Self { https, host, port, authority: authority.to_string(), path })
    }

    /// Reads an address that has no more than scheme, host and port: with TLS, or on this machine.
    /// What is wrong completes "url …".
    pub fn origin(url: &str) -> Result<String, String> {
        let target = Self::parse(url)?;
        if target.path != "/" {
            return Err("has a path: only its host and port are wanted".to_owned());
        }
        if !target.https && !target.is_here() {
            return Err("does not begin with https:// and is not on this machine".to_owned());
        }
        Ok(url.trim_end_matches('/').to_owned())
    }

    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it is on this machine, by its address or as `localhost`.
    pub fn is_here(&self) -> bool {
        self.host == "localhost" || self.literal().is_some_and(|it| it.is_loopback())
    }

    /// The address, when the host is one and not a name.
    pub fn literal(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl Client {
    pub fn new(allowed: Allowed, timeout: Duration) -> Self {
        let (answer_bytes_max, body_wait) = (ANSWER_BYTES_MAX, BODY_WAIT);
        Self { allowed, timeout, answer_bytes_max, body_wait, tls: OnceCell::new() }
    }

    /// Keeps so many bytes of an answer and waits for them, for what is in it.
    pub fn keeping(self, answer_bytes_max: usize) -> Self {
        let body_wait = self.timeout;
        Self { answer_bytes_max, body_wait, ..self }
    }

    /// Trusts these authorities and not those of the machine.
    #[cfg(test)]
    fn trusting(self, roots: RootCertStore) -> Self {
        Self { tls: OnceCell::new_with(Some(connector(roots))), ..self }
    }

    /// Refuses at once what would be refused at each attempt.
    pub fn check(&self, url: &str) -> Result<(), String> {
        match Target::parse(url)?.literal() {
            Some(address) if !self.allowed.permits(address) => Err(private(address)),
            _ => Ok(()),
        }
    }

    /// Posts `body`, which is JSON unless a header says otherwise; the error says in words why
    /// there is no answer, and nothing of what was sent.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Answer, String> {
        self.ask(Method::POST, url, headers, body).await
    }

    /// As [`Self::post`], of the fields of a form.
    pub async fn post_form(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        fields: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let headers: Vec<_> = headers.iter().cloned().chain([kind]).collect();
        self.post(url, &headers, form(fields)).await
    }

    /// Asks for what is there, of which as much is read as the client keeps.
    pub async fn get(&self, url: &str) -> Result<Answer, String> {
        let accept = ("accept", "application/json".to_owned());
        self.ask(Method::GET, url, &[accept], String::new()).await
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Answer, String> {
        let target = Target::parse(url).map_err(|why| format!("the address {why}"))?;
        let answer = self.send(method, &target, headers, body);
        let answer = tokio::time::timeout(self.timeout, answer).await;
        let late = || format!("no answer within {} s", self.timeout.as_secs_f32());
        answer.map_err(|_| late())?
    }

    async fn send(
        &self,
        method: Method,
        target: &Target,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Answer, String> {
        let is_post = method == Method::POST;
        let mut request = Request::builder()
            .method(method)
            .uri(&target.path)
            .header(header::HOST, &target.authority)
            .header(header::USER_AGENT, concat!("Sporran/", env!("CARGO_PKG_VERSION")));
        if is_post && headers.iter().all(|it| it.0 != header::CONTENT_TYPE.as_str()) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| format!("cannot be asked: {error}"))?;
        let stream = self.connect(target).await?;
        if !target.https {
            let kept = (self.answer_bytes_max, self.body_wait);
            return exchange(TokioIo::new(stream), request, kept).await;
        }
        let tls = self.tls.get_or_try_init(machine_connector).await?;
        let name = ServerName::try_from(target.host.clone());
        let name = name.map_err(|_| format!("{} is no name for a certificate", target.host))?;
        let stream = tls.connect(name, stream).await;
        let stream = stream.map_err(|error| format!("failed to secure the connection: {error}"))?;
        exchange(TokioIo::new(stream), request, (self.answer_bytes_max, self.body_wait)).await
    }

    /// Connects to the first permitted address that answers.
    async fn connect(&self, target: &Target) -> Result<TcpStream, String> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
        let found = found.map_err(|error| format!("failed to resolve {}: {error}", target.host))?;
        let found: Vec<SocketAddr> = found.collect();
        let mut failure = format!("{} has no address", target.host);
        for address in found {
            if !self.allowed.permits(address.ip()) {
                failure = private(address.ip());
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => failure = format!("failed to connect to {address}: {error}"),
            }
        }
        Err(failure)
    }
}

fn private(address: IpAddr) -> String {
    format!("leads to {address}, which is not public; webhooks.allow_private can permit it")
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    (answer_bytes_max, body_wait): (usize, Duration),
) -> Result<Answer, String>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| format!("failed to hear an answer: {error}");
    let (mut sender, connection) = http1::handshake(stream).await.map_err(failed)?;
    // Ends with the exchange: a set drops what is left in it.
    let mut driving = tokio::task::JoinSet::new();
    driving.spawn(connection);
    let response = sender.send_request(request).await.map_err(failed)?;
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|it| it.to_str().ok()).map(str::to_owned);
    let status = response.status().as_u16();
    let mut kept = Vec::new();
    let mut body = response.into_body();
    let reading = async {
        while kept.len() < answer_bytes_max
            && let Some(Ok(frame)) = body.frame().await
        {
            if let Ok(bytes) = frame.into_data() {
                kept.extend_from_slice(&bytes[..bytes.len().min(answer_bytes_max - kept.len())]);
            }
        }
    };
    // The status has said it all: a body that breaks off or never comes changes nothing.
    let _ = tokio::time::timeout(body_wait, reading).await;
    Ok(Answer { status, retry_after, body: String::from_utf8_lossy(&kept).into_owned() })
}

/// The machine's own authorities; SSL_CERT_FILE and SSL_CERT_DIR name others.
async fn machine_connector() -> Result<TlsConnector, String> {
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let found = found.map_err(|error| format!("failed to read certificates: {error}"))?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err("this machine has no certificates of authorities; install ca-certificates, \
                    or name a file by SSL_CERT_FILE"
            .to_owned());
    }
    Ok(connector(roots))
}

fn connector(roots: RootCertStore) -> TlsConnector {
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[cfg(test)]
mod tests;
