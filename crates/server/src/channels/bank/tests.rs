use jiff::civil::date;

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/it/fixtures/camt/", $name)).as_slice()
    };
}

fn prepare(bytes: &[u8]) -> Prepared {
    let bank = BankConfig::default().open("channels.bank.main", "main").unwrap();
    bank.prepare(bytes, date(2026, 11, 2)).unwrap_or_else(|it| panic!("{it}"))
}

fn references(bytes: &[u8]) -> Vec<String> {
    prepare(bytes).rows.into_iter().map(|it| it.reference).collect()
}

#[test]
fn a_transaction_is_known_by_the_banks_own_reference_first() {
    let found = references(fixture!("edition-02.xml"));
    assert_eq!(found, ["A1", "A2/1", "A2/2", "A2/3", "A3", "A5"]);
    let found = references(fixture!("edition-08-prefix.xml"));
    assert_eq!(found, ["B1", "B2#1", "B2#2", "B4", "B1"]);
}

#[test]
fn without_references_a_digest_tells_even_twins_apart_and_stays_the_same() {
    let bytes = fixture!("no-references.xml");
    let found = references(bytes);
    assert_ne!(found[0], found[1]);
    assert_eq!(found, references(bytes));
    let later = String::from_utf8_lossy(bytes).replace("M-2026-211", "M-2026-212");
    assert_eq!(found, references(later.as_bytes()), "the same statement in another message");
    let other = String::from_utf8_lossy(bytes).replace("<Id>S-2026-211", "<Id>S-2026-212");
    assert!(references(other.as_bytes()).iter().all(|it| !found.contains(it)));
}

#[test]
fn only_a_credit_that_takes_nothing_back_is_a_payment() {
    let kinds = |bytes| prepare(bytes).rows.iter().map(|it| it.kind).collect::<Vec<_>>();
    use Kind::{Debit, DebitReversed, Payment, Returned, Zero};
    let expected = [Payment, Payment, Payment, Payment, Debit, Payment];
    assert_eq!(kinds(fixture!("edition-02.xml")), expected);
    let expected = [Payment, Payment, Payment, DebitReversed, Returned];
    assert_eq!(kinds(fixture!("edition-08-prefix.xml")), expected);
    assert_eq!(kinds(fixture!("zero-amounts.xml")), [Zero, Payment]);
}

#[test]
fn a_statement_of_another_account_is_refused() {
    let of = |account: &str| BankConfig { accounts: vec![account.into()], ..Default::default() };
    let prepare = |account| {
        let bank = of(account).open("channels.bank.main", "main").unwrap();
        bank.prepare(fixture!("edition-02.xml"), date(2026, 11, 2)).map(|it| it.rows.len())
    };
    assert_eq!(prepare("FR76 1234 5987 6501 2345 6789 014"), Ok(6));
    let error = prepare("DE89370400440532013000").unwrap_err().to_string();
    assert!(error.starts_with("line 5: Stmt: is of the account FR7612345"), "{error}");
}
