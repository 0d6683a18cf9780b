//! What must never be written: passwords, tokens, codes.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use server::access::config::Codes;
use tracing_subscriber::fmt::MakeWriter;

use super::browser::{Browser, PASSWORD, give_password, provider};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that must not be found, and everything that is kept on the disk.
async fn come_and_go() -> (Vec<String>, Vec<u8>) {
    let world = provider(|config| config.self_care.codes = Codes::Screen);
    let customer = world.customer("Amélie Tetuanui").await;
    let open = json!({"currency": "EUR", "number": "OPT-1"});
    world.post(&format!("/v1/customers/{customer}/accounts"), open).await.json(201);
    give_password(&world, &customer, "reef+and+sky").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", "guess+the+lagoon").await.says(403, "that does not fit together");
    browser.staff("typed+as+a+name", "x").await.says(403, "that does not fit together");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    browser.customer("OPT-1", "reef+and+sky").await.says(200, "hello stranger");
    let asked = browser.ask_code("OPT-1").await;
    let code = asked.text.strip_prefix("10 ").expect("a code").to_owned();
    browser.code("OPT-1", "wrong1").await.says(403, "that does not fit together");
    let mut secrets: Vec<String> = browser.cookies.values().cloned().collect();
    browser.code("OPT-1", &code).await.says(200, "hello stranger");
    secrets.extend(browser.cookies.values().cloned());
    let token = browser.get("/console").await.text;
    secrets.extend(token.split(' ').next().map(str::to_owned));
    let change = [("password", PASSWORD), ("new", "brand+new+lagoon")];
    browser.submit("/console", "/console/password", &change).await.says(200, "set");
    browser.submit("/console", "/console/sign-out", &[]).await.says(200, "bye");
    let words = [PASSWORD, "guess+the+lagoon", "typed+as+a+name", "reef+and+sky"];
    secrets.extend(words.into_iter().chain(["brand+new+lagoon"]).map(str::to_owned));
    // Six digits alone may stand in any number.
    secrets.push(format!("{code}\""));
    secrets.push(format!(" {code} "));
    assert!(secrets.iter().filter(|it| it.len() == 43).count() >= 5, "{secrets:?}");
    (secrets, world.home().kept_of_access())
}

pub fn finds(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|it| it == word.as_bytes())
}

/// Runs `work` with everything logged, also by threads that wait for the disk.
pub fn logged<T>(work: impl Future<Output = T>) -> (T, Vec<u8>) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let dispatch = tracing::Dispatch::new(subscriber);
    // While there is one alone, what is first said on a thread without it is never logged at all.
    let _another = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let threads = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&threads)))
        .build()
        .unwrap();
    let _here = tracing::dispatcher::set_default(&dispatch);
    tracing::error!("the log of this test begins");
    let done = runtime.block_on(work);
    let log = log.0.lock().unwrap().clone();
    assert!(finds(&log, "the log of this test begins"), "nothing was logged");
    (done, log)
}

#[test]
fn neither_the_log_nor_the_disk_has_a_password_a_token_or_a_code() {
    let ((secrets, kept), log) = logged(come_and_go());
    assert!(finds(&kept, "$argon2id$"), "nothing was kept");
    for secret in &secrets {
        assert!(!finds(&log, secret), "the log has {secret}");
        assert!(!finds(&kept, secret), "the disk has {secret}");
    }
}
