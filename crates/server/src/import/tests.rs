//! Reading files as older systems write them.

use super::table::{Column, Row, Table, moment};

const fn column(name: &'static str, is_required: bool) -> Column {
    Column { name, is_required, remedy: "" }
}

const COLUMNS: &[Column] = &[column("number", true), column("name", false)];

fn rows(text: &[u8], encoding: Option<&str>) -> Vec<(u64, String, String)> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.csv");
    std::fs::write(&path, text).unwrap();
    let mut table = Table::open(&path, COLUMNS, encoding).unwrap();
    let mut passes = Vec::new();
    for _ in 0..2 {
        let mut pass = Vec::new();
        while let Some(row) = table.read().unwrap() {
            let row: Row = row.unwrap();
            let value = |it| row.get(it).unwrap_or("-").to_owned();
            pass.push((row.line, value(0), value(1)));
        }
        passes.push(pass);
        table.rewind().unwrap();
    }
    assert_eq!(passes[0], passes[1], "the second reading is the first again");
    passes.remove(0)
}

#[test]
fn every_usual_form_of_csv_is_read_alike() {
    let expected = [(2, "47".to_owned(), "Ann, Bo".to_owned()), (3, "48".into(), "-".into())];
    for text in [
        "number,name\n47,\"Ann, Bo\"\n48,\n",
        "number;name\n47;Ann, Bo\n48;\n",
        "name\tnumber\nAnn, Bo\t47\n\t48\n",
        "\u{feff}number;name\r\n47;Ann, Bo\r\n48;\r\n\r\n",
        "\u{feff}\"Number\",\" NAME\"\n\" 47 \",\"Ann, Bo\"\n48,\n",
    ] {
        assert_eq!(rows(text.as_bytes(), None), expected, "{text:?}");
    }
}

#[test]
fn a_named_encoding_is_read_and_a_line_break_within_quotes_is_counted() {
    let text = b"number,name\n1,\"\xC0\n\xDF\"\n2,\xE0\n";
    let expected = [(2, "1".to_owned(), "А\nЯ".to_owned()), (4, "2".into(), "а".into())];
    assert_eq!(rows(text, Some("windows-1251")), expected);
    assert_eq!(rows(b"number,name\n1,\xE9\n", Some("ISO-8859-1"))[0].2, "é");
}

#[test]
fn days_and_moments_are_read_and_nothing_like_them() {
    let day = moment("2026-11-02").unwrap();
    assert_eq!(day.0, 1_793_577_600_000_000);
    assert_eq!(moment("2026-11-02T01:00:00+01:00"), Some(day));
    for text in ["2026-11-2", "20261102", "02.11.2026", "2026-02-30", "2026-11-02T10:00", "now"] {
        assert_eq!(moment(text), None, "{text}");
    }
}
