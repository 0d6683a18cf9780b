use super::*;

const NOW: Timestamp = Timestamp(1_793_613_600_000_000);

fn wait(tried: u32, retry_after: Option<&str>) -> Option<i64> {
    match after_failure(7, tried, retry_after, NOW) {
        Then::Again(at) => Some(at.0 - NOW.0),
        Then::GiveUp | Then::Delivered => None,
    }
}

#[test]
fn ten_attempts_take_three_days() {
    let waits: Vec<i64> = (1..).map_while(|tried| wait(tried, None)).collect();
    assert_eq!(waits.len(), 9);
    for (wait, least) in waits.iter().zip(WAITS) {
        assert!((least..=least + least / 10).contains(wait), "{wait} for {least}");
    }
    let hours = waits.iter().sum::<i64>() / HOUR;
    assert!((75..84).contains(&hours), "{hours}");
}

#[test]
fn deliveries_that_failed_together_come_back_apart() {
    let waits: std::collections::BTreeSet<_> =
        (1..=50).map(|delivery| format!("{:?}", after_failure(delivery, 2, None, NOW))).collect();
    assert!(waits.len() > 40, "{}", waits.len());
}

#[test]
fn a_receiver_may_ask_for_a_longer_wait_but_not_for_ever() {
    assert_eq!(wait(1, Some("60")), Some(60 * SECOND));
    assert_eq!(wait(1, Some(" 4000000000 ")), Some(WAIT_MAX));
    assert_eq!(wait(1, Some("Mon, 02 Nov 2026 10:02:00 GMT")), Some(120 * SECOND));
    let usual = wait(1, None);
    for less in ["0", "1", "-5", "soon", "", "Mon, 02 Nov 2020 10:02:00 GMT"] {
        assert_eq!(wait(1, Some(less)), usual, "{less}");
    }
    assert_eq!(wait(10, Some("60")), None);
}
