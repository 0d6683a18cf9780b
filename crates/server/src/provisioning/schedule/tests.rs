use super::*;

const NOW: Timestamp = Timestamp(1_793_613_600_000_000);

fn wait(failures: u32, retry_after: Option<&str>) -> i64 {
    again_at(Position(7), failures, retry_after, NOW).0 - NOW.0
}

#[test]
fn waits_grow_to_ten_minutes_and_never_end() {
    let waits: Vec<i64> = (1..=9).map(|it| wait(it, None)).collect();
    assert!(waits.is_sorted(), "{waits:?}");
    assert!((SECOND..SECOND * 11 / 10).contains(&waits[0]), "{waits:?}");
    for failures in [9, 100, 1_000_000, u32::MAX] {
        let wait = wait(failures, None);
        assert!((10 * MINUTE..=11 * MINUTE).contains(&wait), "{failures}: {wait}");
    }
}

#[test]
fn commands_that_failed_together_do_not_come_back_together() {
    let waits = (0..100).map(|it| again_at(Position(it), 9, None, NOW));
    let waits: std::collections::BTreeSet<_> = waits.collect();
    assert!(waits.len() > 90, "{}", waits.len());
}

#[test]
fn an_adapter_that_asks_for_time_gets_up_to_an_hour() {
    assert_eq!(wait(1, Some("120")), 2 * MINUTE);
    assert_eq!(wait(1, Some("86400")), 60 * MINUTE);
    assert!(wait(9, Some("1")) >= 10 * MINUTE);
    assert!(wait(1, Some("soon")) < 2 * SECOND);
}
