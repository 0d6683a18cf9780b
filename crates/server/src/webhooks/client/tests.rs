use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

/// Allows the receivers of these tests, which are here.
fn client(allowed: &[&str]) -> Client {
    let allowed = allowed.iter().map(|it| it.parse().expect("a network")).collect();
    Client::new(Allowed::new(allowed), Duration::from_secs(20))
}

async fn ask(client: &Client, url: &str) -> Result<Answer, String> {
    client.post(url, &[("webhook-id", "evt_1".to_owned())], "{}".to_owned()).await
}

type Heard = Arc<Mutex<Vec<(HeaderMap, String)>>>;

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: String) -> &'static str {
    heard.lock().unwrap().push((headers, body));
    "thanks"
}

/// A receiver with several ways to answer; answers its port and what it heard.
async fn receiver() -> (u16, Heard) {
    let heard = Heard::default();
    let busy = async || {
        (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "120")], "x".repeat(5_000))
            .into_response()
    };
    let router = Router::new()
        .route("/ok", post(hear))
        .route("/away", post(async || Redirect::temporary("/ok")))
        .route("/busy", post(busy))
        .with_state(Arc::clone(&heard));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (port, heard)
}

#[tokio::test]
async fn a_request_says_where_what_and_who() {
    let (port, heard) = receiver().await;
    let answer = ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/ok?a=b")).await;
    assert_eq!(answer, Ok(Answer { status: 200, retry_after: None, body: "thanks".into() }));
    let (headers, body) = heard.lock().unwrap().remove(0);
    assert_eq!(headers["host"], format!("127.0.0.1:{port}"));
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "evt_1");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("Sporran/"));
    assert_eq!(body, "{}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (port, heard) = receiver().await;
    let answer = ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/away")).await;
    assert_eq!(answer.map(|it| it.status), Ok(307));
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_beginning_of_an_answer_is_kept_and_its_wish_to_wait() {
    let (port, _) = receiver().await;
    let answer = ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/busy")).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("120")));
    assert_eq!(answer.body, "x".repeat(ANSWER_BYTES_MAX));
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_public() {
    let (port, heard) = receiver().await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "[::1]"] {
        let error = ask(&client(&[]), &format!("http://{host}:{port}/ok")).await.unwrap_err();
        assert!(error.contains("not public") || error.contains("resolve"), "{host}: {error}");
    }
    assert!(heard.lock().unwrap().is_empty());
    let answer = ask(&client(&["127.0.0.0/8"]), &format!("http://localhost:{port}/ok")).await;
    assert_eq!(answer.map(|it| it.status), Ok(200));
}

#[tokio::test]
async fn a_receiver_that_hangs_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hangs = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut taken = Vec::new();
        // Ends when the other side has gone, and it has to go.
        stream.read_to_end(&mut taken).await.unwrap();
        taken
    });
    let client = Client { timeout: Duration::from_millis(50), ..client(&["127.0.0.0/8"]) };
    let error = ask(&client, &format!("http://127.0.0.1:{port}/ok")).await.unwrap_err();
    assert_eq!(error, "no answer within 0.05 s");
    assert!(hangs.await.unwrap().starts_with(b"POST /ok HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4_096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\nhalf").await.unwrap();
    });
    let answer = ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/ok")).await;
    assert_eq!(answer, Ok(Answer { status: 201, retry_after: None, body: "half".into() }));
}

#[tokio::test]
async fn nobody_there_is_said_in_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/")).await;
    assert!(error.as_ref().is_err_and(|it| it.contains("failed to connect")), "{error:?}");
}

#[tokio::test]
async fn https_is_spoken_with_whom_an_authority_vouches_for() {
    let fixture = |name| format!("{}/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let certificate = CertificateDer::from_pem_file(fixture("receiver.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("receiver.key")).unwrap();
    let server = ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![certificate.clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let answer = hyper::service::service_fn(async |_| {
                Ok::<_, std::convert::Infallible>(axum::response::Response::new(Full::new(
                    Bytes::from("safe"),
                )))
            });
            let stream = TokioIo::new(stream);
            let _ =
                hyper::server::conn::http1::Builder::new().serve_connection(stream, answer).await;
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = client(&["127.0.0.0/8"]).trusting(roots);
    let url = format!("https://localhost:{port}/ok");
    assert_eq!(ask(&trusting, &url).await.map(|it| it.body), Ok("safe".to_owned()));
    // The certificate is for localhost, and nobody on this machine vouches for it.
    let error = ask(&trusting, &format!("https://127.0.0.1:{port}/ok")).await.unwrap_err();
    assert!(error.contains("failed to secure the connection"), "{error}");
    let error = ask(&client(&["127.0.0.0/8"]).trusting(RootCertStore::empty()), &url).await;
    assert!(error.as_ref().is_err_and(|it| it.contains("secure")), "{error:?}");
}

#[test]
fn an_address_is_http_with_a_host_and_nothing_secret() {
    let good =
        ["http://a", "https://a.example:8443/x?y=z", "https://[2606:4700::1]/", "HTTPS://a/"];
    for url in good {
        assert!(Target::parse(url).is_ok(), "{url}: {:?}", Target::parse(url));
    }
    let bad = [
        "",
        "a",
        "/x",
        "ftp://a/",
        "http://",
        "http:///x",
        "https://user:word@a/",
        "https://a/#x",
        "https://a b/",
        "file:///etc/passwd",
        "https://a:99999/",
        "gopher://a",
    ];
    for url in bad {
        assert!(Target::parse(url).is_err(), "{url}: {:?}", Target::parse(url));
    }
    let target = Target::parse("https://a.example/x?y=z").unwrap();
    assert_eq!((target.port, target.path.as_str()), (443, "/x?y=z"));
    assert_eq!(Target::parse("http://[::1]:81/").unwrap().literal(), Some("::1".parse().unwrap()));
}
