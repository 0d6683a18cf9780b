use store::conformance::samples;

use super::*;

#[test]
fn the_table_is_sorted_and_its_types_are_well_formed() {
    assert!(TABLE.is_sorted_by_key(|it| it.0), "it is searched by halves");
    for name in types() {
        let plain = name.bytes().all(|it| it.is_ascii_lowercase() || b"._".contains(&it));
        assert!(plain && name.split('.').count() == 2, "{name}");
    }
}

#[test]
fn a_promise_ends_in_one_of_three_ways() {
    let ended = |end| event_type("promise_ended", Some(end));
    assert_eq!(ended("repaid"), Some("promise.kept"));
    assert_eq!(ended("revoked"), Some("promise.revoked"));
    assert_eq!(ended("expired"), Some("promise.broken"));
    assert_eq!(ended("partly_repaid"), Some("promise.broken"));
    assert_eq!(event_type("credit_ended", Some("expired")), Some("credit.ended"));
    assert_eq!(event_type("settled", None), None);
}

#[test]
fn an_event_is_a_snapshot_below_twenty_kilobytes() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, entry) in samples::one_of_each() {
        let Some(event) = event_of(&entry) else { continue };
        assert!(event.payload.len() < 19_000, "{name}: {}", event.payload.len());
        let data: serde_json::Value = serde_json::from_str(&event.payload).expect("JSON");
        assert_eq!(data["position"], entry.position.0);
        assert_eq!(event.event, format!("evt_{}", entry.position.0));
        let about = data["account"].as_str().or(data["customer"].as_str()).unwrap_or("unallocated");
        assert_eq!(event.subject, about, "{name}");
        seen.insert(event.event_type);
    }
    for event_type in [
        "payment.received",
        "payment.cancelled",
        "credit.ended",
        "account.opened",
        "payment.returned",
    ] {
        assert!(seen.contains(event_type), "{event_type} of {seen:?}");
    }
    assert!(!seen.contains("settled"));
}
