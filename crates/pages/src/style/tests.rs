use std::collections::BTreeMap;

use super::{LIVE_SCRIPT, STYLE};

type Tokens = BTreeMap<String, [f64; 3]>;

/// The colours that are set in `text`, by the names of their tokens.
fn colours(text: &str) -> Tokens {
    let mut found = Tokens::new();
    for setting in text.split(';') {
        let Some((name, value)) = setting.split_once(": #") else { continue };
        let name = name.rsplit_once("--").map_or("", |(_, it)| it).to_owned();
        let part = |at: usize| {
            let digits = value.get(at..at + 2).unwrap_or_else(|| panic!("{name}: {value}"));
            f64::from(u8::from_str_radix(digits, 16).unwrap()) / 255.0
        };
        let colour = [part(0), part(2), part(4)];
        found.insert(name, colour);
    }
    found
}

/// By the formula of WCAG 2.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let [red, green, blue] = colour
            .map(|it| if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

/// Text, and every surface that it stands on somewhere.
const TEXTS: [(&str, &[&str]); 8] = [
    (
        "text",
        &[
            "paper",
            "surface",
            "raised",
            "sunken",
            "accent-soft",
            "on-soft",
            "soon-soft",
            "off-soft",
            "held-soft",
        ],
    ),
    ("quiet", &["paper", "surface", "raised", "sunken", "accent-soft"]),
    ("accent", &["paper", "surface", "raised", "sunken", "accent-soft"]),
    ("on", &["paper", "surface", "raised", "sunken", "on-soft"]),
    ("soon", &["paper", "surface", "raised", "sunken", "soon-soft"]),
    ("off", &["paper", "surface", "raised", "sunken", "off-soft"]),
    ("held", &["paper", "surface", "raised", "sunken", "held-soft"]),
    ("button-text", &["button"]),
];

#[test]
fn every_text_can_be_read_on_every_surface_light_and_dark() {
    let light = colours(include_str!("tokens.css"));
    let dark = colours(include_str!("dark.css"));
    assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
    for (name, tokens) in [("light", light), ("dark", dark)] {
        for (text, surfaces) in TEXTS {
            for surface in surfaces {
                let found = contrast(tokens[text], tokens[*surface]);
                assert!(found >= 4.5, "{name}: {text} on {surface}: {found:.2}");
            }
        }
        // What a field or a shape is known by needs less.
        for surface in ["paper", "raised", "surface", "sunken"] {
            let found = contrast(tokens["field"], tokens[surface]);
            assert!(found >= 3.0, "{name}: field on {surface}: {found:.2}");
        }
    }
}

#[test]
fn every_bracket_of_the_style_is_closed_and_nothing_is_loaded() {
    let depth = STYLE.chars().fold(0_i32, |depth, it| match it {
        '{' => depth + 1,
        '}' => {
            assert!(depth > 0);
            depth - 1
        }
        _ => depth,
    });
    assert_eq!(depth, 0);
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn every_colour_is_a_token_that_exists() {
    let tokens = colours(include_str!("tokens.css"));
    let lengths = ["space-", "size-", "radius", "shadow"];
    for (_, after) in STYLE.match_indices("var(--").map(|(at, it)| STYLE.split_at(at + it.len())) {
        let name = after.split([')', ',']).next().unwrap_or_default();
        let is_length = lengths.iter().any(|it| name.starts_with(it));
        assert!(is_length || tokens.contains_key(name), "{name}");
    }
}

#[test]
fn the_script_says_what_nobody_has_asked_for() {
    assert!(LIVE_SCRIPT.contains("readPage(location.href, \"live\")"));
    assert!(LIVE_SCRIPT.contains("readPage(address, \"find\")"));
    assert!(LIVE_SCRIPT.contains("\"Sporran-Part\": part"));
}
