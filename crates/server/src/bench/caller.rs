//! One caller who asks, waits for the answer, and asks again: a program, or a person's browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, ensure};

/// One connection that asks and waits.
struct Line(BufReader<TcpStream>);

struct Answer {
    status: String,
    /// Names of cookies and what they hold.
    cookies: Vec<(String, String)>,
    body: String,
}

impl Line {
    fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).context("failed to reach the server")?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    fn ask(&mut self, request: &str) -> anyhow::Result<Answer> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut status = String::new();
        self.0.read_line(&mut status)?;
        let (mut length, mut cookies) = (0, Vec::new());
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
            let pair = value.split(';').next().and_then(|it| it.trim().split_once('='));
            if let Some((cookie, value)) = pair.filter(|_| name.eq_ignore_ascii_case("set-cookie"))
            {
                cookies.push((cookie.to_owned(), value.to_owned()));
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, cookies, body: String::from_utf8(body)? })
    }
}

/// A program with a key.
pub struct Caller {
    line: Line,
    key: String,
}

impl Caller {
    pub fn connect(address: &str, key: &str) -> anyhow::Result<Self> {
        Ok(Self { line: Line::connect(address)?, key: key.to_owned() })
    }

    pub fn get(&mut self, path: &str) -> anyhow::Result<String> {
        let key = &self.key;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\r\n");
        self.ask(path, &request)
    }

    pub fn post(&mut self, path: &str, body: &str) -> anyhow::Result<String> {
        let key = &self.key;
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.ask(path, &request)
    }

    fn ask(&mut self, path: &str, request: &str) -> anyhow::Result<String> {
        let Answer { status, body, .. } = self.line.ask(request)?;
        ensure!(status.starts_with("HTTP/1.1 200"), "{path} answered {status}");
        Ok(body)
    }
}

/// A person's browser, which keeps cookies.
pub struct Visitor {
    line: Line,
    cookies: Vec<(String, String)>,
}

impl Visitor {
    pub fn connect(address: &str) -> anyhow::Result<Self> {
        Ok(Self { line: Line::connect(address)?, cookies: Vec::new() })
    }

    /// Sends the form at `path`, with a name in the field of this name, and a password.
    pub fn sign_in(
        &mut self,
        path: &str,
        name: (&str, &str),
        password: &str,
    ) -> anyhow::Result<()> {
        let page = self.get(path)?;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).and_then(|it| it.split('"').next());
        let csrf = csrf.context("the sign-in page has no form")?;
        let (field, name) = name;
        let body = format!("csrf={csrf}&{field}={name}&password={password}");
        let length = body.len();
        let form = format!(
            "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let answer = self.ask("POST", path, &form)?;
        let status = &answer.status;
        ensure!(status.starts_with("HTTP/1.1 303"), "{path} did not let {name} in: {status}");
        Ok(())
    }

    pub fn get(&mut self, path: &str) -> anyhow::Result<String> {
        let Answer { status, body, .. } = self.ask("GET", path, "\r\n")?;
        ensure!(status.starts_with("HTTP/1.1 200"), "{path} answered {status}");
        Ok(body)
    }

    fn ask(&mut self, method: &str, path: &str, rest: &str) -> anyhow::Result<Answer> {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: bench\r\ncookie: {cookies}\r\n{rest}");
        let answer = self.line.ask(&request)?;
        for (name, value) in &answer.cookies {
            self.cookies.retain(|it| it.0 != *name);
            self.cookies.push((name.clone(), value.clone()));
        }
        Ok(answer)
    }
}
