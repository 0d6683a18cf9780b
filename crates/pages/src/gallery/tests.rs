use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::*;

/// Tags that stand alone.
const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// A start tag: its name, and its attributes in lower case, those without a value with an empty
/// one.
type Tag = (String, Vec<(String, String)>);

fn tag_of(name: &str, start: &BytesStart<'_>) -> Tag {
    let tag = start.name().as_ref().to_owned();
    let attributes = start.html_attributes().map(|it| {
        let it = it.unwrap_or_else(|why| panic!("{name}: <{tag}>: {why}"));
        (it.key.as_ref().to_owned(), it.value.into_owned())
    });
    let attributes = attributes.collect();
    (tag, attributes)
}

fn value<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.1.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
}

/// What a page says to a browser and to a reader, gathered in one walk.
#[derive(Default)]
struct Found {
    tags: Vec<Tag>,
    /// Tags that are inside of a `label`, by their place in `tags`.
    labelled: BTreeSet<usize>,
    /// `svg` with a title inside.
    titled: BTreeSet<usize>,
    text: String,
}

/// Panics where a tag is not closed, in the order that it was opened.
fn walk(name: &str, html: &str) -> Found {
    let mut found = Found::default();
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut reader = Reader::from_str(html);
    reader.config_mut().check_end_names = false;
    loop {
        let place = reader.buffer_position();
        match reader.read_event().unwrap_or_else(|why| panic!("{name}: at {place}: {why}")) {
            Event::Start(start) => {
                let tag = tag_of(name, &start);
                note(&mut found, &open, &tag);
                if !VOID.contains(&tag.0.as_str()) {
                    open.push((tag.0.clone(), found.tags.len()));
                }
                found.tags.push(tag);
            }
            Event::Empty(start) => {
                let tag = tag_of(name, &start);
                let is_drawn = open.iter().any(|it| it.0 == "svg");
                assert!(is_drawn, "{name}: <{}/> is not closed for HTML", tag.0);
                found.tags.push(tag);
            }
            Event::End(end) => {
                let opened = open.pop().map(|it| it.0).unwrap_or_default();
                assert_eq!(opened, end.name().as_ref(), "{name}: at {place}");
            }
            // What machines exchange has brackets of its own.
            Event::Text(_) if open.iter().any(|it| it.0 == "code") => {}
            Event::Text(text) => found.text.push_str(&text),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
    found
}

fn note(found: &mut Found, open: &[(String, usize)], tag: &Tag) {
    if open.iter().any(|it| it.0 == "label") {
        found.labelled.insert(found.tags.len());
    }
    if tag.0 == "title"
        && let Some((_, svg)) = open.iter().rfind(|it| it.0 == "svg")
    {
        found.titled.insert(*svg);
    }
}

/// Ids are there once, and what is pointed at by id is there.
fn check_ids(name: &str, tags: &[Tag]) {
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|it| value(it, "id")) {
        assert!(ids.insert(id), "{name}: the id {id:?} is there twice");
    }
    for tag in tags {
        for pointer in ["for", "aria-labelledby", "aria-describedby", "popovertarget"] {
            for id in value(tag, pointer).into_iter().flat_map(str::split_whitespace) {
                assert!(ids.contains(id), "{name}: {pointer} points at {id:?}");
            }
        }
    }
}

/// Every field has its label, every drawing its name or is for the eye alone, every table and
/// navigation too.
fn check_names(name: &str, found: &Found) {
    let labels: BTreeSet<&str> =
        found.tags.iter().filter(|it| it.0 == "label").filter_map(|it| value(it, "for")).collect();
    for (place, tag) in found.tags.iter().enumerate() {
        let has = |attribute| value(tag, attribute).is_some_and(|it| !it.is_empty());
        let is_named = has("aria-label") || has("aria-labelledby");
        match tag.0.as_str() {
            "input" | "select" | "textarea" if value(tag, "type") != Some("hidden") => {
                let by_label = value(tag, "id").is_some_and(|it| labels.contains(it));
                let is_labelled = by_label || is_named || found.labelled.contains(&place);
                assert!(is_labelled, "{name}: {tag:?} has no label");
            }
            "svg" => {
                let is_hidden = value(tag, "aria-hidden") == Some("true");
                let is_titled = found.titled.contains(&place);
                assert!(is_hidden || is_named || is_titled, "{name}: {tag:?}");
            }
            "img" => assert!(value(tag, "alt").is_some(), "{name}: {tag:?}"),
            "nav" | "dialog" => assert!(is_named, "{name}: {tag:?}"),
            _ => {}
        }
    }
}

/// One first heading, and no level is left out on the way down.
fn check_headings(name: &str, tags: &[Tag]) {
    let levels = tags.iter().filter_map(|it| it.0.strip_prefix('h')?.parse::<usize>().ok());
    let levels: Vec<usize> = levels.collect();
    assert_eq!(levels.iter().filter(|it| **it == 1).count(), 1, "{name}: {levels:?}");
    assert_eq!(levels.first(), Some(&1), "{name}: {levels:?}");
    for pair in levels.windows(2) {
        assert!(pair[1] <= pair[0] + 1, "{name}: {levels:?}");
    }
}

/// What a strict Content-Security-Policy lets through.
fn check_policy(name: &str, found: &Found) {
    for tag in &found.tags {
        assert!(value(tag, "style").is_none(), "{name}: {tag:?}");
        let handler = tag.1.iter().find(|it| it.0.starts_with("on"));
        assert!(handler.is_none(), "{name}: {tag:?}");
        let is_outside = |it: &str| it.contains("//") || it.starts_with("javascript:");
        for address in ["href", "src", "action"].iter().filter_map(|it| value(tag, it)) {
            assert!(!is_outside(address), "{name}: {tag:?}");
        }
        if tag.0 == "script" {
            assert!(value(tag, "src").is_some(), "{name}: {tag:?}");
        }
    }
}

/// Every form that changes something carries the token.
fn check_forms(name: &str, tags: &[Tag]) {
    let forms = tags.iter().filter(|it| it.0 == "form" && value(it, "method") == Some("post"));
    let tokens = tags.iter().filter(|it| value(it, "name") == Some("csrf"));
    assert_eq!(forms.count(), tokens.count(), "{name}");
}

#[test]
fn every_sample_is_a_good_page_in_every_language() {
    for language in Language::ALL {
        for Sample { name, html } in samples(language, Theme::System) {
            let name = format!("{name} in {}", language.tag());
            let found = walk(&name, &html);
            check_ids(&name, &found.tags);
            check_names(&name, &found);
            check_headings(&name, &found.tags);
            check_forms(&name, &found.tags);
            if !name.starts_with("statement-") {
                check_policy(&name, &found);
            }
            assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())), "{name}");
            // A place of a message that nothing was put into; the style has brackets too.
            let is_open = |it: char| matches!(it, '{' | '}');
            let is_style = name.starts_with("statement-");
            assert!(is_style || !found.text.contains(is_open), "{name}: {}", found.text);
        }
    }
}

#[test]
fn every_sample_has_a_name_of_its_own() {
    let all = samples(Language::English, Theme::Dark);
    let names: BTreeSet<&str> = all.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
    let themed = all.iter().filter(|it| it.html.contains("data-theme=\"dark\""));
    assert!(themed.count() > 10);
}

#[test]
fn what_people_wrote_is_never_a_tag() {
    for Sample { name, html } in samples(Language::English, Theme::System) {
        assert!(!html.contains("<script>"), "{name}");
        // Somebody in the table of parts is called so.
        assert!(name != "parts-all" || html.contains("&#60;script&#62;"), "{name}");
    }
}
