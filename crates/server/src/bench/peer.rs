//! `peer`: what a provider would write by hand for PostgreSQL, run by PostgreSQL's own pgbench, and
//! ours beside it on the same server in the same run.
//!
//! By hand a charge is a transaction: lock the account's row, look whether the money is there,
//! take it, write an entry, commit. Nothing else is in it: no key for repeats, no prices, no
//! switching, no HTTP.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, ensure};

use super::prepare::Directory;
use super::result::{Measured, latencies};
use super::{BenchOptions, http, ledger};

const SETUP: &str = "
DROP SCHEMA IF EXISTS sporran_peer CASCADE;
CREATE SCHEMA sporran_peer;
CREATE TABLE sporran_peer.accounts (
    id BIGINT PRIMARY KEY, balance BIGINT NOT NULL, held BIGINT NOT NULL, credit BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE sporran_peer.entries (
    position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL, account BIGINT NOT NULL, kind TEXT NOT NULL, amount BIGINT NOT NULL,
    balance BIGINT NOT NULL, contra TEXT NOT NULL, actor TEXT NOT NULL, channel TEXT NOT NULL
);
INSERT INTO sporran_peer.accounts
    SELECT id, 0, 0, 1000000000000 FROM generate_series(1, :accounts) id;
VACUUM ANALYZE sporran_peer.accounts;
";

const CHARGE: &str = r"\set account random(1, :accounts)
BEGIN;
SELECT balance + credit - held AS available FROM sporran_peer.accounts
    WHERE id = :account FOR UPDATE \gset
\if :available >= 100
UPDATE sporran_peer.accounts SET balance = balance - 100 WHERE id = :account
    RETURNING balance \gset
INSERT INTO sporran_peer.entries (at, account, kind, amount, balance, contra, actor, channel)
    VALUES (now(), :account, 'charge', -100, :balance, 'revenue', 'bench', 'bench');
\endif
COMMIT;
";

const CLEAN_UP: &str = "DROP SCHEMA IF EXISTS sporran_peer CASCADE;\n";

/// The peer, and ours with as many callers over HTTP, and in process.
pub fn run(options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    let pgbench = find_pgbench()?;
    let url =
        options.store.as_ref().context("peer is measured on PostgreSQL; name it by --store")?;
    // Whether ours may be measured there is known before anything is made.
    let own = Directory::of(options)?;
    super::prepare::claim(&options.storage(own.path()))?;
    let scratch = Directory::of(&BenchOptions { data_dir: None, ..options.clone() })?;
    std::fs::create_dir_all(scratch.path()).context("failed to make a temporary directory")?;
    let peer = Peer { pgbench, url: url.as_str(), scratch: scratch.path(), options };
    peer.once("setup.sql", SETUP)?;
    let measured = peer.charge();
    peer.once("clean_up.sql", CLEAN_UP)?;
    let peer = measured?;
    let rate = peer.ops_per_second.max(1) as f64;
    let mut all = vec![peer];
    for mut ours in [http::run_single(options)?, ledger::run(options)?] {
        ours.times_peer = Some(ours.ops_per_second as f64 / rate);
        all.push(ours);
    }
    Ok(all)
}

struct Peer<'a> {
    pgbench: PathBuf,
    url: &'a str,
    scratch: &'a Path,
    options: &'a BenchOptions,
}

impl Peer<'_> {
    fn command(&self, name: &str, script: &str) -> anyhow::Result<Command> {
        let path = self.scratch.join(name);
        std::fs::write(&path, script).with_context(|| format!("failed to write {name}"))?;
        let mut command = Command::new(&self.pgbench);
        command.arg("--no-vacuum").arg("--file").arg(path).current_dir(self.scratch);
        command.arg(format!("--define=accounts={}", self.options.accounts));
        // Where a database may be named by an address. Not among the arguments, which everybody on
        // the machine sees: it may hold a password.
        command.env("PGDATABASE", self.url);
        Ok(command)
    }

    /// Runs statements once.
    fn once(&self, name: &str, script: &str) -> anyhow::Result<()> {
        let mut command = self.command(name, script)?;
        command.args(["--client=1", "--transactions=1"]);
        finish(command.output(), name).map(drop)
    }

    /// Charges for as long as the options say.
    fn charge(&self) -> anyhow::Result<Measured> {
        let BenchOptions { connections, seconds, accounts, .. } = *self.options;
        let threads = std::thread::available_parallelism().map_or(1, |it| it.get() as u32);
        let mut command = self.command("charge.sql", CHARGE)?;
        command.args(["--protocol=prepared", "--log", "--log-prefix=charges"]);
        command.arg(format!("--client={connections}")).arg(format!("--time={seconds}"));
        command.arg(format!("--jobs={}", threads.min(connections)));
        finish(command.output(), "charge.sql")?;
        let mut all = latencies();
        for file in std::fs::read_dir(self.scratch).context("failed to look for what it wrote")? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with("charges.") {
                read_log(&std::fs::read_to_string(file.path())?, &mut all)?;
            }
        }
        let mut measured = Measured::new("peer", all.len(), seconds.into(), &all);
        (measured.connections, measured.accounts) = (connections, accounts);
        measured.durability = "postgresql full sync";
        Ok(measured)
    }
}

/// A line for each transaction, whose third column is how many microseconds it took.
fn read_log(log: &str, all: &mut hdrhistogram::Histogram<u64>) -> anyhow::Result<()> {
    for line in log.lines() {
        let took = line.split(' ').nth(2).and_then(|it| it.parse().ok());
        all.saturating_record(took.with_context(|| format!("pgbench wrote {line:?}"))?);
    }
    Ok(())
}

fn finish(output: std::io::Result<Output>, script: &str) -> anyhow::Result<Output> {
    let output = output.context("failed to start pgbench")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench failed at {script}: {}", said.trim_end());
    Ok(output)
}

/// On the search path, or where Debian puts it, the newest.
fn find_pgbench() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = versions.map(|it| it.path().join("bin")).collect();
    debian.sort();
    let mut places = std::env::split_paths(&path).chain(debian.into_iter().rev());
    let found = places.find_map(|it| Some(it.join("pgbench")).filter(|it| it.is_file()));
    found.context(
        "pgbench is not installed: it comes with PostgreSQL (Debian's package postgresql); put \
         it on the PATH",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_the_third_column_of_the_log() {
        let mut all = latencies();
        read_log("0 1 812 0 1700000000 1\n3 9 1203 0 1700000000 7\n", &mut all).unwrap();
        assert_eq!((all.len(), all.max()), (2, 1203));
        assert!(read_log("progress\n", &mut all).is_err());
    }
}
