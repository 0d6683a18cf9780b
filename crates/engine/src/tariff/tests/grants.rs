use super::*;

/// How much of `ask` more can be used after `total` while the rounded cost is at most `money`.
fn grant(usage: &Usage, begun_at: &str, (total, free): (u64, u64), ask: u64, money: &str) -> u64 {
    let calendar = berlin();
    let meter = meter(usage, &calendar);
    let begun_at = at(begun_at);
    let used = meter.after(&Metered::new(begun_at), total, free, begun_at).expect("it fits");
    let money = crate::Amount::parse(money, 2, Precision::Fine).expect("an amount");
    let fits = |it: Fraction| it.to_amount(2, Precision::Fine).is_some_and(|it| it <= money);
    meter.affordable(&used, ask, free - used.free, begun_at, fits)
}

#[test]
fn as_much_is_granted_as_money_pays_for() {
    let usage = usage(r#"{"unit": "second", "per": 60, "rates": [{"price": "0.10"}]}"#);
    let table = [
        // (used and free, ask, money for the session, granted)
        ((0, 0), 600, "1.00", 600),
        ((0, 0), 601, "1.00", 600),
        ((0, 0), 600, "0.999999", 599),
        ((0, 0), 600, "0.116667", 70),
        ((0, 0), 600, "0.116666", 69),
        ((0, 0), 600, "0.00", 0),
        ((0, 0), 0, "1.00", 0),
        ((300, 0), 600, "1.00", 300),
        ((300, 0), 299, "1.00", 299),
        // Money that does not cover what was used grants nothing, not even free units.
        ((300, 0), 600, "0.49", 0),
        ((300, 0), 600, "0.50", 0),
        // Free units first.
        ((0, 60), 600, "0.00", 60),
        ((0, 60), 600, "0.10", 120),
        ((30, 60), 600, "0.10", 90),
        ((0, 1_000), 600, "0.00", 600),
        ((0, 0), u64::MAX, "1.00", 600),
    ];
    for ((total, free), ask, money, expected) in table {
        let granted = grant(&usage, NOON, (total, free), ask, money);
        assert_eq!(granted, expected, "{ask} after {total} with {free} free and {money}");
    }
}

#[test]
fn whole_increments_are_granted_and_what_is_billed_already_is_free() {
    let usage = usage(
        r#"{
            "unit": "second", "per": 60, "increment": 60, "minimum": 120,
            "rates": [{"set_up": "0.05", "minimum_charge": "0.30", "price": "0.10"}]
        }"#,
    );
    let table = [
        ((0, 0), 600, "10.00", 600),
        ((0, 0), 600, "0.29", 0),
        // Three minutes cost 0.35, which is more; two cost the minimum charge.
        ((0, 0), 600, "0.30", 120),
        ((0, 0), 100, "0.30", 100),
        ((0, 0), 600, "0.349999", 120),
        ((0, 0), 600, "0.35", 180),
        ((0, 0), 601, "1.05", 600),
        // 70 s are used and 120 billed.
        ((70, 0), 600, "0.30", 50),
        ((70, 0), 600, "0.35", 110),
        ((70, 0), 20, "0.30", 20),
        ((130, 0), 600, "0.35", 50),
        ((130, 0), 600, "0.45", 110),
    ];
    for ((total, free), ask, money, expected) in table {
        let granted = grant(&usage, NOON, (total, free), ask, money);
        assert_eq!(granted, expected, "{ask} after {total} with {free} free and {money}");
    }
}

#[test]
fn less_than_the_minimum_is_not_granted() {
    let usage = usage(
        r#"{
            "unit": "second", "per": 60, "increment": 60, "minimum": 90,
            "rates": [{"price": "0.10"}]
        }"#,
    );
    for (money, expected) in [("0.10", 0), ("0.199999", 0), ("0.20", 120), ("0.30", 180)] {
        assert_eq!(grant(&usage, NOON, (0, 0), 600, money), expected, "for {money}");
    }
}

#[test]
fn money_that_ends_in_a_cheaper_band_ends_there() {
    let usage = usage(DAY_AND_NIGHT);
    // 90 s by day cost 0.30.
    let begun_at = "2026-11-27T21:58:30+01:00";
    let table = [
        (3_600, "0.30", 90),
        (3_600, "0.29", 87),
        (3_600, "0.45", 270),
        (3_600, "0.450833", 271),
        (3_600, "0.450832", 270),
        (100, "9.00", 100),
        // Nine hours of night cost 27.00, and then it is day again.
        (1_000_000, "27.30", 90 + 9 * 3_600),
        (1_000_000, "27.31", 90 + 9 * 3_600 + 3),
    ];
    for (ask, money, expected) in table {
        assert_eq!(grant(&usage, begun_at, (0, 0), ask, money), expected, "{ask} for {money}");
    }
}

#[test]
fn an_ask_without_bound_is_answered() {
    let nothing = DAY_AND_NIGHT.replace("0.20", "0").replace("0.05", "0");
    let granted = grant(&usage(&nothing), NOON, (0, 0), u64::MAX, "0.00");
    // As far as one report may reach, which is years.
    assert!((3 * 365 * 86_400..5 * 365 * 86_400).contains(&granted), "{granted}");
    let cheap = usage(r#"{"unit": "byte", "per": 1048576, "rates": [{"price": "0.000000001"}]}"#);
    assert_eq!(grant(&cheap, NOON, (0, 0), u64::MAX, "100000.00"), QUANTITY_MAX);
    let dear = usage(r#"{"unit": "byte", "rates": [{"price": "999999999999"}]}"#);
    assert_eq!(grant(&dear, NOON, (0, 0), u64::MAX, "999999999999.00"), 1);
}
