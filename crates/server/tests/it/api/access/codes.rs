//! One-time codes: sent, used once, and no way to find out who is a customer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use server::access::config::{Codes, Security, SmtpConfig, WebhookConfig};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::browser::{Browser, provider};
use crate::api::webhooks::receiver::Receiver;
use crate::api::world::{World, text};

const WRONG: &str = "that does not fit together";
const KEY: &str = "whsec_c3BvcnJhbnNwb3JyYW5zcG9ycmFuc3BvcnJhbg==";

fn showing() -> World {
    provider(|config| config.self_care.codes = Codes::Screen)
}

async fn customer(world: &World, number: &str, email: Option<&str>) -> String {
    let body = json!({"name": "Amélie Tetuanui", "phone": "+689 87 12 34 56", "email": email,
        "language": "fr"});
    let id = text(&world.post("/v1/customers", body).await.json(201)["id"]);
    let body = json!({"currency": "EUR", "number": number});
    world.post(&format!("/v1/customers/{id}/accounts"), body).await.json(201);
    id
}

fn shown(page: &super::browser::Page) -> String {
    assert_eq!(page.status, 200, "{}", page.text);
    page.text.strip_prefix("10 ").expect("ten minutes").to_owned()
}

/// Waits until the list of sign-ins has so many of an event.
async fn noted(world: &World, event: &str, count: usize) {
    loop {
        let path = format!("/v1/sign-ins?event={event}");
        let found = world.get(&path).await.json(200);
        if found["sign_ins"].as_array().unwrap().len() >= count {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_code_signs_in_once() {
    let world = showing();
    let id = customer(&world, "OPT-1", None).await;
    customer(&world, "OPT-2", None).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let code = shown(&browser.ask_code("OPT-1").await);
    assert!(code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit()), "{code}");
    browser.code("OPT-2", &code).await.says(403, WRONG);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    browser.code("OPT-1", &spaced).await.says(200, "hello stranger");
    assert!(browser.get("/my").await.text.ends_with(&format!(" {id}")));
    browser.code("OPT-1", &code).await.says(403, WRONG);
}

#[tokio::test]
async fn a_code_holds_for_ten_minutes_and_through_a_restart() {
    let mut world = showing();
    customer(&world, "OPT-1", None).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let code = shown(&browser.ask_code("OPT-1").await);
    world.advance(600);
    browser.code("OPT-1", &code).await.says(403, WRONG);
    let code = shown(&browser.ask_code("OPT-1").await);
    world.advance(599);
    world.restart();
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.code("OPT-1", &code).await.says(200, "hello stranger");
}

#[tokio::test]
async fn a_code_has_five_tries() {
    let world = showing();
    customer(&world, "OPT-1", None).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let code = shown(&browser.ask_code("OPT-1").await);
    let other = if code == "111111" { "222222" } else { "111111" };
    for _ in 0..5 {
        browser.code("OPT-1", other).await.says(403, WRONG);
    }
    browser.code("OPT-1", &code).await.says(429, "try again in 5 s");
    world.advance(5);
    browser.code("OPT-1", &code).await.says(403, WRONG);
    // A new one takes the place of the old one, whether that was used up or not.
    let first = shown(&browser.ask_code("OPT-1").await);
    let second = shown(&browser.ask_code("OPT-1").await);
    world.advance(60);
    if first != second {
        browser.code("OPT-1", &first).await.says(403, WRONG);
    }
    world.advance(60);
    browser.code("OPT-1", &second).await.says(200, "hello stranger");
}

#[tokio::test]
async fn asking_for_codes_is_slowed_down_by_name() {
    let world = showing();
    customer(&world, "OPT-1", None).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    for name in ["OPT-1", "nobody@example.com"] {
        for _ in 0..3 {
            assert_eq!(browser.ask_code(name).await.status, 200);
        }
        browser.ask_code(name).await.says(429, "try again in 30 s");
    }
    world.advance(30);
    assert_eq!(browser.ask_code("OPT-1").await.status, 200);
}

#[tokio::test]
async fn a_customer_is_not_flooded_by_many_names() {
    let world = showing();
    customer(&world, "OPT-1", Some("amelie@example.com")).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let names = ["OPT-1", "amelie@example.com", "+689 87 12 34 56"];
    let codes: Vec<String> = {
        let mut codes = Vec::new();
        for name in names {
            codes.push(shown(&browser.ask_code(name).await));
        }
        codes
    };
    assert!(codes.iter().all(|it| it.len() == 6), "{codes:?}");
    // The answer is the same, and nothing was sent.
    assert_eq!(shown(&browser.ask_code("87123456").await), "");
    noted(&world, "code_not_sent", 1).await;
    browser.code("OPT-1", codes.last().unwrap()).await.says(200, "hello stranger");
    assert_eq!(shown(&browser.ask_code("87123456").await).len(), 6);
}

#[tokio::test]
async fn where_nobody_sends_codes_none_can_be_asked_for() {
    let world = provider(|_| {});
    customer(&world, "OPT-1", None).await;
    assert!(!world.app().access.sends_codes());
    let mut browser = Browser::new(&world, "192.0.2.7");
    assert_eq!(browser.ask_code("OPT-1").await.status, 503);
}

#[tokio::test]
async fn a_webhook_is_given_the_code_signed() {
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let world = provider(|config| {
        let secret = Some(KEY.into());
        config.self_care.codes = Codes::Webhook(WebhookConfig { url, secret, secret_file: None });
    });
    let id = customer(&world, "OPT-1", Some("amelie@example.com")).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let unknown = browser.ask_code("OPT-9").await;
    let known = browser.ask_code("OPT-1").await;
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
    known.says(200, "10 ");
    noted(&world, "code_sent", 1).await;
    let heard = receiver.heard();
    let [one] = &heard[..] else { panic!("{heard:?}") };
    let body = one.json();
    assert_eq!(body["type"], "self_care.code");
    assert_eq!(body["data"]["customer"], json!(id));
    assert_eq!(body["data"]["phone"], "+689 87 12 34 56");
    assert_eq!(body["data"]["email"], "amelie@example.com");
    assert_eq!(body["data"]["language"], "fr");
    let secret = server::webhooks::sign::read_shared_key(KEY).unwrap();
    let at = engine::Timestamp(one.header("webhook-timestamp").parse::<i64>().unwrap() * 1_000_000);
    let right = server::webhooks::sign::signature(&[secret], &one.id(), at, &one.body);
    assert_eq!(one.header("webhook-signature"), right);
    let code = text(&body["data"]["code"]);
    browser.code("OPT-1", &code).await.says(200, "hello stranger");
    // A receiver that fails is noted, and the customer asks again.
    receiver.always(Some(crate::api::webhooks::receiver::Says(500, None)));
    browser.ask_code("OPT-1").await.says(200, "10 ");
    noted(&world, "code_not_sent", 1).await;
}

/// A mail server that takes everything, and tells what it took.
async fn mail_server() -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = talk(&mut BufReader::new(stream), GREETING, NO_TLS).await;
            tell.send(heard).expect("the test listens");
        }
    });
    (port, told)
}

const GREETING: &str = "220 mail.example\r\n";
const NO_TLS: &str = "250 mail.example\r\n";
const TLS: &str = "250-mail.example\r\n250 STARTTLS\r\n";

/// Answers until a mail was taken, one leaves, or TLS is to begin; tells what was heard.
async fn talk<S: AsyncReadExt + AsyncWriteExt + Unpin>(
    stream: &mut BufReader<S>,
    greeting: &str,
    offers: &str,
) -> String {
    let mut heard = String::new();
    stream.get_mut().write_all(greeting.as_bytes()).await.unwrap();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return heard;
        }
        heard += &line;
        let answer = match line.get(..4).unwrap_or_default() {
            "EHLO" => offers,
            "STAR" => "220 go on in private\r\n",
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await.unwrap();
                while !heard.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut heard).await.unwrap();
                }
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 fine\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
        if answer.starts_with("22") || answer.starts_with("250 taken") {
            return heard;
        }
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// As [`mail_server`], one that speaks TLS: from the beginning, or when it is asked to. It tells
/// what it heard in plain, and what in private.
async fn private_mail_server(security: Security) -> (u16, mpsc::UnboundedReceiver<[String; 2]>) {
    let certificate = CertificateDer::from_pem_file(fixture("receiver.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("receiver.key")).unwrap();
    let server = ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut plain = String::new();
            let is_wrapped = security == Security::Tls;
            if !is_wrapped {
                plain = talk(&mut stream, GREETING, TLS).await;
            }
            // Who does not trust the certificate leaves.
            let greeting = if is_wrapped { GREETING } else { "" };
            let private = match acceptor.accept(stream.into_inner()).await {
                Ok(stream) => talk(&mut BufReader::new(stream), greeting, NO_TLS).await,
                Err(_) => String::new(),
            };
            tell.send([plain, private]).expect("the test listens");
        }
    });
    (port, told)
}

fn smtp(port: u16, security: Security, ca_file: Option<PathBuf>) -> SmtpConfig {
    SmtpConfig {
        host: if security == Security::None { "127.0.0.1" } else { "localhost" }.into(),
        port: Some(port),
        security,
        ca_file,
        from: "Lagoon <no-reply@lagoon.example>".into(),
        user: None,
        password: None,
        password_file: None,
    }
}

#[tokio::test]
async fn a_code_goes_out_in_private_to_whom_a_trusted_authority_vouches_for() {
    for security in [Security::Tls, Security::Starttls] {
        let (port, mut mails) = private_mail_server(security).await;
        let ca_file = Some(fixture("receiver.pem"));
        let world = provider(|config| {
            config.self_care.codes = Codes::Smtp(smtp(port, security, ca_file));
        });
        customer(&world, "OPT-1", Some("amelie@example.com")).await;
        let mut browser = Browser::new(&world, "192.0.2.7");
        browser.ask_code("OPT-1").await.says(200, "10 ");
        let [plain, private] = mails.recv().await.unwrap();
        assert!(private.contains("RCPT TO:<amelie@example.com>"), "{security:?}: {private}");
        assert!(private.contains("Votre code de connexion est "), "{security:?}: {private}");
        assert!(!plain.contains("MAIL") && !plain.contains("code"), "{security:?}: {plain}");
        noted(&world, "code_sent", 1).await;
    }
}

#[tokio::test]
async fn nothing_is_told_to_a_mail_server_that_nobody_vouches_for() {
    for security in [Security::Tls, Security::Starttls] {
        let (port, mut mails) = private_mail_server(security).await;
        let world = provider(|config| {
            config.self_care.codes = Codes::Smtp(smtp(port, security, None));
        });
        customer(&world, "OPT-1", Some("amelie@example.com")).await;
        let mut browser = Browser::new(&world, "192.0.2.7");
        browser.ask_code("OPT-1").await.says(200, "10 ");
        noted(&world, "code_not_sent", 1).await;
        let [plain, private] = mails.recv().await.unwrap();
        assert_eq!(private, "", "{security:?}");
        assert!(!plain.contains("MAIL"), "{security:?}: {plain}");
    }
}

#[tokio::test]
async fn a_mail_server_that_has_no_tls_is_told_nothing_where_it_is_asked_for() {
    let (port, mut mails) = mail_server().await;
    let world = provider(|config| {
        config.self_care.codes = Codes::Smtp(smtp(port, Security::Starttls, None));
    });
    customer(&world, "OPT-1", Some("amelie@example.com")).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.ask_code("OPT-1").await.says(200, "10 ");
    noted(&world, "code_not_sent", 1).await;
    let heard = mails.recv().await.unwrap();
    assert!(!heard.contains("MAIL"), "{heard}");
}

#[tokio::test]
async fn a_mail_brings_the_code_in_the_customers_language() {
    let (port, mut mails) = mail_server().await;
    let world = provider(|config| {
        config.provider.name = "Lagoon Telecom".into();
        config.self_care.codes = Codes::Smtp(smtp(port, Security::None, None));
    });
    customer(&world, "OPT-1", Some("amelie@example.com")).await;
    customer(&world, "OPT-2", None).await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.ask_code("OPT-2").await.says(200, "10 ");
    noted(&world, "code_not_sent", 1).await;
    browser.ask_code("OPT-1").await.says(200, "10 ");
    let mail = mails.recv().await.unwrap();
    assert!(mail.contains("MAIL FROM:<no-reply@lagoon.example>"), "{mail}");
    assert!(mail.contains("RCPT TO:<amelie@example.com>"), "{mail}");
    assert!(mail.contains("Votre code de connexion est "), "{mail}");
    let at = mail.find("connexion est ").unwrap() + "connexion est ".len();
    let code = &mail[at..at + 6];
    noted(&world, "code_sent", 1).await;
    browser.code("OPT-1", code).await.says(200, "hello stranger");
}
