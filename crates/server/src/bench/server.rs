//! The server under test: this same program, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use crate::storage::Storage;

pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Server {
    /// Starts it on a free port, and waits until it says that it listens.
    pub fn start(place: impl Into<Storage>) -> anyhow::Result<Self> {
        Self::start_with(place, None)
    }

    /// As [`Self::start`], with a configuration.
    pub fn start_with(place: impl Into<Storage>, config: Option<&Path>) -> anyhow::Result<Self> {
        let Storage { data_dir, server, .. } = place.into();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(&data_dir)
            .args(config.map(|_| "--config"))
            .args(config)
            // Not among the arguments, which everybody on the machine sees: it may hold a password.
            .envs(server.as_ref().map(|it| ("SPORRAN_STORE", it.as_str())))
            .env("SPORRAN_LOG_LEVEL", std::env::var("SPORRAN_LOG_LEVEL").unwrap_or("warn".into()))
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start the server")?;
        let output = child.stdout.take().context("the server has no output")?;
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("Sporran listens on http://") {
                return Ok(Self { child, address: address.to_owned() });
            }
        }
        anyhow::bail!("the server ended before it listened")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().context("failed to end the server")?;
        self.child.wait().context("failed to wait for the server").map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
