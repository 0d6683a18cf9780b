//! A load generator: one thread, many connections, as little work as HTTP allows.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use engine::{AccountNumber, ShardId};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::result::latencies;
use crate::clock::Clock;

#[derive(Clone, Debug, clap::Args)]
pub struct ClientOptions {
    #[arg(long)]
    pub address: String,
    #[arg(long)]
    pub key: String,
    #[arg(long)]
    pub connections: u32,
    #[arg(long)]
    pub seconds: u32,
    #[arg(long)]
    pub accounts: u32,
    /// Charges in one request; 1 sends them one by one.
    #[arg(long)]
    pub batch: u32,
    #[arg(long)]
    pub seed: u64,
    /// Requests a second; 0 sends the next when the last is answered.
    #[arg(long)]
    pub rate: u32,
    /// What to send.
    #[arg(long, value_enum)]
    pub traffic: Traffic,
}

/// What a load generator sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Traffic {
    /// The smallest charge there is.
    Charges,
    /// Check and pay at the channel `bench`, whose secret is the key.
    Kiosk,
    /// Money held for a session of its own, for a second.
    Authorisations,
    /// Whole sessions by units: authorise, three settlements with the next grant, the last one.
    Sessions,
}

impl Traffic {
    pub fn name(self) -> &'static str {
        match self {
            Self::Charges => "charges",
            Self::Kiosk => "kiosk",
            Self::Authorisations => "authorisations",
            Self::Sessions => "sessions",
        }
    }
}

/// What one load generator measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    pub operations: u64,
    pub seconds: f64,
    /// Microseconds and how often.
    pub latencies: Vec<(u64, u64)>,
}

/// Generates load, and prints a [`Report`].
pub fn run_client(options: &ClientOptions) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(generate(options))?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

async fn generate(options: &ClientOptions) -> anyhow::Result<Report> {
    let local = tokio::task::LocalSet::new();
    let mut open = Vec::new();
    for number in 0..options.connections {
        open.push(Connection::open(options, number).await?);
    }
    // Opening connections is not what is measured.
    let started = Instant::now();
    let mut pacer = Pacer::new(options, started);
    let mut connections = Vec::new();
    for connection in open {
        let arrivals = pacer.arrivals();
        connections.push(local.spawn_local(connection.drive(options.clone(), arrivals, started)));
    }
    pacer.start();
    let (mut all, mut operations) = (latencies(), 0);
    local
        .run_until(async {
            for connection in connections {
                let (histogram, answered) = connection.await??;
                all.add(histogram)?;
                operations += answered;
            }
            anyhow::Ok(())
        })
        .await?;
    let latencies = all.iter_recorded().map(|it| (it.value_iterated_to(), it.count_at_value()));
    Ok(Report {
        operations,
        seconds: started.elapsed().as_secs_f64(),
        latencies: latencies.collect(),
    })
}

/// Tells each connection when its next request is due, to a tenth of a millisecond: the timers of
/// the runtime are coarser than the answers that are measured.
struct Pacer {
    rate: u32,
    started: Instant,
    until: Instant,
    due: Vec<mpsc::UnboundedSender<Instant>>,
}

impl Pacer {
    fn new(options: &ClientOptions, started: Instant) -> Self {
        let until = started + Duration::from_secs(options.seconds.into());
        Self { rate: options.rate, started, until, due: Vec::new() }
    }

    /// Where the next connection hears of its arrivals; nowhere when nothing is paced.
    fn arrivals(&mut self) -> Option<mpsc::UnboundedReceiver<Instant>> {
        let (due, arrivals) = (self.rate > 0).then(mpsc::unbounded_channel)?;
        self.due.push(due);
        Some(arrivals)
    }

    fn start(self) {
        let due = self.due;
        if due.is_empty() {
            return;
        }
        let interval = Duration::from_secs(1) / self.rate;
        std::thread::spawn(move || {
            let mut at = self.started;
            for connection in due.iter().cycle() {
                at += interval;
                if at >= self.until {
                    return;
                }
                std::thread::sleep(at.saturating_duration_since(Instant::now()));
                if connection.send(at).is_err() {
                    return;
                }
            }
        });
    }
}

/// The fields of the smallest charge there is.
const CHARGE: &str = r#""amount":"0.0001","currency":"EUR","service":"telephony""#;

struct Connection {
    number: u32,
    stream: TcpStream,
    random: Random,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Connection {
    async fn open(options: &ClientOptions, number: u32) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&options.address).await;
        let stream = stream.with_context(|| format!("failed to connect to {}", options.address))?;
        stream.set_nodelay(true)?;
        let random = Random::new(options.seed << 16 | u64::from(number));
        Ok(Self { number, stream, random, request: Vec::new(), response: vec![0; 1 << 16] })
    }

    async fn drive(
        mut self,
        options: ClientOptions,
        mut arrivals: Option<mpsc::UnboundedReceiver<Instant>>,
        started: Instant,
    ) -> anyhow::Result<(Histogram<u64>, u64)> {
        let mut histogram = latencies();
        let mut operations = 0;
        let until = started + Duration::from_secs(options.seconds.into());
        let mut bodies = Vec::new();
        if options.batch > 1 {
            bodies.extend((0..4).map(|_| self.batch_request(&options)));
        }
        loop {
            let begun = match &mut arrivals {
                None => Instant::now(),
                // Counted from when it was due, whether or not the one before was answered then.
                Some(arrivals) => match arrivals.recv().await {
                    Some(due) => due,
                    None => return Ok((histogram, operations)),
                },
            };
            if begun >= until {
                return Ok((histogram, operations));
            }
            match options.traffic {
                Traffic::Kiosk => {
                    self.pay(&options, operations).await?;
                    histogram.saturating_record(begun.elapsed().as_micros() as u64);
                    operations += 1;
                    continue;
                }
                Traffic::Sessions => {
                    self.whole_session(&options, operations, &mut histogram).await?;
                    operations += 1;
                    continue;
                }
                Traffic::Charges | Traffic::Authorisations => {}
            }
            match bodies.get(operations as usize / options.batch as usize % 4) {
                Some(body) => self.stream.write_all(body).await?,
                None => {
                    match options.traffic {
                        Traffic::Authorisations => self.authorisation(&options, operations),
                        _ => self.single_request(&options),
                    }
                    self.stream.write_all(&self.request).await?;
                }
            }
            self.read_response().await?;
            histogram.saturating_record(begun.elapsed().as_micros() as u64);
            operations += u64::from(options.batch);
        }
    }

    /// Checks an account and pays to it, under a number that no other run uses.
    async fn pay(&mut self, options: &ClientOptions, count: u64) -> anyhow::Result<()> {
        use std::io::Write;
        let account =
            AccountNumber::own(ShardId::FIRST, u64::from(self.random.below(options.accounts)) + 1);
        let seconds = Clock::System.now().0 / 1_000_000 % 100_000_000;
        let (seed, number) = (options.seed % 100, self.number % 1_000);
        let txn_id = format!("{seconds:08}{seed:02}{number:03}{:07}", count % 10_000_000);
        let credentials = BASE64_STANDARD.encode(format!("bench:{}", options.key));
        for command in ["check", "pay"] {
            self.request.clear();
            write!(
                self.request,
                "GET /channels/kiosk/bench?command={command}&txn_id={txn_id}&account={account}\
                 &sum=0.01 HTTP/1.1\r\nhost: {}\r\nauthorization: Basic {credentials}\r\n\r\n",
                options.address,
            )?;
            self.stream.write_all(&self.request).await?;
            let filled = self.read_response().await?;
            let response = &self.response[..filled];
            if find(response, b"<result>0<").is_none() {
                bail!("{command} answered {}", String::from_utf8_lossy(response));
            }
        }
        Ok(())
    }

    /// One session from its first grant to its end; each request's latency counts.
    async fn whole_session(
        &mut self,
        options: &ClientOptions,
        count: u64,
        histogram: &mut Histogram<u64>,
    ) -> anyhow::Result<()> {
        let subject = self.random.below(options.accounts) + 1;
        let session = self.session_name(options, count);
        let ask = format!(
            r#"{{"subject":"s{subject}","session":"{session}","request":1,"quantity":60}}"#
        );
        let filled = self.timed("/v1/authorisations", &ask, options, histogram).await?;
        let response = String::from_utf8_lossy(&self.response[..filled]);
        let reservation =
            response.split_once(r#""reservation":""#).and_then(|it| it.1.split_once('"'));
        let reservation = reservation.context("no reservation")?.0.to_owned();
        let path = format!("/v1/reservations/{reservation}/settle");
        for request in 2..=5 {
            let total = (request - 1) * 60;
            let then = match request {
                5 => r#""final":true"#,
                _ => r#""next":{"quantity":60}"#,
            };
            let settle = format!(r#"{{"total":{total},"request":{request},{then}}}"#);
            self.timed(&path, &settle, options, histogram).await?;
        }
        Ok(())
    }

    async fn timed(
        &mut self,
        path: &str,
        body: &str,
        options: &ClientOptions,
        histogram: &mut Histogram<u64>,
    ) -> anyhow::Result<usize> {
        let begun = Instant::now();
        self.post(path, body, options);
        self.stream.write_all(&self.request).await?;
        let filled = self.read_response().await?;
        histogram.saturating_record(begun.elapsed().as_micros() as u64);
        Ok(filled)
    }

    /// An identifier that no other run uses.
    fn session_name(&self, options: &ClientOptions, count: u64) -> String {
        let seconds = Clock::System.now().0 / 1_000_000;
        format!("{seconds}-{}-{}-{count}", options.seed, self.number)
    }

    fn authorisation(&mut self, options: &ClientOptions, count: u64) {
        let account = self.random.below(options.accounts) + 1;
        let session = self.session_name(options, count);
        let body = format!(
            r#"{{"account":"acc_{account}","session":"{session}",{CHARGE},"expires_in":1}}"#
        );
        self.post("/v1/authorisations", &body, options);
    }

    fn post(&mut self, path: &str, body: &str, options: &ClientOptions) {
        use std::io::Write;
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            options.address,
            options.key,
            body.len(),
        )
        .expect("writing to memory");
    }

    fn single_request(&mut self, options: &ClientOptions) {
        use std::io::Write;
        let length = CHARGE.len() + 2;
        let account = self.random.below(options.accounts) + 1;
        self.request.clear();
        write!(
            self.request,
            "POST /v1/accounts/acc_{account}/charges HTTP/1.1\r\nhost: {}\r\n\
             authorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{{{CHARGE}}}",
            options.address, options.key,
        )
        .expect("writing to memory");
    }

    fn batch_request(&mut self, options: &ClientOptions) -> Vec<u8> {
        let charge = |random: &mut Random| {
            let account = random.below(options.accounts) + 1;
            format!(r#"{{"charge":{{"account":"acc_{account}",{CHARGE}}}}}"#)
        };
        let charges: Vec<String> = (0..options.batch).map(|_| charge(&mut self.random)).collect();
        let body = format!(r#"{{"operations":[{}]}}"#, charges.join(","));
        let head = format!(
            "POST /v1/batches HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            options.address,
            options.key,
            body.len()
        );
        [head.into_bytes(), body.into_bytes()].concat()
    }

    /// Reads one answer to its end, and looks whether it is a yes. Answers how much of it stands
    /// in `response`: all, unless it is larger than that.
    async fn read_response(&mut self) -> anyhow::Result<usize> {
        let mut filled = 0;
        let end = loop {
            let read = self.stream.read(&mut self.response[filled..]).await?;
            ensure!(read > 0, "the server closed a connection");
            filled += read;
            if let Some(end) = find(&self.response[..filled], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = &self.response[..end];
        if !head.starts_with(b"HTTP/1.1 2") {
            bail!("the answer is no: {}", String::from_utf8_lossy(&self.response[..filled]));
        }
        let length = find(head, b"content-length: ").context("no content-length")?;
        let digits = head[length + 16..].split(|it| *it == b'\r').next().unwrap_or_default();
        let length: usize = std::str::from_utf8(digits)?.parse()?;
        let mut left = (end + length).saturating_sub(filled);
        let fits = end + length <= self.response.len();
        while left > 0 {
            let from = if fits { filled } else { 0 };
            let room = left.min(self.response.len() - from);
            let read = self.stream.read(&mut self.response[from..from + room]).await?;
            ensure!(read > 0, "the server closed a connection");
            left -= read;
            filled += if fits { read } else { 0 };
        }
        Ok(filled)
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|it| it == what)
}

/// splitmix64: quick, and the same everywhere for the same seed.
pub struct Random(u64);

impl Random {
    /// Streams of neighbouring seeds share nothing: the state is mixed once before it is used.
    pub fn new(seed: u64) -> Self {
        let mut mixed = Self(seed);
        Self(mixed.next() ^ seed.rotate_left(32))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 to `bound` − 1.
    pub fn below(&mut self, bound: u32) -> u32 {
        let upper = self.next() >> 32;
        u32::try_from((upper * u64::from(bound)) >> 32).expect("below a 32-bit bound")
    }
}
