//! `cargo xtask`: the checks that every change passes, with their set-up.
//!
//! Needs the Rust toolchain and a C compiler (for SQLite), and nothing else: PostgreSQL and
//! Chromium are installed where that is allowed, and what else is missing is left out, and said so.

mod apt;
mod chromium;
mod postgres;
mod screenshots;
mod steps;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

  test [CRATE]...   every test, the quick ones first; or those of engine, store, sim, server, xtask
  pages [DIR [LANGUAGE [light|dark]]]
                    writes every sample of every page into a directory, target/pages if not said
  screenshots       pictures of a demo's pages, into docs/images; needs Chromium
  chaos [--minutes N] [--seed S]
                    nodes and databases that are killed, stopped and cut off, for two minutes if
                    not said; needs PostgreSQL
  ci                format, lints, tidy rules, every test, and two minutes of chaos
  tidy              the rules that neither the compiler nor the linter knows
  tidy --shrink     takes from xtask/tidy-allow.txt what need not stand there any more";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything that was asked for has passed.
fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root()?;
    match arguments.as_slice() {
        ["test", crates @ ..] => steps::test(&root, crates),
        ["pages", arguments @ ..] => steps::pages(&root, arguments),
        ["screenshots"] => screenshots::take(&root),
        ["chaos", arguments @ ..] => steps::chaos(&root, arguments),
        ["ci"] => steps::ci(&root),
        ["tidy"] => tidy::report(&root),
        ["tidy", "--shrink"] => tidy::shrink(&root).map(|()| true),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        [other, ..] => bail!("there is no command {other:?}\n\n{USAGE}"),
    }
}

/// The workspace: asked of the environment first, because a build may have been moved.
fn root() -> Result<PathBuf> {
    let own = std::env::var("CARGO_MANIFEST_DIR");
    let own = PathBuf::from(own.as_deref().unwrap_or(env!("CARGO_MANIFEST_DIR")));
    let root = own.parent().map(Path::to_owned);
    root.context("failed to find the workspace above xtask")
}
