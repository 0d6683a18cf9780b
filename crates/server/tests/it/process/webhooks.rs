//! Events are told however the process ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::harness::{Server, make_key, verify, wait_for};

/// Hears every request, and answers only when it is told to.
#[derive(Default)]
struct Receiver {
    answers: AtomicBool,
    heard: Mutex<Vec<Value>>,
    taken: Mutex<Vec<Value>>,
}

impl Receiver {
    fn start() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Arc::new(Self::default());
        let hearing = Arc::clone(&receiver);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let hearing = Arc::clone(&hearing);
                std::thread::spawn(move || hearing.hear(BufReader::new(stream.unwrap())));
            }
        });
        (receiver, port)
    }

    fn hear(&self, mut stream: BufReader<TcpStream>) -> Option<()> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        let body: Value = serde_json::from_slice(&body).ok()?;
        self.heard.lock().unwrap().push(body.clone());
        if self.answers.load(Ordering::Acquire) {
            self.taken.lock().unwrap().push(body);
            stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()?;
        } else {
            // Until the other side has gone.
            let _ = stream.read(&mut [0]);
        }
        Some(())
    }
}

#[test]
fn what_was_not_taken_before_a_kill_is_told_after_it_in_order() {
    const PAYMENTS: u64 = 30;
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let key = make_key(&data_dir);
    let (receiver, port) = Receiver::start();
    let start =
        || Server::start_with(&data_dir, &key, &[("SPORRAN_WEBHOOKS_ALLOW_PRIVATE", "127.0.0.1")]);
    let server = start();
    let mut client = server.client();
    let accounts = client.open_accounts(2);
    let body = json!({"url": format!("http://127.0.0.1:{port}/"), "events": ["payment.received"]});
    assert_eq!(client.post("/v1/webhook-endpoints", &body).status, 201);
    for reference in 0..PAYMENTS {
        for account in &accounts {
            let paid = client.pay(account, &format!("{account}-{reference}"), 100).unwrap();
            assert_eq!(paid.status, 201, "{paid:?}");
        }
    }
    // Both accounts' first events are under way, and nobody has answered.
    wait_for("the first events", || (receiver.heard.lock().unwrap().len() == 2).then_some(()));
    server.kill();
    receiver.answers.store(true, Ordering::Release);
    let server = start();
    let all = accounts.len() * PAYMENTS as usize;
    wait_for("all events", || (receiver.taken.lock().unwrap().len() >= all).then_some(()));
    server.terminate();
    let taken = receiver.taken.lock().unwrap().clone();
    for account in &accounts {
        let told = taken.iter().filter(|it| it["data"]["account"] == account.as_str());
        let numbers: Vec<u64> = told.map(|it| it["sequence"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=PAYMENTS).collect::<Vec<_>>());
    }
    drop(server);
    verify(&data_dir);
}
