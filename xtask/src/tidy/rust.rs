//! Rules for Rust files.

use super::source::Source;
use super::{File, Findings, allow::Overlong, machine_path, unfinished};

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 500;
const TEST_FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;

/// Nouns that hide the one that was not looked for.
const BANNED_NOUNS: [&str; 6] = ["common", "data", "helper", "info", "manager", "util"];

/// What has no place in code.
const BANNED_CODE: [(&str, &str); 3] = [
    ("dbg!", "dbg! is for the moment of looking"),
    ("#[ignore", "a test runs or is deleted"),
    ("#[should_panic", "a test says what it expects"),
];

pub fn check(file: &File, findings: &mut Findings) {
    let source = Source::new(&file.text);
    check_lines(file, &source, &mut findings.wrong);
    check_opening(file, &mut findings.wrong);
    check_names(file, &source, &mut findings.wrong);
    check_bare_matches(file, &source, &mut findings.wrong);
    check_lengths(file, &source, &mut findings.overlong);
}

fn check_lines(file: &File, source: &Source, wrong: &mut Vec<String>) {
    let lines = file.text.lines().zip(source.code.lines()).zip(source.comments.lines());
    for (number, ((line, code), comment)) in lines.enumerate() {
        let place = format!("{}:{}", file.path, number + 1);
        let columns = line.chars().count();
        // An address cannot be broken.
        if columns > COLUMNS_MAX && !line.contains("://") {
            wrong.push(format!("{place}: {columns} columns, {COLUMNS_MAX} are enough"));
        }
        for found in unfinished(comment).into_iter().chain(machine_path(comment)) {
            wrong.push(format!("{place}: {found}"));
        }
        for (_, why) in BANNED_CODE.iter().filter(|(it, _)| code.contains(it)) {
            wrong.push(format!("{place}: {why}"));
        }
    }
}

/// A module says first what it is. Tests are named after what they test, and need not.
fn check_opening(file: &File, wrong: &mut Vec<String>) {
    let is_exempt = is_test(&file.path) || matches!(file_name(&file.path), "main.rs" | "build.rs");
    if !is_exempt && !file.text.starts_with("//!") {
        wrong.push(format!("{}: a module opens with `//!` and what it is", file.path));
    }
}

fn check_names(file: &File, source: &Source, wrong: &mut Vec<String>) {
    for part in file.path.split('/') {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if let Some(noun) = banned_noun(name) {
            wrong.push(format!("{}: {name:?} hides a noun behind {noun:?}", file.path));
        }
    }
    let words: Vec<(usize, &str)> = source.words().collect();
    for pair in words.windows(2) {
        let [(_, "struct" | "enum" | "trait" | "type" | "mod" | "union"), (place, name)] = *pair
        else {
            continue;
        };
        if let Some(noun) = banned_noun(name) {
            let line = source.line_of(place);
            wrong.push(format!("{}:{line}: {name:?} hides a noun behind {noun:?}", file.path));
        }
    }
}

/// The banned word that a name ends in: `UserInfo`, `page_data`, `utils`.
fn banned_noun(name: &str) -> Option<&'static str> {
    let mut noun = name.rsplit(['_', '-']).next().unwrap_or_default();
    if let Some((start, _)) = noun.char_indices().rfind(|(_, it)| it.is_uppercase()) {
        noun = noun.get(start..).unwrap_or_default();
    }
    let noun = noun.to_lowercase();
    let singular = noun.strip_suffix('s').unwrap_or(&noun);
    BANNED_NOUNS.into_iter().find(|it| *it == singular || *it == noun)
}

/// `matches!(…);` as a statement looks like a check and is none.
fn check_bare_matches(file: &File, source: &Source, wrong: &mut Vec<String>) {
    for (place, _) in source.code.match_indices("matches!(") {
        let before = source.code.get(..place).unwrap_or_default().trim_end();
        let starts_statement = before.is_empty() || before.ends_with([';', '{', '}']);
        let is_statement = || after_brackets(source, place).starts_with(';');
        if starts_statement && is_statement() {
            let line = source.line_of(place);
            wrong.push(format!("{}:{line}: a bare matches! checks nothing, assert it", file.path));
        }
    }
}

/// The code after the brackets that open at or after `place`.
fn after_brackets(source: &Source, place: usize) -> &str {
    let code = source.code.get(place..).unwrap_or_default();
    let mut depth = 0_usize;
    for (end, character) in code.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 1 => return code.get(end + 1..).unwrap_or_default().trim_start(),
            ')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

fn check_lengths(file: &File, source: &Source, overlong: &mut Vec<Overlong>) {
    let lines = file.text.lines().count();
    let bound = if is_test(&file.path) { TEST_FILE_LINES_MAX } else { FILE_LINES_MAX };
    if lines > bound {
        overlong.push(Overlong { kind: "file", place: file.path.clone(), lines, bound });
    }
    for function in source.functions() {
        if function.lines > FUNCTION_LINES_MAX {
            overlong.push(Overlong {
                kind: "fn",
                place: format!("{}::{}", file.path, function.name),
                lines: function.lines,
                bound: FUNCTION_LINES_MAX,
            });
        }
    }
}

/// Whether a comment for documentation has an example in Rust.
pub fn has_doc_test(source: &Source) -> bool {
    let mut inside = false;
    source.comments.lines().any(|line| {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let Some(fence) = doc.and_then(|it| it.trim_start().strip_prefix("```")) else {
            inside &= doc.is_some();
            return false;
        };
        inside = !inside;
        let language = fence.split(',').next().unwrap_or_default().trim();
        let is_rust = matches!(language, "" | "rust" | "no_run" | "should_panic" | "compile_fail");
        inside && is_rust
    })
}

fn is_test(path: &str) -> bool {
    file_name(path) == "tests.rs" || path.contains("/tests/")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
