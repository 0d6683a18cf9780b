//! PostgreSQL servers for tests: made in a temporary directory, without a port, and gone when
//! nobody needs them any more.
//!
//! Needs PostgreSQL's programs. Where they are not installed there is no server, and whoever asks
//! for one has to do without.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a server for tests is told, beside where its socket is: it may lose everything.
const FORGETFUL: [&str; 4] =
    ["fsync=off", "full_page_writes=off", "max_connections=200", "autovacuum_naptime=5s"];

/// A server of one test's own, which ends with it.
pub struct Server {
    directory: PathBuf,
}

impl Server {
    /// Makes one in `directory`, which is made too, with settings such as `fsync=on`; `None` where
    /// PostgreSQL is not installed.
    pub fn start(directory: &Path, settings: &[&str]) -> Option<Self> {
        let programs = programs()?;
        std::fs::create_dir_all(directory).expect("a temporary directory can be made");
        give(directory);
        start(&programs, directory, settings);
        Some(Self { directory: directory.to_owned() })
    }

    pub fn url(&self) -> String {
        url(&self.directory)
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The directory of its socket.
    pub fn socket(&self) -> &Path {
        &self.directory
    }

    /// Ends it as a power cut would.
    pub fn stop(&self) {
        stop(&installed(), &self.directory);
    }

    /// Ends it as a power cut would, and starts it again.
    pub fn restart(&self, settings: &[&str]) {
        self.stop();
        run_up(&installed(), &self.directory, settings);
    }

    /// Has it stand still, as a machine that hangs: it answers nobody, and ends no connection.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Signals the server's first process and all that it has started.
    fn signal(&self, signal: &str) {
        let Ok(known) = std::fs::read_to_string(self.data().join("postmaster.pid")) else {
            return;
        };
        let first = known.lines().next().expect("it is in the first line").trim();
        let mut found = vec![first.to_owned()];
        let running = std::fs::read_dir("/proc").expect("processes are listed").flatten();
        let numbers = running.filter_map(|it| it.file_name().into_string().ok());
        found.extend(numbers.filter(|it| parent(it).is_some_and(|it| it == first)));
        // Some of them may have ended meanwhile.
        let _ = Command::new("kill").arg(signal).args(found).stderr(Stdio::null()).status();
    }

    /// Another one in `directory` that follows this one.
    pub fn standby(&self, directory: &Path, settings: &[&str]) -> Self {
        std::fs::create_dir_all(directory).expect("a temporary directory can be made");
        give(directory);
        let mut copy = as_owner(installed().join("pg_basebackup"), directory);
        copy.arg("--pgdata").arg(directory.join("data")).arg("--host").arg(&self.directory);
        copy.args(["--username=sporran", "--write-recovery-conf", "--checkpoint=fast"]);
        run(copy.arg("--no-sync"));
        run_up(&installed(), directory, settings);
        Self { directory: directory.to_owned() }
    }

    /// Lets one that follows take the lead.
    pub fn promote(&self) {
        let mut promote = as_owner(installed().join("pg_ctl"), &self.directory);
        promote.arg("-D").arg(self.data()).args(["-w", "promote"]).stdout(Stdio::null());
        run(&mut promote);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that stands still would not end.
        self.thaw();
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A schema of one test's own on the server that all tests share; it ends with the test.
pub struct Schema {
    pub url: String,
    name: String,
}

impl Schema {
    /// `None` where PostgreSQL is not installed.
    pub fn make() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = shared()?;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        execute(&server, &format!("CREATE SCHEMA {name}"));
        let url = format!("{server}&options=-c%20search_path%3D{name}");
        Some(Self { url, name })
    }

    /// Runs SQL on it, beside whoever else has it.
    pub fn execute(&self, sql: &str) {
        execute(&self.url, sql);
    }

    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        rows(&self.url, sql)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A connection that is still open must not keep it.
        let end = format!("SET client_min_messages = error; DROP SCHEMA {} CASCADE", self.name);
        execute(&self.url, &end);
    }
}

/// Runs SQL on a database.
pub fn execute(url: &str, sql: &str) {
    apart(|| crate::postgres::execute(url, sql)).expect("a server for tests does what it is told");
}

/// The rows that a query has, each value as text.
pub fn rows(url: &str, sql: &str) -> Vec<Vec<Option<String>>> {
    apart(|| crate::postgres::rows(url, sql)).expect("a server for tests does what it is told")
}

/// On a thread of its own: a test may be driving connections of its own on this one.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join()).expect("it does not panic")
}

/// The directory of PostgreSQL's programs, when they are installed.
pub fn programs() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok();
    let said = said.and_then(|it| String::from_utf8(it.stdout).ok());
    let said = said.map(|it| PathBuf::from(it.trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|it| it.path().join("bin")).collect();
    installed.sort();
    let found = said.into_iter().chain(installed.into_iter().rev());
    found.into_iter().find(|it| it.join("initdb").exists() && it.join("pg_ctl").exists())
}

fn installed() -> PathBuf {
    programs().expect("they were there when the server was made")
}

/// The server that all tests of a build share, whichever process they are in: its address.
///
/// Each process holds a lock for as long as it lives; when nobody has it any more, a small program
/// that was started with the server ends it.
fn shared() -> Option<String> {
    static SHARED: OnceLock<Option<(File, String)>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let Some(programs) = programs() else {
            eprintln!("skipped: PostgreSQL is not installed (initdb, pg_ctl)");
            return None;
        };
        let mut build = DefaultHasher::new();
        env!("CARGO_MANIFEST_DIR").hash(&mut build);
        let name = format!("sporran-postgres-{:x}", build.finish());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a temporary directory can be made");
        give(&directory);
        let [used, starting] = ["used", "starting"].map(|it| {
            let file = File::options().create(true).append(true).open(directory.join(it));
            file.expect("a file in a temporary directory can be made")
        });
        used.lock_shared().expect("a file can be locked");
        starting.lock().expect("a file can be locked");
        if !answers(&programs, &directory) {
            let _ = std::fs::remove_dir_all(directory.join("data"));
            start(&programs, &directory, &FORGETFUL);
            end_when_unused(&programs, &directory);
        }
        Some((used, url(&directory)))
    });
    shared.as_ref().map(|it| it.1.clone())
}

fn url(directory: &Path) -> String {
    format!("postgres://sporran@/postgres?host={}", directory.display())
}

fn answers(programs: &Path, directory: &Path) -> bool {
    let mut status = as_owner(programs.join("pg_ctl"), directory);
    status.arg("-D").arg(directory.join("data")).arg("status");
    status.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

fn start(programs: &Path, directory: &Path, settings: &[&str]) {
    let mut initdb = as_owner(programs.join("initdb"), directory);
    initdb.arg("-D").arg(directory.join("data"));
    initdb.args(["--auth=trust", "--username=sporran", "--encoding=UTF8", "--locale=C"]);
    run(initdb.arg("--no-sync").stdout(Stdio::null()));
    run_up(programs, directory, settings);
}

fn run_up(programs: &Path, directory: &Path, settings: &[&str]) {
    let mut options = format!("-c listen_addresses= -k {}", directory.display());
    for setting in settings {
        options += &format!(" -c {setting}");
    }
    let mut start = as_owner(programs.join("pg_ctl"), directory);
    start.arg("-D").arg(directory.join("data")).arg("-o").arg(options);
    start.arg("-l").arg(directory.join("log")).args(["-w", "start"]).stdout(Stdio::null());
    run(&mut start);
}

fn stop(programs: &Path, directory: &Path) {
    let mut stop = as_owner(programs.join("pg_ctl"), directory);
    stop.arg("-D").arg(directory.join("data")).args(["-m", "immediate", "stop"]);
    let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Starts a program that ends the server, and itself, when no process has the lock any more.
fn end_when_unused(programs: &Path, directory: &Path) {
    let script = "while sleep 5; do \
         if flock -n \"$1/used\" sh -c '\"$0/pg_ctl\" -D \"$1/data\" -m immediate stop; \
         rm -rf \"$1/data\" \"$1/log\"' \"$0\" \"$1\"; then exit; fi; done";
    let mut end = as_owner("sh".into(), directory);
    end.arg("-c").arg(script).arg(programs).arg(directory).process_group(0);
    let end = end.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut end = end.expect("a shell can be started");
    // It outlives us, as a rule.
    std::thread::spawn(move || end.wait());
}

/// The process that started another one, if that is there.
fn parent(process: &str) -> Option<String> {
    let known = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name, in brackets, may have anything in it.
    let (_, rest) = known.rsplit_once(')')?;
    rest.split_whitespace().nth(1).map(str::to_owned)
}

/// A server does not run for root: then it is given to whom Debian made for it, or to nobody.
fn owner() -> Option<(u32, u32)> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = |name: &str| {
        let line = users.lines().find(|it| it.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    if is_root { user("postgres").or_else(|| user("nobody")) } else { None }
}

/// Gives a file or directory to whom a server runs for.
pub fn give(path: &Path) {
    if let Some((user, group)) = owner() {
        chown(path, Some(user), Some(group)).expect("root may give files away");
    }
}

fn as_owner(program: PathBuf, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null());
    if let Some((user, group)) = owner() {
        command.uid(user).gid(group);
    }
    command
}

fn run(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().expect("the program can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
