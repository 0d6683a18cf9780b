use super::*;

fn index(prefixes: &[&[&str]]) -> DestinationIndex {
    let rates = prefixes.iter().map(|prefixes| DestinationRate {
        title: String::new(),
        prefixes: prefixes.iter().map(|it| it.to_string()).collect(),
        set_up: Price::ZERO,
        minimum_charge: Price::ZERO,
        prices: vec![vec![Step { from: 0, price: price("0.10") }]],
    });
    let usage = usage(r#"{"unit": "event", "rates": [{"price": "0"}]}"#);
    let usage = Usage { rates: rates.collect(), ..usage };
    usage.check().unwrap_or_else(|fault| panic!("{fault}"));
    DestinationIndex::new(&usage)
}

#[test]
fn the_longest_prefix_wins() {
    let index = index(&[&[""], &["49", "+49"], &["4930", "0800"], &["493012345678"]]);
    let table = [
        (None, 0),
        (Some(""), 0),
        (Some("4"), 0),
        (Some("33123"), 0),
        (Some("49"), 1),
        (Some("493"), 1),
        (Some("4989123"), 1),
        (Some("+4930123"), 1),
        (Some("4930"), 2),
        (Some("49301234567"), 2),
        (Some("493012345678"), 3),
        (Some("4930123456789"), 3),
        (Some("08001234"), 2),
        // Letters beyond ASCII are never cut in two.
        (Some("49é"), 1),
        (Some("é"), 0),
    ];
    for (destination, expected) in table {
        assert_eq!(index.rate(destination), Some(expected), "{destination:?}");
    }
}

#[test]
fn without_a_rate_for_all_others_some_destinations_have_none() {
    let index = index(&[&["49"], &["example.com"]]);
    assert_eq!(index.rate(Some("example.com/film")), Some(1));
    assert_eq!(index.rate(Some("Example.com")), None);
    assert_eq!(index.rate(Some("33123")), None);
    assert_eq!(index.rate(Some("0049")), None);
    assert_eq!(index.rate(None), None);
}
