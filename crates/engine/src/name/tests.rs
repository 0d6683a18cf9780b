use super::*;

#[test]
fn the_same_text_is_the_same_name() {
    let (left, right) = (Name::new("cash").unwrap(), Name::new("cash").unwrap());
    assert_eq!(left, right);
    assert_ne!(left, Name::new("cash-2").unwrap());
    assert_eq!(left.as_str(), "cash");
}

#[test]
fn names_are_short_and_lower_case() {
    let longest = "a".repeat(NAME_LENGTH_MAX);
    for text in ["a", "0", "internet-100", "a.b_c-d", "9-lives", &longest] {
        assert!(Name::new(text).is_ok(), "{text:?}");
    }
    let too_long = "a".repeat(NAME_LENGTH_MAX + 1);
    for text in ["", "A", "a b", "-a", "_a", ".a", "ä", "a:b", "a/b", "a\n", &too_long] {
        assert_eq!(Name::new(text), Err(NameError::Form), "{text:?}");
    }
}

#[test]
fn names_are_ordered_by_their_text_whenever_they_were_made() {
    let later = Name::new("zebra-of-the-order").unwrap();
    let earlier = Name::new("ape-of-the-order").unwrap();
    assert!(earlier < later);
}

#[test]
fn a_name_is_its_text_in_the_journal() {
    let name = Name::new("kiosk.7").unwrap();
    assert_eq!(serde_json::to_string(&name).unwrap(), "\"kiosk.7\"");
    assert_eq!(serde_json::from_str::<Name>("\"kiosk.7\"").unwrap(), name);
    // With an escape the text cannot be borrowed.
    assert_eq!(serde_json::from_str::<Name>("\"kiosk\\u002e7\"").unwrap(), name);
    let error = serde_json::from_str::<Name>("\"Kiosk\"").unwrap_err().to_string();
    assert!(error.starts_with("\"Kiosk\" must be 1 to 48 lower-case"), "{error}");
}
