//! Steps: programs that are run one after the other, each echoed with its time.
//!
//! A step that fails does not keep the next from running, so that one run shows everything.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::apt::succeeds;
use crate::{chromium, postgres, tidy};

/// The crates in the order of their tests: what is quick and found everywhere comes first.
const CRATES: [(&str, &str); 6] = [
    ("engine", "sporran-engine"),
    ("pages", "sporran-pages"),
    ("store", "sporran-store"),
    ("sim", "sporran-sim"),
    ("server", "sporran"),
    ("xtask", "xtask"),
];

pub fn test(root: &Path, crates: &[&str]) -> Result<bool> {
    let known = |it: &&str| CRATES.iter().any(|(name, _)| name == it);
    if let Some(unknown) = crates.iter().find(|it| !known(it)) {
        bail!(
            "there is no crate {unknown:?}; there are engine, pages, store, sim, server and xtask"
        );
    }
    let mut steps = Steps::new(root);
    add_tests(&mut steps, crates);
    Ok(steps.finish())
}

/// Renders every sample of every page: as files that a browser opens.
pub fn pages(root: &Path, arguments: &[&str]) -> Result<bool> {
    let example = ["run", "--quiet", "--package", "sporran-pages", "--example", "gallery", "--"];
    let mut command = cargo();
    command.args(example).args(arguments).current_dir(root);
    Ok(command.status().context("failed to start cargo")?.success())
}

pub fn ci(root: &Path) -> Result<bool> {
    let mut steps = Steps::new(root);
    steps.cargo(&["fmt", "--all", "--check"]);
    steps.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    let started = steps.begin("tidy");
    let tidy = tidy::report(root)?;
    steps.end("tidy", started, tidy);
    add_tests(&mut steps, &[]);
    if postgres::provide() {
        steps.cargo_with(&[("SPORRAN_CHAOS_SECONDS", "120")], &CHAOS);
    }
    Ok(steps.finish())
}

/// The test that kills and stops nodes and databases, for as long as it is told.
const CHAOS: [&str; 8] = [
    "test",
    "--workspace",
    "--test",
    "it",
    "process::chaos",
    "--",
    "--nocapture",
    "--test-threads=1",
];

/// Nodes and databases that are killed, stopped and cut off; what was acknowledged is there.
pub fn chaos(root: &Path, arguments: &[&str]) -> Result<bool> {
    let usage = "usage: cargo xtask chaos [--minutes N] [--seed S]";
    let (mut minutes, mut seed) = (2, None);
    for pair in arguments.chunks(2) {
        match pair {
            ["--minutes", value] => minutes = value.parse().context(usage)?,
            ["--seed", value] => seed = Some((*value).to_owned()),
            _ => bail!(usage),
        }
    }
    if !postgres::provide() {
        bail!("PostgreSQL is needed and not installed");
    }
    let seconds = (minutes * 60_u64).to_string();
    let seed = seed.as_deref().map(|it| ("SPORRAN_CHAOS_SEED", it));
    let settings = [("SPORRAN_CHAOS_SECONDS", seconds.as_str())].into_iter().chain(seed);
    let mut steps = Steps::new(root);
    steps.cargo_with(&settings.collect::<Vec<_>>(), &CHAOS);
    Ok(steps.finish())
}

/// The tests of `crates`, or of all of them.
///
/// All of them are built at once: crate by crate, what they share would be built again wherever
/// they ask it for other features.
fn add_tests(steps: &mut Steps<'_>, crates: &[&str]) {
    if !has_c_compiler() {
        println!("note: no C compiler was found (cc, or what CC names): SQLite needs one");
    }
    for (program, package) in [("hledger", "hledger"), ("bean-check", "beancount")] {
        if !succeeds(Command::new(program).arg("--version")) {
            println!(
                "skipped: {program} is not installed (package {package}), so it checks no books"
            );
        }
    }
    let is_asked_for = |name| crates.is_empty() || crates.contains(&name);
    let has_postgres = (is_asked_for("store") || is_asked_for("server")) && postgres::provide();
    if is_asked_for("server")
        && let Err(why) = chromium::provide()
    {
        println!("skipped: {why}, so no page is looked at in a browser");
    }
    let nextest = has_nextest();
    if !nextest {
        println!("skipped: cargo nextest is not installed; cargo test runs the same tests");
    }
    let chosen = CRATES.iter().filter(|(name, _)| crates.is_empty() || crates.contains(name));
    match (nextest, crates.is_empty()) {
        (true, true) => {
            for (_, package) in chosen {
                let filter = format!("package(={package})");
                steps.cargo(&["nextest", "run", "--workspace", "--no-fail-fast", "-E", &filter]);
            }
        }
        (false, true) => steps.cargo(&["test", "--workspace", "--tests", "--no-fail-fast"]),
        (true, false) => {
            for (_, package) in chosen {
                steps.cargo(&["nextest", "run", "--package", package, "--no-fail-fast"]);
            }
        }
        (false, false) => {
            for (_, package) in chosen {
                steps.cargo(&["test", "--package", package, "--tests", "--no-fail-fast"]);
            }
        }
    }
    if has_postgres && is_asked_for("server") {
        add_postgres_tests(steps, nextest);
    }
    match (crates.is_empty(), tidy::has_doc_tests(steps.root)) {
        (false, _) => {}
        (true, true) => steps.cargo(&["test", "--workspace", "--doc"]),
        (true, false) => println!("\nskipped: doc tests, there are none"),
    }
}

/// The tests of the API once more, with the journal in PostgreSQL.
fn add_postgres_tests(steps: &mut Steps<'_>, nextest: bool) {
    let settings = [("SPORRAN_TEST_STORE", "postgres")];
    match nextest {
        true => {
            let filter = "package(=sporran) & test(/^api::/)";
            let run = ["nextest", "run", "--workspace", "--no-fail-fast", "-E", filter];
            steps.cargo_with(&settings, &run);
        }
        false => {
            let run = ["test", "--workspace", "--test", "it", "--no-fail-fast", "--", "api::"];
            steps.cargo_with(&settings, &run);
        }
    }
}

fn has_nextest() -> bool {
    succeeds(cargo().args(["nextest", "--version"]))
}

fn has_c_compiler() -> bool {
    let named = std::env::var_os("CC");
    let names = named.into_iter().chain(["cc", "gcc", "clang"].map(Into::into));
    names.into_iter().any(|it| succeeds(Command::new(it).arg("--version")))
}

/// The cargo that runs us, or the one in the path.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

struct Steps<'a> {
    root: &'a Path,
    done: Vec<(String, f64, bool)>,
}

impl<'a> Steps<'a> {
    fn new(root: &'a Path) -> Self {
        Self { root, done: Vec::new() }
    }

    fn cargo(&mut self, arguments: &[&str]) {
        self.cargo_with(&[], arguments);
    }

    /// With these settings in its environment.
    fn cargo_with(&mut self, settings: &[(&str, &str)], arguments: &[&str]) {
        let set = settings.iter().map(|(name, value)| format!("{name}={value} "));
        let name = format!("{}cargo {}", set.collect::<String>(), arguments.join(" "));
        let started = self.begin(&name);
        let mut command = cargo();
        command.args(arguments).current_dir(self.root);
        // A crate without tests is no failure.
        command.env("NEXTEST_NO_TESTS", "pass").envs(settings.iter().copied());
        // Browsers and servers of the tests are on this machine, whatever proxy the machine has.
        let direct =
            std::env::var("NO_PROXY").into_iter().chain(["127.0.0.1,localhost".to_owned()]);
        command.env("NO_PROXY", direct.collect::<Vec<_>>().join(","));
        let passed = match command.status() {
            Ok(status) => status.success(),
            Err(error) => {
                eprintln!("failed to start cargo: {error}");
                false
            }
        };
        self.end(&name, started, passed);
    }

    fn begin(&self, name: &str) -> Instant {
        println!("\n--> {name}");
        Instant::now()
    }

    fn end(&mut self, name: &str, started: Instant, passed: bool) {
        let seconds = started.elapsed().as_secs_f64();
        println!("<-- {name}: {}, {seconds:.1} s", verdict(passed));
        self.done.push((name.to_owned(), seconds, passed));
    }

    /// Says what came of it; `true` when every step passed.
    fn finish(self) -> bool {
        println!();
        for (name, seconds, passed) in &self.done {
            println!("{:>6}  {seconds:>7.1} s  {name}", verdict(*passed));
        }
        self.done.iter().all(|(_, _, passed)| *passed)
    }
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

#[cfg(test)]
mod tests {
    use super::CRATES;

    #[test]
    fn every_crate_of_the_workspace_is_tested() {
        let manifest = include_str!("../../Cargo.toml");
        let members = manifest.lines().find(|it| it.starts_with("members")).expect("members");
        let mut found: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
        let mut tested = CRATES.map(|(name, _)| name).to_vec();
        found.iter_mut().for_each(|it| *it = it.trim_start_matches("crates/"));
        found.sort_unstable();
        tested.sort_unstable();
        assert_eq!(tested, found);
    }
}
