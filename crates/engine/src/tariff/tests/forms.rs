use expect_test::expect;

use super::*;

/// The most that a tariff can say.
const ALL: &str = r#"{
  "unit": "second",
  "per": 60,
  "increment": 6,
  "minimum": 30,
  "allowance": 6000,
  "bands": [
    {
      "name": "day",
      "times": [
        {
          "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
          "from": "08:00",
          "until": "20:30"
        }
      ]
    },
    {
      "name": "night",
      "times": [
        {
          "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
          "from": "00:00",
          "until": "08:00"
        },
        {
          "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
          "from": "20:30",
          "until": "24:00"
        },
        {
          "days": ["sunday", "holiday"],
          "from": "00:00",
          "until": "24:00"
        }
      ]
    }
  ],
  "rates": [
    {
      "title": "Germany, mobile",
      "prefixes": ["49151", "49160"],
      "set_up": "0.05",
      "minimum_charge": "0.10",
      "price": {
        "day": "0.20",
        "night": [
          {
            "from": 0,
            "price": "0.05"
          },
          {
            "from": 3600,
            "price": "0.020"
          }
        ]
      }
    },
    {
      "title": "",
      "prefixes": [""],
      "set_up": "0",
      "minimum_charge": "0",
      "price": {
        "day": "1",
        "night": "1.00"
      }
    }
  ],
  "grant_quantity_max": 1800,
  "grant_seconds": 600
}"#;

/// Lists of words on one line, as people write them.
fn pretty(usage: &Usage) -> String {
    let text = serde_json::to_string_pretty(usage).unwrap();
    let mut lines = String::new();
    let mut in_words = false;
    for line in text.lines() {
        let word = line.trim_start();
        let opens = line.ends_with("\"days\": [") || line.ends_with("\"prefixes\": [");
        match in_words {
            true if word.starts_with(']') => lines.push_str(word),
            true => {
                let gap = if lines.ends_with('[') { "" } else { " " };
                lines.push_str(&format!("{gap}{word}"));
            }
            false => lines.push_str(&format!("\n{line}")),
        }
        in_words = opens || (in_words && !word.starts_with(']'));
    }
    lines.trim_start().to_string()
}

#[test]
fn a_tariff_is_shown_as_it_was_written() {
    let read = usage(ALL);
    assert_eq!(pretty(&read), ALL);
    assert_eq!(read.bands[0].times[0].until_minute, 20 * 60 + 30);
    assert_eq!(read.rates[0].prices[1][1], Step { from: 3_600, price: price("0.02") });
}

#[test]
fn what_is_left_out_is_as_simple_as_can_be() {
    let usage = usage(r#"{"unit": "event", "rates": [{"price": "0.10"}]}"#);
    expect![[r#"
        {
          "unit": "event",
          "per": 1,
          "increment": 1,
          "minimum": 0,
          "allowance": 0,
          "bands": [],
          "rates": [
            {
              "title": "",
              "prefixes": [""],
              "set_up": "0",
              "minimum_charge": "0",
              "price": "0.10"
            }
          ],
          "grant_quantity_max": null,
          "grant_seconds": 3600
        }"#]]
    .assert_eq(&pretty(&usage));
}

#[test]
fn prices_may_be_written_in_any_order_of_the_bands() {
    let turned = ALL.replace(
        r#""day": "1",
        "night": "1.00""#,
        r#""night": [{"from": 0, "price": "1"}], "day": {"from": 0, "price": "1.0"}"#,
    );
    assert_ne!(turned, ALL);
    assert_eq!(usage(&turned), usage(ALL));
}

#[test]
fn memory_is_saved_and_read_back() {
    for usage in [usage(ALL), usage(r#"{"unit": "byte", "rates": [{"price": "0.10"}]}"#)] {
        let bytes = postcard::to_stdvec(&usage).unwrap();
        assert_eq!(postcard::from_bytes::<Usage>(&bytes).unwrap(), usage);
        let text = serde_json::to_string(&usage).unwrap();
        assert_eq!(serde_json::from_str::<Usage>(&text).unwrap(), usage);
        let tree = serde_json::to_value(&usage).unwrap();
        assert_eq!(serde_json::from_value::<Usage>(tree).unwrap(), usage);
    }
}

#[test]
fn what_was_used_is_small_in_memory_and_read_back() {
    let (calendar, usage) = (berlin(), usage(DAY_AND_NIGHT));
    let meter = meter(&usage, &calendar);
    let begun_at = at("2026-11-27T21:58:30+01:00");
    let used = meter.after(&Metered::new(begun_at), 270, 10, begun_at).unwrap();
    let bytes = postcard::to_stdvec(&used).unwrap();
    assert_eq!(bytes.len(), 21);
    assert_eq!(postcard::from_bytes::<Metered>(&bytes).unwrap(), used);
    expect![[r#"
        {
          "begun_at": 1795813110000000,
          "total": 270,
          "billed": 270,
          "free": 10,
          "parts": [
            {
              "band": 0,
              "step": 0,
              "quantity": 80
            },
            {
              "band": 1,
              "step": 0,
              "quantity": 180
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&used).unwrap());
}

/// Why the tariff cannot be read after each of the replacements.
fn faults(replacements: &[(&str, &str)]) -> String {
    let faults = replacements.iter().map(|(from, to)| {
        let text = ALL.replacen(from, to, 1);
        assert_ne!(text, ALL, "{from:?} is there");
        let fault = serde_json::from_str::<Usage>(&text).expect_err(to).to_string();
        // Where in the text it is, and what else there might be, is not ours.
        let (fault, _) = fault.rsplit_once(" at line").unwrap_or((&fault, ""));
        let (fault, _) = fault.split_once(", expected").unwrap_or((fault, ""));
        format!("{}\n", fault.replace("; ", ";\n    ").replace(", such", ",\n    such"))
    });
    faults.collect()
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let night = r#""night": "1.00""#;
    let by_band = r#"{
        "day": "1",
        "night": "1.00"
      }"#;
    let faults = faults(&[
        (night, r#""evening": "1.00""#),
        (night, r#""night": "1", "evening": "1""#),
        (night, r#""night": "1", "night": "1""#),
        (night, r#""night": 1.00"#),
        (night, r#""night": "-1""#),
        (by_band, r#""0.10""#),
        (by_band, "true"),
        (r#""20:30""#, r#""8:30""#),
        (r#""20:30""#, r#""24:01""#),
        (r#""20:30""#, "1230"),
        (r#""minimum":"#, r#""minimun":"#),
        (r#""set_up":"#, r#""setup":"#),
        (r#""holiday""#, r#""holidays""#),
        (r#""second""#, r#""minute""#),
        (r#""per": 60"#, r#""per": -60"#),
        (r#""per": 60"#, r#""per": 0.5"#),
    ]);
    expect![[r#"
        rates[1].price: there is none for the band "night";
            add it
        rates[1].price: there is one for "evening", which is no band;
            name a band
        rates[1].price: there are two for the band "night";
            remove one
        invalid type: floating point `1.0`
        a price is a decimal number, zero or more,
            such as "0.10", with at most 12 digits and 9 of them after the point
        rates[1].price: it is one for all times;
            give one for each band, by its name
        invalid type: boolean `true`
        "8:30" is not a time from 00:00 to 24:00
        "24:01" is not a time from 00:00 to 24:00
        invalid type: integer `1230`
        unknown field `minimun`
        unknown field `setup`
        unknown variant `holidays`
        unknown variant `minute`
        invalid value: integer `-60`
        invalid type: floating point `0.5`
    "#]]
    .assert_eq(&faults);
    let one = r#"{"unit": "event", "rates": [{"price": {"day": "1"}}]}"#;
    let fault = serde_json::from_str::<Usage>(one).unwrap_err().to_string();
    let expected = r#"rates[0].price: there is one for "day", which is no band; name a band"#;
    assert_eq!(fault, expected);
}

#[test]
fn a_price_is_a_plain_decimal_number_with_a_bounded_number_of_digits() {
    let good = [
        ("0", "0"),
        ("0.00", "0.00"),
        ("0.10", "0.10"),
        ("29", "29"),
        ("999999999999", "999999999999"),
        ("0.000000001", "0.000000001"),
        ("123.456789012", "123.456789012"),
        ("0.1000000000000", "0.100000000"),
        ("1000.000000000", "1000.00000000"),
        ("999999999999.0", "999999999999"),
    ];
    for (text, shown) in good {
        let read = price(text);
        assert_eq!(read.to_string(), shown);
        assert_eq!(price(shown), read, "{text} is read back");
        let expected = exactly(text);
        assert_eq!(Fraction::new(read.billionths(), 1_000_000_000), Some(expected), "{text}");
    }
    assert_eq!(price("0.10"), price("0.1"));
    let bad = [
        "",
        ".",
        "-0.5",
        "-0",
        "+1",
        " 1",
        "1 ",
        ".5",
        "5.",
        "00",
        "01.5",
        "1e3",
        "1,5",
        "0x10",
        "NaN",
        "1_000",
        "٣",
        "0.0000000001",
        "1000000000000",
        "1234.567890123",
        "0.00000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "99999999999999999999999999999999999999999999999",
    ];
    for text in bad {
        assert!(Price::parse(text).is_none(), "{text:?} is read as {:?}", Price::parse(text));
    }
}
