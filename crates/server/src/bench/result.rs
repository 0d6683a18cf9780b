//! What a bench measured, for people and for programs.

use hdrhistogram::Histogram;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    pub bench: String,
    pub operations: u64,
    pub ops_per_second: u64,
    pub p50_us: u64,
    pub p99_us: u64,
    pub p999_us: u64,
    pub max_us: u64,
    /// Operations in one request or transaction, on average.
    pub batch: u64,
    pub connections: u32,
    pub processes: u32,
    /// `memory`, `sqlite full sync` or `postgresql full sync`.
    pub durability: &'static str,
    /// The server's version and settings, where the journal is on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    pub accounts: u32,
    /// Entries in the journal when the measuring began.
    pub entries_before: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_account: Option<u64>,
    /// How many times the peer's rate this is, measured in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_peer: Option<f64>,
}

impl Measured {
    /// Rates and quantiles; `latencies` are in microseconds.
    pub fn new(bench: &str, operations: u64, seconds: f64, latencies: &Histogram<u64>) -> Self {
        let rate = operations as f64 / seconds.max(1e-9);
        Self {
            bench: bench.to_owned(),
            operations,
            ops_per_second: rate.round() as u64,
            p50_us: latencies.value_at_quantile(0.5),
            p99_us: latencies.value_at_quantile(0.99),
            p999_us: latencies.value_at_quantile(0.999),
            max_us: latencies.max(),
            batch: 1,
            connections: 0,
            processes: 1,
            durability: "sqlite full sync",
            server: None,
            accounts: 0,
            entries_before: 0,
            ready_ms: None,
            bytes_per_account: None,
            times_peer: None,
        }
    }

    pub const HEADING: &'static str = "bench        accounts    grown to    ops/second  p50 ms   \
         p99 ms   p99.9 ms  max ms    batch  connections/processes  durability";

    pub fn line(&self) -> String {
        let ms = |us: u64| format!("{:.2}", us as f64 / 1e3);
        let mut line = format!(
            "{:<12} {:<11} {:<11} {:<11} {:<8} {:<8} {:<9} {:<9} {:<6} {:<22} {}",
            self.bench,
            self.accounts,
            self.entries_before,
            self.ops_per_second,
            ms(self.p50_us),
            ms(self.p99_us),
            ms(self.p999_us),
            ms(self.max_us),
            self.batch,
            format!("{}/{}", self.connections, self.processes),
            self.durability
        );
        if let (Some(ready), Some(bytes)) = (self.ready_ms, self.bytes_per_account) {
            line += &format!("; ready in {ready} ms, {bytes} resident bytes an account");
        }
        if let Some(times) = self.times_peer {
            line += &format!("; {times:.1} times the peer");
        }
        if let Some(server) = &self.server {
            line += &format!("; on {server}");
        }
        line
    }
}

/// A histogram of microseconds, up to a minute, to three digits.
pub fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("fixed bounds")
}
