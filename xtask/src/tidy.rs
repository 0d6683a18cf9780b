//! The rules that neither the compiler nor the linter knows.
//!
//! Each finding says where and what. A file or a function may be longer than the bound only where
//! `xtask/tidy-allow.txt` says so, with its present length; that list only shrinks.

mod allow;
mod markdown;
mod rust;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use allow::{Allowed, Overlong};
use source::Source;

/// Crates that `crates/engine` may depend on: nothing that knows a clock, a file or a socket.
const ENGINE_DEPENDENCIES: [&str; 5] =
    ["iso_currency", "jiff", "rust_decimal", "rustc-hash", "serde"];
const ENGINE_DEV_DEPENDENCIES: [&str; 4] = ["expect-test", "postcard", "proptest", "serde_json"];

/// Features of jiff by which it would read the machine's time zones: nodes would differ in them.
const MACHINE_ZONES: [&str; 4] =
    ["tz-system", "tzdb-bundle-platform", "tzdb-concatenated", "tzdb-zoneinfo"];

const ALLOW_LIST: &str = "xtask/tidy-allow.txt";
const REFUSALS_RUST: &str = "crates/engine/src/refusal.rs";
const REFUSALS_PAGE: &str = "docs/refusals.md";

/// The one heading in `docs/refusals.md` that is no refusal.
const OTHER_PROBLEMS: &str = "Problems that are no refusals";

/// Directories that hold what was built or what runs, not what was written.
const LEFT_OUT: [&str; 3] = [".git", "target", "data"];

/// A text file of the workspace.
struct File {
    /// From the root, with slashes.
    path: String,
    text: String,
}

/// What was found wrong, and what is longer than it should be.
#[derive(Default)]
struct Findings {
    wrong: Vec<String>,
    overlong: Vec<Overlong>,
}

/// Prints every finding; `true` when there is none.
pub fn report(root: &Path) -> Result<bool> {
    let findings = look(root)?;
    let allowed = read_allow_list(root)?;
    let mut wrong = findings.wrong;
    wrong.extend(allow::compare(&findings.overlong, &allowed));
    for it in &wrong {
        println!("{it}");
    }
    if !wrong.is_empty() {
        println!("tidy: {} findings", wrong.len());
    }
    Ok(wrong.is_empty())
}

/// Lowers or drops what stands in the allow-list and need not; never adds to it.
pub fn shrink(root: &Path) -> Result<()> {
    let findings = look(root)?;
    let shrunk = allow::shrink(&findings.overlong, &read_allow_list(root)?);
    std::fs::write(root.join(ALLOW_LIST), allow::write(&shrunk))
        .with_context(|| format!("failed to write {ALLOW_LIST}"))
}

/// Whether a comment anywhere in the crates has an example that `cargo test --doc` would run.
pub fn has_doc_tests(root: &Path) -> bool {
    let files = read_files(root).unwrap_or_default();
    let rust = files.iter().filter(|it| it.path.ends_with(".rs"));
    rust.map(|it| Source::new(&it.text)).any(|it| rust::has_doc_test(&it))
}

fn read_allow_list(root: &Path) -> Result<Vec<Allowed>> {
    let text = std::fs::read_to_string(root.join(ALLOW_LIST))
        .with_context(|| format!("failed to read {ALLOW_LIST}"))?;
    allow::read(&text)
}

fn look(root: &Path) -> Result<Findings> {
    let files = read_files(root)?;
    let mut findings = Findings::default();
    for file in &files {
        match file.path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "rs" => rust::check(file, &mut findings),
            "md" => markdown::check(root, file, &mut findings.wrong),
            _ => check_text(file, &mut findings.wrong),
        }
        if file.path.ends_with("Cargo.toml") {
            check_zones(file, &mut findings.wrong);
        }
    }
    let text_of = |path: &str| files.iter().find(|it| it.path == path).map(|it| it.text.as_str());
    if let Some(manifest) = text_of("crates/engine/Cargo.toml") {
        check_engine_manifest(manifest, &mut findings.wrong);
    }
    match (text_of(REFUSALS_RUST), text_of(REFUSALS_PAGE)) {
        (Some(rust), Some(page)) => check_refusals(rust, page, &mut findings.wrong),
        _ => findings.wrong.push(format!("{REFUSALS_RUST} or {REFUSALS_PAGE} is missing")),
    }
    Ok(findings)
}

/// Configuration, SQL and scripts: only what holds for every text.
fn check_text(file: &File, wrong: &mut Vec<String>) {
    for (number, line) in file.text.lines().enumerate() {
        for found in unfinished(line).into_iter().chain(machine_path(line)) {
            wrong.push(format!("{}:{}: {found}", file.path, number + 1));
        }
    }
}

/// A mark that something is not done: that belongs into an issue.
fn unfinished(line: &str) -> Option<String> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let mut words = line.split(|it: char| !it.is_alphanumeric() && it != '_');
    let found = words.find(|it| marks.contains(it))?;
    Some(format!("{found} has no place here, file an issue"))
}

/// A path that exists on somebody's own machine only.
fn machine_path(line: &str) -> Option<String> {
    let starts_path = |at: usize| {
        let before = line.get(..at).and_then(|it| it.chars().next_back());
        !before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '.' | '_' | '-' | '/' | '}'))
    };
    let paths = ["/home/", "/root/", "/tmp/", "/Users/"];
    let found = paths.iter().find(|path| line.match_indices(**path).any(|it| starts_path(it.0)))?;
    Some(format!("{found} is a path of one machine"))
}

fn check_engine_manifest(manifest: &str, wrong: &mut Vec<String>) {
    let mut allowed: Option<&[&str]> = None;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            allowed = match section {
                "dependencies" => Some(&ENGINE_DEPENDENCIES),
                "dev-dependencies" => Some(&ENGINE_DEV_DEPENDENCIES),
                // `[dependencies.NAME]`, build and target dependencies would get round the list.
                other if other.contains("dependencies") => Some(&[]),
                _ => None,
            };
            if allowed.is_some_and(<[&str]>::is_empty) {
                wrong.push(format!("crates/engine/Cargo.toml: [{section}] has no place here"));
            }
            continue;
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
        let is_entry = !name.is_empty() && !name.starts_with('#') && line.contains('=');
        if is_entry && allowed.is_some_and(|it| !it.is_empty() && !it.contains(&name)) {
            wrong.push(format!("crates/engine/Cargo.toml: the engine does without {name}"));
        }
    }
}

/// That the rules of time zones are the compiled-in ones, in every crate.
fn check_zones(file: &File, wrong: &mut Vec<String>) {
    for feature in MACHINE_ZONES.iter().filter(|it| file.text.contains(&format!("\"{it}\""))) {
        wrong.push(format!("{}: {feature} reads the machine's time zones", file.path));
    }
    let is_bare = |it: &&str| !it.contains("workspace") && !it.contains("default-features = false");
    if file.text.lines().filter(|it| it.starts_with("jiff")).any(|it| is_bare(&it)) {
        wrong.push(format!("{}: jiff by default reads the machine's time zones", file.path));
    }
}

/// Every refusal has its heading, in the order of precedence, and nothing else has one.
fn check_refusals(rust: &str, page: &str, wrong: &mut Vec<String>) {
    let list = rust.split_once("REFUSAL_CODES").and_then(|(_, it)| it.split_once("= ["));
    let list = list.and_then(|(_, it)| it.split_once("];")).map_or("", |(it, _)| it);
    let codes: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let headings = markdown::headings(page);
    let headings: Vec<&str> = headings
        .iter()
        .filter(|it| it.level > 1 && it.text != OTHER_PROBLEMS)
        .map(|it| it.text.as_str())
        .collect();
    if codes.is_empty() {
        wrong.push(format!("{REFUSALS_RUST}: no list of codes was found"));
    }
    for code in codes.iter().filter(|it| !headings.contains(it)) {
        wrong.push(format!("{REFUSALS_PAGE}: {code} has no heading"));
    }
    for heading in headings.iter().filter(|it| !codes.contains(it)) {
        wrong.push(format!("{REFUSALS_PAGE}: no refusal has the code {heading:?}"));
    }
    let expected = codes.iter().filter(|it| headings.contains(it));
    if expected.ne(headings.iter().filter(|it| codes.contains(it))) {
        wrong.push(format!("{REFUSALS_PAGE}: the headings are not in the order of precedence"));
    }
}

/// Every text file that was written by hand, by path.
fn read_files(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut directories: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = std::fs::read_dir(&directory)
            .with_context(|| format!("failed to list {}", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !LEFT_OUT.contains(&name.as_str()) {
                    directories.push(path);
                }
            } else if is_written(&name) {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("failed to read {}", path.display()))?;
                files.push(File { path: relative(root, &path), text });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn is_written(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
    matches!(extension, "rs" | "md" | "toml" | "sql" | "sh" | "yml") || name == "run"
}

fn relative(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|it| it.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;
