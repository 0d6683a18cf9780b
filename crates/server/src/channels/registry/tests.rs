use engine::Currency;

use super::*;

fn terms() -> Terms {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    Terms { currency: Currency::EUR, minimum: None, maximum: None, zone }
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

#[test]
fn a_payment_belongs_to_exactly_one_day() {
    let day = |date: &str| Day::new(date.parse().unwrap(), &terms().zone).unwrap();
    let days = ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"].map(day);
    for (arrived, paid, expected) in [
        // Midnight in Paris is 23 o'clock in UTC.
        ("2026-11-01T22:59:59.999999Z", None, "2026-11-01"),
        ("2026-11-01T23:00:00Z", None, "2026-11-02"),
        ("2026-11-01T23:00:05Z", Some("2026-11-01T22:59:58Z"), "2026-11-01"),
        ("2026-11-01T22:59:00Z", Some("2026-11-01T23:30:00Z"), "2026-11-02"),
        ("2026-11-02T10:00:00Z", Some("2026-10-30T10:00:00Z"), "2026-10-30"),
        ("2026-11-02T10:00:01Z", Some("2026-10-30T10:00:00Z"), "2026-11-02"),
    ] {
        let (arrived, paid) = (at(arrived), paid.map(at));
        let found: Vec<&Day> = days.iter().filter(|it| it.has(arrived, paid)).collect();
        let names: Vec<String> = found.iter().map(|it| it.date.to_string()).collect();
        assert_eq!(names, [expected], "{arrived:?} {paid:?}");
        let (after, until) = found[0].arrivals();
        assert!(after < arrived && arrived <= until, "{arrived:?} is not looked for");
    }
    // The day on which the clocks go back has twenty-five hours.
    let long = day("2026-10-25");
    assert_eq!(long.until.since(long.from), 25 * 3_600_000_000);
}

fn theirs(text: &str) -> Result<Vec<(String, i64)>, String> {
    let read = read_theirs(text.as_bytes(), &terms());
    let read = read.map_err(|it| format!("line {} {}", it.line, it.why))?;
    Ok(read.into_iter().map(|(txn_id, sum)| (txn_id.into(), sum.units() / 10_000)).collect())
}

#[test]
fn their_file_is_read_in_the_forms_that_there_are() {
    let expected = Ok(vec![("1".to_owned(), 1_050), ("2".to_owned(), 200)]);
    for text in [
        "1;10.50\n2;2.00\n",
        "1;10.50\r\n2;2.00",
        "\u{feff}txn_id,account,sum\n1,1000,10.50\n2,\"a,b\",2\n",
        "SUM;TXN_ID\n10.50;1\n2.0;2\nTotal;2;12.50\n",
        "1\t02.11.2026\t10:00:00\t1000\t10.50\n2\t02.11.2026\t10:00:01\t1001\t2.00\n\
         Total:\t2\t12.50\n",
    ] {
        assert_eq!(theirs(text), expected, "{text}");
    }
    assert_eq!(theirs(""), Ok(Vec::new()));
    assert_eq!(theirs("Total:;0;0.00"), Ok(Vec::new()));
    let mut windows = b"txn_id;name;sum\n1;".to_vec();
    windows.extend([0xCF, 0xF0, b';', b'5', b'\n']);
    assert_eq!(read_theirs(&windows, &terms()).unwrap().len(), 1);
}

#[test]
fn a_broken_file_is_refused_at_its_line() {
    for (text, expected) in [
        ("1;10.50\n2;2,00\n", "line 2 has no sum"),
        ("1;10.50\n2;-2.00\n", "line 2 has no sum"),
        ("1;10.50\n2;0\n", "line 2 has no sum"),
        ("1;10.50\n;2.00\n", "line 2 has no txn_id"),
        ("1;10.50\n2\n", "line 2 has no sum"),
        ("1;10.50\n1;10.50\n", "line 2 has a txn_id that stands further up"),
        ("1;10.50\nTotal;2;12.50\n", "line 2 counts 2 payments, there are 1"),
        ("1;10.50\nTotal;1;12.50\n", "line 2 sums up to 12.50, the lines to 10.50"),
        ("1;10.50\nTotal;1\n", "line 2 is a total without"),
        ("Total;0;0\n1;10.50\n", "line 2 comes after the total"),
        ("<html>\n", "line 1 has no sum"),
        ("\u{0}\u{1}\u{2}", "line 1 has no sum"),
    ] {
        let error = theirs(text).expect_err(text);
        assert!(error.starts_with(expected), "{text:?} gave {error}");
    }
}
