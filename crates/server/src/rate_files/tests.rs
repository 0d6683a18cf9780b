use std::collections::HashSet;

use super::*;

const ECB_HISTORY: &str = include_str!("../../fixtures/rates/ecb-history.csv");
const ECB_DAILY_CSV: &str = include_str!("../../fixtures/rates/ecb-daily.csv");
const ECB_DAILY_XML: &str = include_str!("../../fixtures/rates/ecb-daily.xml");
const ECB_90_DAYS: &str = include_str!("../../fixtures/rates/ecb-90-days.xml");
const PLAIN: &str = include_str!("../../fixtures/rates/plain.csv");
const DEMO: &str = include_str!("../../fixtures/rates/demo-rates.csv");

fn read(text: &str) -> RateFile {
    read_rates(text.as_bytes()).unwrap_or_else(|it| panic!("{it}"))
}

#[track_caller]
fn refused(text: impl AsRef<[u8]>, message: &str) {
    assert_eq!(read_rates(text.as_ref()).unwrap_err().to_string(), message);
}

/// A day Cube on line 3 and, on line 4, what the test is about.
fn xml(rate_cube: &str) -> String {
    format!(
        "<g:Envelope xmlns:g='x'>\n<Cube>\n<Cube time='2026-10-30'>\n{rate_cube}\n</Cube>\n\
         </Cube>\n</g:Envelope>\n"
    )
}

fn plain(row: &str) -> String {
    format!("date,base,quote,rate\n{row}\n")
}

fn ecb(row: &str) -> String {
    format!("Date,USD,JPY,\n{row}\n")
}

fn rate(file: &RateFile, day: &str, quote: &str) -> Option<String> {
    let day = file.days.iter().find(|it| it.valid_from.to_string() == day).expect("a known day");
    day.rates.iter().find(|it| it.0 == quote).map(|it| it.1.to_string())
}

fn dates(file: &RateFile) -> Vec<String> {
    file.days.iter().map(|it| it.valid_from.to_string()).collect()
}

#[test]
fn the_banks_history_reads_oldest_first_without_what_is_not_quoted() {
    let file = read(ECB_HISTORY);
    assert_eq!(file.format, RateFormat::EcbCsv);
    let expected = ["2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30"];
    assert_eq!(dates(&file), expected);
    assert!(file.days.iter().all(|it| it.base == "EUR" && it.rates.len() == 29), "{file:?}");
    assert_eq!(rate(&file, "2026-10-26", "MXN").as_deref(), Some("20.8271"));
    assert_eq!(rate(&file, "2026-10-30", "ZAR").as_deref(), Some("18.6455"));
    assert_eq!(rate(&file, "2026-10-30", "BGN"), None);
}

#[test]
fn the_banks_four_downloads_of_one_day_agree() {
    let history = read(ECB_HISTORY).days.pop();
    let ninety_days = read(ECB_90_DAYS);
    assert_eq!(ninety_days.format, RateFormat::EcbXml);
    assert_eq!(dates(&ninety_days), ["2026-10-29", "2026-10-30"]);
    assert_eq!(ninety_days.days.last(), history.as_ref());
    assert_eq!(read(ECB_DAILY_XML).days.last(), history.as_ref());
    assert_eq!(read(ECB_DAILY_CSV).days.last(), history.as_ref());
}

#[test]
fn rates_of_a_day_keep_the_order_of_the_file() {
    let day = read(ECB_DAILY_XML).days.pop().expect("one day");
    let quotes: Vec<&str> = day.rates.iter().take(4).map(|it| it.0.as_str()).collect();
    assert_eq!(quotes, ["USD", "JPY", "CZK", "DKK"]);
}

#[test]
fn plain_rows_are_grouped_by_day_and_base() {
    let file = read(&format!("{PLAIN}2026-10-30,USD,PAB,1\n"));
    assert_eq!(file.format, RateFormat::PlainCsv);
    let days: Vec<(String, &str, usize)> = file
        .days
        .iter()
        .map(|it| (it.valid_from.to_string(), it.base.as_str(), it.rates.len()))
        .collect();
    let expected = [
        ("1999-01-01".to_owned(), "EUR", 1),
        ("2026-10-29".to_owned(), "EUR", 1),
        ("2026-10-30".to_owned(), "EUR", 2),
        ("2026-10-30".to_owned(), "USD", 1),
    ];
    assert_eq!(days, expected);
}

#[test]
fn a_rate_is_the_decimal_of_the_file() {
    assert_eq!(rate(&read(PLAIN), "1999-01-01", "XPF").as_deref(), Some("119.331742"));
    for exact in ["0.1", "1.4670", "123456789012345678", "0.000000000000000001"] {
        let file = read(&plain(&format!("2026-10-30,EUR,USD,{exact}")));
        assert_eq!(rate(&file, "2026-10-30", "USD").as_deref(), Some(exact));
    }
}

#[test]
fn a_byte_order_mark_blank_lines_and_windows_line_ends_change_nothing() {
    for text in [ECB_HISTORY, ECB_DAILY_CSV, ECB_DAILY_XML, ECB_90_DAYS, PLAIN] {
        assert_eq!(read(&format!("\u{feff}\r\n{}", text.replace('\n', "\r\n"))), read(text));
    }
}

#[test]
fn quoted_fields_and_a_capitalised_header_are_plain_csv() {
    let file =
        read("\"Date\",\"Base\",\"Quote\",\"Rate\"\n\"2026-10-30\",\"EUR\",\"USD\",\"1.1\"\n");
    assert_eq!(file.format, RateFormat::PlainCsv);
    assert_eq!(rate(&file, "2026-10-30", "USD").as_deref(), Some("1.1"));
}

#[test]
fn prefixes_comments_and_double_quotes_are_the_senders_choice() {
    let text = "<?xml version=\"1.0\"?>\n<Envelope><e:Cube><e:Cube time=\"2026-10-30\"><!-- & -->\
                <e:Cube rate=\"1.1172\" currency=\"USD\"></e:Cube></e:Cube></e:Cube></Envelope>";
    assert_eq!(rate(&read(text), "2026-10-30", "USD").as_deref(), Some("1.1172"));
}

#[test]
fn the_banks_last_comma_ends_a_file_as_well_as_a_line_break() {
    for end in ["", " ", "\n"] {
        assert_eq!(read(&format!("{}{end}", ECB_DAILY_CSV.trim_end())), read(ECB_DAILY_CSV));
    }
}

#[test]
fn the_demo_has_the_parity_and_five_rates_on_each_of_120_days() {
    let file = read(DEMO);
    assert_eq!(file.days.len(), 121);
    assert_eq!(rate(&file, "1999-01-01", "EUR").as_deref(), Some("0.00838"));
    assert!(file.days[1..].iter().all(|it| it.rates.len() == 5), "{file:?}");
    let last = file.days.last().expect("the demo has days");
    let history = read(ECB_HISTORY).days.pop().expect("five days");
    let history: HashSet<_> = history.rates.into_iter().collect();
    assert!(last.rates.iter().all(|it| history.contains(it)), "{last:?}");
}

#[test]
fn an_empty_file_is_refused() {
    for text in ["", "\u{feff}", " \r\n\n"] {
        refused(text, "the file is empty; download it again");
    }
}

#[test]
fn a_zip_archive_is_refused_with_the_advice_to_unzip_it() {
    refused(
        b"PK\x03\x04\x14\x00\x08\x00",
        "the file is a zip archive; unzip it and give what is in it",
    );
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_line() {
    refused(
        b"date,base,quote,rate\n2026-10-30,EUR,USD,1.1\n\xe9",
        "line 3: not UTF-8; save the file as UTF-8",
    );
    refused(b"\xff\xfed\x00a\x00", "line 1: not UTF-8; save the file as UTF-8");
}

#[test]
fn an_unknown_header_is_refused_with_the_known_ones() {
    refused(
        "datum;waehrung;kurs\n",
        "line 1: \"datum;waehrung;kurs\" is not the header of a rate file; give the European \
         Central Bank's XML or CSV, or a CSV file with the header date,base,quote,rate",
    );
    refused(
        "\n\n2026-10-30,EUR,USD,1.1172\n",
        "line 3: \"2026-10-30,EUR,USD,1.1172\" is not the header of a rate file; give the \
         European Central Bank's XML or CSV, or a CSV file with the header date,base,quote,rate",
    );
}

#[test]
fn a_long_field_is_shortened_in_the_message() {
    let message = read_rates("é".repeat(1_000_000).as_bytes()).unwrap_err().to_string();
    assert!(message.starts_with(&format!("line 1: \"{}…\" is", "é".repeat(40))), "{message}");
}

#[test]
fn csv_without_the_end_of_its_last_line_is_cut_off() {
    let message = "line 2: the file is cut off here; download it again, or end a CSV file with a \
                   line break";
    refused("date,base,quote,rate\n1999-01-01,EUR,XPF,119", message);
    refused("Date,USD,JPY,\n2026-10-30,1.1172,175.6", message);
    refused("Date,USD,JPY\n2026-10-30,1.1172,175.6", message);
    refused(
        "Date,USD,JPY,\n2026-10-30,1.1172,",
        "line 2: 2 fields where the header has 3; complete the line or download the file again",
    );
}

#[test]
fn xml_is_cut_off_wherever_it_ends_too_early() {
    let text = ECB_DAILY_XML.trim_end();
    for end in 1..text.len() {
        let error = read_rates(&text.as_bytes()[..end]).unwrap_err();
        assert!(
            matches!(error, RateFileError { fault: RateFileFault::CutOff, .. }),
            "{end}: {error}"
        );
    }
    refused(
        &xml("")[..48],
        "line 3: the file is cut off here; download it again, or end a CSV file with a line break",
    );
}

#[test]
fn no_cut_of_a_file_panics_or_changes_a_rate() {
    for whole in [ECB_HISTORY, ECB_DAILY_CSV, ECB_90_DAYS, PLAIN] {
        let known = read(whole);
        for end in 0..whole.len() {
            let Ok(part) = read_rates(&whole.as_bytes()[..end]) else {
                continue;
            };
            for day in part.days {
                for (quote, rate) in &day.rates {
                    let same_day = known
                        .days
                        .iter()
                        .find(|it| (it.valid_from, &it.base) == (day.valid_from, &day.base));
                    let same_day = same_day.expect("a day of the whole file");
                    let pair = (quote.clone(), *rate);
                    assert!(same_day.rates.contains(&pair), "{end}: {pair:?}");
                }
            }
        }
    }
}

#[track_caller]
fn xml_refused(text: &str, fault: &str) {
    refused(text, &format!("{fault}; give the European Central Bank's XML as published"));
}

#[test]
fn xml_that_is_not_well_formed_is_refused_with_its_line() {
    xml_refused(
        &xml("</Cub>"),
        "line 4: not well-formed XML (ill-formed document: expected `</Cube>`, but `</Cub>` was \
         found)",
    );
    xml_refused(
        &xml("<Cube currency='USD' rate='1.1' rate='1.2'/>"),
        "line 4: not well-formed XML (attribute rate stands twice)",
    );
    for bad in ["<!Cube>", "<Cube currency=USD rate='1.1'/>"] {
        let error = read_rates(xml(bad).as_bytes()).unwrap_err();
        assert_eq!(error.line, Some(4), "{error}");
        assert!(matches!(error.fault, RateFileFault::NotWellFormed(_)), "{error}");
    }
    for more in ["<Envelope/>", "and more", "<html>"] {
        xml_refused(
            &format!("{ECB_DAILY_XML}{more}"),
            "line 41: not well-formed XML (something stands outside the Envelope)",
        );
    }
}

#[test]
fn a_document_type_is_refused_with_its_line() {
    let bomb = "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b \"1.1\">]>\n";
    let text = format!("{bomb}{}", xml("<Cube currency='USD' rate='&b;'/>"));
    xml_refused(&text, "line 2: a DOCTYPE is refused");
}

#[test]
fn an_entity_is_refused_with_its_line_and_never_expanded() {
    let cubes = ["<Cube currency='USD' rate='&#49;'/>", "<Cube currency='&a;' rate='1'/>"];
    for text in ["&lol;", "&#49;"].into_iter().chain(cubes) {
        xml_refused(&xml(text), "line 4: an entity is never expanded");
    }
}

#[test]
fn another_root_is_refused_with_its_name() {
    xml_refused(
        "<?xml version='1.0'?>\n<html><Cube/></html>",
        "line 2: the root element is \"html\", not Envelope",
    );
}

#[test]
fn an_unexpected_element_is_refused_with_its_line() {
    let cub = xml("<Cub currency='USD' rate='1.1'/>");
    xml_refused(&cub, "line 4: an element \"Cub\" has no place here");
    let nested = xml("<Cube currency='USD' rate='1.1'><Cube/></Cube>");
    xml_refused(&nested, "line 4: an element \"Cube\" has no place here");
    let rates = "<Envelope><Cube>\n<Rates/></Cube></Envelope>";
    xml_refused(rates, "line 2: an element \"Rates\" has no place here");
}

#[test]
fn a_missing_attribute_is_refused_with_its_name() {
    let no_currency = xml("<Cube rate='1.1'/>");
    xml_refused(&no_currency, "line 4: a Cube lacks its attribute currency");
    xml_refused(&xml("<Cube currency='USD'/>"), "line 4: a Cube lacks its attribute rate");
    let no_time = xml("").replace("time", "day");
    xml_refused(&no_time, "line 3: a Cube lacks its attribute time");
}

#[test]
fn a_line_with_another_number_of_fields_is_refused() {
    refused(
        plain("2026-10-30,EUR,USD"),
        "line 2: 3 fields where the header has 4; complete the line or download the file again",
    );
    refused(
        ecb("2026-10-30,1.1172,175.68,1.5"),
        "line 2: 4 fields where the header has 3; complete the line or download the file again",
    );
}

#[test]
fn an_unknown_date_is_refused_with_its_line() {
    let unknown = [
        "2026-02-29",
        "2026-13-01",
        "30.10.2026",
        "20261030",
        "2026-10-30T00:00",
        "-00026-10-3",
        "today",
        "",
    ];
    for date in unknown {
        let fault = format!("{date:?} is not a date; write it like 2026-10-30");
        refused(plain(&format!("{date},EUR,USD,1.1")), &format!("line 2: in field date, {fault}"));
        refused(ecb(&format!("{date},1.1,175")), &format!("line 2: in field Date, {fault}"));
        refused(xml("").replace("2026-10-30", date), &format!("line 3: in field time, {fault}"));
    }
    for date in
        ["31 November 2026", "30 October 26", "30 October +026", "30 Octember 2026", "October 2026"]
    {
        refused(
            ecb(&format!("{date},1.1,175")),
            &format!("line 2: in field Date, {date:?} is not a date; write it like 2026-10-30"),
        );
    }
}

#[test]
fn a_currency_is_three_capital_letters() {
    for code in ["usd", "US", "USDT", "U5D", "", "ÄÖ"] {
        let fault = format!("{code:?} is not a currency code; write three capital letters");
        refused(
            plain(&format!("2026-10-30,EUR,{code},1.1")),
            &format!("line 2: in field quote, {fault}"),
        );
        refused(
            plain(&format!("2026-10-30,{code},EUR,1.1")),
            &format!("line 2: in field base, {fault}"),
        );
        refused(
            format!("Date,JPY,{code},ZAR,\n2026-10-30,175,1.1,18,\n"),
            &format!("line 1: in field 3, {fault}"),
        );
        refused(
            xml(&format!("<Cube currency='{code}' rate='1.1'/>")),
            &format!("line 4: in field currency on 2026-10-30, {fault}"),
        );
    }
}

#[test]
fn a_currency_has_no_rate_in_itself() {
    refused(
        plain("2026-10-30,USD,USD,1"),
        "line 2: in field quote, \"USD\" is the base itself; remove that rate",
    );
    refused(
        "Date,USD,EUR,\n2026-10-30,1.1,1,\n",
        "line 1: in field 3, \"EUR\" is the base itself; remove that rate",
    );
}

#[track_caller]
fn rate_refused(rate: &str, fault: &str) {
    let fault = format!("{rate:?} {fault}");
    refused(
        plain(&format!("2026-10-30,EUR,USD,{rate}")),
        &format!("line 2: in field rate, {fault}"),
    );
    refused(ecb(&format!("2026-10-30,1.1,{rate},")), &format!("line 2: in field JPY, {fault}"));
    refused(
        xml(&format!("<Cube currency='USD' rate='{rate}'/>")),
        &format!("line 4: in field rate of USD on 2026-10-30, {fault}"),
    );
}

#[test]
fn a_zero_rate_is_refused_with_its_line() {
    for rate in ["0", "0.0000", "000", "0.0000000000000000000000000000000000"] {
        rate_refused(rate, "is zero; write a rate above zero or remove it");
    }
}

#[test]
fn a_negative_rate_is_refused_with_its_line() {
    for rate in ["-1.1172", "-0"] {
        rate_refused(rate, "is negative; write a rate above zero or remove it");
    }
}

#[test]
fn what_is_not_a_number_is_refused_with_its_line() {
    for rate in [
        "NaN", "inf", "-inf", "1_000", "+1.1", "1.", ".5", "1.1.1", "1 000", "٣", "1.1x", "e",
        "-e5",
    ] {
        rate_refused(rate, "is not a rate; write it like 1.1172");
    }
    refused(
        plain("2026-10-30,EUR,USD,\"1,1172\""),
        "line 2: in field rate, \"1,1172\" is not a rate; write it like 1.1172",
    );
    refused(
        xml("<Cube currency='USD' rate=''/>"),
        "line 4: in field rate of USD on 2026-10-30, \"\" is not a rate; write it like 1.1172",
    );
    refused(
        ecb("2026-10-30,,175.68,"),
        "line 2: in field USD, \"\" is not a rate; write it like 1.1172",
    );
}

#[test]
fn only_the_banks_csv_knows_what_is_not_quoted() {
    refused(
        plain("2026-10-30,EUR,USD,N/A"),
        "line 2: in field rate, \"N/A\" is not a rate; write it like 1.1172",
    );
}

#[test]
fn a_rate_in_exponent_notation_is_refused_with_its_line() {
    for rate in ["1.1e0", "11E-1", "+1e+2", "-1e5"] {
        rate_refused(rate, "is in exponent notation; write all its digits");
    }
}

#[test]
fn a_rate_of_nineteen_digits_is_refused_with_its_line() {
    for rate in ["1234567890.123456789", "1.000000000000000000", "0.00000000000000000000000000001"]
    {
        rate_refused(
            rate,
            "has too many digits; keep at most 18 significant digits and 28 decimals",
        );
    }
}

#[test]
fn a_repeated_rate_is_refused_with_both_lines_even_if_it_is_equal() {
    for rate in ["1.2", "1.1172"] {
        refused(
            format!("{PLAIN}2026-10-30,EUR,USD,{rate}\n"),
            "line 6: the rate from EUR to USD on 2026-10-30 already stands on line 2; keep one of \
             the two",
        );
    }
    refused(
        "Date,USD,JPY,\r\n2026-10-30,N/A,175.68,\r\n\r\n2026-10-30,1.1172,175.68,\r\n",
        "line 4: the rate from EUR to JPY on 2026-10-30 already stands on line 2; keep one of the \
         two",
    );
    refused(
        "Date,USD,USD,\n2026-10-30,1.1,1.1,\n",
        "line 2: the rate from EUR to USD on 2026-10-30 already stands on line 2; keep one of the \
         two",
    );
    refused(
        xml("<Cube currency='USD' rate='1.1'/>\n\n<Cube currency='USD' rate='1.1'/>"),
        "line 6: the rate from EUR to USD on 2026-10-30 already stands on line 4; keep one of the \
         two",
    );
}

#[test]
fn a_file_of_no_rates_is_refused() {
    let none = ["date,base,quote,rate\n", "Date,USD,JPY,\n", "Date,USD,\n2026-10-30,N/A,\n"];
    for text in none.map(str::to_owned).into_iter().chain([xml(""), "<Envelope/>".to_owned()]) {
        refused(text, "the file holds no rates; give one that has at least one");
    }
}

#[test]
fn one_bad_line_refuses_the_whole_file() {
    refused(
        PLAIN.replace("21.1237", "0"),
        "line 5: in field rate, \"0\" is zero; write a rate above zero or remove it",
    );
}

#[test]
fn lines_are_counted_across_blank_lines_and_windows_line_ends() {
    refused(
        "\r\ndate,base,quote,rate\r\n\r\n2026-10-30,EUR,USD,1.1172\r\n2026-10-30,EUR,MXN,0\r\n",
        "line 5: in field rate, \"0\" is zero; write a rate above zero or remove it",
    );
}
