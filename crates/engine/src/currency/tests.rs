use super::*;

/// ISO 4217 list one as of 2026-01-01: every currency that has a minor unit, and its exponent.
const ISO_4217: &str = include_str!("iso4217.txt");

fn listed() -> impl Iterator<Item = (&'static str, u8)> {
    ISO_4217.lines().map(|line| {
        let (code, exponent) = line.split_once(' ').expect("code and exponent");
        (code, exponent.parse().expect("a digit"))
    })
}

#[test]
fn every_currency_of_the_standard_is_taken_with_its_exponent() {
    assert_eq!(listed().count(), 165);
    for (code, exponent) in listed() {
        let currency = Currency::from_code(code).unwrap_or_else(|| panic!("{code} is missing"));
        assert_eq!((currency.code(), currency.exponent()), (code, exponent));
    }
}

/// Withdrawn currencies are taken too: money that stands in one is still there.
#[test]
fn beyond_the_standard_there_are_only_currencies_that_it_withdrew_lately() {
    let is_listed = |it: &Currency| listed().any(|(code, _)| code == it.code());
    let all = Currency::all();
    let withdrawn: Vec<_> = all.iter().filter(|it| !is_listed(it)).collect();
    assert_eq!(format!("{withdrawn:?}"), "[BGN, CUC, HRK, SLL, ZWL]");
    assert_eq!(all.len(), listed().count() + withdrawn.len());
    assert!(all.is_sorted());
}

#[test]
fn what_nothing_can_be_paid_in_is_no_currency_here() {
    let codes = [
        "XAU",
        "XAG",
        "XPT",
        "XPD",
        "XDR",
        "XXX",
        "XTS",
        "XBA",
        "XUA",
        "XSU",
        "eur",
        "Eur",
        "EU",
        "EURO",
        "",
        "€",
        "978",
        "ABC",
        "E\u{301}U",
    ];
    for code in codes {
        assert_eq!(Currency::from_code(code), None, "{code:?}");
    }
}

#[test]
fn a_currency_is_its_code_in_the_journal() {
    let franc = Currency::from_code("XPF").unwrap();
    assert_eq!(serde_json::to_string(&franc).unwrap(), "\"XPF\"");
    assert_eq!(serde_json::from_str::<Currency>("\"XPF\"").unwrap(), franc);
    let error = serde_json::from_str::<Currency>("\"xpf\"").unwrap_err();
    assert_eq!(error.to_string(), "\"xpf\" is not an ISO 4217 currency");
}
