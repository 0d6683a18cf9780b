use engine::Precision;
use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 11, 2);

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/it/fixtures/camt/", $name)).as_slice()
    };
}

const EDITION_02: &[u8] = fixture!("edition-02.xml");
const EDITION_08: &[u8] = fixture!("edition-08-prefix.xml");

fn one(bytes: &[u8]) -> Statement {
    let mut document = read(bytes, TODAY).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(document.statements.len(), 1);
    document.statements.remove(0)
}

fn signed(amount: &str) -> Signed {
    let side = if amount.starts_with('-') { Side::Debit } else { Side::Credit };
    let amount = Amount::parse(amount.trim_start_matches('-'), 2, Precision::MinorUnits);
    Signed { amount: amount.unwrap(), side }
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = read(text.as_bytes(), TODAY).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

/// The second edition with something else in a place.
fn with(from: &str, to: &str) -> String {
    let text = std::str::from_utf8(EDITION_02).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn a_statement_of_the_second_edition_is_read_whole() {
    let statement = one(EDITION_02);
    assert_eq!((statement.id.as_str(), statement.line), ("S-2026-211", 5));
    assert_eq!(statement.sequence.as_deref(), Some("211"));
    assert_eq!(statement.account, "FR7612345987650123456789014");
    assert_eq!(statement.currency, Currency::EUR);
    let balances = statement.balances.unwrap();
    assert_eq!((balances.opening, balances.closing), (signed("1000.00"), signed("1058.00")));
    assert_eq!(statement.unbooked, 1);
    let money: Vec<_> = statement.entries.iter().map(|it| it.money).collect();
    assert_eq!(money, ["25.00", "30.00", "-5.00", "8.00"].map(signed));
    let first = &statement.entries[0];
    assert_eq!(first.booked_on, Some(date(2026, 10, 30)));
    assert_eq!(first.servicer_reference.as_deref(), Some("A1"));
    let paid = &first.transactions[0];
    assert_eq!(paid.unstructured, ["Facture octobre 100000017 merci"]);
    assert_eq!(paid.end_to_end.as_deref(), Some("FA-4711"));
    assert_eq!(paid.party.as_deref(), Some("Marie Durand"));
    assert_eq!(paid.party_account.as_deref(), Some("FR7630006000011234567890189"));
}

#[test]
fn a_batch_is_its_transactions_and_one_without_details_is_one_payment() {
    let statement = one(EDITION_02);
    let batch = &statement.entries[1].transactions;
    let money: Vec<_> = batch.iter().map(|it| it.money).collect();
    assert_eq!(money, ["12.50", "7.50", "10.00"].map(signed));
    assert_eq!(batch[1].servicer_reference.as_deref(), Some("A2/2"));
    assert_eq!(batch[1].unstructured, ["Internet 10000", "0033 octobre"]);
    assert_eq!(batch[1].party.as_deref(), Some("Tom & Söhne"));
    assert_eq!(batch[1].end_to_end, None, "NOTPROVIDED is none");
    let alone = &statement.entries[3].transactions;
    assert_eq!(alone.len(), 1);
    assert_eq!(alone[0].unstructured, ["Versement 100000017 guichet"]);
    assert_eq!(alone[0].money, signed("8.00"));
}

#[test]
fn the_eighth_edition_says_the_same_in_other_elements_and_any_prefix() {
    let statement = one(EDITION_08);
    assert_eq!(statement.unbooked, 1, "for information only");
    let first = &statement.entries[0];
    assert_eq!(first.booked_on, Some(date(2026, 10, 30)));
    assert_eq!(first.transactions[0].party.as_deref(), Some("Marie Durand"));
    assert_eq!(first.transactions[0].structured, ["RF74100000017"]);
    let reversals: Vec<_> = statement.entries.iter().map(|it| it.is_reversal).collect();
    assert_eq!(reversals, [false, false, true, true]);
    assert_eq!(statement.entries[3].money, signed("-25.00"));
}

#[test]
fn editions_two_to_thirteen_are_taken_and_no_others() {
    let of = |edition: &str| with("camt.053.001.02", &format!("camt.053.001.{edition}"));
    for edition in 2..=13 {
        let text = of(&format!("{edition:02}"));
        assert_eq!(read(text.as_bytes(), TODAY).unwrap().edition, edition);
    }
    for edition in ["01", "14", "", "02x"] {
        refused(&of(edition), "camt.053");
    }
}

#[test]
fn a_file_is_read_in_the_encoding_that_it_declares() {
    let name = |bytes| one(bytes).entries[0].transactions[0].party.clone();
    assert_eq!(name(fixture!("windows-1251.xml")).as_deref(), Some("Иванова Мария"));
    assert_eq!(name(fixture!("utf-16.xml")).as_deref(), Some("Иванова Мария"));
    let marked = [b"\xEF\xBB\xBF", EDITION_02].concat();
    assert_eq!(one(&marked), one(EDITION_02));
}

#[test]
fn zeros_beyond_the_minor_unit_say_nothing() {
    let statement = one(fixture!("five-decimals.xml"));
    assert_eq!(statement.entries[0].money, signed("10.00"));
    let yen = std::str::from_utf8(fixture!("five-decimals.xml")).unwrap().replace("EUR", "JPY");
    assert_eq!(one(yen.as_bytes()).entries[0].money.amount.units(), 100_000);
    refused(
        &yen.replacen("10.00000", "10.5", 1),
        "Amt: \"10.5\" has more decimals than its currency",
    );
    refused(&with(">25.00", ">25.001"), "Amt: \"25.001\" has more decimals than its currency");
}

#[test]
fn what_is_pending_counts_nowhere() {
    let text = with("<Amt Ccy=\"EUR\">99.00", "<Amt Ccy=\"EUR\">12345.00");
    assert_eq!(one(text.as_bytes()), one(EDITION_02));
}

#[test]
fn interim_balances_of_a_page_are_held_against_its_entries_too() {
    let pages = |opening: &str, closing: &str| {
        with("OPBD", opening).replace("CLBD", closing).replace("1058.00", "1058.01")
    };
    refused(&pages("OPBD", "ITBD"), "1058.00, and the closing balance is 1058.01");
    refused(&pages("ITBD", "ITBD"), "1058.00, and the closing balance is 1058.01");
    refused(&pages("PRCD", "CLBD"), "1058.00, and the closing balance is 1058.01");
    let unchecked = pages("OPAV", "CLBD");
    assert_eq!(one(unchecked.as_bytes()).balances, None);
}

#[test]
fn what_arrived_is_what_is_left_after_charges() {
    let text = with(
        "<AcctSvcrRef>A1</AcctSvcrRef>",
        "<AcctSvcrRef>A1</AcctSvcrRef><Chrgs><Rcrd/></Chrgs>",
    );
    let sent = "<AmtDtls><TxAmt><Amt Ccy=\"EUR\">27.00</Amt></TxAmt></AmtDtls>";
    let sent = format!("</Refs>{sent}");
    let charged = text.replacen("</Refs>", &sent, 1);
    refused(&charged.replace("<Rcrd/>", ""), "its details come to 27.00 and the entry to 25.00");
    let text =
        charged.replace("<Rcrd/>", "<TtlChrgsAndTaxAmt Ccy=\"EUR\">2.00</TtlChrgsAndTaxAmt>");
    assert_eq!(one(text.as_bytes()).entries[0].transactions[0].money, signed("25.00"));
}

#[test]
fn an_amount_in_the_payers_currency_is_not_ours() {
    let sent = "</Refs><Amt Ccy=\"SEK\">281.40</Amt>";
    let text = with("</Refs>", sent);
    assert_eq!(one(text.as_bytes()).entries[0].transactions[0].money, signed("25.00"));
}

#[test]
fn elements_of_another_namespace_are_passed_by() {
    let text = with("<Sts>BOOK", "<x:Sts xmlns:x='urn:other'>DONE</x:Sts><Sts>BOOK");
    assert_eq!(one(text.as_bytes()), one(EDITION_02));
}

#[test]
fn a_booking_of_tomorrow_is_of_a_place_where_the_day_is_over() {
    let of = |day: &str| with("<BookgDt><Dt>2026-10-30", &format!("<BookgDt><Dt>{day}"));
    assert!(read(of("2026-11-03").as_bytes(), TODAY).is_ok());
    refused(&of("2026-11-04"), "line 26: Stmt/Ntry: was booked on 2026-11-04");
    for day in ["2026-13-01", "2026-1-01", "26-10-30", "2026-10-30x", "２０２６-10-30"] {
        refused(&of(day), "is not a date");
    }
    assert!(read(of("2026-10-30+02:00").as_bytes(), TODAY).is_ok());
}

#[test]
fn any_file_that_is_cut_off_is_refused() {
    let whole = EDITION_02.trim_ascii_end();
    for end in 0..whole.len() {
        assert!(read(&whole[..end], TODAY).is_err(), "up to {end}");
    }
}
