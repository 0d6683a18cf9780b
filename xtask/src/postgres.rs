//! PostgreSQL's programs, with which tests make servers of their own.

use std::path::Path;
use std::process::{Command, Stdio};

/// Looks for them, and installs Debian's package where that is allowed; says what it did. Whether
/// they are there now.
pub fn provide() -> bool {
    if is_installed() {
        return true;
    }
    if !may_install() {
        println!(
            "skipped: PostgreSQL is not installed (package postgresql), so the store is tested on \
             SQLite alone"
        );
        return false;
    }
    println!("installing PostgreSQL, for servers of the tests' own: apt-get install postgresql");
    println!(
        "note: Debian's package makes a server of the machine's, too (cluster `main`); nothing \
         here uses it"
    );
    let run = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet").args(arguments);
        apt.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    let is_done = run(&["update"])
        && run(&["install", "--yes", "--no-install-recommends", "postgresql"])
        && is_installed();
    if !is_done {
        println!("skipped: PostgreSQL was not installed, so the store is tested on SQLite alone");
    }
    is_done
}

fn is_installed() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|it| it.path().join("bin"));
    let said = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output();
    let said = said.ok().and_then(|it| String::from_utf8(it.stdout).ok());
    let said = said.map(|it| Path::new(it.trim()).to_owned());
    said.into_iter().chain(debian).any(|it| it.join("initdb").exists())
}

/// Whether we are root on a machine with Debian's packages.
fn may_install() -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    is_root && Path::new("/usr/bin/apt-get").exists()
}
