//! The program under test, and a client that is no more than a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// `sporran` with these arguments, and nothing of the test's own settings.
pub fn sporran(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sporran"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SPORRAN_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command that ends by itself; answers its exit code and what it said.
pub fn run(arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = sporran(arguments).output().unwrap();
    let said = [stdout, stderr].map(|it| String::from_utf8_lossy(&it).into_owned()).concat();
    (status.code().unwrap_or(-1), said)
}

pub fn verify(data_dir: &Path) {
    let (code, said) = run(&["verify", "--data-dir", text(data_dir)]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Everything holds."), "{said}");
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Looks again and again until there is an answer.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} has not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A running server; killed when it goes out of scope.
pub struct Server {
    child: Child,
    pub address: String,
    key: String,
    _greeting: BufReader<std::process::ChildStdout>,
}

impl Server {
    pub fn start(data_dir: &Path, key: &str) -> Self {
        Self::start_with(data_dir, key, &[])
    }

    /// With these settings in its environment.
    pub fn start_with(data_dir: &Path, key: &str, settings: &[(&str, &str)]) -> Self {
        Self::start_as(data_dir, key, settings, &["--port", "0"])
    }

    /// As [`Self::start`], on a directory for tests.
    pub fn start_with_test_clock(data_dir: &Path, key: &str) -> Self {
        Self::start_as(data_dir, key, &[], &["--port", "0", "--test-clock"])
    }

    /// With these settings and flags, which say where it listens.
    pub fn start_as(data_dir: &Path, key: &str, settings: &[(&str, &str)], flags: &[&str]) -> Self {
        let log = std::fs::File::create(data_dir.with_extension("log"));
        let mut child = sporran(&["serve", "--data-dir", text(data_dir)])
            .args(flags)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log.map_or(Stdio::null(), Into::into))
            .spawn()
            .unwrap();
        let mut greeting = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        greeting.read_line(&mut line).unwrap();
        let Some((_, address)) = line.trim().split_once("http://") else {
            let log = std::fs::read_to_string(data_dir.with_extension("log"));
            panic!("the server has not started: {line:?} {log:?}");
        };
        let (address, key) = (address.to_owned(), key.to_owned());
        Self { child, address, key, _greeting: greeting }
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.address, &self.key).expect("the server listens")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// As if the machine had lost its memory of the process: nothing is tidied up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// `-STOP`, `-CONT` or `-TERM`.
    pub fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// The exit code, when the process has ended.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().map(|it| it.code().unwrap_or(-1))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An administrator's key for a directory, which is made.
pub fn make_key(data_dir: &Path) -> String {
    let (code, said) = run(&["key", "create", "--role", "admin", "--data-dir", text(data_dir)]);
    assert_eq!(code, 0, "{said}");
    said.split_whitespace().last().unwrap().to_owned()
}

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    key: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub retry_after: bool,
}

impl Client {
    pub fn connect(address: &str, key: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), key: key.to_owned() })
    }

    /// From now on gives an answer up that takes longer.
    pub fn hurry(&self, patience: Duration) -> std::io::Result<()> {
        self.stream.get_ref().set_read_timeout(Some(patience))
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None, "").expect("the server answers")
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, None, &body.to_string()).expect("the server answers")
    }

    /// One request and its answer; fails when the connection breaks before the answer is whole.
    pub fn call(
        &mut self,
        method: &str,
        path: &str,
        idempotency_key: Option<&str>,
        body: &str,
    ) -> std::io::Result<Answer> {
        let mut head = self.head(method, path, body.len());
        if let Some(key) = idempotency_key {
            head.push_str(&format!("Idempotency-Key: {key}\r\n"));
        }
        self.write(format!("{head}\r\n{body}").as_bytes())?;
        self.answer()
    }

    pub fn head(&self, method: &str, path: &str, length: usize) -> String {
        let key = &self.key;
        format!(
            "{method} {path} HTTP/1.1\r\nHost: sporran\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n"
        )
    }

    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    pub fn answer(&mut self) -> std::io::Result<Answer> {
        let (status, headers) = self.answer_head()?;
        let value = |name: &str| headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
        let length = value("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, body, retry_after: value("retry-after").is_some() })
    }

    /// What is at an address that does not speak JSON.
    pub fn text(&mut self, path: &str) -> String {
        self.write(format!("{}\r\n", self.head("GET", path, 0)).as_bytes()).unwrap();
        let (_, headers) = self.answer_head().unwrap();
        let length = headers.iter().find(|it| it.0 == "content-length").map(|it| it.1.parse());
        let mut bytes = vec![0; length.expect("its length is known").unwrap()];
        self.stream.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The status and the headers, their names in lower case.
    pub fn answer_head(&mut self) -> std::io::Result<(u16, Vec<(String, String)>)> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|it| it.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("no answer: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            match line.split_once(':') {
                None => return Ok((status, headers)),
                Some((name, value)) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }

    /// A line without its end; an error when the connection has ended.
    pub fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// A customer with `count` accounts in EUR; answers their ids.
    pub fn open_accounts(&mut self, count: usize) -> Vec<String> {
        let customer = self.post("/v1/customers", &serde_json::json!({"name": "Ann"}));
        assert_eq!(customer.status, 201, "{customer:?}");
        let path = format!("/v1/customers/{}/accounts", customer.body["id"].as_str().unwrap());
        let mut open = || {
            let opened = self.post(&path, &serde_json::json!({"currency": "EUR"}));
            assert_eq!(opened.status, 201, "{opened:?}");
            opened.body["id"].as_str().unwrap().to_owned()
        };
        (0..count).map(|_| open()).collect()
    }

    pub fn pay(&mut self, account: &str, reference: &str, cents: i64) -> std::io::Result<Answer> {
        let path = format!("/v1/accounts/{account}/payments");
        self.call("POST", &path, None, &payment_body(reference, cents))
    }
}

pub fn payment_body(reference: &str, cents: i64) -> String {
    let amount = decimal(cents);
    format!(r#"{{"source":"cash","reference":"{reference}","amount":"{amount}","currency":"EUR"}}"#)
}

pub fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The cents of `{"amount":"12.50","currency":"EUR"}`.
pub fn cents(money: &Value) -> i64 {
    let text = money["amount"].as_str().unwrap_or_else(|| panic!("not money: {money}"));
    let (whole, part) = text.split_once('.').unwrap();
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * part.parse::<i64>().unwrap()
}
