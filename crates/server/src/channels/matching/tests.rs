use engine::AccountNumber;

use super::*;

/// What is found for a payer's words, when these accounts are there.
fn find(structured: &[&str], lines: &[&str], accounts: &[&str]) -> Result<u32, Unmatched> {
    let owned = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let written = Written::new(&owned(structured), &owned(lines));
    let known = accounts.iter().zip(1..);
    let known: BTreeMap<AccountNumber, AccountId> = known
        .map(|(number, id)| (AccountNumber::parse(number).expect("a number"), AccountId(id)))
        .collect();
    written.resolve(&known).map(|it| it.0)
}

const OWN: [&str; 3] = ["100000017", "100000025", "100000033"];

#[test]
fn a_number_is_found_however_it_is_written() {
    for text in [
        "100000017",
        "Facture 100000017 octobre",
        "N°100000017",
        "KTO100000017/OKT",
        "1000 0001 7",
        "1000-0001-7 merci",
        "100 000 017",
        "100.000.017",
        "le 30 10 2026 compte 1000 0001 7",
        "0000100000017",
    ] {
        assert_eq!(find(&[], &[text], &OWN), Ok(1), "{text}");
    }
    assert_eq!(find(&[], &["Internet 1000", "00017 octobre"], &OWN), Ok(1));
}

#[test]
fn what_is_no_account_is_nothing() {
    for text in ["", "merci", "100000018", "1000000170", "2026-10-30", "100000017100000025"] {
        assert_eq!(find(&[], &[text], &OWN), Err(Unmatched::NoAccountNumber), "{text}");
    }
}

#[test]
fn two_accounts_are_one_too_many_and_one_twice_is_one() {
    let both = "100000017 et 100000025";
    assert_eq!(find(&[], &[both], &OWN), Err(Unmatched::Ambiguous));
    assert_eq!(find(&[], &["100000017 100000017"], &OWN), Ok(1));
}

#[test]
fn a_reference_by_a_scheme_is_believed_before_free_text() {
    assert_eq!(find(&["100000025"], &["100000017"], &OWN), Ok(2));
    assert_eq!(find(&["RF74 1000 0001 7"], &["100000025"], &OWN), Ok(1));
    assert_eq!(find(&["000000000000100000017"], &[], &OWN), Ok(1));
    assert_eq!(find(&["FA-4711"], &["100000025"], &OWN), Ok(2));
}

#[test]
fn a_mistyped_creditor_reference_is_not_followed() {
    assert_eq!(find(&["RF75100000017"], &[], &OWN), Err(Unmatched::NoAccountNumber));
    assert_eq!(find(&["RF75100000017"], &["100000025"], &OWN), Ok(2));
}

#[test]
fn short_numbers_taken_over_are_found_only_where_they_stand_alone() {
    let taken_over = ["17", "4711", "A-1234/5", "55555"];
    assert_eq!(find(&[], &["17"], &taken_over), Ok(1));
    assert_eq!(find(&[], &["rue de Rivoli 17"], &taken_over), Err(Unmatched::NoAccountNumber));
    assert_eq!(find(&["4711"], &[], &taken_over), Ok(2));
    assert_eq!(find(&[], &["contrat A-1234/5, merci"], &taken_over), Ok(3));
    assert_eq!(find(&[], &["client 55555."], &taken_over), Ok(4));
}

#[test]
fn a_part_of_a_longer_number_is_not_a_number_of_its_own() {
    let accounts = ["100000017", "10000", "00017"];
    assert_eq!(find(&[], &["10000 0017"], &accounts), Ok(1));
}

#[test]
fn creditor_references_are_checked_by_their_standard() {
    let sound = |text: &str, body: &str| {
        assert_eq!(creditor_reference(text), Creditor::Sound(body.to_owned()), "{text}");
    };
    // The example of ISO 11649 itself, and one with letters.
    sound("RF18 5390 0754 7034", "539007547034");
    sound("rf471234567890", "1234567890");
    for wrong in ["RF18539007547043", "RF00539007547034", "RF18", "RF1853900754703!"] {
        assert_eq!(creditor_reference(wrong), Creditor::Wrong, "{wrong}");
    }
    for other in ["", "4711", "RFID", "FA-2026-1", "R\u{fffd}1"] {
        assert_eq!(creditor_reference(other), Creditor::Other, "{other}");
    }
}
