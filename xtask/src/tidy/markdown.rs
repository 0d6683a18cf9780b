//! Rules for pages: one title, and links that lead somewhere.

use std::path::Path;

use super::{File, machine_path, unfinished};

#[derive(Debug, PartialEq, Eq)]
pub struct Heading {
    pub level: usize,
    pub text: String,
    pub line: usize,
}

pub fn check(root: &Path, file: &File, wrong: &mut Vec<String>) {
    for (number, line) in file.text.lines().enumerate() {
        for found in unfinished(line).into_iter().chain(machine_path(line)) {
            wrong.push(format!("{}:{}: {found}", file.path, number + 1));
        }
    }
    let headings = headings(&file.text);
    let titles = headings.iter().filter(|it| it.level == 1).count();
    if titles != 1 || headings.first().is_none_or(|it| it.level != 1 || it.line != 1) {
        wrong.push(format!("{}: a page has one title, `# …`, in its first line", file.path));
    }
    for (line, link) in links(&file.text) {
        if let Some(why) = fault(root, file, &link) {
            wrong.push(format!("{}:{line}: the link {link:?} {why}", file.path));
        }
    }
}

pub fn headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    for (line, text) in prose(text) {
        let level = text.chars().take_while(|it| *it == '#').count();
        if let Some(text) = text.get(level..).filter(|it| level > 0 && it.starts_with(' ')) {
            headings.push(Heading { level, text: text.trim().to_owned(), line });
        }
    }
    headings
}

/// The lines that are not in a fenced block, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((number + 1, line))
    })
}

/// Targets of `[text](target)`, with their lines. What stands in `code` is no link.
pub fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let outside_code: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for part in outside_code.split("](").skip(1) {
            if let Some((target, _)) = part.split_once(')') {
                links.push((number, target.to_owned()));
            }
        }
    }
    links
}

/// Why a relative link leads nowhere.
fn fault(root: &Path, file: &File, link: &str) -> Option<&'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let directory = root.join(&file.path).parent().map(Path::to_owned)?;
    let target = directory.join(path);
    if !path.is_empty() && !target.exists() {
        return Some("leads nowhere");
    }
    let text = match path {
        _ if anchor.is_empty() => return None,
        "" => file.text.clone(),
        it if it.ends_with(".md") => std::fs::read_to_string(target).unwrap_or_default(),
        _ => return None,
    };
    let found = headings(&text).iter().any(|it| slug(&it.text) == anchor);
    (!found).then_some("names a heading that is not there")
}

/// The address of a heading within its page.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it.to_ascii_lowercase() }).collect()
}
