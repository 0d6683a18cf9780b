//! PostgreSQL's programs, with which tests make servers of their own.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::apt::{install, may_install};

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
    let is_done = install(&["postgresql"]) && is_installed();
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
