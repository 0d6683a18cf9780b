//! The list of what is longer than it should be: it only shrinks.

use anyhow::{Context, Result, bail};

/// Something that is longer than its bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlong {
    /// `file` or `fn`.
    pub kind: &'static str,
    /// A path, for a function with `::` and its name.
    pub place: String,
    pub lines: usize,
    pub bound: usize,
}

/// A line of the list: so long and no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub kind: String,
    pub place: String,
    pub lines: usize,
}

/// Says what is longer than the list allows, and what the list allows for nothing.
pub fn compare(overlong: &[Overlong], allowed: &[Allowed]) -> Vec<String> {
    let mut wrong = Vec::new();
    for it in overlong {
        let Overlong { kind, place, lines, bound } = it;
        match find(allowed, it) {
            None => wrong.push(format!("{place}: a {kind} of {lines} lines, {bound} are enough")),
            Some(allowed) if *lines > allowed.lines => {
                let listed = allowed.lines;
                wrong.push(format!("{place}: the {kind} grew from {listed} lines to {lines}"));
            }
            Some(_) => {}
        }
    }
    if shrink(overlong, allowed) != allowed {
        let what = "xtask/tidy-allow.txt: something is shorter than listed";
        wrong.push(format!("{what}; `cargo xtask tidy --shrink` takes it out"));
    }
    wrong
}

/// The list without what is not too long any more, and with what became shorter.
pub fn shrink(overlong: &[Overlong], allowed: &[Allowed]) -> Vec<Allowed> {
    let still = |it: &Allowed| {
        let found =
            overlong.iter().find(|found| found.kind == it.kind && found.place == it.place)?;
        Some(Allowed { lines: found.lines.min(it.lines), ..it.clone() })
    };
    allowed.iter().filter_map(still).collect()
}

fn find<'a>(allowed: &'a [Allowed], overlong: &Overlong) -> Option<&'a Allowed> {
    allowed.iter().find(|it| it.kind == overlong.kind && it.place == overlong.place)
}

pub fn read(text: &str) -> Result<Vec<Allowed>> {
    let lines = text.lines().filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.map(read_line).collect()
}

fn read_line(line: &str) -> Result<Allowed> {
    let words: Vec<&str> = line.split(' ').collect();
    let [kind, place, lines] = words.as_slice() else {
        bail!("failed to read the allow-list: {line:?} is not a kind, a place and a length");
    };
    let lines = lines.parse().with_context(|| format!("failed to read {lines:?} as a length"))?;
    Ok(Allowed { kind: (*kind).to_owned(), place: (*place).to_owned(), lines })
}

pub fn write(allowed: &[Allowed]) -> String {
    let mut text = String::from(HEAD);
    for Allowed { kind, place, lines } in allowed {
        text.push_str(&format!("{kind} {place} {lines}\n"));
    }
    text
}

const HEAD: &str = "\
# Files and functions that are longer than they should be, with their length.
# The list only shrinks: `cargo xtask tidy --shrink` takes out what became shorter.
";
