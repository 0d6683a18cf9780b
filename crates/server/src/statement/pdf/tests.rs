use std::io::Write;
use std::process::{Command, Stdio};

use pages::statement::samples;

use super::*;

fn sample(name: &str) -> Statement {
    samples().into_iter().find(|it| it.0 == name).unwrap().1
}

/// `many` with so many lines, one after the other.
fn long(lines: usize) -> Statement {
    let mut statement = sample("many");
    statement.lines = (0..lines)
        .map(|place| Line {
            note: Some(format!("line {place} of a long statement")),
            ..statement.lines[place % statement.lines.len()].clone()
        })
        .collect();
    statement
}

fn texts(sheet: &Sheet) -> impl Iterator<Item = (f32, f32, &str, Style)> {
    sheet.marks.iter().filter_map(|mark| match mark {
        Mark::Text { x, y, text, style } => Some((*x, *y, text.as_str(), *style)),
        Mark::Rule { .. } => None,
    })
}

#[test]
fn nothing_leaves_the_page_or_lies_over_something_else() {
    for (name, statement) in samples().into_iter().chain([("long", long(300))]) {
        for (number, sheet) in place(&statement).iter().enumerate() {
            let mut boxes: Vec<(f32, f32, f32, f32, &str)> = Vec::new();
            for (x, y, text, style) in texts(sheet).filter(|it| !it.2.is_empty()) {
                let (left, right) = (x, x + style.width(text));
                let place = format!("{name}, page {}: {text:?}", number + 1);
                assert!(left >= LEFT - 0.5 && right <= RIGHT + 0.5, "{place}: {left} to {right}");
                assert!((TOP - 1.0..=FOOT).contains(&y), "{place}: {y}");
                let (top, bottom) = (y - style.size * 0.7, y);
                let over = boxes.iter().find(|it| {
                    left < it.1 - 0.1 && it.0 < right - 0.1 && top < it.3 && it.2 < bottom
                });
                assert!(over.is_none(), "{place} lies over {over:?}");
                boxes.push((left, right, top, bottom, text));
            }
        }
    }
}

#[test]
fn every_page_has_its_head_and_its_number() {
    let statement = long(200);
    let sheets = place(&statement);
    assert!(sheets.len() > 5, "{}", sheets.len());
    for (number, sheet) in sheets.iter().enumerate() {
        let page = format!("Page {} of {}", number + 1, sheets.len());
        for text in [page.as_str(), "Date", "Description", "Amount", "Balance (EUR)"] {
            assert_eq!(texts(sheet).filter(|it| it.2 == text).count(), 1, "{text} on {page}");
        }
    }
}

#[test]
fn ten_thousand_lines_are_all_there_in_their_order() {
    let statement = long(10_000);
    let sheets = place(&statement);
    let found: Vec<String> = sheets
        .iter()
        .flat_map(texts)
        .filter(|it| it.2.starts_with("line "))
        .map(|it| it.2.to_owned())
        .collect();
    let expected: Vec<String> =
        (0..10_000).map(|it| format!("line {it} of a long statement")).collect();
    assert_eq!(found, expected);
}

#[test]
fn decimal_marks_stand_below_each_other() {
    let statement = sample("many");
    let sheets = place(&statement);
    let columns = Columns::of(&statement);
    for right in [columns.amount, columns.balance] {
        let mark = right - columns.fraction;
        let at_mark = sheets.iter().flat_map(texts).filter(|it| it.0 == mark);
        let fractions: Vec<&str> = at_mark.map(|it| it.2).collect();
        assert!(fractions.len() > 20, "{fractions:?}");
        assert!(fractions.iter().all(|it| it.starts_with('.')), "{fractions:?}");
    }
}

/// What a reader of PDF finds in the bytes; `None` where there is none on this machine.
fn read_back(pdf: &[u8]) -> Option<String> {
    let mut reader = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = reader.stdin.take().expect("a pipe");
    let bytes = pdf.to_owned();
    let writes = std::thread::spawn(move || input.write_all(&bytes));
    let output = reader.wait_with_output().expect("pdftotext ends");
    writes.join().expect("no panic").expect("pdftotext reads all");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn the_text_can_be_read_and_copied_from_the_document() {
    for (name, statement) in samples() {
        let pdf = write(&statement).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"), "{name}");
        let Some(text) = read_back(&pdf) else {
            eprintln!("pdftotext is not installed (poppler-utils): the text is not looked at");
            continue;
        };
        let closing = statement.money(statement.closing).replace('\u{A0}', " ");
        let text = text.replace(['\u{A0}', '\u{202F}'], " ");
        for expected in
            [&*statement.page_of(1, place(&statement).len()), &*closing.replace('\u{202F}', " ")]
        {
            assert!(text.contains(expected), "{name}: no {expected:?} in {text}");
        }
        for line in &statement.lines {
            let title = line.title(statement.language);
            assert!(text.contains(&title), "{name}: no {title:?} in {text}");
        }
    }
}
