//! One run of a local program: the command on its standard input, its exit code the answer.
//!
//! **Invariant:** a run that is given up, for its time or because the server stops, is killed
//! with everything that it started in its process group.

use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// Bytes of output that are kept.
const OUTPUT_MAX: usize = 4_096;

/// How long output is waited for once the program has ended: what it started may hold it open.
const OUTPUT_WAIT: Duration = Duration::from_millis(500);

/// Variables of ours that a program may see; the others may have secrets in them.
const ENVIRONMENT: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

pub struct Program {
    /// Path and arguments.
    pub command: Vec<String>,
    pub timeout: Duration,
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// `None` when a signal ended it or it was killed.
    pub code: Option<i32>,
    /// Why there is no code.
    pub failure: String,
    /// How its output and error output begin.
    pub output: String,
}

/// The process group of a run that has not ended.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended by itself by now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Program {
    /// Runs it; the error says in words why it did not even start.
    pub async fn run(&self, mut input: String) -> Result<Ended, String> {
        // A line, so that a program may gather what it reads in a file of lines.
        input.push('\n');
        let mut child = self.start()?;
        let mut group = Group(child.id().and_then(|it| Pid::from_raw(it.cast_signed())));
        let kept = Mutex::new(Vec::new());
        let waited = tokio::time::timeout(self.timeout, watch(&mut child, input, &kept)).await;
        if waited.is_ok() {
            group.0 = None;
        }
        drop(group);
        let (code, failure) = match waited {
            Err(_) => {
                let seconds = self.timeout.as_secs_f32();
                (None, format!("it had not ended after {seconds} s and was killed"))
            }
            Ok(Err(error)) => (None, format!("failed to wait for its end: {error}")),
            Ok(Ok(status)) => (status.code(), format!("it was ended: {status}")),
        };
        let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Ended { code, failure, output: String::from_utf8_lossy(&kept).into_owned() })
    }

    fn start(&self) -> Result<Child, String> {
        let (path, arguments) = self.command.split_first().ok_or("there is no program")?;
        let seen = ENVIRONMENT.iter().filter_map(|it| Some((it, std::env::var_os(it)?)));
        Command::new(path)
            .args(arguments)
            .env_clear()
            .envs(seen)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("failed to start {path}: {error}"))
    }
}

/// Feeds a program and keeps its output until it has ended.
async fn watch(
    child: &mut Child,
    input: String,
    kept: &Mutex<Vec<u8>>,
) -> std::io::Result<std::process::ExitStatus> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feeding = async move {
        if let Some(mut stdin) = stdin {
            // A program need not read what it does not want to know.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let reading = async { tokio::join!(keep(stdout, kept), keep(stderr, kept)) };
    tokio::pin!(feeding, reading);
    let (mut fed, mut read) = (false, false);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            () = &mut feeding, if !fed => fed = true,
            _ = &mut reading, if !read => read = true,
        }
    };
    if !read {
        let _ = tokio::time::timeout(OUTPUT_WAIT, reading).await;
    }
    status
}

/// Keeps how a stream begins, and reads the rest so that nobody waits to write it.
async fn keep(stream: Option<impl AsyncRead + Unpin>, kept: &Mutex<Vec<u8>>) {
    let Some(mut stream) = stream else { return };
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OUTPUT_MAX - kept.len();
        kept.extend_from_slice(&buffer[..count.min(room)]);
    }
}

#[cfg(test)]
mod tests;
